r"""How many parameters a layer has, and how many multiply–adds one step of it takes, as SymPy polynomials.

Recurrent layers are counted from the equations of :mod:`derivations.cells`; no formula for them is stored. A *group* is
one parameter array with its number of entries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, cast

import sympy

from derivations.cell import Cell
from derivations.errors import UsageError
from derivations.terms import dimension

Amount: TypeAlias = sympy.Expr
Group: TypeAlias = tuple[str, Amount]
Options: TypeAlias = Mapping[str, Amount]


@dataclass(frozen=True, slots=True)
class Count:
    """The parameters of one layer by groups, and the multiply–adds of one step or sample.

    ``formula`` is the number of parameters for any sizes, where numbers were given for them.
    """

    layer: str
    title: str
    groups: tuple[Group, ...]
    multiply_adds: Amount
    formula: Amount
    notes: tuple[str, ...] = ()

    @property
    def parameters(self) -> Amount:
        return total(amount for _, amount in self.groups)

    def _repr_latex_(self) -> str:
        """The number of parameters, and the formula behind it, as a notebook typesets them."""
        parts = dict.fromkeys((sympy.latex(sympy.factor(self.formula)), sympy.latex(self.parameters)))
        return f"$${' = '.join(parts)}$$"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of layer: its options with their defaults, and how it is counted.

    A default of None is the symbol of the option's own name; a title may be looked up only where it is asked for.
    """

    named: str | Callable[[], str]
    options: Mapping[str, int | None]
    groups: Callable[[Options], list[Group]]
    multiply_adds: Callable[[Options], Amount]
    notes: Callable[[Options], Iterable[str]] = lambda _: ()

    @property
    def title(self) -> str:
        return self.named if isinstance(self.named, str) else self.named()


def total(amounts: Iterable[Amount]) -> Amount:
    """Their sum, expanded."""
    return cast(Amount, sympy.expand(sum(amounts, sympy.Integer(0))))


def count(layer: str, given: Mapping[str, Amount | int] | None = None) -> Count:
    """The count of a layer of the table; options that are not given are symbols, or have their defaults.

    Raises UsageError for a layer or an option that the table does not have, or a size that is no positive number.
    """
    if layer not in KINDS:
        from derivations.cells import nearest

        raise UsageError(f"there is no layer {layer}{nearest(layer, tuple(KINDS))}")
    kind = KINDS[layer]
    options = _options(layer, kind, given or {})
    groups = tuple((name, sympy.expand(amount)) for name, amount in kind.groups(options) if amount != 0)
    anywhere = {
        name: options[name] if default is not None else dimension(name) for name, default in kind.options.items()
    }
    if anywhere.get("projection", 0) != 0:
        anywhere["projection"] = dimension("p")
    formula = total(amount for _, amount in kind.groups(anywhere))
    work = sympy.expand(kind.multiply_adds(options))
    return Count(layer, kind.title, groups, work, formula, tuple(kind.notes(options)))


def _options(layer: str, kind: Kind, given: Mapping[str, Amount | int]) -> dict[str, Amount]:
    unknown = [name for name in given if name not in kind.options]
    if unknown:
        raise UsageError(f"{layer} has no option {unknown[0]}; it has {', '.join(kind.options)}")
    options = {name: dimension(name if default is None else default) for name, default in kind.options.items()}
    for name, value in given.items():
        amount = dimension(value) if isinstance(value, int) else value
        least = 0 if kind.options[name] in (0, 1) else 1
        if amount.is_number and not (amount.is_Integer and amount >= least):
            raise UsageError(f"{layer}: {name} = {amount} is no size; sizes are whole numbers from {least}")
        options[name] = amount
    return options


# Recurrent layers

RECURRENT = {
    "rnn": "rnn",
    "jordan": "jordan",
    "lstm": "lstm",
    "peephole-lstm": "peephole-lstm",
    "coupled-lstm": "coupled-lstm",
    "gru": "gru-before",
    "mgu": "mgu",
    "ugrnn": "ugrnn",
    "phased-lstm": "phased-lstm",
}
"""Layers and the cells of the table that they are counted from."""
PROJECTED = ("lstm",)
RESET = ("gru",)
"""Layers that keep two biases a gate where the reset gate stands behind the matrix."""


def _cell(name: str) -> Cell:
    """A cell of the table, which is built only where a layer is counted: that takes longer than a small sheet."""
    from derivations.cells import CELLS

    return CELLS[name]


def _recurrent(layer: str, cell: str) -> Kind:
    options: dict[str, int | None] = {"n": None, "d": None, "biases": 1, "layers": 1, "directions": 1}
    if layer == "jordan":
        options["m"] = None
        del options["layers"], options["directions"]
    if layer in PROJECTED:
        options["projection"] = 0
    if layer in RESET:
        options["reset_after"] = 0
    return Kind(
        lambda: _cell(cell).title,
        options,
        lambda o: _stacked(o, lambda width: _cell_groups(_cell(cell), o, width)),
        lambda o: total(amount for _, amount in _stacked(o, lambda width: _cell_products(_cell(cell), o, width))),
        lambda o: _bias_note(_cell(cell), o),
    )


def _stacked(o: Options, one: Callable[[Amount], list[Group]]) -> list[Group]:
    """The groups of all layers and directions; a layer above the first sees both directions of the one below."""
    layers, directions = o.get("layers", sympy.Integer(1)), o.get("directions", sympy.Integer(1))
    first, above = one(o["d"]), one(state_width(o) * directions)
    if layers == 1:
        return [(name, directions * amount) for name, amount in first]
    below = [(f"{name}, first layer", directions * amount) for name, amount in first]
    return below + [(f"{name}, above", directions * (layers - 1) * amount) for name, amount in above]


