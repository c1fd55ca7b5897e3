"""What the statements of a sheet tell by the way they are written: rows or columns, numbers alone, mere letters."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from itertools import pairwise

from derivations.declarations import Declared
from derivations.entries import Entry
from derivations.infer import Declaration, Equation
from derivations.names import Names, is_loss, rank_by_habit
from derivations.products import CALLED
from derivations.reading import surface as s
from derivations.reading.places import Source, Span
from derivations.scalars import said_scalar, speaks_of_vectors
from derivations.world import Knowledge

LENGTHS = frozenset("TN")
"""Capital letters that, by themselves, count steps or examples."""


class About(Enum):
    """Why a sheet is taken to be about numbers alone: it says so, or nothing on it has a shape."""

    SAID = "said"
    GUESSED = "guessed"


def about_numbers(declared: Declared, statements: Sequence[s.Statement], before: int) -> About | None:
    """Whether a sheet is about numbers alone, by its declarations, the words before an offset, and how it is written.

    This looks at the trees as they were read, before any name is known; see :meth:`HabitReader._scalars_only`.
    """
    if declared.value("vectors"):
        return About.SAID if declared.value("vectors") == "scalars" else None
    nodes = [node for x in statements for item in x.items for node in item.walk()]
    if any(_is_no_number(x) or (isinstance(x, s.Space) and x.dims) for x in nodes):
        return None
    if said_scalar(declared.source, before) is not None:
        return About.SAID
    written = any(_looks_like_no_number(node) for node in nodes)
    return None if written or speaks_of_vectors(declared.source) else About.GUESSED


class HabitReader:
    """Looks at all statements of a sheet at once."""

    source: Source
    declared: Declared
    names: Names
    knowledge: Knowledge
    entries: list[Entry]
    equations: list[tuple[Equation, Entry]]
    declarations: list[tuple[Declaration, Entry]]
    said_scalar: Span | None
    perhaps_vectors: Span | None

    def _statements(self) -> Iterator[s.Statement]:
        for entry in self.entries:
            if isinstance(entry.sentence, s.Statement):
                yield entry.sentence

    def _nodes(self) -> Iterator[s.Node]:
        for statement in self._statements():
            for item in statement.items:
                yield from item.walk()

    def _formals(self) -> frozenset[str]:
        """Undeclared names that only stand for a number: the x of σ(x) = … and of ∂σ/∂x, with no matrix beside it."""
        refs = (self.names.ref(x) for statement in self._statements() for x in _formal_symbols(statement))
        found = {ref.key for ref in refs if ref.time is None and not self.knowledge.defined(ref.key)}
        declared = {self.names.ref(d.of).key for d, _ in self.declarations if isinstance(d.of, s.Symbol)}
        found |= {key for key in self._entries() if not self.knowledge.defined(key)}
        return frozenset(found - declared - self._beside_matrices())

    def _entries(self) -> set[str]:
        """Names without a time that stand as they are in a matrix of lower-case letters and numbers."""
        found: set[str] = set()
        for node in (x for x in self._nodes() if isinstance(x, s.Matrix)):
            symbols = [x for entry in node.entries for x in entry.walk() if isinstance(x, s.Symbol)]
            if not any(x.base[:1].isupper() for x in symbols):
                found |= {self.names.ref(x).key for x in symbols if self.names.ref(x).time is None}
        return found

    def _beside_matrices(self) -> set[str]:
        """Names that a matrix is multiplied with somewhere, so that they are no mere numbers."""
        found: set[str] = set()
        for node in self._nodes():
            if isinstance(node, s.Mul) and any(self._habit_rank(factor) == 2 for factor in node.factors):
                found |= {self.names.ref(factor).key for factor in node.factors if isinstance(factor, s.Symbol)}
        return found

    def _vectors_are_rows(self) -> bool:
        """Whether the definitions multiply vectors by matrices from the left more often than from the right."""
        if self.declared.value("vectors"):
            return self.declared.value("vectors") == "rows"
        votes = 0
        for equation, _ in self.equations:
            nodes = list(equation.right.walk())
            convolved = {node.product.span for node in nodes if isinstance(node, s.Correlation)}
            for node in nodes:
                if isinstance(node, s.Mul) and node.span not in convolved:
                    ranks = [self._habit_rank(factor) for factor in node.factors]
                    votes += sum((pair == (1, 2)) - (pair == (2, 1)) for pair in pairwise(ranks))
        return votes > 0

    def _habit_rank(self, node: s.Node) -> int | None:
        """1 for what is written like a vector, 2 for a matrix, None for anything else."""
        match node:
            case s.Symbol():
                rank = rank_by_habit(node, self.names.ref(node).time is not None)
                return rank if rank else None
            case s.Group():
                return self._habit_rank(node.inner)
            case s.Raise():
                return self._habit_rank(node.base)
            case s.Concat():
                return 1
            case s.Transposed():
                return 2 if self._habit_rank(node.argument) == 2 else None
            case s.Add() | s.Mul() if isinstance(node, s.Add) or set(node.operators) <= {"odot", "otimes", "circ"}:
                return max((self._habit_rank(child) or 0 for child in node.children()), default=0) or None
        return None

    def _scalars_only(self) -> bool:
        """Whether the sheet says that it speaks of numbers alone, or nothing on it has a shape.

        An elementwise sign, a transpose or a capital letter may stand among numbers only where the sheet says so.
        """
        if self.declared.value("vectors"):
            return self.declared.value("vectors") == "scalars"
        if any(declaration.shape for declaration, _ in self.declarations):
            return False
        claims = (entry.sentence.span.start for entry in self.entries if entry.kind == "claim")
        self.said_scalar = said_scalar(self.source, min(claims, default=len(self.source.text)))
        if any(_is_no_number(node) for node in self._nodes()):
            return False
        if self.said_scalar is not None:
            self.perhaps_vectors = speaks_of_vectors(self.source)
            return True
        if any(_looks_like_no_number(node) for node in self._nodes()):
            return False
        self.perhaps_vectors = speaks_of_vectors(self.source)
        return self.perhaps_vectors is None


def _is_no_number(node: s.Node) -> bool:
    """What cannot stand among numbers."""
    if isinstance(node, s.Call):
        return node.function in ("diag", "softmax", "tr", "dim")
    return isinstance(node, s.Concat | s.Matrix)


def _looks_like_no_number(node: s.Node) -> bool:
    """What is not written among numbers."""
    if isinstance(node, s.Mul):
        return any(op in ("odot", "otimes", "circ", "@", *CALLED) for op in node.operators)
    if isinstance(node, s.Symbol):
        return bool(node.component) or (node.base[:1].isupper() and not is_loss(node) and not _is_length(node))
    return isinstance(node, s.Transposed | s.Norm)


def _is_length(node: s.Symbol) -> bool:
    return node.base in LENGTHS and not node.name and not node.marks and node.time is None


def shows_a_shape(node: s.Node) -> bool:
    """Whether something is written as among vectors and matrices, not as among numbers."""
    return _is_no_number(node) or _looks_like_no_number(node)


def _formal_symbols(statement: s.Statement) -> Iterator[s.Symbol]:
    first = statement.items[0]
    if isinstance(first, s.Call) and statement.links:
        yield from (x for x in first.arguments[:1] if isinstance(x, s.Symbol))
    for item in statement.items:
        for node in item.walk():
            if isinstance(node, s.Partial) and isinstance(node.of, s.Function) and isinstance(node.by, s.Symbol):
                yield node.by
