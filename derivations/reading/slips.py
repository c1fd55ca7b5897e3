"""What can be wrong with a formula as written."""

from __future__ import annotations

from derivations.errors import SheetError
from derivations.reading.places import Span


class Slip(SheetError):
    """A formula that cannot be read whole: the offending place, what is wrong there, what was expected."""

    def __init__(self, at: Span, message: str, expected: str = "") -> None:
        super().__init__(f"{message}; expected {expected}" if expected else message)
        self.at = at
        self.message = message
        self.expected = expected


UNEXPECTED = {
    "&": "an alignment mark & outside an alignment",
    "}": "this brace closes nothing",
    ")": "this bracket closes nothing",
    "]": "this bracket closes nothing",
    "\\}": "this bracket closes nothing",
    "_": "a subscript with nothing before it",
    "^": "a superscript with nothing before it",
    "'": "a prime with nothing before it",
    ",": "a comma inside an expression",
    "dots": "an ellipsis leaves out what would have to be checked",
    "newline": "a line break inside an expression",
    "|": "a bar that is neither an absolute value nor a norm",
    "mid": "a condition or restriction is not read",
    "!": "a factorial or exclamation mark is not read",
    "%": "a per cent sign without a number",
    "frac": "\\frac needs two arguments",
}
"""What is said of a token that cannot stand where it stands, by its text."""

RIGHT_ALONE = r"\right without \left"
LEFT_ALONE = r"\left without \right"
BRACE_OPEN = "this brace is never closed"
BRACKET_OPEN = "this bracket is never closed"
TOO_DEEP = "nested too deep"
