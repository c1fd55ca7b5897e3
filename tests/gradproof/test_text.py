"""The report on a terminal."""

from __future__ import annotations

import pytest

from derivations.check import check_sheet
from derivations.reading.places import Source
from gradproof.text import cells, clean, render, window, wrapped

SLIP = "$$\\frac{\\partial \\sigma}{\\partial x} = \\sigma(x)(1 - \\sigma^2(x))$$\n"


def shown(text: str, **options: bool) -> str:
    return render(check_sheet(Source("sheet.md", text)), **options)


def test_a_diagnostic_names_the_place_and_the_repair() -> None:
    text = shown(SLIP)
    assert "error[sigma-derivative]: this is not the derivative of \\sigma" in text
    assert "--> sheet.md:1:54" in text
    line, caret = (row.split(" | ")[1] for row in text.splitlines() if " | " in row)
    assert line[caret.index("^") : caret.rindex("^") + 1] == r"\sigma^2(x)"
    assert r"help: write \sigma(x) in place of \sigma^2(x)" in text
    assert "1 wrong   (seed 0)" in text


def test_colour_adds_nothing_but_colour() -> None:
    import re

    assert re.sub(r"\x1b\[[0-9;]*m", "", shown(SLIP, colour=True)) == shown(SLIP)


def test_nothing_is_wider_than_the_terminal() -> None:
    long = "$$y = W x$$\n\n$$y = " + " + ".join(f"W_{{{k}}} x" for k in range(40)) + "$$\n"
    assert max(map(cells, shown(long).splitlines())) <= 80


def test_control_characters_are_made_visible() -> None:
    assert clean("a\x1b[31mb\u202ec\td") == "a\\u{1b}[31mb\\u{202e}c d"
    assert "\x1b" not in shown("$$h_t = \x1b[31m x_t$$\n")


@pytest.mark.parametrize(
    ("line", "column", "end", "width", "text", "caret"),
    [
        ("abc def", 5, 8, 40, "abc def", "    ^^^"),
        ("汉字 x = y", 4, 5, 40, "汉字 x = y", "     ^"),
        ("a" * 50 + "XX" + "b" * 50, 51, 53, 22, "…" + "a" * 17 + "XX", " " * 18 + "^^"),
    ],
)
def test_carets_stand_below_what_they_mean(line: str, column: int, end: int, width: int, text: str, caret: str) -> None:
    found = window(line, column, end, width)
    assert found[1] == caret
    assert found[0].startswith(text)
    assert cells(found[0]) <= width


def test_wrapping_indents_what_follows() -> None:
    assert wrapped("aaa bbb ccc", 9, 0) == "aaa bbb\n  ccc"


def test_what_only_follows_is_a_note_under_its_root() -> None:
    sheet = (
        "$$h_t = \\sigma(w_t)$$\n\n$$E_t = \\frac{1}{2}(h_t - y_t)^2$$\n\n"
        + SLIP
        + "\n$$\\frac{\\partial E_1}{\\partial w_1} = (h_1 - y_1) \\odot \\sigma(w_1) \\odot (1 - \\sigma(w_1)^2)$$\n"
    )
    text = shown(sheet)
    assert text.count("error[") == 1
    assert "note: line 7 follows from the same slip" in text
    assert "2 wrong (1 root cause)   (seed 0)" in text


def test_a_slip_on_top_is_mended_with_the_wrong_line_as_it_stands() -> None:
    sheet = (
        "$$h_t = \\sigma(w_t)$$\n\n$$E_t = \\frac{1}{2}(h_t - y_t)^2$$\n\n"
        + SLIP
        + "\n$$\\frac{\\partial E_1}{\\partial w_1} = (h_1 + y_1) \\odot \\sigma(w_1) \\odot (1 - \\sigma(w_1)^2)$$\n"
    )
    text = " ".join(shown(sheet).split())
    assert "it carries line 5 on, which is wrong, and has a slip of its own" in text
    assert "[one edit, proved for all sizes, with line 5 as it stands]" in text
    assert "2 wrong (seed 0)" in text
