r"""What a brace under or over a part says of it: ``\underbrace{W x + b}_{z}`` is a statement, z = W x + b."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from derivations.reading.grammar import FUNCTIONS, RELATIONS
from derivations.reading.parser import dimensions, parse_tokens
from derivations.reading.places import Span
from derivations.reading.slips import Slip
from derivations.reading.surface import (
    Link,
    Mul,
    Node,
    Number,
    Relation,
    Sentence,
    Space,
    Statement,
    Symbol,
    Unreadable,
)
from derivations.reading.tokens import Token, is_relation, partners

MIXED = "it is unclear what a label says that mixes words and a formula"
REMARK = re.compile(r"\s*[,;(\[–—]|\s*(?:matrix|vector|column|row)\b")
"""How words begin behind a formula that they leave as it is."""
TURNING = re.compile(r"\b(?:not|no|never|if|when|where|unless|for|at|as|since|near|once|only)\b", re.IGNORECASE)
SAYING = frozenset({"letter", "command", "bad"})
"""Kinds of tokens that say something of a part."""
NUMBERED = "it is unclear whether this numbers the part or is its value"


@dataclass(frozen=True, slots=True)
class Label:
    """The tokens of a part in a brace, and of what stands at the brace."""

    part: Sequence[Token]
    label: Sequence[Token]

    @property
    def span(self) -> Span:
        return Span(self.part[0].start, self.label[-1].end)


def labelled(tokens: Sequence[Token], display: bool) -> Iterator[Sentence]:
    """The statements that the braces of a formula make: names, values and shapes; remarks in words make none."""
    for found in _labels(tokens):
        if _is_remark(found.label):
            continue
        try:
            yield _statement(found, display)
        except Slip as slip:
            yield Unreadable(found.span, slip.at, slip.message, slip.expected, display)


def _labels(tokens: Sequence[Token]) -> Iterator[Label]:
    pairs = partners(tokens)
    for k, token in enumerate(tokens):
        if not token.at("underbrace", "overbrace") or k + 1 >= len(tokens) or pairs[k + 1] <= k + 2:
            continue
        end = pairs[k + 1]
        if end + 2 < len(tokens) and tokens[end + 1].at("_", "^"):
            last = max(pairs[end + 2], end + 2)
            braced = tokens[end + 2].kind == "{" and last > end + 3
            label = tokens[end + 3 : last] if braced else tokens[end + 2 : last + 1]
            yield Label(tokens[k + 2 : end], label)


def _is_remark(label: Sequence[Token]) -> bool:
    """Words, with numbers among them, and marks such as ``(1)`` or ``(*)``, say nothing of the part."""
    kinds = [token.kind for token in label]
    if len(kinds) == 3 and kinds[0] == "open" and kinds[2] == "close":
        return True
    return any(_words(label)) and not any(token.kind in SAYING or is_relation(token) for token in label)


def _words(label: Sequence[Token]) -> list[bool]:
    """Which tokens are words that are no function."""
    after = (*label[1:], None)
    return [x.kind in ("text", "unit") and not _is_called(x, then) for x, then in zip(label, after, strict=True)]


def _said(label: Sequence[Token]) -> Sequence[Token]:
    """A label without the words around it: ``= f_t (chain rule)``, ``slope = f_t``. Raises Slip where they turn it."""
    words = _words(label)
    if not any(words):
        return label
    first, other = words.index(True), words.index(False)
    if not first and is_relation(label[other]) and not any(words[other:]) and not _turns(label[:other]):
        return label[other:]
    if not (all(words[first:]) and first and REMARK.match(label[first].text)):
        raise Slip(label[first].span, MIXED, "words alone, or a formula alone")
    return label[:first]


def _turns(words: Sequence[Token]) -> bool:
    """Whether words may turn round or condition what stands behind them."""
    return any(TURNING.search(token.text) for token in words)


def _is_called(word: Token, after: Token | None) -> bool:
    r"""The name of a function before a bracket, as in ``\mathrm{diag}(f_t)``."""
    return word.text in FUNCTIONS and after is not None and after.kind in ("open", "left")


def _statement(found: Label, display: bool) -> Statement:
    """The name first, so that it is defined where it is new. Raises Slip."""
    said = _said(found.label)
    signed = is_relation(said[0])
    relation = RELATIONS[said[0].text] if signed else Relation.EQUAL
    link = Link(relation, said[0].span)
    part, label = parse_tokens(found.part), parse_tokens(said[1:] if signed else said)
    if not signed and isinstance(label, Number):
        raise Slip(label.span, NUMBERED, "an equals sign before the value")
    if not signed and isinstance(label, Mul) and set(label.operators) == {"times"} and _is_shape(label):
        shape = Space(label.span, dimensions(label))
        return Statement(found.span, (part, shape), (Link(Relation.MEMBER, link.span),), display=display)
    items = (label, part) if isinstance(label, Symbol) and relation is not Relation.COMPARE else (part, label)
    return Statement(found.span, items, (link,), display=display)


def _is_shape(label: Node) -> bool:
    r"""``n \times d``: letters or numbers only."""
    return all(isinstance(x, Number) or (isinstance(x, Symbol) and x.time is None) for x in label.children())
