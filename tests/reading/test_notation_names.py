"""Times, layers, components, transposes, concatenations and gates as people write them.

Every way of writing stands in a sheet with a right last line, which must be proved, and with a near miss, which must
not be taken for right. What is not read must be refused with a reason.
"""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from derivations.check import check_sheet
from derivations.reading.places import Source
from derivations.report import StatementReport, Verdict

RIGHT = (Verdict.PROVED, Verdict.HOLDS, Verdict.GIVEN)


@dataclass(frozen=True)
class Case:
    """The definitions of a sheet, a line that follows from them, and one that does not."""

    name: str
    given: tuple[str, ...]
    right: str
    wrong: str


def statements(*lines: str) -> list[StatementReport]:
    return check_sheet(Source("sheet.md", "\n\n".join(f"$$ {line} $$" for line in lines))).statements


# Times

TIMES = [
    ("h_t", "h_{t-1}", "x_t"),
    ("h_2", "h_1", "x_2"),
    ("h^{(t)}", "h^{(t-1)}", "x^{(t)}"),
    ("h^t", "h^{t-1}", "x^t"),
    ("a^{<t>}", "a^{<t-1>}", "x^{<t>}"),
    (r"a^{\langle t\rangle}", r"a^{\langle t-1 \rangle}", r"x^{\langle t\rangle}"),
    ("h(t+1)", "h(t)", "x(t+1)"),
    ("h[t]", "h[t-1]", "x[t]"),
    ("h_{t_m}", "h_{t_{m-1}}", "x_{t_m}"),
    (r"\underline{h}_t", r"\underline{h}_{t-1}", r"\underline{x}_t"),
    ("h_t^{(l)}", "h_{t-1}^{(l)}", "h_t^{(l-1)}"),
    ("h^{(l)}_{t}", "h^{(l)}_{t-1}", "h^{(l-1)}_t"),
    ("h^{[l]<t>}", "h^{[l]<t-1>}", "h^{[l-1]<t>}"),
    ("h^{l,t}", "h^{l,t-1}", "h^{l-1,t}"),
]


def at_time(now: str, before: str, other: str) -> Case:
    slope = rf"\frac{{\partial {now}}}{{\partial {before}}} = \mathrm{{diag}}(1 - {now} \odot {now})"
    return Case(f"time {now}", (rf"{now} = \tanh(W {before} + U {other} + b)",), f"{slope} W", f"{slope} U")


# A time and a transpose or a power

JOINED = [
    ("a^{<t>}", "a^{<t>T}"),
    ("h^{(t)}", r"h^{(t)^\top}"),
    ("h^{(t)}", r"h^{(t)\top}"),
    ("h^{(t)}", "(h^{(t)})^T"),
    ("h_t", "h_t^T"),
    ("h^t", "{h^t}^T"),
    ("a^{[l]}", "a^{[l]T}"),
]
SQUARES = [("a^{<t>}", "a^{<t>2}", "a^{<t>3}"), ("h^{(t)}", "{h^{(t)}}^2", "{h^{(t)}}^3"), ("h_t", "h_t^2", "h_t^3")]


def transposed_state(state: str, transposed: str) -> Case:
    given = (f"{state} = \\tanh(V b)", f"L = {transposed} {state}")
    gradient = rf"\frac{{\partial L}}{{\partial {state}}}"
    return Case(f"joined {transposed}", given, f"{gradient} = 2 {state}", f"{gradient} = {state}")


def squared_state(state: str, square: str, cube: str) -> Case:
    slope = rf"\frac{{\partial {state}}}{{\partial b}} = \mathrm{{diag}}"
    given = (rf"{state} = \tanh(V x + b)",)
    return Case(f"joined {square}", given, f"{slope}(1 - {square})", f"{slope}(1 - {cube})")


# Layers

LAYERS = ["^{[%s]}", "^{(%s)}", "_{%s}", "^{%s}"]


def recursion(script: str) -> tuple[str, ...]:
    now, before = script % "l", script % "l-1"
    return (
        f"z{now} = W{now} a{before} + b{now}",
        f"a{now} = f(z{now})",
        rf"\delta{now} = \frac{{\partial L}}{{\partial z{now}}}",
    )


def layer_cases(script: str) -> list[Case]:
    now, before, after = script % "l", script % "l-1", script % "l+1"
    delta = rf"\delta{now} = (W{after})^T \delta{after} \odot f'(z{now})"
    declared = rf"W{now} \in \mathbb{{R}}^{{n_l \times n_{{l-1}}}}"
    weights = rf"\frac{{\partial L}}{{\partial W{now}}} = \delta{now}"
    lower = rf"\delta{before} = (W{now})^T \delta{now} \odot"
    given = recursion(script)
    return [
        Case(f"delta {now}", given, delta, delta.replace(f"W{after}", f"W{now}")),
        Case(f"declared widths {now}", (declared, *given), delta, delta.replace(")^T", ")")),
        Case(f"weights of {now}", given, f"{weights} (a{before})^T", f"{weights} (a{now})^T"),
        Case(f"delta {before}", given, f"{lower} f'(z{before})", f"{lower} f'(z{now})"),
    ]


