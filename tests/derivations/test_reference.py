"""A sheet held against a reference: what counts as the same result, and what must not."""

from __future__ import annotations

import pytest

from derivations.check import Options, check_sheet
from derivations.comparison import Comparison, Result, Status
from derivations.errors import UsageError
from derivations.reading.places import Source
from derivations.reference import Required, Terms, compare

CELL = r"""# A recurrent cell

$$h_t = \tanh(a_t), \qquad a_t = W x_t + U h_{t-1} + b$$

$$L_t = \frac{1}{2}(h_t - y_t)^2$$

Within the second step:
"""
LOSS = r"$$\frac{\partial L_2}{\partial h_2} = h_2 - y_2$$"
WEIGHTS = r"$$\frac{\partial L_2}{\partial W} = ((h_2 - y_2) \odot (1 - h_2 \odot h_2)) x_2^\top$$"
BIAS = r"$$\frac{\partial L_2}{\partial b} = (h_2 - y_2) \odot (1 - h_2 \odot h_2)$$"
REFERENCE = "\n\n".join([CELL, LOSS, WEIGHTS, BIAS])
NEEDED = Required.of(Source("reference.md", REFERENCE), Options())
ONLY_CLAIMS = Terms({}, definitions=False)


def against(sheet: str, terms: Terms = ONLY_CLAIMS, needed: Required = NEEDED) -> Comparison:
    source = Source("sheet.md", sheet)
    return compare(source, check_sheet(source), needed, terms)


def about(found: Comparison, words: str) -> Result:
    return next(x for x in found.results if words in x.latex.split("=")[0])


def sheet(*lines: str, cell: str = CELL) -> str:
    return "\n\n".join([cell, *lines])


def test_the_reference_has_all_of_itself() -> None:
    found = against(REFERENCE, Terms({}))
    assert {x.status for x in found.results} == {Status.PRESENT}
    assert len(found.results) == 6
    assert (found.exit_code, found.differences) == (0, ())


@pytest.mark.parametrize(
    "line",
    [
        r"$$\nabla_W L_2 = \mathrm{diag}(1 - h_2 \odot h_2)(h_2 - y_2) x_2^T$$",
        r"$$\partial L_2/\partial W = (1 - \tanh^2(a_2)) \odot (h_2 - y_2) \cdot x_2^T$$",
        r"$$\delta = (h_2 - y_2) \odot (1 - h_2^2)$$ $$\frac{\partial L_2}{\partial W} = \delta x_2^\top$$",
        r"$$\delta_2 = \frac{\partial L_2}{\partial a_2} = (h_2 - y_2) \odot (1 - h_2^2)$$"
        r" $$\frac{\partial L_2}{\partial W} = \delta_2 x_2^\top$$",
        r"$$\frac{\partial L_2}{\partial W} = \frac{\partial L_2}{\partial a_2} x_2^\top$$"
        r" $$\frac{\partial L_2}{\partial a_2} = (h_2 - y_2) \odot (1 - h_2^2)$$",
        r"$$((h_2 - y_2) \odot (1 - h_2 \odot h_2)) x_2^\top = \frac{\partial L_2}{\partial W}$$",
        r"$$\frac{\partial L_2}{\partial W} = x_2 ((h_2 - y_2) \odot (1 - h_2 \odot h_2))^\top$$",
    ],
)
def test_a_result_in_another_notation_counts_if_it_is_right(line: str) -> None:
    found = about(against(sheet(line)), "partial W")
    assert found.status is Status.PRESENT, found.reason


def test_what_is_missing_is_listed_with_its_line() -> None:
    found = against(sheet(LOSS, BIAS))
    missing = [x for x in found.results if x.status is Status.MISSING]
    assert [(x.line, x.lines) for x in missing] == [(REFERENCE[: REFERENCE.index(WEIGHTS)].count("\n") + 1, ())]
    assert found.exit_code == 1


def test_what_is_there_but_wrong_is_said_to_be() -> None:
    found = against(sheet(LOSS, WEIGHTS, BIAS.replace("1 - h_2", "1 + h_2")))
    assert about(found, "partial b").status is Status.WRONG
    assert "wrong" in about(found, "partial b").reason
    assert found.exit_code == 1


def test_a_right_end_by_two_slips_is_wrong() -> None:
    value = r"(h_2 - y_2) \odot (1 - h_2 \odot h_2)"
    own = sheet(rf"$$\frac{{\partial L_2}}{{\partial b}} = {value.replace('- y', '+ y')} = {value}$$")
    assert about(against(own), "partial b").status is Status.WRONG


