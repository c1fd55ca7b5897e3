"""What a sheet says of its quantities beyond their definitions: y is one-hot, X is symmetric, f_t = 1.

A property is used by writing the quantity through a free one that has it: a symmetric X as (S + Sᵀ)/2, a y whose
entries sum to one as u/Σu. A proof then holds for every quantity with the property, and every counterexample has it.
A value is put in place of the name.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from fractions import Fraction

from derivations.all_times import of_all_times, of_some_times
from derivations.component_names import letters_of
from derivations.names import Names, Ref, key_of
from derivations.operators import winner
from derivations.reading import surface as s
from derivations.reading.places import Source
from derivations.suppositions import saturated, tied
from derivations.tensors import diagonal, hadamard, total, transpose
from derivations.terms import Term, add, apply, power, scale, var

SUPPOSING = frozenset({"if", "when", "whenever", "suppose", "assume", "assuming", "for", "unless"})
CONCLUDING = frozenset({"so", "then", "thus", "hence", "therefore", "implies"})
DERIVING = frozenset({"have", "has", "get", "gets", "gives", "becomes", "obtain", "follows", "means", "yields"})
STATING = (SUPPOSING | {"where", "with", "since", "as", "because", "let", "given"}) - {"unless"}
LOCALLY = frozenset({"if", "when", "whenever", "for"})
_NAMED = r"(one[- ]hot|symmetric|diagonal|positive)"
_NOUNS = r"(?:\s+(?:vectors?|matrix|matrices|labels?|targets?|encodings?))?"
_AFTER = re.compile(
    rf"(?:[$\\)\s]*(?:,|and)\s*[$\\(]+[^$.]{{1,40}}?)*[$\\)\s]*(?:is|are|be|being)\s+(?:an?\s+)?{_NAMED}{_NOUNS}(?=\s*(?:[.,;:)]|and\b|$))",
    re.IGNORECASE,
)
_BEFORE = re.compile(
    rf"\b(?:(?:an?|with|of|for|and)\s+{_NAMED}{_NOUNS}|the\s+{_NAMED}{_NOUNS[:-1]})\s*[$\\(]*$", re.IGNORECASE
)
DENIED = re.compile(
    r"\b(?:not?|non|nobody|none|never|neither|nor|without|unless|need|may|might|would|could|cannot|except|otherwise"
    r"|only|some|sometimes|almost|nearly|hardly|whether|or|false|instead|unlike|fails?|open|general|\w+n't)\b",
    re.IGNORECASE,
)
_OPEN_GATE = re.compile(
    r"\bgates?\s+(?:(?:is|are|be|being|was|fully|wide|all)\s+){0,3}open\b|\bopen[- ](?:\w+[- ]){0,1}gates?\b",
    re.IGNORECASE,
)
_UNREAD = re.compile(
    r"\b(?:one[- ]hot|symmetric|diagonal|positive|negative|nonnegative|orthogonal|orthonormal|idempotent|unitary|unit"
    r"|probabilit\w+|stochastic|definite|normali[sz]ed|triangular|invertible|sums? to|entries|constant|equal|saturated"
    r"|rank)\b",
    re.IGNORECASE,
)
_NEURON = re.compile(
    r"\b(?:one|each|every|single|hidden|output|input|recurrent|gated|linear)\s+unit\b"
    r"(?!\s*(?:vector|norm|length|column|row|variance|ball|sphere|circle|matri|long|in\b))",
    re.IGNORECASE,
)
_AT_ALL_TIMES = re.compile(
    r"\bconstant\s+(?:over|in|through|across)\s+(?:all\s+)?(?:the\s+)?(?:time|times|time steps|steps)\b", re.IGNORECASE
)
_GOES_ON = re.compile(
    r"\s*(?:Then|Thus|Hence|So|Therefore|Consequently|In\s+(?:this|that|such\s+a)\s+case|It\s+follows|We\s+(?:get|obtain)"
    r"|This\s+(?:gives|means|yields|implies))\b"
)
"""A sentence that goes on with what the one before supposed."""
_ONLY_SUPPOSING = re.compile(r"\b(?:suppose|assume|assuming|let|consider|take|set)\b", re.IGNORECASE)
_CONDITIONAL = re.compile(r"\b(?:suppos\w*|assum\w*|if|when|whenever|for|case|consider)\b", re.IGNORECASE)
_VERB = re.compile(r"\b(?:is|are|be|being|has|have|sums?)\b", re.IGNORECASE)
_LOCAL = re.compile(r"\b(?:if|when|whenever|every|any)\b[^.!?]*$", re.IGNORECASE)
_END = re.compile(r"[.!?](?=\s|\$|$)|\n[ \t]*#|\n[ \t]*(?:[-*]|\d+[.)])\s|;")
_ANEW = re.compile(
    r"\n[ \t]*\n[ \t]*(?:When(?:ever)?|If|For|With|Suppose|Assum(?:e|ing))\b(?!\s+(?:also|now|moreover|further)\b)"
)
"""A paragraph that begins with a supposition of its own."""
_PARAGRAPH = re.compile(r"\n[ \t]*\n[ \t]*(?=[A-Z])")
"""Where a sentence begins although the one before, which a formula closes, has no full stop."""
_ENDED = re.compile(r"\b(?:a general|an arbitrary|any longer|no longer|not necessarily|drop|back to)\b", re.IGNORECASE)
_NEAR = 60
_FAR = 300


class Property(Enum):
    """What is said of a quantity."""

    ONE_HOT = "is one-hot"
    SUMS_TO_ONE = "sums to one"
    SYMMETRIC = "is symmetric"
    DIAGONAL = "is diagonal"
    POSITIVE = "is positive"
    VALUE = "has the value"
    FUNCTION = "has a function with the value"
    TIED = "stands for"
    UNREAD = "has a property that was not understood"


WORDS = {
    "one-hot": Property.ONE_HOT,
    "one hot": Property.ONE_HOT,
    "symmetric": Property.SYMMETRIC,
    "diagonal": Property.DIAGONAL,
    "positive": Property.POSITIVE,
}
RANKS = {
    Property.ONE_HOT: 1,
    Property.SUMS_TO_ONE: 1,
    Property.SYMMETRIC: 2,
    Property.DIAGONAL: 2,
}
SIZES = frozenset("n d m k p q N D M K T V H B C".split())
PARAMETRISED: dict[Property, Callable[[Term], Term]] = {
    Property.ONE_HOT: winner,
    Property.SUMS_TO_ONE: lambda u: hadamard(u, power(total(u), -1)),
    Property.SYMMETRIC: lambda u: scale(Fraction(1, 2), add(u, transpose(u))),
    Property.DIAGONAL: lambda u: diagonal(u),
    Property.POSITIVE: lambda u: apply("exp", u),
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One property of the quantity ``key`` (at ``time``, or always), said at an offset of the sheet.

    ``local`` facts end with their sentence; ``text`` says it as people do. A ``doubtful`` fact stands in a sentence
    whose words may turn it round, or was not understood: nothing is concluded from it, nor from its absence, and after
    its sentence it ends what was said before of the same quantity. ``node`` is the function that has the value, or
    what the quantity stands for. What is supposed ``always`` holds at all times, also within its sentence.
    """

    key: str
    time: s.Time | None
    kind: Property
    text: str
    offset: int
    local: bool
    value: Fraction | None = None
    doubtful: bool = False
    node: s.Node | None = None
    always: bool = False

    def covers(self, ref: Ref) -> bool:
        """Whether the fact speaks of a name: what is said of y_t in general holds for every y."""
        general = (self.always or not self.local) and self.time is not None and self.time.symbol is not None
        return self.key == ref.key and (general or self.time in (None, ref.time))

    def reaches(self, source: Source, offset: int) -> bool:
        """Whether the fact is in force at a later offset of the sheet."""
        between = source.text[self.offset : offset] if self.offset <= offset else ""
        return self.offset <= offset and not (self.local and (_ends_of_thought(between) or _ANEW.search(between)))

    def lingers(self, source: Source, offset: int) -> bool:
        """Whether an offset lies in the sentence behind one that only supposes the fact, which may still rest on it."""
        between = source.text[self.offset : offset] if self.offset <= offset else ""
        before = source.text[max(0, self.offset - _FAR) : self.offset]
        supposes = _ONLY_SUPPOSING.search(before[_begins(before) :]) is not None
        return self.local and supposes and len(_ends_of_thought(between)) == 1 and not _ANEW.search(between)

    def parametrised(self, variable: Term, name: str) -> Term | None:
        """The quantity through one that is free; None where its shape cannot have the property."""
        if self.kind not in PARAMETRISED or variable.rank != RANKS.get(self.kind, variable.rank):
            return None
        if variable.rank == 2 and variable.shape[0] != variable.shape[1]:
            return None
        shape = variable.shape[:1] if self.kind is Property.DIAGONAL else variable.shape
        return PARAMETRISED[self.kind](var(f"free {name}", *shape))


