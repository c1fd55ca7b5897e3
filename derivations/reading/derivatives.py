r"""Derivatives as people write them: ``\frac{\partial y}{\partial x}``, ``dy/dx``, ``\partial_x y``, ``\nabla_x y``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Literal

from derivations.reading import grammar
from derivations.reading.cursor import time_of
from derivations.reading.scripts import ScriptReader
from derivations.reading.slips import Slip
from derivations.reading.surface import (
    Concat,
    Divide,
    Function,
    Group,
    Mul,
    Node,
    Number,
    Partial,
    Raise,
    Symbol,
    Transposed,
)
from derivations.reading.tokens import Token

Style = Literal["partial", "d", "nabla", "immediate"]
AT_A_POINT = "a value at a point is not read"


class DerivativeReader(ScriptReader):
    def derivative(self, head: Token) -> Node | None:
        r"""The derivative whose ``\frac`` was just taken; None where it is a plain fraction."""
        style = self.style()
        if style is None:
            return None
        self.descend(2)
        of, order = self.numerator()
        scale = self.scale()
        names = self.denominator(head, order)
        self.depth -= 2
        node = of if of is not None else self.operated()
        for by in reversed(names):
            node = Partial(self.since(head.start), node, by, style)
        return node if scale is None else Divide(node.span, node, scale)

    def scale(self) -> Node | None:
        r"""The factor below in ``\frac{\partial y}{T \cdot \partial x}``; its last token stands for the brace."""
        start, mark = self.position + 1, self.differential(self.position)
        if mark == start:
            return None
        signed = self.tokens[mark - 1].at("cdot", "*")
        self.position = mark - 1
        return self.inside(self.tokens[start : mark - signed])

    def differential(self, opener: int) -> int:
        """The index of the sign in a group, behind no more than a name or number and a product sign."""
        mark = opener + 1
        if self.tokens[mark].kind in ("letter", "number"):
            mark += 1 + self.tokens[mark + 1].at("cdot", "*")
        return mark if self.tokens[mark].at("partial") else opener + 1

    def style(self) -> Style | None:
        """Whether the two groups here are differentials."""
        if self.token.kind != "{" or self.partner[self.position] < 0:
            return None
        below = self.partner[self.position] + 1
        if self.tokens[below].kind != "{":
            return None
        if self.peek().at("partial") and self.tokens[self.differential(below)].at("partial"):
            return "immediate" if self.is_plus(self.position + 2) else "partial"
        above_d = self.is_d(self.position + 1) or (self.is_letter_d(self.position + 1) and self.peek(2).kind == "}")
        return "d" if (above_d or self.is_repeated_d(below)) and self.is_d(below + 1) else None

    def is_repeated_d(self, below: int) -> bool:
        r"""``\frac{d^2}{dx^2}``: a power of d over one of a name behind d, which is no quotient of numbers."""
        powers = any(token.at("^") for token in self.tokens[below : max(self.partner[below], below)])
        return powers and self.is_letter_d(self.position + 1) and self.peek(2).at("^")

    def is_plus(self, index: int) -> bool:
        """The mark of ∂⁺ and ∂^{+}."""
        texts = [token.text for token in self.tokens[index : index + 4]]
        return texts[:2] == ["^", "+"] or texts == ["^", "{", "+", "}"]

    def skip_plus(self) -> bool:
        found = self.is_plus(self.position)
        self.position += (4 if self.peek().kind == "{" else 2) if found else 0
        return found

    def is_letter_d(self, index: int) -> bool:
        return self.tokens[index].kind == "letter" and self.tokens[index].text == "d"

    def is_d(self, index: int) -> bool:
        """The letter d directly before a name or bracket, as in ``dy``."""
        if not self.is_letter_d(index):
            return False
        after = self.tokens[index + 1]
        return after.kind in ("letter", "text", "{", "open", "left") or after.at(*_NAMED)

    def numerator(self) -> tuple[Node | None, int]:
        r"""``{\partial y}`` or ``{\partial^2 y}``, y None where nothing follows, with the order."""
        self.take()
        mark = self.take()
        order = 1 if self.skip_plus() else self.order(mark)
        if self.skip_kind("}"):
            return None, order
        start = self.position
        node = self.factor()
        if self.token.kind != "}":
            self.position = start
            node = self.expression(grammar.PRODUCT)
        if not self.skip_kind("}"):
            raise Slip(self.token.span, "more than one thing behind the sign of a derivative", "brackets around it")
        return node, order

    def order(self, mark: Token) -> int:
        """The exponent of ∂, 1 or 2."""
        if not self.token.at("^", "'"):
            return 1
        number = self.inside(self.script_tokens()) if self.skip("^") else None
        if isinstance(number, Number) and number.value in (1, 2):
            return int(number.value)
        raise Slip(mark.span.join(self.token.span), "derivatives of this order, or marked ones (∂⁺), are not read")

    def denominator(self, head: Token, order: int) -> list[Node]:
        r"""The names below: ``{\partial x}``, of second order ``{\partial x^2}`` or ``{\partial x \partial y}``."""
        self.take()
        names: list[Node] = []
        while not self.skip_kind("}"):
            if names and not self.token.at("partial"):
                raise Slip(self.token.span, "more than one thing behind the sign of a derivative", "brackets around it")
            self.take()
            node = self.factor() if self.token.kind != "}" else None
            names += self.repeated(node, order) if node is not None else []
        if not names:
            raise Slip(head.span, "a derivative without what it is taken by", "a name below")
        if len(names) != order:
            raise Slip(head.span, "the orders above and below the line differ", f"{order} below")
        for name in names:
            check_variable(name)
        return names

    def repeated(self, node: Node, order: int) -> list[Node]:
        """``x^2`` below a second derivative is x twice."""
        if order > 1 and isinstance(node, Raise) and isinstance(node.exponent, Number) and node.exponent.value == order:
            return [node.base] * order
        return [node]

    def refuse_higher(self, mark: Token) -> None:
        if self.token.at("^", "'"):
            raise Slip(mark.span.join(self.token.span), "higher or marked derivatives (∂², ∂⁺) are not read")

    def operated(self) -> Node:
        r"""What ``\frac{\partial}{\partial x}`` acts on: the product behind it, refused where that is unclear."""
        if not self.starts_factor():
            raise self.unexpected("what the derivative is taken of")
        node = self.expression(grammar.PRODUCT)
        if isinstance(node, Mul) and not plainly_one(node):
            raise Slip(node.span, "it is unclear how far the derivative reaches", "brackets")
        return node

    def partial(self) -> Node:
        r"""``\partial y / \partial x`` or ``\partial_x y``."""
        head = self.take()
        style: Style = "immediate" if self.skip_plus() else "partial"
        if self.token.at("_"):
            return self.by_subscript(head, style)
        self.refuse_higher(head)
        of = None if self.token.at("/") else self.factor()
        if not self.skip("/") or not self.skip("partial"):
            raise Slip(head.span, "∂ that is not part of a derivative", "∂y/∂x")
        by = self.factor()
        check_variable(by)
        return Partial(self.since(head.start), of if of is not None else self.operated(), by, style)

    def at_step(self, node: Node) -> Node:
        r"""``\frac{\partial J}{\partial W}\Big|_{(t)}``: by the copy of W that is used at step t."""
        if self.bars or self.token.kind != "bar" or self.token.text != "|" or not self.peek().at("_"):
            return node
        return self.by_copy(node, self.take())

    def by_copy(self, node: Node, bar: Token) -> Node:
        """The derivative before a bar, by the copy of its variable at the time below the bar."""
        inner = node.inner if isinstance(node, Group) else node
        time = time_of(written_time(self.script_tokens()), None) if self.skip("_") else None
        by = inner.by if isinstance(inner, Partial) else None
        if not isinstance(inner, Partial) or not isinstance(by, Symbol) or by.time is not None or time is None:
            raise Slip(bar.span, AT_A_POINT, "a derivative by a weight, and a step such as |_{(t)}")
        return replace(inner, span=self.since(node.span.start), by=replace(by, time=time))

    def named_derivative(self) -> Node:
        r"""``\dv{y}{x}`` and ``\pdv{y}{x}`` of the physics package."""
        head = self.take()
        of, by = self.argument(), self.argument()
        check_variable(by)
        return Partial(self.since(head.start), of, by, "d" if head.text == "dv" else "partial")

    def at_slash_derivative(self) -> bool:
        """``dy/dx``, recognised by both letters d standing directly before a name."""
        if not self.is_d(self.position) or self.peek().start != self.token.end:
            return False
        index = self.position + 1
        while self.tokens[index].at(*grammar.ACCENTS, *grammar.FONTS):
            index += 1
        index = self.after_group(index)
        while self.tokens[index].at("_", "^", "'"):
            index = index + 1 if self.tokens[index].at("'") else self.after_group(index + 1)
        return self.tokens[index].at("/") and index + 1 < len(self.tokens) and self.is_d(index + 1)

    def slash_derivative(self) -> Node:
        head = self.take()
        of = self.factor()
        self.expect("/", "the sign / of a derivative")
        self.take()
        by = self.factor()
        check_variable(by)
        return Partial(self.since(head.start), of, by, "d")

    def nabla(self) -> Node:
        head = self.take()
        if not self.token.at("_"):
            raise Slip(head.span, "∇ without what the gradient is taken by", r"\nabla_x")
        return self.by_subscript(head, "nabla")

    def by_subscript(self, head: Token, style: Style) -> Node:
        self.take()
        by = self.inside(self.script_tokens())
        check_variable(by)
        of = self.factor()
        if self.token.kind in ("open", "left") and isinstance(of, Symbol):
            if of.base in grammar.LOSSES and self.token.text == "(" and self.adjacent():
                arguments = self.factor()
                of = Mul(of.span.join(arguments.span), (of, arguments), ("",))
                return Partial(self.since(head.start), of, by, style)
            raise Slip(self.token.span, "it is unclear whether this is the argument or a factor", "brackets")
        return Partial(self.since(head.start), of, by, style)


def written_time(tokens: Sequence[Token]) -> Sequence[Token]:
    """The time in ``(t)`` and ``t=1``."""
    if len(tokens) > 2 and tokens[0].kind == "open" and tokens[-1].kind == "close":
        return tokens[1:-1]
    return tokens[2:] if len(tokens) > 2 and tokens[0].text in grammar.TIMES and tokens[1].at("=") else tokens


def plainly_one(node: Mul) -> bool:
    """Whether a product would be differentiated as a whole by every reader."""
    first, *rest = node.factors
    return not any(node.operators) and not isinstance(first, Group) and not any(isinstance(f, Partial) for f in rest)


_NAMED = grammar.GREEK | grammar.ACCENTS | grammar.FONTS | grammar.FUNCTION_COMMANDS


def check_variable(node: Node) -> None:
    """One differentiates by a name, by names stacked or by the square of a name; raises Slip for anything else."""
    inner = node.inner if isinstance(node, Group) else node
    square = isinstance(inner, Raise) and isinstance(inner.exponent, Number) and inner.exponent.value == 2
    inner = inner.base if square and isinstance(inner, Raise) else inner
    inner = inner.argument if isinstance(inner, Transposed) else inner
    if not isinstance(inner, Symbol | Function | Concat):
        raise Slip(node.span, "a derivative by something that is not a name", "a name")
