"""Functions that hide from autograd, kinks, noise and randomness, and every way of calling."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from derivations.errors import UsageError
from numeric import references
from numeric.crosscheck import crosscheck
from numeric.traced import Traced

Array = NDArray[Any]

# Functions without autograd


def opaque(x: Array) -> float:
    """Nothing that torch could follow."""
    return float(np.sort(np.array([float(v) ** 3 for v in x.flat])).sum())


def test_difference_quotients_alone() -> None:
    x = np.random.default_rng(3).normal(size=(4, 3))
    found = crosscheck(opaque, lambda x: 3 * x**2, x)
    assert found.ok, str(found)
    assert found.columns == ()
    assert "finite differences" in found.rows[0].errors


@pytest.mark.parametrize(
    ("factor", "words"),
    [(-3, "has the wrong sign"), (6, "is 2 times what it should be"), (3.001, "is 1.00033333 times what it should be")],
)
def test_difference_quotients_alone_name_errors(factor: float, words: str) -> None:
    x = np.random.default_rng(3).normal(size=(4, 3))
    assert words in crosscheck(opaque, lambda x: factor * x**2, x).rows[0].message


def test_a_large_input_is_sampled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(references, "MOST_ENTRIES", 20)
    x = np.linspace(1.0, 2.0, 50)
    found = crosscheck(opaque, lambda x: 3 * x**2, x)
    assert found.ok
    assert "entries looked at" in found.rows[0].message
    assert not crosscheck(opaque, lambda x: 3 * x**2 + 0.01 * (np.arange(len(x)) == 7), x).ok


# What is no wrong gradient


def relu(x: Any) -> Any:
    return torch.relu(x).sum()


KINKED = np.array([0.0, 1.5, -2.0])


@pytest.mark.parametrize("at_zero", [0.0, 0.5, 1.0])
def test_any_slope_at_a_kink_will_do(at_zero: float) -> None:
    found = crosscheck(relu, lambda x: np.array([at_zero, 1.0, 0.0]), KINKED)
    assert found.ok, str(found)


@pytest.mark.parametrize("at_zero", [-0.5, 2.0])
def test_a_slope_beyond_a_kink_is_wrong(at_zero: float) -> None:
    found = crosscheck(relu, lambda x: np.array([at_zero, 1.0, 0.0]), KINKED)
    assert found.exit_code == 1
    assert "kink" in found.rows[0].notes[0]


def test_a_wrong_slope_beside_a_kink_is_caught() -> None:
    found = crosscheck(relu, lambda x: np.array([1.0, 1.0, 0.5]), KINKED)
    assert "at entry [2]" in found.rows[0].message


def test_random_functions_are_told_from_wrong_gradients() -> None:
    rng = np.random.default_rng(0)
    found = crosscheck(lambda x: (x * rng.normal(size=3)).sum(), lambda x: x, KINKED)
    assert found.exit_code == 3
    assert "the function gives another result every time" in found.rows[0].message
    found = crosscheck(lambda x: (x * x).sum(), lambda x: 2 * x + rng.normal(size=3), KINKED)
    assert "the gradient gives another result every time" in found.rows[0].message


def layer(W: Any, x: Any) -> Any:
    return torch.tanh(W @ x).sum()


def layer_gradient(W: Array, x: Array) -> tuple[Array, Array]:
    da = 1 - np.tanh(W @ x) ** 2
    return np.outer(da, x), W.T @ da


def layer_inputs() -> tuple[Array, Array]:
    rng = np.random.default_rng(4)
    return rng.normal(size=(4, 3)), rng.normal(size=3)


def test_single_precision_inside_is_told_from_a_wrong_gradient() -> None:
    def single(W: Array, x: Array) -> tuple[Array, ...]:
        return tuple(g.astype(np.float32) for g in layer_gradient(W, x))

    found = crosscheck(layer, single, layer_inputs())
    assert found.ok, str(found)
    assert "float32" in found.rows[0].notes[0]
    doubled = crosscheck(layer, lambda W, x: tuple(2 * g for g in single(W, x)), layer_inputs())
    assert "is 2 times" in doubled.rows[0].message


def test_a_detached_function_is_told() -> None:
    """Autograd does not see what the values do; difference quotients do."""

    def function(x: Any) -> Any:
        return (x * x.detach()).sum() if isinstance(x, torch.Tensor) else (x * x).sum()

    assert crosscheck(function, lambda x: 2 * x, torch.tensor([1.0, 2.0])).ok
    found = crosscheck(function, lambda x: x, torch.tensor([1.0, 2.0], dtype=torch.float64))
    assert found.exit_code == 1
    assert "detach" in found.rows[0].message


def test_a_vanishing_gradient_is_looked_at_elsewhere() -> None:
    x = np.array([40.0, 50.0, -60.0])
    right = crosscheck(lambda x: torch.tanh(x).sum(), lambda x: 1 - np.tanh(x) ** 2, x)
    assert right.ok
    assert "vanishes" in right.rows[0].notes[-1]
    wrong = crosscheck(lambda x: torch.tanh(x).sum(), lambda x: 1 - np.tanh(x) ** 4, x)
    assert wrong.exit_code == 1
    assert "scaled by 0.1" in wrong.rows[0].notes[-1]


def test_inputs_are_not_changed() -> None:
    def writes(x: Array) -> Array:
        x *= 0
        return x

    given = np.array([1.0, 2.0])
    crosscheck(lambda x: (x * x).sum(), writes, given)
    assert given.tolist() == [1.0, 2.0]


# Calling


def test_jacobians_and_gradients_of_sums() -> None:
    W, x = layer_inputs()
    given = {"W": W, "x": x, "b": np.array([0.1, -0.2, 0.3, 0.4])}

    def function(W: Any, x: Any, b: Any) -> Any:
        return np.tanh(W @ x + b)

    def jacobian(W: Array, x: Array, b: Array) -> dict[str, Array]:
        return {"x": (1 - np.tanh(W @ x + b) ** 2)[:, None] * W, "b": 1 - np.tanh(W @ x + b) ** 2}

    assert crosscheck(function, jacobian, given).ok
    assert not crosscheck(function, lambda W, x, b: {"x": W}, given).ok
    assert not crosscheck(function, lambda W, x, b: {"x": jacobian(W, x, b)["x"].T}, given).ok


def test_keywords_get_their_cotangent_by_name() -> None:
    found = crosscheck(
        lambda scale, x: scale * x,
        lambda cotangent, x, scale: {"x": scale * cotangent, "scale": (x * cotangent).sum()},
        {"x": np.arange(3.0), "scale": np.array(2.0)},
    )
    assert found.ok
    assert [row.name for row in found.rows] == ["x", "scale"]


def test_whole_numbers_are_not_differentiated() -> None:
    found = crosscheck(lambda x, k: (x[k] ** 2).sum(), lambda x, k: 2 * x * (np.arange(3) == k), (KINKED, np.array(1)))
    assert found.ok
    assert [row.name for row in found.rows] == ["x"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ((lambda x: x.nothing, lambda x: x, 1.0), "the function fails at these inputs: AttributeError"),
        ((lambda x: x * 2, lambda x: x.nothing, 1.0), "the gradient fails at these inputs: AttributeError"),
        ((lambda x: x * 2, lambda x: (1, 2, 3), 1.0), "3 gradients are given"),
        ((lambda x: x * 2, lambda x: {"y": 1}, 1.0), "the inputs are x"),
        ((lambda x: "a", lambda x: 1, 1.0), "a real number or array was expected"),
        ((lambda x: x, lambda x: 1, 1), "nothing to differentiate by"),
        ((lambda x: x, lambda x: 1, "abc"), "an array of real numbers"),
        ((lambda x: np.log(x - 2), lambda x: 1, 1.0), "not finite"),
        ((lambda x: x, lambda x: None, 1.0), "no gradient is given"),
        ((lambda x: x,), "needs inputs"),
    ],
)
def test_bad_calls_say_what_is_missing(arguments: tuple[Any, ...], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        crosscheck(*arguments)


# Arrays that torch records

OPERATIONS: dict[str, Any] = {
    "arithmetic": lambda x: (2 - x) * x / (1 + x**2) - (-x) + np.square(x),
    "functions": lambda x: np.exp(np.tanh(x)) + np.log(1 + x * x) + np.sqrt(x * x + 1) + np.maximum(x, 0.1) + np.abs(x),
    "matrices": lambda x: (x @ x.T).dot(x) + np.dot(x, x.T @ x) + np.einsum("ij,kj->ik", x, x) @ x,
    "reductions": lambda x: (
        x.sum(axis=1) * np.mean(x, axis=1) + np.max(x, axis=1) + x.mean() + x.max(1, keepdims=True)[:, 0]
    ),
    "pieces": lambda x: np.concatenate([x[0], x[:, 1], np.stack([x[1], x[0]]).ravel()]) * len(x) * x.shape[1],
    "rows": lambda x: sum(np.outer(row, row) for row in x),
    "choice": lambda x: np.where(x > 0, x, 0.1 * x) + np.clip(x, -0.5, 0.5) + (x > 0) * x,
    "shapes": lambda x: x.reshape(-1) + np.reshape(x.T, (6,)) + np.transpose(x, (0, 1)).flatten() + x.copy().ravel(),
}


@pytest.mark.parametrize("name", OPERATIONS)
def test_functions_in_numpy_are_recorded(name: str) -> None:
    """The values are those of NumPy, and the recorded derivative is that of the difference quotients."""
    x = np.random.default_rng(5).normal(size=(2, 3))
    record = torch.tensor(x, requires_grad=True)
    output = OPERATIONS[name](Traced(record))
    assert np.allclose(output.record.detach().numpy(), OPERATIONS[name](x), rtol=1e-14)
    (recorded,) = torch.autograd.grad(output.record.sum(), record)
    found = crosscheck(lambda x: float(OPERATIONS[name](np.array(x.tolist())).sum()), lambda x: recorded.numpy(), x)
    assert found.ok, str(found)
    assert found.columns == ()


@pytest.mark.parametrize("act", [np.array, np.sort, np.arctan2, float, lambda x: np.add.reduce(x)])
def test_what_is_not_recorded_is_refused(act: Any) -> None:
    with pytest.raises(TypeError):
        act(Traced(torch.ones(1, requires_grad=True)))


def test_inputs_are_not_written_to() -> None:
    x = Traced(torch.ones(2, requires_grad=True))
    with pytest.raises(TypeError, match="written"):
        x[0] = 3.0


@pytest.mark.parametrize(
    "sigma",
    [
        lambda x: 1 / (1 + np.exp(-x)),
        lambda x: 1.0 / (np.exp(-x) + 1.0),
        lambda x: (1 + np.exp(-x)) ** -1,
        lambda x: np.reciprocal(1 + np.exp(-x)),
    ],
)
def test_a_logistic_function_written_out_is_one_activation(sigma: Any) -> None:
    x = np.array([0.3, -0.4, 1.2])
    found = crosscheck(lambda x: (x * sigma(x)).sum(), lambda x: sigma(x) + x * (1 - np.tanh(x) ** 2), x)
    assert "the slope of σ in" in found.rows[0].message
    assert "is taken as 1 − tanh²" in found.rows[0].message


def test_what_looks_like_a_logistic_function_but_is_none() -> None:
    x = np.array([0.3, -0.4, 1.2])
    found = crosscheck(lambda x: (2 / (1 + np.exp(-x))).sum(), lambda x: np.ones(3), x)
    assert "σ in" not in found.rows[0].message
