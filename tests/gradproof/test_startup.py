"""What ``check`` loads before it says a word: nothing that the sheet does not need."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from machine_sheets import RIGHT

HEAVY = (
    "torch",
    "matplotlib",
    "IPython",
    "pygls",
    "quickjs",
    "jinja2",
    "sympy.tensor.tensor",
    "derivations.cells",
    "derivations.repairs",
    "numeric.witness",
    "numeric.training.config",
    "gradproof.commands.mark",
)
PROGRAM = """
import sys
from gradproof.cli import main
sys.argv = ["gradproof", *sys.argv[1:]]
try:
    main()
except SystemExit as end:
    loaded = [name for name in {heavy!r} if name in sys.modules]
    print("loaded", end.code, *loaded, file=sys.stderr)
"""


def loaded(*arguments: str) -> list[str]:
    """The exit code of a call, and what of the heavy modules is loaded at its end."""
    command = [sys.executable, "-c", PROGRAM.format(heavy=HEAVY), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return done.stderr.splitlines()[-1].split()[1:]


@pytest.fixture
def right(tmp_path: Path) -> str:
    (tmp_path / "right.md").write_text(RIGHT, encoding="utf-8")
    return str(tmp_path / "right.md")


def test_without_torch_nothing_heavy_is_loaded(right: str) -> None:
    assert loaded("check", "--no-torch", right) == ["0"]


def test_without_a_derivative_torch_is_not_needed(right: str) -> None:
    assert loaded("check", right) == ["0"]


def test_of_the_commands_only_the_one_that_is_called_is_loaded() -> None:
    assert loaded("mark") == ["2", "gradproof.commands.mark"]


def test_what_is_needed_is_loaded(tmp_path: Path) -> None:
    """The oracle itself: a derivative is compared with torch, a count needs the table of cells."""
    (tmp_path / "slope.md").write_text(
        "$$h_t = \\tanh(W x_t)$$\n\n$$\\frac{\\partial h_t}{\\partial x_t} = \\mathrm{diag}(1 - h_t^2) W$$\n",
        encoding="utf-8",
    )
    assert loaded("check", str(tmp_path / "slope.md")) == ["0", "torch", "numeric.witness"]
    (tmp_path / "count.md").write_text(
        "The LSTM with 32 units and 16 inputs has 6,272 parameters. $x$\n", encoding="utf-8"
    )
    assert "derivations.cells" in loaded("check", "--no-torch", str(tmp_path / "count.md"))
