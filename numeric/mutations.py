"""Which path or slope of a function a wrong gradient leaves out.

The function is run through torch again and again, each time with one thing wrong: one argument of one operation held
constant, or the slope of one activation replaced. A gradient that equals one of these names its own mistake. This is
mutation testing (DeMillo, Lipton and Sayward, *Hints on test data selection*, 1978) turned round.
"""

from __future__ import annotations

import linecache
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

import numpy as np
import torch
from torch.overrides import TorchFunctionMode

from derivations.evaluate import Array
from numeric.handwritten import Handwritten

Slope = Callable[[torch.Tensor, torch.Tensor], torch.Tensor]
MOST_REPLAYS, FEWEST_REPLAYS = 400, 40
MOST_OPERATIONS = 100_000  # of all replays together
OWN = (str(Path(torch.__file__).parent), str(Path(np.__file__).parent), str(Path(__file__).parent))


def _logistic(x: torch.Tensor) -> torch.Tensor:
    s = torch.sigmoid(x)
    return s * (1 - s)


def _hyperbolic(x: torch.Tensor) -> torch.Tensor:
    return 1 - torch.tanh(x) ** 2


SLOPES: dict[str, Slope] = {
    "left out": lambda x, y: torch.ones_like(x),
    "taken as σ(1 − σ)": lambda x, y: _logistic(x),
    "taken as 1 − tanh²": lambda x, y: _hyperbolic(x),
    "taken as σ(1 − σ²)": lambda x, y: y * (1 - y * y),
    "taken as 1 − y for the output y": lambda x, y: 1 - y,
    "taken as the output": lambda x, y: y,
    "taken as 1 − y² for the output y": lambda x, y: 1 - y * y,
    "taken as y(1 − y) for the output y": lambda x, y: y * (1 - y),
    "taken at the output instead of the argument (σ')": lambda x, y: _logistic(y),
    "taken at the output instead of the argument (tanh')": lambda x, y: _hyperbolic(y),
    "taken as step": lambda x, y: (x > 0).to(x.dtype),
}
ACTIVATIONS = {"sigmoid": "σ", "tanh": "tanh", "relu": "ReLU", "softplus": "softplus", "exp": "exp", "sin": "sin"}
SIDED = {"matmul", "mul", "add", "sub", "div", "__matmul__", "__rmatmul__", "rsub", "true_divide"}


