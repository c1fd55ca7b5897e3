"""A person's own gradients: right ones pass, planted errors are caught and named."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from derivations.errors import UsageError
from numeric.agreement import CrossCheck, Outcome
from numeric.crosscheck import crosscheck

Array = NDArray[Any]
N, D, STEPS = 4, 3, 3
Gradients = tuple[Array, ...]


def inputs(seed: int = 0, scale: float = 1.0) -> Gradients:
    """Weights, recurrent weights, bias, a sequence and an initial state."""
    rng = np.random.default_rng(seed)
    shapes = ((N, D), (N, N), (N,), (STEPS, D), (N,))
    return tuple(scale ** (k < 3) * rng.normal(size=shape) / 2 for k, shape in enumerate(shapes))


WEIGHTS = np.array([1.0, -0.7, 0.4, 1.3])


def rnn(W: Any, U: Any, b: Any, X: Any, h: Any) -> Any:
    """An Elman network, in torch; the loss weighs the last state."""
    for x in X:
        h = torch.tanh(W @ x + U @ h + b)
    return (torch.as_tensor(WEIGHTS, dtype=h.dtype) * h).sum()


Slope = Callable[[Array, Array], Array]


def right_slope(a: Array, h: Array) -> Array:
    return np.asarray(1 - h * h)


def bptt(
    W: Array,
    U: Array,
    b: Array,
    X: Array,
    h: Array,
    *,
    slope: Slope = right_slope,
    dropped: int | None = None,
    carry: float = 1.0,
) -> Gradients:
    """Backpropagation through time, with a slope, a step to drop and a share of the state's gradient to carry."""
    states, arguments = [h], []
    for x in X:
        arguments.append(W @ x + U @ states[-1] + b)
        states.append(np.tanh(arguments[-1]))
    dh = WEIGHTS.astype(W.dtype)
    dW, dU, db, dX = np.zeros_like(W), np.zeros_like(U), np.zeros_like(b), np.zeros_like(X)
    for t in reversed(range(len(X))):
        da = dh * slope(arguments[t], states[t + 1])
        if t != dropped:
            dW, dU, db = dW + np.outer(da, X[t]), dU + np.outer(da, states[t]), db + da
        dX[t] = W.T @ da
        dh = carry * (U.T @ da)
    return dW, dU, db, dX, dh


def sigma(a: Any) -> Any:
    return 1 / (1 + np.exp(-a))


def changed(change: Callable[..., tuple[Any, ...]]) -> Callable[..., tuple[Any, ...]]:
    return lambda *given: change(*bptt(*given))


def entry(W: Array, *rest: Array) -> Gradients:
    W[1, 2] *= -1
    return W, *rest


def nan(W: Array, U: Array, *rest: Array) -> Gradients:
    U[2, 3] = np.nan
    return W, U, *rest


def column(W: Array, U: Array, *rest: Array) -> Gradients:
    U[:, 1] = 0
    return W, U, *rest


