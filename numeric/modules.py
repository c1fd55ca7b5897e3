"""The matching module of torch.nn with our parameters in it.

torch.nn stacks the weights of all gates row by row and has two biases, of which our cells know the sum; only the
candidate of the GRU keeps both, as one of them stands inside the product with the reset gate
(PyTorch documentation of torch.nn.RNN, LSTM and GRU).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import torch

from derivations.evaluate import Array
from numeric.networks import Network, Place


@dataclass(frozen=True, slots=True)
class Layout:
    """The class of torch.nn and the order in which it stacks the gates."""

    module: Callable[..., torch.nn.RNNBase]
    name: str
    gates: tuple[str, ...]
    doubled: tuple[str, ...] = ()  # gates that keep both biases


LAYOUTS: dict[str, Layout] = {
    "rnn": Layout(torch.nn.RNN, "RNN", ("h",)),
    "lstm": Layout(torch.nn.LSTM, "LSTM", ("i", "f", "g", "o")),
    "gru": Layout(torch.nn.GRU, "GRU", ("r", "z", "n"), ("n",)),
}
SHARE = 0.25
"""How much of a bias goes to bias_ih; the rest goes to bias_hh."""


@dataclass(frozen=True, slots=True)
class Part:
    """Rows of a parameter of torch.nn that are ``share`` times a parameter of our cell."""

    stacked: str
    gate: int
    own: str
    share: float = 1.0


def parts(layout: Layout) -> list[Part]:
    """Which of our parameters lie where."""
    found = []
    for place, gate in enumerate(layout.gates):
        both = gate in layout.doubled
        found += [
            Part("weight_ih", place, f"W_{{x{gate}}}"),
            Part("weight_hh", place, f"W_{{h{gate}}}"),
            Part("bias_ih", place, f"b_{{x{gate}}}" if both else f"b_{gate}", 1.0 if both else SHARE),
            Part("bias_hh", place, f"b_{{h{gate}}}" if both else f"b_{gate}", 1.0 if both else 1 - SHARE),
        ]
    return found


def module_name(network: Network) -> str:
    """``torch.nn.LSTM``; empty where torch.nn has no such cell."""
    layout = LAYOUTS.get(network.cell.name)
    return f"torch.nn.{layout.name}" if layout else ""


def module_gradients(
    network: Network, point: Mapping[str, Array], cotangents: Sequence[Array], dtype: torch.dtype
) -> list[tuple[str, Array]]:
    """The vector–Jacobian product by every variable, some of them twice, as the module of torch.nn gives it.

    ``point`` has the variables of the network, ``cotangents`` one array for each of its outputs.
    """
    layout = LAYOUTS[network.cell.name]
    leaves = {name: torch.tensor(x, dtype=dtype, requires_grad=True) for name, x in point.items()}
    module = _module(network, layout, leaves).to(dtype)
    outputs = _outputs(module, network, leaves)
    weights = [torch.tensor(u, dtype=dtype) for u in cotangents]
    torch.autograd.backward(outputs, weights)
    found = [(name, leaf.grad.numpy()) for name, leaf in leaves.items() if leaf.grad is not None]
    for place in network.places:
        for part in parts(layout):
            stacked = getattr(module, _stacked_name(part.stacked, place)).grad
            found.append((network.name(part.own, place), stacked.chunk(len(layout.gates))[part.gate].numpy()))
    return found


def _module(network: Network, layout: Layout, leaves: Mapping[str, torch.Tensor]) -> torch.nn.RNNBase:
    first = network.places[0]
    n, d = leaves[network.name(f"W_{{x{layout.gates[0]}}}", first)].shape
    with torch.random.fork_rng(devices=[]):
        module = layout.module(d, n, network.layers, bidirectional=network.bidirectional, dtype=torch.float64)
    with torch.no_grad():
        for place in network.places:
            for part in parts(layout):
                stacked = getattr(module, _stacked_name(part.stacked, place)).chunk(len(layout.gates))
                stacked[part.gate].copy_(part.share * leaves[network.name(part.own, place)])
    return module


def _stacked_name(kind: str, place: Place) -> str:
    return f"{kind}_l{place.layer}{'_reverse' if place.backward else ''}"


def _outputs(module: torch.nn.RNNBase, network: Network, leaves: Mapping[str, torch.Tensor]) -> list[torch.Tensor]:
    """In the order of :meth:`Network.run`: the last layer's outputs, then the final states of every cell."""
    named: dict[tuple[Place | None, str], torch.Tensor] = {
        (q.place, q.own): leaves[q.name] for q in network.quantities()
    }
    sequence = torch.stack([leaves[q.name].T for q in network.quantities() if q.kind == "input"])
    initial = [torch.stack([named[place, before].T for place in network.places]) for before, _ in network.cell.states]
    tops, finals = module(sequence, tuple(initial) if len(initial) > 1 else initial[0])
    states = finals if isinstance(finals, tuple) else (finals,)
    return [x.T for x in tops] + [state[k].T for k in range(len(network.places)) for state in states]
