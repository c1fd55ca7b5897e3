"""Documents of an editor: positions in the code units of the client, and edits one after the other."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lsprotocol import types as lsp
from pygls.workspace import PositionCodec

from gradproof.editor.documents import Document
from gradproof.formats.findings import Region

CODECS = {"utf-16": "utf-16-le", "utf-8": "utf-8", "utf-32": "utf-32-le"}
WIDTHS = {"utf-16": 2, "utf-8": 1, "utf-32": 4}
TEXTS = st.text(alphabet="ab\n\r𝔾é\u2028\x0c\x85$", max_size=30)


def document(text: str, units: str = "utf-16", uri: str = "file:///a.md", language: str = "markdown") -> Document:
    return Document(uri, language, 1, text, PositionCodec(encoding=units))


def reference(text: str, offset: int, units: str) -> tuple[int, int]:
    """A position by encoding what stands before it; lines end as the protocol says, not as Python does."""
    before = text[:offset].replace("\r\n", "\n\0") if text[offset - 1 : offset + 1] != "\r\n" else text[:offset]
    lines = before.replace("\r", "\n").split("\n")
    last = lines[-1].removeprefix("\0")
    return len(lines) - 1, len(last.encode(CODECS[units])) // WIDTHS[units]


def inside_an_ending(text: str, offset: int) -> bool:
    return text[offset - 1 : offset + 1] == "\r\n" if offset else False


@pytest.mark.parametrize("units", CODECS)
@given(text=TEXTS, data=st.data())
def test_positions_and_back(units: str, text: str, data: st.DataObject) -> None:
    offset = data.draw(st.integers(0, len(text)))
    if inside_an_ending(text, offset):
        return
    found = document(text, units)
    position = found.position(offset)
    assert (position.line, position.character) == reference(text, offset, units)
    assert found.offset(position) == offset


@pytest.mark.parametrize("text", ["a\u2028b", "a\x0cb", "a\rb", "𝔾b"])
def test_the_reference_objects(text: str) -> None:
    """The oracle itself: lines as Python splits them, or columns in characters, are not what the protocol means."""
    lines = re.split("[\n\u2028\x0c]", text)
    assert reference(text, len(text), "utf-16") != (len(lines) - 1, len(lines[-1]))


@given(text=TEXTS, new=TEXTS, data=st.data())
def test_an_edit_changes_what_it_says(text: str, new: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    if inside_an_ending(text, start) or inside_an_ending(text, end):
        return
    before = document(text)
    place = lsp.Range(before.position(start), before.position(end))
    after = before.changed(2, [lsp.TextDocumentContentChangePartial(range=place, text=new)])
    assert (after.text, after.version) == (text[:start] + new + text[end:], 2)


def test_edits_are_carried_out_one_after_the_other() -> None:
    first = lsp.TextDocumentContentChangePartial(range=_range(0, 2, 0, 3), text="x\ny")
    second = lsp.TextDocumentContentChangePartial(range=_range(1, 0, 1, 1), text="z")
    assert document("𝔾a\nb").changed(2, [first, second]).text == "𝔾x\nz\nb"


def test_a_change_of_everything() -> None:
    whole = lsp.TextDocumentContentChangeWholeDocument(text="new")
    assert document("old\nold").changed(2, [whole]).text == "new"


def test_places_behind_the_end_are_the_end() -> None:
    found = document("ab\ncd")
    assert found.offset(lsp.Position(0, 99)) == 2
    assert found.offset(lsp.Position(9, 0)) == 5
    odd = lsp.TextDocumentContentChangePartial(range=_range(1, 1, 0, 0), text="x")
    assert found.changed(2, [odd]).text == "ab\ncxd"


def test_a_region_with_lines_of_both_kinds() -> None:
    """We count lines by newlines alone, the protocol also by carriage returns."""
    found = document("a\r𝔾b\r\nc𝔾d")
    assert found.range(Region(1, 3, 1, 5)) == _range(1, 0, 1, 3)
    assert found.range(Region(2, 2, 2, 4)) == _range(2, 1, 2, 4)


@pytest.mark.parametrize(
    ("uri", "language", "name"),
    [
        ("file:///a/b%20c.md", "markdown", "/a/b c.md"),
        ("file:///a/b.tex", "plaintext", "/a/b.tex"),
        ("file:///a/b.txt", "plaintext", "/a/b.txt"),
        ("file:///a/b.qmd", "quarto", "/a/b.qmd.md"),
        ("file:///a/b", "latex", "/a/b.tex"),
        ("untitled:Untitled-1", "markdown", "untitled:Untitled-1.md"),
        ("file:///a/LICENSE", "plaintext", None),
        ("file:///a/b.py", "python", None),
        ("file:///a/b.ipynb", "markdown", None),
    ],
)
def test_what_is_read(uri: str, language: str, name: str | None) -> None:
    assert document("x", uri=uri, language=language).name == name


def _range(line: int, character: int, end_line: int, end_character: int) -> lsp.Range:
    return lsp.Range(lsp.Position(line, character), lsp.Position(end_line, end_character))
