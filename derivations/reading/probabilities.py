"""``P(A=1 | B, C)``: a probability is one quantity, known by the text of its events."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

from derivations.reading.cursor import Cursor
from derivations.reading.places import Span
from derivations.reading.slips import Slip
from derivations.reading.surface import Symbol
from derivations.reading.tokens import Token

PROBABILITY: Final = "Pr"
"""The base of the names of probabilities."""
LETTERS: Final = frozenset("Ppq")
KINDS: Final = ("letter", "number", "text", "command", "sign", "{", "}")


def is_bar(token: Token) -> bool:
    return (token.kind, token.text) == ("bar", "|") or token.at("mid")


class ProbabilityReader(Cursor):
    def at_probability(self) -> bool:
        """Whether a P stands here before a bracket with a bar, an equation or several events in it."""
        opener = self.peek()
        close = self.partner[self.position + 1] if self.position + 1 < len(self.partner) else -1
        if self.token.text not in LETTERS or opener.kind not in ("open", "left") or opener.text != "(" or close < 0:
            return False
        inside = self.tokens[self.position + 2 : close]
        return any(is_bar(token) or token.at("=", ",") for token in inside)

    def probability(self) -> Symbol:
        """The name of a probability; the order of events that hold together makes no difference."""
        head, close = self.token, self.partner[self.position + 1]
        inside = self.tokens[self.position + 2 : close]
        sides = parted(inside, is_bar)
        if len(sides) > 2 or not all(sides):
            raise Slip(Span(head.start, self.tokens[close].end), "this probability is not read", "P(A | B)")
        text = "|".join(",".join(sorted(map(event_text, parted(side, lambda x: x.at(","))))) for side in sides)
        self.position = close + 1
        return Symbol(self.since(head.start), PROBABILITY, name=f"{head.text}({text})")


def parted(tokens: Sequence[Token], cut: Callable[[Token], bool]) -> list[list[Token]]:
    """The tokens between those at which to cut."""
    found: list[list[Token]] = [[]]
    for token in tokens:
        if cut(token):
            found.append([])
        else:
            found[-1].append(token)
    return found


def event_text(tokens: Sequence[Token]) -> str:
    """One event as text; raises Slip for an ellipsis, brackets and what is unknown."""
    for token in tokens:
        if token.kind not in KINDS or token.at("dots"):
            raise Slip(token.span, "this event of a probability is not read", "an event such as A or A = 1")
    if not tokens:
        raise Slip(Span(0, 0), "an event is missing in a probability", "an event such as A = 1")
    return "".join(token.text for token in tokens if token.kind not in "{}")
