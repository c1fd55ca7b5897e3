r"""Losses of a step that a sheet adds up and does not define: ``L = \sum_t L^{(t)}``, ``L = \sum_t l(o_t, y_t)``.

What is written with arguments depends on these; any other loss of a step is taken to depend on its step only through
the quantities that nothing else of the step is computed from. Such a loss is read as c + Σ ⟨g, q⟩ over the quantities
q, with a free number c and a free g for every q: it has any value and any gradients, and these are all that a first
derivative can ask for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from derivations.names import GRADIENT_MARKS, SLOPE, Ref, is_loss, key_of, ref_text
from derivations.reading import surface as s

EQUATING = (s.Relation.EQUAL, s.Relation.DEFINED)
FUNCTIONS = frozenset("l ell L J E C loss Loss".split())
REST = "rest"
"""The name of the free number."""
Name = tuple[str, tuple[str, ...], str]


@dataclass(slots=True)
class OpenLosses:
    """The sentences, definitions that say what the losses depend on, and for each of their names what that is.

    ``assumed`` says it of those that are written without arguments; ``several`` are the names of those among them that
    may depend on more than one quantity.
    """

    sentences: list[s.Sentence] = field(default_factory=list)
    implied: list[s.Statement] = field(default_factory=list)
    open: set[str] = field(default_factory=set)
    assumed: dict[str, str] = field(default_factory=dict)
    several: set[str] = field(default_factory=set)


def with_open_losses(sentences: Sequence[s.Sentence]) -> OpenLosses:
    """The sentences with such losses as quantities of their own, and what is implied of them."""
    statements = [x for x in sentences if isinstance(x, s.Statement)]
    applied = _applied(statements)
    if applied:
        sentences = [_as_names(x, applied) if isinstance(x, s.Statement) else x for x in sentences]
        statements = [x for x in sentences if isinstance(x, s.Statement)]
    found = OpenLosses(list(sentences))
    for name, arguments in applied.items():
        loss = s.Symbol(arguments[0].span, name, time=_common(arguments))
        found.open.add(key_of(loss))
        found.implied.append(_definition(loss, arguments))
    for loss in _summed(statements):
        _imply(found, loss, _last(statements))
    return found


def _imply(found: OpenLosses, loss: s.Symbol, last: Sequence[s.Symbol]) -> None:
    if not last:
        return
    key = key_of(loss)
    found.open.add(key)
    found.implied.append(_definition(loss, last))
    names = " and ".join(_written(x) for x in last)
    found.assumed[key] = f"taking {_written(loss)} to depend on what is before {names} only through it"
    found.several |= {key} if len(last) > 1 else set()


def _written(symbol: s.Symbol) -> str:
    return ref_text(Ref(key_of(symbol), symbol.time))


def _definition(loss: s.Symbol, quantities: Sequence[s.Symbol]) -> s.Statement:
    """``l_t = c_t + Σ ⟨g_t, q_t⟩``."""
    at = loss.span
    terms = [s.Call(at, at, "inner", (_slope(loss, x), x)) for x in quantities]
    rest = replace(loss, marks=(*loss.marks, SLOPE + REST))
    total = s.Add(at, (1,) * (len(terms) + 1), (rest, *terms))
    return s.Statement(at, (loss, total), (s.Link(s.Relation.DEFINED, at),))


def _slope(loss: s.Symbol, by: s.Symbol) -> s.Symbol:
    """The free gradient of a loss by a quantity."""
    return replace(by, marks=(*by.marks, SLOPE + key_of(loss)))


# Functions of several things


def _applied(statements: Sequence[s.Statement]) -> dict[str, list[s.Symbol]]:
    """The letters that only stand before the same list of names, of one time, and are not defined; with the names."""
    lists: dict[str, list[list[s.Symbol] | None]] = {}
    own: set[int] = set()
    for product in (x for y in statements for item in y.items for x in item.walk() if isinstance(x, s.Mul)):
        for one, other in _pairs(product):
            lists.setdefault(one.base, []).append(_names(other))
            own.add(id(one))
    related = [item for y in statements if y.links for item in y.items]  # others only mention a name
    symbols = (x for item in related for x in item.walk() if isinstance(x, s.Symbol))
    elsewhere = {x.base for x in symbols if id(x) not in own}
    defined = {pair[0].base for x in statements if x.links for pair in _firsts(x)}
    found: dict[str, list[s.Symbol]] = {}
    for letter in sorted(lists.keys() - elsewhere - defined):
        names = [x for x in lists[letter] if x is not None]
        same = {tuple(_name(y) for y in x) for x in names}
        if len(names) == len(lists[letter]) and len(same) == 1:
            found[letter] = _general(names)
    return found


def _firsts(statement: s.Statement) -> Iterator[tuple[s.Symbol, s.Node]]:
    """What a statement may define: a function and its arguments."""
    first = statement.items[0]
    equates = statement.links[0].relation in EQUATING
    own = {x.base for x in statement.items[-1].walk() if isinstance(x, s.Symbol)}
    pairs = _pairs(first) if equates and isinstance(first, s.Mul) and len(first.factors) == 2 else ()
    yield from (pair for pair in pairs if pair[0].base not in own)


def _pairs(product: s.Mul) -> Iterator[tuple[s.Symbol, s.Tuple]]:
    for operator, one, other in zip(product.operators, product.factors, product.factors[1:], strict=False):
        letter = isinstance(one, s.Symbol) and one.base in FUNCTIONS
        plain = letter and isinstance(one, s.Symbol) and not (one.name or one.time or one.marks or one.component)
        if not operator and plain and isinstance(one, s.Symbol) and isinstance(other, s.Tuple):
            yield one, other


def _names(bracket: s.Tuple) -> list[s.Symbol] | None:
    """The names in a list, all different and at one time; None where anything else stands there."""
    found = [x for x in bracket.items if isinstance(x, s.Symbol) and not x.component]
    names = {_name(x) for x in found}
    steady = len({x.time for x in found}) == 1
    return found if len(found) == len(bracket.items) == len(names) and steady else None


def _general(lists: Sequence[list[s.Symbol]]) -> list[s.Symbol]:
    """The arguments at the time t."""
    first = lists[0]
    return [x if x.time is None else replace(x, time=s.Time("t", 0)) for x in first]


def _common(symbols: Sequence[s.Symbol]) -> s.Time | None:
    return symbols[0].time


def _as_names(statement: s.Statement, applied: dict[str, list[s.Symbol]]) -> s.Statement:
    def change(node: s.Node) -> s.Node:
        if not isinstance(node, s.Mul):
            return node
        factors, operators = [node.factors[0]], list[str]()
        for operator, factor in zip(node.operators, node.factors[1:], strict=True):
            before = factors[-1]
            if not operator and isinstance(before, s.Symbol) and before.base in applied and isinstance(factor, s.Tuple):
                span = before.span.join(factor.span)
                factors[-1] = replace(before, span=span, time=_common(_names(factor) or []))
            else:
                factors.append(factor)
                operators.append(operator)
        return replace(node, factors=tuple(factors), operators=tuple(operators)) if operators else factors[0]

    return statement.rewritten(change)


# Losses of a step


def _summed(statements: Sequence[s.Statement]) -> list[s.Symbol]:
    """The losses of a step that the definition of a loss adds up, and that have none; each at the time t."""
    found: dict[Name, s.Symbol] = {}
    for statement in statements:
        first = _left(statement)
        if first is not None and is_loss(first) and first.time is None:
            for symbol in _added(statement.items[1]):
                if is_loss(symbol) and symbol.time is not None and not symbol.component:
                    found.setdefault(_name(symbol), replace(symbol, time=s.Time("t", 0)))
    defined = {_name(first) for x in statements if (first := _left(x)) is not None and first.time is not None}
    return [symbol for name, symbol in found.items() if name not in defined]


def _added(node: s.Node) -> Iterator[s.Symbol]:
    """What is summed over an index in an expression."""
    for big in node.walk():
        if isinstance(big, s.Big) and big.kind == "sum":
            yield from (x for x in big.body.walk() if isinstance(x, s.Symbol))


def _last(statements: Sequence[s.Statement]) -> list[s.Symbol]:
    """The quantities of a step t, by the definitions, that no other quantity of the same step is computed from."""
    made: dict[Name, s.Symbol] = {}
    used: set[Name] = set()
    for statement in statements:
        first = _left(statement)
        if first is None or first.time is None or first.time.symbol is None or _is_gradient(first, statement):
            continue
        made.setdefault(_name(first), replace(first, time=s.Time("t", 0)))
        inner = (x for x in statement.items[1].walk() if isinstance(x, s.Symbol))
        used |= {_name(x) for x in inner if x.time == first.time and _name(x) != _name(first)}
    return [symbol for name, symbol in made.items() if name not in used]


def _is_gradient(symbol: s.Symbol, statement: s.Statement) -> bool:
    """Whether a statement defines a gradient or a loss, and no quantity of the forward pass."""
    derived = any(isinstance(x, s.Partial) for item in statement.items for x in item.walk())
    return derived or is_loss(symbol) or symbol.base == "delta" or bool(set(symbol.marks) & set(GRADIENT_MARKS))


def _left(statement: s.Statement) -> s.Symbol | None:
    """The name that a statement may define."""
    first = statement.items[0]
    equates = bool(statement.links) and statement.links[0].relation in EQUATING
    return first if equates and isinstance(first, s.Symbol) and not first.component else None


def _name(symbol: s.Symbol) -> Name:
    return symbol.base, symbol.marks, symbol.name
