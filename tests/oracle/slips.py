"""Slips of real derivations: one family each, applied to one node of a tree.

A slip keeps the shape. It may happen to change nothing: the judges decide, not the family.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from random import Random

from oracle.rewrites import fitting
from oracle.trees import Path, Tree, add, dot, fun, had, node, num, ones, power, scale, subtrees

Slip = Callable[[Tree, Sequence[Tree]], Iterator[Tree]]
HALF = Fraction(1, 2)
SLIPS: dict[str, Slip] = {}
ALIKE = {
    "sigma": ("tanh", "softplus"),
    "tanh": ("sigma",),
    "exp": ("sigma",),
    "log": ("softplus",),
    "f": ("f'",),
    "f'": ("f",),
    "relu": ("softplus", "step"),
    "step": ("relu", "sigma"),
    "softplus": ("relu",),
}


def slip(act: Slip) -> Slip:
    SLIPS[act.__name__.replace("_", " ")] = act
    return act


def mutate(tree: Tree, around: Sequence[Tree], family: str, random: Random) -> tuple[Path, Tree] | None:
    """A random node and its new form by a family; ``around`` are all parts of the statement. None where none fits."""
    parts = list(dict.fromkeys(around))
    places = [(path, new) for path, part in subtrees(tree) if (new := offers(part, parts, family))]
    if not places:
        return None
    path, new = random.choice(places)
    return path, random.choice(new)


def offers(part: Tree, parts: Sequence[Tree], family: str) -> list[Tree]:
    return [new for new in fitting(SLIPS[family](part, parts)) if new.shape == part.shape and new is not part]


def _swapped(t: Tree, place: int, new: Tree) -> Tree:
    return node(t.op, (*t.children[:place], new, *t.children[place + 1 :]), t.value)


def _is_square(t: Tree) -> bool:
    return len(t.shape) == 2 and t.shape[0] == t.shape[1]


@slip
def dropped_transpose(t: Tree, parts: Sequence[Tree]) -> Iterator[Tree]:
    if t.op == "T" and _is_square(t):
        yield t.children[0]


@slip
def added_transpose(t: Tree, parts: Sequence[Tree]) -> Iterator[Tree]:
    if _is_square(t) and t.op != "T":
        yield t.T


@slip
def swapped_factors(t: Tree, parts: Sequence[Tree]) -> Iterator[Tree]:
    if t.op in ("dot", "outer"):
        left, right = t.children
        if t.op == "outer" or right.shape[-1] == left.shape[0]:
            yield node(t.op, (right, left))


@slip
def hadamard_for_matmul(t: Tree, parts: Sequence[Tree]) -> Iterator[Tree]:
    if t.op == "dot" and t.children[0].shape == t.children[1].shape and len(t.shape) == 2:
        yield had(*t.children)
    if t.op == "had" and len(t.children) > 1 and _is_square(t) and t.children[1].shape == t.children[0].shape:
        yield had(dot(*t.children[:2]), *t.children[2:])
    if t.op == "dot" and len(t.shape) == 1 and _is_square(t.children[0]):
        yield had(node("diagonal", (t.children[0],)), t.children[1])


@slip
def sign(t: Tree, parts: Sequence[Tree]) -> Iterator[Tree]:
    if t.op == "add":
        for place, child in enumerate(t.children):
            yield _swapped(t, place, -child)
    if t.op == "scale":
        yield scale(-t.value, t.children[0])


@slip
def difference_turned(t: Tree, parts: Sequence[Tree]) -> Iterator[Tree]:
    if t.op == "add" and len(t.children) == 2 and t.children[1].op == "scale" and t.children[1].value == -1:
        yield t.children[1].children[0] - t.children[0]


@slip
def factor_of_two(t: Tree, parts: Sequence[Tree]) -> Iterator[Tree]:
    if t.op in ("had", "dot", "outer", "total", "trace", "pow"):
        yield scale(2, t)
        yield scale(HALF, t)


@slip
def missing_factor(t: Tree, parts: Sequence[Tree]) -> Iterator[Tree]:
    if t.op == "had" and len(t.children) > 1:
        for place in range(len(t.children)):
            yield had(*t.children[:place], *t.children[place + 1 :])
    if t.op == "scale":
        yield t.children[0]
    if t.op == "dot":
        yield from t.children


@slip
def slope_of_sigma(t: Tree, parts: Sequence[Tree]) -> Iterator[Tree]:
    """σ(1 + σ), σ(1 − σ²), σ or 1 − σ for σ(1 − σ)."""
    one = ones(*t.shape)
    if t.op == "had" and len(t.children) == 2 and t.children[1] is one - t.children[0]:
        s = t.children[0]
        yield from (had(s, one + s), had(s, one - s**2), s, one - s, had(s, s - one), had(s, s))


@slip
def slope_of_tanh(t: Tree, parts: Sequence[Tree]) -> Iterator[Tree]:
    """1 − h, 1 + h², h² − 1, (1 − h²)⁻¹ or h(1 − h) for 1 − h²."""
    one = ones(*t.shape)
    if t.op == "add" and len(t.children) == 2:
        square = next((x.children[0] for x in t.children if x.op == "scale" and x.value == -1), one)
        if square.op == "pow" and square.value == 2:
            h = square.children[0]
            yield from (one - h, one + square, square - one, power(t, -1), had(h, one - h), one - fun("tanh", h) ** 2)


@slip
def another_function(t: Tree, parts: Sequence[Tree]) -> Iterator[Tree]:
    if t.op == "fun":
        yield from (fun(name, t.children[0]) for name in ALIKE[t.value])
        yield t.children[0]
        yield fun(t.value, t)


@slip
def time_off_by_one(t: Tree, parts: Sequence[Tree]) -> Iterator[Tree]:
    if t.op == "var" and t.value[0][-2:-1] == "_" and t.value[0][-1].isdigit():
        base, now = t.value[0][:-1], int(t.value[0][-1])
        for step in (-1, 1):
            yield node("var", (), (f"{base}{now + step}", *t.value[1:]))


@slip
def complement_of_a_gate(t: Tree, parts: Sequence[Tree]) -> Iterator[Tree]:
    one = ones(*t.shape)
    if t.op == "fun" and t.value == "sigma":
        yield one - t
    if t.op == "add" and len(t.children) == 2 and t.children[0] is one and t.children[1].op == "scale":
        yield t.children[1].children[0]


@slip
def another_gate(t: Tree, parts: Sequence[Tree]) -> Iterator[Tree]:
    if t.op == "fun":
        yield from (part for part in parts if part.op == "fun")


@slip
def dropped_term(t: Tree, parts: Sequence[Tree]) -> Iterator[Tree]:
    if t.op == "add":
        for place in range(len(t.children)):
            yield add(*t.children[:place], *t.children[place + 1 :])


@slip
def counted_twice(t: Tree, parts: Sequence[Tree]) -> Iterator[Tree]:
    if t.op == "add":
        yield from (add(*t.children, child) for child in t.children)
    if t.op == "had":
        yield from (had(*t.children, child) for child in t.children)


@slip
def product_for_sum(t: Tree, parts: Sequence[Tree]) -> Iterator[Tree]:
    if t.op in ("add", "had") and all(child.shape == t.shape for child in t.children):
        yield (had if t.op == "add" else add)(*t.children)


@slip
def another_variable(t: Tree, parts: Sequence[Tree]) -> Iterator[Tree]:
    if t.op == "var":
        yield from (part for part in parts if part.op == "var")


@slip
def another_expression(t: Tree, parts: Sequence[Tree]) -> Iterator[Tree]:
    """A δ, a state or an error in the place of another one."""
    if t.op in ("add", "had", "dot") and t.shape:
        yield from (part for part in parts if part.op in ("add", "had", "dot", "var"))


@slip
def missing_sum(t: Tree, parts: Sequence[Tree]) -> Iterator[Tree]:
    """x / x for x / Σ x; one entry's value for the sum."""
    if t.op == "had":
        for place, child in enumerate(t.children):
            for old, new in _unsummed(child):
                if old is child or new.shape == t.shape:
                    yield _swapped(t, place, new)
    if t.op == "total" and t.children[0].op == "had":
        factors = t.children[0].children
        if len(factors) == 2 and factors[0].shape == factors[1].shape == t.children[0].shape:
            yield had(*(node("total", (x,)) for x in factors))


