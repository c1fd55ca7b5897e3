"""Slips planted into right lines, as text: what a student may write instead of what stands there.

Written from the list of slips alone, and kept apart from the search for repairs, which it tests.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from derivations.reading import surface as s
from derivations.reading.places import Span

Slice = Callable[[Span], str]
ELEMENTWISE = ("odot", "circ", "otimes", "*")


@dataclass(frozen=True, slots=True)
class Planted:
    """Write ``text`` in place of ``span``; ``family`` names the slip; ``within`` is the formula that it is made in."""

    span: Span
    text: str
    family: str
    within: Span


def slips(root: s.Node, text: Slice, others: Callable[[s.Symbol], list[str]]) -> Iterator[Planted]:
    """Every slip that may be made in a formula; ``others`` are the names that may be mistaken for a symbol."""
    for node in root.walk():
        for family, plant in FAMILIES.items():
            for span, new in plant(node, text):
                if new != text(span):
                    yield Planted(span, new, family, node.span)
        if isinstance(node, s.Symbol):
            for name in others(node):
                if name != text(node.span):
                    yield Planted(node.span, name, "another-name", node.span)


Plants = Iterator[tuple[Span, str]]


def _square_added(node: s.Node, text: Slice) -> Plants:
    """1 − z² for 1 − z."""
    if isinstance(node, s.Group) and isinstance(node.inner, s.Add) and len(node.inner.addends) == 2:
        last = node.inner.addends[1]
        if isinstance(last, s.Symbol):
            yield last.span, f"{_braced(text(last.span))}^2"


def _square_dropped(node: s.Node, text: Slice) -> Plants:
    if isinstance(node, s.Raise) and text(node.exponent.span) == "2":
        yield node.span, text(node.base.span)


def _complement(node: s.Node, text: Slice) -> Plants:
    """z for 1 − z and back."""
    if isinstance(node, s.Group) and isinstance(node.inner, s.Add) and node.inner.signs == (1, -1):
        first, second = node.inner.addends
        if isinstance(first, s.Number) and first.value == 1:
            yield node.span, text(second.span)
    if isinstance(node, s.Mul):
        for factor in node.factors:
            if isinstance(factor, s.Symbol) and factor.base[:1].islower() and factor.time is not None:
                yield factor.span, f"(1 - {text(factor.span)})"


def _sign(node: s.Node, text: Slice) -> Plants:
    if isinstance(node, s.Add):
        for place in range(1, len(node.addends)):
            between = Span(node.addends[place - 1].span.end, node.addends[place].span.start)
            old, new = ("+", "-") if node.signs[place] > 0 else ("-", "+")
            if text(between).count(old) == 1:
                yield between, text(between).replace(old, new)
    if isinstance(node, s.Neg):
        yield node.span, text(node.argument.span)


def _reversed_difference(node: s.Node, text: Slice) -> Plants:
    if isinstance(node, s.Add) and node.signs == (1, -1):
        first, second = node.addends
        yield node.span, f"{text(second.span)} - {text(first.span)}"


def _coefficient(node: s.Node, text: Slice) -> Plants:
    """A 2 or a ½ that does not belong there."""
    if isinstance(node, s.Mul) and not isinstance(node.factors[0], s.Number):
        yield node.span, f"2 {text(node.span)}"
        yield node.span, rf"\frac{{1}}{{2}} {text(node.span)}"


def _off_by_one(node: s.Node, text: Slice) -> Plants:
    """h_t for h_{t−1} and back, k for k + 1 and the like."""
    if isinstance(node, s.Symbol) and node.time is not None and node.time.symbol:
        written, letter = text(node.span), node.time.symbol
        if node.time.offset == 0:
            for new in (f"{letter}-1", f"{letter}+1"):
                yield from ((node.span, found) for found in _at_time(written, letter, new))
        elif f"{letter}-1" in written or f"{letter}+1" in written:
            yield node.span, re.sub(rf"{re.escape(letter)}[-+]1", letter, written)


def _at_time(written: str, letter: str, new: str) -> Iterator[str]:
    for pattern, put in (
        (rf"_{letter}(?![a-zA-Z])", f"_{{{new}}}"),
        (rf"_\{{{letter}\}}", f"_{{{new}}}"),
        (rf"\^\{{\({letter}\)\}}", f"^{{({new})}}"),
        (rf"\^\{{\\langle {letter} \\rangle\}}", rf"^{{\\langle {new} \\rangle}}"),
    ):
        found, count = re.subn(pattern, put, written)
        if count == 1:
            yield found


def _limits(node: s.Node, text: Slice) -> Plants:
    """The bounds of a sum or of a product, one too high or too low."""
    if isinstance(node, s.Big):
        if isinstance(node.lower, s.Number) and node.lower.value == 1:
            yield node.lower.span, "2"
        if isinstance(node.upper, s.Symbol):
            yield node.upper.span, f"{text(node.upper.span)}-1"


def _transpose_dropped(node: s.Node, text: Slice) -> Plants:
    if isinstance(node, s.Transposed):
        yield node.span, text(node.argument.span)


def _transpose_added(node: s.Node, text: Slice) -> Plants:
    if isinstance(node, s.Mul):
        for factor in node.factors:
            if isinstance(factor, s.Symbol) and factor.base[:1].isupper() and factor.time is None:
                yield factor.span, f"{_braced(text(factor.span))}^T"


def _outer_order(node: s.Node, text: Slice) -> Plants:
    """x δᵀ for δ xᵀ."""
    if isinstance(node, s.Mul) and len(node.factors) == 2 and isinstance(node.factors[1], s.Transposed):
        first, second = node.factors
        if second.argument.span != second.span and isinstance(first, s.Symbol | s.Group):
            yield node.span, f"{text(second.argument.span)} {text(first.span)}^T"


def _other_product(node: s.Node, text: Slice) -> Plants:
    """An elementwise product for a matrix product, and back."""
    if isinstance(node, s.Mul):
        for place, operator in enumerate(node.operators):
            between = Span(node.factors[place].span.end, node.factors[place + 1].span.start)
            if operator in ELEMENTWISE:
                yield between, " "
            elif operator == "" and not isinstance(node.factors[place], s.Number | s.Divide):
                yield between, r" \odot "


def _diagonal_dropped(node: s.Node, text: Slice) -> Plants:
    if isinstance(node, s.Call) and node.function == "diag":
        yield node.span, f"({text(node.arguments[0].span)})"


def _addend_dropped(node: s.Node, text: Slice) -> Plants:
    """A path left out."""
    if isinstance(node, s.Add) and all(not isinstance(x, s.Number) for x in node.addends):
        first, second = node.addends[0], node.addends[1]
        if node.signs[0] > 0 and node.signs[1] > 0:
            yield Span(first.span.start, second.span.start), ""
        for before, after in zip(node.addends, node.addends[1:], strict=False):
            yield Span(before.span.end, after.span.end), ""


def _addend_doubled(node: s.Node, text: Slice) -> Plants:
    """A path counted twice."""
    if isinstance(node, s.Add) and all(sign > 0 for sign in node.signs):
        last = node.addends[-1]
        yield Span(last.span.end, last.span.end), f" + {text(last.span)}"


def _sum_as_product(node: s.Node, text: Slice) -> Plants:
    if isinstance(node, s.Add) and len(node.addends) == 2 and node.signs == (1, 1):
        first, second = node.addends
        yield node.span, rf"{text(first.span)} \odot {text(second.span)}"


def _factor_dropped(node: s.Node, text: Slice) -> Plants:
    if isinstance(node, s.Mul) and len(node.factors) > 1:
        for place, factor in enumerate(node.factors):
            if place == 0:
                yield Span(factor.span.start, node.factors[1].span.start), ""
            else:
                yield Span(node.factors[place - 1].span.end, factor.span.end), ""


def _factor_doubled(node: s.Node, text: Slice) -> Plants:
    if isinstance(node, s.Mul):
        for factor, operator in zip(node.factors[1:], node.operators, strict=True):
            if operator in ELEMENTWISE:
                yield Span(factor.span.end, factor.span.end), rf" \odot {text(factor.span)}"


def _function_dropped(node: s.Node, text: Slice) -> Plants:
    if isinstance(node, s.Call) and node.function in ("tanh", "sigma", "exp", "log") and node.power is None:
        yield node.span, text(node.arguments[0].span)


def _other_function(node: s.Node, text: Slice) -> Plants:
    if isinstance(node, s.Call) and node.function in ("tanh", "sigma"):
        yield node.head, r"\sigma" if node.function == "tanh" else r"\tanh"


def _number(node: s.Node, text: Slice) -> Plants:
    """A number one too large, as in 1 − z with 2 − z, or in a count."""
    if isinstance(node, s.Number) and text(node.span).isdigit() and len(text(node.span)) == 1:
        yield node.span, str(int(text(node.span)) + 1)


FAMILIES: dict[str, Callable[[s.Node, Slice], Plants]] = {
    "square-added": _square_added,
    "square-dropped": _square_dropped,
    "complement": _complement,
    "sign": _sign,
    "reversed-difference": _reversed_difference,
    "coefficient": _coefficient,
    "off-by-one": _off_by_one,
    "limits": _limits,
    "transpose-dropped": _transpose_dropped,
    "transpose-added": _transpose_added,
    "outer-order": _outer_order,
    "other-product": _other_product,
    "diagonal-dropped": _diagonal_dropped,
    "addend-dropped": _addend_dropped,
    "addend-doubled": _addend_doubled,
    "sum-as-product": _sum_as_product,
    "factor-dropped": _factor_dropped,
    "factor-doubled": _factor_doubled,
    "function-dropped": _function_dropped,
    "other-function": _other_function,
    "number": _number,
}


def _braced(text: str) -> str:
    return f"{{{text}}}" if "^" in text else text
