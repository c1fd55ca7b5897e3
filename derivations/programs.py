"""Derived gradients as programs: a module in NumPy, and a script that builds them as SymPy matrix expressions.

Every δ equation becomes one line. In NumPy samples are columns: states are (n, batch), inputs (d, batch), vectors among
the parameters (n, 1), so that a line is the equation on paper.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from derivations.backprop import Derivation, Derived, addends, around_t, renaming
from derivations.cell import in_step, timed
from derivations.codegen import PRIME, Names, NumpyWriter, SympyWriter, joined
from derivations.errors import UsageError
from derivations.lowering import SYMPY_OWN
from derivations.tape import Tape, delta, name_of, record
from derivations.tensors import transpose
from derivations.terms import Apply, Block, Dim, Term, dimension, product, var
from derivations.traverse import dim_symbols, free_variables, postorder, substitute

RESERVED = "np sigma parameters inputs outputs tape losses gradients name forward backward".split()
SYMPY_NAMES = "BlockMatrix DiagMatrix HadamardPower HadamardProduct Identity OneMatrix Rational ZeroMatrix".split()
SYMPY_RESERVED = (
    *SYMPY_NAMES,
    *"Dummy ElementwiseApplyFunction Function Lambda MatrixSymbol symbols entrywise forward deltas gradients".split(),
)
Line = tuple[str, str]


@dataclass(frozen=True, slots=True)
class NumpyProgram:
    """The parts of a module in NumPy; lines are (left, right) in the order in which they run.

    ``before`` and ``after`` name the states around a step, ``saved`` and ``used`` the quantities (first ``before``) and
    parameters that the backward pass needs; ``carried`` is what it hands to the step before as ``following``,
    ``gradients`` are (key, what a step adds), ``sent`` (key, the gradient by an input of the step), ``sizes``
    dimensions (name, value). Gradients that are ``turned`` have the transposed shape.
    """

    before: list[str]
    after: list[str]
    inputs: list[str]
    parameters: list[str]
    saved: list[str]
    used: list[str]
    step: list[Line]
    deltas: list[Line]
    following: list[str]
    carried: list[Line]
    gradients: list[Line]
    sent: list[Line]
    sizes: list[Line]
    turned: bool

    @property
    def sigma(self) -> bool:
        """Whether the program needs σ."""
        return any("sigma(" in right for _, right in (*self.step, *self.deltas, *self.gradients))


class _NumpyPass:
    """One step of a cell under the names of the step t, with what arrives from the loss and from the next step."""

    def __init__(self, found: Derivation) -> None:
        self.turned = found.layout == "numerator"
        self.tape = record(found.cell, 1, beyond=True)
        self.shown = renaming(self.tape, around_t)
        self.dims = _sliced(self.tape)
        self.python = Names([*RESERVED, *map(str, self.dims)])
        self.writer = NumpyWriter(self.python)
        self.output = found.cell.output
        if any(v.rank > 1 for v in self.tape.places):
            raise UsageError("a quantity that is a matrix cannot be written with samples as columns")

    def names(self, variables: Iterable[Term]) -> list[str]:
        return [self.name(v) for v in variables]

    def name(self, v: Term) -> str:
        return self.python[name_of(self.shown.get(v, v))]

    def text(self, terms: Iterable[Term]) -> str:
        return self.writer.term(*substitute(list(terms), self.shown))

    def placed(self, names: Iterable[str]) -> list[Term]:
        """The quantities with the cell's own ``names``, in the order of these."""
        by_name = {name: v for v, (name, _) in self.tape.places.items()}
        return [by_name[name] for name in names]

    def sources(self, v: Term) -> list[Term]:
        """The addends of δv: from the loss, from the next step, from the uses of v in this one."""
        loss = [var(f"loss_{self.name(v)}", *v.shape)] if self.tape.places[v][0] == self.output else []
        later = [var(self.following(v), *v.shape)] if v in self.tape.arriving else []
        return [*loss, *later, *(x for _, x in self.tape.contributions(v))]

    def following(self, v: Term) -> str:
        return f"delta_{self.name(v)}_next"

    def share(self, v: Term) -> str:
        """What a step adds to the gradient by v, of its shape; samples are summed."""
        terms = substitute([x for _, x in self.tape.contributions(v)], self.shown)
        shared = v in self.tape.parameters.values()
        if v.rank == 2:
            return joined([self.writer.gradient(x, self.turned) for x in terms])
        if v.rank == 0 and shared:
            return self.writer.total(terms)
        text = self.writer.term(*terms)
        tail = (".sum(axis=1, keepdims=True)" if shared else "") + (".T" if v.rank and self.turned else "")
        return f"{text if text.isidentifier() or not tail else f'({text})'}{tail}"

    def program(self, found: Derivation) -> NumpyProgram:
        cell, parameters = found.cell, self.tape.parameters
        wanted = {name_of(d.quantity) for d in found.gradients}
        shared = [v for name, v in parameters.items() if name in wanted]
        inputs = self.placed(cell.inputs)
        sent = [v for v, name in zip(inputs, cell.inputs, strict=True) if wanted & _at_any_time(name, found.steps)]
        before, after = (self.placed(names) for names in zip(*cell.states, strict=True))
        following = [self.following(v) for v in after]
        inner = [e.variable for e in self.tape.equations]
        backward = [x for v in [*inner, *before, *shared, *sent] for _, x in self.tape.contributions(v)]
        needed = set(free_variables(backward))
        return NumpyProgram(
            before=self.names(before),
            after=self.names(after),
            inputs=self.names(inputs),
            parameters=self.names(parameters.values()),
            saved=self.names([*before, *(v for v in self.tape.places if v in needed and v not in before)]),
            used=self.names(v for v in parameters.values() if v in needed),
            step=[(self.name(e.variable), self.text(addends(e.term))) for e in self.tape.equations],
            deltas=[self.equation(e.variable) for e in reversed(self.tape.equations)],
            following=following,
            carried=[(left, self.text(self.sources(v))) for left, v in zip(following, before, strict=True)],
            gradients=[(self.name(v), self.share(v)) for v in shared],
            sent=[(self.name(v), self.share(v)) for v in sent],
            sizes=[(str(dim), self.size(dim)) for dim in self.dims],
            turned=self.turned,
        )

    def equation(self, v: Term) -> Line:
        return self.name(delta(v)), self.text(self.sources(v))

    def size(self, dim: Dim) -> str:
        """A dimension from the shape of a parameter that has it."""
        name, axis = next((p, p.shape.index(dim)) for p in self.tape.parameters.values() if dim in p.shape)
        return f'parameters["{self.name(name)}"].shape[{axis}]'


