"""What the words of a sheet say of its convolutions: padding, stride, and whether the kernel is turned round.

A product is a convolution where the sheet speaks of such; how it is meant says the last mention before it. What the
sheet leaves open has several ways, which are all tried.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import product
from typing import Final

from derivations.reading.places import Source

SPEAKS: Final = re.compile(
    r"\b(?:convol(?:ution|ve|ving|uci|uzion|utiv|uç)\w*|conv(?:net)?s?\b|conv[12]d|cnns?\d?\b|cross[- ]?correlat\w+|"
    r"kreuzkorrelation\w*|faltung\w*|gefaltet|corr[eé]lation\s+crois[ée]e|correla[cç](?:i[oó]n|ão)\s+cruzada|"
    r"zero[- ]padd\w+|stride[sd]?)\b|卷积|卷積|摺積|互相关",
    re.IGNORECASE,
)
"""Words of a sheet on which ``a * W`` between matrices of numbers is a convolution."""

COUNTS: Final = {
    "zero": 0, "one": 1, "two": 2, "three": 3, "four": 4, "ein": 1, "eins": 1, "zwei": 2, "un": 1, "uno": 1, "une": 1,
    "deux": 2, "dos": 2, "due": 2, "um": 1, "dois": 2, "一": 1, "两": 2, "二": 2,
}  # fmt: skip
_NUMBER = rf"(?P<count>\d|{'|'.join(sorted(COUNTS, key=len, reverse=True))})(?![\d×x]|\s*(?:×|\\times))"
_OF = r"\s*(?:[:=]|of(?:\s+size)?|is|by|to|de|von|di|为|是)?\s*\$?\s*(?:[psPS]\s*=\s*)?"
_NO = r"(?:no|without(?:\s+any)?|ohne|sin|sans|senza|sem|kein)"
_PADDING = r"(?:padding|pad|relleno|remplissage|preenchimento|auffüllung|填充)"

_QUOTE = "['‘’“”\"`]"
_ARRAYS = r"(?:mode|padding|convolution|correlation|cross)"


def _named(word: str, arrays: str = _ARRAYS) -> str:
    """``valid padding``, ``padding = 'valid'``."""
    quoted = rf"{_QUOTE}{word}{_QUOTE}[\s-]+{_ARRAYS}"
    return rf"\b{word}[\s-]+{arrays}|{quoted}|\bpadding\s*[:=]?\s*{_QUOTE}*{word}\b"


PADDING: Final = (
    ("valid", rf"\b{_NO}\s+(?:zero[- ]?)?{_PADDING}\b|无填充|不填充"),
    ("valid", r"\b(?:not|n't)\s+(?:use\s+)?(?:any\s+)?padd(?:ing|ed)\b"),
    ("valid", _named("valid")),
    ("full", _named("full")),
    ("count", rf"\b(?:zero[- ])?{_PADDING}{_OF}{_NUMBER}\b"),
    ("count", rf"\bpadd(?:ed|ing)\s+(?:with|by)\s+{_NUMBER}\b"),
    ("same", _named("same", "(?:mode|padding)")),
    ("same", r"\bzero[- ]padd\w+|\bpadd(?:ed|ing)\s+(?:\w+\s+){0,2}with\s+zero(?:s|es)\b|\bhalf[- ]padding\b"),
    ("same", r"\bnull(?:en)?[- ]?(?:padding|auffüllung)|\brelleno\s+(?:con|de)\s+ceros"),
    ("same", r"\bremplissage\s+(?:de|par)\s+zéros|\bpreenchimento\s+(?:com|de)\s+zeros|零填充|补零|補零"),
)
"""What is said of the padding, the more special words first."""
STRIDE: Final = (
    ("count", rf"\b(?:strides?|schrittweite|paso|pas|passo){_OF}{_NUMBER}"),
    ("count", rf"\b{_NUMBER}[- ]strided\b"),
    ("count", rf"(?:步长|步幅){_OF}{_NUMBER}"),
)
_TURNED = r"(?:flipp|rotat|turn|mirror)ed"
KERNEL: Final = (
    ("kept", r"\b(?:without|no|not|n't|never|ohne)\s+(?:\w+\s+){0,2}(?:flip|rotat|turn|mirror|revers|spiegel)\w*"),
    ("turned", r"\b(?:flip|rotat|mirror)\w*\s+(?:the\s+|of\s+the\s+)?(?:kernel|filter)s?\b"),
    ("turned", rf"\b(?:kernel|filter)s?\s+(?:is\s+|are\s+|be\s+|must\s+be\s+)?(?:first\s+)?{_TURNED}\b"),
    ("turned", r"\b(?:true|mathematical|proper|actual)\s+convolutions?\b"),
    ("kept", r"\bcross[- ]?correlat\w+|kreuzkorrelation\w*|互相关"),
    ("kept", r"\bcnns?\d?\b|\bconvolutional\b|\bconvnets?\b|\bresnet\b"),
)
UNSURE: Final = re.compile(
    r"\b(?:if|would|instead|unlike|rather|otherwise|suppose|what\s+happens|compare|or|either)\b", re.I
)
"""Words of a sentence after which what it says of a convolution need not hold."""
_END = re.compile(r"[.;!?。；！？](?=\s|$)|\n[ \t]*\n")


@dataclass(frozen=True, slots=True)
class Way:
    """How a product of two arrays is taken: ``padding`` is same, valid, full or a number.

    ``plain`` is the ordinary product; ``swapped`` a kernel before the image.
    """

    padding: str = "same"
    stride: int = 1
    turned: bool = False
    swapped: bool = False
    plain: bool = False

    def __str__(self) -> str:
        if self.plain:
            return "an ordinary product"
        kernel = "convolution with the kernel turned round" if self.turned else "correlation"
        amount = {"same": "same padding", "valid": "no padding", "full": "full padding"}
        order = ", the kernel written first" if self.swapped else ""
        return f"{kernel}, {amount.get(self.padding, f'padding {self.padding}')}, stride {self.stride}{order}"


@dataclass(frozen=True, slots=True)
class Ways:
    """The ways that the words allow, the most natural first, and others that are not quite excluded."""

    allowed: tuple[Way, ...]
    possible: tuple[Way, ...]


@dataclass(frozen=True, slots=True)
class Mention:
    """Something that is said at an offset; not ``sure`` where the sentence may say it of something else."""

    offset: int
    value: str
    sure: bool


class Words:
    """The words of one sheet, and what its declarations settle: ``convolution``, ``padding``, ``stride``."""

    def __init__(self, source: Source, declared: Mapping[str, str]) -> None:
        self.speaks = SPEAKS.search(source.text) is not None
        self.declared = declared
        tables = (
            {"padding": PADDING, "stride": STRIDE, "kernel": KERNEL} if self.speaks or any(declared.values()) else {}
        )
        self.mentions = {name: sorted(_mentions(source.text, rows), key=_offset) for name, rows in tables.items()}

    def ways(self, offset: int, swapped: bool, order_is_sure: bool, plain: bool) -> Ways:
        """How a product at an offset of the sheet may be meant; ``plain`` says whether it may be an ordinary one."""
        padding = self._told("padding", offset) or ["same", "valid"]
        strides = self._told("stride", offset) or ["1"]
        kernels = self._told("kernel", offset) or ["kept", "turned"]
        allowed = _combined(padding, strides, kernels, [swapped])
        more = _combined(
            [*padding, *self._others("padding"), *([] if self.declared.get("padding") else ["valid", "same", "full"])],
            [*strides, *self._others("stride")],
            [*kernels, *([] if self.declared.get("convolution") else ["kept", "turned"])],
            [swapped] if order_is_sure else [swapped, not swapped],
        )
        others = [*more, Way(plain=True)] if plain else more
        return Ways(allowed, tuple(way for way in others if way not in allowed))

    def _told(self, name: str, offset: int) -> list[str]:
        """What is declared, else the last sure mention before an offset, else the only one of the sheet."""
        declared = self.declared.get({"kernel": "convolution"}.get(name, name), "")
        if declared:
            return [{"correlation": "kept", "flipped": "turned"}.get(declared, declared)]
        sure = [mention for mention in self.mentions.get(name, []) if mention.sure]
        before = [mention.value for mention in sure if mention.offset < offset]
        values = {mention.value for mention in sure}
        return before[-1:] or (list(values) if len(values) == 1 else [])

    def _others(self, name: str) -> list[str]:
        return [] if self.declared.get(name) else [mention.value for mention in self.mentions.get(name, [])]


def _offset(mention: Mention) -> int:
    return mention.offset


def _mentions(text: str, rows: tuple[tuple[str, str], ...]) -> Iterator[Mention]:
    """All that is said in a text, each place once: the first row that fits it."""
    taken: list[tuple[int, int]] = []
    for value, pattern in rows:
        for match in re.finditer(pattern, text, re.IGNORECASE):
            if any(start < match.end() and match.start() < end for start, end in taken):
                continue
            taken.append(match.span())
            count = match.groupdict().get("count") if value == "count" else None
            told = str(COUNTS.get(count.lower(), count)) if count else value
            yield Mention(match.start(), told, not UNSURE.search(_sentence(text, match)))


def _sentence(text: str, match: re.Match[str]) -> str:
    ends = [end.end() for end in _END.finditer(text, max(0, match.start() - 400), match.start())]
    end = _END.search(text, match.end())
    return text[ends[-1] if ends else max(0, match.start() - 400) : end.start() if end else len(text)]


def _combined(padding: list[str], strides: list[str], kernels: list[str], swapped: list[bool]) -> tuple[Way, ...]:
    options = product(kernels, dict.fromkeys(swapped), strides, padding)
    found = [Way(pad, int(step), kernel == "turned", order) for kernel, order, step, pad in options if int(step) > 0]
    return tuple(dict.fromkeys(found))
