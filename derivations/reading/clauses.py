r"""The grammar of declarations: one clause a line, what kinds there are, and what is wrong with one that is none.

x_t: d             a shape              rows                vectors are rows
W_{*}: n x d       of all such names    \cdot: elementwise  a setting
z_t := W x_t + b   a name               d = 200             a size
assume y is one-hot                     given \partial L/\partial h_2
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches
from enum import Enum
from itertools import pairwise
from types import UnionType
from typing import Final

from derivations.reading import grammar
from derivations.reading.macros import Macros, tokens_of
from derivations.reading.parser import parse_tokens
from derivations.reading.places import Span
from derivations.reading.rows import top_level
from derivations.reading.slips import Slip
from derivations.reading.statements import declared
from derivations.reading.surface import (
    Call,
    Link,
    Mul,
    Node,
    Number,
    Partial,
    Raise,
    Relation,
    Space,
    Statement,
    Symbol,
    Time,
    Transposed,
    Tuple,
)
from derivations.reading.tokens import Token, partners


class Kind(Enum):
    """What a clause says."""

    SHAPE = "shape"
    NAME = "name"
    SIZE = "size"
    FACT = "fact"
    GIVEN = "given"
    INVERSE = "inverse"
    SETTING = "setting"


@dataclass(frozen=True, slots=True)
class Clause:
    """One declaration.

    ``statement`` is that of a shape, a name or a size; ``subjects`` what a fact, an inverse or a given is about;
    ``key`` and ``value`` name the setting, or the property of a fact; ``inner`` are expressions that derivatives are
    taken by in the definition of a name, with the symbols that stand there for them.
    """

    kind: Kind
    span: Span
    key: str = ""
    value: str = ""
    statement: Statement | None = None
    subjects: tuple[Node, ...] = ()
    inner: tuple[tuple[Symbol, Node], ...] = ()


MEANINGS: Final = ("elementwise", "matrix", "outer", "inner")
SIGNS: Final = {
    r"\cdot": "cdot", "·": "cdot", "⋅": "cdot", "*": "*", r"\ast": "*", r"\times": "times", "×": "times",
    r"\otimes": "otimes", "⊗": "otimes", r"\circ": "circ", "∘": "circ", "@": "@", "juxtaposition": "",
}  # fmt: skip
"""Product signs whose meaning can be set, and their names in the tree."""

CORRELATION: Final = "correlation"
CONVOLUTION: Final[Mapping[str, tuple[str, ...]]] = {
    "convolution": (CORRELATION, "flipped"),
    "padding": ("same", "valid", "full", *map(str, range(10))),
    "stride": tuple(map(str, range(1, 10))),
}
"""How convolutions are taken."""

CHOICES: Final[Mapping[str, Mapping[str, str]]] = {
    "vectors": {"rows": "rows", "columns": "columns", "scalars": "scalars"},
    "layout": {"numerator": "numerator", "denominator": "denominator"},
    "partial": {"total": "total", "step": "step", "direct": "direct"},
    **{name: {value: value for value in (*MEANINGS, CORRELATION)} for name in SIGNS.values()},
    **{name: {value: value for value in values} for name, values in CONVOLUTION.items()},
}
"""Every setting with its values."""

SETTINGS: Final = {
    **SIGNS, "vectors": "vectors", "layout": "layout", "partial": "partial", r"\partial": "partial", "∂": "partial",
    **{name: name for name in CONVOLUTION},
}  # fmt: skip
"""How a setting is written before the colon."""

WORDS: Final = {"rows": "vectors", "columns": "vectors", "scalars": "vectors"}
"""Values that say by themselves what they are values of."""

LETTERS: Final = {"time": "time", "index": "index"}
"""Settings whose value is a letter, or several."""

NUMBERS: Final = re.compile(r"(?:scalars?|numbers?)\s*$")
PROPERTIES: Final = {
    r"(?:is|are) (?:an? )?one[- ]hot(?: vectors?)?": "one-hot",
    r"(?:is|are) (?:an? )?symmetric(?: matrix| matrices)?": "symmetric",
    r"(?:is|are) (?:an? )?diagonal(?: matrix| matrices)?": "diagonal",
    r"(?:is|are) positive": "positive",
    r"sums? to (?:one|1)": "sums to one",
}
"""What can be assumed of a quantity."""

KNOWN_PROPERTIES: Final = "is one-hot, is symmetric, is diagonal, is positive, sums to one, or = a number"
DIMENSIONS: Final = grammar.names("n d m k l p q T N M K H D B")
"""Letters that a number behind a colon is more likely the size of than the number of entries."""
BY_CROSS: Final = re.compile(r"(?<=[\s\d)}])x(?=[\s\d(])")
SEPARATOR: Final = ";"
OPEN, CLOSE = "([{", ")]}"
FORMS: Final = "a shape (x_t: d), a name (z := …), a setting (rows), a size (d = 200), assume … or given …"
SECOND: Final = "a second declaration stands in this comment: write one on a line, or ; between them"


def clauses_of(line: str, offset: int) -> Iterator[tuple[int, str]]:
    """The declarations of a line and where they begin: without its comment, and parted at ``;`` outside brackets."""
    depth, start = 0, 0
    line = without_remark(line)
    for place, letter in enumerate(line):
        depth += (letter in OPEN) - (letter in CLOSE)
        if letter == SEPARATOR and depth <= 0:
            yield offset + start, line[start:place]
            start = place + 1
    yield offset + start, line[start:]


def without_remark(line: str) -> str:
    """The line up to a ``#`` that no backslash stands before."""
    match = re.search(r"(?<!\\)#", line)
    return line[: match.start()] if match else line


