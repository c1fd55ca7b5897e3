"""A counterexample as a few lines of Python that anyone can paste and run: float64 tensors of torch, both sides, print.

Names of the sheet become identifiers by a table of its own; nothing else of the sheet reaches the text.
"""

from __future__ import annotations

import keyword
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

import sympy

from derivations.evaluate import extents
from derivations.functions import FUNCTIONS
from derivations.patterns import entries
from derivations.report import Counterexample
from derivations.terms import (
    Apply,
    Block,
    Delta,
    Labels,
    Operator,
    Pattern,
    Power,
    Product,
    Size,
    Sum,
    Term,
    Var,
)
from derivations.traverse import free_variables, postorder

FUNCTION_TEXT = {
    "sigma": "torch.sigmoid({})",
    "tanh": "torch.tanh({})",
    "exp": "torch.exp({})",
    "log": "torch.log({})",
    "sin": "torch.sin({})",
    "cos": "torch.cos({})",
    "step": "({} > 0).double()",
    "floor": "torch.floor({})",
    "sign": "torch.sign({})",
    "abs": "torch.abs({})",
    "relu": "torch.relu({})",
    "softplus": "torch.log1p(torch.exp({}))",
}
OPERATOR_TEXT = {
    "inverse": "torch.linalg.inv({})",
    "det": "torch.linalg.det({})",
    "max": "{}.amax(-1)",
    "winner": "torch.nn.functional.one_hot({0}.argmax(-1), {0}.shape[-1]).double()",
}
LETTERS = "ijklmnpqrstuvwabcdefgh"
LONGEST = 70
MOST_LINES = 60


def snippet(left: Term, right: Term, shown: Counterexample, derived: tuple[Term, Term] | None = None) -> str:
    """The program; empty where a function of which nothing is known is involved, or where it would be long.

    With ``derived``, an output and the variable that it is differentiated by, and where the point gives all that the
    output is made of, the left side comes from torch autograd.
    """
    functions = {x.function for x in postorder([left, right]) if isinstance(x, Apply)}
    if functions - set(FUNCTIONS):
        return ""
    writer = _Writer(shown)
    lines = ["import torch", "", *writer.values(free_variables([left, right]))]
    by_autograd = derived is not None and _given(derived, shown)
    lines += writer.by_autograd(*derived) if derived is not None and by_autograd else writer.side("left", left)
    lines += writer.side("right", right)
    place = ", ".join(map(str, shown.entry))
    for side in ("left", "right"):
        lines.append(f'print("{side}", {side}[{place}].item())' if shown.entry else f'print("{side}", float({side}))')
    return "\n".join(lines) + "\n" if len(lines) <= MOST_LINES else ""


def _given(derived: tuple[Term, Term], shown: Counterexample) -> bool:
    return all(isinstance(v, Var) and v.name in shown.values for v in (*free_variables([derived[0]]), derived[1]))


