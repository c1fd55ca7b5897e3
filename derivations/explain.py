"""Why a step is wrong: what it disagrees with, what it follows from, how it is mended."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

from derivations.chains import chain_break
from derivations.circumstances import Circumstances
from derivations.conventions import Conventions
from derivations.names import Ref
from derivations.paths import Paths
from derivations.reading import surface as s
from derivations.report import Repair, Verdict
from derivations.rounding import expected_values
from derivations.witnessing import bear_witness

if TYPE_CHECKING:
    from derivations.check import Checker
    from derivations.follow_ups import FollowUps
    from derivations.repairs import Repairs
    from derivations.reporting import Judged
    from derivations.truth import Truth


class Explainer:
    """Explains the wrong steps of one sheet; what only they need is loaded with the first of them."""

    def __init__(self, checker: Checker, conventions: Conventions) -> None:
        self.about = Circumstances(checker, conventions)
        self.paths = Paths(checker.judge)

    @cached_property
    def follow_ups(self) -> FollowUps:
        from derivations.follow_ups import FollowUps

        return FollowUps(self.about)

    @cached_property
    def repairs(self) -> Repairs:
        return self._repairs(self.about)

    @cached_property
    def truth(self) -> Truth:
        from derivations.truth import Truth

        return Truth(self.about)

    @staticmethod
    def _repairs(about: Circumstances) -> Repairs:
        from derivations.repairs import Repairs

        return Repairs(about)

    def explain(self, judged: list[Judged], quick: bool = False) -> bool:
        """Complete the steps of ``judged`` in place, in the order of the sheet; whether all were.

        Those that are known are explained already; ``quick`` leaves out why the others are wrong.
        """
        bear_witness(self.about, judged)
        whole = True
        for item in judged:
            wrong = _is_plainly_wrong(item)
            if item.known and wrong:
                self.follow_ups.note(item)
            elif wrong and quick:
                whole = False
            elif not item.known:
                self._say_paths(item)
                if wrong:
                    self._explain(item)
                elif item.report.verdict is Verdict.WRONG and self.about.of_probabilities(item):
                    whole = whole and not quick
                    self._mend(item, quick)
        return whole

    def conclude(self, judged: list[Judged]) -> None:
        """Say what only whole chains tell, in place, after :meth:`explain`."""
        for chain in _chains(judged):
            self.follow_ups.tell_of_cancelling(chain)

    def _explain(self, item: Judged) -> None:
        self._headline(item)
        if not self.follow_ups.explains(item):
            self._own_slip(item)
        values = expected_values(item.left, item.right, item.world, self.about.checker)
        item.report.expected = self.truth.expected(item) or values
        self.follow_ups.note(item)

    def _mend(self, item: Judged, quick: bool) -> None:
        """An edit that mends a step about probabilities, which hangs on no derivative."""
        item.report.repair = None if quick else self.repairs.repair(item) or self.repairs.repair_twice(item)
        if item.report.repair is not None:
            item.report.code = item.report.repair.code

    def _say_paths(self, item: Judged) -> None:
        """Which of the ways to the loss a claim covers, where it does not cover all."""
        step = item.report
        if item.found.right and step.verdict in (Verdict.PROVED, Verdict.HOLDS):
            note = self.paths.note(item.left, item.right, item.world, self.about.conventions.pick(item.found)[0])
            step.reading += [note] if note else []
        elif step.verdict is Verdict.WRONG:
            step.why = "; ".join(filter(None, (step.why, self.paths.alone(item.left, item.right, item.world))))

    def _headline(self, item: Judged) -> None:
        step = item.report
        first = self.about.first(item)
        if step.code == "unequal" and isinstance(first, s.Partial):
            step.code = "wrong-derivative"
            step.headline = (
                f"this is not {self._derivative(first)}"
                if item.number == 0
                else f"this step does not follow from the definition of {self._named(first.of)}"
            )
        step.related = self._definition_line(first)

    def _derivative(self, node: s.Partial) -> str:
        """A derivative in words; one that is written as a name, or by a macro, by what it is written as."""
        if node.of.span != node.span:
            return f"the derivative of {self.about.text(node.of)}"
        is_vector = isinstance(node.of, s.Symbol) and self.about.knowledge.shapes.get(self._ref(node.of).key)
        return self.about.text(node) if is_vector else f"the derivative of the loss, {self.about.text(node)}"

    def _named(self, node: s.Node) -> str:
        """A quantity as the author writes it."""
        known = self.about.texts.get(self._ref(node)) if isinstance(node, s.Symbol) else None
        return known or self.about.text(node)

    def _ref(self, symbol: s.Symbol) -> Ref:
        return self.about.knowledge.names.ref(symbol)

    def _definition_line(self, first: s.Node) -> tuple[int, str] | None:
        of = first.of if isinstance(first, s.Partial) else first
        if not isinstance(of, s.Symbol):
            return None
        definition = self.about.knowledge.definition(self._ref(of))
        return None if definition is None else (definition.line, f"{self._named(of)} is defined here")

    def _own_slip(self, item: Judged) -> None:
        """A slip of the step's own: an edit that mends it, a factor too many, or a formula for scalars."""
        from derivations.follow_ups import ONLY_SCALAR

        step = item.report
        step.repair = self._smallest(item)
        if step.repair is not None:
            step.code = step.repair.code
        elif self._chain(item):
            return
        elif not self.about.checker.sheet.scalars_only and self.follow_ups.right_for_scalars(item):
            step.code, step.why = "scalar-only", ONLY_SCALAR

    def _smallest(self, item: Judged) -> Repair | None:
        """The repair of a step; where it carries an earlier wrong step on, one with that in force may be smaller."""
        own = self.repairs.repair(item)
        for root, about in self.follow_ups.worlds_above(item):
            repair = self._repairs(about).repair(item)
            if repair is not None and (own is None or _size(repair) < _size(own)):
                item.report.builds_on = root.line
                item.report.because(f"it carries line {root.line} on, which is wrong, and has a slip of its own")
                return repair
        return own or self.repairs.repair_twice(item)

    def _chain(self, item: Judged) -> bool:
        """A chain of derivatives that does not link, and the factor without which it does."""
        for side in (item.left, item.right):
            partials = [f for f in side.factors if isinstance(f, s.Partial)] if isinstance(side, s.Mul) else []
            if not isinstance(side, s.Mul) or len(partials) != len(side.factors) or chain_break(partials) is None:
                continue
            extra = next(
                (k for k in range(len(partials)) if chain_break(partials[:k] + partials[k + 1 :]) is None), None
            )
            if extra is None or chain_break(partials[::-1]) is None:
                continue
            self._extra_factor(item, side, partials, extra)
            return True
        return False

    def _extra_factor(self, item: Judged, side: s.Mul, partials: list[s.Partial], extra: int) -> None:
        step = item.report
        text = self.about.text(partials[extra])
        step.code = "extra-factor"
        step.headline = "this chain of derivatives has a factor too many"
        rest = partials[:extra] + partials[extra + 1 :]
        chain = s.Mul(side.span, tuple(rest), ("",) * (len(rest) - 1))
        linked = replace(item, left=chain) if side is item.left else replace(item, right=chain)
        note = self._without(linked)
        ends = f"from {self.about.text(rest[0].of)} to {self.about.text(rest[-1].by)}"
        step.why = f"{text} does not link to its neighbours; without it the chain links {ends}; {note}"

    def _without(self, linked: Judged) -> str:
        if self.about.proves(self.about.checker.judge, linked.left, linked.right, linked):
            return "the step is then right"
        return "its value is wrong as well"


def _is_plainly_wrong(item: Judged) -> bool:
    """Whether a step is wrong under every reading, not by words or counts alone."""
    found = item.found
    return item.report.verdict is Verdict.WRONG and not found.right and bool(found.best or found.misfit)


def _size(repair: Repair) -> int:
    return len(repair.old) + len(repair.new)


def _chains(judged: list[Judged]) -> list[list[Judged]]:
    """The steps of every statement in which two or more are plainly wrong."""
    found: dict[int, list[Judged]] = {}
    for item in filter(_is_plainly_wrong, judged):
        found.setdefault(item.entry.sentence.span.start, []).append(item)
    return [chain for chain in found.values() if len(chain) > 1]
