"""Reasons not to call a step wrong: what the sheet leaves open, or what could not be read of it.

A step that is not right is wrong only if the sheet says enough to be sure. Each row of :data:`DOUBTS` returns a reason,
or an empty string where it has none.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from fractions import Fraction

from derivations.component_names import letters_of
from derivations.convolutions import are_arrays
from derivations.elaborate import Elaborator
from derivations.entries import Sheet
from derivations.errors import SheetError
from derivations.events import is_probability
from derivations.judge import Judgement
from derivations.layer_names import layer_of
from derivations.lengths import HABIT as LAST
from derivations.names import ANY, GRADIENT_MARKS, SLOPE, STATE_NAMES, UNSURE, Names, Ref, is_loss, rank_by_habit
from derivations.open_losses import REST
from derivations.reading import surface as s
from derivations.sheet_habits import shows_a_shape
from derivations.side_conditions import summed_to_one
from derivations.sinks import gradients
from derivations.terms import Term, is_zero
from derivations.unread import unread
from derivations.unsaid import misfit_within, power_of_a_matrix
from derivations.world import Knowledge, World

_CONVOLUTION = re.compile(r"\b(?:convol\w+|convnet\w*|cnn\w*|cross[- ]correlat\w+|padding|stride)\b", re.IGNORECASE)
ENTRIES = frozenset("ijk")
"""Letters that number entries, and hardly anything else."""


@dataclass(frozen=True, slots=True)
class Case:
    """A step that is not right, with what is known around it."""

    left: s.Node
    right: s.Node
    found: Judgement
    sheet: Sheet
    elaborator: Elaborator
    inline: bool = False

    def refs(self) -> list[Ref]:
        """The names that the step speaks of or that its terms are made of, each once."""
        names = self.sheet.knowledge.names
        nodes = (node for side in (self.left, self.right) for node in side.walk())
        found = dict.fromkeys(names.ref(node) for node in nodes if isinstance(node, s.Symbol))
        for term in dict.fromkeys(term for a in self.found.attempts for term in (a.left, a.right)):
            found.update(dict.fromkeys(ref for _, ref in self.elaborator.refs_of(term)))
        return list(found)


def doubt(case: Case) -> str:
    """Why the step must not be called wrong; empty where nothing speaks against it."""
    return next((reason for check in DOUBTS if (reason := check(case))), "")


def _led_around(case: Case) -> str:
    """A loss at a layer that reaches it in more ways than one, or in ways that are not known."""
    elaborator = case.elaborator
    sinks = {loss for loss, _ in elaborator.sinks((case.left, case.right), World())}
    found = [x for x in gradients(elaborator.knowledge, (case.left, case.right), World()) if x.of not in sinks]
    open_at_layers = [x.of for x in found if layer_of(x.node) is not None]
    if any(open_at_layers.count(loss) > 1 for loss in open_at_layers):
        return "how the loss depends on these layers is not known: not through one of them alone"
    return ""


def _loose_shapes(case: Case) -> str:
    """Shapes that clash only because nothing ties their dimensions to each other."""
    if case.found.decision is not None or case.found.misfit is None:
        return ""
    for ref in case.refs():
        shape = case.sheet.knowledge.shapes.get(ref.key, ())
        if any(str(x) in case.sheet.loose for dim in shape for x in dim.free_symbols):
            return f"the sheet does not say what shape {ref.key} has"
    return ""


def _guessed_shape(case: Case) -> str:
    """A matrix of numbers against a quantity whose shape is a habit of the field: neither declared nor defined."""
    if case.found.misfit is None or not any(isinstance(side, s.Matrix) for side in (case.left, case.right)):
        return ""
    knowledge = case.sheet.knowledge
    for key in sorted(knowledge.reachable(case.left, case.right) - case.sheet.declared):
        if not knowledge.defined(key):
            return f"the sheet does not say what shape {key} has"
    return ""


def _clashing_definition(case: Case) -> str:
    """Shapes that do not fit because those of a definition do not, which is said there."""
    if case.found.decision is not None or case.found.misfit is None:
        return ""
    near = case.sheet.knowledge.reachable(case.left, case.right)
    for entry in case.sheet.entries:
        if entry.clash and entry.defines in near:
            line = case.sheet.source.place(entry.sentence.span.start).line
            return f"the shapes of the definition in line {line} do not fit"
    return misfit_within(case, near)


def _undefined_state(case: Case) -> str:
    """A recurrent state that is never defined may depend on anything."""
    if not case.found.derivative:
        return ""
    for ref in case.refs():
        symbol = case.sheet.knowledge.names.bases.get(ref.key)
        state = symbol is not None and ref.time is not None and symbol.base in STATE_NAMES
        if symbol is not None and set(symbol.marks) & set(GRADIENT_MARKS):
            continue
        if state and not case.sheet.knowledge.defined(ref.key):
            return f"the sheet does not define {ref.key}"
    return ""


def _independent(case: Case) -> str:
    """A derivative by something that the sheet never connects with what is differentiated."""
    attempts = case.found.attempts
    if not attempts or not isinstance(case.left, s.Partial) or not all(is_zero(attempt.left) for attempt in attempts):
        return ""
    of, by = (case.sheet.source.slice(node.span) for node in (case.left.of, case.left.by))
    return f"nothing on the sheet says how {of} depends on {by}"


def _open_loss(case: Case) -> str:
    """A step that says what the gradient of a loss is that has no definition, or one that may depend on more."""
    knowledge = case.sheet.knowledge
    near = knowledge.reachable(case.left, case.right) if knowledge.open.open else set[str]()
    unsaid = sorted(near & knowledge.open.several)
    for attempt in case.found.attempts:
        sides = [_open_names(case, term) for term in (attempt.left, attempt.right)]
        unsaid += sorted(set.union(*sides) if not all(sides) or REST in set.union(*sides) else ())
    unsaid = [key for key in unsaid if key != REST] or sorted(near & knowledge.open.open if unsaid else ())
    return f"the sheet does not define {unsaid[0]}, the loss of a step" if unsaid else ""


def _open_names(case: Case, term: Term) -> set[str]:
    """The losses without a definition whose values or gradients a term hangs on."""
    refs = [ref for _, ref in case.elaborator.refs_of(term)]
    bases = (case.sheet.knowledge.names.bases.get(ref.key) for ref in refs)
    marks = (symbol.marks[-1] for symbol in bases if symbol is not None and symbol.marks)
    return {mark.removeprefix(SLOPE) for mark in marks if mark.startswith(SLOPE)}


def _unconnected(case: Case) -> str:
    """The step rests on a definition by a derivative that is zero, since nothing connects its two quantities."""
    knowledge = case.sheet.knowledge
    for key in sorted(knowledge.reachable(case.left, case.right) & knowledge.families.keys()):
        node = knowledge.families[key].node
        if isinstance(node, s.Partial) and _is_unconnected(case, node):
            of, by = (case.sheet.source.slice(part.span) for part in (node.of, node.by))
            return f"{key} is given as a derivative, but nothing on the sheet says how {of} depends on {by}"
    return ""


def _is_unconnected(case: Case, node: s.Partial) -> bool:
    try:
        return is_zero(case.elaborator.partial(node, World()).term)
    except SheetError:
        return False


def undefined(case: Case) -> s.Symbol | None:
    """A symbol that occurs in no definition or declaration, in a step about things that are defined."""
    knowledge = case.sheet.knowledge
    if not case.found.derivative and not any(knowledge.defined(ref.key) for ref in case.refs()):
        return None
    written = differentiated_as_written(knowledge.names, (case.left, case.right))
    known = case.sheet.introduced | knowledge.constants | _sunk(case) | written
    for side in (case.left, case.right):
        for node in _quantities(side):
            if knowledge.names.ref(node).key not in known:
                return node
    return None


def beside_probabilities(sides: Iterable[s.Node], known: Knowledge) -> str:
    """A quantity beside probabilities that the step may define: the α of ``\\alpha_t(j) = p(x_{1:t}, z_t = j)``."""
    for node in (x for side in sides for x in side.walk()):
        named = isinstance(node, s.Symbol) and not is_probability(node) and (node.time or node.name or node.base[1:])
        if isinstance(node, s.Symbol) and named and not known.defined(known.names.ref(node).key):
            return f"the sheet does not define {known.names.ref(node).key}"
    return ""


def differentiated_as_written(names: Names, sides: Iterable[s.Node]) -> set[str]:
    """The names in formulas under ∂: ``∂ tanh(x)/∂x`` needs no other definition of x."""
    partials = (node for side in sides for node in side.walk() if isinstance(node, s.Partial))
    return _names(names, (x.of for x in partials if not isinstance(x.of, s.Symbol)))


def _sunk(case: Case) -> set[str]:
    """The losses without a definition for which the step says through what it depends on a step."""
    if not case.found.assumed:
        return set()
    nodes = (node for side in (case.left, case.right) for node in side.walk())
    return {
        case.sheet.knowledge.names.ref(x.of).key
        for x in nodes
        if isinstance(x, s.Partial) and isinstance(x.of, s.Symbol)
    }


def _quantities(node: s.Node) -> Iterator[s.Symbol]:
    """The symbols of an expression that stand for quantities, not for the letters of indices."""
    if not isinstance(node, s.Symbol):
        for child in node.children():
            yield from _quantities(child)
    elif node.base != "delta" or not letters_of(node):
        yield node


def _value_in_text(case: Case) -> str:
    """``σ(f_t) = 0`` in running text is more often a supposition than a claim."""
    names = any(isinstance(x, s.Symbol) for x in case.left.walk())
    if case.inline and names and not case.found.derivative and isinstance(case.right, s.Number):
        return "a value in running text may be supposed there, not claimed; a displayed formula is checked"
    return ""


def _guessed_scalar(case: Case) -> str:
    """Shapes that clash because a letter was taken for a number by habit alone."""
    if case.found.decision is not None or case.found.misfit is None:
        return ""
    sheet = case.sheet
    for key in sorted((sheet.introduced - sheet.declared - sheet.dims) & _connected(case)):
        symbol = sheet.knowledge.names.bases.get(key)
        if (
            symbol is not None
            and (key in sheet.beside or rank_by_habit(symbol, key in sheet.knowledge.names.timed) == 0)
            and not is_loss(symbol)
            and not {ANY, UNSURE} & {*symbol.marks}
            and key != sheet.knowledge.length
            and not sheet.knowledge.defined(key)
        ):
            return f"{key} is taken for a number by habit, and the shapes do not fit; declare its shape"
    return ""


def _only_added(case: Case) -> str:
    """A letter that only a sum gives a shape may be a number, added to every entry: ``softmax(z + c)``."""
    sheet, names = case.sheet, case.sheet.knowledge.names
    sums = [x for side in (case.left, case.right) for x in side.walk() if isinstance(x, s.Add)]
    symbols = [x for row in sums for x in row.addends if isinstance(x, s.Symbol)]
    added = [x for x in symbols if not (x.time or x.name or x.component)]
    for key in dict.fromkeys(names.ref(x).key for x in added):
        uses = sum(names.ref(x).key == key for x in sheet.symbols())
        free = bool(sheet.knowledge.shapes.get(key)) and key not in sheet.declared and not sheet.knowledge.defined(key)
        if free and case.found.misfit is None and uses <= sum(names.ref(x).key == key for x in added):
            return f"{key} may be a number that is added to every entry; declare its shape"
    return ""


def _guessed_vectors(case: Case) -> str:
    """Shapes that clash where all names of a step may be numbers: they are columns by habit alone."""
    if case.found.decision is not None or case.found.misfit is None or _is_about_vectors(case, lambda _: True):
        return ""
    return "nothing says whether these are numbers or vectors; declare shapes, or scalars"


def _is_about_vectors(case: Case, counts: Callable[[s.Node], bool]) -> bool:
    """Whether a declared name, or what the step and its definitions hold that ``counts``, speaks of vectors."""
    knowledge = case.sheet.knowledge
    near = knowledge.reachable(case.left, case.right)
    families = [knowledge.families[key].node for key in sorted(near & knowledge.families.keys())]
    instances = [definition.node for ref, definition in knowledge.instances.items() if ref.key in near]
    nodes = (node for root in (case.left, case.right, *families, *instances) for node in root.walk())
    return bool(near & case.sheet.declared) or any(shows_a_shape(node) for node in nodes if counts(node))


def _power_of_a_number(case: Case) -> str:
    """The T of ``w^T`` may count the steps up to the last time where nothing else says that this is no number."""
    nodes = [node for side in (case.left, case.right) for node in side.walk()]
    raised = [node for node in nodes if isinstance(node, s.Transposed) and node.letter]
    if not raised or case.sheet.knowledge.length != LAST or _is_about_vectors(case, lambda x: x not in raised):
        return ""
    return f"{case.sheet.source.slice(raised[0].span)} may be a power; declare shapes, or scalars"


def _connected(case: Case) -> set[str]:
    """The names whose shapes may hang together with those of the step: linked to it through common statements."""
    names = case.sheet.knowledge.names
    groups = [
        _names(names, entry.sentence.items) for entry in case.sheet.entries if isinstance(entry.sentence, s.Statement)
    ]
    found = _names(names, (case.left, case.right))
    while more := [group for group in groups if group & found and not group <= found]:
        found = found.union(*more)
    return found


def _names(names: Names, nodes: Iterable[s.Node]) -> set[str]:
    return {names.ref(x).key for node in nodes for x in _quantities(node)}


def _recursive_gradient(case: Case) -> str:
    """What a name stands for that may be a gradient, and is said of itself at other times, hangs on its last value."""
    names = case.sheet.knowledge.names
    ended = {ref.key for ref in case.sheet.knowledge.instances}
    near = case.sheet.knowledge.reachable(case.left, case.right) - ended
    for entry in case.sheet.entries:
        if entry.maybe_gradient and entry.defines in near and isinstance(entry.sentence, s.Statement):
            nodes = (x for item in entry.sentence.items[1:] for x in item.walk() if isinstance(x, s.Symbol))
            if any(names.ref(x).key == entry.defines for x in nodes):
                return f"{entry.defines} may be a gradient, or begin anywhere; declare what it is, with :="
    return ""


def _numbered(case: Case) -> str:
    """``x_1`` beside a vector x may be its first entry, and ``x_i`` any."""
    knowledge = case.sheet.knowledge
    nodes = (node for side in (case.left, case.right) for node in side.walk())
    for node in nodes:
        numbered = isinstance(node, s.Symbol) and node.time is None and _counts_entries(node, knowledge.names)
        if isinstance(node, s.Symbol) and numbered and not knowledge.defined(key := knowledge.names.ref(node).key):
            whole = knowledge.names.ref(replace(node, name="")).key
            if key not in case.sheet.declared and len(knowledge.shapes.get(whole, ())) == 1:
                return f"{key} may be an entry of {whole}, or a quantity of its own"
    return ""


def _sum_of_data(case: Case) -> str:
    """What the entries of what no line defines sum to, such as one, may be supposed, not claimed."""
    known, total = case.sheet.knowledge, case.right
    one = s.Number(total.span, Fraction(1)) if isinstance(total, s.Number) else total
    symbol = summed_to_one(case.left, one)
    if symbol is None or known.defined(known.names.ref(symbol).key):
        return ""
    return "this may be supposed, not claimed; write it behind a word such as where"


def _counts_entries(symbol: s.Symbol, names: Names) -> bool:
    """Whether a subscript may number entries: not the i of a bias ``b_i`` that has a ``b_f`` beside it."""
    kin = (x.name for x in names.bases.values() if (x.base, x.marks) == (symbol.base, symbol.marks) and x.name)
    return symbol.name.isdigit() or (symbol.name in ENTRIES and set(kin) <= ENTRIES)


def _convolution(case: Case) -> str:
    """On a sheet about convolutions a product sign between shapes that do not fit may mean one."""
    knowledge = case.sheet.knowledge
    reached = knowledge.reachable(case.left, case.right)
    near = [knowledge.families[key].node for key in sorted(reached & knowledge.families.keys())]
    if case.found.misfit is None or not speaks_of_convolutions(case.sheet.source.text):
        return ""
    nodes = [node for side in (case.left, case.right, *near) for node in side.walk()]
    taken = {node.product.span for node in nodes if isinstance(node, s.Correlation) and _is_carried_out(case, node)}
    products = (node for node in nodes if isinstance(node, s.Mul) and node.span not in taken)
    signs = {sign for node in products for sign in node.operators}
    return "the product may stand for the convolution that the sheet speaks of" if signs & {"times", "*"} else ""


def speaks_of_convolutions(text: str) -> bool:
    """Whether the words of a sheet are about convolutions."""
    return _CONVOLUTION.search(text) is not None


def _is_carried_out(case: Case, node: s.Correlation) -> bool:
    """Whether a product was taken for a convolution of arrays of numbers."""
    try:
        one, other = (case.elaborator.elaborate(x, World())[0].term.shape for x in node.product.factors)
    except SheetError:
        return False
    return are_arrays(one, other) and not node.way.plain


DOUBTS: tuple[Callable[[Case], str], ...] = (
    _guessed_scalar,
    _power_of_a_number,
    power_of_a_matrix,
    _sum_of_data,
    _only_added,
    _guessed_vectors,
    _guessed_shape,
    _value_in_text,
    unread,
    _led_around,
    _loose_shapes,
    _clashing_definition,
    _undefined_state,
    _independent,
    _open_loss,
    _unconnected,
    _numbered,
    _recursive_gradient,
    _convolution,
)
