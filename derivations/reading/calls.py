"""Names, functions and brackets: what is a call, what a product, what a list."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from derivations.reading import grammar
from derivations.reading.cursor import time_of
from derivations.reading.derivatives import DerivativeReader
from derivations.reading.divergences import DivergenceReader
from derivations.reading.places import Span
from derivations.reading.probabilities import ProbabilityReader
from derivations.reading.scripts import index_letters
from derivations.reading.slips import BRACKET_OPEN, LEFT_ALONE, Slip
from derivations.reading.surface import (
    Big,
    Branch,
    Call,
    Cases,
    Comparison,
    Concat,
    Divide,
    Entry,
    Enumeration,
    Function,
    Group,
    Iverson,
    Mul,
    Node,
    Number,
    Symbol,
    Tuple,
)
from derivations.reading.tokens import CLOSED_BY, Token, is_prose


def _is_letter(token: Token) -> bool:
    return token.kind == "letter" and token.text.islower()


class CallReader(DerivativeReader, ProbabilityReader, DivergenceReader):
    # -- names -------------------------------------------------------------------------------------------------

    def name(self) -> Node:
        """A letter or Greek letter: a name, a generic function before a bracket, or the bare σ."""
        token = self.token
        if self.at_probability():
            return self.probability()
        if self.at_divergence():
            return self.divergence()
        if token.text in grammar.NAMEABLE or token.text in grammar.GENERIC:
            behind = self.behind_powers()
            if self.is_call(token, behind):
                return self.called(token, token.text)
            if token.text in grammar.NAMEABLE and self.tokens[behind].kind == "{":
                return self.called(token, token.text)
            if token.text in grammar.NAMEABLE:
                return self.bare(token)
        if self.at_slash_derivative():
            return self.slash_derivative()
        self.take()
        return Symbol(token.span, token.text)

    def is_call(self, token: Token, behind: int) -> bool:
        """σ before any bracket; a generic function before a round one, with primes but no power between."""
        bracket = self.tokens[behind]
        if bracket.kind not in ("open", "left"):
            return False
        plain = all(token.text in ("'", "^", "{", "}") for token in self.tokens[self.position + 1 : behind])
        return token.text in grammar.NAMEABLE or (plain and bracket.text == "(")

    def is_prime(self, index: int) -> bool:
        return self.tokens[index].at("'")

    def behind_powers(self) -> int:
        """The index behind the primes and superscripts that follow the token here."""
        index = self.position + 1
        while self.is_prime(index) or (self.tokens[index].at("^") and self.is_power(index + 1)):
            index = self.after_group(index + 1) if self.tokens[index].at("^") else index + 1
        return index

    def is_power(self, index: int) -> bool:
        """Whether a superscript can be the power of a function: no transpose, no time in brackets."""
        first = self.tokens[index + 1] if self.tokens[index].kind == "{" else self.tokens[index]
        return first.kind not in ("open", "left", "stop") and not first.at("<", "top", *grammar.FONTS)

    def bare(self, token: Token) -> Node:
        """σ without an argument; with scripts it is a name."""
        self.take()
        order = 0
        while self.skip("'"):
            order += 1
        return Function(self.since(token.start), token.text, order)

    def at_time_bracket(self, symbol: Symbol) -> bool:
        """``h(t-1)`` and ``h[t]`` are times, ``a[l+1]`` is a layer; so is the bracket in ``h_j(t)``."""
        token, close = self.token, self.partner[self.position]
        if symbol.time is not None or token.kind not in ("open", "left") or token.text not in "([" or close < 0:
            return False
        times = frozenset({"t", "tau"}) | (grammar.LAYERS if token.text == "[" else frozenset())
        return self.adjacent() and time_of(self.tokens[self.position + 1 : close], times) is not None

    def time_bracket(self, symbol: Symbol) -> Symbol:
        close = self.partner[self.position]
        time = time_of(self.tokens[self.position + 1 : close], grammar.TIMES | grammar.LAYERS)
        self.position = close + 1
        return replace(symbol, time=time, span=self.since(symbol.span.start))

    def picked(self, symbol: Symbol) -> Symbol | None:
        """``h_t[j]`` and ``p_t[k_t]``: the entry at an index or class; None where none stands here."""
        token, close = self.token, self.partner[self.position]
        lower = symbol.base.islower() and not symbol.component
        if token.text != "[" or close < 0 or not (lower and self.adjacent()) or close == self.position + 1:
            return None
        index = self.tokens[self.position + 1 : close]
        if not _is_letter(index[0]) or any(x.at("+", "-", "*", "cdot", ",", ";", ":") for x in index[1:2]):
            return None
        node = self.inside(index)
        if not isinstance(node, Symbol) or (node.time is None and node.base not in grammar.INDICES | {"y"}):
            return None
        self.position = close + 1
        return replace(symbol, component=(node,), span=self.since(symbol.span.start))

    # -- functions ---------------------------------------------------------------------------------------------

    def word(self) -> Node:
        """A run of letters: a function or one long name."""
        token = self.token
        if self.at_probability():
            return self.probability()
        if self.at_divergence():
            return self.divergence()
        if token.text in grammar.FUNCTIONS:
            return self.function()
        if is_prose(token):
            raise self.unexpected("an expression")
        if token.text in grammar.REFUSED_WORDS:
            raise Slip(token.span, grammar.REFUSED_WORDS[token.text])
        self.take()
        return Symbol(token.span, token.text)

    def function(self) -> Node:
        token = self.token
        return self.called(token, grammar.FUNCTIONS[token.text])

    def called(self, head: Token, name: str) -> Node:
        r"""A function with its primes, its power and its argument: ``\tanh^2 z``, ``\sigma'(z)``."""
        self.take()
        self.descend(4)
        order, power = self.order_and_power(head)
        axis = self.axis() if name in grammar.ALONG_AN_AXIS and self.token.at("_") else ()
        base = self.log_base() if name == "log" and self.token.at("_") and power is None else None
        bracket = self.token
        arguments = self.function_arguments(head)
        self.depth -= 4
        if arguments is None and power is None:
            return Function(self.since(head.start), name, order)
        if arguments is None:
            raise self.unexpected(f"the argument of {name}")
        if name == "concat" and power is None and not order:
            return concatenated(self.since(head.start), arguments)
        call = Call(self.since(head.start), head.span, name, arguments, power, order)
        if axis:
            return self.along(call, axis)
        if base is not None:
            return Divide(call.span, call, Call(base.span, head.span, "log", (base,)))
        return as_product(call, bracket) if name in grammar.NAMEABLE else call

    def log_base(self) -> Number | None:
        """The base of ``\\log_2``: a number above one."""
        mark = self.take()
        tokens = self.script_tokens()
        text = tokens[0].text if len(tokens) == 1 and tokens[0].kind == "number" else ""
        if not text.isdigit() or int(text) < 2:
            raise Slip(mark.span, "the base of this logarithm is not read", "a whole number such as 2 or 10")
        return Number(tokens[0].span, Fraction(text))

    def axis(self) -> tuple[str, ...]:
        """The index below ``softmax_j``."""
        mark = self.take()
        return index_letters(self.script_tokens(), mark)

    def along(self, call: Call, axis: tuple[str, ...]) -> Node:
        """``softmax_j(x)`` is the entry j; of something in components, ``softmax_j(e_{ij})``, the sum runs over j."""
        inner = call.arguments[0]
        names = [x.name.replace(",", "").replace(" ", "") for x in inner.walk() if isinstance(x, Symbol)]
        if len(axis) > 1 or len(call.arguments) > 1 or call.order or call.power is not None:
            raise Slip(call.head, f"this index of {call.function} is not read", "one index")
        if not any(axis[0] in name for name in names):
            return Entry(call.span, call, axis)
        over = Call(call.span, call.head, "exp", (inner,))
        return Divide(call.span, over, Big(call.span, "sum", axis[0], None, None, over))

    def function_arguments(self, head: Token) -> tuple[Node, ...] | None:
        """The arguments in brackets, or the one without; None where nothing follows that could be one."""
        token = self.token
        if token.at("_"):
            raise Slip(token.span, f"a subscript on the function {head.text}", "its argument")
        if token.kind in ("open", "left") and token.text in ("(", "[", r"\{"):
            return self.call_arguments()
        return (self.bare_argument(head),) if self.starts_argument() else None

    def starts_argument(self) -> bool:
        return self.starts_factor() or self.token.at("-")

    def order_and_power(self, head: Token) -> tuple[int, Node | None]:
        order, power = 0, None
        while self.token.at("'", "^"):
            if self.take().text == "'" or self.prime_group():
                order += 1
            elif power is None:
                power = self.function_power(head)
            else:
                raise Slip(self.token.span, "a second superscript on the same function")
        return order, power

    def prime_group(self) -> bool:
        r"""``^{\prime}`` or ``^\prime``."""
        if self.token.kind == "{" and self.peek().at("'") and self.peek(2).kind == "}":
            self.position += 3
            return True
        return self.skip("'")

    def function_power(self, head: Token) -> Node:
        power = self.argument()
        if not isinstance(power, Number) or power.value <= 0:
            raise Slip(power.span, f"the superscript of {head.text} is not a positive number", "a number")
        return power

    def call_arguments(self) -> tuple[Node, ...]:
        opener = self.take()
        close = CLOSED_BY[opener.text]
        if self.token.at("cdot") and self.peek().text == close:
            raise Slip(self.token.span, "a placeholder leaves open what the function is taken of", "the argument")
        if self.token.text == close and self.token.kind in ("close", "right"):
            arguments: tuple[Node, ...] = ()
        else:
            arguments = self.items(close)
        self.close(opener)
        return arguments

    def bare_argument(self, head: Token) -> Node:
        """The argument of a function without brackets: one factor; refused where it is unclear how far it goes."""
        negative = self.token.at("-")
        if self.token.kind == "{" and self.peek().kind in ("open", "left"):
            return self.argument()
        node = self.expression(grammar.PRODUCT) if negative else self.factor()
        if (isinstance(node, Number) and self.starts_factor()) or self.at_event_bracket(node):
            second = self.factor()
            node = Mul(node.span.join(second.span), (node, second), ("",))
        token = self.token
        if self.is_name_like(token):
            raise Slip(token.span, f"it is unclear whether this still belongs to {head.text}", "brackets")
        return node

    def is_name_like(self, token: Token) -> bool:
        """A name or number that may be one more factor; a function or a bracket begins something new."""
        is_word = token.kind == "text" and not is_prose(token) and token.text not in grammar.FUNCTIONS
        is_command = token.kind == "command" and token.text in grammar.GREEK | grammar.ACCENTS | grammar.FONTS
        return is_word or (is_command and token.text not in grammar.NAMEABLE) or token.kind in ("letter", "number")

    # -- brackets ----------------------------------------------------------------------------------------------

    def bracket(self) -> Node:
        first = self.position
        opener = self.take()
        if opener.text == "<":
            return self.inner_product(opener)
        if opener.text not in ("(", "[", r"\{"):
            raise Slip(opener.span, f"‘{opener.text}’ as a bracket is not read here", "( or [")
        bars, self.bars = self.bars, 0
        items = self.items(CLOSED_BY[opener.text])
        self.bars = bars
        if opener.text == r"\{" and len(items) > 1:
            self.close(opener)
            return Enumeration(self.since(opener.start), items)
        if opener.text == "[" and len(items) == 1 and self.token.at(*grammar.COMPARED):
            return self.indicator(opener.start, items[0], opener)
        self.close(opener)
        span = self.since(opener.start)
        if len(items) == 1:
            return Group(span, items[0])
        semicolon = any(token.at(";") for token in self.tokens[first : self.position])
        return Concat(span, items, semicolon=semicolon) if opener.text == "[" else Tuple(span, items)

    def indicator(self, start: int, left: Node, opener: Token) -> Node:
        r"""``[i = j]``: one where a condition holds, else zero; ``left`` was read already."""
        conditions = self.comparisons(left)
        self.close(opener)
        if len(conditions) > 1:
            raise Slip(self.since(start), "an indicator of several conditions is not read", "one condition")
        return Iverson(self.since(start), conditions[0])

    def indicator_of(self, start: int) -> Node | None:
        r"""What follows a ``\mathbf 1`` where it says when that is one: ``_{i=j}``, ``[i=j]``, ``_{\{i=j\}}``."""
        opener = self.position + self.token.at("_")
        close = self.partner[opener]
        inner = self.tokens[opener + 1 : close] if close > opener else []
        if inner and inner[0].kind == "open" and self.partner[opener + 1] == close - 1:
            inner = inner[1:-1]
        signs = [k for k, token in enumerate(inner) if token.at(*grammar.COMPARED)]
        if len(signs) != 1:
            return None
        left, right = self.inside(inner[: signs[0]]), self.inside(inner[signs[0] + 1 :])
        self.position = close + 1
        condition = Comparison(left.span.join(right.span), left, inner[signs[0]].text, right)
        return Iverson(self.since(start), condition)

    def inner_product(self, opener: Token) -> Node:
        r"""``\langle a, u \rangle`` and ``\langle a | u \rangle``."""
        bars, self.bars = self.bars, 1
        items = [self.expression()]
        while self.skip(",", "mid") or self.skip_kind("bar"):
            items.append(self.expression())
        self.bars = bars
        self.close(opener)
        if len(items) != 2:
            raise Slip(self.since(opener.start), "angle brackets around anything but two factors are not read", "a, b")
        return Call(self.since(opener.start), opener.span, "inner", tuple(items))

    def items(self, close: str) -> tuple[Node, ...]:
        """Expressions between commas or semicolons, up to what closes the bracket, which is left."""
        if self.token.text == close:
            raise self.unexpected("an expression in the brackets")
        found = [self.expression()]
        while self.skip(",", ";") or (close == "]" and self.skip("mid")):
            if not (close == r"\}" and self.token.at("dots") and self.peek().at(",") and self.skip("dots")):
                found.append(self.expression())
        return tuple(found)

    def close(self, opener: Token) -> None:
        token = self.token
        kind = "right" if opener.kind == "left" else "close"
        if token.kind == kind and token.text == CLOSED_BY[opener.text]:
            self.take()
        elif token.kind in ("close", "right"):
            raise Slip(token.span, f"‘{opener.text}’ is closed by ‘{token.text}’", self.closer(opener))
        elif token.kind in ("stop", "}"):
            raise Slip(opener.span, LEFT_ALONE if kind == "right" else BRACKET_OPEN, self.closer(opener))
        else:
            raise self.unexpected(f"an operator, a comma or {self.closer(opener)}")

    def closer(self, opener: Token) -> str:
        return ("\\right" if opener.kind == "left" else "") + CLOSED_BY[opener.text]

    def cases(self) -> Node:
        """A distinction of cases: a value, ``&`` or a comma, and its conditions or the word *otherwise*."""
        opener = self.take()
        branches: list[Branch] = []
        while self.token.kind != "end":
            branches.append(self.branch())
            if self.token.kind == "newline":
                self.take()
        self.expect("end", f"\\end{{{opener.text}}}")
        if not branches:
            raise Slip(opener.span, "a distinction of cases without a case")
        return Cases(self.since(opener.start), tuple(branches))

    def branch(self) -> Branch:
        start = self.token.start
        value = self.expression()
        while self.skip(",") or self.skip("&"):
            pass
        words = [self.take() for _ in iter(lambda: self.token.kind == "text", False)]
        otherwise = any(w.strip(".,;:") in grammar.OTHERWISE for token in words for w in token.text.lower().split())
        conditions = () if otherwise or self.token.kind in ("newline", "end") else self.comparisons()
        if not conditions and not otherwise:
            raise Slip(Span(start, self.token.start), "a case without a condition", r"& x > 0 or & \text{otherwise}")
        while self.token.kind == "text" or self.token.at(",", ".", ";"):
            self.take()
        return Branch(self.since(start), value, conditions)

    def comparisons(self, first: Node | None = None) -> tuple[Comparison, ...]:
        """``a < x \\leq b`` is two conditions; ``first`` is the leftmost side where it was read already."""
        found: list[Comparison] = []
        left = first or self.expression()
        while self.token.at(*grammar.COMPARED):
            sign = self.take()
            right = self.expression()
            found.append(Comparison(Span(left.span.start, right.span.end), left, sign.text, right))
            left = right
        if not found:
            raise self.unexpected("one of < > ≤ ≥ in the condition of a case")
        return tuple(found)


def as_product(call: Call, bracket: Token) -> Node:
    r"""``\sigma(1-\sigma)`` is a product: the argument names the function itself, without an argument."""
    inner = call.arguments[0] if len(call.arguments) == 1 else None
    if inner is None or call.power is not None:
        return call
    if not any(isinstance(node, Function) and node.function == call.function for node in inner.walk()):
        return call
    head = Function(call.head, call.function, call.order)
    group = Group(replace(call.span, start=bracket.start), inner)
    return Mul(call.span, (head, group), ("",))


def concatenated(span: Span, parts: tuple[Node, ...]) -> Node:
    """``concat(h, x)`` and ``concat([h, x])``."""
    return parts[0] if len(parts) == 1 and isinstance(parts[0], Concat) else Concat(span, parts)
