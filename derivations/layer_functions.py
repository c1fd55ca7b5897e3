r"""Activations of one layer, such as ``g^{[1]}(z^{[1]})`` and ``g^{[1]'}(z^{[1]})``: each a function of its own.

A generic letter that the sheet does not use stands for each. Where layers are counted by l and several layers have
functions, what g^{[l]} is at layer l+1 would have to be told from g^{[l+1]}: nothing is read then.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace

from derivations.layer_names import NUMBERED, layer_of
from derivations.names import GENERIC_FUNCTIONS
from derivations.reading import surface as s

Key = tuple[str, str]


def with_layer_functions(sentences: Sequence[s.Sentence]) -> tuple[list[s.Sentence], dict[str, str]]:
    """The sentences with functions of layers as functions, and by what letter each is meant."""
    statements = [x for x in sentences if isinstance(x, s.Statement)]
    nodes = [node for statement in statements for item in statement.items for node in item.walk()]
    called = Counter(key for x in nodes if isinstance(x, s.Mul) for key in _called(x))
    symbols = [x for x in nodes if isinstance(x, s.Symbol)]
    written = Counter((x.base, x.name) for x in symbols)
    found = dict.fromkeys(key for key in called if called[key] == written[key])
    plain = {x.base for x in symbols if (x.base, x.name) not in found}
    used = plain | {x.function for x in nodes if isinstance(x, s.Call)}
    free = sorted(GENERIC_FUNCTIONS - used - {"theta"})
    if not found or len(found) > len(free) or not _are_told_apart(found, symbols):
        return list(sentences), {}
    letters = dict(zip(found, free, strict=False))
    changed = [_read(x, letters) if isinstance(x, s.Statement) else x for x in sentences]
    return changed, {letter: f"{base}^{{{name}}}" for (base, name), letter in letters.items()}


def _read(statement: s.Statement, letters: Mapping[Key, str]) -> s.Statement:
    def change(node: s.Node) -> s.Node:
        return _applied(node, letters) if isinstance(node, s.Mul) else node

    return statement.rewritten(change)


def _is_function(one: s.Node, other: s.Node, operator: str) -> bool:
    """``g^{[1]}`` directly before a bracket."""
    plain = isinstance(one, s.Symbol) and one.base in GENERIC_FUNCTIONS and not (one.time or one.component)
    if not plain or not isinstance(one, s.Symbol) or operator or not isinstance(other, s.Group):
        return False
    return layer_of(one) is not None and set(one.marks) <= {"prime"} and one.span.end == other.span.start


def _called(product: s.Mul) -> list[Key]:
    pairs = zip(product.factors, product.factors[1:], product.operators, strict=False)
    return [(x.base, x.name) for x, y, sign in pairs if isinstance(x, s.Symbol) and _is_function(x, y, sign)]


def _are_told_apart(found: Mapping[Key, None], symbols: Sequence[s.Symbol]) -> bool:
    layers = [layer_of(s.Symbol(symbols[0].span, base, name=name)) for base, name in found]
    return len(found) == 1 or all(layer is not None and layer.anchor == NUMBERED for layer in layers)


def _applied(product: s.Mul, letters: Mapping[Key, str]) -> s.Node:
    factors: list[s.Node] = [product.factors[0]]
    operators: list[str] = []
    for sign, factor in zip(product.operators, product.factors[1:], strict=True):
        head = factors[-1]
        known = isinstance(head, s.Symbol) and (head.base, head.name) in letters and _is_function(head, factor, sign)
        if known and isinstance(head, s.Symbol) and isinstance(factor, s.Group):
            span = replace(head.span, end=factor.span.end)
            name = letters[head.base, head.name]
            factors[-1] = s.Call(span, head.span, name, (factor.inner,), order=len(head.marks))
        else:
            operators.append(sign)
            factors.append(factor)
    if len(factors) == 1:
        return factors[0]
    return replace(product, factors=tuple(factors), operators=tuple(operators))
