"""Random terms, random rewritings that keep their value, and an evaluator of its own, for property tests."""

from __future__ import annotations

from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from derivations.tensors import hadamard, spread, total
from derivations.terms import (
    Apply,
    Block,
    Delta,
    Dim,
    Power,
    Product,
    Shape,
    Size,
    Sum,
    Term,
    add,
    apply,
    block,
    delta,
    dimension,
    number,
    ones,
    power,
    product,
    scale,
    size,
    subtract,
    var,
)
from derivations.traverse import postorder, rebuild

N, D, ONE = dimension("n"), dimension("d"), dimension(1)
PARTS = {N + D: (N, D), N + 1: (N, ONE), 2 * N: (N, N)}
Array = NDArray[np.float64]
VARIABLES: dict[Shape, str] = {
    (): "stu",
    (N,): "xyz",
    (D,): "hk",
    (N, N): "AB",
    (N, D): "WV",
    (D, N): "M",
    (D, D): "Q",
    (N + D,): "c",
    (N + 1,): "b",
    (2 * N,): "a",
    (ONE,): "o",
    (N, ONE): "R",
    (ONE, N): "L",
    (N, N, D): "G",
}
FUNCTIONS = ("sigma", "tanh", "exp", "sin", "cos", "f")
EXPONENTS = (Fraction(2), Fraction(3), Fraction(-1), Fraction(-2), Fraction(1, 2), Fraction(-1, 2))


def random_term(random: Random, shape: Shape, depth: int) -> Term:
    """A term of a shape, with every kind of node."""
    kind = random.random()
    if depth == 0 or kind < 0.1:
        return random_leaf(random, shape)
    if kind < 0.35:
        return add(*(random_term(random, shape, depth - 1) for _ in range(random.choice((2, 2, 3)))))
    if kind < 0.7:
        return random_product(random, shape, depth)
    if kind < 0.88:
        name = random.choice(FUNCTIONS if depth > 1 else (*FUNCTIONS, "log"))
        return apply(name, random_term(random, shape, depth - 1))
    return power(random_term(random, shape, depth - 1), random.choice(EXPONENTS))


def random_formula(random: Random, shape: Shape, depth: int) -> Term:
    """A formula of scalars and one kind of vector, rich in quotients, roots, exponentials and logarithms."""
    kind = random.random()
    if depth == 0 or kind < 0.1:
        numbers = [number(value) for value in (1, 2, -1, Fraction(1, 2))]
        scalar = random.choice([*map(var, "stu"), *numbers, size(N)])
        return scale(random.choice((1, 1, 2, -1)), var(random.choice("xyz"), N)) if shape else scalar
    if kind < 0.35:
        return add(random_formula(random, shape, depth - 1), random_formula(random, shape, depth - 1))
    if kind < 0.5:
        return hadamard(random_formula(random, shape, depth - 1), random_formula(random, shape, depth - 1))
    if kind < 0.7:
        return power(
            random_formula(random, shape, depth - 1), random.choice((*EXPONENTS, Fraction(-1), Fraction(1, 3)))
        )
    if kind < 0.85:
        name = random.choice(("exp", "exp", "log", "sigma", "tanh", "sin"))
        return apply(name, random_formula(random, shape, depth - 1))
    if shape:
        return spread(random_formula(random, (), depth - 1), shape)
    return total(random_formula(random, (N,), depth - 1))


def random_leaf(random: Random, shape: Shape) -> Term:
    kind = random.random()
    if kind < 0.12:
        return number(Fraction(random.randint(-3, 3), random.choice((1, 1, 2))), shape)
    if not shape and kind < 0.2:
        return size(random.choice((N, D, N + D)))
    if len(shape) == 2 and shape[0] == shape[1] and kind < 0.3:
        return delta(shape[0])
    if shape in VARIABLES:
        return scale(random.choice((1, 1, 1, -1, 2)), var(random.choice(VARIABLES[shape]), *shape))
    return random_product(random, shape, 1)


