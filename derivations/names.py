"""Names: which symbols of a sheet are the same thing, and at what time.

A *quantity* is a name without its time (``h``, ``\\tilde z``, ``W_{xz}``); a :class:`Ref` is a quantity at a time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache

from derivations.layer_names import layer_of
from derivations.reading.probabilities import PROBABILITY
from derivations.reading.surface import Node, Partial, Symbol, Time
from derivations.reading.surface import time_text as time_text

# The habits of the field, used only where neither a declaration nor an equation tells the rank.
SCALAR_NAMES = frozenset(
    "L E J ell epsilon varepsilon eta lambda alpha n d m k i j l t T N K p q gamma tau s_0 loss Loss Pr".split()
)
GATE_NAMES = frozenset("i j k n d m p q".split())
"""Letters of numbers that with a time are gates, candidates, keys and the like: columns."""
WEIGHT_NAMES = frozenset("W U V".split())
LOSS_NAMES = frozenset("L E J ell epsilon varepsilon loss Loss C_E".split())
INPUT_NAMES = frozenset("x X u".split())
GENERIC_FUNCTIONS = frozenset("f g phi varphi theta psi".split())
GRADIENT_MARKS = {"d of": "d", "delta of": "\\delta "}
"""Letters before a name that make it the name of a gradient."""
COPY = "copy"
"""The mark of the copy of a weight that is used at one step."""
SQUARED = "squared"
"""The mark of the square of a quantity, where the sheet defines the square and not the quantity."""
COUNT = "count"
"""The mark of the size of a set whose letter is a quantity as well."""
PRE = "pre"
"""The mark of what stands in the function of a gate, where it has no name."""
WHOLE = "whole"
"""The mark of a quantity of which a made-up loss is a function, where its gradient is given whole."""
SLOPE = "slope of "
"""The mark, before the name of a loss, of the free gradient of a loss that has no definition."""
ANY = "any"
"""The mark of a loss at a layer from which its own definition is not reached."""
UNSURE = "unsure"
"""The mark of such a loss where it may depend on weights in other ways, too."""
CONSTANTS = {"I": 2, "1": 1}
"""The identity matrix and the column of ones, unless a sheet says otherwise, and their ranks."""
UNTIMED = " (without time)"
STATE_NAMES = frozenset("h H s c C a".split())


@dataclass(frozen=True, slots=True)
class Ref:
    """A quantity at a time; ``time`` is None for what does not change (weights, constants)."""

    key: str
    time: Time | None = None

    def __str__(self) -> str:
        return self.key if self.time is None else f"{self.key}@{time_text(self.time)}"


def ref_text(ref: Ref) -> str:
    """A name at a time as LaTeX."""
    if ref.time is None:
        return ref.key
    return _with_time(ref.key, time_text(ref.time))


def readable(text: str) -> str:
    """A message with the names of variables (``h@2``) as LaTeX."""
    return re.sub(r"([^\s@]+)@([\w+-]+)", lambda m: _with_time(m.group(1), m.group(2)), as_named(text))


def as_named(text: str) -> str:
    """A message with the losses of which not all is known under their own names."""
    return text.replace(f"^{{{ANY}}}", "").replace(f"^{{{UNSURE}}}", "")


def _with_time(key: str, time: str) -> str:
    return f"{key}_{time}" if len(time) == 1 else f"{key}_{{{time}}}"


def shift(time: Time | None, env: Mapping[str, Time]) -> Time | None:
    """A time with its letter replaced: t−1 at t = 2 is 1."""
    base = env.get(time.symbol) if time is not None and time.symbol is not None else None
    if time is None or base is None:
        return time
    return Time(base.symbol, base.offset + time.offset)


def key_of(symbol: Symbol, name: str | None = None) -> str:
    """The quantity's name as LaTeX: marks, base and name-like subscript."""
    if symbol.base == PROBABILITY and symbol.name:
        return symbol.name
    return _key(symbol.base, symbol.marks, symbol.name if name is None else name)


