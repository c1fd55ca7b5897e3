"""Lines about layers and open losses that were once accepted although wrong, or rejected although right."""

from __future__ import annotations

import pytest

from derivations.check import check_sheet
from derivations.reading.places import Source

RIGHT = {"proved", "holds"}
LAYERS = r"""
$$z^l = w^l a^{l-1} + b^l$$

$$a^l = \sigma(z^l)$$

$$C = \frac{1}{2} \|y - a^L\|^2$$

$$\delta^l_j \equiv \frac{\partial C}{\partial z^l_j}$$

"""


def verdict(sheet: str, line: str) -> str:
    """The verdict of a line at the end of a sheet."""
    text = sheet + (line if "$" in line else f"$${line}$$") + "\n"
    return check_sheet(Source("sheet.md", text)).statements[-1].verdict.value


@pytest.mark.parametrize(
    "line",
    [
        r"\delta^{L-1} = ((w^L)^T \delta^L) \odot \sigma'(z^{L-1})",
        r"\delta^{l-1} = ((w^l)^T \delta^l) \odot a^{l-1} \odot (1 - a^{l-1})",
        r"\frac{\partial C}{\partial a^{L-1}} = (w^L)^T \delta^L",
        r"\delta^L_j = \sum_k \frac{\partial C}{\partial a^L_k} \frac{\partial a^L_k}{\partial z^L_j}",
    ],
)
def test_a_vector_is_what_its_components_are(line: str) -> None:
    assert verdict(LAYERS, line) in RIGHT


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (r"\delta^l = ((w^{l+1})^T \delta^{l+1}) \odot \sigma'(z^{l+1})", "wrong"),
        (r"\delta^l = ((w^{l+2})^T \delta^{l+2}) \odot \sigma'(z^l)", "wrong"),
        (r"\delta^{l-1} = ((w^l)^T \delta^l) \odot a^{l-1} \odot (1 + a^{l-1})", "wrong"),
        (r"\delta^L = 2 (a^L - y) \odot \sigma'(z^L)", "wrong"),
        (r"\delta^{L-1} = ((w^{L-1})^T \delta^L) \odot \sigma'(z^{L-1})", "undecided"),
        (r"\delta^l = (a^l - y) \odot \sigma'(z^l)", "unclear"),
        (r"\delta^l = ((w^L)^T \delta^L) \odot \sigma'(z^l)", "unclear"),
        (r"\delta^l = 0", "unclear"),
    ],
)
def test_a_vector_is_no_new_name_beside_its_components(line: str, expected: str) -> None:
    assert verdict(LAYERS, line) == expected


@pytest.mark.parametrize("gate", ["i", "j"])
def test_a_single_subscript_of_a_matrix_is_a_name(gate: str) -> None:
    gates = rf"$$z^l = W^l_{gate} a^{{l-1}}$$" + "\n\n" + "$$a^l = W^l z^l$$\n\n"
    assert verdict(gates, rf"a^l = W^l W^l_{gate} a^{{l-1}}") == "proved"
    assert verdict(gates, rf"a^l = W^l_{gate} W^l a^{{l-1}}") not in RIGHT
