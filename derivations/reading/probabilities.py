r"""``P(A=1 | B, C)``, ``\Pr(A)``, ``p_\theta(x_t | x_{<t})``: a probability is one quantity, known by its events."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from derivations.reading.cursor import Cursor
from derivations.reading.events import BEFORE, BEHIND, parted, read_events
from derivations.reading.places import Span
from derivations.reading.scripts import name_text
from derivations.reading.slips import Slip
from derivations.reading.surface import Node, Symbol
from derivations.reading.tokens import Token, partners

PROBABILITY: Final = "Pr"
"""The base of the names of probabilities."""
LETTERS: Final = frozenset("Ppq")
WORDS: Final = frozenset({"Pr", "Prob"})
"""What is a probability before any bracket."""
GIVEN: Final = r" \mid "
EVENTFUL: Final = ("=", ",", "dots", "wedge", "neg", ":", *BEFORE, *BEHIND)
"""Signs that stand in a bracket of events and hardly in a factor."""


def is_bar(token: Token) -> bool:
    return (token.kind, token.text) == ("bar", "|") or token.at("mid")


class ProbabilityReader(Cursor):
    def at_probability(self) -> bool:
        """Whether a P stands here before a bracket with a bar, an equation or several events in it."""
        opener = self.probability_bracket()
        close = self.partner[opener] if opener else -1
        if close < 0:
            return False
        inside = self.tokens[opener + 1 : close]
        sure = self.token.text in WORDS or self.token.at("mathbb")
        return sure or any(is_bar(token) or token.at(*EVENTFUL) for token in inside) or self.is_complement(inside)

    def is_complement(self, inside: Sequence[Token]) -> bool:
        r"""``P(\bar A)`` and ``P(A^c)``; a small p of a bar may be a factor before a mean."""
        marked = any(x.at("bar") for x in inside) or [x.text for x in inside[1:]] == ["^", "c"]
        return self.token.text == "P" and marked

    def at_event_bracket(self, head: Node) -> bool:
        """Whether a bracket with one name in it follows a P that may be a probability: ``log p(x)``, ``1/P(B)``."""
        close = self.partner[self.position]
        opens = self.token.kind in ("open", "left") and self.token.text == "(" and close > 0 and self.adjacent()
        if not opens or not isinstance(head, Symbol) or head.base not in LETTERS:
            return False
        inside = self.tokens[self.position + 1 : close]
        return bool(inside) and not any(x.at("+", "-", "cdot", "*", "odot") for x in _outside(inside))

    def probability_bracket(self) -> int:
        r"""The index of the bracket behind ``P``, ``P_\theta``, ``\Pr`` or ``\mathbb{P}``; 0 where none of them is."""
        blackboard = [x.text for x in self.tokens[self.position : self.position + 4]] == ["mathbb", "{", "P", "}"]
        if not blackboard and self.token.text not in LETTERS | WORDS:
            return 0
        index = self.position + (4 if blackboard else 1)
        if self.tokens[index].at("_"):
            index = self.after_group(index + 1)
        opener = self.tokens[index]
        return index if opener.kind in ("open", "left") and opener.text in ("(", "[") else 0

    def probability(self) -> Symbol:
        """The name of a probability; the order of events that hold together makes no difference."""
        start, opener = self.token.start, self.probability_bracket()
        close, head = self.partner[opener], self.probability_head(opener)
        inside, *parameters = parted(self.tokens[opener + 1 : close], lambda x: x.at(";"))
        sides = parted(inside, is_bar)
        if len(sides) > 2 or len(parameters) > 1 or not all(sides):
            raise Slip(Span(start, self.tokens[close].end), "this probability is not read", "P(A | B)")
        text = GIVEN.join(", ".join(event.text for event in read_events(side)) for side in sides)
        tail = f"; {name_text(parameters[0])}" if parameters else ""
        self.position = close + 1
        return Symbol(self.since(start), PROBABILITY, name=f"{head}({text}{tail})")

    def probability_head(self, opener: int) -> str:
        tokens = [x for x in self.tokens[self.position : opener] if x.kind not in "{}" and x.text != "mathbb"]
        name = tokens[0].text
        return f"{name}_{{{name_text(tokens[2:])}}}" if len(tokens) > 2 else name


def _outside(tokens: Sequence[Token]) -> list[Token]:
    """The tokens outside all braces and brackets."""
    pairs, found, closing = partners(tokens), list[Token](), -1
    for k, token in enumerate(tokens):
        if k > closing:
            found.append(token)
            closing = pairs[k]
    return found
