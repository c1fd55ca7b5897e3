"""What senses of ∂ share is read once: the attempts are those that each sense would have of its own."""

from __future__ import annotations

from dataclasses import replace

import pytest

from derivations.check import Checker, Options
from derivations.errors import SheetError
from derivations.judge import Judgement
from derivations.reading import surface as s
from derivations.reading.places import Source
from derivations.senses import MODES, Attempt, Senses

NETWORK = r"""
$$z = W x + b, \quad a = \sigma(z), \quad L = \frac{1}{2}\|a - y\|^2$$

with $W \in \mathbb{R}^{n \times d}$, $x \in \mathbb{R}^d$ and $b, y \in \mathbb{R}^n$.
"""
RECURRENT = r"""
$$h_t = \tanh(W x_t + U h_{t-1} + b), \quad L_t = \frac{1}{2}\|h_t - y_t\|^2$$

with $W \in \mathbb{R}^{n \times d}$, $U \in \mathbb{R}^{n \times n}$, $x_t \in \mathbb{R}^d$ and $h_t, y_t, b \in
\mathbb{R}^n$.
"""
RESIDUAL = r"""
$$z = W x, \quad a = \sigma(z), \quad u = a + z$$

with $W \in \mathbb{R}^{n \times d}$ and $x \in \mathbb{R}^d$.
"""
NAMED = r"""
$$a = \sigma(W x), \quad L = \frac{1}{2}\|a - y\|^2, \quad \delta = \frac{\partial L}{\partial a}$$

with $W \in \mathbb{R}^{n \times d}$, $x \in \mathbb{R}^d$ and $y \in \mathbb{R}^n$.
"""
STEPS = [
    (NETWORK, r"\frac{\partial L}{\partial z} = (a - y) \odot a \odot (1 - a)"),
    (NETWORK, r"\frac{\partial L}{\partial W} = \frac{\partial L}{\partial z} x^T"),
    (NETWORK, r"\frac{\partial L}{\partial a} \odot a = (a - y) \odot a"),
    (NETWORK, r"\frac{\partial L}{\partial x} = W \frac{\partial L}{\partial z}"),
    (RECURRENT, r"\frac{\partial h_t}{\partial h_{t-1}} = \mathrm{diag}(1 - h_t \odot h_t) U"),
    (RECURRENT, r"\frac{\partial L_t}{\partial U} = ((h_t - y_t) \odot (1 - h_t^2)) h_{t-1}^T"),
    (RECURRENT, r"\frac{\partial L_2}{\partial h_1} = U^T ((h_2 - y_2) \odot (1 - h_2^2))"),
    (RESIDUAL, r"\frac{\partial u}{\partial z} = \mathrm{diag}(a \odot (1 - a)) + I"),
    (NAMED, r"\frac{\partial L}{\partial W} = (\delta \odot a \odot (1 - a)) x^T"),
]


def _step(sheet: str, step: str) -> tuple[Checker, s.Statement]:
    checker = Checker(Source("sheet.md", f"{sheet}\n$${step}$$\n"), Options(), None)
    sentence = checker.sheet.entries[-1].sentence
    assert isinstance(sentence, s.Statement)
    return checker, sentence


def _read(senses: Senses, checker: Checker, sentence: s.Statement) -> list[list[Attempt] | str]:
    found: list[list[Attempt] | str] = []
    for mode in MODES:
        world = replace(checker.world_of(sentence), mode=mode)
        try:
            found.append(list(senses.attempts(world, Judgement(derivative=True))))
        except SheetError as error:
            found.append(f"{type(error).__name__}: {error}")
    return found


def _senses(checker: Checker, sentence: s.Statement) -> Senses:
    return Senses(checker.elaborator, "", *sentence.items[:2], checker.world_of(sentence))


@pytest.mark.parametrize(("sheet", "step"), STEPS)
def test_what_is_shared_changes_nothing(sheet: str, step: str) -> None:
    checker, sentence = _step(sheet, step)
    shared = _read(_senses(checker, sentence), checker, sentence)
    checker, sentence = _step(sheet, step)
    alone = _senses(checker, sentence)
    alone.partials = [None, None]
    assert shared == _read(alone, checker, sentence)
    assert any(shared)


def test_a_sense_that_is_taken_for_another_is_noticed(monkeypatch: pytest.MonkeyPatch) -> None:
    checker, sentence = _step(*STEPS[-2])
    alone = _read(_senses(checker, sentence), checker, sentence)
    monkeypatch.setattr(Senses, "_alike", lambda self, world, *places: self._worlds.setdefault(((), ()), world))
    assert _read(_senses(checker, sentence), checker, sentence) != alone


def test_senses_that_hold_the_same_share() -> None:
    checker, sentence = _step(*STEPS[-2])
    senses = _senses(checker, sentence)
    _read(senses, checker, sentence)
    assert len(senses._attempts) == 2  # the direct sense, and all others


def test_a_name_that_stands_for_a_derivative_is_not_shared() -> None:
    checker, sentence = _step(*STEPS[-1])
    assert _senses(checker, sentence).partials[1] is None