def _unsummed(t: Tree) -> Iterator[tuple[Tree, Tree]]:
    if t.op == "total":
        yield t, t.children[0]
    if t.op == "pow" and t.children[0].op == "total":
        yield t, power(t.children[0].children[0], t.value)


@slip
def order_of_contraction(t: Tree, parts: Sequence[Tree]) -> Iterator[Tree]:
    """Two indices of one factor exchanged, or those of the result."""
    if t.op == "ein":
        inputs, out = t.value.split("->")
        for place, child in enumerate(t.children):
            if _is_square(child):
                letters = inputs.split(",")
                letters[place] = letters[place][::-1]
                yield node("ein", t.children, ",".join(letters) + "->" + out)
        if _is_square(t):
            yield node("ein", t.children, inputs + "->" + out[::-1])
    if t.op == "rowsum" and _is_square(t.children[0]):
        yield node("rowsum", (t.children[0].T,))
    if t.op == "dot" and len(t.shape) == 1:
        matrix, vector = t.children if len(t.children[0].shape) == 2 else t.children[::-1]
        if _is_square(matrix):
            yield dot(vector, matrix) if matrix is t.children[0] else dot(matrix, vector)


@slip
def wrong_exponent(t: Tree, parts: Sequence[Tree]) -> Iterator[Tree]:
    if t.op == "pow":
        for exponent in (t.value - 1, t.value + 1, -t.value, t.value * 2):
            yield power(t.children[0], exponent) if exponent else ones(*t.shape)
    if t.op == "var":
        yield t**2


