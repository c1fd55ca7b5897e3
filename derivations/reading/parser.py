"""The parser: binding powers for operators, one small method per construct."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from typing import Final

from derivations.reading import grammar
from derivations.reading.ellipsis import product_over_time
from derivations.reading.event_dots import chain_of_events
from derivations.reading.grammar import INFIX, JUXTAPOSED, PRODUCT, Infix
from derivations.reading.matrices import MatrixReader
from derivations.reading.numpy_calls import NumpyReader, numpy_name
from derivations.reading.places import Span
from derivations.reading.probabilities import PROBABILITY
from derivations.reading.scripts import bare
from derivations.reading.slips import BRACE_OPEN, TOO_DEEP, UNEXPECTED, Slip
from derivations.reading.sums import SumReader, last_index, speaks_of
from derivations.reading.surface import (
    Add,
    Call,
    Concat,
    Divide,
    Function,
    Group,
    Iverson,
    Mul,
    Neg,
    Node,
    Norm,
    Number,
    Space,
    Symbol,
    Transposed,
    Tuple,
)
from derivations.reading.tokenizer import tokenize
from derivations.reading.tokens import Token, is_prose


def parse_expression(text: str) -> Node:
    """The tree of one expression, wholly consumed; raises Slip (a SheetError) with the place of what is wrong."""
    if len(text) > grammar.MAX_LENGTH:
        raise Slip(Span(grammar.MAX_LENGTH, len(text)), "the formula is longer than 100 kB")
    return parse_tokens(tokenize(text))


def parse_tokens(tokens: Sequence[Token], end: int | None = None) -> Node:
    """The tree of some tokens, all of them; ``end`` is the offset to blame where something is missing."""
    return Parser(tokens, end).whole()


class Parser(MatrixReader, SumReader, NumpyReader):
    def whole(self) -> Node:
        node = self.expression()
        if self.token.kind != "stop":
            raise self.unexpected("an operator or the end")
        if len(self.tokens) > grammar.MAX_TREE and depth(node) > grammar.MAX_TREE:
            raise Slip(node.span, TOO_DEEP)
        return node

    def inside(self, tokens: Sequence[Token]) -> Node:
        end = tokens[-1].end if tokens else self.token.start
        parser = Parser(tokens, end)
        parser.depth = self.depth + 5
        return parser.whole()

    # -- operators ---------------------------------------------------------------------------------------------

    def expression(self, power: int = 0) -> Node:
        self.descend(3)
        start = self.token.start
        left = self.operand()
        while (infix := self.infix()) is not None and infix.power >= power:
            left = self.sum(left, start) if infix.build == "sum" else self.product(left, start)
        self.depth -= 3
        return left

    def infix(self) -> Infix | None:
        """The operator here, the invisible one included."""
        token = self.token
        if token.at("dots"):
            return JUXTAPOSED
        if token.kind in ("sign", "command") and token.text in INFIX:
            return INFIX[token.text]
        if token.kind == "text" and token.text.strip() == "mod":
            return INFIX["mod"]
        return JUXTAPOSED if self.starts_factor() else None

    def starts_factor(self) -> bool:
        token = self.token
        if token.kind == "command":
            return token.text in _COMMANDS
        if token.kind == "bar":
            return not self.bars
        return token.kind in _KINDS and not is_prose(token)

    def operand(self) -> Node:
        """What may follow the beginning or an operator: a factor or product with a sign before it."""
        start = self.token.start
        if self.skip("-"):
            argument = self.expression(PRODUCT)
            return Neg(self.since(start), argument)
        self.skip("+")
        return self.factor()

    def sum(self, left: Node, start: int) -> Node:
        negative = isinstance(left, Neg)
        signs, addends = [-1 if negative else 1], [left.argument if isinstance(left, Neg) else left]
        open_indices: list[str] = []
        while self.token.at("+", "-"):
            signs.append(1 if self.take().text == "+" else -1)
            if self.token.at("dots"):
                addends = self.elided_sum(addends, signs)
                signs = [1] * len(addends)
                open_indices = [index for addend in addends[:-1] for index in last_index(addend)]
                continue
            addends.append(self.expression(PRODUCT))
            open_indices += last_index(addends[-2])
            if any(isinstance(x, Call) and x.function == "mod" for x in addends[-2:]):
                raise Slip(self.since(start), "it is unclear how far mod reaches here", "brackets")
            if any(speaks_of(addends[-1], index) for index in open_indices):
                raise Slip(addends[-1].span, "it is unclear whether this still belongs to the sum", "brackets")
        return Add(self.since(start), tuple(signs), tuple(addends))

    def product(self, left: Node, start: int) -> Node:
        factors, operators = [left], list[str]()
        while (infix := self.infix()) is not None and infix.power == PRODUCT:
            if self.at_dots():
                factors, operators = self.elided(factors, operators)
                continue
            before = self.since(start)
            if infix is not JUXTAPOSED:
                self.take()
            if infix.name == "mod":
                factors, operators = [self.remainder(multiplied(before, factors, operators), start)], []
            elif infix.name in ("/", "oslash"):
                above = multiplied(before, factors, operators)
                factors, operators = [self.quotient(above, start, infix.name == "oslash")], []
            else:
                operators.append(infix.name)
                factors.append(self.beside(factors[-1]) if infix is JUXTAPOSED else self.signed_factor())
        return multiplied(self.since(start), factors, operators)

    def at_dots(self) -> bool:
        """Dots within a product, also between two signs."""
        sign = self.token.at("cdot", "*", "times", "odot", "circ")
        return self.peek().at("dots") if sign else self.token.at("dots")

    def elided(self, factors: list[Node], operators: list[str]) -> tuple[list[Node], list[str]]:
        """The factors with those that dots leave out as a product over time."""
        signs = [self.take() for _ in range(3) if self.token.at("cdot", "*", "times", "odot", "circ", "dots")]
        if not self.starts_factor():
            raise Slip(signs[-1].span, UNEXPECTED["dots"], "the last factor")
        last, dots = self.factor(), signs[-1].span
        start, whole = chain_of_events(factors, last, dots) or product_over_time(factors, last, dots)
        return [*factors[:start], whole], operators[:start]

    def beside(self, left: Node) -> Node:
        """A factor without an operator before it; refused where it need not be one: ``h1``, ``10 000``, ``2½``."""
        token = self.token
        if token.kind == "number":
            raise Slip(token.span, "a number behind a factor without an operator", "an operator or a subscript")
        node = self.factor()
        plain = isinstance(node, Divide) and all(isinstance(side, Number) for side in node.children())
        if isinstance(left, Number) and plain:
            raise Slip(node.span, "it is unclear whether this fraction is a factor or added", "an operator")
        return node

    def signed_factor(self) -> Node:
        start = self.token.start
        if not self.skip("-"):
            return self.factor()
        self.descend(1)
        argument = self.signed_factor()
        self.depth -= 1
        return Neg(self.since(start), argument)

    def quotient(self, numerator: Node, start: int, elementwise: bool = False) -> Node:
        """``a / b``; what follows directly behind is refused where it might belong to the denominator."""
        plain = self.token.kind == "number"
        denominator = self.signed_factor()
        if self.at_event_bracket(denominator):
            event = self.factor()
            denominator = Mul(denominator.span.join(event.span), (denominator, event), ("",))
        if self.is_name_like(self.token) and not (plain and not self.adjacent()):
            raise Slip(self.token.span, "it is unclear whether this still belongs to the denominator", "brackets")
        return Divide(self.since(start), numerator, denominator, elementwise)

    def remainder(self, left: Node, start: int) -> Node:
        r"""``a \bmod b``; what may be its argument or not needs brackets."""
        head = Span(self.token.start, self.token.start)
        right = self.signed_factor()
        if self.is_name_like(self.token):
            raise Slip(self.token.span, "it is unclear whether this still belongs to the modulus", "brackets")
        return Call(self.since(start), head, "mod", (left, right))

    def floor(self) -> Node:
        r"""``\lfloor x \rfloor``."""
        head = self.take()
        bars, self.bars = self.bars, 0
        node = self.expression()
        self.bars = bars
        if not self.token.at("rfloor"):
            raise Slip(head.span, "this bracket is never closed", r"\rfloor")
        self.take()
        return Call(self.since(head.start), head.span, "floor", (node,))

    # -- factors -----------------------------------------------------------------------------------------------

    def factor(self) -> Node:
        start = self.token.start
        self.descend(3)
        node = self.scripts(self.primary(), start)
        if isinstance(node, Symbol) and self.at_time_bracket(node):
            node = self.scripts(self.time_bracket(node), start)
        elif isinstance(node, Symbol) and (picked := self.picked(node)) is not None:
            node = self.scripts(picked, start)
        self.depth -= 3
        return node

    def primary(self) -> Node:
        """One atom without its scripts."""
        token = self.token
        if token.kind == "command" and token.text in _COMMANDS:
            return _COMMANDS[token.text](self)
        if token.kind in _KINDS:
            return _KINDS[token.kind](self)
        raise self.unexpected("an expression")

    def argument(self) -> Node:
        token = self.token
        if token.kind == "number" and token.text.isdigit() and len(token.text) > 1:
            first = token._replace(text=token.text[0], end=token.start + 1)
            self.tokens[self.position] = token._replace(text=token.text[1:], start=token.start + 1)
            return Number(first.span, Fraction(first.text))
        self.descend(4)
        node = self.primary()
        self.depth -= 4
        return node

    def number(self) -> Node:
        token = self.take()
        mantissa, _, exponent = token.text.lower().partition("e")
        if len(exponent) > 3:
            raise Slip(token.span, "a number beyond all bounds")
        value = Fraction(mantissa) * Fraction(10) ** int(exponent or 0)
        if self.skip("%"):
            return Number(self.since(token.start), value / 100)
        if token.text == "1" and self.token.at("_") and (indicator := self.indicator_of(token.start)):
            return indicator
        return Number(token.span, value)

    def transposed_before(self, mark: int) -> Node:
        """``{}^tW`` and ``{}^T W``."""
        start, self.position = self.token.start, mark + 1
        tokens = bare(self.script_tokens())
        if len(tokens) != 1 or tokens[0].text not in ("t", "T", "top"):
            raise Slip(self.tokens[mark].span, "a superscript with nothing before it", "t, as in {}^tW, or a name")
        inner = self.token.start
        node = self.scripts(self.primary(), inner)
        return Transposed(self.since(start), node)

    def group(self) -> Node:
        """A braced group leaves no trace."""
        opener, end = self.token, self.group_end()
        if end == self.position + 1 and self.tokens[end + 1].at("^"):
            return self.transposed_before(end + 1)
        if end == self.position + 1:
            raise Slip(Span(opener.start, self.tokens[end].end), "empty braces", "an expression")
        self.take()
        bars, self.bars = self.bars, 0
        node = self.expression()
        self.bars = bars
        if self.token.kind == "stop":
            raise Slip(opener.span, BRACE_OPEN, "a closing brace }")
        self.expect("}", "an operator or the closing brace }")
        return node

    def bar(self) -> Node:
        r"""``|x|``, ``\|x\|`` and ``||x||``."""
        doubled = self.at_two_bars()
        opener = self.take()
        if doubled:
            opener = opener._replace(text="||", end=self.take().end)
        self.bars += 1
        node = self.expression()
        self.bars -= 1
        return self.measured(opener, node, "bar")

    def at_two_bars(self) -> bool:
        """Whether two single bars stand here without a space between them."""
        first, second = self.token, self.peek()
        plain = all((token.kind, token.text) == ("bar", "|") for token in (first, second))
        return plain and first.end == second.start

    def delimited(self) -> Node:
        r"""What ``\left`` opens: bars or brackets."""
        if self.token.text not in ("|", "‖", "."):
            return self.bracket()
        opener = self.take()
        bars, self.bars = self.bars, 0
        node = self.expression()
        self.bars = bars
        if opener.text == "." and self.token.kind == "right" and self.token.text == "|":
            return self.by_copy(node, self.take())
        return self.measured(opener, node, "right")

    def measured(self, opener: Token, node: Node, closer: str) -> Node:
        """A norm, or the call of ``bars`` for single bars: an absolute value or a determinant."""
        doubled = opener.text == "||" and self.at_two_bars()
        if not doubled and (self.token.kind, self.token.text) != (closer, opener.text):
            raise Slip(opener.span, "this bar is never closed", opener.text)
        self.position += 1 + doubled
        span = self.since(opener.start)
        return Call(span, opener.span, "bars", (node,)) if opener.text == "|" else Norm(span, node)

    def worded(self) -> Node:
        """Words: a sum that they describe, or a name."""
        function = numpy_name(self.token.text)
        return self.numpy_call(function) if function else self.described_sum() or self.word()

    # -- commands ----------------------------------------------------------------------------------------------

    def accent(self) -> Node:
        token = self.take()
        node = self.argument()
        if isinstance(node, Function) and not node.order:
            node = Symbol(node.span, node.function)
        if isinstance(node, Symbol) and node.base == PROBABILITY:
            head, _, events = node.name.partition("(")
            return replace(node, span=self.since(token.start), name=rf"\{token.text}{{{head}}}({events}")
        if not isinstance(node, Symbol):
            raise Slip(node.span, f"\\{token.text} over something that is not a name", "a name")
        return replace(node, span=self.since(token.start), marks=(*node.marks, token.text))

    def font(self) -> Node:
        if self.at_probability():
            return self.probability()
        token = self.take()
        if token.text == "mathbb":
            return self.blackboard(token)
        node = self.argument()
        if token.text in grammar.BOLD and isinstance(node, Number) and node.value == 1:
            return self.indicator_of(token.start) or Symbol(self.since(token.start), "1")
        return replace(node, span=self.since(token.start)) if isinstance(node, Symbol) else node

    def blackboard(self, token: Token) -> Node:
        node = self.argument()
        span = self.since(token.start)
        if isinstance(node, Iverson):
            return node
        if isinstance(node, Symbol) and node == Symbol(node.span, "R"):
            return self.space(span)
        if isinstance(node, Number) and node.value == 1:
            return self.indicator_of(token.start) or Symbol(span, "1")
        if isinstance(node, Symbol) and node.base in ("I", "1"):
            return self.indicator_of(token.start) or replace(node, span=span)
        if isinstance(node, Symbol) and node.base == "E":
            raise Slip(span, "an expectation is not read", "the mean of what is meant, as a sum")
        raise Slip(span, "this set or operator is not known", r"\mathbb{R}")

    def reals(self) -> Node:
        return self.space(self.take().span)

    def space(self, span: Span) -> Node:
        """ℝ with its dimensions."""
        if not self.skip("^"):
            return Space(span, ())
        dims = dimensions(self.dimension_list())
        return Space(self.since(span.start), dims)

    def dimension_list(self) -> Node:
        """``{n \\times d}``, also with commas."""
        if self.token.kind != "{":
            return self.argument()
        opener = self.take()
        self.descend(4)
        items = self.items("}")
        self.depth -= 4
        self.expect("}", "a comma or the closing brace }")
        return items[0] if len(items) == 1 else Tuple(self.since(opener.start), items)

    def transparent(self) -> Node:
        """A box or a brace under a part says nothing of its own; the label goes."""
        self.take()
        node = self.argument()
        if self.token.at("_", "^"):
            self.take()
            self.script_tokens()
        return node

    def fraction(self) -> Node:
        token = self.take()
        if (derivative := self.derivative(token)) is not None:
            return self.at_step(derivative)
        numerator = self.fraction_argument(token, "a numerator")
        denominator = self.fraction_argument(token, "a denominator")
        return Divide(self.since(token.start), numerator, denominator)

    def fraction_argument(self, token: Token, expected: str) -> Node:
        if self.token.kind in ("stop", "}", "close", "right") or self.infix() not in (None, JUXTAPOSED):
            raise Slip(token.span, r"\frac needs two arguments", expected)
        return self.argument()

    def root(self) -> Node:
        head = self.take()
        if self.token.kind == "open" and self.token.text == "[":
            raise Slip(self.token.span, "roots other than the square root are not read", "a power")
        node = self.argument()
        return Call(self.since(head.start), head.span, "sqrt", (node,))


def depth(node: Node) -> int:
    """How deep a tree is; counted without recursion."""
    levels, found = [node], 0
    while levels:
        levels, found = [child for parent in levels for child in parent.children()], found + 1
    return found


def multiplied(span: Span, factors: Sequence[Node], operators: Sequence[str]) -> Node:
    """A product; ``h \\oplus x`` is a concatenation, refused where it is unclear how far it reaches."""
    if "oplus" in operators and set(operators) != {"oplus"}:
        raise Slip(span, "it is unclear how far ⊕ reaches here", "brackets around what is put together")
    if operators and operators[0] == "oplus":
        return Concat(span, tuple(factors))
    return factors[0] if len(factors) == 1 else Mul(span, tuple(factors), tuple(operators))


def dimensions(node: Node) -> tuple[Node, ...]:
    r"""The dimensions in ``n \times d`` or ``(n, d)``; a single one is itself."""
    if isinstance(node, Group):
        return dimensions(node.inner)
    if isinstance(node, Tuple):
        return node.items
    if isinstance(node, Mul) and all(operator == "times" for operator in node.operators):
        return node.factors
    return (node,)


Read = Callable[[Parser], Node]
_KINDS: Final[dict[str, Read]] = {
    "number": Parser.number,
    "letter": Parser.name,
    "text": Parser.worded,
    "{": Parser.group,
    "open": Parser.bracket,
    "left": Parser.delimited,
    "bar": Parser.bar,
    "begin": Parser.matrix,
}
_COMMANDS: Final[dict[str, Read]] = {
    **dict.fromkeys(grammar.GREEK, Parser.name),
    **dict.fromkeys(grammar.ACCENTS, Parser.accent),
    **dict.fromkeys(grammar.FONTS, Parser.font),
    **dict.fromkeys(grammar.TRANSPARENT, Parser.transparent),
    **dict.fromkeys(grammar.FUNCTION_COMMANDS, Parser.function),
    "sigma": Parser.name,
    "Pr": Parser.name,
    "frac": Parser.fraction,
    "sqrt": Parser.root,
    "lfloor": Parser.floor,
    "sum": Parser.series,
    "prod": Parser.series,
    "lim": Parser.limit_of,
    "partial": Parser.partial,
    "nabla": Parser.nabla,
    "dv": Parser.named_derivative,
    "pdv": Parser.named_derivative,
    "reals": Parser.reals,
}