class _Writer:
    def __init__(self, shown: Counterexample) -> None:
        self.shown = shown
        self.sizes = {sympy.Symbol(k, integer=True, positive=True): n for k, n in shown.sizes.items()}
        self.names: dict[str, str] = {}
        self.count = 0

    def name(self, term: Term) -> str:
        """An identifier for a variable: its letters and digits, made unique."""
        own = term.name if isinstance(term, Var) else ""
        if own not in self.names:
            plain = re.sub(r"[^A-Za-z0-9]+", "_", own).strip("_") or "x"
            plain = plain if plain[0].isalpha() and not keyword.iskeyword(plain) else f"v_{plain}"
            while plain in self.names.values() or plain in ("torch", "left", "right", "f"):
                plain += "_"
            self.names[own] = plain
        return self.names[own]

    def values(self, variables: Sequence[Var]) -> list[str]:
        return [f"{self.name(v)} = {self._tensor(v)}" for v in variables if v.name in self.shown.values]

    def _tensor(self, variable: Var) -> str:
        numbers = _numbers(self.shown.values[variable.name])
        return f"torch.tensor({numbers}, dtype=torch.float64)"

    def side(self, target: str, root: Term) -> list[str]:
        """The lines that compute a term into ``target``."""
        lines: list[str] = []
        texts = self._texts(root, lines, {})
        return [*lines, f"{target} = {self._whole(root, texts[root])}"]

    def by_autograd(self, output: Term, by: Term) -> list[str]:
        lines: list[str] = []
        texts = self._texts(output, lines, {})
        body = [f"    {line}" for line in (*lines, f"return {self._whole(output, texts[output])}")]
        own = self.name(by)
        return [f"def f({own}):", *body, f"left = torch.autograd.functional.jacobian(f, {own})"]

    def _whole(self, term: Term, text: str) -> str:
        """A term that broadcasting left smaller than its shape is spread out."""
        shape = extents(term.shape, self.sizes)
        plain = isinstance(term, Var | Apply | Delta | Operator)
        return text if plain else f"({text}) + torch.zeros({shape}, dtype=torch.float64)"

    def _texts(self, root: Term, lines: list[str], texts: dict[Term, str]) -> Mapping[Term, str]:
        nodes = list(postorder([root]))
        uses = Counter(child for node in nodes for child in node.children)
        for node in nodes:
            text = self._text(node, texts)
            if node is not root and not isinstance(node, Var) and (uses[node] > 1 or len(text) > LONGEST):
                self.count += 1
                lines.append(f"t{self.count} = {text}")
                text = f"t{self.count}"
            texts[node] = text
        return texts

    def _text(self, node: Term, texts: Mapping[Term, str]) -> str:
        if isinstance(node, Var):
            return self.name(node)
        if isinstance(node, Sum):
            parts = [f"{_coefficient(q)}{texts[x]}" for q, x in node.addends]
            return f"({' + '.join(parts)})" if parts else self._filled(node, 0)
        if isinstance(node, Product):
            return self._product(node, texts)
        if isinstance(node, Apply):
            return FUNCTION_TEXT[node.function].format(texts[node.argument])
        if isinstance(node, Operator):
            return OPERATOR_TEXT[node.name].format(texts[node.argument])
        if isinstance(node, Power):
            return f"({texts[node.base]} ** ({node.exponent}))"
        return self._constant(node)

    def _filled(self, node: Term, value: int) -> str:
        return f"torch.full({extents(node.shape, self.sizes)}, {float(value)}, dtype=torch.float64)"

    def _constant(self, node: Term) -> str:
        if isinstance(node, Delta):
            return f"torch.eye({extents(node.shape, self.sizes)[0]}, dtype=torch.float64)"
        if isinstance(node, Block):
            parts = extents(node.parts, self.sizes)
            start = sum(parts[: node.place])
            return f"torch.eye({sum(parts)}, dtype=torch.float64)[:, {start}:{start + parts[node.place]}]"
        if isinstance(node, Pattern):
            params = [int(x.xreplace(self.sizes)) for x in node.params]
            return f"torch.tensor({entries(node.family, extents(node.shape, self.sizes), params).tolist()}).double()"
        value = node.dim.xreplace(self.sizes) if isinstance(node, Size) else 0
        return f"torch.tensor({float(value)}, dtype=torch.float64)"

    def _product(self, node: Product, texts: Mapping[Term, str]) -> str:
        operands = [(texts[x], labels) for x, labels in node.factors]
        carried = {label for _, labels in operands for label in labels}
        missing = [label for label in range(node.rank) if label not in carried]
        sizes = extents(node.label_dims, self.sizes)
        operands += [(f"torch.ones({sizes[label]}, dtype=torch.float64)", (label,)) for label in missing]
        if not operands:
            return "torch.tensor(1.0, dtype=torch.float64)"
        out = tuple(range(node.rank))
        if all(labels in (out, ()) for _, labels in operands):
            return "(" + " * ".join(text for text, _ in operands) + ")"
        return _matrix_product(operands, out) or _einsum(operands, out)


def _matrix_product(operands: Sequence[tuple[str, Labels]], out: Labels) -> str:
    """``A @ B`` or ``A @ x`` where the two factors are so."""
    if len(operands) != 2:
        return ""
    (a, left), (b, right) = operands
    if len(left) == 2 and right == (left[1],) and out == left[:1]:
        return f"({a} @ {b})"
    if len(left) == 2 and right == (left[0],) and out == left[1:]:
        return f"({a}.T @ {b})"
    if len(left) == len(right) == 2 and left[1] == right[0] and out == (left[0], right[1]):
        return f"({a} @ {b})"
    if len(left) == len(right) == 1 and out == left + right:
        return f"torch.outer({a}, {b})"
    return ""


def _einsum(operands: Sequence[tuple[str, Labels]], out: Labels) -> str:
    letters = {label: LETTERS[k] for k, label in enumerate(dict.fromkeys(x for _, ls in operands for x in ls))}
    pattern = ",".join("".join(letters[x] for x in labels) for _, labels in operands)
    result = "".join(letters[x] for x in out)
    return f'torch.einsum("{pattern}->{result}", {", ".join(text for text, _ in operands)})'


def _coefficient(q: Fraction) -> str:
    return "" if q == 1 else "-" if q == -1 else f"({q}) * "


def _numbers(values: Any) -> str:
    if isinstance(values, list):
        return "[" + ", ".join(map(_numbers, values)) + "]"
    value = Fraction(values)
    return str(float(value)) if Fraction(float(value)) == value else f"{value.numerator} / {value.denominator}"