def two_layers(script: str, *declared: str) -> Case:
    one, two = script % "1", script % "2"
    given = (
        f"z{one} = W{one} x + b{one}",
        rf"a{one} = \tanh(z{one})",
        f"z{two} = W{two} a{one} + b{two}",
        rf"L = \frac12 (z{two} - y)^T(z{two} - y)",
    )
    slope = rf"\odot (1 - a{one} \odot a{one})"
    gradient = rf"\frac{{\partial L}}{{\partial z{one}}} = "
    right, wrong = (rf"{gradient} {w} (z{two} - y) {slope}" for w in (f"(W{two})^T", f"W{two}"))
    return Case(f"two layers {one} {declared}", (*declared, *given), right, wrong)


# Transposes

TRANSPOSES = [
    *("W^T", r"W^\top", r"W^{\top}", r"W^{\mathsf T}", r"W^\mathsf{T}", r"W^{\mathrm{T}}", r"W^{\intercal}", "W.T"),
    *(r"W^{\text{T}}", "{}^tW", "{}^t W", "{}^{T} W", r"{}^\top W"),
]


def transposed_weights(transposed: str) -> Case:
    given = ("z = W x + b", r"L = \frac12 (z - y)^T (z - y)")
    gradient = r"\frac{\partial L}{\partial x} = "
    return Case(
        f"transpose {transposed}", given, f"{gradient} {transposed} (z - y)", f"{gradient} {transposed} (z + y)"
    )


# Concatenations

STACKS = [
    *("[h_{t-1}, x_t]", "[h_{t-1}; x_t]", r"[h_{t-1}\,;\,x_t]", r"\left[ h_{t-1}, x_t \right]", r"[h_{t-1} \mid x_t]"),
    *(r"\begin{pmatrix} h_{t-1} \\ x_t \end{pmatrix}", r"\begin{bmatrix} h_{t-1} \\ x_t \end{bmatrix}"),
    *(r"\left(\begin{array}{c} h_{t-1} \\ x_t \end{array}\right)", r"(h_{t-1} \oplus x_t)"),
    *(r"\mathrm{concat}(h_{t-1}, x_t)", r"\text{concat}(h_{t-1}, x_t)", r"\operatorname{concat}([h_{t-1}, x_t])"),
]
BLOCKS = [r"[W_h \mid W_x]", "[W_h, W_x]", "[W_h; W_x]", r"\begin{bmatrix} W_h & W_x \end{bmatrix}"]


def stacked(stack: str) -> Case:
    given = (f"z_t = W_f {stack} + b_f", r"\delta_t = \frac{\partial L}{\partial z_t}")
    gradient = r"\frac{\partial L}{\partial W_f} = \delta_t"
    return Case(f"stack {stack}", given, f"{gradient} [h_{{t-1}}, x_t]^T", f"{gradient} [x_t, h_{{t-1}}]^T")


def blocks(row: str) -> Case:
    given = (r"f_t = \sigma(W_h h_{t-1} + W_x x_t + b)",)
    claim = rf"f_t = \sigma({row} [%s] + b)"
    return Case(f"blocks {row}", given, claim % "h_{t-1}; x_t", claim % "x_t; h_{t-1}")


# Components

COMPONENTS = [
    ("h_t", "h_{t-1}", "h_{t,i}", "h_{t-1,j}", "h_{t,i}^2"),
    ("h_t", "h_{t-1}", "{h_t}_i", "{h_{t-1}}_j", "({h_t}_i)^2"),
    ("h^{(t)}", "h^{(t-1)}", "h^{(t)}_i", "h^{(t-1)}_j", "(h^{(t)}_i)^2"),
    ("h^t", "h^{t-1}", "h^t_i", "h^{t-1}_j", "(h^t_i)^2"),
]


def component(now: str, before: str, upper: str, lower: str, square: str) -> Case:
    claim = rf"\frac{{\partial {upper}}}{{\partial {lower}}} = (1 - {square}) W_{{%s}}"
    return Case(f"component {upper}", (rf"{now} = \tanh(W {before} + b)",), claim % "ij", claim % "ji")


# Gates

GATES = [
    ("i", "f", "o", "g", "_"),
    *[("i", "f", "o", g, "_") for g in (r"\tilde{c}", r"\hat c", r"\bar c", "j")],
    (r"\iota", r"\phi", r"\omega", "g", "_"),
    (r"\Gamma_u", r"\Gamma_f", r"\Gamma_o", r"\tilde c", "^"),
]


