"""What is known of probabilities beyond definitions: those of all cases under one condition sum to one.

A sheet that states so is believed that these are all cases. The equation is used by solving it for one quantity.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from derivations.component_names import rewritten
from derivations.names import Names
from derivations.reading import surface as s
from derivations.reading.probabilities import PROBABILITY
from derivations.world import Knowledge


def events_of(symbol: s.Symbol) -> tuple[frozenset[str], frozenset[str]]:
    """The events of a probability, and those under which it holds."""
    above, _, below = symbol.name[2:-1].partition("|")
    return frozenset(above.split(",")), frozenset(below.split(",")) - {""}


def is_probability(node: s.Node) -> bool:
    return isinstance(node, s.Symbol) and node.base == PROBABILITY


def normalised(sentence: s.Statement, names: Names, knowledge: Knowledge) -> tuple[s.Symbol, s.Node] | None:
    """What a statement that some probabilities sum to one says of one of them, or of their common denominator."""
    if len(sentence.items) != 2:
        return None
    total, one = sentence.items
    if not isinstance(total, s.Add) or not isinstance(one, s.Number) or one.value != 1 or -1 in total.signs:
        return None
    cases = [x for x in total.addends if isinstance(x, s.Symbol) and is_probability(x)]
    if len(cases) != len(total.addends) or not _exclude_each_other(cases):
        return None
    families = [knowledge.families.get(names.ref(x).key) for x in cases]
    if families[-1] is None:
        rest = s.Add(total.span, (1, *(-1 for _ in cases[:-1])), (one, *cases[:-1]))
        return cases[-1], rest
    quotients = [x.node for x in families if x is not None and isinstance(x.node, s.Divide)]
    below = quotients[0].denominator if quotients else None
    if len(quotients) != len(cases) or not isinstance(below, s.Symbol) or knowledge.defined(names.ref(below).key):
        return None
    if any(not isinstance(q.denominator, s.Symbol) or names.ref(q.denominator) != names.ref(below) for q in quotients):
        return None
    return below, s.Add(total.span, total.signs, tuple(q.numerator for q in quotients))


def _exclude_each_other(cases: list[s.Symbol]) -> bool:
    """Whether the cases are the values of one variable under one condition: A = 0 and A = 1."""
    events = [events_of(x) for x in cases]
    if any(len(own) != 1 for own, _ in events) or len({condition for _, condition in events}) != 1:
        return False
    parts = [next(iter(own)).partition("=") for own, _ in events]
    return len({name for name, _, _ in parts}) == 1 and len({value for _, _, value in parts}) == len(cases)


def related(first: s.Symbol, second: s.Symbol) -> bool:
    """Whether a law of probability may tie two quantities together: one is conditional, or the other's margin."""
    (one, given), (other, condition) = events_of(first), events_of(second)
    return bool(given or condition) or one < other or other < one


def with_probabilities(sentences: Sequence[s.Sentence]) -> list[s.Sentence]:
    """The sentences with ``p(y)`` as a probability too, where they speak of ``p(x | y)`` and of no p alone."""
    statements = [x for x in sentences if isinstance(x, s.Statement)]
    nodes = [node for statement in statements for item in statement.items for node in item.walk()]
    letters = {x.name[0] for x in nodes if isinstance(x, s.Symbol) and is_probability(x)}
    if not letters:
        return list(sentences)
    held = {id(factor) for x in nodes if isinstance(x, s.Mul) for factor in x.factors}
    letters -= {x.base for x in nodes if isinstance(x, s.Symbol) and id(x) not in held}

    def change(node: s.Node) -> s.Node:
        return _joined(node, letters) if isinstance(node, s.Mul) else node

    return [
        replace(x, items=tuple(rewritten(item, change) for item in x.items)) if isinstance(x, s.Statement) else x
        for x in sentences
    ]


def _joined(node: s.Mul, letters: set[str]) -> s.Node:
    """A product with every letter and the bracket behind it as one probability."""
    factors: list[s.Node] = [node.factors[0]]
    operators: list[str] = []
    for operator, factor in zip(node.operators, node.factors[1:], strict=True):
        head, event = factors[-1], factor.inner if isinstance(factor, s.Group) else None
        if not operator and _is_plain(head, letters) and isinstance(event, s.Symbol) and _is_plain(event):
            name = f"{getattr(head, 'base', '')}({event.base})"
            factors[-1] = s.Symbol(head.span.join(factor.span), PROBABILITY, name=name)
        else:
            factors.append(factor)
            operators.append(operator)
    return factors[0] if len(factors) == 1 else replace(node, factors=tuple(factors), operators=tuple(operators))


def _is_plain(node: s.Node, letters: set[str] | None = None) -> bool:
    """Whether a node is a bare letter, one of ``letters`` where they are given."""
    plain = isinstance(node, s.Symbol) and node == s.Symbol(node.span, node.base)
    return plain and (letters is None or (isinstance(node, s.Symbol) and node.base in letters))
