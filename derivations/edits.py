"""Small edits of an author's formula, by the families of slips that real derivations show.

Every edit replaces one node of the author's tree by another tree, and one span of the text by new text in the author's
own notation, so that a repair can be pasted back. A family is one function; :data:`FAMILIES` is the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import pairwise

from derivations.chains import plain_name
from derivations.handwriting import APPLIED, ELEMENTWISE, Hand, Slice, between
from derivations.products import CALLED
from derivations.reading import surface as s
from derivations.reading.places import Span

PLAIN = ("", "cdot", "times", "@")
IN_DERIVATIVE = 4
"""What it costs more to take a name in a derivative for a slip."""


@dataclass(frozen=True, slots=True)
class Edit:
    """Put ``tree`` in the place of ``node``, and ``text`` in the place of ``span``; the smallest ``cost`` first.

    ``parts`` are the single edits that it is made of, where it is more than one.
    """

    node: s.Node
    tree: s.Node
    span: Span
    text: str
    code: str
    cost: int
    parts: tuple[Edit, ...] = ()


def is_name(node: s.Node) -> bool:
    """Whether a node is written as a name: a symbol, or a derivative that has a name of its own."""
    return isinstance(node, s.Symbol) or (isinstance(node, s.Partial) and node.of.span == node.span)


Names = Callable[[s.Node], list[tuple[s.Node, str, str, int]]]
Edits = Iterator[Edit]


def edits(root: s.Node, own: Hand, names: Names) -> list[Edit]:
    """Every single edit of a formula, the smallest first, from left to right.

    ``names`` offers other names for a symbol, each with its text, code and cost.
    """
    found: list[Edit] = []
    for node, free in places_of(root):
        for family in FAMILIES if free else ():
            found.extend(family(node, own))
        if is_name(node):
            more = 0 if free else IN_DERIVATIVE
            found.extend(Edit(node, tree, node.span, text, code, cost + more) for tree, text, code, cost in names(node))
    for whole in (root, *(node.value for node in root.walk() if isinstance(node, s.Branch))):
        found += _of_whole(whole, own)
    found += [edit for node in root.walk() if isinstance(node, s.Raise) for edit in _of_exponent(node.exponent, own)]
    return sorted(found, key=lambda edit: (edit.cost, edit.span))


def places_of(node: s.Node, free: bool = True) -> Iterator[tuple[s.Node, bool]]:
    """The nodes that may be edited; those of a derivative, which must stay names, are not free."""
    yield node, free
    if not isinstance(node, s.Limit | s.Iverson | s.Space) and not (isinstance(node, s.Symbol) and node.component):
        for child in node.children():
            yield from places_of(child, free and not isinstance(node, s.Partial | s.Symbol))


def _of_whole(root: s.Node, own: Hand) -> Edits:
    """The sign, or a factor of two, of a whole side, or of one of its cases."""
    text = own.of(root)
    if not isinstance(root, s.Add | s.Neg):
        yield Edit(root, s.Neg(root.span, root), root.span, f"-{text}", "sign", 3)
    if not isinstance(root, s.Add):
        yield from _scaled(root, own)
        yield from _turned(root, own)


def _of_exponent(node: s.Node, own: Hand) -> Edits:
    """A missing sign of an exponent."""
    if not isinstance(node, s.Add | s.Neg):
        braced = own.text(Span(node.span.start - 1, node.span.start)) == "{"
        text = f"-{own.of(node)}" if braced else f"{{-{own.of(node)}}}"
        yield Edit(node, s.Neg(node.span, node), node.span, text, "sign", 2)


def _number(node: s.Node, value: Fraction | int) -> s.Number:
    return s.Number(node.span, Fraction(value))


# Powers and signs


def _square(node: s.Node, own: Hand) -> Edits:
    """A square that should not be there, or is missing."""
    if isinstance(node, s.Raise):
        yield Edit(node, node.base, node.span, own.of(node.base), "extra-power", 1)
    if isinstance(node, s.Call) and node.power is not None:
        text = own.of(node)[: node.head.end - node.span.start] + _after(node, own.text)
        yield Edit(node, replace(node, power=None), node.span, text, "extra-power", 1)
    if isinstance(node, s.Call) and node.power is None and node.head.start == node.span.start:
        text = f"{own.text(node.head)}^2{_after(node, own.text)}"
        yield Edit(node, replace(node, power=_number(node, 2)), node.span, text, "missing-power", 2)
    if isinstance(node, s.Symbol | s.Group):
        tree = s.Raise(node.span, node, _number(node, 2))
        yield Edit(node, tree, node.span, f"{_braced(own.of(node))}^2", "missing-power", 2)


def _after(node: s.Call, text: Slice) -> str:
    """The argument as written, with its brackets."""
    whole = text(node.span)
    start = node.arguments[0].span.start - node.span.start
    opened = whole[node.head.end - node.span.start : start]
    bracket = max(opened.rfind("("), opened.rfind("["), opened.rfind("{"))
    if bracket < 0:
        return " " + whole[start:]
    left = opened.rfind("\\left")
    return (opened[left:] if 0 <= left < bracket else opened[bracket:]) + whole[start:]


def _braced(text: str) -> str:
    return f"{{{text}}}" if "^" in text else text


def _sign(node: s.Node, own: Hand) -> Edits:
    """A sign the wrong way round; a difference the wrong way round."""
    if isinstance(node, s.Neg):
        yield Edit(node, node.argument, node.span, own.of(node.argument), "sign", 1)
    if not isinstance(node, s.Add):
        return
    for place in range(1, len(node.addends)):
        between = Span(node.addends[place - 1].span.end, node.addends[place].span.start)
        old, new = ("+", "-") if node.signs[place] > 0 else ("-", "+")
        if own.text(between).count(old) == 1:
            signs = (*node.signs[:place], -node.signs[place], *node.signs[place + 1 :])
            text = own.text(between).replace(old, new)
            yield Edit(node, replace(node, signs=signs), between, text, "sign", 1)
    if node.signs == (1, -1):
        first, second = node.addends
        text = f"{own.of(second)} - {own.of(first)}"
        cost = 0 if isinstance(second, s.Number) and second.value == 1 else 2  # 1 − z is how slopes are written
        yield Edit(node, replace(node, addends=(second, first)), node.span, text, "sign", cost)


# Shapes


def _transpose(node: s.Node, own: Hand) -> Edits:
    if isinstance(node, s.Transposed):
        yield Edit(node, node.argument, node.span, own.of(node.argument), "extra-transpose", 0)
    elif isinstance(node, s.Symbol) and node.base[:1].isupper() and node.time is None:
        yield from _turned(node, own)
    elif isinstance(node, s.Mul) and not CALLED.keys() & set(node.operators):
        for factor in node.factors:
            if not (isinstance(factor, s.Symbol) and factor.base[:1].isupper() and factor.time is None):
                yield from _turned(factor, own)


def _turned(node: s.Node, own: Hand) -> Edits:
    if not isinstance(node, s.Transposed | s.Number):
        yield Edit(node, s.Transposed(node.span, node), node.span, own.turned(node), "missing-transpose", 1)


def _order(node: s.Node, own: Hand) -> Edits:
    """Two factors the wrong way round: x δᵀ for δ xᵀ, A B for B A; a column that must lie down."""
    if not isinstance(node, s.Mul) or CALLED.keys() & set(node.operators):
        return
    for place, operator in enumerate(node.operators):
        first, second = node.factors[place], node.factors[place + 1]
        if operator not in PLAIN:
            continue
        span = Span(first.span.start, second.span.end)
        sign = own.text(between(node, place))
        if isinstance(second, s.Transposed) and second.argument.span != second.span:
            pair = (second.argument, s.Transposed(first.span, first))
            text = f"{own.of(second.argument)}{sign}{own.turned(first)}"
            yield Edit(node, _with(node, place, pair), span, text, "swapped-factors", 2)
        if not isinstance(first, s.Number):
            text = f"{own.factor(second)}{sign or ' '}{own.factor(first)}"
            yield Edit(node, _with(node, place, (second, first)), span, text, "swapped-factors", 2)
        if not isinstance(second, s.Transposed | s.Number):
            pair = (first, s.Transposed(second.span, second))
            yield Edit(node, _with(node, place, pair), second.span, own.turned(second), "missing-transpose", 1)


def _with(node: s.Mul, place: int, pair: tuple[s.Node, s.Node]) -> s.Mul:
    return replace(node, factors=(*node.factors[:place], *pair, *node.factors[place + 2 :]))


def _product_sign(node: s.Node, own: Hand) -> Edits:
    """An elementwise sign for a matrix product and back."""
    if not isinstance(node, s.Mul) or CALLED.keys() & set(node.operators):
        return
    for place, operator in enumerate(node.operators):
        new, text = ("", " ") if operator in ELEMENTWISE else (own.sign, f" {own.elementwise} ")
        operators = (*node.operators[:place], new, *node.operators[place + 1 :])
        tree = replace(node, operators=operators)
        yield Edit(node, tree, between(node, place), text, "hadamard-for-matmul", 2)


def _diagonal(node: s.Node, own: Hand) -> Edits:
    if isinstance(node, s.Call) and node.function == "diag" and len(node.arguments) == 1:
        yield Edit(node, node.arguments[0], node.span, f"({own.of(node.arguments[0])})", "extra-diagonal", 3)
    if isinstance(node, s.Group | s.Symbol | s.Call):
        inner = node.inner if isinstance(node, s.Group) else node
        tree = s.Call(node.span, node.span, "diag", (inner,))
        text = rf"\mathrm{{diag}}({own.of(inner)})"
        yield Edit(node, tree, node.span, text, "missing-diagonal", 3)


# Factors and addends


def _complement(node: s.Node, own: Hand) -> Edits:
    """z for 1 − z and back."""
    if (subtrahend := _less_than_one(node)) is not None:
        yield Edit(node, subtrahend, node.span, own.of(subtrahend), "complement", 3)
    if (isinstance(node, s.Symbol) and node.base[:1].islower()) or isinstance(node, s.Call | s.Raise):
        inner = s.Add(node.span, (1, -1), (_number(node, 1), node))
        yield Edit(node, s.Group(node.span, inner), node.span, f"(1 - {own.of(node)})", "complement", 3)
    for place in range(len(node.operators) if isinstance(node, s.Mul) else 0):
        yield from _complement_of_square(node, place, own)
        yield from _complement_of_twin(node, place, own)


def _less_than_one(node: s.Node) -> s.Node | None:
    """The z of (1 − z)."""
    if isinstance(node, s.Group) and isinstance(node.inner, s.Add) and node.inner.signs == (1, -1):
        first, second = node.inner.addends
        return second if isinstance(first, s.Number) and first.value == 1 else None
    return None


def _complement_of_twin(node: s.Node, place: int, own: Hand) -> Edits:
    """z ⊙ z for z ⊙ (1 − z), and (1 − z) ⊙ (1 − z) for it."""
    if not isinstance(node, s.Mul) or own.of(node.factors[place]) != own.of(node.factors[place + 1]):
        return
    first, twin = node.factors[place : place + 2]
    if (subtrahend := _less_than_one(first)) is not None:
        yield Edit(first, subtrahend, first.span, own.of(subtrahend), "complement", 2)
        return
    inner = s.Group(twin.span, s.Add(twin.span, (1, -1), (_number(twin, 1), twin)))
    yield Edit(twin, inner, twin.span, f"(1 - {own.of(twin)})", "complement", 2)


def _complement_of_square(node: s.Node, place: int, own: Hand) -> Edits:
    """h ⊙ h for 1 − h ⊙ h."""
    if not isinstance(node, s.Mul) or own.of(node.factors[place]) != own.of(node.factors[place + 1]):
        return
    square = _run(node, place, place + 2)
    inner = s.Group(square.span, s.Add(square.span, (1, -1), (_number(node, 1), square)))
    factors = (*node.factors[:place], inner, *node.factors[place + 2 :])
    tree = replace(node, factors=factors, operators=node.operators[:place] + node.operators[place + 1 :])
    whole = inner if len(factors) == 1 else tree
    yield Edit(node, whole, square.span, f"(1 - {own.of(square)})", "complement", 3)


def _extra_factor(node: s.Node, own: Hand) -> Edits:
    if not isinstance(node, s.Mul) or CALLED.keys() & set(node.operators):
        return
    for place, factor in enumerate(node.factors):
        rest = node.factors[:place] + node.factors[place + 1 :]
        signs = node.operators[: max(place - 1, 0)] + node.operators[max(place, 1) :]
        beside = node.factors[place + 1] if place == 0 else node.factors[place - 1]
        ends = (factor.span.start, beside.span.start) if place == 0 else (beside.span.end, factor.span.end)
        tree = rest[0] if len(rest) == 1 else replace(node, factors=rest, operators=signs)
        number = isinstance(factor, s.Number) or _is_fraction(factor)
        twin = place > 0 and own.of(factor) == own.of(node.factors[place - 1])
        cost = 1 if number else 3 - (twin and own.of(factor) not in map(own.of, node.factors[place + 1 :]))
        yield Edit(node, tree, Span(*ends), "", "extra-factor", cost)


def _is_fraction(node: s.Node) -> bool:
    return (
        isinstance(node, s.Divide) and isinstance(node.numerator, s.Number) and isinstance(node.denominator, s.Number)
    )


def _scaled(node: s.Node, own: Hand) -> Edits:
    """A two or a half that is missing."""
    for value, text in ((Fraction(2), "2"), (Fraction(1, 2), r"\frac{1}{2}")):
        tree = s.Mul(node.span, (_number(node, value), node), ("",))
        yield Edit(node, tree, node.span, f"{text} {own.factor(node)}", "missing-factor", 3)


def _addends(node: s.Node, own: Hand) -> Edits:
    """An addend too many; a factor of two in one of them."""
    if not isinstance(node, s.Add):
        return
    for place, addend in enumerate(node.addends):
        if not isinstance(addend, s.Number):
            yield from _scaled(addend, own)
        rest = node.addends[:place] + node.addends[place + 1 :]
        signs = node.signs[:place] + node.signs[place + 1 :]
        if place == 0 and signs[0] < 0:
            continue
        ends = (
            (addend.span.start, rest[0].span.start)
            if place == 0
            else (node.addends[place - 1].span.end, addend.span.end)
        )
        tree = rest[0] if len(rest) == 1 and signs[0] > 0 else replace(node, addends=rest, signs=signs)
        yield Edit(node, tree, Span(*ends), "", "double-count", 3)


def _sum_for_product(node: s.Node, own: Hand) -> Edits:
    if isinstance(node, s.Mul) and not CALLED.keys() & set(node.operators):
        for place in range(len(node.operators)):
            first, second = _run(node, 0, place + 1), _run(node, place + 1, len(node.factors))
            tree = s.Add(node.span, (1, 1), (first, second))
            yield Edit(node, tree, between(node, place), " + ", "product-for-sum", 4)


def _run(node: s.Mul, start: int, end: int) -> s.Node:
    """Some neighbouring factors."""
    if end - start == 1:
        return node.factors[start]
    span = Span(node.factors[start].span.start, node.factors[end - 1].span.end)
    return s.Mul(span, node.factors[start:end], node.operators[start : end - 1])


# Functions, numbers, bounds


def _function(node: s.Node, own: Hand) -> Edits:
    """A function left out, applied once too often, or taken for another."""
    if isinstance(node, s.Call) and node.function in APPLIED and len(node.arguments) == 1:
        inner = node.arguments[0]
        text = f"({own.of(inner)})" if isinstance(inner, s.Add | s.Neg) else own.of(inner)
        if node.power is None:
            yield Edit(node, inner, node.span, text, "extra-function", 3)
        for function, written in own.functions:
            if function != node.function:
                yield Edit(node, replace(node, function=function), node.head, written, "wrong-function", 3)
    if isinstance(node, s.Symbol | s.Group):
        inner = node.inner if isinstance(node, s.Group) else node
        for function, written in own.functions:
            tree = s.Call(node.span, node.span, function, (inner,))
            yield Edit(node, tree, node.span, f"{written}({own.of(inner)})", "missing-function", 4)


def _numbers(node: s.Node, own: Hand) -> Edits:
    """A number that is one too large or too small."""
    if isinstance(node, s.Number) and own.of(node).isdigit():
        for value in (node.value - 1, node.value + 1):
            if value >= 0:
                yield Edit(node, _number(node, value), node.span, str(value), "wrong-number", 2)
    for entry in node.entries if isinstance(node, s.Matrix) else ():
        if isinstance(entry, s.Number):
            yield Edit(entry, s.Neg(entry.span, entry), entry.span, f"-{own.of(entry)}", "sign", 1)


def _bounds(node: s.Node, own: Hand) -> Edits:
    """A bound of a sum or of a product one too high or too low."""
    if not isinstance(node, s.Big):
        return
    for field in ("lower", "upper"):
        bound = getattr(node, field)
        if isinstance(bound, s.Number) and bound.value.denominator == 1:
            for value in (bound.value - 1, bound.value + 1):
                tree = _bounded(node, field, _number(bound, value))
                yield Edit(node, tree, bound.span, str(value), "off-by-one", 2)
        elif isinstance(bound, s.Symbol) and (bound.time is None or not bound.time.offset):
            for sign, text in ((-1, "-"), (1, "+")):
                tree = _bounded(node, field, s.Add(bound.span, (1, sign), (bound, _number(bound, 1))))
                yield Edit(node, tree, bound.span, f"{own.of(bound)}{text}1", "off-by-one", 2)
        elif isinstance(bound, s.Add) and isinstance(bound.addends[-1], s.Number) and len(bound.addends) == 2:
            tree = _bounded(node, field, bound.addends[0])
            yield Edit(node, tree, bound.span, own.of(bound.addends[0]), "off-by-one", 1)


# Chains of derivatives


def _chain(node: s.Node, own: Hand) -> Edits:
    """Two neighbours in a chain that do not link: a derivative left out between them, or a name of one of them."""
    if not isinstance(node, s.Mul):
        return
    for place, (one, other) in enumerate(pairwise(node.factors)):
        if not (isinstance(one, s.Partial) and isinstance(other, s.Partial)):
            continue
        if plain_name(one.by) != plain_name(other.of):
            yield from _linked(node, place + 1, one.by, other.of, own)
            yield Edit(one, replace(one, by=other.of), one.by.span, own.of(other.of), "broken-chain", 1)
            yield Edit(other, replace(other, of=one.by), other.of.span, own.of(one.by), "broken-chain", 1)


def ends(root: s.Node, left: s.Partial, own: Hand) -> Edits:
    """A chain that does not begin or end where the derivative ``left`` does."""
    factors = root.factors if isinstance(root, s.Mul) else (root,)
    chain = root if isinstance(root, s.Mul) else s.Mul(root.span, (root,), ())
    first, last = factors[0], factors[-1]
    if isinstance(first, s.Partial) and plain_name(first.of) != plain_name(left.of):
        yield from _linked(chain, 0, left.of, first.of, own, root)
        yield Edit(first, replace(first, of=left.of), first.of.span, own.of(left.of), "broken-chain", 1)
    if isinstance(last, s.Partial) and plain_name(last.by) != plain_name(left.by):
        yield from _linked(chain, len(factors), last.by, left.by, own, root)
        yield Edit(last, replace(last, by=left.by), last.by.span, own.of(left.by), "broken-chain", 1)


def _linked(chain: s.Mul, place: int, of: s.Node, by: s.Node, own: Hand, root: s.Node | None = None) -> Edits:
    """A chain with one more derivative, written as its neighbour is."""
    pattern = chain.factors[min(place, len(chain.factors) - 1)]
    if not isinstance(pattern, s.Partial) or not (pattern.of.span.end <= pattern.by.span.start):
        return
    pieces = (
        own.text(Span(pattern.span.start, pattern.of.span.start)),
        own.of(of),
        own.text(Span(pattern.of.span.end, pattern.by.span.start)),
        own.of(by),
        own.text(Span(pattern.by.span.end, pattern.span.end)),
    )
    link = replace(pattern, of=of, by=by)
    factors = (*chain.factors[:place], link, *chain.factors[place:])
    sign = chain.operators[0] if chain.operators else ""
    written = own.text(between(chain, 0)) if chain.operators else " "
    last = place == len(chain.factors)
    at = chain.factors[-1].span.end if last else chain.factors[place].span.start
    text = written + "".join(pieces) if last else "".join(pieces) + written
    tree = s.Mul(chain.span, factors, (sign, *chain.operators))
    yield Edit(root or chain, tree, Span(at, at), text, "missing-factor", 1)


def _bounded(node: s.Big, field: str, bound: s.Node) -> s.Big:
    return replace(node, lower=bound) if field == "lower" else replace(node, upper=bound)


FAMILIES: tuple[Callable[[s.Node, Hand], Edits], ...] = (
    _square,
    _sign,
    _transpose,
    _order,
    _product_sign,
    _diagonal,
    _complement,
    _extra_factor,
    _addends,
    _sum_for_product,
    _function,
    _numbers,
    _bounds,
    _chain,
)