def numpy_program(found: Derivation) -> NumpyProgram:
    """The forward and backward pass of a cell over any number of steps.

    Raises UsageError where an equation has no form with samples as columns.
    """
    return _NumpyPass(found).program(found)


def _sliced(tape: Tape) -> list[Dim]:
    """The dimensions at which a concatenation is cut."""
    blocks = [x for x in postorder([e.term for e in tape.equations]) if isinstance(x, Block)]
    return list(dict.fromkeys(dim for x in blocks for dim in x.parts[:-1]))


def _at_any_time(name: str, steps: int | None) -> set[str]:
    return {timed(name, "t-1", "t"), *(in_step(name, time) for time in range(1, (steps or 0) + 1))}


# SymPy


@dataclass(frozen=True, slots=True)
class SympyScript:
    """The parts of a script for SymPy: names of dimensions, of functions, symbols (Python name, LaTeX, shape), and
    lines (left, right). ``summed`` says that gradients show one step of the sum over t = 1, …, T."""

    dims: list[str]
    own: list[str]
    functions: list[Line]
    symbols: list[tuple[str, str, str]]
    forward: list[Line]
    deltas: list[Line]
    gradients: list[Line]
    summed: bool

    @property
    def constructors(self) -> list[str]:
        """What of SymPy the lines need."""
        words = {
            word for _, right in (*self.forward, *self.deltas, *self.gradients) for word in re.findall(r"\w+", right)
        }
        return [name for name in SYMPY_NAMES if name in words]


def sympy_script(found: Derivation) -> SympyScript:
    """The derived equations as SymPy matrix expressions over matrix symbols with the names of the equations."""
    terms = [a for e in found.equations() for a in e.addends]
    leaves = free_variables([*terms, *(e.quantity for e in found.equations()), *_lefts(found)])
    dims = [str(dim) for dim in dim_symbols(terms)]
    functions = sorted({x.function for x in postorder(terms) if isinstance(x, Apply)})
    python = Names([*SYMPY_RESERVED, *dims, *functions])
    writer = SympyWriter(python)

    def lines(equations: Iterable[Derived], of: Callable[[Derived], Term]) -> list[Line]:
        return [(python[name_of(of(e))], writer.term(*_turned(e))) for e in equations]

    return SympyScript(
        dims,
        [name for name in functions if name in SYMPY_OWN],
        [(name.replace(PRIME, "_prime"), name) for name in functions if name not in SYMPY_OWN],
        [(python[v.name], v.name, ", ".join(map(str, (*v.shape, 1, 1)[:2]))) for v in leaves],
        lines(found.forward, lambda e: e.quantity),
        lines(found.deltas, lambda e: delta(e.quantity)),
        lines(found.gradients, lambda e: e.quantity),
        any(e.summed for e in found.gradients),
    )


def _lefts(found: Derivation) -> list[Term]:
    return [delta(e.quantity) for e in found.deltas]


def _turned(equation: Derived) -> list[Term]:
    """The addends, rows as matrices of one row."""
    if not equation.turned:
        return list(equation.addends)
    if equation.quantity.rank == 2:
        return [transpose(addend) for addend in equation.addends]
    one = dimension(1)
    return [product([(addend, "j")], "ij", {"i": one}) for addend in equation.addends]
