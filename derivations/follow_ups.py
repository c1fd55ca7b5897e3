"""Which wrong steps only follow from an earlier one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from derivations.circumstances import Circumstances
from derivations.elaborate import Elaborator
from derivations.functions import Derivative
from derivations.names import Ref
from derivations.reading import surface as s
from derivations.reading.places import Span
from derivations.tensors import spread
from derivations.terms import Term
from derivations.world import World

if TYPE_CHECKING:
    from derivations.reporting import Judged

ONLY_SCALAR = "it would be right only if everything were a scalar"


class BoundElaborator(Elaborator):
    """An elaborator in which some names stand for given terms."""

    bound: dict[str, Term]

    def value_of(self, ref: Ref, world: World, span: Span) -> Term:
        return self.bound.get(ref.key) or super().value_of(ref, world, span)


class FollowUps:
    """The wrong rules that a sheet has stated so far, and what is right with them."""

    def __init__(self, about: Circumstances) -> None:
        self.about = about
        self.rules: dict[str, tuple[Derivative, int]] = {}

    def note(self, item: Judged) -> None:
        """Keep what a wrong step states, for the steps after it."""
        rule = self._rule(item)
        if rule is not None:
            self.rules[rule[0]] = (rule[1], item.report.line)

    def explains(self, item: Judged) -> bool:
        """Whether the step is explained by an earlier wrong rule, by reading tensors as scalars, or by both."""
        step = item.report
        if item.found.follows:
            step.follows_from = item.found.follows
            step.why = f"it follows from line {step.follows_from}, which is wrong; by itself the step is right"
            return True
        for name, (rule, line) in self.rules.items():
            if self.right_with({name: rule}, item):
                step.follows_from = line
                step.why = (
                    f"it follows from the rule for {name}' of line {line}, which is wrong; by itself the step is right"
                )
                return True
            if self.right_with({name: rule}, item, scalar=True):
                step.code = "scalar-only"
                step.why = f"it uses the wrong rule for {name}' of line {line}, and even with that rule {ONLY_SCALAR}"
                return True
        return False

    def right_with(self, rules: dict[str, Derivative], item: Judged, scalar: bool = False) -> bool:
        """Whether a step is proved with other rules for the slopes of functions, or with everything a number."""
        elaborator = Elaborator(self.about.knowledge, rules, scalar or self.about.checker.sheet.scalars_only)
        return self.about.proves(self.about.judge(elaborator), item.left, item.right, item)

    def _rule(self, item: Judged) -> tuple[str, Derivative] | None:
        """The derivative rule that a wrong step states: f' with the author's right-hand side."""
        first = self.about.first(item)
        if (
            not isinstance(first, s.Partial)
            or not isinstance(first.of, s.Function)
            or not isinstance(first.by, s.Symbol)
        ):
            return None
        key = self.about.knowledge.names.ref(first.by).key

        def rule(argument: Term) -> Term:
            elaborator = BoundElaborator(self.about.knowledge)
            elaborator.bound = {key: argument}
            return spread(elaborator.elaborate(item.right, item.world)[0].term, argument.shape)

        return first.of.function, rule
