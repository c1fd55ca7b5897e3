"""Every operation of the table against an independent implementation in torch: values, derivatives, shapes, balls."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from random import Random

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from flint import arb
from numpy.testing import assert_allclose
from sympy import Integer

from derivations.budget import Budget
from derivations.calculus import jacobian, jvp, vjp
from derivations.errors import ShapeError
from derivations.evaluate import UNKNOWN, Balls, Floats, Rationals, evaluate, exact_array, precision
from derivations.fingerprint import Residues, UnluckyPointError
from derivations.functions import FUNCTIONS
from derivations.latex import Printer
from derivations.normal_form import prove_equal
from derivations.operations import OPERATIONS
from derivations.terms import dimension, var
from derivations.traverse import dim_symbols
from numeric.torch_domain import Tensors

T = torch.Tensor
REFERENCES: dict[str, Callable[..., T]] = {
    "sum": torch.sum,
    "sum_axis": lambda x: x.sum(-1),
    "mean_axis": lambda x: x.mean(-1),
    "matmul": torch.matmul,
    "hadamard": torch.mul,
    "outer": torch.outer,
    "transpose": lambda x: x.T,
    "diag": torch.diag,
    "trace": torch.trace,
    "inverse": torch.linalg.inv,
    "det": torch.linalg.det,
    "sqrt": torch.sqrt,
    "norm": torch.linalg.vector_norm,
    "frobenius": torch.linalg.matrix_norm,
    "softmax": lambda x: F.softmax(x, -1),
    "log_softmax": lambda x: F.log_softmax(x, -1),
    "logsumexp": lambda x: torch.logsumexp(x, -1),
    "cross_entropy": lambda p, y: -(y * p.log()).sum(),
    "cross_entropy_of_logits": lambda x, y: F.cross_entropy(x, y),
    "squared_error": lambda x, y: F.mse_loss(x, y, reduction="sum") / 2,
    "greater": lambda a, b: (a > b).to(a.dtype) + 0 * a,
    "at_least": lambda a, b: (a >= b).to(a.dtype) + 0 * a,
    "maximum": torch.maximum,
    "minimum": torch.minimum,
    "max": torch.amax,
    "winner": lambda x: F.one_hot(x.argmax(), x.shape[0]).to(x.dtype) + 0 * x,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "mod": torch.remainder,
    "concatenate": lambda a, b: torch.cat([a, b]),
    "stack": lambda a, b: torch.stack([a, b]),
    "slice": lambda x: x[2:],
    "one_hot": lambda x: F.one_hot(torch.tensor(1), x.shape[0]) * x,
    "delta": lambda x: torch.eye(x.shape[0], dtype=x.dtype) * x,
    "flatten": torch.flatten,
    "vec": lambda x: torch.flatten(x.T),
    "kronecker": torch.kron,
    "correlation1d": lambda x, w: F.conv1d(x[None, None], w[None, None], stride=2, padding=1)[0, 0],
    "correlation2d": lambda x, w: F.conv2d(x[None, None], w[None, None], stride=2, padding=1)[0, 0],
    "convolution1d": lambda x, w: F.conv1d(x[None, None], w.flip(0)[None, None], padding=1)[0, 0],
    "convolution2d": lambda x, w: F.conv2d(x[None, None], w.flip(0, 1)[None, None], padding=1)[0, 0],
    "batch_norm": lambda x, g, b: F.batch_norm(x, None, None, g, b, training=True, eps=1e-3),
    "layer_norm": lambda x, g, b: F.layer_norm(x, x.shape[-1:], g, b, eps=1e-3),
    "attention": lambda q, k, v: F.scaled_dot_product_attention(q[None], k[None], v[None])[0],
    "embedding": lambda e, y: y @ e,
    "dropout": lambda x, m: x * m / (1 - 0.5),
    "sigma": torch.sigmoid,
    "tanh": torch.tanh,
    "exp": torch.exp,
    "log": torch.log,
    "sin": torch.sin,
    "cos": torch.cos,
    "step": lambda x: (x > 0).to(x.dtype) + 0 * x,
    "floor": torch.floor,
    "sign": torch.sign,
    "abs": torch.abs,
    "relu": F.relu,
    "softplus": F.softplus,
}
SIZES = {"n": 4, "m": 3, "k": 2, "d": 4, "p": 2, "q": 2, "v": 4}
NAMES = sorted(OPERATIONS)


def example(name, seed=0):
    """The variables, their values as exact numbers, the term and the sizes of one row."""
    row = OPERATIONS[name]
    random = Random(f"{name}|{seed}")
    arguments = [var(f"x{k}", *shape) for k, shape in enumerate(row.shapes)]
    term = row.build(*arguments)
    sizes = {dimension(s): n for s, n in SIZES.items()}
    values = {}
    for x in arguments:
        shape = tuple(int(dim.xreplace(sizes)) for dim in x.shape)
        # all entries differ, so that nothing stands on a kink
        entries = random.sample([Fraction(k, 16) for k in range(1, 60) if k % 16], int(np.prod(shape)))
        signs = (1,) if row.positive else (1, -1)
        values[x] = exact_array([random.choice(signs) * e for e in entries], shape)
    used = set(dim_symbols([term, *arguments]))
    return arguments, values, term, {s: n for s, n in sizes.items() if s in used}


def as_torch(values):
    return torch.tensor(values.astype(float), requires_grad=True)


def test_every_operation_has_a_reference_and_every_function_is_an_operation():
    assert set(OPERATIONS) == set(REFERENCES)
    assert set(FUNCTIONS) <= set(OPERATIONS)


@pytest.mark.parametrize("name", NAMES)
def test_values_in_every_domain(name):
    arguments, values, term, sizes = example(name)
    truth = REFERENCES[name](*(as_torch(values[x]) for x in arguments)).detach().numpy()
    floats = Floats()
    found = evaluate([term], {x: floats.array(v) for x, v in values.items()}, sizes, floats)[0]
    assert_allclose(found, truth, rtol=1e-12, atol=1e-12)
    tensors = Tensors()
    assert_allclose(evaluate([term], {x: tensors.array(v) for x, v in values.items()}, sizes, tensors)[0], truth, 1e-12)
    with precision(128):
        balls = Balls()
        enclosed = evaluate([term], {x: balls.array(v) for x, v in values.items()}, sizes, balls)[0]
        for ball, value in zip(enclosed.flat, truth.flat, strict=True):
            assert ball.is_finite()
            assert abs(float(ball.mid()) - value) <= 1e-12 * max(1, abs(value))
            assert float(ball.rad()) < 1e-30
        exact = Rationals()
        known = evaluate([term], {x: exact.array(v) for x, v in values.items()}, sizes, exact)[0]
        assert all(ball.overlaps(arb(q)) for q, ball in zip(known.flat, enclosed.flat, strict=True) if q is not UNKNOWN)


@pytest.mark.parametrize("name", NAMES)
def test_derivatives_against_autograd(name):
    arguments, values, term, sizes = example(name)
    if not term.shape and not arguments:
        return
    floats = Floats()
    point = {x: floats.array(v) for x, v in values.items()}
    inputs = tuple(as_torch(values[x]) for x in arguments)
    truth = torch.autograd.functional.jacobian(REFERENCES[name], inputs)
    for x, found, expected in zip(arguments, jacobian(term, arguments), truth, strict=True):
        assert found.shape == term.shape + x.shape
        assert_allclose(evaluate([found], point, sizes, floats)[0], expected.numpy(), rtol=1e-9, atol=1e-11)
    cotangent = var("cotangent", *term.shape)
    tangents = [var(f"tangent {x.name}", *x.shape) for x in arguments]
    random = np.random.default_rng(0)
    for extra in (cotangent, *tangents):
        point[extra] = random.normal(size=tuple(int(d.xreplace(sizes)) for d in extra.shape))
    pulled = evaluate(vjp(term, arguments, cotangent), point, sizes, floats)
    _, expected = torch.autograd.functional.vjp(REFERENCES[name], inputs, torch.tensor(point[cotangent]))
    for a, b in zip(pulled, expected, strict=True):
        assert_allclose(a, b.numpy(), rtol=1e-9, atol=1e-11)
    pushed = evaluate([jvp(term, arguments, tangents)], point, sizes, floats)[0]
    inner = sum((g * point[t]).sum() for g, t in zip(pulled, tangents, strict=True))
    assert_allclose((pushed * point[cotangent]).sum(), inner, rtol=1e-9, atol=1e-11)


@pytest.mark.parametrize("name", NAMES)
def test_residues_printing_and_proof_of_itself(name):
    arguments, _, term, sizes = example(name)
    for draw in range(64):
        try:
            field = Residues(f"test {draw}")
            first = evaluate([term], field.point([term], sizes), sizes, field)[0]
            break
        except UnluckyPointError:
            continue
    assert first.dtype == np.int64
    assert ((first >= 0) & (first < 2**31 - 1)).all()
    assert Printer({x: f"x_{k}" for k, x in enumerate(arguments)}).latex(term)
    assert OPERATIONS[name].latex.format(*(f"x_{k}" for k in range(len(arguments))))
    again = OPERATIONS[name].build(*arguments)
    assert again is term
    assert prove_equal(term, again, Budget()) is not None


MISFITS = {
    "matmul": [("n", "m"), ("k", "n")],
    "hadamard": [("n",), ("m",)],
    "trace": [("n", "m")],
    "inverse": [("n", "m")],
    "det": [("n",)],
    "softmax": [()],
    "max": [()],
    "squared_error": [("n",), ("m",)],
    "cross_entropy": [("n",), ("m",)],
    "correlation1d": [(3,), (7,)],
    "kronecker": [("n",), ("m", "n")],
    "flatten": [("n",)],
    "attention": [("m", "d"), ("n", "k"), ("n", "k")],
    "embedding": [("v", "d"), ("d",)],
    "dropout": [("n",), ("m",)],
    "mean_axis": [()],
}


@pytest.mark.parametrize("name", sorted(MISFITS))
def test_shapes_that_do_not_fit_are_refused(name):
    with pytest.raises(ShapeError):
        OPERATIONS[name].build(*(var(f"x{k}", *shape) for k, shape in enumerate(MISFITS[name])))


def test_a_planted_error_is_seen(monkeypatch):
    """The comparison above is not blind: a wrong derivative of one function is caught."""
    from dataclasses import replace

    from derivations.terms import apply

    wrong = replace(FUNCTIONS["softplus"], derivative=lambda a: apply("tanh", a))
    monkeypatch.setitem(FUNCTIONS, "softplus", wrong)
    with pytest.raises(AssertionError):
        test_derivatives_against_autograd("softplus")


def test_window_sizes():
    x, w = var("x", "n"), var("w", 3)
    same = OPERATIONS["correlation1d"].build
    assert same(var("x", 7), w).shape == (Integer(4),)
    from derivations.layers import correlation1d

    assert correlation1d(x, w, 1, 1).shape == x.shape
