"""How deep the tokens of a formula stand, how wide they are, and where a long chain of equations is broken."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from derivations.reading import grammar
from derivations.reading.surface import Relation
from derivations.reading.tokens import Token, partners

LINE_WIDTH: Final = 42
"""How many signs of a chain fit on a line; a longer one gets a line for each relation."""
EQUATING: Final = frozenset({Relation.EQUAL, Relation.DEFINED, Relation.APPROX})
OPENING: Final = frozenset({"{", "open", "left", "begin"})
CLOSING: Final = frozenset({"}", "close", "right", "end"})
FRACTION: Final = 0.5
SCRIPT: Final = 0.7


def levels(tokens: Sequence[Token], environments: Mapping[str, str]) -> list[int]:
    """How many brackets, braces and environments stand around each token; those named "" do not count."""
    found, depth = [], 0
    for token in tokens:
        counts = token.kind not in ("begin", "end") or bool(environments.get(token.text))
        depth -= counts and token.kind in CLOSING and depth > 0
        found.append(depth if counts else depth + 1)
        depth += counts and token.kind in OPENING
    return found


def breaks(tokens: Sequence[Token], depth: Sequence[int]) -> list[int]:
    """The relations before which a chain that is too wide goes on the next line; none where it would not help."""
    flat = [k for k, level in enumerate(depth) if level == 0]
    found = [k for k in flat if is_equation_sign(tokens[k])]
    several = any(tokens[k].kind == "wide" or tokens[k].at(",", ";") for k in flat)
    return found if len(found) > 1 and not several and width(tokens) > LINE_WIDTH else []


def is_equation_sign(token: Token) -> bool:
    """Whether a token is an equals sign of some sort."""
    return token.kind in ("sign", "command") and grammar.RELATIONS.get(token.text) in EQUATING


def width(tokens: Sequence[Token]) -> float:
    """About how many signs wide a formula is: fractions and scripts are narrower than they are long."""
    halves = _halves(tokens)
    total, scales = 0.0, [1.0]
    for k, token in enumerate(tokens):
        if token.kind == "{":
            script = k > 0 and tokens[k - 1].at("^", "_")
            scales.append(scales[-1] * (FRACTION if k in halves else SCRIPT if script else 1))
        elif token.kind == "}" and len(scales) > 1:
            scales.pop()
        total += scales[-1] * _signs(token)
    return total


def _halves(tokens: Sequence[Token]) -> set[int]:
    """The braces that open the upper or lower part of a fraction."""
    closes = partners(tokens)
    uppers = [k + 1 for k, token in enumerate(tokens[:-1]) if token.at("frac") and tokens[k + 1].kind == "{"]
    return {*uppers, *(closes[k] + 1 for k in uppers if closes[k] >= 0)}


def _signs(token: Token) -> int:
    if token.kind in ("text", "number", "unit"):
        return len(token.text)
    if token.kind == "command":
        return 3 if token.text in grammar.FUNCTION_COMMANDS else int(token.text not in UNSEEN)
    return int(token.kind in ("letter", "open", "close", "left", "right", "bar", "sign") and not token.at("^", "_"))


UNSEEN: Final = grammar.ACCENTS | grammar.FONTS | {"frac", "sqrt", "boxed"}
