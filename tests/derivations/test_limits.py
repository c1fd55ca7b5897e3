"""Limits: what their rules give, against numbers far out, and claims by arrows."""

from __future__ import annotations

import pytest
import sympy

from derivations.approaches import CONTINUOUS, Endless, tends_to
from derivations.check import Options, check_sheet
from derivations.evaluate import Floats, evaluate
from derivations.functions import FUNCTIONS
from derivations.reading.places import Source
from derivations.report import Verdict
from derivations.tensors import hadamard
from derivations.terms import Term, add, apply, number, power, scale, var
from derivations.understanding import understanding
from gradproof.commands.read import as_text

A = var("a")
X = sympy.Symbol("a", real=True)
SIGMA = 1 / (1 + sympy.exp(-X))
EXPRESSIONS = {
    "sigma": (apply("sigma", A), SIGMA),
    "turned": (apply("sigma", add(number(1), scale(-2, A))), SIGMA.subs(X, 1 - 2 * X)),
    "tanh": (apply("tanh", scale(3, A)), sympy.tanh(3 * X)),
    "slope": (hadamard(apply("sigma", A), add(number(1), scale(-1, apply("sigma", A)))), SIGMA * (1 - SIGMA)),
    "inside": (apply("tanh", apply("sigma", A)), sympy.tanh(SIGMA)),
    "quotient": (power(add(number(1), apply("exp", scale(-1, A))), -1), SIGMA),
    "square": (apply("exp", scale(-1, power(A, 2))), sympy.exp(-(X**2))),
}


@pytest.mark.parametrize("name", EXPRESSIONS)
@pytest.mark.parametrize("sign", [1, -1])
def test_limits_at_infinity_against_numbers_far_out(name: str, sign: int) -> None:
    term, expression = EXPRESSIONS[name]
    found = tends_to(term, {A: Endless(sign)})
    assert isinstance(found, Term)
    (exact,) = evaluate([found], {}, {}, Floats())
    assert float(exact) == pytest.approx(float(expression.subs(X, 60 * sign).evalf(30)), abs=1e-12)


@pytest.mark.parametrize(
    "term",
    [
        hadamard(A, apply("sigma", scale(-1, A))),
        add(A, power(A, 2)),
        apply("step", A),
        apply("sin", A),
        power(apply("sigma", A), -1),
    ],
)
def test_what_has_no_rule_is_not_known(term: Term) -> None:
    assert tends_to(term, {A: Endless(-1)}) is None


def test_a_jump_is_no_place_to_put_a_value() -> None:
    assert tends_to(apply("step", A), {A: number(0)}) is None
    assert tends_to(power(A, -1), {A: number(0)}) is None
    assert all(not FUNCTIONS[name].kink for name in CONTINUOUS)


CELL = r"$$c_t = f_t \odot c_{t-1} + i_t \odot g_t$$" + "\n\n"
RIGHT = [
    r"$$\lim_{a \to \infty} \sigma(a) = 1$$",
    r"$$\lim_{a \to -\infty} \tanh(2a + 1) = -1$$",
    r"$$\lim_{a \to 0} \sigma(a) = \frac{1}{2}$$",
    r"$$\lim_{a \to \infty} \frac{1}{1 + e^{-a}} = 1$$",
    CELL + r"$$\lim_{f_t \to 0, i_t \to 1} c_t = g_t$$",
    CELL + r"As $f_t \to 0$ and $i_t \to 1$, $c_t \to g_t$.",
    CELL + r"As $f_t \to 0$ and $i_t \to 1$ we get $$c_t \to g_t$$",
    CELL + r"We have $c_t \to g_t$ as $f_t \to 0$ and $i_t \to 1$.",
    CELL + r"As $f_t \to 0$, $i_t \to 1$, $c_t \to g_t$.",
    CELL + r"As $f_t \to 0$, $c_t = i_t \odot g_t$.",
    CELL + r"We have $c_t = c_{t-1}$ as $f_t \to 1$ and $i_t \to 0$.",
    r"$$\sigma(a) \to 0 \text{ as } a \to -\infty$$",
    r"We have $\sigma(a) \to 0$ as $a \to -\infty$ and $\sigma(a) \to 1$ as $a \to \infty$.",
]
WRONG = [
    r"$$\lim_{a \to \infty} \sigma(a) = 0$$",
    r"$$\lim_{a \to -\infty} \tanh(2a + 1) = 1$$",
    r"$$\lim_{a \to 0} \sigma(a) = 0$$",
    CELL + r"$$\lim_{f_t \to 0} c_t = g_t$$",
    CELL + r"As $f_t \to 0$, $c_t \to g_t$.",
    CELL + r"As $f_t \to 0$, $c_t = g_t$.",
    CELL + r"We have $c_t = g_t$ as $f_t \to 1$ and $i_t \to 0$.",
    r"$$\sigma(a) \to 1 \text{ as } a \to -\infty$$",
]
OPEN = [
    r"$$\lim_{a \to -\infty} a \sigma(a) = 0$$",
    r"$$\lim_{a \to 0} \frac{\tanh(a)}{a} = 1$$",
    r"$$\lim_{a \to \infty} \sigma(b) = 0$$",
    r"$$\lim_{a \to \infty} \sigma(a) + a = 1$$",
    r"$$\lim_{a \to 0^+} \sigma(a) = 0$$",
    r"$$\lim \sigma(a) = 0$$",
    CELL + r"As $t \to \infty$, $c_t \to 0$.",
    r"$$y = \lim_{a \to 0} \frac{\tanh(a)}{a}$$ $$y = 1$$",
    r"$$y = \lim_{a \to 0} \frac{\tanh(a)}{a}$$ $$y = 2$$",
    r"$$f_t = \sigma(x_t)$$ $$\lim_{f_t \to 0} \frac{\partial f_t}{\partial x_t} = 0$$",
]


