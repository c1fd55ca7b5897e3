"""The equations of a recurrent cell over some steps, and what each sends back to what it uses.

Every named quantity q of the cell, and the pre-activation of every gate, is a cut point; δq = ∇_q L is the total
derivative of the loss, a column. The equation for δq sums what the equations that use q send back (Werbos,
*Backpropagation through time: what it does and how to do it*, 1990), and is proved equal to the direct derivative of
the unrolled network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property

from derivations.budget import Budget
from derivations.calculus import gradient, vjp
from derivations.cell import Cell, in_step
from derivations.errors import InternalError
from derivations.lowering import lower
from derivations.normal_form import Proof, prove_equal
from derivations.tensors import hadamard, total
from derivations.terms import Apply, Shape, Term, Var, add, apply, is_zero, var, zeros
from derivations.traverse import free_variables, rebuild, substitute

Place = tuple[str, int]
"""A cell's own name of a quantity, and the step."""


@dataclass(frozen=True, slots=True)
class Equation:
    """``variable = term`` at a step; ``name`` is the cell's own, with t. The term is over other variables."""

    name: str
    time: int
    variable: Term
    term: Term


@dataclass(frozen=True)
class Tape:
    """The equations of a cell over some steps, in order of evaluation.

    ``arriving`` are the cotangents that come from outside, each of the shape of its quantity; ``parameters`` the
    variables of the cell's parameters by name; ``places`` the cell's name and the step of every other quantity.
    """

    cell: Cell
    equations: list[Equation]
    arriving: dict[Term, Term]
    parameters: dict[str, Term]
    places: dict[Term, Place]
    _direct: dict[Term, Term] = field(default_factory=dict)
    _sent: dict[Term, list[tuple[int, Term]]] = field(default_factory=dict)

    @cached_property
    def _users(self) -> dict[Term, list[Equation]]:
        """The equations that use a variable, in order of evaluation."""
        found: dict[Term, list[Equation]] = {}
        for equation in self.equations:
            for v in free_variables([equation.term]):
                found.setdefault(v, []).append(equation)
        return found

    def uses(self, quantity: Term) -> list[Equation]:
        """The equations that q is used in, in order of evaluation."""
        return self._users.get(quantity, [])

    def contributions(self, quantity: Term) -> list[tuple[int, Term]]:
        """What every use of q sends back, with the step of the use; each of the shape of q."""
        if quantity not in self._sent:
            pairs = [(e.time, _sent_back(e, quantity)) for e in self.uses(quantity)]
            self._sent[quantity] = [(time, term) for time, term in pairs if not is_zero(term)]
        return self._sent[quantity]

    def claimed(self, quantity: Term) -> Term:
        """δq by the δ of what uses q, of the shape of q."""
        terms = [term for _, term in self.contributions(quantity)]
        if quantity in self.arriving:
            terms.insert(0, self.arriving[quantity])
        return add(*terms) if terms else zeros(quantity.shape)

    @cached_property
    def values(self) -> dict[Term, Term]:
        """Every quantity as a term over the leaves alone: the unrolled network."""
        return self._unrolled(None)

    def _unrolled(self, held: Term | None) -> dict[Term, Term]:
        values: dict[Term, Term] = {}
        for equation in self.equations:
            if equation.variable is not held:
                used: dict[Term, Term] = {v: values[v] for v in free_variables([equation.term]) if v in values}
                values[equation.variable] = substitute([equation.term], used)[0]
        return values

    def _loss(self, values: Mapping[Term, Term]) -> Term:
        return add(*(total(hadamard(g, values.get(q, q))) for q, g in self.arriving.items()))

    @cached_property
    def _unrolled_loss(self) -> Term:
        return self._loss(self.values)

    def direct(self, quantity: Term) -> Term:
        """∂L/∂q by one reverse pass over the unrolled network; over the leaves alone.

        Where an equation has a sub-term of the value of q that is not q, that counts as q too; see ``held``.
        """
        if quantity not in self._direct:
            self._direct[quantity] = gradient(self._unrolled_loss, [self.values.get(quantity, quantity)])[0]
        return self._direct[quantity]

    def held(self, quantity: Term) -> Term:
        """∂L/∂q by a reverse pass over the network unrolled with q as a variable, its value put in at the end."""
        derived = gradient(self._loss(self._unrolled(held=quantity)), [quantity])
        return substitute(derived, self.values)[0]

    def derivative(self, quantity: Term) -> tuple[Term, Term, Term]:
        """The loss of the unrolled network with q as a variable, q, and ∂L/∂q, for an independent engine to compare."""
        if quantity not in self.values:
            return self._unrolled_loss, quantity, self.direct(quantity)
        loss = self._loss(self._unrolled(held=quantity))
        return loss, quantity, gradient(loss, [quantity])[0]

    def prove(self, quantity: Term, claimed: Term, budget: Budget) -> Proof:
        """A proof that a term over δs is ∂L/∂q. Raises InternalError where there is none.

        The derivatives and values that have names are first taken as unknowns, which leaves one local equation.
        """
        local, named = self._named(claimed)
        proof = prove_equal(local, _collapsed(self.direct(quantity), named), budget)
        if proof is not None:
            return replace(proof, log=("named quantities taken as unknowns", *proof.log))
        return self._prove_whole(quantity, claimed, budget)

    def _named(self, claimed: Term) -> tuple[Term, dict[Term, Term]]:
        """The claim with one name for what is equal, and the names of the derivatives and values that it speaks of."""
        used = set(free_variables([claimed]))
        meant = dict(self.values)
        meant |= {delta(e.variable): self.direct(e.variable) for e in self.equations if delta(e.variable) in used}
        named: dict[Term, Term] = {}
        for name, value in meant.items():
            named.setdefault(value, value if is_zero(value) else name)
        return substitute([claimed], {name: named[meant[name]] for name in used if name in meant})[0], named

    def _prove_whole(self, quantity: Term, claimed: Term, budget: Budget) -> Proof:
        inner = {delta(e.variable): self.held(e.variable) for e in self.equations}
        expanded = substitute([claimed], {**self.values, **inner})[0]
        proof = prove_equal(expanded, self.held(quantity), budget)
        if proof is None:
            raise InternalError(f"the equation for δ {name_of(quantity)} is not the derivative of the unrolled network")
        return proof


