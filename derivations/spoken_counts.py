r"""Counts that a sheet states in words: “the LSTM with 32 units and 16 inputs has $6{,}272$ parameters”.

A sentence is a claim only where every word of it is understood: the tables below are its whole grammar. One that
hedges, compares, denies or adds anything else claims nothing here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import cast

import sympy

from derivations.parameter_counts import KINDS, Amount
from derivations.reading import surface as s
from derivations.reading.places import Span
from derivations.terms import dimension

N = r"(?P<number>\d{1,3}(?:(?:,|\{,\}|\\,)\d{3})+(?!\d)|\d+(?![\d.]*\d))"
MOST_LETTERS = 600
"""Of a sentence; a longer one is not looked at."""
NUMERALS = {"one": 1, "two": 2, "three": 3, "four": 4, "single": 1}
LAYERS = (
    (r"peephole[ -]LSTM", "peephole-lstm"),
    (r"LSTM(?: cell| layer)? with peepholes?(?: connections)?", "peephole-lstm"),
    (r"LSTM|long short-term memory", "lstm"),
    (r"GRU|gated recurrent unit", "gru"),
    (r"(?:(?:simple|vanilla|plain|Elman) )?RNN|SimpleRNN|Elman (?:cell|layer)", "rnn"),
    (r"minimal gated unit|MGU", "mgu"),
    (r"embedding", "embedding"),
    (r"dense(?= )|fully[- ]connected|Dense\b", "dense"),
    (r"(?:2D )?convolution(?:al(?= layer))?|Conv2D", "conv2d"),
    (r"batch[- ]?norm(?:ali[sz]ation)?", "batch-norm"),
    (r"layer[- ]?norm(?:ali[sz]ation)?", "layer-norm"),
)
OF = r"(?:,| of| is| =|) ?"
SIZES = (
    (rf"{N} ?(?:×|x|\\times) ?(?P=number)[$*_]*(?: kernels?| filters?|)", "kernel"),
    (rf"{N} (?:filters?|output channels?)", "out"),
    (rf"{N} input channels?", "features"),
    (rf"{N}(?: hidden| memory| recurrent| LSTM| GRU)? (?:units?|neurons?|cells?|nodes?)", "n"),
    (rf"(?:hidden|state)(?: state)?(?: size| dimension| width){OF}{N}", "n"),
    (rf"{N}(?: input| inputs?)(?: features?| dimensions?| values?| units?| neurons?|)\b", "d"),
    (rf"{N}[- ]dimensional inputs?", "d"),
    (rf"{N} (?:features?|channels?)", "features"),
    (rf"inputs?(?: vectors?)? (?:of )?(?:size|dimension|width|length){OF}{N}", "d"),
    (rf"{N} outputs?", "n"),
    (rf"vocabulary(?: size)?{OF}{N}(?: words?| tokens?|)", "V"),
    (rf"{N} (?:words?|tokens?)", "V"),
    (rf"{N}[- ]dimensional (?:vectors?|embeddings?)", "D"),
    (rf"(?:embedding size|embedding dimension|vectors? of (?:size|length)|dimension|output size){OF}{N}", "D"),
    (rf"{N} dimensions?", "D"),
    (rf"(?P<letter>[nd]) ?= ?{N}", "letter"),
    (rf"{N}[- ]layers?", "layers"),
)
SAID = (
    (r"bi-?directional", "directions", 2),
    (r"without (?:a |any )?bias(?:es)?", "biases", 0),
    (r"with (?:one|a single) bias(?: vector)? (?:for each|per|a|in each) gate", "biases", 1),
    (r"with two bias(?:es| vectors) (?:for each|per|a|in each) gate", "biases", 2),
)
LIBRARIES = ((r"(?:in|of) (?:Py)?Torch|torch\.nn\.|nn\.", "torch"), (r"(?:in|of) (?:Keras|TensorFlow)", "keras"))
NOUN = r"(?:(?:trainable|learnable|weight|model) )*(?P<noun>parameters?|weights?)\b"
COUNTED = rf"{N} {NOUN}"
ASKED = (
    rf"(?:total )?(?:number|count) of {NOUN}|(?:total )?parameter count|"
    r"total (?:trainable |weight )?(?P<other>parameters|weights)"
)
NEUTRAL = frozenset(
    "a an the this that our its it so thus hence therefore then and with of in on over for from has have having is are "
    "equals holds contains needs requires gives layer cell which where there first second last = , : ( )".split()
)
_WORD = re.compile(r"[^\W\d_]+|[=,:()]")
_FORMULA = re.compile(r"\$([^$]+)\$")
_HIDDEN = re.compile(
    r"<!--.*?(?:-->|\Z)|^[ \t]*(```+|~~~+).*?(?:^[ \t]*\1[ \t]*$|\Z)|\$\$.*?(?:\$\$|\Z)|\\\[.*?(?:\\\]|\Z)|"
    r"^[ \t]*[|#>%\\][^\n]*$|`[^`\n]*`",
    re.DOTALL | re.MULTILINE,
)
_SENTENCE = re.compile(r"(?:[^.!?;\n\0]|\.(?=\w)|\n(?![ \t]*(?:\n|[-*+] |\d+[.)] )))+")
_ENDS = re.compile(r"[.;!]?[ \t]*(?:\n|$)|[.;!]\s")


@dataclass(frozen=True, slots=True)
class SpokenCount:
    """A layer named in words, its sizes, and the number of parameters that it is said to have.

    ``given`` are options of ``parameter_counts``; ``letters`` sizes of n or d, given as letters; ``only_weights`` says
    that weights were counted, not parameters; ``library`` is torch, keras or empty; ``claimed`` is the number or
    polynomial, read at ``at``; ``span`` is the whole sentence.
    """

    layer: str
    given: dict[str, int]
    letters: frozenset[str]
    only_weights: bool
    library: str
    claimed: Amount
    at: s.Node
    span: Span


@dataclass(slots=True)
class _Found:
    layers: list[str] = field(default_factory=list)
    sizes: list[tuple[str, int]] = field(default_factory=list)
    letters: set[str] = field(default_factory=set)
    nouns: list[str] = field(default_factory=list)
    library: str = ""
    values: list[s.Node] = field(default_factory=list)


def spoken_counts(text: str, sentences: Sequence[s.Sentence]) -> Iterator[SpokenCount]:
    """The counts that the words of a text state; ``sentences`` are its formulas as they were read."""
    shown = _HIDDEN.sub(lambda match: "\0" * len(match[0]), text)
    statements = [x for x in sentences if isinstance(x, s.Statement) and x.items]
    for match in _SENTENCE.finditer(shown):
        speaks = len(match[0]) <= MOST_LETTERS and ("parameter" in match[0] or "weight" in match[0])
        if speaks and _ENDS.match(shown, match.end()):
            found = _Scanner(shown, match.span(), statements).scan()
            if found is not None:
                yield found


class _Scanner:
    """Reads one sentence from left to right; nothing in it may be left over."""

    def __init__(self, text: str, span: tuple[int, int], statements: Sequence[s.Statement]) -> None:
        self.text = text
        self.start, self.end = span
        self.statements = statements
        self.found = _Found()

    def scan(self) -> SpokenCount | None:
        bullet = re.compile(r"\s*[-+]\s").match(self.text, self.start, self.end)
        place = bullet.end() if bullet else self.start
        while place < self.end:
            after = self._taken(place)
            if after is None:
                return None
            place = after
        return self._claim()

    def _taken(self, place: int) -> int | None:
        """Where the phrase at a place ends; None where it is not understood."""
        if self.text[place] in " \t\r\n*_":
            return place + 1
        formula = _FORMULA.match(self.text, place, self.end)
        if formula is not None:
            return self._formula(formula)
        for read in (self._counted, self._said, self._size, self._layer, self._asked, self._value):
            after = read(place)
            if after is not None:
                return after
        word = _WORD.match(self.text, place, self.end)
        return word.end() if word and word[0].lower() in NEUTRAL else None

    def _match(self, pattern: str, place: int) -> re.Match[str] | None:
        """A phrase at a place; its numbers may stand between dollars or stars, its words on two lines."""
        loose = pattern.replace(N, rf"[$*_]*{N}[$*_]*").replace(" ", r"\s+").replace(r"\s+?", r"\s*")
        return re.compile(rf"(?:{loose})(?!\w)", re.IGNORECASE).match(self.text, place, self.end)

    def _counted(self, place: int) -> int | None:
        match = self._match(COUNTED, place)
        if match is None:
            return None
        self.found.nouns.append(match["noun"])
        self.found.values.append(self._number(match))
        return match.end()

    def _asked(self, place: int) -> int | None:
        match = self._match(ASKED, place)
        if match is not None:
            self.found.nouns.append(match["noun"] or match["other"] or "parameters")
        return match.end() if match else None

    def _value(self, place: int) -> int | None:
        """A number by itself, behind the words that ask for it."""
        match = self._match(N, place)
        if match is None or not self.found.nouns:
            return None
        self.found.values.append(self._number(match))
        return match.end()

    def _number(self, match: re.Match[str]) -> s.Node:
        return s.Number(Span(*match.span("number")), Fraction(re.sub(r"\D", "", match["number"])))

    def _said(self, place: int) -> int | None:
        for pattern, library in LIBRARIES:
            match = self._match(pattern, place)
            if match is not None:
                self.found.library = library
                return match.end()
        for pattern, name, value in SAID:
            match = self._match(pattern, place)
            if match is not None:
                self.found.sizes.append((name, value))
                return match.end()
        return None

    def _size(self, place: int) -> int | None:
        word = re.compile(r"(one|two|three|four|single)[- ](layer|unit)s?\b", re.IGNORECASE)
        said = word.match(self.text, place, self.end)
        if said is not None:
            self.found.sizes.append(({"layer": "layers", "unit": "n"}[said[2].lower()], NUMERALS[said[1].lower()]))
            return said.end()
        for pattern, name in SIZES:
            match = self._match(pattern, place)
            if match is not None:
                self._note(name if name != "letter" else match["letter"], match, name == "letter")
                return match.end()
        return None

    def _note(self, name: str, match: re.Match[str], letter: bool) -> None:
        self.found.sizes.append((name, int(re.sub(r"\D", "", match["number"]))))
        if letter:
            self.found.letters.add(name)

    def _layer(self, place: int) -> int | None:
        for pattern, layer in LAYERS:
            match = self._match(pattern, place)
            if match is not None:
                self.found.layers.append(layer)
                return match.end()
        return None

    def _formula(self, formula: re.Match[str]) -> int | None:
        """A size, a number behind its noun or before it, or a chain that ends in the value."""
        for read in (self._counted, self._size):
            after = read(formula.start())
            if after is not None and after >= formula.end():
                return after
        assigned = self._assigned(formula)
        if assigned:
            return formula.end()
        inside = [x for x in self.statements if formula.start() <= x.span.start and x.span.end <= formula.end()]
        if len(inside) != 1 or any(link.relation is not s.Relation.EQUAL for link in inside[0].links):
            return None
        noun = self._match(NOUN, formula.end() + 1) if formula.end() < self.end else None
        self.found.values.append(inside[0].items[-1])
        if noun is not None:
            self.found.nouns.append(noun["noun"])
        return noun.end() if noun else formula.end()

    def _assigned(self, formula: re.Match[str]) -> bool:
        """``n = 32, d = 16`` or ``n = d = 200`` between dollars."""
        parts = re.split(r",\s+|\\,\s*|;\s*", formula[1].strip())
        matches = [re.fullmatch(rf"((?:[nd]\s*=\s*)+){N}", part.strip()) for part in parts]
        if None in matches:
            return False
        for match in filter(None, matches):
            for letter in re.findall("[nd]", match[1]):
                self._note(letter, match, True)
        return True

    def _claim(self) -> SpokenCount | None:
        found = self.found
        if len(found.layers) != 1 or len(found.nouns) != 1 or len(found.values) != 1:
            return None
        claimed = polynomial(found.values[0])
        given = dict(found.sizes)
        if claimed is None or len(given) != len(found.sizes):
            return None
        layer = found.layers[0]
        options = _options(layer, given)
        if options is None or not (claimed.free_symbols or _complete(layer, options)):
            return None
        only = found.nouns[0].lower().startswith("weight")
        words = self.text[self.start : self.end]
        span = Span(self.end - len(words.lstrip()), self.start + len(words.rstrip()))
        return SpokenCount(
            layer, options, frozenset(found.letters), only, found.library, claimed, found.values[0], span
        )


def _options(layer: str, given: dict[str, int]) -> dict[str, int] | None:
    """The sizes as options of the layer; None where it has no such option."""
    own = KINDS[layer].options
    names = {"features": next((x for x in ("channels", "d", "n") if x in own), ""), "biases": _bias(own)}
    if layer == "embedding":
        names |= {"n": "D", "d": "V"}
    found = {names.get(name, name): value for name, value in given.items()}
    fits = (
        len(found) == len(given)
        and set(found) <= set(own)
        and all(found.get(x, 1) > 0 for x in found if own[x] is None)
    )
    return found if fits else None


def _bias(options: Mapping[str, int | None]) -> str:
    return "bias" if "bias" in options else "biases"


def _complete(layer: str, options: dict[str, int]) -> bool:
    return all(name in options for name, default in KINDS[layer].options.items() if default is None)


def polynomial(node: s.Node) -> Amount | None:
    """Plain arithmetic of numbers and letters; None for anything else."""
    if isinstance(node, s.Group):
        return polynomial(node.inner)
    if isinstance(node, s.Number):
        return sympy.Rational(node.value.numerator, node.value.denominator)
    if isinstance(node, s.Symbol):
        return dimension(node.base) if node == s.Symbol(node.span, node.base) else None
    parts = [polynomial(part) for part in _parts(node)]
    if not parts or any(part is None for part in parts):
        return None
    known = cast(list[Amount], parts)
    if isinstance(node, s.Add):
        return cast(Amount, sympy.Add(*(sign * part for sign, part in zip(node.signs, known, strict=True))))
    if isinstance(node, s.Raise):
        return cast(Amount, known[0] ** known[1]) if known[1] in (2, 3) else None
    return cast(Amount, sympy.Mul(*known))


def _parts(node: s.Node) -> tuple[s.Node, ...]:
    """The parts of a sum, a power or a plain product; empty for anything else."""
    if isinstance(node, s.Add):
        return node.addends
    if isinstance(node, s.Raise):
        return node.base, node.exponent
    plain = isinstance(node, s.Mul) and set(node.operators) <= {"", "cdot", "times", "*"}
    return node.factors if isinstance(node, s.Mul) and plain else ()
