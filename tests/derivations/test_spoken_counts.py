"""Counts that words state: which sentences are claims, and what is said of them."""

from __future__ import annotations

import pytest
import torch

from derivations.check import Options, check_sheet
from derivations.layer_claims import expected, slips
from derivations.reading.documents import read_document
from derivations.reading.places import Source
from derivations.report import StatementReport
from derivations.spoken_counts import SpokenCount, spoken_counts
from derivations.understanding import understanding


def spoken(text: str) -> list[SpokenCount]:
    return list(spoken_counts(text, read_document(Source("sheet.md", text))))


def stated(text: str) -> StatementReport:
    """The statement of the words, which is the first to begin where they do."""
    report = check_sheet(Source("sheet.md", text), Options())
    return report.statements[0]


RIGHT = [
    ("The LSTM with 32 units and 16 inputs has $6{,}272$ parameters.", 6272),
    ("The LSTM with 32 units and 16 inputs has 6,272 parameters.", 6272),
    ("An LSTM with $32$ units and $16$ inputs has $6272$ trainable parameters.", 6272),
    ("An LSTM with $n = d = 200$ has 320,800 parameters.", 320_800),
    ("Number of parameters of the LSTM layer with input size 16 and 32 hidden units: 6272", 6272),
    ("An LSTM layer with hidden size 32 and 16-dimensional inputs: the number of parameters is 6272.", 6272),
    ("The embedding of 1000 words in 16 dimensions has 16,000 weights.", 16_000),
    ("The embedding layer with a vocabulary of 1000 and output size 16 has 16000 parameters.", 16_000),
    ("The first dense layer with 256 units and 32 inputs has 8,448 parameters.", 8448),
    ("The dense layer with one unit and 256 inputs has 257 parameters.", 257),
    ("A bidirectional GRU with 64 units and 10 inputs has 28,800 parameters.", 28_800),
    ("A two-layer LSTM with 8 units and 4 inputs without biases has 896 weights.", 896),
    ("Batch normalisation over 64 features has 128 parameters.", 128),
    ("- A convolution with 32 filters of $3 \\times 3$ over 16 channels has 4,640 parameters.", 4640),
    ("There are 4,640 parameters in a convolutional layer with 16 input channels, 3x3 kernels and 32 filters.", 4640),
]  # fmt: skip


@pytest.mark.parametrize(("text", "value"), RIGHT)
def test_a_right_count_is_proved(text: str, value: int) -> None:
    (found,) = spoken(text)
    assert found.claimed == expected(found) == value
    assert stated(text).verdict.value == "proved"


@pytest.mark.parametrize(("text", "value"), RIGHT)
def test_a_count_that_is_off_by_some_is_wrong(text: str, value: int) -> None:
    near = [
        text.replace(written, str(value + 3))
        for written in (f"{value:,}", f"{value:,}".replace(",", "{,}"), str(value))
    ]
    changed = next(line for line in near if line != text)
    assert stated(changed).verdict.value == "wrong"


def test_the_counts_are_those_of_torch() -> None:
    modules = [
        ("An LSTM in PyTorch with 7 units and 5 inputs has 1 parameters", torch.nn.LSTM(5, 7)),
        ("Bidirectional GRU in PyTorch with 7 units, 5 inputs: 1 parameters", torch.nn.GRU(5, 7, bidirectional=True)),
        ("A 3-layer RNN in PyTorch with 7 units and 5 inputs has 1 parameters", torch.nn.RNN(5, 7, 3)),
        ("A dense layer in PyTorch with 7 units and 5 inputs has 1 parameters", torch.nn.Linear(5, 7)),
        ("An embedding in PyTorch of 11 words in 4 dimensions has 1 parameters", torch.nn.Embedding(11, 4)),
        ("Batch normalisation over 6 features has 1 parameters", torch.nn.BatchNorm1d(6)),
        ("A convolution with 6 filters of 5×5 over 4 channels has 1 parameters", torch.nn.Conv2d(4, 6, 5)),
    ]  # fmt: skip
    for text, module in modules:
        (found,) = spoken(text)
        assert expected(found) == sum(p.numel() for p in module.parameters()), text


@pytest.mark.parametrize(
    ("text", "note"),
    [
        ("The LSTM with 32 units and 16 inputs has 6,400 parameters.", "two biases a gate, as torch keeps them"),
        ("The LSTM with 32 units and 16 inputs has 6,144 weights.", "weights alone, biases not among them"),
        ("The GRU in Keras with 64 units and 10 inputs has 14,400 parameters.", "one bias a gate, where the library"),
        ("The embedding of 1000 words in 16 dimensions has 16,016 parameters.", "one more row, for padding"),
        ("Batch normalisation over 64 features has 256 parameters.", "running means and variances among them"),
    ],
)
def test_another_convention_is_right_with_a_note(text: str, note: str) -> None:
    (step,) = stated(text).steps
    assert step.verdict.value == "proved"
    assert note in step.reading[0]
    strict = check_sheet(Source("sheet.md", text), Options(strict=True)).statements[0]
    assert strict.verdict.value == "wrong"


