"""Whether a sheet says to the end what a quantity is: no derivative is left in it that is not worked out elsewhere."""

from __future__ import annotations

from derivations.finished import is_derivative, quantities_left, slopes, trees_behind
from derivations.quantities import Place, Quantities, subjects
from derivations.reading import surface as s
from derivations.report import Report, Verdict
from derivations.stated_values import Stated

RIGHT = (Verdict.PROVED, Verdict.HOLDS)


class WorkedOut:
    """The right statements of one sheet, and what is left to do in them; ``known`` has what may be left anyway."""

    def __init__(self, quantities: Quantities, report: Report, known: frozenset[str]) -> None:
        self.knowledge = quantities.sheet.knowledge
        self.quantities = quantities
        self.known = known
        self.stated: dict[Place, Stated] = {}
        for found in report.statements:
            sentence = quantities.statements.get((found.line, found.column))
            if sentence is not None and sentence.links and found.verdict in RIGHT:
                about = subjects(sentence, self.knowledge)
                self.stated[found.line, found.column] = Stated(sentence, about, found)

    def left_in(self, place: Place) -> str:
        """What is left to do in the statement at a place, as it stands there; empty where nothing is."""
        stated = self.stated.get(place)
        return "" if stated is None else self._left_in(stated, frozenset(stated.subjects))

    def _left_in(self, stated: Stated, within: frozenset[str]) -> str:
        trees = list(trees_behind(stated.value, self.knowledge))
        if slopes(stated.subject) & {name for tree in trees for name in slopes(tree)}:
            return self._text(stated.subject)
        for key, node in quantities_left(stated.value, self.knowledge, self.known).items():
            open_ = is_derivative(key) and key not in self.known
            if key in within or (open_ and not self._is_told(key, within | {key})):
                return self._text(node)
        return ""

    def _is_told(self, key: str, within: frozenset[str]) -> bool:
        return any(key in x.subjects and not self._left_in(x, within) for x in self.stated.values())

    def _text(self, node: s.Node) -> str:
        return self.quantities.source.slice(node.span)
