"""What a sheet says of the values of its random variables: which there are, and whether these are all.

``binary`` or ``black and white`` in words, ``A \\in \\{0, 1\\}``, a sum of probabilities that is said to be one, and
the complement of an event each settle it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from derivations.events import Probability, is_probability, probability_of
from derivations.joint import TRUE, Values, is_letter
from derivations.marginals import bound_by
from derivations.reading import surface as s
from derivations.reading.events import NOT, Event

BINARY: Final = re.compile(
    r"\b(?:binary|bin[ae]ri[sz]ed|binari[sz]ation|bernoulli|boolean|black (?:and|or) white|(?:only )?two"
    r" (?:possible )?(?:cases|values|states|outcomes|options)|either (?:0|zero) or (?:1|one)"
    r"|(?:16|sixteen) (?:possible |different )?(?:combinations|states|configurations))\b",
    re.IGNORECASE,
)
DENIED: Final = re.compile(
    r"\b(?:not|non|isn't|aren't|never|no longer|instead of|than|unless|whether)[- ](?:\w+[- ]){0,3}$", re.IGNORECASE
)
INDEPENDENCE: Final = re.compile(
    r"\bindepend(?:ent|ence|ently)\b|\bmarkov\w*|\bi\.?i\.?d\b|\bna[iï]ve\b|\bunabhängig\w*"
    r"|\bindépendan\w*|\bindependiente\w*|\bindipendent\w*|\bfactori[sz]\w*|\\perp|⊥|独立",
    re.IGNORECASE,
)
"""Words that may tie probabilities beyond the laws that hold for all of them."""
CLASSES: Final = re.compile(r"\b(?:class(?:es)?|labels?|digits?|categor\w+|vocab\w+)\b", re.IGNORECASE)
"""Words for what has more values than two, unless it is said that there are two."""
_CLAUSE: Final = re.compile(r"[.;:!?](?=\s|$)|\n[ \t]*\n")
_FORMULA: Final = re.compile(r"\$[^$]+\$|\\\(.+?\\\)")
BITS: Final = frozenset({"0", "1"})
MOST_LISTED: Final = 64
_MEMBER: Final = s.Relation.MEMBER
"""The values of a variable that a sum may run over are listed up to this many."""
MOST_TRIED: Final = 4
"""The values of a variable are tried one by one up to this many."""


@dataclass(frozen=True, slots=True)
class StateSpace:
    """The values of variables; ``seen`` those that the sheet writes, ``stated`` the variables whose values
    only a sum that is said to be one tells, ``binary`` those of which words say so.

    ``unsaid`` tells what was supposed, for a space that supposes more than the sheet says; ``independence`` are the
    words that speak of it.
    """

    values: Values = field(default_factory=Values)
    seen: dict[str, tuple[str, ...]] = field(default_factory=dict)
    stated: frozenset[str] = frozenset()
    binary: frozenset[str] = frozenset()
    unsaid: str = ""
    independence: str = ""

    def told(self, events: Iterable[Event]) -> str:
        """What is taken from words of the values of some events; empty where these do not name all values."""
        found = list(events)
        names = sorted({x.variable for x in found if x.variable in self.binary})
        both = [name for name in names if {x.value for x in found if x.variable == name} >= BITS]
        return f"with 0 and 1 as all values of {', '.join(both)}, as the words say" if both else ""

    def with_values(self, variable: str, values: tuple[str, ...]) -> StateSpace:
        """The space in which a variable has just these values, and those that are seen."""
        seen = self.seen.get(variable, ())
        return replace(self, values=Values({**self.values.closed, variable: seen + values[len(seen) :]}))

    def rests_on(self, sentence: s.Sentence) -> bool:
        """Whether it is known by a statement of this kind alone what the values of its variable are."""
        return any(name in self.stated and self.values.of(name) == cases for name, cases in normalised(sentence))

    def where_all_are_seen(self, events: Iterable[Event]) -> StateSpace | None:
        """The space in which the variables of some events have no values but those seen; None where it is this one."""
        names = dict.fromkeys(x.variable for x in events)
        open_ones = [x for x in names if len(self.seen.get(x, ())) > 1 and not self.values.of(x)]
        if not open_ones:
            return None
        told = "; ".join(f"{' and '.join(self.seen[x])} are all values of {x}" for x in open_ones)
        closed = {**self.values.closed, **{x: self.seen[x] for x in open_ones}}
        return replace(self, values=Values(closed), unsaid=f"it would be right if {told}, which the sheet does not say")


def state_space(sentences: Sequence[s.Sentence], text: str) -> StateSpace:
    """What the sentences and the words of a sheet say of values."""
    seen: dict[str, list[str]] = {}
    closed: dict[str, tuple[str, ...]] = {}
    for probability in _probabilities_in(_nodes(sentences)):
        for event in sorted(probability.both):
            values = seen.setdefault(event.variable, [])
            if event.value == NOT:
                closed[event.variable] = (TRUE, NOT)
            elif event.value not in values and not is_letter(event.value):
                values.append(event.value)
    found = {name: tuple(sorted(values)) for name, values in seen.items()}
    for variable, listed in _members(sentences, text):
        found[variable] = tuple(sorted({*found.get(variable, ()), *listed}))
        if found[variable] == listed and len(listed) <= MOST_TRIED:
            closed.setdefault(variable, listed)
    for variable, listed in _summed(sentences):
        found[variable] = tuple(sorted({*found.get(variable, ()), *listed}))
        if found[variable] == listed:
            closed.setdefault(variable, listed)
    bits = [name for name, values in found.items() if values and set(values) <= BITS and name not in closed]
    binary = frozenset(_binary(bits, text))
    closed |= dict.fromkeys(sorted(binary), ("0", "1"))
    stated = {name: cases for x in sentences for name, cases in normalised(x) if set(cases) >= set(found[name])}
    stated = {name: cases for name, cases in stated.items() if name not in closed}
    words = INDEPENDENCE.search(text)
    return StateSpace(Values(stated | closed), found, frozenset(stated), binary, independence=words[0] if words else "")


def _binary(names: Sequence[str], text: str) -> set[str]:
    """Of some variables those of which the words of a sheet say that there are two values, and never that not."""
    clauses = _CLAUSE.split(text)
    found = [(clause, match) for clause in clauses for match in BINARY.finditer(clause)]
    if any(DENIED.search(clause[max(0, match.start() - 40) : match.start()]) for clause, match in found):
        return set()
    said = [clause for clause, _ in found]
    others = {name for clause in clauses if CLASSES.search(clause) for name in _named(clause, names)}
    own = [set(_named(clause, names)) or {*names} - others for clause in said]
    return set().union(*own)


def _named(clause: str, names: Sequence[str]) -> list[str]:
    """The variables that stand in the formulas of a clause."""
    formulas = " ".join(_FORMULA.findall(clause))
    return [x for x in names if re.search(rf"(?<![A-Za-z\\]){re.escape(x)}(?![A-Za-z])", formulas)]


def _members(sentences: Sequence[s.Sentence], text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The variables of which a sheet lists the values, with these: ``s_t \\in \\{1, 2, 3\\}``."""
    for sentence in sentences:
        if not isinstance(sentence, s.Statement) or not sentence.links or sentence.links[0].relation != _MEMBER:
            continue
        symbol, listed = sentence.items[0], sentence.items[1]
        numbers = [x for x in listed.children() if isinstance(x, s.Number)] if isinstance(listed, s.Enumeration) else []
        if not isinstance(symbol, s.Symbol) or symbol.component or len(numbers) != len(list(listed.children())):
            continue
        values = [int(x.value) for x in numbers if x.value.denominator == 1 and x.value >= 0]
        if "dots" in text[listed.span.start : listed.span.end] and len(values) > 1:
            values = [*range(values[0], min(values[-1], values[0] + MOST_LISTED) + 1)]
        name = symbol.base if len(symbol.base) == 1 else f"\\{symbol.base}"
        yield name, tuple(sorted(map(str, values)))


