"""Where formulas stand in documents: what opens one and never closes it is said."""

from __future__ import annotations

import pytest

from derivations.reading.places import Source
from derivations.reading.statements import read_markdown
from derivations.reading.surface import Unreadable


@pytest.mark.parametrize("text", [r"Let $y = \tanh(z) and so on.", r"Then $\sigma is small.", "the rate $x^2 grows"])
def test_a_dollar_that_is_never_closed_is_said(text: str) -> None:
    source = Source("sheet.md", f"{text}\n\n$$a = b$$\n")
    found = read_markdown(source)
    assert len(found) == 2
    assert isinstance(found[0], Unreadable)
    assert (source.place(found[0].at.start).column, found[0].expected) == (text.index("$") + 1, "$")


@pytest.mark.parametrize("text", ["It costs $5 or more.", "It costs $5 = a lot.", "the $ sign", "5$ each"])
def test_a_price_is_no_formula(text: str) -> None:
    assert len(read_markdown(Source("sheet.md", f"{text}\n\n$$a = b$$\n"))) == 1
