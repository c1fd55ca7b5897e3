"""Sums and products with limits."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal

from derivations.reading import grammar
from derivations.reading.approaching import ApproachReader
from derivations.reading.event_dots import ALL_STATES, all_states
from derivations.reading.events import parted
from derivations.reading.limits import Limits
from derivations.reading.probabilities import PROBABILITY
from derivations.reading.slips import UNEXPECTED, Slip
from derivations.reading.surface import Add, Big, Iverson, Limit, Mul, Neg, Node, Partial, Symbol
from derivations.reading.tokens import Token

DESCRIBED: Final = re.compile(
    r"(?:the )?(?:sum|total) (?:over|of) (?:all )?(?:the )?(\d+)? ?(?:possible )?"
    r"(?:combinations|states|terms|configurations|cases)(?: of values)?:?"
)
"""Words before a list of addends, with their number."""
NO_RIGHT: Final = r"\right needs a bracket"


class SumReader(ApproachReader):
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

    def elided_sum(self, addends: Sequence[Node], signs: Sequence[int]) -> list[Node]:
        """The addends of a sum whose dots, here, leave out states of random variables."""
        dots = self.take()
        self.skip("+")
        last = self.expression(grammar.PRODUCT)
        if -1 in signs:
            raise Slip(dots.span, UNEXPECTED["dots"], ALL_STATES)
        return all_states(addends, last, dots.span)

    def described_sum(self) -> Node | None:
        r"""``\text{sum over 16 states} \left\{ \begin{array}{l} a + \\ b + \\ \vdots \\ z \end{array} \right.``"""
        head, match = self.token, DESCRIBED.fullmatch(self.token.text.lower())
        begin = self.position + 1 + (self.peek().text == r"\{")
        if match is None or self.tokens[begin].kind != "begin" or self.partner[begin] < 0:
            return None
        end = self.partner[begin]
        addends = self.listed(self.tokens[begin + 1 : end], head)
        if match[1] and int(match[1]) != len(addends):
            message = f"{match[1]} terms are announced, but {len(addends)} are listed"
            raise Slip(head.span, message, "as many terms as the words say")
        self.position = end + 1
        if self.tokens[begin - 1].text == r"\{":
            self.position += self.token.text == "." or self.token.text.startswith(NO_RIGHT)
        return Add(self.since(head.start), (1,) * len(addends), tuple(addends))

    def listed(self, tokens: Sequence[Token], head: Token) -> list[Node]:
        """The addends in the rows of an array, those that dots leave out filled in."""
        found: list[Node] = []
        dots: Token | None = None
        for row in parted(tokens, lambda x: x.at("+") or x.kind == "newline"):
            if row and row[0].at("dots"):
                dots, *row = row
            if not row:
                continue
            node = self.inside(row)
            found, dots = (all_states(found, node, dots.span), None) if dots else ([*found, node], None)
        if dots is not None or not found:
            raise Slip(head.span, "a sum whose last term is not written", "the last term")
        return found

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


def last_index(node: Node) -> list[str]:
    """The index of a sum, or the letters of a limit, without brackets at the end of an addend."""
    while isinstance(node, Mul | Neg):
        node = node.factors[-1] if isinstance(node, Mul) else node.argument
    if isinstance(node, Limit):
        return [approach.name.base for approach in node.approaches]
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
