"""Derivatives of a sheet compared with an independent engine."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from derivations.circumstances import Circumstances
from derivations.errors import SheetError
from derivations.reading import surface as s
from derivations.terms import Term

if TYPE_CHECKING:
    from derivations.reporting import Judged


def bear_witness(about: Circumstances, judged: Sequence[Judged]) -> None:
    """Every derivative that a statement is about, compared with the independent engine."""
    if about.checker.witness is None:
        return
    cases = [(item, derivation) for item in judged if (derivation := _derivation(about, item)) is not None]
    distinct = list(dict.fromkeys(derivation for _, derivation in cases))
    found = about.checker.witness(distinct, about.checker.options.seed) if distinct else []
    errors = dict(zip(distinct, found, strict=True))
    for item, derivation in cases:
        item.report.witnesses = errors[derivation]


def _derivation(about: Circumstances, item: Judged) -> tuple[Term, Term, Term] | None:
    first = about.first(item)
    if not isinstance(first, s.Partial) or item.found.unclear is not None:
        return None
    try:
        return about.checker.elaborator.derivation(first, replace(item.world, mode=about.conventions.mode))
    except SheetError:
        return None
