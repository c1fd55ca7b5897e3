"""Unification over dimensions."""

from __future__ import annotations

import pytest

from derivations.errors import ShapeError
from derivations.shapes import Dimensions
from derivations.terms import dimension

n, d = dimension("n"), dimension("d")


def test_an_unknown_takes_the_dimension_it_meets() -> None:
    dims = Dimensions()
    (unknown,) = dims.fresh(1)
    dims.unify((unknown,), (n,))
    assert dims.shape((unknown,)) == (n,)


def test_a_sum_with_one_unknown_is_solved() -> None:
    dims = Dimensions()
    (unknown,) = dims.fresh(1)
    dims.unify((n + unknown,), (n + d,))
    assert dims.resolve(unknown) == d


def test_two_unknowns_wait_until_one_is_known() -> None:
    dims = Dimensions()
    a, b = dims.fresh(2)
    dims.unify((a + b,), (n + d,))
    dims.unify((a,), (n,))
    dims.settle()
    assert dims.resolve(b) == d


def test_clashes_are_refused() -> None:
    dims = Dimensions()
    with pytest.raises(ShapeError, match="n against d"):
        dims.unify((n,), (d,))
    with pytest.raises(ShapeError):
        dims.unify((n,), (n, d))
    (unknown,) = dims.fresh(1)
    with pytest.raises(ShapeError):
        dims.unify((unknown + n,), (unknown,))
    dims.unify((unknown,), (dimension(3),))
    with pytest.raises(ShapeError):
        dims.unify((unknown,), (dimension(4),))


def test_unknowns_are_named_by_wish_then_by_the_next_free_letter() -> None:
    dims = Dimensions()
    a, b, c = dims.fresh(3)
    dims.name_unknowns([(b, "n")], set())
    dims.name_rest([a, b, c], {"n"})
    assert [str(dims.resolve(x)) for x in (a, b, c)] == ["d", "n", "m"]
