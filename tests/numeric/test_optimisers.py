"""The optimisers of the table against torch.optim, step by step; errors planted in the equations are found."""

from __future__ import annotations

from dataclasses import replace

import pytest
import torch
from sympy import Rational

from derivations.optimisers import OPTIMISERS, SCHEDULES, Optimiser
from derivations.reading.places import Source
from derivations.update_rules import Rule
from numeric.optimisers import TORCH, steps, torch_steps

STEPS = 50
VALUES = {
    r"\eta": 0.07,
    r"\mu": 0.8,
    r"\tau": 0.3,
    r"\lambda": 0.11,
    r"\epsilon": 0.013,
    r"\rho": 0.7,
    r"\beta_1": 0.85,
    r"\beta_2": 0.93,
    "c": 0.9,
}
A = torch.tensor([[2.0, 0.3, 0.0], [0.3, 1.0, 0.4], [0.0, 0.4, 0.7]], dtype=torch.float64)
START = torch.tensor([1.5, -2.0, 0.8], dtype=torch.float64)


def slope(theta: torch.Tensor) -> torch.Tensor:
    """The gradient of ½ θᵀAθ + Σ cos θ."""
    return A @ theta - torch.sin(theta)


def gap(rule: Optimiser | Rule, name: str, count: int = STEPS) -> float:
    """The largest relative distance of any step from that of torch."""
    own, other = steps(rule, START, slope, VALUES, count), torch_steps(name, START, slope, VALUES, count)
    return max(float((a - b).abs().max() / (1 + b.abs().max())) for a, b in zip(own, other, strict=True))


@pytest.mark.parametrize("name", sorted(TORCH))
def test_every_step_is_that_of_torch(name: str) -> None:
    assert gap(OPTIMISERS[name], name) < (1e-5 if name == "clip-norm" else 1e-10)


def test_torch_is_named_where_it_has_the_optimiser() -> None:
    assert {name for name, entry in OPTIMISERS.items() if entry.torch} == set(TORCH)


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("adam", r"1 - \beta_1^t", r"1 - \beta_1^{t-1} \beta_2"),
        ("adam", r"\sqrt{\hat{v}_t} + \epsilon", r"\sqrt{\hat v_t + \epsilon}"),
        ("adam", r"(1 - \beta_2) g_t^2", r"\beta_2 g_t^2"),
        ("adamw", r"\eta \lambda", r"\lambda"),
        ("nesterov", r"\mu v_t)", r"\mu v_{t-1})"),
        ("momentum-dampened", r"v_1 = g_1", r"v_0 = 0"),
        ("rmsprop", r"(1 - \rho)", r"\rho"),
        ("clip-norm", r"\min", r"\max"),
    ],
)
def test_a_planted_error_is_found(name: str, old: str, new: str) -> None:
    text = OPTIMISERS[name].sheet()
    assert old in text
    assert gap(Rule(Source("planted", text.replace(old, new))), name) > 1e-3


def test_relatives_of_one_another_differ() -> None:
    for one, other in (("adam-l2", "adamw"), ("nesterov", "momentum"), ("adam-uncorrected", "adam")):
        assert gap(OPTIMISERS[one], other) > 1e-3
    assert gap(replace(OPTIMISERS["rmsprop-eps-inside"]), "rmsprop") > 1e-3


def test_schedules_are_those_of_torch() -> None:
    values = {r"\eta_{0}": Rational(1, 2), r"\gamma": Rational(9, 10), "s": 3, "k": 4}
    made = {
        "constant": lambda o: torch.optim.lr_scheduler.ConstantLR(o, factor=1.0),
        "exponential": lambda o: torch.optim.lr_scheduler.ExponentialLR(o, gamma=0.9),
        "step": lambda o: torch.optim.lr_scheduler.StepLR(o, step_size=3, gamma=0.9),
        "after": lambda o: torch.optim.lr_scheduler.LambdaLR(o, lambda t: 0.9 ** max(t - 4, 0)),
    }
    for name, make in made.items():
        inner = torch.optim.SGD([torch.nn.Parameter(START.clone())], lr=0.5)
        scheduler = make(inner)
        for time in range(10):
            assert float(SCHEDULES[name].at(time, values)) == pytest.approx(inner.param_groups[0]["lr"], rel=1e-12)
            inner.step()
            scheduler.step()
    assert float(SCHEDULES["step"].at(3, values)) != pytest.approx(0.5)
