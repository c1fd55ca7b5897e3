"""The operations of the field, written from primitives: one row each.

A row builds the term from its arguments, which checks the shapes (ShapeError where they do not fit), and says how the
operation is written and where its value or its derivative does not exist. Derivatives, values in every number domain
and proofs need nothing more, for they are those of the primitives: Einstein sums, powers, the functions of
:mod:`derivations.functions`, the operators of :mod:`derivations.operators`, the patterns of
:mod:`derivations.patterns`. Vectors are columns; in matrices of samples, a row is a sample.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import sympy

from derivations.budget import Budget
from derivations.errors import BudgetError
from derivations.functions import FUNCTIONS
from derivations.layers import (
    attention,
    batch_norm,
    convolution1d,
    convolution2d,
    correlation1d,
    correlation2d,
    dropout,
    embedding,
    layer_norm,
)
from derivations.normal_form import prove_equal
from derivations.operators import determinant, inverse, largest, winner
from derivations.patterns import merge
from derivations.reductions import Numeric, frobenius, mean_axis, need, need_rank, over_last, softmax, sum_axis
from derivations.tensors import concatenate, diagonal, hadamard, matmul, outer, total, transpose
from derivations.terms import (
    Dim,
    Term,
    add,
    apply,
    block,
    delta,
    ones,
    power,
    product,
    scale,
    shape_text,
    subtract,
)

HALF = Fraction(1, 2)


# Probabilities and losses


def logsumexp(x: Term) -> Term:
    """log Σ_j exp x_j along the last axis, shape without it."""
    return apply("log", sum_axis(apply("exp", x)))


def log_softmax(x: Term) -> Term:
    """x − logsumexp(x) along the last axis, of the shape of x."""
    return over_last(x, logsumexp(x), subtract)


def cross_entropy(p: Term, y: Term) -> Term:
    """−Σ_i y_i log p_i, a scalar; over several samples, their sum."""
    return scale(-1, total(hadamard(y, apply("log", p))))


def cross_entropy_of_logits(x: Term, y: Term) -> Term:
    """−Σ_i y_i log softmax(x)_i, a scalar; over several samples, their sum."""
    return scale(-1, total(hadamard(y, log_softmax(x))))


def squared_error(x: Term, y: Term) -> Term:
    """½ Σ (x − y)², a scalar."""
    return scale(HALF, total(power(subtract(x, y), 2)))


# Piecewise functions


def greater(a: Term, b: Term) -> Term:
    """[a > b], entry by entry."""
    return apply("step", subtract(a, b))


def at_least(a: Term, b: Term) -> Term:
    """[a ≥ b], entry by entry."""
    return subtract(ones(a.shape), apply("step", subtract(b, a)))


def piecewise(cases: Sequence[tuple[Term, Term]], otherwise: Term) -> Term:
    """The value of the first case whose 0/1 condition is 1, else ``otherwise``; all of one shape."""
    result = otherwise
    for condition, value in reversed(cases):
        result = add(result, hadamard(condition, subtract(value, result)))
    return result


COMPARED: dict[str, Callable[[Term, Term], Term]] = {
    ">": greater,
    "<": lambda a, b: greater(b, a),
    "geq": at_least,
    "leq": lambda a, b: at_least(b, a),
}


def exhaustive(conditions: Sequence[Term]) -> bool:
    """Whether exactly one of several 0/1 conditions always holds, but for ties: their sum is proved to be one."""
    try:
        return prove_equal(add(*conditions), ones(conditions[0].shape), Budget(seconds=1.0)) is not None
    except BudgetError:
        return False


def maximum(a: Term, b: Term) -> Term:
    """The larger of two entries."""
    return add(b, apply("relu", subtract(a, b)))


def minimum(a: Term, b: Term) -> Term:
    """The smaller of two entries."""
    return subtract(a, apply("relu", subtract(a, b)))


def leaky_relu(x: Term, slope: Term | Numeric = Fraction(1, 100)) -> Term:
    """x for x > 0, slope·x elsewhere (Maas, Hannun and Ng 2013)."""
    below = subtract(x, apply("relu", x))
    return add(apply("relu", x), _times(slope, below))


def elu(x: Term, alpha: Term | Numeric = 1) -> Term:
    """x for x > 0, α(exp x − 1) elsewhere (Clevert, Unterthiner and Hochreiter 2016, eq. 15)."""
    below = subtract(apply("exp", subtract(x, apply("relu", x))), ones(x.shape))
    return add(apply("relu", x), _times(alpha, below))


def _times(factor: Term | Numeric, x: Term) -> Term:
    return hadamard(factor, x) if isinstance(factor, Term) else scale(factor, x)


def mod(a: Term, b: Term) -> Term:
    """a − b⌊a/b⌋, with the sign of b."""
    return subtract(a, hadamard(b, apply("floor", hadamard(a, power(b, -1)))))


# Putting together and taking apart


def stack(*parts: Term) -> Term:
    """Terms of one shape along a new first axis."""
    dims = (sympy.S.One,) * len(parts)
    axes = list(range(parts[0].rank))
    placed = [product([(block(dims, k), ("a", "u")), (x, axes)], ["a", *axes]) for k, x in enumerate(parts)]
    return add(*placed)


def part(x: Term, parts: Sequence[Dim], place: int) -> Term:
    """One part of the first axis, which is cut into ``parts``."""
    axes = list(range(1, x.rank))
    return product([(block(tuple(parts), place), ("whole", 0)), (x, ("whole", *axes))], [0, *axes])


def one_hot(place: int, dim: Dim) -> Term:
    """The unit vector with its one at ``place`` (from 0); at least ``place + 1`` entries."""
    before, after = sympy.Integer(place), dim - place - 1
    parts = [d for d in (before, sympy.S.One, after) if d != 0]
    return product([(block(tuple(parts), int(place > 0)), "ij")], "i") if len(parts) > 1 else ones((dim,))


def flatten(x: Term) -> Term:
    """All entries of a matrix row after row, as a vector."""
    need_rank(x, 2)
    return product([(merge(*x.shape), "kij"), (x, "ij")], "k")


def vec(x: Term) -> Term:
    """All entries of a matrix column after column, as a vector."""
    return flatten(transpose(x))


def kronecker(a: Term, b: Term) -> Term:
    """A ⊗ B, shape (rows·rows, columns·columns)."""
    need_rank(a, 2)
    need_rank(b, 2)
    rows, columns = merge(a.shape[0], b.shape[0]), merge(a.shape[1], b.shape[1])
    return product([(rows, "kip"), (columns, "ljq"), (a, "ij"), (b, "pq")], "kl")


def trace(x: Term) -> Term:
    """Σ_i x_ii of a square matrix."""
    need_rank(x, 2)
    need(x.shape[0] == x.shape[1], f"a square matrix is needed, not {shape_text(x.shape)}")
    return product([(x, "ii")], "")


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation: how it is built and written, shapes that fit as an example, and where it is undefined.

    ``shapes`` are sizes by name or number, one tuple an argument; ``positive`` says that arguments must be positive.
    """

    build: Callable[..., Term]
    latex: str
    shapes: tuple[tuple[Any, ...], ...]
    condition: str = ""
    positive: bool = False


