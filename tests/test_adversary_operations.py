r"""Lines about piecewise functions, matrix operators, facts and second derivatives, with the verdict that is right.

A row says what the verdict must be, then the claim (bare LaTeX, or words and formulas; `||` ends a paragraph):

    right      given, proved or holds      not-right  anything else: wrong, or not the whole truth
    wrong      wrong                       not-wrong  anything else: right, or true under a convention of the author

A word behind `!` says why the row fails today; strict xfail makes its mending visible.
"""

from __future__ import annotations

import pytest

from derivations.budget import Budget
from derivations.check import Options, check_sheet
from derivations.decide import decide
from derivations.layers import reversed_vector
from derivations.operations import OPERATIONS, at_least, greater, kronecker, maximum
from derivations.operators import determinant, inverse, largest, winner
from derivations.reading.places import Source
from derivations.tensors import concatenate, hadamard, matmul, outer, total, transpose
from derivations.terms import add, apply, delta, dimension, ones, power, scale, var, zeros

RIGHT = {"given", "proved", "holds"}
REASONS = {
    "condition": "right without what is said of y, on a condition that y does not meet",
    "narrowed": "a sentence that takes back what its own words say of a quantity",
    "shown": "a property that a display only shows is a claim, and a wrong one",
}
SHORT = {
    "GRADIENT": r"$$\frac{\partial v^\top X v}{\partial v} = 2 X v$$",
    "SOFTMAX": r"$$\frac{\partial L}{\partial a} = p - y$$",
    "THE_CELL_ADDS": r"$c_t = c_{t-1} + u_t \odot g_t$",
    "BYMATRIX": r"$$\frac{\partial v^\top X v}{\partial X}",
    "BYLOGDET": r"$$\frac{\partial \log \det X}{\partial X}",
    "STEP": r"\operatorname{step}",
}

