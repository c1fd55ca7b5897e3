"""Planted slips put before the checker: is the place found, is it mended, and is the old line back?"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from random import Random
from time import process_time
from typing import Any

from derivations.check import Checker, Options, recursion
from derivations.conventions import Conventions, choose
from derivations.explain import Explainer
from derivations.reading import surface as s
from derivations.reading.places import Source, Span
from derivations.report import Repair, Verdict
from derivations.reporting import Judged
from oracle.planted import Planted, slips

FRAMES = 20_000
OPTIONS = Options()


@dataclass(frozen=True, slots=True)
class Mended:
    """What became of a planted slip; ``verdict`` is that of the line with it.

    The place is found where the caret overlaps it, or where an edit elsewhere leads to the old line: of x ⊙ x, where
    one was y, the other may be changed.
    """

    sheet: str
    line: int
    family: str
    verdict: str
    located: bool = False
    proved: bool = False
    same: bool = False
    code: str = ""
    seconds: float = 0.0
    wrong: str = ""
    repair: str = ""


class Bed:
    """A right sheet to plant slips in: its proved claims, and the conventions that hold for it."""

    def __init__(self, name: str, text: str) -> None:
        self.source = Source(name, text)
        with recursion(FRAMES):
            checker = Checker(self.source, OPTIONS, None)
            judged = checker.judged()
            self.conventions: Conventions = choose([item.found for item in judged], checker.sheet)
            checker.settle(judged, self.conventions)
        self.checker = checker
        self.right = [item for item in judged if self._is_right(item, judged)]

    def _is_right(self, item: Judged, judged: Sequence[Judged]) -> bool:
        whole = [x for x in judged if x.entry is item.entry]
        proved = all(x.report.verdict is Verdict.PROVED for x in whole if x.number not in x.entry.given)
        inside = item.right.span.end <= len(self.source.text) and item.right.span.start < item.right.span.end
        return item.entry.kind == "claim" and not item.entry.assumed and proved and inside and item.entry.spoken is None

    def slips(self) -> Iterator[tuple[Judged, Planted]]:
        """Every slip that can be planted into the right sides of its claims."""
        others = self._others()
        for item in self.right:
            if item.report.verdict is Verdict.PROVED:
                names = lambda symbol: others.get(_kind(symbol), [])  # noqa: E731
                yield from (
                    (item, slip) for slip in slips(item.right, self.source.slice, names) if self._inside(item, slip)
                )

    def _inside(self, item: Judged, slip: Planted) -> bool:
        return item.right.span.start <= slip.span.start and slip.span.end <= item.right.span.end

    def _others(self) -> dict[Any, list[str]]:
        found: dict[Any, dict[str, None]] = {}
        for symbol in self.checker.sheet.symbols():
            if symbol.span.end <= len(self.source.text) and not symbol.component:
                found.setdefault(_kind(symbol), {})[self.source.slice(symbol.span)] = None
        return {kind: list(names) for kind, names in found.items()}

    def plant(self, item: Judged, *planted: Planted) -> Mended:
        """Check the line with slips in it, under the conventions of the sheet."""
        text, places = self.source.text, []
        for slip in sorted(planted, key=lambda x: x.span, reverse=True):
            text = text[: slip.span.start] + slip.text + text[slip.span.end :]
            places = [
                (
                    a + len(slip.text) - (slip.span.end - slip.span.start),
                    b + len(slip.text) - (slip.span.end - slip.span.start),
                )
                for a, b in places
            ]
            places.append(_place(slip))
        family = "+".join(slip.family for slip in planted)
        with recursion(FRAMES):
            return self._outcome(item, family, Source(self.source.name, text), places, planted)

    def _outcome(
        self, item: Judged, family: str, source: Source, places: list[tuple[int, int]], planted: Sequence[Planted]
    ) -> Mended:
        blank = Mended(self.source.name, self.source.place(item.right.span.start).line, family, "other")
        checker = Checker(source, OPTIONS, None)
        index = self.checker.sheet.entries.index(item.entry)
        if len(checker.sheet.entries) != len(self.checker.sheet.entries):
            return blank
        entry = checker.sheet.entries[index]
        judged = checker.judged(lambda x: x is entry)
        if len(judged) <= item.number:
            return blank
        checker.settle(judged, self.conventions)
        step = judged[item.number].report
        if step.verdict is not Verdict.WRONG:
            return replace(blank, verdict=step.verdict.value)
        start = process_time()
        Explainer(checker, self.conventions).explain(judged)
        seconds = process_time() - start
        found = replace(blank, verdict="wrong", seconds=seconds, code=step.code, wrong=step.rhs)
        return self._compared(found, source, step.repair, step, places, item)

    def _compared(
        self,
        found: Mended,
        source: Source,
        repair: Repair | None,
        step: Any,
        places: list[tuple[int, int]],
        item: Judged,
    ) -> Mended:
        line, column, end_line, end_column = step.caret
        caret = (source.offset(line, column), source.offset(end_line, end_column))
        whole = source.offset(step.line, step.column), source.offset(step.end_line, step.end_column)
        named = caret != whole or any(2 * (b - a) >= whole[1] - whole[0] for a, b in places)
        located = named and any(caret[0] <= b and a <= caret[1] for a, b in places)
        if repair is None:
            return replace(found, located=located)
        at = source.offset(repair.line, repair.column)
        mended = source.text[:at] + repair.new + source.text[at + len(repair.old) :]
        again = Bed.again(source.name, mended, self, item)
        same = again is not None and again == shape(item.right)
        return replace(
            found,
            located=located or same,
            proved=again is not None,
            same=same,
            repair=f"{repair.old} -> {repair.new}",
        )

    @staticmethod
    def again(name: str, text: str, bed: Bed, item: Judged) -> Any:
        """The shape of the mended side, read again from the mended sheet; None where it is not proved there."""
        checker = Checker(Source(name, text), OPTIONS, None)
        if len(checker.sheet.entries) != len(bed.checker.sheet.entries):
            return None
        entry = checker.sheet.entries[bed.checker.sheet.entries.index(item.entry)]
        judged = checker.judged(lambda x: x is entry)
        if len(judged) <= item.number:
            return None
        checker.settle(judged, bed.conventions)
        step = judged[item.number]
        return shape(step.right) if step.report.verdict is Verdict.PROVED else None


def _place(slip: Planted) -> tuple[int, int]:
    """Where the slip stands in the new text; what is left out is missing somewhere in its formula."""
    if slip.text:
        return slip.span.start, slip.span.start + len(slip.text)
    return slip.within.start, slip.within.end - (slip.span.end - slip.span.start)


def _kind(symbol: s.Symbol) -> Any:
    """Symbols that may be taken for one another: of one case, both with a time or both without."""
    return (symbol.base[:1].isupper(), symbol.time is None, bool(symbol.name))


def shape(node: s.Node) -> Any:
    """A tree without its places, its brackets, and the order of addends and of elementwise factors."""
    if isinstance(node, s.Group):
        return shape(node.inner)
    if isinstance(node, s.Add):
        return ("Add", *sorted((sign, repr(shape(x))) for sign, x in zip(node.signs, node.addends, strict=True)))
    if isinstance(node, s.Mul) and len(set(node.operators)) == 1 and node.operators[0] in ("odot", "circ", "*"):
        return ("Mul", "odot", *sorted(repr(shape(x)) for x in node.factors))
    found: list[Any] = [type(node).__name__]
    for entry in fields(node):
        value = getattr(node, entry.name)
        if entry.name in ("all", "letter") or isinstance(value, Span):
            continue
        if isinstance(value, tuple):
            value = tuple(shape(x) if isinstance(x, s.Node) else x for x in value)
        found.append(shape(value) if isinstance(value, s.Node) else value)
    return tuple(found)


def beds(paths: Sequence[Path]) -> Iterator[Bed]:
    for path in paths:
        bed = Bed(path.name, path.read_text())
        if bed.right:
            yield bed


def sample(bed: Bed, count: int, seed: str) -> list[tuple[Judged, Planted]]:
    """Some slips of a sheet, spread over the families."""
    random = Random(seed)
    by_family: dict[str, list[tuple[Judged, Planted]]] = {}
    for item, slip in bed.slips():
        by_family.setdefault(slip.family, []).append((item, slip))
    for found in by_family.values():
        random.shuffle(found)
    rounds = max(map(len, by_family.values()), default=0)
    spread = [found[k] for k in range(rounds) for found in by_family.values() if k < len(found)]
    return spread[:count]
