"""Canonical names for summed labels: two monomials are equal exactly if they are the same tensor network.

The labels of every connected part of the network are named by colour refinement (McKay and Piperno, *Practical graph
isomorphism II*, 2014): labels that play different roles get different colours; where a tie is left, each tied label
is singled out in turn and the least outcome is taken.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import permutations, product

from derivations.budget import Budget
from derivations.polynomials import Factor, Monomial
from derivations.terms import Labels

Colours = dict[int, int]


def canonical(factors: Iterable[Factor], budget: Budget) -> Monomial:
    """The factors in an order, and with names of the summed labels, that depend on the network alone."""
    free: list[Factor] = []
    bound: list[Factor] = []
    for factor in factors:
        (bound if factor[1] and min(factor[1]) < 0 else free).append(factor)
    result = sorted(map(_least_labels, free))
    if bound:
        taken = 0
        for count, form in sorted(_component_form(part, budget) for part in components(bound)):
            result += [(a, tuple([x - taken if x < 0 else x for x in ls]), e) for a, ls, e in form] if taken else form
            taken += count
    return tuple(result)


def components(bound: Iterable[Factor]) -> list[list[Factor]]:
    """The factors in groups that share summed labels, directly or through others."""
    groups: list[tuple[set[int], list[Factor]]] = []
    for factor in bound:
        labels = {label for label in factor[1] if label < 0}
        members = [factor]
        apart: list[tuple[set[int], list[Factor]]] = []
        for group in groups:
            if labels.isdisjoint(group[0]):
                apart.append(group)
            else:
                labels |= group[0]
                members = group[1] + members
        groups = [*apart, (labels, members)]
    return [members for _, members in groups]


def pieces(monomial: Monomial) -> list[list[Factor]]:
    """The factors of a monomial that are functions of the free labels: single factors and connected sums."""
    free = [[factor] for factor in monomial if not factor[1] or min(factor[1]) >= 0]
    return free + components(f for f in monomial if f[1] and min(f[1]) < 0)


def _variants(factor: Factor) -> Iterator[Factor]:
    atom, labels, exponent = factor
    yield factor
    for order in atom.symmetries:
        yield atom, tuple(labels[axis] for axis in order), exponent


def _least_labels(factor: Factor) -> Factor:
    return min(_variants(factor)) if factor[0].symmetries else factor


def _component_form(factors: list[Factor], budget: Budget) -> tuple[int, list[Factor]]:
    labels = list(dict.fromkeys(x for _, ls, _ in factors for x in ls if x < 0))
    if any(atom.symmetries for atom, _, _ in factors):
        forms = []
        for choice in product(*map(_variants, factors)):
            budget.spend()
            forms.append(_least_form(list(choice), labels, budget))
        return len(labels), min(forms)
    return len(labels), _least_form(factors, labels, budget)


def _least_form(factors: list[Factor], labels: list[int], budget: Budget) -> list[Factor]:
    if len(labels) <= 2:
        return min(_named(factors, dict(zip(order, (-1, -2), strict=False))) for order in permutations(labels))
    return _search(factors, dict.fromkeys(labels, 0), budget)


def _named(factors: list[Factor], names: dict[int, int]) -> list[Factor]:
    return sorted((a, tuple([names[x] if x < 0 else x for x in ls]), e) for a, ls, e in factors)


def _search(factors: list[Factor], colours: Colours, budget: Budget) -> list[Factor]:
    colours = _refine(factors, colours)
    tied = _first_tie(colours)
    if not tied:
        return _named(factors, {label: -1 - colour for label, colour in colours.items()})
    budget.spend()
    outcomes = []
    for label in _unlike(factors, tied):
        singled = {x: 2 * colour + 1 for x, colour in colours.items()}
        singled[label] -= 1
        outcomes.append(_search(factors, singled, budget))
    return min(outcomes)


def _first_tie(colours: Colours) -> list[int]:
    classes: dict[int, list[int]] = {}
    for label, colour in colours.items():
        classes.setdefault(colour, []).append(label)
    return min(((colour, tied) for colour, tied in classes.items() if len(tied) > 1), default=(0, []))[1]


def _unlike(factors: list[Factor], tied: list[int]) -> list[int]:
    """One of each set of labels that can be exchanged without changing anything."""
    whole = sorted(factors)
    kept: list[int] = []
    for label in tied:
        if not any(_swapped(factors, label, other) == whole for other in kept):
            kept.append(label)
    return kept


def _swapped(factors: list[Factor], one: int, other: int) -> list[Factor]:
    swap = {one: other, other: one}
    return sorted((a, tuple([swap.get(x, x) for x in ls]), e) for a, ls, e in factors)


def _refine(factors: list[Factor], colours: Colours) -> Colours:
    while True:
        marks = {label: _signature(factors, colours, label) for label in colours}
        order = {mark: place for place, mark in enumerate(sorted(set(marks.values())))}
        finer = {label: order[mark] for label, mark in marks.items()}
        if len(order) in (len(colours), len(set(colours.values()))):
            return finer
        colours = finer


def _signature(factors: list[Factor], colours: Colours, own: int) -> tuple[int, tuple[Factor, ...]]:
    """How a label is used: the factors that carry it, their other labels seen by their colours only."""

    def mark(labels: Labels) -> Labels:
        return tuple([x if x >= 0 else -2 * colours[x] - (2 if x == own else 1) for x in labels])

    return colours[own], tuple(sorted((a, mark(ls), e) for a, ls, e in factors if own in ls))
