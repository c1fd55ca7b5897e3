"""The package as Python sees it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

import gradproof
from derivations.errors import UsageError


def test_check_takes_text_and_paths(tmp_path: Path) -> None:
    text = "$$y = W x$$\n\n$$y = W x$$\n"
    path = tmp_path / "sheet.md"
    path.write_text(text, encoding="utf-8")
    assert gradproof.check(text, torch=False).summary == gradproof.check(path, torch=False).summary
    with pytest.raises(UsageError):
        gradproof.check(tmp_path / "none.md")


@pytest.mark.parametrize("package", ["derivations.check", "gradproof", "gradproof.cli"])
def test_the_symbolic_side_loads_neither_torch_nor_matplotlib(package: str) -> None:
    code = f"import {package}, sys; print([m for m in ('torch', 'matplotlib') if m in sys.modules])"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "[]\n"


def test_student_input_never_reaches_an_evaluator() -> None:
    """No call of an evaluator stands in the tree: what a person writes is data."""
    import ast

    forbidden = {"eval", "exec", "sympify", "parse_expr", "lambdify", "compile", "S"}
    root = Path(gradproof.__file__).parent.parent
    for folder in ("derivations", "gradproof", "numeric"):
        for path in (root / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call):
                    name = node.func.id if isinstance(node.func, ast.Name) else getattr(node.func, "attr", "")
                    qualified = isinstance(node.func, ast.Attribute) and isinstance(node.func.value, ast.Name)
                    if qualified and (node.func.value.id, name) in {("re", "compile"), ("torch", "compile")}:
                        continue
                    assert name not in forbidden, f"{path}:{node.lineno}"
