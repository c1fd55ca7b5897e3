"""Activations of one layer as functions of their own."""

from __future__ import annotations

import pytest

from derivations.check import check_sheet
from derivations.reading.places import Source

NET = r"""$$Z^{[1]} = W^{[1]} X + b^{[1]}$$
$$A^{[1]} = g^{[1]}(Z^{[1]})$$
$$Z^{[2]} = W^{[2]} A^{[1]} + b^{[2]}$$
$$A^{[2]} = g^{[2]}(Z^{[2]})$$
$$J = \frac{1}{2} \|A^{[2]} - Y\|_F^2$$
"""
BACK = r"\frac{\partial J}{\partial Z^{[1]}} = W^{[2]T} \frac{\partial J}{\partial Z^{[2]}} \odot "


def last(text: str) -> str:
    return check_sheet(Source("a.md", text)).statements[-1].verdict.value


@pytest.mark.parametrize(
    ("claim", "verdict"),
    [
        (r"\frac{\partial J}{\partial Z^{[2]}} = (A^{[2]} - Y) \odot g^{[2]'}(Z^{[2]})", "proved"),
        (BACK + "g^{[1]'}(Z^{[1]})", "proved"),
        (BACK + "g^{[2]'}(Z^{[1]})", "wrong"),
        (BACK + "g^{[1]'}(A^{[1]})", "wrong"),
        (BACK + "g^{[1]}(Z^{[1]})", "wrong"),
    ],
)
def test_each_layer_has_its_own(claim: str, verdict: str) -> None:
    assert last(f"{NET}$${claim}$$\n") == verdict


def test_the_letters_are_told() -> None:
    report = check_sheet(Source("a.md", NET))
    assert report.conventions["functions"] == "g^{[1]} as f, g^{[2]} as g"


def test_a_quantity_before_a_bracket_is_no_function() -> None:
    sheet = "$$g^{[1]} = a b$$\n$$y = g^{[1]}(a + b)$$\n" + r"$$\frac{\partial y}{\partial a} = 0$$"
    assert last(sheet) != "proved"
    assert "functions" not in check_sheet(Source("a.md", sheet)).conventions


def test_of_a_general_layer_and_the_last_nothing_is_read() -> None:
    sheet = (
        r"$z^{[l]} = W^{[l]} a^{[l-1]}$, $a^{[l]} = g^{[l]}(z^{[l]})$, $a^{[L]} = g^{[L]}(z^{[L]})$."
        "\n\n" + r"$$\frac{\partial a^{[l]}}{\partial z^{[l]}} = \mathrm{diag}(g^{[L]'}(z^{[l]}))$$"
    )
    assert last(sheet) not in ("proved", "holds", "wrong")
