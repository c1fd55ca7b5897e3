r"""Formulas that are safe to typeset: read token by token against the tables of the reader, and written anew.

Nothing reaches TeX or a browser as it was typed. A token that the tables do not know refuses the whole formula.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final

from derivations.reading import grammar
from derivations.reading.glyphs import COMMAND_GLYPHS
from derivations.reading.grammar import names
from derivations.reading.macros import Macros, tokens_of
from derivations.reading.slips import Slip
from derivations.reading.tokens import Kind, Token, is_prose, partners
from gradproof.rendering.escaping import ascii_text
from gradproof.rendering.katex import MathsError, typeset
from gradproof.rendering.layout import breaks, levels
from gradproof.rendering.marks import UNMARKED, Marks, wrapped
from gradproof.rendering.model import Maths

SPELLINGS: Final = names(
    "widetilde widehat overline dfrac tfrac cfrac ldots cdots vdots ddots dotsc dotsb le ge ne leqslant geqslant to "
    "longrightarrow implies Longrightarrow Leftrightarrow Longleftrightarrow leftrightarrow prime colon ast bullet "
    "gets longleftarrow thickapprox"
)
"""Commands that the reader takes for others and that are shown as the author wrote them."""

SHOWN: Final = names("pm mp sim int iint oint mapsto cup cap subset exists binom setminus notin perp")
"""Commands that are not read and do no harm."""

PRINTED: Final = {
    "iff": r"\Longleftrightarrow", "reals": r"\mathbb{R}", "bm": r"\boldsymbol", "symbf": r"\mathbf",
    "bold": r"\mathbf", "mathscr": r"\mathcal", "mathds": r"\mathbb", "mathnormal": "", "boldmath": "", "mod": r"\bmod",
} | {name: rf"\operatorname{{{name}}}" for name in names("diag tr softmax sigmoid relu ReLU sgn sech")}  # fmt: skip
"""How commands are written where TeX with amsmath, or KaTeX, has no command of that name."""

DERIVATIVES: Final = {"dv": r"\mathrm{d}", "pdv": r"\partial"}
"""Derivatives of the physics package and the sign in each half of the fraction that they are written as."""

ENVIRONMENTS: Final = {
    "equation": "", "displaymath": "", "math": "", "align": "aligned", "flalign": "aligned", "alignat": "aligned",
    "alignedat": "aligned", "aligned": "aligned", "split": "aligned", "gather": "gathered", "gathered": "gathered",
    "multline": "gathered", "eqnarray": "array", "cases": "cases", "dcases": "cases",
} | {name: name for name in grammar.MATRICES}  # fmt: skip
"""What an environment is inside a display of our own; nothing for what is only such a display."""

COLUMNS: Final = re.compile(r"\{([lcr|\s]*)\}$")
MOST_COLUMNS: Final = 12
COMMENT: Final = re.compile(r"%[^\n]*")
GAP: Final = re.compile(r"\\(?:(?:displaystyle|textstyle|limits|nolimits|[Bb]igg?[lrm]?)(?![A-Za-z])|[,;:!>])")
"""Spaces and sizes, which the reader leaves out, between two tokens."""

BRACKETS: Final = {
    "(": "(", ")": ")", "[": "[", "]": "]", r"\{": r"\{", r"\}": r"\}", "<": r"\langle", ">": r"\rangle",
    "|": "|", "‖": r"\|", ".": ".", "{": "{", "}": "}",
}  # fmt: skip
SIGNS: Final = {":=": r"\mathrel{:=}", "=:": r"\mathrel{=:}", ".*": r"\mathbin{.*}", "%": r"\%"} | {
    sign: sign for sign in "-+*/=<>,;:.!'^_&@"
}
OPTIONAL: Final = re.compile(r"(?:\\\\|\\begin\{[a-zA-Z]+\})$")
WORD: Final = re.compile(r"\\[A-Za-z]+$")
NO_BRACKET: Final = re.compile(r"\\right\s*\.")
NUMBER: Final = re.compile(r"(?:[0-9.,]|\{,\}|\\,)+")


def maths(latex: str, *, display: bool = False) -> Maths:
    """A formula of our own or of anybody, checked and written anew. Raises MathsError where it is not known whole."""
    return authored(latex, display=display)


def authored(
    text: str, offset: int = 0, macros: Macros | None = None, marks: Marks = UNMARKED, *, display: bool = False
) -> Maths:
    """A formula of an author that stands at an offset of a file, with marks in it.

    Marks that cannot be set where they belong are left out. Raises MathsError where the formula cannot be typeset.
    """
    try:
        tokens = tokens_of(text, offset, macros or Macros())
    except Slip as slip:
        raise MathsError(slip.message) from slip
    plain = _Printer(text, offset, tokens, display).latex(UNMARKED)
    if not plain.strip():
        raise MathsError("an empty formula")
    typeset(plain, display)
    marked = _Printer(text, offset, tokens, display).latex(marks)
    return Maths(marked, plain) if marked != plain and _reads(marked, display) else Maths(plain)


def _reads(latex: str, display: bool) -> bool:
    try:
        typeset(latex, display)
    except MathsError:
        return False
    return True


def joined(pieces: Sequence[str]) -> str:
    """Pieces one behind the other, so that no two of them become something else together."""
    found = ""
    for piece in filter(None, pieces):
        if found.endswith((r"\\", "}")) and piece[0] in "[*" and OPTIONAL.search(found):
            found += "{}"  # else it would be taken for an option of what stands before it
        elif piece[0].isalpha() and WORD.search(found):
            found += " "
        found += piece
    return found


class _Printer:
    """Writes the tokens of one formula."""

    def __init__(self, text: str, offset: int, tokens: Sequence[Token], display: bool) -> None:
        self.text = text
        self.offset = offset
        self.tokens = tokens
        self.display = display
        self.open: list[str] = []

    def latex(self, marks: Marks) -> str:
        """The formula, in an environment of its own where it has more than one line."""
        pieces = wrapped(self.pieces(), self.tokens, marks)
        if self.open:
            raise MathsError("an environment that is not closed")
        depth = levels(self.tokens, ENVIRONMENTS)
        flat = [token for token, level in zip(self.tokens, depth, strict=True) if level == 0]
        lined, aligned = (any(token.kind == "newline" for token in flat), any(token.at("&") for token in flat))
        broken = breaks(self.tokens, depth) if self.display and not lined and not aligned else []
        for number, k in enumerate(broken):
            pieces[k] = (r"\\&" if number else "&") + pieces[k]
        latex = joined(pieces)
        name = "aligned" if aligned or broken else "gathered" if lined else ""
        return joined([rf"\begin{{{name}}}", latex, rf"\end{{{name}}}"]) if name else latex

    def pieces(self) -> list[str]:
        """Every token as it is written, ``\\dv{y}{x}`` as a fraction."""
        found = [self.piece(k) for k in range(len(self.tokens))]
        closes = partners(self.tokens)
        for k, token in enumerate(self.tokens):
            if token.text in DERIVATIVES and token.kind == "command":
                for half in self.halves(k, closes):
                    found[half] += DERIVATIVES[token.text]
        return found

    def halves(self, k: int, closes: Sequence[int]) -> tuple[int, int]:
        """The braces that open the two arguments of a command. Raises MathsError where they are missing."""
        braces = [token.kind == "{" for token in self.tokens] + [False, False]
        upper = k + 1
        if not braces[upper] or closes[upper] < 0 or not braces[closes[upper] + 1]:
            raise MathsError(f"\\{self.tokens[k].text} needs two arguments in braces")
        return upper, closes[upper] + 1

    def raw(self, token: Token) -> str:
        """What stands in the text at the place of a token; of a macro's token the call of the macro."""
        return self.text[token.start - self.offset : token.end - self.offset]

    def piece(self, k: int) -> str:
        token = self.tokens[k]
        before = self.tokens[k - 1].end if k else self.offset
        gap = COMMENT.sub("", self.text[before - self.offset : max(token.start - self.offset, 0)])
        spaces = GAP.findall(gap) if before <= token.start else []
        return joined([*spaces, PRINTERS[token.kind](self, token)])

    def number(self, token: Token) -> str:
        raw = self.raw(token)
        return raw if NUMBER.fullmatch(raw) else token.text

    def letter(self, token: Token) -> str:
        return token.text

    def command(self, token: Token) -> str:
        spelled = self.raw(token).removeprefix("\\")
        if spelled in SPELLINGS and grammar.ALIASES.get(spelled) == token.text:
            return f"\\{spelled}"
        if token.text in DERIVATIVES:
            return r"\frac"
        if token.text not in grammar.KNOWN:
            raise MathsError(f"\\{token.text} is not typeset")
        return PRINTED.get(token.text, f"\\{token.text}")

    def words(self, token: Token) -> str:
        content = ascii_text(token.text)
        if is_prose(token) or token.kind == "unit":
            return rf"\text{{ {content} }}"
        if token.text in grammar.FUNCTIONS:
            return rf"\operatorname{{{content}}}"
        return rf"\mathrm{{{content}}}" if content.isalnum() and content.isascii() else rf"\text{{{content}}}"

    def sign(self, token: Token) -> str:
        if token.text not in SIGNS:
            raise MathsError(f"‘{token.text}’ is not typeset")
        return SIGNS[token.text]

    def bracket(self, token: Token) -> str:
        return BRACKETS[token.text]

    def side(self, token: Token) -> str:
        return f"\\{token.kind}{BRACKETS[token.text]}"

    def begin(self, token: Token) -> str:
        if token.text not in ENVIRONMENTS:
            raise MathsError(f"the environment {token.text} is not typeset")
        name = ENVIRONMENTS[token.text]
        self.open.append(name)
        return rf"\begin{{{name}}}{self.columns(token) if name == 'array' else ''}" if name else ""

    def columns(self, token: Token) -> str:
        found = COLUMNS.search(self.raw(token))
        return f"{{{found[1]}}}" if found else "{rcl}" if token.text == "eqnarray" else f"{{{'c' * MOST_COLUMNS}}}"

    def end(self, token: Token) -> str:
        if not self.open or ENVIRONMENTS.get(token.text) != self.open[-1]:
            raise MathsError(f"an end of {token.text} without its beginning")
        name = self.open.pop()
        return rf"\end{{{name}}}" if name else ""

    def newline(self, token: Token) -> str:
        return r"\\"

    def wide(self, token: Token) -> str:
        return r"\quad"

    def unit(self, token: Token) -> str:
        return r"\#" if token.text == "#" else self.words(token)

    def bad(self, token: Token) -> str:
        """What the reader does not take; some of it is harmless."""
        raw = self.raw(token)
        if NO_BRACKET.fullmatch(raw):
            return r"\right."
        name = COMMAND_GLYPHS.get(raw, raw.removeprefix("\\"))
        if name not in SHOWN:
            raise MathsError(token.text)
        return f"\\{name}"


PRINTERS: Final[dict[Kind, Callable[[_Printer, Token], str]]] = {
    "number": _Printer.number,
    "letter": _Printer.letter,
    "command": _Printer.command,
    "text": _Printer.words,
    "sign": _Printer.sign,
    "{": _Printer.bracket,
    "}": _Printer.bracket,
    "open": _Printer.bracket,
    "close": _Printer.bracket,
    "bar": _Printer.bracket,
    "left": _Printer.side,
    "right": _Printer.side,
    "begin": _Printer.begin,
    "end": _Printer.end,
    "newline": _Printer.newline,
    "wide": _Printer.wide,
    "unit": _Printer.unit,
    "bad": _Printer.bad,
}
