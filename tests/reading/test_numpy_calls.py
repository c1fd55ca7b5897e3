"""Calls of NumPy inside formulas: what each stands for, and what is refused with its place."""

from __future__ import annotations

import pytest

from derivations.reading.parser import parse_expression
from derivations.reading.slips import Slip
from derivations.reading.surface import Add, Call, Mul, Node, Norm, Raise, Symbol, Transposed


def shown(node: Node) -> str:
    """A tree of calls and products in short."""
    match node:
        case Symbol():
            return node.base
        case Call():
            return f"{node.function}({', '.join(map(shown, node.arguments))})"
        case Mul():
            return f"[{f' {node.operators[0]} '.join(map(shown, node.factors))}]"
        case Add():
            return f"[{' + '.join(map(shown, node.addends))} {node.signs}]"
        case Transposed():
            return f"{shown(node.argument)}'"
        case Norm():
            return f"‖{shown(node.argument)}‖"
        case Raise():
            return f"{shown(node.base)}²"
    return type(node).__name__


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("np.dot(W, X)", "[W dot X]"),
        (r"\mathrm{np.dot}(W, X)^T", "[W dot X]'"),
        ("numpy.matmul(W, X.T)", "[W dot X']"),
        (r"\operatorname{np.multiply}(a, b)", "[a multiply b]"),
        ("np.outer(a, b)", "[a outer b]"),
        ("np.add(a, b)", "[a + b (1, 1)]"),
        ("np.subtract(a, b)", "[a + b (1, -1)]"),
        ("np.transpose(W)", "W'"),
        ("np.tanh(z)", "tanh(z)"),
        ("np.log(np.exp(z))", "log(exp(z))"),
        ("np.maximum(a, z)", "max(a, z)"),
        ("np.square(a)", "square(a)"),
        ("np.square(np.linalg.norm(a))", "‖a‖²"),
        ("np.power(Z, 2)", "square(Z)"),
        ("np.sum(Z)", "sum(Z)"),
        ("np.sum(Z, axis=None, keepdims=True)", "sum(Z)"),
        ("np.sum(Z, axis=1, keepdims=True)", "rowsums(Z)"),
        ("np.sum(Z, keepdims = True, axis = -1)", "rowsums(Z)"),
        ("np.sum(Z, axis=0, keepdims=True)", "columnsums(Z)"),
        ("np.sum(Z, axis=0)", "flat(columnsums(Z))"),
        ("np.sum(Z, axis=1, keepdims=False)", "flat(rowsums(Z))"),
        ("np.mean(Z, axis=1, keepdims=True)", "rowmeans(Z)"),
        (r"\text{np.sum}\left(Z, \text{axis}=0, \text{keepdims=True}\right)", "columnsums(Z)"),
        ("np.sum(np.sum(Z, axis=1), axis=None)", "sum(flat(rowsums(Z)))"),
        ("np.T", "[n  p']"),
    ],
)
def test_calls_that_are_read(text: str, expected: str) -> None:
    assert shown(parse_expression(text)) == expected


@pytest.mark.parametrize(
    ("text", "at", "message"),
    [
        ("np.cumsum(Z)", "np.cumsum", "np.cumsum of NumPy is not read"),
        ("np.sum(Z, axis=2)", "axis=2", "‘axis=2’ is not read"),
        ("np.sum(Z, axis=(0, 1))", "axis=(0, 1)", "is not read"),
        ("np.sum(Z, dtype=3)", "dtype=3", "is not read here"),
        ("np.dot(W, X, axis=1)", "axis=1", "is not read here"),
        ("np.sum(Z, axis=1, axis=0)", "axis=0", "is not read here"),
        ("np.sum(Z, axis=1, 3)", "3", "out of place"),
        ("np.sum(Z, keepdims=1)", "keepdims=1", "is not read"),
        ("np.dot(W)", "np.dot(W)", "1 argument(s)"),
        ("np.dot(W, X, Y)", "np.dot(W, X, Y)", "3 argument(s)"),
        ("np.sum()", ")", "missing"),
        ("np.sum Z", "Z", "cannot stand here"),
        ("np.sum(Z", "(", "never closed"),
        ("np.sum[Z]", "[", "cannot stand here"),
        ("x_np.sum(Z)", "np.sum", "only the first letter"),
    ],
)
def test_calls_that_are_refused(text: str, at: str, message: str) -> None:
    with pytest.raises(Slip) as found:
        parse_expression(text)
    assert message in found.value.message
    assert text[found.value.at.start : found.value.at.end] == at
