"""The hook for pre-commit and the workflow for GitHub Actions, run as they would be."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml
from click.testing import CliRunner
from machine_sheets import RIGHT, SLOPE
from pre_commit.clientlib import InvalidManifestError, load_manifest
from test_sarif import valid

from gradproof.cli import cli

ROOT = Path(__file__).parents[2]
MANIFEST = ROOT / ".pre-commit-hooks.yaml"
WORKFLOW = ROOT / "examples" / "github-actions.yml"


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A git repository with a right sheet, a file without formulas, an empty one and one of another kind."""
    files = {"right.md": RIGHT, "README.md": "No formula.\n", "empty.md": "", "code.py": "x = 1\n"}
    for name, text in files.items():
        (tmp_path / name).write_text(text, encoding="utf-8")
    in_repository(tmp_path, "git", "init", "-q")
    in_repository(tmp_path, "git", "add", ".")
    return tmp_path


def in_repository(folder: Path, *command: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a command there, with the checkout that is tested as ``gradproof``."""
    scripts = folder / ".git" / "scripts"
    if (folder / ".git").is_dir() and not scripts.exists():
        scripts.mkdir()
        (scripts / "gradproof").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m gradproof "$@"\n', encoding="utf-8")
        (scripts / "gradproof").chmod(0o755)
    paths = {"PATH": f"{scripts}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(ROOT)}
    environment = {**os.environ, **paths, "PRE_COMMIT_HOME": str(folder / ".git" / "pre-commit"), **more}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def committed(folder: Path) -> subprocess.CompletedProcess[str]:
    """What pre-commit says of all files, by the hook of this repository without an environment of its own."""
    (hook,) = load_manifest(str(MANIFEST))
    own = {"id": hook["id"], "name": hook["name"], "entry": hook["entry"], "types_or": hook["types_or"]}
    config = {"repos": [{"repo": "local", "hooks": [{**own, "language": "system"}]}]}
    (folder / ".pre-commit-config.yaml").write_text(yaml.safe_dump(config), encoding="utf-8")
    in_repository(folder, "git", "add", ".")
    return in_repository(folder, sys.executable, "-m", "pre_commit", "run", "--all-files")


def test_the_hook_passes_what_is_right(repository: Path) -> None:
    done = committed(repository)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Passed" in done.stdout


def test_the_hook_stops_what_is_wrong(repository: Path) -> None:
    (repository / "wrong.tex").write_text(SLOPE, encoding="utf-8")
    done = committed(repository)
    assert done.returncode == 1
    assert "- exit code: 1" in done.stdout
    assert "error[sigma-derivative]" in done.stdout


def test_the_manifest_is_checked(tmp_path: Path) -> None:
    """The oracle itself: a manifest without an entry is refused."""
    broken = tmp_path / "hooks.yaml"
    broken.write_text("- id: gradproof\n  name: gradproof\n  language: python\n", encoding="utf-8")
    with pytest.raises(InvalidManifestError):
        load_manifest(str(broken))


def workflow() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(WORKFLOW.read_text(encoding="utf-8"))
    return found


def step(name: str) -> dict[str, Any]:
    (job,) = workflow()["jobs"].values()
    (found,) = [x for x in job["steps"] if x.get("name") == name]
    return dict(found)


def test_actions_are_pinned_to_a_major_version() -> None:
    (job,) = workflow()["jobs"].values()
    used = [x["uses"] for x in job["steps"] if "uses" in x]
    assert len(used) == 3
    assert all(re.fullmatch(r"[\w-]+/[\w/-]+@v\d+", name) for name in used)
    assert workflow()["permissions"] == {"contents": "read", "security-events": "write"}


@pytest.mark.parametrize(("name", "text", "code"), [("a b.md", SLOPE, 1), ("-c.md", RIGHT, 0)])
def test_the_workflow_writes_what_is_posted(repository: Path, name: str, text: str, code: int) -> None:
    (repository / name).write_text(text, encoding="utf-8")
    in_repository(repository, "git", "add", ".")
    script = step("Check")["run"]
    done = in_repository(repository, "bash", "-e", "-o", "pipefail", "-c", script, GITHUB_OUTPUT="outputs.txt")
    assert done.returncode == 0, done.stderr
    assert (repository / "outputs.txt").read_text(encoding="utf-8") == f"code={code}\n"
    log = json.loads((repository / step("Show")["with"]["sarif_file"]).read_text(encoding="utf-8"))
    assert len(valid(log)["results"]) == code
    assert log["runs"][0]["invocations"] == [{"executionSuccessful": True}]


def test_files_without_a_formula_are_passed_over_only_when_asked(tmp_path: Path) -> None:
    names = [str(tmp_path / "prose.md"), str(tmp_path / "empty.md"), str(tmp_path / "right.md")]
    for name, text in zip(names, ("prose\n", "", RIGHT), strict=True):
        Path(name).write_text(text, encoding="utf-8")
    assert CliRunner().invoke(cli, ["check", "--no-torch", *names]).exit_code == 2
    done = CliRunner().invoke(cli, ["check", "--no-torch", "--skip-empty", "--format", "json", *names])
    assert done.exit_code == 0
    assert [report["sheet"] for report in json.loads(done.stdout)] == names[2:]
    assert CliRunner().invoke(cli, ["check", "--skip-empty", str(tmp_path / "none.md")]).exit_code == 2


DOCUMENTED = (ROOT / "docs" / "editors.md").read_text(encoding="utf-8")


def snippets(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", DOCUMENTED, re.DOTALL)


def test_the_settings_in_the_documentation_can_be_read() -> None:
    (code,), (helix,), (hooks,) = snippets("json"), snippets("toml"), snippets("yaml")
    assert json.loads(code)["glspc.server.commandArguments"] == ["lsp"]
    assert tomllib.loads(helix)["language-server"]["gradproof"] == {"command": "gradproof", "args": ["lsp"]}
    (shipped,) = load_manifest(str(MANIFEST))
    ((own,),) = [x["hooks"] for x in yaml.safe_load(hooks)["repos"]]
    assert {own[key] == shipped[key] for key in ("id", "name", "entry", "types_or")} == {True}


def test_every_option_of_the_server_is_documented() -> None:
    shown = CliRunner().invoke(cli, ["lsp", "--help"]).output
    options = set(re.findall(r"--[a-z-]+", shown)) - {"--help", "--seed"}
    assert options
    assert {name for name in options if name not in DOCUMENTED} == set()
