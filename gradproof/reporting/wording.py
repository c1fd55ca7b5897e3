"""Sentences of ours as inlines: the LaTeX in them typeset, lines as links to where they are."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from gradproof.rendering.katex import MathsError
from gradproof.rendering.maths import maths
from gradproof.rendering.model import Code, Inline, Inlines, Link, Text

BRACES: Final = r"\{(?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*\}"
ATOM: Final = (
    rf"(?:\\[A-Za-z]+(?:{BRACES})*|(?<![A-Za-z\\])d?[A-Za-z](?=[_^]))(?:'|[_^](?:{BRACES}|\\[A-Za-z]+|[A-Za-z0-9]))*"
    r"(?:\((?:[^()]|\([^()]*\))*\))?"
)
NUMBER: Final = r"-?[0-9]+(?:[./][0-9]+)*"
FORMULA: Final = re.compile(rf"{ATOM}(?:\s*(?:[=+*<>/-]\s*)?{ATOM}|\s*=\s*{NUMBER}(?![\w.]))*")
"""What is LaTeX in a sentence that has no dollar signs."""
WORDS: Final = re.compile(r"^[^\\]*\b[A-Za-z]{2,}(?: [A-Za-z]{2,})+\b[^\\]*$")
"""A sentence in words: several of them and no command."""
LINE: Final = re.compile(r"\bline (\d+)\b")


def sentence(text: str, linked: Callable[[int, str], Inline]) -> Inlines:
    """A sentence about formulas: what is LaTeX in it typeset, ``line 25`` made a link by ``linked``."""
    found: list[Inline] = []
    position = 0
    for match in FORMULA.finditer(text):
        found += lines(text[position : match.start()], linked)
        found.append(formula(match.group(), Text(match.group())))
        position = match.end()
    return (*found, *lines(text[position:], linked))


def lines(text: str, linked: Callable[[int, str], Inline]) -> Sequence[Inline]:
    """Words with every ``line 25`` in them as a link."""
    parts = LINE.split(text)
    found = [linked(int(part), f"line {part}") if k % 2 else Text(part) for k, part in enumerate(parts)]
    return [inline for inline in found if inline != Text("")]


def formula(latex: str, otherwise: Inline | None = None) -> Inline:
    """A formula within a line; as code where it cannot be typeset."""
    try:
        return maths(latex)
    except MathsError:
        return otherwise or Code(latex)


def stated(text: str) -> Inline:
    """A statement as it stands on a sheet: a formula, or a sentence in words."""
    return Text(text) if WORDS.search(text) else formula(text)


def symbol_name(name: str) -> Inlines:
    """The name of a symbol, what is said of it in brackets left as words."""
    letter, bracket, words = name.partition(" (")
    return (formula(letter), Text(bracket + words)) if bracket else (formula(letter),)


def listed(items: Sequence[Inlines]) -> Inlines:
    """Items with commas between them."""
    return tuple(x for k, item in enumerate(items) for x in ((Text(", "), *item) if k else item))


def link(target: str, text: str) -> Inline:
    """A link to an anchor of this document; plain text where there is none."""
    return Link((Text(text),), f"#{target}") if target else Text(text)
