"""``gradproof explain``: a page for every code, with formulas that can be read."""

from __future__ import annotations

import json

import pytest
from click.testing import CliRunner

from derivations.reading.parser import parse_expression
from derivations.slips import SLIPS, TABLE
from gradproof.cli import cli


def test_the_list_has_every_code() -> None:
    found = CliRunner().invoke(cli, ["explain"])
    assert found.exit_code == 0
    assert [line.split()[0] for line in found.output.splitlines()] == [slip.code for slip in TABLE]


@pytest.mark.parametrize("code", SLIPS)
def test_a_page(code: str) -> None:
    found = CliRunner().invoke(cli, ["explain", code])
    assert found.exit_code == 0
    assert found.output.startswith(f"{code}: ")
    assert max(map(len, found.output.splitlines())) <= 80
    assert SLIPS[code].source in found.output
    for formula in (SLIPS[code].wrong, SLIPS[code].right):
        assert not formula or parse_expression(formula)
    assert SLIPS[code].wrong != SLIPS[code].right or not SLIPS[code].wrong


def test_as_json() -> None:
    found = json.loads(CliRunner().invoke(cli, ["explain", "sign", "--format", "json"]).output)
    assert found["code"] == "sign"


def test_an_unknown_code_names_those_there_are() -> None:
    found = CliRunner().invoke(cli, ["explain", "sine"])
    assert found.exit_code != 0
