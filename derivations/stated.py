"""The values that a sheet writes for its names: rounded ones, wrong ones, and those that running text gives."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from derivations.digits import Digits, digits_of
from derivations.elaborate import Elaborator
from derivations.errors import SheetError
from derivations.facts import SUPPOSING, Fact, Property
from derivations.judge import Judgement
from derivations.names import Ref
from derivations.reading import surface as s
from derivations.reading.places import Span
from derivations.report import Verdict
from derivations.terms import Term
from derivations.world import World

if TYPE_CHECKING:
    from derivations.check import Checker

DIGITS: Final = "to the digits given"


@dataclass(frozen=True, slots=True)
class Stated:
    """The value that a sheet writes for a name: the term, its digits, the line, and whether it is right."""

    term: Term
    digits: Digits
    line: int
    right: bool


class WithStated(Elaborator):
    """An elaborator that takes values as the sheet states them; ``used`` are the names that were taken so."""

    def __init__(self, ordinary: Elaborator, stated: dict[Ref, Stated]) -> None:
        super().__init__(ordinary.knowledge, ordinary.rules, ordinary.scalar)
        self.stated = stated
        self.used: dict[Ref, None] = {}

    def value_of(self, ref: Ref, world: World, span: Span) -> Term:
        if ref not in self.stated or ref in world.cut:
            return super().value_of(ref, world, span)
        self.used[ref] = None
        return self.stated[ref].term


def values_in_the_text(checker: Checker, offset: int) -> dict[str, list[Fact]]:
    """The values that running text before a place gives to names which have no definition: ``the input is x = 0.5``.

    What is only supposed (``if f_t = 0``) is no such value.
    """
    found: dict[str, list[Fact]] = {}
    for entry in checker.sheet.entries:
        statement = entry.sentence
        if not entry.assumed or not isinstance(statement, s.Statement) or statement.span.start >= offset:
            continue
        symbol, number_ = statement.items[0], statement.items[-1]
        plain = len(statement.links) == 1 and statement.links[0].relation is s.Relation.EQUAL
        if (
            plain
            and isinstance(symbol, s.Symbol)
            and isinstance(number_, s.Number)
            and not SUPPOSING & {*statement.lead}
        ):
            ref = checker.sheet.knowledge.names.ref(symbol)
            text = checker.source.slice(statement.span)
            fact = Fact(ref.key, ref.time, Property.VALUE, text, statement.span.end, True, number_.value)
            found.setdefault(ref.key, []).append(fact)
    return {key: facts for key, facts in found.items() if not checker.sheet.knowledge.defined(key)}


def stated_by(
    statement: s.Statement, place: int, verdict: Verdict, found: Judgement, checker: Checker
) -> Iterator[tuple[Ref, Stated]]:
    """The rounded or wrong value that a step writes for a name; a value that is exact changes nothing."""
    node = statement.items[place + 1]
    digits, ref = digits_of(node, checker.source), _named_by(statement, checker)
    rounded = any(DIGITS in decision.why for _, decision in found.right.values())
    if ref is None or digits is None or not (rounded or verdict is Verdict.WRONG):
        return
    term = _as_written(node, checker)
    if term is not None:
        yield ref, Stated(term, digits, checker.source.place(node.span.start).line, rounded)


def _as_written(node: s.Node, checker: Checker) -> Term | None:
    try:
        return checker.elaborator.elaborate(node, World())[0].term
    except SheetError:
        return None


def _named_by(statement: s.Statement, checker: Checker) -> Ref | None:
    """The name that a statement is about: its first item, or what was defined as that item in the line before."""
    first, knowledge = statement.items[0], checker.sheet.knowledge
    if isinstance(first, s.Symbol):
        return knowledge.names.ref(first)
    families = ((Ref(key), definition) for key, definition in knowledge.families.items())
    pairs = [*knowledge.instances.items(), *families]
    return next((ref for ref, definition in pairs if definition.node.span == first.span), None)
