r"""Limits in words and arrows: ``σ(a) → 1 as a → ∞``, ``when $f_t \to 0$ and $i_t \to 1$, $c_t \to g_t$``.

An arrow between two formulas without a relation says that one tends to the other where its sentence says what
approaches what. Such a claim becomes an equation with a limit on both sides.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise

from derivations.facts import sentence_ends
from derivations.reading import surface as s
from derivations.reading.approaching import approached
from derivations.reading.places import Source, Span
from derivations.suppositions import GATES

ARROW = re.compile(r"\s*(?:\\(?:to|rightarrow|longrightarrow)\b|→|⟶|->)\s*")
SUPPOSED = re.compile(r"\b(?:as|when|whenever|if|for|let|letting|with|where)\s+[$(\\]*\s*$", re.IGNORECASE)
AND = re.compile(r"\band\s*[$(\\]*\s*$", re.IGNORECASE)
COMMA = re.compile(r",\s*[$(\\]*\s*$")
APART = re.compile(r"[^A-Za-z$]*(?:\$\$|\\{1,2}\])[^A-Za-z$]*(?:\$\$|\\{1,2}\[)[^A-Za-z$]*")
"""Between two displays that no word connects."""
BEFORE = 30


@dataclass(frozen=True, slots=True)
class _Arrow:
    """Two formulas with an arrow between, ``left → right``, at a place among the sentences."""

    place: int
    left: s.Statement
    right: s.Statement

    @property
    def span(self) -> Span:
        return self.left.span.join(self.right.span)

    @property
    def claim(self) -> s.Statement:
        """The two formulas as an equation."""
        sides = (self.left.items[0], self.right.items[0])
        link = s.Link(s.Relation.EQUAL, Span(sides[0].span.end, sides[1].span.start), "rightarrow")
        return s.Statement(self.span, sides, (link,), display=self.left.display)

    @property
    def approach(self) -> s.Approach | None:
        return approached(self.left.items[0], self.right.items[0])


Clause = tuple[dict[_Arrow, s.Approach], list[_Arrow]]
"""What approaches what, and the claims by arrows about it."""


def with_limits(sentences: Sequence[s.Sentence], source: Source) -> list[s.Sentence]:
    """The sentences with every claim by an arrow as an equation between limits, what approaches what left out."""
    found: dict[int, s.Sentence | None] = {}
    for run in _runs(list(_arrows(sentences, source)), source):
        clauses = list(_clauses(run, source))
        if all(approaches and _are_apart(approaches.values()) for approaches, _ in clauses):
            found |= _replaced(clauses, sentences, source)
    kept = (found.get(k, sentence) for k, sentence in enumerate(sentences))
    return [sentence for sentence in kept if sentence is not None]


def _replaced(
    clauses: Sequence[Clause], sentences: Sequence[s.Sentence], source: Source
) -> dict[int, s.Sentence | None]:
    """What takes the place of the sentences of some clauses; nothing where one of them claims nothing."""
    found: dict[int, s.Sentence | None] = {}
    for approaches, claims in clauses:
        said = {arrow.place: arrow.claim for arrow in claims}
        if not said and len(clauses) == 1:
            said = dict(islice(_equations(list(approaches), sentences, source), 1))
        if not said:
            return {}
        found |= {k: None for arrow in (*approaches, *claims) for k in (arrow.place, arrow.place + 1)}
        found |= {place: _limited(claim, tuple(approaches.values())) for place, claim in said.items()}
    return found


def _equations(
    arrows: Sequence[_Arrow], sentences: Sequence[s.Sentence], source: Source
) -> Iterator[tuple[int, s.Statement]]:
    """The equation in the same sentence, behind or before, about a name that has one already."""
    behind, before = arrows[-1].place + 2, arrows[0].place - 1
    for place, other in ((behind, arrows[-1].span), (before, arrows[0].span)):
        claim = sentences[place] if 0 <= place < len(sentences) else None
        if not isinstance(claim, s.Statement) or [link.relation for link in claim.links] != [s.Relation.EQUAL]:
            continue
        first, last = sorted((claim.span, other))
        again = any(_is_about(x, claim.items[0]) for x in sentences[:place])
        if again and not sentence_ends(source.text[first.end : last.start]):
            yield place, claim


def _is_about(sentence: s.Sentence, name: s.Node) -> bool:
    """Whether a statement has a name on its left."""
    first = sentence.items[0] if isinstance(sentence, s.Statement) and sentence.links else None
    return isinstance(first, s.Symbol) and replace(first, span=name.span) == name


def _are_apart(approaches: Iterable[s.Approach]) -> bool:
    """Whether no name approaches two things."""
    names = [(x.name.base, x.name.marks, x.name.name, x.name.time) for x in approaches]
    return len(set(names)) == len(names)


def _limited(claim: s.Statement, approaches: tuple[s.Approach, ...]) -> s.Statement:
    """An equation between the limits of its sides."""
    left, right = claim.items
    sides = (s.Limit(left.span, left, approaches), s.Limit(right.span, right, approaches, True))
    return replace(claim, items=sides)


def _arrows(sentences: Sequence[s.Sentence], source: Source) -> Iterator[_Arrow]:
    for place, (left, right) in enumerate(pairwise(sentences)):
        if not isinstance(left, s.Statement) or not isinstance(right, s.Statement) or left.links or right.links:
            continue
        if right.follows and not left.follows and ARROW.fullmatch(source.text[left.span.end : right.span.start]):
            yield _Arrow(place, left, right)


def _runs(arrows: Sequence[_Arrow], source: Source) -> Iterator[list[_Arrow]]:
    """The arrows of one sentence each; two formulas with no word between are two sentences."""
    run: list[_Arrow] = []
    for arrow in arrows:
        gap = source.text[run[-1].span.end : arrow.span.start] if run else ""
        if run and (sentence_ends(gap) or APART.fullmatch(gap)):
            yield run
            run = []
        run.append(arrow)
    if run:
        yield run


def _clauses(run: Sequence[_Arrow], source: Source) -> Iterator[Clause]:
    """What approaches what with the claims about it: ``σ(a) → 1 as a → ∞ and σ(a) → 0 as a → −∞`` are two clauses."""
    approaches: dict[_Arrow, s.Approach] = {}
    claims: list[_Arrow] = []
    first: bool | None = None
    before = False
    for k, arrow in enumerate(run):
        approach = arrow.approach
        supposed = approach is not None and _is_supposed(arrow, before, k + 1 < len(run), source)
        first = supposed if first is None else first
        if k and supposed == first != before:
            yield approaches, claims
            approaches, claims = {}, []
        if supposed and approach is not None:
            approaches[arrow] = approach
        else:
            claims.append(arrow)
        before = supposed
    yield approaches, claims


def _is_supposed(arrow: _Arrow, before: bool, more: bool, source: Source) -> bool:
    """Whether an arrow says what approaches what: behind ``as``, or one more gate in a list of these."""
    text = source.text[max(0, arrow.span.start - BEFORE) : arrow.span.start]
    if SUPPOSED.search(text) or {"as", "when", "if", "for"} & set(arrow.left.lead):
        return True
    name = arrow.left.items[0]
    joined = bool(AND.search(text)) or "and" in arrow.left.lead
    listed = joined or (more and bool(COMMA.search(text)))
    return before and listed and isinstance(name, s.Symbol) and name.base in GATES
