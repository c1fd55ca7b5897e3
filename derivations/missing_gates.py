"""Which gate values are missing: a step that fails under the values that are supposed, but holds with one or two more.

The same search as that of a cell's settings (:mod:`derivations.gates`), over the gates of a sheet; what is named is
proved.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from itertools import islice
from typing import TYPE_CHECKING, cast

from derivations.budget import Budget
from derivations.errors import BudgetError, SheetError
from derivations.facts import Fact, Property
from derivations.gates import smallest_settings
from derivations.reading import surface as s
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
    """A gate of the sheet: the fact that says its value, as yet without one, and how the author writes it."""

    fact: Fact
    text: str

    def at(self, value: int) -> Fact:
        return replace(self.fact, value=Fraction(value), text=f"{self.text} = {value}")


def missing(checker: Checker, left: s.Node, right: s.Node, world: World) -> str:
    """What else would have to be supposed for a step that fails under gate values; empty where nothing is found."""
    given = [fact for fact in world.facts if fact.kind in SET]
    if not given or any(isinstance(x, s.Partial) for side in (left, right) for x in side.walk()):
        return ""
    gates = list(_gates(checker, given[0], left, right))[:MOST_GATES]
    rest = [gate for gate in gates if not any(_same(gate.fact, fact) for fact in world.facts)]
    found = _search(checker, left, right, world, rest)
    if found:
        return "it also needs " + " or ".join(found)
    others = tuple(fact for fact in world.facts if fact not in given)
    free = [gate for gate in gates if not any(_same(gate.fact, fact) for fact in others)]
    found = _search(checker, left, right, replace(world, facts=others), free)
    return "it holds with " + " or ".join(found) + " instead" if found else ""


def _search(checker: Checker, left: s.Node, right: s.Node, world: World, gates: Sequence[Candidate]) -> list[str]:
    """The smallest settings of some gates that prove the step, as the author would write them."""
    budget = Budget(QUICK_UNITS, checker.options.time_limit)

    def works(setting: dict[Candidate, int]) -> bool:
        if not 0 < len(setting) <= MOST_MISSING:
            return False
        facts = (*world.facts, *(gate.at(value) for gate, value in setting.items()))
        return checker.judge.proves(left, right, replace(world, facts=facts), budget)

    try:
        settings = smallest_settings(gates, works)
    except (BudgetError, SheetError):
        return []
    fewest = min(map(len, settings), default=0)
    return [" and ".join(f"{g.text} = {v}" for g, v in x.items()) for x in settings if len(x) == fewest]


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
        yield from (Candidate(replace(fact, node=x), checker.source.slice(x.span)) for x in calls[:1])
        return
    found = (
        node for node in _symbols(checker) if (ref := knowledge.names.ref(node)).key == fact.key and fact.covers(ref)
    )
    yield from (Candidate(fact, checker.source.slice(node.span)) for node in islice(found, 1))


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