def state_width(o: Options) -> Amount:
    """The entries of the output of one direction: n, or the projection where there is one."""
    return o["projection"] if o.get("projection", 0) != 0 else o["n"]


def _cell_groups(cell: Cell, o: Options, width: Amount) -> list[Group]:
    found: list[Group] = []
    for name, shape in cell.parameters:
        times = _biases(o) if name.startswith("b_") else sympy.Integer(1)
        values = _sizes(o, width)
        rows, columns = (*shape, sympy.Integer(1), sympy.Integer(1))[:2]
        if name.startswith("W_{h") and columns == rows:
            columns = state_width(o)
        found.append((name, times * rows.xreplace(values) * columns.xreplace(values)))
    if o.get("projection", 0) != 0:
        found.append(("W_{hr}", o["projection"] * o["n"]))
    return found


def _biases(o: Options) -> Amount:
    """How many biases a gate has: two of them where the reset gate stands behind the matrix, unless there are none."""
    return sympy.Integer(2) if o.get("reset_after", 0) != 0 and o["biases"] == 1 else o["biases"]


def _sizes(o: Options, width: Amount) -> dict[Amount, Amount]:
    """The dimensions of the table of cells at the sizes of a layer whose input is ``width`` wide."""
    found = {dimension("n"): o["n"], dimension("d"): width}
    return {**found, dimension("m"): o["m"]} if "m" in o else found


def _cell_products(cell: Cell, o: Options, width: Amount) -> list[Group]:
    """Multiplications of one step: one an entry of every matrix, and one an entry of every elementwise product."""
    matrices = [(name, amount) for name, amount in _cell_groups(cell, o, width) if name.startswith("W")]
    products = sum(
        len(node.args) - 1
        for _, right in cell.equations
        for node in sympy.preorder_traversal(right)
        if isinstance(node, sympy.HadamardProduct)
    )
    return [*matrices, ("elementwise", products * o["n"])]


def _bias_note(cell: Cell, o: Options) -> Iterable[str]:
    if o.get("reset_after", 0) != 0:
        yield "reset_after: a bias beside either matrix of a gate, as Keras and torch have them"
        return
    if o["biases"] != 1 or not any(name.startswith("b_") for name, _ in cell.parameters):
        return
    doubled = {**o, "biases": sympy.Integer(2)}
    two = total(amount for _, amount in _stacked(doubled, lambda width: _cell_groups(cell, doubled, width)))
    yield f"one bias a gate; with two, as torch has them, {factored(two)}"


# Other layers


def _dense(o: Options) -> list[Group]:
    return [("W", o["n"] * o["d"]), ("b", o["n"] * o["bias"])]


def _convolution(rank: int) -> Kind:
    """``out`` filters of ``kernel`` entries a side over ``channels``, in groups (LeCun et al. 1989)."""

    def weights(o: Options) -> Amount:
        return cast(Amount, o["out"] * o["channels"] / o["groups"] * o["kernel"] ** rank)

    return Kind(
        f"{rank}-dimensional convolution, counted a position of the output",
        {"out": None, "channels": None, "kernel": None, "groups": 1, "bias": 1},
        lambda o: [("W", weights(o)), ("b", o["out"] * o["bias"])],
        weights,
    )


def _norm(title: str, kept: int) -> Kind:
    """γ and β a feature; ``kept`` running statistics are no parameters of the gradient, and are told apart."""

    def notes(o: Options) -> Iterable[str]:
        if kept:
            yield f"and {factored(kept * o['n'])} running means and variances, which no gradient changes"

    return Kind(title, {"n": None, "affine": 1}, lambda o: [("γ", o["n"] * o["affine"]), ("β", o["n"] * o["affine"])],
                lambda o: 2 * o["n"], notes)  # fmt: skip


KINDS: dict[str, Kind] = {
    **{layer: _recurrent(layer, cell) for layer, cell in RECURRENT.items()},
    "embedding": Kind(
        "embedding: one row a word",
        {"V": None, "D": None},
        lambda o: [("E", o["V"] * o["D"])],
        lambda o: sympy.Integer(0),
        lambda o: ["a row is looked up, nothing is multiplied"],
    ),
    "dense": Kind("dense layer", {"n": None, "d": None, "bias": 1}, _dense, lambda o: o["n"] * o["d"]),
    "conv1d": _convolution(1),
    "conv2d": _convolution(2),
    "batch-norm": _norm("batch normalisation", 2),
    "layer-norm": _norm("layer normalisation", 0),
    "attention": Kind(
        "multi-head attention of width d: W_Q, W_K, W_V, W_O",
        {"d": None, "bias": 1},
        lambda o: [(name, o["d"] ** 2) for name in ("W_Q", "W_K", "W_V", "W_O")] + [("b", 4 * o["d"] * o["bias"])],
        lambda o: 4 * o["d"] ** 2,
        lambda o: ["multiply–adds of the four projections a position; scores and mixing come on top"],
    ),
}


def factored(amount: Amount) -> str:
    """A polynomial as people write it: ``4n(d + n + 1)``, numbers with commas."""
    if amount.is_Integer:
        return f"{int(amount):,}"
    text = str(sympy.factor(amount)).replace("**2", "²").replace("**3", "³")
    return text.replace(")*(", ")(").replace("*", "·") if _has_long_names(amount) else text.replace("*", "")


def _has_long_names(amount: Amount) -> bool:
    return any(len(str(symbol)) > 1 for symbol in amount.free_symbols)
