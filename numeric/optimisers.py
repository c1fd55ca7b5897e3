"""The optimisers of the table step by step in float64, and beside them those of torch.optim."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch

from derivations.errors import UsageError
from derivations.evaluate import evaluate
from derivations.names import Ref, ref_text
from derivations.optimisers import GRADIENT, Optimiser
from derivations.reading.surface import Time
from derivations.terms import Term, dimension
from derivations.update_rules import Rule, rule_of
from numeric.torch_domain import Tensors

Gradient = Callable[[torch.Tensor], torch.Tensor]
CLIP_EPSILON = 1e-6
"""What torch adds to the norm that it divides by."""


def steps(
    optimiser: Optimiser | Rule, start: torch.Tensor, gradient: Gradient, values: Mapping[str, float], count: int
) -> list[torch.Tensor]:
    """The parameters (a vector) after steps 1 to ``count`` of the equations, each from the step before.

    ``values`` gives every number of the equations by its LaTeX name. Raises UsageError where a step
    reaches back further than one step.
    """
    rule = rule_of(optimiser.name) if isinstance(optimiser, Optimiser) else optimiser
    states: dict[str, torch.Tensor] = {rule.parameters: start}
    found = []
    for step in range(1, count + 1):
        states = _stepped(rule, states, gradient(states[rule.parameters]), values, step)
        found.append(states[rule.parameters])
    return found


def _stepped(
    rule: Rule, states: dict[str, torch.Tensor], slope: torch.Tensor, values: Mapping[str, float], step: int
) -> dict[str, torch.Tensor]:
    """All states after a step from those after the one before; what is not there yet is zero."""
    keys = [key for key in rule.knowledge.families if key in rule.knowledge.shapes]
    terms = {key: rule.value(key, step, step - 1) for key in keys}
    known: dict[Term, torch.Tensor] = {}
    for term in terms.values():
        for variable, ref in rule.refs(term):
            if ref.time is None:
                known[variable] = torch.tensor(values[ref.key], dtype=torch.float64)
            elif ref == Ref(GRADIENT, Time(None, step)):
                known[variable] = slope
            elif ref.time != Time(None, step - 1) or ref.key == GRADIENT:
                raise UsageError(f"step {step} uses {ref_text(ref)}, which is not of the step before")
            else:
                known[variable] = states.get(ref.key, torch.zeros_like(slope))
    arrays = evaluate(list(terms.values()), known, {dimension("n"): slope.numel()}, Tensors())
    return dict(zip(terms, arrays, strict=True))


def torch_steps(
    name: str, start: torch.Tensor, gradient: Gradient, values: Mapping[str, float], count: int
) -> list[torch.Tensor]:
    """The parameters after every step of torch's own optimiser. Raises KeyError for one that torch does not have."""
    parameter = torch.nn.Parameter(start.clone())
    inner, clip = TORCH[name](parameter, values)
    found = []
    for _ in range(count):
        parameter.grad = gradient(parameter.detach()).clone()
        clip(parameter)
        inner.step()
        found.append(parameter.detach().clone())
    return found


Made = tuple[torch.optim.Optimizer, Callable[[torch.nn.Parameter], Any]]


def _plain(kind: Any, **names: Any) -> Callable[[torch.nn.Parameter, Mapping[str, float]], Made]:
    """An optimiser of torch with its options by the names of the equations; a tuple of names gives a tuple."""

    def make(parameter: torch.nn.Parameter, values: Mapping[str, float]) -> Made:
        def value(name: Any) -> Any:
            return tuple(map(value, name)) if isinstance(name, tuple) else values.get(name, name)

        return kind([parameter], **{option: value(name) for option, name in names.items()}), lambda _: None

    return make


def _clipped(clip: Callable[[Any, float], Any]) -> Callable[[torch.nn.Parameter, Mapping[str, float]], Made]:
    def make(parameter: torch.nn.Parameter, values: Mapping[str, float]) -> Made:
        return torch.optim.SGD([parameter], lr=values[r"\eta"]), lambda p: clip(p, values["c"])

    return make


_BETAS = (r"\beta_1", r"\beta_2")
TORCH: dict[str, Callable[[torch.nn.Parameter, Mapping[str, float]], Made]] = {
    "sgd": _plain(torch.optim.SGD, lr=r"\eta"),
    "sgd-l2": _plain(torch.optim.SGD, lr=r"\eta", weight_decay=r"\lambda"),
    "momentum": _plain(torch.optim.SGD, lr=r"\eta", momentum=r"\mu"),
    "momentum-rate-inside": _plain(torch.optim.SGD, lr=r"\eta", momentum=r"\mu"),
    "momentum-dampened": _plain(torch.optim.SGD, lr=r"\eta", momentum=r"\mu", dampening=r"\tau"),
    "momentum-l2": _plain(torch.optim.SGD, lr=r"\eta", momentum=r"\mu", weight_decay=r"\lambda"),
    "nesterov": _plain(torch.optim.SGD, lr=r"\eta", momentum=r"\mu", nesterov=True),
    "adagrad": _plain(torch.optim.Adagrad, lr=r"\eta", eps=r"\epsilon"),
    "rmsprop": _plain(torch.optim.RMSprop, lr=r"\eta", alpha=r"\rho", eps=r"\epsilon"),
    "adam": _plain(torch.optim.Adam, lr=r"\eta", betas=_BETAS, eps=r"\epsilon"),
    "adam-l2": _plain(torch.optim.Adam, lr=r"\eta", betas=_BETAS, eps=r"\epsilon", weight_decay=r"\lambda"),
    "adamw": _plain(torch.optim.AdamW, lr=r"\eta", betas=_BETAS, eps=r"\epsilon", weight_decay=r"\lambda"),
    "clip-norm": _clipped(torch.nn.utils.clip_grad_norm_),
    "clip-value": _clipped(torch.nn.utils.clip_grad_value_),
}
"""The optimisers of torch, by the names of the table."""