def hidden(line: str) -> int | None:
    """Where something like a second declaration stands in the remark of a line, set off by wide space."""
    begin = len(without_remark(line))
    for match in re.finditer(r"\s{3,}(?=\S)", line[begin:]):
        if re.match(r"[^\s:]{1,24}(?: [^\s:]{1,12})?\s*:|assume |given ", line[begin + match.end() :]):
            return begin + match.end()
    return None


def read_clause(text: str, offset: int) -> Clause:
    """The clause that a text says; raises Slip with the place of what is wrong."""
    text = text.replace("$", " ")
    begin = offset + len(text) - len(text.lstrip())
    text = text.strip()
    span = Span(begin, begin + len(text))
    head, _, rest = text.partition(" ")
    if text in WORDS:
        return Clause(Kind.SETTING, span, WORDS[text], text)
    if head == "assume":
        return _assumption(rest, span, span.end - len(rest))
    if head == "given":
        return _given(rest, span)
    return _with_sign(text, span)


def _given(text: str, span: Span) -> Clause:
    subjects = _subjects(text, span.end - len(text), Symbol | Partial)
    for node in subjects:
        if isinstance(node, Partial) and not (isinstance(node.of, Symbol) and isinstance(node.by, Symbol)):
            raise Slip(node.span, "only a derivative of a name by a name can be given", r"\partial L/\partial h_2")
    return Clause(Kind.GIVEN, span, subjects=subjects)


def _with_sign(text: str, span: Span) -> Clause:
    """A clause that its first sign tells: ``:=``, ``:`` or ``=``."""
    match = re.search(r":=|:|=|\\in(?![a-zA-Z])|∈", text)
    sign = match.group() if match else ""
    left, right = (text[: match.start()].strip(), text[match.end() :].strip()) if match else (text, "")
    if not match or not left:
        raise Slip(span, "this is no declaration", _suggested(text) or FORMS)
    if not right:
        raise Slip(Span(span.end - 1, span.end), f"nothing stands behind {sign}", "what is declared")
    place = span.end - len(right)
    if sign == ":" and (left in SETTINGS or left in LETTERS):
        return _setting(left, right, span, place)
    if sign == ":" and right in MEANINGS:
        return _inverse(left, right, span)
    if sign == ":":
        _refuse_misspelt(left, right, Span(span.start, span.start + len(left)), Span(place, span.end))
    return {":=": _name, "=": _size}.get(sign, _shape)(text, span)


def _setting(left: str, right: str, span: Span, place: int) -> Clause:
    if left in LETTERS:
        letters = [letter.strip().lstrip("\\") for letter in right.split(",")]
        if not all(re.fullmatch(r"[^\W\d_]", x) or x in grammar.GREEK for x in letters):
            raise Slip(Span(place, span.end), f"no letter for the {left} stands here", "letters such as t, or i, j")
        return Clause(Kind.SETTING, span, LETTERS[left], ",".join(letters))
    values = CHOICES[SETTINGS[left]]
    if right not in values:
        raise Slip(Span(place, span.end), f"{right} is no meaning of {left}", _either(list(values)))
    return Clause(Kind.SETTING, span, SETTINGS[left], values[right])


