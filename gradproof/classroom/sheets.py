"""The sheet of one student, from one file or from several taken together in the order of their names."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from derivations.errors import UsageError
from derivations.reading.documents import ENDINGS, Kind, kind_of, read_document
from derivations.reading.macros import blanked
from derivations.reading.places import Source, Span
from gradproof import SUFFIXES
from gradproof.classroom.submissions import File
from gradproof.sheets import decode

GAP: Final = "\n\n"
FRAME: Final = re.compile(r"^([^%\n]*)(\\begin\s*\{document\}|\\end\s*\{document\}(?s:.*))", re.MULTILINE)
r"""What makes a LaTeX file one of its own: what stands behind ``\end{document}`` is not read."""


@dataclass(frozen=True, slots=True)
class Sheet:
    """What is marked of a student, and what is to be told of the files."""

    source: Source
    notes: tuple[str, ...] = ()


def sheet_of(student: str, files: Sequence[File]) -> Sheet:
    """The sheet that some files are together.

    Raises UsageError where one of them cannot be used, and where there is none.
    """
    refused = next((file for file in files if file.refused), None)
    if refused is not None:
        raise UsageError(f"{refused.name}: {refused.refused}")
    sheets = [decode(file.name, file.data) for file in files if file.is_sheet]
    other = tuple(f"{file.name} is no sheet and was not read" for file in files if not file.is_sheet)
    if not sheets:
        found = ", ".join(file.name for file in files)
        raise UsageError(
            f"there is no sheet among what was handed in: {found}; sheets end in {', '.join(sorted(SUFFIXES))}"
        )
    if len(sheets) == 1:
        return Sheet(sheets[0], other)
    kept, empty = _with_formulas(sheets)
    return Sheet(joined(student, kept), (*other, *empty))


def _with_formulas(sheets: Sequence[Source]) -> tuple[list[Source], tuple[str, ...]]:
    """The files that formulas stand in; those of several kinds that have none, such as a readme, are told."""
    if len({kind_of(x) for x in sheets}) == 1:
        return list(sheets), ()
    kept = [x for x in sheets if read_document(x)] or list(sheets)
    return kept, tuple(f"{x.name} has no formula in it and was not read" for x in sheets if x not in kept)


def joined(student: str, sheets: Sequence[Source]) -> Source:
    """Files as one sheet, each beginning on a line of its own and read as its kind; ``Source.files`` says where."""
    kinds = [kind_of(sheet) for sheet in sheets]
    ending = ENDINGS[kinds[0]] if len(set(kinds)) == 1 else ""
    parts: list[str] = []
    files: list[tuple[int, str]] = []
    cells: list[tuple[int, int]] = []
    line = 1
    for sheet, kind in zip(sheets, kinds, strict=True):
        files.append((line, sheet.name))
        cells += [(line + first - 1, number) for first, number in sheet.cells]
        parts.append(_unframed(sheet.text) if kind is Kind.LATEX else sheet.text)
        line += parts[-1].count("\n") + GAP.count("\n")
    return Source(f"{student}{ending}", GAP.join(parts), tuple(cells), files=tuple(files))


def _unframed(text: str) -> str:
    found = [Span(match.start(2), match.end(2)) for match in FRAME.finditer(text)]
    return blanked(text, found) if found else text
