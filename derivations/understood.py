r"""Gradients that a sheet writes as names alone, the loss understood: ``dW_f``, ``da_{prev}``, ``\delta h_t``.

Such a name is the gradient of the loss of the sheet. Where there is none, the gradients that no line computes
(``da_{next}``) are given, and the loss is any that has them: Σ ⟨da, a⟩ over all of these. For a gate, a = σ(z), people
mean the derivative by a or the one by z; it is the same for all gates of a sheet.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from itertools import product
from typing import TypeVar

from derivations.functions import FUNCTIONS
from derivations.given_gradients import Flow, Given, at_one_step, defined, loss_of, place, step_of
from derivations.gradient_names import PREFIXES, Pair, introduced, joined, pair_of
from derivations.names import (
    GENERIC_FUNCTIONS,
    GRADIENT_MARKS,
    PRE,
    SCALAR_NAMES,
    WHOLE,
    Ref,
    is_loss,
    key_of,
    ref_text,
)
from derivations.reading import surface as s
from derivations.relative_times import NEXT

N = TypeVar("N", bound=s.Node)
Name = tuple[str, tuple[str, ...], str]
EQUATING = (s.Relation.EQUAL, s.Relation.DEFINED)
ELEMENTWISE = frozenset(FUNCTIONS) | GENERIC_FUNCTIONS
NO_LOSS = "it is not clear which loss this is the gradient of"
BESIDE = "a loss may hang on {} in other ways than through the gradients that are given"
ONE_LOSS = "one loss that the sheet defines, as in L = …, or := for a name of your own"
GIVEN = "any that has the gradients that no line computes: "


class Taken(Enum):
    """Where the gradient that is named after a gate is taken."""

    AT_VALUE = "at the value of the gate"
    BEFORE = "at the pre-activation of the gate"


@dataclass(frozen=True, slots=True)
class Habits:
    """What a sheet may mean by the gradients that it names."""

    taken: Taken = Taken.AT_VALUE
    given: Given = Given.APART


PLAIN = Habits()
"""What is tried first."""


@dataclass(slots=True)
class Understood:
    """The sentences with the names as derivatives, the definitions that this implies, and what was taken for granted.

    ``others`` are the other habits that give other sentences; ``held`` are the quantities that a made-up loss holds
    when it is differentiated.
    """

    sentences: list[s.Sentence]
    implied: list[s.Statement] = field(default_factory=list)
    conventions: dict[str, str] = field(default_factory=dict)
    others: tuple[Habits, ...] = ()
    held: tuple[s.Symbol, ...] = ()


def with_understood(sentences: Sequence[s.Sentence], habits: Habits, implied: Sequence[s.Statement] = ()) -> Understood:
    """The sentences with gradients by name alone read as derivatives; unchanged where it is not clear of what.

    ``implied`` are definitions that the sheet does not write.
    """
    statements = [x for x in sentences if isinstance(x, s.Statement)]
    pairs, touching = _pairs(statements), frozenset(x.base for y in statements for x in _alone(y))
    found = [_joined(x, pairs, touching) if isinstance(x, s.Statement) else x for x in sentences]
    return _Reader(found, habits, implied).read()


# Which letters stand before the name of a gradient


def _pairs(statements: Sequence[s.Statement]) -> set[Pair]:
    """The pairs of a letter and a name that are gradients, where some line computes one: ``dW = …``."""
    pairs = {pair for x in statements for pair in _all_pairs(x)}
    prefixes = {pair[0] for x in statements if (pair := _left(x)) is not None}
    prefixes -= {pair[0] for x in statements for pair in introduced(x)}
    return {pair for pair in pairs if pair[0] in prefixes and _is_quantity(pair)}


def _left(statement: s.Statement) -> Pair | None:
    """The pair that a statement equates with something."""
    first = statement.items[0]
    if not _equates(statement) or not isinstance(first, s.Mul):
        return None
    pair = pair_of(first.factors) if first.operators == ("",) else None
    return pair if pair and _is_quantity(pair) else None


def _is_quantity(pair: Pair) -> bool:
    return pair[1] not in SCALAR_NAMES or pair[2]


def _all_pairs(statement: s.Statement) -> Iterator[Pair]:
    for row in _nodes(statement, s.Mul):
        for one, other, operator in zip(row.factors, row.factors[1:], row.operators, strict=False):
            pair = pair_of((one, other)) if operator == "" else None
            if pair:
                yield pair


def _alone(statement: s.Statement) -> Iterator[s.Symbol]:
    """The letters d and δ where they stand for something of their own: a factor or a dimension."""
    paired: set[int] = set()
    for row in _nodes(statement, s.Mul):
        for one, other, operator in zip(row.factors, row.factors[1:], row.operators, strict=False):
            pair = pair_of((one, other)) if operator == "" else None
            paired |= {id(one)} if pair and _is_quantity(pair) else set()
    for symbol in _nodes(statement, s.Symbol):
        plain = not (symbol.time or symbol.name or symbol.marks or symbol.component)
        if plain and symbol.base in PREFIXES and id(symbol) not in paired:
            yield symbol


def _nodes(statement: s.Statement, kind: type[N]) -> Iterator[N]:
    return (node for item in statement.items for node in item.walk() if isinstance(node, kind))


def _joined(statement: s.Statement, pairs: set[Pair], touching: frozenset[str]) -> s.Statement:
    if not pairs:
        return statement
    return replace(statement, items=tuple(joined(item, pairs, touching) for item in statement.items))


# What they are gradients of


class _Reader:
    def __init__(self, sentences: list[s.Sentence], habits: Habits, implied: Sequence[s.Statement] = ()) -> None:
        self.implied = implied
        self.sentences = sentences
        self.habits = habits
        self.statements = [x for x in sentences if isinstance(x, s.Statement)]
        self.symbols = [symbol for x in self.statements for symbol in _nodes(x, s.Symbol)]
        self.timed = {(x.base, x.marks) for x in self.symbols if x.time is not None and not x.name}
        self.untimed = {_name(x) for x in self.symbols if x.time is None}
        self.known = {_name(x) for x in self.symbols}
        self.found = Understood(sentences)
        self.given: list[s.Symbol] = []
        self.open_taken: tuple[Taken, ...] = (habits.taken,)
        self.open_given: tuple[Given, ...] = (habits.given,)

    def read(self) -> Understood:
        computed = list(self._computed())
        self.names = {_name(x) for x in computed if self._is_known(x)} - self._declared()
        if not self.names:
            return self.found
        self._choose_gates()
        loss = self._loss()
        if loss is None:
            self.found.sentences = [self._refused(x) for x in self.sentences]
            return self.found
        self.loss = loss
        self.reached = self._reached_from([loss, *self.given])
        sentences = [self._beside(x) for x in self.sentences] if self.given else self.sentences
        changed = [self._changed(x) if isinstance(x, s.Statement) else x for x in sentences]
        self.found.sentences = at_one_step(changed) if self.given else changed
        open_ = (Habits(*x) for x in product(self.open_taken, self.open_given))
        self.found.others = tuple(x for x in open_ if x != self.habits)
        return self.found

    def _refused(self, sentence: s.Sentence) -> s.Sentence:
        """A line that computes a gradient of no loss that is known is neither a definition nor to be checked."""
        first = sentence.items[0] if isinstance(sentence, s.Statement) else None
        if not isinstance(sentence, s.Statement) or not isinstance(first, s.Symbol) or not _is_gradient(first):
            return sentence
        if sentence.links[0].relation is not s.Relation.EQUAL or _name(first) not in self.names:
            return sentence
        return s.Unreadable(sentence.span, first.span, NO_LOSS, ONE_LOSS, sentence.display)

    def _beside(self, sentence: s.Sentence) -> s.Sentence:
        """A line about a gradient that does not follow from those that are given is not read."""
        if isinstance(sentence, s.Unreadable):
            return sentence
        for gradient in (x for x in _nodes(sentence, s.Symbol) if self._is_understood(x)):
            reason = self._why_open(gradient, step_of(sentence))
            if reason:
                return s.Unreadable(sentence.span, gradient.span, reason, ONE_LOSS, sentence.display, defines=False)
        return sentence

    def _why_open(self, gradient: s.Symbol, step: s.Time | None) -> str:
        """Why a gradient does not follow from those that are given; empty where it does. By a parameter: at a step."""
        name, time = place(self._quantity(gradient))
        other = self.flow.passing((name, time or step), [place(self._quantity(x)) for x in self.given])
        return BESIDE.format(ref_text(Ref(key_of(s.Symbol(gradient.span, *other[0])), other[1]))) if other else ""

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
        self.flow = Flow.of([(self._quantity(x), self._inner(node)) for x, node in self._definitions()])
        self._choose_parts()
        pairs = [(gradient, self._part(self._quantity(gradient))) for gradient in given]
        loss, implied = loss_of(pairs)
        self.found.implied += implied
        return loss

    def _definitions(self) -> Iterator[tuple[s.Symbol, s.Node]]:
        """The quantities that the sheet defines, and by what: no gradients, and nothing that is made of gradients."""
        pairs = [(x.items[0], x.items[1]) for x in self.statements if _equates(x)]
        found = [(x, node) for x, node in pairs if isinstance(x, s.Symbol) and not _is_gradient(x)]
        backward: set[Name] = set()
        while more := {_name(x) for x, node in found if _name(x) not in backward and _speaks_of(node, backward)}:
            backward |= more
        return ((x, node) for x, node in found if _name(x) not in backward)

    def _inner(self, node: s.Node) -> list[s.Symbol]:
        return [self._quantity(x) for x in node.walk() if isinstance(x, s.Symbol)]

    def _choose_parts(self) -> None:
        """Take the gradients that are given as whole, or apart from what comes through the others."""
        places = [place(self._quantity(x)) for x in self.given]
        if not any(self.flow.leads(one, other) for one in places for other in places):
            return
        self.found.conventions["gradients that are given"] = self.habits.given.value
        self.open_given = tuple(Given)
        if self.habits.given is Given.WHOLE:
            self.found.held = tuple(self._taken_at(self._quantity(x)) for x in self.given)
            self.found.implied += self._wholes()

    def _part(self, quantity: s.Symbol) -> s.Symbol:
        """What a given gradient is multiplied with in the made-up loss."""
        own = self._taken_at(quantity)
        defined_ = {_name(self._quantity(x)) for x, _ in self._definitions()}
        return _whole(own) if self.found.held and _name(quantity) in defined_ else own

    def _wholes(self) -> Iterator[s.Statement]:
        """The definitions of the quantities whose gradients are given once more, under names that are not held."""
        names = {_name(self._quantity(x)) for x in self.given}
        for first, node in self._definitions():
            name = _name(self._quantity(first))
            if name in names:
                inner = self.gates[name].arguments[0] if name in self.gates else node
                yield defined(_whole(self._taken_at(self._quantity(first))), inner)

    def _reached_from(self, starts: Sequence[s.Symbol]) -> set[Name]:
        """The names that the loss depends on by the definitions; empty where the loss has none."""
        known: dict[Name, set[Name]] = {}
        for statement in (*self.statements, *self.implied):
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
        if plain.name in NEXT:
            return replace(plain, name="", time=s.Time("t", 0))
        return plain if plain.name or _name(plain) in self.untimed else replace(plain, time=s.Time("t", 0))

    def _choose_gates(self) -> None:
        """Take the gates among the quantities before or behind their function, all alike."""
        gates = self._gates()
        named = {_name(self._quantity(x)) for x in self.symbols if self._is_understood(x)}
        if gates.keys() & named:
            self.found.conventions["gradient of a gate"] = self.habits.taken.value
            self.open_taken = tuple(Taken)
        self.gates = gates if self.habits.taken is Taken.BEFORE else {}

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

    def _taken_at(self, quantity: s.Symbol) -> s.Symbol:
        """The quantity, or what stands in its function where gradients of gates are taken there."""
        return self._pre_activation(quantity) if _name(quantity) in self.gates else quantity

    def _pre_activation(self, quantity: s.Symbol) -> s.Symbol:
        """The name of what stands in the function of a gate."""
        return replace(quantity, marks=(*quantity.marks, PRE))

    # The sentences

    def _changed(self, statement: s.Statement) -> s.Statement:
        first = statement.items[0]
        items = [item.rewritten(self._derivative) for item in statement.items]
        gate = self.gates.get(_name(first)) if isinstance(first, s.Symbol) else None
        if gate is not None and isinstance(first, s.Symbol) and len(items) > 1 and statement.items[1] is gate:
            inner = self._pre_activation(first)
            self.found.implied.append(defined(inner, gate.arguments[0]))
            items[1] = replace(gate, arguments=(inner,))
        return replace(statement, items=tuple(items))

    def _derivative(self, node: s.Node) -> s.Node:
        if not isinstance(node, s.Symbol) or not self._is_understood(node):
            return node
        if any((_name(x), x.time) == (_name(node), node.time) for x in self.given):
            return node
        quantity = self._quantity(node)
        if self.reached and _name(quantity) not in self.reached:
            return node
        by = replace(self._taken_at(quantity), span=node.span)
        return s.Partial(node.span, replace(self.loss, span=node.span), by)

    def _is_understood(self, symbol: s.Symbol) -> bool:
        """Whether a symbol is the name of a gradient that the sheet does not set equal to a derivative."""
        return _is_gradient(symbol) and _name(symbol) not in self._declared() and self._is_known(symbol)


def _whole(symbol: s.Symbol) -> s.Symbol:
    return replace(symbol, marks=(*symbol.marks, WHOLE))


def _equates(statement: s.Statement) -> bool:
    return bool(statement.links) and statement.links[0].relation in EQUATING


def _name(symbol: s.Symbol) -> Name:
    return symbol.base, symbol.marks, symbol.name


def _is_gradient(symbol: s.Symbol) -> bool:
    return any(mark in GRADIENT_MARKS for mark in symbol.marks)


def _is_earlier(symbol: s.Symbol, first: s.Symbol) -> bool:
    one, other = symbol.time, first.time
    return one is not None and other is not None and one.symbol == other.symbol and one.offset < other.offset


def _speaks_of(node: s.Node, names: set[Name]) -> bool:
    """Whether an expression holds a gradient, or one of some names."""
    return any(_is_gradient(x) or _name(x) in names for x in node.walk() if isinstance(x, s.Symbol))


def _inside(big: s.Big) -> Iterator[s.Symbol]:
    return (node for node in big.walk() if isinstance(node, s.Symbol))
