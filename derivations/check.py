"""A sheet from its text to its report: read, understand, judge every step, explain."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace

from derivations.anew import Anew, given_anew, in_doubt
from derivations.conventions import Conventions, choose
from derivations.convolutions import Try
from derivations.counts import judge_count, judge_counting
from derivations.decide import Decision
from derivations.directions import ceiling_of
from derivations.doubts import Case, beside_probabilities, differentiated_as_written, doubt, undefined
from derivations.elaborate import Elaborator
from derivations.entries import EQUATING, NONE, Entry, Sheet
from derivations.entropy_bounds import judge_inequality, speaks_of_divergences
from derivations.errors import InternalError, ShapeError
from derivations.explain import Explainer
from derivations.facts import Fact, Property, in_force
from derivations.inequalities import bounded_instead, introduces_a_bound
from derivations.judge import Judge, Judgement
from derivations.judge_probabilities import judge_probabilities, speaks_of_probabilities
from derivations.layer_claims import judge_layer
from derivations.magnitudes import NO_NUMBERS, judge_magnitudes
from derivations.missing_gates import loose_argument, missing, missing_approach
from derivations.names import Ref
from derivations.one_sense import in_one_sense
from derivations.reading import surface as s
from derivations.reading.documents import read_document
from derivations.reading.parts import parts_of
from derivations.reading.places import Source, Span
from derivations.rechecking import Memory, recheck_of
from derivations.report import Report, StatementReport, Verdict, Witnesses, spare, together
from derivations.reporting import Judged, Reporter
from derivations.rounding import about_the_value, worked_value
from derivations.sheet import understand
from derivations.standing import better
from derivations.stated import Stated, stated_by
from derivations.terms import Term
from derivations.understood import PLAIN, Habits
from derivations.unread import unread_definition
from derivations.world import UnclearError, World

MOST_FRAMES = 20_000
Derivation = tuple[Term, Term, Term]
"""A differentiated term, the variable, and the derived Jacobian."""
Witness = Callable[[Sequence[Derivation], int], Sequence[Witnesses | None]]


@dataclass(frozen=True, slots=True)
class Options:
    """How to check: the seed of every random choice, seconds a statement may take, whether notes count as wrong.

    ``declarations`` are those of a file of their own; see docs/sheets.md.
    """

    seed: int = 0
    time_limit: float = 10.0
    strict: bool = False
    declarations: Source | None = None


def check_sheet(
    source: Source, options: Options = Options(), witness: Witness | None = None, memory: Memory | None = None
) -> Report:
    """Say of every step of a Markdown sheet what it is.

    ``witness`` compares derived Jacobians with an independent engine; it is called once with every derivative of the
    sheet and the seed, and raises InternalError where the two disagree. Sheets in one file are checked one by one.
    ``memory`` holds what was found of earlier texts of the sheet; see :mod:`derivations.rechecking`.
    """
    parts = parts_of(source)
    if len(parts) > 1:
        return together(source.text, [check_sheet(part, options, witness, memory) for part in parts])
    source = replace(source, more=options.declarations) if options.declarations is not None else source
    with recursion(MOST_FRAMES):
        plain = Checker(source, options, witness, memory=memory)
        if not plain.sheet.others:
            return _with_ways(plain, _with_rows(plain))
        checkers = [plain, *(plain.otherwise(habits=x) for x in plain.sheet.others)]
        return min((checker.report() for checker in checkers), key=_not_right)


def _with_ways(plain: Checker, report: Report) -> Report:
    """The report with convolutions taken in the way, of those that the words allow, that makes most right.

    What is right in another way only is not called wrong.
    """
    tries = plain.sheet.ways
    if not plain.elaborator.convolved or not any(map(_is_open, report.statements)):
        return report
    reports = [(plain.otherwise(way=x).report(), x) for x in tries]
    best = min((report, *(found for found, x in reports if x.allowed)), key=_not_right)
    for other, x in reports:
        spare(best, other, f"right as {x.way}; the sheet does not say that this is meant")
    return best


def _is_open(statement: StatementReport) -> bool:
    """Whether a statement could be right under another reading: not where it could not be read at all."""
    kept = statement.verdict in (Verdict.GIVEN, Verdict.PROVED, Verdict.HOLDS)
    return not kept and not any(step.code == "syntax" for step in statement.steps)


def _with_rows(plain: Checker) -> Report:
    """The report with vectors that are defined as rows taken for columns, or for rows, whichever makes more right."""
    report, rows = plain.report(), plain.sheet.written_as_rows
    if not rows or _not_right(report) == 0:
        return report
    return better(report, plain.otherwise(rows=rows).report())


def _not_right(report: Report) -> int:
    """How many statements are not right, wrong ones first of all."""
    verdicts = [statement.verdict for statement in report.statements]
    return sum({Verdict.WRONG: 1000, Verdict.UNCLEAR: 1, Verdict.UNDECIDED: 1}.get(v, 0) for v in verdicts)


@contextmanager
def recursion(frames: int) -> Iterator[None]:
    """A deeper stack inside the block: an unrolled network nests one call a step and name."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, frames))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


