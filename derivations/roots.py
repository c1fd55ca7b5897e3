"""What a wrong step puts in force, in the eyes of its author, for the lines below it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from derivations.author_world import Assumption, Leg, Meaning, Slope
from derivations.circumstances import Circumstances
from derivations.elaborate import Elaborator
from derivations.entries import EQUATING, Entry
from derivations.functions import Derivative
from derivations.names import Ref
from derivations.reading import surface as s
from derivations.reading.places import Span
from derivations.tensors import spread
from derivations.terms import Term
from derivations.world import World

if TYPE_CHECKING:
    from derivations.reporting import Judged


class BoundElaborator(Elaborator):
    """An elaborator in which some names stand for given terms."""

    bound: dict[str, Term]

    def value_of(self, ref: Ref, world: World, span: Span) -> Term:
        return self.bound.get(ref.key) or super().value_of(ref, world, span)


@dataclass(frozen=True, slots=True)
class Root:
    """A wrong step and what it puts in force.

    ``keys`` are sets of names: a step must speak of all of one set to be touched. ``misfit`` tells that its shapes do
    not fit, so that only where all dimensions are equal anything can follow.
    """

    line: int
    entry: Entry
    assumed: tuple[Assumption, ...]
    keys: tuple[frozenset[str], ...]
    misfit: bool = False

    @property
    def rule_of(self) -> str:
        """The function whose slope it gets wrong; empty for any other slip."""
        return next((x.function for x in self.assumed if isinstance(x, Slope)), "")

    def touches(self, item: Judged, reached: set[str]) -> bool:
        """Whether a step below may rest on this; ``reached`` are the names that it speaks of, also by definitions."""
        return item.entry is not self.entry and any(keys <= reached for keys in self.keys)


def root_of(about: Circumstances, item: Judged) -> Root | None:
    """What a wrong step puts in force; None where it is about nothing that a later line could name."""
    sentence = item.entry.sentence
    if not isinstance(sentence, s.Statement) or item.entry.kind == "count" or not sentence.links:
        return None
    if sentence.links[item.number].relation not in EQUATING:
        return None
    reader = _Reader(about, item)
    before = sentence.items[: item.number + 1]
    found = [x for node in before for x in reader.assumed(node, item.right)] or [*reader.assumed(item.right, item.left)]
    keys = tuple(frozenset(reader.keys(x)) for x in found)
    misfit = item.found.best is None and item.found.misfit is not None
    return Root(item.report.line, item.entry, tuple(found), keys, misfit) if found else None


class _Reader:
    """Reads the equations of one step."""

    def __init__(self, about: Circumstances, item: Judged) -> None:
        self.about = about
        self.item = item
        self.knowledge = about.knowledge
        self.elaborator = about.checker.elaborator

    def assumed(self, node: s.Node, said: s.Node) -> Iterator[Assumption]:
        """What ``node = said`` puts in force."""
        node = s.ungrouped(node)
        match node:
            case s.Partial(of=s.Function() as function, by=s.Symbol() as by):
                yield Slope(function.function, self._rule(by, said))
            case s.Call(order=1, power=None, arguments=(s.Symbol() as by,)):
                yield Slope(node.function, self._rule(by, said))
            case s.Partial():
                of, by_ = s.ungrouped(node.of), s.ungrouped(node.by)
                if isinstance(of, s.Symbol) and isinstance(by_, s.Symbol) and not (of.component or by_.component):
                    yield Leg(of, by_, said)
            case s.Symbol(component=()):
                yield from self._named(node, said)

    def _named(self, symbol: s.Symbol, said: s.Node) -> Iterator[Assumption]:
        ref = self.elaborator.ref(symbol, World())
        known = self.knowledge.definition(ref)
        if known is None or known.indices:
            return
        if isinstance(known.node, s.Partial) and known.time == ref.time:
            yield from self.assumed(known.node, said)
        letter = ref.time.symbol if ref.time is not None else None
        yield Meaning(ref, replace(known, node=said, letter=letter, time=ref.time, line=self.item.report.line))

    def _rule(self, by: s.Symbol, said: s.Node) -> Derivative:
        """f' with the author's right-hand side."""
        key, world = self.knowledge.names.ref(by).key, self.item.world

        def rule(argument: Term) -> Term:
            elaborator = BoundElaborator(self.knowledge)
            elaborator.bound = {key: argument}
            return spread(elaborator.elaborate(said, world)[0].term, argument.shape)

        return rule

    def keys(self, assumption: Assumption) -> Iterator[str]:
        """The names without which a step cannot rest on an assumption."""
        match assumption:
            case Meaning():
                yield assumption.ref.key
            case Leg():
                yield from (self.knowledge.names.ref(x).key for x in (assumption.of, assumption.by))