def facts_of(statement: s.Statement, names: Names, source: Source) -> Iterator[Fact]:
    """What a statement and the words around it say of a quantity."""
    found = list(_facts(statement, names, source))
    if not found and not any(_unread(statement, names, source, False)):
        return
    text = _sentence(statement, source)
    doubtful = bool(DENIED.search(_words(text)))
    said = [_as_said(fact, doubtful, text) for fact in found]
    yield from said or _unread(statement, names, source, doubtful)


def _as_said(fact: Fact, doubtful: bool, sentence: str) -> Fact:
    """A fact in the words of its sentence; what stands for another at all times is not followed through them."""
    letter = fact.time.symbol if fact.time is not None else None
    always = of_all_times(sentence, letter)
    doubtful = doubtful or of_some_times(sentence, letter)
    doubtful = doubtful or (always and fact.kind in (Property.TIED, Property.FUNCTION))
    text = f"{fact.text} at all times" if always and fact.text else fact.text
    return replace(fact, text=text, doubtful=doubtful, local=fact.local or doubtful, always=always)


def _unread(statement: s.Statement, names: Names, source: Source, doubtful: bool) -> Iterator[Fact]:
    """A quantity in a sentence that speaks of a property in words of its own, or a condition such as ``v > 0``."""
    first = statement.items[0]
    compared = bool(statement.links) and statement.links[0].relation is s.Relation.COMPARE
    named = not statement.links or statement.links[0].relation is s.Relation.MEMBER
    yield from _equations(statement, names, source, doubtful)
    if not isinstance(first, s.Symbol) or statement.display:
        return
    if compared or (named and _UNREAD.search(_telling(_beside(statement, source), first, names))):
        local = doubtful or bool(LOCALLY & set(statement.lead))
        yield replace(_fact(first, Property.UNREAD, names, source, statement, local), doubtful=True)


