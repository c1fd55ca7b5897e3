"""Tables of runs: what tells them apart, then what was measured."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import exp, isfinite, log
from typing import Any, Final

from numeric.training.config import telling
from numeric.training.loop import Finished
from numeric.training.study import Findings

LN2 = log(2)


def _perplexity(loss: float) -> float:
    return exp(loss) if loss < 700 else float("inf")


DERIVED: Final[dict[str, tuple[str, Callable[[float], float]]]] = {
    "perplexity": ("loss", _perplexity),
    "bits": ("loss", lambda loss: loss / LN2),
}
"""Measures that follow from another one: perplexity is exp of nats a word, bits are nats / ln 2."""


def measure(metrics: Mapping[str, Any], name: str) -> Any:
    """A measure by its name, such as ``test_accuracy`` or ``test_perplexity``; None where it is not known."""
    if name in metrics:
        return metrics[name]
    split, _, kind = name.rpartition("_")
    base, function = DERIVED.get(kind, ("", float))
    value = metrics.get(f"{split}_{base}")
    return None if value is None or not isfinite(value) else function(value)


def add_table(findings: Findings, done: Sequence[Finished], measures: Sequence[str]) -> None:
    """A row a run: the settings in which the runs differ, the measures, and how it went."""
    names = telling([one.config for one in done])
    findings.columns = [*names, *measures, "parameters", "epochs", "seconds", "ended"]
    for one in done:
        settings = [getattr(one.config, name) for name in names]
        told = [measure(one.metrics, name) for name in findings.columns[len(names) :]]
        findings.rows.append([*settings, *told])
