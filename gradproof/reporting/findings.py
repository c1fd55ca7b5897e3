"""What is said of each step, as notes: one fact a line, in the order of the terminal's report."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cached_property

from derivations.report import Repair, Report, StatementReport, Step, Verdict
from gradproof.rendering import model
from gradproof.rendering.model import Blocks, Code, Facts, Fold, Inline, Inlines, Items, Listing, Note, Paragraph, Text
from gradproof.reporting.wording import formula, link, listed, sentence
from gradproof.text import counterexample_text, followers_of, place_of, window

OPEN = (Verdict.WRONG, Verdict.UNDECIDED, Verdict.UNCLEAR)
WIDTH = 68
"""How many columns of a line are shown around a caret."""


@dataclass
class Findings:
    """The words on the steps of one report."""

    report: Report
    anchors: dict[int, str] = field(default_factory=dict)
    """The anchor of the first statement on every line."""

    @cached_property
    def followers(self) -> dict[int, list[int]]:
        return followers_of(self.report)

    def place(self, line: int) -> str:
        """A line as a person says it: ``line 14``, ``cell 3, line 5``."""
        found = self.report.cell(line)
        label = self.report.label(line)
        return f"line {label}" if label.isdigit() else f"cell {found[0]}, line {found[1]}" if found else label

    def linked(self, line: int, text: str = "") -> Inline:
        """A line as a link to where it is."""
        return link(self.anchors.get(line, ""), self.place(line) if text == f"line {line}" or not text else text)

    def words(self, text: str) -> Inlines:
        return sentence(text, self.linked)

    # Beside a statement

    def remarks(self, statement: StatementReport) -> tuple[Inlines, ...]:
        """Short lines beside a statement: its shape, what it follows from, how it was read, under which condition."""
        found: list[Inlines] = [(Text(f"shape {statement.shape}"),)] if statement.shape else []
        found += [remark for step in statement.steps for remark in self._remarks(step)]
        return tuple(dict.fromkeys(found))

    def _remarks(self, step: Step) -> Iterator[Inlines]:
        if step.follows_from is not None:
            yield (Text("follows from "), self.linked(step.follows_from))
        if step.verdict is not Verdict.WRONG:
            yield from map(self.words, step.reading)
        if step.verdict in (Verdict.PROVED, Verdict.HOLDS):
            yield from map(self.words, [step.why] if step.why else [])
            yield from ((Text("provided "), *self.words(condition)) for condition in step.conditions)

    def proof(self, statement: StatementReport) -> Blocks:
        """The rules that prove the steps of a statement, on demand."""
        several = len(statement.steps) > 1
        proved = [(k, x.log) for k, x in enumerate(statement.steps, 1) if x.verdict is Verdict.PROVED and x.log]
        return tuple(
            Fold((Text(f"Proof of step {k}" if several else "Proof"),), (self.rules(log),), printed=False)
            for k, log in proved
        )

    def rules(self, log: list[str]) -> Items:
        return Items(tuple((Paragraph((Text(rule),)),) for rule in log), 1)

    # Below it

    def notes(self, statement: StatementReport) -> Blocks:
        """What is to be said of the steps that are not right."""
        several = len(statement.steps) > 1
        steps = [(k, step) for k, step in enumerate(statement.steps, start=1) if step.verdict in OPEN]
        return tuple(self.note(step, k if several else 0) for k, step in steps)

    def note(self, step: Step, number: int) -> Note:
        """The diagnostic of a step; of one that follows from another its root first, the details on demand."""
        verdict = model.Verdict(step.verdict.value, number)
        if step.follows_from is None:
            code = (Text(" "), Code(step.code)) if step.code not in ("", step.verdict.value) else ()
            title = (verdict, Text(": "), *self.words(step.headline), *code)
            return Note(step.verdict.value, title, self.details(step))
        title = (verdict, Text(": follows from the slip in "), self.linked(step.follows_from))
        return Note(step.verdict.value, title, (Fold((Text("Details"),), self.details(step)),))

    def details(self, step: Step) -> Blocks:
        facts = Facts(tuple(self.facts(step)))
        found: Blocks = (facts,) if facts.entries else ()
        if step.verdict is Verdict.UNCLEAR or (not facts.entries and step.follows_from is None):
            found = (Listing(self.caret(step), "The place in the sheet"), *found)
        if step.counterexample is not None and step.counterexample.python:
            program = Listing(step.counterexample.python, "Program")
            found = (*found, Fold((Text("The counterexample as a program"),), (program,), printed=False))
        return found

    def caret(self, step: Step) -> str:
        """The line of a step with carets below the place."""
        lines = self.report.lines
        line, column, end = place_of(step, lines)
        return "\n".join(window(lines[line - 1], column, end, WIDTH))

    def facts(self, step: Step) -> Iterator[tuple[str, Inlines]]:
        """What is known of a step that is not right, each with a short name."""
        for name, told in FACTS:
            if found := told(self, step):
                yield name, found

    def _shapes(self, step: Step) -> Inlines:
        if not step.shapes or step.verdict is not Verdict.WRONG:
            return ()
        left, right = step.shapes
        return (Text(f"both {left}" if left == right else f"left {left}, right {right}"),)

    def _counterexample(self, step: Step) -> Inlines:
        if step.counterexample is None:
            return ()
        return self.words(counterexample_text(step.counterexample).removeprefix("counterexample, "))

    def _why(self, step: Step) -> Inlines:
        return self.words(step.why)

    def _reading(self, step: Step) -> Inlines:
        return self.words("; ".join(step.reading)) if step.verdict is Verdict.WRONG else ()

    def _witnesses(self, step: Step) -> Inlines:
        errors = step.witnesses
        if errors is None:
            return ()
        found = f"the true derivative agrees with torch autograd (relative error {errors.autograd:.0e})"
        return (Text(f"{found} and finite differences ({errors.finite_differences:.0e})"),)

    def _expected(self, step: Step) -> Inlines:
        return (formula(step.expected),) if step.expected else ()

    def _repair(self, step: Step) -> Inlines:
        if step.repair is None:
            return ()
        one, *others = map(_edit, step.repair.edits)
        count = "two edits together" if others else "one edit"
        told = [*one, *(part for edit in others for part in (Text(", and "), *edit))]
        return (*told, Text(f" ({count}, proved for all sizes)"))

    def _related(self, step: Step) -> Inlines:
        if step.related is None or step.related[0] == step.line:
            return ()
        return (self.linked(step.related[0]), Text(": "), *self.words(step.related[1]))

    def _followers(self, step: Step) -> Inlines:
        lines = sorted(set(self.followers.get(step.line, []))) if step.follows_from is None else []
        if not lines or step.verdict is not Verdict.WRONG:
            return ()
        verb = "follow" if len(lines) > 1 else "follows"
        return (*listed([(self.linked(line),) for line in lines]), Text(f" {verb} from the same slip"))


FACTS: tuple[tuple[str, Callable[[Findings, Step], Inlines]], ...] = (
    ("repair", Findings._repair),
    ("expected", Findings._expected),
    ("because", Findings._why),
    ("counterexample", Findings._counterexample),
    ("shapes", Findings._shapes),
    ("read as", Findings._reading),
    ("see", Findings._related),
    ("checked by", Findings._witnesses),
    ("also", Findings._followers),
)
"""The facts of a note: what helps to mend the step comes first, what bears it out behind."""


def _edit(edit: Repair) -> Inlines:
    """One edit in words: what to write in place of what."""
    old, new = edit.old.strip(), edit.new.strip()
    if not new:
        return (Text("leave out "), formula(old))
    if not old:
        return (Text("put in "), formula(new), Text(f" at column {edit.column}"))
    return (Text("write "), formula(new), Text(" in place of "), formula(old))
