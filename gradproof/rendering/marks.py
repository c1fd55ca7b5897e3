r"""Verdicts inside formulas: over the sign of the step that they are about, and around what is wrong.

They are written as ``\gpmark{verdict}{sign}{relation}`` and ``\gpslip{…}``, which no author can write; the preamble of
LaTeX and the macros of KaTeX say what they look like.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from derivations.reading.macros import Macros, tokens_of
from derivations.reading.slips import Slip
from derivations.reading.tokens import CLOSERS, OPENERS, Token, is_relation

SIGNS: Final = {
    "given": r"\cdot", "proved": r"\checkmark", "holds": r"\approx", "wrong": r"\times", "undecided": "?",
    "unclear": "?",
}  # fmt: skip
SILENT: Final = frozenset({"&", "{", "(", "[", r"\{", ".", "newline", "quad", "qquad", "-", "+"})
"""What may stand between a relation and where the reader says that its right side begins."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The verdict on a relation, of step ``number`` where a statement has several."""

    verdict: str
    number: int = 0

    def around(self, relation: str) -> str:
        sign = SIGNS[self.verdict] + (rf"\,{self.number}" if self.number else "")
        return rf"\gpmark{{{self.verdict}}}{{{sign}}}{{{relation}}}"


@dataclass(frozen=True, slots=True)
class Marks:
    """Marks by the offset of their relation, and the spans of slips, in the places of the file."""

    relations: dict[int, Mark] = field(default_factory=dict)
    slips: tuple[tuple[int, int], ...] = ()


UNMARKED: Final = Marks()


def relation_before(text: str, offset: int, macros: Macros | None, start: int) -> int | None:
    """The offset of the relation whose right side starts at ``start``; None where anything else stands between."""
    try:
        tokens = tokens_of(text, offset, macros or Macros())
    except Slip:
        return None
    for token in reversed([token for token in tokens if token.end <= start]):
        if is_relation(token):
            return token.start
        if token.text not in SILENT:
            return None
    return None


def wrapped(pieces: list[str], tokens: Sequence[Token], marks: Marks) -> list[str]:
    """The written tokens with marks over their relations and around slips, where these are whole."""
    found = [_marked(piece, token, marks) for piece, token in zip(pieces, tokens, strict=True)]
    for start, end in marks.slips:
        inside = [k for k, token in enumerate(tokens) if start <= token.start < token.end <= end]
        if inside and _is_whole(tokens[inside[0] : inside[-1] + 1]):
            found[inside[0]] = rf"{{\gpslip{{{found[inside[0]]}"
            found[inside[-1]] += "}}"
    return found


def _marked(piece: str, token: Token, marks: Marks) -> str:
    mark = marks.relations.get(token.start) if is_relation(token) else None
    return mark.around(piece) if mark else piece


def _is_whole(tokens: Sequence[Token]) -> bool:
    """Whether what is opened among some tokens is closed among them, on one line."""
    depth = 0
    for token in tokens:
        depth += (token.kind in OPENERS) - (token.kind in CLOSERS)
        if depth < 0 or (depth == 0 and (token.kind == "newline" or token.at("&"))):
            return False
    return depth == 0 and not tokens[0].at("^", "_") and not tokens[-1].at("^", "_")
