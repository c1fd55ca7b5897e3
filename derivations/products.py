"""What a product sign means between two shapes: one table for inference and for elaboration."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from functools import lru_cache
from typing import TypeVar

from derivations.tensors import hadamard, matmul, outer
from derivations.terms import Dim, Shape, Term, product

T = TypeVar("T")
Same = Callable[[Dim, Dim], bool]

ELEMENTWISE_SIGNS = frozenset({"odot", "otimes", "circ"})
OUTER = "columns side by side read as an outer product"
BEFORE_DIAGONAL = "a column written before a diagonal matrix"
GRADIENT_ROW = "the gradient of a scalar read as a row"
GRADIENT_COLUMN = "the gradient of a scalar read as a column"
TENSOR = "⊗ read as the elementwise product"
SAME_SHAPE = "a product sign between matrices of one shape read as elementwise"
ADDED = "a number is added to every entry"
ENTRIES = "a power of a matrix that is not square read as elementwise"

AGAINST = "a product sign read in another way than declared"


class Meaning(Enum):
    """An operation between two tensors."""

    SCALE = "scale"
    CONTRACT = "contract the last axis of the left with the first of the right"
    HADAMARD = "elementwise"
    OUTER = "outer"


@dataclass(frozen=True, slots=True)
class Form:
    """The shape of a value and how it stands: as a row or a column; a gradient of a scalar may stand as either."""

    shape: Shape
    row: bool = False
    gradient: bool = False
    diagonal: bool = False

    @property
    def kind(self) -> str:
        if len(self.shape) == 1:
            return "row" if self.row else "column"
        return ("scalar", "column", "matrix")[len(self.shape)] if len(self.shape) < 3 else "tensor"


@dataclass(frozen=True, slots=True)
class Choice:
    """One meaning of a product, the form of its result, and the reading that it takes (empty for none)."""

    meaning: Meaning
    form: Form
    reading: str = ""


def choices(left: Form, right: Form, operator: str, same: Same) -> list[Choice]:
    """Every meaning that ``operator`` can have between two forms, the most natural first; empty where none fits."""
    if not left.shape or not right.shape:
        other = left if left.shape else right
        return [Choice(Meaning.SCALE, other)]
    if operator in CALLED:
        return CALLED[operator](left, right, same)
    if operator in ELEMENTWISE_SIGNS:
        return _elementwise(left, right, same) + (_outer(left, right) if operator == "otimes" else [])
    if not operator and left.kind == right.kind == "row":
        return _elementwise(left, right, same)
    rule = _PLAIN.get((left.kind, right.kind))
    return rule(left, right, same) if rule else []


def _inner(left: Form, right: Form, same: Same) -> list[Choice]:
    return [Choice(Meaning.CONTRACT, Form(()))] if _elementwise(left, right, same) and len(left.shape) == 1 else []


def _matrix(left: Form, right: Form, same: Same) -> list[Choice]:
    if (left.kind, right.kind) in (("column", "column"), ("row", "row")):
        return []
    plain = _PLAIN.get((left.kind, right.kind))
    return [x for x in plain(left, right, same) if x.meaning is not Meaning.HADAMARD] if plain else []


def _elementwise(left: Form, right: Form, same: Same, reading: str = "") -> list[Choice]:
    if len(left.shape) != len(right.shape) or left.kind != right.kind:
        return []
    if not all(same(a, b) for a, b in zip(left.shape, right.shape, strict=True)):
        return []
    return [Choice(Meaning.HADAMARD, Form(left.shape, left.row, left.gradient or right.gradient), reading)]


def _outer(left: Form, right: Form, reading: str = "") -> list[Choice]:
    if len(left.shape) != 1 or len(right.shape) != 1:
        return []
    return [Choice(Meaning.OUTER, Form(left.shape + right.shape), reading)]


def _contract(left: Form, right: Form, same: Same, reading: str = "") -> list[Choice]:
    if not same(left.shape[-1], right.shape[0]):
        return []
    shape = left.shape[:-1] + right.shape[1:]
    return [Choice(Meaning.CONTRACT, Form(shape, left.kind == "row" and not left.gradient, left.gradient), reading)]


def _columns(left: Form, right: Form, same: Same) -> list[Choice]:
    return _elementwise(left, right, same) or _outer(left, right, OUTER)


def _matrices(left: Form, right: Form, same: Same) -> list[Choice]:
    return _contract(left, right, same) or _elementwise(left, right, same, SAME_SHAPE)


def _gradient_first(left: Form, right: Form, same: Same) -> list[Choice]:
    """A column before a matrix fits if that is a single row, or if it is a gradient, in numerator layout a row.

    Before a diagonal matrix a column is the same as behind it.
    """
    if right.diagonal and not left.gradient:
        return _contract(left, right, same, BEFORE_DIAGONAL)
    if right.shape[0] == 1 and len(right.shape) == 2:
        return [Choice(Meaning.CONTRACT, Form(left.shape + right.shape[1:]))]
    return _contract(left, right, same, GRADIENT_ROW) if left.gradient else []


def _gradient_last(left: Form, right: Form, same: Same) -> list[Choice]:
    """A matrix before a row fits if that is a gradient, in denominator layout a column."""
    return _contract(left, right, same, GRADIENT_COLUMN) if right.gradient else []


_PLAIN: dict[tuple[str, str], Callable[[Form, Form, Same], list[Choice]]] = {
    ("matrix", "matrix"): _matrices,
    ("matrix", "column"): _contract,
    ("matrix", "tensor"): _contract,
    ("matrix", "row"): _gradient_last,
    ("row", "matrix"): _contract,
    ("row", "tensor"): _contract,
    ("row", "column"): _contract,
    ("row", "row"): lambda left, right, same: _elementwise(left, right, same) or _outer(left, right, OUTER),
    ("column", "row"): lambda left, right, same: _outer(left, right),
    ("column", "column"): _columns,
    ("column", "matrix"): _gradient_first,
    ("column", "tensor"): _contract,
}


CALLED: dict[str, Callable[[Form, Form, Same], list[Choice]]] = {
    "dot": lambda left, right, same: _inner(left, right, same) or _matrix(left, right, same),
    "multiply": _elementwise,
    "outer": lambda left, right, same: _outer(left, right),
}
"""What the products of NumPy mean, which are written as calls and have no other meaning."""


DECLARED: dict[str, Callable[[Form, Form, Same], list[Choice]]] = {
    "elementwise": _elementwise,
    "matrix": _matrix,
    "outer": lambda left, right, same: _outer(left, right),
    "inner": _inner,
}
"""What a product sign means where the sheet declares it."""


Plan = tuple[int, ...]
"""The order in which the signs of a row of factors are carried out, as positions."""


@dataclass(frozen=True, slots=True)
class Signs:
    """The product signs of one sheet; ``declared`` maps an operator to the meaning that the sheet declares.

    ``tensor`` says that ⊗ may be the outer product: no definition of a vector uses it; ``outer`` that it is, since one
    of a matrix does.
    """

    declared: Mapping[str, str] = field(default_factory=dict)
    tensor: bool = False
    outer: bool = False

    def choices(self, left: Form, right: Form, operator: str, same: Same) -> list[Choice]:
        """As :func:`choices`; where a meaning is declared that fits, that one alone, else the others with a note."""
        if operator not in self.declared or not left.shape or not right.shape:
            found = choices(left, right, operator, same)
            if self.tensor and operator == "otimes" and len(left.shape) == 1:
                found = [replace(x, reading=TENSOR) if x.meaning is Meaning.HADAMARD else x for x in found]
            return sorted(found, key=lambda x: x.reading == TENSOR) if self.outer else found
        meant = DECLARED[self.declared[operator]](left, right, same)
        return meant or [replace(x, reading=AGAINST) for x in choices(left, right, operator, same)]

    def may_be_outer(self, operator: str) -> bool:
        """Whether a sign may stand between the two parts of an outer product."""
        return operator not in ("odot", "circ", "dot", "multiply") and self.declared.get(operator, "outer") == "outer"

    def plans(self, operators: Sequence[str]) -> tuple[Plan, ...]:
        """As :func:`plans`, with the signs that are declared elementwise among those."""
        elementwise = {sign for sign, meant in self.declared.items() if sign and meant == "elementwise"}
        return plans(tuple(operators), ELEMENTWISE_SIGNS | elementwise)


@lru_cache(maxsize=1024)
def plans(operators: tuple[str, ...], elementwise: frozenset[str] = ELEMENTWISE_SIGNS) -> tuple[Plan, ...]:
    """The orders that people mean, the most natural first.

    Factors side by side bind before any sign (``a ⊙ Wᵀ b``); else plain signs before elementwise ones; else strictly
    from left to right (``a ⊙ b cᵀ`` for columns a, b, c).
    """
    places = range(len(operators))
    found = [
        sorted(places, key=lambda k: (operators[k] != "", k)),
        sorted(places, key=lambda k: ((operators[k] != "") + (operators[k] in elementwise), k)),
        list(places),
    ]
    return tuple(dict.fromkeys(map(tuple, found)))


def fold(
    items: Sequence[T], operators: Sequence[str], plan: Plan, combine: Callable[[T, T, str], T | None]
) -> T | None:
    """The product of a row, its signs carried out in the order of ``plan``; None where ``combine`` finds no meaning."""
    values = list(items)
    owner = list(range(len(values)))
    for place in plan:
        left, right = owner[place], owner[place + 1]
        merged = combine(values[left], values[right], operators[place])
        if merged is None:
            return None
        values[left] = merged
        owner = [left if x == right else x for x in owner]
    return values[owner[0]]


def multiply(meaning: Meaning, left: Term, right: Term) -> Term:
    """Carry out a product in the chosen meaning."""
    if meaning in (Meaning.SCALE, Meaning.HADAMARD):
        return hadamard(left, right)
    if meaning is Meaning.CONTRACT and right.rank == 2 and right.shape[0] == 1 != left.shape[-1]:
        return product([(left, "i"), (right, ("one", "j"))], "ij")
    return matmul(left, right) if meaning is Meaning.CONTRACT else outer(left, right)
