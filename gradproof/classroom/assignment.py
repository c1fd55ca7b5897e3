"""What all sheets of a class are marked by, read and solved once: questions or a reference, a scheme, options.

An assignment is plain data, so that it travels to other processes and machines; its digest says whether a result from
an earlier run is still good.
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from typing import TYPE_CHECKING, Final

from derivations.check import Options, check_sheet
from derivations.errors import UsageError
from derivations.reading.places import Source
from derivations.report import Verdict
from gradproof import __version__
from gradproof.marking.marking import Marking
from gradproof.solving.kinds import KINDS
from gradproof.solving.markdown import SHEET
from gradproof.solving.questions import LANGUAGE, Question

if TYPE_CHECKING:
    from derivations.backprop import Layout
    from derivations.solutions.notation import Notation
    from gradproof.solving.solution import Answered

REFERENCE: Final = "reference.md"
ASKED: Final = ("derive", "identity", "inpaint")
"""Kinds of questions whose answers are formulas that must appear on a sheet."""
SPOKEN: Final = "The {layer} with {n} units and {d} inputs has {count:,} parameters."


@dataclass(frozen=True, slots=True)
class Assignment:
    """What holds for every sheet.

    ``solved`` says that the reference answers questions, so that its definitions need not appear; ``not_asked`` has
    the questions that a person must look at, with their lines. ``html`` asks for a page a student, ``formats`` for what
    SARIF and JUnit need of a sheet.
    """

    reference: Source | None = None
    scheme: Source | None = None
    options: Options = field(default_factory=Options)
    torch: bool = False
    solved: bool = False
    not_asked: tuple[str, ...] = ()
    html: bool = True
    formats: bool = False

    @property
    def digest(self) -> str:
        """What results depend on besides the sheet, as one short text; what only adds to them is no part of it."""
        found = asdict(replace(self, html=True, formats=False))
        return sha256(json.dumps([__version__, found], sort_keys=True).encode()).hexdigest()

    def marking(self) -> Marking:
        """Read and check all of it. Raises UsageError where something cannot be used."""
        return Marking(self.scheme, self.reference, self.options, definitions=not self.solved)


def with_questions(
    assignment: Assignment, questions: Source, notation: Notation, layout: Layout = "denominator"
) -> Assignment:
    """The assignment with what the questions have as their true results; a sheet without questions is a reference.

    Raises UsageError where a question cannot be used, NotAnsweredError where an equation of an answer is not proved.
    """
    if f"```{LANGUAGE}" not in questions.text:
        return replace(assignment, reference=questions)
    from gradproof.solving.solution import answer_sheet

    solution = answer_sheet(questions, notation, layout, assignment.options.seed)
    found = [(x.question, _results(x)) for x in solution.answers]
    parts = [text for _, texts in found for text in texts]
    if not parts:
        told = ", ".join(KINDS)
        raise UsageError(
            f"{questions.name}: no question asks for a formula or a count; of {told}, {', '.join(ASKED)} do"
        )
    reference = Source(
        REFERENCE, "\n\n".join(x for k, text in enumerate(parts) for x in (SHEET.format(f" q{k}"), text))
    )
    left = tuple(f"line {x.line}: {x.kind}: {_short(x)}" for x, texts in found if not texts and x.kind != "answer")
    return replace(assignment, reference=reference, solved=True, not_asked=left)


def _short(question: Question) -> str:
    return " ".join(question.subject.split())[:60]


def _results(answer: Answered) -> list[str]:
    """What must appear of an answer, as sheets of their own."""
    from derivations.solutions.markdown import sheet_markdown

    if answer.question.kind in ASKED:
        return [sheet_markdown(sheet).strip("\n") for sheet in answer.sheets]
    return _spoken(answer.question) if answer.question.kind == "count" else []


def _spoken(question: Question) -> list[str]:
    """A count as a sentence, where the checker reads it as one and finds it right."""
    from derivations.parameter_counts import count
    from gradproof.commands.count import layer_call

    if question.subject == "model":
        return []
    layer, given = layer_call(question.subject)
    found = count(layer, given)
    if set(given) != {"n", "d"} or not str(found.parameters).isdecimal():
        return []
    said = SPOKEN.format(layer=layer.upper(), n=given["n"], d=given["d"], count=int(found.parameters))
    statements = check_sheet(Source("", said)).statements
    return [said] if [x.verdict for x in statements] == [Verdict.PROVED] else []
