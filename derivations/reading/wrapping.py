"""What wraps relations without saying anything: boxes, underbraces, fonts, labels over a relation sign."""

from __future__ import annotations

from collections.abc import Sequence

from derivations.reading import grammar
from derivations.reading.notes import without_notes
from derivations.reading.tokens import OPENERS, Token, bad, is_arrow, is_relation, partners


def unwrap(tokens: Sequence[Token]) -> list[Token]:
    r"""Take away the boxes and underbraces around whole relations: ``\underbrace{= n}_{\#parameters}`` goes on."""
    tokens = without_notes(tokens)
    pairs = partners(tokens)
    opened = [k for k in holders(tokens, pairs) if _wraps(tokens, k)]
    gone: set[int] = set()
    units: dict[int, list[Token]] = {}
    for k in sorted(opened):
        gone |= {k, pairs[k]} | ({k - 1} if k and tokens[k - 1].kind == "command" else set())
        label = _label(tokens, pairs, pairs[k] + 1)
        units[pairs[k]] = [token._replace(kind="unit") for token in tokens[label.start : label.stop]]
        gone |= set(label)
    found: list[Token] = []
    for k, token in enumerate(tokens):
        found += [] if k in gone else [token]
        found += [unit for unit in units.get(k, ()) if unit.text not in "{}_^"]
    return _stacked(found)


def _label(tokens: Sequence[Token], pairs: Sequence[int], start: int) -> range:
    """The tokens of the label that an underbrace carries."""
    if start + 1 >= len(tokens) or not tokens[start].at("_", "^"):
        return range(start, start)
    return range(start, max(pairs[start + 1], start + 1) + 1)


def holders(tokens: Sequence[Token], pairs: Sequence[int]) -> set[int]:
    """The openers that hold a relation or arrow directly, or through a transparent group or an alignment."""
    stack: list[int] = []
    found: set[int] = set()
    for k, token in enumerate(tokens):
        if token.kind in OPENERS and pairs[k] > k:
            stack.append(k)
        elif stack and pairs[stack[-1]] == k:
            inner = stack.pop()
            if stack and (tokens[inner].text in grammar.ALIGNMENTS or (inner in found and _wraps(tokens, inner))):
                found.add(stack[-1])
        elif stack and (is_relation(token) or is_arrow(token)):
            found.add(stack[-1])
    return found


def _wraps(tokens: Sequence[Token], k: int) -> bool:
    """Whether the brace at k belongs to a box, an underbrace or a font, or stands at the beginning for itself."""
    if tokens[k].kind != "{":
        return False
    before = tokens[k - 1] if k else None
    if before is None or before.kind in ("newline", "begin", "wide"):
        return True
    return before.kind == "command" and before.text in grammar.TRANSPARENT | grammar.FONTS


def _stacked(tokens: Sequence[Token]) -> list[Token]:
    r"""``\stackrel{def}{=}`` is one relation."""
    pairs = partners(tokens)
    found: list[Token] = []
    k = 0
    while k < len(tokens):
        end = _stacked_end(tokens, pairs, k)
        found.append(_relation_with_label(tokens, pairs, k, end) if end else tokens[k])
        k = end or k + 1
    return found


def _stacked_end(tokens: Sequence[Token], pairs: Sequence[int], k: int) -> int:
    """The index behind a ``\\stackrel`` with both groups; 0 where there is none at k."""
    if not tokens[k].at("stackrel", "overset", "underset") or k + 1 >= len(tokens) or pairs[k + 1] < k:
        return 0
    second = pairs[k + 1] + 1
    if second >= len(tokens):
        return 0
    return (pairs[second] if pairs[second] > second else second) + 1


def _relation_with_label(tokens: Sequence[Token], pairs: Sequence[int], k: int, end: int) -> Token:
    core = [token for token in tokens[pairs[k + 1] + 1 : end] if token.kind not in "{}"]
    label = "".join(token.text for token in tokens[k + 2 : pairs[k + 1]])
    whole = tokens[k]._replace(end=tokens[end - 1].end)
    if len(core) != 1 or not (is_relation(core[0]) or is_arrow(core[0])):
        return bad(f"\\{tokens[k].text} over something that is no relation", whole)
    if "?" in label or "!" in label:
        return bad(f"a relation marked with ‘{label}’ is not read", whole)
    return core[0]._replace(start=whole.start, end=whole.end)
