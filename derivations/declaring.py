"""How declarations enter a sheet: names among its definitions, shapes among its declarations, facts, what is given."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase
from fractions import Fraction

from derivations.declarations import Declared, symbols, without_places
from derivations.facts import RANKS, Fact, Property
from derivations.names import Names, Ref, key_of, ref_text
from derivations.reading import surface as s
from derivations.reading.clauses import Clause, Kind
from derivations.series import timed_by
from derivations.terms import Shape, shape_text
from derivations.world import Knowledge

WILD = "*"
PROPERTIES = {
    "one-hot": Property.ONE_HOT,
    "symmetric": Property.SYMMETRIC,
    "diagonal": Property.DIAGONAL,
    "positive": Property.POSITIVE,
    "sums to one": Property.SUMS_TO_ONE,
    "value": Property.VALUE,
}
NOT_THERE = "this expression stands in no definition of the sheet"


def named(declared: Declared, sentences: Sequence[s.Sentence]) -> list[s.Sentence]:
    """The sentences behind the names that are declared; an expression that is differentiated by gets a name, too."""
    letters = declared.letters("time")
    found = _timed(sentences, letters)
    before: list[s.Sentence] = []
    for clause in declared.of(Kind.NAME):
        if clause.statement is None:
            continue
        for symbol, inner in clause.inner:
            changed = _abbreviated(found, symbol, inner)
            if changed == found:
                declared.refuse(clause, NOT_THERE, "an expression as the sheet writes it")
                break
            found = changed
            before.append(replace(clause.statement, items=(symbol, inner)))
        else:
            before += _changed([clause.statement], _placed(clause))
    return [*_timed(before, letters), *found]


def _placed(clause: Clause) -> Callable[[s.Node], s.Node]:
    """Gives the symbols that stand for expressions the times of these."""
    known = {symbol.base: symbol for symbol, _ in clause.inner}

    def change(node: s.Node) -> s.Node:
        return replace(known[node.base], span=node.span) if isinstance(node, s.Symbol) and node.base in known else node

    return change


def _timed(sentences: Sequence[s.Sentence], letters: frozenset[str]) -> list[s.Sentence]:
    """The sentences with subscripts of the declared letters as times: ``h_{k-1}``."""

    def change(node: s.Node) -> s.Node:
        return timed_by(node, letters) if isinstance(node, s.Symbol) and node.time is None else node

    return _changed(sentences, change) if letters else list(sentences)


def _changed(sentences: Sequence[s.Sentence], change: Callable[[s.Node], s.Node]) -> list[s.Sentence]:
    return s.rewritten(sentences, change)


def _abbreviated(sentences: Sequence[s.Sentence], symbol: s.Symbol, inner: s.Node) -> list[s.Sentence]:
    """The sentences with a symbol at every place where an expression stands as a whole."""
    wanted = without_places(inner)

    def change(node: s.Node) -> s.Node:
        bare = node.inner if isinstance(node, s.Group) else node
        same = type(bare) is type(wanted) and without_places(bare) == wanted
        return replace(symbol, span=node.span) if same else node

    return _changed(sentences, change)


def as_used(declared: Declared, sentences: Iterable[s.Sentence]) -> None:
    """Write the names of declarations with or without a time as the sheet does: ``x: d`` speaks of all x_t."""
    nodes = (n for x in sentences if isinstance(x, s.Statement) for item in x.items for n in item.walk())
    timed, plain, letters = set[str](), set[str](), declared.letters("time")
    for node in nodes:
        if isinstance(node, s.Symbol):
            node = node if node.time is not None else timed_by(node, letters)
            (plain if node.time is None else timed).add(key_of(node))

    def change(node: s.Node) -> s.Node:
        node = timed_by(node, letters) if isinstance(node, s.Symbol) and node.time is None else node
        if isinstance(node, s.Symbol) and node.time is None and key_of(node) in timed - plain:
            return replace(node, time=s.Time("t", 0))
        if isinstance(node, s.Symbol) and node.time is not None and key_of(node) in plain - timed:
            return replace(node, time=None) if node.time.symbol is not None else node
        return node

    for k, clause in enumerate(declared.clauses):
        if clause.kind in (Kind.SHAPE, Kind.FACT, Kind.GIVEN):
            declared.clauses[k] = _rewritten(clause, change)


def _rewritten(clause: Clause, change: Callable[[s.Node], s.Node]) -> Clause:
    subjects = tuple(node.rewritten(change) for node in clause.subjects)
    statement = clause.statement
    if statement is not None:
        statement = replace(statement, items=(statement.items[0].rewritten(change), *statement.items[1:]))
    return replace(clause, subjects=subjects, statement=statement)


def shaped(declared: Declared, names: Names) -> Iterator[tuple[s.Symbol, s.Node, s.Statement]]:
    """The names whose shapes are declared, those that a pattern covers last: symbol, space, and where it is said."""
    clauses = [(symbol, clause.statement) for clause in declared.of(Kind.SHAPE) for symbol in symbols(clause)]
    plain = [(symbol, statement) for symbol, statement in clauses if WILD not in symbol.name]
    taken = {key_of(symbol) for symbol, _ in plain}
    for symbol, statement in plain:
        if statement is not None:
            yield symbol, statement.items[1], statement
    for symbol, statement in clauses:
        for key, known in sorted(names.bases.items()):
            fits = (known.base, known.marks) == (symbol.base, symbol.marks) and fnmatchcase(known.name, symbol.name)
            if statement is not None and WILD in symbol.name and known.name and fits and key not in taken:
                taken.add(key)
                yield known, statement.items[1], statement


def row_names(declared: Declared, names: Names) -> Mapping[str, bool]:
    """Whether a name stands as a row, where its shape says so: ``1 x d`` and ``d x 1``."""
    found = {}
    for symbol, space, _ in shaped(declared, names):
        ones = [isinstance(x, s.Number) and x.value == 1 for x in space.dims] if isinstance(space, s.Space) else []
        if len(ones) == 2 and any(ones):
            found[names.ref(symbol).key] = ones[0]
    return found


def assumed(declared: Declared, names: Names, shapes: Mapping[str, Shape], defined: set[str]) -> Iterator[Fact]:
    """The facts that are declared; refuses those that cannot be used."""
    for clause in declared.of(Kind.FACT):
        kind = PROPERTIES[clause.key]
        for symbol in symbols(clause):
            ref = names.ref(symbol)
            reason = _unusable(kind, ref, shapes, defined, clause.value)
            if reason:
                declared.refuse(clause, *reason)
                break
            value = Fraction(clause.value) if clause.value else None
            text = f"{ref.key} {kind.value}" + (f" {clause.value}" if clause.value else "")
            yield Fact(ref.key, ref.time, kind, f"{text} ({declared.source.where(clause.span.start)})", 0, False, value)


def _unusable(
    kind: Property, ref: Ref, shapes: Mapping[str, Shape], defined: set[str], value: str
) -> tuple[str, str] | None:
    shape = shapes.get(ref.key, ())
    if kind is Property.VALUE and len(shape) > 1 and value != "0":
        return f"{ref.key} is {shape_text(shape)}: which matrix is meant by {value} is unclear", "0, or a vector"
    square = len(shape) < 2 or shape[0] == shape[1]
    if kind in RANKS and (len(shape) != RANKS[kind] or not square):
        wanted = "a column" if RANKS[kind] == 1 else "a square matrix"
        return f"{ref.key} is {shape_text(shape)}; what {kind.value} is {wanted}", wanted
    if kind is not Property.VALUE and ref.key in defined:
        return f"{ref.key} has a definition on the sheet: that it {kind.value} is not assumed", "a name without one"
    return None


def entrywise(declared: Declared, names: Names) -> frozenset[str]:
    """The names whose inverse is taken entry by entry."""
    clauses = [clause for clause in declared.of(Kind.INVERSE) if clause.value == "elementwise"]
    return frozenset(names.ref(symbol).key for clause in clauses for symbol in symbols(clause))


def given(declared: Declared, knowledge: Knowledge) -> tuple[set[str], dict[Ref, tuple[s.Symbol, ...]]]:
    """The names that are given, and the gradients: for every quantity by what. Refuses those that the sheet defines."""
    keys: set[str] = set()
    gradients: dict[Ref, tuple[s.Symbol, ...]] = {}
    for clause in declared.of(Kind.GIVEN):
        wholes = [x.of if isinstance(x, s.Partial) else x for x in clause.subjects]
        refs = [knowledge.names.ref(x) for x in wholes if isinstance(x, s.Symbol)]
        known = next((ref for ref in refs if _is_defined(ref, knowledge)), None)
        if known is not None:
            message = f"{ref_text(known)} has a definition on the sheet: this is not given, it is derived"
            declared.refuse(clause, message, "something without one")
            continue
        keys |= {ref.key for ref in refs}
        for ref, node in zip(refs, clause.subjects, strict=True):
            if isinstance(node, s.Partial) and isinstance(node.by, s.Symbol):
                gradients[ref] = (*gradients.get(ref, ()), node.by)
    return keys, gradients


def _is_defined(ref: Ref, knowledge: Knowledge) -> bool:
    """Whether a name has a definition; the state at time 0 or 1 has none of its own in one for all t."""
    if ref.time is not None and ref.time.symbol is None and ref.time.offset <= 0:
        return ref in knowledge.instances
    return knowledge.definition(ref) is not None


def nodes_of(declared: Declared) -> Iterator[s.Node]:
    """The names that declarations speak of, which are names of the sheet with it."""
    for clause in declared.clauses:
        if clause.kind in (Kind.SHAPE, Kind.FACT, Kind.GIVEN, Kind.INVERSE):
            yield from (x for x in symbols(clause) if WILD not in x.name)
            yield from (x for x in clause.subjects if isinstance(x, s.Partial))


def stated(declared: Declared, names: Names) -> list[s.Statement]:
    """The shapes and sizes that are declared in the sheet itself, for its report, patterns as the names they cover."""
    end = len(declared.source.text)
    clauses = [*declared.of(Kind.SHAPE), *declared.of(Kind.SIZE)]
    statements = [x.statement for x in clauses if x.statement is not None and x.span.start < end]
    covered = list(shaped(declared, names))
    return [_spelt_out(x, [symbol for symbol, _, where in covered if where is x]) for x in statements]


def _spelt_out(statement: s.Statement, found: Sequence[s.Symbol]) -> s.Statement:
    if not found:
        return statement
    span = statement.items[0].span
    items = tuple(replace(symbol, span=span) for symbol in found)
    first = items[0] if len(items) == 1 else s.Tuple(span, items)
    return replace(statement, items=(first, *statement.items[1:]))
