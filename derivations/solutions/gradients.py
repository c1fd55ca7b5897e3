"""The answer to ``derive``: gradients of a cell, step by step, each line with its reason.

Three ranges: within one step (the states before it are held), over a number of steps, and at any time t of T steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final, Literal

from derivations.backprop import SECONDS, UNITS, Layout, choose
from derivations.budget import Budget
from derivations.cell import Cell
from derivations.errors import UsageError
from derivations.latex import written_size
from derivations.solutions.document import Block, Chain, Equations, Heading, Line, Paragraph, Sheet, Text, text
from derivations.solutions.naming import Names
from derivations.solutions.notation import Notation
from derivations.solutions.reasons import Reasons
from derivations.solutions.writing import Scribe
from derivations.tape import Tape, delta, record
from derivations.terms import Term, Var, add, subtract, var, zeros
from derivations.traverse import free_variables, substitute

Loss = Literal["any", "squared"]
Detail = Literal["chain", "list"]
MOST_STEPS: Final = 6
LONGEST: Final = 48
"""How many symbols a line of a chain may have; what would be longer stays a name that has a line of its own."""


@dataclass(frozen=True, slots=True)
class Range:
    """Over what to derive: ``steps`` None is any time t; ``within`` one step, that of ``time``."""

    steps: int | None = None
    within: bool = False
    time: str = "t"


@dataclass(frozen=True, slots=True)
class Task:
    """What to derive, and how to write it."""

    cell: Cell
    by: Sequence[str] = ("all",)
    range: Range = field(default_factory=Range)
    loss: Loss = "squared"
    detail: Detail | None = None
    layout: Layout = "denominator"


def derive_answer(task: Task, notation: Notation) -> Sheet:
    """The whole derivation as a sheet.

    Raises UsageError for what cannot be derived by, and for a number of steps that is not from 1 to 6.
    """
    return _Writer(task, notation).sheet()


class _Writer:
    def __init__(self, task: Task, notation: Notation) -> None:
        self.task = task
        self.range = task.range
        self.always = self.range.steps is None and not self.range.within
        _refuse(task, self.always)
        self.tape = _tape(task.cell, self.range)
        self.own = notation
        if self.range.within:
            notation = replace(notation, loss=notation.timed(notation.loss, self._label(1)))
        self.scribe = Scribe(self.tape, notation, task.layout, self._label)
        self.reasons = Reasons(self.tape, self.scribe, self.range.within)
        self.output = self._output()
        choices = self._choices()
        self.wanted = {name: v for wish in task.by for name, v in choose([wish], task.cell, choices).items()}
        self.detail = task.detail or ("chain" if self.range.within else "list")

    def _label(self, step: int) -> str:
        """The time of the k-th place of the tape; 0 is before the first step."""
        if self.range.within and self.range.time.isdecimal():
            return str(int(self.range.time) - 1 + step)
        return {0: "t-1", 1: "t", 2: "t+1"}[step] if self.always or self.range.within else str(step)

    def _output(self) -> Term:
        """What the loss is a function of: at any time the output of step t, else that of the last step."""
        last = 1 if self.always else max(e.time for e in self.tape.equations)
        return next(e.variable for e in self.tape.equations if (e.name, e.time) == (self.task.cell.output, last))

    def _choices(self) -> dict[str, Term]:
        """Parameters, and what else a gradient may be taken by: inputs and states, by internal and by shown name."""
        found = dict(self.tape.parameters)
        for v, (name, _) in self.tape.places.items():
            if not self.always and (name in self.task.cell.inputs or name in dict(self.task.cell.states)):
                found[self.scribe.name(v)] = v
        shown = {self.scribe.name(v): v for v in self.tape.parameters.values()}
        return {**{name: v for name, v in shown.items() if name not in found}, **found}

    # The parts

    def sheet(self) -> Sheet:
        blocks = [*self._cell(), *self._loss(), *self._backward()]
        return Sheet(tuple(blocks), self._declarations(), self._derivatives())

    def _derivatives(self) -> tuple[tuple[Term, Term, Term], ...]:
        """The gradients of the unrolled network; what is written of them is proved of them, too."""
        budget = Budget(UNITS, SECONDS)
        for v in self.wanted.values():
            self.tape.prove(v, self.tape.claimed(v), budget)
        return tuple(self.tape.derivative(v) for v in self.wanted.values())

    def _declarations(self) -> tuple[str, ...]:
        found = [f"partial: {'step' if self.range.within else 'total'}", f"layout: {self.task.layout}"]
        if self.task.loss == "any":
            found.append(f"given {self.scribe.column(self.output)}")
        return tuple(found)

    def _cell(self) -> list[Block]:
        cell = self.task.cell
        one = Scribe(record(cell, 1), self.scribe.notation, "denominator", {0: "t-1", 1: "t"}.__getitem__)
        rows = [(one.name(e.variable), one.term(e.term)) for e in record(cell, 1).equations]
        return [Paragraph(text(f"The {cell.title} ({cell.source}), every pre-activation with a name of its own:")),
                Equations(tuple(rows))]  # fmt: skip

    def _loss(self) -> list[Block]:
        notation, output = self.scribe.notation, self.scribe.name(self.output)
        if self.task.loss == "any":
            given = self.scribe.column(self.output)
            return [Paragraph(text(f"${notation.loss}$ is any function of ${output}$, and ${given}$ is given."))]
        if self.range.within:
            return [
                Paragraph(text("The loss of a step:")),
                Equations(((self.own.timed(self.own.loss, "t"), self._error("t")),)),
            ]
        if not self.always:
            error = self._error(self._label(self.tape.places[self.output][1]))
            return [Paragraph(text("The loss:")), Equations(((notation.loss, error),))]
        share = notation.timed(r"\ell", "t")
        return [Paragraph(text("The loss is a sum over all steps:")),
                Equations(((share, self._error("t")), (notation.loss, rf"\sum_{{t=1}}^{{T}} {share}")))]  # fmt: skip

    def _error(self, time: str) -> str:
        """Half the squared distance of the output from its target, at a time."""
        output = Names(self.task.cell, self.own).quantity(self.task.cell.output, time)
        return rf"\frac{{1}}{{2}} \|{output} - {self.own.timed(self._target_letter(), time)}\|^2"

    def _target_letter(self) -> str:
        """What the output is compared with: y, or the first of r and d that the cell does not use."""
        taken = {name.partition("_")[0] for name, _ in self.task.cell.equations}
        return next(x for x in ("y", "r", "d") if x not in taken)

    @property
    def target(self) -> Var:
        """The target of the output as a variable."""
        letter = self._target_letter()
        target = var(f"target {letter}", *self.output.shape)
        _, time = self.tape.places[self.output]
        self.scribe.names[target] = self.scribe.notation.timed(letter, self._label(time))
        if not isinstance(target, Var):
            raise UsageError("a target is a variable")
        return target

    def _backward(self) -> list[Block]:
        chains = [self._gradient(v) for v in self.wanted.values()]
        left = [v for chain, rest in chains for v in rest]
        needed = self._needed(left)
        head = [self._arrival()] if self.task.loss == "squared" and not self.always else []
        listed = [self._delta(v) for v in needed if v is not self.output or self.always]
        found: list[Block] = []
        if head or listed:
            found += [Heading(text("What comes back, step by step")), *head, *listed]
        if self.always:
            zero = rf"{self.scribe.notation.timed('q', 'T+1')}"
            found.append(
                Paragraph(text(f"Behind the last step nothing comes back: the gradient by any ${zero}$ is zero."))
            )
        return [*found, Heading(text("The gradients")), *(chain for chain, _ in chains)]

    def _arrival(self) -> Chain:
        """The gradient by the last output, from the loss itself."""
        right = self.scribe.sum([self._own(self.output)])
        return Chain(self.scribe.column(self.output), (Line(right, text("derivative of the squared error")),))

    def _own(self, quantity: Term) -> Term:
        """What the loss itself gives a quantity."""
        return subtract(quantity, self.target)

    # One quantity

    def _sent(self, quantity: Term) -> list[Term]:
        """The addends of δq over the δ of what uses q."""
        share = self.always and quantity in self.tape.parameters.values()
        return [term for time, term in self.tape.contributions(quantity) if time == 1 or not share]

    def _delta(self, quantity: Term) -> Chain:
        own = quantity is self.output and self.always
        addends = ([self._own(quantity)] if own else []) + self._sent(quantity)
        loss = "derivative of the squared error of this step" if own else ""
        line = Line(self.scribe.sum(addends or [zeros(quantity.shape)]), self.reasons.of(quantity, loss))
        return Chain(self.scribe.column(quantity), (line,))

    def _gradient(self, quantity: Term) -> tuple[Chain, list[Term]]:
        """The gradient by a parameter, an input or a state, and the quantities whose δ stay in its last line."""
        addends = self._sent(quantity)
        turned = self.task.layout == "numerator" and quantity.rank > 0
        write = self.scribe.summed if self.always and quantity in self.tape.parameters.values() else self.scribe.sum
        lines = [Line(write(addends or [zeros(quantity.shape)], turned), self._why(quantity))]
        while self.detail == "chain" and (step := self._inserted(addends)):
            addends, inserted = step
            lines.append(Line(write(addends, turned), self._inserted_why(inserted)))
        return Chain(self.scribe.gradient(quantity), tuple(lines)), self._open(addends)

    def _why(self, quantity: Term) -> Text:
        return self.reasons.of_parameter(quantity) if quantity in self.tape.parameters.values() else (
            self.reasons.of(quantity))  # fmt: skip

    def _open(self, addends: Sequence[Term]) -> list[Term]:
        """The quantities whose δ stand in some terms."""
        back = {delta(e.variable): e.variable for e in self.tape.equations}
        return [back[x] for x in free_variables(list(addends)) if x in back]

    def _inserted(self, addends: Sequence[Term]) -> tuple[list[Term], Term] | None:
        """The terms with the δ of the first quantity in order of evaluation written out; None where that is too long,
        or where none is left."""
        order = [e.variable for e in self.tape.equations]
        left = sorted(self._open(addends), key=order.index)
        for quantity in left:
            formula = self._formula(quantity)
            if formula is None:
                continue
            found = substitute(list(addends), {delta(quantity): formula})
            if sum(written_size(term, self.scribe.names) for term in found) <= LONGEST:
                return list(found), quantity
        return None

    def _formula(self, quantity: Term) -> Term | None:
        """δq written out; None where it is given."""
        if quantity is self.output:
            return self._own(quantity) if self.task.loss == "squared" else None
        return add(*self._sent(quantity)) if self._sent(quantity) else zeros(quantity.shape)

    def _inserted_why(self, quantity: Term) -> Text:
        if quantity is self.output:
            return text("derivative of the squared error")
        return self.reasons.of(quantity)

    def _needed(self, wanted: Sequence[Term]) -> list[Term]:
        """The quantities whose δ some δs rest on, backwards in time; at any time t each name once, at step t."""
        first = {e.name: e.variable for e in reversed(self.tape.equations)}
        found: dict[Term, None] = {}
        pending = [self._at_t(v, first) for v in wanted]
        while pending:
            v = pending.pop()
            if v not in found:
                found[v] = None
                pending += [self._at_t(x, first) for x in self._open(self._sent(v))]
        return [e.variable for e in reversed(self.tape.equations) if e.variable in found]

    def _at_t(self, quantity: Term, first: dict[str, Term]) -> Term:
        return first[self.tape.places[quantity][0]] if self.always else quantity


def _refuse(task: Task, always: bool) -> None:
    steps = task.range.steps
    if steps is not None and not 1 <= steps <= MOST_STEPS:
        raise UsageError(f"steps: {steps}: give 1 to {MOST_STEPS} steps, or any for the recursion at any time t")
    if always and task.loss == "any":
        raise UsageError("for any number of steps the loss must be squared; or give a number of steps")
    if not task.cell.states and (always or (steps or 1) > 1):
        raise UsageError(f"{task.cell.name} has no state, so that there are no steps of it to go back")


def _tape(cell: Cell, over: Range) -> Tape:
    if over.within or not cell.states:
        return record(cell, 1)
    if over.steps is None:
        return record(cell, 2, every=True, beyond=True)
    return record(cell, over.steps)
