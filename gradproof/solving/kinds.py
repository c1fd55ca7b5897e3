"""The kinds of questions: their keys, and how each is answered, one row a kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from derivations.reading.places import Source
from gradproof.solving.questions import Key, Question, any_text, choice, words

if TYPE_CHECKING:
    from derivations.backprop import Layout
    from derivations.cell import Cell
    from derivations.solutions.document import Sheet
    from derivations.solutions.notation import Notation


@dataclass(frozen=True, slots=True)
class Setting:
    """What holds for a whole sheet: how to write, the sheet itself, where its files are, the seed."""

    notation: Notation
    layout: Layout
    source: Source
    folder: Path
    seed: int


Answer: TypeAlias = "Callable[[Question, Setting], tuple[Sheet, ...]]"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of question: what its subject is, what it asks, its keys, and the function that answers it."""

    subject: str
    asks: str
    keys: Mapping[str, Key]
    answer: Answer


# Gradients


def _derive(question: Question, setting: Setting) -> tuple[Sheet, ...]:
    from derivations.solutions.gradients import Task, derive_answer

    options = question.options
    task = Task(
        _cell(question, setting),
        options["by"],
        options["over"],
        options["loss"],
        options["detail"],
        options["layout"] or setting.layout,
    )
    return (derive_answer(task, setting.notation),)


def _cell(question: Question, setting: Setting) -> Cell:
    """A cell of the library, of the equations of the block, or of those of the sheet's own prose."""
    from derivations.cells import recurrent
    from derivations.sheet_cells import cell_of

    if question.subject == "sheet":
        return cell_of(setting.source)
    if question.subject == "equations":
        given = question.options.get("equations")
        if not given:
            raise question.refusal("write the equations of the cell behind the key equations, one a line")
        text = "\n\n".join(f"$$\n{line}\n$$" for line in given.split("\n"))
        return cell_of(Source(f"the equations of line {question.line}", text))
    return recurrent(question.subject)


def _over(value: str) -> Any:
    """``step``, ``step 2``, ``3`` or ``any`` as the steps to derive over."""
    from derivations.solutions.gradients import Range

    word, _, time = value.partition(" ")
    if value.isdecimal():
        return Range(steps=int(value))
    if value == "any":
        return Range()
    if word != "step" or (time and not (time.isdecimal() and int(time))):
        raise ValueError(f"{value or 'nothing'} is no range; write step, step 2, a number of steps, or any")
    return Range(within=True, time=time or "t")


def _default_range() -> Any:
    from derivations.solutions.gradients import Range

    return Range(within=True)


KINDS: Final[Mapping[str, Kind]] = {
    "derive": Kind(
        "a cell of the library, sheet, or equations",
        "gradients, step by step",
        {
            "by": Key(words, ("all",)),
            "over": Key(_over, _default_range()),
            "loss": Key(choice("squared", "any"), "squared"),
            "detail": Key(choice("chain", "list")),
            "layout": Key(choice("denominator", "numerator")),
            "equations": Key(any_text, ""),
        },
        _derive,
    ),
}
