"""Moving over tokens: what all parts of the parser share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from derivations.reading import grammar, slips
from derivations.reading.places import Span
from derivations.reading.slips import Slip
from derivations.reading.surface import Node, Time
from derivations.reading.tokens import Kind, Token, is_prose, partners, similar


class Cursor(ABC):
    """A place in a list of tokens; the sub-classes add one kind of construct each."""

    def __init__(self, tokens: Sequence[Token], end: int | None = None) -> None:
        stop = end if end is not None else tokens[-1].end if tokens else 0
        self.tokens = [*tokens, Token("stop", "", stop, stop)]
        self.partner = partners(self.tokens)
        self.position = 0
        self.depth = 0
        self.bars = 0

    @abstractmethod
    def expression(self, power: int = 0) -> Node:
        """Everything that binds at least as tightly as a binding power."""

    @abstractmethod
    def factor(self) -> Node:
        """One factor of a product, with its scripts."""

    @abstractmethod
    def argument(self) -> Node:
        """The argument of a command: a braced group or one token."""

    @abstractmethod
    def starts_factor(self) -> bool:
        """Whether a factor may begin here."""

    @property
    def token(self) -> Token:
        return self.tokens[self.position]

    @property
    def last_end(self) -> int:
        """Where the token before this one ends."""
        return self.tokens[self.position - 1].end if self.position else self.token.start

    def since(self, start: int) -> Span:
        """From an offset up to the last token taken."""
        return Span(start, self.last_end)

    def peek(self, ahead: int = 1) -> Token:
        return self.tokens[min(self.position + ahead, len(self.tokens) - 1)]

    def take(self) -> Token:
        token = self.token
        if token.kind != "stop":
            self.position += 1
        return token

    def skip(self, *texts: str) -> bool:
        """Step over a sign or command if it stands here."""
        if self.token.at(*texts):
            self.position += 1
            return True
        return False

    def skip_kind(self, kind: Kind) -> bool:
        """Step over a token of a kind if one stands here."""
        found = self.token.kind == kind
        self.position += found and kind != "stop"
        return found

    def expect(self, text: str, expected: str) -> Token:
        if not self.token.at(text) and self.token.kind != text:
            raise self.unexpected(expected)
        return self.take()

    def adjacent(self) -> bool:
        """Whether no space stands before this token."""
        return self.token.start == self.last_end

    def descend(self, frames: int) -> None:
        """Count the frames of a recursion; left again by taking them off ``depth``."""
        self.depth += frames
        if self.depth > grammar.MAX_FRAMES:
            raise Slip(self.token.span, slips.TOO_DEEP)

    def group_end(self) -> int:
        """The index of the brace that closes the one here."""
        if self.partner[self.position] < 0:
            raise Slip(self.token.span, slips.BRACE_OPEN, "a closing brace }")
        return self.partner[self.position]

    def after_group(self, index: int) -> int:
        """The index behind the group or token at an index."""
        partner = self.partner[index]
        return min(max(index, partner) + 1, len(self.tokens) - 1)

    def unexpected(self, expected: str = "") -> Slip:
        """What is wrong with the token here."""
        token = self.token
        if token.kind == "bad":
            return Slip(token.span, token.text, similar(token))
        if token.kind == "stop":
            return Slip(token.span, self._ended(), expected or "an expression")
        return Slip(token.span, self._misplaced(token), expected)

    def _ended(self) -> str:
        last = self.tokens[self.position - 1].text if self.position else ""
        return f"nothing stands after ‘{last}’" if last else "nothing stands here"

    def _misplaced(self, token: Token) -> str:
        if token.kind in ("left", "right"):
            return slips.RIGHT_ALONE if token.kind == "right" else slips.LEFT_ALONE
        if token.kind in ("begin", "end"):
            return f"\\{token.kind}{{{token.text}}} is not read here"
        if is_prose(token):
            return f"words inside a formula: ‘{token.text}’"
        if token.text in grammar.RELATIONS or token.text in grammar.ARROWS:
            return f"the relation or arrow ‘{token.text}’ inside an expression"
        if token.text in slips.UNEXPECTED:
            return slips.UNEXPECTED[token.text]
        return f"‘{token.text}’ cannot stand here"


def time_of(tokens: Sequence[Token], names: frozenset[str] | None = grammar.TIMES) -> Time | None:
    """The time index that some tokens spell: ``t``, ``t-1``; with ``names`` None any letter and plain numbers too."""
    if not tokens or len(tokens) not in (1, 3):
        return None
    head = tokens[0]
    if names is None and len(tokens) == 1 and head.kind == "number" and head.text.isdigit():
        return Time(None, int(head.text))
    is_name = head.kind == "letter" or (head.kind == "command" and head.text in grammar.GREEK)
    if not is_name or (names is not None and head.text not in names):
        return None
    if len(tokens) == 1:
        return Time(head.text, 0)
    sign, offset = tokens[1], tokens[2]
    if not sign.at("+", "-") or offset.kind != "number" or not offset.text.isdigit():
        return None
    return Time(head.text, int(offset.text) * (1 if sign.text == "+" else -1))
