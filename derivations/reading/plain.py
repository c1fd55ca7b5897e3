"""Where the mathematics stands in plain Unicode text: on lines of their own that hold a relation and no sentence."""

from __future__ import annotations

import re
from typing import Final

from derivations.reading import grammar
from derivations.reading.markdown import Block
from derivations.reading.places import Source, Span

RELATION: Final = re.compile(r"[=≤≥≈≠≡∈≔≜<>∝]")
WORD: Final = re.compile(r"(?<![\\\w])[^\W\d_]{2,}(?!\w)")
LINE: Final = re.compile(r"[^\r\n]+")
MOST_WORDS: Final = 2


def find_lines(source: Source) -> list[Block]:
    """The lines that look like mathematics, each one a display of its own."""
    found = []
    for match in LINE.finditer(source.text):
        line = match.group()
        if RELATION.search(line) and _foreign(line) <= MOST_WORDS:
            start = match.start() + len(line) - len(line.lstrip())
            span = Span(start, match.start() + len(line.rstrip()))
            found.append(Block(span, span, source.slice(span), True))
    return found


def _foreign(line: str) -> int:
    """How many words stand in a line that are no functions, Greek letters or words of mathematics."""
    known = (grammar.FUNCTIONS, grammar.PLAIN_GREEK, grammar.WORDS, grammar.PLAIN_NAMES)
    words = [match.group() for match in WORD.finditer(line)]
    return sum(len(word) > 2 and not any(word in table or word.lower() in table for table in known) for word in words)
