"""One call for every kind of cross-check."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from derivations.cells import CELLS, LAYERS, Cell, nearest
from derivations.errors import UsageError
from derivations.reading.places import Source
from derivations.terms import Term
from numeric.agreement import CrossCheck
from numeric.claims import check_claims
from numeric.derived import Plan, check_cell, check_term
from numeric.gradients import check_gradient

OPTIONS: dict[str, frozenset[str]] = {
    "cell": frozenset({"n", "d", "batch", "steps", "layers", "bidirectional", "dtype", "points", "seed", "tolerance"}),
    "term": frozenset({"sizes", "by", "dtype", "points", "seed", "tolerance"}),
    "sheet": frozenset({"time_limit", "dtype", "points", "seed", "tolerance"}),
    "function": frozenset({"cotangent", "seed", "tolerance"}),
}
PLANNED = ("dtype", "points", "seed", "tolerance")


def crosscheck(
    subject: Term | Cell | Source | str | Callable[..., Any],
    gradient: Callable[..., Any] | None = None,
    inputs: Any = None,
    /,
    **options: Any,
) -> CrossCheck:
    """Compare gradients with torch autograd and finite differences.

    ``subject`` is a recurrent cell or its name (options of :func:`~numeric.derived.check_cell`), a term
    (:func:`~numeric.derived.check_term`), a sheet (:func:`~numeric.claims.check_claims`; a Source, or text of more than
    one line), or a function of your own with its ``gradient`` at ``inputs``
    (:func:`~numeric.gradients.check_gradient`). ``dtype``, ``points``, ``seed`` and ``tolerance`` are those of
    :class:`~numeric.derived.Plan`. Raises UsageError for what cannot be compared and for an option that does not apply.
    """
    kind = _kind(subject)
    _require_options(kind, options, gradient, inputs)
    if isinstance(subject, Cell | Term | Source | str):
        plan = Plan(**{name: options.pop(name) for name in PLANNED if name in options})
        return _derived(subject, plan, options)
    if gradient is None:
        raise UsageError("your own function is compared with a gradient: crosscheck(function, gradient, inputs)")
    return check_gradient(subject, gradient, inputs, **options)


def _kind(subject: Any) -> str:
    if isinstance(subject, Cell) or (isinstance(subject, str) and (subject in CELLS or subject in LAYERS)):
        return "cell"
    if isinstance(subject, Term):
        return "term"
    if isinstance(subject, Source) or (isinstance(subject, str) and "\n" in subject):
        return "sheet"
    if isinstance(subject, str):
        raise UsageError(
            f"{subject}: there is no such cell{nearest(subject, (*CELLS, *LAYERS))}; a sheet is given as its text"
        )
    if callable(subject):
        return "function"
    raise UsageError(
        f"a value of type {type(subject).__name__} cannot be compared; give a cell, a term, a sheet or a function"
    )


def _require_options(kind: str, options: dict[str, Any], gradient: Any, inputs: Any) -> None:
    foreign = sorted(options.keys() - OPTIONS[kind])
    if foreign:
        raise UsageError(f"{', '.join(foreign)}: no option for a {kind}; there are {', '.join(sorted(OPTIONS[kind]))}")
    if kind != "function" and (gradient is not None or inputs is not None):
        raise UsageError(f"a {kind} takes no gradient and no inputs")
    if kind == "function" and inputs is None:
        raise UsageError("your own function needs inputs: crosscheck(function, gradient, inputs)")


def _derived(subject: Term | Cell | Source | str, plan: Plan, options: dict[str, Any]) -> CrossCheck:
    if isinstance(subject, Term):
        return check_term(subject, plan=plan, **options)
    if isinstance(subject, Cell) or subject in CELLS or subject in LAYERS:
        return check_cell(subject, plan=plan, **options)
    return check_claims(subject if isinstance(subject, Source) else Source("<text>", subject), plan, **options)
