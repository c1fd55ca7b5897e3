r"""Conditions beside a formula, without a word of supposing: ``L = -\sum_k y_k \log p_k, \quad \sum_k y_k = 1``."""

from __future__ import annotations

import re
from typing import Final

from derivations.facts import CONCLUDING, DENIED, Fact, Property, property_of
from derivations.names import Names
from derivations.reading import surface as s
from derivations.reading.places import Source

_BEGINS: Final = re.compile(r"\$\$|\\\[|\\begin\{[a-z]+\*?\}|\\\\(?!\[)")
"""Where a formula begins, or a row of it."""
_TEXT: Final = re.compile(r"\\(?:text\w*|mbox|mathrm)\{([^{}]*)\}")


def sum_beside(statement: s.Statement, names: Names, source: Source) -> Fact | None:
    """That the entries of a quantity sum to one; a condition only where the sheet does not define the quantity."""
    before = _BEGINS.split(source.text[: statement.span.start])[-1].strip(" \n&")
    equated = len(statement.links) == 1 and statement.links[0].relation is s.Relation.EQUAL
    denied = any(DENIED.search(words) for words in _TEXT.findall(before))
    if (
        not (statement.display and before and equated)
        or denied
        or statement.follows
        or CONCLUDING & set(statement.lead)
    ):
        return None
    symbol = summed_to_one(*statement.items)
    if symbol is None:
        return None
    ref, kind = names.ref(symbol), Property.SUMS_TO_ONE
    return Fact(ref.key, ref.time, kind, f"{ref.key} {kind.value}", statement.span.end, False)


def summed_to_one(left: s.Node, right: s.Node) -> s.Symbol | None:
    """The quantity of which an equation says that its entries sum to one."""
    found = property_of(left, right) or property_of(right, left)
    return found[1] if found is not None and found[0] is Property.SUMS_TO_ONE else None
