"""What a line that could not be read may define: reasons to call a step neither right nor wrong."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import TYPE_CHECKING

from derivations.names import key_of
from derivations.reading import surface as s

if TYPE_CHECKING:
    from derivations.doubts import Case

_SCRIPT = re.compile(r"[_^]\s*(?:\{[^{}]*\}|\\[A-Za-z]+|[^\\{])")
"""A subscript or superscript, which says of no other name what it is."""
_WORD = re.compile(r"[^\W\d_]+")
_LETTER = re.compile(r"\\[A-Za-z]+|[^\W\d_]")
_BY = re.compile(r"(\\[dt]?frac\s*\{\s*(?:\\partial|d)\b[^{}]*\})\s*\{\s*(?:\\partial|d)\b[^{}]*\}")
"""A gradient with what it is taken by, of which it says nothing."""
_DERIVED = re.compile(r"partial|nabla|∂|∇|frac|/|^\s*(?:d|\\delta|\\Delta)\s*\\?[A-Za-z{]")
"""A left side that is a gradient, or is named as one: what it says is no definition of the quantity in it."""


def unread(case: Case) -> str:
    """A line that could not be read may define a name that has no definition."""
    return _unread_line(case, {ref.key for ref in case.refs()}, lambda _: True)


def _unread_line(case: Case, keys: set[str], counts: Callable[[str], bool]) -> str:
    """The unreadable line that may define one of some names; ``counts`` says which left sides may be a definition's."""
    known = case.sheet.knowledge
    undefined = {key for key in keys - case.sheet.declared if not known.defined(key) or key in known.open.assumed}
    named = sorted(undefined & case.sheet.knowledge.names.bases.keys(), reverse=True)
    bases = {case.sheet.knowledge.names.bases[key].base: key for key in named}
    for entry in case.sheet.entries:
        if isinstance(entry.sentence, s.Unreadable) and entry.sentence.defines:
            text = _BY.sub(r"\1", _SCRIPT.sub(" ", case.sheet.source.slice(entry.sentence.span).split("=")[0]))
            for base, key in sorted(bases.items()):
                if counts(text) and base in re.findall(_WORD if len(base) > 1 else _LETTER, text):
                    line = case.sheet.source.place(entry.sentence.span.start).line
                    return f"line {line} could not be read, and it may say what {key} is"
    return ""


def _undefined_part(case: Case) -> str:
    """Why a derivative must not be called right: the p_y of ``L = -log p_y`` may be a part of a p that is defined.

    Taken for a quantity of its own it would lead to nothing, and every gradient through it would be zero.
    """
    knowledge = case.sheet.knowledge
    near = knowledge.reachable(case.left, case.right) if case.found.derivative else set[str]()
    for key in sorted((near - case.sheet.declared) & knowledge.names.bases.keys()):
        symbol = knowledge.names.bases[key]
        part = symbol.name and not symbol.name.isdigit() and not knowledge.defined(key)
        whole = key_of(symbol, "")
        if part and whole != key and knowledge.defined(whole):
            return f"the sheet does not define {key}, which may be a part of {whole}"
    return ""


def unread_definition(case: Case) -> str:
    """Why a derivative must not be called right: a line that could not be read may define a name that it hangs on.

    With the name taken for free, whatever goes through it would be left out without a word.
    """
    if not case.found.derivative:
        return ""
    keys = {ref.key for ref in case.refs()} | set(case.sheet.knowledge.reachable(case.left, case.right))
    unread_line = _unread_line(case, keys, lambda text: not _DERIVED.search(text)) or _defined_before(case, keys)
    return unread_line or _undefined_part(case)


def _defined_before(case: Case, keys: set[str]) -> str:
    """The unreadable line before the definition of a name that begins with this name: the first definition counts."""
    knowledge, source = case.sheet.knowledge, case.sheet.source
    lines = {key: knowledge.families[key].line for key in sorted(keys & knowledge.families.keys())}
    for entry in case.sheet.entries:
        if isinstance(entry.sentence, s.Unreadable) and entry.sentence.defines:
            line = source.place(entry.sentence.span.start).line
            text = source.slice(entry.sentence.span)
            begun = [key for key in lines if lines[key] > line and _begins_with(text, knowledge.names.bases[key].base)]
            if begun:
                return f"line {line} could not be read, and it may define {begun[0]} in another way"
    return ""


def _begins_with(text: str, base: str) -> bool:
    """Whether a line sets a letter, with any scripts, equal to something."""
    left, sign, _ = text.partition("=")
    return bool(sign) and _SCRIPT.sub("", left).strip(" &:$\\") == base