PLANTED: dict[str, tuple[Callable[..., Any], float, str, str]] = {
    "sign": (changed(lambda W, *rest: (-W, *rest)), 1, "W", "has the wrong sign"),
    "factor": (changed(lambda W, U, *rest: (W, 2 * U, *rest)), 1, "U", "is 2 times what it should be"),
    "fraction": (changed(lambda W, U, *rest: (W, U / 2, *rest)), 1, "U", "is 1/2 of what it should be"),
    "transposed": (changed(lambda W, U, *rest: (W, U.T, *rest)), 1, "U", "is transposed"),
    "transposed shape": (changed(lambda W, *rest: (W.T, *rest)), 1, "W", "is transposed: it has the shape 3×4"),
    "one entry": (changed(entry), 1, "W", "is right but at entry [1, 2], where it has the wrong sign"),
    "one column": (changed(column), 1, "U", "is right but in column 1, where it is zero everywhere"),
    "not a number": (changed(nan), 1, "U", "is NaN at entry [2, 3]"),
    "order": (changed(lambda W, U, b, X, h: (W, U, h, X, b)), 1, "b", "is the gradient by h"),
    "no slope": (lambda *g: bptt(*g, slope=lambda a, h: 0 * h + 1), 1, "W", "the slope of tanh in `torch.tanh("),
    "slope of σ": (lambda *g: bptt(*g, slope=lambda a, h: sigma(a) * (1 - sigma(a))), 1, "U", "is taken as σ(1 − σ)"),
    "1 − h": (lambda *g: bptt(*g, slope=lambda a, h: 1 - h), 1, "b", "is taken as 1 − y for the output y"),
    "dropped step": (lambda *g: bptt(*g, dropped=0), 1, "W", "`W @ x` (line"),
    "dropped step, small weights": (lambda *g: bptt(*g, dropped=0), 1e-3, "U", "at evaluation 1 of 3 is missing"),
    "truncated": (lambda *g: bptt(*g, carry=0.0), 1, "W", "the path through the right side of `U @ h`"),
    "truncated, small weights": (lambda *g: bptt(*g, carry=0.0), 1e-3, "W", "right side of `U @ h`"),
    "carried twice": (lambda *g: bptt(*g, carry=-1.0), 1, "h", "has the wrong sign"),
    "saturated, no slope": (lambda *g: bptt(*g, slope=lambda a, h: 0 * h + 1), 30, "b", "is left out"),
    "saturated, 1 − h²  doubled": (lambda *g: bptt(*g, slope=lambda a, h: 2 - 2 * h * h), 30, "h", "is 8 times"),
    "weight decay": (lambda *g: _decayed(*g), 1, "W", "has a term too much: 0.01·W"),
}


def _decayed(W: Array, *rest: Any) -> Gradients:
    dW, *others = bptt(W, *rest)
    return dW + 0.01 * W, *others


def row(found: CrossCheck, name: str) -> Any:
    return next(row for row in found.rows if row.name == name)


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("name", PLANTED)
def test_planted_errors_are_caught_and_named(name: str, seed: int) -> None:
    gradient, scale, where, words = PLANTED[name]
    found = crosscheck(rnn, gradient, inputs(seed, scale))
    assert row(found, where).outcome is Outcome.WRONG
    assert words in row(found, where).message
    assert found.exit_code == 1


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("scale", [1e-3, 1.0, 5.0, 30.0])
@pytest.mark.parametrize("seed", range(2))
def test_right_gradients_pass(seed: int, scale: float, dtype: type) -> None:
    found = crosscheck(rnn, bptt, tuple(x.astype(dtype) for x in inputs(seed, scale)))
    assert found.ok, str(found)


def test_right_gradients_have_order_two() -> None:
    orders = [row.differences.order for row in crosscheck(rnn, bptt, inputs()).rows if row.differences is not None]
    assert len(orders) == 5
    assert all(order is not None and abs(order - 2) < 0.1 for order in orders)


def test_wrong_gradients_have_order_zero() -> None:
    found = row(crosscheck(rnn, PLANTED["sign"][0], inputs()), "W")
    assert found.differences.conclusion == "converges to another value"
    assert abs(found.differences.order) < 0.1


# What torch.autograd.gradcheck lets pass


class _Network(torch.autograd.Function):
    """The network with our planted gradient, as gradcheck wants it."""

    gradient: Callable[..., Any] = staticmethod(bptt)

    @staticmethod
    def forward(ctx: Any, *given: torch.Tensor) -> torch.Tensor:
        ctx.save_for_backward(*given)
        return rnn(*given)  # type: ignore[no-any-return]

    @staticmethod
    def backward(ctx: Any, cotangent: torch.Tensor) -> tuple[torch.Tensor, ...]:
        found = _Network.gradient(*(x.detach().numpy() for x in ctx.saved_tensors))
        return tuple(cotangent * torch.as_tensor(x) for x in found)


def gradcheck_passes(gradient: Callable[..., Any], given: Gradients, monkeypatch: pytest.MonkeyPatch) -> bool:
    monkeypatch.setattr(_Network, "gradient", staticmethod(gradient))
    leaves = [torch.tensor(x, requires_grad=True) for x in given]
    return bool(torch.autograd.gradcheck(_Network.apply, leaves, raise_exception=False))


