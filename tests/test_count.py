"""Counts against the modules of torch (and Keras where it is installed), and code that is read, never run."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
import sympy
import torch
import torch.utils.flop_counter
from click.testing import CliRunner

import gradproof
from derivations.errors import UsageError
from derivations.model_code import read_model, shape_text
from derivations.model_layers import KERAS, TORCH
from derivations.parameter_counts import KINDS, count, factored
from derivations.terms import dimension
from gradproof.cli import cli

TEXT_CLASSIFIER = """
model = Sequential()
model.add(Embedding({words}, 16, input_length=200))
model.add(LSTM(32, dropout=0.1, recurrent_dropout=0.1))
model.add(Flatten())
model.add(Dropout(0.1))
model.add(Dense(256, activation='sigmoid'))
model.add(Dense(1, activation='sigmoid'))
"""


def entries(module: torch.nn.Module) -> int:
    return sum(p.numel() for p in module.parameters())


SIZES = [(1, 1), (1, 4), (6, 1), (5, 7), (8, 8), (16, 32)]
"""Inputs and units."""


@pytest.mark.parametrize("layers", [1, 2, 3])
@pytest.mark.parametrize("directions", [1, 2])
@pytest.mark.parametrize("bias", [True, False])
@pytest.mark.parametrize("name", ["rnn", "lstm", "gru"])
def test_recurrent_layers_of_torch(name: str, layers: int, directions: int, bias: bool) -> None:
    for d, n in SIZES:
        module = getattr(torch.nn, name.upper())(d, n, layers, bias=bias, bidirectional=directions == 2)
        given = {"n": n, "d": d, "layers": layers, "directions": directions, "biases": 2 * bias}
        assert count(name, given).parameters == entries(module)


def test_multiply_adds_are_those_that_torch_does() -> None:
    """torch.utils.flop_counter counts two operations a multiply–add of a matrix product."""
    for d, n in SIZES:
        with torch.utils.flop_counter.FlopCounterMode(display=False) as flops:
            torch.nn.LSTMCell(d, n)(torch.zeros(1, d))
        elementwise = 3 * n
        assert count("lstm", {"n": n, "d": d}).multiply_adds == flops.get_total_flops() // 2 + elementwise
        assert count("gru", {"n": n, "d": d}).multiply_adds != flops.get_total_flops() // 2 + elementwise


def test_the_reset_gate_behind_the_matrix_has_two_biases() -> None:
    for d, n in SIZES:
        assert count("gru", {"n": n, "d": d, "reset_after": 1}).parameters == entries(torch.nn.GRU(d, n))
    assert factored(count("gru", {"reset_after": 1}).parameters) == "3n(d + n + 2)"
    assert factored(count("gru", {"reset_after": 1, "biases": 0}).parameters) == "3n(d + n)"


@pytest.mark.parametrize(("layers", "directions"), [(1, 1), (3, 1), (2, 2)])
def test_projection(layers: int, directions: int) -> None:
    module = torch.nn.LSTM(5, 7, layers, bidirectional=directions == 2, proj_size=3)
    given = {"n": 7, "d": 5, "layers": layers, "directions": directions, "biases": 2, "projection": 3}
    assert count("lstm", given).parameters == entries(module)


@pytest.mark.parametrize(
    ("layer", "given", "module"),
    [
        ("dense", {"n": 7, "d": 5}, lambda: torch.nn.Linear(5, 7)),
        ("dense", {"n": 7, "d": 5, "bias": 0}, lambda: torch.nn.Linear(5, 7, bias=False)),
        ("embedding", {"V": 11, "D": 4}, lambda: torch.nn.Embedding(11, 4)),
        ("conv1d", {"out": 6, "channels": 4, "kernel": 3}, lambda: torch.nn.Conv1d(4, 6, 3)),
        ("conv2d", {"out": 6, "channels": 4, "kernel": 3, "groups": 2}, lambda: torch.nn.Conv2d(4, 6, 3, groups=2)),
        ("batch-norm", {"n": 6}, lambda: torch.nn.BatchNorm1d(6)),
        ("layer-norm", {"n": 6}, lambda: torch.nn.LayerNorm(6)),
        ("attention", {"d": 8}, lambda: torch.nn.MultiheadAttention(8, 2)),
    ],
)
def test_other_layers_of_torch(layer: str, given: dict[str, int], module: object) -> None:
    assert count(layer, given).parameters == entries(module())  # type: ignore[operator]


def test_a_planted_error_is_noticed() -> None:
    assert count("lstm", {"n": 7, "d": 5}).parameters != entries(torch.nn.LSTM(5, 7))


@pytest.mark.parametrize(
    ("layer", "formula"),
    [
        ("rnn", "n(d + n + 1)"),
        ("lstm", "4n(d + n + 1)"),
        ("gru", "3n(d + n + 1)"),
        ("coupled-lstm", "3n(d + n + 1)"),
        ("mgu", "2n(d + n + 1)"),
        ("peephole-lstm", "n(4d + 4n + 7)"),
        ("embedding", "DV"),
        ("dense", "n(d + 1)"),
    ],
)
def test_formulas(layer: str, formula: str) -> None:
    assert factored(count(layer).parameters) == formula


def test_every_layer_of_the_table_is_counted() -> None:
    for layer in KINDS:
        found = count(layer)
        assert found.parameters.free_symbols
        assert found.parameters == sympy.expand(sum(amount for _, amount in found.groups))


def test_a_projection_has_a_letter_of_its_own_in_the_formula() -> None:
    found = count("lstm", {"n": 32, "d": 16, "projection": 8})
    assert factored(found.formula) == "n(4d + 5p + 4)"
    assert found.parameters == 3456


def test_the_text_of_a_model_fits_a_terminal(tmp_path: Path) -> None:
    path = tmp_path / "model.py"
    path.write_text("nn.Sequential(nn.Embedding(1,000, 8), nn.GRU(8, 24), nn.Linear(24, 5))", encoding="utf-8")
    result = CliRunner().invoke(cli, ["count", str(path)])
    assert "line 1: GRU: gives a tuple of outputs and states" in result.output
    assert max(map(len, result.output.splitlines())) <= 80


def test_values_of_a_coursework() -> None:
    assert count("lstm", {"n": 32, "d": 16}).parameters == 6272
    assert count("lstm", {"n": 200, "d": 200}).parameters == 320_800
    assert count("lstm", {"n": dimension("k"), "d": 3}).parameters == sympy.expand(
        4 * dimension("k") * (3 + dimension("k") + 1)
    )


@pytest.mark.parametrize(
    ("layer", "given", "message"),
    [
        ("lstn", {}, "there is no layer lstn"),
        ("lstm", {"m": 3}, "no option m"),
        ("lstm", {"n": 0}, "n = 0 is no size"),
        ("lstm", {"n": -4}, "is no size"),
    ],
)
def test_refusals(layer: str, given: dict[str, int], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        count(layer, given)


def test_a_keras_model() -> None:
    model = read_model(TEXT_CLASSIFIER.format(words=1000))
    assert [row.parameters for row in model.rows] == [16_000, 6_272, 0, 0, 8_448, 257]
    assert [shape_text(row.shape) for row in model.rows] == ["(200, 16)", "(32)", "(32)", "(32)", "(256)", "(1)"]
    assert model.parameters == 30_977
    assert not model.slips


def test_a_comma_in_a_number_is_named_and_the_rest_counted() -> None:
    model = read_model(TEXT_CLASSIFIER.format(words="1,000"))
    assert [slip.message for slip in model.slips] == [
        "1,000 is 2 arguments of Embedding, not a number; counted as 1000"
    ]
    assert model.slips[0].line == 3
    assert model.parameters == 30_977


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("nn.Sequential(nn.Linear(4,128), nn.Linear(64, 2))", "expects 64 features, 128 come in"),
        ("Sequential([Dense(3)])", "give the first layer its input shape"),
        ("Sequential([Dense(3, 4, 5, input_shape=(2,))])", "takes 2: units, activation"),
        ("Sequential([Dense(3, width=2, input_shape=(2,))])", "has no argument width"),
        ("Sequential([Dense(-3, input_shape=(2,))])", "is no size"),
        ("Sequential([Dense(open('x'), input_shape=(2,))])", "without running the code"),
        ("Sequential([Dense(3, input_shape=(2,), **more)])", "are not read"),
        ("Sequential([Conv2D(4, 9, input_shape=(5, 5, 1))])", "does not fit"),
    ],
)
def test_slips(code: str, message: str) -> None:
    (slip,) = read_model(code).slips
    assert message in slip.message


@pytest.mark.parametrize(
    ("code", "message"), [("x = (", "no Python"), ("x = 1", "no layer was found"), ("f(1,024)", "write 1024 for 1,024")]
)
def test_code_that_cannot_be_used(code: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        read_model(code)


def test_numbers_may_stand_beside_one_another() -> None:
    model = read_model("nn.Sequential(nn.Linear(64,128), nn.Linear(128,100))")
    assert not model.slips
    assert model.parameters == 64 * 128 + 128 + 128 * 100 + 100


def test_a_torch_model_counts_what_torch_has() -> None:
    code = """