def _sent_back(equation: Equation, quantity: Term) -> Term:
    """δ of the left side pulled back to a quantity on the right, the left side's name in the place of its formula."""
    pulled = vjp(equation.term, [quantity], delta(equation.variable))
    return substitute(pulled, {equation.term: equation.variable})[0]


def _collapsed(root: Term, named: Mapping[Term, Term]) -> Term:
    """The term with its outermost sub-terms that have names replaced by them; what is below them is not visited."""
    done: dict[Term, Term] = {}
    stack = [root]
    while stack:
        term = stack[-1]
        missing = [] if term in named else [child for child in term.children if child not in done]
        if missing:
            stack.extend(missing)
            continue
        stack.pop()
        if term not in done:
            known = named.get(term)
            done[term] = known if known is not None else rebuild(term, [done[child] for child in term.children])
    return done[root]


def delta(quantity: Term) -> Term:
    """The variable δq, of the shape of q."""
    return var(rf"\delta {name_of(quantity)}", *quantity.shape)


def arrival(quantity: Term, every: bool) -> Term:
    """The cotangent that the loss itself gives q: ∇L, or ∇ℓ_t where the loss is a sum over the steps."""
    name = name_of(quantity)
    loss = rf"\ell_{name.rpartition('_')[2]}" if every else "L"
    return var(rf"\nabla_{{{name}}} {loss}", *quantity.shape)


def name_of(quantity: Term) -> str:
    """The name of a variable. Raises InternalError for any other term."""
    if not isinstance(quantity, Var):
        raise InternalError(f"{quantity!r} has no name")
    return quantity.name


# One step, and several


def one_step(cell: Cell) -> list[tuple[str, Term]]:
    """The equations of a step over variables with the cell's names, pre-activations named ``a_{i,t}``."""
    shapes: dict[str, Shape] = dict(cell.parameters)
    shapes |= {name: cell.input_shape(name) for name in cell.inputs}
    shapes |= {before: cell.state_shape(before) for before, _ in cell.states}
    variables = {name: var(name, *shape) for name, shape in shapes.items()}
    found: list[tuple[str, Term]] = []
    for name, expression in cell.equations:
        term = lower(expression, variables)
        if isinstance(term, Apply) and not isinstance(term.argument, Var):
            inner = f"a_{{{name.removesuffix('_t')},t}}"
            found.append((inner, term.argument))
            term = apply(term.function, var(inner, *term.shape))
        found.append((name, term))
        variables[name] = var(name, *term.shape)
    return found


def record(cell: Cell, steps: int, every: bool = False, beyond: bool = False) -> Tape:
    """A cell over numbered steps; the loss is any function of the last output, or of ``every`` output.

    With ``beyond``, every state after the last step has a cotangent that stands for all later steps: what is proved
    of the first step is then proved of every step that has a next.
    """
    tape = Tape(cell, [], {}, {name: var(name, *shape) for name, shape in cell.parameters}, {})
    step = one_step(cell)
    used = free_variables([term for _, term in step])
    quantities = {v.name: v.shape for v in used if v.name not in tape.parameters}
    quantities |= {name: term.shape for name, term in step}
    for time in range(1, steps + 1):
        moved = {var(name, *shape): var(in_step(name, time), *shape) for name, shape in quantities.items()}
        for name, shape in quantities.items():
            tape.places.setdefault(moved[var(name, *shape)], (name, time))
        for name, term in step:
            tape.equations.append(Equation(name, time, moved[var(name, *term.shape)], substitute([term], moved)[0]))
    tape.arriving.update(_arriving(tape, steps, every, beyond))
    return tape


def _arriving(tape: Tape, steps: int, every: bool, beyond: bool) -> dict[Term, Term]:
    """What comes from outside; beyond the last step also what its output's own loss gives is taken together."""
    output, after = tape.cell.output, {after for _, after in tape.cell.states}
    found: dict[Term, Term] = {}
    for equation in tape.equations:
        if beyond and equation.time == steps and equation.name in after:
            found[equation.variable] = arrival(equation.variable, False)
        elif equation.name == output and (every or (equation.time == steps and not beyond)):
            found[equation.variable] = arrival(equation.variable, every)
    return found