@lru_cache(maxsize=4096)
def _key(letter: str, marks: tuple[str, ...], name: str) -> str:
    base = letter if len(letter) == 1 or not letter.isascii() else "\\" + letter
    for mark in marks:
        if mark in GRADIENT_MARKS:
            base = GRADIENT_MARKS[mark] + base
        elif mark == COPY:
            base = f"{base}^{{copy}}"
        elif mark == SQUARED:
            base = f"{base}^{{2}}"
        elif mark.startswith(SLOPE):
            base = f"(∂{mark.removeprefix(SLOPE)}/∂{base})"
        elif mark == COUNT:
            base = f"|{base}|"
        elif mark in (PRE, WHOLE, ANY, UNSURE):
            base = f"{base}^{{{mark}}}"
        else:
            base = base + "'" if mark == "prime" else f"\\{mark}{{{base}}}"
    if not name:
        return base
    return f"{base}_{{{name}}}" if len(name) > 1 else f"{base}_{name}"


class Names:
    """Settles what only the whole sheet can tell: whether ``h_2`` is h at time 2."""

    def __init__(self, trees: Iterable[Node]) -> None:
        symbols = [node for tree in trees for node in tree.walk() if isinstance(node, Symbol)]
        self._refs: dict[tuple[str, tuple[str, ...], str, Time | None], Ref] = {}
        self.timed = {key_of(symbol, "") for symbol in symbols if symbol.time is not None and not symbol.name}
        self.bases = {self.ref(symbol).key: symbol for symbol in reversed(symbols)}

    def add(self, trees: Iterable[Node]) -> None:
        """Names that the sheet implies and does not write."""
        for symbol in (node for tree in trees for node in tree.walk() if isinstance(node, Symbol)):
            self.bases.setdefault(self.ref(symbol).key, symbol)

    def ref(self, symbol: Symbol) -> Ref:
        """The quantity and time that a symbol stands for; the x of σ(x) is not the x_t of the same sheet."""
        written = (symbol.base, symbol.marks, symbol.name, symbol.time)
        found = self._refs.get(written)
        if found is None:
            found = self._refs[written] = self._ref(symbol)
        return found

    def _ref(self, symbol: Symbol) -> Ref:
        if symbol.time is None and symbol.name.isdigit() and key_of(symbol, "") in self.timed:
            return Ref(key_of(symbol, ""), Time(None, int(symbol.name)))
        key = key_of(symbol)
        if symbol.time is None and key in self.timed:
            return Ref(key + UNTIMED)
        return Ref(key, symbol.time)

    def listed(self, symbol: Symbol) -> list[str]:
        r"""``\Gamma_{u,f,o}`` names three quantities, if the sheet has them."""
        parts = [key_of(symbol, part.strip()) for part in symbol.name.split(",")]
        return parts if len(parts) > 1 and all(part in self.bases for part in parts) else [self.ref(symbol).key]


def rank_by_habit(symbol: Symbol, timed: bool) -> int:
    """0 for a scalar, 1 for a column, 2 for a matrix, by how the field writes them."""
    if symbol.base in SCALAR_NAMES and not (timed and symbol.base in GATE_NAMES):
        return 0
    if {ANY, UNSURE} & {*symbol.marks}:
        return 0
    upper = symbol.base[:1].isupper() or (symbol.base == "w" and layer_of(symbol) is not None)
    return 2 if upper and (not timed or symbol.base in WEIGHT_NAMES) else 1


def is_constant(symbol: Symbol) -> bool:
    """Whether the field uses this letter for the identity matrix or the column of ones."""
    return symbol.base in CONSTANTS and symbol.time is None and not symbol.marks


def is_loss(symbol: Symbol) -> bool:
    """Whether the field uses this letter for a loss."""
    return symbol.base in LOSS_NAMES


def defines_loss(symbol: Symbol, right: Node) -> bool:
    """Whether a definition is one of a loss: a letter of losses that stands for derivatives or deltas is no loss."""
    return is_loss(symbol) and not any(_is_gradient(node) for node in right.walk())


def _is_gradient(node: Node) -> bool:
    return isinstance(node, Partial) or (isinstance(node, Symbol) and node.base == "delta" and node.time is not None)
