"""Several sheets in one file: names and conventions of one are unknown to the others, places stay."""

from __future__ import annotations

import gradproof
from derivations.reading.parts import parts_of
from derivations.reading.places import Source

TWO = r"""$z_t = W x_t$

<!-- gradproof sheet one -->

<!-- gradproof
partial: step
-->

$z_t = \sigma(U h_{t-1})$

<!-- gradproof sheet -->

$$\frac{\partial z_t}{\partial x_t} = W$$

<!-- gradproof: sheet one -->

$$\frac{\partial z_t}{\partial h_{t-1}} = \mathrm{diag}(z_t \odot (1 - z_t)) U$$

$$\frac{\partial z_t}{\partial h_{t-1}} = U$$
"""


def test_every_sheet_has_names_of_its_own() -> None:
    report = gradproof.check(TWO)
    found = [(x.line, x.verdict.value) for x in report.statements]
    assert found[:4] == [(1, "given"), (9, "given"), (13, "proved"), (17, "proved")]
    assert found[4][0] == 19
    assert found[4][1] != "proved"
    assert "elsewhere within the time step" in report.conventions["∂"]


def test_one_sheet_stays_what_it_is() -> None:
    source = Source("x.md", "$a = b$\n\n    <!-- gradproof sheet one -->\n")
    assert parts_of(source) == [source]


def test_offsets_stay() -> None:
    parts = parts_of(Source("x.md", TWO))
    assert [len(part.text) for part in parts] == [len(TWO)] * 2
    assert all(part.text.count("\n") == TWO.count("\n") for part in parts)
    assert "z_t = W x_t" not in parts[1].text


def test_a_wrong_line_is_wrong_in_its_own_sheet() -> None:
    wrong = TWO.replace(r"\frac{\partial z_t}{\partial x_t} = W$$", r"\frac{\partial z_t}{\partial x_t} = 2 W$$")
    assert [x.line for x in gradproof.check(wrong).statements if x.verdict.value == "wrong"] == [13]
