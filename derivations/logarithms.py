"""Logarithms of polynomials: what is known of log."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable
from fractions import Fraction

from derivations.algebra import Algebra, UndefinedValueError
from derivations.budget import Budget
from derivations.canonical import canonical, pieces
from derivations.factors import constant, content, is_factor, magnitude, primes, sign_of
from derivations.polynomials import (
    ONE,
    ZERO_ONE,
    Atom,
    Factor,
    Kind,
    Number,
    Terms,
    accumulate,
    built,
    is_whole,
    scaled,
    single,
)
from derivations.terms import Labels

HALF = Fraction(1, 2)
_LOG_RULE = "log(a·b) = log a + log b, log(exp a) = a"


class Logarithms(Algebra):
    """The algebra with logarithms.

    With ``apart`` all logarithms of products are taken apart, and exp(log x) = x only where x is visibly positive.
    """

    def __init__(self, budget: Budget, apart: bool = False) -> None:
        super().__init__(budget)
        self.apart = apart

    @abstractmethod
    def atom(self, name: str, terms: Terms, unit_of: Callable[[Number], Number]) -> tuple[Number, Atom, Labels]:
        """A function of ``terms`` divided by a unit: the unit, the atom and the labels of its axes."""

    @abstractmethod
    def splits(self, piece: list[Factor], exponent: Number) -> bool:
        """Whether a factor may be raised to a power on its own."""

    @abstractmethod
    def divided(self, terms: Terms, common: list[Factor]) -> Terms:
        """The terms without their common factors."""

    def logarithm(self, terms: Terms) -> Terms:
        """log(a·b) = log a + log b for a > 0; log(exp a) = a; the rest becomes an atom."""
        common = content(terms, lambda factor: factor[0].positive)
        if not common:
            return self._log_monomial(terms) if len(terms) == 1 else self._log_atom(terms)
        self.note(_LOG_RULE)
        result = self.logarithm(self.divided(terms, common))
        for atom, labels, exponent in common:
            accumulate(result, self._log_factor(atom, labels), exponent)
        return result

    def _log_factor(self, atom: Atom, labels: Labels, sign: Number = 1) -> Terms:
        axes = dict(enumerate(labels))
        if atom.function == "exp" and sign > 0:
            return self.rename(atom.terms, axes)
        if atom.kind is Kind.POWER:
            return self.logarithm(scaled(self.rename(atom.terms, axes), sign))
        return self._log_atom(single(((atom, labels, 1),), sign))

    def _log_monomial(self, terms: Terms) -> Terms:
        """Summed parts that are visibly positive are split off; x^k with a broken k has x ≥ 0."""
        ((monomial, value),) = terms.items()
        rest: list[Factor] = []
        result: Terms = {}
        for piece in pieces(monomial):
            if not self.splits(piece, HALF):
                rest += piece
            elif is_factor(piece):
                self.note(_LOG_RULE)
                accumulate(result, self._log_factor(*piece[0][:2]), piece[0][2])
            else:
                accumulate(result, self._log_atom(single(canonical(piece, self.budget))))
        if rest or value != 1:
            accumulate(result, self._log_rest(rest, value))
        return result

    def _log_rest(self, rest: list[Factor], value: Number) -> Terms:
        """log(c·x^k) = log c + k·log x for an odd k, as the signs of x^k and x agree."""
        if is_factor(rest) and is_whole(rest[0][2]) and rest[0][2] % 2:
            exponent = rest[0][2]
            if exponent == 1:
                return self._log_atom({canonical(rest, self.budget): value})
            self.note("log(x^k) = k·log x")
            result = self._log_factor(*rest[0][:2], sign_of(value))
            result = scaled(result, exponent)
            accumulate(result, self._log_atom({ONE: magnitude(value)}))
            return result
        if self.apart and value > 0:
            return self._log_apart(rest, value)
        return self._log_atom({canonical(rest, self.budget): value})

    def _log_apart(self, rest: list[Factor], value: Number) -> Terms:
        """log(a·b) = log|a| + log|b|; an atom log x stands for log|x|, which is log x wherever that has a value."""
        alone = [piece[0] for piece in pieces(canonical(rest, self.budget)) if self._stands_alone(piece)]
        together = [factor for factor in rest if factor not in alone]
        result = self._log_atom({canonical(together, self.budget): value}) if together or value != 1 else {}
        for atom, labels, exponent in alone:
            self.note("log(a·b) = log|a| + log|b|")
            accumulate(result, self._log_factor(atom, labels), exponent)
        return result

    def _stands_alone(self, piece: list[Factor]) -> bool:
        return is_factor(piece) and piece[0][0].kind not in ZERO_ONE and is_whole(piece[0][2])

    def _log_atom(self, terms: Terms) -> Terms:
        """log(c·a) = log c + log a for a number c > 0, and log c as a sum over primes."""
        if not terms:
            raise UndefinedValueError("the logarithm of zero")
        if set(terms) == {ONE}:
            if terms[ONE] < 0:
                raise UndefinedValueError("the logarithm of a negative number")
            unit, result = terms[ONE], constant(0)
        else:
            unit, atom, labels = self.atom("log", terms, magnitude)
            result = single(((atom, labels, 1),))
        for prime, exponent in primes(Fraction(unit)):
            atom = built("log", {ONE: prime}, (), ())
            accumulate(result, single(((atom, (), 1),), exponent))
        return result
