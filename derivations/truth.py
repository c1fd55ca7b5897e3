"""The right side that a wrong step should have had, in the author's notation."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from derivations.circumstances import Circumstances
from derivations.component_names import has_components
from derivations.errors import SheetError
from derivations.latex import Printer, written_size
from derivations.names import ref_text
from derivations.reading import surface as s
from derivations.reading.places import Span
from derivations.terms import Term
from derivations.traverse import free_variables
from derivations.world import UnclearError, World

if TYPE_CHECKING:
    from derivations.reporting import Judged

MOST_WRITTEN = 300


class Truth:
    """Writes true derivatives with the names that the author already has."""

    def __init__(self, about: Circumstances) -> None:
        self.about = about

    def expected(self, item: Judged) -> str | None:
        """The true value of what a step is about; None where it is no derivative, is not known, or is too long."""
        first = self.about.first(item)
        if not isinstance(first, s.Partial) or has_components(first):
            return None
        sinks = self.about.checker.elaborator.sinks((item.left, item.right), item.world)
        world = replace(item.world, mode=self.about.conventions.mode, sinks=sinks)
        try:
            value = self.about.checker.elaborator.partial(first, world)
        except (UnclearError, SheetError):
            return None
        names = self._with_variables(value.term, self._known(item, world))
        if any(v not in names for v in free_variables([value.term])) or written_size(value.term, names) > MOST_WRITTEN:
            return None
        return Printer(names).latex(value.term)

    def _known(self, item: Judged, world: World) -> dict[Term, str]:
        """Terms with a name: quantities at the times that the statement speaks of, and the derivatives it uses."""
        found: dict[Term, str] = {}
        elaborator = self.about.checker.elaborator
        for ref, text in self.about.texts.items():
            try:
                found.setdefault(elaborator.value_of(ref, world.plain(), Span(0, 0)), text)
            except SheetError:
                continue
        for node in item.right.walk():
            if isinstance(node, s.Partial) and node is not self.about.first(item):
                try:
                    found.setdefault(elaborator.partial(node, world).term, self.about.text(node))
                except SheetError:
                    continue
        for ref, term in elaborator.known_values(world.plain()):
            found.setdefault(term, ref_text(ref))
        return {term: text for term, text in found.items() if free_variables([term])}

    def _with_variables(self, term: Term, names: dict[Term, str]) -> dict[Term, str]:
        """Names for the variables that the author does not write at that time."""
        written = {v: ref_text(ref) for v, ref in self.about.checker.elaborator.refs_of(term)}
        return written | names
