"""PDF from LaTeX or HTML by programs that may be installed: no shell, no files of others, a limit of time.

What an engine makes of one source is the same to the byte, whenever and wherever it runs.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from derivations.errors import UsageError
from gradproof.rendering.writers import Rendering

SECONDS: Final = 60
MOST_RUNS: Final = 3
EPOCH: Final = "0"
"""The time that is written into every PDF, in seconds since 1970: never that of the clock."""
RERUN: Final = re.compile(rb"Rerun to get|Rerun LaTeX|There were undefined references")
TEX_ERROR: Final = re.compile(r"^(! .*|.*:\d+: .*)$", re.MULTILINE)
CHROMIUMS: Final = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
DATE: Final = re.compile(rb"/(CreationDate|ModDate)(\s*)\((?:[^()\\]|\\.)*\)")


class MissingEngineError(UsageError):
    """A program or package is not installed; the message says how to get it."""


@dataclass(frozen=True, slots=True)
class Engine:
    """How a source of the form ``source`` becomes a PDF; raises MissingEngineError, or UsageError where it fails."""

    name: str
    source: str
    build: Callable[[Rendering], bytes]


def engine_named(name: str) -> Engine:
    """An engine by its name. Raises UsageError for any other."""
    if name not in ENGINES:
        raise UsageError(f"{name}: no such engine; there are {', '.join(ENGINES)}")
    return ENGINES[name]


def by_latex(source: Rendering) -> bytes:
    """The PDF of a LaTeX source, by pdflatex run as often as its references ask for."""
    program = shutil.which("pdflatex")
    if program is None:
        raise MissingEngineError(
            "pdflatex is not installed; on Debian: apt install texlive-latex-base texlive-pictures, "
            "or take --engine chromium"
        )
    with TemporaryDirectory(prefix="gradproof-") as folder:
        home = _filled(folder, source, "document.tex")
        for _ in range(MOST_RUNS):
            _run([program, *TEX_OPTIONS, "document.tex"], home, _tex_environment(home), _tex_reason)
            if not RERUN.search((home / "document.log").read_bytes()):
                break
        return (home / "document.pdf").read_bytes()


TEX_OPTIONS: Final = ("-no-shell-escape", "-interaction=nonstopmode", "-halt-on-error", "-file-line-error")


def _tex_environment(home: Path) -> dict[str, str]:
    """TeX may read and write below the folder of the document alone, and knows no time but ours."""
    kept = {key: value for key in ("PATH", "LANG", "SYSTEMROOT") if (value := os.environ.get(key))}
    return kept | {
        "HOME": str(home),
        "TEXMFHOME": str(home),
        "TEXMFVAR": str(home),
        "openin_any": "p",
        "openout_any": "p",
        "shell_escape": "f",
        "SOURCE_DATE_EPOCH": EPOCH,
        "FORCE_SOURCE_DATE": "1",
        "TZ": "UTC",
    }


def _tex_reason(home: Path, output: str) -> str:
    log = home / "document.log"
    text = log.read_text(encoding="latin-1") if log.exists() else output
    found = TEX_ERROR.search(text)
    return f"pdflatex stopped: {found[1]}" if found else "pdflatex stopped without saying why"


def by_chromium(source: Rendering) -> bytes:
    """The PDF of an HTML source, printed by Chromium without a window."""
    program = next(filter(None, map(shutil.which, CHROMIUMS)), None)
    if program is None:
        raise MissingEngineError(
            "no Chromium is installed; on Debian: apt install chromium, or take --engine latex or weasyprint"
        )
    with TemporaryDirectory(prefix="gradproof-") as folder:
        home = _filled(folder, source, "document.html")
        page = (home / "document.html").as_uri()
        command = [program, *_chromium_options(home), f"--print-to-pdf={home / 'document.pdf'}", page]
        _run(command, home, {**os.environ, "HOME": folder}, lambda _, output: f"Chromium stopped: {output[-200:]}")
        if not (home / "document.pdf").exists():
            raise UsageError("Chromium printed nothing")
        return undated((home / "document.pdf").read_bytes())


def _chromium_options(home: Path) -> list[str]:
    root = hasattr(os, "geteuid") and os.geteuid() == 0  # Chromium's sandbox refuses to run as root
    return [
        "--headless", "--disable-gpu", "--no-pdf-header-footer", "--disable-extensions", "--disable-dev-shm-usage",
        "--disable-background-networking", "--no-first-run", f"--user-data-dir={home / 'profile'}",
        *(["--no-sandbox"] if root else []),
    ]  # fmt: skip


def undated(data: bytes) -> bytes:
    """A PDF with every date in it set to the same, and no byte moved."""
    return DATE.sub(lambda match: _dated(match.group(), match[1], match[2]), data)


def _dated(old: bytes, key: bytes, space: bytes) -> bytes:
    start = b"/" + key + space + b"(D:19700101000000"
    return start + b" " * (len(old) - len(start) - 1) + b")"


def by_weasyprint(source: Rendering) -> bytes:
    """The PDF of an HTML source by WeasyPrint, in Python."""
    if find_spec("weasyprint") is None:
        raise MissingEngineError("WeasyPrint is not installed; pip install gradproof[pdf], or take --engine latex")
    try:
        from weasyprint import HTML
        from weasyprint.urls import URLFetcher
    except OSError as error:  # its C libraries are missing
        raise MissingEngineError(
            f"WeasyPrint lacks a library: {error}; on Debian: apt install libpango-1.0-0"
        ) from error
    fetcher = URLFetcher(allowed_protocols=["data"])  # what is in the page, and nothing else
    found: bytes = HTML(string=source.text, url_fetcher=fetcher).write_pdf()
    return undated(found)


def _filled(folder: str, source: Rendering, name: str) -> Path:
    home = Path(folder).resolve()
    (home / name).write_text(source.text, encoding="utf-8")
    for other, data in source.files.items():
        (home / other).write_bytes(data)
    return home


def _run(command: Sequence[str], home: Path, environment: dict[str, str], reason: Callable[[Path, str], str]) -> None:
    """Run a program in a folder. Raises UsageError with the reason where it fails or takes too long."""
    try:
        done = subprocess.run(
            command,
            cwd=home,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired as error:
        raise UsageError(f"{Path(command[0]).name} took longer than {SECONDS} seconds") from error
    if done.returncode:
        raise UsageError(reason(home, (done.stdout + done.stderr).decode("utf-8", "replace").strip()))


ENGINES: Final = {
    engine.name: engine
    for engine in (
        Engine("latex", "tex", by_latex),
        Engine("chromium", "html", by_chromium),
        Engine("weasyprint", "html", by_weasyprint),
    )
}
