"""The answer to ``count``: the arrays of a layer, their sum as a polynomial and as a number, step by step."""

from __future__ import annotations

from collections.abc import Mapping

import sympy

from derivations.errors import UsageError
from derivations.model_code import Model, shape_text
from derivations.parameter_counts import KINDS, Amount, Count, count, factored
from derivations.solutions.document import Block, Chain, Items, Line, Paragraph, Sheet, Table, Text, text


def count_answer(layer: str, given: Mapping[str, Amount | int]) -> Sheet:
    """The parameters of a layer of the table. Raises UsageError as :func:`derivations.parameter_counts.count`."""
    found = count(layer, given)
    sizes = {name: value for name, value in given.items() if KINDS[layer].options[name] is None}
    general = count(layer, {name: value for name, value in given.items() if name not in sizes})
    blocks: list[Block] = [
        Paragraph(text(f"Parameters of one {found.title}, array by array:")),
        _groups(general, found, bool(sizes)),
        Paragraph(text("Together:")),
        *_total(general, sizes),
        *_remarks(found),
    ]
    symbols = sorted(map(str, general.formula.free_symbols))
    return Sheet(tuple(blocks), (f"{', '.join(symbols)}: scalar",) if symbols else ())


def _groups(general: Count, found: Count, numbers: bool) -> Table:
    head = [text("array"), text("entries"), *([text("with these sizes")] if numbers else [])]
    rows = [
        (_name(name), text(f"${_latex(amount)}$"), *([text(factored(here))] if numbers else []))
        for (name, amount), (_, here) in zip(general.groups, found.groups, strict=True)
    ]
    return Table(tuple(head), tuple(rows), numbers=len(head) - 1)


def _name(name: str) -> Text:
    """``W_{xi}, first layer``: a formula and the words behind it."""
    symbol, comma, words = name.partition(", ")
    return text(f"${symbol}${comma}{words}" if symbol.isascii() and "_" in symbol else name)


def _total(general: Count, sizes: Mapping[str, Amount | int]) -> list[Block]:
    """The sum of the arrays, in factors, and with numbers for the sizes."""
    amounts: dict[Amount, int] = {}
    for _, amount in general.groups:
        amounts[amount] = amounts.get(amount, 0) + 1
    summed = " + ".join(_latex(times * amount) for amount, times in amounts.items())
    product = sympy.factor(general.formula)
    found: list[Block] = []
    if summed != _latex(product):
        found.append(Chain(summed, (Line(_latex(product), text("common factors in front")),)))
    return [*found, *_with_numbers(product, sizes)]


def _with_numbers(product: Amount, sizes: Mapping[str, Amount | int]) -> list[Block]:
    known = {x: sizes[str(x)] for x in sorted(product.free_symbols, key=str) if str(x) in sizes}
    if not known or len(known) < len(product.free_symbols) or not all(isinstance(x, int) for x in known.values()):
        return []
    shown = {x: str(value) for x, value in known.items()}
    inserted = str(sympy.latex(product, symbol_names=shown, mul_symbol="dot"))
    where = " and ".join(f"{x} = {value}" for x, value in shown.items())
    line = Line(str(product.subs(known)), text("worked out"))
    return [Paragraph(text(f"With {where}:")), Chain(_plain_brackets(inserted), (line,))]


def _latex(amount: Amount) -> str:
    return _plain_brackets(str(sympy.latex(amount)))


def _plain_brackets(latex: str) -> str:
    return latex.replace(r"\left(", "(").replace(r"\right)", ")")


def _remarks(found: Count) -> list[Block]:
    notes = [*found.notes, f"one step takes {factored(found.multiply_adds)} multiplications with an addition"]
    return [Items(tuple(text(note) for note in notes))]


def model_answer(model: Model) -> Sheet:
    """The layers of a model in code, one row each. Raises UsageError where a layer is not known."""
    if model.slips:
        first = model.slips[0]
        raise UsageError(f"the code has a slip in its line {first.line}: {first.message}")
    unknown = next((row for row in model.rows if row.parameters is None), None)
    if unknown is not None or model.parameters is None:
        raise UsageError(f"the parameters of {unknown.layer if unknown else 'this model'} are not known")
    head = (text("layer"), text("output"), text("parameters"))
    rows = [
        (text(x.layer), text(shape_text(x.shape)), text(factored(x.parameters or sympy.Integer(0)))) for x in model.rows
    ]
    notes = [text(f"{row.layer}: {note}") for row in model.rows for note in row.notes]
    written = " + ".join(str(x.parameters) for x in model.rows if x.parameters)
    blocks: list[Block] = [
        Paragraph(text("Layer by layer:")),
        Table(head, tuple(rows), numbers=1),
        Chain(written, (Line(str(model.parameters), text("the sum of all layers")),)),
        *([Items(tuple(notes))] if notes else []),
    ]
    return Sheet(tuple(blocks))