def _refuse_misspelt(left: str, right: str, at: Span, place: Span) -> None:
    """What is meant as a setting must not pass for a shape. Raises Slip."""
    names = [name for name in (*SETTINGS, *LETTERS) if len(name) > 2]
    values = [value for values in CHOICES.values() for value in values]
    near = get_close_matches(left, names, 1, 0.7) if len(left) > 3 else []
    if near:
        raise Slip(at, f"{left} is no setting", near[0])
    if get_close_matches(right, values, 1, 0.8) and not NUMBERS.match(right):
        raise Slip(place, f"{right} is no shape", "n x d, or one of the settings: " + _either(names))


def _either(words: Sequence[str]) -> str:
    return ", ".join(words[:-1]) + " or " + words[-1]


def _inverse(left: str, right: str, span: Span) -> Clause:
    """``X^{-1}: elementwise``."""
    node = parse_tokens(tokens_of(left, span.start, Macros()))
    if not isinstance(node, Raise) or not isinstance(node.base, Symbol):
        shown = Span(span.start, span.start + len(left))
        raise Slip(shown, f"{left} is no product sign", _either(["X^{-1}", *SIGNS]))
    if right not in ("elementwise", "matrix"):
        raise Slip(node.span, f"{right} is no meaning of an inverse", "elementwise or matrix")
    return Clause(Kind.INVERSE, span, value=right, subjects=(node.base,))


# -- shapes, names, sizes ----------------------------------------------------------------------------------------


def _cut(text: str, span: Span, sign: str) -> tuple[Sequence[Token], Token, Sequence[Token]]:
    tokens = tokens_of(text, span.start, Macros())
    outside = top_level(tokens)
    k = next((k for k, token in enumerate(tokens) if token.text == sign and k in outside), None)
    if k is None:
        raise Slip(span, "this is no declaration", FORMS)
    return tokens[:k], tokens[k], tokens[k + 1 :]


def _shape(text: str, span: Span) -> Clause:
    head, colon, body = text.partition(":")
    number = bool(NUMBERS.match(body.strip()))
    text = head + colon + (" " * len(body) if number else BY_CROSS.sub("×", body))
    left, sign, right = _cut(text, span, ":" if colon else "in")
    of = _names(left, sign)
    space = Space(Span(sign.end, span.end), ()) if number else _space(right, span.end, bool(colon))
    numbers = len(space.dims) == 1 and isinstance(space.dims[0], Number)
    if numbers and head.strip() in DIMENSIONS:
        raise Slip(span, "this could be a size, or a vector of so many entries", f"{head.strip()} = {body.strip()}")
    return Clause(Kind.SHAPE, span, statement=_statement(span, of, Relation.MEMBER, sign, space))


def _names(tokens: Sequence[Token], sign: Token) -> Node:
    """A name, or several with commas between them."""
    outside = top_level(tokens)
    commas = [k for k, token in enumerate(tokens) if token.text == "," and k in outside]
    edges = pairwise([-1, *commas, len(tokens)])
    items = tuple(parse_tokens(tokens[a + 1 : b], sign.start) for a, b in edges)
    for item in items:
        if not isinstance(item, Symbol):
            raise Slip(item.span, "this can only be declared of a name", "a name such as x_t or W_{*}")
    return items[0] if len(items) == 1 else Tuple(items[0].span.join(items[-1].span), items)


def _space(tokens: Sequence[Token], end: int, colon: bool) -> Space:
    """The dimensions behind a colon; ``n*d`` and ``n d`` are refused, for they could be one dimension or two."""
    space = declared(parse_tokens(tokens, end), colon)
    if not isinstance(space, Space):
        raise Slip(space.span, "this is no space", r"\mathbb{R}^{n \times d}")
    for dim in space.dims:
        if isinstance(dim, Mul):
            raise Slip(dim.span, "this could be one dimension or several", "n x d, or (n d) for one of n·d entries")
    return space


def _name(text: str, span: Span) -> Clause:
    left, sign, right = _cut(text, span, ":=")
    right, inner = _by_expressions(right)
    node, value = parse_tokens(left, sign.start), parse_tokens(right, span.end)
    if not isinstance(node, Symbol | Call) and not _is_gradient_name(node):
        raise Slip(node.span, "only a name can be defined", r"a name such as z_t or d\Gamma_f")
    if any(isinstance(x, Symbol) and replace(x, span=node.span) == node for x in value.walk()):
        raise Slip(value.span, "this defines a name by itself", "an expression without it")
    return Clause(Kind.NAME, span, statement=_statement(span, node, Relation.DEFINED, sign, value), inner=inner)


