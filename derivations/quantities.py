"""Which quantity an expression names, in one canonical text, so that sides can be found by what they mean.

``\\frac{\\partial L}{\\partial W_{xz}}``, ``∂L/∂W_{xz}``, ``\\nabla_{W_{xz}} L`` and, where L is understood,
``dW_{xz}`` are one quantity; so is a δ that the sheet introduces as a derivative. Products are left in the order in
which they stand.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from typing import Any, TypeVar

from derivations.entries import EQUATING
from derivations.names import Ref, ref_text, shift
from derivations.reading import surface as s
from derivations.reading.documents import read_document
from derivations.reading.parser import parse_expression
from derivations.reading.places import Source, Span
from derivations.renaming import renaming
from derivations.sheet import understand
from derivations.world import Knowledge

MOST_ALIASES = 8
Env = Mapping[str, s.Time]
Place = tuple[int, int]
"""The line and column at which a statement begins."""
N = TypeVar("N")


def key_of_quantity(node: s.Node, knowledge: Knowledge, env: Env | None = None, depth: int = 0) -> str:
    """The quantity that an expression names, as text; equal texts are equal quantities of one sheet."""
    node = s.ungrouped(node)
    if isinstance(node, s.Symbol):
        return _of_symbol(node, knowledge, env or {}, depth)
    if isinstance(node, s.Partial) and (slope := _slope(node)) is not None:
        return key_of_quantity(slope, knowledge, env, depth)
    if isinstance(node, s.Partial):
        parts = (key_of_quantity(x, knowledge, env, depth) for x in (node.of, node.by))
        return ("∂⁺" if node.style == "immediate" else "∂") + "({})/∂({})".format(*parts)
    shown = (_of_value(getattr(node, x.name), knowledge, env, depth) for x in fields(node) if x.compare)
    return f"{type(node).__name__}({', '.join(x for x in shown if x)})"


def _slope(node: s.Partial) -> s.Call | None:
    r"""``∂σ/∂x``, ``∂σ(x)/∂x`` as σ'(x), for one name x."""
    of, by = s.ungrouped(node.of), s.ungrouped(node.by)
    if not isinstance(by, s.Symbol) or not isinstance(of, s.Function | s.Call):
        return None
    if isinstance(of, s.Call) and (of.power is not None or _unplaced(of) != _unplaced(by)):
        return None
    return s.Call(node.span, node.span, of.function, (by,), None, of.order + 1)


def _unplaced(node: s.Symbol | s.Call) -> list[s.Node]:
    """The names in a node, all at one place, so that they can be compared."""
    names = node.arguments if isinstance(node, s.Call) else (node,)
    return [replace(s.ungrouped(x), span=Span(0, 0)) for x in names]


def _of_value(value: Any, knowledge: Knowledge, env: Env | None, depth: int) -> str:
    """A field of a node; places say nothing of what it means."""
    if isinstance(value, s.Node):
        return key_of_quantity(value, knowledge, env, depth)
    if isinstance(value, tuple):
        return "[" + ", ".join(_of_value(x, knowledge, env, depth) for x in value) + "]"
    return "" if isinstance(value, Span) else str(value)


def _of_symbol(symbol: s.Symbol, knowledge: Knowledge, env: Env, depth: int) -> str:
    ref = knowledge.names.ref(symbol)
    ref = Ref(ref.key, shift(ref.time, env))
    found = knowledge.definition(ref)
    meant = s.ungrouped(found.node) if found is not None else None
    if found is not None and isinstance(meant, s.Partial) and not symbol.component and depth < MOST_ALIASES:
        return key_of_quantity(meant, knowledge, dict(found.env(ref)), depth + 1)
    indices = "".join(f"[{_of_value(x, knowledge, env, depth)}]" for x in symbol.component)
    return ref_text(ref) + indices


