"""Whether a layer has the number of parameters that a sheet states in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import permutations

import sympy

from derivations.decide import Decision
from derivations.judge import Judgement
from derivations.parameter_counts import KINDS, Amount, count, factored, total
from derivations.report import Counterexample, Verdict
from derivations.senses import Attempt
from derivations.spoken_counts import SpokenCount
from derivations.terms import Term, dimension, size
from derivations.world import Mode

Options = Mapping[str, Amount | int]
RELATED = {
    "lstm": (
        ("peephole-lstm", "with peepholes"),
        ("coupled-lstm", "with three gates, one of them coupled or left out"),
    ),
    "gru": (("mgu", "with one gate"),),
}
"""Cells that go by the same name."""
OTHERS = {"lstm": ("gru", "rnn"), "gru": ("lstm", "rnn"), "rnn": ("lstm", "gru")}
GATED = {"lstm": 4, "gru": 3, "peephole-lstm": 4, "mgu": 2}
TWO_BIASES = "two biases a gate, as torch keeps them"
ONE_BIAS = "one bias a gate, where the library keeps two"
WEIGHTS_ONLY = "weights alone, biases not among them"
KERAS_NORM = "running means and variances among them"
PADDING = "one more row, for padding or unknown words"
SWAPPED = "n for the inputs and d for the units"


def judge_layer(spoken: SpokenCount) -> Judgement:
    """The judgement of a stated count."""
    right = expected(spoken)
    found = Judgement()
    for note, amount in conventions(spoken):
        if _same(amount, spoken.claimed):
            attempt = Attempt(Mode.TOTAL, _term(amount), _term(spoken.claimed), frozenset(filter(None, (note,))), False)
            why = f"{of_layer(spoken)} has {_value(spoken, right)} parameters"
            found.right[Mode.TOTAL] = (attempt, Decision(Verdict.PROVED, "" if note else why))
            return found
    found.decision = _refused(spoken, right)
    return found


def expected(spoken: SpokenCount) -> Amount:
    """The count with one bias a gate, unless the words say otherwise or name a library that keeps two."""
    return _counted(spoken, biases=2) if _keeps_two(spoken) else count(spoken.layer, spoken.given).parameters


def _keeps_two(spoken: SpokenCount) -> bool:
    """torch keeps two biases a gate, Keras in a GRU whose reset gate stands behind the matrix, which is the default."""
    gated = "biases" in KINDS[spoken.layer].options and "biases" not in spoken.given
    return gated and (spoken.library == "torch" or (spoken.library == "keras" and spoken.layer == "gru"))


def conventions(spoken: SpokenCount) -> Iterator[tuple[str, Amount]]:
    """All counts that are right, each with what has to be said of it; the first needs nothing said."""
    given: Options = spoken.given
    yield "", expected(spoken)
    options = KINDS[spoken.layer].options
    if "biases" in options and "biases" not in given:
        yield (ONE_BIAS, _counted(spoken, biases=1)) if _keeps_two(spoken) else (TWO_BIASES, _counted(spoken, biases=2))
    bias = "biases" if "biases" in options else "bias"
    if spoken.only_weights and bias in options and bias not in given:
        yield WEIGHTS_ONLY, _counted(spoken, **{bias: 0})
    if spoken.layer == "batch-norm":
        yield KERAS_NORM, 2 * expected(spoken)
    if spoken.layer == "embedding" and "V" in given:
        yield PADDING, _counted(spoken, V=spoken.given["V"] + 1)


def _counted(spoken: SpokenCount, **changed: Amount | int) -> Amount:
    return count(spoken.layer, {**spoken.given, **changed}).parameters


def _same(one: Amount, other: Amount) -> bool:
    return bool(sympy.expand(one - other) == 0)


def _term(amount: Amount) -> Term:
    return size(amount)


def _refused(spoken: SpokenCount, right: Amount) -> Decision:
    """Wrong with the right count, unless the words or the letters may mean something else."""
    doubt = _doubt(spoken)
    if doubt:
        return Decision(Verdict.UNDECIDED, doubt)
    why = f"{of_layer(spoken)} has {_value(spoken, right)} parameters"
    slip = next((name for name, amount in slips(spoken) if _same(amount, spoken.claimed)), "")
    sizes = _point(spoken)
    values = [
        factored(amount.xreplace({dimension(k): v for k, v in sizes.items()})) for amount in (right, spoken.claimed)
    ]
    shown = Counterexample({key: int(value) for key, value in sizes.items()}, {}, (), values[0], values[1])
    return Decision(Verdict.WRONG, "; ".join(filter(None, (why, slip))), counterexample=shown)


def _value(spoken: SpokenCount, right: Amount) -> str:
    """The formula, and its value where sizes are known."""
    more = {"biases": 2} if _keeps_two(spoken) else {}
    formula = factored(count(spoken.layer, {**_unsized(spoken), **more}).parameters)
    return formula if right.free_symbols else f"{formula} = {factored(right)}"


def _unsized(spoken: SpokenCount) -> dict[str, int]:
    """What was said beside the sizes: biases, layers, directions."""
    options = KINDS[spoken.layer].options
    return {name: value for name, value in spoken.given.items() if options[name] is not None}


def _point(spoken: SpokenCount) -> dict[str, sympy.Integer]:
    """Sizes at which the two counts differ; those that were said, or small ones."""
    letters = sorted(map(str, (expected(spoken) - spoken.claimed).free_symbols))
    difference = sympy.expand(expected(spoken) - spoken.claimed)
    for first in range(2, 12):
        point = {letter: sympy.Integer(first + place) for place, letter in enumerate(letters)}
        if difference.xreplace({dimension(k): v for k, v in point.items()}) != 0:
            return point
    return {}


def _doubt(spoken: SpokenCount) -> str:
    """Why a count that is not the right one is not called wrong; empty where it is."""
    for layer, words in RELATED.get(spoken.layer, ()):
        if set(spoken.given) <= set(KINDS[layer].options) and any(
            _same(count(layer, {**spoken.given, "biases": biases}).parameters, spoken.claimed) for biases in (1, 2)
        ):
            return f"that is the count of a cell {words}, which goes by the same name"
    letters = {str(x) for x in spoken.claimed.free_symbols}
    own = {
        name for name, default in KINDS[spoken.layer].options.items() if default is None and name not in spoken.given
    }
    if letters - own:
        return f"what {', '.join(sorted(letters - own))} stands for is not said; write n for units and d for inputs"
    if _swapped_is_right(spoken):
        return f"it is right with {SWAPPED}"
    return ""


def _swapped_is_right(spoken: SpokenCount) -> bool:
    """Whether the letters n and d may stand for one another: where they are all that names the sizes."""
    if spoken.claimed.free_symbols:
        n, d = dimension("n"), dimension("d")
        other = spoken.claimed.xreplace({n: d, d: n})
        return any(_same(amount, other) for _, amount in conventions(spoken))
    if not spoken.letters >= {"n", "d"}:
        return False
    swapped = {**spoken.given, "n": spoken.given["d"], "d": spoken.given["n"]}
    return any(_same(count(spoken.layer, {**swapped, "biases": b}).parameters, spoken.claimed) for b in (1, 2))


def slips(spoken: SpokenCount) -> Iterator[tuple[str, Amount]]:
    """What people count who miss something, each with its name."""
    options, right = KINDS[spoken.layer].options, expected(spoken)
    bias = "biases" if "biases" in options else "bias"
    if bias in options and spoken.given.get(bias) != 0:
        yield "the biases are left out", _counted(spoken, **{bias: 0})
    groups = count(spoken.layer, spoken.given).groups
    recurrent = total(amount for name, amount in groups if name.startswith("W_{h"))
    if recurrent != 0:
        yield "the recurrent weights are left out", right - recurrent
    for one, other in permutations([name for name in ("n", "d", "V", "D") if name in spoken.given], 2):
        if spoken.given[one] != spoken.given[other]:
            yield f"{one} was taken for {other}", _counted(spoken, **{other: spoken.given[one]})
    if {"n", "d"} <= set(spoken.given) and spoken.given["n"] != spoken.given["d"]:
        yield "inputs and units are swapped", _counted(spoken, n=spoken.given["d"], d=spoken.given["n"])
    if spoken.layer in GATED:
        yield f"that is one gate of {GATED[spoken.layer]}", right / GATED[spoken.layer]
    for layer in OTHERS.get(spoken.layer, ()):
        yield f"that is the count of {_article(layer)}", count(layer, spoken.given).parameters
    if spoken.given.get("directions", 1) != 1:
        yield "that is one direction of two", _counted(spoken, directions=1)
    if spoken.given.get("layers", 1) != 1:
        yield "that is one layer alone", _counted(spoken, layers=1)


def of_layer(spoken: SpokenCount) -> str:
    """The layer with its sizes: ``an LSTM (n = 32, d = 16)``."""
    sizes = ", ".join(f"{name} = {value}" for name, value in spoken.given.items())
    return f"{_article(spoken.layer)}{f' ({sizes})' if sizes else ''}"


def _article(layer: str) -> str:
    words = {"lstm": "an LSTM", "gru": "a GRU", "rnn": "an RNN", "mgu": "an MGU", "peephole-lstm": "a peephole LSTM"}
    words |= {"embedding": "an embedding", "dense": "a dense layer", "batch-norm": "batch normalisation"}
    words |= {"conv2d": "a convolution"}
    return words.get(layer, f"a {layer} layer")
