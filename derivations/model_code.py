"""Parameter counts of a model in Keras or torch code: it is read as a syntax tree, never run."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

import sympy

from derivations.errors import UsageError
from derivations.model_layers import KERAS, TORCH, Call, Layer, Shape, SlipError, UnknownShapeError, Value
from derivations.parameter_counts import Amount, total
from derivations.terms import dimension

MOST_CODE = 200_000
GROUPED = re.compile(r"\d{1,3}(?:\s*,\s*\d{3})+")


@dataclass(frozen=True, slots=True)
class Slip:
    """Something wrong with a call, at its place in the code."""

    line: int
    column: int
    message: str


@dataclass(slots=True)
class Row:
    """One layer: what it is called in the code, the shape of its output (None: not known), its parameters."""

    line: int
    layer: str
    shape: Shape
    parameters: Amount | None
    notes: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Model:
    rows: list[Row] = field(default_factory=list)
    slips: list[Slip] = field(default_factory=list)

    @property
    def parameters(self) -> Amount | None:
        """The sum over all layers; None where one of them is not known."""
        known = [row.parameters for row in self.rows if row.parameters is not None]
        return total(known) if len(known) == len(self.rows) else None


def read_model(code: str) -> Model:
    """The layers of the first model in the code, in order. Raises UsageError where it is no Python or has no model."""
    if len(code) > MOST_CODE:
        raise UsageError(f"the code is longer than {MOST_CODE:,} characters")
    try:
        tree = ast.parse(code)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UsageError(_no_python(code, error)) from error
    return _Reader(code, tree).read()


class _Reader:
    def __init__(self, code: str, tree: ast.Module) -> None:
        self.code = code
        self.tree = tree
        self.values: dict[str, Value] = {}
        self.model = Model()
        self.shape: Shape = None

    def read(self) -> Model:
        for node in self.tree.body:
            if isinstance(node, ast.Assign):
                self._assign(node)
        calls = [call for node in self.tree.body for call in _layer_calls(node)]
        if not calls:
            raise UsageError("no layer was found; a model is Sequential([…]), nn.Sequential(…) or model.add(…) lines")
        for call in calls:
            self._read_layer(call)
        return self.model

    def _assign(self, node: ast.Assign) -> None:
        """``hidden = 128`` names a number; what is no plain value is left out."""
        for target in node.targets:
            if isinstance(target, ast.Name):
                try:
                    self.values[target.id] = self._value(node.value)
                except SlipError:
                    self.values.pop(target.id, None)

    def _read_layer(self, node: ast.Call) -> None:
        kind = _name(node.func)
        if kind in WRAPPERS:
            self._read_wrapped(node, kind)
            return
        table = TORCH if _is_torch(node.func, kind) else KERAS
        if kind not in table:
            self._add(Row(node.lineno, kind, None, None, ["this layer is not known here"]))
            return
        layer = table[kind]
        try:
            given = {**layer.defaults, **self._arguments(self._repaired(node, kind, layer), kind, layer)}
            call = Call(kind, given, _declared(given, self.shape))
            shape, parameters, notes = layer.counted(call)
            for message in call.slips:
                self._slip(node, message)
            self._add(Row(node.lineno, kind, shape, total([parameters]), notes))
        except UnknownShapeError as error:
            if self.model.rows:
                self._add(Row(node.lineno, kind, None, None, ["what comes in is not known"]))
            else:
                self._refuse(node, kind, error)
        except SlipError as error:
            self._refuse(node, kind, error)

    def _read_wrapped(self, node: ast.Call, kind: str) -> None:
        """``Bidirectional(LSTM(32))``: the layer inside twice; ``TimeDistributed(Dense(5))``: it at every step."""
        inner = node.args[0] if node.args else None
        if not isinstance(inner, ast.Call) or _name(inner.func) in WRAPPERS:
            self._refuse(node, kind, SlipError(f"{kind} needs a layer, such as {WRAPPERS[kind]}"))
            return
        self._read_layer(inner)
        row = self.model.rows[-1]
        row.line, row.layer = node.lineno, f"{kind}({row.layer})"
        if kind == "Bidirectional":
            self._double(node, row)

    def _double(self, node: ast.Call, row: Row) -> None:
        """Both directions; their outputs stand side by side unless ``merge_mode`` says otherwise."""
        mode = next((self._value(x.value) for x in node.keywords if x.arg == "merge_mode"), "concat")
        row.parameters = None if row.parameters is None else total([2 * row.parameters])
        if mode == "concat":
            self.shape = row.shape = (*row.shape[:-1], 2 * row.shape[-1]) if row.shape else row.shape
        elif mode not in ("sum", "mul", "ave"):
            self.shape = row.shape = None

    def _refuse(self, node: ast.Call, kind: str, error: SlipError) -> None:
        self._slip(node, str(error))
        self._add(Row(node.lineno, kind, None, None, ["not counted"]))

    def _add(self, row: Row) -> None:
        self.model.rows.append(row)
        self.shape = row.shape

    def _arguments(self, node: ast.Call, kind: str, layer: Layer) -> dict[str, Value]:
        if len(node.args) > len(layer.positional):
            takes = ", ".join(layer.positional) or "none"
            raise SlipError(
                f"{kind} has {len(node.args)} arguments in place; it takes {len(layer.positional)}: {takes}"
            )
        found = {name: self._value(arg) for name, arg in zip(layer.positional, node.args, strict=False)}
        for keyword in node.keywords:
            if keyword.arg is None:
                raise SlipError("** arguments are not read")
            if keyword.arg not in (*layer.positional, *layer.keywords, *IGNORED):
                known = ", ".join((*layer.positional, *layer.keywords))
                raise SlipError(f"{kind} has no argument {keyword.arg}; it has {known}")
            if keyword.arg in found:
                raise SlipError(f"{kind} is given {keyword.arg} twice")
            if keyword.arg not in IGNORED:
                found[keyword.arg] = self._value(keyword.value)
        return found

    def _repaired(self, node: ast.Call, kind: str, layer: Layer) -> ast.Call:
        """``Embedding(1,000, 16)``: a comma inside a number makes two arguments of it. The call as it was meant."""
        text = ast.get_source_segment(self.code, node) or ""
        found = GROUPED.search(text)
        zeros = found is not None and re.search(r",\s*000\b", found.group())
        if not found or not (zeros or len(node.args) > len(layer.positional)):
            return node
        plain = re.sub(r"\D", "", found.group())
        parts = found.group().count(",") + 1
        self._slip(node, f"{found.group()} is {parts} arguments of {kind}, not a number; counted as {plain}")
        meant = ast.parse(text.replace(found.group(), plain, 1), mode="eval").body
        return meant if isinstance(meant, ast.Call) else node

    def _value(self, node: ast.expr) -> Value:
        match node:
            case ast.Constant(value=bool() | str() | None as value):
                return value
            case ast.Constant(value=int() as number):
                return sympy.Integer(number)
            case ast.Constant(value=float() as number):
                found = Fraction(str(number)) if abs(number) < 1e15 else Fraction(0)
                return sympy.Rational(found.numerator, found.denominator)
            case ast.Name(id=name):
                return self.values.get(name, dimension(name))
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                return tuple(self._value(part) for part in parts)
            case ast.UnaryOp(op=ast.USub(), operand=inner):
                return -self._amount(inner)
            case ast.BinOp(left=left, op=op, right=right) if type(op) in ARITHMETIC:
                return ARITHMETIC[type(op)](self._amount(left), self._amount(right))
        raise SlipError(f"{ast.unparse(node)[:40]} is no number that could be read without running the code")

    def _amount(self, node: ast.expr) -> Amount:
        value = self._value(node)
        if isinstance(value, bool) or not isinstance(value, sympy.Expr):
            raise SlipError(f"{ast.unparse(node)[:40]} is no number")
        return value

    def _slip(self, node: ast.Call, message: str) -> None:
        self.model.slips.append(Slip(node.lineno, node.col_offset + 1, message))


def _no_python(code: str, error: Exception) -> str:
    """What is wrong with the code; a number such as 1,024 is told by name."""
    line = getattr(error, "lineno", None)
    if not line:
        return f"this is no Python: {error.args[0]}"
    grouped = GROUPED.search((code.splitlines() or [""])[min(line, len(code.splitlines())) - 1])
    remedy = f"; write {re.sub(r'[^0-9]', '', grouped.group())} for {grouped.group()}" if grouped else ""
    return f"this is no Python (line {line}): {error.args[0]}{remedy}"


ARITHMETIC: dict[type[ast.operator], Callable[[Amount, Amount], Amount]] = {
    ast.Add: lambda a, b: a + b,
    ast.Sub: lambda a, b: a - b,
    ast.Mult: lambda a, b: a * b,
}
CONTAINERS = ("Sequential",)
WRAPPERS = {"Bidirectional": "Bidirectional(LSTM(32))", "TimeDistributed": "TimeDistributed(Dense(5))"}
IGNORED = (
    "name activation dropout recurrent_dropout kernel_initializer bias_initializer kernel_regularizer dtype device "
    "recurrent_activation recurrent_initializer embeddings_initializer batch_first inplace eps momentum epsilon p "
    "nonlinearity mask_zero data_format trainable stateful go_backwards padding_idx axis dim"
).split(" ")
"""Arguments that change no count and no shape."""


def _layer_calls(node: ast.AST) -> Iterator[ast.Call]:
    """The calls of layers in order: in ``Sequential(…)``, in a list in it, in ``model.add(…)``."""
    for call in (x for x in ast.walk(node) if isinstance(x, ast.Call)):
        if _name(call.func) in CONTAINERS:
            for arg in call.args:
                yield from (
                    x for x in (arg.elts if isinstance(arg, ast.List | ast.Tuple) else [arg]) if isinstance(x, ast.Call)
                )
        elif isinstance(call.func, ast.Attribute) and call.func.attr == "add" and len(call.args) == 1:
            yield from (x for x in call.args if isinstance(x, ast.Call) and _name(x.func) not in CONTAINERS)


def _name(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else "?"


def _is_torch(node: ast.expr, kind: str) -> bool:
    """``nn.LSTM`` and every name that Keras does not have are torch's."""
    prefix = ast.unparse(node.value) if isinstance(node, ast.Attribute) else ""
    return prefix.split(".")[0] in ("nn", "torch") or (kind in TORCH and kind not in KERAS)


def _declared(given: Mapping[str, Value], shape: Shape) -> Shape:
    """The input shape that a layer is given, or the one that comes in."""
    for name in ("input_shape", "shape", "input_dim"):
        value = given.get(name)
        if isinstance(value, tuple):
            return tuple(x if isinstance(x, sympy.Expr) else dimension("T") for x in value)
        if (
            isinstance(value, sympy.Expr)
            and not isinstance(value, bool)
            and name == "input_dim"
            and "output_dim" not in given
        ):
            return (value,)
    return shape


def shape_text(shape: Shape) -> str:
    """The shape of an output without the batch; a question mark where it is not known."""
    return "?" if shape is None else "(" + ", ".join(str(x) for x in shape) + ")"
