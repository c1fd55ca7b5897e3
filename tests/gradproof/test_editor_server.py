"""``gradproof lsp`` with a real client over standard input and output, and checks that nobody waits for."""

from __future__ import annotations

import asyncio
from pathlib import Path
from threading import Thread

import pytest
from click.testing import CliRunner
from language_client import Editor, capabilities, play
from lsprotocol import types as lsp
from machine_sheets import FOLLOWED, RIGHT, SLOPE, UNREAD, report_on
from pygls.lsp.server import LanguageServer
from pygls.workspace import PositionCodec

from derivations.errors import UsageError
from derivations.report import Report
from gradproof.cli import cli
from gradproof.editor.answers import Checked
from gradproof.editor.background import Job
from gradproof.editor.documents import Document
from gradproof.editor.server import Sheets
from gradproof.editor.settings import Settings

ASTRAL = "𝔾😀 " + SLOPE
"""Characters that UTF-16 writes with two units stand before the formula, and UTF-8 with four."""


def part(text: str, found: lsp.Range, encoding: str) -> str:
    """What stands in a range of one line, by the encoding itself."""
    codec, width = {"utf-16": ("utf-16-le", 2), "utf-8": ("utf-8", 1), "utf-32": ("utf-32-le", 4)}[encoding]
    line = text.split("\n")[found.start.line].encode(codec)
    return line[found.start.character * width : found.end.character * width].decode(codec)


def test_the_units_can_be_told_apart() -> None:
    """The oracle itself: a place counted in other units is not taken for the right one."""
    at = ASTRAL.index("\\sigma^2(x)")
    counted = lsp.Range(lsp.Position(0, at), lsp.Position(0, at + 11))
    assert part(ASTRAL, counted, "utf-32") == "\\sigma^2(x)"
    assert part(ASTRAL, counted, "utf-16") != "\\sigma^2(x)"


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [(None, "utf-16"), (["utf-16"], "utf-16"), (["utf-8", "utf-16"], "utf-8"), (["utf-32"], "utf-32")],
)
def test_places_in_the_units_of_the_client(offered: list[str] | None, chosen: str) -> None:
    async def act(editor: Editor) -> None:
        assert editor.initialized.capabilities.position_encoding == chosen
        editor.open(ASTRAL)
        (found,) = await editor.found()
        assert part(ASTRAL, found.range, chosen) == "\\sigma^2(x)"
        assert (found.severity, found.code, found.source) == (
            lsp.DiagnosticSeverity.Error,
            "sigma-derivative",
            "gradproof",
        )
        assert found.code_description is None
        (fix,) = await editor.fixes(found.range)
        assert fix.edit.document_changes[0].edits[0].range == found.range

    play(act, capabilities(encodings=offered))


def test_a_sheet_that_is_written_and_mended() -> None:
    """Edits by range, also behind characters of two units and across lines; the quick fix makes it right."""

    async def act(editor: Editor) -> None:
        editor.open("")
        assert await editor.found() == []
        editor.change(_insert(0, 0, "𝔾\u2028\x0c x\r\n"), _insert(1, 0, SLOPE), _insert(0, 2, "😀"))
        text = "𝔾😀\u2028\x0c x\r\n" + SLOPE
        (found,) = await editor.found()
        assert part(text, found.range, "utf-16") == "\\sigma^2(x)"
        (fix,) = await editor.fixes(lsp.Range(found.range.start, found.range.start))
        (change,) = fix.edit.document_changes
        assert (fix.kind, fix.is_preferred, fix.diagnostics) == ("quickfix", True, (found,))
        assert (change.text_document.uri, change.text_document.version) == ("file:///tmp/sheet.md", editor.version)
        (edit,) = change.edits
        editor.change(lsp.TextDocumentContentChangePartial(range=edit.range, text=edit.new_text))
        assert await editor.found() == []
        assert await editor.fixes(found.range) == []

    play(act)


def test_lines_end_where_the_protocol_ends_them() -> None:
    """A form feed ends no line; pygls takes it for one, and would put what is written behind it elsewhere."""

    async def act(editor: Editor) -> None:
        editor.open("ab\x0ccd\u2028ef\n")
        assert await editor.found() == []
        editor.change(_insert(0, 8, "$y = \\foo$"), _insert(0, 7, "𝔾"))
        (found,) = await editor.found()
        assert part("ab\x0ccd\u2028e𝔾f$y = \\foo$\n", found.range, "utf-16") == "\\foo"

    play(act)