SHEETS = [
    (
        r"Let $x \in \mathbb{R}^n$, $v \in \mathbb{R}^n$, $w \in \mathbb{R}^n$, $u \in \mathbb{R}^n$, $c \in "
        r"\mathbb{R}$, $W \in \mathbb{R}^{m \times n}$, $X \in \mathbb{R}^{n \times n}$, $Y \in \mathbb{R}^{n "
        r"\times n}$ and $z = W x$.",
        r"""
not-right     STEP(\tanh(v) - 2\sigma(2v) + 1) + STEP(-\tanh(v) + 2\sigma(2v) - 1) = 1
not-right    (v v^\top)^{-1} (v v^\top) = I
not-right    (v w^\top) (v w^\top)^{-1} x = x
not-right     \operatorname{ReLU}'(0) = 0
wrong                 \operatorname{floor}(-\frac{5}{2}) = -2
wrong                 \operatorname{floor}(v - \frac{1}{2}) = \operatorname{floor}(v + \frac{1}{2})
right                 \sqrt{v^2} = |v|
right                 \operatorname{ReLU}(v) \odot \operatorname{ReLU}(-v) = 0
wrong                 \max(\max(v, w), u) = \max(v, w) + \max(w, u) - w
wrong                 \max(v, v^2) = v^2
right                 \frac{STEP(v)}{STEP(v)} = 1
not-right     0 \cdot \frac{1}{STEP(v) \odot STEP(-v)} = 0
not-wrong             \operatorname{LeakyReLU}(v) = \max(v, \frac{1}{100} v)
not-wrong       \operatorname{LeakyReLU}(v) = \max(v, \frac{1}{10} v)
wrong                 \max(v) + \max(w) = \max(v + w)
""",
    ),
    (
        r"Let $v \in \mathbb{R}^n$, $X \in \mathbb{R}^{n \times n}$ and $Y \in \mathbb{R}^{n \times n}$.",
        r"""
not-right       Take a non-symmetric $X$. || GRADIENT
not-right       For a not necessarily symmetric $X$ we have $\frac{\partial v^\top X v}{\partial v} = 2 X v$.
not-right       Neither $X$ nor $Y$ is symmetric. || $$\frac{\partial v^\top Y v}{\partial v} = 2 Y v$$
not-right       It is false that $X$ is symmetric. || GRADIENT
not-right       We never said that $X$ is symmetric. || GRADIENT
not-right             Is $X$ symmetric? || GRADIENT
not-right       Suppose that $X$ is symmetric only for $n = 1$. || GRADIENT
not-right       It remains open whether $X$ is symmetric. || GRADIENT
not-right       We do not assume $X = X^\top$. || GRADIENT
not-right       Unless $X$ is symmetric, $\frac{\partial v^\top X v}{\partial v} = 2 X v$.
not-right       $X$ is symmetric. Now drop this: from here on $X$ is not symmetric. || GRADIENT
not-right       $X$ is symmetric up to a rotation. || GRADIENT
not-right       $X$ is symmetric or not. || GRADIENT
not-right       $X$ is positive definite. || $$|X| = X$$
not-right             $X$ is positive definite. || $$\operatorname{ReLU}(X v) = X v$$
not-right       $X$ is positive definite. || $$\operatorname{ReLU}(X) = X$$
not-right       The non-positive $v$ is given. || $$|v| = v$$
not-right       $v$ is positive or zero. || $$STEP(v) = 1$$
not-right       $v$ is positive on average. || $$|v| = v$$
not-right       $X$ is diagonal plus a rank-one term. || $$X^\top = X$$
not-right       The entry next to the diagonal $X$ is small. || $$X^\top = X$$
not-right       $X$ is diagonal dominant. || $$X^\top = X$$
not-right             $X$ is block diagonal. || $$X^\top = X$$
not-right       A block-diagonal $X$ is used. || $$X^\top = X$$
not-right       A skew-symmetric $X$ is used. || $$X^\top = X$$
not-right       A centrally symmetric $X$ is used. || $$X^\top = X$$
not-wrong       The matrix $X$ is symmetric. || BYMATRIX = 2 v v^\top - \operatorname{diag}(v \odot v)$$
not-right             The matrix $X$ is symmetric. || $$X Y = Y X$$
""",
    ),
    (
        r"Let $p = \operatorname{softmax}(a)$ and $L = -y^\top \log p$ with $a \in \mathbb{R}^n$ and $y \in "
        r"\mathbb{R}^n$.",
        r"""
not-right!condition The target $y$ is one-hot. || $$\frac{y}{y} = 1$$
not-right             The target $y$ is one-hot. || $$\frac{1}{y} = y$$
not-wrong             The target $y$ is one-hot. || $$STEP(y) = y$$
not-right             $p$ is one-hot. || $$p \odot p = p$$
not-right       Instead of a one-hot $y$ we use soft labels. || SOFTMAX
not-right!narrowed A one-hot $y$ is too sparse; $y$ is dense here. || SOFTMAX
not-wrong!shown $$\sum_i y_i = 1$$ || SOFTMAX
not-right       Not only where $\mathbf{1}^\top y = 1$. || SOFTMAX
not-right       If $\mathbf{1}^\top y = 1$ fails, || SOFTMAX
not-right             where $\mathbf{1}^\top a = 1$ || $$\mathbf{1}^\top y = 1$$
""",
    ),
    (
        r"Let $c_t = f_t \odot c_{t-1} + u_t \odot g_t$ with $c_t, f_t, u_t, g_t \in \mathbb{R}^n$.",
        r"""
not-right       Unless $f_t = 1$, we have THE_CELL_ADDS.
not-right       If $f_t = 1$ fails then THE_CELL_ADDS.
not-right       If not $f_t = 1$ then THE_CELL_ADDS.
not-right       Even if $f_t = 1$ does not hold, THE_CELL_ADDS.
not-right       Except when $f_t = 1$, THE_CELL_ADDS.
not-right       When $f_t = 1$ this is easy (a sum); in general, THE_CELL_ADDS.
wrong                 When $f_{t-1} = 1$ we have THE_CELL_ADDS.
not-right       When $f_t = 1$ or $u_t = 0$ we have $c_t = c_{t-1}$.
right                 When $f_t = 1$ we have $\frac{\partial c_t}{\partial c_{t-1}} = I$.
not-right       When $f_t = 1$ then that, otherwise THE_CELL_ADDS.
""",
    ),
    (
        r"Let $x \in \mathbb{R}^n$, $v \in \mathbb{R}^n$, $w \in \mathbb{R}^n$, $c \in \mathbb{R}$, $A \in "
        r"\mathbb{R}^{m \times n}$, $X \in \mathbb{R}^{n \times n}$, $Y \in \mathbb{R}^{n \times n}$, $Z \in "
        r"\mathbb{R}^{n \times n}$.",
        r"""
wrong                 \det(c X) = c \det(X)
right                 X (X + Y)^{-1} Y = Y (X + Y)^{-1} X
right                 \det(I + v w^\top) = 1 + v^\top w
not-right             (A A^\top)^{-1} A A^\top v = v
wrong                 \operatorname{tr}(I) = 1
right       \operatorname{tr}(X X^{-1}) = n
right                 \frac{\partial v^\top X^{-1} w}{\partial X} = -(X^{-1})^\top v w^\top (X^{-1})^\top
right                 \frac{\partial v^\top X v}{\partial v} = (X + X^\top) v
wrong                 \frac{\partial v^\top X v}{\partial X} = 2 v v^\top
wrong                 \operatorname{softmax}(c v) = \operatorname{softmax}(v)
right                 \operatorname{ReLU}(X)^\top = \operatorname{ReLU}(X^\top)
wrong                 \frac{\partial \mathbf{1}^\top |v|}{\partial v} = |v|
wrong                 STEP(\operatorname{diag}(v)) + STEP(-\operatorname{diag}(v)) = \mathbf{1} \mathbf{1}^\top
""",
    ),
    (
        r"Let $a \in \mathbb{R}^n$, $y \in \mathbb{R}^n$, $b \in \mathbb{R}^n$, $s = \sigma(a)$, $p = "
        r"\operatorname{softmax}(a)$, $r = \operatorname{ReLU}(a)$, $Q = -y^\top \log p$, $L = \frac{1}{2}\|r - "
        r"y\|^2$, $M = b^\top \tanh(a)$, $F = \mathbf{1}^\top (a \odot a \odot b)$.",
        r"""
wrong                 \frac{\partial^2 F}{\partial a \partial b} = \operatorname{diag}(a)
not-right             \frac{\partial^2 E}{\partial a^2} = \operatorname{diag}(a)
not-right             \frac{\partial^2 Q}{\partial p^2} = \operatorname{diag}(y)
wrong                 \frac{\partial^2 L}{\partial a \partial y} = -I
""",
    ),
    (
        r"Let $a \in \mathbb{R}^n$, $y \in \mathbb{R}^n$, $b \in \mathbb{R}^n$, $X \in \mathbb{R}^{n \times n}$, "
        r"$p = \operatorname{softmax}(a)$, $r = \operatorname{ReLU}(a)$, $Q = -y^\top \log p$, $L = \frac{1}{2}\|r "
        r"- y\|^2$, $S = b^\top (r \odot r)$.",
        r"""
not-right      \frac{\partial^2 Q}{\partial p^2} = 0
not-right      \frac{\partial^2 L}{\partial r^2} = 0
not-right      \frac{\partial^2 S}{\partial r \partial b} = 0
not-right      \frac{\partial^2 S}{\partial r \partial a} = 0
not-right             \frac{\partial^2 S}{\partial a \partial r} = 0
not-right      \frac{\partial}{\partial r} \frac{\partial S}{\partial r} = 0
not-right      \frac{\partial^2 L}{\partial r \partial y} = 0
right       \operatorname{tr}(I) = n
right       \mathbf{1}^\top \mathbf{1} = n
not-right     STEP(a^2) = 1
not-right     \operatorname{sign}(a^2) = 1
not-right     STEP(\|a\|) = 1
wrong                 \frac{a}{|a|} = STEP(a)
not-right     \operatorname{abs}'(0) = 0
not-right     \operatorname{floor}'(2) = 0
not-right     \operatorname{ReLU}'(b - b) = 0
not-right     STEP'(0) = 0
not-wrong  STEP(0) = \frac{1}{2}
not-wrong  STEP(0) = 1
not-wrong     \operatorname{ReLU}'(0) = 1
not-wrong     \operatorname{ReLU}'(0) = \frac{1}{2}
not-right             \frac{\partial \operatorname{ReLU}(\operatorname{ReLU}(a))}{\partial a} = 0
not-right    \frac{\partial \log(-e^a)}{\partial a} = I
not-right    \frac{\partial \log(-a^2)}{\partial a} = \operatorname{diag}(\frac{2}{a})
not-right      \frac{\partial^2 \mathbf{1}^\top \log(-e^a)}{\partial a^2} = 0
not-right    \frac{\partial \mathbf{1}^\top \log(-e^a)}{\partial a} = \mathbf{1}
not-right             \frac{\partial \operatorname{floor}(a)}{\partial a} = I
""",
    ),
    (
        r"Let $a \in \mathbb{R}^n$, $b \in \mathbb{R}^n$, $X \in \mathbb{R}^{n \times n}$ and $v \in "
        r"\mathbb{R}^n$, $q = v^\top X v$, $G = X^\top X$, $p = \operatorname{softmax}(a)$.",
        r"""
right                 The matrix $X$ is symmetric. || $$\operatorname{tr}(X^\top X) = \operatorname{tr}(X X)$$
not-right             $v$ is positive. || $$STEP(X v) = 1$$
not-right             $p$ is positive. || $$\log p = a$$
not-right             $\hat v$ is one-hot. || $$v \odot v = v$$
wrong                 The vector $v$ is one-hot. || $$q = \operatorname{tr}(X)$$
not-right       Nobody calls the vector a one-hot $v$. || $$v \odot v = v$$
""",
    ),
    (
        r"Let $v \in \mathbb{R}^n$, $w \in \mathbb{R}^n$, $x \in \mathbb{R}$.",
        r"""
right                 |v| = \begin{cases} v & v > 0 \\ -v & \text{otherwise} \end{cases}
not-right             |v| = \begin{cases} v & v > 0 \\ -v & w \leq 0 \end{cases}
""",
    ),
    (
        r"Let $h_t = \tanh(W x_t + U h_{t-1})$ with $h_t \in \mathbb{R}^n$, $x_t \in \mathbb{R}^d$, $W \in "
        r"\mathbb{R}^{n \times d}$, $U \in \mathbb{R}^{n \times n}$, $y_t \in \mathbb{R}^n$, $p_t = "
        r"\operatorname{softmax}(h_t)$, $L_t = -y_t^\top \log p_t$, $r_t = \operatorname{ReLU}(h_t)$.",
        r"""
not-wrong   The target $y_t$ is one-hot. || $$\frac{\partial L_2}{\partial h_2} = p_2 - y_2$$
not-right             When $h_{t-1} = 0$ we have $\frac{\partial h_t}{\partial h_{t-1}} = 0$.
not-right     When $h_t = 0$ we have $\frac{\partial r_t}{\partial h_t} = 0$.
not-right    When $y_t = 0$ we have $L_t = 1$.
right                 When $y_t = 0$ we have $L_t = 0$.
not-right    Unless $y_t = 0$ we have $L_t = 0$.
not-right      \frac{\partial^2 L_t}{\partial h_t^2} = 0
not-right      \frac{\partial^2 L_t}{\partial h_{t-1} \partial h_t} = 0
not-right      \frac{\partial^2 L_t}{\partial h_t \partial h_{t-1}} = 0
not-right      \frac{\partial^2 L_2}{\partial h_1 \partial U} = 0
right                 \frac{\partial r_2}{\partial h_1} = \operatorname{diag}(STEP(h_2) \odot (1 - h_2^2)) U
""",
    ),
    (
        r"The slope is $\alpha = \frac{1}{5}$. Let $v \in \mathbb{R}^n$, $w \in \mathbb{R}^n$, $A \in "
        r"\mathbb{R}^{m \times n}$, $k \in \mathbb{R}$, $j \in \mathbb{R}$.",
        r"""
not-wrong       \operatorname{LeakyReLU}(v) = \max(v, \alpha v)
not-wrong       \operatorname{ELU}(v) = \max(0, v) + \alpha \min(0, e^v - 1)
wrong                 |k|^3 = k^3
wrong                 STEP(k j) = STEP(k) STEP(j)
wrong                 STEP(k) STEP(1 - k) = STEP(k)
not-right    STEP(k - 1000) = 0
not-right    \max(k, 1000) = 1000
not-right    \operatorname{ReLU}(\operatorname{ReLU}(v) - 100) = 0
not-right    |v| = \max(v, -v) + STEP(v - 64)
not-right    \operatorname{floor}(32 v) = 32 v
not-right    \operatorname{floor}(\sigma(v) + \frac{1}{1000}) = 0
""",
    ),
    (
        r"Let $v \in \mathbb{R}^n$, $w \in \mathbb{R}^n$, $k \in \mathbb{R}$, "
        r"$Y \in \mathbb{R}^{n \times n}$, $X \in \mathbb{R}^{n \times n}$.",
        r"""
not-wrong   $v$ and $w$ are one-hot. || $$v \odot v = v$$
not-wrong   One-hot vectors $v$ and $w$. || $$v \odot v = v$$
not-wrong   The matrices $X$ and $Y$ are symmetric. || $$X^\top = X$$
not-wrong   Let $v > 0$. || $$|v| = v$$
not-wrong   For $v > 0$ we have $\operatorname{ReLU}(v) = v$.
not-wrong   When $v > 0$, $|v| = v$.
not-wrong   $v$ has positive entries. || $$|v| = v$$
not-wrong   The entries of $v$ sum to one. || $$\mathbf{1}^\top v = 1$$
not-wrong   $v$ is a probability vector. || $$\mathbf{1}^\top v = 1$$
not-wrong   $v$ is a unit vector. || $$v^\top v = 1$$
not-wrong   $X$ is orthogonal. || $$X^\top X = I$$
not-wrong   $X$ is idempotent. || $$X X = X$$
not-wrong   $X$ is skew-symmetric. || $$X^\top = -X$$
not-wrong   where $v^\top v = 1$ || $$\|v\| = 1$$
not-wrong   When $v = w$ we have $v^\top w = \|v\|^2$.
not-wrong  \operatorname{mean}(v) = \frac{1}{n} \mathbf{1}^\top v
not-wrong  \frac{\partial \operatorname{mean}(v)}{\partial v} = \frac{1}{n} \mathbf{1}
not-right    \min(\max(0, v), 6) = \operatorname{ReLU}(v)
not-right    \frac{\partial \mathbf{1}^\top \max(0, 10 - v)}{\partial v} = -\mathbf{1}
not-right    \max(v) = \max(v) + \operatorname{ReLU}(\max(v) - 10)
not-right    \operatorname{sign}(v + 9) = 1
not-right    \operatorname{ReLU}(\|v\| - 40) = 0
""",
    ),
]