N = ("n",)
OPERATIONS: dict[str, Operation] = {
    "sum": Operation(total, r"\sum {0}", (N,)),
    "sum_axis": Operation(sum_axis, r"\sum_j {0}_{{ij}}", (("n", "m"),)),
    "mean_axis": Operation(mean_axis, r"\frac{{1}}{{m}} \sum_j {0}_{{ij}}", (("n", "m"),)),
    "matmul": Operation(matmul, "{0} {1}", (("n", "m"), ("m", "k"))),
    "hadamard": Operation(hadamard, r"{0} \odot {1}", (N, N)),
    "outer": Operation(outer, r"{0} {1}^\top", (N, ("m",))),
    "transpose": Operation(transpose, r"{0}^\top", (("n", "m"),)),
    "diag": Operation(diagonal, r"\operatorname{{diag}}({0})", (N,)),
    "trace": Operation(trace, r"\operatorname{{tr}}({0})", (("n", "n"),)),
    "inverse": Operation(inverse, "{0}^{{-1}}", (("n", "n"),), "the matrix is invertible"),
    "det": Operation(determinant, r"\det({0})", (("n", "n"),), "the matrix is invertible"),
    "sqrt": Operation(lambda x: power(x, HALF), r"\sqrt{{{0}}}", (N,), "the argument is positive", True),
    "norm": Operation(frobenius, r"\lVert {0} \rVert", (N,), "the argument is not zero"),
    "frobenius": Operation(frobenius, r"\lVert {0} \rVert_F", (("n", "m"),), "the argument is not zero"),
    "softmax": Operation(softmax, r"\operatorname{{softmax}}({0})", (N,)),
    "log_softmax": Operation(log_softmax, r"\operatorname{{log\,softmax}}({0})", (N,)),
    "logsumexp": Operation(logsumexp, r"\operatorname{{logsumexp}}({0})", (N,)),
    "cross_entropy": Operation(
        cross_entropy, r"-\sum_i {1}_i \log {0}_i", (N, N), "the first argument is positive", True
    ),
    "cross_entropy_of_logits": Operation(
        cross_entropy_of_logits, r"-\sum_i {1}_i \log \operatorname{{softmax}}({0})_i", (N, N)
    ),
    "squared_error": Operation(squared_error, r"\frac{{1}}{{2}} \lVert {0} - {1} \rVert^2", (N, N)),
    "greater": Operation(greater, "[{0} > {1}]", (N, N), "the arguments differ"),
    "at_least": Operation(at_least, r"[{0} \ge {1}]", (N, N), "the arguments differ"),
    "maximum": Operation(maximum, r"\max({0}, {1})", (N, N), "the arguments differ"),
    "minimum": Operation(minimum, r"\min({0}, {1})", (N, N), "the arguments differ"),
    "max": Operation(largest, r"\max({0})", (N,), "one entry is the largest"),
    "winner": Operation(winner, r"\operatorname{{onehot}}(\arg\max({0}))", (N,), "one entry is the largest"),
    "leaky_relu": Operation(leaky_relu, r"\operatorname{{LeakyReLU}}({0})", (N,), "no entry is zero"),
    "elu": Operation(elu, r"\operatorname{{ELU}}({0})", (N,), "no entry is zero"),
    "mod": Operation(mod, r"{0} \bmod {1}", (N, N), "the quotient is no integer", True),
    "concatenate": Operation(lambda *x: concatenate(x), "[{0}, {1}]", (N, ("m",))),
    "stack": Operation(stack, r"\begin{{bmatrix}} {0}^\top \\ {1}^\top \end{{bmatrix}}", (N, N)),
    "slice": Operation(
        lambda x: part(x, (sympy.Integer(2), x.shape[0] - 2), 1), "{0}_{{2:}}", (N,), "there are more than two entries"
    ),
    "one_hot": Operation(lambda x: hadamard(one_hot(1, x.shape[0]), x), "e_1", (N,), "there are more than two entries"),
    "delta": Operation(lambda x: hadamard(delta(x.shape[0]), x), r"\delta_{{ij}}", (("n", "n"),)),
    "flatten": Operation(flatten, r"\operatorname{{flatten}}({0})", (("n", "m"),)),
    "vec": Operation(vec, r"\operatorname{{vec}}({0})", (("n", "m"),)),
    "kronecker": Operation(kronecker, r"{0} \otimes {1}", (("n", "m"), ("p", "q"))),
    "correlation1d": Operation(lambda x, w: correlation1d(x, w, 2, 1), r"{0} \star {1}", ((7,), (3,))),
    "correlation2d": Operation(lambda x, w: correlation2d(x, w, 2, 1), r"{0} \star {1}", ((5, 6), (3, 2))),
    "convolution1d": Operation(lambda x, w: convolution1d(x, w, 1, 1), "{0} * {1}", ((6,), (3,))),
    "convolution2d": Operation(lambda x, w: convolution2d(x, w, 1, 1), "{0} * {1}", ((5, 6), (3, 2))),
    "batch_norm": Operation(
        lambda x, g, b: batch_norm(x, g, b, Fraction(1, 1000)),
        r"\operatorname{{BatchNorm}}({0})",
        (("m", "n"), N, N),
    ),
    "layer_norm": Operation(
        lambda x, g, b: layer_norm(x, g, b, Fraction(1, 1000)),
        r"\operatorname{{LayerNorm}}({0})",
        (("m", "n"), N, N),
    ),
    "attention": Operation(
        attention,
        r"\operatorname{{softmax}}\left(\frac{{{0} {1}^\top}}{{\sqrt{{d}}}}\right) {2}",
        (("m", "d"), ("n", "d"), ("n", "k")),
    ),
    "embedding": Operation(embedding, r"{0}^\top {1}", (("v", "d"), ("v",))),
    "dropout": Operation(dropout, r"\frac{{{1} \odot {0}}}{{1 - p}}", (N, N)),
    **{
        name: Operation(
            lambda x, f=name: apply(f, x),
            row.latex.replace("{", "{{").replace("}", "}}") + "({0})",
            (N,),
            row.kink and f"no entry {row.kink}",
            name == "log",
        )
        for name, row in FUNCTIONS.items()
    },
}
