"""How far a number speaks that is written down: ``0.6225`` to half a unit of its fourth decimal."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Final

from derivations.reading import surface as s
from derivations.reading.places import Source

SPACING: Final = re.compile(r"\\[,;:! ]|[{}\s]")
WRITTEN: Final = re.compile(r"(\d[\d,]*?|)(?:[.,](\d+))?(?:[eE]([-+]?\d{1,3}))?(\\?%)?")
FIRM: Final = 2
"""From so many significant digits on, the last digit of a whole number is taken for a rounded one."""
TEN: Final = Fraction(10)


@dataclass(frozen=True, slots=True)
class Written:
    """A number with the unit of its last digit, and how many significant digits it shows."""

    value: Fraction
    unit: Fraction
    digits: int
    decimals: bool

    @property
    def sure(self) -> Fraction:
        """What deviates by no more is surely meant: half a unit; less where a whole number shows a single digit."""
        return self.unit / 2 if self.decimals or self.digits >= FIRM else self.unit / 20


Digits = tuple[Written, ...]
"""The entries of a side that is numbers alone, row after row."""


def written(node: s.Node, source: Source) -> Written | None:
    """A side that is nothing but a number as it stands; None where it is something else."""
    match node:
        case s.Number():
            return _plain(node, source)
        case s.Group():
            return written(node.inner, source)
        case s.Neg():
            inner = written(node.argument, source)
            return None if inner is None else replace(inner, value=-inner.value)
        case s.Mul() if len(node.factors) == 2 and node.operators[0] in ("times", "cdot"):
            return _scientific(*node.factors, source)
    return None


def digits_of(node: s.Node, source: Source) -> Digits | None:
    """The digits of a number, or of every entry of a matrix of numbers; None for anything else."""
    match node:
        case s.Group():
            return digits_of(node.inner, source)
        case s.Transposed():
            return digits_of(node.argument, source)
        case s.Matrix() | s.Concat():
            entries = [written(entry, source) for entry in node.children()]
            return None if None in entries or not entries else tuple(x for x in entries if x is not None)
    single = written(node, source)
    return None if single is None else (single,)


def _plain(node: s.Number, source: Source) -> Written | None:
    """The digits of a number in the text; None where the text shows none, as in a macro, or others than were read."""
    found = WRITTEN.fullmatch(SPACING.sub("", source.slice(node.span)))
    if found is None:
        return None
    whole, places, exponent, percent = found.groups()
    unit = TEN ** (int(exponent or 0) - len(places or "") - (2 if percent else 0))
    read = _counted(whole.replace(",", ""), places or "", unit)
    if read.value != node.value and places and len(places) == 3:  # 320,800 has a comma between thousands
        read = _counted(whole.replace(",", "") + places, "", unit * 1000)
    return read if read.value == node.value else None


def _counted(whole: str, places: str, unit: Fraction) -> Written:
    digits = (whole + places).lstrip("0")
    value = int(digits or "0") * unit
    if places:
        return Written(value, unit, len(digits), True)
    shown = digits.rstrip("0")
    return Written(value, unit * TEN ** (len(digits) - len(shown)), len(shown), False)


def _scientific(mantissa: s.Node, scale: s.Node, source: Source) -> Written | None:
    first = written(mantissa, source)
    power = _power_of_ten(scale)
    if first is None or power is None:
        return None
    return replace(first, value=first.value * power, unit=first.unit * power)


def _power_of_ten(node: s.Node) -> Fraction | None:
    if not isinstance(node, s.Raise) or not isinstance(node.base, s.Number) or node.base.value != TEN:
        return None
    negative, inner = isinstance(node.exponent, s.Neg), node.exponent
    inner = inner.argument if isinstance(inner, s.Neg) else inner
    if not isinstance(inner, s.Number) or inner.value.denominator != 1 or inner.value > 300:
        return None
    return TEN ** int(-inner.value if negative else inner.value)
