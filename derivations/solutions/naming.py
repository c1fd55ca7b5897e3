r"""The quantities of a cell under the names of a notation: ``W_{xz}`` is ``U_u``, ``h_{t-1}`` is ``h^{(t-1)}``."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Final

from derivations.cell import Cell
from derivations.errors import UsageError
from derivations.solutions.notation import Notation, family
from derivations.tape import Tape
from derivations.terms import Term

LAYER: Final = re.compile(r"(.*?)(\^\{\(\d+\)\})?$", re.DOTALL)
PREACTIVATION: Final = re.compile(r"a_\{(.*),t\}$")
WEIGHT: Final = re.compile(r"([A-Za-z])_(?:\{([^{}]*)\}|(\w))$")
ACCENT: Final = re.compile(r"\\(?:tilde|hat|bar)\{(\w+)\}")
Label = Callable[[int], str]
"""The text of the k-th time of a tape; 0 is the one before its first step."""


class Names:
    """The names of one cell in one notation."""

    def __init__(self, cell: Cell, notation: Notation) -> None:
        self.cell = cell
        self.notation = notation
        self.family = family(cell)

    def quantity(self, name: str, time: str) -> str:
        """A state, gate, input or pre-activation (by the cell's own name) at a time."""
        found = PREACTIVATION.match(name)
        if found:
            return self._timed(self._preactivation(found[1]), time)
        stem = name.removesuffix("_{t-1}").removesuffix("_t")
        letter, layer = _layered(stem)
        return self._timed(self.notation.letter(self.family, letter) + layer, time)

    def parameter(self, name: str) -> str:
        """A weight or a bias."""
        letter, layer = _layered(name)
        found = WEIGHT.match(letter)
        return (self._weight(found[1], found[2] or found[3]) if found else letter) + layer

    def _timed(self, stem: str, time: str) -> str:
        _, layer = _layered(stem)
        if layer and self.notation.time != "subscript":
            raise UsageError(
                f"{self.cell.name}: layers and times both stand above the name in the notation {self.notation.name}; "
                "choose one with times below, such as standard"
            )
        return self.notation.timed(stem, time)

    def _preactivation(self, stem: str) -> str:
        """An accent goes over the letter as it is written, an index is the letter of the gate."""
        letter, layer = _layered(stem)
        pattern = self.notation.preactivation
        shown = self.notation.letter(self.family, letter) if pattern.startswith("\\") else letter
        core = ACCENT.sub(r"\1", shown)
        gate = core if pattern.startswith("\\") else self.notation.gate(self.family, core)
        return _filled(pattern, gate) + layer

    def _weight(self, letter: str, index: str) -> str:
        side, gate = index[:-1], self.notation.gate(self.family, index[-1])
        if letter == "W" and side in ("x", "h"):
            return _filled(self.notation.input_weight if side == "x" else self.notation.state_weight, gate)
        if letter == "b":
            return _filled(self.notation.bias, self._side(side) + gate)
        return _filled(f"{letter}_{{*}}", side + gate)

    def _side(self, side: str) -> str:
        """Of two biases, x or h, as the pattern for the weights of that side has it in front of the gate."""
        pattern = {"x": self.notation.input_weight, "h": self.notation.state_weight}.get(side, "")
        before = re.search(r"_\{(\w+)\*\}", pattern)
        return before[1] if before else side


def _layered(name: str) -> tuple[str, str]:
    found = LAYER.match(name)
    return (found[1], found[2] or "") if found else (name, "")


def _filled(pattern: str, letter: str) -> str:
    """A pattern with a letter, without braces around a single letter or none."""
    return re.sub(r"_\{(\w?)\}", lambda m: f"_{m[1]}" if m[1] else "", pattern.replace("*", letter))


def names_of(tape: Tape, notation: Notation, label: Label) -> dict[Term, str]:
    """The LaTeX of every quantity and parameter of a tape. Raises UsageError where two would have the same name."""
    names = Names(tape.cell, notation)
    found = {v: names.parameter(name) for name, v in tape.parameters.items()}
    for v, (name, step) in tape.places.items():
        found[v] = names.quantity(name, label(step - 1 if name.endswith("_{t-1}") else step))
    _refuse_twins(found, notation, tape.cell)
    return found


def _refuse_twins(found: dict[Term, str], notation: Notation, cell: Cell) -> None:
    seen: dict[str, Term] = {}
    for v, name in found.items():
        if seen.setdefault(name, v) is not v:
            raise UsageError(
                f"in the notation {notation.name} two quantities of {cell.name} are called {name}; "
                "give one of them another letter in a notation of your own"
            )