def _summed(sentences: Sequence[s.Sentence]) -> Iterator[tuple[str, tuple[str, ...]]]:
    """The variables over whose values a sum runs, with these: A and 0, 1 for ``\\sum_{a \\in \\{0,1\\}} P(A = a)``."""
    for node in _nodes(sentences):
        if isinstance(node, s.Big) and isinstance(node.lower, s.Number) and isinstance(node.upper, s.Number):
            low, high = int(node.lower.value), int(node.upper.value)
            listed = tuple(str(k) for k in range(low, high + 1)) if high - low < MOST_LISTED else ()
            for probability in _probabilities_in(node.body.walk()):
                names = [x.variable for x in sorted(probability.both) if bound_by(x, node.index)]
                yield from ((name, listed) for name in names)


def _nodes(sentences: Sequence[s.Sentence]) -> Iterator[s.Node]:
    for sentence in sentences:
        for item in sentence.items if isinstance(sentence, s.Statement) else ():
            yield from item.walk()


def _probabilities_in(nodes: Iterable[s.Node]) -> Iterator[Probability]:
    for node in nodes:
        if isinstance(node, s.Symbol) and is_probability(node):
            yield probability_of(node.name)


def normalised(sentence: s.Sentence) -> list[tuple[str, tuple[str, ...]]]:
    """The variable, and all its values, whose probabilities under one condition a statement says to sum to one."""
    if not isinstance(sentence, s.Statement) or len(sentence.items) != 2:
        return []
    total, one = sentence.items
    if not isinstance(total, s.Add) or not isinstance(one, s.Number) or one.value != 1 or -1 in total.signs:
        return []
    cases = [probability_of(x.name) for x in total.addends if isinstance(x, s.Symbol) and is_probability(x)]
    events = [next(iter(case.events)) for case in cases if len(case.events) == 1]
    if len(events) != len(total.addends) or len({(case.measure, case.given) for case in cases}) != 1:
        return []
    values = [event.value for event in events]
    named = len({event.name for event in events}) == 1 and len(set(values)) == len(values)
    if not named or any(is_letter(value) or value == NOT for value in values):
        return []
    return [(events[0].variable, tuple(sorted(values)))]
