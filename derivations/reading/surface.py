"""Surface trees: what the author wrote, before any meaning is given to it.

Every node carries the span of the file that it was read from. The parser settles what the notation alone settles
(precedence, arguments of a function, what is a transpose); what depends on shapes or on the rest of the sheet stays
open here: whether a product sign means a matrix or an elementwise product, whether ``h_2`` is h at time 2.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, fields, replace
from enum import Enum
from fractions import Fraction
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from derivations.reading.places import Span

if TYPE_CHECKING:
    from derivations.convolution_words import Way


@dataclass(frozen=True, slots=True)
class Node:
    """Base of all surface trees."""

    span: Span
    all: tuple[Node, ...] = field(default=(), init=False, repr=False, compare=False)
    """This tree and all trees below it, parents first; empty until it is first asked for, see :meth:`walk`."""

    def children(self) -> Iterator[Node]:
        """The direct sub-trees, left to right as in the fields."""
        found: list[Node] = []
        for name in _inner_fields(type(self)):
            value = getattr(self, name)
            if isinstance(value, Node):
                found.append(value)
            elif value and isinstance(value, tuple):
                found += [item for item in value if isinstance(item, Node)]
        return iter(found)

    def walk(self) -> Iterator[Node]:
        """This tree and all trees below it, parents first."""
        if not self.all:
            object.__setattr__(self, "all", tuple(self._walk()))
        return iter(self.all)

    def _walk(self) -> Iterator[Node]:
        pending: list[Node] = [self]
        while pending:
            node = pending.pop()
            yield node
            pending += reversed([*node.children()])

    def rewritten(self, change: Callable[[Node], Node]) -> Node:
        """The tree with ``change`` applied to every node, from the leaves up; the same tree where nothing changes."""
        found: dict[str, Any] = {}
        for name in _inner_fields(type(self)):
            value = getattr(self, name)
            new = _rewritten(value, change)
            if new is not value:
                found[name] = new
        return change(replace(self, **found) if found else self)


def _rewritten(value: Any, change: Callable[[Node], Node]) -> Any:
    """The value of a field with the trees in it rewritten; itself where nothing changes."""
    if isinstance(value, Node):
        return value.rewritten(change)
    if not value or not isinstance(value, tuple):
        return value
    new = tuple(item.rewritten(change) if isinstance(item, Node) else item for item in value)
    return value if all(one is other for one, other in zip(value, new, strict=True)) else new


PLAIN = frozenset({"Span", "str", "int", "bool", "Fraction", "tuple[str, ...]", "Time | None", "Way"})
"""Types of fields that hold no trees."""


_INNER: dict[type[Node], tuple[str, ...]] = {}


def _inner_fields(kind: type[Node]) -> tuple[str, ...]:
    """The fields of a kind of node that may hold trees."""
    found = _INNER.get(kind)
    if found is None:
        found = _INNER[kind] = tuple(field.name for field in fields(kind) if field.type not in PLAIN and field.init)
    return found


@dataclass(frozen=True, slots=True)
class Time:
    """A time index: ``t`` is ("t", 0), ``t-1`` is ("t", -1), a plain 2 is (None, 2)."""

    symbol: str | None
    offset: int


@dataclass(frozen=True, slots=True)
class Number(Node):
    """A number exactly as written: ``320,800`` is 320800, ``0.5`` is 1/2."""

    value: Fraction


@dataclass(frozen=True, slots=True)
class Symbol(Node):
    r"""A name: ``\tilde{W}_{xz}^{(t)}`` has base ``W``, marks ``("tilde",)``, name ``xz``, time ("t", 0).

    ``base`` is the letter, or the command without its backslash (``epsilon``, ``Gamma``); font commands leave no
    trace. ``marks`` are accents, innermost first (``\widetilde`` counts as ``tilde``, ``\widehat`` as ``hat``,
    ``\overline`` as ``bar``, a prime on a name as ``prime``). ``name`` is the subscript where it is no time index, as
    plain text (``xz``, ``2``); a subscript of digits stays here, since only the sheet tells whether it is a time.
    ``component`` is what follows the time or the name after a comma (``h_{t,j}``). ``raised`` tells that the time
    stands as a bare superscript (``\\beta^t``), where it could be an exponent, too.
    """

    base: str
    marks: tuple[str, ...] = ()
    name: str = ""
    time: Time | None = None
    component: tuple[Node, ...] = ()
    raised: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Neg(Node):
    argument: Node


@dataclass(frozen=True, slots=True)
class Add(Node):
    """A sum; ``signs`` holds +1 or −1 for every addend."""

    signs: tuple[int, ...]
    addends: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Mul(Node):
    r"""A product of factors in one row, flat.

    ``operators[k]`` stands between factors k and k+1: ``""`` for juxtaposition, else one of
    ``cdot * times odot otimes circ @ oslash oplus``.
    """

    factors: tuple[Node, ...]
    operators: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Correlation(Node):
    """A product of two factors that is a convolution if both are arrays of numbers; ``way`` says of what kind."""

    product: Mul
    way: Way


@dataclass(frozen=True, slots=True)
class Divide(Node):
    """A fraction, however written; never a derivative. ``elementwise`` is true for ⊘, which also divides matrices."""

    numerator: Node
    denominator: Node
    elementwise: bool = False


@dataclass(frozen=True, slots=True)
class Raise(Node):
    """A power: ``x^2``, ``(h - y)^2``."""

    base: Node
    exponent: Node


@dataclass(frozen=True, slots=True)
class Transposed(Node):
    """A transpose; ``letter`` tells that it is written with a plain T, which could be a time, too."""

    argument: Node
    letter: bool = field(default=False, compare=False)


@dataclass(frozen=True, slots=True)
class Call(Node):
    r"""A function of arguments: ``\sigma(x)``; ``\tanh^2 z`` has power 2; ``\sigma'(z)`` has order 1.

    ``function`` is the plain name (``sigma``, ``tanh``, ``exp``, ``log``, ``softmax``, ``relu``, ``diag``, ``dim``,
    or a letter for a generic function). ``e^{…}`` is ``exp``; ``\sqrt x`` is ``sqrt``. ``head`` is the name's span.
    """

    head: Span
    function: str
    arguments: tuple[Node, ...]
    power: Node | None = None
    order: int = 0


@dataclass(frozen=True, slots=True)
class Function(Node):
    r"""A function named without arguments: the σ of ``\frac{\partial \sigma}{\partial x}``, or ``\sigma'``."""

    function: str
    order: int = 0


