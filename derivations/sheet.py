"""From sentences to a sheet: what is defined, what is declared, what is claimed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from fractions import Fraction
from itertools import pairwise
from types import MappingProxyType
from typing import cast

import sympy

from derivations.abbreviations import with_abbreviations
from derivations.arguments import with_arguments
from derivations.batches import Batch
from derivations.cardinalities import with_cardinalities
from derivations.clashes import ClashError, Teller
from derivations.classes import with_classes
from derivations.component_names import has_components, letters_of, with_components
from derivations.convolution_words import Words
from derivations.convolutions import Try, with_convolutions
from derivations.copies import with_copies
from derivations.decimal_commas import with_sure_commas
from derivations.declarations import Declared, read_declarations
from derivations.declaring import as_used, assumed, entrywise, given, named, nodes_of, row_names, shaped, stated
from derivations.directions import directions, gives_way, is_last_value
from derivations.errors import ShapeError
from derivations.euler import with_euler
from derivations.facts import SUPPOSING, Fact, Property, facts_of, is_supposed, stated_before
from derivations.gradient_names import with_gradient_names
from derivations.habitual import claims_an_entry, is_introduced, losses, may_be_a_gradient, maybe_claim, with_kin
from derivations.infer import Declaration, Equation, Inference
from derivations.labels import labels_of, unit_keys, with_labels
from derivations.layer_functions import with_layer_functions
from derivations.layered import NO_LAYERS, Layers, offset_of, with_layers
from derivations.lengths import last_time
from derivations.limit_claims import with_limits
from derivations.names import COUNT, GENERIC_FUNCTIONS, Names, Ref, defines_loss, is_constant, is_loss, rank_by_habit
from derivations.numerals import numeral
from derivations.open_losses import with_open_losses
from derivations.powers import with_powers
from derivations.probabilities import between_probabilities, with_probabilities
from derivations.products import Signs
from derivations.reading import surface as s
from derivations.reading.clauses import Kind
from derivations.reading.places import Source, Span
from derivations.relative_times import with_relative_times
from derivations.restrictions import is_index, restrictions, splits_a_definition
from derivations.scalars import said_scalar, speaks_of_vectors
from derivations.series import free_letters, with_times
from derivations.sizes import Sizes, index_letters
from derivations.spoken_counts import SpokenCount, spoken_counts
from derivations.squares import with_squares
from derivations.standing import written_as_rows
from derivations.state_space import StateSpace, state_space
from derivations.superscripts import with_raised_times
from derivations.terms import Dim, Shape, dimension
from derivations.understood import PLAIN, Habits, with_understood
from derivations.world import Definition, Knowledge, senses

INNER = "⟨"
"""How the name begins that a declaration gives to an expression."""
SPLIT = "a definition under a condition defines only a part"
CASES_EXPECTED = r"all of it, with \begin{cases}"
DANGLING = "an expression without a relation behind an arrow"
EQUATING = (s.Relation.EQUAL, s.Relation.DEFINED)
LENGTHS = frozenset("TN")
"""Capital letters that, by themselves, count steps or examples."""
NONE: Mapping[str, bool] = MappingProxyType({})


@dataclass(slots=True)
class Entry:
    """One statement of the sheet.

    ``given`` holds the steps that define something; all others are claimed. ``assumed`` marks declarations and
    conditions, which claim nothing. ``maybe_gradient`` marks a definition that may rather say what a gradient is;
    ``maybe_claim`` says why one may claim something else.

    ``kind`` is definition, claim, unclear, or count: a number that is said to follow for given sizes (``sizes``) from
    the statement before (``source_entry``), or one that words state of a layer (``spoken``).
    """

    sentence: s.Sentence
    kind: str
    given: frozenset[int] = frozenset()
    defines: str = ""
    sizes: dict[str, Fraction] = field(default_factory=dict)
    about: s.Statement | None = None
    assumed: bool = False
    clash: str = ""
    restricted: str = ""
    clash_at: Span | None = None
    spoken: SpokenCount | None = None
    maybe_gradient: bool = False
    maybe_claim: str = ""


@dataclass(slots=True)
class Sheet:
    """A sheet as it was understood.

    ``dims`` are the letters of its dimensions, ``loose`` those that nothing ties down; ``introduced`` the names that
    its definitions and declarations speak of; ``facts`` what it says of quantities beyond that; ``conventions`` what
    was settled about its names; ``others`` the other ways to settle them; ``misfit`` tells what does not
    fit within expressions, empty where nothing does not; ``origin`` how the shape of a name was found, and where;
    ``formals`` are the names that only stand for a number, such as the x of σ(x), ``beside`` those that are numbers by
    their place beside components; ``said_scalar`` is where the sheet says that everything is a number,
    ``perhaps_vectors`` where its words speak of vectors that no formula shows;
    ``ways`` are those in which some convolution may be taken as well;
    ``written_as_rows`` are the vectors that the lines which define them write as rows among columns.
    """

    source: Source
    entries: list[Entry]
    knowledge: Knowledge
    declared: set[str]
    scalars_only: bool
    dims: set[str] = field(default_factory=set)
    loose: set[str] = field(default_factory=set)
    introduced: set[str] = field(default_factory=set)
    facts: list[Fact] = field(default_factory=list)
    conventions: dict[str, str] = field(default_factory=dict)
    others: tuple[Habits, ...] = ()
    misfit: Callable[[Sequence[s.Node]], str] = lambda nodes: ""
    origin: Callable[[s.Symbol], tuple[str, list[Span]]] = lambda symbol: ("", [])
    formals: frozenset[str] = frozenset()
    beside: frozenset[str] = frozenset()
    written_as_rows: Mapping[str, bool] = field(default_factory=dict)
    said_scalar: Span | None = None
    perhaps_vectors: Span | None = None
    ways: list[Try] = field(default_factory=list)
    settings: Declared = field(default_factory=lambda: Declared(Source("", "")))
    states: StateSpace = field(default_factory=StateSpace)


def understand(
    source: Source,
    sentences: Sequence[s.Sentence],
    habits: Habits = PLAIN,
    rows: Mapping[str, bool] = NONE,
    way: Try | None = None,
) -> Sheet:
    """Sort the sentences of a sheet into definitions, declarations and claims, and infer all shapes.

    ``rows`` are names that stand as rows among columns; ``way`` is a way to try for convolutions, None for
    each as its words say.
    """
    declared = read_declarations(source)
    sentences = with_sure_commas(sentences, source)
    convolved = with_convolutions(sentences, Words(source, declared.convolutions), declared.meanings, way)
    sentences = convolved.sentences
    written = sentences
    as_used(declared, sentences)
    sentences = with_euler(sentences, [*nodes_of(declared)])
    named_apart = with_abbreviations(with_cardinalities(with_arguments(with_probabilities(sentences))))
    squared = with_squares(named(declared, named_apart))
    squared, functions = with_layer_functions(squared)
    sentences, layers = with_layers(squared, nodes_of(declared), source.text)
    timed = with_relative_times(with_times(with_powers(with_raised_times(with_limits(sentences, source)))))
    losses = with_open_losses(timed)
    understood = with_understood(with_kin(with_gradient_names(losses.sentences)), habits, losses.implied)
    picked, classes = with_classes(understood.sentences)
    labels = labels_of([x for x in picked if isinstance(x, s.Statement)])
    units = [*classes, *unit_keys(labels)]
    labelled = with_labels(picked)
    given_names = [*losses.implied, *understood.implied]
    separate, copies = with_copies([*given_names, *with_components(labelled, declared.letters("index"))])
    count = len(given_names)

    def reader(trees: Sequence[s.Sentence]) -> _Reader:
        implied = [x for x in trees[:count] if isinstance(x, s.Statement)]
        return _Reader(source, trees[count:], declared, [*implied, *copies], layers, rows)

    first = reader(separate)
    sheet, batch = first.sheet(), first.batch()
    if batch.found:
        sheet = reader(batch.write(separate)).sheet()
    sheet.facts += [Fact(key, None, Property.ONE_HOT, f"{key} is a unit vector", 0, False) for key in units]
    sheet.introduced |= set(units)
    sheet.knowledge.open = losses
    sheet.conventions, sheet.others = dict(understood.conventions), understood.others
    sheet.knowledge.held = frozenset(sheet.knowledge.names.ref(x) for x in understood.held)
    if batch.found.biases:
        sheet.conventions["batch"] = batch.found.said
    sheet.entries = _with_spoken(sheet.entries, source, written)
    sheet.ways = convolved.tries
    if convolved.ways:
        sheet.conventions["convolutions"] = "; ".join(dict.fromkeys(map(str, convolved.taken)))
    if functions:
        sheet.conventions["functions"] = ", ".join(f"{name} as {letter}" for letter, name in functions.items())
    if rows:
        sheet.conventions["rows"] = ", ".join(sorted(rows)) + ": as they are defined"
    return sheet


def _with_spoken(entries: Sequence[Entry], source: Source, sentences: Sequence[s.Sentence]) -> list[Entry]:
    """The entries with those of counts that words state, in the order of the sheet."""
    spoken = [
        Entry(s.Statement(found.span, (found.at,), (), display=False), "count", spoken=found)
        for found in spoken_counts(source.text, sentences)
    ]
    return sorted([*entries, *spoken], key=lambda entry: entry.sentence.span.start)


class _Reader:
    def __init__(
        self,
        source: Source,
        sentences: Sequence[s.Sentence],
        declared: Declared,
        implied: Sequence[s.Statement] = (),
        layers: Layers = NO_LAYERS,
        rows: Mapping[str, bool] = NONE,
    ) -> None:
        self.rows = rows
        self.source = source
        self.declared = declared
        self.implied = implied
        self.layers = layers
        self.sentences = sentences
        statements = [*implied, *(x for x in sentences if isinstance(x, s.Statement))]
        self.names = Names([*(item for statement in statements for item in statement.items), *nodes_of(declared)])
        self.written = frozenset(self.names.bases)
        self.knowledge = Knowledge(self.names)
        self.equations: list[tuple[Equation, Entry]] = []
        self.declarations: list[tuple[Declaration, Entry]] = []
        self.entries: list[Entry] = []
        self.restrictions = restrictions(sentences, source)
        self.states = state_space(sentences, source.text)
        self.said_scalar: Span | None = None
        self.perhaps_vectors: Span | None = None

    def batch(self) -> Batch:
        """The examples of a batch, where matrices hold them; asked for after :meth:`sheet`."""
        batch = Batch(self.inference, self.knowledge)
        return replace(batch, found=batch.look([equation for equation, _ in self.equations], self._nodes()))

    def sheet(self) -> Sheet:
        conditions: s.Statement | None = None
        for sentence in self.sentences:
            entry = self._entry(sentence, conditions)
            conditions = sentence if isinstance(sentence, s.Statement) and is_condition(sentence) else None
            if entry is not None:
                self.entries.append(entry)
                self._at_other_layers(entry)
        for statement in self.implied:
            if not self.knowledge.defined(self.names.ref(first := cast(s.Symbol, statement.items[0])).key):
                self._definition(statement, first)
        found = self._with_shapes()
        self._mark_doubtful()
        return found

    def _mark_doubtful(self) -> None:
        """Mark the definitions of names that may mean something else."""
        statements = list(self._statements())
        of = losses(statements)
        for entry in self.entries:
            sentence = entry.sentence
            plain = entry.defines and not entry.assumed and isinstance(sentence, s.Statement)
            if not plain or not isinstance(sentence, s.Statement) or is_introduced(sentence, self.source):
                continue
            entry.maybe_claim = maybe_claim(sentence, self._is_known) or claims_an_entry(sentence, self.knowledge)
            entry.maybe_gradient = bool(of) and may_be_a_gradient(sentence, statements, self._is_known)

    def _is_known(self, symbol: s.Symbol) -> bool:
        return self.names.ref(symbol).key in self.names.bases

    def _with_shapes(self) -> Sheet:
        self.knowledge.entrywise = entrywise(self.declared, self.names)
        self.knowledge.standing = {**self.rows, **row_names(self.declared, self.names)}
        self._declare_shapes()
        scalars = self._scalars_only()
        self.knowledge.rows = self._vectors_are_rows()
        self.declarations = [(self._as_row(declaration), entry) for declaration, entry in self.declarations]
        self._find_lengths()
        self.knowledge.backward, self.knowledge.entangled = directions(self.knowledge)
        self.knowledge.constants = self._constants()
        self.knowledge.indexed = any(
            has_components(item) for statement in self._statements() for item in statement.items
        )
        self.knowledge.slopes_at_arguments = frozenset(self._slopes_at_arguments())
        self.knowledge.senses = senses(node.style for node in self._nodes() if isinstance(node, s.Partial))
        self.inference = inference = Inference(
            self.names, self._formals(), scalars, self.knowledge.rows, self.knowledge.constants
        )
        inference.standing = self.knowledge.standing
        self.knowledge.signs = inference.signs = self._signs()
        claims = [_items(entry) for entry in self.entries if entry.kind == "claim"]
        shapes = inference.run([d for d, _ in self.declarations], [e for e, _ in self.equations], claims)
        tell = Teller(self.source, inference.dims.shape, inference.origin)
        for equation, error in inference.clashes:
            self._note_clash(equation, error, tell)
        self.knowledge.shapes = shapes
        dims = {str(x) for shape in shapes.values() for dim in shape for x in dim.free_symbols}
        self.knowledge.dims = frozenset(dims - inference.loose)
        self.knowledge.sizes = Sizes(inference.written, index_letters(self._nodes()))
        defined = {*self.knowledge.families, *(ref.key for ref in self.knowledge.instances)}
        known, self.knowledge.given = given(self.declared, self.knowledge)
        introduced = inference.declared | dims | self._introduced() | known
        sheet = Sheet(self.source, self.entries, self.knowledge, inference.declared, scalars, dims, inference.loose)
        sheet.introduced = introduced
        sheet.facts = [fact for fact in self._facts() if fact.time is not None or fact.key not in dims]
        sheet.facts += assumed(self.declared, self.names, shapes, defined)
        sheet.settings, sheet.states = self.declared, self.states
        sheet.said_scalar, sheet.perhaps_vectors = self.said_scalar, self.perhaps_vectors
        sheet.origin, sheet.formals, sheet.beside = inference.rule, inference.formals, inference.beside
        sheet.written_as_rows = written_as_rows(inference, list(self._statements()))
        sheet.misfit = lambda nodes: tell.told(error) if (error := inference.clash(nodes)) else ""
        sheet.entries = self._with_declarations()
        return sheet

    def _slopes_at_arguments(self) -> set[str]:
        """The functions whose slope is written at what they are taken of in a definition: σ'(z) with a = σ(z)."""
        calls = [x for x in self._nodes() if isinstance(x, s.Call) and len(x.arguments) == 1]
        named = [(x, a) for x in calls if isinstance(a := x.arguments[0], s.Symbol)]
        taken = {(x.function, self.names.ref(a)) for x, a in named if not x.order}
        return {x.function for x, a in named if x.order == 1 and (x.function, self.names.ref(a)) in taken}

    def _signs(self) -> Signs:
        ranks = {self._habit_rank(equation.left) for equation, _ in self.equations if _has_tensor(equation.right)}
        return Signs(self.declared.signs, 1 not in ranks, 1 not in ranks and 2 in ranks)

    def _declare_shapes(self) -> None:
        """The shapes that are declared, before those of the sheet's own sentences."""
        found = []
        for symbol, space, statement in shaped(self.declared, self.names):
            shape = self._shape_of(space)
            if shape is not None:
                standing = self.names.ref(symbol).key in self.knowledge.standing
                shape = tuple(dim for dim in shape if dim != 1) if standing and len(shape) == 2 else shape
                found.append((Declaration(symbol, shape), Entry(statement, "definition", assumed=True)))
        self.declarations[:0] = found

    def _refuse_undefined(self) -> None:
        """Take back the names that are declared but could not be defined so."""
        claimed = {entry.sentence.span for entry in self.entries if entry.kind == "claim"}
        for clause in self.declared.of(Kind.NAME):
            if clause.span in claimed:
                self.entries = [entry for entry in self.entries if entry.sentence.span != clause.span]
                self.declared.refuse(clause, "this cannot be defined", "a name left of :=")

    def _with_declarations(self) -> list[Entry]:
        """The entries in the order of the sheet, with those of declarations that stand in it."""
        self._refuse_undefined()
        spoken = [Entry(statement, "definition", assumed=True) for statement in stated(self.declared, self.names)]
        refused = [Entry(sentence, "unclear") for sentence in self.declared.refused]
        inside = [x for x in self.entries if x.sentence.span.start < len(self.source.text)]
        inside = [x for x in inside if not x.defines.startswith(INNER)]
        return sorted([*spoken, *refused, *inside], key=lambda entry: entry.sentence.span.start)

    def _find_lengths(self) -> None:
        """The letter of the last time, where the sheet uses one, and the time letters that definitions leave free."""
        self.knowledge.length = last_time(list(self._statements()))
        definitions = [*self.knowledge.families.values(), *self.knowledge.instances.values()]
        free = ((d, time.symbol) for d in definitions for time in free_letters(d.node, length=self.knowledge.length))
        self.knowledge.lengths = frozenset(letter for d, letter in free if letter not in (None, d.letter))

    def _facts(self) -> Iterator[Fact]:
        for sentence in self.sentences:
            if isinstance(sentence, s.Statement) and not self._is_said_of_defined(sentence):
                yield from self._reaching_back(sentence, list(self._facts_of(sentence)))

    def _facts_of(self, sentence: s.Statement) -> Iterator[Fact]:
        """What a sentence says; ``with f_t = z_t`` about a name that has no definition yet defines it instead."""
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
        unused = (x for x in conditions if is_index(x.items[0]) or not self._states_a_fact(x))
        return next((self.source.slice(x.span) for x in unused), "")

    def _constants(self) -> frozenset[str]:
        """The identity matrix and the column of ones, where the sheet does not use their letters for something else."""
        spoken = {self.names.ref(d.of).key for d, _ in self.declarations if isinstance(d.of, s.Symbol)}
        found = {key for key, symbol in self.names.bases.items() if is_constant(symbol)}
        return frozenset(key for key in found - spoken if not self.knowledge.defined(key))

    def _introduced(self) -> set[str]:
        """The names that definitions speak of, on either side."""
        sides = (side for equation, _ in self.equations for side in (equation.left, equation.right))
        nodes = (node for side in sides for node in side.walk())
        return {self.names.ref(node).key for node in nodes if isinstance(node, s.Symbol)} | self._formals()

    def _note_clash(self, place: Equation | Declaration, error: ShapeError, tell: Teller) -> None:
        entry = next(entry for found, entry in [*self.equations, *self.declarations] if found is place)
        if not entry.clash and isinstance(error, ClashError):
            entry.clash_at = error.span
        entry.clash = entry.clash or tell.told(error)

    def _line(self, node: s.Node) -> int:
        return self.source.place(node.span.start).line

    # One sentence

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
        if is_condition(sentence) or (is_supposed(sentence) and not self._is_said_of_defined(sentence)):
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
        return self.knowledge.definition(ref) is None

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

    # The whole sheet

    def _statements(self) -> Iterator[s.Statement]:
        for entry in self.entries:
            if isinstance(entry.sentence, s.Statement):
                yield entry.sentence

    def _nodes(self) -> Iterator[s.Node]:
        for statement in self._statements():
            for item in statement.items:
                yield from item.walk()

    def _formals(self) -> frozenset[str]:
        """Undeclared names that only stand for a number: the x of σ(x) = … and of ∂σ/∂x, with no matrix beside it."""
        refs = (self.names.ref(x) for statement in self._statements() for x in _formal_symbols(statement))
        found = {ref.key for ref in refs if ref.time is None and not self.knowledge.defined(ref.key)}
        declared = {self.names.ref(d.of).key for d, _ in self.declarations if isinstance(d.of, s.Symbol)}
        found |= {key for key in self._entries() if not self.knowledge.defined(key)}
        return frozenset(found - declared - self._beside_matrices())

    def _entries(self) -> set[str]:
        """Names without a time that stand as they are in a matrix of lower-case letters and numbers."""
        found: set[str] = set()
        for node in self._nodes():
            symbols = [x for entry in getattr(node, "entries", ()) for x in entry.walk() if isinstance(x, s.Symbol)]
            if isinstance(node, s.Matrix) and not any(x.base[:1].isupper() for x in symbols):
                found |= {self.names.ref(x).key for x in symbols if self.names.ref(x).time is None}
        return found

    def _beside_matrices(self) -> set[str]:
        """Names that a matrix is multiplied with somewhere, so that they are no mere numbers."""
        found: set[str] = set()
        for node in self._nodes():
            if isinstance(node, s.Mul) and any(self._habit_rank(factor) == 2 for factor in node.factors):
                found |= {self.names.ref(factor).key for factor in node.factors if isinstance(factor, s.Symbol)}
        return found

    def _vectors_are_rows(self) -> bool:
        """Whether the definitions multiply vectors by matrices from the left more often than from the right."""
        if self.declared.value("vectors"):
            return self.declared.value("vectors") == "rows"
        votes = 0
        for equation, _ in self.equations:
            nodes = list(equation.right.walk())
            convolved = {node.product.span for node in nodes if isinstance(node, s.Correlation)}
            for node in nodes:
                if isinstance(node, s.Mul) and node.span not in convolved:
                    ranks = [self._habit_rank(factor) for factor in node.factors]
                    votes += sum((pair == (1, 2)) - (pair == (2, 1)) for pair in pairwise(ranks))
        return votes > 0

    def _habit_rank(self, node: s.Node) -> int | None:
        """1 for what is written like a vector, 2 for a matrix, None for anything else."""
        match node:
            case s.Symbol():
                rank = rank_by_habit(node, self.names.ref(node).time is not None)
                return rank if rank else None
            case s.Group():
                return self._habit_rank(node.inner)
            case s.Raise():
                return self._habit_rank(node.base)
            case s.Concat():
                return 1
            case s.Transposed():
                return 2 if self._habit_rank(node.argument) == 2 else None
            case s.Add() | s.Mul() if isinstance(node, s.Add) or set(node.operators) <= {"odot", "otimes", "circ"}:
                return max((self._habit_rank(child) or 0 for child in node.children()), default=0) or None
        return None

    def _scalars_only(self) -> bool:
        """Whether the sheet says that it speaks of numbers alone, or nothing on it has a shape.

        An elementwise sign, a transpose or a capital letter may stand among numbers only where the sheet says so.
        """
        if self.declared.value("vectors"):
            return self.declared.value("vectors") == "scalars"
        if any(declaration.shape for declaration, _ in self.declarations):
            return False
        claims = (entry.sentence.span.start for entry in self.entries if entry.kind == "claim")
        self.said_scalar = said_scalar(self.source, min(claims, default=len(self.source.text)))
        if any(_is_no_number(node) for node in self._nodes()):
            return False
        if self.said_scalar is not None:
            self.perhaps_vectors = speaks_of_vectors(self.source)
            return True
        if any(_looks_like_no_number(node) for node in self._nodes()):
            return False
        self.perhaps_vectors = speaks_of_vectors(self.source)
        return self.perhaps_vectors is None


