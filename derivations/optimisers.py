r"""The optimisers and schedules of the field as update equations, one entry each.

Equations are LaTeX as a person writes them, read by the same reader as a sheet, so that what is shown is what is
checked. θ_t are the parameters after step t = 1, 2, …, g_t is the gradient at θ_{t-1}; squares, roots and quotients of
columns are taken entry by entry.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import sympy

from derivations.errors import UsageError

PARAMETERS, GRADIENT = r"\theta", "g"
RATE, DECAY, DAMPING = r"\eta", r"\lambda", r"\epsilon"
NAMES = {
    RATE: "learning rate",
    r"\mu": "momentum",
    r"\tau": "dampening",
    DECAY: "weight decay",
    DAMPING: "term for numerical stability",
    r"\rho": "decay of the squares",
    r"\beta": "decay of the mean",
    r"\beta_1": "decay of the mean",
    r"\beta_2": "decay of the squares",
    "c": "largest norm, or largest entry",
}
"""What the numbers of the equations are called."""


@dataclass(frozen=True, slots=True)
class Optimiser:
    """One update rule.

    ``equations`` hold at every step, in order of evaluation, ``start`` before or at the first one; what it does not
    say starts at zero. ``states`` are kept from step to step, θ first; ``numbers`` are its settings. ``torch`` is the
    call that does the same, empty where torch has none, ``remark`` how it differs from its relatives.
    """

    name: str
    title: str
    source: str
    equations: tuple[str, ...]
    numbers: tuple[str, ...]
    start: tuple[str, ...] = ()
    states: tuple[str, ...] = (PARAMETERS,)
    torch: str = ""
    remark: str = ""

    def sheet(self, size: str = "n") -> str:
        """The rule as a sheet, for columns of a size; for a single number where that is empty."""
        columns = ", ".join(f"{key}_t" for key in (*self.states, GRADIENT))
        space = rf"\mathbb{{R}}^{size}" if size else r"\mathbb{R}"
        displays = [f"$${line}$$" for line in (*self.start, *self.equations)]
        declared = rf"Let ${columns} \in {space}$ and ${', '.join(self.numbers)} \in \mathbb{{R}}$."
        return "\n\n".join([declared, *displays]) + "\n"


STEP = r"\theta_t = \theta_{t-1} - \eta g_t"
MEAN = r"m_t = \beta_1 m_{t-1} + (1 - \beta_1) g_t"
SQUARES = r"v_t = \beta_2 v_{t-1} + (1 - \beta_2) g_t^2"
RUNNING = r"v_t = \rho v_{t-1} + (1 - \rho) g_t^2"
UNBIASED = (r"\hat{m}_t = \frac{m_t}{1 - \beta_1^t}", r"\hat{v}_t = \frac{v_t}{1 - \beta_2^t}")
ADAM = r"\theta_t = \theta_{t-1} - \eta \frac{\hat{m}_t}{\sqrt{\hat{v}_t} + \epsilon}"
ZERO = r"v_0 = 0"
ZEROS = (r"m_0 = 0", r"v_0 = 0")
MOMENTS = (PARAMETERS, "m", "v")
VELOCITY = (PARAMETERS, "v")
BETAS = (RATE, r"\beta_1", r"\beta_2", DAMPING)

OPTIMISERS: dict[str, Optimiser] = {
    entry.name: entry
    for entry in (
        Optimiser(
            "sgd",
            "stochastic gradient descent",
            "Robbins and Monro 1951; Goodfellow, Bengio and Courville 2016, algorithm 8.1",
            (STEP,),
            (RATE,),
            torch="SGD(lr=η)",
        ),
        Optimiser(
            "sgd-l2",
            "gradient descent with weight decay in the gradient (L2)",
            "Goodfellow, Bengio and Courville 2016, eq. 7.5; torch.optim.SGD",
            (r"\theta_t = \theta_{t-1} - \eta (g_t + \lambda \theta_{t-1})",),
            (RATE, DECAY),
            torch="SGD(lr=η, weight_decay=λ)",
        ),
        Optimiser(
            "momentum",
            "momentum, the rate outside of the velocity",
            "Polyak 1964; torch.optim.SGD",
            (r"v_t = \mu v_{t-1} + g_t", r"\theta_t = \theta_{t-1} - \eta v_t"),
            (RATE, r"\mu"),
            (ZERO,),
            VELOCITY,
            "SGD(lr=η, momentum=μ)",
            "the same steps as momentum-rate-inside as long as the rate is constant",
        ),
        Optimiser(
            "momentum-rate-inside",
            "momentum, the rate inside of the velocity",
            "Polyak 1964; Goodfellow, Bengio and Courville 2016, eqs. 8.15–8.16",
            (r"v_t = \mu v_{t-1} - \eta g_t", r"\theta_t = \theta_{t-1} + v_t"),
            (RATE, r"\mu"),
            (ZERO,),
            VELOCITY,
            "SGD(lr=η, momentum=μ)",
            "the same steps as momentum as long as the rate is constant",
        ),
        Optimiser(
            "momentum-mean",
            "momentum as a running mean of the gradients, from zero",
            "Kingma and Ba 2015, algorithm 1, the first moment alone",
            (r"v_t = \mu v_{t-1} + (1 - \mu) g_t", r"\theta_t = \theta_{t-1} - \eta v_t"),
            (RATE, r"\mu"),
            (ZERO,),
            VELOCITY,
            remark="every gradient is weighed by 1 − μ, the first too; torch with dampening=μ starts at v_1 = g_1",
        ),
        Optimiser(
            "momentum-dampened",
            "momentum with dampening",
            "torch.optim.SGD",
            (r"v_t = \mu v_{t-1} + (1 - \tau) g_t", r"\theta_t = \theta_{t-1} - \eta v_t"),
            (RATE, r"\mu", r"\tau"),
            (r"v_1 = g_1",),
            VELOCITY,
            "SGD(lr=η, momentum=μ, dampening=τ)",
            "the first gradient is not dampened: v_1 = g_1",
        ),
        Optimiser(
            "momentum-l2",
            "momentum with weight decay in the gradient (L2)",
            "torch.optim.SGD",
            (r"v_t = \mu v_{t-1} + g_t + \lambda \theta_{t-1}", r"\theta_t = \theta_{t-1} - \eta v_t"),
            (RATE, r"\mu", DECAY),
            (ZERO,),
            VELOCITY,
            "SGD(lr=η, momentum=μ, weight_decay=λ)",
        ),
        Optimiser(
            "nesterov",
            "Nesterov momentum, gradients at the parameters themselves",
            "Nesterov 1983; Sutskever et al. 2013, appendix A.1; torch.optim.SGD",
            (r"v_t = \mu v_{t-1} + g_t", r"\theta_t = \theta_{t-1} - \eta (g_t + \mu v_t)"),
            (RATE, r"\mu"),
            (ZERO,),
            VELOCITY,
            "SGD(lr=η, momentum=μ, nesterov=True)",
            "the step looks ahead by μ v_t, where momentum takes v_t",
        ),
        Optimiser(
            "adagrad",
            "AdaGrad",
            "Duchi, Hazan and Singer 2011, figure 1; torch.optim.Adagrad",
            (r"v_t = v_{t-1} + g_t^2", r"\theta_t = \theta_{t-1} - \eta \frac{g_t}{\sqrt{v_t} + \epsilon}"),
            (RATE, DAMPING),
            (ZERO,),
            VELOCITY,
            "Adagrad(lr=η, eps=ε)",
        ),
        Optimiser(
            "rmsprop",
            "RMSprop, ε outside of the root",
            "Tieleman and Hinton 2012, lecture 6.5; torch.optim.RMSprop",
            (RUNNING, r"\theta_t = \theta_{t-1} - \eta \frac{g_t}{\sqrt{v_t} + \epsilon}"),
            (RATE, r"\rho", DAMPING),
            (ZERO,),
            VELOCITY,
            "RMSprop(lr=η, alpha=ρ, eps=ε)",
            "ε is added behind the root",
        ),
        Optimiser(
            "rmsprop-eps-inside",
            "RMSprop, ε inside of the root",
            "Goodfellow, Bengio and Courville 2016, algorithm 8.5",
            (RUNNING, r"\theta_t = \theta_{t-1} - \eta \frac{g_t}{\sqrt{v_t + \epsilon}}"),
            (RATE, r"\rho", DAMPING),
            (ZERO,),
            VELOCITY,
            remark="ε is added under the root; torch adds it behind",
        ),
        Optimiser(
            "adam",
            "Adam",
            "Kingma and Ba 2015, algorithm 1; torch.optim.Adam",
            (MEAN, SQUARES, *UNBIASED, ADAM),
            BETAS,
            ZEROS,
            MOMENTS,
            "Adam(lr=η, betas=(β_1, β_2), eps=ε)",
            "both moments are corrected for their start at zero, ε is added behind the root",
        ),
        Optimiser(
            "adam-uncorrected",
            "Adam without the correction of its moments",
            "Kingma and Ba 2015, section 6.4, as an ablation",
            (MEAN, SQUARES, r"\theta_t = \theta_{t-1} - \eta \frac{m_t}{\sqrt{v_t} + \epsilon}"),
            BETAS,
            ZEROS,
            MOMENTS,
            remark="the moments are not corrected for their start at zero; torch always corrects them",
        ),
        Optimiser(
            "adam-eps-inside",
            "Adam, ε inside of the root",
            "a variant of Kingma and Ba 2015, algorithm 1",
            (MEAN, SQUARES, *UNBIASED, r"\theta_t = \theta_{t-1} - \eta \frac{\hat{m}_t}{\sqrt{\hat{v}_t + \epsilon}}"),
            BETAS,
            ZEROS,
            MOMENTS,
            remark="ε is added under the root; torch adds it behind",
        ),
        Optimiser(
            "adam-l2",
            "Adam with weight decay in the gradient (L2)",
            "Loshchilov and Hutter 2019, algorithm 2, line 6; torch.optim.Adam",
            (
                r"u_t = g_t + \lambda \theta_{t-1}",
                r"m_t = \beta_1 m_{t-1} + (1 - \beta_1) u_t",
                r"v_t = \beta_2 v_{t-1} + (1 - \beta_2) u_t^2",
                *UNBIASED,
                ADAM,
            ),
            (*BETAS, DECAY),
            ZEROS,
            MOMENTS,
            "Adam(lr=η, betas=(β_1, β_2), eps=ε, weight_decay=λ)",
            "the decay goes through the moments",
        ),
        Optimiser(
            "adamw",
            "Adam with decoupled weight decay",
            "Loshchilov and Hutter 2019, algorithm 2; torch.optim.AdamW",
            (
                MEAN,
                SQUARES,
                *UNBIASED,
                r"\theta_t = (1 - \eta \lambda) \theta_{t-1} - \eta \frac{\hat{m}_t}{\sqrt{\hat{v}_t} + \epsilon}",
            ),
            (*BETAS, DECAY),
            ZEROS,
            MOMENTS,
            "AdamW(lr=η, betas=(β_1, β_2), eps=ε, weight_decay=λ)",
            "the decay acts on the parameters and passes the moments by",
        ),
        Optimiser(
            "clip-norm",
            "gradient descent, the gradient clipped by its norm",
            "Pascanu, Mikolov and Bengio 2013, algorithm 1; torch.nn.utils.clip_grad_norm_",
            (r"u_t = \min\left(1, \frac{c}{\|g_t\|}\right) g_t", r"\theta_t = \theta_{t-1} - \eta u_t"),
            (RATE, "c"),
            torch="clip_grad_norm_(parameters, c), then SGD(lr=η)",
            remark="torch adds 1e-6 to the norm in the denominator",
        ),
        Optimiser(
            "clip-value",
            "gradient descent, the gradient clipped entry by entry",
            "torch.nn.utils.clip_grad_value_",
            (r"u_t = \max(-c, \min(c, g_t))", r"\theta_t = \theta_{t-1} - \eta u_t"),
            (RATE, "c"),
            torch="clip_grad_value_(parameters, c), then SGD(lr=η)",
        ),
    )
}


@dataclass(frozen=True, slots=True)
class Schedule:
    """The learning rate of step t (of the epoch t where a rate changes by epochs), as a SymPy expression in t."""

    name: str
    title: str
    source: str
    rate: Any
    torch: str = ""

    def latex(self) -> str:
        return rf"\eta_t = {sympy.latex(self.rate)}"

    def at(self, time: int, values: dict[str, Any]) -> Any:
        """The rate at a time, exactly where the values are exact."""
        given = {symbol: values[str(symbol)] for symbol in self.rate.free_symbols if symbol != T}
        return self.rate.subs({T: sympy.Integer(time), **given})


T = sympy.Symbol("t", integer=True, nonnegative=True)
_symbol: Callable[[str], Any] = sympy.Symbol
_FIRST, _FACTOR, _EVERY, _FROM = map(_symbol, (r"\eta_{0}", r"\gamma", "s", "k"))

SCHEDULES: dict[str, Schedule] = {
    entry.name: entry
    for entry in (
        Schedule("constant", "constant rate", "Robbins and Monro 1951", _FIRST, "ConstantLR(factor=1)"),
        Schedule("exponential", "decay at every epoch", "ExponentialLR", _FIRST * _FACTOR**T, "ExponentialLR(gamma=γ)"),
        Schedule(
            "step",
            "decay every s epochs",
            "StepLR",
            _FIRST * _FACTOR ** sympy.floor(T / _EVERY),
            "StepLR(step_size=s, gamma=γ)",
        ),
        Schedule(
            "after",
            "constant up to epoch k, then decay at every epoch",
            "Zaremba, Sutskever and Vinyals 2014, section 4.1",
            _FIRST * _FACTOR ** sympy.Max(T - _FROM, 0),
            "LambdaLR(lambda t: γ ** max(t - k, 0))",
        ),
        Schedule("inverse", "decay by the inverse of the time", "Robbins and Monro 1951", _FIRST / (1 + _FACTOR * T)),
    )
}


def optimiser(name: str) -> Optimiser:
    """An optimiser of the table. Raises UsageError with the names there are."""
    if name not in OPTIMISERS:
        raise UsageError(f"there is no optimiser {name}; there are {', '.join(OPTIMISERS)}")
    return OPTIMISERS[name]