@pytest.mark.parametrize(
    "value",
    [
        r"\frac{\partial L_2}{\partial W}",
        r"\frac{\partial L_2}{\partial a_2} x_2^\top",
        r"\frac{\partial L_2}{\partial a_2} x_2^\top = \frac{\partial L_2}{\partial W}",
    ],
)
def test_a_value_that_is_not_worked_out_is_for_a_person(value: str) -> None:
    found = about(against(sheet(rf"$$\frac{{\partial L_2}}{{\partial W}} = {value}$$")), "partial W")
    assert found.status is Status.OPEN


def test_a_derivative_hidden_behind_a_name_is_not_worked_out() -> None:
    hidden = r"$$q = \frac{\partial L_2}{\partial a_2} x_2^\top$$ $$\frac{\partial L_2}{\partial W} = q$$"
    assert about(against(sheet(hidden)), "partial W").status is Status.OPEN


def test_two_derivatives_by_each_other_are_not_worked_out() -> None:
    circle = (
        r"$$\frac{\partial L_2}{\partial b} = \frac{\partial L_2}{\partial a_2}$$"
        r" $$\frac{\partial L_2}{\partial a_2} = \frac{\partial L_2}{\partial b}$$"
    )
    assert about(against(sheet(circle)), "partial b").status is Status.OPEN


def test_right_and_wrong_about_one_quantity_is_for_a_person() -> None:
    found = about(against(sheet(BIAS, BIAS.replace("1 - h_2", "1 + h_2"))), "partial b")
    assert (found.status, len(found.lines)) == (Status.OPEN, 2)


def test_a_line_on_the_way_does_not_take_the_result_away() -> None:
    chain = r"$$\frac{\partial L_2}{\partial b} = \frac{\partial L_2}{\partial a_2}$$"
    assert about(against(sheet(chain, BIAS)), "partial b").status is Status.PRESENT


def test_a_line_that_could_not_be_settled_does() -> None:
    unsettled = r"$$\frac{\partial L_2}{\partial b} = (h_2 - y_2) \odot q_2$$"
    assert about(against(sheet(unsettled, BIAS)), "partial b").status is Status.OPEN


def test_what_cannot_be_read_may_be_what_is_missing() -> None:
    found = against(sheet(LOSS, WEIGHTS, r"$$\frac{\partial L_2}{\partial b} = \foo(h_2$$"))
    assert about(found, "partial b").status is Status.OPEN
    assert found.exit_code in (1, 3)


OTHER_CELLS = [
    CELL.replace(r"\tanh(a_t)", r"\sigma(a_t)"),
    CELL.replace("- y_t)^2", "+ y_t)^2"),
    CELL.replace("U h_{t-1} + b", "U h_{t-1} + 2 b"),
]


@pytest.mark.parametrize("cell", OTHER_CELLS)
def test_no_credit_under_other_definitions(cell: str) -> None:
    found = against(sheet(LOSS, WEIGHTS, BIAS, cell=cell))
    assert found.differences
    assert about(found, "partial W").status is not Status.PRESENT


def test_a_right_result_of_another_cell_is_for_a_person_unless_own_definitions_are_fine() -> None:
    own = sheet(r"$$\frac{\partial L_2}{\partial h_2} = h_2 + y_2$$", cell=OTHER_CELLS[1])
    assert about(against(own), "partial h").status is Status.OPEN
    fine = about(against(own, Terms({}, own_definitions=True, definitions=False)), "partial h")
    assert fine.status is Status.PRESENT
    assert "own" in fine.reason


def test_a_name_that_the_reference_leaves_open_may_not_be_defined() -> None:
    found = against(sheet(r"$$x_t = 0$$", r"$$\frac{\partial L_2}{\partial W} = 0$$"))
    assert about(found, "partial W").status is not Status.PRESENT
    assert "x" in {name for x in found.differences for name in x.names}


def test_a_start_that_the_reference_leaves_open_may_not_be_defined() -> None:
    needed = Required.of(
        Source("r.md", sheet(r"$$\frac{\partial h_1}{\partial U} = \frac{\partial h_1}{\partial U}$$")), Options()
    )
    found = against(sheet(r"$$h_0 = 0$$"), Terms({}), needed)
    assert ("h",) in [x.names for x in found.differences]


RENAMED = {"s": "h", "V": "W", "R": "U", "c": "b", "E": "L", "z": "a"}


def renamed(text: str) -> str:
    for other, own in (("h_", "s_"), ("W", "V"), ("U", "R"), (" b", " c"), ("L_", "E_"), ("a_", "z_")):
        text = text.replace(other, own)
    return text


