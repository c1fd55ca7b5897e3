"""Missing pixels from the pixels before and behind them: the posterior by Bayes' rule, every step proved.

P stands for the pixels before, F for those behind; the missing ones are A, B, C, … with values a, b, c, …, each 0 or 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Final

from derivations.check import check_sheet
from derivations.errors import InternalError, UsageError
from derivations.reading.places import Source
from derivations.report import Verdict

MOST_PIXELS: Final = 4
NAMES: Final = "ABCD"
"""Names of missing pixels; F and P are those around them."""
BINARY: Final = "The pixels are binary.\n"


@dataclass(frozen=True, slots=True)
class Step:
    """One equation of the derivation, what it rests on, and why it is made."""

    rule: str
    latex: str
    why: str


@dataclass(frozen=True, slots=True)
class Inpainting:
    """The derivation for some missing pixels.

    ``states`` are the joint probabilities of all their values with what is known, ``posterior`` is the last equation
    of the derivation proper.
    """

    pixels: tuple[str, ...]
    steps: tuple[Step, ...]
    states: tuple[str, ...]
    posterior: str


def inpaint(pixels: int = 1) -> Inpainting:
    """Derive P(pixels | past, future), and prove every step.

    Raises UsageError for a number of pixels that is not from 1 to 4, InternalError if a step has no proof.
    """
    if not 1 <= pixels <= MOST_PIXELS:
        raise UsageError(f"{pixels} missing pixels cannot be written out; give a number from 1 to {MOST_PIXELS}")
    names = tuple(NAMES[:pixels])
    steps = tuple(_steps(names))
    _prove(steps)
    states = tuple(f"P({_values(names, state)}, P, F)" for state in product("01", repeat=pixels))
    return Inpainting(names, steps, states, steps[2].latex)


def _prove(steps: tuple[Step, ...]) -> None:
    """Every step as a line of a sheet of its own. Raises InternalError if one is not proved."""
    for step in steps:
        found = check_sheet(Source("inpainting", f"{BINARY}\n$${step.latex}$$\n")).statements
        if [x.verdict for x in found] != [Verdict.PROVED]:
            raise InternalError(f"the step ‘{step.rule}’ of the derivation is not proved: {step.latex}")


def _values(names: tuple[str, ...], values: tuple[str, ...]) -> str:
    return ", ".join(f"{name}={value}" for name, value in zip(names, values, strict=True))


def _steps(names: tuple[str, ...]) -> list[Step]:
    letters = tuple(name.lower() for name in names)
    own, other = _values(names, letters), _values(names, tuple(f"{x}'" for x in letters))
    pixels = "the pixel" if len(names) == 1 else "the pixels"
    indices = ", ".join(f"{x}'" for x in letters)
    total = rf"\sum_{{{indices} \in \{{0,1\}}}}"
    posterior = rf"P({own} \mid P, F)"
    product_of = r"P({0} \mid P) \, P(F \mid {0}, P)"
    steps = [
        Step("Bayes", rf"{posterior} = \frac{{P({own}, P, F)}}{{P(P, F)}}", "the denominator is not known"),
        Step(
            "total probability",
            rf"P(P, F) = {total} P({other}, P, F)",
            f"{pixels} can have {2 ** len(names)} states and no other",
        ),
        Step(
            "posterior",
            rf"{posterior} = \frac{{P({own}, P, F)}}{{{total} P({other}, P, F)}}",
            "the first two steps together",
        ),
        Step(
            "chain rule",
            rf"P({own}, P, F) = P(P) \, {product_of.format(own)}",
            "the past, then the missing pixels, then the future: the order in which a network reads",
        ),
        Step(
            "cancelling",
            rf"{posterior} = \frac{{{product_of.format(own)}}}{{{total} {product_of.format(other)}}}",
            f"P(P) does not depend on {pixels} and is a factor of every term",
        ),
        Step(
            "steps of the model",
            r"P(x_{1:N}) = P(x_{1:s-1}) \prod_{t=s}^{N} P(x_t \mid x_{<t})",
            "every factor is one output of the network; those before the first missing pixel, s, cancel",
        ),
    ]
    return [*steps, *(_one(posterior) if len(names) == 1 else _several(names, own))]


def _one(posterior: str) -> list[Step]:
    """What only a single pixel has."""
    white, black = "P(A=1, P, F)", "P(A=0, P, F)"
    return [
        Step(
            "odds",
            rf"\frac{{P(A=1 \mid P, F)}}{{P(A=0 \mid P, F)}} = \frac{{{white}}}{{{black}}}",
            "what is not known cancels, too",
        ),
        Step(
            "sigmoid",
            rf"P(A=1 \mid P, F) = \sigma(\log {white} - \log {black})",
            "from log-probabilities, without dividing numbers that are almost zero",
        ),
    ]


def _several(names: tuple[str, ...], own: str) -> list[Step]:
    """What only several pixels have: one of them by itself."""
    rest = tuple(name.lower() for name in names[1:])
    values = _values(names[1:], rest)
    return [
        Step(
            "one pixel",
            rf"P(A=a \mid P, F) = \sum_{{{', '.join(rest)} \in \{{0,1\}}}} P(A=a, {values} \mid P, F)",
            "the sum over all states of the others",
        ),
        Step(
            "pixel by pixel",
            rf"P({own} \mid P) = P(A=a \mid P) \, P({values} \mid P, A=a)",
            "each missing pixel is read with those before it",
        ),
    ]
