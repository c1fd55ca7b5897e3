"""``gradproof conv``."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path
from random import Random

import pytest
import torch
from click.testing import CliRunner
from torch.nn.functional import conv2d

from derivations.convolution_words import Way
from derivations.errors import UsageError
from derivations.worked_convolution import Matrix, convolve, matrix, work_out
from gradproof.cli import cli

IMAGE = "-1 -1; 1 1"
FIRST = "1 1 1; -1 -1 -1; 1 1 1"
SECOND = "1 -1 1; 1 -1 1; 1 -1 1"


def run(*arguments: str) -> str:
    result = CliRunner().invoke(cli, ["conv", *arguments], catch_exceptions=False)
    assert result.exit_code == 0
    return result.output


def block(*more: str) -> list[dict[str, object]]:
    layers = json.loads(run("--image", IMAGE, "--filter", FIRST, "--filter", SECOND, *more, "--format", "json"))[
        "layers"
    ]
    return list(layers)


def test_the_residual_block() -> None:
    first, second = block("--relu", "--skip")
    assert (first["result"], first["output"]) == ([["4", "4"], ["-4", "-4"]], [["4", "4"], ["0", "0"]])
    assert second["result"] == [["0", "0"], ["0", "0"]]
    assert second["with_skip"] == [["-1", "-1"], ["1", "1"]]
    assert second["output"] == [["0", "0"], ["1", "1"]]
    assert block("--relu")[1]["output"] == [["0", "0"], ["0", "0"]]


def test_the_solution_is_written_out_within_80_columns() -> None:
    text = run("--image", IMAGE, "--filter", FIRST, "--filter", SECOND, "--relu", "--skip")
    assert "  rows     ⌊(2 + 2·1 − 3)/1⌋ + 1 = 2\n" in text
    assert "  z1(1,1) = (-1)·(-1) + (-1)·(-1) + 1·1 + 1·1 = 4\n" in text
    assert "  a2 = ReLU(z2 + a0) = [ 0  0 ]\n                       [ 1  1 ]\n" in text
    assert max(map(len, text.splitlines())) <= 80


def test_fractions_stay_exact() -> None:
    text = run("--image", "1/3 0.5; 1 2", "--filter", "1/2 0; 0 1/7", "--padding", "valid")
    assert "= 19/42" in text


def test_a_file_of_text(tmp_path: Path) -> None:
    file = tmp_path / "image.csv"
    file.write_text("-1,-1\n1,1\n", encoding="utf-8")
    assert run("--image", str(file), "--filter", FIRST) == run("--image", IMAGE, "--filter", FIRST)


WAYS = [Way(p, s, t) for p in ("valid", "full", "1", "2") for s in (1, 2, 3) for t in (False, True)] + [Way("same")]


def tensor(entries: Matrix) -> torch.Tensor:
    return torch.tensor([[float(x) for x in row] for row in entries], dtype=torch.float64)


def by_torch(image: Matrix, kernel: Matrix, way: Way) -> torch.Tensor:
    taken = tensor(kernel).flip(0, 1) if way.turned else tensor(kernel)
    named = {"valid": (0, 0), "full": tuple(k - 1 for k in taken.shape), "same": tuple(k // 2 for k in taken.shape)}
    padding = named.get(way.padding) or (int(way.padding), int(way.padding))
    return conv2d(tensor(image)[None, None], taken[None, None], stride=way.stride, padding=padding)[0, 0]


@pytest.mark.parametrize("way", WAYS, ids=str)
def test_against_torch(way: Way) -> None:
    random = Random(str(way))
    image, kernel = (
        tuple(tuple(Fraction(random.randint(-4, 4)) for _ in range(columns)) for _ in range(rows))
        for rows, columns in ((6, 5), (3, 3))
    )
    (layer,) = work_out(image, [kernel], way)
    assert torch.equal(tensor(layer.result), by_torch(image, kernel, way))
    planted = tuple(tuple(x + 1 for x in row) for row in kernel)
    assert not torch.equal(tensor(layer.result), by_torch(image, planted, way))


@pytest.mark.parametrize("text", ["", "1 2; 3", "a b", "1/0", "1 2 nan"])
def test_what_is_no_matrix(text: str) -> None:
    with pytest.raises(UsageError):
        matrix(text)


def test_what_does_not_fit() -> None:
    image, kernel = matrix(IMAGE), matrix(FIRST)
    with pytest.raises(UsageError, match="does not fit"):
        convolve(image, kernel, Way("valid"))
    with pytest.raises(UsageError, match="skip connection"):
        work_out(image, [kernel], Way("2"), skip=True)
    with pytest.raises(UsageError, match="more zeros on one side"):
        convolve(image, matrix("1 1; 1 1"), Way("same"))
    with pytest.raises(UsageError, match="no padding"):
        run("--image", IMAGE, "--filter", FIRST, "--padding", "some")
