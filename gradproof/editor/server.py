"""The language server: what comes from the editor, and what goes back."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Awaitable, Callable, Generator
from functools import partial
from pathlib import Path
from typing import Any

from lsprotocol import types as lsp
from pygls.lsp.server import LanguageServer
from pygls.protocol import LanguageServerProtocol, lsp_method
from pygls.uris import to_fs_path

from derivations.errors import GradproofError
from derivations.report import Report
from gradproof import __version__
from gradproof.editor.answers import NAME, Checked, trouble
from gradproof.editor.background import checked
from gradproof.editor.documents import Document
from gradproof.editor.settings import Settings
from gradproof.outcome import blamed

Check = Callable[[str, str, Settings], Awaitable[Report]]
Handled = Generator[Any, Any, None]


class Sheets:
    """The open documents of one editor: each is checked when nothing was changed for a while."""

    def __init__(self, server: LanguageServer, settings: Settings, check: Check = checked) -> None:
        self.server, self.settings, self.check = server, settings, check
        self.open: dict[str, Document] = {}
        self.found: dict[str, Checked] = {}
        self.tasks: dict[str, asyncio.Task[None]] = {}
        self.room = asyncio.Semaphore(max(1, (os.cpu_count() or 2) - 1))

    def put(self, document: Document) -> None:
        """A document was opened or changed: whatever was being found of it before is dropped."""
        self.open[document.uri] = document
        self._cancel(document.uri)
        if document.name is not None:
            self.tasks[document.uri] = asyncio.create_task(self._later(document, document.name))

    def drop(self, uri: str) -> None:
        """A document was closed."""
        self._cancel(uri)
        self.found.pop(uri, None)
        document = self.open.pop(uri, None)
        if document is not None:
            self._publish(document, [])

    def again(self) -> None:
        """Check everything once more."""
        for document in list(self.open.values()):
            self.put(document)

    def close(self) -> None:
        """End all checks."""
        for uri in list(self.tasks):
            self._cancel(uri)

    def current(self, uri: str) -> Checked | None:
        """What was found of the document as it stands; None where it has changed since."""
        found = self.found.get(uri)
        return found if found is not None and self.open.get(uri) == found.document else None

    def _cancel(self, uri: str) -> None:
        task = self.tasks.pop(uri, None)
        if task is not None:
            task.cancel()

    async def _later(self, document: Document, name: str) -> None:
        await asyncio.sleep(self.settings.delay)
        try:
            with blamed(name):
                diagnostics = await self._diagnostics(document, name) if document.text.strip() else []
        except GradproofError as error:
            diagnostics = [trouble(error)]
        self._publish(document, diagnostics)

    async def _diagnostics(self, document: Document, name: str) -> list[lsp.Diagnostic]:
        async with self.room:
            report = await self.check(name, document.text, self.settings)
        self.found[document.uri] = Checked(document, report)
        return self.found[document.uri].diagnostics(self.links)

    def _publish(self, document: Document, diagnostics: list[lsp.Diagnostic]) -> None:
        self.server.text_document_publish_diagnostics(
            lsp.PublishDiagnosticsParams(document.uri, diagnostics, document.version)
        )

    @property
    def links(self) -> bool:
        """Whether the client shows links to other lines."""
        text = self.server.client_capabilities.text_document
        published = text.publish_diagnostics if text else None
        return bool(published and published.related_information)

    @property
    def markdown(self) -> bool:
        """Whether the client shows Markdown where the pointer rests."""
        text = self.server.client_capabilities.text_document
        formats = text.hover.content_format if text and text.hover else None
        return lsp.MarkupKind.Markdown in (formats or ())

    @property
    def versioned(self) -> bool:
        """Whether the client takes edits that name the version they are for."""
        workspace = self.server.client_capabilities.workspace
        return bool(workspace and workspace.workspace_edit and workspace.workspace_edit.document_changes)


class Protocol(LanguageServerProtocol):
    """The protocol without pygls's own copies of changed documents.

    Those end lines where Python does, at form feeds and U+2028 too, and shorten the places of a change, in place, that
    seem to lie behind the end of a line; :class:`Document` is what is kept instead.
    """

    @lsp_method(lsp.TEXT_DOCUMENT_DID_CHANGE)
    def lsp_text_document__did_change(self, params: lsp.DidChangeTextDocumentParams) -> Handled:
        yield self.fm.features[lsp.TEXT_DOCUMENT_DID_CHANGE], (params,), None


def make_server(settings: Settings) -> LanguageServer:
    """A server that checks sheets with some settings."""
    server = LanguageServer(NAME, __version__, protocol_cls=Protocol)
    sheets = Sheets(server, settings)
    for method, answer in NOTIFIED.items():
        server.feature(method)(partial(answer, sheets))
    server.feature(lsp.TEXT_DOCUMENT_HOVER)(partial(_hover, sheets))
    kinds = lsp.CodeActionOptions(code_action_kinds=[lsp.CodeActionKind.QuickFix])
    server.feature(lsp.TEXT_DOCUMENT_CODE_ACTION, kinds)(partial(_code_actions, sheets))
    return server


def _opened(sheets: Sheets, params: lsp.DidOpenTextDocumentParams) -> None:
    told = params.text_document
    units = sheets.server.workspace.position_codec
    sheets.put(Document(told.uri, told.language_id, told.version, told.text, units))


def _changed(sheets: Sheets, params: lsp.DidChangeTextDocumentParams) -> None:
    document = sheets.open.get(params.text_document.uri)
    if document is not None:
        sheets.put(document.changed(params.text_document.version, list(params.content_changes)))


def _saved(sheets: Sheets, params: lsp.DidSaveTextDocumentParams) -> None:
    """The file of declarations for all sheets may be edited beside them."""
    declared, saved = sheets.settings.declarations, to_fs_path(params.text_document.uri)
    if declared is not None and saved is not None and Path(declared).resolve() == Path(saved).resolve():
        sheets.again()


def _closed(sheets: Sheets, params: lsp.DidCloseTextDocumentParams) -> None:
    sheets.drop(params.text_document.uri)


def _shut_down(sheets: Sheets, _: object = None) -> None:
    sheets.close()


def _hover(sheets: Sheets, params: lsp.HoverParams) -> lsp.Hover | None:
    found = sheets.current(params.text_document.uri)
    return None if found is None else found.hover(params.position, sheets.markdown)


def _code_actions(sheets: Sheets, params: lsp.CodeActionParams) -> list[lsp.CodeAction]:
    found, only = sheets.current(params.text_document.uri), params.context.only
    if found is None or (only is not None and not any(lsp.CodeActionKind.QuickFix.startswith(kind) for kind in only)):
        return []
    return list(found.fixes(params.range, sheets.versioned, sheets.links))


NOTIFIED: dict[str, Callable[..., None]] = {
    lsp.TEXT_DOCUMENT_DID_OPEN: _opened,
    lsp.TEXT_DOCUMENT_DID_CHANGE: _changed,
    lsp.TEXT_DOCUMENT_DID_SAVE: _saved,
    lsp.TEXT_DOCUMENT_DID_CLOSE: _closed,
    lsp.SHUTDOWN: _shut_down,
}
"""What is done about every notification, one line each."""
