"""Which gate values are missing: a step that fails under the values that are supposed, but holds with one or two more.

The same search as that of a cell's settings (:mod:`derivations.gates`), over the gates of a sheet; what is named is
proved.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING, cast

from derivations.budget import Budget
from derivations.errors import BudgetError, SheetError
from derivations.facts import Fact, Property
from derivations.gates import smallest_settings
from derivations.reading import surface as s
from derivations.reading.places import Source
from derivations.suppositions import GATES, SATURATING
from derivations.terms import Term
from derivations.traverse import postorder
from derivations.world import Knowledge, World

if TYPE_CHECKING:
    from derivations.check import Checker
    from derivations.judge import Judgement

MOST_GATES = 5
MOST_MISSING = 2
QUICK_UNITS = 20_000
SET = (Property.VALUE, Property.FUNCTION)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A gate of the sheet: the fact that says its value, as yet without one, and how the author writes it.

    ``name`` is the name of the gate, or of what it is σ of; ``name_text`` how that is written.
    """

    fact: Fact
    text: str
    name: s.Symbol
    name_text: str

    def at(self, value: int) -> Fact:
        return replace(self.fact, value=Fraction(value), text=f"{self.text} = {value}")

    def tending(self, value: int) -> s.Approach:
        """The gate at its limit: the name tends to the value, or what it is σ of to ±∞."""
        endless = self.fact.kind is Property.FUNCTION
        return s.Approach(self.name.span, self.name, Fraction(value), (2 * value - 1) * endless)

    def tending_text(self, value: int) -> str:
        endless = self.fact.kind is Property.FUNCTION
        target = (r"-\infty", r"\infty")[value] if endless else str(value)
        return rf"{self.name_text} \to {target}"


Setting = Mapping[Candidate, int]


def missing(checker: Checker, left: s.Node, right: s.Node, world: World) -> str:
    """What else would have to be supposed for a step that fails under gate values; empty where nothing is found."""
    given = [fact for fact in world.facts if fact.kind in SET]
    if not given or any(isinstance(x, s.Partial) for side in (left, right) for x in side.walk()):
        return ""
    gates = list(_gates(checker, given[0], left, right))[:MOST_GATES]
    rest = [gate for gate in gates if not any(_same(gate.fact, fact) for fact in world.facts)]
    found = _values(checker, left, right, world, rest)
    if found:
        return "it also needs " + " or ".join(found)
    others = tuple(fact for fact in world.facts if fact not in given)
    free = [gate for gate in gates if not any(_same(gate.fact, fact) for fact in others)]
    found = _values(checker, left, right, replace(world, facts=others), free)
    return "it holds with " + " or ".join(found) + " instead" if found else ""


def missing_approach(checker: Checker, left: s.Node, right: s.Node, world: World) -> str:
    """What else would have to approach a value for a claimed limit that is another; empty where nothing is found."""
    limits = [side for side in (left, right) if isinstance(side, s.Limit)]
    names = {checker.sheet.knowledge.names.ref(x.name) for limit in limits for x in limit.approaches}
    like = next(iter(sorted(names, key=str)), None)
    if like is None or like.time is None:
        return ""
    keys = {name.key for name in names}
    fact = Fact(like.key, like.time, Property.VALUE, "", left.span.start, True)
    rest = [gate for gate in list(_gates(checker, fact, left, right))[:MOST_GATES] if gate.fact.key not in keys]

    def proves(setting: Setting, budget: Budget) -> bool:
        more = tuple(gate.tending(value) for gate, value in setting.items())
        one, other = (
            replace(x, approaches=(*x.approaches, *more)) if isinstance(x, s.Limit) else x for x in (left, right)
        )
        return checker.judge.proves(one, other, world, budget)

    settings = _smallest(checker, rest, proves)
    texts = (" and ".join(gate.tending_text(value) for gate, value in x.items()) for x in settings)
    return "it also needs " + " or ".join(texts) if settings else ""


def _values(checker: Checker, left: s.Node, right: s.Node, world: World, gates: Sequence[Candidate]) -> list[str]:
    """The smallest settings of some gates that prove the step, as the author would write them."""

    def proves(setting: Setting, budget: Budget) -> bool:
        facts = (*world.facts, *(gate.at(value) for gate, value in setting.items()))
        return checker.judge.proves(left, right, replace(world, facts=facts), budget)

    settings = _smallest(checker, gates, proves)
    return [" and ".join(f"{gate.text} = {value}" for gate, value in x.items()) for x in settings]