h = 2 * 12
model = nn.Sequential(
    nn.Embedding(100, 8),
    nn.GRU(8, h, num_layers=2, bidirectional=True),
    nn.Linear(2 * h, 5, bias=False),
    nn.LayerNorm(5),
)
"""
    nn = torch.nn
    real = [nn.Embedding(100, 8), nn.GRU(8, 24, 2, bidirectional=True), nn.Linear(48, 5, bias=False), nn.LayerNorm(5)]
    assert [row.parameters for row in read_model(code).rows] == [entries(module) for module in real]


def test_an_unknown_layer_leaves_the_total_open() -> None:
    model = read_model("Sequential([Dense(3, input_shape=(2,)), Mystery(4), Dense(2)])")
    assert model.rows[1].notes == ["this layer is not known here"]
    assert model.rows[2].notes == ["what comes in is not known"]
    assert model.parameters is None
    assert not model.slips


def test_both_directions_and_every_step_of_keras() -> None:
    code = """Sequential([
        Input((20, 6)), Bidirectional(GRU(5, return_sequences=True)), TimeDistributed(Dense(4)),
        Bidirectional(LSTM(3), merge_mode='sum'), Dense(2)])"""
    model = read_model(code)
    assert [row.layer for row in model.rows][1:4] == [
        "Bidirectional(GRU)",
        "TimeDistributed(Dense)",
        "Bidirectional(LSTM)",
    ]
    assert [shape_text(row.shape) for row in model.rows][1:] == ["(20, 10)", "(20, 4)", "(3)", "(2)"]
    assert [row.parameters for row in model.rows][1:] == [2 * 3 * 5 * (6 + 5 + 2), 4 * 11, 2 * 4 * 3 * (4 + 3 + 1), 8]
    (slip,) = read_model("Sequential([Bidirectional(32)])").slips
    assert "Bidirectional needs a layer" in slip.message


def test_keras_agrees_where_it_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    keras = pytest.importorskip("keras")
    layers = keras.layers
    code = """Sequential([
        Input((20, 6)), Conv1D(8, 3, padding='same'), BatchNormalization(), GRU(5, return_sequences=True),
        Bidirectional(LSTM(4, return_sequences=True)), GRU(2, reset_after=False, return_sequences=True),
        SimpleRNN(3), Dense(2)])"""
    real = [layers.Conv1D(8, 3, padding="same"), layers.BatchNormalization(), layers.GRU(5, return_sequences=True)]
    real += [layers.Bidirectional(layers.LSTM(4, return_sequences=True))]
    real += [layers.GRU(2, reset_after=False, return_sequences=True), layers.SimpleRNN(3), layers.Dense(2)]
    keras.Sequential([layers.Input((20, 6)), *real])
    assert [row.parameters for row in read_model(code).rows][1:] == [layer.count_params() for layer in real]


def test_every_layer_of_the_tables_is_named_as_in_torch() -> None:
    assert all(hasattr(torch.nn, name) for name in TORCH)
    assert "LSTM" in KERAS


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("sheet.tex", "Words.\n\\begin{lstlisting}[language=Python]\nCODE\\end{lstlisting}\n"),
        ("sheet.md", "Words.\n\n```\nCODE```\n"),
        ("model.py", "CODE"),
    ],
)
def test_a_model_in_a_file_of_any_kind(tmp_path: Path, name: str, text: str) -> None:
    path = tmp_path / name
    path.write_text(text.replace("CODE", TEXT_CLASSIFIER.format(words=1000)), encoding="utf-8")
    assert gradproof.count(path).parameters == 30_977


def test_a_model_in_a_notebook(tmp_path: Path) -> None:
    cells = [
        {"cell_type": "markdown", "source": "Words."},
        {"cell_type": "code", "source": ["%matplotlib inline\n", "!pip install keras\n", "n = 4\n"]},
        {"cell_type": "code", "source": TEXT_CLASSIFIER.format(words=1000)},
    ]
    path = tmp_path / "model.ipynb"
    path.write_text(json.dumps({"cells": cells, "nbformat": 4}), encoding="utf-8")
    assert gradproof.count(path).parameters == 30_977


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (["count", "lstn"], 2, "did you mean lstm?"),
        (["count", "lstm(n=32, d=16)"], 0, "4n(d + n + 1) = 6,272"),
        (["count", "gru(n=200, d=200, biases=2)"], 0, "241,200"),
        (["count", "lstm(32)"], 2, "write sizes by name"),
        (["count", "nothing"], 2, "there is no layer"),
        (["count", "nothing.py"], 2, "there is no such file"),
    ],
)
def test_command(arguments: list[str], code: int, expected: str, capsys: pytest.CaptureFixture[str]) -> None:
    monkey = pytest.MonkeyPatch()
    monkey.setattr(sys, "argv", ["gradproof", *arguments])
    from gradproof.cli import main

    with pytest.raises(SystemExit) as ended:
        main()
    monkey.undo()
    written = capsys.readouterr()
    assert ended.value.code == code
    assert expected in written.out + written.err


def test_a_model_in_a_sheet(tmp_path: Path) -> None:
    sheet = tmp_path / "sheet.md"
    sheet.write_text(f"Some words.\n\n```python\n{TEXT_CLASSIFIER.format(words='1,000')}```\n", encoding="utf-8")
    result = CliRunner().invoke(cli, ["count", str(sheet), "--format", "json"])
    found = json.loads(result.output)
    assert result.exit_code == 1
    assert found["parameters"] == "30977"
    assert found["slips"][0]["line"] == 6
    assert gradproof.count(sheet).parameters == 30_977
