"""Notes beside a formula, which say nothing that could be checked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from derivations.reading import grammar
from derivations.reading.tokens import Token, partners

ARROW: Final = frozenset({"leftarrow", grammar.REFUSED.get("leftarrow", "leftarrow")})


def without_notes(tokens: Sequence[Token]) -> list[Token]:
    r"""The tokens without arrays whose every row is an arrow with words: ``\leftarrow \text{this is known}``."""
    pairs = partners(tokens)
    gone: set[int] = set()
    for k, token in enumerate(tokens):
        if token.kind == "begin" and token.text in grammar.MATRICES and _is_note(tokens[k + 1 : max(pairs[k], k + 1)]):
            gone |= set(range(k, pairs[k] + 1))
    return [token for k, token in enumerate(tokens) if k not in gone]


def _is_note(tokens: Sequence[Token]) -> bool:
    rows: list[list[Token]] = [[]]
    for token in tokens:
        if token.kind == "newline":
            rows.append([])
        elif not token.at("&"):
            rows[-1].append(token)
    filled = [row for row in rows if row]
    return bool(filled) and all(
        len(row) > 1 and row[0].text in ARROW and all(x.kind in ("text", "unit") for x in row[1:]) for row in filled
    )
