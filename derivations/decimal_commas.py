r"""Numbers such as ``1{,}500`` on a sheet with decimal commas, where they could be 1.5 as well as 1500."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from derivations.reading import surface as s
from derivations.reading.places import Source

DECIMAL: Final = re.compile(r"(?<![\d.,}])(?:0\{,\}\d|[1-9]\d*\{,\}(?:\d{1,2}|\d{4,})(?![\d{]))")
"""A comma that can only be a decimal one."""
EITHER: Final = re.compile(r"[1-9]\d{0,2}(?:\{,\}|,)\d{3}")
MESSAGE: Final = "on a sheet with decimal commas this could be a number with three decimals or one of thousands"
EXPECTED: Final = "it without the comma, or with a point"


def with_sure_commas(sentences: Sequence[s.Sentence], source: Source) -> list[s.Sentence]:
    """The sentences, those with such a number as unreadable."""
    if not DECIMAL.search(source.text):
        return list(sentences)
    return [_sure(x, source) if isinstance(x, s.Statement) else x for x in sentences]


def _sure(statement: s.Statement, source: Source) -> s.Sentence:
    for node in (node for item in statement.items for node in item.walk()):
        if isinstance(node, s.Number) and EITHER.fullmatch(source.slice(node.span)):
            return s.Unreadable(statement.span, node.span, MESSAGE, EXPECTED, statement.display)
    return statement
