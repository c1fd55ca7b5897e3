r"""The gradients of a recurrent cell as named δ equations, each proved.

``derive`` writes backpropagation through time as a person does: δ of every state, gate and pre-activation, one step
back at a time, and the gradients of the parameters by them. δq is ∇_q L, a column in both layouts; the layout says
whether ∂L/∂W has the shape of W (denominator) or of Wᵀ (numerator).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from derivations.budget import Budget
from derivations.cell import Cell, timed
from derivations.errors import UsageError
from derivations.kinks import kinks
from derivations.latex import ATOM, FACTOR, Printer
from derivations.normal_form import Proof
from derivations.plain import plain
from derivations.tape import Tape, arrival, delta, name_of, record
from derivations.tensors import transpose
from derivations.terms import Block, Product, Shape, Sum, Term, add, scale, shape_text, var, zeros
from derivations.traverse import free_variables, postorder, substitute

Layout = Literal["denominator", "numerator"]
UNITS, SECONDS = 2_000_000, 120.0
MOST_STEPS = 50


@dataclass(frozen=True, slots=True)
class Derived:
    """One equation ``left = addends[0] + addends[1] + …`` over named variables.

    ``quantity`` is what ``left`` speaks of; ``kind`` is forward, delta or gradient; ``summed`` says that the right side
    is summed over t = 1, …, T; ``turned`` that it is written as a row (numerator layout); ``shape`` is the shape of the
    left side; ``proof`` is None for a definition; ``where`` restricts t.
    """

    kind: str
    left: str
    quantity: Term
    addends: tuple[Term, ...]
    proof: Proof | None = None
    summed: bool = False
    turned: bool = False
    where: str = ""

    @property
    def term(self) -> Term:
        """The right side, without its sum over t."""
        total = add(*self.addends)
        return transpose(total) if self.turned else total

    @property
    def shape(self) -> Shape:
        """The shape of the left side; a row has one row."""
        return self.quantity.shape[::-1] if self.turned else self.quantity.shape

    def shape_text(self) -> str:
        """The shape as people write it: ``n×d``, and ``1×n`` for a row."""
        return ("1×" if self.turned and len(self.shape) == 1 else "") + shape_text(self.shape)

    def right(self) -> str:
        """The right side as LaTeX."""
        printer = Printer({})
        if self.summed and len(self.addends) == 1:
            return r"\sum_{t=1}^{T} " + self._written(printer, self.addends[0], FACTOR)
        text = "".join(_signed(self._written(printer, addend, 0)) for addend in self.addends).removeprefix(" + ")
        text = re.sub("^ - ", "-", text) or "0"
        return rf"\sum_{{t=1}}^{{T}} \left({text}\right)" if self.summed else text

    def _written(self, printer: Printer, addend: Term, level: int) -> str:
        if not self.turned:
            return printer.text(addend).at(level)
        return _row(printer, addend) if addend.rank == 1 else printer.text(transpose(addend)).at(level)

    def latex(self) -> str:
        """The equation as LaTeX."""
        return f"{self.left} = {self.right()}"

    def text(self) -> str:
        """The equation as plain text."""
        return plain(self.latex()) + (f"   ({plain(self.where)})" if self.where else "")


def _row(printer: Printer, term: Term) -> str:
    """A column as a row: (Wᵀδ)ᵀ is δᵀW."""
    if isinstance(term, Product) and sorted(factor.rank for factor, _ in term.factors) == [1, 2]:
        (matrix, axes), (vector, summed) = sorted(term.factors, key=lambda pair: -pair[0].rank)
        if set(axes) == {0, *summed} and summed != (0,):
            turned = printer.text(matrix).at(ATOM) + ("^T" if axes[0] == 0 else "")
            return f"{_row(printer, vector)} {turned}"
    return printer.text(term).at(ATOM) + "^T"


def _signed(text: str) -> str:
    return f" - {text[1:]}" if text.startswith("-") else f" + {text}"


@dataclass(frozen=True)
class Derivation:
    """The derived equations of a cell: ``forward`` definitions, ``deltas`` backwards in time, ``gradients``.

    ``steps`` is None for the general recursion at time t. ``notes`` say in LaTeX what else must be known.
    """

    cell: Cell
    layout: Layout
    steps: int | None
    every: bool
    forward: tuple[Derived, ...]
    deltas: tuple[Derived, ...]
    gradients: tuple[Derived, ...]
    notes: tuple[str, ...]

    def equations(self) -> tuple[Derived, ...]:
        """All equations in the order in which they are read."""
        return self.forward + self.deltas + self.gradients

    def _repr_latex_(self) -> str:
        """The equations as a notebook typesets them."""
        rows = (f"{x.left} &= {x.right()}" + (rf" && ({x.where})" if x.where else "") for x in self.equations())
        return "$$\\begin{aligned} " + " \\\\ ".join(rows) + " \\end{aligned}$$"


def derive(
    cell: Cell,
    by: Sequence[str] = ("all",),
    steps: int | None = None,
    layout: Layout = "denominator",
    every: bool = False,
) -> Derivation:
    """The gradients of any loss of the last output (or of ``every`` output) by parameters, inputs or first states.

    ``by`` names them: ``W_{xf}``, or ``W_f`` for all matrices of the gate f, or ``all`` parameters; ``steps`` is the
    number of steps, None for the recursion at any time t. Raises UsageError for a name or a number of steps that
    cannot be, BudgetError where the proofs grow too large, and InternalError where an equation cannot be proved.
    """
    if steps is not None and not 1 <= steps <= MOST_STEPS:
        raise UsageError(
            f"the number of steps must be 1 to {MOST_STEPS}; without one, the recursion for any t is derived"
        )
    if not cell.states and steps not in (None, 1):
        raise UsageError(f"{cell.name} has no state, so that there are no steps of it to go back")
    return _Writer(cell, steps if cell.states else 1, layout, every).derivation(by)


def forward_equations(cell: Cell) -> tuple[Derived, ...]:
    """The equations of one step at time t, with a name for every pre-activation."""
    tape = record(cell, 1)
    shown = renaming(tape, around_t)
    step = [(e.name, substitute([e.term], shown)[0]) for e in tape.equations]
    return tuple(Derived("forward", name, var(name, *term.shape), addends(term)) for name, term in step)


class _Writer:
    """Derives and proves the equations of one tape, and gives them the names of a sheet.

    Without a number of steps the tape has two, t and t + 1, and cotangents that stand for all after them.
    """

    def __init__(self, cell: Cell, steps: int | None, layout: Layout, every: bool) -> None:
        self.cell = cell
        self.steps = steps
        self.layout = layout
        self.every = every
        self.tape = record(cell, steps or 2, every, beyond=steps is None)
        self.names = renaming(self.tape, around_t) if steps is None else {}
        self.budget = Budget(UNITS, SECONDS)

    def derivation(self, by: Sequence[str]) -> Derivation:
        wanted = choose(by, self.cell, self.choices())
        gradients = [self.gradient(v) for v in wanted.values()]
        deltas = [self.delta(v) for v in self.needed(wanted.values())]
        forward = forward_equations(self.cell)
        notes = tuple(self.notes([equation.term for equation in forward], [*deltas, *gradients]))
        if self.steps is None:
            deltas = self.with_end(deltas)
        return Derivation(
            self.cell, self.layout, self.steps, self.every, forward, tuple(deltas), tuple(gradients), notes
        )

    def choices(self) -> dict[str, Term]:
        """What a derivative can be taken by, besides the parameters: inputs and first states, by name."""
        found: dict[str, Term] = {}
        for v, (name, time) in self.tape.places.items():
            if name in dict(self.cell.states):
                found |= {name_of(v): v} if time == 1 else {}
            elif name in self.cell.inputs and (self.steps is not None or time == 1):
                found[name if self.steps is None else name_of(v)] = v
        return {**self.tape.parameters, **found}

    def gradient(self, v: Term) -> Derived:
        proof = self.tape.prove(v, self.tape.claimed(v), self.budget)
        summed = self.steps is None and v in self.tape.parameters.values()
        first = self.tape.places.get(v, ("", 0))[0] in dict(self.cell.states)
        addends = self.addends(v, {} if first else self.names)
        turned = self.layout == "numerator" and v.rank > 0
        shown = v if first else self.names.get(v, v)
        left = rf"\frac{{\partial L}}{{\partial {name_of(shown)}}}"
        return Derived("gradient", left, shown, addends, proof, summed, turned)

    def delta(self, v: Term) -> Derived:
        proof = self.tape.prove(v, self.tape.claimed(v), self.budget)
        shown = self.names.get(v, v)
        return Derived("delta", name_of(delta(shown)), shown, self.addends(v, self.names), proof)

    def raw(self, v: Term) -> list[Term]:
        """The addends of the equation for δv or, at any time t, of one step's share of a parameter's gradient."""
        own = [self.tape.arriving[v]] if v in self.tape.arriving else []
        share = self.steps is None and v in self.tape.parameters.values()
        return own + [term for time, term in self.tape.contributions(v) if time == 1 or not share]

    def addends(self, v: Term, names: Mapping[Term, Term]) -> tuple[Term, ...]:
        return tuple(substitute(self.raw(v) or [zeros(v.shape)], dict(names)))

    def needed(self, wanted: Iterable[Term]) -> list[Term]:
        """The quantities whose δ the gradients rest on, backwards in time; at any time t each name once."""
        back = {delta(e.variable): e for e in self.tape.equations}
        at_first = {e.name: e.variable for e in reversed(self.tape.equations)}
        found: dict[Term, None] = {}
        pending = list(wanted)
        while pending:
            used = [back[x] for x in free_variables(self.raw(pending.pop())) if x in back]
            fresh = [at_first[e.name] if self.steps is None else e.variable for e in used]
            pending += [v for v in dict.fromkeys(fresh) if v not in found]
            found |= dict.fromkeys(fresh)
        return [e.variable for e in reversed(self.tape.equations) if e.variable in found]

    def with_end(self, deltas: Sequence[Derived]) -> list[Derived]:
        """The recursion is proved for the last step, too; where only that has a loss, its output is a case apart."""
        tape = record(self.cell, 1, self.every)
        shown = renaming(tape, lambda name, _: timed(name, "T-1", "T"))
        proofs = {e.name: tape.prove(e.variable, tape.claimed(e.variable), self.budget) for e in tape.equations}
        if self.every:
            return list(deltas)
        output = next(e for e in tape.equations if e.name == self.cell.output)
        right = substitute([tape.claimed(output.variable)], shown)
        last = shown[output.variable]
        end = Derived("delta", name_of(delta(last)), last, tuple(right), proofs[output.name])
        return [end, *(replace(d, where="t < T") if name_of(d.quantity) == output.name else d for d in deltas)]

    def notes(self, step: Sequence[Term], found: Sequence[Derived]) -> Iterator[str]:
        output = self.cell.output
        last = timed(output, "", "T" if self.steps is None else str(self.steps))
        yield rf"$L$ is any function of ${last}$" + (
            rf" and of every ${output}$ before, $L = \sum_t \ell_t$" if self.every else ""
        )
        column = r"$\delta q = \nabla_q L$ is a column in either layout"
        yield column + (r"; $\delta q_{T+1} = 0$ for every $q$" if self.steps is None else "")
        if any(isinstance(node, Block) for node in postorder([x for d in found for x in d.addends])):
            yield r"$E_{1}$ and $E_{2}$ place the parts of a column: $[a, b] = E_{1} a + E_{2} b$"
        conditions = dict.fromkeys([*kinks(step), *(c for d in found if d.proof for c in d.proof.conditions)])
        if conditions:
            yield "provided that, entry by entry, " + ", ".join(map(_condition, conditions))


def addends(term: Term) -> tuple[Term, ...]:
    """The terms of a sum with their coefficients; any other term alone."""
    return tuple(scale(q, addend) for q, addend in term.addends) if isinstance(term, Sum) else (term,)


def _condition(text: str) -> str:
    formula, word, rest = text.partition(" is ")
    return f"${formula}${word}{rest}"


# Names


def around_t(name: str, time: int) -> str:
    """The label of a quantity of the first of two steps, t, or of the second, t + 1."""
    return timed(name, "t-1", "t") if time == 1 else timed(name, "t", "t+1")


def renaming(tape: Tape, label: Callable[[str, int], str]) -> dict[Term, Term]:
    """Every quantity of a tape, its δ and what arrives at it, under the name that ``label`` gives it at its step."""
    found: dict[Term, Term] = {}
    for v, (name, time) in tape.places.items():
        shown = var(label(name, time), *v.shape)
        every = v in tape.arriving and tape.arriving[v] is arrival(v, every=True)
        found |= {v: shown, delta(v): delta(shown), arrival(v, every): arrival(shown, every)}
    return found


def choose(by: Sequence[str], cell: Cell, choices: Mapping[str, Term]) -> dict[str, Term]:
    """The quantities that names stand for, in the order of ``choices``: one's own name, or a family such as W_f.

    Raises UsageError for a name that stands for nothing, with all names there are.
    """
    found: set[str] = set()
    parameters = [name for name, _ in cell.parameters]
    for wish in by:
        matching = _matching(wish, parameters, choices)
        if not matching:
            names = ", ".join(name if "\\" in name else _bare(name) for name in choices)
            missing = "no parameters" if wish.strip() == "all" else f"no {wish.strip() or 'empty name'} to derive by"
            raise UsageError(f"{cell.name} has {missing}; there are {'all, ' if parameters else ''}{names}")
        found.update(matching)
    return {name: v for name, v in choices.items() if name in found}


def _matching(wish: str, parameters: Sequence[str], choices: Iterable[str]) -> list[str]:
    """All parameters; else the very name; else the parameters of a letter (W) and a gate (the last of its index)."""
    if wish.strip() == "all":
        return list(parameters)
    exact = [name for name in choices if _bare(name) == _bare(wish)]
    if exact:
        return exact
    letter, _, gate = _bare(wish).partition("_")
    return [p for p in parameters if _bare(p).partition("_")[0] == letter and (not gate or _bare(p)[-1:] == gate)]


def _bare(name: str) -> str:
    return re.sub(r"[\s{}\\]", "", name)
