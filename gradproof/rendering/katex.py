"""KaTeX without a browser: formulas as HTML with MathML beside it, and the style sheet that they need."""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache, lru_cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any, Final

import quickjs

from derivations.errors import GradproofError

VERSION: Final = "0.19.1"
MOST_MEMORY: Final = 256 * 1024 * 1024
MOST_SECONDS: Final = 10
MACROS: Final = {
    r"\gpmark": r"\mathrel{\htmlClass{mark mark-#1}{\overset{#2}{#3}}}",
    r"\gpslip": r"{\htmlClass{slip}{#1}}",
}
"""What we wrap around parts of a formula of an author; no author can write a command that begins so."""
OPTIONS: Final[dict[str, Any]] = {
    "output": "htmlAndMathml",
    "throwOnError": True,
    "strict": "ignore",
    "maxExpand": 1000,
    "maxSize": 20,
}
TYPESET: Final = """
function typeset(latex, options) {
  options.trust = function (context) { return context.command === "\\\\htmlClass"; };
  return katex.renderToString(latex, options);
}
"""
MESSAGE: Final = re.compile(
    r"(?:ParseError: )?KaTeX parse error: ([^\n]*?)(?: at (?:position|end)\b[^\n]*)?$", re.MULTILINE
)
FONT_FACE: Final = re.compile(r"@font-face\{[^}]*\}")
FONT_FILE: Final = re.compile(r"src:url\((fonts/[A-Za-z0-9_-]+\.woff2)\) format\(\"woff2\"\)[^}]*")


class MathsError(GradproofError):
    """A formula that cannot be typeset; the message says why."""


@lru_cache(maxsize=4096)
def typeset(latex: str, display: bool) -> str:
    """HTML and MathML of a formula. Raises MathsError where KaTeX cannot read it."""
    options = {**OPTIONS, "displayMode": display, "macros": MACROS}
    try:
        return str(_engine()(latex, options))
    except quickjs.JSException as error:
        found = MESSAGE.search(str(error))
        raise MathsError(found[1] if found else "this formula cannot be typeset") from error


@cache
def style_sheet() -> str:
    """KaTeX's style sheet with its fonts in it, so that a page needs no other file."""
    text = (_folder() / "katex.min.css").read_text(encoding="utf-8")
    return FONT_FACE.sub(lambda match: FONT_FILE.sub(_inlined, match.group()), text)


def _inlined(match: re.Match[str]) -> str:
    data = b64encode((_folder() / match[1]).read_bytes()).decode("ascii")
    return f'src:url(data:font/woff2;base64,{data}) format("woff2")'


def _folder() -> Traversable:
    return files("gradproof") / "vendor" / f"katex-{VERSION}"


@cache
def _engine() -> quickjs.Function:
    """KaTeX, on a thread of its own, so that any thread may call it."""
    engine = quickjs.Function("typeset", (_folder() / "katex.min.js").read_text(encoding="utf-8") + TYPESET)
    engine.set_memory_limit(MOST_MEMORY)
    engine.set_time_limit(MOST_SECONDS)
    return engine