def rows():
    """Every row with its premises: the word for the verdict, why it fails today, the whole sheet."""
    for premises, lines in SHEETS:
        for line in lines.strip().splitlines():
            tag, claim = line.split(None, 1)
            for short, whole in SHORT.items():
                claim = claim.replace(short, whole)
            verdict, _, reason = tag.partition("!")
            claim = claim if "$" in claim else f"$${claim}$$"
            marks = [pytest.mark.xfail(strict=True, reason=REASONS[reason])] if reason else []
            yield pytest.param(verdict, f"{premises} || {claim}\n".replace(" || ", "\n\n"), id=line, marks=marks)


def fits(wanted, verdict):
    return {
        "right": verdict in RIGHT,
        "not-right": verdict not in RIGHT,
        "wrong": verdict == "wrong",
        "not-wrong": verdict != "wrong",
    }[wanted]


@pytest.mark.parametrize(("wanted", "text"), list(rows()))
def test_lines(wanted, text):
    found = check_sheet(Source("sheet.md", text), Options(0, 4.0)).statements[-1]
    assert fits(wanted, found.verdict.value), (found.verdict.value, [(step.why, step.reading) for step in found.steps])


x, y = var("x", "n"), var("y", "n")
u, c = var("u", "m"), var("c")
X, Y, A = var("X", "n", "n"), var("Y", "n", "n"), var("A", "m", "n")
k3 = var("k", 3)
EYE, ONE, ROWS = delta(dimension("n")), ones(x.shape), outer(ones(x.shape), x)
HIDDEN_ZERO = add(apply("tanh", x), scale(-2, apply("sigma", scale(2, x))), ONE)


