r"""Names that people give to gradients: ``\delta_1`` after ``\delta_2 = ∂L/∂z_2``, ``\bar f``, ``g_f``.

One name that a sheet sets equal to a derivative tells what its kin stand for: the same letter at another number, the
same bar over another quantity. Where none does, a line about such a name may define it, or say what a gradient is.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from derivations.chains import plain_name
from derivations.names import is_loss
from derivations.reading import grammar
from derivations.reading import surface as s
from derivations.reading.places import Source, Span
from derivations.world import Knowledge

Name = tuple[str, tuple[str, ...], str]
NOWHERE = Span(0, 0)
DELTA = "delta"
SUBSCRIBED = frozenset({DELTA, "g"})
"""Letters that with the name of a quantity as subscript are its gradient."""
_INTRODUCING = re.compile(
    r"\b(?:let|define[ds]?|defining|denote[ds]?|call|write)\b|\b(?:with|where|donde|onde)\s+\$|令|设|其中",
    re.IGNORECASE,
)
_NUMBERED = re.compile(r"\d+(?:\s*,\s*\d+)?")
_MOMENT = re.compile(r"\d*[ijkmnrstT](?:[+-]\d*[ijkmnrstT]?\d*)*")
"""What may be a time, though it is none that the sheet counts by: the k of ``h_k``, ``2t``, ``t+k``."""
_SENTENCE = re.compile(r"[.!?]\s")
_NEAR = 300
PRIMED = "this may define a name, or claim that a matrix is its own transpose"
FAMILY = "this may define a name, or claim that two of a family are equal"
ENTRY = "this may define a name, or claim something of an entry of a vector"
SLOPED = "this may define a name, or say what the gradient by the argument of a function is"
NUMBERED = "this may define a name, or claim what an entry of an array is"
OTHER_TIME = "this may define a name, or claim what {base} is at another time"
DECLARE = "write := for a definition"
MAYBE = "this may define {name}, or say what a gradient is; declare {name} := the derivative, or := the definition"


def quantity_of(symbol: s.Symbol) -> s.Symbol | None:
    """The quantity whose gradient a symbol is by its name: f for ``\\bar f``, ``g_f`` and ``\\delta_f``."""
    if symbol.marks and symbol.marks[-1] == "bar":
        return replace(symbol, marks=symbol.marks[:-1])
    if symbol.base in SUBSCRIBED and symbol.name and not symbol.name.isdigit() and not symbol.marks:
        return replace(symbol, base=symbol.name, name="")
    return None


@dataclass(frozen=True, slots=True)
class _Kin:
    """Names of one kind: whether a symbol belongs to it, and the quantity that it is the gradient by."""

    loss: s.Node
    of: Callable[[s.Symbol], s.Symbol | None]


def with_kin(sentences: Sequence[s.Sentence]) -> list[s.Sentence]:
    """The sentences with the kin of every name that is set equal to a derivative as derivatives, too."""
    statements = [x for x in sentences if isinstance(x, s.Statement)]
    declared = {(*_name(x), x.time) for x, _ in _declared(statements)}
    kinds = [kin for symbol, partial in _declared(statements) if (kin := _kin(symbol, partial)) is not None]
    known = {_name(x) for y in statements for item in y.items for x in item.walk() if isinstance(x, s.Symbol)}
    if not kinds:
        return list(sentences)

    def change(node: s.Node) -> s.Node:
        if not isinstance(node, s.Symbol) or (*_name(node), node.time) in declared:
            return node
        for kin in kinds:
            by = kin.of(node)
            if by is not None and _name(by) in known:
                return s.Partial(node.span, kin.loss, by)
        return node

    return s.rewritten(sentences, change)


def _kin(symbol: s.Symbol, partial: s.Partial) -> _Kin | None:
    """The kind that a name belongs to which is set equal to a derivative; None where it stands alone."""
    by = partial.by
    if not isinstance(by, s.Symbol) or not isinstance(partial.of, s.Symbol) or not is_loss(partial.of):
        return None
    if partial.of.time is not None or partial.of.name:
        return None
    named = quantity_of(symbol)
    if named is not None and _same(named, by):
        return _Kin(partial.of, lambda x: quantity_of(x) if _alike(x, symbol) else None)
    if symbol.base == DELTA and symbol.name.isdigit() and symbol.name == by.name:
        return _Kin(partial.of, lambda x: replace(by, span=x.span, name=x.name) if _is_numbered(x, symbol) else None)
    return None


def _alike(symbol: s.Symbol, other: s.Symbol) -> bool:
    """Whether two names are formed in one way: both with a bar, or of one letter."""
    barred = [bool(x.marks) and x.marks[-1] == "bar" for x in (symbol, other)]
    return all(barred) or (not any(barred) and symbol.base == other.base)


def _is_numbered(symbol: s.Symbol, other: s.Symbol) -> bool:
    return (symbol.base, symbol.marks) == (other.base, other.marks) and symbol.name.isdigit()


def _declared(statements: Sequence[s.Statement]) -> Iterator[tuple[s.Symbol, s.Partial]]:
    """Names that begin a statement, with a derivative that they are set equal to."""
    for statement in statements:
        found = [x for x in statement.items if isinstance(x, s.Partial)]
        partials = {(plain_name(x.of), plain_name(x.by), x.style): x for x in found}
        symbols = {plain_name(x): x for x in statement.items if isinstance(x, s.Symbol)} if partials else {}
        yield from product(symbols.values(), partials.values())


def _same(one: s.Symbol, other: s.Symbol) -> bool:
    return replace(one, span=NOWHERE) == replace(other, span=NOWHERE)


def _name(symbol: s.Symbol) -> Name:
    return symbol.base, symbol.marks, symbol.name


# Names of which the sheet does not say what they are


def maybe_claim(statement: s.Statement, known: Callable[[s.Symbol], bool]) -> str:
    """Why a line that sets a new name equal to something may be a claim about another one; empty where it is none.

    ``A' = A`` may speak of the transpose, ``p_y = 1`` of an entry of p, ``W^{(l-1)} = W^{(l)}`` of a whole family,
    ``dtanh = …`` of a gradient.
    """
    first, other = statement.items[0], statement.items[1]
    if statement.links[0].relation is not s.Relation.EQUAL or not isinstance(first, s.Symbol):
        return ""
    whole = replace(first, name="")
    if first.base[:1] == "d" and first.base[1:] in grammar.FUNCTIONS:
        return f"{SLOPED}; {DECLARE}"
    if isinstance(other, s.Symbol) and first.base == other.base:
        if first.marks == (*other.marks, "prime") and first.base[:1].isupper() and not is_loss(first):
            return f"{PRIMED}; {DECLARE}"
        if first.marks == other.marks and _is_indexed(first) and _is_indexed(other):
            return f"{FAMILY}; {DECLARE}"
    if isinstance(other, s.Number) and re.fullmatch("[a-z]", first.name) and first.time is None and known(whole):
        return f"{ENTRY}; {DECLARE}"
    return ""


def claims_an_entry(statement: s.Statement, knowledge: Knowledge) -> str:
    """Why ``z_1 = 0.7`` may claim an entry of an array z that the sheet defines; empty where it defines a name.

    What the array is itself made of, as in ``W = W_2 W_1``, are names of their own.
    """
    first = statement.items[0]
    equated = statement.links[0].relation is s.Relation.EQUAL
    if not equated or not isinstance(first, s.Symbol) or not _NUMBERED.fullmatch(first.name):
        return ""
    ref, whole = knowledge.names.ref(first), replace(first, name="")
    key = knowledge.names.ref(whole).key
    entries = ref.time is None and knowledge.defined(key) and len(knowledge.shapes.get(key, ())) > 0
    return f"{NUMBERED}; {DECLARE}" if entries and ref.key not in knowledge.reachable(whole) else ""


def claims_another_time(statement: s.Statement, knowledge: Knowledge) -> str:
    """Why ``h_{t+k} = …`` or ``h_s = …`` may claim something of an h that the sheet defines for every t; empty where it
    can only define a name.
    """
    first = statement.items[0]
    if statement.links[0].relation is not s.Relation.EQUAL or not isinstance(first, s.Symbol) or first.component:
        return ""
    key = knowledge.names.ref(replace(first, name="", time=s.Time("t", 0))).key
    named = first.time is None and _MOMENT.fullmatch(first.name) is not None and key in knowledge.families
    return f"{OTHER_TIME.format(base=first.base)}; {DECLARE}" if named else ""


def _is_indexed(symbol: s.Symbol) -> bool:
    return symbol.time is not None or symbol.name.isdigit() or symbol.name.startswith("(")


def losses(statements: Sequence[s.Statement]) -> list[s.Symbol]:
    """The losses that a sheet defines, or else differentiates."""
    firsts = [x.items[0] for x in statements if x.links and isinstance(x.items[0], s.Symbol)]
    defined = {(_name(x), x.time is None): x for x in firsts if isinstance(x, s.Symbol) and is_loss(x)}
    of = (x.of for y in statements for item in y.items for x in item.walk() if isinstance(x, s.Partial))
    used = {(_name(x), x.time is None): x for x in of if isinstance(x, s.Symbol) and is_loss(x)}
    return list((defined or used).values())


def is_introduced(statement: s.Statement, source: Source) -> bool:
    """Whether the words of the sentence before a statement say that a name is introduced."""
    start = statement.span.start
    before = _SENTENCE.split(source.text[max(start - _NEAR, 0) : start])[-1]
    return _INTRODUCING.search(f"{before}$" if not before.rstrip().endswith("$") else before) is not None


def may_be_a_gradient(
    statement: s.Statement, statements: Sequence[s.Statement], known: Callable[[s.Symbol], bool]
) -> bool:
    """Whether a line that introduces a name may say what a gradient is: of a habitual name that nothing else uses.

    ``known`` tells whether the sheet speaks of a quantity.
    """
    first = statement.items[0]
    if (
        statement.links[0].relation is not s.Relation.EQUAL
        or not isinstance(first, s.Symbol)
        or not _is_habitual(first, known)
    ):
        return False
    nodes = [x for item in statement.items[1:] for x in item.walk()]
    if any(isinstance(x, s.Partial) for x in nodes) or not any(isinstance(x, s.Symbol) for x in nodes):
        return False
    return not any(_is_forward(x, first, known) for x in statements if x is not statement)


Kin = Callable[[s.Symbol], s.Symbol | None]
"""What the names of one kind are the gradients by; None for other names."""


def _trials(symbol: s.Symbol, quantities: Sequence[s.Symbol]) -> list[Kin]:
    """What a name, and its kin, may be the gradient by, of the quantities that the sheet defines."""

    def by_name(node: s.Symbol) -> s.Symbol | None:
        return quantity_of(node) if _alike(node, symbol) else None

    if quantity_of(symbol) is not None:
        return [by_name]
    return [_trial(symbol, x) for x in quantities if not is_loss(x) and _has_index_of(symbol, x)]


def _trial(symbol: s.Symbol, by: s.Symbol) -> Kin:
    def found(node: s.Symbol) -> s.Symbol | None:
        return replace(by, span=node.span, time=node.time) if _name(node) == _name(symbol) else None

    return found


def _has_index_of(symbol: s.Symbol, quantity: s.Symbol) -> bool:
    if symbol.time is not None:
        return quantity.time is not None and quantity.time.symbol is not None
    return quantity.time is None and quantity.name == symbol.name


def _is_habitual(symbol: s.Symbol, known: Callable[[s.Symbol], bool]) -> bool:
    quantity = quantity_of(symbol)
    if quantity is not None and known(quantity):
        return True
    return symbol.base == DELTA and not symbol.component and (not symbol.name or symbol.name.isdigit())


def _is_forward(statement: s.Statement, symbol: s.Symbol, known: Callable[[s.Symbol], bool]) -> bool:
    """Whether a statement computes a quantity that is no gradient from a name: then this is no gradient, either."""
    first = statement.items[0]
    plain = isinstance(first, s.Symbol) and not _is_habitual(first, known) and bool(statement.links)
    uses = (x for item in statement.items[1:] for x in item.walk() if isinstance(x, s.Symbol))
    return plain and any((x.base, x.marks) == (symbol.base, symbol.marks) for x in uses)


def claims(
    left: s.Node, right: s.Node, of: Sequence[s.Symbol], defined: Sequence[s.Node]
) -> Iterator[tuple[s.Partial, s.Node, s.Symbol]]:
    """What a line may claim that introduces the name of a gradient: ∂L/∂q, what it is equal to, and q.

    ``of`` are the losses that may be meant, ``defined`` what stands on the left of definitions.
    """
    if not isinstance(left, s.Symbol):
        return
    for kin in _trials(left, [x for x in defined if isinstance(x, s.Symbol)]):
        by = kin(left)
        others = {x.time for x in right.walk() if isinstance(x, s.Symbol) and kin(x) is not None} - {left.time}
        if by is not None:  # the gradient of the loss of one step by what comes later is zero
            whole = [x for x in of if x.time is None or not others]
            yield from ((s.Partial(left.span, x, by), right.rewritten(_Change(x, kin)), by) for x in whole)


@dataclass(frozen=True, slots=True)
class _Change:
    """Puts derivatives of a loss for their names."""

    loss: s.Symbol
    kin: Kin

    def __call__(self, node: s.Node) -> s.Node:
        by = self.kin(node) if isinstance(node, s.Symbol) else None
        return node if by is None else s.Partial(node.span, self.loss, by)
