"""The recurrent cells of the field as SymPy matrix equations, one entry each.

Names are LaTeX. ``x_t`` is the input (d×1), states have n rows. σ is the logistic function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from difflib import get_close_matches
from typing import Any

import sympy

from derivations.cell import Cell, Equation, Unrolled, at, in_step, step, timed, unroll
from derivations.cell_forms import composed, stacked
from derivations.cell_layers import LAYERS
from derivations.errors import UsageError
from derivations.lowering import column, elementwise, matrix, ones_like
from derivations.terms import dimension

__all__ = [
    "CELLS",
    "LAYERS",
    "Cell",
    "Equation",
    "Unrolled",
    "at",
    "cell",
    "in_step",
    "nearest",
    "recurrent",
    "step",
    "timed",
    "unroll",
]

HALF = sympy.Rational(1, 2)

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


def _projected() -> tuple[Equation, ...]:
    """Gates of n units over an output of p; the memory is not projected."""
    n, p = dimension("n"), dimension("p")
    before, m, o, c = column("h_{t-1}", "p"), *(_named(x) for x in ("m_t", "o_t", "c_t"))

    def affine(gate: str) -> Any:
        recurrent = sympy.MatrixSymbol(f"W_{{h{gate}}}", n, p) * before
        return sympy.MatAdd(matrix(f"W_{{x{gate}}}", "n", "d") * X, recurrent, _named(f"b_{gate}"))

    gates = _lstm(affine)[:-1]
    return (*gates, ("m_t", _times(o, _tanh(c))), ("h_t", sympy.MatrixSymbol("W_{hr}", p, n) * m))


def _gru_keras() -> tuple[Equation, ...]:
    """The kernel is W, the recurrent kernel U; the first row of the bias is b_x, the second b_h."""
    z, r, g = (_named(x) for x in ("z_t", "r_t", r"\tilde{h}_t"))

    def received(gate: str) -> Any:
        return _plus(matrix(f"W_{{{gate}}}", "n", "d") * X, _named(f"b_{{x{gate}}}"))

    def recurrent(gate: str) -> Any:
        return _plus(matrix(f"U_{{{gate}}}", "n", "n") * H, _named(f"b_{{h{gate}}}"))

    return (
        ("z_t", _sigma(_plus(*received("z").args, *recurrent("z").args))),
        ("r_t", _sigma(_plus(*received("r").args, *recurrent("r").args))),
        (r"\tilde{h}_t", _tanh(_plus(*received("h").args, _times(r, recurrent("h"))))),
        ("h_t", _plus(_times(z, H), _times(_not(z), g))),
    )


LONG = (("h_{t-1}", "h_t"), ("c_{t-1}", "c_t"))
SHORT = (("h_{t-1}", "h_t"),)


CELLS: dict[str, Cell] = {
    cell.name: cell
    for cell in (
        composed(
            "rnn",
            "Elman network",
            "Elman, Finding structure in time, 1990; Goodfellow, Bengio and Courville 2016, eqs. 10.8–10.9",
            [("h_t", _tanh(_affine("h")))],
        ),
        composed("jordan", "Jordan network", "Jordan, Serial order, 1986", _jordan(), (("y_{t-1}", "y_t"),)),
        composed(
            "lstm",
            "long short-term memory with a forget gate",
            "Hochreiter and Schmidhuber 1997; Gers, Schmidhuber and Cummins 2000",
            _lstm(_affine),
            LONG,
        ),
        composed(
            "lstm-concat",
            "LSTM with one matrix a gate on [h, x]",
            "Gers, Schmidhuber and Cummins 2000; the form of Olah 2015",
            _lstm(_stacked),
            LONG,
        ),
        composed(
            "lstm-no-bias",
            "LSTM without biases",
            "Hochreiter and Schmidhuber 1997; Gers, Schmidhuber and Cummins 2000",
            _lstm(lambda gate: _affine(gate, bias=False)),
            LONG,
        ),
        composed(
            "peephole-lstm",
            "LSTM with diagonal peepholes",
            "Graves, Generating sequences with recurrent neural networks, 2013, eqs. 7–11",
            _peephole(),
            LONG,
        ),
        composed(
            "lstm-projection",
            "LSTM with a projection of its output",
            "Sak, Senior and Beaufays 2014, eqs. 7–12, without peepholes; torch.nn.LSTM with proj_size",
            _projected(),
            LONG,
            notes=("the output h has p rows, the memory c has n",),
        ),
        composed(
            "coupled-lstm",
            "LSTM with i = 1 − f",
            "Greff et al., LSTM: a search space odyssey, 2017, CIFG",
            _coupled(),
            LONG,
        ),
        composed(
            "gru",
            "gated recurrent unit, reset behind the matrix",
            "Cho et al. 2014; the form of torch.nn.GRU and of Keras with reset_after",
            _gru_after(),
        ),
        composed(
            "gru-keras",
            "gated recurrent unit as in Keras, reset_after=True",
            "keras.layers.GRU; Cho et al. 2014, eqs. 5–8, with the reset behind the matrix",
            _gru_keras(),
            notes=(
                "kernel is W, recurrent_kernel is U, transposed and side by side in the order z, r, h",
                "bias has two rows: b_x beside the kernel, b_h beside the recurrent kernel",
            ),
        ),
        composed(
            "gru-before",
            "gated recurrent unit, reset before the matrix, z keeps",
            "Cho et al. 2014, eqs. 5–8",
            _gru_before(_same, _not),
        ),
        composed(
            "gru-before-z",
            "gated recurrent unit, reset before the matrix, z renews",
            "Chung et al. 2014, eqs. 4–8",
            _gru_before(_not, _same),
        ),
        composed("mgu", "minimal gated unit", "Zhou et al. 2016, eqs. 7", _mgu()),
        composed("ugrnn", "update gate network", "Collins, Sohl-Dickstein and Sussillo 2017, eqs. 9–11", _ugrnn()),
        composed(
            "phased-lstm",
            "phased LSTM",
            "Neil, Pfeiffer and Liu 2016, eqs. 2–10, without peepholes",
            _phased(),
            LONG,
            ("x_t", "t"),
        ),
    )
}
CELLS |= {
    f"stacked-{name}": stacked(
        CELLS[name],
        f"stacked-{name}",
        f"Graves, Mohamed and Hinton 2013, eq. 11; torch.nn.{name.upper()} with num_layers=2",
    )
    for name in ("rnn", "lstm", "gru")
}


def cell(name: str) -> Cell:
    """A cell or a layer of the tables. Raises UsageError with the names that are near, and all there are."""
    found = CELLS.get(name) or LAYERS.get(name)
    if found is None:
        raise UsageError(f"there is no cell {name}{nearest(name, (*CELLS, *LAYERS))}")
    return found


def recurrent(name: str) -> Cell:
    """A cell or a layer that can be run one step after another. Raises UsageError, also for one that cannot."""
    found = cell(name)
    if found.apart:
        raise UsageError(f"{name} is no cell of one step after another: {found.apart}")
    return found


def nearest(name: str, known: Sequence[str]) -> str:
    """What to say behind a name that is not known: those like it, then all."""
    words = [x for x in known if len(name) > 2 and set(name.lower().split("-")) & set(x.split("-"))]
    close = list(dict.fromkeys([*words, *get_close_matches(name.lower(), known, 3, 0.5)]))[:3]
    asked = f"; did you mean {' or '.join(close)}?" if close else ""
    return f"{asked or ';'} there are {', '.join(known)}"
