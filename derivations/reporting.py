"""From judged steps to the records of a report."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from derivations.conventions import Conventions
from derivations.elaborate import Elaborator
from derivations.entries import Entry, Sheet
from derivations.habitual import MAYBE, claims, losses
from derivations.judge import Judge, Judgement
from derivations.layer_claims import expected, of_layer
from derivations.names import WHOLE, ref_text
from derivations.parameter_counts import factored
from derivations.reading import surface as s
from derivations.reading.places import Source, Span
from derivations.report import StatementReport, Step, SymbolReport, Verdict, worst
from derivations.terms import dim_short
from derivations.world import World

if TYPE_CHECKING:
    from derivations.check import Options


@dataclass(slots=True)
class Judged:
    """A step with its judgement. ``number`` counts from 0 within its statement; ``known`` is one explained before."""

    entry: Entry
    number: int
    left: s.Node
    right: s.Node
    world: World
    found: Judgement
    step: Step | None = None
    notes: list[str] = field(default_factory=list)
    known: bool = False

    @property
    def report(self) -> Step:
        """The record of the step; raises ValueError before there is one."""
        if self.step is None:
            raise ValueError("the step was not judged yet")
        return self.step


class Reporter:
    """Writes down what was found of one sheet."""

    source: Source
    options: Options
    sheet: Sheet
    elaborator: Elaborator
    judge: Judge

    def _step(self, item: Judged, conventions: Conventions) -> Step:
        sentence = item.entry.sentence
        span = item.right.span
        if item.found.unclear is not None and _inside(item.found.unclear.span, sentence.span):
            span = item.found.unclear.span
        elif item.number == 0 and item.entry.clash_at is not None:
            span = item.entry.clash_at
        start, end = self.source.place(span.start), self.source.place(span.end)
        sign = sentence.links[item.number].glyph if isinstance(sentence, s.Statement) and sentence.links else "="
        step = Step(
            start.line,
            start.column,
            end.line,
            end.column,
            sign,
            self.source.slice(item.left.span),
            self.source.slice(item.right.span),
            Verdict.GIVEN,
        )
        if item.entry.assumed or (item.number == 0 and 0 in item.entry.given):
            self._given(step, item)
            if item.entry.maybe_gradient and step.verdict is Verdict.GIVEN:
                self._perhaps_gradient(step, item)
            elif item.entry.maybe_claim and step.verdict is Verdict.GIVEN:
                step.verdict, step.code, step.headline = Verdict.UNDECIDED, "name", "this may be a claim"
                step.why = item.entry.maybe_claim
        else:
            conventions.settle(step, item.found, self.options.strict)
            if item.entry.spoken is not None and step.verdict is Verdict.WRONG:
                step.expected = factored(expected(item.entry.spoken))
                step.headline = f"{of_layer(item.entry.spoken)} does not have so many parameters"
            if item.number in item.entry.given and step.verdict is Verdict.PROVED:
                step.verdict = Verdict.GIVEN
        return step

    def _given(self, step: Step, item: Judged) -> None:
        if item.entry.clash:
            step.verdict, step.code = Verdict.UNCLEAR, "shapes"
            step.headline = "the shapes of this definition do not fit"
            step.why = item.entry.clash
            declared = self.sheet.settings.behind(self._keys(item.left, item.right))
            guessed = [] if declared else self._guessed(item)
            if declared:
                step.why = "; ".join([step.why, *declared])
            if guessed:
                step.why = f"{step.why}; declare the shape of {', '.join(guessed)}"

    def _perhaps_gradient(self, step: Step, item: Judged) -> None:
        """A definition of what may be a gradient by its name is one if it is right as that, else it is undecided."""
        statements = [x.sentence for x in self.sheet.entries if isinstance(x.sentence, s.Statement)]
        defined = [x.sentence.items[0] for x in self.sheet.entries if x.defines and isinstance(x.sentence, s.Statement)]
        for one, other, by in claims(item.left, item.right, losses(statements), defined):
            if self._is_right(one, other, item.world):
                step.reading = [f"{step.lhs} is the gradient by {ref_text(self.elaborator.ref(by, item.world))}"]
                return
        step.verdict, step.code, step.headline = Verdict.UNDECIDED, "gradient", "this may be a gradient"
        step.why = MAYBE.format(name=step.lhs)

    def _is_right(self, left: s.Node, right: s.Node, world: World) -> bool:
        found = self.judge.ask(left, right, world)
        if not found.right and not found.unclear and found.open_modes:
            found = self.judge.judge(left, right, world)
        return bool(found.right)

    def _keys(self, *sides: s.Node) -> set[str]:
        names = self.sheet.knowledge.names
        return {names.ref(node).key for side in sides for node in side.walk() if isinstance(node, s.Symbol)}

    def _guessed(self, item: Judged) -> list[str]:
        """Names of a definition whose shape is a habit of the field: neither declared nor defined."""
        names = self.sheet.knowledge.names
        keys = {names.ref(node).key for node in item.right.walk() if isinstance(node, s.Symbol)}
        return sorted(key for key in keys - self.sheet.declared if not self.sheet.knowledge.defined(key))

    def _statement(self, entry: Entry, judged: list[Judged]) -> StatementReport:
        sentence = entry.sentence
        start, end = self.source.place(sentence.span.start), self.source.place(sentence.span.end)
        latex = " ".join(self.source.slice(sentence.span).split())
        report = StatementReport(start.line, start.column, end.line, latex, entry.kind, Verdict.GIVEN)
        if entry.kind == "count":
            report.kind = "claim"
        if isinstance(sentence, s.Unreadable):
            report.verdict = Verdict.UNCLEAR
            report.steps = [self._unreadable(sentence)]
            return report
        report.steps = [item.step for item in judged if item.entry is entry and item.step is not None]
        report.verdict = worst([step.verdict for step in report.steps])
        report.shape = "×".join(self._shape(entry.defines)) if entry.defines else ""
        return report

    def _unreadable(self, sentence: s.Unreadable) -> Step:
        at, end = self.source.place(sentence.at.start), self.source.place(sentence.at.end)
        text = " ".join(self.source.slice(sentence.span).split())
        step = Step(at.line, at.column, end.line, end.column, "", text, "", Verdict.UNCLEAR, "syntax", sentence.message)
        step.why = f"expected {sentence.expected}" if sentence.expected else ""
        return step

    def _symbols(self) -> list[SymbolReport]:
        knowledge = self.sheet.knowledge
        sizes = {key for key in knowledge.dims if not knowledge.defined(key)}
        named = {key for key, x in knowledge.names.bases.items() if WHOLE not in x.marks}
        keys = named - knowledge.constants - sizes
        return [SymbolReport(key, self._shape(key), key in self.sheet.declared) for key in sorted(keys)]

    def _shape(self, key: str) -> list[str]:
        if self.sheet.scalars_only:
            return []
        return [dim_short(dim) for dim in self.sheet.knowledge.shapes.get(key, ())]


def _inside(inner: Span, outer: Span) -> bool:
    return outer.start <= inner.start and inner.end <= outer.end