def test_related_places_and_what_stands_behind_a_step() -> None:
    async def act(editor: Editor) -> None:
        editor.open(FOLLOWED)
        root, other = await editor.found()
        assert (root.severity, other.severity) == (lsp.DiagnosticSeverity.Error, lsp.DiagnosticSeverity.Warning)
        told = {x.message: (x.location.uri, x.location.range.start.line) for x in other.related_information or ()}
        assert told == {
            "h_t is defined here": ("file:///tmp/sheet.md", 2),
            "the slip that this follows from": ("file:///tmp/sheet.md", 4),
        }
        hover = await editor.hover(4, 60)
        assert hover is not None
        assert isinstance(hover.contents, lsp.MarkupContent)
        assert hover.contents.kind is lsp.MarkupKind.Markdown
        assert hover.contents.value.startswith("```text\nwrong: this is not the derivative of \\sigma\n")
        for words in ("understood: σ(x", "expected: \\sigma(x) (1 - \\sigma(x))", "Goodfellow", "∂: total"):
            assert words in hover.contents.value
        assert hover.range == lsp.Range(lsp.Position(4, 2), lsp.Position(4, 65))
        assert await editor.hover(1, 0) is None
        right = await editor.hover(2, 5)
        assert right is not None
        assert isinstance(right.contents, lsp.MarkupContent)
        assert "given\n" in right.contents.value
        assert "shape: n" in right.contents.value

    play(act)


def test_a_client_that_can_do_little() -> None:
    async def act(editor: Editor) -> None:
        editor.open(FOLLOWED)
        root, other = await editor.found()
        assert not other.related_information
        assert "the slip that this follows from: line 5" in other.message
        (fix,) = await editor.fixes(root.range)
        assert list(fix.edit.changes) == ["file:///tmp/sheet.md"]
        assert fix.edit.document_changes is None
        assert await editor.fixes(root.range, only=["refactor"]) == []
        assert len(await editor.fixes(root.range, only=["quickfix"])) == 1
        hover = await editor.hover(4, 60)
        assert hover is not None
        assert isinstance(hover.contents, lsp.MarkupContent)
        assert hover.contents.kind is lsp.MarkupKind.PlainText
        assert "```" not in hover.contents.value

    play(act, capabilities(versioned=False, related=False, markdown=False))


@pytest.mark.parametrize(
    ("uri", "language", "text", "codes"),
    [
        ("file:///tmp/a.tex", "latex", "\\begin{document}\n\\[ h = \\foo \\]\n\\end{document}\n", ["syntax"]),
        ("file:///tmp/a.txt", "plaintext", SLOPE.replace("$$", ""), ["sigma-derivative"]),
        ("file:///tmp/prose.md", "markdown", "No formula here.\n", []),
        ("file:///tmp/a.md", "markdown", RIGHT, []),
        ("file:///tmp/a.md", "markdown", UNREAD, ["syntax"]),
    ],
)
def test_kinds_of_documents(uri: str, language: str, text: str, codes: list[str]) -> None:
    async def act(editor: Editor) -> None:
        editor.open(text, uri, language)
        assert [found.code for found in await editor.found(uri)] == codes

    play(act)


def test_what_cannot_be_checked_says_so() -> None:
    async def act(editor: Editor) -> None:
        editor.open("$x\0y$")
        (found,) = await editor.found()
        assert "NUL" in found.message
        editor.change(lsp.TextDocumentContentChangeWholeDocument(text=RIGHT))
        assert await editor.found() == []

    play(act)


def test_declarations_for_all_sheets(tmp_path: Path) -> None:
    declared = tmp_path / "class.txt"
    declared.write_text("nonsense of words", encoding="utf-8")

    async def act(editor: Editor) -> None:
        editor.open("$$\\frac{\\partial h}{\\partial x} = 1 - h$$\n")
        (found,) = await editor.found()
        assert found.message.startswith(f"{declared}:1")
        declared.write_text("W: n x d; x: d\nh := \\sigma(W x)", encoding="utf-8")
        saved = lsp.DidSaveTextDocumentParams(lsp.TextDocumentIdentifier(declared.as_uri()))
        editor.client.text_document_did_save(saved)
        (found,) = await editor.found()
        (related,) = found.related_information or ()
        assert related.location.uri == declared.resolve().as_uri()
        assert related.location.range.start.line == 1

    play(act, None, "--with", str(declared))


def test_closing_takes_the_diagnostics_away() -> None:
    async def act(editor: Editor) -> None:
        editor.open(SLOPE)
        assert len(await editor.found()) == 1
        editor.client.text_document_did_close(
            lsp.DidCloseTextDocumentParams(lsp.TextDocumentIdentifier("file:///tmp/sheet.md"))
        )
        assert await editor.found() == []

    play(act)


def test_it_answers_while_a_check_runs() -> None:
    """The check of a whole sheet of coursework takes a hundred times as long as an answer."""
    text = (Path(__file__).parents[2] / "examples" / "gru.md").read_text(encoding="utf-8")

    async def act(editor: Editor) -> None:
        editor.open(text)
        for _ in range(3):
            assert await editor.hover(0, 0) is None
        assert editor.published.empty()
        editor.change(lsp.TextDocumentContentChangeWholeDocument(text=SLOPE))
        assert [found.code for found in await editor.found()] == ["sigma-derivative"]
        assert editor.published.empty()

    play(act, None, "--delay", "0")


