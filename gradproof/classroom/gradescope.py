"""One submission as Gradescope's ``results.json``.

https://gradescope-autograders.readthedocs.io/en/latest/specs/#output-format: a score for every test, or one for the
whole; where neither is there the submission is shown as one that could not be graded, which a sheet put aside is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

NAME: Final = "results.json"
OPEN: Final = "For a person to settle: from {least:g} to {most:g} of {of:g}; the score is what is certain."
ASIDE: Final = "This sheet was put aside for a person, who will mark it: {}"


def results(record: Mapping[str, Any]) -> str:
    """The file for one record. A sheet that was put aside has no score: it is not zero, but not known."""
    if record["status"] == "aside":
        found: dict[str, Any] = {"output": ASIDE.format(record["reason"]), "output_format": "text"}
    elif record["marks"] is None:
        counts = ", ".join(f"{count} {name}" for name, count in record["summary"].items() if count)
        found = {"output": f"No marks were asked for. Statements: {counts}.", "output_format": "text"}
    else:
        found = _marked(record["marks"])
    return json.dumps(found, indent=2, ensure_ascii=False) + "\n"


def _marked(marks: Mapping[str, Any]) -> dict[str, Any]:
    """The tests are the questions; the score is given, too, since a maximum may hold for the whole."""
    tests = [_test(question) for question in marks["questions"]]
    is_open = marks["marks"] is None
    output = marks["title"] or marks["scheme"]
    told = f"{output}\n\n{OPEN.format(**marks)}" if is_open else output
    return {"score": marks["least"], "output": told, "output_format": "text", "tests": tests}


def _test(question: Mapping[str, Any]) -> dict[str, Any]:
    reasons = [f"{mark['least']:g} of {mark['of']:g}: {mark['for']}: {mark['reason']}" for mark in question["reasons"]]
    told = [OPEN.format(**question)] if question["marks"] is None else []
    return {
        "name": question["question"],
        "score": question["least"],
        "max_score": question["of"],
        "output": "\n".join([*told, *reasons]),
        "output_format": "text",
    }
