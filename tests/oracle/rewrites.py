"""Equal rewrites: other ways to write a tree, each an identity wherever both sides have a value.

A rule offers the ways to rewrite one node. Nothing is taken on trust: the two judges decide every result.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import suppress
from fractions import Fraction
from random import Random

from oracle.trees import MisfitError, Tree, add, dot, fun, had, node, num, ones, op, power, scale, subtrees

Rule = Callable[[Tree, Random], Iterator[Tree]]
HALF = Fraction(1, 2)
RULES: dict[str, Rule] = {}
DOT_PATTERNS = {
    (2, 2): ["ij", "jk", "ik"],
    (2, 1): ["ij", "j", "i"],
    (1, 2): ["i", "ij", "j"],
    (1, 1): ["i", "i", ""],
}


def rule(act: Rule) -> Rule:
    RULES[act.__name__.replace("_", " ")] = act
    return act


def rewrite(tree: Tree, random: Random) -> tuple[str, tuple[int, ...], Tree] | None:
    """The name of a rule, the place of a node and its new form, all random; None where the draw does not fit."""
    name = random.choice(list(RULES))
    places = [(path, offers) for path, part in subtrees(tree) if (offers := fitting(RULES[name](part, random)))]
    if not places:
        return None
    path, offers = random.choice(places)
    return name, path, random.choice(offers)


def fitting(found: Iterator[Tree]) -> list[Tree]:
    """The trees up to the first whose shapes do not fit."""
    result = []
    with suppress(MisfitError):
        for tree in found:
            result.append(tree)
    return result


def shuffled(children: tuple[Tree, ...], random: Random) -> tuple[Tree, ...]:
    return tuple(random.sample(children, len(children)))


@rule
def commuted(t: Tree, random: Random) -> Iterator[Tree]:
    if t.op in ("add", "had"):
        yield node(t.op, shuffled(t.children, random))
    if t.op == "dot" and len(t.children[0].shape) == len(t.children[1].shape) == 1:
        yield dot(t.children[1], t.children[0])


@rule
def regrouped(t: Tree, random: Random) -> Iterator[Tree]:
    """a + b + c = a + (b + c), and (A B) C = A (B C)."""
    if t.op in ("add", "had") and len(t.children) > 2:
        cut = random.randint(1, len(t.children) - 1)
        make = add if t.op == "add" else had
        yield make(make(*t.children[:cut]), make(*t.children[cut:]))
    if t.op in ("add", "had"):
        for place, child in enumerate(t.children):
            if child.op == t.op:
                yield node(t.op, (*t.children[:place], *child.children, *t.children[place + 1 :]))
    if t.op == "dot":
        left, right = t.children
        if left.op == "dot" and len(left.children[1].shape) == 2:
            yield dot(left.children[0], dot(left.children[1], right))
        if right.op == "dot" and len(right.children[0].shape) == 2:
            yield dot(dot(left, right.children[0]), right.children[1])


@rule
def transposed(t: Tree, random: Random) -> Iterator[Tree]:
    if len(t.shape) == 2 and t.op != "T":
        yield t.T.T
        if t.op == "dot" and {len(c.shape) for c in t.children} == {2}:
            yield dot(t.children[1].T, t.children[0].T).T
        if t.op in ("outer", "fun", "add", "pow"):
            yield node(t.op, tuple(c if t.op == "outer" else c.T for c in t.children[::-1]), t.value).T
    if t.op == "T":
        (inner,) = t.children
        if inner.op == "dot" and {len(c.shape) for c in inner.children} == {2}:
            yield dot(inner.children[1].T, inner.children[0].T)
        if inner.op == "outer":
            yield node("outer", inner.children[::-1])
        if inner.op in ("add", "fun", "scale", "pow"):
            yield node(inner.op, tuple(c.T for c in inner.children), inner.value)
        if inner.op == "T":
            yield inner.children[0]
    if t.op == "dot" and len(t.shape) == 1:
        left, right = t.children
        yield dot(right, left.T) if len(left.shape) == 2 else dot(right.T, left)


@rule
def multiplied_out(t: Tree, random: Random) -> Iterator[Tree]:
    if t.op == "had":
        for place, child in enumerate(t.children):
            if child.op == "add" and child.shape == t.shape:
                others = (t.children[:place], t.children[place + 1 :])
                yield add(*(had(*others[0], part, *others[1]) for part in child.children))
    if t.op in ("dot", "outer"):
        left, right = t.children
        if left.op == "add":
            yield add(*(node(t.op, (part, right)) for part in left.children))
        if right.op == "add":
            yield add(*(node(t.op, (left, part)) for part in right.children))
    if t.op in ("total", "rowsum", "trace", "scale", "diag") and t.children[0].op == "add":
        yield add(*(node(t.op, (part,), t.value) for part in t.children[0].children))
    if t.op == "pow" and t.value == 2 and t.children[0].op == "add" and len(t.children[0].children) == 2:
        a, b = t.children[0].children
        yield add(a**2, scale(2, had(a, b)), b**2)


@rule
def factored(t: Tree, random: Random) -> Iterator[Tree]:
    """a ⊙ b + a ⊙ c = a ⊙ (b + c), and the same for matrix and outer products."""
    if t.op != "add":
        return
    for j, two in enumerate(t.children):
        for i, one in enumerate(t.children[:j]):
            rest = [c for k, c in enumerate(t.children) if k not in (i, j)]
            if one.op == two.op and one.op in ("dot", "outer"):
                for side in (0, 1):
                    if one.children[side] is two.children[side]:
                        pair = list(one.children)
                        if one.children[1 - side].shape == two.children[1 - side].shape:
                            pair[1 - side] = add(one.children[1 - side], two.children[1 - side])
                            yield add(*rest, node(one.op, tuple(pair)))
            if one.op == two.op == "had":
                yield from (add(*rest, joined) for joined in _common_factor(one, two))


def _common_factor(one: Tree, two: Tree) -> Iterator[Tree]:
    for factor in one.children:
        if factor in two.children:
            left, right = _without(one.children, factor), _without(two.children, factor)
            if left and right and had(*left).shape == had(*right).shape:
                yield had(factor, add(had(*left), had(*right)))


def _without(children: tuple[Tree, ...], child: Tree) -> tuple[Tree, ...]:
    place = children.index(child)
    return children[:place] + children[place + 1 :]


@rule
def gates(t: Tree, random: Random) -> Iterator[Tree]:
    """Identities of σ and tanh."""
    if t.op != "fun" or t.value not in ("sigma", "tanh"):
        return
    (a,) = t.children
    one = ones(*t.shape)
    if t.value == "sigma":
        yield one - fun("sigma", -a)
        yield scale(HALF, one + fun("tanh", scale(HALF, a)))
        yield power(one + fun("exp", -a), -1)
        yield had(fun("exp", a), power(one + fun("exp", a), -1))
    else:
        yield scale(2, fun("sigma", scale(2, a))) - one
        yield -fun("tanh", -a)
        yield had(fun("exp", scale(2, a)) - one, power(fun("exp", scale(2, a)) + one, -1))
        yield had(fun("exp", a) - fun("exp", -a), power(fun("exp", a) + fun("exp", -a), -1))


@rule
def exponentials(t: Tree, random: Random) -> Iterator[Tree]:
    if t.op != "fun" or t.value not in ("exp", "log"):
        return
    (a,) = t.children
    if t.value == "exp":
        yield power(fun("exp", -a), -1)
        yield fun("exp", scale(HALF, a)) ** 2
        if a.op == "add":
            yield had(*(fun("exp", part) for part in a.children))
    else:
        yield -fun("log", power(a, -1))
        yield scale(HALF, fun("log", a**2))


@rule
def powers(t: Tree, random: Random) -> Iterator[Tree]:
    if t.op != "pow":
        return
    (a,) = t.children
    if t.value == 2:
        yield had(a, a)
        yield power(-a, 2)
    if t.value.denominator == 1 and t.value > 2:
        yield had(power(a, t.value - 1), a)
    if t.value < 0:
        yield power(power(a, -t.value), -1)
        yield had(a, power(a, t.value - 1))
    if a.op == "had" and t.value.denominator == 1:
        yield had(*(power(part, t.value) for part in a.children))


@rule
def squares(t: Tree, random: Random) -> Iterator[Tree]:
    """1 − s² = (1 − s) ⊙ (1 + s), and s ⊙ (1 − s) = s − s²."""
    if t.op == "add" and len(t.children) == 2 and t.children[0].op in ("ones", "num"):
        one, minus = t.children
        if minus.op == "scale" and minus.value == -1 and minus.children[0].op == "pow" and one is ones(*t.shape):
            (square,) = minus.children
            if square.value == 2:
                root = square.children[0]
                yield had(one - root, one + root)
    if t.op == "had" and len(t.children) == 2:
        s, other = t.children
        if other is ones(*t.shape) - s:
            yield s - s**2


@rule
def coefficients(t: Tree, random: Random) -> Iterator[Tree]:
    """2a = a + a, c(a b) = (c a) b, and back."""
    if t.op == "scale":
        (a,) = t.children
        if t.value == 2:
            yield a + a
        if t.value == -1 and a.op == "add":
            yield add(*(-part for part in a.children))
        if a.op in ("dot", "outer", "had"):
            place = random.randrange(len(a.children))
            children = list(a.children)
            children[place] = scale(t.value, children[place])
            yield node(a.op, tuple(children))
        if a.op == "scale":
            yield scale(t.value * a.value, a.children[0])
    if t.op in ("dot", "outer", "had"):
        for place, child in enumerate(t.children):
            if child.op == "scale":
                children = [*t.children[:place], child.children[0], *t.children[place + 1 :]]
                yield scale(child.value, node(t.op, tuple(children)))
    if t.op not in ("num", "ones"):
        yield scale(2, scale(HALF, t))
        yield scale(-1, -t)


@rule
def nothing_added(t: Tree, random: Random) -> Iterator[Tree]:
    """a = a + b − b, a = a ⊙ 1, A = I A."""
    if t.op in ("num", "ones", "eye"):
        return
    yield had(t, ones(*t.shape))
    parts = [p for _, p in subtrees(t) if p.shape == t.shape and p is not t]
    if parts:
        other = random.choice(parts)
        yield add(t, other, -other)
    if t.shape and "+" not in t.shape[0]:
        yield dot(node("eye", (), t.shape[0]), t)


@rule
def diagonals(t: Tree, random: Random) -> Iterator[Tree]:
    """v ⊙ w = diag(v) w, diag(v) A = v 1ᵀ ⊙ A, v wᵀ = diag(v) 1 wᵀ."""
    if t.op == "had" and len(t.shape) == 1 and len(t.children) > 1:
        first, *rest = t.children
        if first.shape:
            yield dot(node("diag", (first,)), had(ones(*t.shape), *rest))
    if t.op == "dot" and t.children[0].op == "diag":
        (v,), right = t.children[0].children, t.children[1]
        yield had(v, right) if len(right.shape) == 1 else had(node("cols", (v,), right.shape[1]), right)
    if t.op == "outer":
        yield dot(node("diag", (t.children[0],)), node("rows", (t.children[1],), t.shape[0]))
        yield had(node("cols", (t.children[0],), t.shape[1]), node("rows", (t.children[1],), t.shape[0]))


@rule
def sums(t: Tree, random: Random) -> Iterator[Tree]:
    """aᵀb = Σ a ⊙ b, tr(A B) = tr(B A), Σ a = 1ᵀ a, and sums one axis at a time."""
    if t.op == "dot" and not t.shape:
        yield op("total", had(*t.children))
        yield op("trace", op("outer", *t.children))
    if t.op == "trace":
        (a,) = t.children
        yield op("trace", a.T)
        yield op("total", op("diagonal", a))
        if a.op == "dot":
            yield op("trace", dot(a.children[1], a.children[0]))
            yield op("total", had(a.children[0], a.children[1].T))
    if t.op == "total":
        (a,) = t.children
        if len(a.shape) == 1:
            yield dot(ones(*a.shape), a)
        if len(a.shape) == 2:
            yield op("total", op("rowsum", a))
            yield op("total", op("rowsum", a.T))
            yield op("total", a.T)
        if a.op == "had" and len(a.children) == 2 and a.children[0].shape == a.children[1].shape and len(a.shape) == 1:
            yield dot(*a.children)
    if t.op == "rowsum":
        yield dot(t.children[0], ones(t.children[0].shape[1]))


@rule
def index_notation(t: Tree, random: Random) -> Iterator[Tree]:
    """Products written with indices: their names and the order of the factors are free."""
    patterns = _index_pattern(t)
    if patterns is None or len(t.children) > 3:
        return
    names = random.sample("abcdefghijklm", 13)
    renamed = ["".join(names[ord(x) - ord("i")] for x in pattern) for pattern in patterns]
    order = random.sample(range(len(t.children)), len(t.children))
    spec = ",".join(renamed[k] for k in order) + "->" + renamed[-1]
    yield node("ein", tuple(t.children[k] for k in order), spec)


def _index_pattern(t: Tree) -> list[str] | None:
    """The letters of the children and of the result, from i on."""
    if t.op == "dot":
        return DOT_PATTERNS[len(t.children[0].shape), len(t.children[1].shape)]
    if t.op == "had":
        return ["ij"[: len(child.shape)] for child in t.children] + ["ij"[: len(t.shape)]]
    return {
        "outer": ["i", "j", "ij"],
        "T": ["ij", "ji"],
        "trace": ["ii", ""],
        "rowsum": ["ij", "i"],
    }.get(t.op)


@rule
def indices_joined(t: Tree, random: Random) -> Iterator[Tree]:
    """A sum over products inside a sum over products, written as one."""
    if t.op != "ein":
        return
    inputs, out = t.value.split("->")
    parts = inputs.split(",")
    for place, child in enumerate(t.children):
        if child.op != "ein":
            continue
        inner_inputs, inner_out = child.value.split("->")
        if len(set(parts[place])) < len(parts[place]):
            continue
        free = iter(x for x in "nopqrstuvwxyz" if x not in t.value)
        names = dict(zip(inner_out, parts[place], strict=True))
        for letter in inner_inputs.replace(",", ""):
            if letter not in names:
                names[letter] = next(free)
        renamed = ["".join(names[x] for x in part) for part in inner_inputs.split(",")]
        joined = [*parts[:place], *renamed, *parts[place + 1 :]]
        children = (*t.children[:place], *child.children, *t.children[place + 1 :])
        if len(children) <= 6:
            yield node("ein", children, ",".join(joined) + "->" + out)


@rule
def concatenations(t: Tree, random: Random) -> Iterator[Tree]:
    if t.op == "fun" and t.children[0].op == "cat":
        yield node("cat", tuple(fun(t.value, part) for part in t.children[0].children))
    if t.op == "dot" and t.children[0].op == t.children[1].op == "cat":
        yield add(*(dot(a, b) for a, b in zip(t.children[0].children, t.children[1].children, strict=True)))


@rule
def inverses(t: Tree, random: Random) -> Iterator[Tree]:
    if t.op == "inv":
        (a,) = t.children
        if a.op == "dot":
            yield dot(op("inv", a.children[1]), op("inv", a.children[0]))
        yield op("inv", a.T).T
        yield op("inv", scale(2, a)) + op("inv", scale(2, a))
    if t.op == "T" and t.children[0].op == "inv":
        yield op("inv", t.children[0].children[0].T)
    if t.op == "det":
        yield op("det", t.children[0].T)


@rule
def piecewise(t: Tree, random: Random) -> Iterator[Tree]:
    if t.op == "fun" and t.value == "relu":
        (a,) = t.children
        yield had(a, fun("step", a))
        yield a + fun("relu", -a)
    if t.op == "fun" and t.value == "softplus":
        yield fun("log", ones(*t.shape) + fun("exp", t.children[0]))
    if t.op == "num" and t.value == 1:
        yield scale(HALF, num(2))
