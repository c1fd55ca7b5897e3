"""From the text of a formula to tokens with their places; nothing is skipped that is not known to say nothing."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from typing import Final, TypeAlias

from derivations.reading import grammar
from derivations.reading.glyphs import COMBINING, COMMAND_GLYPHS, GREEK_LETTERS, SIGN_GLYPHS, SUBSCRIPTS, SUPERSCRIPTS
from derivations.reading.tokens import UNKNOWN, Kind, Token

SCANNER: Final = re.compile(
    r"""(?P<space>(?:\s|%[^\n]*)+)
    |(?P<accumulate>\\mathrel\s*\{\s*[+*-]\s*\}\s*=|[+-]=)
    |(?P<command>\\(?:[A-Za-z]+|.|$))
    |(?P<number>[1-9][0-9]{0,2}(?:(?:,|\{,\}|\\,)[0-9]{3})+(?![0-9])(?:\.[0-9]+)?
        |[0-9]+\{,\}[0-9]+(?!\{,\}|[.0-9])
        |(?:[0-9]+(?:\.[0-9]+)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)
    |(?P<dotted>(?:np|numpy)\.(?!T\b)[A-Za-z_][A-Za-z_0-9]*(?:\.(?!T\b)[A-Za-z_][A-Za-z_0-9]*)*)
    |(?P<letters>[A-Za-z]+(?![\u0300-\u036f\u20d7]))
    |(?P<accented>[A-Za-z\u0370-\u03ff][\u0300-\u036f\u20d7]+)
    |(?P<words>[\u0400-\u04ff\u3040-\u30ff\u4e00-\u9fff]+)
    |(?P<dots>\.\.\.)
    |(?P<sign>:=|=:|\.\*|<=|>=|=>|->|==|!=|[-+*/=<>,;:.!'^_&@])
    |(?P<bracket>[{}()\[\]|])
    |(?P<other>.)""",
    re.VERBOSE | re.DOTALL,
)
DECIMAL_COMMA: Final = re.compile(r"(0|[0-9]+(?=\{,\}(?![0-9]{3}$)))\{,\}([0-9]+)")
"""``0{,}5`` and ``1{,}25``; behind any other number than 0 three digits are thousands."""
GROUP: Final = re.compile(r"\s*\{((?:[^{}$\\]|\\[ _#&%,])*)\}")
ARGUMENT: Final = re.compile(r"\s*\{[^{}]*\}")
VULGAR: Final = re.compile(r"(\d+)⁄(\d+)")
ENVIRONMENT: Final = re.compile(r"\s*\{\s*([A-Za-z]+)\*?\s*\}")
DELIMITER: Final = re.compile(r"\s*(\\[A-Za-z]+|\\.|.)", re.DOTALL)
LINE_GAP: Final = re.compile(r"\*?[ \t]*\[\s*-?[0-9.]+\s*(?:pt|em|ex|mm|cm|in|\\baselineskip)\s*\]|\*?")

BRACKETS: Final[dict[str, tuple[Kind, str]]] = {
    "(": ("open", "("), ")": ("close", ")"), "[": ("open", "["), "]": ("close", "]"), "|": ("bar", "|"),
    "{": ("{", "{"), "}": ("}", "}"), r"\{": ("open", r"\{"), r"\}": ("close", r"\}"), r"\|": ("bar", "‖"),
    r"\lbrace": ("open", r"\{"), r"\rbrace": ("close", r"\}"), r"\lbrack": ("open", "["), r"\rbrack": ("close", "]"),
    r"\vert": ("bar", "|"), r"\Vert": ("bar", "‖"), "‖": ("bar", "‖"), "∥": ("bar", "‖"), "∣": ("bar", "|"),
    r"\lvert": ("bar", "|"), r"\rvert": ("bar", "|"), r"\lVert": ("bar", "‖"), r"\rVert": ("bar", "‖"),
    r"\langle": ("open", "<"), r"\rangle": ("close", ">"), r"\lgroup": ("open", "("), r"\rgroup": ("close", ")"),
    "⟨": ("open", "<"), "⟩": ("close", ">"),
}  # fmt: skip
ASCII: Final = {"<=": "leq", ">=": "geq", "=>": "Rightarrow", "->": "rightarrow", "!=": "neq", "==": "equiv"}
ISOLATED_BEFORE: Final = frozenset(" \t\r\n,;.:)]}")
ISOLATED_AFTER: Final = frozenset(" \t\r\n,;.:\\$")


def tokenize(text: str, offset: int = 0) -> list[Token]:
    """The tokens of a formula; unknown characters and commands give ``bad`` tokens, whose text is the message."""
    return _Tokenizer(text, offset).run()


class _Tokenizer:
    def __init__(self, text: str, offset: int) -> None:
        self.text = text
        self.offset = offset
        self.position = 0
        self.tokens: list[Token] = []

    def run(self) -> list[Token]:
        while self.position < len(self.text):
            match = SCANNER.match(self.text, self.position)
            if match is None or match.lastgroup is None:  # the last row of the scanner takes any character
                break
            start, self.position = self.position, match.end()
            _HANDLERS[match.lastgroup](self, match.group(), start)
        return self.tokens

    def emit(self, kind: Kind, text: str, start: int, end: int | None = None) -> None:
        end = self.position if end is None else end
        self.tokens.append(Token(kind, text, start + self.offset, end + self.offset))

    def after_script(self) -> bool:
        """Whether the last token was ``^`` or ``_``, which take one character only."""
        return bool(self.tokens) and self.tokens[-1].kind == "sign" and self.tokens[-1].text in ("^", "_")

    def space(self, raw: str, start: int) -> None:
        pass

    def number(self, raw: str, start: int) -> None:
        if self.after_script() and len(raw) > 1:
            mark = self.tokens[-1].text
            self.emit("bad", f"only the first digit of {mark}{raw[:12]} is raised or lowered: write {mark}{{…}}", start)
        elif len(raw) > grammar.MAX_DIGITS:
            self.emit("bad", "a number of more than 100 digits", start)
        else:
            comma = DECIMAL_COMMA.fullmatch(raw)
            self.emit("number", f"{comma[1]}.{comma[2]}" if comma else re.sub(r"[^0-9.eE+-]", "", raw), start)

    def letters(self, raw: str, start: int) -> None:
        if self.after_script():
            self.position = start + 1
            self.script_letter(raw, start)
        elif (kind := self.word_kind(raw, start)) is not None:
            self.emit(kind, raw, start)
        elif raw[0] == "d" and raw[1:] in grammar.PLAIN_NAMES:
            self.emit("letter", "d", start, start + 1)
            self.emit("text", raw[1:], start + 1)
        elif raw in grammar.DOUBTFUL or (len(raw) > 2 and raw in grammar.KNOWN):
            self.emit("bad", f"‘{raw}’ without its backslash", start)
        else:
            for k, letter in enumerate(raw):
                self.emit("letter", letter, start + k, start + k + 1)

    def script_letter(self, raw: str, start: int) -> None:
        """One letter after ``_`` or ``^``; ``W_hh`` is refused, since it shows as W_h h and hardly ever means it."""
        end = start + len(raw)
        lone = len(raw) == 1 or (len(raw) == 2 and self.text[end : end + 1] == "_")
        if self.tokens[-1].text == "^" or lone or raw[1:] in grammar.FUNCTIONS:
            self.emit("letter", raw[0], start)
        else:
            self.position = end
            self.emit("bad", f"only the first letter of _{raw} is lowered: write _{{{raw}}}", start)

    def word_kind(self, raw: str, start: int) -> Kind | None:
        """What a run of letters is: words or a name (text), a Greek letter without its backslash, or a product."""
        if raw.lower() in grammar.WORDS and self.isolated(raw, start):
            return "text"
        if raw in grammar.FUNCTIONS and (len(raw) > 2 or self.text[self.position : self.position + 1] in ("(", "\\")):
            return "command" if raw == "sigma" else "text"
        if raw in grammar.PLAIN_GREEK:
            return "command"
        if raw == "Pr" and self.text[self.position : self.position + 1] == "(":
            return "text"
        return "text" if len(raw) >= grammar.LONG_RUN or raw in grammar.PLAIN_NAMES else None

    def isolated(self, raw: str, start: int) -> bool:
        end = start + len(raw)
        before = start == 0 or self.text[start - 1] in ISOLATED_BEFORE
        return len(raw) > 1 and before and (end == len(self.text) or self.text[end] in ISOLATED_AFTER)

    def dotted(self, raw: str, start: int) -> None:
        """A function of NumPy with its module: one word."""
        if self.after_script():
            self.emit("bad", f"only the first letter of {self.tokens[-1].text}{raw} is raised or lowered", start)
        else:
            self.emit("text", raw, start)

    def words(self, raw: str, start: int) -> None:
        self.emit("text", raw, start)

    def dots(self, raw: str, start: int) -> None:
        self.emit("command", "dots", start)

    def sign(self, raw: str, start: int) -> None:
        self.emit("command" if raw in ASCII else "sign", ASCII.get(raw, raw), start)

    def accumulate(self, raw: str, start: int) -> None:
        self.emit("bad", "an accumulation (+=) says what is added, not what the whole is", start)

    def bracket(self, raw: str, start: int) -> None:
        self.emit(*BRACKETS[raw], start)

    def accented(self, raw: str, start: int) -> None:
        """A letter with combining marks: the accents first, as LaTeX has them."""
        marks = [COMBINING.get(mark) for mark in reversed(raw[1:])]
        for mark in marks:
            if mark is None:
                self.emit("bad", f"unknown mark over {raw}", start)
            else:
                self.emit("command", mark, start)
        if raw[0].isascii():
            self.emit("letter", raw[0], start)
        else:
            self.other(raw[0], start)

    def other(self, raw: str, start: int) -> None:
        """A character beyond ASCII, or one without meaning in mathematics."""
        if raw in BRACKETS:
            self.emit(*BRACKETS[raw], start)
        elif raw in COMMAND_GLYPHS:
            self.emit_command(COMMAND_GLYPHS[raw], start)
        elif raw in GREEK_LETTERS:
            self.emit("command", GREEK_LETTERS[raw], start)
        elif raw in SIGN_GLYPHS:
            self.emit("sign", SIGN_GLYPHS[raw], start)
        elif raw in SUPERSCRIPTS:
            self.script_run("^", SUPERSCRIPTS, start)
        elif raw in SUBSCRIPTS:
            self.script_run("_", SUBSCRIPTS, start)
        elif raw == "~":
            pass
        elif raw == "ℝ":
            self.emit("command", "reals", start)
        else:
            self.decompose(raw, start)

    def decompose(self, raw: str, start: int) -> None:
        """ŷ is y with a hat, 𝐖 is W; whatever else is unknown."""
        shown = f" ‘{raw}’" if raw.isprintable() else ""
        accented, plain = unicodedata.normalize("NFD", raw), unicodedata.normalize("NFKC", raw)
        if len(accented) > 1 and (accented[0].isascii() or accented[0] in GREEK_LETTERS):
            self.accented(accented, start)
        elif plain == "″":
            self.sign("'", start)
            self.sign("'", start)
        elif len(plain) == 1 and plain != raw and plain.isascii() and plain.isalpha():
            self.emit("letter", plain, start)
        elif len(plain) == 1 and plain != raw and plain in GREEK_LETTERS:
            self.emit("command", GREEK_LETTERS[plain], start)
        elif (fraction := VULGAR.fullmatch(plain)) is not None:
            self.fraction(fraction.groups(), start)
        else:
            self.emit("bad", f"unknown character{shown} U+{ord(raw):04X}", start)

    def fraction(self, sides: tuple[str, ...], start: int) -> None:
        """½ as LaTeX has it."""
        self.emit("command", "frac", start)
        for side in sides:
            self.emit("{", "{", start)
            self.emit("number", side, start)
            self.emit("}", "}", start)

    def script_run(self, mark: str, table: dict[str, str], start: int) -> None:
        """A run of raised or lowered characters: ``ₜ₋₁`` is ``_{t-1}``."""
        while self.position < len(self.text) and self.text[self.position] in table:
            self.position += 1
        self.emit("sign", mark, start, start)
        self.emit("{", "{", start, start)
        run = "".join(table[character] for character in self.text[start : self.position])
        for piece in re.finditer(r"([0-9]+)|([A-Za-z])|(.)", run):
            kind: Kind = "number" if piece[1] else "letter" if piece[2] else BRACKETS.get(piece[3], ("sign", ""))[0]
            self.emit(kind, piece[0][: grammar.MAX_DIGITS], start + piece.start(), start + piece.end())
        self.emit("}", "}", self.position)

    def command(self, raw: str, start: int) -> None:
        name = raw[1:]
        if raw in BRACKETS:
            self.emit(*BRACKETS[raw], start)
        elif name in grammar.SPACES or name in grammar.WIDE:
            if name in grammar.WIDE:
                self.emit("wide", name, start)
        elif name in grammar.DROPPED:
            self.drop(name, start)
        elif name in grammar.WORD_FONTS:
            self.font(name, start)
        elif name in _SPECIAL:
            _SPECIAL[name](self, start)
        else:
            self.emit_command(name, start)

    def emit_command(self, name: str, start: int) -> None:
        name = grammar.ALIASES.get(name, name)
        if name in grammar.REFUSED:
            self.emit("bad", grammar.REFUSED[name], start)
        elif name in grammar.KNOWN:
            self.emit("command", name, start)
        elif name in ("'", ":=", "=:", ":", "<", ">", "*", "/"):
            self.emit("sign", name, start)
        else:
            self.emit("bad", f"{UNKNOWN}\\{name[:40]}", start)

    def drop(self, name: str, start: int) -> None:
        """Skip a command that says nothing, with its arguments; an arrow with a label stays an arrow."""
        if self.text.startswith("*", self.position):
            self.position += 1
        for _ in range(grammar.DROPPED[name]):
            if (match := ARGUMENT.match(self.text, self.position)) is None:
                self.emit("bad", f"\\{name} needs an argument in braces", start)
                return
            self.position = match.end()
        if name in grammar.ALIASES:
            self.emit_command(name, start)

    def font(self, name: str, start: int) -> None:
        r"""``\text{where}`` is words, ``\mathrm{softmax}`` one word; other fonts go to the parser."""
        star = 1 if self.text.startswith("*", self.position) else 0
        match = GROUP.match(self.text, self.position + star)
        content = " ".join(re.sub(r"\\(.)", r"\1", match[1]).split()) if match else ""
        if match and self.is_word(name, content):
            self.position = match.end()
            self.emit("unit" if is_remark(name, match[1], content) else "text", content, start)
        elif match and len(content) == 1 and content.isascii() and content.isalpha():
            self.position = match.end()
            self.emit("letter", content, start)
        elif match and name in grammar.TEXTS:
            self.plain_text(match, content, start)
        elif name in grammar.TEXTS and match is None:
            self.emit("bad", f"mathematics inside \\{name}", start)
        else:
            self.emit("command", name, start)

    def is_word(self, font: str, content: str) -> bool:
        if content.startswith(("np.", "numpy.")):
            return True
        if font in grammar.BOLD:
            return content in grammar.FUNCTIONS or content.lower() in grammar.WORDS
        if font in grammar.TEXTS:
            return (len(content) > 1 or content in grammar.WORDS) and any(character.isalpha() for character in content)
        return len(content) > 1 and content.isascii() and content.replace("_", "").isalpha()

    def plain_text(self, match: re.Match[str], content: str, start: int) -> None:
        r"""``\text`` of a single letter, a number or a punctuation mark: as if it stood without."""
        self.position = match.end()
        inner = _Tokenizer(content, 0).run()
        if not content or [token.kind for token in inner] in (["letter"], ["number"], ["sign"]):
            self.tokens.extend(t._replace(start=start + self.offset, end=match.end() + self.offset) for t in inner)
        else:
            self.emit("bad", f"cannot read ‘{content}’ as text", start)

    def newline(self, start: int) -> None:
        match = LINE_GAP.match(self.text, self.position)
        self.position = match.end() if match else self.position
        self.emit("newline", "newline", start)

    def unit(self, start: int) -> None:
        self.emit("unit", "#", start)

    def percent(self, start: int) -> None:
        self.emit("sign", "%", start)

    def ampersand(self, start: int) -> None:
        self.emit("text", "and", start)

    def environment(self, start: int) -> None:
        kind: Kind = "begin" if self.text.startswith(r"\begin", start) else "end"
        match = ENVIRONMENT.match(self.text, self.position)
        if match is None:
            self.emit("bad", f"\\{kind} without the name of an environment", start)
            return
        self.position = match.end()
        if kind == "begin":
            self.skip_options(match[1])
        self.emit(kind, match[1], start)

    def skip_options(self, name: str) -> None:
        """The column format of an array, the position of an aligned block."""
        pattern = r"\s*\{[lcr|\s]*\}" if name == "array" else r"\s*\{[0-9]+\}" if "alignat" in name else r"\[[tcb]\]"
        match = re.compile(pattern).match(self.text, self.position)
        self.position = match.end() if match else self.position

    def delimiter(self, start: int) -> None:
        side: Kind = "left" if self.text.startswith(r"\left", start) else "right"
        match = DELIMITER.match(self.text, self.position)
        found = BRACKETS.get({"<": r"\langle", ">": r"\rangle"}.get(match[1], match[1])) if match else None
        self.position = match.end() if match else self.position
        if match and match[1] == "." and side == "left":
            self.emit("left", ".", start)
        elif found is None or found[0] in "{}":
            self.emit("bad", rf"\{side} needs a bracket; \{side}. with a bar is not read", start)
        else:
            self.emit(side, found[1], start)


def is_remark(font: str, raw: str, content: str) -> bool:
    r"""Whether ``\text{ parameters}`` is a remark behind a formula: one unknown word after a space."""
    known = content in grammar.FUNCTIONS or content.lower() in grammar.WORDS
    return font in grammar.TEXTS and raw[:1].isspace() and " " not in content and not known


Handler: TypeAlias = Callable[[_Tokenizer, str, int], None]
_HANDLERS: Final[dict[str, Handler]] = {
    name: getattr(_Tokenizer, name)
    for name in (
        "space", "command", "number", "dotted", "letters", "accented", "words", "dots", "accumulate", "sign",
        "bracket", "other",
    )
}  # fmt: skip
_SPECIAL: Final[dict[str, Callable[[_Tokenizer, int], None]]] = {
    "\\": _Tokenizer.newline,
    "cr": _Tokenizer.newline,
    "newline": _Tokenizer.newline,
    "#": _Tokenizer.unit,
    "%": _Tokenizer.percent,
    "&": _Tokenizer.ampersand,
    "begin": _Tokenizer.environment,
    "end": _Tokenizer.environment,
    "left": _Tokenizer.delimiter,
    "right": _Tokenizer.delimiter,
}
