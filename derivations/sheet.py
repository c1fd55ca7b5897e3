"""From sentences to a sheet: what is defined, what is declared, what is claimed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import cast

from derivations.abbreviations import with_abbreviations
from derivations.arguments import with_arguments
from derivations.batches import Batch
from derivations.cardinalities import with_cardinalities
from derivations.clashes import ClashError, Teller
from derivations.classes import with_classes
from derivations.component_names import has_components, with_components
from derivations.convolution_words import Words
from derivations.convolutions import Try, with_convolutions
from derivations.copies import with_copies
from derivations.decimal_commas import with_sure_commas
from derivations.declarations import Declared, read_declarations
from derivations.declaring import as_used, assumed, entrywise, given, named, nodes_of, row_names, shaped, stated
from derivations.directions import directions
from derivations.entries import NONE, Entry, Sheet, is_condition
from derivations.errors import ShapeError
from derivations.euler import with_euler
from derivations.facts import Fact, Property
from derivations.fixed_times import of_other_times, with_fixed_times
from derivations.gradient_names import with_gradient_names
from derivations.habitual import (
    claims_an_entry,
    claims_another_time,
    is_introduced,
    losses,
    may_be_a_gradient,
    maybe_claim,
    with_kin,
)
from derivations.infer import Declaration, Equation, Inference
from derivations.labels import labels_of, unit_keys, with_labels
from derivations.layer_functions import with_layer_functions
from derivations.layered import NO_LAYERS, Layers, with_layers
from derivations.lengths import last_time
from derivations.limit_claims import with_limits
from derivations.names import Names, is_constant
from derivations.open_losses import with_open_losses
from derivations.powers import with_powers
from derivations.probabilities import with_probabilities
from derivations.products import Signs
from derivations.reading import surface as s
from derivations.reading.clauses import Kind
from derivations.reading.places import Source, Span
from derivations.relative_times import with_relative_times
from derivations.restrictions import restrictions
from derivations.series import free_letters, with_times
from derivations.sizes import Sizes, index_letters
from derivations.sorting import Sorter
from derivations.spoken_counts import spoken_counts
from derivations.squares import with_squares
from derivations.standing import written_as_rows
from derivations.state_space import state_space
from derivations.superscripts import with_raised_times
from derivations.understood import PLAIN, Habits, with_understood
from derivations.whole_sequences import with_whole_sequences
from derivations.world import Knowledge, senses

INNER = "⟨"
"""How the name begins that a declaration gives to an expression."""


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
    sentences = with_whole_sequences(with_probabilities(sentences))
    named_apart = with_abbreviations(with_cardinalities(with_arguments(sentences)))
    squared = with_squares(named(declared, named_apart))
    squared, functions = with_layer_functions(squared)
    sentences, layers = with_layers(squared, nodes_of(declared), source.text)
    timed = with_relative_times(with_times(with_powers(with_raised_times(with_limits(sentences, source)), declared)))
    losses = with_open_losses(with_fixed_times(timed, source))
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


class _Reader(Sorter):
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
        self.elsewhere = of_other_times(sentences, source)
        nodes = (node for statement in statements for item in statement.items for node in item.walk())
        times = (x.time for x in nodes if isinstance(x, s.Symbol) and x.time is not None)
        self.letters = frozenset(time.symbol for time in times if time.symbol is not None)
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
            entry.maybe_claim = entry.maybe_claim or claims_another_time(sentence, self.knowledge)
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
        self.knowledge.numbers = frozenset(key for key in inference.declared if not shapes[key])
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

    # The whole sheet


def _has_tensor(node: s.Node) -> bool:
    return any("otimes" in x.operators for x in node.walk() if isinstance(x, s.Mul))


def _items(entry: Entry) -> tuple[s.Node, ...]:
    return entry.sentence.items if isinstance(entry.sentence, s.Statement) else ()
