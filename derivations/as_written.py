r"""Expressions as they were understood, before anything is worked out: names, derivatives, sums, slopes as they stand.

The terms are those of the elaborator, so that what is shown is what is checked; only what it would unfold stands as a
free tensor that is named by its own LaTeX. Times are written ``h^{\langle t \rangle}``, so that they are no powers and
no names; components ``[W h]_{k}``, with the letters of the author.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from derivations.calls import SPECIAL
from derivations.component_names import has_components
from derivations.components import Components
from derivations.elaborate import Elaborator
from derivations.latex import Printer, written_size
from derivations.names import UNTIMED, Ref, time_text
from derivations.plain import plain
from derivations.powers import exponent_text
from derivations.reading import surface as s
from derivations.reading.places import Span
from derivations.series import FACTOR, Moment
from derivations.terms import Shape, Term, dim_short, var
from derivations.values import Value
from derivations.world import World

MOST_WRITTEN = 600
SIGNS = {
    "partial": (r"\partial ", r"\partial "),
    "d": ("d", "d"),
    "nabla": (r"\partial ", r"\partial "),
    "immediate": (r"\partial^{+} ", r"\partial "),
}
PLAIN = World()
PRINTER = Printer({})


@dataclass(frozen=True, slots=True)
class Side:
    """One side of a relation: its LaTeX in the fixed notation, its shape, and the readings that this takes.

    ``others`` is the LaTeX of what else it may mean. ``latex`` is empty where it is too long to be written.
    """

    latex: str
    shape: tuple[str, ...]
    readings: tuple[str, ...] = ()
    others: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        return {
            "latex": self.latex,
            "text": plain(self.latex),
            "shape": list(self.shape),
            "readings": list(self.readings),
            "others": list(self.others),
        }


class AsWritten(Elaborator):
    """An elaborator that unfolds nothing and differentiates nothing."""

    def variable(self, ref: Ref) -> Term:
        shape = () if self.scalar else self.knowledge.shapes.get(ref.key, ())
        return var(named(ref), *shape)

    def value_of(self, ref: Ref, world: World, span: Span) -> Term:
        return self.variable(ref)

    def partial(self, node: s.Partial, world: World) -> Value:
        """The derivative as it stands, of the shape of what is differentiated and then of the variable."""
        above, below = SIGNS[node.style]
        name = self._by(node, world)
        by = self.variable(name)
        if isinstance(node.of, s.Function):
            shape, of = by.shape, _function(node.of.function)
        else:
            term = self.elaborate(node.of, world)[0].term
            shape, of = term.shape + by.shape, PRINTER.text(term).at(2)
        return Value(var(rf"\frac{{{above}{of}}}{{{below}{named(name)}}}", *shape), gradient=shape == by.shape)

    def chain(self, partials: Sequence[s.Node], world: World) -> Value:
        """Derivatives that are multiplied by the chain rule, as they stand."""
        joined = super().chain(partials, world)
        texts = [self._text(self.partial(p, world)) for p in partials if isinstance(p, s.Partial)]
        return self._named(r" \cdot ".join(texts), joined)

    def elaborate(self, node: s.Node, world: World, target: Shape | None = None) -> list[Value]:
        if isinstance(node, s.Big) and node.index == FACTOR:
            base = self.elaborate(node.body, world, target)
            return [self._named(rf"{PRINTER.text(v.term).at(2)}^{{{exponent_text(node)}}}", v) for v in base]
        if isinstance(node, s.Big) and not (self.knowledge.indexed and has_components(node)):
            sign = rf"\{node.kind}" + self._bounds(node)
            return [self._named(rf"({sign} {self._text(v)})", v) for v in self.elaborate(node.body, world, target)]
        if isinstance(node, s.Limit):
            inner = self.elaborate(node.body, world, target)
            return [self._named(rf"{self._approaches(node)}\left({self._text(v)}\right)", v) for v in inner]
        return super().elaborate(node, world, target)

    def _approaches(self, node: s.Limit) -> str:
        r"""``\lim_{a \to 0, b \to \infty}``."""
        endless = {1: r"\infty", -1: r"-\infty"}
        parts = [rf"{named(self.ref(x.name, PLAIN))} \to {endless.get(x.infinite) or x.value}" for x in node.approaches]
        return rf"\lim_{{{', '.join(parts)}}} "

    def sides(self, left: s.Node, right: s.Node) -> tuple[Side, Side]:
        """Two sides of a relation, the second in the shape of the first where it may have several.

        Raises MisfitError and UnclearError as the elaborator does.
        """
        if self.knowledge.indexed and (has_components(left) or has_components(right)):
            components = Components(self, PLAIN)
            components.sides(left, right)
            return self._indexed(components, left), self._indexed(components, right)
        rows = self.knowledge.rows
        lefts = self.elaborate(left, PLAIN)
        rights = self.elaborate(right, PLAIN, lefts[0].term.shape)
        if rights[0].term.rank == 2 != lefts[0].term.rank:
            lefts = self.elaborate(left, PLAIN, rights[0].term.shape)
        return side_of(_fitting(lefts, rights), rows=rows), side_of(_fitting(rights, lefts), rows=rows)

    def side(self, node: s.Node) -> Side:
        """An expression that stands alone; raises as :meth:`sides`."""
        return side_of(self.elaborate(node, PLAIN), rows=self.knowledge.rows)

    def declared(self, node: s.Node) -> list[Side]:
        r"""What a declaration speaks of, with its shape; ``\Gamma_{u,f}`` is two names."""
        if not isinstance(node, s.Symbol):
            return [self.side(node)]
        variables = [self.variable(Ref(key, self.ref(node, PLAIN).time)) for key in self.knowledge.names.listed(node)]
        return [Side(PRINTER.latex(variable), shape_of(variable)) for variable in variables]

    def _indexed(self, components: Components, node: s.Node) -> Side:
        found = components.read(node)
        latex = PRINTER.latex(found.term)
        letters = ",".join(found.letters)
        return Side(rf"\left[{latex}\right]_{{{letters}}}" if letters else latex, ())

    def _text(self, value: Value) -> str:
        return PRINTER.latex(value.term)

    def _named(self, latex: str, value: Value) -> Value:
        return Value(var(latex, *value.term.shape), value.row, value.gradient, value.readings)

    def _bounds(self, node: s.Big) -> str:
        lower, upper = (self._bound(x) for x in (node.lower, node.upper))
        low = f"{node.index}={lower}" if lower else node.index
        return f"_{{{low}}}" + (f"^{{{upper}}}" if upper else "")

    def _bound(self, node: s.Node | None) -> str:
        if node is None:
            return ""
        return time_text(node.time) if isinstance(node, Moment) else self._text(self.elaborate(node, PLAIN)[0])

    def _call(self, node: s.Call, values: Sequence[Value]) -> Value:
        """A function of arrays by its name; diag and whatever works entry by entry as a term."""
        found = super()._call(node, values)
        if node.function not in SPECIAL or node.function == "diag" or node.order or node.power:
            return found
        return self._named(rf"\operatorname{{{node.function}}}({', '.join(map(self._text, values))})", found)

    def _blocks(self, nodes: Sequence[s.Node], columns: int, world: World, node: s.Node) -> list[Value]:
        """A matrix that is written out, row after row."""
        found = super()._blocks(nodes, columns, world, node)
        texts = [self._text(self.elaborate(entry, world)[0]) for entry in nodes]
        rows = [", ".join(texts[k : k + columns]) for k in range(0, len(texts), columns)]
        return [self._named(f"[{'; '.join(rows)}]", value) for value in found]

    def _apply(self, node: s.Call, argument: Term) -> Term:
        if not node.order:
            return super()._apply(node, argument)
        return var(f"{_function(node.function)}{chr(39) * node.order}({PRINTER.latex(argument)})", *argument.shape)

    def _own_function(self, node: s.Call, argument: Term) -> Term:
        return self._apply(node, argument) if node.order else self._own(node, argument)

    def _own(self, node: s.Call, argument: Term) -> Term:
        return var(f"{_function(node.function)}({PRINTER.latex(argument)})", *argument.shape)


def side_of(values: Sequence[Value], readings: Sequence[str] = (), rows: bool = False) -> Side:
    """A side from all that it may mean, the most natural first; a vector that stands across is written transposed."""
    first = values[0]
    if written_size(first.term, {}) > MOST_WRITTEN:
        return Side("", shape_of(first.term))
    texts = list(dict.fromkeys(PRINTER.latex(value.term) for value in values))
    turned = first.term.rank == 1 and first.row != rows
    latex = f"({texts[0]})^T" if turned else texts[0]
    return Side(latex, shape_of(first.term), (*sorted(first.readings), *readings), tuple(texts[1:]))


def named(ref: Ref) -> str:
    r"""A name at a time in the fixed notation: ``h^{\langle t-1\rangle}``."""
    key = ref.key.removesuffix(UNTIMED)
    return key if ref.time is None else rf"{key}^{{\langle {time_text(ref.time)} \rangle}}"


def shape_of(term: Term) -> tuple[str, ...]:
    """The dimensions of a term as text."""
    return tuple(dim_short(dim) for dim in term.shape)


def _fitting(values: Sequence[Value], others: Sequence[Value]) -> list[Value]:
    """The values of a shape that the other side can have; all of them where there is none."""
    shapes = {value.term.shape for value in others}
    return [value for value in values if value.term.shape in shapes] or list(values)


def _function(name: str) -> str:
    return name if len(name) == 1 else "\\" + name
