"""One gradient of a loss, one sense: it does not go through every path in one line and stop short in another.

What is right by the defining equation of the loss alone, ``∂L/∂h_t = h_t − y_t`` for a loss over all steps, is a
dropped path where the same sheet rests on the whole of ``∂L/∂h_t`` elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Final

from derivations.decide import Decision
from derivations.doubts import Case
from derivations.judge import Judge, Judgement
from derivations.paths import Paths
from derivations.reading import surface as s
from derivations.reading.places import Source
from derivations.report import Verdict
from derivations.reporting import Judged
from derivations.world import Knowledge, Mode

if TYPE_CHECKING:
    from derivations.check import Checker

Gradient = tuple[str, str, str | None]
NEAR: Final = 80
_ALONE: Final = re.compile(
    r"(?<!not )\b(?:direct\w*|immediate\w*|local\w*|explicit\w*|ignor\w+|neglect\w+|alone|only|contribut\w+|"
    r"held|fixed|constant|truncat\w+|direkt\w*|unmittelbar\w*)\b",
    re.IGNORECASE,
)
_PARAGRAPH: Final = re.compile(r"\n[ \t]*\n|\$\$")


def in_one_sense(judged: list[Judged], checker: Checker) -> list[Judged]:
    """The steps, with those judged anew, in the total sense, that take a gradient otherwise than a right step does."""
    paths = Paths(checker.judge)
    for item in judged:
        claimed = None if _says_so(item, checker.source) else _claimed_directly(item, paths)
        other = next((x for x in judged if claimed and _covers(_in_full(x, paths), claimed, paths.knowledge)), None)
        if other is not None:
            _judge_in_full(item, other, checker)
    return judged


def _claimed_directly(item: Judged, paths: Paths) -> Gradient | None:
    """The gradient that a step claims, where it is right in the direct sense of ∂ only, and no sign says so."""
    gradient = paths.gradient(item.left, item.world)
    direct = gradient is not None and gradient.style != "immediate" and item.found.right.keys() == {Mode.DIRECT}
    return _key(gradient, paths.knowledge) if direct else None


def _says_so(item: Judged, source: Source) -> bool:
    """Whether the words around a claim say that it is about one path alone."""
    span = item.entry.sentence.span
    before, after = source.text[: span.start].rstrip(" $\n"), source.text[span.end :].lstrip(" $,.")
    around = (_PARAGRAPH.split(before)[-1], _PARAGRAPH.split(after)[0][:NEAR])
    return any(_ALONE.search(text) for text in around)


def _in_full(item: Judged, paths: Paths) -> set[Gradient]:
    """The gradients that a step speaks of which is right in the total sense, and not in the direct one."""
    if Mode.TOTAL not in item.found.right or Mode.DIRECT in item.found.right:
        return set()
    found = (x for side in (item.left, item.right) for x in paths.partials(side, item.world))
    return {key for x in found if (key := _key(x, paths.knowledge)) is not None}


def _covers(known: set[Gradient], claimed: Gradient, knowledge: Knowledge) -> bool:
    """Whether some gradients hold the one that is claimed: at its time, or at every time."""
    at_any = {letter for *_, letter in known} - {None, knowledge.length}
    return any((*claimed[:2], letter) in known for letter in {claimed[2], *at_any})


def _key(gradient: s.Partial | None, knowledge: Knowledge) -> Gradient | None:
    """What is differentiated, and by what, at any offset of one time letter."""
    if gradient is None or not isinstance(gradient.of, s.Symbol) or not isinstance(gradient.by, s.Symbol):
        return None
    of, by = knowledge.names.ref(gradient.of), knowledge.names.ref(gradient.by)
    return None if by.time is None else (of.key, by.key, by.time.symbol)


def _judge_in_full(item: Judged, other: Judged, checker: Checker) -> None:
    """Judge a step in the total sense; it stays as it was where it is not certainly wrong there."""
    options, judge = checker.options, checker.judge
    total = Judge(judge.elaborator, options.seed, options.time_limit, "total", judge.layout)
    found = total.judge(item.left, item.right, replace(item.world, facts=checker.facts_about(item.left, item.right)))
    if found.verdict is Verdict.WRONG:
        checker.consider(Case(item.left, item.right, found, checker.sheet, checker.elaborator))
    if found.verdict is Verdict.WRONG:
        text = checker.source.slice(item.left.span)
        line = checker.source.place(other.left.span.start).line
        found.otherwise = f"it leaves out paths; line {line} takes {text} through all of them"
        told = f"under {item.entry.restricted}: {found.otherwise}"
        item.found = Judgement(decision=Decision(Verdict.UNDECIDED, told)) if item.entry.restricted else found
