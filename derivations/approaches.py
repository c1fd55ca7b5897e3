"""Limits of expressions, by the rules that are known: continuous functions, and σ, tanh, exp at ±∞.

What approaches a number is replaced by it where everything around it is continuous; what grows without bound ends in
a function that has a limit there. Where no rule applies the step is undecided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TYPE_CHECKING

from derivations.reading import surface as s
from derivations.terms import Apply, Power, Product, Sum, Term, apply, linear, number, ones, power, zeros
from derivations.traverse import postorder, rebuild
from derivations.values import Value
from derivations.world import UnclearError, World

if TYPE_CHECKING:
    from derivations.elaborate import Elaborator

UNKNOWN_LIMIT = "no rule for this limit is known"
CONTINUOUS = frozenset({"sigma", "tanh", "exp", "sin", "cos"})
"""Functions that are continuous everywhere."""


@dataclass(frozen=True, slots=True)
class Endless:
    """Tends to ∞ in every entry, with a sign."""

    sign: int


Tending = Term | Endless | None
"""What a term tends to; None where that is not known."""

AT_INFINITY: Mapping[str, Mapping[int, int | Endless]] = {
    "sigma": {1: 1, -1: 0},
    "tanh": {1: 1, -1: -1},
    "exp": {1: Endless(1), -1: 0},
}


class UnknownLimitError(UnclearError):
    """A limit for which no rule is known: a step that speaks of it is undecided."""


def limit(elaborator: Elaborator, node: s.Limit, world: World) -> list[Value]:
    """Every reading of a limit. Raises UnknownLimitError where the rules do not tell it."""
    refs = [elaborator.ref(approach.name, world) for approach in node.approaches]
    differentiated = any(isinstance(x, s.Partial) for x in node.body.walk())
    if differentiated and any(elaborator.knowledge.defined(ref.key) for ref in refs):
        raise UnknownLimitError(UNKNOWN_LIMIT, node.span)
    targets: dict[Term, Tending] = {}
    for ref, approach in zip(refs, node.approaches, strict=True):
        variable = elaborator.variable(ref)
        targets[variable] = Endless(approach.infinite) if approach.infinite else number(approach.value, variable.shape)
    values = elaborator.elaborate(node.body, replace(world, cut=(*world.cut, *refs)))
    return [replace(value, term=_tending(value.term, targets, node)) for value in values]


def _tending(term: Term, targets: Mapping[Term, Tending], node: s.Limit) -> Term:
    found = tends_to(term, targets)
    depends = any(x in targets for x in postorder([term]))
    if not isinstance(found, Term) or not (depends or node.claimed):
        raise UnknownLimitError(UNKNOWN_LIMIT, node.span)
    return found


def tends_to(root: Term, targets: Mapping[Term, Tending]) -> Tending:
    """What a term tends to as variables approach their targets, all together."""
    found: dict[Term, Tending] = dict(targets)
    for term in postorder([root]):
        if term not in found:
            parts = [found[child] for child in term.children]
            same = all(part is child for part, child in zip(parts, term.children, strict=True))
            found[term] = term if same else _step(term, parts)
    return found[root]


def _step(term: Term, parts: Sequence[Tending]) -> Tending:
    """The limit of an operation from those of its operands."""
    if any(part is None for part in parts):
        return None
    if isinstance(term, Sum):
        return _sum(term, parts)
    if isinstance(term, Apply):
        return _function(term, parts[0])
    if isinstance(term, Power):
        return _power(term, parts[0])
    known = [part for part in parts if isinstance(part, Term)]
    return rebuild(term, known) if isinstance(term, Product) and len(known) == len(parts) else None


def _sum(term: Sum, parts: Sequence[Tending]) -> Tending:
    signs = {
        part.sign * (1 if q > 0 else -1)
        for (q, _), part in zip(term.addends, parts, strict=True)
        if isinstance(part, Endless)
    }
    if signs:
        return Endless(signs.pop()) if len(signs) == 1 else None
    known = [(q, part) for (q, _), part in zip(term.addends, parts, strict=True) if isinstance(part, Term)]
    return linear(known, term.shape)


def _function(term: Apply, part: Tending) -> Tending:
    if isinstance(part, Endless):
        value = AT_INFINITY.get(term.function, {}).get(part.sign)
        return number(value, term.shape) if isinstance(value, int) else value
    return apply(term.function, part) if isinstance(part, Term) and term.function in CONTINUOUS else None


def _power(term: Power, part: Tending) -> Tending:
    whole = term.exponent.denominator == 1
    if isinstance(part, Endless):
        if term.exponent < 0:
            return zeros(term.shape) if part.sign > 0 or whole else None
        odd = term.exponent.numerator % 2 == 1
        return Endless(part.sign if odd else 1) if whole else None
    if not isinstance(part, Term):
        return None
    return power(part, term.exponent) if (whole and term.exponent > 0) or _is_positive(part) else None


def _is_positive(term: Term) -> bool:
    """Whether a term is a positive number."""
    one = ones(term.shape)
    return term is one or (isinstance(term, Sum) and len(term.addends) == 1 and _multiple(term) > 0)


def _multiple(term: Sum) -> Fraction:
    """The number that a sum of one addend is, 0 where it is none."""
    q, addend = term.addends[0]
    return q if addend is ones(term.shape) else Fraction(0)
