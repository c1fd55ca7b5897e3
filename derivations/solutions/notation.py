r"""How an answer is written: names, times, products, transposes and gradients, as a table of profiles.

A pattern has ``*`` where a letter goes: ``W_{x*}`` is the matrix from the input into the gate ``*``. Letters that a
profile does not name stay those of the equations.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from difflib import get_close_matches
from typing import Any, Final

from derivations.cell import Cell
from derivations.errors import UsageError

TIMES: Final = {"subscript": "_{{{}}}", "parentheses": "^{{({})}}", "angles": r"^{{\langle {} \rangle}}"}
"""How a time is written behind a name."""
GRADIENTS: Final = {
    "fraction": r"\frac{{\partial {loss}}}{{\partial {name}}}",
    "nabla": r"\nabla_{{{name}}} {loss}",
}
PRODUCTS: Final = (r"\odot", "*", r"\circ")
TRANSPOSES: Final = ("T", r"\top")
FAMILIES: Final = ("rnn", "gru", "lstm")


@dataclass(frozen=True, slots=True)
class Notation:
    """One way to write. ``letters`` and ``gates`` rename quantities and the gates in names of weights.

    Both go by family (rnn, gru, lstm); what stands under ``all`` is true of every family.
    """

    name: str
    title: str
    time: str = "subscript"
    product: str = r"\odot"
    transpose: str = "T"
    gradient: str = "fraction"
    loss: str = "L"
    preactivation: str = r"\hat{*}"
    input_weight: str = "W_{x*}"
    state_weight: str = "W_{h*}"
    bias: str = "b_{*}"
    letters: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    gates: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def letter(self, family: str, stem: str) -> str:
        """A quantity's own name in this notation."""
        return _renamed(self.letters, family, stem)

    def gate(self, family: str, letter: str) -> str:
        """The letter of a gate in the names of its weights."""
        return _renamed(self.gates, family, letter)

    def timed(self, stem: str, time: str) -> str:
        """A name at a time."""
        if self.time == "subscript" and len(time) == 1:
            return f"{stem}_{time}"
        return stem + TIMES[self.time].format(time)

    def derivative(self, name: str) -> str:
        """The gradient of the loss by a name."""
        return GRADIENTS[self.gradient].format(loss=self.loss, name=name)

    def signs(self, latex: str) -> str:
        """LaTeX of our own printer with the signs of this notation."""
        return latex.replace(r"\odot", self.product).replace("^T", rf"^{self.transpose}")


def _renamed(table: Mapping[str, Mapping[str, str]], family: str, letter: str) -> str:
    return {**table.get("all", {}), **table.get(family, {})}.get(letter, letter)


NOTATIONS: Final = {
    notation.name: notation
    for notation in (
        Notation("standard", "the names of the library of cells"),
        Notation(
            "goodfellow",
            "Goodfellow, Bengio and Courville, Deep learning, 2016, chapter 10: h^{(t)}, U for inputs, W for states, ∇",
            time="parentheses",
            transpose=r"\top",
            gradient="nabla",
            preactivation="a_{*}",
            input_weight="U_{*}",
            state_weight="W_{*}",
            letters={"gru": {"z": "u"}, "lstm": {"i": "g", "o": "q", "c": "s", "g": r"\tilde{s}"}},
            gates={"gru": {"z": "u", "g": "h", "n": "h"}, "lstm": {"i": "g", "o": "q", "g": "s"}, "rnn": {"h": ""}},
        ),
        Notation(
            "graves",
            "Graves, Generating sequences with recurrent neural networks, 2013: subscripts, W_{xi}, ∘, the loss ℒ",
            product=r"\circ",
            loss=r"\mathcal{L}",
        ),
        Notation(
            "deeplearning-ai",
            "Ng, Sequence models (deeplearning.ai): a^{⟨t⟩}, Γ_u, *, the loss 𝒥",
            time="angles",
            product="*",
            loss="J",
            preactivation="z_{*}",
            input_weight="W_{*x}",
            state_weight="W_{*a}",
            letters={
                "rnn": {"h": "a"},
                "gru": {"z": r"\Gamma_u", "r": r"\Gamma_r", "h": "c", r"\tilde{h}": r"\tilde{c}", "n": r"\tilde{c}"},
                "lstm": {"h": "a", "i": r"\Gamma_u", "f": r"\Gamma_f", "o": r"\Gamma_o", "g": r"\tilde{c}"},
            },
            gates={
                "rnn": {"h": "a"},
                "gru": {"z": "u", "g": "c", "n": "c", "h": "c"},
                "lstm": {"i": "u", "g": "c"},
            },
        ),
        Notation(
            "torch",
            "torch.nn: W_{ii}, W_{hi}, b_i, the candidate of a GRU is n",
            transpose=r"\top",
            input_weight="W_{i*}",
            letters={"gru": {r"\tilde{h}": "n"}},
            gates={"gru": {"g": "n"}},
        ),
    )
}
CHOICES: Final = {
    "time": tuple(TIMES),
    "product": PRODUCTS,
    "transpose": TRANSPOSES,
    "gradient": tuple(GRADIENTS),
}
PATTERNS: Final = ("preactivation", "input_weight", "state_weight", "bias")
NAME: Final = re.compile(
    r"[A-Za-z*](?:'|_\{?[A-Za-z0-9*]+\}?)?|\\[A-Za-z]+(?:\{[A-Za-z*]+\})?(?:_\{?[A-Za-z0-9*]+\}?)?|"
)
"""A name that a profile may give: a letter or a command, with one subscript; also nothing at all."""


