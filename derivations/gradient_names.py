r"""Names such as ``\delta C_t`` that a sheet introduces for a gradient, as in ``\delta C_t = ∂E/∂C_t``.

The letter before the quantity is part of the name, not a factor. Only a pair that some line sets equal to the
derivative by that very quantity, or defines by ``:=``, is taken so.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from derivations.names import GATE_NAMES
from derivations.reading import surface as s

PREFIXES = frozenset({"d", "delta"})
Pair = tuple[str, str, bool]
"""The letter, that of the quantity, and whether this is one of numbers that with a time is a gate, as in ``di_t``."""


def with_gradient_names(sentences: Sequence[s.Sentence]) -> list[s.Sentence]:
    """The sentences with every such pair as one symbol, which carries its letter as a mark."""
    statements = [x for x in sentences if isinstance(x, s.Statement)]
    pairs = {pair for statement in statements for pair in introduced(statement)}
    if not pairs:
        return list(sentences)
    pairs |= _alike(pairs, statements)
    return [
        replace(x, items=tuple(joined(item, pairs) for item in x.items)) if isinstance(x, s.Statement) else x
        for x in sentences
    ]


def _alike(pairs: set[Pair], statements: Sequence[s.Statement]) -> set[Pair]:
    """The other quantities before which an introduced letter stands, unless it stands anywhere else, too."""
    nodes = [node for statement in statements for item in statement.items for node in item.walk()]
    first = (statement.items[0] for statement in statements)
    quantities = {x.base for x in first if isinstance(x, s.Symbol)} - PREFIXES
    uses = Counter(x.base for x in nodes if isinstance(x, s.Symbol))
    found = Counter(
        pair for x in nodes if isinstance(x, s.Mul) for pair in _juxtaposed(x) if pair[1] in quantities or pair in pairs
    )
    letters = {pair[0] for pair in pairs}
    only = {x for x in letters if uses[x] == sum(count for pair, count in found.items() if pair[0] == x)}
    timed = [(quantity, True) for quantity in quantities & GATE_NAMES]
    return {(letter, *quantity) for letter in only for quantity in (*((x, False) for x in quantities), *timed)}


def _juxtaposed(product: s.Mul) -> list[Pair]:
    places = (k for k, operator in enumerate(product.operators) if operator == "")
    return [pair for k in places if (pair := pair_of(product.factors[k : k + 2]))]


def introduced(statement: s.Statement) -> list[Pair]:
    """``\\delta C_t = ∂E/∂C_t`` in either order."""
    found = []
    for one, other in zip(statement.items, statement.items[1:], strict=False):
        for left, right in ((one, other), (other, one)):
            pair = pair_of(left.factors) if isinstance(left, s.Mul) and left.operators == ("",) else None
            if pair and left is one and statement.links[0].relation is s.Relation.DEFINED:
                found.append(pair)
            by = right.by if isinstance(right, s.Partial) else None
            if pair and isinstance(by, s.Symbol) and isinstance(left, s.Mul) and _same(left.factors[1], by):
                found.append(pair)
    return found


def pair_of(factors: Sequence[s.Node]) -> Pair | None:
    if len(factors) != 2:
        return None
    mark, quantity = factors
    plain = isinstance(mark, s.Symbol) and not (mark.time or mark.name or mark.marks or mark.component)
    if plain and isinstance(mark, s.Symbol) and mark.base in PREFIXES and isinstance(quantity, s.Symbol):
        return mark.base, quantity.base, quantity.time is not None and quantity.base in GATE_NAMES
    return None


def _same(one: s.Node, other: s.Symbol) -> bool:
    return isinstance(one, s.Symbol) and replace(one, span=other.span) == other


def joined(node: s.Node, pairs: set[Pair], touching: frozenset[str] = frozenset()) -> s.Node:
    """The tree with the pairs joined; a letter of ``touching`` only where no space follows it."""
    return node.rewritten(lambda x: _merged(x, pairs, touching) if isinstance(x, s.Mul) else x)


def _merged(product: s.Mul, pairs: set[Pair], touching: frozenset[str]) -> s.Node:
    factors: list[s.Node] = [product.factors[0]]
    operators: list[str] = []
    for operator, factor in zip(product.operators, product.factors[1:], strict=True):
        pair = pair_of((factors[-1], factor)) if operator == "" else None
        apart = pair is not None and pair[0] in touching and factors[-1].span.end != factor.span.start
        if pair in pairs and isinstance(factor, s.Symbol) and not apart:
            span = replace(factors[-1].span, end=factor.span.end)
            factors[-1] = replace(factor, span=span, marks=(*factor.marks, f"{pair[0]} of" if pair else ""))
        else:
            operators.append(operator)
            factors.append(factor)
    if len(factors) == 1:
        return factors[0]
    return replace(product, factors=tuple(factors), operators=tuple(operators))