@slip
def wrong_constant(t: Tree, parts: Sequence[Tree]) -> Iterator[Tree]:
    if t.op == "num":
        yield from (num(t.value + 1), num(t.value * 2), num(t.value - 1))
    if t.op == "scale":
        yield from (scale(t.value + 1, t.children[0]), scale(t.value * 2, t.children[0]))
    if t.op == "size":
        yield from (t - num(1), scale(2, t), num(1))
    if t.op == "ones":
        yield from (scale(2, t), scale(0, t))
    if t.op == "eye":
        yield node("outer", (ones(t.value),) * 2)


@slip
def diagonal_only(t: Tree, parts: Sequence[Tree]) -> Iterator[Tree]:
    """Only the diagonal of a matrix, as in ŷᵢ(1 − ŷᵢ) for the Jacobian of softmax; a diagonal matrix left out."""
    if _is_square(t) and t.op not in ("diag", "eye"):
        yield node("diag", (node("diagonal", (t,)),))
    if t.op == "diag":
        yield node("cols", (t.children[0],), t.shape[1])
        yield node("rows", (t.children[0],), t.shape[0])


@slip
def function_moved(t: Tree, parts: Sequence[Tree]) -> Iterator[Tree]:
    """f(a + b) = f(a) + f(b), f(a b) = f(a) f(b), f(−a) = f(a): laws that do not hold."""
    if t.op == "fun":
        (a,) = t.children
        if a.op in ("add", "had"):
            yield node(a.op, tuple(fun(t.value, part) for part in a.children))
        if a.op == "scale":
            yield scale(a.value, fun(t.value, a.children[0]))
            yield fun(t.value, a.children[0])
    if t.op == "pow" and t.children[0].op == "add":
        yield add(*(power(part, t.value) for part in t.children[0].children))
