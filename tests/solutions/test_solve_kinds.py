"""Every kind of question: the answer is proved, checked again, and a question that cannot be answered is told."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree

import pytest

import gradproof
from derivations.cells import CELLS, cell
from derivations.errors import UsageError
from derivations.report import Verdict
from derivations.solutions.document import Chain, Equations, Line, Sheet
from derivations.solutions.drawing import svg, tikz
from derivations.solutions.graph import cell_drawing, network_drawing
from derivations.solutions.notation import notation
from derivations.solutions.proving import NotProvedError, prove
from gradproof.solving.solution import NotAnsweredError, Solution

QUESTIONS = {
    "count": ("count: lstm(n=32, d=16)", 2, "6272"),
    "count of any size": ("count: gru(reset_after=1)", 1, "3 n (d + n + 2)"),
    "count of a model": (
        "count: model\ncode:\n  model = Sequential()\n  model.add(Embedding(1000, 16, input_length=200))\n"
        "  model.add(LSTM(32))\n  model.add(Dense(256))\n  model.add(Dense(1))",
        1,
        "16000 + 6272 + 8448 + 257 = 30977",
    ),
    "gates": ("gates: lstm\ngoals: keep, renew", 2, "Yes. If $i_t = 0$ and $f_t = 1$ then"),
    "compare": ("compare: gru-before, lstm", 2, "c_t = z_t \\odot c_{t-1} + (1 - z_t) \\odot g_t"),
    "identity": ("identity: \\tanh(x) = 2 \\sigma(2x) - 1", 1, "equal normal forms"),
    "identity with definitions": (
        "identity: \\frac{\\partial L}{\\partial x} = W^T (y - r)\nwith:\n  y = W x\n"
        "  L = \\frac{1}{2} \\|y - r\\|^2\ndeclare:\n  W: m x n; x: n; r: m",
        1,
        "Given:",
    ),
    "conv": ("conv: 1 2; 3 4\nfilters: 1 0; 0 -1\npadding: valid", 2, "1 \\cdot 1 + 0 \\cdot 2 + 0 \\cdot 3"),
    "block": (
        "block: -1 -1; 1 1\nfilters: 1 1 1; -1 -1 -1; 1 1 1 | 1 -1 1; 1 -1 1; 1 -1 1",
        13,
        "\\begin{bmatrix} 0 & 0 \\\\ 1 & 1 \\end{bmatrix}",
    ),
    "inpaint": ("inpaint: 1", 8, "P(A=1 \\mid P, F) = \\sigma("),
    "inpaint a patch": ("inpaint: 4", 8, "P(A=1, B=1, C=1, D=1, P, F)"),
    "time gate": ("plot: time-gate\ntau: 2\nr-on: 0.1", 15, "\\frac{\\partial k}{\\partial t}"),
    "norms": ("plot: gradient-norms\ncells: rnn, lstm\nT: 5\nn: 4\nd: 2\nseeds: 2", 0, "| steps between |"),
    "activation": ("plot: activation\nfunction: tanh", 1, "1 - \\tanh^2(x)"),
    "kink": ("plot: activation\nfunction: relu", 1, "This holds provided that x ≠ 0."),
    "diagram": ("diagram: gru-before", 0, "](diagram-2.svg)"),
    "unrolled": ("diagram: lstm\nsteps: 3", 0, "over 3 steps"),
    "answer": ("answer:\n  Padding, or\n  a mask $m_t$.", 0, "Padding, or\na mask"),
}


def solved(question: str, **options: str) -> Solution:
    return gradproof.solve(f"```gradproof\n{question}\n```\n", **options)  # type: ignore[arg-type]


@pytest.mark.parametrize("name", QUESTIONS)
def test_answers_are_proved_and_checked_again(name: str) -> None:
    question, proved, shown = QUESTIONS[name]
    solution = solved(question)
    written = solution.to_markdown()
    assert shown in written
    assert solution.evidence.proved == proved
    report = gradproof.check(written, torch=False)
    assert {x.verdict for x in report.statements} <= {Verdict.GIVEN, Verdict.PROVED}
    assert sum(step.verdict is Verdict.PROVED for x in report.statements for step in x.steps) == proved


@pytest.mark.parametrize("name", ["goodfellow", "deeplearning-ai", "graves", "torch"])
@pytest.mark.parametrize("question", ["gates: gru-before", "gates: peephole-lstm\ngoals: keep"])
def test_gates_in_every_notation(name: str, question: str) -> None:
    solution = solved(question, notation=name)
    assert gradproof.check(solution.to_markdown(), torch=False).exit_code == 0
    assert solution.evidence.proved >= 1


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("identity: \\tanh(x) = \\sigma(2x) - 1", "is wrong, not proved"),
        ("identity: \\tanh(x) = y", "not"),
        ("identity: q_t = 2 r_t", "is not a claim to the checker"),
        ("answer:\n  As $2 + 2 = 5$.", "wrong"),
    ],
)
def test_what_is_not_proved_is_not_answered(question: str, message: str) -> None:
    with pytest.raises(NotAnsweredError, match=message):
        solved(question)


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("count: lstn(n=3)", "did you mean"),
        ("count: model\ncode: model = Sequential()\n", "model"),
        ("gates: lstm\ngoals: fly", "there is no goal fly"),
        ("compare: lstm", "name two cells"),
        ("identity: \\tanh(x)", "is no equation"),
        ("conv: 1 2; 3\nfilters: 1", "the rows of a matrix have one length"),
        ("conv: 1 2; 3 4\nfilters: 1 1 1\npadding: some", "padding: some is none of"),
        ("block: 1 2; 3 4", "give the filters"),
        ("inpaint: 9", "no whole number from 1 to 4"),
        ("plot: loss", "there is no plot loss"),
        ("plot: time-gate\ntau: soon", "tau: soon is no number"),
        ("plot: time-gate\ntau: 1/0", "tau: 1/0 is no number"),
        ("diagram: unknown-cell", "there is no cell"),
        ("experiment: nowhere", "the results cannot be read"),
        ("answer:", "write the answer"),
        ("derive: equations", "behind the key equations"),
    ],
)
def test_questions_that_cannot_be_answered_are_told_with_their_place(question: str, message: str) -> None:
    with pytest.raises(UsageError, match=message) as caught:
        solved(question)
    assert str(caught.value).startswith("<text>:")


def test_the_cell_of_the_blocks_own_equations() -> None:
    question = "derive: equations\nby: U, W\nover: 2\nloss: any\nequations:\n  h_t = \\tanh(U x_t + W h_{t-1})"
    solution = solved(question, notation="graves")
    assert solution.evidence.proved >= 4
    assert gradproof.check(solution.to_markdown()).exit_code == 0


def test_a_definition_does_not_pass_for_a_proof() -> None:
    with pytest.raises(NotProvedError, match="not a claim"):
        prove(Sheet((Chain("q_t", (Line("2 r_t"),)),)))


def test_what_is_not_read_does_not_pass() -> None:
    with pytest.raises(NotProvedError):
        prove(Sheet((Equations((("", "r_t"),)),)))


# Diagrams


@pytest.mark.parametrize("name", CELLS)
def test_every_cell_can_be_drawn(name: str) -> None:
    drawing = cell_drawing(cell(name), notation("standard"))
    keys = {box.key for box in drawing.boxes}
    assert {after for _, after in cell(name).states} <= {k.replace("_1", "_t") for k in keys}
    assert all(arrow.tail in keys and arrow.head in keys for arrow in drawing.arrows)
    assert all(drawing.places[a.tail][0] < drawing.places[a.head][0] for a in drawing.arrows)
    assert len(set(drawing.places.values())) == len(drawing.boxes)
    ElementTree.fromstring(svg(drawing))
    assert tikz(drawing).count(r"\node") >= len(drawing.boxes)
    assert svg(cell_drawing(cell(name), notation("standard"))) == svg(drawing)


def test_weights_stand_at_the_arrows_that_they_belong_to() -> None:
    arrows = {(a.tail, a.head): a.label for a in cell_drawing(cell("gru-before"), notation("standard")).arrows}
    assert arrows[("x_1", "z_1")] == "W_{xz}"
    assert arrows[("h_0", "z_1")] == "W_{hz}"
    assert arrows[("z_1", "h_1")] == ""
    assert arrows[("r_1", r"\tilde{h}_1")] == "W_{hg}"


def test_a_network_passes_its_states_on() -> None:
    drawing = network_drawing(cell("lstm"), notation("deeplearning-ai"), 2)
    pairs = {(a.tail, a.head) for a in drawing.arrows}
    assert {("c_0", "step 1"), ("step 1", "c_1"), ("c_1", "step 2"), ("x_2", "step 2"), ("h_2", "loss")} <= pairs
    assert r"a^{\langle 1 \rangle}" in tikz(drawing)


# Experiments


def results(folder: Path, **changes: object) -> Path:
    place = folder / "rows"
    place.mkdir()
    found = {
        "task": "rows",
        "seeds": [0, 1],
        "table": {"columns": ["model", "accuracy"], "rows": [["lstm 32", 0.9616], ["gru 32", 0.9678]]},
        "figures": [{"file": "curves.png", "caption": "Costs $5"}],
    } | changes
    (place / "results.json").write_text(json.dumps(found), encoding="utf-8")
    (place / "curves.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(20))
    sheet = folder / "sheet.md"
    sheet.write_text("```gradproof\nexperiment: rows\n```\n", encoding="utf-8")
    return sheet


def test_results_become_a_table_and_figures(tmp_path: Path) -> None:
    written = gradproof.solve(results(tmp_path)).to_markdown()
    assert "| gru 32 | 0.9678 |" in written
    assert "](experiment-2-1.png)" in written
    assert "$5" not in written


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"table": {"columns": ["a"], "rows": [[1, 2]]}}, "a row of the table"),
        ({"table": []}, "there is no table"),
        ({"figures": [{"file": "../secret.png"}]}, "no picture of this folder"),
        ({"figures": [{"file": "results.json.png"}]}, "cannot be read"),
    ],
)
def test_results_that_cannot_be_used_are_told(changes: dict[str, object], message: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=message):
        gradproof.solve(results(tmp_path, **changes))
