"""Readings of an expression as values: a term, how it stands, and what was needed to read it so."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import product as combinations

from derivations.products import Choice, Form, Meaning, multiply
from derivations.tensors import transpose
from derivations.terms import Term, product, shape_text

MOST_READINGS = 24


@dataclass(frozen=True, slots=True)
class Value:
    """One reading of an expression. ``opaque`` is true where an undefined loss took part, ``diagonal`` of a diag(…)."""

    term: Term
    row: bool = False
    gradient: bool = False
    readings: frozenset[str] = frozenset()
    opaque: bool = False
    diagonal: bool = False

    @property
    def form(self) -> Form:
        return Form(self.term.shape, self.row, self.gradient, self.diagonal)


def carry_out(choice: Choice, left: Value, right: Value) -> Value:
    term = multiply(choice.meaning, left.term, right.term)
    readings = left.readings | right.readings | ({choice.reading} if choice.reading else set())
    gradient = choice.form.gradient or (choice.meaning is Meaning.SCALE and (left.gradient or right.gradient))
    return Value(term, choice.form.row, gradient, readings, left.opaque or right.opaque)


def merge(parts: Iterable[Value], term: Term) -> Value:
    parts = list(parts)
    row = any(v.row for v in parts if v.term.rank == 1) and term.rank == 1
    readings = frozenset[str]().union(*(v.readings for v in parts))
    return Value(term, row, False, readings, any(v.opaque for v in parts))


def bounded(options: Sequence[Sequence[Value]]) -> Iterable[tuple[Value, ...]]:
    for count, row in enumerate(combinations(*options)):
        if count >= MOST_READINGS:
            return
        yield row


def flip(value: Value) -> Value:
    if value.term.rank == 1:
        return replace(value, row=not value.row, gradient=False)
    return replace(value, term=transpose(value.term), gradient=False)


def without_unit_axes(value: Value) -> Value:
    """A matrix of one row as a row, and what has one entry as a number."""
    shape = value.term.shape
    kept = tuple(k for k, dim in enumerate(shape) if dim != 1)
    if len(kept) == len(shape):
        return value
    term = product([(value.term, tuple(range(len(shape))))], kept)
    return replace(value, term=term, row=value.row or kept == (1,))


def form_text(value: Value) -> str:
    text = shape_text(value.term.shape)
    return f"({text})ᵀ" if value.row else text