def test_names_may_differ_by_a_table() -> None:
    own = renamed(REFERENCE)
    assert "s_t = \\tanh(z_t)" in own
    found = against(own, Terms(RENAMED))
    assert {x.status for x in found.results} == {Status.PRESENT}, [x.reason for x in found.results]
    assert {x.status for x in against(own).results} == {Status.MISSING}


def test_a_table_does_not_make_two_names_one() -> None:
    swapped = WEIGHTS.replace("{\\partial W}", "{\\partial U}").replace("x_2^", "h_1^")
    found = against(sheet(LOSS, swapped), Terms({"U": "W"}, definitions=False))
    assert about(found, "partial W").status is not Status.PRESENT
    assert found.notes
    with pytest.raises(UsageError, match="same name"):
        against(sheet(LOSS), Terms({"U": "W", "V": "W"}))


def test_a_name_is_not_taken_for_one_that_the_sheet_uses_too() -> None:
    own = WEIGHTS.replace("partial W", "partial U")
    terms = Terms({"U": "W"}, definitions=False)
    assert about(against(own, terms), "partial W").status is Status.PRESENT
    assert about(against(own + "\n\n$$q = W x_2$$", terms), "partial W").status is not Status.PRESENT


def test_two_names_may_be_swapped() -> None:
    cell = CELL.replace("W x_t + U h", "U x_t + W h")
    own = sheet(WEIGHTS.replace("partial W", "partial U"), cell=cell)
    assert about(against(own, Terms({"U": "W", "W": "U"}, definitions=False)), "partial W").status is Status.PRESENT
    assert about(against(own), "partial W").status is not Status.PRESENT


def test_a_reference_with_slips_asks_only_for_what_is_right_in_it() -> None:
    needed = Required.of(Source("r.md", sheet(LOSS, BIAS.replace("1 - h_2", "1 + h_2"))), Options())
    found = against(sheet(LOSS), ONLY_CLAIMS, needed)
    assert [x.latex for x in found.results] == [LOSS.strip("$")]
    assert [verdict for _, verdict in found.passed_over] == ["wrong"]


def test_a_reference_without_anything_right_is_refused() -> None:
    with pytest.raises(UsageError, match="nothing"):
        Required.of(Source("r.md", r"$$\frac{\partial \sigma}{\partial x} = \sigma(x)(1 + \sigma(x))$$"), Options())


def test_a_short_sheet_answers_in_the_names_of_the_reference() -> None:
    """Definitions stand in the question: the answer alone is judged by those of the reference."""
    found = against("\n\n".join([LOSS, WEIGHTS, BIAS]))
    assert all(x.status is Status.PRESENT for x in found.results), [x.reason for x in found.results]
    wrong = about(against(WEIGHTS.replace("1 - h_2", "1 + h_2")), "partial W")
    assert wrong.status in (Status.OPEN, Status.WRONG)


def test_a_derivative_may_be_known() -> None:
    own = sheet(r"$$\frac{\partial L_2}{\partial b} = \frac{\partial L_2}{\partial h_2} \odot (1 - h_2 \odot h_2)$$")
    assert about(against(own), "partial b").status is Status.OPEN
    terms = Terms({}, definitions=False, known=(r"\partial L_2/\partial h_2",))
    assert about(against(own, terms), "partial b").status is Status.PRESENT


def test_the_records_are_the_same_every_time() -> None:
    own = sheet(LOSS, WEIGHTS)
    assert against(own).to_json() == against(own).to_json()


# What stands for every time, or in other letters


@pytest.mark.parametrize("t", ["t", "t+1", "s"])
def test_what_holds_at_every_time_holds_at_one(t: str) -> None:
    line = WEIGHTS.replace("_2", f"_{{{t}}}")
    found = about(against(sheet(line)), "partial W")
    assert found.status is (Status.MISSING if t == "s" else Status.PRESENT), found.reason
    other = about(against(sheet(line.replace(f"x_{{{t}}}", "x_{t-1}"))), "partial W")
    assert other.status is not Status.PRESENT


SLOPES = Required.of(
    Source(
        "r.md", "$$\\sigma'(x) = \\sigma(x)(1-\\sigma(x))$$\n\n$$\\frac{\\partial\\tanh}{\\partial x} = 1-\\tanh^2(x)$$"
    ),
    Options(),
)