def subjects(statement: s.Statement, knowledge: Knowledge) -> tuple[str, ...]:
    """The quantities that a chain speaks of: its first side, what that is introduced as, or else its last side."""
    first, *others = statement.items
    found = [first]
    if others and statement.links[0].relation in EQUATING:
        named = isinstance(s.ungrouped(first), s.Symbol | s.Partial)
        found += [others[0]] * isinstance(s.ungrouped(others[0]), s.Partial) if named else [others[-1]]
    return tuple(dict.fromkeys(key_of_quantity(x, knowledge) for x in found))


def says_nothing(statement: s.Statement, knowledge: Knowledge) -> bool:
    """Whether a chain only repeats its first side."""
    return len(statement.items) > 1 and len({key_of_quantity(x, knowledge) for x in statement.items}) == 1


class Quantities:
    """What the statements of a sheet speak of, and which of them speak of quantities that are asked for by name.

    ``asked`` has the quantities of the expressions asked for; ``unclear`` says why one of them names none here.
    """

    def __init__(self, source: Source, asked: Sequence[str] = (), names: Mapping[str, str] = {}) -> None:
        """Read a sheet; ``asked`` are expressions in LaTeX, ``names`` the names of the sheet by those used there.

        Raises SheetError for an expression that cannot be read, UsageError for names that cannot be replaced.
        """
        text, sentences = source.text, list(read_document(source))
        renamed = renaming(names, sentences)
        sentences = [renamed.sentence(x) for x in sentences]
        starts: dict[int, str] = {}
        for expression in dict.fromkeys(asked):
            sentences.append(_repeated(parse_expression(expression), len(text) + 2))
            starts[sentences[-1].span.start] = expression
            text += f"\n\n{expression}"
        self.source = replace(source, text=text)
        self.sheet = understand(self.source, sentences)
        self.statements: dict[Place, s.Statement] = {}
        self.asked: dict[str, str] = {}
        self.unclear: dict[str, str] = {}
        for entry in self.sheet.entries:
            self._sort_in(entry.sentence, starts.get(entry.sentence.span.start))

    def about(self, expression: str, place: Place) -> bool:
        """Whether the statement at a place speaks of an expression that was asked for."""
        statement = self.statements.get(place)
        return statement is not None and self.asked.get(expression) in subjects(statement, self.sheet.knowledge)

    def says_nothing(self, place: Place) -> bool:
        """Whether the statement at a place only repeats its first side."""
        statement = self.statements.get(place)
        return statement is not None and says_nothing(statement, self.sheet.knowledge)

    def place_of(self, sentence: s.Sentence) -> Place:
        """The line and column at which a sentence begins."""
        place = self.source.place(sentence.span.start)
        return place.line, place.column

    def _sort_in(self, sentence: s.Sentence, asked: str | None) -> None:
        if asked is not None and isinstance(sentence, s.Unreadable):
            self.unclear[asked] = sentence.message
        elif asked is not None and isinstance(sentence, s.Statement):
            self.asked[asked] = subjects(sentence, self.sheet.knowledge)[0]
        elif isinstance(sentence, s.Statement):
            self.statements[self.place_of(sentence)] = sentence


def _repeated(node: s.Node, by: int) -> s.Statement:
    """``x = x``, which defines nothing and is understood as all else on the sheet."""
    placed = moved(node, by)
    return s.Statement(placed.span, (placed, placed), (s.Link(s.Relation.EQUAL, placed.span),))


def moved(node: N, by: int) -> N:
    """A tree, or a part of one, with all its places shifted."""
    if isinstance(node, Span):
        return Span(node.start + by, node.end + by)  # type: ignore[return-value]
    if isinstance(node, tuple):
        return tuple(moved(x, by) for x in node)  # type: ignore[return-value]
    if not is_dataclass(node) or isinstance(node, type | Enum):
        return node
    return replace(node, **{x.name: moved(getattr(node, x.name), by) for x in fields(node) if x.init})
