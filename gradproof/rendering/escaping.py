"""Text as LaTeX and Markdown show it: no character of it can act as anything but itself."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

from derivations.reading.glyphs import COMBINING, COMMAND_GLYPHS, GREEK_LETTERS

CONTROL: Final = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ud800-\udfff\ue000-\uf8ff]"
)
ASCII: Final = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "_": r"\_", "%": r"\%",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}",
}  # fmt: skip
LETTERS: Final = {
    "ß": r"\ss{}", "æ": r"\ae{}", "Æ": r"\AE{}", "ø": r"\o{}", "Ø": r"\O{}", "œ": r"\oe{}", "Œ": r"\OE{}",
    "ł": r"\l{}", "Ł": r"\L{}", "å": r"\aa{}", "Å": r"\AA{}", "ı": r"\i{}", "¡": "!`", "¿": "?`", "§": r"\S{}",
    "“": "``", "”": "''", "‘": "`", "’": "'", "„": ",,", "–": "--", "—": "---", "…": r"\ldots{}", "\u00a0": "~",
    "•": r"\textbullet{}", "©": r"\copyright{}", "£": r"\pounds{}", "\u202f": r"\,", "\u2009": r"\,", "‐": "-",
    "‑": "-", "´": r"\'{}", "¨": r'\"{}', "«": r"\ensuremath{\ll}", "»": r"\ensuremath{\gg}", "−": r"\ensuremath{-}",
}  # fmt: skip
ACCENTS: Final = {
    "\u0300": "`", "\u0301": "'", "\u0302": "^", "\u0303": "~", "\u0304": "=", "\u0306": "u", "\u0307": ".",
    "\u0308": '"', "\u030a": "r", "\u030b": "H", "\u030c": "v", "\u0323": "d", "\u0327": "c",
}  # fmt: skip
"""Accents over letters of text; OT1 has all of them, and none is looked up in a font that may be missing."""
MARKDOWN: Final = re.compile(r"([\\`*_{}\[\]<>#|$~!&^])")
LINES: Final = re.compile(r"\s*\n\s*")
"""Ends of lines that could end a paragraph."""
LINE_START: Final = re.compile(r"^(\s*)([-+=:]|\d+(?=[.)]))", re.MULTILINE)
BACKQUOTES: Final = re.compile(r"`+")
LIGATURES: Final = frozenset("-'`?!,<>")
BREAKABLE: Final = frozenset("_^}])=+-*/,.;:\\&")


def clean(text: str) -> str:
    """Text with control, invisible and private characters made visible; lines stay lines."""
    return CONTROL.sub(lambda match: f"\\u{{{ord(match.group()):x}}}", text.replace("\r\n", "\n"))


def ascii_text(text: str) -> str:
    """Text for the text mode of TeX and of KaTeX, what is beyond ASCII as it is."""
    return "".join(ASCII.get(character, character) for character in clean(text))


def latex_text(text: str) -> str:
    """Text in ASCII for the text mode of TeX; a character that base fonts do not have shows as its number."""
    return "".join(map(_latex_character, _composed(LINES.sub("\n", clean(text)))))


def latex_unicode(latex: str) -> str:
    """LaTeX that is safe already, what is beyond ASCII replaced."""
    return "".join(c if c.isascii() else _latex_character(c) for c in _composed(latex))


def latex_code(text: str) -> str:
    """A line as it stands for a typewriter font: no ligatures, spaces kept, to be broken behind signs."""
    return "".join(_code_character(character) for character in clean(text).expandtabs(4))


def markdown_text(text: str) -> str:
    """Text that Markdown takes for nothing but text."""
    return LINE_START.sub(r"\1\\\2", MARKDOWN.sub(r"\\\1", LINES.sub("\n", clean(text))))


def markdown_code(text: str) -> str:
    """Text in one line between backquotes, more of them than it has."""
    marks = "`" * (1 + longest_run(text))
    return f"{marks} {' '.join(clean(text).split())} {marks}"


def markdown_fence(text: str) -> str:
    """A text of several lines as a block of code."""
    marks = "`" * max(3, 1 + longest_run(text))
    return f"{marks}text\n{clean(text)}\n{marks}"


def longest_run(text: str) -> int:
    """The length of the longest run of backquotes in a text."""
    return max(map(len, BACKQUOTES.findall(text)), default=0)


def _composed(text: str) -> str:
    return unicodedata.normalize("NFC", text)


def _latex_character(character: str) -> str:
    if character.isascii():
        return ASCII.get(character, character)
    if character in LETTERS:
        return LETTERS[character]
    command = GREEK_LETTERS.get(character) or COMMAND_GLYPHS.get(character)
    return rf"\ensuremath{{\{command}}}" if command and command != "sqrt" else _accented(character)


def _accented(character: str) -> str:
    """ŷ as y with a hat, 𝐖 as W, ² as a raised 2; else the number of the character."""
    parts = unicodedata.normalize("NFD", character)
    if len(parts) == 2 and parts[0].isascii() and parts[1] in ACCENTS:
        return rf"\{ACCENTS[parts[1]]}{{{parts[0]}}}"
    if character in COMBINING:
        return ""
    plain = unicodedata.normalize("NFKC", character)
    if len(plain) == 1 and plain.isascii() and plain.isalnum():
        raised, lowered = ("<super>" in (form := unicodedata.decomposition(character)), "<sub>" in form)
        return rf"\ensuremath{{{'^' if raised else '_'}{{{plain}}}}}" if raised or lowered else plain
    return rf"\texttt{{U+{ord(character):04X}}}"


def _code_character(character: str) -> str:
    if character in " \n":
        return r"\ "
    if character in LIGATURES:
        return f"{ASCII.get(character, character)}{{}}" + (r"\allowbreak{}" if character in BREAKABLE else "")
    return _latex_character(character) + (r"\allowbreak{}" if character in BREAKABLE else "")