@pytest.mark.parametrize(
    ("line", "status"),
    [
        (r"$$\sigma'(z) = \sigma(z) - \sigma(z)^2$$", Status.PRESENT),
        (r"$$\frac{d\sigma}{du} = \sigma(u) \sigma(-u)$$", Status.PRESENT),
        (r"$$\frac{\partial\sigma(z)}{\partial z} = \sigma(z)(1 - \sigma(z))$$", Status.PRESENT),
        (r"$$\sigma'(z) = \sigma(z)(1 + \sigma(z))$$", Status.WRONG),
        (r"$$\sigma'(z) = \sigma(y)(1 - \sigma(y))$$", Status.WRONG),
        (r"$$\sigma'(z) = \frac{d\sigma}{dz}$$", Status.OPEN),
        (r"$$\sigma'(z) = \sigma'(-z)$$", Status.OPEN),
        (r"$$\tanh'(z) = 1 - \tanh^2(z)$$", Status.MISSING),
    ],
)
def test_slopes_of_functions(line: str, status: Status) -> None:
    found = about(against(line, ONLY_CLAIMS, SLOPES), "sigma")
    assert found.status is status, found.reason


def test_a_function_that_the_reference_leaves_open_may_not_be_defined() -> None:
    cell = "$$h_t = \\phi(W x_t)$$\n\n$$L_t = \\frac12 (h_t-y_t)^2$$\n\n"
    gradient = "$$\\frac{\\partial L_t}{\\partial W} = ((h_t-y_t)\\odot \\phi'(W x_t)) x_t^T$$"
    needed = Required.of(Source("r.md", cell + gradient), Options())
    assert about(against(cell + gradient, ONLY_CLAIMS, needed), "partial W").status is Status.PRESENT
    linear = "$$\\phi(x) = x$$\n\n" + cell + "$$\\frac{\\partial L_t}{\\partial W} = (h_t-y_t) x_t^T$$"
    found = against(linear, ONLY_CLAIMS, needed)
    assert about(found, "partial W").status is Status.OPEN
    assert ("phi",) in [x.names for x in found.differences]


def test_counts_in_words() -> None:
    said = "The LSTM with 32 units and 16 inputs has {} parameters.\n\n$$a = b$$\n"
    needed = Required.of(Source("r.md", said.format("6,272")), Options())
    for text, status in (("6272", Status.PRESENT), ("6273", Status.WRONG)):
        own = said.format(text).replace("32 units and 16 inputs", "16 inputs and 32 units")
        assert about(against(own, ONLY_CLAIMS, needed), "LSTM").status is status
    assert about(against("$$a = b$$\n", ONLY_CLAIMS, needed), "LSTM").status is Status.MISSING


def test_a_start_of_the_sheet_is_told_and_changes_nothing_else() -> None:
    found = against(sheet("$$h_0 = 0$$", LOSS, WEIGHTS, BIAS))
    assert {x.status for x in found.results} == {Status.PRESENT}
    assert [x.names for x in found.differences] == [("h",)]


def test_a_declared_definition_is_compared_as_well() -> None:
    found = against(
        "<!-- gradproof: h_t := \\sigma(a_t) -->\n" + sheet(LOSS, cell=CELL.replace("h_t = \\tanh(a_t), ", ""))
    )
    assert found.differences
    assert about(found, "partial h").status is not Status.PRESENT


@pytest.mark.parametrize(
    "smuggled",
    [
        r"$$q <!-- gradproof: h_t := 0 --> = 0$$",
        "$$q = 0 % gradproof: h_t := 0\n$$",
        r"$$q <!-- gradproof: y_t := h_t --> = 0$$",
        r"$$q = 0 \text{ all quantities are scalars}$$",
        r"$$q = 0 \text{ where } x_2 = 0$$",
        r"$$q = 0 \text{ suppose } h_2 = y_2$$",
        r"$$\text{for } h_2 = y_2, \quad q = 0$$",
        r"$$W = 0$$",
        r"$$h_2 = y_2$$",
        r"$$W \in \mathbb{R}^{1 \times 1}$$ $$x_t \in \mathbb{R}$$",
        r"$$n = d = 1$$",
        r"$$\odot = +$$",
    ],
)
@pytest.mark.parametrize("suffix", [".md", ".tex"])
def test_nothing_is_smuggled_into_the_world_of_the_reference(smuggled: str, suffix: str) -> None:
    needed = Required.of(Source("r" + suffix, REFERENCE), Options())
    for line in (r"$$\frac{\partial L_2}{\partial W} = 0$$", WEIGHTS.replace("1 - h_2", "1 + h_2")):
        source = Source("s" + suffix, sheet(smuggled, line))
        found = compare(source, check_sheet(source), needed, ONLY_CLAIMS)
        assert about(found, "partial W").status is not Status.PRESENT, found