def _is_gradient_name(node: Node) -> bool:
    r"""``d\Gamma_f`` and ``\delta y``."""
    factors = node.factors if isinstance(node, Mul) else ()
    first = factors[0] if len(factors) == 2 and all(isinstance(x, Symbol) for x in factors) else None
    return isinstance(first, Symbol) and first.base in ("d", "delta") and not first.name


def _by_expressions(tokens: Sequence[Token]) -> tuple[list[Token], tuple[tuple[Symbol, Node], ...]]:
    r"""The tokens with one letter for every expression in brackets that a derivative is taken by: ``∂(W x + b)``."""
    found: list[Token] = []
    inner: list[tuple[Symbol, Node]] = []
    closers = partners(tokens)
    k = 0
    while k < len(tokens):
        below = k > 1 and tokens[k - 1].text in ("partial", "d") and tokens[k - 2].text in ("/", "{")
        if below and tokens[k].kind == "open" and closers[k] > k + 2:
            node = parse_tokens(tokens[k + 1 : closers[k]])
            text = "⟨" + "".join(token.text for token in tokens[k + 1 : closers[k]]) + "⟩"
            symbol = Symbol(Span(tokens[k].start, tokens[closers[k]].end), text, time=_latest(node))
            inner.append((symbol, node))
            found.append(Token("letter", text, symbol.span.start, symbol.span.end))
            k = closers[k]
        else:
            found.append(tokens[k])
        k += 1
    return found, tuple(inner)


def _latest(node: Node) -> Time | None:
    times = [x.time for x in node.walk() if isinstance(x, Symbol) and x.time is not None]
    return max(times, key=lambda time: time.offset, default=None)


def _size(text: str, span: Span) -> Clause:
    left, sign, right = _cut(text, span, "=")
    of, value = _names(left, sign), parse_tokens(right, span.end)
    if not isinstance(of, Symbol) or of.time is not None:
        raise Slip(of.span, "only a dimension can be given a size", "a letter such as d")
    if not isinstance(value, Number) or value.value.denominator != 1 or value.value < 1:
        raise Slip(value.span, "a size is a whole number from 1 on", f"d = 200, or {text.partition('=')[0]}:= …")
    return Clause(Kind.SIZE, span, statement=_statement(span, of, Relation.EQUAL, sign, value))


def _statement(span: Span, left: Node, relation: Relation, sign: Token, right: Node) -> Statement:
    return Statement(span, (left, right), (Link(relation, sign.span),))


# -- assumptions -------------------------------------------------------------------------------------------------


def _assumption(text: str, span: Span, offset: int) -> Clause:
    for pattern, name in PROPERTIES.items():
        match = re.fullmatch(rf"(?P<of>.+?)\s+{pattern}", text)
        if match:
            return Clause(Kind.FACT, span, name, subjects=_subjects(match["of"], offset, Symbol))
    left, equals, right = text.partition("=")
    if not equals or not right.strip():
        raise Slip(Span(min(offset, span.end - 1), span.end), "nothing is known of this property", KNOWN_PROPERTIES)
    subjects = _subjects(left, offset, Symbol)
    value = parse_tokens(tokens_of(right, offset + len(left) + 1, Macros()), span.end)
    if isinstance(value, Number):
        return Clause(Kind.FACT, span, "value", str(value.value), subjects=subjects)
    mirrored = value.argument if isinstance(value, Transposed) else None
    if mirrored is not None and [replace(mirrored, span=x.span) for x in subjects] == list(subjects):
        return Clause(Kind.FACT, span, "symmetric", subjects=subjects)
    raise Slip(value.span, "only a number, or the transposed quantity, can be assumed to be equal", KNOWN_PROPERTIES)


def _subjects(text: str, offset: int, wanted: type[Node] | UnionType) -> tuple[Node, ...]:
    """The names, or derivatives, in a list with commas or ``and``."""
    found: list[Node] = []
    position = 0
    for part in [*re.finditer(r",|\band\b", text), None]:
        end = part.start() if part else len(text)
        piece = text[position:end]
        if not piece.strip():
            raise Slip(Span(offset, offset + max(end, 1)), "nothing is said to be so", "a name")
        node = parse_tokens(tokens_of(piece, offset + position, Macros()))
        if not isinstance(node, wanted):
            raise Slip(node.span, "this is no name", "a name such as y_t")
        found.append(node)
        position = part.end() if part else end
    return tuple(found)


def _suggested(text: str) -> str:
    """What may have been meant by a clause without any sign."""
    near = get_close_matches(text.split()[0] if text.split() else "", [*WORDS, "assume", "given"], 1, 0.7)
    return f"{near[0]}" if near else ""
