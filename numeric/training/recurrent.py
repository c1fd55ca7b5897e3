"""Recurrent layers that torch.nn does not have; both run whole sequences (T, batch, d).

Their steps are those of the equations in :mod:`derivations.cells` (phased LSTM) and of Cooijmans et al. 2016 (batch
norm), which the tests compare them with. What does not depend on the state is computed for all times at once.
"""

from __future__ import annotations

from math import log

import torch
from torch import Tensor, nn
from torch.nn import functional

States = tuple[Tensor, Tensor]
LEAK = 0.001
"""α of the time gate while training; 0 afterwards (Neil, Pfeiffer and Liu 2016, §2)."""


def time_gate(times: Tensor, period: Tensor, shift: Tensor, ratio: Tensor, leak: float) -> Tensor:
    """k for times of any shape, by the units of the parameters (n,): Neil, Pfeiffer and Liu 2016, eqs. 6 and 7."""
    turns = (times.unsqueeze(-1) - shift) / period
    phase = turns - turns.floor()
    rise = 2 * phase / ratio
    return torch.where(phase < ratio / 2, rise, torch.where(phase < ratio, 2 - rise, leak * phase))


class _LSTM(nn.Module):
    """What both layers share: the weights of the gates i, f, g, o, one above the other."""

    def __init__(self, d: int, n: int) -> None:
        super().__init__()
        self.n = n
        self.weight_ih_l0 = nn.Parameter(torch.empty(4 * n, d))
        self.weight_hh_l0 = nn.Parameter(torch.empty(4 * n, n))
        self.bias_l0 = nn.Parameter(torch.empty(4 * n))
        for parameter in self.parameters():
            nn.init.uniform_(parameter, -(n**-0.5), n**-0.5)

    def start(self, x: Tensor, state: States | None) -> States:
        """The given state, or zeros."""
        zero = x.new_zeros(x.shape[1], self.n)
        return (zero, zero) if state is None else state


class PhasedLSTM(_LSTM):
    """A phased LSTM (Neil, Pfeiffer and Liu 2016, eqs. 2–10, without peepholes).

    Periods, shifts and open shares are learnt, as in the code that its authors published; a share counts by its size,
    whatever its sign, so that no step of the optimiser closes a unit for good.
    """

    def __init__(self, d: int, n: int, shortest: float = 1.0, longest: float = 100.0, ratio: float = 0.05) -> None:
        """Periods start log-uniform between two, in the unit of the times; ``ratio`` the open share r_on."""
        super().__init__(d, n)
        self.period = nn.Parameter(torch.empty(n).uniform_(log(shortest), log(longest)).exp())
        self.shift = nn.Parameter(torch.rand(n) * self.period.detach())
        self.ratio = nn.Parameter(torch.full((n,), ratio))

    def forward(self, x: Tensor, state: States | None, times: Tensor) -> tuple[Tensor, States]:
        """The outputs and the last states, from inputs (T, batch, d) and the times (T, batch) of the samples."""
        h, c = self.start(x, state)
        received = functional.linear(x, self.weight_ih_l0, self.bias_l0)
        gates = self.openness(times, LEAK if self.training else 0.0)
        outputs = []
        for part, k in zip(received.unbind(), gates.to(x.dtype).unbind(), strict=True):
            i, f, g, o = torch.addmm(part, h, self.weight_hh_l0.T).chunk(4, 1)
            proposed = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.lerp(h, torch.sigmoid(o) * torch.tanh(proposed), k)
            c = torch.lerp(c, proposed, k)
            outputs.append(h)
        return torch.stack(outputs), (h, c)

    def openness(self, times: Tensor, leak: float) -> Tensor:
        """k(t) of every unit, for times of any shape."""
        return time_gate(times, self.period, self.shift, self.ratio.abs(), leak)


class StepNorm(nn.Module):
    """Batch norm with statistics of their own for every step, up to the longest; γ starts at 0.1."""

    mean: Tensor
    variance: Tensor

    def __init__(self, features: int, steps: int, shifted: bool = False) -> None:
        super().__init__()
        self.momentum = 0.1
        self.gain = nn.Parameter(torch.full((features,), 0.1))
        self.offset = nn.Parameter(torch.zeros(features)) if shifted else None
        self.register_buffer("mean", torch.zeros(steps, features))
        self.register_buffer("variance", torch.ones(steps, features))

    def forward(self, x: Tensor, step: int) -> Tensor:
        """Normalise (batch, features) by the statistics of a step, those of the last one where it is longer."""
        at = min(step, len(self.mean) - 1)
        return functional.batch_norm(
            x, self.mean[at], self.variance[at], self.gain, self.offset, self.training, self.momentum, eps=1e-5
        )


class BatchNormLSTM(_LSTM):
    """An LSTM with recurrent batch norm (Cooijmans et al. 2016, eqs. 6–8)."""

    def __init__(self, d: int, n: int, steps: int) -> None:
        """``steps`` is how many steps get statistics of their own."""
        super().__init__(d, n)
        self.norm_x, self.norm_h = StepNorm(4 * n, steps), StepNorm(4 * n, steps)
        self.norm_c = StepNorm(n, steps, shifted=True)

    def forward(self, x: Tensor, state: States | None, times: Tensor | None = None) -> tuple[Tensor, States]:
        """The outputs and the last states, from inputs (T, batch, d)."""
        h, c = self.start(x, state)
        outputs = []
        for step, part in enumerate(functional.linear(x, self.weight_ih_l0).unbind()):
            recurrent = self.norm_h(functional.linear(h, self.weight_hh_l0), step)
            i, f, g, o = (recurrent + self.norm_x(part, step) + self.bias_l0).chunk(4, 1)
            c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
            h = torch.sigmoid(o) * torch.tanh(self.norm_c(c, step))
            outputs.append(h)
        return torch.stack(outputs), (h, c)
