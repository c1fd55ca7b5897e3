"""A step between probabilities: whether it holds for every distribution, by sums over all states.

What is proved holds wherever the conditions have a positive probability; what is wrong is shown to be so by a small
distribution, given state by state.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import product
from typing import TYPE_CHECKING, Final

from derivations.budget import Budget
from derivations.calls import rational
from derivations.decide import Decision
from derivations.entries import Sheet
from derivations.errors import BudgetError, SheetError
from derivations.events import OpenError, Probability, UnknownValuesError, is_probability, probability_of
from derivations.joint import Joint, States, is_letter
from derivations.judge import Judgement
from derivations.marginals import Reduction, at_length, lengths, moved_in_time, probabilities_in
from derivations.names import Ref
from derivations.normal_form import prove_equal
from derivations.rational_functions import equal_as_fractions
from derivations.reading import surface as s
from derivations.refute import Search, refute
from derivations.report import Counterexample, Verdict
from derivations.senses import Attempt
from derivations.state_space import StateSpace
from derivations.terms import Term, Var
from derivations.traverse import free_variables, substitute
from derivations.world import Definition, Mode, UnclearError, World

if TYPE_CHECKING:
    from derivations.check import Checker

RULE: Final = "every probability is a sum of states over a sum of states"
WHEREVER: Final = "wherever the conditions have a positive probability"
NO_DISTRIBUTION: Final = "no proof, and no distribution that speaks against it was found"
MOST_UNFOLDED: Final = 50
MOST_SHOWN: Final = 16
LENGTHS: Final = (1, 2, 3, 4)
ALPHABETS: Final = (("1", "2"), ("1", "2", "3"))


def speaks_of_probabilities(sides: Sequence[s.Node], sheet: Sheet) -> bool:
    """Whether a probability stands in a step, directly or through the definition of a name.

    Where all of them have equations of their own, as the outputs of a network have, they are quantities like others.
    """
    knowledge = sheet.knowledge
    found = {x for x in knowledge.reachable(*sides) if _is_probable(x, sheet)}
    return any(not knowledge.defined(key) for key in found)


def _is_probable(key: str, sheet: Sheet) -> bool:
    symbol = sheet.knowledge.names.bases.get(key)
    return symbol is not None and is_probability(symbol)


def unfolded(node: s.Node, sheet: Sheet, depth: int = 0) -> s.Node:
    """A tree with the names that stand for formulas about probabilities written out.

    Raises OpenError where such a formula holds at one time alone or cannot be moved to another one.
    """
    knowledge = sheet.knowledge

    def change(x: s.Node) -> s.Node:
        if not isinstance(x, s.Symbol) or is_probability(x):
            return x
        ref = knowledge.names.ref(x)
        if not any(_is_probable(key, sheet) for key in knowledge.reachable(x)):
            return x
        found = knowledge.families.get(ref.key)
        if found is None or ref in knowledge.instances or found.indices or depth > MOST_UNFOLDED:
            raise OpenError(f"{ref.key} is not written out in probabilities")
        return s.Group(x.span, unfolded(_at_time(found, x, ref), sheet, depth + 1))

    return node.rewritten(change)


def _at_time(found: Definition, symbol: s.Symbol, ref: Ref) -> s.Node:
    """A definition where it is used: with the indices of events moved along."""
    if found.letter is None:
        return found.node
    if ref.time is None or ref.time.symbol is None or found.time is None:
        raise OpenError(f"{ref.key} is defined at any time and used at none")
    shift = s.Time(ref.time.symbol, ref.time.offset - found.time.offset)
    return moved_in_time(found.node, found.letter, shift)


def judge_probabilities(left: s.Node, right: s.Node, world: World, checker: Checker) -> Judgement:
    """Judge ``left = right`` by the laws of probability; undecided where the sheet leaves open what would decide."""
    try:
        return _Step(left, right, world, checker).judged()
    except OpenError as error:
        return Judgement(decision=Decision(Verdict.UNDECIDED, str(error)))
    except UnclearError as error:
        return Judgement(unclear=error)
    except SheetError as error:
        return Judgement(decision=Decision(Verdict.UNDECIDED, f"this step about probabilities is not read: {error}"))


class _Step:
    """One step under every choice of what the sheet leaves open."""

    def __init__(self, left: s.Node, right: s.Node, world: World, checker: Checker) -> None:
        self.checker, self.world = checker, world
        self.space = checker.sheet.states
        self.sides = [unfolded(side, checker.sheet) for side in (left, right)]
        self.told = ""
        self.budget = Budget(seconds=checker.options.time_limit)
        for side in self.sides:
            refuse_unread(side)

    def judged(self) -> Judgement:
        letters = sorted(set().union(*map(lengths, self.sides)))
        try:
            found = self._at_any_values(self.sides, self.space)
        except OpenError:
            if len(letters) != 1:
                raise
            found = None
        if len(letters) == 1 and (found is None or not found.right):
            return self._at_lengths(letters[0])
        return found or Judgement(decision=Decision(Verdict.UNDECIDED, NO_DISTRIBUTION))

    def _at_lengths(self, letter: str) -> Judgement:
        """A step at some lengths of its sequence: wrong if it is at one, else it holds as far as that."""
        for length in LENGTHS:
            sides = [at_length(side, letter, length) for side in self.sides]
            found = self._at_any_values(sides, self.space)
            if not found.right:
                decision = found.decision or Decision(Verdict.UNDECIDED, NO_DISTRIBUTION)
                return Judgement(decision=decision.but(f"at {letter} = {length}"))
        return _weaker(found, f"proved for {letter} = {LENGTHS[0]} to {LENGTHS[-1]}; no proof for every {letter}")

    def _at_any_values(self, sides: Sequence[s.Node], space: StateSpace) -> Judgement:
        """A step where the sheet does not list the values over which it sums: with two of them, and with three."""
        try:
            return self._in(sides, space)
        except UnknownValuesError as error:
            variable = error.variable
        for values in ALPHABETS:
            found = self._at_any_values(sides, space.with_values(variable, values))
            if not found.right:
                decision = found.decision or Decision(Verdict.UNDECIDED, NO_DISTRIBUTION)
                return Judgement(decision=decision.but(f"with {len(values)} values of {variable}"))
        return _weaker(found, f"proved for two and three values of {variable}; no proof for every number of them")

    def _in(self, sides: Sequence[s.Node], space: StateSpace) -> Judgement:
        """A step by the laws alone, else with the values of probabilities that the sheet gives."""
        found = self._by_laws(sides, space, self.world)
        given = [x for side in sides for x in side.walk() if isinstance(x, s.Symbol) and self._is_given(x)]
        if found.right or not given:
            return found
        refs = tuple(self.checker.elaborator.ref(x, self.world) for x in given)
        cut = self._by_laws(sides, space, replace(self.world, cut=(*self.world.cut, *refs)))
        return cut if cut.right else found

    def _is_given(self, symbol: s.Symbol) -> bool:
        """Whether a probability has a value or an equation of its own."""
        knowledge = self.checker.sheet.knowledge
        return is_probability(symbol) and knowledge.defined(knowledge.names.ref(symbol).key)

    def _by_laws(self, sides: Sequence[s.Node], space: StateSpace, world: World) -> Judgement:
        """A step, also where the values that are seen are all."""
        rules: list[str] = []
        reduced = [powers_as_exponentials(Reduction(space.values, rules).reduced(side)) for side in sides]
        terms = [self._term(side, world) for side in reduced]
        probabilities = self._probabilities(reduced, terms)
        self.told = space.told(x for p in probabilities.values() for x in p.both)
        decision = self._decided(terms, probabilities, space)
        assumed = space.where_all_are_seen(x for p in probabilities.values() for x in p.both)
        if decision.verdict is not Verdict.PROVED and assumed is not None:
            other = self._decided(terms, probabilities, assumed)
            if other.verdict is Verdict.PROVED:
                decision = Decision(Verdict.UNDECIDED, assumed.unsaid)
            elif other.verdict is Verdict.UNDECIDED:
                decision = other
        doubt = self._doubt(probabilities.values()) if decision.verdict is Verdict.WRONG else ""
        decision = Decision(Verdict.UNDECIDED, doubt) if doubt else decision
        if decision.verdict is Verdict.PROVED:
            attempt = Attempt(Mode.TOTAL, terms[0], terms[1], frozenset(), False)
            return Judgement(right={Mode.TOTAL: (attempt, replace(decision, log=(*rules, RULE)))})
        return Judgement(decision=decision)

    def _doubt(self, probabilities: Iterable[Probability]) -> str:
        """Why a step may be right although there are distributions for which it is not; empty where nothing is."""
        knowledge, space = self.checker.sheet.knowledge, self.space
        found = list(probabilities)
        events = {event.variable for p in found for event in p.both}
        known = {knowledge.names.bases[key].base for key in knowledge.families if key in knowledge.names.bases}
        if any(_is_probable(key, self.checker.sheet) for key in knowledge.families):
            return "the sheet gives values of probabilities, and what follows from these is not known"
        if any(rational(side) not in (None, 0, 1) for side in self.sides):
            return "a value of a probability may be known from elsewhere"
        if self._shares_a_letter(found):
            return "one letter stands for values of two variables"
        if space.independence:
            return f"the sheet speaks of independence ({space.independence}), in words that are not used here"
        if events & known:
            return f"{min(events & known)} is defined on the sheet, so that other events may determine it"
        heads = sorted({p.measure for p in found})
        if len({head[0].upper() for head in heads}) < len(heads):
            return f"{' and '.join(heads)} may be one distribution"
        return ""

    def _shares_a_letter(self, found: Sequence[Probability]) -> bool:
        """Whether a letter, which has one value, is that of several variables: P(A = a, B = a)."""
        pairs = {(x.value, x.variable) for p in found for x in p.both if x.value and is_letter(x.value)}
        return len({value for value, _ in pairs}) < len(pairs)

    def _term(self, side: s.Node, world: World) -> Term:
        values = self.checker.elaborator.elaborate(side, world)
        if any(value.term is not values[0].term for value in values) or values[0].term.shape:
            raise OpenError("beside probabilities stands something that is no number")
        return values[0].term

    def _probabilities(self, sides: Sequence[s.Node], terms: Sequence[Term]) -> dict[Term, Probability]:
        """The probabilities of the step, by their variables."""
        found: dict[Term, Probability] = {}
        for node in (x for side in sides for x in side.walk()):
            if isinstance(node, s.Symbol) and is_probability(node):
                found[self.checker.elaborator.variable(Ref(node.name))] = probability_of(node.name)
        return {variable: found[variable] for variable in free_variables(terms) if variable in found}

    def _decided(self, terms: Sequence[Term], found: dict[Term, Probability], space: StateSpace) -> Decision:
        """Proved if every choice of values for the letters is, wrong if one is."""
        measures = list(dict.fromkeys(p.measure for p in found.values()))
        joints = [Joint([p for p in found.values() if p.measure == m], space.values) for m in measures]
        cases = [joint.cases() for joint in joints]
        if len(joints) > 1 and any(len(own) > 1 for own in cases):
            raise OpenError("several distributions with letters for their values are not read")
        decisions = []
        for choice in product(*cases):
            row = [States(joint, case) for joint, case in zip(joints, choice, strict=True)]
            of = {variable: (row[measures.index(p.measure)], p) for variable, p in found.items()}
            sides = substitute(list(terms), {variable: states.value(p) for variable, (states, p) in of.items()})
            alone = substitute(list(terms), {variable: states.quotient(p) for variable, (states, p) in of.items()})
            decisions.append(self._one(sides, alone, row))
        return max(decisions, key=lambda decision: (decision.verdict is Verdict.WRONG, decision.verdict.rank))

    def _equal(self, one: Term, other: Term) -> bool:
        found = equal_as_fractions(one, other, self.budget)
        return prove_equal(one, other, self.budget) is not None if found is None else found

    def _divides(self) -> bool:
        """Whether a condition or a denominator might have probability zero."""
        nodes = [node for side in self.sides for node in side.walk()]
        given = any(probability_of(x.name).given for x in nodes if isinstance(x, s.Symbol) and is_probability(x))
        return given or any(isinstance(x, s.Divide) and any(map(is_probability, x.denominator.walk())) for x in nodes)

    def _one(self, sides: Sequence[Term], alone: Sequence[Term], states: Sequence[States]) -> Decision:
        positive = frozenset(x for row in states for x in row.states.values() if isinstance(x, Var))
        why = "; ".join(filter(None, (self.told, WHEREVER if self._divides() else "")))
        try:
            if any(self._equal(one, other) for one, other in (alone, sides)):
                return Decision(Verdict.PROVED, why)
            left, right = sides
            search = refute(left, right, self.checker.options.seed, self.budget, positive)
        except BudgetError as error:
            return Decision(Verdict.UNDECIDED, str(error))
        if search.counterexample is None:
            return Decision(Verdict.UNDECIDED, NO_DISTRIBUTION)
        return Decision(Verdict.WRONG, self.told, counterexample=distribution(search, states))


def refuse_unread(side: s.Node) -> None:
    """Raises OpenError for what the laws do not speak of: derivatives, indices behind a bracket, an event twice."""
    for node in side.walk():
        if isinstance(node, s.Partial):
            raise OpenError("a probability without an equation of its own has derivatives that can be anything")
        if isinstance(node, s.Symbol) and is_probability(node) and (node.time or node.marks or node.component):
            raise OpenError("a probability with an index or a mark behind its bracket is not read")
    for found in probabilities_in(side):
        if len({event.name for event in found.both}) < len(found.both):
            raise OpenError("a probability names the same variable twice")


def _weaker(found: Judgement, why: str) -> Judgement:
    """A proof of some cases alone."""
    right = {mode: (attempt, replace(d, verdict=Verdict.HOLDS).but(why)) for mode, (attempt, d) in found.right.items()}
    return Judgement(right=right)


def powers_as_exponentials(node: s.Node) -> s.Node:
    """Powers of probabilities with exponents that are no numbers as exp of a logarithm."""

    def change(x: s.Node) -> s.Node:
        if not isinstance(x, s.Raise) or rational(x.exponent) is not None or not any(map(is_probability, x.walk())):
            return x
        log = s.Call(x.base.span, x.base.span, "log", (x.base,))
        product = s.Mul(x.span, (s.Group(x.span, x.exponent), log), ("",))
        return s.Call(x.span, x.base.span, "exp", (product,))

    return node.rewritten(change)


def distribution(search: Search, states: Sequence[States]) -> Counterexample | None:
    """A counterexample with the weights of the states as probabilities that sum to one."""
    shown = search.counterexample
    if shown is None:
        return None
    values = dict(shown.values)
    for row in states:
        names = [x.name for x in row.states.values() if isinstance(x, Var) and x.name in values]
        weights = {name: Fraction(str(values.pop(name))) for name in names}
        whole = sum(weights.values())
        values |= _shortened({name: weight / whole for name, weight in weights.items()})
    return replace(shown, values=values)


def _shortened(weights: Mapping[str, Fraction]) -> dict[str, str]:
    """The probabilities of states; of many those apart that are not like most."""
    if len(weights) <= MOST_SHOWN:
        return {name: str(weight) for name, weight in weights.items()}
    usual = Counter(weights.values()).most_common(1)[0][0]
    own = {name: str(weight) for name, weight in weights.items() if weight != usual}
    return {**own, f"each of the {'other' if own else 'states,'} {len(weights) - len(own)}": str(usual)}
