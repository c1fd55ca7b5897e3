"""Elementwise terms as Python over torch tensors, and as the formula that stands beside it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

from derivations.errors import InternalError
from derivations.functions import FUNCTIONS
from derivations.terms import Apply, Power, Product, Sum, Term, ones
from derivations.traverse import postorder

Names = Mapping[Term, str]

SPECIAL = {"step": "step({0})", "softplus": "torch.nn.functional.softplus({0})"}
"""Functions that are no function of the module torch; ``step`` is defined by :data:`STEP`."""
STEP = """def step(x: Tensor) -> Tensor:
    \"\"\"1 where x > 0, else 0.\"\"\"
    return (x > 0).to(x.dtype)
"""
IN_PLACE = frozenset({"sigma", "tanh", "exp", "log", "sin", "cos", "floor", "sign", "abs", "relu"})
"""Functions with a form that ends in an underscore."""
WITHOUT_OUT = frozenset({"relu"})
"""Those of them that cannot write into another tensor."""
SYMBOLS = {"sigma": "σ"}

_SUM, _PRODUCT, _ATOM = range(3)


@dataclass(frozen=True)
class Writer:
    """Writes terms whose known parts have ``names``: as Python, or as a ``formula`` with σ and ⊙."""

    names: Names
    formula: bool = False

    def text(self, term: Term, around: int = _SUM) -> str:
        """An expression, in brackets where it binds less than what is ``around`` it.

        Raises InternalError for a term that is not elementwise.
        """
        text, binding = self._bound(term)
        return f"({text})" if binding < around else text

    def factor(self, term: Term) -> str:
        """An expression that can stand in a product."""
        return self.text(term, _PRODUCT)

    def _bound(self, term: Term) -> tuple[str, int]:
        if term in self.names:
            return self.names[term], _ATOM
        if isinstance(term, Sum):
            return self._sum(term)
        if isinstance(term, Product):
            return self._product(term)
        if isinstance(term, Apply):
            return self._function(term), _ATOM
        if isinstance(term, Power):
            return self._power(term)
        raise InternalError(f"{term!r} is not elementwise")

    def _product(self, term: Product) -> tuple[str, int]:
        factors = self._factors(term)
        fused = "" if self.formula else self._fused(factors)
        if fused:
            return fused, _ATOM
        below = [f.base for f in factors if isinstance(f, Power) and _is_inverse(f) and f not in self.names]
        above = [f for f in factors if not _is_inverse(f) or f in self.names]
        text = self.times().join(self.text(factor, _PRODUCT) for factor in above) or "1"
        text += "".join(f" / {self.text(base, _ATOM)}" for base in below)
        return text, _PRODUCT if len(factors) > 1 else _ATOM

    def _factors(self, term: Term) -> list[Term]:
        """The factors of a product, those of products in it that have no name too."""
        if not isinstance(term, Product) or not term.factors or term in self.names:
            return [term]
        return [inner for factor, _ in term.factors for inner in self._factors(factor)]

    def times(self) -> str:
        """The sign of the product entry by entry."""
        return " ⊙ " if self.formula else " * "

    def _sum(self, term: Sum) -> tuple[str, int]:
        parts = [self._addend(q, child) for q, child in sorted(term.addends, key=lambda pair: pair[0] < 0)]
        if not parts:
            return "0", _ATOM
        text = parts[0].removeprefix("+ ") if parts[0][0] == "+" else "-" + parts[0].removeprefix("- ")
        return " ".join([text, *parts[1:]]), _SUM if len(parts) > 1 or text.startswith("-") else _PRODUCT

    def _addend(self, q: Fraction, child: Term) -> str:
        sign, size = "-" if q < 0 else "+", abs(q)
        if child is ones(child.shape):
            return f"{sign} {number(size)}"
        weight = f"{number(size)}{' ' if self.formula else ' * '}" if size != 1 else ""
        return f"{sign} {weight}{self.text(child, _PRODUCT)}"

    def _function(self, term: Apply) -> str:
        inside = self.text(term.argument)
        if self.formula:
            return f"{SYMBOLS.get(term.function, term.function)}({inside})"
        if term.function in SPECIAL:
            return SPECIAL[term.function].format(inside)
        return f"{torch_name(term.function)}({inside})"

    def _power(self, term: Power) -> tuple[str, int]:
        base = self.text(term.base, _ATOM)
        if term.exponent == 2:
            return (f"{base}²", _ATOM) if self.formula else (f"{base}.square()", _ATOM)
        if term.exponent == -1:
            return f"1 / {base}", _PRODUCT
        return f"{base}{'^' if self.formula else ' ** '}({term.exponent})", _PRODUCT

    # Statements that write into memory that is there already

    def assign(self, target: str, term: Term) -> list[str]:
        """Statements that put a term into the tensor ``target`` without another one where that can be.

        A name that is ``target`` itself may occur in the term where it is the first thing to be read.
        """
        if term in self.names:
            return [] if self.names[term] == target else [f"{target}.copy_({self.names[term]})"]
        if isinstance(term, Apply) and term.function in IN_PLACE:
            return self._assign_function(target, term)
        if isinstance(term, Sum) and len(term.addends) > 1:
            return [self._assign_sum(target, term)]
        if isinstance(term, Product) and len(term.factors) > 1:
            return [self._assign_product(target, self._factors(term))]
        return [f"{target}.copy_({self.text(term)})"] if term is not ones(term.shape) else [f"{target}.fill_(1)"]

    def _assign_function(self, target: str, term: Apply) -> list[str]:
        name = torch_name(term.function)
        argument = self.names.get(term.argument)
        if argument and argument != target:
            taken = term.function in WITHOUT_OUT
            return [f"{target}.copy_({name}({argument}))" if taken else f"{name}({argument}, out={target})"]
        before = self.assign(target, term.argument)
        act = f".{name.removeprefix('torch.')}_()"
        return [*before[:-1], before[-1] + act] if before else [target + act]

    def _assign_product(self, target: str, factors: Sequence[Term]) -> str:
        fused = self._fused(factors)
        if fused:
            return f"{fused[:-1]}, grad_input={target})"
        first, second, *rest = sorted((self.text(factor, _SUM) for factor in factors), key=lambda x: x != target)
        start = f"{target}.mul_({second})" if first == target else f"torch.mul({first}, {second}, out={target})"
        return start + "".join(f".mul_({factor})" for factor in rest)

    def _fused(self, factors: Sequence[Term]) -> str:
        """v ⊙ y ⊙ (1 − y) or v ⊙ (1 − y²) as one call, the backward of σ or tanh for its value y; else empty."""
        for complement in factors:
            y, square = _complement(complement)
            rest = [factor for factor in factors if factor is not complement and (square or factor is not y)]
            if y is None or y not in self.names or not rest or (not square and y not in factors):
                continue
            name = "tanh" if square else "sigmoid"
            first = self.times().join(self.text(x, _PRODUCT if len(rest) > 1 else _SUM) for x in rest)
            return f"torch.ops.aten.{name}_backward({first}, {self.names[y]})"
        return ""

    def _assign_sum(self, target: str, term: Sum) -> str:
        mixed = _interpolation(term)
        if mixed:
            kept, renewed, weight = (self.text(x) for x in mixed)
            return f"torch.lerp({renewed}, {kept}, {weight}, out={target})"
        own = [pair for pair in term.addends if self.names.get(pair[1]) == target and pair[0] == 1]
        rest = [pair for pair in term.addends if pair not in own]
        if own:
            return target + "".join(self.accumulated(q, child) for q, child in rest)
        rest.sort(key=lambda pair: not (pair[0] == 1 and isinstance(pair[1], Product) and pair[1].factors))
        (q, child), *more = rest
        if q != 1 or child is ones(child.shape):
            return f"{target}.copy_({self.text(term)})"
        return self.assign(target, child)[0] + "".join(self.accumulated(p, x) for p, x in more)

    def accumulated(self, q: Fraction, child: Term) -> str:
        """The call that adds q times a term in place."""
        if isinstance(child, Product) and len(child.factors) > 1 and child not in self.names:
            first, *others = (factor for factor, _ in child.factors)
            second = self.times().join(self.text(x, _PRODUCT if len(others) > 1 else _SUM) for x in others)
            value = f", value={number(q)}" if q != 1 else ""
            return f".addcmul_({self.text(first)}, {second}{value})"
        if q < 0:
            return f".sub_({self.text(child)}{f', alpha={number(-q)}' if q != -1 else ''})"
        return f".add_({self.text(child)}{f', alpha={number(q)}' if q != 1 else ''})"


def _complement(term: Term) -> tuple[Term | None, bool]:
    """y where the term is 1 − y, or 1 − y² (then true); None for anything else."""
    parts = {child: q for q, child in term.addends} if isinstance(term, Sum) else {}
    other = next((child for child, q in parts.items() if q == -1), None)
    if len(parts) != 2 or other is None or parts.get(ones(term.shape)) != 1:
        return None, False
    return (other.base, True) if isinstance(other, Power) and other.exponent == 2 else (other, False)


def _is_inverse(term: Term) -> bool:
    return isinstance(term, Power) and term.exponent == -1


def torch_name(function: str) -> str:
    """The function of the module torch. Raises InternalError for a generic function."""
    row = FUNCTIONS.get(function)
    if row is None:
        raise InternalError(f"there is no torch function for {function}")
    return f"torch.{row.torch}"


def number(value: Fraction) -> str:
    """A rational number as Python."""
    return str(value.numerator) if value.denominator == 1 else f"({value.numerator} / {value.denominator})"


def _interpolation(term: Sum) -> tuple[Term, Term, Term] | None:
    """(a, b, w) where the term is w ⊙ a + (1 − w) ⊙ b."""
    pairs = [
        [factor for factor, _ in child.factors] for q, child in term.addends if q == 1 and isinstance(child, Product)
    ]
    if len(term.addends) != 2 or len(pairs) != 2 or any(len(pair) != 2 for pair in pairs):
        return None
    for kept, renewed in (pairs, pairs[::-1]):
        for weight, other in (kept, kept[::-1]):
            opposite = next((f for f in renewed if _is_complement(f, weight)), None)
            if opposite is not None:
                return other, next(f for f in renewed if f is not opposite), weight
    return None


def _is_complement(term: Term, weight: Term) -> bool:
    return _complement(term) == (weight, False)


@dataclass(frozen=True, slots=True)
class Part:
    """An addend of a cotangent: a product of two tensors, by rows and columns (``matrix``) or entry by entry."""

    left: str
    right: str
    matrix: bool = False

    def written(self, target: str) -> str:
        """The statement that puts the addend into a tensor."""
        if not self.right:
            return f"{target}.copy_({self.left})"
        return f"torch.{'mm' if self.matrix else 'mul'}({self.left}, {self.right}, out={target})"

    def added(self) -> str:
        """The call that adds it to what is there."""
        if not self.right:
            return f".add_({self.left})"
        return f".{'addmm_' if self.matrix else 'addcmul_'}({self.left}, {self.right})"


def statement(target: str, parts: Sequence[Part], more: bool) -> list[str]:
    """The sum of some parts into a tensor, on top of what is there where there is ``more``."""
    if not parts:
        return [] if more else [f"{target}.zero_()"]
    if more:
        return [target + "".join(part.added() for part in parts)]
    return [parts[0].written(target) + "".join(part.added() for part in parts[1:])]


def common(roots: Sequence[Term], names: Mapping[Term, str]) -> list[Term]:
    """The sums, products and functions that several slopes have in common, smaller ones first."""
    uses: Counter[Term] = Counter()
    stack = list(roots)
    while stack:
        term = stack.pop()
        uses[term] += 1
        if uses[term] == 1 and term not in names:
            stack.extend(dict.fromkeys(term.children))
    return [t for t in postorder(roots) if uses[t] > 1 and t not in names and t.children and _is_work(t)]


def _is_work(term: Term) -> bool:
    """Whether it is worth a name: anything but a multiple."""
    return not isinstance(term, Sum) or len(term.addends) > 1
