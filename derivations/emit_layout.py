"""Where the values of a program live and in which order they are made."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, permutations

from derivations.emit_plan import Flow, Map, Plan, Slot, evaluation_order
from derivations.emit_text import IN_PLACE
from derivations.terms import Apply, Sum, Term, Var, ones
from derivations.traverse import free_variables

CHEAP = frozenset({"step", "floor", "sign", "abs", "relu"})
"""Functions that the backward pass computes again rather than have them saved."""
MOST_PERMUTED = 6
"""Up to so many slots every order is tried."""


@dataclass(frozen=True, slots=True)
class Run:
    """Neighbouring slots, from ``start`` up to ``stop``, that are treated in one operation."""

    start: int
    stop: int


class Layout:
    """The memory of a plan.

    ``values`` are the terms that a step computes, in order; ``saved`` what the slopes are written with; ``host`` the
    values that take the place of their pre-activation; ``slots`` are arranged so that one operation serves as many
    neighbours as can be.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.names = dict(plan.names)
        self.before: dict[Term, Term] = dict(plan.states)
        self.after: dict[Term, Term] = {after: state for state, after in plan.states}
        self.saved = self._saved()
        self.values = self._values()
        self.host = {value: slot for value in self.values if (slot := self._hosting(value)) is not None}
        self.level = self._levels()
        self.slots = self._arranged()

    # What there is

    def _saved(self) -> set[Term]:
        known = set(self.plan.quantities.values()) | set(self.plan.operands)
        found: set[Term] = set()
        for flow in self.plan.flows:
            found |= {t for t in self._leaves(flow.slope, known, inside=False) if not self.is_parameter(t)}
        return found

    def _leaves(self, root: Term, known: set[Term], inside: bool) -> set[Term]:
        """The known terms that an expression is written with; ``inside`` goes into the root itself."""
        stack, found = (list(root.children) if inside else [root]), set()
        while stack:
            term = stack.pop()
            costly = isinstance(term, Apply) and term.function not in CHEAP and not inside
            if term in known or isinstance(term, Var) or costly:
                found.add(term)
            else:
                stack.extend(term.children)
        return found

    def is_parameter(self, term: Term) -> bool:
        """Whether all that a term is made of stays the same over time."""
        fixed = {*self.plan.parameters, *(w for w, s in self.plan.widened.items() if s in self.plan.parameters)}
        return set(free_variables([term])) <= fixed

    def is_static(self, term: Term) -> bool:
        """Whether a term can be had for all times before the loop: made of inputs and parameters alone."""
        moving = {slot.variable for slot in self.plan.slots} | set(self.before)
        return not moving & set(free_variables([term]))

    def _values(self) -> list[Term]:
        wanted = set(self.plan.quantities.values()) | set(self.plan.operands) | self.saved
        found = [t for t in evaluation_order(self.plan) if t in wanted and not isinstance(t, Var)]
        for term in found:
            if term not in self.names and isinstance(term, Apply):
                inner = self.names.get(term.argument, "value")
                wish = f"{term.function}_{inner}"
                self.names[term] = wish if wish not in self.names.values() else f"{wish}_{len(self.names)}"
        return found

    def parts(self, value: Term) -> set[Term]:
        """The values and variables that a value is written with."""
        return self._leaves(value, set(self.values), inside=True)

    def _hosting(self, value: Term) -> Slot | None:
        """The slot whose memory a value can take: f(a) or f(a + …), where nobody else reads a."""
        if not isinstance(value, Apply) or value in self.after or value.function not in IN_PLACE:
            return None
        inner = value.argument
        candidates = [inner] if isinstance(inner, Var) else [t for q, t in getattr(inner, "addends", ()) if q == 1]
        for term in candidates:
            slot = self.plan.slot_of(term)
            readers = [other for other in self.values if term in self.parts(other)]
            alone = slot is not None and term not in self.saved and readers == [value]
            if alone and (inner is term or self._once(inner, term)):
                return slot
        return None

    def _once(self, inner: Term, variable: Term) -> bool:
        rest = [t for _, t in inner.addends if t is not variable] if isinstance(inner, Sum) else [inner]
        return not any(variable in {t, *self.parts(t)} for t in rest)

    def is_kept(self, value: Term) -> bool:
        """Whether a value has memory of its own for all times."""
        return value in self.saved or value in self.plan.operands or value in self.after

    # Order

    def _levels(self) -> dict[Term, int]:
        """How many values come before a value or a slot at the least."""
        level: dict[Term, int] = {}
        for term in evaluation_order(self.plan):
            slot = self.plan.slot_of(term)
            if slot is not None:
                level[term] = max((level.get(m.operand, 0) for m in slot.maps), default=0)
            elif term in self.values:
                level[term] = 1 + max((level.get(part, 0) for part in self.parts(term)), default=0)
        return level

    def at_level(self, level: int) -> list[Term]:
        """The values of a level that change with the states."""
        return [value for value in self.values if self.level[value] == level and not self.is_static(value)]

    def depth(self) -> int:
        """The last level."""
        return max(self.level.values())

    # The slots

    def _arranged(self) -> tuple[Slot, ...]:
        slots = self.plan.slots
        if len(slots) > MOST_PERMUTED:
            return slots
        orders = enumerate(permutations(slots))
        return min(orders, key=lambda pair: (self._cost(pair[1]), pair[0]))[1]

    def _cost(self, slots: Sequence[Slot]) -> int:
        groupings = [self.applied_to(operand) for operand in self.plan.operands]
        groupings += [self.activated(key) for key in self._activations()]
        groupings += [self.fed_by(source) for source in self.plan.cuts]
        return sum(len(runs(slots, members)) for members in groupings)

    def applied_to(self, operand: Term) -> set[Slot]:
        """The slots that an operand goes into."""
        return {slot for slot in self.plan.slots if any(m.operand is operand for m in slot.maps)}

    def _activations(self) -> set[tuple[str, int]]:
        return {(value.function, self.level[value]) for value in self.host if isinstance(value, Apply)}

    def activated(self, key: tuple[str, int]) -> set[Slot]:
        """The slots that become values by one function at one level."""
        pairs = [(value, slot) for value, slot in self.host.items() if isinstance(value, Apply)]
        return {slot for value, slot in pairs if (value.function, self.level[value]) == key}

    def fed_by(self, source: Term) -> set[Slot]:
        """The slots whose cotangent is first written from that of ``source``."""
        return {slot for head, slot in self.plan.heads.items() if self.sources(head)[:1] == [source]}

    def firsts(self, heads: Iterable[Term]) -> list[Term]:
        """The cuts that the cotangents of these slots are first written from."""
        return unique(source for head in heads for source in self.sources(head)[:1])

    def sources(self, target: Term) -> list[Term]:
        """The cuts that a cotangent comes from, last in evaluation first."""
        found = {flow.source for flow in self.plan.flows if flow.target is target}
        return [cut for cut in reversed(self.plan.cuts) if cut in found]

    def flow(self, source: Term, target: Term) -> Flow:
        """The flow between two cuts that there is one between."""
        return next(flow for flow in self.plan.flows if flow.source is source and flow.target is target)

    def slot_names(self) -> list[str]:
        """The names of what stands in the slots after the forward pass."""
        guests = {slot: value for value, slot in self.host.items()}
        return [self.names[guests.get(slot, slot.variable)] for slot in self.slots]

    # Names

    def memory(self, term: Term) -> str:
        """The name of the sequence that holds a term; a slot is called by what it holds after the forward pass."""
        guest = next((v for v, slot in self.host.items() if slot.variable is term), term)
        return self.names[guest]

    def is_local(self, value: Term) -> bool:
        """Whether a value is forgotten after its step."""
        free = isinstance(value, Var) or value in self.host or self.is_static(value)
        return not (free or self.is_kept(value))

    def own_memory(self) -> list[Term]:
        """The values other than states that need memory for all times."""
        taken = {*self.host, *self.after}
        return [v for v in self.values if self.is_kept(v) and v not in taken and not self.is_static(v)]

    def base(self, state: Term) -> str:
        """The bare letter of a state."""
        return self.names[state].removesuffix("_prev")

    def products(self) -> list[tuple[Term, Run, str]]:
        """Every operand with the runs of slots that it goes into and the name of the stacked weights."""
        found: list[tuple[Term, Run, str]] = []
        taken = set(self.names.values())
        for operand in self.plan.operands:
            for k, run in enumerate(runs(self.slots, self.applied_to(operand))):
                name = f"W_{self.names[operand].removesuffix('_prev')}" + (f"_{k + 1}" if k else "")
                while name in taken:
                    name += "_"
                taken.add(name)
                found.append((operand, run, name))
        return found

    def run_name(self, run: Run, prefix: str = "") -> str:
        """The name of a view of neighbouring slots: all their names."""
        return prefix + "_".join(
            name.removeprefix("a_").rstrip("_") for name in self.slot_names()[run.start : run.stop]
        )

    def whole(self) -> Run:
        """All slots."""
        return Run(0, len(self.slots))

    def split(self, tensor: str) -> str:
        """A tensor of all slots as one part for each."""
        return f"{tensor}.split(n, 2)" if len(self.slots) > 1 else tensor

    def view(self, tensor: str, run: Run) -> str:
        """The columns of a run as Python."""
        if run == Run(0, len(self.slots)):
            return tensor
        start = columns(run.start) if run.start else ""
        stop = columns(run.stop) if run.stop < len(self.slots) else ""
        left, right = (" " if " " in side else "" for side in (start, stop))
        space = (left or right) if start and stop else ""
        return f"{tensor}[..., {start}{space or left}:{space or right}{stop}]"


def columns(count: int) -> str:
    """The width of so many slots."""
    return "n" if count == 1 else f"{count} * n"


def runs(slots: Sequence[Slot], members: set[Slot]) -> list[Run]:
    """The members as runs of neighbours."""
    found = []
    for inside, group in groupby(range(len(slots)), key=lambda k: slots[k] in members):
        places = list(group)
        if inside:
            found.append(Run(places[0], places[-1] + 1))
    return found


def maps_of(slot: Slot, operand: Term) -> Iterator[Map]:
    """The addends of a slot that an operand goes into."""
    return (m for m in slot.maps if m.operand is operand)


def is_one(term: Term) -> bool:
    """Whether a slope is one everywhere."""
    return term is ones(term.shape)


def unique(items: Iterable[Term]) -> list[Term]:
    """Without repetitions, in order."""
    return list(dict.fromkeys(items))
