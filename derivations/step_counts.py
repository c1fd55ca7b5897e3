"""Numbers of steps that stand in exponents: the T−i of ``(γ‖W‖)^{T-i}``."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

from derivations.calls import rational
from derivations.reading import surface as s


def counting(node: s.Node, times: dict[str, int]) -> s.Node:
    """An expression with the exponents that count steps as numbers at some times."""
    return node.rewritten(lambda inner: _counted(inner, times))


def _counted(node: s.Node, times: dict[str, int]) -> s.Node:
    """An exponent that counts steps as a number: T−i at T = 3, i = 1."""
    if not isinstance(node, s.Raise) or rational(node.exponent) is not None:
        return node
    found = linear(node.exponent)
    if found is None or not set(found) <= {"", *times}:
        return node
    total = sum(n * (times[letter] if letter else 1) for letter, n in found.items())
    return replace(node, exponent=s.Number(node.exponent.span, Fraction(total)))


def linear(node: s.Node) -> dict[str, int] | None:
    """T−i+1 as the coefficients of its letters, that of the empty one being the number; None for anything else."""
    inner = s.ungrouped(node)
    parts = list(zip(inner.signs, inner.addends, strict=True)) if isinstance(inner, s.Add) else [(1, inner)]
    found: dict[str, int] = {}
    for sign, part in ((sign, s.ungrouped(part)) for sign, part in parts):
        value = rational(part)
        if value is not None and value.denominator == 1:
            found[""] = found.get("", 0) + sign * int(value)
        elif isinstance(part, s.Symbol) and not part.name and part.time is None:
            found[part.base] = found.get(part.base, 0) + sign
        else:
            return None
    return {letter: n for letter, n in found.items() if n}


def steps_between(node: s.Node) -> dict[str, int] | None:
    """How many steps lie between the two times of ``‖∂h_T/∂h_i‖``, as :func:`linear` writes it."""
    inner = s.ungrouped(node)
    of_norm = s.ungrouped(inner.argument) if isinstance(inner, s.Norm) else inner
    if not isinstance(of_norm, s.Partial):
        return None
    of, by = s.ungrouped(of_norm.of), s.ungrouped(of_norm.by)
    if not isinstance(of, s.Symbol) or not isinstance(by, s.Symbol) or of.time is None or by.time is None:
        return None
    if of.time.symbol is None or by.time.symbol is None:
        return None
    found = {of.time.symbol: 1, by.time.symbol: -1, "": of.time.offset - by.time.offset}
    return {letter: n for letter, n in found.items() if n}
