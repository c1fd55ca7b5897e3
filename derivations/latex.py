"""Terms as LaTeX in matrix notation, with the author's own names where a sub-term has one.

A product is brought to matrix form by taking its summed labels one at a time: a matrix and a vector that share one
become a vector, two matrices a matrix, two vectors a number. What has no such form is written with its indices.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from derivations.functions import FUNCTIONS
from derivations.operators import OPERATORS
from derivations.terms import (
    Apply,
    Block,
    Delta,
    Labels,
    Operator,
    Power,
    Product,
    Size,
    Sum,
    Term,
    Var,
    linear,
    product,
)
from derivations.traverse import postorder

ATOM, FACTOR, SUM = 2, 1, 0


@dataclass(frozen=True, slots=True)
class Text:
    """LaTeX with its precedence: ATOM needs no brackets, FACTOR none in a sum, SUM always in a product."""

    latex: str
    level: int

    def at(self, level: int) -> str:
        return self.latex if self.level >= level else f"({self.latex})"


@dataclass(frozen=True, slots=True)
class Item:
    """A factor on its way into matrix form; ``parts`` are the columns of an elementwise product."""

    text: Text
    labels: Labels
    parts: tuple[Text, ...] = ()


class NoMatrixFormError(Exception):
    """A product has no matrix notation."""


def written_size(term: Term, names: Mapping[Term, str]) -> int:
    """How many nodes the term has when written out, shared parts each time; names count as one."""
    sizes: dict[Term, int] = {}
    for node in postorder([term]):
        sizes[node] = 1 if node in names else 1 + sum(sizes[child] for child in node.children)
    return sizes[term]


class Printer:
    """Prints terms; ``names`` maps terms to the LaTeX that they are known by."""

    def __init__(self, names: Mapping[Term, str]) -> None:
        self.names = names

    def latex(self, term: Term) -> str:
        """The term as LaTeX."""
        return self.text(term).latex

    def text(self, term: Term) -> Text:
        if term in self.names:
            return Text(self.names[term], ATOM)
        if isinstance(term, Sum):
            return self._sum(term)
        if isinstance(term, Product):
            return self._product(term)
        if isinstance(term, Apply):
            row = FUNCTIONS.get(term.function)
            name = row.latex if row else (term.function if len(term.function) < 3 else "\\" + term.function)
            return Text(rf"{name}({self.latex(term.argument)})", ATOM)
        if isinstance(term, Power):
            return self._power(term)
        if isinstance(term, Operator):
            inner = self.text(term.argument)
            latex = OPERATORS[term.name].latex.format(inner.at(ATOM) if term.name == "inverse" else inner.latex)
            return Text(latex, ATOM)
        return Text(_leaf(term), ATOM)

    def _sum(self, term: Sum) -> Text:
        if not term.addends:
            return Text("0", ATOM)
        parts = _stacked(term)
        if parts:
            return Text(f"[{', '.join(self.latex(part) for part in parts)}]", ATOM)
        factored = _factored(term)
        if factored is not term:
            return self.text(factored)
        pieces = []
        for place, (q, addend) in enumerate(sorted(term.addends, key=lambda pair: pair[0] < 0)):
            sign = ("-" if q < 0 else "") if place == 0 else (" - " if q < 0 else " + ")
            pieces.append(sign + self._scaled(abs(q), addend))
        level = FACTOR if len(term.addends) == 1 and term.addends[0][0] > 0 else SUM
        return Text("".join(pieces), level)

    def _scaled(self, q: Fraction, term: Term) -> str:
        if isinstance(term, Product) and not term.factors:
            return _fraction(q)
        return self.text(term).at(FACTOR) if q == 1 else f"{_fraction(q)} {self.text(term).at(FACTOR)}"

    def _power(self, term: Power) -> Text:
        if term.exponent == -1:
            return Text(rf"\frac{{1}}{{{self.latex(term.base)}}}", ATOM)
        base = self.text(term.base)
        if isinstance(term.base, Apply) and term.base not in self.names and base.latex.startswith("\\"):
            name, rest = base.latex.split("(", 1)
            return Text(f"{name}^{_exponent(term.exponent)}({rest}", ATOM)
        latex = base.at(ATOM) if "^" not in base.latex or base.level < ATOM else f"({base.latex})"
        return Text(f"{latex}^{_exponent(term.exponent)}", FACTOR)

    # Products

    def _product(self, term: Product) -> Text:
        factors = self._flat(term)
        if not factors:
            return Text("1", ATOM)
        try:
            return _MatrixForm([Item(self.text(f), ls) for f, ls in factors], term.rank).text()
        except NoMatrixFormError:
            return self._indexed(factors, term.rank)

    def _flat(self, term: Product) -> list[tuple[Term, Labels]]:
        """The factors with nested, nameless products opened."""
        fresh = len(term.label_dims)
        found: list[tuple[Term, Labels]] = []
        stack = [(f, ls) for f, ls in reversed(term.factors)]
        while stack:
            factor, labels = stack.pop()
            if isinstance(factor, Product) and factor not in self.names and factor.factors:
                extra = len(factor.label_dims) - factor.rank
                names = [*labels, *range(fresh, fresh + extra)]
                fresh += extra
                stack.extend((f, tuple(names[x] for x in ls)) for f, ls in reversed(factor.factors))
            else:
                found.append((factor, labels))
        return _without_identities(found, term.rank)

    def _indexed(self, factors: list[tuple[Term, Labels]], rank: int) -> Text:
        letters = "ijklmnpqrsuvwabcdefgh"
        bound = sorted({x for _, ls in factors for x in ls if x >= rank})
        used = {x: letters[k % len(letters)] for k, x in enumerate([*range(rank), *bound])}
        pieces = []
        for factor, labels in factors:
            text = self.text(factor).at(ATOM)
            index = "".join(used[x] for x in labels)
            pieces.append(rf"\left[{text}\right]_{{{index}}}" if index else text)
        sums = "".join(rf"\sum_{{{used[x]}}} " for x in bound)
        return Text(sums + " ".join(pieces), FACTOR)


def _stacked(term: Sum) -> list[Term]:
    """The parts of a concatenation ``Block₀ a + Block₁ b`` of columns, in order; empty where the sum is none."""
    parts: dict[int, Term] = {}
    for q, addend in term.addends:
        factors = addend.factors if isinstance(addend, Product) and addend.rank == 1 else ()
        first = factors[0] if factors else None
        if q != 1 or len(factors) != 2 or first is None or not isinstance(first[0], Block):
            return []
        if first[1] != (0, 1) or factors[1][1] != (1,) or len(first[0].parts) != len(term.addends):
            return []
        parts[first[0].place] = factors[1][0]
    return [parts[place] for place in sorted(parts)] if len(parts) == len(term.addends) else []


def _factored(term: Sum) -> Term:
    """``a⊙b + a⊙c`` as ``a⊙(b + c)``: factors that every addend carries on the same axes of the result."""
    addends = [addend for _, addend in term.addends]
    if len(addends) < 2 or not all(isinstance(addend, Product) for addend in addends):
        return term
    products = [addend for addend in addends if isinstance(addend, Product)]
    free = [f for f in products[0].factors if all(x < term.rank for x in f[1])]
    common = [f for f in free if all(f in p.factors for p in products)]
    if not common:
        return term
    axes, dims = range(term.rank), dict(enumerate(term.shape))
    rests = [(q, _divided(p, common)) for (q, _), p in zip(term.addends, products, strict=True)]
    return product([*common, (linear(rests, term.shape), axes)], axes, dims)


def _divided(term: Product, common: list[tuple[Term, Labels]]) -> Term:
    left = list(term.factors)
    for factor in common:
        left.remove(factor)
    return product(left, range(term.rank), dict(enumerate(term.label_dims)))


def _without_identities(factors: list[tuple[Term, Labels]], rank: int) -> list[tuple[Term, Labels]]:
    """Identities with a summed label contracted."""
    for place, (factor, labels) in enumerate(factors):
        if isinstance(factor, Delta) and max(labels) >= rank and labels[0] != labels[1]:
            drop, keep = max(labels), min(labels)
            rest = factors[:place] + factors[place + 1 :]
            return _without_identities([(f, tuple(keep if x == drop else x for x in ls)) for f, ls in rest], rank)
    return factors


def _leaf(term: Term) -> str:
    if isinstance(term, Var):
        return term.name
    if isinstance(term, Delta):
        return "I"
    if isinstance(term, Size):
        return str(term.dim)
    if isinstance(term, Block):
        return f"E_{{{term.place + 1}}}"
    return str(getattr(term, "family", "?"))


def _fraction(q: Fraction) -> str:
    return str(q.numerator) if q.denominator == 1 else rf"\frac{{{q.numerator}}}{{{q.denominator}}}"


def _exponent(q: Fraction) -> str:
    text = str(q)
    return text if len(text) == 1 else f"{{{text}}}"


class _MatrixForm:
    """One product on its way into matrix notation."""

    def __init__(self, items: list[Item], rank: int) -> None:
        self.rank = rank
        self.items = items

    def text(self) -> Text:
        if any(len(item.labels) > 2 or len(set(item.labels)) < len(item.labels) for item in self.items):
            raise NoMatrixFormError
        self._merge_vectors()
        while bound := {x for item in self.items for x in item.labels if x >= self.rank}:
            self._contract(min(bound, key=lambda label: (self._matrices_at(label), label)))
            self._merge_vectors()
        return self._assemble()

    def _matrices_at(self, label: int) -> int:
        return sum(label in item.labels and len(item.labels) == 2 for item in self.items)

    def _merge_vectors(self) -> None:
        """Columns on one label become one elementwise product."""
        merged: dict[Labels, Item] = {}
        rest = []
        for item in self.items:
            if len(item.labels) != 1:
                rest.append(item)
                continue
            old = merged.get(item.labels)
            parts = (old.parts if old else ()) + (item.parts or (item.text,))
            merged[item.labels] = Item(_times(parts), item.labels, parts)
        self.items = rest + list(merged.values())

    def _contract(self, label: int) -> None:
        mine = [item for item in self.items if label in item.labels]
        self.items = [item for item in self.items if label not in item.labels]
        matrices = [item for item in mine if len(item.labels) == 2]
        vectors = [item for item in mine if len(item.labels) == 1]
        if len(matrices) == 1 and len(vectors) == 1:
            self.items.append(_apply_matrix(matrices[0], vectors[0], label))
        elif not matrices and vectors:
            self.items.append(Item(_inner(vectors[0]), ()))
        elif len(matrices) == 2 and len(vectors) <= 1:
            self.items.append(_chain(matrices[0], vectors[0] if vectors else None, matrices[1], label))
        else:
            raise NoMatrixFormError

    def _assemble(self) -> Text:
        scalars = [item.text for item in self.items if not item.labels]
        vectors = {item.labels[0]: item.text for item in self.items if len(item.labels) == 1}
        matrices = [item for item in self.items if len(item.labels) == 2]
        if self.rank == 2:
            body = _matrix_body(vectors, matrices)
        elif matrices:
            raise NoMatrixFormError
        else:
            body = list(vectors.values())
        pieces = scalars + body
        if len(pieces) == 1:
            return pieces[0]
        return Text(" ".join(piece.at(FACTOR) for piece in pieces), FACTOR)


def _matrix_body(vectors: dict[int, Text], matrices: list[Item]) -> list[Text]:
    if not matrices and len(vectors) == 2:
        return [Text(f"{vectors[0].at(ATOM)} {_transposed(vectors[1])}", FACTOR)]
    if len(matrices) != 1:
        raise NoMatrixFormError
    matrix = _oriented(matrices[0], (0, 1))
    if matrix.latex == "I" and len(vectors) == 1:
        return [Text(rf"\mathrm{{diag}}({next(iter(vectors.values())).latex})", ATOM)]
    left = [Text(rf"\mathrm{{diag}}({vectors[0].latex})", ATOM)] if 0 in vectors else []
    right = [Text(rf"\mathrm{{diag}}({vectors[1].latex})", ATOM)] if 1 in vectors else []
    return [*left, matrix, *right]


def _times(parts: tuple[Text, ...]) -> Text:
    if len(parts) == 1:
        return parts[0]
    return Text(r" \odot ".join(part.at(ATOM) for part in parts), SUM)


def _transposed(text: Text) -> str:
    latex = text.at(ATOM)
    plain = text.level == ATOM and "^" not in latex and not latex.startswith("\\frac")
    return f"{latex}^T" if plain or text.level < ATOM else f"({latex})^T"


def _oriented(item: Item, labels: Labels) -> Text:
    return item.text if item.labels == labels else Text(_transposed(item.text), ATOM)


def _apply_matrix(matrix: Item, vector: Item, label: int) -> Item:
    other = matrix.labels[0] if matrix.labels[1] == label else matrix.labels[1]
    left = _oriented(matrix, (other, label))
    return Item(Text(f"{left.at(ATOM)} {vector.text.at(FACTOR)}", FACTOR), (other,))


def _chain(left: Item, middle: Item | None, right: Item, label: int) -> Item:
    first = left.labels[0] if left.labels[1] == label else left.labels[1]
    last = right.labels[0] if right.labels[1] == label else right.labels[1]
    between = rf" \mathrm{{diag}}({middle.text.latex}) " if middle else " "
    latex = _oriented(left, (first, label)).at(ATOM) + between + _oriented(right, (label, last)).at(ATOM)
    return Item(Text(latex, FACTOR), (first, last))


def _inner(vector: Item) -> Text:
    parts = vector.parts or (vector.text,)
    if len(parts) == 1:
        return Text(rf"\mathbf{{1}}^T {parts[0].at(ATOM)}", FACTOR)
    return Text(f"{_transposed(parts[0])} {_times(parts[1:]).at(ATOM)}", FACTOR)
