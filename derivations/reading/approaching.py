"""Limits: ``\\lim_{a \\to \\infty}``, with what approaches what below."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from derivations.reading import grammar
from derivations.reading.limits import LimitReader
from derivations.reading.scripts import split
from derivations.reading.slips import Slip
from derivations.reading.surface import Approach, Group, Limit, Neg, Node, Number, Symbol
from derivations.reading.tokens import Token

BELOW = "below a limit stands what approaches what"
EXPECTED = r"a \to \infty"


class ApproachReader(LimitReader):
    def limit_of(self) -> Node:
        r"""``\lim_{a \to 0, b \to \infty} body``; the body is the rest of the product, as of a sum."""
        head = self.take()
        if not self.token.at("_"):
            raise Slip(head.span, BELOW, EXPECTED)
        self.take()
        approaches = tuple(self.approach(part, head) for part in split(self.script_tokens()))
        body = self.expression(grammar.PRODUCT)
        return Limit(self.since(head.start), body, approaches)

    def approach(self, tokens: Sequence[Token], head: Token) -> Approach:
        arrows = [k for k, token in enumerate(tokens) if token.at("rightarrow")]
        if len(arrows) != 1 or not tokens[: arrows[0]] or not tokens[arrows[0] + 1 :]:
            raise Slip(tokens[0].span if tokens else head.span, BELOW, EXPECTED)
        name, target = self.inside(tokens[: arrows[0]]), self.inside(tokens[arrows[0] + 1 :])
        found = approached(name, target)
        if found is None:
            raise Slip(name.span.join(target.span), "this kind of limit is not read", EXPECTED)
        return found


def approached(name: Node, target: Node) -> Approach | None:
    """A name that tends to a number or to ±∞; None for anything else."""
    sign, inner = 1, target
    while isinstance(inner, Neg | Group):
        sign, inner = (-sign, inner.argument) if isinstance(inner, Neg) else (sign, inner.inner)
    if not isinstance(name, Symbol) or name.component:
        return None
    span = name.span.join(target.span)
    if isinstance(inner, Number):
        return Approach(span, name, sign * inner.value, 0)
    endless = isinstance(inner, Symbol) and inner == Symbol(inner.span, "infty")
    return Approach(span, name, Fraction(0), sign) if endless else None