def test_a_sheet_that_changes_the_shapes_of_the_reference_has_nothing_of_it() -> None:
    found = against(sheet("$$q = x_2 + h_2$$", WEIGHTS))
    assert about(found, "partial W").status is Status.OPEN
    assert "shapes" in found.notes[0]


LOSSES = [r"\frac{1}{2}\|h_t - y_t\|^2", r"\frac{1}{2}(h_t - y_t)^T (h_t - y_t)", r"\frac{1}{2}(y_t - h_t)^2"]


@pytest.mark.parametrize("loss", LOSSES)
def test_one_definition_in_another_form(loss: str) -> None:
    own = sheet(LOSS, WEIGHTS, BIAS, cell=CELL.replace(r"\frac{1}{2}(h_t - y_t)^2", loss))
    needed = Required.of(Source("r.md", own), Options())
    for first, second in ((own, NEEDED), (REFERENCE, needed)):
        found = against(first, Terms({}), second)
        assert {x.status for x in found.results} == {Status.PRESENT}, [x.reason for x in found.results]
        assert not found.differences


@pytest.mark.parametrize("loss", [r"\frac{1}{2}\|h_t + y_t\|^2", r"\|h_t - y_t\|^2", r"\frac{1}{2}(h_t - y_t)^3"])
def test_another_definition_in_a_like_form(loss: str) -> None:
    found = against(sheet(LOSS, cell=CELL.replace(r"\frac{1}{2}(h_t - y_t)^2", loss)), Terms({}))
    assert ("L",) in [x.names for x in found.differences]
    assert about(found, "L").status is not Status.PRESENT


def test_two_definitions_of_one_name_are_both_compared() -> None:
    for first, second in (("", "2 "), ("2 ", "")):
        own = sheet(f"$$h_t = \\tanh({first}a_t)$$", f"$$h_t = \\tanh({second}a_t)$$", LOSS, cell="")
        assert about(against(own, Terms({})), "h_t").status is not Status.PRESENT


def test_a_cell_may_be_written_in_one_line_or_in_two() -> None:
    two = r"h_t = \tanh(a_t), \qquad a_t = W x_t + U h_{t-1} + b"
    own = sheet(LOSS, WEIGHTS, BIAS, cell=CELL.replace(two, r"h_t = \tanh(W x_t + U h_{t-1} + b)"))
    needed = Required.of(Source("r.md", own), Options())
    assert {x.status for x in against(REFERENCE, Terms({}), needed).results} == {Status.PRESENT}
    found = against(own, Terms({}))
    assert [x.latex for x in found.results if x.status is not Status.PRESENT] == ["a_t = W x_t + U h_{t-1} + b"]


# Planted slips: no result that a slip makes wrong may be there

EDITS = [("-", "+"), ("h_2", "h_1"), ("x_2", "x_1"), (r"\odot", "+"), ("y_2", "h_2"), ("(1", "(2")]


def slipped(line: str) -> list[str]:
    """A line with one slip on its right side, in every place."""
    left, right = line.split(" = ")
    places = [(old, new, k) for old, new in EDITS for k in range(len(right)) if right.startswith(old, k)]
    return [f"{left} = {right[:k]}{new}{right[k + len(old) :]}" for old, new, k in places]


SLIPS = [("partial h", x) for x in slipped(LOSS)] + [("partial W", x) for x in slipped(WEIGHTS)]


@pytest.mark.parametrize(("name", "line"), SLIPS)
def test_no_planted_slip_is_taken_for_a_result(name: str, line: str) -> None:
    assert about(against(sheet(line)), name).status is not Status.PRESENT


def test_there_are_slips_and_they_are_slips() -> None:
    assert len(SLIPS) > 10
    assert not {line for _, line in SLIPS} & {LOSS, WEIGHTS}


def test_shorthand_is_there_with_a_note() -> None:
    found = about(against(sheet(WEIGHTS.replace(r"^\top", ""))), "partial W")
    assert (found.status, len(found.notes)) == (Status.PRESENT, 1)
    assert "outer product" in found.reason
    assert about(against(sheet(WEIGHTS)), "partial W").notes == ()


DEFINITION_EDITS = [
    ("\\tanh", "\\sigma"),
    ("W x_t", "2 W x_t"),
    ("+ b", "- b"),
    ("- y_t", "+ y_t"),
    ("h_{t-1}", "h_{t-2}"),
]


@pytest.mark.parametrize(("old", "new"), DEFINITION_EDITS)
def test_no_result_is_there_under_a_definition_with_a_slip(old: str, new: str) -> None:
    found = against(sheet(LOSS, WEIGHTS, BIAS, cell=CELL.replace(old, new)))
    assert about(found, "partial W").status is not Status.PRESENT
    assert found.differences
