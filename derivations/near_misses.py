"""What a wrong side is off by: seen at all sample points at once."""

from __future__ import annotations

from fractions import Fraction

import numpy as np

from derivations.errors import SheetError
from derivations.holes import Places, close
from derivations.latex import Printer, written_size
from derivations.names import ref_text
from derivations.samples import Floating
from derivations.terms import Sum, Term, scale

MOST_WRITTEN = 120
LARGEST = 64


def near_miss(places: Places) -> str:
    """What the side is off by: a constant factor, its sign, a transpose, or an addend of the true value."""
    pair = _pair(places)
    if pair is None:
        return ""
    claimed, true = pair
    return _factor(places, claimed, true) or _addend(places, claimed, true)


def _pair(places: Places) -> tuple[Term, Term] | None:
    """The side and the true value as terms of one shape."""
    try:
        values = places.holed.elaborate(places.root, places.world, places.target)
    except SheetError:
        return None
    pairs = ((v.term, one.term) for one in places.other for v in values if v.term.shape == one.term.shape)
    return next(pairs, None)


def _numbers(places: Places, term: Term) -> list[Floating]:
    return [np.asarray(x).ravel() for x in places.numbers(term)]


def _factor(places: Places, claimed: Term, true: Term) -> str:
    """A constant c with claimed = c · true at every point."""
    left, right = _numbers(places, claimed), _numbers(places, true)
    ratio = _ratio(np.concatenate(left), np.concatenate(right))
    if ratio is None:
        return ""
    if ratio == -1:
        return "it is the true value with the other sign"
    return f"it is {ratio} times the true value"


def _ratio(left: Floating, right: Floating) -> Fraction | None:
    largest = int(np.argmax(np.abs(right))) if right.size and np.isfinite(right).all() else -1
    if largest < 0 or abs(right[largest]) < 1e-9 or not np.isfinite(left).all():
        return None
    found = Fraction(float(left[largest] / right[largest])).limit_denominator(LARGEST)
    plain = found not in (0, 1) and abs(found.numerator) <= LARGEST
    return found if plain and close(left, float(found) * right) else None


def _addend(places: Places, claimed: Term, true: Term) -> str:
    """Addends of the true value that are missing, as they are written there."""
    if not isinstance(true, Sum) or len(true.addends) < 2:
        return ""
    gap = [one - other for one, other in zip(_numbers(places, true), _numbers(places, claimed), strict=True)]
    for coefficient, term in true.addends:
        addend = scale(coefficient, term)
        if all(close(x, y) for x, y in zip(gap, _numbers(places, addend), strict=True)):
            return _named(places, addend)
    return ""


def _named(places: Places, addend: Term) -> str:
    names = {v: ref_text(ref) for v, ref in places.holed.refs_of(addend)}
    if written_size(addend, names) > MOST_WRITTEN:
        return "one addend of the true value, that is one path, is missing"
    return f"the addend {Printer(names).latex(addend)} of the true value, that is one path, is missing"
