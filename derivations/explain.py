"""Why a step is wrong, what only follows from it, and the smallest edit that mends it."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING

from derivations.budget import Budget
from derivations.chains import chain_break
from derivations.component_names import UNIT, has_components
from derivations.conventions import Conventions
from derivations.edits import Edit, edits
from derivations.elaborate import Elaborator
from derivations.errors import BudgetError, SheetError
from derivations.functions import Derivative
from derivations.judge import Judge
from derivations.latex import Printer, written_size
from derivations.names import Ref, ref_text
from derivations.paths import Paths
from derivations.reading import surface as s
from derivations.reading.parser import parse_expression
from derivations.reading.places import Span
from derivations.report import Repair, Step, Verdict
from derivations.rounding import expected_values
from derivations.tensors import spread
from derivations.terms import Term
from derivations.traverse import free_variables
from derivations.world import UnclearError, World

if TYPE_CHECKING:
    from derivations.check import Checker
    from derivations.reporting import Judged

MOST_EDITS = 160
MOST_WRITTEN = 300
QUICK_UNITS = 40_000
ONLY_SCALAR = "it would be right only if everything were a scalar"


class BoundElaborator(Elaborator):
    """An elaborator in which some names stand for given terms."""

    bound: dict[str, Term]

    def value_of(self, ref: Ref, world: World, span: Span) -> Term:
        return self.bound.get(ref.key) or super().value_of(ref, world, span)


class Explainer:
    """Explains the wrong steps of one sheet."""

    def __init__(self, checker: Checker, conventions: Conventions) -> None:
        self.checker = checker
        self.conventions = conventions
        self.knowledge = checker.sheet.knowledge
        self.texts = self._texts()

    def explain(self, judged: list[Judged]) -> None:
        """Complete the steps of ``judged`` in place, in the order of the sheet."""
        self._witness(judged)
        rules: dict[str, tuple[Derivative, int]] = {}
        paths = Paths(self.checker.judge)
        for item in judged:
            step = _step(item)
            self._say_paths(item, paths)
            if step.verdict is not Verdict.WRONG or item.found.right or (not item.found.best and not item.found.misfit):
                continue
            self._headline(item)
            slips = self._slips(item, rules)
            if not slips:
                self._own_slip(item)
            step.expected = self._expected(item) or expected_values(item.left, item.right, item.world, self.checker)
            rule = self._rule(item)
            if rule is not None:
                rules[rule[0]] = (rule[1], step.line)

    def _say_paths(self, item: Judged, paths: Paths) -> None:
        """Which of the ways to the loss a claim covers, where it does not cover all."""
        step = _step(item)
        if item.found.right and step.verdict in (Verdict.PROVED, Verdict.HOLDS):
            note = paths.note(item.left, item.right, item.world, self.conventions.pick(item.found)[0])
            step.reading += [note] if note else []
        elif step.verdict is Verdict.WRONG:
            step.why = "; ".join(filter(None, (step.why, paths.alone(item.left, item.right, item.world))))

    # What is the matter

    def _headline(self, item: Judged) -> None:
        step = _step(item)
        first = self._first(item)
        if step.code == "unequal" and isinstance(first, s.Partial):
            step.code = "wrong-derivative"
            by_name = first.of.span == first.span
            name = f"the loss, {self._text(first)}" if by_name else self._text(first.of)
            step.headline = (
                f"this is not the derivative of {name}"
                if item.number == 0
                else (f"this step does not follow from the definition of {name}")
            )
        related = self._definition_line(first)
        step.related = related

    def _definition_line(self, first: s.Node) -> tuple[int, str] | None:
        of = first.of if isinstance(first, s.Partial) else first
        if not isinstance(of, s.Symbol):
            return None
        definition = self.knowledge.definition(self.knowledge.names.ref(of))
        return None if definition is None else (definition.line, f"{self._text(of)} is defined here")

    def _slips(self, item: Judged, rules: dict[str, tuple[Derivative, int]]) -> bool:
        """Whether the step is explained by an earlier wrong rule, by reading tensors as scalars, or by both."""
        step = _step(item)
        if item.found.follows:
            step.follows_from = item.found.follows
            step.why = f"it follows from line {step.follows_from}, which is wrong; by itself the step is right"
            return True
        for name, (rule, line) in rules.items():
            if self._right_with({name: rule}, item):
                step.follows_from = line
                step.why = (
                    f"it follows from the rule for {name}' of line {line}, which is wrong; by itself the step is right"
                )
                return True
            if self._right_with({name: rule}, item, scalar=True):
                step.code = "scalar-only"
                step.why = f"it uses the wrong rule for {name}' of line {line}, and even with that rule {ONLY_SCALAR}"
                return True
        return False

    def _own_slip(self, item: Judged) -> None:
        """A slip of the step's own: an edit that mends it, a factor too many, or a formula for scalars."""
        step = _step(item)
        if self._chain(item):
            return
        step.repair = self._repair(item)
        if step.repair is not None:
            step.code = step.repair.code
        elif not self.checker.sheet.scalars_only and self._right_with({}, item, scalar=True):
            step.code, step.why = "scalar-only", ONLY_SCALAR

    def _right_with(self, rules: dict[str, Derivative], item: Judged, scalar: bool = False) -> bool:
        elaborator = Elaborator(self.knowledge, rules, scalar or self.checker.sheet.scalars_only)
        return self._proves(self._judge(elaborator), item.left, item.right, item)

    def _proves(self, judge: Judge, left: s.Node, right: s.Node, item: Judged, budget: Budget | None = None) -> bool:
        """Whether a step is proved under the conventions of the sheet; a budget that ends says no."""
        try:
            world = replace(item.world, mode=self.conventions.mode)
            return judge.proves(left, right, world, budget or self._budget(), self.conventions.transposed)
        except BudgetError:
            return False

    def _budget(self) -> Budget:
        return Budget(QUICK_UNITS, self.checker.options.time_limit)

    def _judge(self, elaborator: Elaborator) -> Judge:
        return Judge(elaborator, self.checker.options.seed, self.checker.options.time_limit)

    def _rule(self, item: Judged) -> tuple[str, Derivative] | None:
        """The derivative rule that a wrong step states: f' with the author's right-hand side."""
        first = self._first(item)
        if (
            not isinstance(first, s.Partial)
            or not isinstance(first.of, s.Function)
            or not isinstance(first.by, s.Symbol)
        ):
            return None
        key = self.knowledge.names.ref(first.by).key

        def rule(argument: Term) -> Term:
            elaborator = BoundElaborator(self.knowledge)
            elaborator.bound = {key: argument}
            return spread(elaborator.elaborate(item.right, item.world)[0].term, argument.shape)

        return first.of.function, rule

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
        step = _step(item)
        text = self._text(partials[extra])
        step.code = "extra-factor"
        step.headline = "this chain of derivatives has a factor too many"
        rest = partials[:extra] + partials[extra + 1 :]
        chain = s.Mul(side.span, tuple(rest), ("",) * (len(rest) - 1))
        linked = replace(item, left=chain) if side is item.left else replace(item, right=chain)
        note = self._without(linked)
        ends = f"from {self._text(rest[0].of)} to {self._text(rest[-1].by)}"
        step.why = f"{text} does not link to its neighbours; without it the chain links {ends}; {note}"

    def _without(self, linked: Judged) -> str:
        if self._proves(self.checker.judge, linked.left, linked.right, linked):
            return "the step is then right"
        return "its value is wrong as well"

    # Where it should have led

    def _expected(self, item: Judged) -> str | None:
        first = self._first(item)
        if not isinstance(first, s.Partial) or has_components(first):
            return None
        sinks = self.checker.elaborator.sinks((item.left, item.right), item.world)
        world = replace(item.world, mode=self.conventions.mode, sinks=sinks)
        try:
            value = self.checker.elaborator.partial(first, world)
        except (UnclearError, SheetError):
            return None
        names = self._with_variables(value.term, self._known(item, world))
        if written_size(value.term, names) > MOST_WRITTEN:
            return None
        return Printer(names).latex(value.term)

    def _known(self, item: Judged, world: World) -> dict[Term, str]:
        """Terms with a name: quantities at the times that the statement speaks of, and the derivatives it uses."""
        found: dict[Term, str] = {}
        elaborator = self.checker.elaborator
        for ref, text in self.texts.items():
            try:
                found.setdefault(elaborator.value_of(ref, world.plain(), Span(0, 0)), text)
            except SheetError:
                continue
        for node in item.right.walk():
            if isinstance(node, s.Partial) and node is not self._first(item):
                try:
                    found.setdefault(elaborator.partial(node, world).term, self._text(node))
                except SheetError:
                    continue
        for ref, term in elaborator.known_values(world.plain()):
            found.setdefault(term, ref_text(ref))
        return {term: text for term, text in found.items() if free_variables([term])}

    def _with_variables(self, term: Term, names: dict[Term, str]) -> dict[Term, str]:
        """Names for the variables that the author does not write at that time."""
        written = {v: ref_text(ref) for v, ref in self.checker.elaborator.refs_of(term)}
        return written | names

    def _texts(self) -> dict[Ref, str]:
        """How the author writes each quantity: its first occurrence."""
        found: dict[Ref, str] = {}
        for entry in self.checker.sheet.entries:
            if isinstance(entry.sentence, s.Statement):
                for item in entry.sentence.items:
                    for node in item.walk():
                        if isinstance(node, s.Symbol) and not node.component:
                            found.setdefault(self.knowledge.names.ref(node), self._written(node))
        return found

    def _written(self, symbol: s.Symbol) -> str:
        r"""A name as the author writes it; the unit vector of a class k_t, which is not written, as 1_{k_t}."""
        text = self._text(symbol)
        is_class = symbol.base == UNIT and symbol.time is not None and text[0] not in "e1\\"
        return rf"\mathbf{{1}}_{{{text}}}" if is_class else text

    # Repair

    def _repair(self, item: Judged) -> Repair | None:
        sides = [(item.right, "right"), (item.left, "left")]
        found = [self._mend(item, side, name) for side, name in sides if name == "right" or isinstance(side, s.Symbol)]
        return next((repair for repair in found if repair is not None), None)

    def _mend(self, item: Judged, side: s.Node, name: str) -> Repair | None:
        """The first edit of one side that makes the step provably right; all edits share one budget."""
        budget = self._budget()
        for edit in islice(edits(side, self._slice, self._names_like), MOST_EDITS):
            text = self._slice(Span(side.span.start, edit.span.start)) + edit.text
            text += self._slice(Span(edit.span.end, side.span.end))
            try:
                node = parse_expression(text)
            except SheetError:
                continue
            left, right = (item.left, node) if name == "right" else (node, item.right)
            if text == self._slice(item.left.span if name == "right" else item.right.span):
                continue  # both sides the same expression: true, and no repair
            if self._proves(self.checker.judge, left, right, item, budget):
                return self._as_repair(edit)
        return None

    def _as_repair(self, edit: Edit) -> Repair:
        place = self.checker.source.place(edit.span.start)
        return Repair(self._slice(edit.span), edit.text, place.line, place.column, edit.code)

    def _names_like(self, symbol: s.Symbol) -> list[tuple[str, str, int]]:
        """Other names of the sheet with the same shape: the same at another time first, then others."""
        own = self.knowledge.names.ref(symbol)
        shapes = self.knowledge.shapes
        found = []
        for ref, text in self.texts.items():
            if ref == own or shapes.get(ref.key) != shapes.get(own.key):
                continue
            if ref.key == own.key:
                found.append((text, "off-by-one", 2))
            else:
                found.append((text, "swapped-name", 4 if ref.time == own.time else 5))
        return found

    # Witnesses

    def _witness(self, judged: list[Judged]) -> None:
        """Every derivative that a statement is about, compared with the independent engine."""
        if self.checker.witness is None:
            return
        cases = [(item, derivation) for item in judged if (derivation := self._derivation(item)) is not None]
        distinct = list(dict.fromkeys(derivation for _, derivation in cases))
        found = self.checker.witness(distinct, self.checker.options.seed) if distinct else []
        errors = dict(zip(distinct, found, strict=True))
        for item, derivation in cases:
            _step(item).witnesses = errors[derivation]

    def _derivation(self, item: Judged) -> tuple[Term, Term, Term] | None:
        first = self._first(item)
        if not isinstance(first, s.Partial) or item.found.unclear is not None:
            return None
        try:
            return self.checker.elaborator.derivation(first, replace(item.world, mode=self.conventions.mode))
        except SheetError:
            return None

    # Small things

    def _first(self, item: Judged) -> s.Node:
        """The first item of the step's statement: what the whole chain is about."""
        sentence = item.entry.sentence
        return sentence.items[0] if isinstance(sentence, s.Statement) and item.entry.kind != "count" else item.left

    def _text(self, node: s.Node) -> str:
        return self._slice(node.span)

    def _slice(self, span: Span) -> str:
        return self.checker.source.slice(span)


def _step(item: Judged) -> Step:
    if item.step is None:
        raise ValueError("the step was not judged yet")
    return item.step
