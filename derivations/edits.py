"""Small edits of an author's formula, by the families of slips that real derivations show.

Every edit replaces one span of the text by new text in the author's own notation, so that a repair can be pasted back.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from derivations.products import CALLED
from derivations.reading import surface as s
from derivations.reading.places import Span

Slice = Callable[[Span], str]


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace ``span`` by ``text``. ``cost`` orders edits: signs and exponents before names."""

    span: Span
    text: str
    code: str
    cost: int


Family = Callable[[s.Node, Slice], Iterator[Edit]]


def edits(root: s.Node, text: Slice, names: Callable[[s.Symbol], list[tuple[str, str, int]]]) -> list[Edit]:
    """Every single edit of a formula, the smallest first, from left to right.

    ``names`` offers other names for a symbol, each with its code and cost.
    """
    found: list[Edit] = []
    for node in root.walk():
        for family in FAMILIES:
            found.extend(family(node, text))
        if isinstance(node, s.Symbol):
            found.extend(Edit(node.span, name, code, cost) for name, code, cost in names(node))
    return sorted(found, key=lambda edit: (edit.cost, edit.span))


def _square(node: s.Node, text: Slice) -> Iterator[Edit]:
    """A square that should not be there, or is missing."""
    if isinstance(node, s.Raise):
        yield Edit(node.span, text(node.base.span), "extra-power", 1)
    if isinstance(node, s.Call) and node.power is not None:
        yield Edit(node.span, text(node.head) + _after(node, text), "extra-power", 1)
    if isinstance(node, s.Call) and node.power is None:
        yield Edit(node.span, f"{text(node.head)}^2{_after(node, text)}", "missing-power", 2)
    if isinstance(node, s.Symbol | s.Group):
        yield Edit(node.span, f"{_braced(text(node.span))}^2", "missing-power", 2)


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


def _sign(node: s.Node, text: Slice) -> Iterator[Edit]:
    """A sign the wrong way round; a difference the wrong way round."""
    if isinstance(node, s.Neg):
        yield Edit(node.span, text(node.argument.span), "sign", 1)
    if isinstance(node, s.Add):
        for place in range(1, len(node.addends)):
            between = Span(node.addends[place - 1].span.end, node.addends[place].span.start)
            old, new = ("+", "-") if node.signs[place] > 0 else ("-", "+")
            if text(between).count(old) == 1:
                yield Edit(between, text(between).replace(old, new), "sign", 1)
        if node.signs == (1, -1):
            first, second = node.addends
            yield Edit(node.span, f"{text(second.span)} - {text(first.span)}", "sign", 2)


def _transpose(node: s.Node, text: Slice) -> Iterator[Edit]:
    if isinstance(node, s.Transposed):
        yield Edit(node.span, text(node.argument.span), "extra-transpose", 1)
    if isinstance(node, s.Symbol) and node.time is None and node.base[:1].isupper():
        yield Edit(node.span, f"{_braced(text(node.span))}^T", "missing-transpose", 1)


def _complement(node: s.Node, text: Slice) -> Iterator[Edit]:
    """z for 1 − z and back."""
    if isinstance(node, s.Group) and isinstance(node.inner, s.Add) and node.inner.signs == (1, -1):
        first, second = node.inner.addends
        if isinstance(first, s.Number) and first.value == 1:
            yield Edit(node.span, text(second.span), "complement", 3)
    if (isinstance(node, s.Symbol) and node.time is not None) or isinstance(node, s.Call):
        yield Edit(node.span, f"(1 - {text(node.span)})", "complement", 3)


def _factor(node: s.Node, text: Slice) -> Iterator[Edit]:
    """A factor too many; an elementwise sign for a matrix product and back."""
    if not isinstance(node, s.Mul) or CALLED.keys() & set(node.operators):
        return
    for place, factor in enumerate(node.factors):
        neighbour = node.factors[place + 1] if place == 0 else node.factors[place - 1]
        span = (
            Span(factor.span.start, neighbour.span.start) if place == 0 else Span(neighbour.span.end, factor.span.end)
        )
        yield Edit(span, "", "extra-factor", 3)
    for place, operator in enumerate(node.operators):
        between = Span(node.factors[place].span.end, node.factors[place + 1].span.start)
        new = " " if operator in ("odot", "otimes", "circ") else r" \odot "
        yield Edit(between, new, "hadamard-for-matmul", 2)


FAMILIES: tuple[Family, ...] = (_square, _sign, _transpose, _complement, _factor)