@dataclass(frozen=True, slots=True)
class Partial(Node):
    r"""A derivative ``\frac{\partial y}{\partial x}``, ``\frac{dy}{dx}``, ``\nabla_x y``; ``style`` is how.

    ``immediate`` is the ∂⁺ of Pascanu, Mikolov and Bengio (2013): earlier states held.
    """

    of: Node
    by: Node
    style: Literal["partial", "d", "nabla", "immediate"] = "partial"


@dataclass(frozen=True, slots=True)
class Concat(Node):
    r"""``[h, x]`` or ``[h; x]``; ``stacked`` is true for one column between ``\begin`` and ``\end``.

    ``semicolon`` tells the second from the first: of two matrices it may put one below the other.
    """

    parts: tuple[Node, ...]
    stacked: bool = False
    semicolon: bool = False


@dataclass(frozen=True, slots=True)
class Matrix(Node):
    """A matrix of at least two columns written out by its entries or blocks, row after row."""

    entries: tuple[Node, ...]
    columns: int


@dataclass(frozen=True, slots=True)
class Tuple(Node):
    """``(n, n+d)``."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Enumeration(Node):
    """``{a, b}`` or ``{1, …, K}``, listing things; dots leave no trace."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Group(Node):
    """Brackets that only group; the span includes them."""

    inner: Node


@dataclass(frozen=True, slots=True)
class Entry(Node):
    r"""``(W x)_i``, ``\mathrm{softmax}(z)_j``: the components of an expression, by the letters of their indices."""

    whole: Node
    indices: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Norm(Node):
    r"""``\|x\|`` with an optional subscript; squares are a Raise around it."""

    argument: Node
    order: str = ""


@dataclass(frozen=True, slots=True)
class Big(Node):
    r"""``\sum_{index=lower}^{upper} body`` or ``\prod``; ``downwards`` where the author begins with the upper bound."""

    kind: Literal["sum", "prod"]
    index: str
    lower: Node | None
    upper: Node | None
    body: Node
    downwards: bool = False


@dataclass(frozen=True, slots=True)
class Approach(Node):
    """``name`` tends to ``value``, or to ∞ with the sign ``infinite`` where that is not 0."""

    name: Symbol
    value: Fraction
    infinite: int


