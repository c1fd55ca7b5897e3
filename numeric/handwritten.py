"""Recognising 1/(1 + exp(−x)) where it is written out, so that it counts as one activation."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

DIVISIONS = frozenset({"true_divide", "div", "__rdiv__", "__rtruediv__", "reciprocal", "pow", "__pow__"})
SUMS = frozenset({"add", "__add__", "__radd__"})


class Handwritten:
    """What the tensors of a run are: −x, exp(−x) or 1 + exp(−x) of which x."""

    def __init__(self) -> None:
        self._known: dict[int, tuple[torch.Tensor, str, torch.Tensor]] = {}

    def logistic_of(self, name: str, args: Sequence[Any]) -> torch.Tensor | None:
        """The x of which an operation makes σ(x), before it is carried out."""
        if name not in DIVISIONS:
            return None
        return next((x for form, x in map(self._form, args) if form == "1 + exp(-x)" and _inverts(name, args)), None)

    def note(self, name: str, args: Sequence[Any], result: torch.Tensor) -> None:
        """Remember what an operation made."""
        forms = [self._form(arg) for arg in args]
        made: tuple[str, torch.Tensor] | None = None
        if name in ("neg", "__neg__") and isinstance(args[0], torch.Tensor):
            made = "-x", args[0]
        elif name == "exp" and forms[0][0] == "-x":
            made = "exp(-x)", forms[0][1]
        elif name in SUMS and any(map(_is_one, args)):
            made = next((("1 + exp(-x)", x) for form, x in forms if form == "exp(-x)"), None)
        if made is not None:
            self._known[id(result)] = (result, *made)

    def _form(self, x: Any) -> tuple[str, Any]:
        found = self._known.get(id(x))
        return (found[1], found[2]) if found is not None and found[0] is x else ("", None)


def _is_one(x: Any) -> bool:
    return (isinstance(x, int | float) or (isinstance(x, torch.Tensor) and x.ndim == 0)) and float(x) == 1.0


def _inverts(name: str, args: Sequence[Any]) -> bool:
    """Whether a division has a one above it, or a power is the inverse."""
    if name == "reciprocal":
        return True
    if "pow" in name:
        return float(args[1]) == -1.0
    return _is_one(args[1] if name.startswith("__r") else args[0])
