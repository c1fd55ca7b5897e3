"""Which letter above a sum stands for which size: the K of ``\\sum_{k=1}^K p_k`` where nothing tells how long p is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from derivations.component_names import letters_of
from derivations.reading import surface as s
from derivations.reading.grammar import TIMES
from derivations.terms import Dim

LAST_TIME = "T"


@dataclass(slots=True)
class Sizes:
    """The letters of sizes: ``written`` are those that the sheet declares, ``indices`` the letters that count entries.

    A size that is not declared may have one letter above the sums of the sheet, and a letter names one size.
    """

    written: frozenset[str] = frozenset()
    indices: frozenset[str] = frozenset()
    _named: dict[str, Dim] = field(default_factory=dict)

    def may_name(self, letter: str, dim: Dim) -> bool:
        """Whether a letter can stand for a size; from then on it stands for this one, and no other letter does."""
        declared = not dim.free_symbols or {str(x) for x in dim.free_symbols} & self.written
        counts = letter in self.written | self.indices | (TIMES - {LAST_TIME})
        if declared or counts or not letter.isalpha():
            return False
        others = {name for name, size in self._named.items() if size == dim}
        return self._named.setdefault(letter, dim) == dim and others <= {letter}

    def named(self) -> dict[str, Dim]:
        """The sizes that letters stand for so far."""
        return dict(self._named)

    def restore(self, named: Mapping[str, Dim]) -> None:
        """Let letters stand for sizes as they once did."""
        self._named = dict(named)


def index_letters(nodes: Iterable[s.Node]) -> frozenset[str]:
    """The letters that count entries somewhere: in components, and below sums."""
    found: set[str] = set()
    for node in nodes:
        if isinstance(node, s.Symbol):
            found |= set(letters_of(node))
        elif isinstance(node, s.Big):
            found.add(node.index)
    return frozenset(found)
