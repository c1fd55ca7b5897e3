"""How entries of the table of cells are put together, and cells one above the other."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import sympy

from derivations.cell import Cell, Equation
from derivations.terms import Shape, dimension

NUMBERS = (r"\alpha",)
"""Parameters that are numbers."""


def composed(
    name: str,
    title: str,
    source: str,
    equations: Sequence[Equation],
    states: tuple[tuple[str, str], ...] = (("h_{t-1}", "h_t"),),
    inputs: tuple[str, ...] = ("x_t",),
    notes: tuple[str, ...] = (),
) -> Cell:
    """A row of the table; parameters are the names that are no input, state or gate: matrices, biases, others."""
    defined = {left for left, _ in equations} | {before for before, _ in states} | set(inputs)
    found: dict[str, Shape] = {}
    for node in (x for _, right in equations for x in sympy.preorder_traversal(right)):
        if isinstance(node, sympy.MatrixSymbol) and str(node.name) not in defined:
            found.setdefault(str(node.name), tuple(dim for dim in node.shape if dim != 1))
        elif isinstance(node, sympy.Symbol) and str(node) in NUMBERS:
            found.setdefault(str(node), ())
    order = sorted(found, key=lambda key: (key[0] not in "WUE", key[0] not in "WUEwb", key))
    return Cell(name, title, source, tuple(equations), states, tuple((k, found[k]) for k in order), inputs, notes)


def stacked(base: Cell, name: str, source: str, layers: int = 2) -> Cell:
    """Several layers of a cell as one cell: the input of a layer above the first is the output of the one below.

    Every name has its layer as an upper index, as ``h^{(1)}_t`` and ``W_{xh}^{(2)}``. The states of the last layer
    come first, for they are the output.
    """
    equations: list[Equation] = []
    for layer in range(1, layers + 1):
        names = _of_layer(base, layer)
        symbols = {x for _, right in base.equations for x in right.atoms(sympy.MatrixSymbol)}
        moved = {x: _moved(x, base, names, layer) for x in sorted(symbols, key=lambda x: str(x.name))}
        equations += [(names[left], right.xreplace(moved)) for left, right in base.equations]
    states = [
        (names[before], names[after])
        for layer in range(layers, 0, -1)
        for names in [_of_layer(base, layer)]
        for before, after in base.states
    ]
    title = f"{base.title}, {layers} layers"
    return replace(composed(name, title, source, equations, tuple(states), base.inputs), notes=base.notes)


def _of_layer(base: Cell, layer: int) -> dict[str, str]:
    """The names of a layer; the input of a layer above the first is the output of the one below."""
    own = {left for left, _ in base.equations} | {before for before, _ in base.states} | {p for p, _ in base.parameters}
    below = {} if layer == 1 else {base.inputs[0]: with_layer(base.output, layer - 1)}
    return {name: with_layer(name, layer) for name in sorted(own)} | below


def with_layer(name: str, layer: int) -> str:
    """``h_t`` of layer 2 is ``h^{(2)}_t``; ``W_{xh}`` is ``W_{xh}^{(2)}``."""
    stem, time = re.fullmatch(r"(.*?)(_t|_\{t-1\})?", name).groups("")  # type: ignore[union-attr]
    return f"{stem}^{{({layer})}}{time}"


def _moved(symbol: Any, base: Cell, names: Mapping[str, str], layer: int) -> Any:
    """A symbol under its name in a layer; what has as many columns as the input, or is the input, gets those of h."""
    width = {} if layer == 1 else {dimension("d"): base.state_shape(base.output)[0]}
    shape = [dim.xreplace(width) for dim in symbol.shape]
    return sympy.MatrixSymbol(names.get(str(symbol.name), str(symbol.name)), *shape)
