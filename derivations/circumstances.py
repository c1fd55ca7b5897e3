"""What an explanation rests on: the sheet as it was judged, its conventions, and how its author writes."""

from __future__ import annotations

from copy import copy
from dataclasses import replace
from typing import TYPE_CHECKING

from derivations.budget import Budget
from derivations.component_names import UNIT
from derivations.conventions import Conventions
from derivations.elaborate import Elaborator
from derivations.errors import BudgetError
from derivations.judge import Judge
from derivations.judge_probabilities import speaks_of_probabilities
from derivations.names import Ref
from derivations.reading import surface as s
from derivations.reading.places import Span

if TYPE_CHECKING:
    from derivations.check import Checker
    from derivations.reporting import Judged

QUICK_UNITS = 40_000


class Circumstances:
    """One judged sheet, asked whether variants of its steps would be right.

    ``texts`` says how the author writes each quantity.
    """

    def __init__(self, checker: Checker, conventions: Conventions) -> None:
        self.checker = checker
        self.conventions = conventions
        self.knowledge = checker.sheet.knowledge
        self.as_it_is = True  # not the world of an author with a wrong step in force
        self.symbols = self._symbols()
        self.texts = {ref: self._written(symbol) for ref, symbol in self.symbols.items()}

    def proves(self, judge: Judge, left: s.Node, right: s.Node, item: Judged, budget: Budget | None = None) -> bool:
        """Whether a step is proved under the conventions of the sheet; a budget that ends says no."""
        try:
            facts = self.checker.facts_about(left, right)
            world = replace(item.world, mode=self.conventions.mode, facts=facts)
            return judge.proves(left, right, world, budget or self.budget(), self.conventions.transposed)
        except BudgetError:
            return False

    def within(self, judge: Judge) -> Circumstances:
        """The same sheet, read and judged in another world."""
        found = copy(self)
        found.as_it_is = False
        found.checker = copy(self.checker)
        found.checker.judge, found.checker.elaborator = judge, judge.elaborator
        return found

    def budget(self) -> Budget:
        return Budget(QUICK_UNITS, self.checker.options.time_limit)

    def judge(self, elaborator: Elaborator) -> Judge:
        return Judge(elaborator, self.checker.options.seed, self.checker.options.time_limit)

    def _symbols(self) -> dict[Ref, s.Symbol]:
        """Each quantity as the author writes it first; within a macro or for another formula only if nowhere else."""
        found: dict[Ref, s.Symbol] = {}
        symbols = [x for x in self.checker.sheet.symbols() if not x.component]
        for symbol in (*(x for x in symbols if x.base.strip("\\") in self.text(x)), *symbols):
            found.setdefault(self.knowledge.names.ref(symbol), symbol)
        return found

    def _written(self, symbol: s.Symbol) -> str:
        r"""A name as the author writes it; the unit vector of a class k_t, which is not written, as 1_{k_t}."""
        text = self.text(symbol)
        is_class = symbol.base == UNIT and symbol.time is not None and text[0] not in "e1\\"
        return rf"\mathbf{{1}}_{{{text}}}" if is_class else text

    def first(self, item: Judged) -> s.Node:
        """The first item of the step's statement: what the whole chain is about."""
        sentence = item.entry.sentence
        return sentence.items[0] if isinstance(sentence, s.Statement) and item.entry.kind != "count" else item.left

    def of_probabilities(self, item: Judged) -> bool:
        """Whether a step is one about probabilities."""
        return speaks_of_probabilities((item.left, item.right), self.checker.sheet)

    def text(self, node: s.Node) -> str:
        return self.slice(node.span)

    def slice(self, span: Span) -> str:
        return self.checker.source.slice(span)
