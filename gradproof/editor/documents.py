"""Open documents: their text kept in step with the editor, and places in both ways of counting.

We count lines by newlines and columns in characters, from 1. The protocol counts lines by ``\\n``, ``\\r\\n`` and
``\\r``, and columns in the code units that the client chose, from 0.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import PurePath
from typing import Final

from lsprotocol import types as lsp
from pygls.uris import to_fs_path
from pygls.workspace import PositionCodec

from gradproof.formats.findings import Region, offset_of

ENDING: Final = re.compile("\r\n|\n|\r")
READ: Final = frozenset({".md", ".markdown", ".tex", ".txt"})
SUFFIX_OF: Final = {
    "markdown": ".md",
    "quarto": ".md",
    "rmd": ".md",
    "latex": ".tex",
    "tex": ".tex",
    "plaintex": ".tex",
}
"""Suffixes of the sheets that a document of some language is read as, whatever its name."""


@dataclass(frozen=True)
class Document:
    """A document at one version, with the code units in which the client counts columns."""

    uri: str
    language: str
    version: int
    text: str
    units: PositionCodec

    @cached_property
    def _starts(self) -> list[int]:
        return [0, *(ending.end() for ending in ENDING.finditer(self.text))]

    @property
    def name(self) -> str | None:
        """The name under which it is read; None where it is nothing that is read in an editor."""
        path = to_fs_path(self.uri) or self.uri
        if PurePath(path).suffix.lower() in READ:
            return path
        suffix = SUFFIX_OF.get(self.language.lower())
        return None if suffix is None or path.lower().endswith(".ipynb") else path + suffix

    def changed(self, version: int, changes: list[lsp.TextDocumentContentChangeEvent]) -> Document:
        """The document after some changes, one after the other."""
        found = replace(self, version=version)
        for change in changes:
            found = replace(found, text=found._text_after(change))
        return found

    def _text_after(self, change: lsp.TextDocumentContentChangeEvent) -> str:
        if isinstance(change, lsp.TextDocumentContentChangeWholeDocument):
            return change.text
        start, end = self.offset(change.range.start), self.offset(change.range.end)
        return self.text[:start] + change.text + self.text[max(start, end) :]

    def offset(self, position: lsp.Position) -> int:
        """The offset of a position; what lies behind the end of a line or of the text is taken for that end."""
        if position.line >= len(self._starts):
            return len(self.text)
        start = self._starts[position.line]
        line = ENDING.split(self.text[start : self._end(position.line)], maxsplit=1)[0]
        units = 0
        for k, character in enumerate(line):
            if units >= position.character:
                return start + k
            units += self.units.client_num_units(character)
        return start + len(line)

    def _end(self, line: int) -> int:
        return self._starts[line + 1] if line + 1 < len(self._starts) else len(self.text)

    def position(self, offset: int) -> lsp.Position:
        """The position of an offset."""
        line = bisect_right(self._starts, offset) - 1
        return lsp.Position(line, self.units.client_num_units(self.text[self._starts[line] : offset]))

    def range(self, region: Region) -> lsp.Range:
        """The range of a region of the text."""
        start = offset_of(self.text, region.line, region.column)
        end = offset_of(self.text, region.end_line, region.end_column)
        return lsp.Range(self.position(start), self.position(min(end, len(self.text))))
