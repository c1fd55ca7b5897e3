r"""Suppositions about every time, ``f_t = 1 for all t``, ``for t = 1, …, T``, ``at every step``, and about some.

``for all t > 5`` and ``at all steps but the first`` speak of some times only: nothing is supposed of the others.
"""

from __future__ import annotations

import re

_EVERY = r"\b(?:all|every|each|any)\s+(?:the\s+|(?P<before>(?:past|previous|earlier)\s+))*"
_LETTER = r"[$\\(]*\s*(?P<of>[A-Za-z]+_\{?)?"
_ALWAYS = re.compile(
    rf"{_EVERY}(?:(?:times?|(?:time[- ]?)?steps?)\b(?:\s+[$\\(]+\s*(?P<named>[a-z])\b)?|{_LETTER}(?P<every>[a-z])\b)"
    r"|\bfor\s+[$\\(\s]*(?P<range>[a-z])\s*=\s*[01]\s*,|\b(?:always(?!\s+(?:have|get))|throughout)\b",
    re.IGNORECASE,
)
"""What is supposed of every time, not of one."""
_LAST = r"(?:[A-Z]|\\tau|\\infty|∞)(?![A-Za-z]|\s*[-+_^/])"
_DOTS = r"(?:\\[a-z]*dots[a-z]?|\.\.\.|…)"
_TO_THE_END = re.compile(rf"\s*(?:2\s*,\s*)?(?:3\s*,\s*)?{_DOTS}\s*,?\s*{_LAST}")
_SOME = re.compile(
    r"[\s$\\)}]*?(?:[<>≤≥≠∈=]|\\(?:geq?|leq?|neq?|gt|lt|in|notin|gg|ll|[gl]eqslant)(?![a-z])"
    r"|[\s$]*(?:but|save|except|after|before|beyond|from|until|till|up|greater|larger|smaller|less|later|above|below"
    r"|other|besides|apart|past|starting|between|divisible|with|where|such|that\s+(?:is|are)"
    r"|(?:in|of|within|during)\s+(?:the|an?)\s+(?:first|second|third|last|final|upper|lower|early|late|other))\b)"
)
_NONE_LEFT_OUT = re.compile(
    rf"[\s$\\)}}]*?(?:(?:\\geq?(?:slant)?|≥|>=)\s*[01](?!\d|\.)|>\s*0(?!\d|\.)|(?:\\leq?(?:slant)?|≤|<=)\s*{_LAST}"
    rf"|(?:\\in|∈)\s*(?:(?:\\?\{{|\\left\\\{{)\s*[01]\s*,(?:\s*2\s*,)?\s*{_DOTS}\s*,\s*{_LAST}|\[\s*[01]\s*,\s*{_LAST}"
    rf"|\[\s*{_LAST}\s*\]|\\mathbb)|[\s$]*(?:from\s+\$?[01]\$?\s+(?:up\s+)?to\s+\$?{_LAST}|up\s+to\s+\$?{_LAST}))"
)


def of_all_times(words: str, letter: str | None) -> bool:
    """Whether a sentence supposes of every time what it says at the time ``letter``; None is no letter."""
    return letter is not None and any(_is_of(match, letter) for match in _ALWAYS.finditer(words))


def of_some_times(words: str, letter: str | None) -> bool:
    """Whether a sentence supposes it of some times only, as ``for all t > 5`` and ``for t = 1, …, 5`` do."""
    return letter is not None and any(
        _is_of(match, letter) and _is_restricted(match, words[match.end() :]) for match in _ALWAYS.finditer(words)
    )


def _is_of(match: re.Match[str], letter: str) -> bool:
    return bool((match["every"] or match["named"] or match["range"] or letter) == letter)


def _is_restricted(match: re.Match[str], after: str) -> bool:
    if match["before"] or match["of"]:  # behind "all f_t" stands what is supposed of them
        return match["before"] is not None
    if match["range"]:
        return _TO_THE_END.match(after) is None
    return _SOME.match(after) is not None and _NONE_LEFT_OUT.match(after) is None
