"""The first judge of truth: torch in float64, many points at once in a leading axis, derivatives by autograd."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch

from oracle.trees import Tree

Values = Sequence[torch.Tensor]


class FloatPoint:
    """Random values for all variables at some sizes; the values of trees are kept.

    With ``wide`` every variable has another magnitude at every point, so that small regions are met, too.
    """

    def __init__(self, seed: int, sizes: Mapping[str, int], count: int = 4, wide: bool = False) -> None:
        self.seed = seed
        self.sizes = sizes
        self.count = count
        self.wide = wide
        self.known: dict[Tree, torch.Tensor] = {}

    def extent(self, dim: str) -> int:
        return sum(self.sizes[part] for part in dim.split("+"))

    def full(self, tree: Tree) -> tuple[int, ...]:
        return (self.count, *map(self.extent, tree.shape))

    def copy(self) -> FloatPoint:
        """A point with the same values, so that what is asked of it leaves no trace in this one."""
        result = FloatPoint(self.seed, self.sizes, self.count, self.wide)
        result.known = dict(self.known)
        return result

    def value(self, tree: Tree) -> torch.Tensor:
        """The values at all points, shape (count, *shape)."""
        if tree not in self.known:
            self.known[tree] = self._compute(tree)
        return self.known[tree]

    def _compute(self, tree: Tree) -> torch.Tensor:
        if tree.op == "grad":
            return self._gradient(*tree.children)
        return OPERATIONS[tree.op](self, tree, [self.value(child) for child in tree.children])

    def _gradient(self, output: Tree, by: Tree) -> torch.Tensor:
        inner = FloatPoint(self.seed, self.sizes, self.count, self.wide)
        leaf = self.value(by).detach().clone().requires_grad_()
        inner.known[by] = leaf
        result = inner.value(output).sum()
        if not result.requires_grad:
            return torch.zeros_like(leaf)
        (found,) = torch.autograd.grad(result, leaf, allow_unused=True)
        return torch.zeros_like(leaf) if found is None else found

    def draw(self, tree: Tree) -> torch.Tensor:
        name, _, positive = tree.value
        generator = torch.Generator().manual_seed(self.seed * 1_000_003 + int.from_bytes(name.encode(), "big") % 10**12)
        shape = self.full(tree)
        size = 0.3 + 0.9 * torch.rand(shape, generator=generator, dtype=torch.float64)
        sign = torch.randint(0, 2, shape, generator=generator) * 2 - 1
        if self.wide:
            power = 4 * torch.rand(self.count, generator=generator, dtype=torch.float64) - 2
            size = size * _spread(10**power, len(tree.shape))
        return size if positive else size * sign


def _spread(x: torch.Tensor, rank: int) -> torch.Tensor:
    """A scalar at every point, brought to the rank of what it is multiplied with."""
    return x.reshape(-1, *[1] * rank) if x.dim() == 1 else x


def _had(point: FloatPoint, tree: Tree, c: Values) -> torch.Tensor:
    result = _spread(c[0], len(tree.shape))
    for x in c[1:]:
        result = result * _spread(x, len(tree.shape))
    return result.expand(point.full(tree))


def _dot(point: FloatPoint, tree: Tree, c: Values) -> torch.Tensor:
    left, right = c
    columns = right.dim() == 2
    product = torch.matmul(left.unsqueeze(1) if left.dim() == 2 else left, right.unsqueeze(2) if columns else right)
    return product.reshape(point.full(tree))


def _ein(point: FloatPoint, tree: Tree, c: Values) -> torch.Tensor:
    inputs, out = tree.value.split("->")
    return torch.einsum(",".join("Z" + part for part in inputs.split(",")) + "->Z" + out, *c)


def _generic(x: torch.Tensor) -> torch.Tensor:
    """Nothing is known of f; this one is smooth and has no symmetry."""
    return torch.sin(1.3 * x + 0.4) + 0.2 * x**2


def _generic_slope(x: torch.Tensor) -> torch.Tensor:
    return 1.3 * torch.cos(1.3 * x + 0.4) + 0.4 * x


FUNCTIONS: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {
    "sigma": torch.sigmoid,
    "tanh": torch.tanh,
    "exp": torch.exp,
    "log": torch.log,
    "relu": torch.relu,
    "step": lambda x: (x > 0).to(x.dtype),
    "softplus": torch.nn.functional.softplus,
    "f": _generic,
    "f'": _generic_slope,
}

OPERATIONS: dict[str, Callable[[FloatPoint, Tree, Values], torch.Tensor]] = {
    "var": lambda p, t, c: p.draw(t),
    "num": lambda p, t, c: torch.full(p.full(t), float(t.value), dtype=torch.float64),
    "size": lambda p, t, c: torch.full(p.full(t), float(p.extent(t.value)), dtype=torch.float64),
    "eye": lambda p, t, c: torch.eye(p.extent(t.value), dtype=torch.float64).expand(p.full(t)),
    "ones": lambda p, t, c: torch.ones(p.full(t), dtype=torch.float64),
    "add": lambda p, t, c: torch.stack(list(c)).sum(0),
    "scale": lambda p, t, c: float(t.value) * c[0],
    "fun": lambda p, t, c: FUNCTIONS[t.value](c[0]),
    "pow": lambda p, t, c: torch.pow(c[0], float(t.value)),
    "had": _had,
    "dot": _dot,
    "outer": lambda p, t, c: c[0].unsqueeze(2) * c[1].unsqueeze(1),
    "T": lambda p, t, c: c[0].transpose(1, 2),
    "diag": lambda p, t, c: torch.diag_embed(c[0]),
    "diagonal": lambda p, t, c: torch.diagonal(c[0], dim1=1, dim2=2),
    "trace": lambda p, t, c: torch.diagonal(c[0], dim1=1, dim2=2).sum(1),
    "det": lambda p, t, c: torch.linalg.det(c[0]),
    "inv": lambda p, t, c: torch.linalg.inv(c[0]),
    "total": lambda p, t, c: c[0].reshape(p.count, -1).sum(1),
    "rowsum": lambda p, t, c: c[0].sum(2),
    "rows": lambda p, t, c: c[0].unsqueeze(1).expand(p.full(t)),
    "cols": lambda p, t, c: c[0].unsqueeze(2).expand(p.full(t)),
    "cat": lambda p, t, c: torch.cat(list(c), 1),
    "ein": _ein,
}

EQUAL, DIFFERENT = 1e-9, 1e-6


def same(point: FloatPoint, left: Tree, right: Tree) -> bool | None:
    """Whether two trees agree at the points; None where rounding, an overflow or a singular matrix leaves it open."""
    try:
        a, b = point.value(left).detach(), point.value(right).detach()
    except torch.linalg.LinAlgError:  # type: ignore[attr-defined]
        return None
    if not (torch.isfinite(a).all() and torch.isfinite(b).all()):
        return None
    gap = float(((a - b).abs() / (1 + a.abs().clamp(max=1e6))).max())
    return True if gap < EQUAL else False if gap > DIFFERENT else None