def _telling(words: str, symbol: s.Symbol, names: Names) -> str:
    """The words but for those that say nothing of a quantity: a unit that computes, a weight the same at all times."""
    words = _NEURON.sub(" ", words)
    return words if names.ref(symbol).time or key_of(symbol, "") in names.timed else _AT_ALL_TIMES.sub(" ", words)


def _equations(statement: s.Statement, names: Names, source: Source, doubtful: bool) -> Iterator[Fact]:
    """The quantities of an equation that is supposed, as in ``when v = w``."""
    equated = bool(statement.links) and statement.links[0].relation is s.Relation.EQUAL
    compound = bool(STATING & set(statement.lead)) and not isinstance(statement.items[0], s.Symbol)
    if not equated or not (compound or SUPPOSING & set(statement.lead)):
        return
    local = doubtful or bool(LOCALLY & set(statement.lead))
    for node in (node for item in statement.items for node in item.walk()):
        if isinstance(node, s.Symbol):
            yield replace(_fact(node, Property.UNREAD, names, source, statement, local), doubtful=True)


def _beside(statement: s.Statement, source: Source) -> str:
    """The words of the sentence between the formulas before and after, but for what is said of those."""
    before = source.text[max(0, statement.span.start - _FAR) : statement.span.start].rstrip("$ \\(")
    after = source.text[statement.span.end : statement.span.end + _FAR].lstrip("$ \\)")
    starts = [match.end() for match in _END.finditer(before)]
    end = _END.search(after)
    *others, left = before[starts[-1] if starts else 0 :].split("$")
    right, *more = after[: end.start() if end else len(after)].split("$")
    left = "" if others and _VERB.search(left) else left
    right = "" if more and not _VERB.search(right) else right
    return f"{left} {right}"


