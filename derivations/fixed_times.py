r"""Claims about one time: ``for t = T`` beside or before ``\delta_t = h_t - y_t`` makes it ``\delta_T = h_T - y_T``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from derivations.names import shift
from derivations.reading import surface as s
from derivations.reading.places import Source
from derivations.restrictions import is_index, restrictions
from derivations.series import Moment, bound

_SUPPOSED: Final = re.compile(
    r"(?:(?:^|\n)[ \t]*(?:[-*+•]|\\item|\(?\w{1,3}[.)])?[ \t]*|"
    r"\b(?:for|when|if|case|at(?:\s+(?:the|time|step|last|final|first|initial|time-?step|timestep))*)\s*)"
    r"[(*_ \t]*(?:\$|\\\()\s*$",
    re.IGNORECASE,
)
"""What stands before a time that a claim is about."""
_AHEAD: Final = re.compile(
    r"\s*(?:\$|\\\))[)*_]*\s*[,:.]?(?:\s*[A-Za-z'’]+,?){0,8}?\s*:?\s*"
    r"(?:\$\$?|\\\[|\\\(|\\begin\{(?:equation|align|gather|multline)\*?\}\s*&?)\s*"
)
"""What stands between it and the claim."""
_ELSEWHERE: Final = re.compile(
    r"\b(?:not|nor|never|unlike|unless|except\w*|apart|besides|others?|otherwise|elsewhere|contrast\s+to|"
    r"(?:and|or)\s+(?:earlier|before|previous)|"
    r"(?:all|every|each|any)\s+(?:\w+\s+)?[$\\( ]*(?:times?|(?:time-?)?steps?|[kst]))\b",
    re.IGNORECASE,
)
"""Words beside such a time with which the claim may be about others."""
_BEGINS: Final = re.compile(r"[.!?;]\s|\n[ \t]*(?:\n|[-*+•]|\\item)|\$\$|\\\]|\\end\{")


def with_fixed_times(sentences: Sequence[s.Sentence], source: Source) -> list[s.Sentence]:
    """The sentences with the times put in that they are said to be about."""
    about = dict(_about(sentences, source))
    return [_put_in(x, about[x.span.start]) if x.span.start in about else x for x in sentences]


def _about(sentences: Sequence[s.Sentence], source: Source) -> Iterator[tuple[int, Mapping[str, s.Time]]]:
    """The offsets of the statements that are about one time, each with the letter and what it is."""
    ends = {x.span.start: x.span.end for x in sentences}
    for start, conditions in restrictions(sentences, source).items():
        fixed = [x for x in map(_fixed, conditions) if x]
        between = source.text[ends[start] : conditions[0].span.start]
        if len(fixed) == len(conditions) == 1 and not (_ELSEWHERE.search(between) or "also" in between):
            yield start, fixed[0]
    for condition, claim, words in _ahead(sentences, source):
        if not _ELSEWHERE.search(words):
            yield claim.span.start, _fixed(condition)


def of_other_times(sentences: Sequence[s.Sentence], source: Source) -> dict[int, s.Statement]:
    """The offsets of the claims that may be about other times than the one before them, each with that."""
    found = _ahead(sentences, source)
    return {claim.span.start: condition for condition, claim, words in found if _ELSEWHERE.search(words)}


def _ahead(sentences: Sequence[s.Sentence], source: Source) -> Iterator[tuple[s.Statement, s.Sentence, str]]:
    """The times that stand before claims, these, and the words around them."""
    for condition, claim in pairwise(sentences):
        if isinstance(condition, s.Statement) and not condition.display and _fixed(condition):
            before = source.text[: condition.span.start]
            after = source.text[condition.span.end : claim.span.start]
            if _SUPPOSED.search(before[-80:]) and _AHEAD.fullmatch(after):
                yield condition, claim, f"{_BEGINS.split(before)[-1]} {after}"


def _fixed(sentence: s.Sentence) -> Mapping[str, s.Time]:
    """The letter that a condition gives a time, with the time; empty for any other sentence."""
    if not isinstance(sentence, s.Statement) or len(sentence.links) != 1 or not is_index(sentence.items[0]):
        return {}
    letter, time = getattr(sentence.items[0], "base", ""), bound(sentence.items[1], {})
    equal = sentence.links[0].relation is s.Relation.EQUAL
    return {letter: time} if equal and time is not None and time.symbol != letter else {}


def _put_in(sentence: s.Sentence, fixed: Mapping[str, s.Time]) -> s.Sentence:
    """A claim at the time it is about; as it is where a sum or product binds the letter."""
    if not isinstance(sentence, s.Statement):
        return sentence
    nodes = [node for item in sentence.items for node in item.walk()]
    if any(isinstance(x, s.Big) and x.index in fixed for x in nodes):
        return sentence

    def change(node: s.Node) -> s.Node:
        time = shift(node.time, fixed) if isinstance(node, s.Symbol | Moment) else None
        return node if time is None else replace(node, time=time)  # type: ignore[call-arg]

    return replace(sentence, items=tuple(item.rewritten(change) for item in sentence.items))
