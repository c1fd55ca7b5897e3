"""The wheel works where the checkout is not, and the README tells the truth about the commands."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(folder.glob("*.whl"))


def test_only_our_names_are_installed(wheel: Path) -> None:
    names = zipfile.ZipFile(wheel).namelist()
    tops = {name.split("/")[0] for name in names if ".dist-info" not in name}
    assert tops == {"gradproof", "derivations", "numeric"}
    assert {"gradproof/templates/explain.txt.j2", "gradproof/templates/preamble.tex.j2"} <= set(names)
    assert sum(name.startswith("gradproof/vendor/katex-") for name in names) == 23


def test_the_installed_wheel_checks_a_sheet(wheel: Path, tmp_path: Path) -> None:
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    sheet = tmp_path / "sheet.md"
    sheet.write_text("$$\\sigma(-x) = 1 - \\sigma(x)$$\n", encoding="utf-8")
    code = (
        "import sys; sys.path.insert(0, sys.argv.pop(1)); import gradproof, derivations; "
        "print(gradproof.__file__, derivations.__file__); from gradproof.cli import main; main()"
    )
    command = [sys.executable, "-I", "-c", code, str(site), "check", "--no-torch", str(sheet)]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, env={**os.environ}, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split("\n")[0].count(str(site)) == 2
    assert "1 proved" in done.stdout


def test_the_readme_names_real_commands() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^make (\w+)", readme, re.MULTILINE))
    assert {"demo", "test"} <= targets
    assert all(re.search(rf"^{target}:", makefile, re.MULTILINE) for target in targets)


def test_the_report_in_the_readme_is_what_the_demo_says() -> None:
    """Line by line; only the floating-point errors may differ from machine to machine."""

    def fixed(text: str) -> str:
        return re.sub(r"\d+e-\d+", "#", text)

    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    (excerpt,) = re.findall(r"^```\n(error\[.*?)^```", readme, re.MULTILINE | re.DOTALL)
    command = [sys.executable, "-m", "gradproof", "check", "examples/gru.md"]
    shown = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False).stdout
    assert fixed(excerpt) in fixed(shown)


def test_every_dependency_is_pinned() -> None:
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    pinned = {
        line.split("==")[0].lower() for line in (ROOT / "constraints.txt").read_text().splitlines() if "==" in line
    }
    wanted = [*project["dependencies"], *project["optional-dependencies"]["dev"]]
    assert {re.split(r"[<>=~]", name)[0].lower() for name in wanted} <= pinned
