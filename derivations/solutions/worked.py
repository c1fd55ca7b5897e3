"""The answer to ``conv`` and ``block``: convolutions of numbers, every entry as a sum, by the checker proved again."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction

from derivations.convolution_words import Way
from derivations.solutions.document import Block, Chain, Equations, Heading, Line, Paragraph, Sheet, text
from derivations.worked_convolution import Entry, Layer, Matrix, shape_of, work_out


def convolution_answer(image: Matrix, kernels: Sequence[Matrix], way: Way, relu: bool, skip: bool) -> Sheet:
    """Layers one after the other; ``skip`` adds the image to the last. Raises UsageError where shapes do not fit."""
    layers = work_out(image, kernels, way, relu, skip)
    given = [("a_{0}", _matrix(image)), *((f"K_{{{k}}}", _matrix(kernel)) for k, kernel in enumerate(kernels, start=1))]
    blocks: list[Block] = [
        Paragraph(text(f"The image and the filter{'s' if len(kernels) > 1 else ''}:")),
        Equations(tuple(given)),
        Paragraph(text(_how(layers[0]))),
    ]
    for number, layer in enumerate(layers, start=1):
        blocks += _layer(layer, number, len(layers) > 1)
    return Sheet(tuple(blocks), _declarations(way))


def _declarations(way: Way) -> tuple[str, ...]:
    kind = "flipped" if way.turned else "correlation"
    return ("*: correlation", f"convolution: {kind}", f"padding: {way.padding}", f"stride: {way.stride}")


def _how(layer: Layer) -> str:
    above, left = layer.padding
    around = f"{_amount(above, 'row')} of zeros above and below it and {_amount(left, 'column')} on either side"
    zeros = around if above or left else "no zeros around it"
    turned = "turned round" if layer.way.turned else "not turned round"
    return f"The image has {zeros}; the filter moves by {layer.way.stride} and is {turned}."


def _amount(count: int, thing: str) -> str:
    return f"{count} {thing}{'' if count == 1 else 's'}"


def _layer(layer: Layer, number: int, several: bool) -> list[Block]:
    before, after, product = f"a_{{{number - 1}}}", f"a_{{{number}}}", f"s_{{{number}}}"
    rows, columns = shape_of(layer.result)
    found: list[Block] = [Heading(text(f"Layer {number}"))] if several else []
    said = f"The entries of the {rows}×{columns} result, row by row: what the filter meets, times its weights:"
    found += [Paragraph(text(said)), Equations(tuple(map(_entry, layer.entries)))]
    result = [Line(_matrix(layer.result), text("the entries from above"))]
    found.append(Chain(f"{before} * K_{{{number}}}", tuple(result)))
    seen = f"{before} * K_{{{number}}}"
    if layer.skipped is not None:
        why = text("the skip connection adds the input of the block")
        found.append(Chain(f"{seen} + a_{{0}}", (Line(_matrix(layer.skipped), why),)))
        seen = f"{seen} + a_{{0}}"
    if layer.relu:
        found.append(Equations(((product, seen), (after, rf"\mathrm{{ReLU}}({product})"))))
        found.append(Chain(after, (Line(_matrix(layer.output), text("what is negative becomes zero")),)))
    else:
        found.append(Equations(((after, seen),)))
    return found


def _entry(entry: Entry) -> tuple[str, str]:
    terms = " + ".join(rf"{_bracketed(w)} \cdot {_bracketed(x)}" for w, x in entry.terms) or "0"
    return terms, _number(entry.value)


def _matrix(matrix: Matrix) -> str:
    rows = r" \\ ".join(" & ".join(_number(x) for x in row) for row in matrix)
    return rf"\begin{{bmatrix}} {rows} \end{{bmatrix}}"


def _number(value: Fraction) -> str:
    if value.denominator == 1:
        return str(value)
    sign = "-" if value < 0 else ""
    return rf"{sign}\frac{{{abs(value.numerator)}}}{{{value.denominator}}}"


def _bracketed(value: Fraction) -> str:
    return f"({_number(value)})" if value < 0 else _number(value)