def _has_tensor(node: s.Node) -> bool:
    return any("otimes" in x.operators for x in node.walk() if isinstance(x, s.Mul))


def _is_no_number(node: s.Node) -> bool:
    """What cannot stand among numbers."""
    if isinstance(node, s.Call):
        return node.function in ("diag", "softmax", "tr", "dim")
    return isinstance(node, s.Concat | s.Matrix)


def _looks_like_no_number(node: s.Node) -> bool:
    """What is not written among numbers."""
    if isinstance(node, s.Mul):
        return any(op in ("odot", "otimes", "circ", "@") for op in node.operators)
    if isinstance(node, s.Symbol):
        return bool(node.component) or (node.base[:1].isupper() and not is_loss(node) and not _is_length(node))
    return isinstance(node, s.Transposed | s.Norm)


def _is_length(node: s.Symbol) -> bool:
    return node.base in LENGTHS and not node.name and not node.marks and node.time is None


def shows_a_shape(node: s.Node) -> bool:
    """Whether something is written as among vectors and matrices, not as among numbers."""
    return _is_no_number(node) or _looks_like_no_number(node)


def _items(entry: Entry) -> tuple[s.Node, ...]:
    return entry.sentence.items if isinstance(entry.sentence, s.Statement) else ()


def is_condition(statement: s.Statement) -> bool:
    """``for n = d = 200``: sizes for what follows, not a definition."""
    *firsts, last = statement.items
    if not firsts or not isinstance(last, s.Number):
        return False
    plain = all(isinstance(x, s.Symbol) and x.time is None and not x.name for x in firsts)
    return plain and (len(firsts) > 1 or "for" in statement.lead)


def _is_general(symbol: s.Symbol) -> bool:
    """``p_i`` for any i, so that a line about it defines all of p."""
    letters = letters_of(symbol)
    return bool(letters) and len(set(letters)) == len(letters)


def _formal_symbols(statement: s.Statement) -> Iterator[s.Symbol]:
    first = statement.items[0]
    if isinstance(first, s.Call) and statement.links:
        yield from (x for x in first.arguments[:1] if isinstance(x, s.Symbol))
    for item in statement.items:
        for node in item.walk():
            if isinstance(node, s.Partial) and isinstance(node.of, s.Function) and isinstance(node.by, s.Symbol):
                yield node.by


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