def random_product(random: Random, shape: Shape, depth: int) -> Term:
    """An Einstein sum with labels drawn at random; broadcast axes and repeated labels included."""
    dims: dict[Any, Dim] = dict(enumerate(shape))
    for extra in range(random.choice((0, 0, 1, 1, 2))):
        dims[len(shape) + extra] = random.choice((N, N, D, ONE))
    factors: list[tuple[Term, tuple[Any, ...]]] = []
    for _ in range(random.choice((1, 2, 2, 3))):
        labels = tuple(random.choice(list(dims)) for _ in range(random.choice((0, 1, 1, 2, 2, 3)) if dims else 0))
        inner = tuple(dims[label] for label in labels)
        factors.append(
            (random_term(random, inner, depth - 1), labels)
            if len(inner) < 2 or inner in VARIABLES
            else (ones(inner), labels)
        )
    for label, dim in list(dims.items()):
        if dim in PARTS and random.random() < 0.8:
            place = random.randrange(2)
            factors.append((block(PARTS[dim], place), (label, "part")))
            factors.append((random_term(random, (PARTS[dim][place],), depth - 1), ("part",)))
    return product(factors, range(len(shape)), dims)


def rewritten(random: Random, root: Term, chance: float = 0.5) -> Term:
    """Another term with the same value wherever both are defined."""
    done: dict[Term, Term] = {}
    for term in postorder([root]):
        fresh = rebuild(term, [done[child] for child in term.children])
        done[term] = one_rewriting(random, fresh) if random.random() < chance else fresh
    return done[root]


def one_rewriting(random: Random, term: Term) -> Term:
    if isinstance(term, Sum) and len(term.addends) > 1:
        addends = [scale(value, addend) for value, addend in term.addends]
        random.shuffle(addends)
        return add(addends[0], add(*addends[1:]))
    if isinstance(term, Product) and term.factors:
        return _product_rewritten(random, term)
    if isinstance(term, Apply):
        return _function_rewritten(random, term)
    if isinstance(term, Power) and term.exponent in (2, 3):
        return hadamard(*[term.base] * int(term.exponent))
    if term.rank == 2 and random.random() < 0.5:
        return product([(term, "ab"), (delta(term.shape[1]), "bc")], "ac")
    other = random_leaf(random, term.shape)
    return add(subtract(term, other), other)


def _product_rewritten(random: Random, term: Product) -> Term:
    factors: list[tuple[Term, tuple[int, ...]]] = list(term.factors)
    random.shuffle(factors)
    dims: dict[Any, Dim] = dict(enumerate(term.label_dims))
    out = range(term.rank)
    sums = [k for k, (factor, _) in enumerate(factors) if isinstance(factor, Sum) and len(factor.addends) > 1]
    if sums and random.random() < 0.7:
        place = random.choice(sums)
        inner, labels = factors[place]
        assert isinstance(inner, Sum)
        rest = factors[:place] + factors[place + 1 :]
        return add(*(scale(q, product([*rest, (part, labels)], out, dims)) for q, part in inner.addends))
    if len(factors) > 2:
        pair, rest = factors[:2], factors[2:]
        kept = sorted({x for _, ls in pair for x in ls if x < term.rank or any(x in other for _, other in rest)})
        return product([(product(pair, kept, dims), kept), *rest], out, dims)
    return product(factors, out, dims)


def _function_rewritten(random: Random, term: Apply) -> Term:
    negative = apply(term.function, scale(-1, term.argument))
    if term.function == "sigma":
        return subtract(ones(term.shape), negative)
    if term.function in ("tanh", "sin"):
        return scale(-1, negative)
    if term.function == "cos":
        return negative
    if term.function == "exp" and isinstance(term.argument, Sum) and term.argument.addends:
        return hadamard(*(apply("exp", scale(q, part)) for q, part in term.argument.addends))
    return term


def mutated(random: Random, root: Term) -> Term:
    """The term with one node changed; the value is the same only by accident."""
    order = list(postorder([root]))
    victim = random.choice(order)
    done: dict[Term, Term] = {}
    for term in order:
        fresh = rebuild(term, [done[child] for child in term.children])
        done[term] = _mutation(random, fresh) if term is victim else fresh
    return done[root]


