"""Two witnesses for a derivative: torch autograd, and the convergence of central differences.

A Jacobian J that was derived symbolically is contracted with a random cotangent u and a random direction v. Autograd
must give u·J from the output alone; the central difference quotients of u·output along v must converge with their order
to u·J·v. Either engine contradicting J is an internal error, never a verdict.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, pairwise, product
from zlib import crc32

import numpy as np
import torch

from derivations.errors import InternalError, UsageError
from derivations.evaluate import Array, Balls, Floats, Sizes, as_array, evaluate, extents, precision, work
from derivations.report import Witnesses
from derivations.terms import Term, Var
from derivations.traverse import dim_symbols, free_variables
from numeric.torch_domain import Tensors

AUTOGRAD_TOLERANCE = 1e-8
DIFFERENCE_TOLERANCE = 1e-7
DOUBLE = 53  # bits of a float64
WIDEST = 1e-10  # relative width of a well-conditioned value
STEPS = (1 / 32, 1 / 256, 1 / 2048)  # each is halved twice
CONVERGED = 1e-8  # what two extrapolations may differ by
LEAST_RATIO = 3.0  # of the changes at two halvings; 4 for the second order
ROUNDING = 1e-10
SMALLEST_SCALE = 1e-5
MIDDLES = (0.0, 0.0, 0.5, 1.0, 2.0, -1.0)  # where to look for a point: functions need not be defined everywhere
SPREADS = (0.5, 0.1)
MOST_POINTS = 2
MOST_WORK = 5_000_000


@dataclass(frozen=True, slots=True)
class Claim:
    """That ``jacobian`` is ∂output/∂by: shape output.shape + by.shape; ``by`` is a variable."""

    output: Term
    by: Term
    jacobian: Term

    @property
    def terms(self) -> tuple[Term, Term, Term]:
        return self.output, self.by, self.jacobian


def witness(output: Term, by: Term, claimed_jacobian: Term, seed: int) -> Witnesses | None:
    """The errors of one derivative, see :func:`witness_all`."""
    return witness_all([Claim(output, by, claimed_jacobian)], seed)[0]


def witness_all(claims: Sequence[Claim], seed: int) -> list[Witnesses | None]:
    """The largest relative errors of every claim against autograd and finite differences, at random points.

    None where no point was found at which everything has a value, where difference quotients do not converge at it, or
    where the arrays would be too large.
    Raises ValueError on a shape that does not fit or where ``by`` is no variable, and InternalError where a witness
    contradicts a claim.
    """
    for claim in claims:
        if not isinstance(claim.by, Var) or claim.jacobian.shape != claim.output.shape + claim.by.shape:
            raise ValueError("a claim needs a variable, and a Jacobian of the shape of output and variable together")
    roots = [term for claim in claims for term in claim.terms]
    sizes = {symbol: 2 + place for place, symbol in enumerate(dim_symbols(roots))}
    stages = [_Stage(roots, point, sizes, seed) for point in islice(_points(roots, sizes, seed), MOST_POINTS)]
    if not stages and len(claims) > 1:
        return [witness_all([claim], seed)[0] for claim in claims]
    return [_witnesses(claim, stages) for claim in claims]


def _witnesses(claim: Claim, stages: Sequence[_Stage]) -> Witnesses | None:
    autograd = [x for stage in stages if (x := stage.autograd(claim)) is not None]
    differences = next((x for stage in stages if (x := stage.finite_differences(claim)) is not None), None)
    return Witnesses(max(autograd), differences) if autograd and differences is not None else None


def _points(roots: Sequence[Term], sizes: Sizes, seed: int) -> Iterator[dict[Term, Array]]:
    """Random points at which all roots are finite."""
    if not _affordable(roots, sizes):
        return
    for draw, (middle, spread) in enumerate(product(MIDDLES, SPREADS)):
        point: dict[Term, Array] = {
            variable: middle + spread * _random(f"{seed} {draw} {variable.name}", extents(variable.shape, sizes))
            for variable in free_variables(roots)
        }
        if all(np.isfinite(x).all() for x in evaluate(roots, point, sizes, Floats(seed))):
            yield point


def _affordable(roots: Sequence[Term], sizes: Sizes) -> bool:
    try:
        return work(roots, sizes) <= MOST_WORK
    except UsageError:
        return False


def _random(key: str, shape: tuple[int, ...]) -> Array:
    return np.random.default_rng(crc32(key.encode())).standard_normal(shape)


class _Stage:
    """One point: the values of all terms there, and all of them as one graph of torch."""

    def __init__(self, roots: Sequence[Term], point: dict[Term, Array], sizes: Sizes, seed: int) -> None:
        self.point = point
        self.sizes = sizes
        self.seed = seed
        self.values = dict(zip(roots, evaluate(roots, point, sizes, Floats(seed)), strict=True))
        self.leaves = {variable: torch.tensor(x, requires_grad=True) for variable, x in point.items()}
        self.tensors: dict[Term, torch.Tensor] = {}

    def autograd(self, claim: Claim) -> float | None:
        """The relative error of u·J against autograd; None where rounding alone could explain a large one.

        Raises InternalError on any other large error.
        """
        tensor = self._tensor(claim.output)
        weight = torch.as_tensor(self._cotangent(claim))
        theirs = torch.zeros_like(self.leaves[claim.by])
        if tensor.requires_grad:
            (theirs,) = torch.autograd.grad(
                tensor, self.leaves[claim.by], weight, retain_graph=True, materialize_grads=True
            )
        error = _relative(self._pulled(claim), theirs.detach().numpy())
        if error <= AUTOGRAD_TOLERANCE:
            return error
        if self._is_badly_conditioned(claim):
            return None
        raise InternalError(f"the derived gradient and torch autograd differ by {error:.1e}")

    def _is_badly_conditioned(self, claim: Claim) -> bool:
        """Whether balls of the precision of float64 grow too wide on the way to the Jacobian or to the output."""
        with precision(DOUBLE):
            domain = Balls(self.seed)
            point = {v: domain.array(as_array(np.frompyfunc(Fraction, 1, 1)(x))) for v, x in self.point.items()}
            balls = evaluate([claim.jacobian, claim.output], point, self.sizes, domain)
            return any(_width(x) > WIDEST for x in balls)

    def _tensor(self, output: Term) -> torch.Tensor:
        if output not in self.tensors:
            (self.tensors[output],) = evaluate([output], self.leaves, self.sizes, Tensors(self.seed))
        return self.tensors[output]

    def _cotangent(self, claim: Claim) -> Array:
        return _random(f"{self.seed} cotangent", self.values[claim.output].shape)

    def _direction(self, claim: Claim) -> Array:
        return _random(f"{self.seed} direction", self.values[claim.by].shape)

    def _pulled(self, claim: Claim) -> Array:
        return np.tensordot(self._cotangent(claim), self.values[claim.jacobian], claim.output.rank)

    def finite_differences(self, claim: Claim) -> float | None:
        """The relative error of the extrapolated difference quotients, at the first step that is small enough.

        None where they do not converge with their order at any step. Raises InternalError where they do, to something
        else than u·J·v.
        """
        exact = np.asarray((self._pulled(claim) * self._direction(claim)).sum())
        for step in STEPS:
            limit = self._limit(claim, step)
            if limit is not None:
                error = _relative(exact, limit)
                if not error <= DIFFERENCE_TOLERANCE:
                    raise InternalError(f"finite differences and the derived gradient differ by {error:.1e}")
                return error
        return None

    def _limit(self, claim: Claim, step: float) -> Array | None:
        """Romberg's extrapolation from three steps; None where the quotients do not converge as the theory says."""
        quotients = [self._quotient(claim, step / halving) for halving in (1, 2, 4)]
        first, second = ((4 * b - a) / 3 for a, b in pairwise(quotients))
        coarse, fine = (_relative(a, b) for a, b in pairwise(quotients))
        orderly = fine * LEAST_RATIO <= coarse or fine <= ROUNDING
        clean = self._noise(claim, step / 4) <= DIFFERENCE_TOLERANCE / 4 * _scale(quotients[2])
        return (16 * second - first) / 15 if orderly and clean and _relative(first, second) <= CONVERGED else None

    def _noise(self, claim: Claim, step: float) -> float:
        """What rounding of the output alone may add to a difference quotient."""
        return float((np.abs(self._cotangent(claim) * self.values[claim.output])).sum()) * 2.0**-DOUBLE / step

    def _quotient(self, claim: Claim, step: float) -> Array:
        ahead, behind = (self._forward(claim, sign * step) for sign in (1, -1))
        return np.asarray((ahead - behind) / (2 * step))

    def _forward(self, claim: Claim, step: float) -> float:
        """u·output at the point moved along v."""
        moved = self.point | {claim.by: self.point[claim.by] + step * self._direction(claim)}
        (output,) = evaluate([claim.output], moved, self.sizes, Floats(self.seed))
        return float((self._cotangent(claim) * output).sum())


def _scale(*arrays: Array) -> float:
    return max(SMALLEST_SCALE, *(float(np.abs(x).max()) for x in arrays))


def _relative(ours: Array, theirs: Array) -> float:
    return float(np.abs(ours - theirs).max()) / _scale(ours, theirs)


def _width(balls: Array) -> float:
    """The largest radius, relative to the largest value."""
    radii = [float(x.rad()) if x.is_finite() else np.inf for x in balls.flat]
    largest = max((float(abs(x.mid())) for x in balls.flat if x.is_finite()), default=0.0)
    return max(radii) / max(largest, SMALLEST_SCALE)
