"""Marking schemes: what is read, and how everything that cannot be used is refused."""

from __future__ import annotations

from fractions import Fraction

import pytest

from derivations.errors import UsageError
from derivations.reading.places import Source
from gradproof.marking.scheme import Scheme, read_scheme


def scheme(text: str) -> Scheme:
    return read_scheme(Source("scheme.toml", text))


def refused(text: str) -> str:
    with pytest.raises(UsageError) as caught:
        scheme(text)
    message = str(caught.value)
    assert message.startswith("scheme.toml: ")
    assert len(message) < 400
    return message


QUESTION = '[[question]]\nname = "a"\npoints = 2\n'


def test_numbers_are_exact() -> None:
    found = scheme('unit = 0.1\nmethod = 1\n[[question]]\nheading = ["Q2", "a)"]\npoints = 0.3\n')
    assert (found.unit, found.questions[0].points) == (Fraction(1, 10), Fraction(3, 10))
    assert found.questions[0].method == 1
    assert found.questions[0].name == "Q2 a)"


def test_method_marks_go_down_to_the_statements() -> None:
    text = "method = 0.5\n[[question]]\n[[question.statement]]\nclaim = 1\npoints = 2\n"
    text += "[[question.statement]]\nclaim = 2\npoints = 2\nmethod = 0\n"
    assert [item.method for item in scheme(text).questions[0].items] == [Fraction(1, 2), 0]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ("no points", "[[question]]")),
        ("title = 3\n" + QUESTION, ("title", "text", "is 3")),
        ("titel = 'x'\n" + QUESTION, ("'titel'", "did you mean title?")),
        (QUESTION.replace("points = 2", "points = -1"), ("question 1 (a)", "points", "-1")),
        (QUESTION.replace("points = 2", "points = nan"), ("points", "NaN")),
        (QUESTION.replace("points = 2", "points = inf"), ("points", "Infinity")),
        (QUESTION.replace("points = 2", "points = 1e999999999"), ("points", "10000")),
        (QUESTION.replace("points = 2", "points = 1e-999999999"), ("points", "decimals")),
        (QUESTION.replace("points = 2", "points = " + "9" * 3000), ("points", "10000")),
        (QUESTION.replace("points = 2", "points = " + "9" * 9000), ("TOML",)),
        (QUESTION.replace("points = 2", "points = true"), ("points", "true")),
        (QUESTION.replace("points = 2", 'points = "2"'), ("points", "'2'")),
        (QUESTION.replace("points = 2", "points = 1979-05-27"), ("points", "number")),
        (QUESTION.replace("points = 2", ""), ("no points are given", "statement")),
        (QUESTION + QUESTION, ("two questions", "'a'")),
        (QUESTION + 'heading = "a)"\nlines = [1, 2]\n', ("heading or the lines",)),
        (QUESTION + "lines = [3, 2]\n", ("lines", "first and the last")),
        (QUESTION + "lines = [true, 2]\n", ("lines", "first and the last")),
        (QUESTION + "claims = 0\n", ("claims", "whole number")),
        (QUESTION + "heading = []\n", ("heading",)),
        (QUESTION + "statement = 3\n", ("statement", "[[statement]]")),
        (QUESTION + "[[question.statement]]\nclaim = 1\npoints = 1\n", ("keep one",)),
        ("[[question]]\n[[question.statement]]\npoints = 1\n", ("statement 1", "none of them")),
        ("[[question]]\n[[question.statement]]\npoints = 1\nline = 1\nclaim = 1\n", ("line and claim",)),
        ("[[question]]\n[[question.statement]]\nclaim = 1\n", ("no points are given",)),
        ("[[question]]\n[[question.statement]]\npoints = 1\nleft = '\\frac{a'\n", ("left", "cannot be read")),
        ("question = 1\n", ("question", "[[question]]")),
        ("question = [1]\n", ("question 1", "table of keys")),
        ("rounding = 'sideways'\n" + QUESTION, ("rounding", '"nearest"')),
        ("rounding = ['up']\n" + QUESTION, ("rounding", '"nearest"')),
        ("unit = 0\n" + QUESTION, ("unit",)),
        ("notes = 1.5\n" + QUESTION, ("notes", "share")),
        ("carry_forward = 1\n" + QUESTION, ("carry_forward", "true or false")),
        ("names = 1\n" + QUESTION, ("names", "table")),
        ("[names]\nU = 1\n" + QUESTION, ("U", "text")),
        ("[names]\nU = 'W + V'\n" + QUESTION, ("no single name",)),
        ("[names]\n'U + V' = 'W'\n" + QUESTION, ("no single name",)),
        ("[against]\npoint = 1\n" + QUESTION, ("'point'", "did you mean points?")),
        ("against = 1\n" + QUESTION, ("[against]", "table of keys")),
        ("known = 'x'\n" + QUESTION, ("known", "list")),
        ("known = ['\\frac{a']\n" + QUESTION, ("known", "cannot be read")),
        ("this is no toml", ("TOML", "docs/marks.md")),
        ("a = " + "[" * 100_000, ("nested",)),
        ("".join(f'[[question]]\nname = "{k}"\npoints = 1\n' for k in range(100_000)), ("100000", "split")),
        ("[[question]]\n" + "[[question.statement]]\nclaim = 1\npoints = 1\n" * 1001, ("1001", "split")),
        ("x\u202e = 1\n" + QUESTION, ("TOML",)),
    ],
)
def test_what_cannot_be_used_is_refused_with_its_place(text: str, words: tuple[str, ...]) -> None:
    message = refused(text)
    assert all(word in message for word in words), message


def test_a_wrong_reader_would_be_noticed() -> None:
    """The oracle itself: a scheme that is fine is not refused."""
    with pytest.raises(pytest.fail.Exception):
        refused(QUESTION)
