"""Sheets with a slip that later lines carry on, and what every line is: right, a slip of its own, or a consequence.

The truth is found by torch alone. A world is a pass through the network in which claims are in force: a claimed value
replaces the computed one, a claimed slope and a claimed gradient replace what the backward pass brings. A line is right
in a world if its two sides agree there at random points.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from itertools import combinations
from random import Random

import torch

from oracle.floats import DIFFERENT, EQUAL, FloatPoint
from oracle.networks import NETWORKS, Network
from oracle.slips import SLIPS, mutate
from oracle.trees import MisfitError, Tree, height, op, replaced, subtrees, var
from oracle.written import UnwrittenError, latex

SIZES = {"n": 3, "d": 2, "k": 4}
HIGHEST = 9
NEAREST = 4
OFTEN = (3, 3, 3, 1)
"""How often each network is taken; an LSTM takes the checker ten times as long as the others."""


class Kind(Enum):
    """What a line claims."""

    GRADIENT = "gradient"
    SLOPE = "slope"
    VALUE = "value"


@dataclass(frozen=True)
class Line:
    """``name`` is what the gradient is by, the quantity whose slope it is, or the quantity itself."""

    kind: Kind
    name: str
    right: Tree
    planted: bool = False


@dataclass
class Sheet:
    """A sheet as text, the numbers of its claimed lines, and what each is; see :func:`truth`."""

    text: str
    lines: list[Line]
    places: list[int]
    told: list[str]
    network: str = ""


class World:
    """One pass through a network with some lines in force."""

    def __init__(self, net: Network, seed: int, assumed: Sequence[Line] = ()) -> None:
        self.net = net
        self.said = {(line.kind, line.name): line.right for line in assumed}
        self.point = FloatPoint(seed, SIZES, count=3)
        self.gradients: dict[str, torch.Tensor] = {}
        for name, leaf in net.names.items():
            if name not in net.equations:
                self._put(name, self._drawn(name, leaf).requires_grad_())
        for name, tree in net.equations.items():
            self._put(name, self._computed(name, tree))
        self._known(list(net.equations)[-1]).sum().backward()  # type: ignore[no-untyped-call]

    def _known(self, name: str) -> torch.Tensor:
        return self.point.known[self.net.names[name]]

    def _put(self, name: str, value: torch.Tensor) -> None:
        self.point.known[self.net.names[name]] = value
        value.register_hook(lambda arrived: self._arrived(name, arrived))

    def _drawn(self, name: str, leaf: Tree) -> torch.Tensor:
        if not (self.net.classes and name.startswith("y")):
            return self.point.draw(leaf).clone()
        classes = [(self.point.seed + k) % SIZES["k"] for k in range(self.point.count)]
        return torch.eye(SIZES["k"], dtype=torch.float64)[classes]

    def _computed(self, name: str, tree: Tree) -> torch.Tensor:
        value = self.point.value(self.said.get((Kind.VALUE, name), tree))
        slope = self.said.get((Kind.SLOPE, name))
        if slope is not None:
            moving = self._known(self.net.slopes[name][0])
            self.point.known[self.net.names[name]] = value.detach()
            value = value.detach() + self._apart(slope).detach() * (moving - moving.detach())
        return value * 1.0

    def _arrived(self, name: str, arrived: torch.Tensor) -> torch.Tensor:
        claimed = self.said.get((Kind.GRADIENT, name))
        self.gradients[name] = arrived if claimed is None else self._apart(claimed).detach()
        return self.gradients[name]

    def _apart(self, tree: Tree) -> torch.Tensor:
        """The value of a line, with what is known by now of the gradients that it names."""
        point = self.point.copy()
        point.known = {self.net.names[name]: self._known(name).detach() for name in self.net.names if self._has(name)}
        point.known |= {symbol(self.net, name): value for name, value in self.gradients.items()}
        return point.value(tree)

    def _has(self, name: str) -> bool:
        return self.net.names[name] in self.point.known

    def agrees(self, line: Line) -> bool | None:
        """Whether a line is right here; None where rounding leaves it open."""
        left, right = self._left(line).detach(), self._apart(line.right).detach()
        gap = float(((left - right).abs() / (1 + left.abs())).max())
        return True if gap < EQUAL else False if gap > DIFFERENT else None

    def is_zero(self, tree: Tree) -> bool:
        """Whether a formula is zero everywhere, as no author would leave it."""
        return float(self._apart(tree).abs().max()) < EQUAL

    def _left(self, line: Line) -> torch.Tensor:
        if line.kind is Kind.GRADIENT:
            return self.gradients.get(line.name, torch.zeros_like(self._known(line.name)))
        if line.kind is Kind.VALUE:
            return self._known(line.name)
        inner = self.net.slopes[line.name][0]
        if (Kind.SLOPE, line.name) in self.said:
            return self._apart(self.said[Kind.SLOPE, line.name])
        moving = self._known(inner).detach().requires_grad_()
        point = self.point.copy()
        point.known = {self.net.names[inner]: moving}
        (found,) = torch.autograd.grad(point.value(self.net.equations[line.name]).sum(), moving)
        return found


def symbol(net: Network, name: str) -> Tree:
    """The gradient by a quantity as a name in other lines."""
    return var(f"⟨{name}⟩", *net.names[name].shape)


def truth(net: Network, lines: Sequence[Line], seed: int) -> list[str] | None:
    """Of every line ``right``, ``own``, or ``follows K`` with the number of the line; None where it cannot be told.

    One earlier line with a slip of its own is tried first, the nearest before others, then pairs, then all.
    """
    worlds: dict[tuple[int, ...], World] = {}
    found: list[str] = []
    for line in lines:
        roots = [k for k in reversed(range(len(found))) if found[k] == "own"]
        for chosen in ((), *_choices(roots)):
            if chosen not in worlds:
                worlds[chosen] = World(net, seed, [lines[k] for k in chosen])
            agrees = worlds[chosen].agrees(line)
            if agrees is None:
                return None
            if agrees:
                found.append(f"follows {chosen[-1]}" if chosen else "right")
                break
        else:
            found.append("own")
    return found


def _choices(roots: Sequence[int]) -> Iterator[tuple[int, ...]]:
    yield from ((k,) for k in roots)
    yield from ((b, a) for a, b in combinations(roots[:NEAREST], 2))
    if len(roots) > 2:
        yield tuple(reversed(roots))


# Sheets

STYLES: tuple[Callable[[str, str], str], ...] = (
    lambda of, by: rf"\frac{{\partial {of}}}{{\partial {by}}}",
    lambda of, by: rf"\frac{{d {of}}}{{d {by}}}",
    lambda of, by: rf"\nabla_{{{by}}} {of}",
)
SHAPES = {"n": "n", "d": "d", "k": "k", "nn": r"n \times n", "nd": r"n \times d", "kn": r"k \times n"}


@dataclass
class Writer:
    """An author who goes through the backward pass, with slips, and takes every line of his own for true."""

    net: Network
    random: Random
    lines: list[Line] = field(default_factory=list)
    known: dict[str, Tree] = field(default_factory=dict)
    values: dict[Tree, Tree] = field(default_factory=dict)

    def begin(self, kind: Kind, early: int) -> str:
        """Plant the first slip, in a value, a slope or one of the ``early`` first gradients that others rest on."""
        if kind is Kind.VALUE:
            return self._value()
        if kind is Kind.SLOPE:
            return self._slope()
        inner = [name for name in self.net.gradients if name in self.net.equations]
        return self.random.choice(inner[:early])

    def _value(self) -> str:
        name, tree = self.random.choice([x for x in self.net.equations.items() if self._is_plain(x[1])])
        inner = {self.net.names[x.value[0]]: self.net.equations[x.value[0]] for x in self._inner(tree)}
        slip = self.slipped(swapped(tree, inner))
        self.lines.append(Line(Kind.VALUE, name, slip, planted=True))
        self.values[self.net.names[name]] = slip
        return ""

    def _is_plain(self, tree: Tree) -> bool:
        return tree.op == "fun" and bool(list(self._inner(tree)))

    def _inner(self, tree: Tree) -> Iterator[Tree]:
        return (x for _, x in subtrees(tree) if x.op == "var" and x.value[0] in self.net.equations)

    def _slope(self) -> str:
        name = self.random.choice(sorted(self.net.slopes))
        inner, tree = self.net.slopes[name]
        slip = self.slipped(tree)
        if not _can_be_written(op("diag", slip)):
            raise MisfitError
        self.net.slopes[name] = inner, slip
        self.lines.append(Line(Kind.SLOPE, name, slip, planted=True))
        return ""

    def gradients(self, slips: Sequence[str]) -> None:
        """All gradients, with slips in some."""
        for name, rule in self.net.gradients.items():
            tree = self._with_values(rule({key: self._mention(key) for key in self.known}))
            planted = name in slips
            tree = self.slipped(tree) if planted else tree
            self.lines.append(Line(Kind.GRADIENT, name, tree, planted))
            self.known[name] = tree

    def _mention(self, name: str) -> Tree:
        """A gradient that was found before: in full, or by its name."""
        full = self.known[name]
        return full if height(full) < HIGHEST and self.random.random() < 0.8 else symbol(self.net, name)

    def _with_values(self, tree: Tree) -> Tree:
        if not self.values or self.random.random() < 0.3:
            return tree
        try:
            found = swapped(tree, self.values)
            latex(found)
        except UnwrittenError:
            return tree
        return found

    def slipped(self, tree: Tree) -> Tree:
        """A formula with a slip that can be written; raises MisfitError where none is found."""
        parts = [part for _, part in subtrees(tree)]
        for family in self.random.sample(sorted(SLIPS), len(SLIPS)):
            found = mutate(tree, parts, family, self.random)
            new = None if found is None else replaced(tree, *found)
            if new is not None and new is not tree and _can_be_written(new):
                return new
        raise MisfitError


def _can_be_written(tree: Tree) -> bool:
    try:
        latex(tree)
    except UnwrittenError:
        return False
    return True


def swapped(tree: Tree, by: Mapping[Tree, Tree]) -> Tree:
    """A tree with some of its parts replaced."""
    if tree in by:
        return by[tree]
    for place, child in enumerate(tree.children):
        tree = replaced(tree, (place,), swapped(child, by))
    return tree


def sheet(seed: int, twice: bool) -> Sheet:
    """A sheet with one early slip, or with another one below it; every planted line has a slip of its own."""
    random = Random(seed)
    while True:
        found = _attempt(random, twice)
        if found is not None:
            return found


def _attempt(random: Random, twice: bool) -> Sheet | None:
    name, classes = random.choices(list(NETWORKS), OFTEN)[0], random.random() < 0.6
    function = random.choice(("tanh", "sigma"))
    net, told = (NETWORKS[name](function, classes) for _ in range(2))
    writer = Writer(net, random)
    try:
        first = writer.begin(random.choice((Kind.GRADIENT, Kind.GRADIENT, Kind.SLOPE, Kind.VALUE)), 4)
        places = list(net.gradients)
        later = places[places.index(first) + 1 :] if first else places
        writer.gradients([first, random.choice(later)] if twice and later else [first])
    except MisfitError:
        return None
    labels = truth(told, writer.lines, random.randrange(10**6))
    planted = 1 + (twice and bool(later))
    if labels is None or [x == "own" for x in labels] != [x.planted for x in writer.lines]:
        return None
    if labels.count("own") != planted or not any(x.startswith("follows") for x in labels):
        return None
    if any(World(told, 1).is_zero(line.right) for line in writer.lines if line.planted):
        return None
    return _on_paper(name, told, writer.lines, labels, random)


def _on_paper(name: str, net: Network, lines: list[Line], told: list[str], random: Random) -> Sheet:
    style, loss = random.choice(STYLES), list(net.equations)[-1]
    shapes = {key: SHAPES["".join(tree.shape)] for key, tree in net.names.items() if tree.shape}
    declared = ", ".join(rf"${key} \in \mathbb{{R}}^{{{shape}}}$" for key, shape in shapes.items())
    one_hot = next(x for x in net.names if x.startswith("y"))
    text = [f"# {name}", "", f"{declared}{f', and ${one_hot}$ is one-hot' if net.classes else ''}.", ""]
    for key, tree in net.equations.items():
        text += [f"$${key} = {net.written.get(key) or latex(tree)}$$", ""]
    places = []
    for line in lines:
        places.append(len(text) + 1)
        text += [f"$${_written(net, line, style, loss)}$$", ""]
    return Sheet("\n".join(text), lines, places, told, name)


def _written(net: Network, line: Line, style: Callable[[str, str], str], loss: str) -> str:
    right = latex(line.right)
    for name in net.names:
        mention = style(loss, name)
        right = right.replace(f"⟨{name}⟩", f"({mention})" if style is STYLES[2] else mention)
    if line.kind is Kind.VALUE:
        return f"{line.name} = {right}"
    if line.kind is Kind.SLOPE:
        inner = net.slopes[line.name][0]
        own = style if style is not STYLES[2] else STYLES[0]
        return rf"{own(line.name, inner)} = \mathrm{{diag}}({right})"
    return f"{style(loss, line.name)} = {right}"