def test_gradcheck_misses_a_dropped_step_where_weights_are_small(monkeypatch: pytest.MonkeyPatch) -> None:
    def dropped(*given: Any) -> Gradients:
        return bptt(*given, dropped=0)

    W, U, b, X, h = inputs()
    given = W, 1e-3 * U, b, X, h
    assert gradcheck_passes(dropped, given, monkeypatch)
    assert not gradcheck_passes(dropped, inputs(), monkeypatch)
    found = crosscheck(rnn, dropped, given)
    assert row(found, "W").outcome is Outcome.WRONG
    assert "at evaluation 1 of 3 is missing" in row(found, "W").message


def test_gradcheck_misses_a_wrong_slope_where_tanh_is_saturated(monkeypatch: pytest.MonkeyPatch) -> None:
    def doubled(*given: Any) -> Gradients:
        return bptt(*given, slope=lambda a, h: 2 - 2 * h * h)

    W, U, b, X, h = inputs()
    given = W, U, b + 12 * np.sign(b), X, h
    assert gradcheck_passes(doubled, given, monkeypatch)
    assert not gradcheck_passes(doubled, inputs(), monkeypatch)
    assert row(crosscheck(rnn, doubled, given), "b").outcome is Outcome.WRONG


def test_a_mistake_that_small_weights_hide_is_looked_for_elsewhere() -> None:
    W, U, b, X, h = inputs()
    assert crosscheck(rnn, bptt, (W, 1e-9 * U, b, X, h)).ok
    found = row(crosscheck(rnn, lambda *given: bptt(*given, dropped=0), (W, 1e-9 * U, b, X, h)), "W")
    assert found.outcome is Outcome.WRONG
    assert "at a larger U" in found.notes[-1]


def test_rounding_where_slopes_are_saturated_is_no_mistake() -> None:
    """1 − h² and (1 − h)(1 + h) differ by 1e-6 of themselves where h is 1 − 1e-10."""

    def exact(*given: Any) -> Gradients:
        return bptt(*given, slope=lambda a, h: np.cosh(a) ** -2.0)

    for seed in range(5):
        W, U, b, X, h = inputs(seed)
        found = crosscheck(rnn, exact, (W, U, b + 11 * np.sign(b), X, h))
        assert found.exit_code != 1, str(found)


# A gated cell with stacked weights, in NumPy, with a cotangent


def lstm_step(W: Any, b: Any, x: Any, h: Any, c: Any) -> Any:
    """One step; W has the rows of i, f, g and o, the columns of x and h."""
    a = W @ np.concatenate([x, h]) + b
    i, f, g, o = sigma(a[:N]), sigma(a[N : 2 * N]), np.tanh(a[2 * N : 3 * N]), sigma(a[3 * N :])
    return o * np.tanh(f * c + i * g)


def lstm_vjp(W: Array, b: Array, x: Array, h: Array, c: Array, cotangent: Array, *, slip: str = "") -> Gradients:
    a = W @ np.concatenate([x, h]) + b
    i, f, g, o = sigma(a[:N]), sigma(a[N : 2 * N]), np.tanh(a[2 * N : 3 * N]), sigma(a[3 * N :])
    state = np.tanh(f * c + i * g)
    dc = cotangent * o * (1 - state**2)
    slope_i = 1 - i**2 if slip == "tanh in i" else i * (1 - i)
    df = dc * c * f * (1 - f) * (2 if slip == "twice f" else 1)
    da = np.concatenate([dc * g * slope_i, df, dc * i * (1 - g**2), cotangent * state * o * (1 - o)])
    if slip == "no output gate":
        da[3 * N :] = 0
    if slip == "gates exchanged":
        da = np.concatenate([da[N : 2 * N], da[:N], da[2 * N :]])
    joined = W.T @ da
    return np.outer(da, np.concatenate([x, h])), da, joined[:D], joined[D:], dc * f


def lstm_inputs(seed: int = 0) -> Gradients:
    rng = np.random.default_rng(seed)
    return tuple(rng.normal(size=shape) / 2 for shape in ((4 * N, D + N), (4 * N,), (D,), (N,), (N,)))


