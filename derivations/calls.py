"""What the functions of a sheet stand for that are not elementwise functions of one argument, and exponents."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from fractions import Fraction

from derivations.measures import REVERSED
from derivations.operations import OPERATIONS, cross_entropy, elu, leaky_relu, logsumexp, maximum, minimum, trace
from derivations.operators import determinant, largest
from derivations.reading import surface as s
from derivations.reading.numpy_calls import UNORIENTED
from derivations.reductions import frobenius, mean_axis, softmax, sum_axis
from derivations.tensors import concatenate, diagonal, hadamard, spread, total
from derivations.terms import Term, add, apply, ones, power, product, scale, subtract
from derivations.world import MisfitError, UnclearError

HALF = Fraction(1, 2)


class Result(Enum):
    """The shape of a value: that of the arguments, a number, a column of all entries, or vector and matrix swapped."""

    SAME = "same"
    REDUCED = "a number for one argument, else the same"
    SCALAR = "scalar"
    COLUMN = "column"
    DIAGONAL = "diagonal"
    ROWS = "a number for each row of a matrix, as a column"
    COLUMNS = "a number for each column of a matrix, as a row"
    UNORIENTED = "a vector that stands as a row or as a column"


@dataclass(frozen=True, slots=True)
class Calling:
    """A function by name: how it is built, the shape of its value, and the numbers of arguments that it takes."""

    build: Callable[..., Term]
    result: Result = Result.SAME
    arguments: tuple[int, ...] = (1,)
    vector_only: bool = False


def rational(node: s.Node) -> Fraction | None:
    """The rational number that an expression of numbers alone stands for."""
    match node:
        case s.Number():
            return node.value
        case s.Group():
            return rational(node.inner)
        case s.Neg():
            inner = rational(node.argument)
            return None if inner is None else -inner
        case s.Divide():
            over, under = rational(node.numerator), rational(node.denominator)
            return over / under if over is not None and under else None
    return None


def _diag(term: Term) -> Term:
    return diagonal(term) if term.rank == 1 else product([(term, "ii")], "i")


def _cosh(term: Term) -> Term:
    return add(scale(HALF, apply("exp", term)), scale(HALF, apply("exp", scale(-1, term))))


def _sinh(term: Term) -> Term:
    return subtract(scale(HALF, apply("exp", term)), scale(HALF, apply("exp", scale(-1, term))))


def _mean(term: Term) -> Term:
    result = term
    while result.rank:
        result = mean_axis(result)
    return result


def _divergence(p: Term, q: Term) -> Term:
    """Σ p log(p/q), after Kullback and Leibler (1951), between distributions as vectors."""
    return total(hadamard(p, subtract(apply("log", p), apply("log", q))))


def _extreme(both: Callable[[Term, Term], Term], one: Callable[[Term], Term]) -> Callable[..., Term]:
    def build(first: Term, *others: Term) -> Term:
        for other in others:
            first = both(_like(first, other), _like(other, first))
        return first if others else one(first)

    return build


def _like(term: Term, other: Term) -> Term:
    """A number beside a column counts for every entry."""
    return spread(term, other.shape) if not term.rank else term


def _remainder(a: Term, b: Term) -> Term:
    """What is left of a over whole multiples of b: a − b⌊a/b⌋."""
    a, b = _like(a, b), _like(b, a)
    return subtract(a, hadamard(b, apply("floor", hadamard(a, power(b, -1)))))


SPECIAL: dict[str, Calling] = {
    "diag": Calling(_diag, Result.DIAGONAL),
    "softmax": Calling(softmax, vector_only=True),
    "logsoftmax": Calling(OPERATIONS["log_softmax"].build, vector_only=True),
    "logsumexp": Calling(logsumexp, Result.SCALAR, vector_only=True),
    "tr": Calling(trace, Result.SCALAR),
    "det": Calling(determinant, Result.SCALAR),
    "vec": Calling(OPERATIONS["vec"].build, Result.COLUMN),
    "max": Calling(_extreme(maximum, largest), Result.REDUCED, (1, 2)),
    "min": Calling(_extreme(minimum, lambda x: scale(-1, largest(scale(-1, x)))), Result.REDUCED, (1, 2)),
    "mean": Calling(_mean, Result.SCALAR),
    "sum": Calling(total, Result.SCALAR),
    "norm": Calling(frobenius, Result.SCALAR),
    "crossentropy": Calling(lambda y, p: cross_entropy(p, y), Result.SCALAR, (2,)),
    REVERSED: Calling(cross_entropy, Result.SCALAR, (2,)),
    "divergence": Calling(_divergence, Result.SCALAR, (2,), vector_only=True),
    "inner": Calling(lambda x, y: total(hadamard(x, y)), Result.SCALAR, (2,)),
    "concat": Calling(lambda *parts: concatenate(parts), Result.COLUMN, (2, 3, 4), vector_only=True),
    "sqrt": Calling(lambda x: power(x, HALF)),
    "square": Calling(lambda x: power(x, 2)),
    "rowsums": Calling(lambda x: sum_axis(x, 1), Result.ROWS),
    "columnsums": Calling(lambda x: sum_axis(x, 0), Result.COLUMNS),
    "rowmeans": Calling(lambda x: mean_axis(x, 1), Result.ROWS),
    "columnmeans": Calling(lambda x: mean_axis(x, 0), Result.COLUMNS),
    UNORIENTED: Calling(lambda x: x, Result.UNORIENTED),
    "cosh": Calling(_cosh),
    "sinh": Calling(_sinh),
    "sech": Calling(lambda x: hadamard(ones(x.shape), power(_cosh(x), -1))),
    "tan": Calling(lambda x: hadamard(apply("sin", x), power(apply("cos", x), -1))),
    "logit": Calling(lambda x: subtract(apply("log", x), apply("log", subtract(ones(x.shape), x)))),
    "elu": Calling(elu, arguments=(2,)),
    "leakyrelu": Calling(leaky_relu, arguments=(2,)),
    "mod": Calling(_remainder, arguments=(2,)),
    "silu": Calling(lambda x: hadamard(x, apply("sigma", x))),
}


def special(node: s.Call, arguments: list[Term]) -> Term:
    """A function of :data:`SPECIAL` of its arguments.

    Raises UnclearError for a wrong number of arguments and where only columns are understood; ShapeError where the
    shapes do not fit.
    """
    row = SPECIAL[node.function]
    if len(arguments) not in row.arguments:
        raise UnclearError(f"{node.function} takes {' or '.join(map(str, row.arguments))} argument(s)", node.head)
    if row.vector_only and any(term.rank != 1 for term in arguments):
        raise UnclearError(f"{node.function} of anything but a column cannot be checked yet", node.span)
    if row.result in (Result.ROWS, Result.COLUMNS) and arguments[0].rank != 2:
        raise UnclearError("only a matrix has rows and columns to go along", node.span, "a matrix, or no axis")
    if row.result is Result.DIAGONAL and not _has_diagonal(arguments[0]):
        raise MisfitError("diag needs a column or a square matrix", node.span)
    return row.build(*arguments)


def _has_diagonal(term: Term) -> bool:
    return term.rank == 1 or (term.rank == 2 and term.shape[0] == term.shape[1])


def stands_as_row(function: str) -> bool:
    """Whether a function gives a row whatever its argument is: a number for each column."""
    return function in SPECIAL and SPECIAL[function].result is Result.COLUMNS
