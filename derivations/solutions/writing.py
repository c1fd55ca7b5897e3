r"""Terms as LaTeX in a notation: gradients by name, products and transposes with its signs, in one of two layouts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Final

from derivations.backprop import Layout, addends
from derivations.latex import ATOM, FACTOR, SUM, Printer, Text
from derivations.solutions.naming import Label, names_of
from derivations.solutions.notation import Notation
from derivations.tape import Tape, delta
from derivations.tensors import transpose
from derivations.terms import Term

SIDE: Final = {"denominator": "fraction", "numerator": "nabla"}
"""How the column of a gradient is written where the layout turns ∂L/∂w round."""
ENDS_BEFORE: Final = ("(", r"\odot", "+", "-")
ENDS_BEHIND: Final = (")", r"\odot", "+", "-")


class GradientPrinter(Printer):
    """Prints terms with names; the gradients among them need brackets in a product where they end in the loss."""

    def __init__(self, names: Mapping[Term, str], gradients: Mapping[Term, str], bracketed: bool) -> None:
        super().__init__(names)
        self.gradients = gradients
        self.level = SUM if bracketed else ATOM

    def text(self, term: Term) -> Text:
        """The term as LaTeX, gradients by their names."""
        if term in self.gradients:
            return Text(self.gradients[term], self.level)
        return super().text(term)


class Scribe:
    """Writes the terms over one tape in a notation.

    A column is always ∇ in numerator layout, so that only ∂L/∂w, of a parameter or an input, is turned round.
    """

    def __init__(self, tape: Tape, notation: Notation, layout: Layout, label: Label) -> None:
        self.notation = notation if layout == "denominator" else replace(notation, gradient="fraction")
        self.columns = notation if layout == "denominator" else replace(notation, gradient="nabla")
        self.turned = layout == "numerator"
        self.names = names_of(tape, notation, label)
        self.gradients = {delta(v): self.columns.derivative(name) for v, name in self.names.items()}
        self.printer = GradientPrinter(self.names, self.gradients, self.columns.gradient == "nabla")

    def name(self, quantity: Term) -> str:
        """A quantity."""
        return self.names[quantity]

    def column(self, quantity: Term) -> str:
        """The gradient of the loss by a quantity, a column."""
        return self.gradients[delta(quantity)]

    def gradient(self, quantity: Term) -> str:
        """The gradient of the loss by a quantity, in the layout."""
        return self.notation.derivative(self.names[quantity])

    def term(self, term: Term) -> str:
        """A term as it stands in the text, the addends of a sum in their order."""
        return self.sum(addends(term)) if addends(term) else "0"

    def sum(self, terms: Sequence[Term], turned: bool = False) -> str:
        """A sum of terms in the order given; ``turned`` writes the transpose, of a column a row."""
        written = [self._addend(addend, turned) for addend in terms]
        text = "".join(f" - {x[1:]}" if x.startswith("-") else f" + {x}" for x in written).removeprefix(" + ")
        return self._finished(text.removeprefix(" ").replace("- ", "-", 1) if text.startswith(" -") else text)

    def _finished(self, latex: str) -> str:
        return self.notation.signs(tall(bare(latex)))

    def _addend(self, addend: Term, turned: bool) -> str:
        if not turned or addend.rank == 0:
            return self.printer.text(addend).at(SUM)
        if addend.rank == 2:
            return self.printer.text(transpose(addend)).at(SUM)
        return f"({self.printer.text(addend).latex})^T"

    def summed(self, terms: Sequence[Term], turned: bool = False) -> str:
        """The same, summed over all steps."""
        text = self.sum(terms, turned)
        alone = len(terms) == 1 and (turned or self.printer.text(terms[0]).level >= FACTOR)
        return rf"\sum_{{t=1}}^{{T}} {text}" if alone else rf"\sum_{{t=1}}^{{T}} \left({text}\right)"


def tall(latex: str) -> str:
    r"""Brackets around a fraction as high as it: ``\left(`` and ``\right)``."""
    found: dict[int, str] = {}
    for start, end in _pairs(latex):
        if r"\frac" in latex[start:end]:
            found |= {start: r"\left(", end: r"\right)"}
    return "".join(found.get(place, letter) for place, letter in enumerate(latex))


def bare(latex: str) -> str:
    r"""LaTeX without brackets around an elementwise product that only ⊙, +, − and other brackets stand beside."""
    for start, end in _pairs(latex):
        inner = latex[start + 1 : end]
        before, behind = latex[:start].rstrip(), latex[end + 1 :].lstrip()
        alone = (not before or before.endswith(ENDS_BEFORE)) and (not behind or behind.startswith(ENDS_BEHIND))
        if alone and _is_elementwise(inner):
            return bare(latex[:start] + inner + latex[end + 1 :])
    return latex


def _pairs(latex: str) -> list[tuple[int, int]]:
    """The places of the brackets that belong together, in order."""
    opened: list[int] = []
    found = []
    for place, letter in enumerate(latex):
        if letter == "(":
            opened.append(place)
        elif letter == ")" and opened:
            found.append((opened.pop(), place))
    return sorted(found)


def _is_elementwise(latex: str) -> bool:
    """Whether a text is a product by ⊙ and no sum."""
    depth, top = 0, ""
    for letter in latex:
        depth += (letter in "({[") - (letter in ")}]")
        top += letter if depth == 0 else ""
    return r"\odot" in top and " + " not in top and " - " not in top and not top.startswith("-")