# Without a client


def _document(text: str, version: int, uri: str = "file:///a.md") -> Document:
    return Document(uri, "markdown", version, text, PositionCodec())


class Served(LanguageServer):
    """A server whose messages are kept."""

    def __init__(self) -> None:
        super().__init__("tests", "1")
        self.told: list[lsp.PublishDiagnosticsParams] = []
        self.protocol.client_capabilities = capabilities()

    def text_document_publish_diagnostics(self, params: lsp.PublishDiagnosticsParams) -> None:
        self.told.append(params)


class Slow:
    """A check that ends when it is let, and knows what became of it."""

    def __init__(self) -> None:
        self.started: list[str] = []
        self.cancelled: list[str] = []
        self.go = asyncio.Event()

    async def __call__(self, name: str, text: str, settings: Settings) -> Report:
        self.started.append(text)
        try:
            await self.go.wait()
        except asyncio.CancelledError:
            self.cancelled.append(text)
            raise
        if "fault" in text:
            raise KeyError("fault")
        return report_on(text)


async def _turns() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


def test_a_check_is_cancelled_when_the_text_changes() -> None:
    async def scene() -> None:
        check, server = Slow(), Served()
        sheets = Sheets(server, Settings(delay=0), check)
        sheets.put(_document(SLOPE, 1))
        await _turns()
        assert check.started == [SLOPE]
        sheets.put(_document(RIGHT, 2))
        await _turns()
        assert check.cancelled == [SLOPE]
        assert server.told == []
        check.go.set()
        await _turns()
        assert [(told.version, list(told.diagnostics)) for told in server.told] == [(2, [])]

    asyncio.run(scene())


def test_changes_that_follow_each_other_are_one_check() -> None:
    async def scene() -> None:
        check, server = Slow(), Served()
        sheets = Sheets(server, Settings(delay=3600), check)
        for version in range(50):
            sheets.put(_document(SLOPE, version))
            await _turns()
        assert check.started == []
        assert len(sheets.tasks) == 1
        sheets.drop("file:///a.md")
        assert not sheets.tasks

    asyncio.run(scene())


def test_nothing_is_offered_for_a_text_that_has_changed() -> None:
    async def scene() -> None:
        check, server = Slow(), Served()
        check.go.set()
        sheets = Sheets(server, Settings(delay=0), check)
        sheets.put(_document(SLOPE, 1))
        await _turns()
        assert sheets.current("file:///a.md") is not None
        sheets.put(_document(SLOPE + "\n", 2))
        assert sheets.current("file:///a.md") is None
        sheets.close()

    asyncio.run(scene())


def test_our_own_fault_is_called_so() -> None:
    async def scene() -> None:
        check, server = Slow(), Served()
        check.go.set()
        sheets = Sheets(server, Settings(delay=0), check)
        sheets.put(_document("fault", 1))
        await _turns()
        ((found,),) = [told.diagnostics for told in server.told]
        assert found.message.startswith("this is a fault of gradproof itself")

    asyncio.run(scene())


def test_a_process_is_ended() -> None:
    """Also one that would run for long: nothing is left of it."""
    text = (Path(__file__).parents[2] / "examples" / "gru.md").read_text(encoding="utf-8")
    job = Job("gru.md", text, Settings())
    ended: list[BaseException] = []

    def run() -> None:
        try:
            job.run()
        except UsageError as error:
            ended.append(error)

    thread = Thread(target=run)
    thread.start()
    while job.process is None or job.process.pid is None:
        thread.join(0.01)
    job.stop()
    thread.join(60)
    assert not thread.is_alive()
    assert not job.process.is_alive()
    assert "ended without a result" in str(ended[0])


def test_a_job_that_is_stopped_before_it_starts() -> None:
    job = Job("a.md", RIGHT, Settings())
    job.stop()
    with pytest.raises(UsageError):
        job.run()
    assert not job.process.is_alive()


def test_a_hover_is_fenced_whatever_it_says() -> None:
    text = "$$h_t = \\text{```} \\foo$$\n"
    found = Checked(_document(text, 1), report_on(text)).hover(lsp.Position(0, 4), True)
    assert found is not None
    assert isinstance(found.contents, lsp.MarkupContent)
    first, *_, last = found.contents.value.split("\n")
    assert first == f"{last}text"
    assert found.contents.value.count(last) == 2


def test_without_pygls_the_remedy_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gradproof.commands.lsp.find_spec", lambda _: None)
    done = CliRunner().invoke(cli, ["lsp"])
    assert "pip install 'gradproof[editor]'" in str(done.exception)


def _insert(line: int, character: int, text: str) -> lsp.TextDocumentContentChangePartial:
    at = lsp.Position(line, character)
    return lsp.TextDocumentContentChangePartial(range=lsp.Range(at, at), text=text)
