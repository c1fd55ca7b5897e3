"""``gradproof data``: the data of the experiments, where they are looked for, and how to get them."""

from __future__ import annotations

import json
import sys
from typing import Any

import click

from derivations.errors import UsageError


@click.group(invoke_without_command=True)
@click.option("--format", "form", type=click.Choice(["text", "json"]), default="text", help="How to write the list.")
@click.pass_context
def data(context: click.Context, form: str) -> None:
    """List the data sets of gradproof train: source, licence, size, and whether they are there."""
    if context.invoked_subcommand is None:
        records = _records()
        click.echo(json.dumps(records, indent=1, ensure_ascii=False) if form == "json" else _text(records))


@data.command()
@click.argument("name")
def fetch(name: str) -> None:
    """Download a data set into the cache; a broken-off download goes on where it stopped."""
    from numeric.data.fetch import fetch as fetch_files
    from numeric.data.sources import SOURCES, cache

    if name not in SOURCES:
        raise UsageError(f"there is no data set {name}; there are {', '.join(SOURCES)}")
    paths = fetch_files(SOURCES[name], cache() / name, _told)
    click.echo(f"{len(paths)} files, SHA-256 right, in {cache() / name}")


def _told(name: str, done: int, size: int) -> None:
    if sys.stderr.isatty():
        click.echo(f"\r{name} {done:,} of {size:,} bytes", err=True, nl=done >= size)


def _records() -> list[dict[str, Any]]:
    from numeric.data.sources import EMBEDDED, SOURCES, cache

    found = []
    for source in SOURCES.values():
        there = all((cache() / source.name / file.name).is_file() for file in source.files)
        state = "part of the package" if source.name in EMBEDDED.values() else "to be given with --data"
        if source.files:
            state = f"in {cache() / source.name}" if there else "not downloaded"
        urls = [{"url": file.url, "bytes": file.size, "sha256": file.sha256} for file in source.files]
        about = {"name": source.name, "kind": source.kind, "about": source.about, "licence": source.licence}
        found.append({**about, "bytes": source.size, "state": state, "files": urls, "cache": str(cache())})
    return found


def _text(records: list[dict[str, Any]]) -> str:
    lines = []
    for one in records:
        size = f", {one['bytes'] / 1e6:.1f} MB" if one["bytes"] else ""
        lines += [f"{one['name']:<14} {one['about']}", f"{'':<14} licence: {one['licence']}{size}; {one['state']}"]
    lines += [
        "",
        f"downloads are kept in {records[0]['cache']} (set GRADPROOF_CACHE to move them)",
        "gradproof train TASK --data NAME uses one of these, --data FOLDER files of your own",
        "(IDX files, the files of PTB, train/valid/test.txt or one .txt file); without",
        "--data the embedded sets serve. gradproof data fetch NAME downloads.",
    ]
    return "\n".join(lines)
