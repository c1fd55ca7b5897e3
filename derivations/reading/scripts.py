"""Subscripts, superscripts and primes: what they make of a name, a transpose or a power."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise

from derivations.reading import grammar
from derivations.reading.cursor import Cursor, time_of
from derivations.reading.places import Span
from derivations.reading.slips import Slip
from derivations.reading.surface import (
    Call,
    Entry,
    Function,
    Group,
    Mul,
    Node,
    Norm,
    Number,
    Raise,
    Symbol,
    Time,
    Transposed,
    time_text,
)
from derivations.reading.tokens import Token

NAME_SIGNS = grammar.names("+ - * ' : . , / _ ^ < > dots top cdot times prime")
NAME_KINDS = grammar.names("letter number text open close bar")
"""What may stand in a subscript that is a name."""


@dataclass(slots=True)
class Scripts:
    """What hangs on one base: the base with its names so far, then transposes and powers in their order.

    ``enclosed`` tells that the base brings a name or a time of its own, as in ``{h_t}_j``.
    """

    base: Node
    enclosed: bool
    powers: list[Node | str] = field(default_factory=list)
    lowered: bool = False
    count: int = 0


class ScriptReader(Cursor):
    @abstractmethod
    def inside(self, tokens: Sequence[Token]) -> Node:
        """An expression of its own, read from some tokens of this one."""

    def scripts(self, base: Node, start: int) -> Node:
        """The base with all scripts that follow it; ``start`` is where the base begins."""
        enclosed = isinstance(base, Symbol) and bool(base.time or base.name or base.component)
        found = Scripts(base, enclosed)
        while self.token.at("_", "^", "'") or self.at_dot_t():
            before = found.base
            self.script(found)
            if found.base is not before and isinstance(found.base, Symbol | Norm):
                found.base = replace(found.base, span=self.since(start))
        node = found.base
        for power in found.powers:
            node = raised_to(node, power, self.since(start))
        return node

    def at_dot_t(self) -> bool:
        """``W.T``: a transpose as in Python."""
        after = self.peek()
        return self.token.at(".") and self.adjacent() and after.kind == "letter" and after.text == "T"

    def script(self, found: Scripts) -> None:
        mark = self.take()
        if mark.text == ".":
            if found.powers:
                raise Slip(mark.span, "a second superscript on the same base")
            self.take()
            found.powers.append("T")
        elif mark.text == "'":
            self.prime(found, mark)
        elif mark.text == "_":
            self.subscript(found, mark)
        else:
            self.superscript(found, mark)

    # -- below and beside --------------------------------------------------------------------------------------

    def prime(self, found: Scripts, mark: Token) -> None:
        symbol = named(found.base, mark, "a prime")
        if symbol.marks.count("prime") == grammar.MAX_PRIMES:
            raise Slip(mark.span, "more than three primes")
        found.base = replace(symbol, marks=(*symbol.marks, "prime"))

    def subscript(self, found: Scripts, mark: Token) -> None:
        if found.lowered:
            raise Slip(mark.span, "a second subscript on the same name", "one subscript in braces")
        found.lowered = True
        tokens = self.script_tokens()
        if isinstance(found.base, Norm):
            found.base = replace(found.base, order=name_text(tokens))
        elif isinstance(found.base, Group | Call | Transposed) and not found.powers:
            found.base = Entry(self.since(found.base.span.start), found.base, index_letters(tokens, mark))
        else:
            symbol = named(found.base, mark, "a subscript")
            found.base = self.indexed(symbol, tokens) if found.enclosed else self.lowered(symbol, tokens)

    def script_tokens(self) -> Sequence[Token]:
        """The tokens of the script here, without its braces."""
        if self.token.kind == "command" and self.token.text in grammar.FONTS:
            self.take()
        if self.token.kind != "{":
            if self.token.kind in ("}", "stop", "close", "right", "bad") or self.token.at("_", "^"):
                raise self.unexpected("an index")
            return [self.take()]
        start, end = self.position, self.group_end()
        if end == start + 1:
            raise Slip(Span(self.token.start, self.tokens[end].end), "an empty subscript", "a name or an index")
        self.position = end + 1
        return self.tokens[start + 1 : end]

    def lowered(self, symbol: Symbol, tokens: Sequence[Token]) -> Symbol:
        """A name with its subscript: a time and components after it, or a plain name."""
        parts = split(unbracketed(tokens))
        refuse_slices(parts)
        if (time := time_of(bare(parts[0]))) is not None:
            return replace(with_time(symbol, time, lower=True), component=tuple(self.inside(p) for p in parts[1:]))
        if len(parts) > 1 and (time := time_of(bare(parts[-1]))) is not None:
            name = name_text(tokens[: -len(parts[-1]) - 1])
            return with_time(replace(symbol, name=name + symbol.name), time, lower=True)
        return replace(symbol, name=name_text(tokens) + symbol.name)

    def indexed(self, symbol: Symbol, tokens: Sequence[Token]) -> Symbol:
        """``{h_t}_j``: the components j of what stands in the braces."""
        return replace(symbol, component=(*symbol.component, *(self.inside(part) for part in split(tokens))))

    # -- above -------------------------------------------------------------------------------------------------

    def superscript(self, found: Scripts, mark: Token) -> None:
        found.count += 1
        if found.powers or found.count > 2:
            raise Slip(mark.span, "a second superscript on the same base", "braces around the first")
        before = len(found.powers)
        self.raised(found)
        if found.count > 1 and len(found.powers) == before:
            raise Slip(mark.span, "a second superscript on the same base", "one superscript")

    def raised(self, found: Scripts) -> None:
        if self.token.kind != "{":
            self.raised_token(found)
            return
        end = self.group_end()
        if end == self.position + 1:
            raise Slip(Span(self.token.start, self.tokens[end].end), "an empty superscript", "a power or an index")
        self.take()
        self.raised_group(found, end)
        self.expect("}", "the end of the superscript")

    def raised_token(self, found: Scripts) -> None:
        token = self.token
        if token.kind == "command" and token.text in grammar.FONTS:
            self.raised_run(found, self.script_tokens())
        elif token.kind == "letter" or token.at("top", "'", "*"):
            self.raised_run(found, [self.take()])
        else:
            found.powers.append(self.argument())

    def raised_run(self, found: Scripts, tokens: Sequence[Token]) -> None:
        if not self.plain_superscript(found, tokens):
            found.powers.append(self.inside(tokens))

    def raised_group(self, found: Scripts, end: int) -> None:
        """The inside of ``^{…}``: a time in brackets, then possibly a transpose or a power."""
        if isinstance(found.base, Symbol | Function):
            while self.bracketed(found, end):
                pass
            if self.position == end:
                return
            if self.skip("^"):
                self.superscript(found, self.tokens[self.position - 1])
                return
        if self.plain_superscript(found, self.tokens[self.position : end]):
            self.position = end
        else:
            found.powers.append(self.expression())

    def bracketed(self, found: Scripts, end: int) -> bool:
        r"""``(t)``, ``<t>`` or ``\langle t \rangle`` is a time; a layer ``[l]`` and ``(xh)`` go to the name."""
        opener, close = self.token, self.bracket_end(end)
        if close < 0:
            return False
        tokens = self.tokens[self.position + 1 : close]
        time = None if opener.text == "[" else time_of(tokens, None)
        if time is None and opener.text != "[" and is_euler(found.base):
            return False
        symbol = named(found.base, opener, "an index")
        if time is not None:
            found.base = with_time(symbol, time)
        elif opener.text == "[" or (tokens and all(token.kind in ("letter", "text") for token in tokens)):
            label = f"{opener.text}{name_text(tokens)}{self.tokens[close].text}"
            found.base = replace(symbol, name=symbol.name + label)
        else:
            raise Slip(Span(opener.start, self.tokens[close].end), "a time index that is not understood", "t, t-1 or 2")
        self.position = close + 1
        return True

    def bracket_end(self, end: int) -> int:
        """The index of what closes the bracket here within the superscript; −1 where there is none."""
        if self.token.kind in ("open", "left") and self.token.text in ("(", "[", "<"):
            return self.partner[self.position]
        if self.token.at("<"):
            return next((k for k in range(self.position, end) if self.tokens[k].at(">")), -1)
        return -1

    def plain_superscript(self, found: Scripts, tokens: Sequence[Token]) -> bool:
        """A superscript that is no power: transpose, time, prime, star, or an elementwise square."""
        core = bare(tokens)
        texts = [token.text for token in core]
        if isinstance(found.base, Number):
            return False
        if texts in (["T"], ["top"]):
            found.powers.append("T" if len(tokens) == 1 and texts == ["T"] else "top")
        elif texts in (["-", "T"], ["-", "top"]):
            found.powers.extend((Number(tokens[0].span, Fraction(-1)), "T"))
        elif texts == ["odot", "2"] or texts == ["circ", "2"]:
            found.powers.append("odot")
        elif isinstance(found.base, Symbol) and not is_euler(found.base):
            return self.name_superscript(found, found.base, core)
        else:
            return False
        return True

    def layer(self, symbol: Symbol, core: Sequence[Token]) -> Time | None:
        """The layer of ``a^l``, ``a^{l+1}`` and ``a^L``; numbers such as λ are raised to a power of l."""
        return None if symbol.base in grammar.SCALES else time_of(core, grammar.LAYERS | {grammar.LAST_LAYER})

    def name_superscript(self, found: Scripts, symbol: Symbol, core: Sequence[Token]) -> bool:
        time = time_of(core) or self.layer(symbol, core)
        if time is not None and symbol.time is None:
            found.base = replace(with_time(symbol, time), raised=True)
        elif symbol.time is None and len(both := layer_and_time(core)) == 2:
            found.base = with_time(with_time(symbol, both[0]), both[1])
        elif core and all(token.at("'") for token in core):
            found.base = replace(symbol, marks=symbol.marks + ("prime",) * len(core))
        elif symbol.base in ("1", "I") and any(token.at("times") for token in core):
            found.base = replace(symbol, base="I", name=name_text(core))
        elif len(core) == 1 and core[0].at("*"):
            found.base = replace(symbol, name=symbol.name + "*")
        else:
            return False
        return True


def index_letters(tokens: Sequence[Token], mark: Token) -> tuple[str, ...]:
    """The letters of the indices of a component; raises Slip for anything but one or two of them."""
    letters = [token.text for token in tokens if not token.at(",")]
    if not set(letters) <= grammar.INDICES or not 1 <= len(letters) <= 2:
        raise Slip(mark.span, "a subscript on something that is not a name", "a name before it, or an index such as i")
    return tuple(letters)


def named(base: Node, mark: Token, what: str) -> Symbol:
    """The name that a script hangs on; raises Slip where there is none."""
    if isinstance(base, Function) and not base.order:
        return Symbol(base.span, base.function)
    if not isinstance(base, Symbol):
        raise Slip(mark.span, f"{what} on something that is not a name", "a name before it")
    return base


def with_time(symbol: Symbol, time: Time, lower: bool = False) -> Symbol:
    """A name with a time; of two the lower one, or the one by t, is the time; the other, a layer, joins the name."""
    if symbol.time is None:
        return replace(symbol, time=time)
    newer = lower or (time.symbol in grammar.TIMES and symbol.time.symbol not in grammar.TIMES)
    kept, other = (time, symbol.time) if newer else (symbol.time, time)
    return replace(symbol, time=kept, name=f"{symbol.name}({time_text(other)})")


def layer_and_time(tokens: Sequence[Token]) -> list[Time]:
    """The two indices of ``h^{l,t}``; not two where something else stands there."""
    parts = split(tokens)
    found = [time_of(part, grammar.TIMES | grammar.LAYERS) for part in parts]
    times = [time for time in found if time is not None]
    return times if len(times) == len(parts) and len({time.symbol for time in times}) == 2 else []


def is_euler(node: Node) -> bool:
    """Whether a node is the bare letter e."""
    return isinstance(node, Symbol) and node == Symbol(node.span, "e")


def raised_to(base: Node, power: Node | str, span: Span) -> Node:
    """A transpose (``"T"``, ``"top"``), an elementwise square (``"odot"``), the exponential, or a power."""
    if power in ("T", "top"):
        return Transposed(span, base, power == "T")
    if isinstance(power, str):
        return Mul(span, (base, base), (power,))
    if is_euler(base) and not (isinstance(power, Number) and power.value > 0):
        return Call(span, base.span, "exp", (power,))
    return Raise(span, base, power)


def bare(tokens: Sequence[Token]) -> list[Token]:
    """Some tokens without braces and fonts."""
    return [t for t in tokens if t.kind not in "{}" and not (t.kind == "command" and t.text in grammar.FONTS)]


def unbracketed(tokens: Sequence[Token]) -> Sequence[Token]:
    """The t-1 of ``h_{(t-1)}``; the tokens as they are where no time stands in the brackets."""
    inner = tokens[1:-1]
    in_brackets = len(tokens) > 2 and tokens[0].kind == "open" and tokens[0].text == "(" and tokens[-1].text == ")"
    return inner if in_brackets and time_of(bare(inner)) is not None else tokens


def split(tokens: Sequence[Token]) -> list[Sequence[Token]]:
    """The parts between the commas; brackets are not looked into, since none stands in an index with commas."""
    cuts = [-1, *(k for k, token in enumerate(tokens) if token.at(",")), len(tokens)]
    return [tokens[a + 1 : b] for a, b in pairwise(cuts)]


def refuse_slices(parts: Sequence[Sequence[Token]]) -> None:
    """``A_{i,:}`` and ``Y_{:i}`` are rows and columns, no names; raises Slip for them."""
    for part in parts:
        colon = next((token for token in (*part[:1], *part[-1:]) if token.at(":")), None)
        if colon is not None:
            raise Slip(colon.span, "rows, columns and slices by ‘:’ are not read", "a product such as A e_j, or A_{ij}")


def name_text(tokens: Sequence[Token]) -> str:
    """A subscript as plain text, Greek letters and accents as LaTeX; raises Slip for what cannot be part of a name."""
    pieces: list[str] = []
    for token in tokens:
        is_name = token.kind == "command" and token.text in grammar.GREEK | grammar.ACCENTS
        if is_name:
            pieces.append(f"\\{token.text} ")
        elif token.kind in NAME_KINDS or token.at(*NAME_SIGNS):
            pieces.append(f"\\{token.text} " if token.kind == "command" else token.text)
        elif token.kind in "{}":
            pieces.append(token.text)
        elif token.kind != "command" or token.text not in grammar.FONTS:
            raise Slip(token.span, token.text if token.kind == "bad" else f"‘{token.text}’ in a subscript", "a name")
    return "".join(pieces).strip().replace(" {", "{")
