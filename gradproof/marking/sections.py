"""Parts of a sheet: which lines stand under a heading such as ``a)`` or ``Question 2``."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

MARKDOWN = re.compile(r"\s{0,3}(#{1,6})\s+(.*?)\s*#*\s*$")
LATEX = re.compile(
    r"\s*\\(part|chapter|section|subsection|subsubsection|paragraph|question|item)\*?\s*(?:\[([^]]*)\])?\s*(.*)$"
)
LEVELS = {"part": 1, "chapter": 1, "section": 2, "subsection": 3, "subsubsection": 4, "paragraph": 5, "question": 5}
LABEL = 9
"""The level of a line that only begins with a label: below every heading."""
ADORNMENT = re.compile(r"^[\s*_>{}]+")


@dataclass(frozen=True, slots=True)
class Heading:
    """A line that may begin a part of the sheet: its number, its level (1 is the highest), its words."""

    line: int
    level: int
    text: str


def section(lines: Sequence[str], path: Sequence[str], inside: Collection[int] = ()) -> list[range]:
    """The lines under a heading, under one of the headings within it, and so on: ``("Question 2", "a)")``."""
    found = [range(1, len(lines) + 1)]
    for heading in path:
        found = [part for whole in found for part in sections(lines, heading, whole, inside)]
    return found


def sections(lines: Sequence[str], heading: str, whole: range, inside: Collection[int] = ()) -> list[range]:
    """The lines under every heading that begins with some words, each to the next heading of its level or above.

    Lines count from 1; ``whole`` are those looked at. A label, such as ``a)``, also ends where one of the same form
    begins. ``inside`` are the lines of formulas, which hold no heading.
    """
    form = _form_of(heading)
    every = [x for x in _headings(lines, form) if x.line in whole and x.line not in inside]
    found = []
    for k, start in enumerate(every):
        if _begins(start.text, heading):
            ends = (x.line for x in every[k + 1 :] if x.level <= start.level or form.match(x.text))
            found.append(range(start.line, next(ends, whole.stop)))
    return found


def _headings(lines: Sequence[str], form: re.Pattern[str]) -> Iterator[Heading]:
    for number, line in enumerate(lines, start=1):
        markdown, latex = MARKDOWN.match(line), LATEX.match(line)
        if markdown:
            yield Heading(number, len(markdown[1]), _plain(markdown[2]))
        elif latex:
            text = latex[2] if latex[1] == "item" and latex[2] else latex[3]
            yield Heading(number, LEVELS.get(latex[1], LABEL), _plain(text))
        elif form.match(_plain(line)):
            yield Heading(number, LABEL, _plain(line))


def _plain(text: str) -> str:
    return ADORNMENT.sub("", text).strip()


def _form_of(heading: str) -> re.Pattern[str]:
    """Lines that begin with a label of the form of a heading: ``b)`` is one of the form of ``a)``."""
    words = re.split(r"(\d+|\b[a-z]\b|\b[A-Z]\b|\b[ivx]+\b)", _plain(heading))
    return re.compile("".join(_form(word) for word in words) + r"(?!\w)")


def _form(word: str) -> str:
    if word.isdigit():
        return r"\d+"
    if re.fullmatch("[ivx]+", word):
        return "[a-z]+"
    return "[a-zA-Z]" if len(word) == 1 and word.isalpha() else re.escape(word)


def _begins(text: str, heading: str) -> bool:
    words = _plain(heading)
    rest = text[len(words) :]
    return text[: len(words)].casefold() == words.casefold() and not (rest[:1].isalnum() and words[-1:].isalnum())
