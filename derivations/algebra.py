"""Arithmetic of polynomials in indexed atoms, modulo relations that rewrite single monomials."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import ClassVar, TypeAlias

from derivations.budget import Budget
from derivations.canonical import canonical
from derivations.errors import GradproofError
from derivations.polynomial_text import atom_text
from derivations.polynomials import UNIT, Atom, Factor, Key, Kind, Number, Terms, is_whole, nowhere_negative
from derivations.terms import Dim, Labels


class UndefinedValueError(GradproofError):
    """A term has no value anywhere: the inverse of zero, or a broken power of a negative number."""


class Draft:
    """A monomial in the making. ``loose`` holds summed labels that may have lost their last factor."""

    __slots__ = ("coefficient", "factors", "loose")

    def __init__(
        self, coefficient: Number = 1, factors: dict[Key, Number] | None = None, loose: dict[int, Dim] | None = None
    ) -> None:
        self.coefficient = coefficient
        self.factors = factors if factors is not None else {}
        self.loose = loose if loose is not None else {}

    def copy(self, coefficient: Number = 1) -> Draft:
        return Draft(self.coefficient * coefficient, dict(self.factors), dict(self.loose))

    def remove(self, key: Key) -> None:
        """Take a factor out; its summed labels still count."""
        del self.factors[key]
        self.loosen(key)

    def loosen(self, key: Key) -> None:
        self.loose.update((label, dim) for label, dim in zip(key[1], key[0].shape, strict=True) if label < 0)

    def mentions(self, label: int, *but: Key) -> bool:
        return any(label in key[1] for key in self.factors if key not in but)

    def lowest(self) -> int:
        """The lowest label that is taken; those below are free for new sums."""
        return min((0, *self.loose, *(min(labels) for _, labels in self.factors if labels)))

    def items(self) -> list[Factor]:
        return [(atom, labels, exponent) for (atom, labels), exponent in self.factors.items()]


Rule: TypeAlias = Callable[["Algebra", Draft, Key], "list[Draft] | None"]
Moved: TypeAlias = list[tuple[Number, list[Factor]]]


def moved(terms: Terms, axes: dict[int, int], base: int) -> Moved:
    """The monomials with their axes renamed by ``axes`` and their summed labels counted down from ``base``."""
    result: Moved = []
    for monomial, value in terms.items():
        factors = []
        for atom, labels, exponent in monomial:
            names = [base + x if x < 0 else x if x == UNIT else axes[x] for x in labels]
            factors.append((atom, tuple(names), exponent))
        result.append((value, factors))
    return result


def depth(terms: Terms) -> int:
    """The lowest summed label of a polynomial (0 if nothing is summed)."""
    return min((min(labels) for m in terms for _, labels, _ in m if labels and min(labels) < 0), default=0)


class Algebra(ABC):
    """Arithmetic of polynomials modulo the relations. Keeps the log of rules, the conditions and the budget."""

    rules: ClassVar[Mapping[Kind, tuple[Rule, ...]]]

    def __init__(self, budget: Budget) -> None:
        self.budget = budget
        self.log: dict[str, None] = {}
        self.conditions: dict[str, Atom] = {}

    @abstractmethod
    def function(self, name: str, terms: Terms) -> Terms:
        """An elementwise function of a polynomial."""

    @abstractmethod
    def power(self, terms: Terms, exponent: Number) -> Terms:
        """A polynomial raised to a power, entry by entry."""

    @abstractmethod
    def size(self, dim: Dim) -> Terms:
        """A dimension as a polynomial."""

    def note(self, rule: str) -> None:
        self.log[rule] = None

    def assume_nonzero(self, atom: Atom) -> None:
        """Record that a cancelled factor must not vanish, unless it visibly cannot."""
        if not atom.positive:
            self.conditions.setdefault(f"{atom_text(atom)} ≠ 0", atom)

    def assume_not_negative(self, atom: Atom) -> None:
        """Record that the base of a root that was raised away must not be negative."""
        if atom.kind is not Kind.POWER or not nowhere_negative(atom.terms):
            self.conditions.setdefault(f"{atom_text(atom)} ≥ 0", atom)

    def put(self, draft: Draft, atom: Atom, labels: Labels, exponent: Number) -> None:
        """Multiply a factor into a draft; exponents of the same factor add up."""
        key = (atom, labels)
        old = draft.factors.get(key)
        if old is None:
            draft.factors[key] = exponent
            return
        total = old + exponent
        if (old < 0) != (exponent < 0):
            self.note("x·x⁻¹ = 1")
            self.assume_nonzero(atom)
        if not is_whole(old) and is_whole(total) and not atom.positive:
            self.assume_not_negative(atom)
        if total:
            draft.factors[key] = total
        else:
            draft.remove(key)

    def spread(self, drafts: list[Draft], pieces: Moved) -> list[Draft]:
        """Every draft times every piece."""
        if len(drafts) > 1 and len(pieces) > 1:
            self.note("products of sums multiplied out")
        self.budget.spend(len(drafts) * len(pieces))
        return [self._joined(draft, value, factors) for draft in drafts for value, factors in pieces]

    def _joined(self, draft: Draft, value: Number, factors: list[Factor]) -> Draft:
        result = draft.copy(value)
        for factor in factors:
            self.put(result, *factor)
        return result

    def times(self, draft: Draft, terms: Terms, labels: Sequence[int] | None = None) -> list[Draft]:
        """A draft times a polynomial whose axes are put on ``labels`` (left as they are, if None)."""
        axes = dict(enumerate(labels)) if labels is not None else _Same()
        return self.spread([draft], moved(terms, axes, draft.lowest()))

    def multiply(self, left: Terms, right: Terms) -> Terms:
        """The product, entry by entry."""
        drafts = self.spread([Draft()], moved(left, _Same(), 0))
        return self.reduce(self.spread(drafts, moved(right, _Same(), depth(left))))

    def rename(self, terms: Terms, axes: dict[int, int]) -> Terms:
        """The polynomial with its axes renamed; an axis renamed to a negative label is summed."""
        base = min((0, *axes.values()))
        return self.reduce(self.spread([Draft()], moved(terms, axes, base)))

    def reduce(self, drafts: list[Draft]) -> Terms:
        """Apply the rules until none applies, name the summed labels and collect equal monomials."""
        found: Terms = {}
        work = drafts[::-1]
        while work:
            self.budget.spend()
            draft = work.pop()
            step = self._step(draft)
            if step is not None:
                work += reversed(step)
                continue
            monomial = canonical(draft.items(), self.budget)
            total = found.get(monomial, 0) + draft.coefficient
            if total:
                found[monomial] = total
            else:
                found.pop(monomial, None)
        return found

    def _step(self, draft: Draft) -> list[Draft] | None:
        active = [key for key in draft.factors if key[0].active]
        for key in sorted(active) if len(active) > 1 else active:
            for rule in self.rules.get(key[0].kind, ()):
                outcome = rule(self, draft, key)
                if outcome is not None:
                    return outcome
        return self._settle_loose(draft) if draft.loose else None

    def _settle_loose(self, draft: Draft) -> list[Draft] | None:
        """A summed label that no factor carries any more gives its dimension as a factor."""
        loose, draft.loose = draft.loose, {}
        lost = [dim for label, dim in loose.items() if not draft.mentions(label)]
        if not lost:
            return None
        drafts = [draft]
        for dim in lost:
            drafts = self.spread(drafts, moved(self.size(dim), {}, 0))
        return drafts


class _Same(dict[int, int]):
    """Labels left as they are."""

    def __missing__(self, key: int) -> int:
        return key