def test_a_right_vjp_passes() -> None:
    for seed in range(4):
        found = crosscheck(lstm_step, lstm_vjp, lstm_inputs(seed), seed=seed)
        assert found.ok, str(found)


@pytest.mark.parametrize(
    ("slip", "where", "words"),
    [
        ("tanh in i", "W", "is right but in rows 0 to 3 (block 1 of 4, such as one gate)"),
        ("tanh in i", "x", "the slope of σ in `1 / (1 + np.exp(-a))`"),
        ("twice f", "b", "in entries 4 to 7 (block 2 of 4, such as one gate), where it is 2 times"),
        ("no output gate", "W", "in rows 12 to 15 (block 4 of 4, such as one gate), where it is zero everywhere"),
        ("no output gate", "h", "the path through"),
        ("gates exchanged", "W", "has blocks 1 and 2 of 4 along axis 0 exchanged"),
    ],
)
def test_slips_of_gates(slip: str, where: str, words: str) -> None:
    found = crosscheck(lstm_step, lambda *given: lstm_vjp(*given, slip=slip), lstm_inputs())
    assert words in row(found, where).message


def test_a_missing_path_through_a_gate() -> None:
    """The state of a GRU reaches the output by four ways; one that is left out is named."""

    def function(h: Any, A: Any, B: Any) -> Any:
        r = torch.sigmoid(A @ h)
        return (r * h * torch.tanh(B @ (r * h))).sum()

    def without_reset(h: Array, A: Array, B: Array) -> dict[str, Array]:
        r = sigma(A @ h)
        t = np.tanh(B @ (r * h))
        inner = t + B.T @ (r * h * (1 - t * t))
        return {"h": r * inner}

    rng = np.random.default_rng(0)
    found = crosscheck(function, without_reset, tuple(rng.normal(size=s) for s in ((N,), (N, N), (N, N))))
    assert "the path through" in row(found, "h").message
    assert "`A @ h`" in row(found, "h").message


def test_a_forgotten_cotangent() -> None:
    found = crosscheck(lstm_step, lambda W, b, x, h, c, cotangent: lstm_vjp(W, b, x, h, c, np.ones(N)), lstm_inputs())
    assert "does not use the cotangent" in row(found, "c").message


def test_a_cotangent_of_ones_by_hand() -> None:
    assert crosscheck(lstm_step, lambda W, b, x, h, c: lstm_vjp(W, b, x, h, c, np.ones(N)), lstm_inputs()).ok
    assert crosscheck(lstm_step, lstm_vjp, lstm_inputs(), cotangent=np.arange(4.0)).ok
    with pytest.raises(UsageError, match="cotangent"):
        crosscheck(lstm_step, lstm_vjp, lstm_inputs(), cotangent=np.ones(3))


# Batches

X = np.random.default_rng(1).normal(size=(5, D))
Y = np.random.default_rng(2).normal(size=(5, N))


def loss(W: Any, b: Any) -> Any:
    return 0.5 * np.sum((np.tanh(X @ W.T + b) - Y) ** 2)


def loss_gradient(W: Array, b: Array) -> Gradients:
    h = np.tanh(X @ W.T + b)
    da = (h - Y) * (1 - h * h)
    return da.T @ X, da.sum(axis=0)


def test_the_mean_over_a_batch() -> None:
    found = crosscheck(loss, lambda W, b: tuple(g / 5 for g in loss_gradient(W, b)), inputs()[::2][:2])
    assert "is 1/5 of what it should be; is it the mean over 5 cases in place of the sum?" in found.rows[0].message


def test_a_batch_that_was_not_summed() -> None:
    def unsummed(W: Array, b: Array) -> Gradients:
        h = np.tanh(X @ W.T + b)
        da = (h - Y) * (1 - h * h)
        return da.T @ X, da

    assert "the sum over axis 0 (the batch) is missing" in crosscheck(loss, unsummed, inputs()[::2][:2]).rows[1].message


def test_a_batch_of_which_the_size_is_known() -> None:
    found = crosscheck(lambda x: (x**2).sum(), lambda x: 2 * x / 6, np.arange(1.0, 13).reshape(6, 2))
    assert "x has 6 rows: is it the mean over a batch" in found.rows[0].message