def _mutation(random: Random, term: Term) -> Term:
    if isinstance(term, Product) and len(term.label_dims) > 1 and random.random() < 0.7:
        dims = term.label_dims
        one, other = random.sample(range(len(dims)), 2)
        if dims[one] == dims[other]:
            place = random.randrange(len(term.factors)) if term.factors else 0
            factors = [
                (factor, tuple(other if x == one and k == place else x for x in labels))
                for k, (factor, labels) in enumerate(term.factors)
            ]
            return product(factors, range(term.rank), dict(enumerate(dims)))
    if isinstance(term, Sum) and term.addends:
        return add(*(scale(random.choice((-1, 1, 1, 2)) * q, part) for q, part in term.addends))
    if isinstance(term, Power):
        return power(term.base, random.choice(EXPONENTS))
    if isinstance(term, Apply):
        return apply(random.choice(FUNCTIONS), term.argument)
    if term.rank == 2 and term.shape[0] == term.shape[1]:
        return product([(term, "ab")], "ba")
    return random_leaf(random, term.shape)


class Evaluator:
    """Float values at one random point, with sizes for the dimensions; ``largest`` is the largest value met."""

    def __init__(self, seed: int, sizes: dict[str, int], positive: bool) -> None:
        self.seed, self.sizes, self.positive = seed, sizes, positive
        self.largest = 0.0

    def __call__(self, root: Term) -> Array:
        values: dict[Term, Array] = {}
        with np.errstate(all="ignore"):
            for term in postorder([root]):
                values[term] = self._value(term, values)
                finite = np.abs(values[term][np.isfinite(values[term])])
                self.largest = max(self.largest, float(finite.max(initial=0.0)))
        return values[root]

    def _shape(self, shape: Shape) -> tuple[int, ...]:
        return tuple(int(dim.subs({s: self.sizes[s.name] for s in dim.free_symbols})) for dim in shape)

    def _value(self, term: Term, values: dict[Term, Array]) -> Array:
        shape = self._shape(term.shape)
        if isinstance(term, Delta):
            return np.eye(shape[0])
        if isinstance(term, Size):
            return np.asarray(float(self._shape((term.dim,))[0]))
        if isinstance(term, Block):
            start = sum(self._shape(term.parts[: term.place]))
            return np.eye(shape[0])[:, start : start + shape[1]]
        if isinstance(term, Sum):
            return np.asarray(sum((float(q) * values[part] for q, part in term.addends), np.zeros(shape)))
        if isinstance(term, Product):
            return self._einsum(term, values)
        if isinstance(term, Apply):
            return _REAL[term.function](values[term.argument])
        if isinstance(term, Power):
            return np.asarray(np.power(values[term.base], float(term.exponent)))
        draws = np.random.default_rng([self.seed, *term.digest]).uniform(-1.5, 1.5, shape)
        return np.asarray(np.abs(draws) if self.positive else draws)

    def _einsum(self, term: Product, values: dict[Term, Array]) -> Array:
        whole = self._shape(term.label_dims)
        result = np.ones(whole)
        for factor, labels in term.factors:
            spread = np.einsum(values[factor], list(labels), sorted(set(labels)))
            index = tuple(slice(None) if x in labels else None for x in range(len(whole)))
            result = result * spread[index]
        return np.asarray(result.sum(axis=tuple(range(term.rank, len(whole)))))


_REAL: dict[str, Any] = {
    "sigma": lambda a: 1 / (1 + np.exp(-a)),
    "tanh": np.tanh,
    "exp": np.exp,
    "log": np.log,
    "sin": np.sin,
    "cos": np.cos,
    "step": lambda a: np.heaviside(a, 0.0),
    "f": lambda a: np.cos(a) + a / 3,
}
POINTS = [
    ({"n": 2, "d": 3}, False),
    ({"n": 3, "d": 2}, True),
    ({"n": 2, "d": 2}, True),
    ({"n": 1, "d": 3}, False),
    ({"n": 3, "d": 1}, True),
]


def agree(left: Term, right: Term, seed: int) -> bool:
    """Whether two terms have the same finite values at random points (points where rounding may rule do not count)."""
    for sizes, positive in POINTS:
        evaluate = Evaluator(seed, sizes, positive)
        one, other = evaluate(left), evaluate(right)
        both = np.isfinite(one) & np.isfinite(other)
        if evaluate.largest < 1e5 and not np.allclose(one[both], other[both], rtol=1e-6, atol=1e-8):
            return False
    return True
