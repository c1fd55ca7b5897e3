r"""Powers whose exponents count steps: ``\beta^{t-i}`` and ``1 - \beta_1^t`` are products over time.

A number raised to a time is multiplied by itself once for every step, so that sums of such powers are expanded and
proved like all others over time. The t of ``\beta^t`` is an exponent where the sheet speaks of β without a time, too,
and never defines a β^t of its own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence, Set
from dataclasses import dataclass, replace
from fractions import Fraction

from derivations.declarations import Declared
from derivations.names import key_of
from derivations.reading import surface as s
from derivations.reading.grammar import SCALES
from derivations.reading.places import Span
from derivations.series import FACTOR, Moment, time_letters
from derivations.sheet_habits import About, about_numbers

COUNTING = frozenset({"t"})
RATES = SCALES - {"alpha"}
"""Letters that are numbers by habit; an α is as often a vector of weights."""
ONE = Fraction(1)
Name = tuple[str, tuple[str, ...], str]


@dataclass(frozen=True, slots=True)
class Exponent:
    """``L - M + k``: a letter that is added, one that is taken away, and a number."""

    added: str | None
    taken: str | None
    number: int

    def opposite(self) -> Exponent:
        return Exponent(self.taken, self.added, -self.number)


def with_powers(sentences: Sequence[s.Sentence], declared: Declared) -> list[s.Sentence]:
    """The sentences with every power of a number by a time as a product over time.

    Where the whole sheet is about numbers, all its names are numbers; ``declared`` and the words of the sheet tell.
    """
    statements = [x for x in sentences if isinstance(x, s.Statement)]
    nodes = [node for x in statements for item in x.items for node in item.walk()]
    if not any(_may_count(node) for node in nodes):
        return list(sentences)
    given = _declared(statements)
    about = about_numbers(declared, statements, min(x.span.start for x in nodes if _may_count(x)))
    numbers = _numbers(nodes, given) | (_unsaid(nodes, given) if about else frozenset())
    steady = _steady(statements, nodes, numbers)
    certain = steady if about is About.SAID else frozenset(x for x in steady if given.get(x))
    raised = steady if not _times_above(nodes, steady) else steady - _unsaid(nodes, given)
    return s.rewritten(sentences, _Powers(numbers, raised, certain, _letters(nodes)).change)


def power(base: s.Node, exponent: Exponent, span: Span) -> s.Node:
    """A base multiplied by itself as often as an exponent says; a negative time by its inverse."""
    if exponent.added is None and exponent.taken is not None and exponent.number <= 0:
        below = power(base, exponent.opposite(), span)
        return s.Raise(span, s.Group(span, below), s.Number(span, -ONE))
    first = s.Number(span, ONE) if exponent.taken is None else Moment(span, s.Time(exponent.taken, 1))
    return s.Big(span, "prod", FACTOR, first, Moment(span, s.Time(exponent.added, exponent.number)), base)


def exponent_text(node: s.Big) -> str:
    """The exponent of a power that is written as a product: ``t-i-1``."""
    times = [side.time if isinstance(side, Moment) else s.Time(None, 1) for side in (node.upper, node.lower)]
    number = times[0].offset - times[1].offset + 1
    text = (times[0].symbol or "") + (f"-{times[1].symbol}" if times[1].symbol else "")
    return text + (f"{number:+d}" if number or not text else "")


def exponent_of(node: s.Node, letters: Set[str]) -> Exponent | None:
    """An exponent that counts steps by some letters; None for any other."""
    counts: dict[str, int] = {}
    number = 0
    for sign, addend in _addends(node):
        if isinstance(addend, s.Number) and addend.value.denominator == 1:
            number += sign * int(addend.value)
        elif isinstance(addend, s.Symbol) and _is_letter(addend, letters):
            counts[addend.base] = counts.get(addend.base, 0) + sign
        else:
            return None
    added = [letter for letter, count in counts.items() if count == 1]
    taken = [letter for letter, count in counts.items() if count == -1]
    odd = any(abs(count) > 1 for count in counts.values()) or len(added) > 1 or len(taken) > 1
    return None if odd or not (added or taken) else Exponent(next(iter(added), None), next(iter(taken), None), number)


def _addends(node: s.Node) -> Iterator[tuple[int, s.Node]]:
    if isinstance(node, s.Group):
        yield from _addends(node.inner)
    elif isinstance(node, s.Neg):
        yield from ((-sign, x) for sign, x in _addends(node.argument))
    elif isinstance(node, s.Add):
        yield from ((own * sign, x) for own, y in zip(node.signs, node.addends, strict=True) for sign, x in _addends(y))
    else:
        yield 1, node


def _is_letter(node: s.Symbol, letters: Set[str]) -> bool:
    plain = not (node.name or node.marks or node.component) and node.time is None
    return plain and node.base in letters


@dataclass(frozen=True, slots=True)
class _Powers:
    """What is raised: the numbers of the sheet, those of them without a time of their own, and the times.

    Only of a declared number ``certain`` tells that the T above it is no transpose.
    """

    numbers: frozenset[Name]
    steady: frozenset[Name]
    certain: frozenset[Name]
    letters: frozenset[str]

    def change(self, node: s.Node) -> s.Node:
        if isinstance(node, s.Symbol) and node.raised and node.time is not None and _name(node) in self.steady:
            base = replace(node, time=None, raised=False)
            return power(base, Exponent(node.time.symbol, None, node.time.offset), node.span)
        if isinstance(node, s.Transposed) and node.letter and "T" in self.letters:
            known = isinstance(node.argument, s.Symbol | s.Group) and self._is_number(node.argument, self.certain)
            return power(node.argument, Exponent("T", None, 0), node.span) if known else node
        if isinstance(node, s.Raise) and self._is_number(node.base, self.numbers):
            exponent = exponent_of(node.exponent, self.letters)
            return node if exponent is None else power(node.base, exponent, node.span)
        return node

    def _is_number(self, node: s.Node, known: frozenset[Name]) -> bool:
        """Whether a base is made of numbers and of names of numbers without a time."""
        match node:
            case s.Symbol():
                return node.time is None and not node.component and _name(node) in known
            case s.Group() | s.Add() | s.Mul() | s.Divide() | s.Neg():
                return all(self._is_number(child, known) for child in node.children())
            case _:
                return isinstance(node, s.Number)


def _may_count(node: s.Node) -> bool:
    if isinstance(node, s.Raise):
        return any(isinstance(x, s.Symbol) for x in node.exponent.walk())
    return isinstance(node, s.Transposed) or (isinstance(node, s.Symbol) and node.raised)


def _name(symbol: s.Symbol) -> Name:
    return symbol.base, symbol.marks, symbol.name


def _declared(statements: Sequence[s.Statement]) -> dict[Name, bool]:
    """What the sheet declares, and whether as a number."""
    found: dict[Name, bool] = {}
    for statement in statements:
        for space in (x for x in statement.items[1:] if isinstance(x, s.Space)):
            names = (_name(x) for x in statement.items[0].walk() if isinstance(x, s.Symbol))
            found |= dict.fromkeys(names, not space.dims)
    return found


def _numbers(nodes: Sequence[s.Node], declared: Mapping[Name, bool]) -> frozenset[Name]:
    """The names of numbers: what is declared as one, and the letters of rates where nothing else is said."""
    rates = (_name(x) for x in nodes if isinstance(x, s.Symbol) and x.base in RATES)
    return frozenset(x for x in (*rates, *declared) if declared.get(x, True))


def _unsaid(nodes: Sequence[s.Node], declared: Mapping[Name, bool]) -> frozenset[Name]:
    """The names of which no declaration says whether they are numbers; those of rates are numbers by habit."""
    names = (_name(x) for x in nodes if isinstance(x, s.Symbol) and x.base not in RATES)
    return frozenset(names) - declared.keys()


def _times_above(nodes: Sequence[s.Node], steady: Set[Name]) -> bool:
    """Whether some name has its time above it, so that it may be so with the others."""
    return any(isinstance(x, s.Symbol) and x.raised and _name(x) not in steady for x in nodes)


def _steady(statements: Sequence[s.Statement], nodes: Sequence[s.Node], numbers: frozenset[Name]) -> frozenset[Name]:
    """The numbers that are used without a time, and never given at one or defined at one."""
    used = [item for x in statements if not _declares(x) for item in x.items]
    plain = {_name(x) for item in used for x in item.walk() if isinstance(x, s.Symbol) and x.time is None}
    timed = {_name(x) for x in nodes if isinstance(x, s.Symbol) and x.time is not None and not x.raised}
    defined = {name for name in plain & numbers if _is_defined(name, statements)}
    return frozenset((plain & numbers) - timed - defined)


def _is_defined(name: Name, statements: Sequence[s.Statement]) -> bool:
    """Whether the first statement that speaks of a name with a time above it says what that is."""
    for statement in statements:
        symbols = (x for item in statement.items for x in item.walk() if isinstance(x, s.Symbol))
        if any(_name(x) == name and x.time is not None for x in symbols):
            head = statement.items[0]
            return isinstance(head, s.Symbol) and head.time is not None and _name(head) == name
    return False


def _declares(statement: s.Statement) -> bool:
    return bool(statement.links) and statement.links[0].relation is s.Relation.MEMBER


def _letters(nodes: Sequence[s.Node]) -> frozenset[str]:
    """The letters that count steps on the sheet."""
    symbols = [x for x in nodes if isinstance(x, s.Symbol)]
    timed = {x.time.symbol for x in symbols if x.time is not None and x.time.symbol is not None}
    keys = {key_of(x, "") for x in symbols if x.time is not None and not x.name}
    return frozenset(COUNTING | timed | time_letters(nodes, keys))
