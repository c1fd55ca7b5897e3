r"""Gradients that a sheet writes as names alone, the loss understood: ``dW_f``, ``da_{prev}``, ``\delta h_t``.

Such a name is the gradient of the loss of the sheet. Where there is none, the gradients that no line computes
(``da_{next}``) are given, and the loss is any that has them: Σ ⟨da, a⟩ over all of these. For a gate, a = σ(z), people
mean the derivative by a or the one by z; it is the same for all gates of a sheet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import TypeVar

from derivations.component_names import rewritten
from derivations.functions import FUNCTIONS
from derivations.gradient_names import PREFIXES, introduced, joined, pair_of
from derivations.names import GENERIC_FUNCTIONS, GRADIENT_MARKS, PRE, SCALAR_NAMES, is_loss
from derivations.reading import surface as s

N = TypeVar("N", bound=s.Node)
Name = tuple[str, tuple[str, ...], str]
EQUATING = (s.Relation.EQUAL, s.Relation.DEFINED)
ELEMENTWISE = frozenset(FUNCTIONS) | GENERIC_FUNCTIONS
NO_LOSS = "it is not clear which loss this is the gradient of"
ONE_LOSS = "one loss that the sheet defines, as in L = …, or := for a name of your own"
GIVEN = "any that has the gradients that no line computes: "


class Taken(Enum):
    """Where the gradient that is named after a gate is taken."""

    AT_VALUE = "at the value of the gate"
    BEFORE = "at the pre-activation of the gate"


@dataclass(slots=True)
class Understood:
    """The sentences with the names as derivatives, the definitions that this implies, and what was taken for granted.

    ``ambiguous`` is true where the other choice of :class:`Taken` gives other sentences.
    """

    sentences: list[s.Sentence]
    implied: list[s.Statement] = field(default_factory=list)
    conventions: dict[str, str] = field(default_factory=dict)
    ambiguous: bool = False


def with_understood(sentences: Sequence[s.Sentence], taken: Taken) -> Understood:
    """The sentences with gradients by name alone read as derivatives; unchanged where it is not clear of what."""
    statements = [x for x in sentences if isinstance(x, s.Statement)]
    pairs, touching = _pairs(statements), frozenset(x.base for y in statements for x in _alone(y))
    found = [_joined(x, pairs, touching) if isinstance(x, s.Statement) else x for x in sentences]
    return _Reader(found, taken).read()


# Which letters stand before the name of a gradient


def _pairs(statements: Sequence[s.Statement]) -> set[tuple[str, str]]:
    """The pairs of a letter and a name that are gradients, where some line computes one: ``dW = …``."""
    pairs = {pair for x in statements for pair in _all_pairs(x)}
    prefixes = {pair[0] for x in statements if (pair := _left(x)) is not None}
    prefixes -= {pair[0] for x in statements for pair in introduced(x)}
    return {pair for pair in pairs if pair[0] in prefixes and _is_quantity(pair[1])}


def _left(statement: s.Statement) -> tuple[str, str] | None:
    """The pair that a statement equates with something."""
    first = statement.items[0]
    if not _equates(statement) or not isinstance(first, s.Mul):
        return None
    pair = pair_of(first.factors) if first.operators == ("",) else None
    return pair if pair and _is_quantity(pair[1]) else None


def _is_quantity(base: str) -> bool:
    return base not in SCALAR_NAMES


def _all_pairs(statement: s.Statement) -> Iterator[tuple[str, str]]:
    for product in _nodes(statement, s.Mul):
        for one, other, operator in zip(product.factors, product.factors[1:], product.operators, strict=False):
            pair = pair_of((one, other)) if operator == "" else None
            if pair:
                yield pair


def _alone(statement: s.Statement) -> Iterator[s.Symbol]:
    """The letters d and δ where they stand for something of their own: a factor or a dimension."""
    paired: set[int] = set()
    for product in _nodes(statement, s.Mul):
        for one, other, operator in zip(product.factors, product.factors[1:], product.operators, strict=False):
            pair = pair_of((one, other)) if operator == "" else None
            paired |= {id(one)} if pair and _is_quantity(pair[1]) else set()
    for symbol in _nodes(statement, s.Symbol):
        plain = not (symbol.time or symbol.name or symbol.marks or symbol.component)
        if plain and symbol.base in PREFIXES and id(symbol) not in paired:
            yield symbol


def _nodes(statement: s.Statement, kind: type[N]) -> Iterator[N]:
    return (node for item in statement.items for node in item.walk() if isinstance(node, kind))


def _joined(statement: s.Statement, pairs: set[tuple[str, str]], touching: frozenset[str]) -> s.Statement:
    if not pairs:
        return statement
    return replace(statement, items=tuple(joined(item, pairs, touching) for item in statement.items))


# What they are gradients of


class _Reader:
    def __init__(self, sentences: list[s.Sentence], taken: Taken) -> None:
        self.sentences = sentences
        self.taken = taken
        self.statements = [x for x in sentences if isinstance(x, s.Statement)]
        self.symbols = [symbol for x in self.statements for symbol in _nodes(x, s.Symbol)]
        self.timed = {(x.base, x.marks) for x in self.symbols if x.time is not None and not x.name}
        self.untimed = {_name(x) for x in self.symbols if x.time is None}
        self.known = {_name(x) for x in self.symbols}
        self.found = Understood(sentences)
        self.given: list[s.Symbol] = []

    def read(self) -> Understood:
        computed = list(self._computed())
        self.names = {_name(x) for x in computed if self._is_known(x)} - self._declared()
        if not self.names:
            return self.found
        loss = self._loss()
        if loss is None:
            self.found.sentences = [self._refused(x) for x in self.sentences]
            return self.found
        self.loss = loss
        self.reached = self._reached_from([loss, *self.given])
        self._choose_gates(computed)
        changed = [self._changed(x) if isinstance(x, s.Statement) else x for x in self.sentences]
        self.found.sentences = changed
        return self.found

    def _refused(self, sentence: s.Sentence) -> s.Sentence:
        """A line that computes a gradient of no loss that is known is neither a definition nor to be checked."""
        first = sentence.items[0] if isinstance(sentence, s.Statement) else None
        if not isinstance(sentence, s.Statement) or not isinstance(first, s.Symbol) or not _is_gradient(first):
            return sentence
        if sentence.links[0].relation is not s.Relation.EQUAL or _name(first) not in self.names:
            return sentence
        return s.Unreadable(sentence.span, first.span, NO_LOSS, ONE_LOSS, sentence.display)

    def _computed(self) -> Iterator[s.Symbol]:
        """The gradients that stand on the left of an equation."""
        for statement in self.statements:
            first = statement.items[0]
            if _equates(statement) and isinstance(first, s.Symbol) and _is_gradient(first):
                yield first

    def _declared(self) -> set[Name]:
        """Names that the sheet itself equates with a derivative."""
        pairs = [(x.items[k], x.items[k + 1]) for x in self.statements for k in range(len(x.links))]
        both = [*pairs, *((b, a) for a, b in pairs)]
        return {_name(a) for a, b in both if isinstance(a, s.Symbol) and isinstance(b, s.Partial)}

    # The loss

    def _loss(self) -> s.Symbol | None:
        """The one loss that the sheet defines or differentiates; else one that has the given gradients."""
        firsts = [x.items[0] for x in self.statements if _equates(x)]
        defined = {_name(x): x for x in firsts if isinstance(x, s.Symbol) and is_loss(x)}
        whole = [x for x in defined.values() if x.time is None]
        if defined:
            return whole[0] if len(whole) == 1 else None
        used = {_name(p.of): p.of for x in self.statements for p in _nodes(x, s.Partial) if isinstance(p.of, s.Symbol)}
        named = [x for x in used.values() if is_loss(x)]
        if named:
            return named[0] if len(named) == 1 and named[0].time is None else None
        return self._any_loss()

    def _any_loss(self) -> s.Symbol | None:
        """A loss whose gradients by some quantities are the ones that are given; None where none is given."""
        computed = {(_name(x), x.time) for x in self._computed()}
        used = {(_name(x), x.time): x for x in self.symbols if _is_gradient(x)}
        open_ = sorted(used.keys() - computed, key=str)
        given = [used[key] for key in open_ if self._is_known(used[key]) and key[0] not in self._declared()]
        summed = any(_is_gradient(x) for y in self.statements for big in _nodes(y, s.Big) for x in _inside(big))
        if not given or summed:
            return None
        self.given = given
        times = sorted({x.time for x in given if x.time is not None}, key=str)
        span = given[0].span
        loss = s.Symbol(span, "L", ("understood",), time=times[0] if len(times) == 1 else None)
        parts = [replace(loss, name=str(k + 1)) for k in range(len(given))] if len(given) > 1 else [loss]
        for part, gradient in zip(parts, given, strict=True):
            self._imply(part, s.Mul(span, (gradient, self._quantity(gradient)), ("odot",)))
        if len(given) > 1:
            self._imply(loss, s.Add(span, (1,) * len(parts), tuple(parts)))
        return loss

    def _imply(self, symbol: s.Symbol, node: s.Node) -> None:
        link = s.Link(s.Relation.DEFINED, symbol.span)
        self.found.implied.append(s.Statement(symbol.span, (symbol, node), (link,)))

    def _reached_from(self, starts: Sequence[s.Symbol]) -> set[Name]:
        """The names that the loss depends on by the definitions; empty where the loss has none."""
        known: dict[Name, set[Name]] = {}
        for statement in self.statements:
            first = statement.items[0]
            if isinstance(first, s.Symbol) and not _is_gradient(first) and _equates(statement):
                inner = {_name(self._quantity(x)) for x in statement.items[1].walk() if isinstance(x, s.Symbol)}
                known.setdefault(_name(self._quantity(first)), inner)
        found: set[Name] = set()
        pending = [_name(self._quantity(x)) for x in starts]
        while pending:
            name = pending.pop()
            pending += sorted(known.get(name, set()) - found)
            found |= known.get(name, set()) | {name}
        return found if self.given or _name(self.loss) in known else set()

    # The quantities

    def _is_known(self, gradient: s.Symbol) -> bool:
        return _name(self._quantity(gradient)) in self.known

    def _quantity(self, gradient: s.Symbol) -> s.Symbol:
        """The quantity that a gradient is named after; without a time where it has one, the one at time t."""
        plain = replace(gradient, marks=tuple(m for m in gradient.marks if m not in GRADIENT_MARKS))
        if plain.time is not None or (plain.base, plain.marks) not in self.timed:
            return plain
        if plain.name.isdigit():
            return replace(plain, name="", time=s.Time(None, int(plain.name)))
        return plain if plain.name or _name(plain) in self.untimed else replace(plain, time=s.Time("t", 0))

    def _choose_gates(self, computed: Sequence[s.Symbol]) -> None:
        """Take the gates among the quantities before or behind their function, all alike."""
        gates = self._gates()
        named = {_name(self._quantity(x)) for x in computed if _name(x) in self.names}
        self.found.ambiguous = bool(gates.keys() & named)
        if self.found.ambiguous:
            self.found.conventions["gradient of a gate"] = self.taken.value
        self.gates = gates if self.taken is Taken.BEFORE else {}

    def _gates(self) -> dict[Name, s.Call]:
        """Quantities with a definition σ(…), but for states, which a later value depends on."""
        gates: dict[Name, s.Call] = {}
        states: set[Name] = set()
        for statement in self.statements:
            first = statement.items[0]
            if not isinstance(first, s.Symbol) or not _equates(statement):
                continue
            value = statement.items[1]
            states |= {_name(x) for x in value.walk() if isinstance(x, s.Symbol) and _is_earlier(x, first)}
            if isinstance(value, s.Call) and value.function in ELEMENTWISE and not value.order and not value.power:
                gates.setdefault(_name(first), value)
        return {name: call for name, call in gates.items() if name not in states}

    def _pre_activation(self, quantity: s.Symbol) -> s.Symbol:
        """The name of what stands in the function of a gate."""
        return replace(quantity, marks=(*quantity.marks, PRE))

    # The sentences

    def _changed(self, statement: s.Statement) -> s.Statement:
        first = statement.items[0]
        items = [rewritten(item, self._derivative) for item in statement.items]
        gate = self.gates.get(_name(first)) if isinstance(first, s.Symbol) else None
        if gate is not None and isinstance(first, s.Symbol) and len(items) > 1 and statement.items[1] is gate:
            inner = self._pre_activation(first)
            self._imply(inner, gate.arguments[0])
            items[1] = replace(gate, arguments=(inner,))
        return replace(statement, items=tuple(items))

    def _derivative(self, node: s.Node) -> s.Node:
        if not isinstance(node, s.Symbol) or not _is_gradient(node) or _name(node) in self._declared():
            return node
        if any((_name(x), x.time) == (_name(node), node.time) for x in self.given):
            return node
        quantity = self._quantity(node)
        if not self._is_known(node) or (self.reached and _name(quantity) not in self.reached):
            return node
        by = self._pre_activation(quantity) if _name(quantity) in self.gates else quantity
        return s.Partial(node.span, replace(self.loss, span=node.span), replace(by, span=node.span))


def _equates(statement: s.Statement) -> bool:
    return bool(statement.links) and statement.links[0].relation in EQUATING


def _name(symbol: s.Symbol) -> Name:
    return symbol.base, symbol.marks, symbol.name


def _is_gradient(symbol: s.Symbol) -> bool:
    return any(mark in GRADIENT_MARKS for mark in symbol.marks)


def _is_earlier(symbol: s.Symbol, first: s.Symbol) -> bool:
    one, other = symbol.time, first.time
    return one is not None and other is not None and one.symbol == other.symbol and one.offset < other.offset


def _inside(big: s.Big) -> Iterator[s.Symbol]:
    return (node for node in big.walk() if isinstance(node, s.Symbol))
