"""The words that stand beside the statements of a golden sheet."""

from __future__ import annotations

import re
from dataclasses import dataclass

COMMENT = re.compile(r"^\s*(?:<!--|%|\#) expect:(?P<words>.*?)(?:-->)?\s*$")
WORD = re.compile(r"(\w+)(\??)(?:\[(.*?)\])?(?=\s|$)")
CLAIMS = frozenset({"proved", "holds", "wrong"})
RIGHT = frozenset({"proved", "holds"})
OPEN = frozenset({"undecided", "unclear"})


@dataclass(frozen=True, slots=True)
class Word:
    """A verdict; ``pending`` where it is true but the checker may still say that it does not know; a detail of it."""

    verdict: str
    pending: bool = False
    detail: str = ""

    def admits(self, verdict: str) -> bool:
        """Whether a verdict is as expected; a pending word admits a confession, never the opposite."""
        if not self.pending:
            return verdict == self.verdict
        same = RIGHT | {"given"} if self.verdict in RIGHT else {self.verdict}
        return verdict in same | OPEN


@dataclass(frozen=True, slots=True)
class Expectation:
    """The words for the statements from a first to a last line; none: all of them are given or proved."""

    first: int
    last: int
    words: tuple[Word, ...] = ()

    def of(self, count: int) -> list[Word]:
        """A word for each of some statements. Raises ValueError where there are more or fewer words."""
        words = self.words * count if len(self.words) == 1 else self.words
        if len(words) != count:
            raise ValueError(f"lines {self.first}–{self.last}: {len(words)} words for {count} statements")
        return list(words)


def expectations(text: str) -> list[Expectation]:
    """One for every comment of a sheet, and one for what stands behind the last."""
    found, start = [], 1
    for number, line in enumerate(text.splitlines(), start=1):
        if comment := COMMENT.match(line):
            found.append(Expectation(start, number, words_of(comment["words"])))
            start = number + 1
    return [*found, Expectation(start, len(text.splitlines()) + 1)]


def words_of(text: str) -> tuple[Word, ...]:
    return tuple(Word(verdict, bool(pending), detail) for verdict, pending, detail in WORD.findall(text))


def claimed(text: str) -> list[Word]:
    """The words of a sheet that say whether a claim is right; each must stand for one statement."""
    return [word for expected in expectations(text) for word in expected.words if word.verdict in CLAIMS]
