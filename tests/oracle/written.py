"""Trees as the LaTeX of a sheet."""

from __future__ import annotations

from fractions import Fraction

from oracle.trees import Tree


class UnwrittenError(Exception):
    """A tree that nobody would write on a sheet."""


def latex(tree: Tree) -> str:
    """A tree as LaTeX; raises UnwrittenError where it has no usual form."""
    if tree.op not in WRITERS:
        raise UnwrittenError(tree.op)
    return WRITERS[tree.op](tree)


def _bracketed(tree: Tree, *loose: str) -> str:
    text = latex(tree)
    plain = tree.op not in loose and not (tree.op == "scale" and loose)
    return text if plain else f"({text})"


def _add(tree: Tree) -> str:
    first, *rest = tree.children
    parts = [latex(first)]
    for child in rest:
        negative = child.op == "scale" and child.value < 0
        shown = _scaled(-child.value, child.children[0]) if negative else _bracketed(child, "scale")
        parts.append(f"{'-' if negative else '+'} {shown}")
    return " ".join(parts)


def _scale(tree: Tree) -> str:
    sign = "- " if tree.value < 0 else ""
    return sign + _scaled(abs(tree.value), tree.children[0])


def _scaled(factor: Fraction, tree: Tree) -> str:
    inner = _bracketed(tree, "add")
    number = str(factor) if factor.denominator == 1 else rf"\frac{{{factor.numerator}}}{{{factor.denominator}}}"
    if tree.op == "ones":
        return number
    return inner if factor == 1 else f"{number} {inner}"


def _had(tree: Tree) -> str:
    return r" \odot ".join(_bracketed(child, "add", "dot", "had") for child in tree.children)


def _dot(tree: Tree) -> str:
    if len(tree.children[0].shape) != 2:
        raise UnwrittenError("a column before what it is multiplied with")
    return " ".join(_bracketed(child, "add", "had", "dot", "outer") for child in tree.children)


def _outer(tree: Tree) -> str:
    left, right = (_bracketed(child, "add", "had", "dot") for child in tree.children)
    if tree.children[1].op != "var":
        right = right if right.startswith("(") else f"({right})"
    return f"{left} {right}^T"


def _power(tree: Tree) -> str:
    (base,) = tree.children
    if base.op != "var" or tree.value.denominator != 1 or tree.value < 1:
        raise UnwrittenError("pow")
    return f"{latex(base)}^{tree.value}"


def _transposed(tree: Tree) -> str:
    if tree.children[0].op != "var":
        raise UnwrittenError("T")
    return f"{latex(tree.children[0])}^T"


def _diagonal(tree: Tree) -> str:
    if tree.children[0].op == "ones":
        raise UnwrittenError("diag")
    return rf"\mathrm{{diag}}({latex(tree.children[0])})"


WRITERS = {
    "var": lambda t: t.value[0],
    "num": lambda t: str(t.value),
    "ones": lambda t: "1",
    "add": _add,
    "scale": _scale,
    "had": _had,
    "dot": _dot,
    "outer": _outer,
    "pow": _power,
    "T": _transposed,
    "fun": lambda t: rf"\{t.value}({latex(t.children[0])})",
    "diag": _diagonal,
}
