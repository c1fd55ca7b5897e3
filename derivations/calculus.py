"""Derivatives of terms by reverse accumulation over the DAG (vector–Jacobian products).

One pass over the shared DAG gives the derivative by every variable at once, so an unrolled recurrence of T steps costs
O(T) nodes. A Jacobian is the same pass with an identity as cotangent: cotangents carry the axes of the result in
front, so that nothing is ever flattened. (Griewank and Walther, *Evaluating Derivatives*, 2nd ed., §3.2.)
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from derivations.functions import Derivative, derivative
from derivations.operators import OPERATORS
from derivations.terms import (
    Apply,
    Dim,
    Operator,
    Power,
    Product,
    Shape,
    Sum,
    Term,
    add,
    delta,
    ones,
    power,
    product,
    scale,
    var,
    zeros,
)
from derivations.traverse import postorder

Rules = Mapping[str, Derivative]


def jacobian(output: Term, by: Sequence[Term], rules: Rules | None = None) -> list[Term]:
    """∂output/∂v for every v, each of shape output.shape + v.shape."""
    return vjp(output, by, identity(output.shape), output.shape, rules)


def identity(shape: Shape) -> Term:
    """The identity map on tensors of ``shape``, as a term of shape ``shape + shape``."""
    axes = range(len(shape))
    pairs = [(delta(dim), (("a", k), ("b", k))) for k, dim in zip(axes, shape, strict=True)]
    dims: dict[object, Dim] = {(side, k): dim for side in "ab" for k, dim in zip(axes, shape, strict=True)}
    return product(pairs, [("a", k) for k in axes] + [("b", k) for k in axes], dims)


def vjp(
    output: Term, by: Sequence[Term], cotangent: Term, leading: Shape = (), rules: Rules | None = None
) -> list[Term]:
    """The cotangent pulled back to every term of ``by``.

    ``cotangent`` has shape ``leading + output.shape``; every result has shape ``leading + v.shape``. The terms of
    ``by`` count as independent: nothing flows through them to what they are made of.
    """
    wanted = set(by)
    order = list(postorder([output]))
    active = _depends(order, wanted)
    received: dict[Term, list[Term]] = {output: [cotangent]}
    found: dict[Term, Term] = {}
    for term in reversed(order):
        if term not in active or term not in received:
            continue
        arrived = add(*received.pop(term))
        if term in wanted:
            found[term] = arrived
            continue
        for child, contribution in _pull_back(term, arrived, len(leading), active, rules):
            received.setdefault(child, []).append(contribution)
    return [found.get(v, zeros(leading + v.shape)) for v in by]


def _depends(order: Sequence[Term], wanted: set[Term]) -> set[Term]:
    active: set[Term] = set()
    for term in order:
        if term in wanted or any(child in active for child in term.children):
            active.add(term)
    return active


def _pull_back(
    term: Term, cotangent: Term, leading: int, active: set[Term], rules: Rules | None
) -> list[tuple[Term, Term]]:
    if isinstance(term, Sum):
        return [(child, scale(q, cotangent)) for q, child in term.addends if child in active]
    if isinstance(term, Product):
        places = [k for k, (factor, _) in enumerate(term.factors) if factor in active]
        return [(term.factors[k][0], _product_rule(term, k, cotangent, leading)) for k in places]
    if isinstance(term, Apply):
        slope = derivative(term.function, term.argument, dict(rules) if rules else None)
        return [(term.argument, _weight(cotangent, slope, leading))]
    if isinstance(term, Power):
        slope = scale(term.exponent, power(term.base, term.exponent - 1))
        return [(term.base, _weight(cotangent, slope, leading))]
    if isinstance(term, Operator):
        return [(term.argument, OPERATORS[term.name].pull_back(term, cotangent, leading))]
    return []


def _weight(cotangent: Term, slope: Term, leading: int) -> Term:
    front = [("lead", k) for k in range(leading)]
    axes = list(range(slope.rank))
    return product([(cotangent, front + axes), (slope, axes)], front + axes)


def _product_rule(term: Product, place: int, cotangent: Term, leading: int) -> Term:
    """The cotangent of one factor: all others kept, its own axes made free."""
    front: list[object] = [("lead", k) for k in range(leading)]
    labels = term.factors[place][1]
    others: list[tuple[Term, Sequence[object]]] = [f for k, f in enumerate(term.factors) if k != place]
    out: list[object] = []
    for axis, label in enumerate(labels):
        if label in labels[:axis]:
            fresh = ("twin", axis)
            others.append((delta(term.label_dims[label]), (label, fresh)))
            out.append(fresh)
        else:
            out.append(label)
    pairs = [(cotangent, front + list(range(term.rank))), *others]
    dims: dict[object, Dim] = dict(enumerate(term.label_dims))
    return product(pairs, front + out, dims)


def gradient(output: Term, by: Sequence[Term], rules: Rules | None = None) -> list[Term]:
    """∂output/∂v of a scalar, each of the shape of v."""
    return vjp(output, by, ones(), (), rules)


def jvp(output: Term, by: Sequence[Term], tangents: Sequence[Term], rules: Rules | None = None) -> Term:
    """The tangent of ``output``, of its shape, where every v of ``by`` moves along its tangent, of the shape of v.

    The vjp is linear in its cotangent, and its transpose is the jvp (Christianson, *Automatic Hessians by reverse
    accumulation*, 1992).
    """
    cotangent = var("cotangent of the output", *output.shape)
    pulled = vjp(output, by, cotangent, (), rules)
    moved = [product([(g, range(g.rank)), (t, range(g.rank))], ()) for g, t in zip(pulled, tangents, strict=True)]
    return gradient(add(*moved), [cotangent])[0] if moved else zeros(output.shape)


def hessian(output: Term, by: Term, rules: Rules | None = None) -> Term:
    """The second derivative of a scalar, shape by.shape + by.shape."""
    return jacobian(gradient(output, [by], rules)[0], [by], rules)[0]
