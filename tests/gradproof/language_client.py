"""An editor for tests: a client of the protocol that talks to ``gradproof lsp`` over its standard input and output."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from lsprotocol import types as lsp
from pygls.lsp.client import LanguageClient

URI = "file:///tmp/sheet.md"
PATIENCE = 120
"""Seconds after which a test is lost; nothing is measured by it."""


def capabilities(
    *, encodings: list[str] | None = None, versioned: bool = True, related: bool = True, markdown: bool = True
) -> lsp.ClientCapabilities:
    """What a client says that it can do."""
    kinds = [lsp.MarkupKind.Markdown, lsp.MarkupKind.PlainText] if markdown else [lsp.MarkupKind.PlainText]
    return lsp.ClientCapabilities(
        general=lsp.GeneralClientCapabilities(position_encodings=encodings),
        workspace=lsp.WorkspaceClientCapabilities(
            workspace_edit=lsp.WorkspaceEditClientCapabilities(document_changes=versioned)
        ),
        text_document=lsp.TextDocumentClientCapabilities(
            publish_diagnostics=lsp.PublishDiagnosticsClientCapabilities(related_information=related),
            hover=lsp.HoverClientCapabilities(content_format=kinds),
        ),
    )


class Editor:
    """One document open in an editor at a time."""

    def __init__(self, client: LanguageClient, initialized: lsp.InitializeResult) -> None:
        self.client, self.initialized = client, initialized
        self.published: asyncio.Queue[lsp.PublishDiagnosticsParams] = asyncio.Queue()
        self.version = 0

        @client.feature(lsp.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
        def _(params: lsp.PublishDiagnosticsParams) -> None:
            self.published.put_nowait(params)

    def open(self, text: str, uri: str = URI, language: str = "markdown") -> None:
        self.version += 1
        item = lsp.TextDocumentItem(uri, language, self.version, text)
        self.client.text_document_did_open(lsp.DidOpenTextDocumentParams(item))

    def change(self, *changes: lsp.TextDocumentContentChangeEvent, uri: str = URI) -> None:
        self.version += 1
        whose = lsp.VersionedTextDocumentIdentifier(self.version, uri)
        self.client.text_document_did_change(lsp.DidChangeTextDocumentParams(whose, list(changes)))

    async def found(self, uri: str = URI) -> list[lsp.Diagnostic]:
        """What is published of the version that stands."""
        while True:
            told = await asyncio.wait_for(self.published.get(), PATIENCE)
            if told.uri == uri and told.version == self.version:
                return list(told.diagnostics)

    async def hover(self, line: int, character: int) -> lsp.Hover | None:
        at = lsp.Position(line, character)
        asked = lsp.HoverParams(lsp.TextDocumentIdentifier(URI), at)
        return await asyncio.wait_for(self.client.text_document_hover_async(asked), PATIENCE)

    async def fixes(self, asked: lsp.Range, only: list[str] | None = None) -> list[Any]:
        context = lsp.CodeActionContext([], only=only)
        params = lsp.CodeActionParams(lsp.TextDocumentIdentifier(URI), asked, context)
        found = await asyncio.wait_for(self.client.text_document_code_action_async(params), PATIENCE)
        return list(found or [])


@asynccontextmanager
async def editor(can: lsp.ClientCapabilities | None = None, *options: str) -> AsyncIterator[Editor]:
    """A server in a process of its own, with a client that has shaken hands with it."""
    client = LanguageClient("tests", "1")
    await client.start_io(sys.executable, "-m", "gradproof", "lsp", *options)
    process = client._server
    params = lsp.InitializeParams(can or capabilities(), root_uri=Path.cwd().as_uri())
    initialized = await asyncio.wait_for(client.initialize_async(params), PATIENCE)
    client.initialized(lsp.InitializedParams())
    yield Editor(client, initialized)
    await asyncio.wait_for(client.shutdown_async(None), PATIENCE)
    client.exit(None)
    if process is None or await asyncio.wait_for(process.wait(), PATIENCE) != 0:
        raise RuntimeError("the server did not end as it should")
    await client.stop()


def play(act: Callable[[Editor], Awaitable[None]], can: lsp.ClientCapabilities | None = None, *options: str) -> None:
    """Play one scene in an editor."""

    async def scene() -> None:
        async with editor(can, "--delay", "0.05", *options) as found:
            await act(found)

    asyncio.run(scene())
