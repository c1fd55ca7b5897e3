"""The kinds of questions: their keys, and how each is answered, one row a kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from derivations.reading.places import Source
from gradproof.solving.questions import Key, Question, any_text, choice, number, switch, whole, words

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


# Counts, gates, numbers


def _count(question: Question, setting: Setting) -> tuple[Sheet, ...]:
    from derivations.model_code import read_model
    from derivations.solutions.counting import count_answer, model_answer
    from gradproof.commands.count import layer_call

    if question.subject != "model":
        return (count_answer(*layer_call(question.subject)),)
    if not question.options["code"]:
        raise question.refusal("write the model behind the key code, one layer a line")
    return (model_answer(read_model(question.options["code"])),)


def _gates(question: Question, setting: Setting) -> tuple[Sheet, ...]:
    from gradproof.solving.gate_answers import behaviour_of, gates_answer

    return gates_answer(behaviour_of(question.subject, question.options["goals"]), setting.notation)


def _compare(question: Question, setting: Setting) -> tuple[Sheet, ...]:
    from gradproof.solving.gate_answers import compare_answer

    names = question.subject.replace(",", " ").split()
    if len(names) != 2:
        raise question.refusal("name two cells, such as gru-before, lstm")
    return compare_answer(names[0], names[1], setting.notation)


def _identity(question: Question, setting: Setting) -> tuple[Sheet, ...]:
    from derivations.solutions.identities import identity_answer

    given, declared = (
        question.options[key].split("\n") if question.options[key] else [] for key in ("with", "declare")
    )
    return (identity_answer(question.subject.replace("\n", " "), given, declared, setting.seed),)


def _convolution(question: Question, setting: Setting) -> tuple[Sheet, ...]:
    from derivations.convolution_words import Way
    from derivations.solutions.worked import convolution_answer
    from derivations.worked_convolution import matrix

    options = question.options
    if not options["filters"]:
        raise question.refusal("give the filters, with | between several")
    kernels = [matrix(part) for part in options["filters"].split("|")]
    way = Way(options["padding"], options["stride"], options["flip"])
    return (convolution_answer(matrix(question.subject), kernels, way, options["relu"], options["skip"]),)


def _inpaint(question: Question, setting: Setting) -> tuple[Sheet, ...]:
    from derivations.solutions.inpainted import inpaint_answer

    return (inpaint_answer(whole(1, 4)(question.subject)),)


def _padding(value: str) -> str:
    return value if value.isdecimal() and len(value) == 1 else choice("same", "valid", "full")(value)


# Pictures and words


def _plot(question: Question, setting: Setting) -> tuple[Sheet, ...]:
    from gradproof.solving import figures

    plots = {"time-gate": figures.time_gate, "gradient-norms": figures.norms, "activation": figures.activation}
    if question.subject not in plots:
        raise question.refusal(f"there is no plot {question.subject}; there are {', '.join(plots)}")
    return plots[question.subject](question)


def _diagram(question: Question, setting: Setting) -> tuple[Sheet, ...]:
    from gradproof.solving.figures import diagram

    return diagram(question, setting.notation)


def _experiment(question: Question, setting: Setting) -> tuple[Sheet, ...]:
    from gradproof.solving.figures import experiment

    return experiment(question, setting.folder)


def _answer(question: Question, setting: Setting) -> tuple[Sheet, ...]:
    from derivations.solutions.document import Prose, Sheet

    if not question.subject:
        raise question.refusal("write the answer behind the colon, or indented below it")
    return (Sheet((Prose(question.subject),)),)


CONVOLUTION: Final[Mapping[str, Key]] = {
    "filters": Key(any_text, ""),
    "padding": Key(_padding, "same"),
    "stride": Key(whole(1, 9), 1),
    "flip": Key(switch, False),
}

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
    "count": Kind(
        "a layer with its sizes, or model",
        "parameters, array by array, as a polynomial and as a number",
        {"code": Key(any_text, "")},
        _count,
    ),
    "gates": Kind(
        "a cell of the library",
        "which gates at 0 or 1 make it store, keep, add, reset or ignore",
        {"goals": Key(words, ())},
        _gates,
    ),
    "compare": Kind("two cells", "whether one is a special case of the other", {}, _compare),
    "identity": Kind(
        "an equation in LaTeX",
        "a proof of it",
        {"with": Key(any_text, ""), "declare": Key(any_text, "")},
        _identity,
    ),
    "conv": Kind(
        "an image, rows with ; between them",
        "a convolution worked out, every entry as a sum",
        {**CONVOLUTION, "relu": Key(switch, False), "skip": Key(switch, False)},
        _convolution,
    ),
    "block": Kind(
        "an image, rows with ; between them",
        "a residual block worked out: convolutions with ReLU and the skip connection",
        {**CONVOLUTION, "relu": Key(switch, True), "skip": Key(switch, True)},
        _convolution,
    ),
    "inpaint": Kind("how many pixels are missing, 1 to 4", "their posterior by Bayes' rule", {}, _inpaint),
    "plot": Kind(
        "time-gate, gradient-norms or activation",
        "a figure, with what is proved of it",
        {
            "tau": Key(number, "1"),
            "r-on": Key(number, "1/20"),
            "shift": Key(number, "0"),
            "leak": Key(number, "1/1000"),
            "cells": Key(words, ("rnn", "lstm", "gru")),
            "T": Key(whole(1, 200), 50),
            "n": Key(whole(1, 128), 32),
            "d": Key(whole(1, 128), 8),
            "seeds": Key(whole(1, 20), 5),
            "function": Key(choice("sigma", "tanh", "relu", "softplus"), "sigma"),
        },
        _plot,
    ),
    "diagram": Kind(
        "a cell of the library",
        "the cell, or a network over some steps, drawn from its equations",
        {"steps": Key(whole(1, 8), 0)},
        _diagram,
    ),
    "experiment": Kind(
        "a folder of results, as seen from the sheet",
        "its table and figures",
        {"figures": Key(whole(0, 20), 20)},
        _experiment,
    ),
    "answer": Kind("text", "the text itself, in Markdown", {}, _answer),
}