@pytest.mark.parametrize(
    ("text", "slip"),
    [
        ("The LSTM with 32 units and 16 inputs has 6,144 parameters.", "the biases are left out"),
        ("The LSTM with 32 units and 16 inputs has 2,176 parameters.", "the recurrent weights are left out"),
        ("The LSTM with 32 units and 16 inputs has 8,320 parameters.", "n was taken for d"),
        ("The LSTM with 32 units and 16 inputs has 3,136 parameters.", "inputs and units are swapped"),
        ("The LSTM with 32 units and 16 inputs has 1,568 parameters.", "that is one gate of 4"),
        ("The GRU with 32 units and 16 inputs has 6,272 parameters.", "that is the count of an LSTM"),
        ("A bidirectional GRU with 64 units and 10 inputs has 14,400 parameters.", "that is one direction of two"),
        ("A two-layer LSTM with 32 units and 16 inputs has 6,272 parameters.", "that is one layer alone"),
        ("A convolution with 32 filters of 3×3 over 16 channels has 4,608 parameters.", "the biases are left out"),
        ("The dense layer with 256 units and 32 inputs has 8,192 parameters.", "the biases are left out"),
        ("An LSTM has $4n(d+n)$ parameters.", "the biases are left out"),
    ],
)
def test_a_wrong_count_is_told_with_its_slip(text: str, slip: str) -> None:
    statement = stated(text)
    (step,) = statement.steps
    assert statement.verdict.value == "wrong"
    assert slip in step.why
    assert step.counterexample is not None
    assert step.expected


@pytest.mark.parametrize(
    "text",
    [
        "The LSTM with 32 units and 16 inputs does not have 6,144 parameters.",
        "The LSTM with 32 units and 16 inputs has about 6,000 parameters.",
        "The LSTM with 32 units and 16 inputs would have 6,144 parameters without its biases.",
        "If the LSTM with 32 units and 16 inputs has 6,144 parameters, something is missing.",
        "The LSTM with 32 units and 16 inputs has more than 6,000 parameters.",
        "The LSTM with 32 units and 16 inputs has 100 parameters more.",
        "Does the LSTM with 32 units and 16 inputs have 6,144 parameters?",
        "Has the LSTM with 32 units and 16 inputs 6,144 parameters?",
        "All LSTM layers with 32 units and 16 inputs have 12,544 parameters.",
        "The LSTM with 32 units and 16 inputs and the dense layer have 6,305 parameters.",
        "The LSTM with 32 units and 16 inputs and an embedding has 22,272 parameters.",
        "The LSTM with 32 units has 6,144 parameters.",
        "The LSTM network with 32 units and 16 inputs has 6,305 parameters.",
        "An LSTM with 32 units and 16 inputs and 10 outputs has 6,602 parameters.",
        "The LSTM with 32 units and 16 inputs has 6.144 parameters.",
        "The LSTM with 32 units and 16 inputs has 6,144 parameters per gate.",
        "The LSTM with 32 units, 16 inputs: 6,144 parameters and 128 biases.",
        "Each gate of the LSTM with 32 units and 16 inputs has 1,568 parameters.",
        "The LSTM with 32 units and 16 inputs has " + "and " * 200 + "6,144 parameters.",
        "# The LSTM with 32 units and 16 inputs has 6,144 parameters",
        "> The LSTM with 32 units and 16 inputs has 6,144 parameters",
        "`The LSTM with 32 units and 16 inputs has 6,144 parameters`",
        "<!-- The LSTM with 32 units and 16 inputs has 6,144 parameters -->",
    ],
)
def test_what_claims_something_else_is_no_claim(text: str) -> None:
    assert spoken(text) == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("An LSTM with 32 units and 16 inputs has 4,704 parameters.", "goes by the same name"),
        ("An LSTM with 32 units and 16 inputs has 6,368 parameters.", "with peepholes"),
        ("An LSTM has $4d(n+d+1)$ parameters.", "n for the inputs"),
        ("An LSTM with $n = 16$ and $d = 32$ has 6272 parameters.", "n for the inputs"),
        ("An LSTM has $4h(d+h)$ parameters.", "what h stands for is not said"),
    ],
)
def test_in_doubt_a_count_is_undecided(text: str, reason: str) -> None:
    statement = next(x for x in check_sheet(Source("sheet.md", text), Options()).statements if "parameters" in x.latex)
    assert statement.verdict.value == "undecided"
    assert reason in statement.steps[0].why


def test_no_slip_is_the_right_count() -> None:
    for text, value in RIGHT:
        (found,) = spoken(text)
        assert all(amount != value for name, amount in slips(found)), text


def test_what_was_understood_is_shown() -> None:
    text = "Batch normalisation over 64 features has 128 parameters. An LSTM has $4n(d+n+1)$ parameters."
    shown = [
        " = ".join(side.to_json()["text"] for side in x.sides) for x in understanding(Source("s.md", text)).statements
    ]
    assert shown == ["parameters(batch-norm, n = 64) = 128", "parameters(lstm) = 4 n (d + n + 1)"]


def test_words_over_two_lines_and_the_place_of_the_number() -> None:
    text = "Some words.\n\nThe LSTM with 32 units\nand 16 inputs has **6,144** parameters.\n"
    statement = stated(text)
    assert (statement.line, statement.steps[0].line, statement.steps[0].column) == (3, 4, 21)