def _sentence(statement: s.Statement, source: Source) -> str:
    """The text around a statement, to the ends of its sentence."""
    before = source.text[max(0, statement.span.start - _FAR) : statement.span.start]
    after = source.text[statement.span.end : statement.span.end + _FAR]
    ends = [match for pattern in (_END, _PARAGRAPH) if (match := pattern.search(after))]
    return before[_begins(before) :] + after[: min((end.start() for end in ends), default=len(after))]


def _words(text: str) -> str:
    """A text without the commands of its formulas."""
    return _OPEN_GATE.sub(" ", re.sub(r"\\[a-zA-Z]+", " ", text))


def sentence_ends(text: str) -> bool:
    """Whether a sentence ends within a text between formulas."""
    return bool(_END.search(text) or _PARAGRAPH.search(text))


def _ends_of_thought(text: str) -> list[re.Match[str]]:
    """The ends of sentences behind which the next one does not go on with ``Then …``."""
    return [end for end in _END.finditer(text) if not _GOES_ON.match(text, end.end())]


def _begins(before: str) -> int:
    """Where the last sentence of a text begins."""
    return max((match.end() for pattern in (_END, _PARAGRAPH) for match in pattern.finditer(before)), default=0)


def _facts(statement: s.Statement, names: Names, source: Source) -> Iterator[Fact]:
    said = bool(STATING & set(statement.lead)) or ("and" in statement.lead and stated_before(statement, source))
    if not statement.links:
        if isinstance(statement.items[0], s.Symbol) and not statement.display:
            yield from _in_words(statement, statement.items[0], names, source)
    elif statement.links[0].relation is s.Relation.MEMBER and isinstance(statement.items[0], s.Symbol):
        yield from _in_words(statement, statement.items[0], names, source)
    elif len(statement.links) == 1 and statement.links[0].relation is s.Relation.EQUAL and not statement.follows:
        left, right = statement.items
        for one, other in ((left, right), (right, left)):
            found = property_of(one, other)
            if found is not None and said:
                kind, symbol = found
                yield _fact(symbol, kind, names, source, statement, bool(LOCALLY & set(statement.lead)))
                return
        if isinstance(left, s.Symbol) and isinstance(right, s.Number) and is_supposed(statement):
            yield _value(left, right, names, source, statement)
        yield from _of_gates(statement, names, source)
    elif len(statement.links) > 1 and not statement.follows and isinstance(statement.items[-1], s.Number):
        yield from _values(statement, statement.items[-1], names, source)


def _of_gates(statement: s.Statement, names: Names, source: Source) -> Iterator[Fact]:
    """The value of a function, and a name that stands for another: what holds in its sentence alone."""
    function = saturated(statement, lambda: stated_before(statement, source))
    tie = tied(statement, lambda: stated_before(statement, source))
    if function is not None:
        call, number = function
        for symbol in (x for x in call.walk() if isinstance(x, s.Symbol)):
            fact = _fact(symbol, Property.FUNCTION, names, source, statement, True)
            yield replace(fact, text=source.slice(statement.span), value=number.value, node=call)
            return
    if tie is not None:
        fact = _fact(tie[0], Property.TIED, names, source, statement, True)
        yield replace(fact, text=source.slice(statement.span), node=tie[1])


def _values(statement: s.Statement, number: s.Number, names: Names, source: Source) -> Iterator[Fact]:
    """``n = d = 200``, and ``z_t = r_t = 0`` where it is supposed."""
    *firsts, _ = statement.items
    symbols = [x for x in firsts if isinstance(x, s.Symbol)]
    equal = all(link.relation is s.Relation.EQUAL for link in statement.links)
    told = all(_is_size(x, number) for x in symbols) or is_supposed(statement)
    if equal and len(symbols) == len(firsts) and told:
        yield from (_value(x, number, names, source, statement) for x in symbols)


def _value(symbol: s.Symbol, number: s.Number, names: Names, source: Source, statement: s.Statement) -> Fact:
    """A value: for the rest of the sheet where it can only be a size or is the start, else where it is supposed."""
    before = source.text[max(0, statement.span.start - _FAR) : statement.span.start]
    at_start = symbol.time is None and symbol.name == "0" and not _CONDITIONAL.search(before[_begins(before) :])
    local = bool(LOCALLY & set(statement.lead)) or not (_is_size(symbol, number) or at_start)
    fact = _fact(symbol, Property.VALUE, names, source, statement, local)
    return replace(fact, text=source.slice(statement.span), value=number.value)


