"""``gradproof symbols``: kind, shape and where it comes from, definition and first use of every name."""

from __future__ import annotations

import json

from click.testing import CliRunner

import gradproof
from derivations.symbols import Symbol
from gradproof.cli import cli

SHEET = r"""Let $x_t \in \mathbb{R}^d$ and $U \in \mathbb{R}^{n \times n}$.

$$h_t = \phi(W x_t + U h_{t-1} + b)$$

$$L = \frac{1}{2} \|h_T - y\|^2$$

$$\frac{\partial h_t}{\partial b} = \mathrm{diag}(\phi'(W x_t + U h_{t-1} + b))$$
"""


def table(text: str = SHEET) -> dict[str, Symbol]:
    return {symbol.name: symbol for symbol in gradproof.symbols(text).symbols}


def test_kinds() -> None:
    kinds = {name: symbol.kind for name, symbol in table().items()}
    assert kinds == {
        "x_t": "variable",
        "d": "dimension",
        "U": "variable",
        "n": "dimension",
        "h_t": "defined",
        r"\phi": "function",
        "W": "variable",
        "b": "variable",
        "L": "loss",
        "y": "variable",
    }


def test_shapes_and_where_they_come_from() -> None:
    found = table()
    assert (found["x_t"].shape, found["x_t"].rule, found["x_t"].found_at) == (("d",), "declared", (1,))
    assert (found["W"].shape, 3 in found["W"].found_at) == (("n", "d"), True)
    assert "habit" in found["W"].rule
    assert (found["h_t"].rule, found["h_t"].found_at) == ("from its equation", (3,))


def test_definition_and_first_use() -> None:
    found = table()
    assert (found["h_t"].defined, found["L"].defined, found["W"].defined) == (3, 5, 0)
    assert (found["W"].first_use, found["y"].first_use) == ((3, 14), (5, 27))


def test_a_near_miss_is_another_shape() -> None:
    swapped = table(SHEET.replace("W x_t", r"W^\top x_t"))
    assert (table()["W"].shape, swapped["W"].shape) == (("n", "d"), ("d", "n"))


def test_index_letters_are_no_names() -> None:
    found = table(r"Let $z \in \mathbb{R}^n$." "\n\n" r"$$p_i = \frac{e^{z_i}}{\sum_k e^{z_k}}$$" "\n\n" r"$$p_j = 1$$")
    assert {"i", "j", "k"}.isdisjoint(found)
    assert {"p", "z"} <= found.keys()


def test_the_command_line() -> None:
    run = CliRunner().invoke(cli, ["symbols", "-"], input=SHEET)
    assert run.exit_code == 0
    assert "declared (line 1)" in run.output
    run = CliRunner().invoke(cli, ["symbols", "-", "--format", "json"], input=SHEET)
    first = json.loads(run.output)["symbols"][0]
    assert first == {
        "name": "x_t",
        "kind": "variable",
        "shape": ["d"],
        "from": {"rule": "declared", "lines": [1]},
        "defined": None,
        "first_use": {"line": 1, "column": 6},
    }


def test_call_errors() -> None:
    assert CliRunner().invoke(cli, ["symbols", "no-such-sheet.md"]).exit_code == 2
    assert CliRunner().invoke(cli, ["symbols", "-"], input="Words alone.\n\n").exit_code == 2
