"""Which sentences of a sheet define, declare or suppose something, and which claim it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import cast

import sympy

from derivations.component_names import has_components, letters_of
from derivations.directions import gives_way, is_last_value
from derivations.entries import EQUATING, Entry, is_condition
from derivations.facts import SUPPOSING, Fact, Property, facts_of, is_supposed, stated_before
from derivations.infer import Declaration, Equation
from derivations.layered import Layers, offset_of
from derivations.names import COUNT, GENERIC_FUNCTIONS, Ref, defines_loss, is_loss
from derivations.numerals import numeral
from derivations.probabilities import between_probabilities
from derivations.reading import surface as s
from derivations.restrictions import is_index, is_time, splits_a_definition
from derivations.series import free_letters
from derivations.sheet_habits import HabitReader
from derivations.side_conditions import sum_beside
from derivations.state_space import StateSpace
from derivations.terms import Dim, Shape, dimension
from derivations.world import Definition

SPLIT = "a definition under a condition defines only a part"
CASES_EXPECTED = r"all of it, with \begin{cases}"
DANGLING = "an expression without a relation behind an arrow"


class Sorter(HabitReader):
    """Sorts the sentences one after the other; what is defined before counts."""

    sentences: Sequence[s.Sentence]
    layers: Layers
    written: frozenset[str]
    states: StateSpace
    restrictions: Mapping[int, list[s.Statement]]
    elsewhere: Mapping[int, s.Statement]
    letters: frozenset[str]

    def _facts(self) -> Iterator[Fact]:
        for sentence in self.sentences:
            if isinstance(sentence, s.Statement) and not self._is_said_of_defined(sentence):
                yield from self._reaching_back(sentence, list(self._facts_of(sentence)))

    def _facts_of(self, sentence: s.Statement) -> Iterator[Fact]:
        """What a sentence says; ``with f_t = z_t`` about a name that has no definition yet defines it instead."""
        data = sum_beside(sentence, self.names, self.source)
        if data is not None and not self.knowledge.defined(data.key):
            yield data
            return
        for fact in facts_of(sentence, self.names, self.source):
            if fact.kind is not Property.TIED or self.knowledge.defined(fact.key) or SUPPOSING & set(sentence.lead):
                yield fact

    def _reaching_back(self, sentence: s.Statement, facts: Sequence[Fact]) -> Iterator[Fact]:
        """What a sentence says, also of the statements before it whose condition it is."""
        before = [k for k, found in self.restrictions.items() if sentence in found and k < sentence.span.start]
        for start in before:
            yield from (replace(fact, offset=start, local=True) for fact in facts)
        yield from facts

    def _restricted(self, sentence: s.Statement) -> str:
        """The condition of a statement that is no fact and so is not used; empty where there is none."""
        conditions = self.restrictions.get(sentence.span.start, [])
        unused = [x for x in conditions if is_index(x.items[0]) or not self._states_a_fact(x)]
        unused += [x for x in (self.elsewhere.get(sentence.span.start),) if x is not None]
        return next(map(self.source.slice, (x.span for x in unused)), "")

    def _line(self, node: s.Node) -> int:
        return self.source.place(node.span.start).line

    def _at_other_layers(self, entry: Entry) -> None:
        """What a sentence defines or declares at layer l, at the other layers of the sheet as well."""
        spoken = entry.sentence
        if isinstance(spoken, s.Unreadable) or not spoken.links or not (entry.assumed or entry.defines):
            return
        for sentence in self.layers.elsewhere(spoken):
            symbol, other = cast(s.Symbol, sentence.items[0]), sentence.items[1]
            if entry.defines and (self._is_of_numbers(symbol, other) or self._has_its_own(spoken, symbol)):
                continue
            self.names.add(sentence.items)
            shape = self._shape_of(other) if sentence.links[0].relation is s.Relation.MEMBER else None
            if shape is not None:
                self.declarations.append((Declaration(symbol, shape), entry))
            elif entry.defines and not self.knowledge.defined((ref := self.names.ref(symbol)).key):
                self._define(symbol, other, ref)
                self.equations.append((Equation(symbol, other), entry))

    def _is_of_numbers(self, symbol: s.Symbol, other: s.Node) -> bool:
        """Whether a line gives numbers, which are those of one layer; convolutions of them count for written names."""
        convolved = any(isinstance(x, s.Correlation) for x in other.walk())
        unwritten = self.names.ref(symbol).key not in self.written
        return (convolved and unwritten) or not any(isinstance(x, s.Symbol) for x in other.walk())

    def _has_its_own(self, spoken: s.Statement, symbol: s.Symbol) -> bool:
        """Whether a line of the sheet says what a name is, and the line ``spoken`` of another layer does not.

        A line about layer l is meant for all, but one about layer l+1 not where layer l+2 has its own, nor where the
        last layer has; what a gradient stands for is the same everywhere.
        """
        first = spoken.items[0]
        if isinstance(first, s.Symbol) and offset_of(first) == 0 and offset_of(symbol) is not None:
            return False
        if isinstance(spoken.items[1], s.Partial):
            return False
        ref = self.names.ref(symbol)
        statements = (x for x in self.sentences if isinstance(x, s.Statement) and x.links)
        heads = (x.items[0] for x in statements if x.links[0].relation in EQUATING)
        return any(isinstance(head, s.Symbol) and self.names.ref(head) == ref for head in heads)

    def _entry(self, sentence: s.Sentence, conditions: s.Statement | None) -> Entry | None:
        if isinstance(sentence, s.Unreadable):
            return Entry(sentence, "unclear")
        if not sentence.links:
            return self._count(sentence, conditions) or self._dangling(sentence)
        if self._is_time(sentence) or is_condition(sentence):
            return Entry(sentence, "definition", assumed=True)
        if is_supposed(sentence) and not self._is_said_of_defined(sentence):
            return Entry(sentence, "definition", assumed=True)
        if sentence.links[0].relation is s.Relation.MEMBER:
            return self._declaration(sentence, (sentence.items[0],), sentence.items[1])
        if self._states_a_fact(sentence) and not self._is_said_of_defined(sentence):
            return Entry(sentence, "definition", assumed=True)
        first = sentence.items[0]
        if isinstance(first, s.Call) and first.function == "dim":
            return self._declaration(sentence, first.arguments, sentence.items[1])
        if isinstance(first, s.Call) and self._defines_function(first, sentence):
            return Entry(sentence, "definition", frozenset({0}))
        if between_probabilities(sentence):
            return Entry(sentence, "claim", restricted=self._restricted(sentence))
        if isinstance(first, s.Symbol) and sentence.links[0].relation in EQUATING and self._is_new(first, sentence):
            for condition in self.restrictions.get(sentence.span.start, []):
                if splits_a_definition(condition, self.source):
                    return Entry(s.Unreadable(sentence.span, condition.span, SPLIT, CASES_EXPECTED), "unclear")
            return self._definition(sentence, first)
        if self.states.rests_on(sentence) and sentence.span.start not in self.restrictions:
            return Entry(sentence, "definition", assumed=True)
        return Entry(sentence, "claim", restricted=self._restricted(sentence))

    def _is_time(self, sentence: s.Statement) -> bool:
        """Whether a sentence only says which time a letter is that counts times on the sheet."""
        letter = getattr(sentence.items[0], "base", "")
        return is_time(sentence) and letter in self.letters and not self.knowledge.defined(letter)

    def _states_a_fact(self, sentence: s.Statement) -> bool:
        return any(fact.kind is not Property.UNREAD for fact in self._facts_of(sentence))

    def _is_said_of_defined(self, sentence: s.Statement) -> bool:
        """``so we have L_t = 1`` about a name with a definition, and no word of supposing: a claim."""
        first = sentence.items[0]
        defined = isinstance(first, s.Symbol) and self.knowledge.defined(self.names.ref(first).key)
        return defined and not SUPPOSING & set(sentence.lead) and not stated_before(sentence, self.source)

    def _defines_function(self, call: s.Call, sentence: s.Statement) -> bool:
        """``φ(x) = tanh(x)`` for a letter that is no function of the field."""
        plain = len(call.arguments) == 1 and isinstance(call.arguments[0], s.Symbol) and not call.order
        if not plain or call.function not in GENERIC_FUNCTIONS or sentence.links[0].relation not in EQUATING:
            return False
        argument = self.names.ref(cast(s.Symbol, call.arguments[0]))
        if argument.time is not None or call.function in self.knowledge.functions:
            return False
        self.knowledge.functions[call.function] = (argument.key, sentence.items[1])
        return True

    def _is_new(self, symbol: s.Symbol, sentence: s.Statement) -> bool:
        ref = self.names.ref(symbol)
        own = any(isinstance(n, s.Symbol) and self.names.ref(n) == ref for n in sentence.items[1].walk())
        if own or (symbol.component and not _is_general(symbol)) or (sentence.follows and not self._is_unseen(symbol)):
            return False
        if ref.time is not None and ref.time.symbol is None and ref.time.offset <= 0:
            return ref not in self.knowledge.instances
        if gives_way(self.names, symbol, sentence.items[1], self.knowledge):
            return True
        if is_last_value(self.names, symbol, self.knowledge):
            return True
        return self.knowledge.definition(ref) is None and not self._rests_on(ref, sentence.items[1])

    def _rests_on(self, ref: Ref, value: s.Node) -> bool:
        r"""Whether a derivative is made of a name: the V of ``\underbrace{∂y/∂h}_V`` where y = V h is no new one."""
        derived = any(isinstance(x, s.Partial) for x in value.walk())
        return derived and ref.time is None and ref.key in self.knowledge.reachable(value)

    def _count(self, sentence: s.Statement, conditions: s.Statement | None) -> Entry | None:
        """``n = d = 200 ⇒ 320,800``: a value said to follow from the expression before."""
        if conditions is None or not sentence.follows or not isinstance(sentence.items[0], s.Number):
            return None
        value = cast(s.Number, conditions.items[-1]).value
        sizes = {self.names.ref(cast(s.Symbol, x)).key: value for x in conditions.items[:-1]}
        earlier = [e.sentence for e in self.entries if e.kind == "claim" and isinstance(e.sentence, s.Statement)]
        return Entry(sentence, "count", sizes=sizes, about=earlier[-1] if earlier else None)

    def _dangling(self, sentence: s.Statement) -> Entry | None:
        """An expression behind an arrow: said to follow, but not of what it is the value."""
        if not sentence.follows:
            return None
        before = next((x for x in reversed(self.sentences) if x.span.end <= sentence.span.start), None)
        apart = before is None or "$" in self.source.text[before.span.end : sentence.span.start]
        related = not apart and (isinstance(before, s.Unreadable) or bool(before and before.links))
        if not (sentence.display or related):
            return None
        return Entry(s.Unreadable(sentence.span, sentence.span, DANGLING, "a relation such as ="), "unclear")

    def _declaration(self, sentence: s.Statement, of: tuple[s.Node, ...], space: s.Node) -> Entry:
        if isinstance(space, s.Enumeration):
            return Entry(sentence, "definition", assumed=True)
        if is_index(of[0]) and self.source.slice(sentence.links[0].span) == "=":  # t = 1, …, T
            return Entry(sentence, "definition", assumed=True)
        shape = self._shape_of(space)
        if shape is None:
            return Entry(sentence, "claim")
        entry = Entry(sentence, "definition", assumed=True)
        for tree in of:
            for item in tree.items if isinstance(tree, s.Tuple) else (tree,):
                self.declarations.append((Declaration(item, shape), entry))
        return entry

    def _as_row(self, declaration: Declaration) -> Declaration:
        """``x_t ∈ ℝ^{1×d}`` where vectors are rows; a matrix with one row stays a matrix."""
        of, shape = declaration.of, declaration.shape
        row = self.knowledge.rows and len(shape) == 2 and shape[0] == 1 != shape[1] and self._habit_rank(of) == 1
        return Declaration(of, shape[1:]) if row else declaration

    def _shape_of(self, space: s.Node) -> Shape | None:
        if not isinstance(space, s.Space | s.Tuple):
            return None
        items = space.dims if isinstance(space, s.Space) else space.items
        dims = [_dim(item) for item in items]
        if any(dim is None for dim in dims):
            return None
        shape = tuple(cast(Dim, dim) for dim in dims)
        return shape[:1] if len(shape) == 2 and shape[1] == 1 else shape

    def _definition(self, sentence: s.Statement, symbol: s.Symbol) -> Entry:
        ref = self.names.ref(symbol)
        self._define(symbol, sentence.items[1], ref)
        entry = Entry(sentence, "definition", frozenset({0}), ref.key)
        self.equations.append((Equation(symbol, sentence.items[1]), entry))
        for step in range(1, len(sentence.links)):
            for unknown, node in self._solved(sentence.items[step], sentence.items[step + 1]):
                self._define(unknown, node, self.names.ref(unknown))
                self.equations.append((Equation(unknown, node), entry))
                entry.given |= {step}
            if is_loss(symbol) and has_components(sentence.items[step + 1]):  # it tells how far its indices run
                self.equations.append((Equation(symbol, sentence.items[step + 1]), entry))
        return entry

    def _define(self, symbol: s.Symbol, node: s.Node, ref: Ref) -> None:
        letter = ref.time.symbol if ref.time else None
        if ref.time is None and not is_loss(symbol) and _mentions_now(node):
            self.knowledge.implicit.add(ref.key)
            letter = "t"
        indices = letters_of(symbol)
        definition = Definition(node, letter, self._line(symbol), defines_loss(symbol, node), ref.time, indices)
        last = is_last_value(self.names, symbol, self.knowledge)
        if gives_way(self.names, symbol, node, self.knowledge):
            known = self.knowledge.families.pop(ref.key)
            self.knowledge.instances[Ref(ref.key, known.time)] = known
        if last or (ref.time is not None and ref.time.symbol is None):
            self.knowledge.instances[ref] = definition
        else:
            self.knowledge.families.setdefault(ref.key, definition)

    def _solved(self, known: s.Node, unknown: s.Node) -> list[tuple[s.Symbol, s.Node]]:
        r"""``σ(A) = σ(\tilde z)`` with a new name \tilde z: it stands for A."""
        pairs = list(_matched(known, unknown, self._is_unseen))
        return pairs if len(pairs) == 1 else []

    def _is_unseen(self, symbol: s.Symbol) -> bool:
        key = self.names.ref(symbol).key
        if self.knowledge.defined(key):
            return False
        seen = (
            n for e in self.entries if isinstance(e.sentence, s.Statement) for i in e.sentence.items for n in i.walk()
        )
        return not any(isinstance(n, s.Symbol) and self.names.ref(n).key == key for n in seen)


def _is_general(symbol: s.Symbol) -> bool:
    """``p_i`` for any i, so that a line about it defines all of p."""
    letters = letters_of(symbol)
    return bool(letters) and len(set(letters)) == len(letters)


def _mentions_now(node: s.Node) -> bool:
    return any(time.symbol == "t" for time in free_letters(node))


def _dim(node: s.Node) -> Dim | None:
    match node:
        case s.Number() if node.value.denominator == 1 and node.value > 0:
            return numeral(int(node.value))
        case s.Symbol() if COUNT in node.marks:
            return dimension(f"|{node.base}|")
        case s.Symbol():
            return dimension(node.base + (f"_{node.name}" if node.name else ""))
        case s.Group():
            return _dim(node.inner)
        case s.Add() if all(sign == 1 for sign in node.signs):
            return _combined(sympy.Add, node.addends)
        case s.Mul():
            return _combined(sympy.Mul, node.factors)
    return None


def _combined(operation: Callable[..., Dim], nodes: Sequence[s.Node]) -> Dim | None:
    parts = [_dim(node) for node in nodes]
    return None if None in parts else operation(*parts)


def _matched(
    known: s.Node, unknown: s.Node, is_unseen: Callable[[s.Symbol], bool]
) -> Iterator[tuple[s.Symbol, s.Node]]:
    """Pairs of a new name in ``unknown`` and what stands at its place in ``known``, where the rest has one form."""
    if isinstance(unknown, s.Symbol) and is_unseen(unknown):
        yield unknown, known
        return
    below, above = list(known.children()), list(unknown.children())
    if type(known) is type(unknown) and len(below) == len(above):
        if isinstance(known, s.Call) and isinstance(unknown, s.Call) and known.function != unknown.function:
            return
        for a, b in zip(below, above, strict=True):
            yield from _matched(a, b, is_unseen)
