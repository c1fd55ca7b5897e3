"""Calls of NumPy inside formulas, ``np.sum(dZ, axis=1, keepdims=True)``: which are read, and what they stand for."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from fractions import Fraction
from itertools import takewhile
from typing import Final, TypeAlias

from derivations.reading.scripts import ScriptReader
from derivations.reading.slips import Slip
from derivations.reading.surface import Add, Call, Mul, Node, Norm, Number, Raise, Transposed
from derivations.reading.tokens import Token

NUMPY: Final = re.compile(r"(?:np|numpy)((?:\.[A-Za-z_][A-Za-z_0-9]*)+)")
"""The name of a function with that of the module before it."""
BOOLEANS: Final = {"True": True, "False": False}
AXES: Final = {"0": 0, "1": 1, "-1": 1, "None": None}
"""The axes of a matrix."""
ALONG: Final = {("sum", 0): "columnsums", ("sum", 1): "rowsums", ("mean", 0): "columnmeans", ("mean", 1): "rowmeans"}
"""What a function along an axis gives: ``axis=1`` one number for every row."""
UNORIENTED: Final = "flat"
"""The call around an array of one axis, which stands neither as a row nor as a column."""


@dataclass(frozen=True, slots=True)
class Given:
    """A call as it was read: its name, arguments and keywords."""

    head: Token
    arguments: tuple[Node, ...]
    keywords: Mapping[str, str] = field(default_factory=dict)


Build: TypeAlias = Callable[[Given, "NumpyReader"], Node]


@dataclass(frozen=True, slots=True)
class Row:
    """One function: how its tree is built, the number of its arguments, the keywords that it takes."""

    build: Build
    arguments: int = 1
    keywords: frozenset[str] = frozenset()


def _product(sign: str) -> Row:
    return Row(lambda given, reader: Mul(reader.since(given.head.start), given.arguments, (sign,)), 2)


def _sum(second: int) -> Row:
    return Row(lambda given, reader: Add(reader.since(given.head.start), (1, second), given.arguments), 2)


def _function(name: str, arguments: int = 1) -> Row:
    def build(given: Given, reader: NumpyReader) -> Node:
        return Call(reader.since(given.head.start), given.head.span, name, given.arguments)

    return Row(build, arguments)


def _reduced(name: str) -> Row:
    """Over all entries or, with ``axis``, along the rows or columns of a matrix."""

    def build(given: Given, reader: NumpyReader) -> Node:
        span, head = reader.since(given.head.start), given.head.span
        axis, kept = AXES[given.keywords.get("axis", "None")], BOOLEANS[given.keywords.get("keepdims", "False")]
        if axis is None:
            return Call(span, head, name, given.arguments)
        along = Call(span, head, ALONG[name, axis], given.arguments)
        return along if kept else Call(span, head, UNORIENTED, (along,))

    return Row(build, 1, frozenset({"axis", "keepdims"}))


def _square(given: Given, reader: NumpyReader) -> Node:
    span, argument = reader.since(given.head.start), given.arguments[0]
    if isinstance(argument, Norm):
        return Raise(span, argument, Number(given.head.span, Fraction(2)))
    return Call(span, given.head.span, "square", given.arguments)


def _power(given: Given, reader: NumpyReader) -> Node:
    """A power entry by entry: of matrices only the square."""
    base, exponent = given.arguments
    if isinstance(exponent, Number) and exponent.value == 2:
        return _square(replace(given, arguments=(base,)), reader)
    return Raise(reader.since(given.head.start), base, exponent)


FUNCTIONS: Final[dict[str, Row]] = {
    "dot": _product("dot"),
    "matmul": _product("dot"),
    "multiply": _product("multiply"),
    "outer": _product("outer"),
    "add": _sum(1),
    "subtract": _sum(-1),
    "sum": _reduced("sum"),
    "mean": _reduced("mean"),
    "transpose": Row(lambda given, reader: Transposed(reader.since(given.head.start), given.arguments[0])),
    "linalg.norm": Row(lambda given, reader: Norm(reader.since(given.head.start), given.arguments[0])),
    "maximum": _function("max", 2),
    "minimum": _function("min", 2),
    "absolute": _function("abs"),
    "square": Row(_square),
    "power": Row(_power, 2),
    **{
        name: _function(name)
        for name in ("tanh", "exp", "log", "sqrt", "abs", "sin", "cos", "tan", "sinh", "cosh", "sign", "floor")
    },
}
"""The functions of NumPy that are read, by their name there."""
VALUES: Final = {"axis": frozenset(AXES), "keepdims": frozenset(BOOLEANS)}
"""The keywords that are read, and their values."""


def numpy_name(text: str) -> str:
    """The function that a word names behind ``np.`` or ``numpy.``; empty where it names none."""
    match = NUMPY.fullmatch(text)
    return match[1][1:] if match else ""


def _is_keyword(part: Sequence[Token]) -> bool:
    """Whether an argument begins with a bare name and ``=``, which may be one word: a text ``keepdims=True``."""
    words = list(takewhile(lambda token: token.kind in ("letter", "text"), part))
    return bool(words) and ("=" in words[-1].text or (len(words) < len(part) and part[len(words)].at("=")))


def _similar(name: str) -> str:
    near = get_close_matches(name, FUNCTIONS, n=2, cutoff=0.7) or ("sum", "mean", "dot", "multiply", "tanh", "exp")
    return " or ".join(f"np.{known}" for known in near)


class NumpyReader(ScriptReader):
    def numpy_call(self, name: str) -> Node:
        """A call of a function of :data:`FUNCTIONS`; raises Slip for anything else."""
        head, row = self.take(), FUNCTIONS.get(name)
        if row is None:
            raise Slip(head.span, f"the function {head.text} of NumPy is not read", _similar(name))
        if self.token.kind not in ("open", "left") or self.token.text != "(":
            raise self.unexpected(f"the arguments of {head.text} in round brackets")
        given = self.numpy_arguments(head, row)
        if len(given.arguments) != row.arguments:
            message = f"{head.text} has {len(given.arguments)} argument(s) here"
            raise Slip(self.since(head.start), message, f"{row.arguments}")
        return row.build(given, self)

    def numpy_arguments(self, head: Token, row: Row) -> Given:
        opener, close = self.token, self.partner[self.position]
        if close < 0:
            raise Slip(opener.span, "this bracket is never closed", ")")
        arguments: list[Node] = []
        keywords: dict[str, str] = {}
        for part in self.parted(self.position + 1, close):
            if _is_keyword(part):
                self.keyword(part, row, keywords)
            elif keywords or not part:
                raise Slip((part or [self.tokens[close]])[0].span, "an argument is missing or out of place here", ")")
            else:
                arguments.append(self.inside(part))
        self.position = close + 1
        return Given(head, tuple(arguments), keywords)

    def parted(self, start: int, close: int) -> Iterator[Sequence[Token]]:
        """The tokens up to a closing bracket, between commas outside all inner brackets."""
        first = here = start
        while here < close:
            if self.tokens[here].at(","):
                yield self.tokens[first:here]
                first = here + 1
            here = max(here, self.partner[here]) + 1
        yield self.tokens[first:close]

    def keyword(self, part: Sequence[Token], row: Row, found: dict[str, str]) -> None:
        """``axis = 1``; raises Slip for a keyword or a value that is not read, and for one given twice."""
        text = "".join(token.text for token in part).replace(" ", "")
        name, _, value = text.partition("=")
        span = part[0].span.join(part[-1].span)
        if name not in row.keywords or name in found:
            expected = " or ".join(sorted(row.keywords - found.keys())) or "no keyword"
            raise Slip(span, f"the keyword ‘{text}’ is not read here", expected)
        if value not in VALUES[name]:
            raise Slip(span, f"‘{text}’ is not read", f"{name}={' or '.join(sorted(VALUES[name]))}")
        found[name] = value
