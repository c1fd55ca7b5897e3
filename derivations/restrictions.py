"""Conditions beside a claim or definition: ``a = b when f = 1``, ``a = b (x > 0)``, ``if x > 0 then a = b``."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from derivations.reading import surface as s
from derivations.reading.places import Source

RESTRICTING = frozenset({"if", "when", "whenever", "for", "unless", "provided", "except"})
LATER = re.compile(r"[\s,]*(?:\$\$?|\\{1,2}[\])]|\\end\{[a-z]+\*?\})[\s,]*(?:[a-z]+\s+){1,3}(?:\$|\\{1,2}\()")
"""From the end of a claim to a condition in the words behind it."""
APART = re.compile(r"\$|\\{1,2}[\[\]()]|\n[ \t]*\n")
UNEQUAL = frozenset({r"\neq", r"\ne", "≠", "!="})
TIMES = frozenset({"t", "k", "s", "tau", "l", "n", "i", "j"})


def restrictions(sentences: Sequence[s.Sentence], source: Source) -> dict[int, list[s.Statement]]:
    """For the offset of every restricted statement the conditions of it."""
    found: dict[int, list[s.Statement]] = {}
    for k, sentence in enumerate(sentences):
        if isinstance(sentence, s.Statement) and (_restricts(sentence) or _is_time_beside(sentences, k, source)):
            for other in _restricted(sentences, k, source):
                if is_index(sentence.items[0]) and _times_of(other) and not _speaks_of(other, sentence.items[0]):
                    continue
                found.setdefault(other.span.start, []).append(sentence)
    return found


def _restricts(sentence: s.Statement) -> bool:
    """Whether a statement is a condition that does not hold in general; ``for all t`` and ``t = 1, …, T`` restrict
    nothing, sizes are no condition."""
    if not RESTRICTING & set(sentence.lead) or {"all", "every", "each"} & set(sentence.lead):
        return False
    if not sentence.links:
        return "for" not in sentence.lead
    sizes = sentence.links[0].relation is s.Relation.EQUAL and isinstance(sentence.items[-1], s.Number)
    return sentence.links[0].relation is not s.Relation.MEMBER and not (
        sizes and "for" in sentence.lead and _plain(sentence)
    )


def _is_time_beside(sentences: Sequence[s.Sentence], k: int, source: Source) -> bool:
    r"""Whether a statement without words gives the time of the claim before it: ``h_t = y, \quad t = T``."""
    condition, claim = sentences[k], sentences[k - 1]
    if not k or not isinstance(condition, s.Statement) or not is_time(condition) or condition.lead or condition.follows:
        return False
    if not isinstance(claim, s.Statement) or getattr(condition.items[0], "base", "") not in _times_of(claim):
        return False
    return condition.display and not APART.search(source.text[claim.span.end : condition.span.start])


def is_time(statement: s.Statement) -> bool:
    """``t = T`` and ``t = 1``: an equation that only says which time a letter is."""
    first, last = statement.items[0], statement.items[-1]
    plain = len(statement.links) == 1 and statement.links[0].relation is s.Relation.EQUAL and is_index(first)
    return plain and first != last and all(isinstance(x, s.Symbol | s.Number | s.Add) for x in last.walk())


def _plain(sentence: s.Statement) -> bool:
    """``n = d = 200``: names of sizes."""
    *names, _ = sentence.items
    return all(isinstance(x, s.Symbol) and x.time is None and x.base not in TIMES - {"n"} for x in names)


def _restricted(sentences: Sequence[s.Sentence], k: int, source: Source) -> Iterator[s.Statement]:
    """The statements before a condition that share its formula, else the one after it."""
    condition, before = sentences[k], False
    for other in reversed(sentences[:k]):
        gap = source.text[other.span.end : condition.span.start]
        together = not APART.search(gap)
        if (
            not isinstance(other, s.Statement)
            or not other.links
            or not (together or (not before and LATER.fullmatch(gap)))
        ):
            break
        if _restricts(other):
            continue
        before = True
        yield other
        if not together:
            break
    if not before and k + 1 < len(sentences):
        other = sentences[k + 1]
        gap = source.text[condition.span.end : other.span.start]
        if isinstance(other, s.Statement) and other.links and not APART.search(gap):
            yield other


def is_index(node: s.Node) -> bool:
    """Whether a node is a letter of times or indices."""
    return isinstance(node, s.Symbol) and node.time is None and not node.name and node.base in TIMES


def _times_of(statement: s.Statement) -> set[str | None]:
    """The letters of the times in a statement."""
    nodes = (node for item in statement.items for node in item.walk())
    return {time.symbol for node in nodes if isinstance(time := getattr(node, "time", None), s.Time)}


def _speaks_of(statement: s.Statement, letter: s.Node) -> bool:
    """Whether a letter occurs in a statement: as a time, as an index, or by itself."""
    base = getattr(letter, "base", "")
    nodes = [node for item in statement.items for node in item.walk()]
    plain = any(isinstance(x, s.Symbol) and (x.base == base or base in (*x.component, x.name)) for x in nodes)
    return base in _times_of(statement) or plain or any(isinstance(x, s.Big) and x.index == base for x in nodes)


def splits_a_definition(condition: s.Statement, source: Source) -> bool:
    """Whether a condition makes a definition one of several cases; ``t ≥ 1`` and ``t < T`` are its range."""
    if not condition.links:
        return False
    first, last = condition.items[0], condition.items[-1]
    sign = source.slice(condition.links[0].span)
    compared = condition.links[0].relation is s.Relation.COMPARE and sign not in UNEQUAL
    if not is_index(first) or not compared:
        return True
    below = sign.startswith(("<", r"\l", "≤"))
    return len(condition.links) == 1 and below == isinstance(last, s.Number)