def lstm(i: str, f: str, o: str, g: str, mark: str) -> Case:
    now, before = ("_t", "_{t-1}") if mark == "_" else ("^{<t>}", "^{<t-1>}")
    rows = [
        f"{name}{now} = {function}(W_{k} h{before} + U_{k} x{now} + b_{k})"
        for k, name, function in (("1", i, r"\sigma"), ("2", f, r"\sigma"), ("3", o, r"\sigma"), ("4", g, r"\tanh"))
    ]
    cell = rf"c{now} = {f}{now} \odot c{before} + {i}{now} \odot {g}{now}"
    claim = rf"\frac{{\partial h{now}}}{{\partial c{now}}} = \mathrm{{diag}}(%s{now} \odot (1 - \tanh^2(c{now})))"
    return Case(f"gates {i} {g}", (*rows, cell, rf"h{now} = {o}{now} \odot \tanh(c{now})"), claim % o, claim % f)


CASES = [
    *[at_time(*row) for row in TIMES],
    *[transposed_state(*row) for row in JOINED],
    *[squared_state(*row) for row in SQUARES],
    *[case for script in LAYERS for case in layer_cases(script)],
    *[two_layers(script) for script in ("^{(%s)}", "^{[%s]}")],
    two_layers("^{(%s)}", r"W^{(1)} \in \mathbb{R}^{n_1 \times n_0}", r"W^{(2)} \in \mathbb{R}^{n_2 \times n_1}"),
    two_layers("^{[%s]}", r"W^{[1]} \in \mathbb{R}^{4 \times 3}", r"W^{[2]} \in \mathbb{R}^{2 \times 4}"),
    two_layers("_{%s}", r"W_1 \in \mathbb{R}^{n_1 \times n_0}", r"W_2 \in \mathbb{R}^{n_2 \times n_1}"),
    *[transposed_weights(transposed) for transposed in TRANSPOSES],
    *[stacked(stack) for stack in STACKS],
    *[blocks(row) for row in BLOCKS],
    *[component(*row) for row in COMPONENTS],
    *[lstm(*row) for row in GATES],
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_right_line_is_proved(case: Case) -> None:
    *given, last = statements(*case.given, case.right)
    assert [x.latex for x in given if x.verdict is not Verdict.GIVEN] == []
    assert last.verdict is Verdict.PROVED


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_near_miss_is_not_taken_for_right(case: Case) -> None:
    assert statements(*case.given, case.wrong)[-1].verdict not in RIGHT


REFUSED = [
    (r"z = W h \oplus x", "⊕"),
    ("z = {}^qW x", "superscript"),
    ("z = [x; y]_j", "subscript"),
]


@pytest.mark.parametrize(("line", "reason"), REFUSED)
def test_what_is_not_read_is_refused_with_a_reason(line: str, reason: str) -> None:
    (found,) = statements(line)
    assert found.verdict is Verdict.UNCLEAR
    assert reason in found.steps[0].headline


def test_the_transpose_of_an_inverse() -> None:
    given = (r"b \in \mathbb{R}^{n}", r"c \in \mathbb{R}^{n}", r"X \in \mathbb{R}^{n \times n}", "L = c^T X^{-1} b")
    gradient = r"\frac{\partial L}{\partial b} = "
    assert statements(*given, rf"{gradient} X^{{-\top}} c")[-1].verdict is Verdict.PROVED
    assert statements(*given, rf"{gradient} X^{{-T}} c")[-1].verdict is Verdict.PROVED
    assert statements(*given, rf"{gradient} X^{{-1}} c")[-1].verdict not in RIGHT


@pytest.mark.parametrize("script", LAYERS)
def test_a_line_for_equal_widths_is_not_proved(script: str) -> None:
    """W^{(l)} W^{(l+1)} exists only where all layers have one width."""
    now, after = script % "l", script % "l+1"
    line = rf"\delta{now} = (W{now})^T \delta{now}"
    assert statements(*recursion(script), line)[-1].verdict not in RIGHT
    product = f"W{now} W{after} - W{now} W{after} = W{now} - W{now}"
    assert statements(*recursion(script), f"z{after} = W{after} a{now} + b{after}", product)[-1].verdict not in RIGHT


def test_times_of_a_recurrence_are_no_layers() -> None:
    """The weights have no index, so that the superscripts are times and the widths one."""
    given = (r"h^{(1)} = \tanh(W h^{(0)} + U x^{(1)})", r"h^{(2)} = \tanh(W h^{(1)} + U x^{(2)})")
    slope = r"\frac{\partial h^{(2)}}{\partial h^{(1)}} = \mathrm{diag}(1 - h^{(2)} \odot h^{(2)})"
    assert statements(*given, f"{slope} W")[-1].verdict is Verdict.PROVED
    assert statements(*given, f"{slope} U")[-1].verdict not in RIGHT
