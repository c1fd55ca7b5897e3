"""What an answer consists of: prose, equations with their reasons, tables, figures. Knows no file format.

Formulas are LaTeX that was printed from our own terms, or was read by the reader of sheets; they are proved by
:mod:`derivations.solutions.proving` before anybody sees them.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TypeAlias

from derivations.terms import Term


@dataclass(frozen=True, slots=True)
class Maths:
    """A formula within a line of text."""

    latex: str


Text: TypeAlias = tuple[str | Maths, ...]
"""A line of text with formulas in it."""


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of our own words."""

    text: Text


@dataclass(frozen=True, slots=True)
class Heading:
    """The head of a part of an answer."""

    text: Text


@dataclass(frozen=True, slots=True)
class Line:
    """One side of a chain: ``relation`` it stands behind, its LaTeX, and why it may stand there."""

    right: str
    reason: Text = ()
    relation: str = "="


@dataclass(frozen=True, slots=True)
class Chain:
    """``left = lines[0] = lines[1] …``: one statement, each line a step; ``where`` restricts it."""

    left: str
    lines: tuple[Line, ...]
    where: str = ""

    @property
    def reasoned(self) -> bool:
        """Whether any line says why."""
        return any(line.reason for line in self.lines)


@dataclass(frozen=True, slots=True)
class Equations:
    """Formulas in one display, each ``left = right``, such as the equations of a cell."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Items:
    """A list; numbered where the order counts."""

    items: tuple[Text, ...]
    numbered: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Rows of text under heads; the first ``numbers`` columns from the right are numbers, set flush right."""

    head: tuple[Text, ...]
    rows: tuple[tuple[Text, ...], ...]
    caption: Text = ()
    numbers: int = 0


@dataclass(frozen=True, slots=True)
class Figure:
    """A picture: a name for its file, what it shows (read aloud, too), and its forms by suffix.

    ``svg`` and ``tikz`` are text, ``png`` are bytes; one of them at least is there.
    """

    name: str
    caption: Text
    alt: str
    svg: str = ""
    tikz: str = ""
    png: bytes = b""


@dataclass(frozen=True, slots=True)
class Prose:
    """The instructor's own Markdown, kept as written."""

    markdown: str


Block: TypeAlias = Paragraph | Heading | Chain | Equations | Items | Table | Figure | Prose


@dataclass(frozen=True, slots=True)
class Sheet:
    """Blocks that are one sheet of their own: names mean the same throughout, under these declarations.

    ``derivatives`` are (term, variable, derived Jacobian) for an independent engine to compare.
    """

    blocks: tuple[Block, ...]
    declarations: tuple[str, ...] = ()
    derivatives: tuple[tuple[Term, Term, Term], ...] = ()


@dataclass(frozen=True, slots=True)
class Evidence:
    r"""What was proved of an answer: how many steps, and the largest errors of autograd and finite differences.

    ``conditions`` say where it holds: ``provided that x \ne 0``.
    """

    proved: int = 0
    given: int = 0
    witnessed: int = 0
    autograd: float = 0.0
    differences: float = 0.0
    conditions: tuple[str, ...] = ()


NAME = re.compile(r"(?<![\w$\\{}])([A-Za-zα-ωΑ-Ω])(\u0303|\u0302)?_(?:\{([^{}$]+)\}|([A-Za-z0-9]+))(?![\w{])")
"""A name with an index as plain text has it: ``h̃_t``, ``W_xz``, ``c_{t-1}``."""
MARKS = {"\u0303": r"\tilde{%s}", "\u0302": r"\hat{%s}"}


def named(words: str) -> Text:
    """Plain words with the names in them as formulas; what is said of the names stays words."""
    return text(NAME.sub(_name, words.replace("$", "")))


def _name(match: re.Match[str]) -> str:
    letter = MARKS[match[2]] % match[1] if match[2] else match[1]
    return f"${letter}_{{{match[3] or match[4]}}}$"


def text(line: str) -> Text:
    """``the slope of $h_t$`` as text and formulas; our own words have no other use for a dollar."""
    pieces = re.split(r"\$([^$]*)\$", line)
    return tuple(Maths(piece) if k % 2 else piece for k, piece in enumerate(pieces) if piece)
