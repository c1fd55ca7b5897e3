"""The smallest edit that makes a wrong step right."""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING

from derivations.circumstances import Circumstances
from derivations.edits import Edit, edits
from derivations.errors import SheetError
from derivations.reading import surface as s
from derivations.reading.parser import parse_expression
from derivations.reading.places import Span
from derivations.report import Repair

if TYPE_CHECKING:
    from derivations.reporting import Judged

MOST_EDITS = 160


class Repairs:
    """Searches repairs for the steps of one sheet."""

    def __init__(self, about: Circumstances) -> None:
        self.about = about

    def repair(self, item: Judged) -> Repair | None:
        """The first edit that makes a step provably right."""
        sides = [(item.right, "right"), (item.left, "left")]
        found = [self._mend(item, side, name) for side, name in sides if name == "right" or isinstance(side, s.Symbol)]
        return next((repair for repair in found if repair is not None), None)

    def _mend(self, item: Judged, side: s.Node, name: str) -> Repair | None:
        """The first edit of one side that makes the step provably right; all edits share one budget."""
        budget = self.about.budget()
        for edit in islice(edits(side, self.about.slice, self._names_like), MOST_EDITS):
            text = self.about.slice(Span(side.span.start, edit.span.start)) + edit.text
            text += self.about.slice(Span(edit.span.end, side.span.end))
            try:
                node = parse_expression(text)
            except SheetError:
                continue
            left, right = (item.left, node) if name == "right" else (node, item.right)
            if text == self.about.slice(item.left.span if name == "right" else item.right.span):
                continue  # both sides the same expression: true, and no repair
            if self.about.proves(self.about.checker.judge, left, right, item, budget):
                return self._as_repair(edit)
        return None

    def _as_repair(self, edit: Edit) -> Repair:
        place = self.about.checker.source.place(edit.span.start)
        return Repair(self.about.slice(edit.span), edit.text, place.line, place.column, edit.code)

    def _names_like(self, symbol: s.Symbol) -> list[tuple[str, str, int]]:
        """Other names of the sheet with the same shape: the same at another time first, then others."""
        own = self.about.knowledge.names.ref(symbol)
        shapes = self.about.knowledge.shapes
        found = []
        for ref, text in self.about.texts.items():
            if ref == own or shapes.get(ref.key) != shapes.get(own.key):
                continue
            if ref.key == own.key:
                found.append((text, "off-by-one", 2))
            else:
                found.append((text, "swapped-name", 4 if ref.time == own.time else 5))
        return found
