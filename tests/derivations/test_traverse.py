"""Walks over terms: each term once, children first, in the order of one walk over all roots."""

from __future__ import annotations

import copy
import pickle
from collections.abc import Iterator, Sequence
from random import Random
from weakref import ref

import pytest
from term_samples import D, N, random_formula

from derivations.terms import Term, apply, block, delta, size, var
from derivations.traverse import free_variables, postorder


def _one_walk(roots: Sequence[Term], seen: set[Term]) -> Iterator[Term]:
    for root in roots:
        if root not in seen:
            seen.add(root)
            yield from _one_walk(root.children, seen)
            yield root


@pytest.mark.parametrize("seed", range(40))
def test_the_order_is_that_of_one_walk(seed: int) -> None:
    random = Random(seed)
    roots = [random_formula(random, (N,), 4) for _ in range(3)]
    roots.insert(1, random.choice(list(postorder(roots))))
    assert list(postorder(roots)) == list(_one_walk(roots, set()))
    for root in roots:
        assert list(postorder([root])) == list(_one_walk([root], set()))
    assert not list(postorder([]))


def test_a_term_goes_with_its_last_user() -> None:
    term = apply("sigma", var("only here", "n"))
    assert [x.name for x in free_variables([term])] == ["only here"]
    gone = ref(term)
    del term
    assert gone() is None


@pytest.mark.parametrize("seed", range(40))
def test_a_copy_of_a_term_is_the_term(seed: int) -> None:
    root = random_formula(Random(seed), (N,), 4)
    parts = [root, delta(N), block((N, D), 1), size(2 * N), *postorder([root])]
    assert all(one is other for one, other in zip(pickle.loads(pickle.dumps(parts)), parts, strict=True))
    assert copy.deepcopy(root) is root
