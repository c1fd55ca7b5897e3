"""The recurrent cells of the field as SymPy matrix equations, one entry each.

Names are LaTeX. ``x_t`` is the input (d×1), states have n rows. σ is the logistic function.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import sympy

from derivations.errors import UsageError
from derivations.lowering import Lowering, column, elementwise, matrix, ones_like
from derivations.terms import Dim, Shape, Term, dimension, var

Equation = tuple[str, Any]
HALF = sympy.Rational(1, 2)


@dataclass(frozen=True, slots=True)
class Cell:
    """One step of a recurrent network.

    ``equations`` are (name, SymPy matrix expression) in order of evaluation; ``states`` pairs of the names before and
    after the step, the output first; ``inputs`` what comes from outside at every step; ``parameters`` names with
    their shapes, which have n, d and (for outputs) m as dimensions.
    """

    name: str
    title: str
    source: str
    equations: tuple[Equation, ...]
    states: tuple[tuple[str, str], ...]
    parameters: tuple[tuple[str, Shape], ...]
    inputs: tuple[str, ...] = ("x_t",)

    def input_shape(self, name: str) -> Shape:
        """The shape of an input as the equations use it; a number where it is no matrix there."""
        symbols = (x for _, right in self.equations for x in right.atoms(sympy.MatrixSymbol) if str(x.name) == name)
        return next((tuple(dim for dim in symbol.shape if dim != 1) for symbol in symbols), ())

    def state_shape(self, name: str) -> Shape:
        """The shape of a state, before or after the step."""
        after = dict(self.states).get(name, name)
        return tuple(dim for dim in dict(self.equations)[after].shape if dim != 1)


@dataclass
class Unrolled:
    """A cell over several steps: the variables, and every name's value at every step.

    States and inputs are vectors, or matrices with a last axis of the batch; ``steps[k]`` also has the names of the
    states before the step.
    """

    cell: Cell
    parameters: dict[str, Term]
    inputs: list[dict[str, Term]]
    initial: dict[str, Term]
    steps: list[dict[str, Term]] = field(default_factory=list)

    def outputs(self) -> list[Term]:
        """The first state after every step."""
        return [step[self.cell.states[0][1]] for step in self.steps]

    def final(self) -> dict[str, Term]:
        """All states after the last step."""
        return {after: self.steps[-1][after] for _, after in self.cell.states}


def step(cell: Cell, values: Mapping[str, Term], batch: Dim | None = None) -> dict[str, Term]:
    """All names of one step as terms, from those of inputs, states and parameters (which are among the result).

    With ``batch``, inputs and states carry it as their last axis. Raises UsageError for a missing value.
    """
    known = dict(values)
    carried = {name for name in known if name not in dict(cell.parameters)} if batch is not None else set()
    for name, expression in cell.equations:
        lowered = Lowering(known, frozenset(carried), batch).lowered(expression)
        known[name] = lowered.term
        if "batch" in lowered.axes:
            carried.add(name)
    return known


def unroll(cell: Cell, steps: int, batch: Dim | None = None) -> Unrolled:
    """The cell over ``steps`` steps from free initial states. Raises UsageError for less than one step."""
    if steps < 1:
        raise UsageError("a network has at least one step")
    behind = () if batch is None else (batch,)
    parameters = {name: var(name, *shape) for name, shape in cell.parameters}
    found = Unrolled(cell, parameters, [], {b: var(at(b, 0), *cell.state_shape(b), *behind) for b, _ in cell.states})
    states = dict(found.initial)
    for time in range(1, steps + 1):
        inputs = {name: var(at(name, time), *cell.input_shape(name), *behind) for name in cell.inputs}
        values = step(cell, {**parameters, **inputs, **states}, batch)
        found.inputs.append(inputs)
        found.steps.append(values)
        states = {before: values[after] for before, after in cell.states}
    return found


def at(name: str, time: int) -> str:
    """A name at a time of its own: ``h_t`` and ``h_{t-1}`` at time 2 are ``h_2``."""
    return timed(name, str(time), str(time))


def in_step(name: str, step: int) -> str:
    """A name in a numbered step: ``h_{t-1}`` in step 1 is ``h_0``."""
    return timed(name, str(step - 1), str(step))


def timed(name: str, before: str, after: str) -> str:
    """A name with other times in the place of t - 1 and t; the clock t itself is a name, too."""
    if name == "t":
        return "t" if after == "t" else f"t_{_index(after)}"
    if name.endswith(",t}"):
        return f"{name[:-3]},{after}}}"
    stem, mark, _ = name.rpartition("_{t-1}")
    return f"{stem}_{_index(before)}" if mark else re.sub("_t$", lambda _: f"_{_index(after)}", name)


def _index(time: str) -> str:
    return time if len(time) == 1 else f"{{{time}}}"


# How the table is written

X = column("x_t", "d")
H = column("h_{t-1}", "n")
C = column("c_{t-1}", "n")


def _named(name: str) -> Any:
    return column(name, "n")


def _sigma(a: Any) -> Any:
    return elementwise("sigma", a)


def _tanh(a: Any) -> Any:
    return elementwise("tanh", a)


def _times(*parts: Any) -> Any:
    return sympy.HadamardProduct(*parts)


def _plus(*parts: Any) -> Any:
    """A sum with its terms in the order written."""
    return sympy.MatAdd(*parts)


def _not(a: Any) -> Any:
    return ones_like(a) - a


def _affine(gate: str, state: Any = H, bias: bool = True) -> Any:
    """W_x x + W_h h + b for a gate."""
    parts = [matrix(f"W_{{x{gate}}}", "n", "d") * X, matrix(f"W_{{h{gate}}}", "n", "n") * state]
    return sympy.MatAdd(*parts, _named(f"b_{gate}")) if bias else sympy.MatAdd(*parts)


def _stacked(gate: str) -> Any:
    """W [h, x] + b for a gate."""
    n, d = dimension("n"), dimension("d")
    joined = sympy.BlockMatrix([[H], [X]])
    return sympy.MatrixSymbol(f"W_{gate}", n, n + d) * joined + _named(f"b_{gate}")


def _lstm(affine: Callable[[str], Any]) -> tuple[Equation, ...]:
    i, f, o, g, c = (_named(x) for x in ("i_t", "f_t", "o_t", "g_t", "c_t"))
    return (
        ("i_t", _sigma(affine("i"))),
        ("f_t", _sigma(affine("f"))),
        ("o_t", _sigma(affine("o"))),
        ("g_t", _tanh(affine("g"))),
        ("c_t", _plus(_times(f, C), _times(i, g))),
        ("h_t", _times(o, _tanh(c))),
    )


def _peephole() -> tuple[Equation, ...]:
    i, f, o, g, c = (_named(x) for x in ("i_t", "f_t", "o_t", "g_t", "c_t"))
    return (
        ("i_t", _sigma(_plus(*_affine("i").args, _times(_named("w_{ci}"), C)))),
        ("f_t", _sigma(_plus(*_affine("f").args, _times(_named("w_{cf}"), C)))),
        ("g_t", _tanh(_affine("g"))),
        ("c_t", _plus(_times(f, C), _times(i, g))),
        ("o_t", _sigma(_plus(*_affine("o").args, _times(_named("w_{co}"), c)))),
        ("h_t", _times(o, _tanh(c))),
    )


def _coupled() -> tuple[Equation, ...]:
    f, o, g, c = (_named(x) for x in ("f_t", "o_t", "g_t", "c_t"))
    return (
        ("f_t", _sigma(_affine("f"))),
        ("o_t", _sigma(_affine("o"))),
        ("g_t", _tanh(_affine("g"))),
        ("c_t", _plus(_times(f, C), _times(_not(f), g))),
        ("h_t", _times(o, _tanh(c))),
    )


def _gru_after() -> tuple[Equation, ...]:
    z, r, g = (_named(x) for x in ("z_t", "r_t", "n_t"))
    recurrent = matrix("W_{hn}", "n", "n") * H + _named("b_{hn}")
    return (
        ("r_t", _sigma(_affine("r"))),
        ("z_t", _sigma(_affine("z"))),
        ("n_t", _tanh(_plus(matrix("W_{xn}", "n", "d") * X, _named("b_{xn}"), _times(r, recurrent)))),
        ("h_t", _plus(_times(_not(z), g), _times(z, H))),
    )


def _gru_before(keep: Callable[[Any], Any], renew: Callable[[Any], Any]) -> tuple[Equation, ...]:
    z, r, g = (_named(x) for x in ("z_t", "r_t", r"\tilde{h}_t"))
    return (
        ("r_t", _sigma(_affine("r"))),
        ("z_t", _sigma(_affine("z"))),
        (r"\tilde{h}_t", _tanh(_affine("g", _times(r, H)))),
        ("h_t", _plus(_times(keep(z), H), _times(renew(z), g))),
    )


def _same(a: Any) -> Any:
    return a


def _mgu() -> tuple[Equation, ...]:
    f, g = _named("f_t"), _named(r"\tilde{h}_t")
    return (
        ("f_t", _sigma(_affine("f"))),
        (r"\tilde{h}_t", _tanh(_affine("g", _times(f, H)))),
        ("h_t", _plus(_times(_not(f), H), _times(f, g))),
    )


def _ugrnn() -> tuple[Equation, ...]:
    u, g = _named("u_t"), _named(r"\tilde{h}_t")
    return (
        ("u_t", _sigma(_affine("u"))),
        (r"\tilde{h}_t", _tanh(_affine("g"))),
        ("h_t", _plus(_times(u, H), _times(_not(u), g))),
    )


def _jordan() -> tuple[Equation, ...]:
    y = column("y_{t-1}", "m")
    n, m = dimension("n"), dimension("m")
    fed_back = sympy.MatrixSymbol("W_{yh}", n, m) * y
    return (
        ("h_t", _tanh(matrix("W_{xh}", "n", "d") * X + fed_back + _named("b_h"))),
        ("y_t", sympy.MatrixSymbol("W_{hy}", m, n) * _named("h_t") + column("b_y", "m")),
    )


def _phased() -> tuple[Equation, ...]:
    """The phase is that of mod, φ = a − ⌊a⌋ for a = (t − s)/τ; the time gate rises, falls and leaks by its pieces."""
    i, f, o, g = (_named(x) for x in ("i_t", "f_t", "o_t", "g_t"))
    phase, k, c, h = (_named(x) for x in (r"\phi_t", "k_t", r"\tilde{c}_t", r"\tilde{h}_t"))
    period, shift, open_ratio = (_named(x) for x in (r"\tau", "s", "r_{on}"))
    leak = sympy.Symbol(r"\alpha")
    turns = _times(sympy.Symbol("t") * ones_like(H) - shift, sympy.HadamardPower(period, -1))
    rise = 2 * _times(phase, sympy.HadamardPower(open_ratio, -1))
    first = elementwise("step", HALF * open_ratio - phase)
    second = _times(elementwise("step", phase - HALF * open_ratio), elementwise("step", open_ratio - phase))
    closed = elementwise("step", phase - open_ratio)
    return (
        ("i_t", _sigma(_affine("i"))),
        ("f_t", _sigma(_affine("f"))),
        ("o_t", _sigma(_affine("o"))),
        ("g_t", _tanh(_affine("g"))),
        (r"\phi_t", _plus(turns, -elementwise("floor", turns))),
        ("k_t", _plus(_times(first, rise), _times(second, 2 * ones_like(H) - rise), leak * _times(closed, phase))),
        (r"\tilde{c}_t", _plus(_times(f, C), _times(i, g))),
        ("c_t", _plus(_times(k, c), _times(_not(k), C))),
        (r"\tilde{h}_t", _times(o, _tanh(c))),
        ("h_t", _plus(_times(k, h), _times(_not(k), H))),
    )


LONG = (("h_{t-1}", "h_t"), ("c_{t-1}", "c_t"))
SHORT = (("h_{t-1}", "h_t"),)


def _cell(
    name: str,
    title: str,
    source: str,
    equations: Sequence[Equation],
    states: tuple[tuple[str, str], ...] = SHORT,
    inputs: tuple[str, ...] = ("x_t",),
) -> Cell:
    """A row of the table; parameters are the names that are no input, state or gate: matrices, biases, others."""
    defined = {left for left, _ in equations} | {before for before, _ in states} | set(inputs)
    parameters: dict[str, Shape] = {}
    for _, right in equations:
        for node in sympy.preorder_traversal(right):
            if isinstance(node, sympy.MatrixSymbol) and str(node.name) not in defined:
                parameters.setdefault(str(node.name), tuple(dim for dim in node.shape if dim != 1))
            elif isinstance(node, sympy.Symbol) and str(node) == r"\alpha":
                parameters.setdefault(str(node), ())
    order = sorted(parameters, key=lambda key: (key[0] not in "W", key[0] not in "wb", key))
    return Cell(name, title, source, tuple(equations), states, tuple((k, parameters[k]) for k in order), inputs)


CELLS: dict[str, Cell] = {
    cell.name: cell
    for cell in (
        _cell(
            "rnn",
            "Elman network",
            "Elman, Finding structure in time, 1990; Goodfellow, Bengio and Courville 2016, eqs. 10.8–10.9",
            [("h_t", _tanh(_affine("h")))],
        ),
        _cell("jordan", "Jordan network", "Jordan, Serial order, 1986", _jordan(), (("y_{t-1}", "y_t"),)),
        _cell(
            "lstm",
            "long short-term memory with a forget gate",
            "Hochreiter and Schmidhuber 1997; Gers, Schmidhuber and Cummins 2000",
            _lstm(_affine),
            LONG,
        ),
        _cell(
            "lstm-concat",
            "LSTM with one matrix a gate on [h, x]",
            "Gers, Schmidhuber and Cummins 2000; the form of Olah 2015",
            _lstm(_stacked),
            LONG,
        ),
        _cell(
            "lstm-no-bias",
            "LSTM without biases",
            "Hochreiter and Schmidhuber 1997; Gers, Schmidhuber and Cummins 2000",
            _lstm(lambda gate: _affine(gate, bias=False)),
            LONG,
        ),
        _cell(
            "peephole-lstm",
            "LSTM with diagonal peepholes",
            "Graves, Generating sequences with recurrent neural networks, 2013, eqs. 7–11",
            _peephole(),
            LONG,
        ),
        _cell(
            "coupled-lstm",
            "LSTM with i = 1 − f",
            "Greff et al., LSTM: a search space odyssey, 2017, CIFG",
            _coupled(),
            LONG,
        ),
        _cell(
            "gru",
            "gated recurrent unit, reset behind the matrix",
            "Cho et al. 2014; the form of torch.nn.GRU and of Keras with reset_after",
            _gru_after(),
        ),
        _cell(
            "gru-before",
            "gated recurrent unit, reset before the matrix, z keeps",
            "Cho et al. 2014, eqs. 5–8",
            _gru_before(_same, _not),
        ),
        _cell(
            "gru-before-z",
            "gated recurrent unit, reset before the matrix, z renews",
            "Chung et al. 2014, eqs. 4–8",
            _gru_before(_not, _same),
        ),
        _cell("mgu", "minimal gated unit", "Zhou et al. 2016, eqs. 7", _mgu()),
        _cell("ugrnn", "update gate network", "Collins, Sohl-Dickstein and Sussillo 2017, eqs. 9–11", _ugrnn()),
        _cell(
            "phased-lstm",
            "phased LSTM",
            "Neil, Pfeiffer and Liu 2016, eqs. 2–10, without peepholes",
            _phased(),
            LONG,
            ("x_t", "t"),
        ),
    )
}


def cell(name: str) -> Cell:
    """A cell of the table. Raises UsageError with the names there are."""
    if name not in CELLS:
        raise UsageError(f"there is no cell {name}; there are {', '.join(CELLS)}")
    return CELLS[name]