@dataclass(frozen=True)
class Site:
    """A place in the source: one instruction of one code object."""

    code: CodeType
    instruction: int

    @property
    def line(self) -> int:
        return self._position[0] or self.code.co_firstlineno

    @property
    def _position(self) -> tuple[int | None, int | None, int | None, int | None]:
        return next(islice(self.code.co_positions(), self.instruction // 2, None), (None, None, None, None))

    def text(self) -> str:
        """The expression as written; empty where the source is not at hand or runs over several lines."""
        line, end, start, stop = self._position
        if line is None or line != end or start is None or stop is None:
            return ""
        source = linecache.getline(self.code.co_filename, line).encode()
        return source[start:stop].decode(errors="replace").strip()


@dataclass(frozen=True)
class Call:
    """One operation of a run: which, where, and the places of its tensor arguments."""

    number: int
    name: str
    site: Site
    places: tuple[int, ...]
    leaves: tuple[int, ...]


@dataclass(frozen=True)
class Mutation:
    """What to do wrong: at these calls hold argument ``place`` constant, or replace the slope.

    ``plain`` where the argument is an input itself: the simpler of two explanations.
    """

    calls: frozenset[int]
    words: str
    place: int = 0
    slope: Slope | None = None
    plain: bool = False


class _Run(TorchFunctionMode):
    """Records every operation, and spoils those of the mutation."""

    def __init__(self, mutation: Mutation | None = None) -> None:
        super().__init__()
        self.mutation = mutation
        self.calls: list[Call] = []
        self.count = 0
        self.handwritten = Handwritten()

    def __torch_function__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        number, self.count = self.count, self.count + 1
        name = getattr(func, "__name__", "operation")
        logistic = self.handwritten.logistic_of(name, args)
        if self.mutation is not None and number in self.mutation.calls:
            return _spoiled(self.mutation, func, args, kwargs or {}, logistic)
        result = func(*args, **(kwargs or {}))
        if isinstance(result, torch.Tensor):
            self.handwritten.note(name, args, result)
            if self.mutation is None and result.requires_grad:
                self._record(number, name if logistic is None else "sigmoid", args, _site(sys._getframe(1)))
        return result

    def _record(self, number: int, name: str, args: Any, site: Site) -> None:
        active = {k: x for k, x in enumerate(_flat(args)) if isinstance(x, torch.Tensor) and x.requires_grad}
        leaves = tuple(k for k, x in active.items() if x.is_leaf)
        self.calls.append(Call(number, name, site, tuple(active), leaves))


def _flat(args: Any) -> list[Any]:
    """Arguments, with those of a list (torch.stack, torch.cat) one by one."""
    return [x for arg in args for x in (arg if isinstance(arg, list | tuple) else [arg])]


def _spoiled(mutation: Mutation, func: Any, args: Any, kwargs: dict[str, Any], logistic: torch.Tensor | None) -> Any:
    if mutation.slope is not None:
        x, y = args[0] if logistic is None else logistic, func(*args, **kwargs).detach()
        return y + mutation.slope(x.detach(), y) * (x - x.detach())
    numbers = iter(range(len(_flat(args))))

    def held(x: Any) -> Any:
        return x.detach() if next(numbers) == mutation.place else x

    return func(*(type(a)(map(held, a)) if isinstance(a, list | tuple) else held(a) for a in args), **kwargs)


def _site(frame: FrameType | None) -> Site:
    """The innermost frame that is neither ours nor torch's."""
    while frame is not None and frame.f_code.co_filename.startswith(OWN) and frame.f_back is not None:
        frame = frame.f_back
    if frame is None:
        raise ValueError("no frame is left")
    return Site(frame.f_code, frame.f_lasti)


Backward = Callable[[Any], dict[str, Array]]


def mutants(forward: Callable[[], Any], backward: Backward) -> Iterator[tuple[Mutation, dict[str, Array]]]:
    """All mutations with the gradients they give: those of all calls from one place in the source first.

    ``forward`` runs the function on tensors that require gradients, ``backward`` gives the gradients of its result.
    """
    with _Run() as run:
        forward()
    replays = max(FEWEST_REPLAYS, min(MOST_REPLAYS, MOST_OPERATIONS // max(1, len(run.calls))))
    for mutation in islice(_mutations(run.calls), replays):
        with _Run(mutation):
            result = forward()
        yield mutation, backward(result)


def _mutations(calls: list[Call]) -> Iterator[Mutation]:
    groups: dict[tuple[Site, str], list[Call]] = {}
    for call in calls:
        groups.setdefault((call.site, call.name), []).append(call)
    for together in groups.values():
        yield from _of(together, "")
    for together in groups.values():
        if len(together) > 1:
            for time, call in enumerate(together, start=1):
                yield from _of([call], f" at evaluation {time} of {len(together)}")


def _of(calls: list[Call], when: str) -> Iterator[Mutation]:
    call, numbers = calls[0], frozenset(c.number for c in calls)
    where = _where(call)
    if call.name in ACTIVATIONS:
        for words, slope in SLOPES.items():
            yield Mutation(numbers, f"the slope of {ACTIVATIONS[call.name]} in {where}{when} is {words}", 0, slope)
    for place in call.places:
        yield Mutation(
            numbers, f"the path through {_side(call, place)}{where}{when}", place, None, place in call.leaves
        )


def _where(call: Call) -> str:
    text = call.site.text()
    return f"`{text}` (line {call.site.line})" if text else f"{call.name} (line {call.site.line})"


def _side(call: Call, place: int) -> str:
    if call.name in SIDED and len(call.places) > 1:
        return ("the left side of ", "the right side of ")[place] if place < 2 else ""
    return f"argument {place + 1} of " if len(call.places) > 1 else ""
