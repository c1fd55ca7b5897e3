"""Short plain text of atoms and polynomials, for the conditions of a proof."""

from __future__ import annotations

from fractions import Fraction

from derivations.polynomials import UNIT, Atom, Monomial, Number, Terms, is_whole
from derivations.terms import Block, Labels, Operator, Size, Var

_FREE, _SUMMED = "ijklm", "pqrsuvw"
_SUPERSCRIPTS = str.maketrans("0123456789-/", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻ᐟ")


def atom_text(atom: Atom) -> str:
    """An atom without its labels: ``x``, ``exp(x)``, ``x + y``."""
    term = atom.term
    if isinstance(term, Var):
        return term.name
    if isinstance(term, Size):
        return str(term.dim)
    if atom.function:
        return f"{atom.function}({terms_text(atom.terms)})"
    if atom.terms:
        return terms_text(atom.terms)
    if isinstance(term, Operator):
        return f"{term.name}({terms_text(atom.inner)})"
    return f"block {term.place}" if isinstance(term, Block) else "the shared expression"


def terms_text(terms: Terms) -> str:
    """A polynomial as people write it; labels are shown only where something is summed."""
    summed = any(label < 0 for m in terms for _, labels, _ in m for label in labels)
    parts = [_addend(terms[monomial], _monomial(monomial, summed)) for monomial in sorted(terms)]
    return " + ".join(parts).replace("+ -", "- ") or "0"


def _addend(value: Number, text: str) -> str:
    if not text:
        return str(value)
    return text if value == 1 else f"-{text}" if value == -1 else f"{value}·{text}"


def _monomial(monomial: Monomial, summed: bool) -> str:
    bound = sorted({x for _, labels, _ in monomial for x in labels if x < 0}, reverse=True)
    sums = "Σ_" + ",".join(map(_letter, bound)) + " " if bound else ""
    return sums + "·".join(_factor(atom, labels if summed else (), e) for atom, labels, e in monomial)


def _factor(atom: Atom, labels: Labels, exponent: Number) -> str:
    name = atom_text(atom)
    if not atom.function and len(atom.terms) > 1:
        name = f"({name})"
    index = "".join(_letter(x) for x in labels if x != UNIT)
    return name + (f"[{index}]" if index else "") + _exponent(exponent)


def _exponent(exponent: Number) -> str:
    if exponent == 1:
        return ""
    return str(exponent).translate(_SUPERSCRIPTS) if is_whole(exponent) else f"^({Fraction(exponent)})"


def _letter(label: int) -> str:
    letters, place = (_FREE, label) if label >= 0 else (_SUMMED, -1 - label)
    return letters[place] if place < len(letters) else f"{letters[-1]}{place}"
