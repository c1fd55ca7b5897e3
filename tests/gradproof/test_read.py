"""``gradproof read``: one notation whatever the author wrote; every kind; what is unclear has a place."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

import gradproof
from derivations.plain import plain
from derivations.understanding import Understanding, Understood
from gradproof.cli import cli

SHAPES = r"""Let $x_t \in \mathbb{R}^d$, $h_t, b, v \in \mathbb{R}^n$, $U \in \mathbb{R}^{n \times n}$ and
$W \in \mathbb{R}^{n \times d}$.

"""
CELL = SHAPES + r"$$h_t = \tanh(W x_t + U h_{t-1} + b)$$" + "\n\n"


def statements(text: str) -> list[Understood]:
    return gradproof.read(text).statements


def side(text: str, number: int = 1) -> str:
    """A side of the last statement as plain text."""
    return plain(statements(CELL + text)[-1].sides[number].latex)


@pytest.mark.parametrize(
    ("written", "understood"),
    [
        (r"W x_t", "W x⟨t⟩"),
        (r"W \cdot x_t", "W x⟨t⟩"),
        (r"W @ x_t", "W x⟨t⟩"),
        (r"h_t * v", "h⟨t⟩ ⊙ v"),
        (r"h_t \circ v", "h⟨t⟩ ⊙ v"),
        (r"\mathrm{diag}(h_t) v", "h⟨t⟩ ⊙ v"),
        (r"U^\top h^{(t)}", "Uᵀ h⟨t⟩"),
        (r"U^T h_{t}", "Uᵀ h⟨t⟩"),
        (r"\tanh'(v)", "tanh'(v)"),
    ],
)
def test_one_notation_for_what_is_the_same(written: str, understood: str) -> None:
    assert side(f"$$v = {written}$$") == understood


@pytest.mark.parametrize(
    ("written", "understood"),
    [
        (r"\frac{\partial h_t}{\partial b}", "∂h⟨t⟩/∂b"),
        (r"\frac{\partial^{+} h_t}{\partial b}", "∂^{+} h⟨t⟩/∂b"),
        (r"\frac{d h_t}{d b}", "dh⟨t⟩/db"),
        (
            r"\sum_{k=1}^{t} \frac{\partial h_t}{\partial h_k} \frac{\partial h_k}{\partial b}",
            "(Σ_{k=1}^{t} ∂h⟨t⟩/∂h⟨k⟩ · ∂h⟨k⟩/∂b)",
        ),
    ],
)
def test_derivatives_stand_as_they_are(written: str, understood: str) -> None:
    assert side(f"$$\\frac{{\\partial h_t}}{{\\partial v}} = {written}$$") == understood


def test_a_near_miss_is_shown_as_what_it_is() -> None:
    assert side("$$v = U h_t$$") != side("$$v = U^T h_t$$")
    assert side("$$v = h_{t-1}$$") != side("$$v = h_t$$")
    assert side("$$v = h_t^2$$") != side("$$v = h_2$$")


def test_components_keep_their_letters() -> None:
    last = statements(CELL + r"$$\sum_j v_j = 1$$" + "\n\n" + r"$$v_i = \sum_j U_{ij} b_j$$")[-1]
    assert [plain(x.latex) for x in last.sides] == [r"[v]_i", "[U b]_i"]


def test_every_kind() -> None:
    text = CELL + "$$L = \\|h_t\\|^2$$\n\n$n = d = 200$\n\n$$h_t = b$$\n\n$$h_t = \\foo b$$\n"
    found = [statement.kind for statement in statements(text)]
    assert found == ["declaration"] * 4 + ["definition", "definition", "condition", "claim", "unclear"]


def test_shapes_of_both_sides() -> None:
    claim = statements(CELL + r"$$\frac{\partial h_t}{\partial W} = x_t$$")[-1]
    assert [x.shape for x in claim.sides] == [("n", "n", "d"), ("d",)]


def test_an_outer_product_in_shorthand_is_said() -> None:
    claim = statements(CELL + r"$$\frac{\partial L}{\partial W} = v x_t$$")[-1]
    assert claim.sides[1].readings
    assert plain(claim.sides[1].latex) == "v (x⟨t⟩)ᵀ"


def test_what_does_not_fit_is_unclear_with_its_place() -> None:
    found = gradproof.read(CELL + "$$v = W b$$\n")
    last = found.statements[-1]
    assert (last.kind, found.exit_code) == ("unclear", 3)
    assert last.problem is not None
    assert "fit" in last.problem.message
    assert (last.problem.line, last.problem.column) == (last.line, 7)


def test_all_read_is_exit_code_0() -> None:
    found = gradproof.read(CELL)
    assert (found.exit_code, found.conventions["vectors"]) == (0, "columns")


def test_rows_are_a_convention() -> None:
    found = gradproof.read("$$h_t = \\tanh(x_t W + h_{t-1} U)$$\n\n")
    assert found.conventions["vectors"] == "rows"
    assert "right" in found.grounds["vectors"].text


def test_the_sense_of_a_derivative_is_left_open_until_it_is_checked() -> None:
    found: Understanding = gradproof.read(CELL + r"$$\frac{\partial h_t}{\partial b} = v$$")
    assert not found.grounds["∂"].declared
    assert "left open" in found.grounds["∂"].text


def test_the_command_line() -> None:
    run = CliRunner().invoke(cli, ["read", "-"], input=CELL)
    assert run.exit_code == 0
    assert "h⟨t⟩ = tanh(W x⟨t⟩ + U h⟨t-1⟩ + b)   [n]" in run.output
    run = CliRunner().invoke(cli, ["read", "-"], input=CELL + "$$h_t = \\foo b$$\n")
    assert run.exit_code == 3
    assert "^^^^" in run.output


def test_json() -> None:
    run = CliRunner().invoke(cli, ["read", "-", "--format", "json"], input=CELL)
    found = json.loads(run.output)
    assert found["version"] == 1
    assert found["statements"][-1]["sides"][0] == {
        "latex": r"h^{\langle t \rangle}",
        "text": "h⟨t⟩",
        "shape": ["n"],
        "readings": [],
        "others": [],
    }


def test_a_missing_file_is_a_call_error() -> None:
    run = CliRunner().invoke(cli, ["read", "no-such-sheet.md"])
    assert run.exit_code == 2
    assert "no such file" in run.output


def test_a_sheet_without_formulas_is_a_call_error() -> None:
    assert CliRunner().invoke(cli, ["read", "-"], input="Words alone.\n\n").exit_code == 2
