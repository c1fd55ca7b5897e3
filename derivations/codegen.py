"""SymPy matrix expressions as Python: NumPy with samples as columns, and SymPy's own constructors."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from keyword import iskeyword
from typing import Any

import sympy
from sympy.matrices.expressions.applyfunc import ElementwiseApplyFunction

from derivations.errors import UsageError
from derivations.lowering import function_name, lift
from derivations.terms import Term

SUM, PRODUCT, ATOM = range(3)
PRIME = "'"
Written = tuple[str, int]
"""Program text, and how tightly it binds."""

NUMPY_FUNCTIONS = {
    **{name: f"np.{name}({{}})" for name in ("tanh", "exp", "log", "sin", "cos", "floor", "sign", "abs")},
    "sigma": "sigma({})",
    "step": "np.heaviside({}, 0.0)",
    "relu": "np.maximum({}, 0.0)",
    "softplus": "np.logaddexp(0.0, {})",
}


class Names:
    r"""Python names for LaTeX names, no two alike: ``\tilde{h}_t`` is tilde_h, ``h_{t-1}`` h_prev."""

    def __init__(self, reserved: Iterable[str]) -> None:
        self.found: dict[str, str] = {}
        self.taken = set(reserved)

    def __getitem__(self, latex: str) -> str:
        if latex not in self.found:
            wish = python_name(latex)
            free = (name for k in range(1, 1000) if (name := wish + (f"_{k}" if k > 1 else "")) not in self.taken)
            self.found[latex] = next(free)
            self.taken.add(self.found[latex])
        return self.found[latex]


def python_name(latex: str) -> str:
    """A LaTeX name as a Python name, without its time t; the clock t itself is ``time``."""
    text = latex.replace("t-1", "prev").replace("t+1", "next")
    words = [word for word in re.findall(r"[A-Za-z0-9]+", text) if word != "t"]
    name = "_".join(words if words and not words[0].isdigit() else ["time", *words])
    return name + "_" if iskeyword(name) else name


@dataclass(frozen=True)
class Writer:
    """Writes SymPy matrix expressions as Python; a kind of node that it does not know raises UsageError."""

    names: Names

    def term(self, *addends: Term) -> str:
        """The sum of some terms as program text."""
        return joined([self.text(lift(addend), SUM) for addend in addends]) if addends else "0.0"

    def text(self, node: Any, level: int = SUM) -> str:
        written, binds = self.write(node)
        return written if binds >= level else f"({written})"

    def write(self, node: Any) -> Written:
        if isinstance(node, sympy.MatrixSymbol):
            return self.names[str(node.name)], ATOM
        if isinstance(node, sympy.MatAdd):
            return self.sum(node.args), SUM
        if isinstance(node, sympy.MatMul):
            return self.product(node)
        if isinstance(node, sympy.HadamardProduct):
            return self.entrywise(_flat(node))
        if isinstance(node, sympy.HadamardPower):
            return self.power(node)
        if isinstance(node, ElementwiseApplyFunction):
            return self.function(function_name(node.function), self.text(node.expr)), ATOM
        if isinstance(node, sympy.Transpose):
            return f"{self.text(node.arg, ATOM)}.T", ATOM
        return self.special(node)

    def sum(self, parts: Sequence[Any]) -> str:
        texts = sorted((self.text(part) for part in parts), key=lambda text: text.startswith("-"))
        return joined(texts)

    def coefficient(self, value: Any, rest: str, binds: int) -> Written:
        """A rational multiple."""
        body = rest if binds >= PRODUCT else f"({rest})"
        if value == 1:
            return rest, binds
        if value == -1:
            return f"-{body}", SUM
        return f"{self.number(value)} * {body}", PRODUCT if value > 0 else SUM

    def number(self, value: Any) -> str:
        return str(value) if value.is_Integer else f"({value})"

    def product(self, node: Any) -> Written:
        raise NotImplementedError

    def entrywise(self, factors: Sequence[Any]) -> Written:
        raise NotImplementedError

    def power(self, node: Any) -> Written:
        raise NotImplementedError

    def function(self, name: str, inside: str) -> str:
        raise NotImplementedError

    def special(self, node: Any) -> Written:
        raise UsageError(f"{type(node).__name__} cannot be written as a program yet")


def joined(texts: Sequence[str]) -> str:
    """Addends with their signs between them."""
    text = "".join(f" - {text[1:]}" if text.startswith("-") else f" + {text}" for text in texts)
    return text.removeprefix(" + ") if text.startswith(" + ") else "-" + text.removeprefix(" - ")


def broken(text: str, room: int, indent: int) -> str:
    """A sum longer than ``room`` with an addend a line, in brackets."""
    depth, places = 0, [0]
    for place, letter in enumerate(text):
        depth += (letter in "([") - (letter in ")]")
        if depth == 0 and text[place : place + 3] in (" + ", " - "):
            places.append(place + 1)
    if len(text) <= room or len(places) == 1:
        return text
    parts = [text[a:b].strip() for a, b in zip(places, [*places[1:], len(text)], strict=True)]
    return "(" + "".join(f"\n{' ' * (indent + 4)}{part}" for part in parts) + f"\n{' ' * indent})"


def _flat(node: Any) -> list[Any]:
    """The factors of an entry-by-entry product, nested ones opened."""
    return [x for arg in node.args for x in (_flat(arg) if isinstance(arg, sympy.HadamardProduct) else [arg])]


class NumpyWriter(Writer):
    """Samples are columns; a column of ones is the number 1, spread where it is used.

    What is right for one sample must be right for all side by side: a row may only stand at the end of a gradient,
    where the product sums over the samples. Raises UsageError for the rest.
    """

    def gradient(self, term: Term, turned: bool) -> str:
        """A term of rank two, or its transpose, as the sum over all samples of a column times a row."""
        coefficient, factors = lift(term).as_coeff_matrices()
        place = next((k for k, f in enumerate(factors) if f.shape[0] == 1), 0)
        if not place:
            raise UsageError("a gradient that is no column times a row cannot be written for many samples")
        left = self._chain(factors[:place], ATOM)
        right = self._chain([f.T for f in reversed(factors[place:])], ATOM)
        body = f"{right} @ {left}.T" if turned else f"{left} @ {right}.T"
        return self.coefficient(coefficient, body, PRODUCT)[0]

    def total(self, terms: Sequence[Term]) -> str:
        """The sum of scalar terms over all samples."""
        return f"np.sum({re.sub(r'^(.*).sum.axis=0, keepdims=True.$', _unwrapped, self.term(*terms))})"

    def product(self, node: Any) -> Written:
        coefficient, factors = node.as_coeff_matrices()
        scalars = [self.text(f, PRODUCT) for f in factors if f.shape == (1, 1)]
        matrices = [f for f in factors if f.shape != (1, 1)]
        if node.shape == (1, 1) and len(matrices) == 2:
            scalars.append(self._inner(*matrices))
        elif matrices and not (scalars and isinstance(matrices[0], sympy.OneMatrix)):
            scalars.append(self._chain(matrices, PRODUCT))
        elif len(matrices) > 1:
            raise UsageError("a product with a matrix of ones cannot be written for many samples")
        body = " * ".join(scalars)
        if body == "1":
            return self.number(coefficient), ATOM if coefficient > 0 else SUM
        return self.coefficient(coefficient, body, PRODUCT)

    def _inner(self, left: Any, right: Any) -> str:
        """aᵀb of every sample."""
        factors = [self.text(x, PRODUCT) for x in (left.T, right) if not isinstance(x, sympy.OneMatrix)]
        return f"({' * '.join(factors)}).sum(axis=0, keepdims=True)"

    def _chain(self, factors: Sequence[Any], level: int) -> str:
        first, *rest = factors
        if not rest:
            return self.text(first, level)
        if isinstance(first, sympy.BlockMatrix) and first.blockshape[0] == 1:
            return f"({self._chain(rest, SUM)})[{_rows(first)}]"
        if any(f.shape[0] == 1 or isinstance(f, sympy.DiagMatrix | sympy.OneMatrix) for f in factors):
            raise UsageError("a product with a row or a diagonal matrix cannot be written for many samples")
        text = " @ ".join(self.text(f, ATOM) for f in factors)
        return text if level < ATOM else f"({text})"

    def entrywise(self, factors: Sequence[Any]) -> Written:
        over = [f for f in factors if isinstance(f, sympy.HadamardPower) and f.exp.is_negative]
        upper = [self.text(f, ATOM if isinstance(f, sympy.MatMul) else PRODUCT) for f in factors if f not in over]
        lower = "".join(f" / {self._raised(f.base, -f.exp)}" for f in over)
        return (" * ".join(upper) or "1") + lower, PRODUCT

    def power(self, node: Any) -> Written:
        return self.entrywise([node]) if node.exp.is_negative else (self._raised(node.base, node.exp), PRODUCT)

    def _raised(self, base: Any, exponent: Any) -> str:
        return self.text(base, ATOM) + ("" if exponent == 1 else f" ** {self.number(exponent)}")

    def function(self, name: str, inside: str) -> str:
        if name not in NUMPY_FUNCTIONS:
            raise UsageError(f"the function {name} has no form in NumPy")
        return NUMPY_FUNCTIONS[name].format(inside)

    def special(self, node: Any) -> Written:
        if isinstance(node, sympy.OneMatrix) or node == sympy.Identity(1):
            return "1", ATOM
        if isinstance(node, sympy.ZeroMatrix):
            return "0", ATOM
        if isinstance(node, sympy.BlockMatrix) and node.blockshape[1] == 1:
            return f"np.concatenate([{', '.join(self.text(block) for block in node.blocks)}])", ATOM
        if isinstance(node, sympy.BlockMatrix):
            return f"{self.text(node.T, ATOM)}.T", ATOM
        return super().special(node)


def _unwrapped(match: re.Match[str]) -> str:
    """The inside of brackets that hold a whole text."""
    text = match[1][1:-1]
    depths = list(accumulate((c == "(") - (c == ")") for c in text))
    return text if match[1].startswith("(") and min(depths) >= 0 else match[0]


def _rows(placing: Any) -> str:
    """The rows that the transposed placing matrix [0, I] picks, as a slice."""
    widths = [block.shape[1] for block in placing.blocks]
    place = next(k for k, block in enumerate(placing.blocks) if isinstance(block, sympy.Identity))
    start, stop = sum(widths[:place]), sum(widths[: place + 1])
    return f"{start or ''}:{stop if place < len(widths) - 1 else ''}"


class SympyWriter(Writer):
    """Constructors of SymPy's matrix expressions."""

    def product(self, node: Any) -> Written:
        coefficient, factors = node.as_coeff_matrices()
        return self.coefficient(coefficient, " * ".join(self.text(f, PRODUCT) for f in factors), PRODUCT)

    def entrywise(self, factors: Sequence[Any]) -> Written:
        return f"HadamardProduct({', '.join(self.text(f) for f in factors)})", ATOM

    def power(self, node: Any) -> Written:
        return f"HadamardPower({self.text(node.base)}, {self.number(node.exp)})", ATOM

    def number(self, value: Any) -> str:
        return str(value) if value.is_Integer else f"Rational({value.p}, {value.q})"

    def function(self, name: str, inside: str) -> str:
        return f"entrywise({name.replace(PRIME, '_prime')}, {inside})"

    def special(self, node: Any) -> Written:
        if isinstance(node, sympy.OneMatrix | sympy.ZeroMatrix | sympy.Identity):
            return f"{type(node).__name__}({', '.join(map(str, node.args))})", ATOM
        if isinstance(node, sympy.DiagMatrix):
            return f"DiagMatrix({self.text(node.arg)})", ATOM
        if isinstance(node, sympy.BlockMatrix):
            columns = node.blockshape[1]
            blocks = [self.text(block) for block in node.blocks]
            rows = [f"[{', '.join(blocks[k : k + columns])}]" for k in range(0, len(blocks), columns)]
            return f"BlockMatrix([{', '.join(rows)}])", ATOM
        return super().special(node)
