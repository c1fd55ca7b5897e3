"""Tokens of LaTeX mathematics: what they are, which belong together, which are words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from difflib import get_close_matches
from functools import lru_cache
from typing import Final, Literal, NamedTuple, TypeAlias

from derivations.reading import grammar
from derivations.reading.places import Span

Kind: TypeAlias = Literal[
    "number", "letter", "command", "text", "sign", "{", "}", "open", "close", "left", "right", "bar",
    "begin", "end", "newline", "wide", "unit", "bad", "stop",
]  # fmt: skip


class Token(NamedTuple):
    r"""One token; ``text`` is normalised (``tanh`` for ``\tanh``, the message for a ``bad`` one)."""

    kind: Kind
    text: str
    start: int
    end: int

    @property
    def span(self) -> Span:
        return Span(self.start, self.end)

    def at(self, *texts: str) -> bool:
        """Whether this is one of some signs or commands."""
        return self.text in texts and self.kind in ("sign", "command")


CLOSED_BY: Final = {"(": ")", "[": "]", r"\{": r"\}", "<": ">", "|": "|", "‖": "‖", "{": "}"}
OPENERS: Final = ("{", "open", "left", "begin")
CLOSERS: Final[dict[str, Kind]] = {"}": "{", "close": "open", "right": "left", "end": "begin"}
UNKNOWN: Final = "unknown command "


def partners(tokens: Sequence[Token]) -> tuple[int, ...]:
    r"""For every bracket, brace, ``\left`` and ``\begin`` the index of what closes it and back; −1 where none.

    A brace closes over brackets left open inside it, an ``\end`` over braces too; a bracket closes the innermost
    opener or, where that is of another kind, nothing.
    """
    return _partners(tuple(tokens))


@lru_cache(maxsize=16)  # a formula is looked at by one pass after the other
def _partners(tokens: tuple[Token, ...]) -> tuple[int, ...]:
    found = [-1] * len(tokens)
    stack: list[int] = []
    braces = [0]  # open braces, for each environment that is open
    for k, token in enumerate(tokens):
        if token.kind in OPENERS:
            stack.append(k)
            braces[-1] += token.kind == "{"
            braces += [0] if token.kind == "begin" else []
        elif token.kind in CLOSERS and _may_close(tokens, stack, braces, token.kind):
            while CLOSERS[token.kind] in ("{", "begin") and tokens[stack[-1]].kind != CLOSERS[token.kind]:
                stack.pop()
            if matches(tokens[stack[-1]], token):
                found[stack[-1]], found[k] = k, stack[-1]
            stack.pop()
    return tuple(found)


def _may_close(tokens: Sequence[Token], stack: list[int], braces: list[int], kind: Kind) -> bool:
    """Whether something is open that a closing token may take off the stack; keeps the count of braces."""
    if kind == "}":
        braces[-1] -= (possible := braces[-1] > 0)
    elif kind == "end":
        possible = len(braces) > 1
        braces[-1:] = [] if possible else braces[-1:]
    else:
        possible = bool(stack) and tokens[stack[-1]].kind in ("open", "left")
    return possible


def matches(opener: Token, closer: Token) -> bool:
    """Whether two tokens belong together; ``\\left`` and ``\\right`` do whatever their brackets are."""
    same_kind = opener.kind == CLOSERS[closer.kind]
    return same_kind and (closer.kind == "right" or closer.text == CLOSED_BY.get(opener.text, opener.text))


def similar(token: Token) -> str:
    """The known command that an unknown one looks like, or nothing."""
    name = token.text.removeprefix(f"{UNKNOWN}\\")
    if name == token.text:
        return ""
    near = [known for known in sorted(grammar.KNOWN) if known[0] == name[:1] and abs(len(known) - len(name)) < 3]
    return "".join(f"\\{found}" for found in get_close_matches(name, near, n=1, cutoff=0.7))


def words_of(token: Token) -> Iterator[str]:
    """The words of a text token, in lower case, without punctuation."""
    for word in token.text.lower().split():
        if stripped := word.strip(".,;:!?()"):
            yield stripped


def is_connective(token: Token) -> bool:
    """Whether a token is words that only connect: ``where``, ``and``, ``such that``."""
    return token.kind == "text" and all(word in grammar.WORDS for word in words_of(token))


def is_prose(token: Token) -> bool:
    """Whether a token is words that cannot be a name: connectives, or several words."""
    return token.kind == "text" and (" " in token.text or is_connective(token) or not token.text.isascii())


def is_relation(token: Token) -> bool:
    return token.kind in ("sign", "command") and token.text in grammar.RELATIONS


def is_infix(token: Token) -> bool:
    return token.kind in ("sign", "command") and token.text in grammar.INFIX


def is_wide(token: Token) -> bool:
    return token.kind == "wide"


def is_arrow(token: Token) -> bool:
    return token.kind == "command" and token.text in grammar.ARROWS


def bad(message: str, token: Token) -> Token:
    return Token("bad", message, token.start, token.end)