def notation(name: str) -> Notation:
    """A notation of the table. Raises UsageError with those there are."""
    if name not in NOTATIONS:
        raise UsageError(f"there is no notation {name}; there are {', '.join(NOTATIONS)}, or a file that ends in .toml")
    return NOTATIONS[name]


def read_notation(name: str, toml: str) -> Notation:
    """A notation of one's own: the keys of :class:`Notation` in TOML, ``base`` names the one that it starts from.

    Raises UsageError where a key or a value cannot be used, with those that can.
    """
    try:
        given = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        raise UsageError(f"{name}: this is no TOML: {error}") from error
    base = notation(str(given.pop("base", "standard")))
    known = [x.name for x in fields(Notation) if x.name != "name"]
    for key, value in given.items():
        _refuse(name, key, value, known)
    letters = _merged(base.letters, given.pop("letters", {}))
    gates = _merged(base.gates, given.pop("gates", {}))
    return replace(base, name=name, letters=letters, gates=gates, **given)


def _refuse(name: str, key: str, value: Any, known: list[str]) -> None:
    if key not in known:
        near = get_close_matches(key, [*known, "base"], 1)
        asked = f"; did you mean {near[0]}?" if near else ""
        raise UsageError(f"{name}: there is no key {key}{asked}; there are base, {', '.join(known)}")
    if key in ("letters", "gates"):
        _refuse_tables(name, key, value)
    elif not isinstance(value, str):
        raise UsageError(f"{name}: {key} = {value!r}: write text in quotes")
    elif key in CHOICES and value not in CHOICES[key]:
        raise UsageError(f"{name}: {key} = {value}: choose one of {', '.join(CHOICES[key])}")
    elif key in (*PATTERNS, "loss") and not NAME.fullmatch(value):
        raise UsageError(f"{name}: {key} = {value}: this is no name; write a letter with a subscript, * for the gate")
    elif key in PATTERNS and "*" not in value:
        raise UsageError(f"{name}: {key} = {value}: write * where the letter of the gate goes")


def _refuse_tables(name: str, key: str, value: Any) -> None:
    """Letters go by family, and are names."""
    for family, letters in value.items() if isinstance(value, dict) else [("", value)]:
        if family not in (*FAMILIES, "all") or not isinstance(letters, dict):
            raise UsageError(f"{name}: {key} goes by family: write [{key}.gru]; there are all, {', '.join(FAMILIES)}")
        for letter, new in letters.items():
            if not isinstance(new, str) or not NAME.fullmatch(new):
                raise UsageError(f"{name}: {key}.{family}.{letter} = {new!r}: this is no name")


def _merged(old: Mapping[str, Mapping[str, str]], new: Mapping[str, Mapping[str, str]]) -> dict[str, dict[str, str]]:
    return {family: {**old.get(family, {}), **new.get(family, {})} for family in {**old, **new}}


def family(cell: Cell) -> str:
    """Whose habits of naming a cell follows: lstm with a memory, gru with gates, else rnn."""
    if any(after.startswith("c") for _, after in cell.states):
        return "lstm"
    gated = any(name[0] not in "hy" and not name.startswith("\\") for name, _ in cell.equations)
    return "gru" if gated else "rnn"