class Checker(Reporter):
    """The state of one check."""

    def __init__(
        self,
        source: Source,
        options: Options,
        witness: Witness | None,
        habits: Habits = PLAIN,
        rows: Mapping[str, bool] = NONE,
        way: Try | None = None,
        sentences: Sequence[s.Sentence] | None = None,
        memory: Memory | None = None,
    ) -> None:
        """``sentences`` are those of the source, where they are not simply what :func:`read_document` finds."""
        self.source = source
        self.options = options
        self.witness = witness
        self.ways = (habits, rows, way) if sentences is None else None
        sentences = read_document(source) if sentences is None else sentences
        self.sheet: Sheet = understand(source, sentences, habits, rows, way)
        self.elaborator = Elaborator(self.sheet.knowledge, scalar=self.sheet.scalars_only)
        self.stated: dict[Ref, Stated] = {}
        settings = self.sheet.settings
        self.judge = Judge(
            self.elaborator, options.seed, options.time_limit, settings.value("partial"), settings.value("layout")
        )
        self.anew: tuple[Anew, ...] = ()
        self.anew = given_anew(self)
        self.memory = memory
        self.recheck = recheck_of(self, memory)

    def otherwise(self, habits: Habits = PLAIN, rows: Mapping[str, bool] = NONE, way: Try | None = None) -> Checker:
        """The same check with something of the sheet taken in another way."""
        return Checker(self.source, self.options, self.witness, habits, rows, way, memory=self.memory)

    def again(self, text: str) -> Checker | None:
        """The same check of another text of the sheet; None where the sentences did not come from the text alone."""
        source = replace(self.source, text=text)
        return None if self.ways is None else Checker(source, self.options, None, *self.ways)

    def report(self) -> Report:
        judged = in_one_sense(self.judged(), self)
        conventions = choose([item.found for item in judged], self.sheet)
        self._explain(judged, conventions)
        report = Report(self.source.name, self.source.text, self.options.seed)
        report.cells, report.files = tuple(self.source.cells), self.source.files
        if self.source.more is not None:
            report.more = (self.source.more.name, self.source.more.text)
        report.conventions = conventions.described(self.sheet)
        report.grounds = conventions.grounds_of(self.sheet)
        if not self.elaborator.convolved:
            report.conventions.pop("convolutions", None)
            report.grounds.pop("convolutions", None)
        report.symbols = self._symbols()
        report.statements = [self._statement(entry, judged) for entry in self.sheet.entries]
        return report

    # Judging

    def judged(self, among: Callable[[Entry], bool] = lambda _: True) -> list[Judged]:
        """The steps of the sheet, or of some of its entries, with their judgements."""
        steps = self.judge_entry if self.recheck is None else self.recheck.judged
        return [step for entry in self.sheet.entries if among(entry) for step in steps(entry)]

    def _explain(self, judged: list[Judged], conventions: Conventions) -> None:
        """Give every step its record and say why it is wrong; what is known of earlier checks is used."""
        explainer = Explainer(self, conventions)
        if self.recheck is None:
            self.settle(judged, conventions)
            explainer.explain(judged)
        else:
            self.recheck.explain(judged, conventions, explainer)
        explainer.conclude(judged)

    def settle(self, judged: Sequence[Judged], conventions: Conventions) -> None:
        """Give every step its record, under the conventions of the sheet."""
        for item in judged:
            self.judge.exhibit(item.found, conventions.mode)
            item.step = self._step(item, conventions)

    @staticmethod
    def world_of(statement: s.Statement) -> World:
        """How the names of a statement are read."""
        return World(floor_of(statement), ceiling=ceiling_of(statement))

    def judge_entry(self, entry: Entry) -> Iterator[Judged]:
        """The steps of an entry with their judgements."""
        sentence = entry.sentence
        if isinstance(sentence, s.Unreadable):
            return
        if entry.kind == "count":
            yield self._judge_spoken(entry) if entry.spoken is not None else judge_count(entry, self)
            return
        world = self.world_of(sentence)
        for number, link in enumerate(sentence.links):
            left, right = sentence.items[number], sentence.items[number + 1]
            found = Judgement()
            if introduces_a_bound(sentence, self):
                entry.assumed = True
            if link.relation not in EQUATING and not entry.assumed:
                found = self._magnitudes(link, left, right, world)
                case = Case(left, right, found, self.sheet, self.elaborator)
                if not speaks_of_divergences(left, right):
                    found = bounded_instead(link.sign, case, world, self)
            elif not entry.assumed and (number > 0 or number not in entry.given):
                found = self.judge_step(left, right, world, not sentence.display)
                found = worked_value(found, left, right, world, self)
                if entry.restricted and found.verdict is Verdict.WRONG:
                    found = self._undecided(found, f"it is claimed only under a condition: {entry.restricted}")
            self.stated.update(stated_by(sentence, number, found.verdict, found, self))
            yield Judged(entry, number, left, right, world, found)

    def _judge_spoken(self, entry: Entry) -> Judged:
        number = entry.sentence.items[0] if isinstance(entry.sentence, s.Statement) else None
        if entry.spoken is None or number is None:
            raise InternalError("no count is stated here")
        subject = replace(number, span=entry.spoken.span)
        return Judged(entry, 0, subject, number, World(), judge_layer(entry.spoken))

    def _magnitudes(self, link: s.Link, left: s.Node, right: s.Node, world: World) -> Judgement:
        """Numbers that are about the same or in order; of derivatives and matrices the digits are compared."""
        found = judge_magnitudes(link, left, right, world, self)
        if link.relation is s.Relation.COMPARE and found.verdict is Verdict.UNDECIDED:
            return judge_inequality(link, left, right, world, self) or found
        if found.right or found.unclear is not None or link.relation is not s.Relation.APPROX:
            return found
        told = found.decision is not None and not found.decision.why.startswith(NO_NUMBERS)
        if told and found.verdict is Verdict.UNDECIDED:
            return found
        other = about_the_value(left, right, world, self)
        keep = other is not None and told and other.verdict is Verdict.WRONG and not other.follows
        return found if other is None or keep else other

    def judge_step(self, left: s.Node, right: s.Node, world: World, inline: bool) -> Judgement:
        """One equation under all readings, with what the sheet says of its quantities and the doubts that it leaves."""
        anew = in_doubt(self.anew, left.span.start, lambda: self.sheet.knowledge.reachable(left, right)) or ""
        blocked = str(anew) or self.sheet.settings.blocks(lambda: self._bases(left, right))
        if blocked:
            return Judgement(decision=Decision(Verdict.UNDECIDED, blocked))
        if speaks_of_probabilities((left, right), self.sheet):
            found = judge_probabilities(left, right, world, self)
            return self._undecided(found, beside_probabilities((left, right), self.sheet.knowledge))
        found = self._judge_for_all_sizes(left, right, world, inline)
        sizes = tuple(self.sheet.settings.sizes.items())
        if found.right or not sizes:
            return found
        sized = self._judge_for_all_sizes(left, right, replace(world, sizes=sizes), inline)
        why = "for " + ", ".join(f"{key} = {value}" for key, value in sizes)
        if found.misfit is not None and any(value == 1 for _, value in sizes):
            return self._undecided(found, "where a size is 1 the shapes may fit; declare scalars")
        sized.right = {mode: (attempt, decision.but(why)) for mode, (attempt, decision) in sized.right.items()}
        return found if sized.verdict is Verdict.WRONG else sized

    def _judge_for_all_sizes(self, left: s.Node, right: s.Node, world: World, inline: bool) -> Judgement:
        found = self._under_facts(left, right, world)
        if (found.derivative or self.sheet.said_scalar) and self.sheet.perhaps_vectors is not None:
            return self._perhaps_of_vectors(self.sheet.perhaps_vectors)
        if found.verdict in (Verdict.PROVED, Verdict.HOLDS):
            self._require_known_variables(left, right, found)
            unread = unread_definition(Case(left, right, found, self.sheet, self.elaborator, inline))
            return Judgement(decision=Decision(Verdict.UNDECIDED, unread), derivative=True) if unread else found
        counted = judge_counting(left, right, world, self)
        if counted is not None and (counted.right or (found.misfit and not found.decision)):
            return counted
        if found.verdict is Verdict.WRONG:
            self.consider(Case(left, right, found, self.sheet, self.elaborator, inline))
        if found.verdict is Verdict.WRONG and found.derivative and self.sheet.settings.value("partial"):
            found.otherwise = self._in_another_sense(left, right, world)
        return found

    def _perhaps_of_vectors(self, words: Span) -> Judgement:
        """No formula has a shape, but the words speak of vectors: a formula for numbers may not hold for these."""
        said = f"{self.source.where(words.start)} speaks of vectors or matrices, but no formula says what is one"
        return Judgement(decision=Decision(Verdict.UNDECIDED, f"{said}; declare shapes, or say that all are scalars"))

    def _in_another_sense(self, left: s.Node, right: s.Node, world: World) -> str:
        mode = self.judge.in_any_sense(left, right, world)
        where = self.sheet.settings.where("partial")
        return f"it is right with ∂ {mode.value}, but {where} declares another sense" if mode else ""

    def _bases(self, *sides: s.Node) -> set[str]:
        """The letters of the names that a step speaks of, directly or through definitions."""
        knowledge = self.sheet.knowledge
        return {knowledge.names.bases[key].base for key in knowledge.reachable(*sides) if key in knowledge.names.bases}

    def _under_facts(self, left: s.Node, right: s.Node, world: World) -> Judgement:
        """The judgement without what the sheet says of quantities and, where the step is not right so, with it."""
        found = self.judge.judge(left, right, world)
        facts = self.facts_about(left, right)
        if found.verdict is Verdict.WRONG:
            found.otherwise = missing_approach(self, left, right, world)
        if found.right or not facts:
            return found
        if any(fact.doubtful for fact in facts):
            return self._undecided(found, "the sheet says something of it in words that were not understood")
        given = self.judge.judge(left, right, replace(world, facts=facts))
        why = "given that " + ", ".join(dict.fromkeys(fact.text for fact in facts))
        if not given.right and self._constrained(facts, left, right):
            return self._undecided(given, "a derivative by something that is not free to vary in every entry")
        if given.verdict is Verdict.WRONG:
            told = loose_argument(facts, given, self, world)
            if told:
                return self._undecided(given, told)
            given.otherwise = missing(self, left, right, replace(world, facts=facts))
        given.right = {mode: (attempt, decision.but(why)) for mode, (attempt, decision) in given.right.items()}
        return given

    def facts_about(self, left: s.Node, right: s.Node) -> tuple[Fact, ...]:
        """The facts in force that speak of what a step rests on, also through what a name is said to stand for."""
        facts = in_force(self.sheet.facts, self.source, left.span.start)
        ties = [fact.node for fact in facts if fact.kind is Property.TIED and fact.node is not None]
        near = self.sheet.knowledge.reachable(left, right, *ties)
        return tuple(fact for fact in facts if fact.key in near)

    def _constrained(self, facts: Sequence[Fact], *sides: s.Node) -> bool:
        """Whether a derivative is taken by a quantity that a fact speaks of."""
        names = self.sheet.knowledge.names
        by = [x.by for side in sides for x in side.walk() if isinstance(x, s.Partial) and isinstance(x.by, s.Symbol)]
        return any(fact.covers(names.ref(x)) for fact in facts for x in by if isinstance(x, s.Symbol))

    def _undecided(self, found: Judgement, reason: str) -> Judgement:
        if found.unclear or found.verdict is not Verdict.WRONG or not reason:
            return found
        return Judgement(decision=Decision(Verdict.UNDECIDED, reason), derivative=found.derivative)

    def _require_known_variables(self, left: s.Node, right: s.Node, found: Judgement) -> None:
        """A derivative by a name that no definition speaks of says nothing, but of a formula that speaks of it."""
        names = self.sheet.knowledge.names
        known = self.sheet.introduced | differentiated_as_written(names, (left, right))
        for side in (left, right):
            for node in side.walk():
                by = node.by if isinstance(node, s.Partial) else None
                if isinstance(by, s.Symbol) and names.ref(by).key not in known:
                    message = f"{self.source.slice(by.span)} is not defined on this sheet"
                    found.right.clear()
                    found.unclear = UnclearError(message, by.span, "a defined name")
                    return

    def consider(self, case: Case) -> None:
        """Take back a ``wrong`` that the sheet does not say enough for."""
        unknown, reason = undefined(case), doubt(case)
        if unknown is not None:
            text = self.source.slice(unknown.span)
            case.found.unclear = UnclearError(f"{text} is not defined on this sheet", unknown.span, "a defined name")
        elif reason:
            case.found.decision, case.found.misfit = Decision(Verdict.UNDECIDED, reason), None
        elif case.found.misfit is not None and not case.found.derivative:
            told = self.sheet.misfit((case.left, case.right))
            case.found.misfit = ShapeError(told) if told else case.found.misfit


def floor_of(statement: s.Statement) -> tuple[tuple[str | None, int], ...]:
    """The times at which unfolding stops: one step before the earliest that the statement itself names.

    Plain numbers count from an initial state at time 0. In a limit the earlier of two times is taken as it stands: the
    c_{t-1} that c_t approaches as a bias grows is what it is.
    """
    nodes = [node for item in statement.items for node in item.walk()]
    limited = any(isinstance(node, s.Limit) for node in nodes)
    offsets: dict[str | None, set[int]] = {None: {0}}
    for node in nodes:
        if isinstance(node, s.Symbol) and node.time is not None:
            offsets.setdefault(node.time.symbol, set()).add(node.time.offset)
    lowest: dict[str | None, int] = {None: min(offsets.pop(None))}
    for letter, named in offsets.items():
        lowest[letter] = min(named) if limited and len(named) > 1 else min(0, min(named) - 1)
    return tuple(sorted(lowest.items(), key=str))
