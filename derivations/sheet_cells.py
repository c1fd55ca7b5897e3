"""The recurrent cell that a sheet defines: what its equations say of time t, as a row of the table of cells."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from derivations.cell import Cell
from derivations.elaborate import Elaborator
from derivations.errors import ShapeError, UsageError
from derivations.lowering import lift
from derivations.names import UNTIMED, Ref, ref_text
from derivations.reading.documents import read_document
from derivations.reading.grammar import TIMES
from derivations.reading.places import Source
from derivations.reading.surface import Time, Unreadable
from derivations.sheet import understand
from derivations.terms import Term, var
from derivations.traverse import substitute
from derivations.world import Knowledge, UnclearError, World

NOW, BEFORE = Time("t", 0), Time("t", -1)


def cell_of(source: Source) -> Cell:
    """The cell that a Markdown sheet defines by equations such as ``h_t = … h_{t-1} …``; its output is h, if it can be.

    Raises UsageError where the sheet defines no recurrence or one that reaches back further than one step, and where
    a line that cannot be read may define a name that the cell uses.
    """
    return _Reader(source).cell()


class _Reader:
    def __init__(self, source: Source) -> None:
        self.source = source
        sheet = understand(source, read_document(source))
        self.knowledge: Knowledge = sheet.knowledge
        self.elaborator = Elaborator(sheet.knowledge, scalar=sheet.scalars_only)
        self.terms: dict[str, Term] = {}
        self.unreadable = [e.sentence.span for e in sheet.entries if isinstance(e.sentence, Unreadable)]

    def cell(self) -> Cell:
        keys = [key for key, d in self.knowledge.families.items() if d.letter is not None and not d.loss]
        uses = {key: self.uses(key) for key in keys}
        states = [key for key in keys if any(Ref(key, BEFORE) in refs.values() for refs in uses.values())]
        if not states:
            raise self.unusable("no equation at time t uses a quantity of time t-1, such as h_t = f(h_{t-1})")
        states.sort(key=lambda key: key not in ("h", r"\mathbf{h}"))
        order = self.order(states, uses)
        seen = {ref: v for key in order for v, ref in uses[key].items()}
        self.refuse_doubts(seen)
        self.refuse_special_times(order, seen)
        inputs = tuple(ref_text(r) for r in seen if r.time is not None and r.key not in order)
        parameters = {ref_text(r): v.shape for r, v in seen.items() if r.time is None}
        names = {v: var(ref_text(ref), *v.shape) for key in order for v, ref in uses[key].items()}
        return Cell(
            name=re.sub(r"\W+", "-", self.source.name.rpartition("/")[2].removesuffix(".md")).strip("-") or "cell",
            title="the cell of the sheet",
            source=self.source.name,
            equations=tuple(
                (ref_text(Ref(key, NOW)), lift(substitute([self.terms[key]], dict(names))[0])) for key in order
            ),
            states=tuple((ref_text(Ref(key, BEFORE)), ref_text(Ref(key, NOW))) for key in states),
            parameters=tuple(parameters.items()),
            inputs=inputs,
        )

    def uses(self, key: str) -> Mapping[Term, Ref]:
        """The variables of the equation for a quantity at time t."""
        definition = self.knowledge.families[key]
        ref = Ref(key, NOW)
        try:
            self.terms[key] = self.elaborator.value_of(ref, World(only=ref), definition.node.span)
        except (UnclearError, ShapeError) as error:
            raise self.unusable(f"line {definition.line}: {error}") from error
        return dict(self.elaborator.refs_of(self.terms[key]))

    def order(self, states: list[str], uses: Mapping[str, Mapping[Term, Ref]]) -> list[str]:
        """The quantities that the states need, each after those that it uses at the same time."""
        found: dict[str, None] = {}
        open_: list[str] = []

        def visit(key: str) -> None:
            if key in found:
                return
            if key in open_:
                raise self.unusable(f"{key} at time t is defined by itself")
            open_.append(key)
            refs = set(uses[key].values())
            for other in uses:
                if Ref(other, NOW) in refs:
                    visit(other)
            found[key] = None

        for key in states:
            visit(key)
        return list(found)

    def refuse_doubts(self, seen: Iterable[Ref]) -> None:
        """Names are parameters, of time t, or states of time t-1; no unreadable line may define one."""
        for ref in seen:
            defined = self.knowledge.defined(ref.key)
            if ref.time not in (None, NOW) and not (ref.time == BEFORE and defined):
                raise self.unusable(f"{ref_text(ref)} is neither of time t nor a state of time t-1")
            if ref.time is not None and set("_^") & set(ref.key):
                raise self.unusable(f"{ref.key} has an index besides its time")
            if ref.time is None and (ref.key in TIMES or ref.key.endswith(UNTIMED)):
                raise self.unusable(f"{ref.key} stands without the time that it has elsewhere")
            if ref.time is not None and not defined:
                self.refuse_unread(ref)

    def refuse_special_times(self, order: Iterable[str], seen: Iterable[Ref]) -> None:
        """No quantity has an equation of its own at a step, and no first state rests on a parameter."""
        parameters = {ref.key for ref in seen if ref.time is None}
        for ref, definition in self.knowledge.instances.items():
            first = ref.time is not None and ref.time.offset < 1
            rests = parameters & self.knowledge.reachable(definition.node)
            if ref.key in order and (rests or not first):
                raise self.unusable(f"line {definition.line} gives {ref_text(ref)} an equation of its own")

    def refuse_unread(self, ref: Ref) -> None:
        """No line that cannot be read says what a quantity is that has no definition."""
        base = self.knowledge.names.bases[ref.key].base if ref.key in self.knowledge.names.bases else ref.key
        for span in self.unreadable:
            left = self.source.slice(span).split("=")[0]
            if base in re.findall(r"[^\W\d_]+" if len(base) > 1 else r"[^\W\d_]", left):
                line = self.source.place(span.start).line
                raise self.unusable(f"line {line} cannot be read, and may define {ref_text(ref)}")

    def unusable(self, reason: str) -> UsageError:
        return UsageError(f"{self.source.name}: there is no cell to derive from: {reason}")
