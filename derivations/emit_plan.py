"""What a program for a recurrent cell computes: affine slots, quantities, and how cotangents flow back.

One step of the cell is cut at the points where a person would cut it: the affine pre-activations (*slots*), the states,
the vectors that a matrix is applied to, and every quantity through which the cotangents of two others pass. Between
the cuts the derivative is elementwise; it comes from :func:`derivations.calculus.vjp` alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from keyword import iskeyword

from derivations.calculus import vjp
from derivations.cell import Cell, step
from derivations.errors import InternalError, UsageError
from derivations.terms import (
    Apply,
    Block,
    Power,
    Product,
    Shape,
    Sum,
    Term,
    Var,
    add,
    is_zero,
    linear,
    ones,
    product,
    shape_text,
    var,
)
from derivations.traverse import free_variables, postorder, rebuild, substitute

RESERVED = frozenset("T a batch ctx d delta grad_output m n t torch Tensor".split())


@dataclass(frozen=True, slots=True)
class Map:
    """An addend W v of a slot, or Wᵀ v (``flipped``), or the part of W for one part of a concatenation (``place``).

    ``term`` is (n,); the operand v is (d,).
    """

    weight: Var
    operand: Term
    flipped: bool
    place: Block | None
    term: Term


@dataclass(frozen=True, slots=True)
class Slot:
    """A pre-activation a = Σ W v + Σ b; ``variable`` (n,) stands for it wherever it is used."""

    variable: Var
    maps: tuple[Map, ...]
    biases: tuple[Var, ...]

    @property
    def term(self) -> Term:
        """The affine expression, shape (n,)."""
        return add(*(m.term for m in self.maps), *self.biases)


@dataclass(frozen=True, slots=True)
class Flow:
    """δtarget receives ``slope ⊙ δsource``; the slope is ∂source/∂target, elementwise, shape (n,)."""

    source: Term
    target: Term
    slope: Term


@dataclass
class Plan:
    """A cell taken apart. Terms are over the slot variables, states before the step, inputs and parameters.

    ``quantities`` are the named equations in order of evaluation; ``states`` pairs (before, after) of terms;
    ``cuts`` are all terms that have a cotangent of their own, in order of evaluation; ``names`` their identifiers;
    ``widened`` maps the vector variable that stands for a scalar to that scalar; ``heads`` the terms whose cotangent is
    that of a slot: its variable, or the sum a + w ⊙ v of the slot and a peephole.
    """

    title: str
    inputs: tuple[Var, ...]
    parameters: tuple[Var, ...]
    quantities: dict[str, Term]
    states: tuple[tuple[Var, Term], ...]
    slots: tuple[Slot, ...]
    cuts: tuple[Term, ...] = ()
    flows: tuple[Flow, ...] = ()
    names: dict[Term, str] = field(default_factory=dict)
    widened: dict[Term, Var] = field(default_factory=dict)
    heads: dict[Term, Slot] = field(default_factory=dict)

    @property
    def operands(self) -> list[Term]:
        """What matrices are applied to, in order of first use."""
        return list(dict.fromkeys(m.operand for slot in self.slots for m in slot.maps))

    def slot_of(self, variable: Term) -> Slot | None:
        """The slot that a variable stands for."""
        return next((slot for slot in self.slots if slot.variable is variable), None)


def identifier(name: str) -> str:
    r"""A LaTeX name as a Python identifier: ``h_{t-1}`` is h_prev, ``\tilde{c}_t`` c_tilde, ``W_{xi}`` W_xi."""
    text = re.sub(r"\\(tilde|hat|bar|dot)\s*(\{\w+\}|\w)", r"\2_\1", name)
    text = re.sub(r"_\{?t-1\}?$", "_prev", re.sub(r"_\{?t\}?$", "", text))
    text = re.sub(r"_+", "_", re.sub(r"\W", "", text)) or "value"
    return text + "_" if iskeyword(text) or text in RESERVED else text


def plan(cell: Cell) -> Plan:
    """The program of a cell.

    Raises UsageError where the cell has a part that cannot be written with rows of a batch: pre-activations of
    different sizes, a state that is a bare pre-activation, anything but elementwise operations between the matrices.
    """
    leaves = {name: _variable(name, shape) for name, shape in cell.parameters}
    leaves |= {name: _variable(name, cell.input_shape(name)) for name in cell.inputs}
    leaves |= {before: _variable(before, cell.state_shape(before)) for before, _ in cell.states}
    known = step(cell, leaves)
    cutter = _Cutter(frozenset(leaves[name] for name, _ in cell.parameters))
    names = [name for name, _ in cell.equations]
    quantities = dict(zip(names, cutter.cut([known[name] for name in names]), strict=True))
    found = Plan(
        f"{cell.title[:1].upper()}{cell.title[1:]}",
        tuple(leaves[name] for name in cell.inputs),
        tuple(leaves[name] for name, _ in cell.parameters),
        quantities,
        tuple((leaves[before], quantities[after]) for before, after in cell.states),
        tuple(cutter.slots.values()),
        widened=cutter.widened,
    )
    _check(found)
    found.heads = {_head(found, slot): slot for slot in found.slots}
    found.cuts = _cuts(found)
    found.flows = tuple(flow for source in found.cuts for flow in _flows(found, source))
    found.names = _names(found)
    return found


def _variable(name: str, shape: Shape) -> Var:
    made = var(name, *shape)
    if not isinstance(made, Var):
        raise InternalError(f"{made!r} is no variable")
    return made


class _Cutter:
    """Finds the affine pre-activations of a step and puts variables in their place."""

    def __init__(self, parameters: frozenset[Term]) -> None:
        self.parameters = parameters
        self.done: dict[Term, Term] = {}
        self.maps: dict[Term, Map] = {}
        self.slots: dict[Term, Slot] = {}
        self.widened: dict[Term, Var] = {}

    def cut(self, roots: Sequence[Term]) -> list[Term]:
        """The roots with a variable for every slot."""
        for term in postorder(roots):
            self.done[term] = self._node(term)
        return [self._closed(self.done[root]) for root in roots]

    def _node(self, term: Term) -> Term:
        if isinstance(term, Sum):
            return self._sum(term)
        children = [self._closed(self.done[child]) for child in term.children]
        if isinstance(term, Product):
            return self._product(term, children)
        return rebuild(term, children)

    def _maps_in(self, term: Term) -> tuple[Map, ...]:
        """The addends of W v, or of W [v, w]; empty for anything else."""
        addends = term.addends if isinstance(term, Sum) else ((Fraction(1), term),)
        return tuple(self.maps[a] for q, a in addends if q == 1 and a in self.maps) if addends else ()

    def _closed(self, term: Term) -> Term:
        """W v that is used elsewhere than in a sum is a slot of its own."""
        maps = self._maps_in(term)
        return self._slot(maps, ()) if maps else term

    def _sum(self, term: Sum) -> Term:
        maps: list[Map] = []
        biases: list[Var] = []
        rest: list[tuple[Fraction, Term]] = []
        for q, child in term.addends:
            found = self._maps_in(self.done[child]) if q == 1 else ()
            maps.extend(found)
            if q == 1 and isinstance(child, Var) and child in self.parameters:
                biases.append(child)
            elif not found:
                rest.append((q, self._closed(self.done[child])))
        if not maps:
            rest += [(Fraction(1), bias) for bias in biases]
            return linear(rest, term.shape)
        return linear([(Fraction(1), self._slot(tuple(maps), tuple(biases))), *rest], term.shape)

    def _slot(self, maps: tuple[Map, ...], biases: tuple[Var, ...]) -> Term:
        key = add(*(m.term for m in maps), *biases)
        if key not in self.slots:
            self.slots[key] = Slot(_variable(f"slot {len(self.slots)}", key.shape), maps, biases)
        return self.slots[key].variable

    def _product(self, term: Product, children: Sequence[Term]) -> Term:
        factors = [self._wide(term, child, labels) for (_, labels), child in zip(term.factors, children, strict=True)]
        weights = [(f, labels) for f, labels in factors if f in self.parameters and len(labels) == 2]
        if term.rank != 1 or len(weights) != 1 or sorted(weights[0][1]) != [0, 1]:
            return product(factors, range(term.rank), dict(enumerate(term.label_dims)))
        inner = product([(f, "v") for f, labels in factors if labels == (1,)], "v", {"v": term.label_dims[1]})
        outer = [(f, labels) for f, labels in factors if labels == (0,)]
        applied = self._applied(*weights[0], inner)
        return product([(self._closed(applied), (0,)), *outer], (0,)) if outer else applied

    def _wide(self, term: Product, factor: Term, labels: tuple[int, ...]) -> tuple[Term, tuple[int, ...]]:
        """A scalar variable that multiplies a vector becomes a vector of equal entries."""
        if not isinstance(factor, Var) or factor.rank or term.rank != 1:
            return factor, labels
        wide = _variable(factor.name, term.shape)
        self.widened[wide] = factor
        return wide, (0,)

    def _applied(self, weight: Term, labels: tuple[int, ...], operand: Term) -> Term:
        """W v; where v is a concatenation, one addend for each part."""
        parts = _concatenated(operand) or [(None, operand)]
        made = []
        for place, part in parts:
            placing: list[tuple[Term, tuple[int, ...]]] = [(place, (1, 2))] if place is not None else []
            term = product([(weight, labels), *placing, (part, (2,) if placing else (1,))], (0,))
            self.maps[term] = _matched(weight, part, labels == (1, 0), place, term)
            made.append(term)
        return add(*made)


def _concatenated(term: Term) -> list[tuple[Block | None, Term]]:
    """The parts of [v, w, …] with the matrices that place them; empty where the term is no concatenation."""
    found: list[tuple[Block | None, Term]] = []
    for q, addend in term.addends if isinstance(term, Sum) else ():
        factors = addend.factors if isinstance(addend, Product) else ()
        if q != 1 or len(factors) != 2 or not isinstance(factors[0][0], Block):
            return []
        found.append((factors[0][0], factors[1][0]))
    return found


def _matched(weight: Term, operand: Term, flipped: bool, place: Block | None, term: Term) -> Map:
    """The map of a term W v, whose derivatives must be the outer product δ vᵀ and the vector Wᵀ δ.

    Raises InternalError where they are not, since a program adds them up in these forms.
    """
    made = Map(_variable(getattr(weight, "name", ""), weight.shape), operand, flipped, place, term)
    arrived = var("δ", *term.shape)
    middle = [(place, "kj")] if place else []
    inner = "j" if place else "k"
    weighted = product([(arrived, "i"), *middle, (operand, inner)], "ki" if flipped else "ik")
    pulled = product([(arrived, "i"), (weight, "ki" if flipped else "ik"), *middle], inner)
    if [weighted] != vjp(term, [weight], arrived) or [pulled] != vjp(term, [operand], arrived):
        raise InternalError(f"the derivative of {term!r} is not of the form that a program is made for")
    return made


def _check(found: Plan) -> None:
    """Between the matrices all is elementwise and of one size. Raises UsageError where it is not."""
    shapes = {slot.variable.shape for slot in found.slots}
    if len(shapes) != 1:
        sizes = ", ".join(sorted(map(shape_text, shapes))) or "none"
        raise UsageError(f"a torch function needs pre-activations W v + b of one size; there are: {sizes}")
    if sum(v.rank == 1 for v in found.inputs) != 1:
        raise UsageError("a torch function needs one input vector; others can only be numbers")
    shape = shapes.pop()
    bare = [name for name, term in found.quantities.items() if isinstance(term, Var)]
    if bare:
        raise UsageError(f"{bare[0]} is a bare pre-activation, for which there is no torch form")
    for name, term in [*found.quantities.items(), *(("a matrix operand", v) for v in found.operands)]:
        if not isinstance(term, Var) and not all(_elementwise(node, shape) for node in postorder([term])):
            raise UsageError(f"{name} is not elementwise in its pre-activations: there is no torch form for that")


def _elementwise(term: Term, shape: Shape) -> bool:
    labels = {labels for _, labels in term.factors} if isinstance(term, Product) else set()
    return isinstance(term, Var | Sum | Product | Apply | Power) and term.shape == shape and labels <= {(0,)}


# How cotangents flow


def evaluation_order(found: Plan) -> list[Term]:
    """All terms of a step, everything after what it is made of; a slot comes after its operands."""
    order: dict[Term, None] = {}
    for root in found.quantities.values():
        for term in postorder([root]):
            slot = found.slot_of(term)
            for operand in (m.operand for m in slot.maps) if slot else ():
                order.update(dict.fromkeys(postorder([operand])))
            order[term] = None
    return list(order)


def _head(found: Plan, slot: Slot) -> Term:
    """The sum a + w ⊙ v that alone uses a slot, where it has parameters of its own; else the variable a."""
    a = slot.variable
    users = {term for term in postorder([*found.quantities.values(), *found.operands]) if a in term.children}
    user = users.pop() if len(users) == 1 else a
    if not isinstance(user, Sum) or (Fraction(1), a) not in user.addends:
        return a
    return user if set(found.parameters) & set(free_variables([user])) else a


def _cuts(found: Plan) -> tuple[Term, ...]:
    """The terms with a cotangent of their own; a quantity that two of them flow through becomes one too."""
    order = evaluation_order(found)
    wanted = {after for _, after in found.states} | set(found.heads)
    wanted |= {operand for operand in found.operands if not isinstance(operand, Var)}
    while True:
        cuts = [term for term in order if term in wanted]
        meeting = next((q for q in reversed(found.quantities.values()) if q not in wanted and _meets(q, cuts)), None)
        if meeting is None:
            return tuple(cuts)
        wanted.add(meeting)


def _meets(quantity: Term, cuts: Sequence[Term]) -> bool:
    return sum(bool(_slopes(source, [quantity, *cuts], [quantity])) for source in cuts) > 1


def _flows(found: Plan, source: Term) -> Iterable[Flow]:
    if isinstance(source, Var):
        return []
    slot = found.heads.get(source)
    own = slot.variable if slot else None
    vectors = [v for v in free_variables([source]) if found.slot_of(v) is None]
    targets = [*(term for term in found.cuts if term is not source), *vectors]
    return [
        Flow(source, target, slope) for target, slope in _slopes(source, targets, targets).items() if target is not own
    ]


def _slopes(source: Term, by: Sequence[Term], wanted: Sequence[Term]) -> dict[Term, Term]:
    """∂source/∂v, elementwise, for those v of ``wanted`` that it depends on with all of ``by`` held apart."""
    held = [term for term in by if term is not source]
    arrived = var("δ", *source.shape)
    pulled = dict(zip(held, vjp(source, held, arrived), strict=True))
    found = {v: substitute([pulled[v]], {arrived: ones(source.shape)})[0] for v in wanted if v in pulled}
    return {v: slope for v, slope in found.items() if not is_zero(slope)}


# Names


def _names(found: Plan) -> dict[Term, str]:
    """An identifier for every leaf, quantity, operand and slot, no two alike."""
    names: dict[Term, str] = {}
    leaves = [*found.inputs, *(before for before, _ in found.states), *found.parameters]
    for leaf in leaves:
        _name(names, leaf, identifier(leaf.name))
    for wide, scalar in found.widened.items():
        names[wide] = names[scalar]
    for name, term in found.quantities.items():
        own = [slot for slot in found.slots if slot.variable in free_variables([term]) and slot.variable not in names]
        for slot in own:
            tail = "" if len(own) == 1 else "_" + identifier(getattr(slot.maps[0].operand, "name", "v")).split("_")[0]
            _name(names, slot.variable, f"a_{identifier(name).rstrip('_')}{tail}")
        _name(names, term, identifier(name))
    for operand in found.operands:
        if operand not in names:
            parts = [names[child].removesuffix("_prev") for child in operand.children if child in names]
            _name(names, operand, "_".join(parts) or "operand")
    return names


def _name(names: dict[Term, str], term: Term, wish: str) -> None:
    taken = set(names.values())
    names.setdefault(term, next(w for w in (wish, *(f"{wish}_{k}" for k in range(2, 99))) if w not in taken))
