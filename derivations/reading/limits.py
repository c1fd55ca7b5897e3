"""What stands below and above a sum or product: over what it runs, and which values are left out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Final

from derivations.reading import grammar
from derivations.reading.places import Span
from derivations.reading.scripts import ScriptReader, bare, split
from derivations.reading.slips import Slip
from derivations.reading.surface import Add, Comparison, Node, Number, Symbol
from derivations.reading.tokens import Token, is_relation

UPWARDS: Final = {"<": 1, "leq": 0}
DOWNWARDS: Final = {">": -1, "geq": 0}
ORDERS: Final = {**UPWARDS, **DOWNWARDS}
"""Signs of order, and how far the bound to their left is from the nearest value that they admit."""


@dataclass(frozen=True, slots=True)
class Limits:
    """The indices of a sum or product, the bounds of all of them, and conditions on its terms.

    ``alphabet`` is where a letter stands for all values of a random variable: the X of ``x \\in X``.
    """

    indices: tuple[str, ...]
    lower: Node | None = None
    upper: Node | None = None
    conditions: tuple[Comparison, ...] = ()
    alphabet: Span | None = None


class LimitReader(ScriptReader):
    def limits(self, head: Token) -> Limits:
        found, upper = None, None
        while self.token.at("_", "^"):
            mark = self.take()
            if mark.text == "_" and found is None:
                found = self.below(self.script_tokens())
            elif mark.text == "^" and upper is None:
                upper = self.inside(self.script_tokens())
            else:
                raise Slip(mark.span, "a second limit on the same side")
        if found is None:
            raise Slip(head.span, "a sum or product that does not say over what", "an index below")
        if upper is not None and found.upper is not None:
            raise Slip(upper.span, "a second upper bound")
        return Limits(found.indices, found.lower, found.upper or upper, found.conditions)

    def below(self, tokens: Sequence[Token]) -> Limits:
        r"""``k``, ``k=1``, ``i, j``, ``j \neq i``, ``1 \le k < t``; several conditions with commas or as a stack."""
        tokens = _unstacked(tokens)
        if (place := next((k for k, token in enumerate(tokens) if token.at("in")), 0)) and not is_range(tokens):
            return self.within(split(tokens[:place]), tokens[place + 1 :])
        first, *others = split(tokens)
        found = self.limit(first)
        for part in others:
            if len(part) == 1 and found.lower is None and not found.conditions:
                found = Limits((*found.indices, self.index_name(part)), found.lower, found.upper)
            else:
                found = Limits(found.indices, found.lower, found.upper, (*found.conditions, self.left_out(part, found)))
        return found

    def limit(self, tokens: Sequence[Token]) -> Limits:
        signs = [k for k, token in enumerate(tokens) if is_relation(token)]
        if not signs:
            return Limits((self.index_name(tokens),))
        sign = tokens[signs[0]]
        if len(signs) == 1 and sign.at("="):
            return Limits((self.index_name(tokens[: signs[0]]),), self.inside(tokens[signs[0] + 1 :]))
        if len(signs) == 1 and sign.at("neq"):
            found = Limits((self.index_name(tokens[: signs[0]]),))
            return Limits(found.indices, conditions=(self.left_out(tokens, found),))
        if len(signs) == 2 and all(tokens[k].at(*ORDERS) for k in signs):
            return self.between(tokens, signs)
        raise Slip(sign.span, "this kind of limit is not read", "k, k=1, j ≠ i or 1 ≤ k ≤ t")

    def within(self, indices: Sequence[Sequence[Token]], values: Sequence[Token]) -> Limits:
        r"""``a \in \{0, 1\}`` from the first number to the last; ``x \in X`` over all values."""
        names = tuple(map(self.index_name, indices))
        if values and values[0].at("mathcal"):
            values = [token for token in values[1:] if token.kind not in "{}"]
        if len(values) == 1 and all(name[0].upper() == values[0].text for name in names):
            return Limits(names, alphabet=values[0].span)
        listed = [int(x.text) for x in values[1:-1:2] if x.kind == "number" and x.text.isdigit()]
        plain = len(values) == 2 * len(listed) + 1 and all(x.at(",") for x in values[2:-1:2])
        braces = bool(values) and values[0].text == r"\{" and values[-1].text == r"\}"
        if not (plain and braces and listed == list(range(listed[0], listed[0] + len(listed)))):
            span = Span(values[0].start, values[-1].end) if values else self.token.span
            raise Slip(span, "this kind of limit is not read", r"a \in \{0, 1\}, or a letter for the set")
        lower, upper = (Number(values[0].span, Fraction(k)) for k in (listed[0], listed[-1]))
        return Limits(names, lower, upper)

    def between(self, tokens: Sequence[Token], signs: Sequence[int]) -> Limits:
        r"""``1 \le k < t``, and the other way round ``t > k \ge 1``."""
        first, second = (tokens[k] for k in signs)
        up = first.text in UPWARDS
        if up != (second.text in UPWARDS):
            raise Slip(second.span, "the two signs of this limit look opposite ways")
        left, middle, right = (tokens[a + 1 : b] for a, b in pairwise([-1, *signs, len(tokens)]))
        ends = self.moved(left, ORDERS[first.text]), self.moved(right, -ORDERS[second.text])
        return Limits((self.index_name(middle),), *(ends if up else ends[::-1]))

    def moved(self, tokens: Sequence[Token], step: int) -> Node:
        """A bound, or the number next to it."""
        node = self.inside(tokens)
        return Add(node.span, (1, step), (node, Number(node.span, Fraction(1)))) if step else node

    def left_out(self, tokens: Sequence[Token], limits: Limits) -> Comparison:
        r"""``j \neq i`` about an index of the sum."""
        place = next((k for k, token in enumerate(tokens) if is_relation(token)), None)
        if place is None or not tokens[place].at("neq"):
            span = Span(tokens[0].start, tokens[-1].end) if tokens else self.token.span
            raise Slip(span, "this kind of limit is not read", "j ≠ i")
        left, right = self.inside(tokens[:place]), self.inside(tokens[place + 1 :])
        if not isinstance(left, Symbol) or left.base not in limits.indices:
            raise Slip(left.span, "a condition about something else than the index", limits.indices[0])
        return Comparison(left.span.join(right.span), left, "neq", right)

    def index_name(self, tokens: Sequence[Token]) -> str:
        """A letter, with its primes."""
        name = tokens[0] if tokens else self.token
        if len(core := bare(tokens)) == 1 and core[0].kind == "text" and core[0].text in grammar.BATCHES:
            return grammar.BATCH
        if name.kind != "letter" and not (name.kind == "command" and name.text in grammar.GREEK):
            raise Slip(name.span, "an index that is not a letter", "an index such as k")
        if len(tokens) > 2 and tokens[1].at("_"):
            return f"{name.text}_{{{self.element(tokens[2:])}}}"
        if not all(token.at("'") for token in tokens[1:]):
            raise Slip(tokens[1].span, "this kind of limit is not read", "k or k=1")
        return name.text + "'" * (len(tokens) - 1)

    def element(self, tokens: Sequence[Token]) -> str:
        """The index of an element of a sequence that is itself the index of a sum."""
        inner = tokens[1:-1] if tokens[0].kind == "{" else tokens
        if any(token.kind not in ("letter", "number") and not token.at("+", "-") for token in inner):
            raise Slip(tokens[0].span, "this kind of limit is not read", "k or k=1")
        return "".join(token.text for token in inner)


def is_range(tokens: Sequence[Token]) -> bool:
    """Whether a limit has another sign than ∈, too."""
    return any(is_relation(token) and not token.at("in") for token in tokens)


def _unstacked(tokens: Sequence[Token]) -> Sequence[Token]:
    r"""The rows of a ``\substack`` as parts between commas."""
    if not tokens or not tokens[0].at("substack"):
        return tokens
    inner = [token for token in tokens[1:] if token.kind not in "{}"]
    return [token._replace(kind="sign", text=",") if token.kind == "newline" else token for token in inner]
