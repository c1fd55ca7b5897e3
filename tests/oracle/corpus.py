"""True statements: pairs of trees of one shape that are equal wherever both have a value."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction

from oracle.trees import Tree, add, complement, dot, fun, had, node, num, ones, op, power, scale, var

Statement = tuple[Tree, Tree]
HALF = Fraction(1, 2)
STATEMENTS: dict[str, Callable[[], Iterator[Statement]]] = {}


def statements() -> list[tuple[str, Statement]]:
    """All statements, each with the name of its group."""
    return [(group, pair) for group, make in STATEMENTS.items() for pair in make()]


def group(make: Callable[[], Iterator[Statement]]) -> Callable[[], Iterator[Statement]]:
    STATEMENTS[make.__name__.replace("_", " ").strip()] = make
    return make


def grad(loss: Tree, by: Tree) -> Tree:
    return op("grad", loss, by)


def sigma(x: Tree) -> Tree:
    return fun("sigma", x)


def tanh(x: Tree) -> Tree:
    return fun("tanh", x)


def exp(x: Tree) -> Tree:
    return fun("exp", x)


def log(x: Tree) -> Tree:
    return fun("log", x)


def total(x: Tree) -> Tree:
    return op("total", x)


def outer(a: Tree, b: Tree) -> Tree:
    return op("outer", a, b)


def diag(x: Tree) -> Tree:
    return op("diag", x)


def squared_error(h: Tree, y: Tree) -> Tree:
    return scale(HALF, total((h - y) ** 2))


def over(a: Tree, b: Tree) -> Tree:
    return had(a, power(b, -1))


def slope(s: Tree) -> Tree:
    """σ′ by the value s of σ."""
    return s * complement(s)


def tanh_slope(t: Tree) -> Tree:
    return ones(*t.shape) - t**2


def vector(name: str, dim: str = "n") -> Tree:
    return var(name, dim)


def matrix(name: str, rows: str = "n", columns: str = "n") -> Tree:
    return var(name, rows, columns)


def affine(gate: str, state: Tree, x: Tree) -> Tree:
    return dot(matrix(f"W_{gate}", "n", "d"), x) + dot(matrix(f"U_{gate}"), state) + vector(f"b_{gate}")


X1, X2, H0, C0, Y = vector("x_1", "d"), vector("x_2", "d"), vector("h_0"), vector("c_0"), vector("y")
W, U, V, B = matrix("W", "n", "d"), matrix("U"), matrix("V", "k", "n"), vector("b")


@group
def rnn() -> Iterator[Statement]:
    h = tanh(W @ X1 + U @ H0 + B)
    loss, delta = squared_error(h, Y), (h - Y) * tanh_slope(h)
    yield grad(loss, W), outer(delta, X1)
    yield grad(loss, U), outer(delta, H0)
    yield grad(loss, B), delta
    yield grad(loss, H0), U.T @ delta
    yield grad(loss, X1), W.T @ delta
    f = fun("f", W @ X1 + B)
    yield grad(squared_error(f, Y), W), outer((f - Y) * fun("f'", W @ X1 + B), X1)


@group
def bptt() -> Iterator[Statement]:
    a1 = W @ X1 + U @ H0 + B
    h1 = tanh(a1)
    h2 = tanh(W @ X2 + U @ h1 + B)
    y1, y2 = vector("y_1"), vector("y_2")
    d2 = (h2 - y2) * tanh_slope(h2)
    last = squared_error(h2, y2)
    d1 = (U.T @ d2) * tanh_slope(h1)
    yield grad(last, U), outer(d2, h1) + outer(d1, H0)
    yield grad(last, W), outer(d2, X2) + outer(d1, X1)
    yield grad(last, B), d2 + d1
    both = squared_error(h1, y1) + last
    e1 = (U.T @ d2 + (h1 - y1)) * tanh_slope(h1)
    yield grad(both, U), outer(d2, h1) + outer(e1, H0)
    yield grad(both, H0), U.T @ e1
    yield grad(both, B), d2 + e1


@group
def lstm() -> Iterator[Statement]:
    i, f, o = (sigma(affine(gate, H0, X1)) for gate in "ifo")
    g = tanh(affine("g", H0, X1))
    c = f * C0 + i * g
    h = o * tanh(c)
    loss, dh = squared_error(h, Y), h - Y
    dc = dh * o * tanh_slope(tanh(c))
    gates = {"i": dc * g * slope(i), "f": dc * C0 * slope(f), "g": dc * i * tanh_slope(g)}
    gates["o"] = dh * tanh(c) * slope(o)
    for gate, delta in gates.items():
        yield grad(loss, matrix(f"U_{gate}")), outer(delta, H0)
        yield grad(loss, vector(f"b_{gate}")), delta
    yield grad(loss, C0), dc * f
    yield grad(loss, X1), add(*(dot(matrix(f"W_{gate}", "n", "d").T, delta) for gate, delta in gates.items()))


@group
def peephole() -> Iterator[Statement]:
    i, f = (sigma(affine(gate, H0, X1) + vector(f"p_{gate}") * C0) for gate in "if")
    g = tanh(affine("g", H0, X1))
    c = f * C0 + i * g
    o = sigma(affine("o", H0, X1) + vector("p_o") * c)
    h = o * tanh(c)
    dh = h - Y
    do = dh * tanh(c) * slope(o)
    dc = dh * o * tanh_slope(tanh(c)) + do * vector("p_o")
    loss = squared_error(h, Y)
    yield grad(loss, vector("p_o")), do * c
    yield grad(loss, vector("p_f")), dc * C0 * slope(f) * C0
    yield grad(loss, vector("p_i")), dc * g * slope(i) * C0
    yield grad(loss, C0), dc * (f + slope(f) * vector("p_f") * C0 + g * slope(i) * vector("p_i"))


@group
def gru() -> Iterator[Statement]:
    z, r = sigma(affine("z", H0, X1)), sigma(affine("r", H0, X1))
    g = tanh(matrix("W_g", "n", "d") @ X1 + matrix("U_g") @ (r * H0) + vector("b_g"))
    h = z * H0 + complement(z) * g
    loss, dh = squared_error(h, Y), h - Y
    dg = dh * complement(z) * tanh_slope(g)
    dz = dh * (H0 - g) * slope(z)
    dr = (matrix("U_g").T @ dg) * H0 * slope(r)
    yield grad(loss, matrix("U_g")), outer(dg, r * H0)
    yield grad(loss, matrix("U_z")), outer(dz, H0)
    yield grad(loss, matrix("W_z", "n", "d")), outer(dz, X1)
    yield grad(loss, matrix("U_r")), outer(dr, H0)
    yield grad(loss, vector("b_r")), dr
    back = dh * z + (matrix("U_g").T @ dg) * r + matrix("U_z").T @ dz + matrix("U_r").T @ dr
    yield grad(loss, H0), back


def softmax(x: Tree) -> Tree:
    return over(exp(x), total(exp(x)))


@group
def softmax_and_cross_entropy() -> Iterator[Statement]:
    x, y, v = vector("x"), vector("y"), vector("v")
    p = softmax(x)
    loss = -total(y * log(p))
    yield grad(loss, x), total(y) * p - y
    yield grad(total(v * p), x), p * (v - ones("n") * (v @ p))
    yield grad(total(v * p), x), (diag(p) - outer(p, p)) @ v
    yield grad(log(total(exp(x))), x), p
    yield log(p), x - ones("n") * log(total(exp(x)))
    yield softmax(x + ones("n") * var("s")), p
    yield total(p), num(1)
    s = sigma(var("a"))
    t = var("t")
    binary = -(t * log(s) + (num(1) - t) * log(num(1) - s))
    yield grad(binary, var("a")), s - t
    logits = V @ vector("h")
    q = softmax(logits)
    w = var("w", "k")
    yield grad(total(w * log(q)), V), outer(w - total(w) * q, vector("h"))


@group
def matrix_identities() -> Iterator[Statement]:
    a, b, c = matrix("A"), matrix("B"), matrix("C")
    m, k = matrix("M", "n", "d"), matrix("K", "d", "n")
    x, y = vector("x"), vector("y")
    yield (a @ b @ c).T, c.T @ b.T @ a.T
    yield op("trace", m @ k), op("trace", k @ m)
    yield op("trace", a @ b @ c), op("trace", c @ a @ b)
    yield (a + b) @ (a - b), a @ a - a @ b + b @ a - b @ b
    yield x @ (a @ y), y @ (a.T @ x)
    yield diag(x) @ a @ diag(y), outer(x, y) * a
    yield outer(x, y) @ a, outer(x, a.T @ y)
    yield op("diagonal", m @ m.T), op("rowsum", m * m)
    yield total(a * b), op("trace", a.T @ b)
    yield grad(x @ (a @ x), x), (a + a.T) @ x
    yield grad(op("trace", a @ b), a), b.T
    yield grad(op("trace", a @ b @ a.T), a), a @ b.T + a @ b
    yield grad(squared_error(m @ vector("w", "d"), y), vector("w", "d")), m.T @ (m @ vector("w", "d") - y)
    yield grad(scale(HALF, total((m @ k) ** 2)), m), m @ k @ k.T


@group
def inverses_and_determinants() -> Iterator[Statement]:
    a, b, x, y = matrix("A"), matrix("B"), vector("x"), vector("y")
    yield op("inv", a @ b), op("inv", b) @ op("inv", a)
    yield op("inv", a.T), op("inv", a).T
    yield grad(x @ (op("inv", a) @ y), a), -(op("inv", a).T @ outer(x, y) @ op("inv", a).T)
    yield grad(op("det", a), a), op("det", a) * op("inv", a).T
    yield grad(op("det", a @ b) ** 2, a), scale(2, op("det", a @ b) ** 2) * op("inv", a).T
    yield op("det", a @ b), op("det", a) * op("det", b)


def norm(x: Tree) -> Tree:
    return power(total(x**2), HALF)


@group
def norms() -> Iterator[Statement]:
    x, y = vector("x"), vector("y")
    a = matrix("A", "n", "d")
    yield grad(norm(x), x), over(x, norm(x))
    yield grad(norm(x - y), y), over(y - x, norm(x - y))
    yield grad(norm(a), a), over(a, norm(a))
    cosine = over(x @ y, norm(x) * norm(y))
    yield grad(cosine, x), over(y, norm(x) * norm(y)) - over(x * (x @ y), norm(x) ** 3 * norm(y))
    yield norm(x - y) ** 2, norm(x) ** 2 - scale(2, x @ y) + norm(y) ** 2
    yield (
        grad(squared_error(over(x, norm(x)), y), x),
        over(over(x, norm(x)) * (x @ y) * num(1), norm(x) ** 2) - over(y, norm(x)),
    )


@group
def batch_norm() -> Iterator[Statement]:
    x, e, v = var("x", "b"), var("e", positive=True), var("v", "b")
    count = node("size", (), "b")
    mean = over(total(x), count)
    centred = x - ones("b") * mean
    variance = over(total(centred**2), count)
    root = power(variance + e, -HALF)
    hat = centred * root
    yield total(centred), scale(0, var("e", positive=True))
    yield variance, over(total(x**2), count) - mean**2
    yield grad(total(v * hat), x), root * (v - ones("b") * over(total(v), count) - hat * over(total(v * hat), count))
    g, s = var("g"), var("s")
    yield grad(total(v * (g * hat + ones("b") * s)), g), total(v * hat)
    yield grad(total(v * (g * hat + ones("b") * s)), s), total(v)


def attention_weights(q: Tree, k: Tree) -> Tree:
    e = exp(had(k @ q, power(node("size", (), "q"), -HALF)))
    return over(e, total(e))


@group
def attention() -> Iterator[Statement]:
    q, keys, values, u = var("q", "q"), matrix("K", "m", "q"), matrix("V", "m", "d"), var("u", "d")
    a = attention_weights(q, keys)
    root = power(node("size", (), "q"), -HALF)
    inner = values @ u
    ds = a * (inner - ones("m") * (a @ inner))
    loss = u @ (values.T @ a)
    yield grad(loss, q), had(keys.T @ ds, root)
    yield grad(loss, keys), had(outer(ds, q), root)
    yield grad(loss, values), outer(a, u)
    additive = var("v", "n") @ tanh(U @ vector("s") + B)
    t = tanh(U @ vector("s") + B)
    yield grad(additive, vector("s")), U.T @ (var("v", "n") * tanh_slope(t))
    yield grad(additive, U), outer(var("v", "n") * tanh_slope(t), vector("s"))


@group
def exponentials_and_logarithms() -> Iterator[Statement]:
    a, b = vector("a"), vector("b")
    p, r = var("p", "n", positive=True), var("r", "n", positive=True)
    one = ones("n")
    yield sigma(a), over(exp(a), one + exp(a))
    yield complement(sigma(a)), sigma(-a)
    yield tanh(a), scale(2, sigma(scale(2, a))) - one
    yield tanh(a + b), over(tanh(a) + tanh(b), one + tanh(a) * tanh(b))
    yield exp(a + b), exp(a) * exp(b)
    yield log(p * r), log(p) + log(r)
    yield log(p**3), scale(3, log(p))
    yield grad(total(log(one + exp(a))), a), sigma(a)
    yield grad(total(log(sigma(a))), a), sigma(-a)
    yield grad(total(p * log(p)), p), log(p) + one
    yield sigma(a) * sigma(-a), slope(sigma(a))
    yield fun("softplus", a) - fun("softplus", -a), a
    yield grad(total(a * sigma(a)), a), sigma(a) + a * slope(sigma(a))


@group
def concatenation() -> Iterator[Statement]:
    w = var("W_c", "n", "n+d")
    joined = node("cat", (H0, X1))
    z = sigma(w @ joined + B)
    loss = squared_error(z, Y)
    delta = (z - Y) * slope(z)
    yield grad(loss, w), outer(delta, joined)
    yield grad(loss, B), delta
    yield node("cat", (tanh(H0), tanh(X1))), tanh(joined)
    yield joined @ joined, H0 @ H0 + X1 @ X1


@group
def rectifiers() -> Iterator[Statement]:
    a = W @ X1 + B
    h, s = fun("relu", a), fun("step", a)
    yield grad(squared_error(h, Y), W), outer((h - Y) * s, X1)
    yield grad(squared_error(h, Y), X1), W.T @ ((h - Y) * s)
    yield h - fun("relu", -a), a
    yield h**2, a * h


@group
def samples() -> Iterator[Statement]:
    """Rows are samples; the gradient of a bias is a sum over the batch."""
    data, weights, bias, target = matrix("X", "b", "d"), matrix("W", "d", "n"), vector("b"), matrix("Y", "b", "n")
    out = sigma(data @ weights + node("rows", (bias,), "b"))
    loss, delta = squared_error(out, target), (out - target) * slope(out)
    yield grad(loss, weights), data.T @ delta
    yield grad(loss, bias), op("rowsum", delta.T)
    yield grad(loss, data), delta @ weights.T
