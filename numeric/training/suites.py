"""Files of settings and of whole suites, in TOML (docs/experiments.md)."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast, get_args

from derivations.errors import UsageError
from numeric.training.config import FIELDS, from_toml
from numeric.training.study import Mode

KEYS = ("task", "name", "mode", "data", "settings")


@dataclass(frozen=True, slots=True)
class Order:
    """One study of a suite."""

    task: str
    name: str
    mode: Mode
    data: str
    settings: dict[str, Any]


def read_settings(path: Path) -> dict[str, Any]:
    """Settings of one task, a line each. Raises UsageError for what is no TOML or no setting."""
    return _checked(path, _toml(path))


def read_suite(path: Path) -> list[Order]:
    """The studies of a suite, in order. Raises UsageError that says which entry is wrong, and how."""
    found = _toml(path)
    entries = found.pop("study", None)
    if found or not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise UsageError(f'{path}: a suite is a list of tables [[study]], each with task = "…"')
    orders = [_order(path, number, entry) for number, entry in enumerate(entries, 1)]
    names = [order.name for order in orders]
    for name in names:
        if names.count(name) > 1:
            raise UsageError(f'{path}: two studies are called {name}; give them a name = "…" each')
    return orders


def _order(path: Path, number: int, entry: Mapping[str, Any]) -> Order:
    place = f"{path}, study {number}"
    for key in entry:
        if key not in KEYS:
            raise UsageError(f"{place}: there is no key {key}; there are {', '.join(KEYS)}")
    texts = {key: entry.get(key, "") for key in KEYS[:4]}
    for key, value in texts.items():
        if not isinstance(value, str):
            raise UsageError(f"{place}: {key} is to be a text in quotes, not {value!r}")
    if not texts["task"]:
        raise UsageError(f'{place}: which task? write task = "palindromes"')
    mode = texts["mode"] or "default"
    if mode not in get_args(Mode):
        raise UsageError(f"{place}: there is no mode {mode}; there are {', '.join(get_args(Mode))}")
    name = texts["name"] or texts["task"]
    if not name.replace("-", "").replace("_", "").isalnum():
        raise UsageError(f"{place}: the name {name} is to be of letters, digits, - and _")
    settings = _checked(path, entry.get("settings", {}))
    return Order(texts["task"], name, cast(Mode, mode), texts["data"], settings)


def _checked(path: Path, values: Any) -> dict[str, Any]:
    if not isinstance(values, dict):
        raise UsageError(f"{path}: settings are to be a table of names and values")
    settings = from_toml(values)
    for name in settings:
        if name not in FIELDS:
            raise UsageError(f"{path}: there is no setting {name}; there are {', '.join(FIELDS)}")
    return settings


def _toml(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{path}: no TOML: {error}") from error
