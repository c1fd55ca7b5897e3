"""Declarations: what is read, what is refused and where, and what a sheet means under them."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from derivations.check import Options, check_sheet
from derivations.declaring import PROPERTIES
from derivations.facts import Property
from derivations.products import DECLARED
from derivations.reading.clauses import CHOICES, LETTERS, MEANINGS, SIGNS, Clause, Kind, read_clause
from derivations.reading.clauses import PROPERTIES as PHRASES
from derivations.reading.notebook import read_notebook
from derivations.reading.places import Source
from derivations.reading.slips import Slip
from derivations.report import Report

RNN = r"""$$h_t = \tanh(W h_{t-1} + U x_t)$$
$$L = \sum_{t=1}^{2} v^T h_t$$
"""


def checked(declarations: str, sheet: str, name: str = "sheet.md") -> Report:
    return check_sheet(Source(name, f"<!-- gradproof\n{declarations}\n-->\n{sheet}"), Options())


def verdicts(declarations: str, sheet: str, strict: bool = False) -> list[str]:
    """The verdicts of the claims of a sheet."""
    source = Source("sheet.md", f"<!-- gradproof\n{declarations}\n-->\n{sheet}")
    report = check_sheet(source, Options(strict=strict))
    return [x.verdict.value for x in report.statements if x.verdict.value != "given"]


def problems(report: Report) -> list[tuple[int, int, str]]:
    return [(s.line, s.steps[0].column, s.steps[0].headline) for s in report.statements if s.verdict.value == "unclear"]


READ = [
    ("x_t : d", Kind.SHAPE),
    ("W : n × d", Kind.SHAPE),
    (r"W \in \mathbb{R}^{n \times d}", Kind.SHAPE),
    ("x_t ∈ ℝ^d", Kind.SHAPE),
    (r"W: n \times (n+d)", Kind.SHAPE),
    ("W_{*}: n x d", Kind.SHAPE),
    ("b_*: n", Kind.SHAPE),
    ("W_x, W_h: (n, d)", Kind.SHAPE),
    ("L: scalar", Kind.SHAPE),
    ("T: number", Kind.SHAPE),
    ("x_t: 1 x d", Kind.SHAPE),
    ("d = 200", Kind.SIZE),
    ("rows", Kind.SETTING),
    ("vectors: columns", Kind.SETTING),
    ("scalars", Kind.SETTING),
    (r"\cdot: elementwise", Kind.SETTING),
    ("⊗: outer", Kind.SETTING),
    ("juxtaposition: matrix", Kind.SETTING),
    ("layout: numerator", Kind.SETTING),
    ("∂: step", Kind.SETTING),
    (r"\partial: total", Kind.SETTING),
    ("time: k", Kind.SETTING),
    ("index: i, j", Kind.SETTING),
    ("X^{-1}: elementwise", Kind.INVERSE),
    (r"\delta_t := \partial L/\partial a_t", Kind.NAME),
    (r"d\Gamma_f := \partial L / \partial (W_f [a, x] + b_f)", Kind.NAME),
    ("assume y is one-hot", Kind.FACT),
    ("assume y_t, z_t are one-hot vectors", Kind.FACT),
    ("assume W = W^T", Kind.FACT),
    ("assume p sums to one", Kind.FACT),
    ("assume f_t = 1", Kind.FACT),
    (r"given \partial \epsilon_2/\partial h_2", Kind.GIVEN),
    ("given h_0, c_0", Kind.GIVEN),
]


@pytest.mark.parametrize(("text", "kind"), READ)
def test_clauses(text: str, kind: Kind) -> None:
    clause: Clause = read_clause(f"  {text}  ", 10)
    assert clause.kind is kind
    assert (clause.span.start, clause.span.end) == (12, 12 + len(text))


REFUSED = [
    ("row", "row", "this is no declaration", "rows"),
    ("what is this", "what is this", "this is no declaration", "a shape"),
    ("partial: totl", "totl", "totl is no meaning of partial", "total, step or direct"),
    ("partal: total", "partal", "partal is no setting", "partial"),
    ("x: elementwise", "x", "x is no product sign", r"\cdot"),
    ("x_t: columns", "columns", "columns is no shape", "n x d"),
    ("layout: num", "num", "num is no meaning of layout", "numerator or denominator"),
    ("W: n*d", "n*d", "this could be one dimension or several", "n x d"),
    ("W: n d", "n d", "this could be one dimension or several", "n x d"),
    (r"W \in n", "n", "this is no space", ""),
    ("W x := 3", "W x", "only a name can be defined", "a name"),
    ("q := q + 1", "q + 1", "this defines a name by itself", ""),
    ("d: 200", "d: 200", "this could be a size, or a vector of so many entries", "d = 200"),
    ("W x: n", "W x", "this can only be declared of a name", "a name"),
    ("x_t:", ":", "nothing stands behind :", ""),
    ("d = 2.5", "2.5", "a size is a whole number from 1 on", "d = 200"),
    ("h_t = 3", "h_t", "only a dimension can be given a size", ""),
    ("assume A is nice", "A is nice", "nothing is known of this property", "one-hot"),
    ("assume A = B", "B", "only a number, or the transposed quantity, can be assumed to be equal", ""),
    ("given 3", " 3", "this is no name", "a name"),
    ("time: 12", "12", "no letter for the time stands here", "t"),
    (r"x_t: \frac", r"\frac", "", ""),
]


@pytest.mark.parametrize(("text", "at", "message", "expected"), REFUSED)
def test_refused(text: str, at: str, message: str, expected: str) -> None:
    with pytest.raises(Slip) as caught:
        read_clause(text, 0)
    slip = caught.value
    assert message in slip.message
    assert expected in slip.expected
    assert text[slip.at.start : slip.at.end].strip() == at.strip() or not message


def test_tables_cover_each_other() -> None:
    assert set(PROPERTIES.values()) == set(Property) - {Property.UNREAD, Property.FUNCTION, Property.TIED}
    assert set(PHRASES.values()) | {"value"} == PROPERTIES.keys()
    assert set(MEANINGS) == DECLARED.keys()


def test_shapes_of_a_family_and_of_one_name() -> None:
    report = checked("W_{*}: n x d # all\nW_o: m x n; x: d\nh_t: n", r"$h_t = W_x x_t$ and $y_t = W_o h_t$")
    shapes = {symbol.name: (symbol.shape, symbol.declared) for symbol in report.symbols}
    assert shapes["W_x"] == (["n", "d"], True)
    assert shapes["W_o"] == (["m", "n"], True)
    assert shapes["x"] == (["d"], True)
    assert shapes["y"] == (["m"], False)


@pytest.mark.parametrize(
    ("declarations", "line", "column", "message"),
    [
        ("x_t: d\nx_t: m", 3, 1, "line 2 declares x_t: d"),
        ("rows\n  columns", 3, 3, "line 2 declares rows"),
        ("rows; columns", 2, 7, "line 2 declares rows"),
        ("scalars\nW: n x d", 3, 1, "line 2 declares scalars"),
        (r"\cdot: elementwise" + "\n" + r"·: matrix", 3, 1, r"line 2 declares \cdot: elementwise"),
        ("d = 20\nd = 30", 3, 1, "line 2 declares d = 20"),
        ("x_t: d  # a column     W: n x d", 2, 24, "a second declaration"),
        ("W: n**d", 2, 6, ""),
    ],
)
def test_what_contradicts_is_unclear_at_its_place(declarations: str, line: int, column: int, message: str) -> None:
    found = problems(checked(declarations, "$a = b$"))
    assert [place[:2] for place in found] == [(line, column)]
    assert message in found[0][2]


def test_saying_the_same_twice_is_no_contradiction() -> None:
    assert not problems(checked("x_t: d; x_t: d\nrows\nrows", "$a = b$"))


def test_nothing_is_said_that_depends_on_a_bad_declaration() -> None:
    claims = r"$$\frac{\partial h_t}{\partial x_t} = \mathrm{diag}(1 - h_t^2) U$$ $$\frac{\partial q}{\partial p} = 3$$"
    sheet = RNN + "$$q = 2 p$$" + claims
    assert verdicts("W: n x n", sheet) == ["proved", "wrong"]
    assert verdicts("W: n ! n", sheet) == ["unclear", "undecided", "wrong"]
    assert verdicts("partial: totl", sheet) == ["unclear", "undecided", "undecided"]
    assert verdicts("totally other", sheet) == ["unclear", "undecided", "undecided"]


def test_a_shape_that_the_equations_contradict_is_reported_once_with_both_places() -> None:
    report = checked("W: d x n\nx_t: d; h_t: n", r"$$h_t = W x_t$$ $$z_t = \tanh(h_t)$$")
    (found,) = problems(report)
    assert found[0] == 5
    statement = next(s for s in report.statements if s.verdict.value == "unclear")
    assert "line 2 declares W: d x n" in statement.steps[0].why


# -- settings ----------------------------------------------------------------------------------------------------

VECTORS = "a, b, c: n; W, V: n x n; x: d\n"


@pytest.mark.parametrize(
    ("declaration", "line", "expected"),
    [
        (r"\cdot: elementwise", r"W \cdot V = W \odot V", "proved"),
        (r"\cdot: elementwise", r"W \cdot V = W V", "wrong"),
        (r"\cdot: matrix", r"W \cdot V = W V", "proved"),
        (r"\cdot: matrix", r"W \cdot V = W \odot V", "wrong"),
        (r"\cdot: inner", r"a \cdot b = a^T b", "proved"),
        (r"\cdot: inner", r"a \cdot b = a \odot b", "wrong"),
        (r"\otimes: outer", r"a \otimes b = a b^T", "proved"),
        (r"\otimes: outer", r"a \otimes b = b a^T", "wrong"),
        (r"\otimes: elementwise", r"a \otimes b = a \odot b", "proved"),
        ("*: elementwise", r"W * V = W \odot V", "proved"),
        ("*: elementwise", r"W * V = W V", "wrong"),
        ("juxtaposition: elementwise", r"W V = W \odot V", "proved"),
        ("juxtaposition: elementwise", r"W V = W @ V", "wrong"),
    ],
)
def test_product_signs(declaration: str, line: str, expected: str) -> None:
    assert verdicts(VECTORS + declaration, f"$${line}$$") == [expected]


def test_a_sign_that_cannot_mean_what_is_declared_is_read_with_a_note() -> None:
    assert verdicts(VECTORS + r"\cdot: elementwise", r"$$W \cdot a = W a$$") == ["proved"]
    assert verdicts(VECTORS + r"\cdot: elementwise", r"$$W \cdot a = W a$$", strict=True) == ["wrong"]


SLOPE = r"\mathrm{diag}(1 - h_2^2)"


@pytest.mark.parametrize(
    ("declaration", "line", "expected"),
    [
        ("partial: total", r"\frac{\partial L}{\partial h_1} = v", "wrong"),
        ("partial: direct", r"\frac{\partial L}{\partial h_1} = v", "proved"),
        ("partial: total", rf"\frac{{\partial L}}{{\partial h_1}} = v + W^T {SLOPE} v", "proved"),
        ("partial: direct", rf"\frac{{\partial L}}{{\partial h_1}} = v + W^T {SLOPE} v", "wrong"),
        ("partial: step", r"\frac{\partial h_2}{\partial U} = \frac{\partial h_2}{\partial U}", "proved"),
    ],
)
def test_senses_of_the_partial_sign(declaration: str, line: str, expected: str) -> None:
    assert verdicts(declaration, RNN + f"$${line}$$") == [expected]


def test_the_sense_that_would_be_right_is_named() -> None:
    report = checked("partial: total", RNN + r"$$\frac{\partial L}{\partial h_1} = v$$")
    assert "line 2 declares another sense" in report.statements[-1].steps[0].why


@pytest.mark.parametrize(
    ("layout", "line", "notes"),
    [
        ("numerator", rf"\frac{{\partial h_2}}{{\partial h_1}} = {SLOPE} W", 0),
        ("denominator", rf"\frac{{\partial h_2}}{{\partial h_1}} = {SLOPE} W", 1),
        ("numerator", rf"\frac{{\partial h_2}}{{\partial h_1}} = W^T {SLOPE}", 1),
        ("denominator", rf"\frac{{\partial h_2}}{{\partial h_1}} = W^T {SLOPE}", 0),
        ("numerator", rf"\frac{{\partial h_2}}{{\partial x_2}} = U^T {SLOPE}", 1),
        ("denominator", rf"\frac{{\partial h_2}}{{\partial x_2}} = U^T {SLOPE}", 0),
        ("denominator", r"\frac{\partial (v^T U x_2)}{\partial U} = v x_2^T", 0),
        ("numerator", r"\frac{\partial (v^T U x_2)}{\partial U} = v x_2^T", 1),
        ("numerator", r"\frac{\partial (v^T U x_2)}{\partial U} = x_2 v^T", 0),
    ],
)
def test_layouts(layout: str, line: str, notes: int) -> None:
    sheet = RNN + f"$${line}$$"
    assert verdicts(f"layout: {layout}", sheet, strict=True) == ["wrong" if notes else "proved"]
    statement = checked(f"layout: {layout}", sheet).statements[-1]
    assert (statement.verdict.value, len(statement.steps[0].reading)) == ("proved", notes)


def test_rows() -> None:
    sheet = r"$$h = x W$$ $$\frac{\partial (h v^T)}{\partial x} = v W^T$$"
    assert verdicts("rows\nx: d; W: d x n; h, v: n", sheet) == ["proved"]
    assert "unclear" in verdicts("columns\nx: d; W: d x n; h, v: n", sheet)


def test_a_row_among_columns() -> None:
    sheet = r"$$y = w h$$ $$\frac{\partial y}{\partial h} = w$$ $$w h = h^T w^T$$ $$w h = h w$$"
    assert verdicts("h: n; w: 1 x n", sheet) == ["proved", "proved", "wrong"]


def test_scalars() -> None:
    sheet = r"$$H_t = \tanh(W H_{t-1} + U X_t)$$ $$\frac{\partial H_t}{\partial H_{t-1}} = W (1 - H_t^2)$$"
    assert verdicts("scalars", sheet) == ["proved"]
    assert verdicts("W: n x n", sheet) != ["proved"]


def test_conventions_tell_what_is_declared_and_what_is_guessed() -> None:
    record = checked(r"partial: total; \cdot: elementwise", RNN + r"$$\frac{\partial L}{\partial h_2} = v$$").to_json()
    assert record["conventions"][r"\cdot"] == "elementwise"
    assert record["grounds"]["∂"] == {"declared": True, "from": "declared on line 2"}
    assert record["grounds"][r"\cdot"]["declared"]
    assert not record["grounds"]["vectors"]["declared"]
    assert set(record["grounds"]) == set(record["conventions"])


# -- where they stand --------------------------------------------------------------------------------------------


def shapes_of(name: str, text: str) -> dict[str, bool]:
    return {symbol.name: symbol.declared for symbol in check_sheet(Source(name, text), Options()).symbols}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.md", "Text.\n<!--gradproof: x_t: d -->\n\n$y_t = x_t$"),
        ("a.md", "> <!-- GradProof\n> x_t: d\n> -->\n\n$y_t = x_t$"),
        ("a.md", "$y_t = x_t$ <!-- gradproof x_t: d --> and more"),
        ("a.md", "<!-- gradproof\r\nx_t: d\r\n-->\r\n\r\n$y_t = x_t$"),
        ("a.tex", "% gradproof\n%   x_t: d  # a column\n\n$y_t = x_t$"),
        ("a.tex", "%% gradproof: x_t: d\n$y_t = x_t$"),
        ("a.txt", "gradproof: x_t: d\n\ny_t = x_t"),
        ("a.txt", "gradproof:\n  x_t: d\n\ny_t = x_t"),
        ("a.txt", "<!-- gradproof x_t: d -->\n\ny_t = x_t"),
    ],
)
def test_containers(name: str, text: str) -> None:
    assert shapes_of(name, text) == {"x": True, "y": False}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("a.md", "```\n<!-- gradproof x_t: d -->\n```\n\n$y_t = x_t$"),
        ("a.md", "<!-- x_t: d -->\n\n$y_t = x_t$"),
        ("a.tex", "% x_t: d\n$y_t = x_t$"),
        ("a.tex", "\\begin{verbatim}\n% gradproof: x_t: d\n\\end{verbatim}\n$y_t = x_t$"),
        ("a.txt", "Ask gradproof: it knows.\n\ny_t = x_t"),
    ],
)
def test_no_containers(name: str, text: str) -> None:
    assert shapes_of(name, text) == {"x": False, "y": False}


def test_a_comment_that_is_never_closed() -> None:
    report = check_sheet(Source("a.md", "$y = x$\n\n<!-- gradproof\nx: d\n"), Options())
    assert problems(report) == [(3, 1, "this comment is never closed")]


def test_comment_lines_behind_a_declaration_are_declarations() -> None:
    report = check_sheet(Source("a.tex", "% gradproof\n% x_t: d\n% some other remark\n\n$y_t = x_t$"), Options())
    assert problems(report)[0][:2] == (3, 3)


@pytest.mark.parametrize("kind", ["raw", "markdown", "code"])
def test_a_tagged_cell_of_a_notebook(kind: str) -> None:
    cells = [
        {"cell_type": "markdown", "source": "$y_t = x_t$", "metadata": {}},
        {"cell_type": kind, "source": ["x_t: d\n", "what"], "metadata": {"tags": ["gradproof"]}},
    ]
    report = check_sheet(read_notebook("a.ipynb", json.dumps({"cells": cells, "nbformat": 4})), Options())
    assert {symbol.name: symbol.declared for symbol in report.symbols} == {"x": True, "y": False}
    (statement,) = [s for s in report.statements if s.verdict.value == "unclear"]
    assert report.cell(statement.line) == (2, 2)


# -- names, facts, what is given, sizes --------------------------------------------------------------------------

STEP = r"""$$a_t = W h_{t-1} + U x_t$$
$$h_t = \tanh(a_t)$$
$$p = \mathrm{softmax}(V h_2 + c)$$
$$L = -y^T \log p$$
"""


@pytest.mark.parametrize(
    ("declared", "line", "expected"),
    [
        (r"\delta_t := \partial L/\partial a_t", r"\delta_2 = (1 - h_2^2) \odot V^T (p - y)", "proved"),
        (r"\delta_t := \partial L/\partial a_t", r"\delta_2 = V^T (p - y)", "wrong"),
        (r"\delta_t := \partial L/\partial h_t", r"\delta_2 = V^T (p - y)", "proved"),
        (r"\delta_t := \partial L/\partial h_t", r"\delta_2 = (1 - h_2^2) \odot V^T (p - y)", "wrong"),
        (r"g := \partial L/\partial (V h_2 + c)", "g = p - y", "proved"),
        (r"g := \partial L/\partial (V h_2 + c)", "g = y - p", "wrong"),
        (r"g := \frac{\partial L}{\partial (V h_2 + c)}", "g = p - y", "proved"),
        (r"dV := \partial L/\partial V", "dV = (p - y) h_2^T", "proved"),
        (r"dV := \partial L/\partial V", "dV = (p + y) h_2^T", "wrong"),
        (r"dq := \partial L/\partial (V h_2 + c)", "dq = p - y", "proved"),
        (r"dq := \partial L/\partial (V h_2 + c)", "dq = y - p", "wrong"),
        (r"\delta q := \partial L/\partial (V h_2 + c)", r"\delta q = p - y", "proved"),
        (r"\phi(u) := u^3", r"\phi'(c) = 3 c^2", "proved"),
        (r"\phi(u) := u^3", r"\phi'(c) = 2 c^2", "wrong"),
        (r"e_t := y - p", r"\frac{\partial L}{\partial c} = -e_t", "proved"),
    ],
)
def test_names(declared: str, line: str, expected: str) -> None:
    assert verdicts(f"V: m x n; assume y is one-hot\n{declared}", STEP + f"$${line}$$") == [expected]


def test_a_name_of_an_expression_has_its_time() -> None:
    sheet = r"$$c_t = \sigma(W h_{t-1}) \odot c_{t-1}$$ $$L = v^T c_t$$"
    name = r"g := \partial L/\partial (W h_{t-1})"
    slope = r"$$g = v \odot c_{t-1} \odot \sigma(W h_{t-1}) \odot (1 - \sigma(W h_{t-1}))$$"
    assert verdicts(name, sheet + slope) == ["proved"]
    assert verdicts(name, sheet + slope.replace("c_{t-1}", "c_t")) == ["wrong"]


def test_a_name_of_an_expression_that_is_not_there() -> None:
    report = checked(r"g := \partial L/\partial (V h_2 + b)", STEP + "$g = p - y$")
    assert "stands in no definition" in problems(report)[0][2]
    assert report.statements[-1].verdict.value != "proved"


def test_a_definition_of_the_sheet_is_checked_against_the_declared_one() -> None:
    sheet = STEP + r"$$\delta_t = \frac{\partial L}{\partial h_t}$$"
    assert verdicts(r"\delta_t := \partial L/\partial a_t", sheet)[-1] != "proved"
    assert verdicts(r"\delta_t := \partial L/\partial h_t", sheet) == ["proved"]


@pytest.mark.parametrize(
    ("fact", "line", "right"),
    [
        ("assume y is one-hot", r"\frac{\partial L}{\partial c} = p - y", True),
        ("assume y sums to one", r"\frac{\partial L}{\partial c} = p - y", True),
        ("assume y is positive", r"\frac{\partial L}{\partial c} = p - y", False),
        ("W: n x n; assume W is symmetric", "W h_2 = W^T h_2", True),
        ("W: n x n; assume W = W^T", "W h_2 = W^T h_2", True),
        ("W: n x n; assume W is diagonal", "W h_2 = W^T h_2", True),
        ("assume c = 0", r"c = 0 \cdot c", True),
        ("U: n x d", "W h_2 = W^T h_2", False),
    ],
)
def test_facts(fact: str, line: str, right: bool) -> None:
    assert verdicts(fact, STEP + f"$${line}$$") == ["proved" if right else "wrong"]


def test_a_fact_of_the_family_holds_at_every_time() -> None:
    sheet = (
        r"$$p_t = \mathrm{softmax}(z_t)$$ $$L_t = -y_t^T \log p_t$$ $$\frac{\partial L_t}{\partial z_t} = p_t - y_t$$"
    )
    assert verdicts("assume y is one-hot", sheet) == ["proved"]
    assert verdicts("assume y_t is one-hot", sheet) == ["proved"]
    assert verdicts("y_t: n", sheet) == ["wrong"]


@pytest.mark.parametrize(
    ("fact", "message"),
    [
        ("W: n x n; assume W = 1", "which matrix is meant by 1"),
        ("W: n x d; assume W is symmetric", "square"),
        ("assume h_t is one-hot", "definition"),
        ("assume V is one-hot", "column"),
    ],
)
def test_facts_that_cannot_be_used(fact: str, message: str) -> None:
    assert message in problems(checked(fact, STEP))[0][2]


def test_given_gradients() -> None:
    chain = r"$$\frac{\partial E}{\partial h_1} = W^T \mathrm{diag}(1-h_2^2) \frac{\partial E}{\partial h_2}$$"
    wrong = chain.replace("W^T", "W")
    sheet = r"$$h_t = \tanh(W h_{t-1})$$"
    given = r"given \partial E/\partial h_2"
    assert verdicts(given, sheet + chain + wrong) == ["proved", "wrong"]
    short = r"$$\frac{\partial E}{\partial h_1} = W^T \mathrm{diag}(1-h_2^2) g$$"
    assert verdicts("given g\n" + given, sheet + short) == ["undecided"]
    assert verdicts(r"g := \partial E/\partial h_2" + "\n" + given, sheet + short) == ["proved"]


def test_what_is_defined_is_not_given() -> None:
    report = checked(r"given \partial L/\partial h_2", STEP)
    assert "L has a definition on the sheet" in problems(report)[0][2]
    assert not problems(checked("given h_0", STEP))


SIZES = "n = 200; d = 100\nW: n x (n+d); b, h_t: n; x_t: d"


@pytest.mark.parametrize(
    ("line", "right"),
    [
        ("4 (W + b) = 4(n^2 + nd + n) = 240,800", True),
        ("4 (W + b) = 240,801", False),
        ("4 (W + b) = 240,800", True),
        ("W + b = 60,200", True),
        ("n^2 + nd = n^2 + n^2/2", True),
        ("n^2 + nd = n^2 + n^2", False),
        (r"\mathrm{tr}(I) = 200", True),
        (r"\frac{1}{200} h_t = \frac{1}{n} h_t", True),
        (r"\frac{1}{200} h_t = \frac{1}{d} h_t", False),
    ],
)
def test_sizes(line: str, right: bool) -> None:
    found = verdicts(SIZES, rf"$$h_t = \sigma(W [h_{{t-1}}, x_t] + b)$$ $${line}$$")
    assert found == ["proved" if right else "wrong"]
    assert verdicts("W: n x (n+d); b, h_t: n; x_t: d", r"$$W + b = n^2 + nd + n$$") == ["proved"]


@pytest.mark.parametrize(
    ("declared", "line", "expected"),
    [
        ("X^{-1}: elementwise", r"X^{-1} \odot X \odot X = X", ["proved"]),
        ("X^{-1}: elementwise", r"X^{-1} X = I", ["wrong"]),
        ("X^{-1}: matrix", r"X^{-1} X = I", ["proved"]),
        ("Y^{-1}: elementwise", r"X^{-1} X = I", ["proved"]),
    ],
)
def test_inverses(declared: str, line: str, expected: list[str]) -> None:
    assert verdicts(f"X, Y: n x n\n{declared}", f"$${line}$$") == expected


def test_a_letter_for_time() -> None:
    sheet = r"$$h_k = \tanh(W h_{k-1})$$ $$\frac{\partial h_k}{\partial h_{k-1}} = \mathrm{diag}(1 - h_k^2) W$$"
    assert verdicts("time: k", sheet) == ["proved"]
    assert verdicts("time: k", sheet.replace("1 - h_k", "1 - h_{k-1}")) == ["wrong"]
    assert verdicts("time: j", sheet.replace("k", "j")) == ["proved"]
    shapes = {symbol.name: symbol.shape for symbol in checked("time: k; h_k: m; z_k := W h_{k-1}", sheet).symbols}
    assert (shapes["h"], shapes["z"]) == (["m"], ["m"])


def test_a_letter_for_an_index() -> None:
    sheet = r"$$p_a = \exp(z_a)$$ $$\frac{\partial p_a}{\partial z_a} = p_a$$"
    assert verdicts("index: a\np, z: n", sheet) == ["proved"]
    assert verdicts("index: a\np, z: n", sheet.replace("= p_a", "= z_a")) == ["wrong"]


# -- documentation -----------------------------------------------------------------------------------------------

PAGE = (Path(__file__).parents[2] / "docs" / "sheets.md").read_text(encoding="utf-8")
CODE = re.compile(r"`([^`]+)`")


def test_the_examples_of_the_page_are_read() -> None:
    kinds = PAGE.split("## What can be declared")[1].split("## What can go wrong")[0]
    examples = [text for text in CODE.findall(kinds) if re.search(r":=|: |^assume |^given |^rows$| = \d", text)]
    assert {read_clause(text.rstrip("…, "), 0).kind for text in examples} == set(Kind)


def test_the_page_names_every_setting_property_and_meaning() -> None:
    words = " ".join(CODE.findall(PAGE)) + PAGE.split("## Grammar")[1].split("##")[0]
    for setting, values in CHOICES.items():
        assert all(value in words for value in values), setting
    assert all(word in words for word in [*LETTERS, "vectors", "partial", "layout", *PHRASES.values()])
    assert all(sign in words for sign in SIGNS if sign.startswith("\\") and sign != r"\ast")


def test_a_planted_slip_in_an_example_is_noticed() -> None:
    with pytest.raises(Slip):
        read_clause("layout: numarator", 0)
