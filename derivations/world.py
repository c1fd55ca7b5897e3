"""How names are read: how far they are unfolded, what ∂ holds fixed, and what the sheet says of them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum
from fractions import Fraction

from derivations.errors import ShapeError, SheetError
from derivations.facts import Fact, Property
from derivations.names import Names, Ref
from derivations.open_losses import OpenLosses
from derivations.products import Signs
from derivations.reading import surface as s
from derivations.reading.places import Span
from derivations.sizes import Sizes
from derivations.terms import Shape


class UnclearError(SheetError):
    """An expression has no meaning that is known; ``span`` is where, ``expected`` what would do."""

    def __init__(self, message: str, span: Span, expected: str = "") -> None:
        super().__init__(message)
        self.span = span
        self.expected = expected


class MisfitError(ShapeError):
    """No reading makes the shapes fit; ``span`` is where."""

    def __init__(self, message: str, span: Span) -> None:
        super().__init__(message)
        self.span = span


class OpenEndedError(SheetError):
    """A total derivative reaches further back than any time the statement names: only induction could tell."""


class Mode(Enum):
    """What ∂y/∂x holds fixed."""

    TOTAL = "total: through every path"
    WITHIN_STEP = "within the time step: earlier states held"
    IMMEDIATE = "total, but immediate for a state by a parameter"
    SUMMED = "total, but immediate for a state by a parameter within a sum"
    DIRECT = "direct: the defining equation alone, all other names held"
    EXPLICIT = "total for a name, but of a formula that is written out only where it shows the variable"


def senses(styles: Iterable[str]) -> dict[str, Mode]:
    """What the signs of derivatives mean that are used side by side: ∂⁺ is immediate against a total ∂, d total."""
    used = set(styles)
    if "immediate" in used:
        return {"immediate": Mode.WITHIN_STEP, "partial": Mode.TOTAL, "nabla": Mode.TOTAL, "d": Mode.TOTAL}
    return {"d": Mode.TOTAL} if {"d", "partial"} <= used else {}


@dataclass(frozen=True, slots=True)
class World:
    """How names are read.

    ``floor`` gives, per time letter (None for plain numbers), the last time that is not unfolded; ``env`` what a
    time letter stands for; ``cut`` the names that stay variables; ``held`` a time before which states stay variables;
    ``only`` the one name that is unfolded (for direct partials), at every time where it has none itself; ``facts`` are
    what the sheet says of quantities;
    ``sinks`` the quantity through which an undefined loss depends on all others; ``summing`` is true inside a sum;
    ``sizes`` are the dimensions that are taken as numbers. ``ceiling`` gives, per time letter, the last time to which
    backward recurrences are unfolded, and ``end`` what the letter of the last time stands for.
    """

    floor: tuple[tuple[str | None, int], ...] = ((None, 0),)
    mode: Mode = Mode.TOTAL
    env: tuple[tuple[str, s.Time], ...] = ()
    cut: tuple[Ref, ...] = ()
    held: s.Time | None = None
    only: Ref | None = None
    facts: tuple[Fact, ...] = ()
    sinks: tuple[tuple[Ref, s.Symbol], ...] = ()
    summing: bool = False
    sizes: tuple[tuple[str, int], ...] = ()
    ceiling: tuple[tuple[str | None, int], ...] = ()
    end: tuple[str, s.Time] | None = None

    def unfolds(self, ref: Ref, initial: bool = False, backward: bool = False) -> bool:
        """Whether a defined name is replaced by its definition.

        ``initial`` for a value given at one time alone, ``backward`` for what is computed from later values.
        """
        if ref in self.cut or (self.only is not None and self.only not in (ref, Ref(ref.key))):
            return False
        if ref.time is None:
            return True
        if self.held is not None and ref.time.symbol == self.held.symbol and ref.time.offset < self.held.offset:
            return False
        if backward:
            held = self.held is not None and ref.time.symbol == self.held.symbol and ref.time.offset > self.held.offset
            return not held and (initial or not self.lies_beyond(ref.time))
        return initial or ref.time.offset > dict(self.floor).get(ref.time.symbol, -1)

    def lies_beyond(self, time: s.Time) -> bool:
        """Whether a time is later than those to which backward recurrences are unfolded."""
        last = dict(self.ceiling).get(time.symbol, 0)
        if self.end is not None and self.end[1].symbol == time.symbol:
            last = self.end[1].offset
        return time.offset > last

    def value(self, ref: Ref) -> Fraction | None:
        """The value that a fact gives a name, if one does."""
        return next((f.value for f in self.facts if f.kind is Property.VALUE and f.covers(ref)), None)

    def tie(self, ref: Ref) -> s.Node | None:
        """What a fact says that a name stands for, if one does."""
        return next((f.node for f in self.facts if f.kind is Property.TIED and f.covers(ref)), None)

    def plain(self) -> World:
        """The world in which values are taken: everything unfolded down to the floor, but for what is cut outside."""
        return self if self.held is None and self.only is None else replace(self, held=None, only=None)


def in_mode(world: World, mode: Mode) -> World:
    """A world in a sense of ∂; the same one where that is its own."""
    return world if world.mode is mode else replace(world, mode=mode)


@dataclass(frozen=True, slots=True)
class Definition:
    """What a name stands for.

    ``letter`` is the time letter it was defined with, ``line`` where; ``indices`` the letters of the component that
    was defined for all of them.
    """

    node: s.Node
    letter: str | None
    line: int
    loss: bool = False
    time: s.Time | None = None
    indices: tuple[str, ...] = ()

    def env(self, ref: Ref) -> tuple[tuple[str, s.Time], ...]:
        """What the time letter of the definition stands for where it is used for ``ref``."""
        if self.letter is None or ref.time is None:
            return ()
        offset = ref.time.offset - (self.time.offset if self.time is not None else 0)
        return ((self.letter, s.Time(ref.time.symbol, offset)),)


@dataclass
class Knowledge:
    """What a sheet says: names, shapes, definitions of families and of single instances; whether vectors are rows.

    ``signs`` are the product signs and what is declared of them; ``standing`` says of single names whether they stand
    as rows; ``entrywise`` are the names whose inverse is; ``given`` has the quantities whose gradients are given, and
    by what;
    ``functions`` holds the functions that the sheet itself defines: the name of the argument, and the formula;
    ``constants`` the names of identity matrices and columns of ones;
    ``senses`` says what a sign of derivatives means where the sheet tells two of them apart;
    ``slopes_at_arguments`` are the functions whose slopes are written at what they are taken of;
    ``indexed`` says that some line speaks of components; ``dims`` are the letters of declared dimensions,
    ``numbers`` the names that are declared to be numbers;
    ``sizes`` tells which letter above a sum stands for which of them;
    ``backward`` are the quantities that are computed from their own later values, ``entangled`` the recurrences that
    need both directions of time;
    ``held`` are the quantities that stay variables when a made-up loss is differentiated;
    ``length`` is the letter of the last time, if one is used; ``lengths`` are the time letters that definitions leave
    free, such as the T of L = Σ_{t=1}^T L_t;
    ``open`` are the losses of which only their first derivatives are known to be free, see
    :mod:`derivations.open_losses`."""

    names: Names
    shapes: Mapping[str, Shape] = field(default_factory=dict)
    families: dict[str, Definition] = field(default_factory=dict)
    instances: dict[Ref, Definition] = field(default_factory=dict)
    implicit: set[str] = field(default_factory=set)
    rows: bool = False
    standing: Mapping[str, bool] = field(default_factory=dict)
    signs: Signs = field(default_factory=Signs)
    entrywise: frozenset[str] = frozenset()
    given: Mapping[Ref, tuple[s.Symbol, ...]] = field(default_factory=dict)
    functions: dict[str, tuple[str, s.Node]] = field(default_factory=dict)
    constants: frozenset[str] = frozenset()
    indexed: bool = False
    senses: Mapping[str, Mode] = field(default_factory=dict)
    slopes_at_arguments: frozenset[str] = frozenset()
    dims: frozenset[str] = frozenset()
    numbers: frozenset[str] = frozenset()
    sizes: Sizes = field(default_factory=Sizes)
    held: frozenset[Ref] = frozenset()
    length: str | None = None
    lengths: frozenset[str] = frozenset()
    backward: frozenset[str] = frozenset()
    entangled: frozenset[str] = frozenset()
    open: OpenLosses = field(default_factory=OpenLosses)

    def definition(self, ref: Ref) -> Definition | None:
        """The definition that fits a name at a time."""
        return self.instances.get(ref) or self.families.get(ref.key)

    def last_value(self, ref: Ref, end: tuple[str, s.Time] | None) -> Definition | None:
        """The definition of a backward recurrence at the last time, where ``end`` says which that is."""
        if end is None or ref.time != end[1]:
            return None
        return self.instances.get(Ref(ref.key, s.Time(end[0], 0)))

    def stands_as_row(self, symbol: s.Symbol) -> bool:
        """Whether a vector of this name is a row."""
        return self.standing.get(self.names.ref(symbol).key, self.rows)

    def is_dimension(self, symbol: s.Symbol) -> bool:
        """Whether a symbol is a dimension that the sheet declared, used as a number."""
        ref = self.names.ref(symbol)
        return ref.time is None and ref.key in self.dims and not self.defined(ref.key)

    def is_length(self, symbol: s.Symbol) -> bool:
        """Whether a symbol is the letter of the last time, used as a number."""
        plain = not (symbol.name or symbol.time or symbol.marks or symbol.component)
        known = self.defined(symbol.base) or bool(self.shapes.get(symbol.base))
        return plain and symbol.base == self.length and not known

    def reachable(self, *nodes: s.Node) -> set[str]:
        """The names of expressions, and those that their definitions speak of in turn."""
        found: set[str] = set()
        pending = list(nodes)
        while pending:
            for node in pending.pop().walk():
                key = self.names.ref(node).key if isinstance(node, s.Symbol) else ""
                if key and key not in found:
                    found.add(key)
                    pending += self.meanings(key)
        return found

    def meanings(self, key: str) -> list[s.Node]:
        """What the definitions of a name say."""
        found = [d.node for ref, d in self.instances.items() if ref.key == key]
        return [*found, self.families[key].node] if key in self.families else found

    def defined(self, key: str) -> bool:
        return key in self.families or any(ref.key == key for ref in self.instances)