def step(a):
    return apply("step", a)


def both_signs(f, a):
    return add(apply(f, a), apply(f, scale(-1, a)))


def make(name, *arguments):
    return OPERATIONS[name].build(*arguments)


TERMS = [
    ("right", matmul(inverse(add(X, ROWS)), add(X, ROWS)), EYE),
    ("not-right", matmul(inverse(outer(x, y)), outer(x, y)), EYE),
    ("wrong", inverse(hadamard(X, Y)), hadamard(inverse(X), inverse(Y))),
    ("wrong", determinant(hadamard(X, Y)), hadamard(determinant(X), determinant(Y))),
    ("wrong", determinant(outer(x, y)), total(hadamard(x, y))),
    ("right", determinant(inverse(transpose(X))), power(determinant(X), -1)),
    ("right", inverse(kronecker(X, Y)), kronecker(inverse(X), inverse(Y))),
    ("wrong", inverse(kronecker(X, Y)), kronecker(inverse(Y), inverse(X))),
    ("right", matmul(kronecker(X, Y), kronecker(Y, X)), kronecker(matmul(X, Y), matmul(Y, X))),
    ("right", step(concatenate([x, u])), concatenate([step(x), step(u)])),
    ("wrong", winner(concatenate([x, u])), concatenate([winner(x), winner(u)])),
    ("not-wrong", largest(concatenate([x, u])), maximum(largest(x), largest(u))),
    ("right", largest(x), total(hadamard(winner(x), x))),
    ("wrong", winner(x), winner(scale(-1, x))),
    ("wrong", matmul(winner(X), transpose(winner(X))), EYE),
    ("right", matmul(winner(X), ONE), ONE),
    ("wrong", matmul(transpose(winner(X)), ONE), ONE),
    ("not-right", both_signs("step", HIDDEN_ZERO), ONE),
    ("not-right", both_signs("floor", HIDDEN_ZERO), scale(-1, ONE)),
    ("wrong", both_signs("relu", HIDDEN_ZERO), ONE),
    ("right", add(at_least(x, y), greater(y, x)), ONE),
    ("right", step(add(power(x, 2), ONE)), ONE),
    ("not-right", step(power(x, 2)), ONE),
    ("not-right", step(total(power(x, 2))), ones()),
    ("wrong", step(apply("relu", x)), ONE),
    ("wrong", step(hadamard(x, y)), hadamard(step(x), step(y))),
    ("wrong", apply("exp", total(hadamard(step(x), y))), total(hadamard(step(x), apply("exp", y)))),
    ("wrong", power(add(ONE, hadamard(step(x), y)), -1), hadamard(step(x), power(add(ONE, y), -1))),
    ("wrong", apply("exp", outer(step(x), y)), outer(step(x), apply("exp", y))),
    ("right", make("mod", add(x, y), y), make("mod", x, y)),
    ("wrong", make("mod", add(x, ONE), y), make("mod", x, y)),
    ("wrong", make("mod", scale(-1, x), y), scale(-1, make("mod", x, y))),
    ("wrong", apply("floor", apply("sin", x)), zeros(x.shape)),
    ("right", reversed_vector(reversed_vector(k3)), k3),
    ("not-right", reversed_vector(x), x),
    ("right", make("layer_norm", A, x, y), make("layer_norm", add(A, ones(A.shape)), x, y)),
    ("wrong", make("layer_norm", scale(2, A), x, y), make("layer_norm", A, x, y)),
    ("wrong", make("softmax", X), transpose(make("softmax", transpose(X)))),
    ("right", apply("log", make("softmax", X)), make("log_softmax", X)),
]


def pairs():
    for place, (tag, left, right) in enumerate(TERMS):
        verdict, _, reason = tag.partition("!")
        marks = [pytest.mark.xfail(strict=True, reason=REASONS[reason])] if reason else []
        yield pytest.param(verdict, left, right, id=f"{place} {verdict}", marks=marks)


@pytest.mark.parametrize(("wanted", "left", "right"), list(pairs()))
def test_terms(wanted, left, right):
    found = decide(left, right, 0, Budget(seconds=4.0))
    assert fits(wanted, found.verdict.value), (found.verdict.value, found.why)


def test_a_verdict_that_is_not_right_is_seen():
    """The comparison is not blind: each word refuses some verdict."""
    refused = {"right": "wrong", "not-right": "proved", "wrong": "undecided", "not-wrong": "wrong"}
    assert not any(fits(wanted, verdict) for wanted, verdict in refused.items())