def verdicts(text: str) -> set[Verdict]:
    return {x.verdict for x in check_sheet(Source("a.md", text), Options()).statements if x.kind != "definition"}


@pytest.mark.parametrize("text", RIGHT)
def test_right(text: str) -> None:
    assert verdicts(text) == {Verdict.PROVED}


@pytest.mark.parametrize("text", WRONG)
def test_wrong(text: str) -> None:
    assert verdicts(text) == {Verdict.WRONG}


@pytest.mark.parametrize("text", OPEN)
def test_open(text: str) -> None:
    assert verdicts(text) <= {Verdict.UNDECIDED, Verdict.UNCLEAR}


def test_a_limit_defines_what_has_no_definition() -> None:
    statements = check_sheet(Source("a.md", CELL + r"As $i_t \to 0$, $q_t = c_t$."), Options()).statements
    assert statements[-1].verdict is Verdict.GIVEN


def test_every_display_has_its_own_limit() -> None:
    text = "$$\\sigma(a) \\to 0 \\text{ as } a \\to -\\infty$$\n\n$$\\sigma(a) \\to 0 \\text{ as } a \\to \\infty$$"
    assert [x.verdict for x in check_sheet(Source("a.md", text), Options()).statements] == [
        Verdict.PROVED,
        Verdict.WRONG,
    ]


@pytest.mark.parametrize(
    "text",
    [
        r"The state goes $c_{t-1} \to c_t$ and $f_t \to 0$.",
        r"As $f_t \to 0$, $c_t \to 0$, so $c_t \to c_{t-1}$ as $f_t \to 1$.",
        r"As $f_t \to 0$ and as $f_t \to 1$, $c_t \to g_t$.",
    ],
)
def test_arrows_that_do_not_say_what_approaches_what_are_left_alone(text: str) -> None:
    assert not verdicts(CELL + text) & {Verdict.PROVED, Verdict.WRONG}


def test_a_limit_is_shown_as_it_was_understood() -> None:
    text = as_text(understanding(Source("a.md", CELL + r"As $f_t \to 0$, $c_t \to i_t \odot g_t$.")), 80, False)
    assert "lim_{f⟨t⟩ → 0} (c⟨t⟩) = lim_{f⟨t⟩ → 0} (i⟨t⟩ ⊙ g⟨t⟩)" in text


@pytest.mark.parametrize(
    ("text", "hint"),
    [
        (CELL + r"As $f_t \to 0$, $c_t \to g_t$.", r"it also needs i_t \to 1"),
        (CELL + r"$$\lim_{i_t \to 0} c_t = c_{t-1}$$", r"it also needs f_t \to 1"),
        (CELL + r"$$\lim_{i_t \to 0} c_t = 2 c_{t-1}$$", ""),
        (
            r"$$c_t = \sigma(f_t) \odot c_{t-1} + \sigma(i_t) \odot g_t$$ As $f_t \to -\infty$, $c_t \to g_t$.",
            r"it also needs i_t \to \infty",
        ),
    ],
)
def test_what_else_has_to_approach_its_value(text: str, hint: str) -> None:
    step = check_sheet(Source("a.md", text), Options()).statements[-1].steps[-1]
    assert step.verdict is Verdict.WRONG
    assert step.why == hint
