"""The layers of Keras and of torch: which arguments each takes, its output shape, its parameters.

Shapes leave out the batch; None is a shape that is not known.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import sympy

from derivations.parameter_counts import Amount, count, total
from derivations.terms import dimension

Value = Amount | str | bool | None | tuple["Value", ...]
Shape = tuple[Amount, ...] | None


class SlipError(Exception):
    """A call that cannot be counted as it stands; the message says why."""


class UnknownShapeError(SlipError):
    """What comes into a layer is not known: a slip of the first layer, no slip of those behind it."""


@dataclass(frozen=True, slots=True)
class Call:
    """A layer with its arguments by name, and the shape that comes in."""

    kind: str
    given: Mapping[str, Value]
    shape: Shape
    slips: list[str] = field(default_factory=list)

    def size(self, name: str) -> Amount:
        """An argument that has to be a size. Raises SlipError."""
        value = self.given.get(name)
        if isinstance(value, bool) or not isinstance(value, sympy.Expr):
            raise SlipError(f"{self.kind} needs {name}, a whole number")
        if value.is_number and not (value.is_Integer and value > 0):
            raise SlipError(f"{self.kind}: {name} = {value} is no size")
        return value

    def flag(self, name: str) -> bool:
        return self.given.get(name) is True

    def features(self) -> Amount:
        """The last axis of what comes in. Raises SlipError."""
        if not self.shape:
            raise UnknownShapeError("the shape of what comes in is not known; give the first layer its input shape")
        return self.shape[-1]


Counted = tuple[Shape, Amount, list[str]]


@dataclass(frozen=True, slots=True)
class Layer:
    """The positional and the other arguments of a layer, and how it is counted."""

    positional: tuple[str, ...]
    keywords: tuple[str, ...]
    counted: Callable[[Call], Counted]
    defaults: Mapping[str, Value] = field(default_factory=dict)


# Keras


def _keras_recurrent(layer: str) -> Layer:
    def counted(call: Call) -> Counted:
        units, width = call.size("units"), call.features()
        biases = 0 if call.given.get("use_bias") is False else 1
        notes = []
        given: dict[str, Amount | int] = {"n": units, "d": width, "biases": biases}
        if layer == "gru" and call.given.get("reset_after") is not False and biases:
            given["reset_after"], notes = 1, ["reset_after, the default, has two biases a gate"]
        found = count(layer, given)
        sequence = call.shape[:-1] if call.shape and call.flag("return_sequences") else ()
        return (*sequence, units), found.parameters, notes

    return Layer(
        ("units",), ("return_sequences", "use_bias", "input_shape", "reset_after", "return_state", "unroll"), counted
    )


def _keras_dense(call: Call) -> Counted:
    units = call.size("units")
    bias = 0 if call.given.get("use_bias") is False else 1
    found = count("dense", {"n": units, "d": call.features(), "bias": bias})
    return (*(call.shape or ())[:-1], units), found.parameters, []


def _keras_embedding(call: Call) -> Counted:
    words, width = call.size("input_dim"), call.size("output_dim")
    length = call.given.get("input_length")
    steps = length if isinstance(length, sympy.Expr) and not isinstance(length, bool) else dimension("T")
    return (steps, width), count("embedding", {"V": words, "D": width}).parameters, []


def _keras_convolution(rank: int) -> Callable[[Call], Counted]:
    def counted(call: Call) -> Counted:
        filters, channels = call.size("filters"), call.features()
        kernel = _sides(call, "kernel_size", rank)
        bias = 0 if call.given.get("use_bias") is False else 1
        parameters = filters * channels * sympy.Mul(*kernel) + filters * bias
        strides = _sides(call, "strides", rank)
        outer = call.shape[:-1] if call.shape else ()
        if len(outer) != rank:
            raise SlipError(f"{call.kind} needs {rank} axes and the channels; {len(outer) + 1} axes come in")
        same = call.given.get("padding") == "same"
        places = [_places(x, k, s, same) for x, k, s in zip(outer, kernel, strides, strict=True)]
        return (*places, filters), parameters, []

    return counted


def _sides(call: Call, name: str, rank: int) -> tuple[Amount, ...]:
    value = call.given.get(name)
    if isinstance(value, tuple) and len(value) == rank and all(isinstance(x, sympy.Expr) for x in value):
        return tuple(x for x in value if isinstance(x, sympy.Expr))
    return (call.size(name),) * rank


def _places(extent: Amount, kernel: Amount, stride: Amount, same: bool) -> Amount:
    """Positions of a window (Dumoulin and Visin 2016, relationships 5 and 6)."""
    found: Amount = sympy.ceiling(extent / stride) if same else sympy.floor((extent - kernel) / stride) + 1
    if found.is_number and found <= 0:
        raise SlipError(f"a window of {kernel} does not fit into {extent}")
    return found


def _pooling(rank: int) -> Callable[[Call], Counted]:
    def counted(call: Call) -> Counted:
        size = _sides(call, "pool_size", rank)
        strides = _sides(call, "strides", rank) if call.given.get("strides") is not None else size
        if not call.shape or len(call.shape) != rank + 1:
            raise SlipError(f"{call.kind} needs {rank} axes and the channels")
        same = call.given.get("padding") == "same"
        places = [_places(x, k, s, same) for x, k, s in zip(call.shape, size, strides, strict=False)]
        return (*places, call.shape[-1]), sympy.Integer(0), []

    return counted


def _keras_flatten(call: Call) -> Counted:
    call.features()
    return (total([sympy.Mul(*(call.shape or ()))]),), sympy.Integer(0), []


def _keras_batch_norm(call: Call) -> Counted:
    n = call.features()
    return call.shape, 4 * n, [f"{2 * n} of them, the running means and variances, are not trained"]


def _keras_layer_norm(call: Call) -> Counted:
    return call.shape, 2 * call.features(), []


def _unchanged(call: Call) -> Counted:
    return call.shape, sympy.Integer(0), []


def _pooled(call: Call) -> Counted:
    return (call.features(),), sympy.Integer(0), []


ONE = sympy.Integer(1)
KERAS: dict[str, Layer] = {
    "Input": Layer(("shape",), ("batch_size",), _unchanged),
    "InputLayer": Layer(("shape",), ("input_shape",), _unchanged),
    "Embedding": Layer(("input_dim", "output_dim"), ("input_length",), _keras_embedding),
    "SimpleRNN": _keras_recurrent("rnn"),
    "LSTM": _keras_recurrent("lstm"),
    "GRU": _keras_recurrent("gru"),
    "Dense": Layer(("units", "activation"), ("use_bias", "input_shape", "input_dim"), _keras_dense),
    "Conv1D": Layer(
        ("filters", "kernel_size", "strides", "padding"),
        ("use_bias", "input_shape"),
        _keras_convolution(1),
        {"strides": ONE},
    ),
    "Conv2D": Layer(
        ("filters", "kernel_size", "strides", "padding"),
        ("use_bias", "input_shape"),
        _keras_convolution(2),
        {"strides": ONE},
    ),
    "MaxPooling1D": Layer(("pool_size", "strides", "padding"), (), _pooling(1), {"pool_size": sympy.Integer(2)}),
    "MaxPooling2D": Layer(("pool_size", "strides", "padding"), (), _pooling(2), {"pool_size": sympy.Integer(2)}),
    "AveragePooling2D": Layer(("pool_size", "strides", "padding"), (), _pooling(2), {"pool_size": sympy.Integer(2)}),
    "GlobalAveragePooling1D": Layer((), (), _pooled),
    "GlobalMaxPooling1D": Layer((), (), _pooled),
    "GlobalAveragePooling2D": Layer((), (), _pooled),
    "Flatten": Layer((), ("input_shape",), _keras_flatten),
    "Dropout": Layer(("rate",), (), _unchanged),
    "SpatialDropout1D": Layer(("rate",), (), _unchanged),
    "Activation": Layer(("activation",), (), _unchanged),
    "ReLU": Layer((), (), _unchanged),
    "Softmax": Layer((), (), _unchanged),
    "BatchNormalization": Layer((), (), _keras_batch_norm),
    "LayerNormalization": Layer((), (), _keras_layer_norm),
}


# torch

TUPLE = "gives a tuple of outputs and states, which no other layer of a Sequential takes"


def _joined(call: Call, name: str) -> Amount:
    """The width that a torch layer expects, which has to be the one that comes in."""
    expected = call.size(name)
    if call.shape and call.shape[-1] != expected:
        call.slips.append(f"{call.kind} expects {expected} features, {call.shape[-1]} come in")
    return expected


def _linear(call: Call) -> Counted:
    width, out = _joined(call, "in_features"), call.size("out_features")
    bias = 0 if call.given.get("bias") is False else 1
    return (*(call.shape or ())[:-1], out), count("dense", {"n": out, "d": width, "bias": bias}).parameters, []


def _torch_recurrent(layer: str) -> Layer:
    def counted(call: Call) -> Counted:
        width, units = _joined(call, "input_size"), call.size("hidden_size")
        directions = 2 if call.flag("bidirectional") else 1
        given: dict[str, Amount | int] = {
            "n": units,
            "d": width,
            "layers": call.size("num_layers"),
            "directions": directions,
        }
        given["biases"] = 0 if call.given.get("bias") is False else 2
        out = units
        projection = call.given.get("proj_size")
        if layer == "lstm" and isinstance(projection, sympy.Expr) and projection != 0:
            given["projection"] = out = projection
        shape = (*(call.shape or (dimension("T"),))[:-1], directions * out)
        return shape, count(layer, given).parameters, [TUPLE]

    keywords = ("num_layers", "bias", "bidirectional", "proj_size")
    return Layer(("input_size", "hidden_size", "num_layers"), keywords, counted, {"num_layers": ONE})


def _torch_embedding(call: Call) -> Counted:
    words, width = call.size("num_embeddings"), call.size("embedding_dim")
    return (dimension("T"), width), count("embedding", {"V": words, "D": width}).parameters, []


def _torch_convolution(rank: int) -> Callable[[Call], Counted]:
    def counted(call: Call) -> Counted:
        channels, filters = call.size("in_channels"), call.size("out_channels")
        bias = 0 if call.given.get("bias") is False else 1
        kernel = _sides(call, "kernel_size", rank)
        return None, filters * channels / call.size("groups") * sympy.Mul(*kernel) + filters * bias, []

    return counted


def _torch_norm(name: str) -> Callable[[Call], Counted]:
    def counted(call: Call) -> Counted:
        return call.shape, 2 * call.size(name), []

    return counted


UNCHANGING = [
    *[(name, "") for name in ("ReLU", "Tanh", "Sigmoid", "GELU", "Identity")],
    *[("ELU", "alpha"), ("LeakyReLU", "negative_slope"), ("Dropout", "p"), ("Softmax", "dim"), ("LogSoftmax", "dim")],
]
CONVOLUTION = ("in_channels", "out_channels", "kernel_size", "stride", "padding")
TORCH: dict[str, Layer] = {
    "Linear": Layer(("in_features", "out_features", "bias"), (), _linear),
    "RNN": _torch_recurrent("rnn"),
    "LSTM": _torch_recurrent("lstm"),
    "GRU": _torch_recurrent("gru"),
    "Embedding": Layer(("num_embeddings", "embedding_dim"), (), _torch_embedding),
    "Conv1d": Layer(CONVOLUTION, ("groups", "bias", "dilation"), _torch_convolution(1), {"groups": ONE}),
    "Conv2d": Layer(CONVOLUTION, ("groups", "bias", "dilation"), _torch_convolution(2), {"groups": ONE}),
    "BatchNorm1d": Layer(("num_features",), ("affine",), _torch_norm("num_features")),
    "BatchNorm2d": Layer(("num_features",), ("affine",), _torch_norm("num_features")),
    "LayerNorm": Layer(("normalized_shape",), (), _torch_norm("normalized_shape")),
    **{name: Layer((argument,) if argument else (), (), _unchanged) for name, argument in UNCHANGING},
    "Flatten": Layer((), ("start_dim", "end_dim"), lambda call: (None, sympy.Integer(0), [])),
}
