"""``p(y)`` beside ``p(x | y)``: a letter and a bracket that are a probability, since the sheet has others."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from derivations.events import Probability, is_probability, probability_of
from derivations.reading import surface as s
from derivations.reading.events import Event


def between_probabilities(sentence: s.Statement) -> bool:
    """Whether a statement equates a probability with an expression of others, which laws tie to it."""
    first, *others = sentence.items
    return is_probability(first) and any(is_probability(node) for item in others for node in item.walk())


def with_probabilities(sentences: Sequence[s.Sentence]) -> list[s.Sentence]:
    """The sentences with ``p(y)`` as a probability too, where they speak of ``p(x | y)`` and of no p alone."""
    statements = [x for x in sentences if isinstance(x, s.Statement)]
    nodes = [node for statement in statements for item in statement.items for node in item.walk()]
    measures = {probability_of(x.name).measure for x in nodes if isinstance(x, s.Symbol) and is_probability(x)}
    if not measures:
        return list(sentences)
    factors = [factor for x in nodes if isinstance(x, s.Mul) for factor in x.factors]
    bare = [factor.base if isinstance(factor, s.Raise) else factor for factor in factors]
    held = {id(factor.inner if isinstance(factor, s.Group) else factor) for factor in bare}
    measures -= {_head(x) for x in nodes if isinstance(x, s.Symbol) and id(x) not in held}

    def change(node: s.Node) -> s.Node:
        return _joined(node, measures) if isinstance(node, s.Mul) else node

    return s.rewritten(sentences, change)


def _joined(node: s.Mul, measures: set[str]) -> s.Node:
    """A product with every letter and the bracket behind it as one probability."""
    factors: list[s.Node] = [node.factors[0]]
    operators: list[str] = []
    for operator, factor in zip(node.operators, node.factors[1:], strict=True):
        head, group = factors[-1], factor.base if isinstance(factor, s.Raise) else factor
        inner = group.inner if isinstance(group, s.Group) else None
        event = _event(inner) if isinstance(inner, s.Symbol) else None
        if not operator and isinstance(head, s.Symbol) and _head(head) in measures and event is not None:
            found = Probability(_head(head), frozenset({event}), frozenset())
            joined = replace(found.symbol(head), span=head.span.join(factor.span))
            factors[-1] = replace(factor, span=joined.span, base=joined) if isinstance(factor, s.Raise) else joined
        else:
            factors.append(factor)
            operators.append(operator)
    return factors[0] if len(factors) == 1 else replace(node, factors=tuple(factors), operators=tuple(operators))


def _head(symbol: s.Symbol) -> str:
    """What stands before the bracket of a probability; empty where a symbol cannot."""
    if symbol.marks or symbol.time is not None or symbol.component:
        return ""
    return f"{symbol.base}_{{{symbol.name}}}" if symbol.name else symbol.base


def _event(symbol: s.Symbol) -> Event | None:
    """A name as an event; None where it has a mark or several indices."""
    if symbol.marks not in ((), ("prime",)) or symbol.component:
        return None
    base = symbol.base if len(symbol.base) == 1 or symbol.base.isupper() else f"\\{symbol.base}"
    index = s.time_text(symbol.time) if symbol.time is not None else symbol.name
    value = f"{base}'" if symbol.marks else ""
    return None if any(x in index for x in ",:{}") else Event(base, index, index, value)
