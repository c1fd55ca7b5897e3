"""Sums and products with limits."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

from derivations.reading import grammar
from derivations.reading.limits import LimitReader, Limits
from derivations.reading.probabilities import PROBABILITY
from derivations.reading.slips import Slip
from derivations.reading.surface import Big, Iverson, Mul, Neg, Node, Partial, Symbol
from derivations.reading.tokens import Token


class SumReader(LimitReader):
    def series(self) -> Node:
        r"""``\sum_{k=1}^{K} body`` or ``\prod``; the body is the rest of the product."""
        head = self.take()
        limits = self.limits(head)
        body = self.expression(grammar.PRODUCT)
        if limits.alphabet is not None and not any(x.base == PROBABILITY for x in body.walk() if isinstance(x, Symbol)):
            raise Slip(limits.alphabet, "this kind of limit is not read", "k or k=1")
        if head.text == "sum":
            return self.summed(head, limits, body)
        if limits.conditions or len(limits.indices) > 1:
            raise Slip(head.span, "a product over several indices, or with values left out, is not read")
        index, lower, upper = limits.indices[0], limits.lower, limits.upper
        if isinstance(body, Mul):
            return self.bounded(head, index, lower, upper, body)
        return Big(self.since(head.start), "prod", index, lower, upper, body)

    def summed(self, head: Token, limits: Limits, body: Node) -> Node:
        """One sum for every index; a value that is left out counts zero times."""
        for condition in limits.conditions:
            factors, operators = (body.factors, body.operators) if isinstance(body, Mul) else ((body,), ())
            body = Mul(body.span, (Iverson(condition.span, condition), *factors), ("", *operators))
        kind: Literal["sum"] = "sum"
        for index in reversed(limits.indices):
            body = Big(self.since(head.start), kind, index, limits.lower, limits.upper, body)
        return body

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


def astray(addends: Sequence[Node]) -> bool:
    """Whether the last addend speaks of the index of a sum before it: ``Σ_t a_t − b_t`` may mean two things."""
    return any(speaks_of(addends[-1], index) for addend in addends[:-1] for index in _last_index(addend))


def _last_index(node: Node) -> list[str]:
    """The index of a sum without brackets that ends an addend."""
    while isinstance(node, Mul | Neg):
        node = node.factors[-1] if isinstance(node, Mul) else node.argument
    return [node.index] if isinstance(node, Big) and node.kind == "sum" else []


def speaks_of(node: Node, index: str) -> bool:
    """Whether a tree hangs on an index that nothing in it binds: as a time, a subscript or a letter of one."""
    if isinstance(node, Big) and node.index == index:
        return False
    if isinstance(node, Symbol):
        letters = set(node.name) if set(node.name) <= grammar.INDICES | {"t", ","} else {node.name}
        own = node.time is not None and node.time.symbol == index
        return own or index in letters or (node.base == index and not node.name)
    return any(speaks_of(child, index) for child in node.children())
