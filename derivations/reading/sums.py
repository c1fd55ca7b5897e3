"""Sums and products with limits."""

from __future__ import annotations

from typing import Literal

from derivations.reading import grammar
from derivations.reading.scripts import ScriptReader
from derivations.reading.slips import Slip
from derivations.reading.surface import Big, Mul, Node, Partial, Symbol
from derivations.reading.tokens import Token


class SumReader(ScriptReader):
    def series(self) -> Node:
        r"""``\sum_{k=1}^{K} body`` or ``\prod``; the body is the rest of the product."""
        head = self.take()
        index, lower, upper = self.limits(head)
        body = self.expression(grammar.PRODUCT)
        kind: Literal["sum", "prod"] = "sum" if head.text == "sum" else "prod"
        if kind == "prod" and isinstance(body, Mul):
            return self.bounded(head, index, lower, upper, body)
        return Big(self.since(head.start), kind, index, lower, upper, body)

    def limits(self, head: Token) -> tuple[str, Node | None, Node | None]:
        index, lower, upper = "", None, None
        while self.token.at("_", "^"):
            mark = self.take()
            if mark.text == "_" and not index:
                index, lower = self.lower_limit()
            elif mark.text == "^" and upper is None:
                upper = self.inside(self.script_tokens())
            else:
                raise Slip(mark.span, "a second limit on the same side")
        if not index:
            raise Slip(head.span, "a sum or product that does not say over what", "an index below")
        return index, lower, upper

    def lower_limit(self) -> tuple[str, Node | None]:
        """``k=1`` or only ``k``."""
        tokens = self.script_tokens()
        name = tokens[0]
        if name.kind != "letter" and not (name.kind == "command" and name.text in grammar.GREEK):
            raise Slip(name.span, "an index that is not a letter", "an index such as k")
        count = 1
        while count < len(tokens) and tokens[count].at("'"):
            count += 1
        index = name.text + "'" * (count - 1)
        if count == len(tokens):
            return index, None
        if not tokens[count].at("="):
            raise Slip(tokens[count].span, "this kind of limit is not read", "k or k=1")
        return index, self.inside(tokens[count + 1 :])

    def bounded(self, head: Token, index: str, lower: Node | None, upper: Node | None, body: Mul) -> Node:
        """A product ends with the last factor that mentions its index; what follows must plainly be outside."""
        last = max((k for k, factor in enumerate(body.factors) if mentions(factor, index)), default=-1)
        rest = body.factors[last + 1 :]
        if rest and (last < 0 or not isinstance(rest[0], Partial)):
            raise Slip(rest[0].span, "it is unclear whether this still belongs to the product", "brackets")
        factors = body.factors[: last + 1]
        inner = factors[0] if last == 0 else Mul(factors[0].span.join(factors[-1].span), factors, body.operators[:last])
        big = Big(inner.span.join(head.span), "prod", index, lower, upper, inner)
        return Mul(big.span.join(body.span), (big, *rest), body.operators[last:]) if rest else big


def mentions(node: Node, index: str) -> bool:
    """Whether a tree names an index: as a factor, as a time, or within a subscript."""
    symbols = (found for found in node.walk() if isinstance(found, Symbol))
    return any(index == s.base or (s.time is not None and s.time.symbol == index) or index in s.name for s in symbols)
