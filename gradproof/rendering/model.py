"""What a document is before it has a form: the same parts become HTML, LaTeX and Markdown.

Every part has a ``kind``, the name of the macro of ``templates/blocks.*.j2`` that writes it. Text is text: it is
escaped where it is written. A formula is a :class:`Maths`, which only :mod:`gradproof.rendering.maths` makes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields
from typing import ClassVar, Final, TypeAlias

TARGET: Final = re.compile(
    r"#[A-Za-z0-9-]+|(?:https?://|mailto:)[^\s<>\"'`{}|\\^]+|[a-z]+/[a-z0-9_~%-][a-z0-9._~%-]*\.html",
    re.IGNORECASE,
)
"""What a link may lead to."""


@dataclass(frozen=True, slots=True)
class Text:
    kind: ClassVar[str] = "text"
    text: str


@dataclass(frozen=True, slots=True)
class Code:
    kind: ClassVar[str] = "code"
    text: str


@dataclass(frozen=True, slots=True)
class Strong:
    kind: ClassVar[str] = "strong"
    inlines: Inlines


@dataclass(frozen=True, slots=True)
class Emphasis:
    kind: ClassVar[str] = "emphasis"
    inlines: Inlines


@dataclass(frozen=True, slots=True)
class Link:
    """``target`` is ``#anchor``, the address of a page (http, https, mailto), or a page in a folder beside this one.

    Raises ValueError for any other.
    """

    kind: ClassVar[str] = "link"
    inlines: Inlines
    target: str

    def __post_init__(self) -> None:
        if not TARGET.fullmatch(self.target):
            raise ValueError(f"{self.target!r} is no address that a document may link to")


@dataclass(frozen=True, slots=True)
class Break:
    kind: ClassVar[str] = "break"


@dataclass(frozen=True, slots=True)
class Maths:
    """A formula that may be typeset as it stands; make one with :func:`gradproof.rendering.maths.maths`."""

    kind: ClassVar[str] = "maths"
    latex: str
    bare: str = ""  # without marks in it, where it has some

    @property
    def unmarked(self) -> str:
        return self.bare or self.latex


@dataclass(frozen=True, slots=True)
class Verdict:
    """The sign and the word of a verdict, of step ``number`` where there are several."""

    kind: ClassVar[str] = "verdict"
    name: str
    number: int = 0


Inline: TypeAlias = Text | Code | Strong | Emphasis | Link | Break | Maths | Verdict
Inlines: TypeAlias = tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Heading:
    """``level`` counts from 2; 1 is the title of the document. ``anchor`` is what links lead to, or empty."""

    kind: ClassVar[str] = "heading"
    level: int
    inlines: Inlines
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Paragraph:
    kind: ClassVar[str] = "paragraph"
    inlines: Inlines


@dataclass(frozen=True, slots=True)
class Display:
    """A formula on lines of its own."""

    kind: ClassVar[str] = "display"
    maths: Maths


@dataclass(frozen=True, slots=True)
class Items:
    """A list, with numbers from ``start`` on or, where that is None, without."""

    kind: ClassVar[str] = "items"
    items: tuple[Blocks, ...]
    start: int | None = None


@dataclass(frozen=True, slots=True)
class Quote:
    kind: ClassVar[str] = "quote"
    blocks: Blocks


@dataclass(frozen=True, slots=True)
class Listing:
    """Lines as they stand, in a typewriter font; ``label`` names them for people who cannot see them."""

    kind: ClassVar[str] = "listing"
    text: str
    label: str = "Code"


@dataclass(frozen=True, slots=True)
class Rule:
    kind: ClassVar[str] = "rule"


@dataclass(frozen=True, slots=True)
class Table:
    """``header`` has one entry a column; every row as many cells. The last column is broken if it is ``wide``."""

    kind: ClassVar[str] = "table"
    header: tuple[Inlines, ...]
    rows: tuple[tuple[Inlines, ...], ...]
    caption: Inlines = ()
    wide: bool = False


@dataclass(frozen=True, slots=True)
class Image:
    """``data`` in a format that is named by its ``suffix``: svg, png or pdf."""

    suffix: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Figure:
    """A figure in one or more formats; ``tikz`` is TikZ code of our own. ``alt`` says what is to be seen."""

    kind: ClassVar[str] = "figure"
    alt: str
    caption: Inlines = ()
    images: tuple[Image, ...] = ()
    tikz: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """A remark apart from the text; ``tone`` is the name of a verdict, or ``note``."""

    kind: ClassVar[str] = "note"
    tone: str
    title: Inlines
    blocks: Blocks
    anchor: str = ""


@dataclass(frozen=True, slots=True)
class Fold:
    """What is shown on demand where a form has that, else at once; nowhere on paper if it is not ``printed``."""

    kind: ClassVar[str] = "fold"
    title: Inlines
    blocks: Blocks
    printed: bool = True


@dataclass(frozen=True, slots=True)
class Facts:
    """Short names, each with what is said of it."""

    kind: ClassVar[str] = "facts"
    entries: tuple[tuple[str, Inlines], ...]


@dataclass(frozen=True, slots=True)
class Statement:
    """The verdict on one statement: ``place`` says where it stands, ``remarks`` are short lines beside it.

    ``blocks`` come below these: folds that are not printed.
    """

    kind: ClassVar[str] = "statement"
    anchor: str
    verdict: str
    place: str
    remarks: tuple[Inlines, ...] = ()
    blocks: Blocks = ()


@dataclass(frozen=True, slots=True)
class Checked:
    """Part of a sheet with the statements in it and their verdicts beside it, the worst of them, and notes below."""

    kind: ClassVar[str] = "checked"
    verdict: str
    blocks: Blocks
    statements: tuple[Statement, ...]
    notes: Blocks = ()


@dataclass(frozen=True, slots=True)
class Derived:
    """One line of a derivation: its left side (in the first line alone), ``= right``, and why it holds."""

    kind: ClassVar[str] = "derived"
    left: Maths | None
    right: Maths
    reason: Inlines = ()


@dataclass(frozen=True, slots=True)
class Derivation:
    """Lines of one derivation, or equations below each other, with their relations in one column."""

    kind: ClassVar[str] = "derivation"
    lines: tuple[Derived, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What answers a question, apart from the question."""

    kind: ClassVar[str] = "answer"
    title: Inlines
    blocks: Blocks


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the document with a heading; ``name`` is the class for style sheets, ``anchor`` what links lead to."""

    kind: ClassVar[str] = "part"
    name: str
    title: Inlines
    blocks: Blocks
    anchor: str = ""


Block: TypeAlias = (
    Heading | Paragraph | Display | Items | Quote | Listing | Rule | Table | Figure | Note | Fold | Facts | Statement
    | Checked | Derivation | Answer | Part
)  # fmt: skip
Blocks: TypeAlias = tuple[Block, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """``language`` is that of the words, as BCP 47 has it; ``subtitle`` stands below the title."""

    title: Inlines
    blocks: Blocks
    subtitle: Inlines = ()
    language: str = "en"
    name: str = "document"  # what sort of document this is: report, solution

    @property
    def has_tikz(self) -> bool:
        return any(isinstance(part, Figure) and part.tikz for part in walk(self))


def walk(parts: object) -> Iterator[object]:
    """All parts of a document or of some parts, each before what is inside it."""
    if isinstance(parts, tuple | list):
        for part in parts:
            yield from walk(part)
    elif hasattr(parts, "kind") or isinstance(parts, Document):
        yield parts
        for field in fields(parts):  # type: ignore[arg-type]
            yield from walk(getattr(parts, field.name))


def plain(inlines: Sequence[Inline]) -> str:
    """The words of a line without their form, for titles of windows and files."""
    return "".join(_plain(inline) for inline in inlines)


def _plain(inline: Inline) -> str:
    if isinstance(inline, Strong | Emphasis | Link):
        return plain(inline.inlines)
    if isinstance(inline, Maths):
        return inline.unmarked
    if isinstance(inline, Verdict):
        return inline.name
    return " " if isinstance(inline, Break) else inline.text
