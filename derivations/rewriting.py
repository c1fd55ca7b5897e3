"""Where a monomial divides another one, up to the names of summed labels."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from derivations.algebra import Draft
from derivations.budget import Budget
from derivations.polynomials import UNIT, Factor, Key, Monomial, Number
from derivations.terms import Labels


def find(
    draft: Draft, pattern: Monomial, axes: dict[int, int], budget: Budget
) -> tuple[dict[Key, Number], set[int]] | None:
    """Where a monomial, with its axes on the labels ``axes``, divides the draft.

    Returns the factors to take and the summed labels that go with them, or None. Those labels must be summed in the
    draft and occur in the factors taken only, with the same exponents.
    """
    for names, taken in _matches(draft, pattern, axes, {}, budget):
        bound = {target for label, target in names.items() if label < 0}
        if not any(x in bound for other in draft.factors if other not in taken for x in other[1]):
            return taken, bound
    return None


def take(draft: Draft, taken: dict[Key, Number], bound: set[int]) -> None:
    for key, exponent in taken.items():
        if draft.factors[key] == exponent:
            draft.remove(key)
        else:
            draft.factors[key] -= exponent
    for label in bound:
        draft.loose.pop(label, None)


def _matches(
    draft: Draft, pattern: Sequence[Factor], names: dict[int, int], taken: dict[Key, Number], budget: Budget
) -> Iterator[tuple[dict[int, int], dict[Key, Number]]]:
    if not pattern:
        yield names, taken
        return
    (atom, labels, exponent), *others = pattern
    summed = any(label < 0 for label in labels)
    for key, present in draft.factors.items():
        enough = present == exponent if summed else present >= exponent
        if key[0] == atom and key not in taken and enough:
            for order in (tuple(range(len(labels))), *atom.symmetries):
                extended = _unify(names, labels, [key[1][axis] for axis in order])
                if extended is not None:
                    budget.spend()
                    yield from _matches(draft, others, extended, {**taken, key: exponent}, budget)


def _unify(names: dict[int, int], labels: Labels, targets: Sequence[int]) -> dict[int, int] | None:
    names = dict(names)
    for label, target in zip(labels, targets, strict=True):
        if label == UNIT or target == UNIT:
            if label != target:
                return None
        elif label not in names:
            if label >= 0 or target >= 0 or target in names.values():
                return None
            names[label] = target
        elif names[label] != target:
            return None
    return names