def _smallest(
    checker: Checker, gates: Sequence[Candidate], proves: Callable[[Setting, Budget], bool]
) -> list[dict[Candidate, int]]:
    """The settings with the fewest gates that prove a step; none where the budget ends."""
    budget = Budget(QUICK_UNITS, checker.options.time_limit)
    try:
        found = smallest_settings(gates, lambda x: 0 < len(x) <= MOST_MISSING and proves(x, budget))
    except (BudgetError, SheetError):
        return []
    fewest = min(map(len, found), default=0)
    return [setting for setting in found if len(setting) == fewest]


def _same(one: Fact, other: Fact) -> bool:
    return (one.key, one.time) == (other.key, other.time)


def _gates(checker: Checker, like: Fact, *sides: s.Node) -> Iterator[Candidate]:
    """The gates that a step rests on, at the time of a value that is supposed."""
    knowledge = checker.sheet.knowledge
    for key in sorted(knowledge.reachable(*sides)):
        symbol = knowledge.names.bases.get(key)
        if symbol is not None and key in knowledge.names.timed and _is_gate(knowledge, key, symbol):
            kind = Property.FUNCTION if _is_pre_activation(knowledge, key) else Property.VALUE
            yield from _candidate(checker, Fact(key, like.time, kind, "", like.offset, True))


def _is_gate(knowledge: Knowledge, key: str, symbol: s.Symbol) -> bool:
    node = knowledge.families[key].node if key in knowledge.families else None
    if _is_pre_activation(knowledge, key):
        return True
    return _is_sigmoid(node) if node is not None else symbol.base in GATES


def _is_sigmoid(node: s.Node) -> bool:
    return isinstance(node, s.Call) and node.function in SATURATING and not node.order and node.power is None


def _is_pre_activation(knowledge: Knowledge, key: str) -> bool:
    """Whether a definition takes σ of a name, as in ``σ(f_t) ⊙ C_{t-1}``."""
    return any(True for _ in _calls(knowledge, key))


def _calls(knowledge: Knowledge, key: str) -> Iterator[s.Call]:
    for name in sorted(knowledge.families):
        definition = knowledge.families[name].node
        for node in () if _is_sigmoid(definition) else definition.walk():
            if isinstance(node, s.Call) and _is_sigmoid(node) and isinstance(node.arguments[0], s.Symbol):
                ref = knowledge.names.ref(node.arguments[0])
                if ref.key == key and ref.time is not None and ref.time.offset == 0:
                    yield node


def _candidate(checker: Checker, fact: Fact) -> Iterator[Candidate]:
    """The gate with the author's own writing of it, from its first occurrence at that time."""
    knowledge = checker.sheet.knowledge
    if fact.kind is Property.FUNCTION:
        calls = [x for x in _calls(knowledge, fact.key) if knowledge.names.ref(_argument(x)).time == fact.time]
        yield from (_written(replace(fact, node=x), x, _argument(x), checker.source) for x in calls[:1])
        return
    found = (
        node for node in _symbols(checker) if (ref := knowledge.names.ref(node)).key == fact.key and fact.covers(ref)
    )
    yield from (_written(fact, node, node, checker.source) for node in islice(found, 1))


def _written(fact: Fact, node: s.Node, name: s.Symbol, source: Source) -> Candidate:
    return Candidate(fact, source.slice(node.span), name, source.slice(name.span))


def _argument(call: s.Call) -> s.Symbol:
    return cast(s.Symbol, call.arguments[0])


def _symbols(checker: Checker) -> Iterator[s.Symbol]:
    statements = (x.sentence for x in checker.sheet.entries if isinstance(x.sentence, s.Statement))
    return (node for x in statements for item in x.items for node in item.walk() if isinstance(node, s.Symbol))


def loose_argument(facts: Sequence[Fact], found: Judgement, checker: Checker, world: World) -> str:
    """Why a step is not wrong under ``σ(f_t) = 0``: f_t stands in it apart from the σ that has the value."""
    arguments: dict[Term, str] = {}
    for fact in facts:
        if fact.kind is Property.FUNCTION and isinstance(fact.node, s.Call):
            for value in checker.elaborator.elaborate(fact.node.arguments[0], world):
                arguments[value.term] = checker.source.slice(fact.node.arguments[0].span)
    sides = [side for attempt in found.attempts for side in (attempt.left, attempt.right)]
    place = next((term for term in postorder(sides) if term in arguments), None)
    return "" if place is None else f"{arguments[place]} stands here apart from the function that has a value"
