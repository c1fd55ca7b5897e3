"""Bounds of norms and of slopes: proved by rules, wrong at a point, never proved where they fail."""

from __future__ import annotations

import numpy as np
import pytest

from derivations import bounds
from derivations.check import check_sheet
from derivations.reading.places import Source
from derivations.report import StatementReport

SHEET = r"""
$h_t, s_t, z_t, b \in \mathbb{R}^n$, $x_t \in \mathbb{R}^d$, $U \in \mathbb{R}^{n \times d}$,
$W, A, B \in \mathbb{R}^{n \times n}$

$$z_t = W h_{t-1} + U x_t + b$$

$$h_t = \tanh(z_t)$$

$$s_t = \sigma(W s_{t-1} + U x_t)$$
"""
ANY_SLOPE = r"""
$v_t \in \mathbb{R}^n$, $x_t \in \mathbb{R}^d$, $U \in \mathbb{R}^{n \times d}$, $W \in \mathbb{R}^{n \times n}$

$$v_t = \phi(W v_{t-1} + U x_t)$$

$$\|\mathrm{diag}(\phi'(W v_{t-1} + U x_t))\| \le \gamma$$
"""
J = r"\left\| \frac{\partial h_t}{\partial h_{t-1}} \right\|"
FAR = r"\left\| \frac{\partial h_T}{\partial h_i} \right\|"
GATED = r"""
$$c_t = \sigma(A x_t + B h_{t-1}) \odot c_{t-1}$$

$$h_t = \tanh(c_t)$$
"""


def one(claim: str, definitions: str = SHEET) -> StatementReport:
    return check_sheet(Source("claim.md", f"{definitions}\n\n$${claim}$$\n")).statements[-1]


@pytest.mark.parametrize(
    "claim",
    [
        r"|\sigma'(x)| \le \frac{1}{4}",
        r"0 < \tanh'(x) \le 1",
        r"\tanh^2(x) < 1",
        r"\frac{1}{4} \ge \sigma(x) (1 - \sigma(x))",
        rf"{J} \le \|W\|",
        rf"{J} \le \|W\| \, \|\mathrm{{diag}}(\tanh'(z_t))\|",
        r"\|\mathrm{diag}(1 - h_t^2)\| \le 1",
        rf"{FAR} \le \|W\|^{{T-i}}",
        r"\left\| \frac{\partial s_T}{\partial s_i} \right\| \le \left( \frac{1}{4} \|W\| \right)^{T-i}",
        r"\left\| \frac{\partial h_3}{\partial h_1} \right\| \le \|W\|^2",
        r"\|A B\| \le \|A\| \|B\|",
        r"\|A B\|_F \le \|A\|_F \|B\|_F",
        r"\|A^\top\| \le \|A\|",
        r"\|A h_t + b\| \le \|A\| \|h_t\| + \|b\|",
        r"\|A - 2 B\| \le \|A\| + 2 \|B\|",
    ],
)
def test_known_bounds_are_proved(claim: str) -> None:
    statement = one(claim)
    assert statement.verdict.value == "proved", statement.steps[0].why


@pytest.mark.parametrize(
    "claim",
    [
        r"|\sigma'(x)| \le \frac{1}{5}",
        r"\tanh'(x) < 1",
        r"\sigma'(x) \ge \frac{1}{4}",
        rf"{J} \le \frac{{1}}{{2}} \|W\|",
        rf"{FAR} \le \left( \frac{{1}}{{2}} \|W\| \right)^{{T-i}}",
        rf"{FAR} \le \|W\|^{{T-i+1}}",
        rf"{FAR} \ge \|W\|^{{T-i}}",
        r"\|A + B\| \le \|A\|",
        r"\|2 A\| \le \|A\|",
        r"\|A B\| \le \|A\|",
    ],
)
def test_what_fails_somewhere_is_wrong_with_a_point(claim: str) -> None:
    statement = one(claim)
    assert statement.verdict.value == "wrong", statement.steps[0].why
    assert statement.steps[0].counterexample is not None


@pytest.mark.parametrize(
    "claim",
    [
        r"\|\mathrm{diag}(1 - h_t^2)\|_F \le 1",
        r"\left\| \frac{\partial h_T}{\partial h_i} \right\|_F \le \|W\|_F^{T-i}",
        r"\|W h_t\| \ge \|W\| \|h_t\|",
        r"\|h_t\| \le 1",
        r"\|A \odot B\| \le \|A\|",
        rf"{J} \le \gamma \|W\|",
    ],
)
def test_what_no_rule_proves_is_not_proved(claim: str) -> None:
    assert one(claim).verdict.value not in ("proved", "holds")


def test_a_state_that_is_not_alone_has_no_product_of_its_own() -> None:
    claim = r"\left\| \frac{\partial c_T}{\partial c_i} \right\| \le 1^{T-i}"
    assert one(claim, GATED).verdict.value not in ("proved", "holds")


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"\left\| \frac{\partial v_t}{\partial v_{t-1}} \right\| \le \gamma \|W\|", "proved"),
        (r"\left\| \frac{\partial v_T}{\partial v_i} \right\| \le (\gamma \|W\|)^{T-i}", "proved"),
        (r"\left\| \frac{\partial v_T}{\partial v_i} \right\| \le \|W\|^{T-i}", "undecided"),
        (r"\left\| \frac{\partial v_T}{\partial v_i} \right\| \le \gamma^{T-i}", "undecided"),
        (r"\left\| \frac{\partial v_T}{\partial v_i} \right\| \le (\gamma \|W\|)^{T-i-1}", "undecided"),
    ],
)
def test_a_scalar_that_is_introduced_as_bound_of_a_slope(claim: str, verdict: str) -> None:
    report = check_sheet(Source("claim.md", f"{ANY_SLOPE}\n\n$${claim}$$\n"))
    assert [x.verdict.value for x in report.statements[-2:]] == ["given", verdict]


def test_the_norm_that_is_meant_is_said() -> None:
    assert "for the spectral norm" in one(rf"{J} \le \|W\|").steps[0].why
    assert "for the Frobenius norm" in one(r"\|A B\|_F \le \|A\|_F \|B\|_F").steps[0].why


def test_the_bound_of_a_slope_comes_from_the_range_of_its_function(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(bounds.RANGES, "sigma", (0, 0))
    assert one(r"\sigma'(x) \le \frac{1}{5}").verdict.value == "proved"


def test_random_jacobians_obey_what_is_proved() -> None:
    """‖∂h_T/∂h_i‖ ≤ ‖W‖^{T−i} for h_t = tanh(W h_{t−1} + u_t), in numbers."""
    random = np.random.default_rng(0)
    for _ in range(50):
        weight, state = random.normal(size=(4, 4)), random.normal(size=4)
        jacobian = np.eye(4)
        for steps in range(1, 6):
            state = np.tanh(weight @ state + random.normal(size=4))
            jacobian = np.diag(1 - state**2) @ weight @ jacobian
            assert np.linalg.norm(jacobian, 2) <= np.linalg.norm(weight, 2) ** steps * (1 + 1e-12)