def _is_size(symbol: s.Symbol, number: s.Number) -> bool:
    """A letter of sizes with a whole number above one, which no gate and no state is."""
    plain = symbol.time is None and not symbol.component and not symbol.marks
    return plain and symbol.base in SIZES and number.value.denominator == 1 and number.value > 1


def stated_before(statement: s.Statement, source: Source) -> bool:
    """Whether the sentence so far states what is given, and draws no conclusion."""
    before = source.text[max(0, statement.span.start - _FAR) : statement.span.start]
    words = set(re.findall(r"[a-z]+", before[_begins(before) :].lower()))
    return bool(STATING & words) and not (CONCLUDING | DERIVING) & words


def is_supposed(statement: s.Statement) -> bool:
    """``when z_t = 0``, or a value in running text: supposed there, neither claimed nor a definition of the sheet."""
    value = isinstance(statement.items[0], s.Symbol) and isinstance(statement.items[-1], s.Number)
    plain = not statement.display and not statement.follows and not CONCLUDING & set(statement.lead)
    return bool(SUPPOSING & set(statement.lead)) or (value and plain)


def _in_words(statement: s.Statement, symbol: s.Symbol, names: Names, source: Source) -> Iterator[Fact]:
    before = source.text[max(0, statement.span.start - _NEAR) : statement.span.start]
    after = source.text[statement.span.end : statement.span.end + _NEAR]
    for match in (_AFTER.match(after), _BEFORE.search(before)):
        if match:
            kind = WORDS[next(filter(None, match.groups())).lower()]
            yield _fact(symbol, kind, names, source, statement, bool(_LOCAL.search(before)))
            return


def property_of(one: s.Node, other: s.Node) -> tuple[Property, s.Symbol] | None:
    """``X = Xᵀ``, ``1ᵀy = 1`` and ``Σ_i y_i = 1``."""
    if isinstance(one, s.Symbol) and isinstance(other, s.Transposed) and _alike(one, other.argument):
        return Property.SYMMETRIC, one
    if isinstance(one, s.Mul) and isinstance(other, s.Number) and other.value == 1 and len(one.factors) == 2:
        ones = [x for x in one.factors if _is_ones(x.argument if isinstance(x, s.Transposed) else x)]
        rest = [x.argument if isinstance(x, s.Transposed) else x for x in one.factors if x not in ones]
        if len(ones) == len(rest) == 1 and isinstance(rest[0], s.Symbol):
            return Property.SUMS_TO_ONE, rest[0]
    if isinstance(one, s.Big) and one.kind == "sum" and isinstance(other, s.Number) and other.value == 1:
        body = one.body
        if isinstance(body, s.Symbol) and one.index in (body.name, ",".join(letters_of(body))):
            return Property.SUMS_TO_ONE, replace(body, name="", component=())
    return None


def _is_ones(node: s.Node) -> bool:
    return isinstance(node, s.Symbol) and node.base == "1"


def _alike(one: s.Symbol, other: s.Node) -> bool:
    return isinstance(other, s.Symbol) and (one.base, one.marks, one.name, one.time) == (
        other.base,
        other.marks,
        other.name,
        other.time,
    )


def _fact(symbol: s.Symbol, kind: Property, names: Names, source: Source, statement: s.Statement, local: bool) -> Fact:
    ref = names.ref(symbol)
    return Fact(ref.key, ref.time, kind, f"{ref.key} {kind.value}", statement.span.end, local)


def in_force(facts: Sequence[Fact], source: Source, offset: int) -> tuple[Fact, ...]:
    """The facts that hold at an offset of the sheet, the last one of each quantity.

    Behind words that may take a fact back ("for a general U") it is doubtful.
    """
    found: dict[tuple[str, s.Time | None], Fact] = {}
    for fact in facts:
        if fact.reaches(source, offset):
            ended = bool(_ENDED.search(source.text[fact.offset : offset]))
            found[fact.key, fact.time] = replace(fact, doubtful=fact.doubtful or ended)
        elif fact.lingers(source, offset):
            found[fact.key, fact.time] = replace(fact, doubtful=True)
        elif fact.doubtful and fact.offset <= offset:
            found.pop((fact.key, fact.time), None)
    return tuple(found.values())
