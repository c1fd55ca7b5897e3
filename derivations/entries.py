"""What a sheet is made of once it is understood: its statements, names and conventions."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from types import MappingProxyType

from derivations.convolutions import Try
from derivations.declarations import Declared
from derivations.facts import Fact
from derivations.reading import surface as s
from derivations.reading.places import Source, Span
from derivations.spoken_counts import SpokenCount
from derivations.state_space import StateSpace
from derivations.understood import Habits
from derivations.world import Knowledge

EQUATING = (s.Relation.EQUAL, s.Relation.DEFINED)
NONE: Mapping[str, bool] = MappingProxyType({})


@dataclass(slots=True)
class Entry:
    """One statement of the sheet.

    ``given`` holds the steps that define something; all others are claimed. ``assumed`` marks declarations and
    conditions, which claim nothing. ``maybe_gradient`` marks a definition that may rather say what a gradient is;
    ``maybe_claim`` says why one may claim something else.

    ``kind`` is definition, claim, unclear, or count: a number that is said to follow for given sizes (``sizes``) from
    the statement before (``source_entry``), or one that words state of a layer (``spoken``).
    """

    sentence: s.Sentence
    kind: str
    given: frozenset[int] = frozenset()
    defines: str = ""
    sizes: dict[str, Fraction] = field(default_factory=dict)
    about: s.Statement | None = None
    assumed: bool = False
    clash: str = ""
    restricted: str = ""
    clash_at: Span | None = None
    spoken: SpokenCount | None = None
    maybe_gradient: bool = False
    maybe_claim: str = ""


@dataclass(slots=True)
class Sheet:
    """A sheet as it was understood.

    ``dims`` are the letters of its dimensions, ``loose`` those that nothing ties down; ``introduced`` the names that
    its definitions and declarations speak of; ``facts`` what it says of quantities beyond that; ``conventions`` what
    was settled about its names; ``others`` the other ways to settle them; ``misfit`` tells what does not
    fit within expressions, empty where nothing does not; ``origin`` how the shape of a name was found, and where;
    ``formals`` are the names that only stand for a number, such as the x of σ(x), ``beside`` those that are numbers by
    their place beside components; ``said_scalar`` is where the sheet says that everything is a number,
    ``perhaps_vectors`` where its words speak of vectors that no formula shows;
    ``ways`` are those in which some convolution may be taken as well;
    ``written_as_rows`` are the vectors that the lines which define them write as rows among columns.
    """

    source: Source
    entries: list[Entry]
    knowledge: Knowledge
    declared: set[str]
    scalars_only: bool
    dims: set[str] = field(default_factory=set)
    loose: set[str] = field(default_factory=set)
    introduced: set[str] = field(default_factory=set)
    facts: list[Fact] = field(default_factory=list)
    conventions: dict[str, str] = field(default_factory=dict)
    others: tuple[Habits, ...] = ()
    misfit: Callable[[Sequence[s.Node]], str] = lambda nodes: ""
    origin: Callable[[s.Symbol], tuple[str, list[Span]]] = lambda symbol: ("", [])
    formals: frozenset[str] = frozenset()
    beside: frozenset[str] = frozenset()
    written_as_rows: Mapping[str, bool] = field(default_factory=dict)
    said_scalar: Span | None = None
    perhaps_vectors: Span | None = None
    ways: list[Try] = field(default_factory=list)
    settings: Declared = field(default_factory=lambda: Declared(Source("", "")))
    states: StateSpace = field(default_factory=StateSpace)

    def symbols(self) -> Iterator[s.Symbol]:
        """Every name in the formulas of the sheet, as often as it stands there."""
        statements = (x.sentence for x in self.entries if isinstance(x.sentence, s.Statement))
        nodes = (node for statement in statements for item in statement.items for node in item.walk())
        return (node for node in nodes if isinstance(node, s.Symbol))


def is_condition(statement: s.Statement) -> bool:
    """``for n = d = 200``: sizes for what follows, not a definition."""
    *firsts, last = statement.items
    if not firsts or not isinstance(last, s.Number):
        return False
    plain = all(isinstance(x, s.Symbol) and x.time is None and not x.name for x in firsts)
    return plain and (len(firsts) > 1 or "for" in statement.lead)