@dataclass(frozen=True, slots=True)
class Limit(Node):
    r"""``\lim_{a \to 0} body``, for all approaches together; what is ``claimed`` to be one may be constant."""

    body: Node
    approaches: tuple[Approach, ...]
    claimed: bool = False


@dataclass(frozen=True, slots=True)
class Comparison(Node):
    """``x > 0`` as a condition; ``sign`` is one of ``>``, ``<``, ``geq``, ``leq``, ``=``, ``neq``."""

    left: Node
    sign: str
    right: Node


@dataclass(frozen=True, slots=True)
class Iverson(Node):
    """``[i = j]``: one where the condition holds, else zero. The letters of ``i = j`` are indices, no quantities."""

    condition: Comparison

    def children(self) -> Iterator[Node]:
        if self.condition.sign not in ("=", "neq"):
            yield self.condition


@dataclass(frozen=True, slots=True)
class Branch(Node):
    """One value of a distinction of cases and the conditions of it, which all must hold; none for *otherwise*."""

    value: Node
    conditions: tuple[Comparison, ...]


@dataclass(frozen=True, slots=True)
class Cases(Node):
    r"""``\begin{cases} a & x > 0 \\ b & \text{otherwise} \end{cases}``: the first branch whose conditions hold."""

    branches: tuple[Branch, ...]


@dataclass(frozen=True, slots=True)
class Space(Node):
    r"""A set of tensors: ``\mathbb{R}^{n \times d}``; dims is empty for scalars."""

    dims: tuple[Node, ...]


class Relation(Enum):
    """What stands between two sides."""

    EQUAL = "="  # also \equiv, \triangleq
    DEFINED = ":="
    APPROX = "≈"
    MEMBER = "∈"  # also "x: n × d"
    COMPARE = "≤"  # any inequality: carried, not checked yet


COMPARING = {"<": "<", ">": ">", "leq": "≤", "geq": "≥", "neq": "≠", "ll": "≪", "gg": "≫", "propto": "∝"}
"""The signs of comparisons."""


@dataclass(frozen=True, slots=True)
class Link:
    """A relation sign with its place; ``sign`` is the plain name of the sign itself (``geq``), where one was read."""

    relation: Relation
    span: Span
    sign: str = ""

    @property
    def glyph(self) -> str:
        """The sign as it is shown: an inequality by its own."""
        own = COMPARING.get(self.sign) if self.relation is Relation.COMPARE else None
        return own or str(self.relation.value)


@dataclass(frozen=True, slots=True)
class Statement:
    r"""A chain ``items[0] links[0] items[1] …``; a mere expression has one item and no link.

    ``lead`` holds the words or arrows before it, in lower case (``where``, ``and``, ``for``, ``implies``); ``follows``
    is true where it stands after an arrow in the same display, so that it is said to follow from the statement before.
    ``unit`` is a trailing text such as ``\# parameters``.
    """

    span: Span
    items: tuple[Node, ...]
    links: tuple[Link, ...]
    lead: tuple[str, ...] = ()
    follows: bool = False
    unit: str = ""
    display: bool = True

    def rewritten(self, change: Callable[[Node], Node]) -> Statement:
        """The statement with ``change`` applied to every node of its items; itself where nothing changes."""
        items = _rewritten(self.items, change)
        return self if items is self.items else replace(self, items=items)


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A statement that could not be read whole: where it stopped, what stood there, what was expected.

    ``defines`` is false where it is known that it defines no name, whatever else it says.
    """

    span: Span
    at: Span
    message: str
    expected: str = ""
    display: bool = True
    defines: bool = True


Sentence: TypeAlias = Statement | Unreadable


def rewritten(sentences: Iterable[Sentence], change: Callable[[Node], Node]) -> list[Sentence]:
    """The sentences with ``change`` applied to every node of their statements."""
    return [x.rewritten(change) if isinstance(x, Statement) else x for x in sentences]


def ungrouped(node: Node) -> Node:
    """An expression without the brackets around it."""
    while isinstance(node, Group):
        node = node.inner
    return node


def time_text(time: Time) -> str:
    """``t-1``, ``2``, ``T``."""
    if time.symbol is None:
        return str(time.offset)
    return time.symbol + (f"{time.offset:+d}" if time.offset else "")
