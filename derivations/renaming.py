"""The names of one sheet put in place of those of another: ``U_z`` for ``W_{hz}``."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from derivations.errors import UsageError
from derivations.names import GRADIENT_MARKS, key_of
from derivations.reading import surface as s
from derivations.reading.parser import parse_expression
from derivations.reading.places import Span

Name: TypeAlias = tuple[str, tuple[str, ...], str]
"""The base, the marks and the subscript of a name."""


@dataclass(frozen=True, slots=True)
class Renaming:
    """What the names of a sheet are called elsewhere.

    ``timed`` are the names that occur at a time, so that a number below them is one, too; ``clashes`` are the pairs
    that are not used, and why.
    """

    pairs: Mapping[Name, Name]
    timed: frozenset[Name]
    clashes: tuple[str, ...] = ()

    def sentence(self, sentence: s.Sentence) -> s.Sentence:
        """A sentence with its names replaced, at whatever time and as whatever component they stand."""
        return sentence.rewritten(self._renamed) if self.pairs and isinstance(sentence, s.Statement) else sentence

    def _renamed(self, node: s.Node) -> s.Node:
        if not isinstance(node, s.Symbol):
            return node
        for own, other in self.pairs.items():
            if _fits(node, own, self.timed):
                gradient = tuple(mark for mark in node.marks if mark in GRADIENT_MARKS)
                time = node.time if node.name == own[2] else s.Time(None, int(node.name))
                return replace(node, base=other[0], marks=(*other[1], *gradient), name=other[2], time=time)
        return node


def renaming(names: Mapping[str, str], sentences: Sequence[s.Sentence]) -> Renaming:
    """The renaming by a table ``{"U_z": "W_{hz}"}`` for the sentences of one sheet.

    A pair is not used where the sheet has the second name, too, and does not rename it: there it is a name of the
    sheet's own. Raises UsageError where two names would become one.
    """
    pairs = {_name(own): _name(other) for own, other in names.items()}
    if len(set(pairs.values())) < len(pairs):
        raise UsageError("[names]: two names of the sheet stand for the same name; keep one of them")
    trees = [item for x in sentences if isinstance(x, s.Statement) for item in x.items]
    symbols = [node for tree in trees for node in tree.walk() if isinstance(node, s.Symbol)]
    timed = frozenset((x.base, _marks(x), x.name) for x in symbols if x.time is not None)
    used = {name for name in {*pairs, *pairs.values()} if any(_fits(x, name, timed) for x in symbols)}
    clashing = {own: other for own, other in pairs.items() if other not in pairs and {own, other} <= used}
    told = tuple(
        f"{_text(own)} is not taken for {_text(other)}: the sheet uses both" for own, other in clashing.items()
    )
    return Renaming({own: other for own, other in pairs.items() if own not in clashing}, timed, told)


def _fits(symbol: s.Symbol, name: Name, timed: Collection[Name]) -> bool:
    """Whether a symbol has a name; the name of a gradient has it as well, and ``h_2`` that of h where h has times."""
    plain = symbol.time is None and symbol.name.isdecimal() and not name[2] and name in timed
    return (symbol.base, _marks(symbol)) == name[:2] and (plain or symbol.name == name[2])


def _marks(symbol: s.Symbol) -> tuple[str, ...]:
    return tuple(mark for mark in symbol.marks if mark not in GRADIENT_MARKS)


def _name(text: str) -> Name:
    node = parse_expression(text)
    if not isinstance(node, s.Symbol):
        raise UsageError(f"[names]: {text} is no single name; write a name such as W_{{hz}}")
    return node.base, node.marks, node.name


def _text(name: Name) -> str:
    return key_of(s.Symbol(Span(0, 0), *name))
