"""A recurrent cell as a ``torch.autograd.Function`` over a whole sequence, its backward the derived closed form.

The program comes from the plan of :mod:`derivations.emit_plan`, which comes from the cell's equations: the inputs of
all pre-activations at all times are one matrix product before the loop, the recurrent parts of all that share an
operand one a step. Backwards, all that does not depend on a cotangent is computed for all times at once, and the
gradient of the weights is one matrix product after the loop.
"""

from __future__ import annotations

import re
from textwrap import fill

from derivations.cell import Cell
from derivations.cells import cell as cell_named
from derivations.emit_backward import Backward
from derivations.emit_forward import Forward
from derivations.emit_layout import Layout
from derivations.emit_plan import Plan, plan
from derivations.emit_text import STEP, Writer
from derivations.terms import dim_text

WIDTH = 116
LISTS = (r"( *return )([\w, ]+)()", r"( *)(\w+, [\w, ]+)( = .*)", r"(.*\()([\w., ]+)(\):?)")
"""What is written as a list over several lines: results, names on the left, arguments."""
ACRONYMS = frozenset({"lstm", "gru", "rnn", "mgu", "ugrnn"})

MODULE = '''"""{title}: forward and backward over a whole sequence.

{source}

The backward pass is the closed form that gradproof derived from

{equations}

Rows are examples: x is {inputs}, a state (batch, n), and W v is written v @ W.T.
The product ⊙ is entry by entry; _prev marks a state before the step. delta is the cotangent of the
pre-activations; until the loop multiplies the cotangent of a source in, it holds the slope ∂source/∂a.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

{helpers}
class {name}Function(torch.autograd.Function):
    """The outputs and the last states ({results}) from {leading} and the parameters."""

    @staticmethod
    def forward(ctx, {arguments}):
{forward}

    @staticmethod
    @once_differentiable
    def backward(ctx, grad_output, {cotangents}):
{backward}


class {name}(torch.nn.Module):
    """The cell over a sequence, for inputs of size d and states of size n; parameters start uniform in ±1/√n."""

    def __init__(self, d: int, n: int) -> None:
        super().__init__()
        self.n = n
{parameters}
        for parameter in self.parameters():
            torch.nn.init.uniform_(parameter, -(n**-0.5), n**-0.5)

    def forward(self, {signature}):
        """{results_doc}; states that are not given are zero."""
        zero = x.new_zeros(x.shape[1], self.n)
{defaults}
        return {name}Function.apply({call})
'''


def emit_torch(cell: Cell | str) -> str:
    """The Python source of a module with a Function and a Module for a cell of the table, or for one like them.

    Raises UsageError for a name that is not in the table and for a cell that has no such form.
    """
    found = cell_named(cell) if isinstance(cell, str) else cell
    return _source(found, plan(found))


def class_name(name: str) -> str:
    """The class of a cell: ``peephole-lstm`` is PeepholeLSTM."""
    words = re.split(r"\W+", name)
    return "".join(word.upper() if word in ACRONYMS else word[:1].upper() + word[1:] for word in words)


def _source(cell: Cell, found: Plan) -> str:
    layout = Layout(found)
    backward = Backward(layout)
    backward_lines = backward.lines()
    forward = [*Forward(layout).lines(), *_handed_over(layout, backward.saved)]
    states = [layout.base(before) for before, _ in found.states]
    inputs = [layout.names[v] for v in found.inputs]
    parameters = [layout.names[v] for v in found.parameters]
    initial = [f"{state}_0" for state in states]
    body = "\n".join([*forward, *backward_lines])
    text = MODULE.format(
        title=found.title,
        equations="\n".join(f"    {line}" for line in _equations(layout)),
        inputs="(T, batch, d)" + "".join(f", {v} is (T, batch)" for v in inputs[1:]),
        helpers=f"\n{STEP}\n" if "step(" in body else "",
        name=class_name(cell.name),
        source=fill(f"After {cell.source}.", WIDTH),
        leading=", ".join([*inputs, *initial]),
        arguments=", ".join([*inputs, *initial, *parameters]),
        results=", ".join(["output", *(f"{state}_T" for state in states)]),
        forward=_indented(forward),
        cotangents=", ".join(f"grad_{state}_T" for state in states),
        backward=_indented(backward_lines),
        parameters=_indented(_declared(layout)),
        signature=", ".join([*(f"{v}: Tensor" for v in inputs), *(f"{s}: Tensor | None = None" for s in initial)]),
        results_doc="The outputs, (T, batch, n), and the last states, (batch, n)",
        defaults=_indented([f"{s} = zero if {s} is None else {s}" for s in initial]),
        call=", ".join([*inputs, *initial, *(f"self.{v}" for v in parameters)]),
    )
    return "\n".join(map(_wrapped, text.splitlines())) + "\n"


def _handed_over(layout: Layout, saved: list[str]) -> list[str]:
    states = [f"{layout.base(before)}s" for before, _ in layout.plan.states]
    results = [f"{states[0]}[1:]", *(f"{state}[-1].clone()" for state in states)]
    return [f"ctx.save_for_backward({', '.join(saved)})", f"return {', '.join(results)}"]


def _equations(layout: Layout) -> list[str]:
    """The slots and then the quantities as formulas."""
    writer = Writer(layout.names, formula=True)
    lines = []
    for slot in layout.plan.slots:
        products = [f"{layout.names[m.weight]}{'ᵀ' if m.flipped else ''} {layout.names[m.operand]}" for m in slot.maps]
        biases = [writer.text(bias) for bias in slot.biases]
        lines.append(f"{layout.names[slot.variable]} = {' + '.join([*products, *biases])}")
    for value in layout.values:
        without = {term: name for term, name in layout.names.items() if term is not value}
        lines.append(f"{layout.names[value]} = {Writer(without, formula=True).text(value)}")
    return lines


def _declared(layout: Layout) -> list[str]:
    shapes = [(layout.names[v], ", ".join(map(dim_text, v.shape)) or "()") for v in layout.plan.parameters]
    return [f"self.{name} = torch.nn.Parameter(torch.empty({shape}))" for name, shape in shapes]


def _indented(lines: list[str]) -> str:
    return "\n".join(" " * 8 + line for line in lines)


def _wrapped(line: str) -> str:
    """A line that is too long, its list or the addends of its formula in brackets of their own."""
    indent = " " * (len(line) - len(line.lstrip()))
    if len(line) <= WIDTH:
        return line
    if "#" in line:
        return line.replace("; ", f"\n{indent}# ")
    if line.lstrip().startswith('"""'):
        return fill(line.strip(), WIDTH, initial_indent=indent, subsequent_indent=indent)
    for pattern in LISTS:
        match = re.fullmatch(pattern, line)
        if match:
            before, items, after = match.groups()
            opening, closing = ("", "") if before.endswith("(") else ("(", ")")
            inner = fill(items + ",", WIDTH, initial_indent=indent + "    ", subsequent_indent=indent + "    ")
            return f"{before}{opening}\n{inner}\n{indent}{closing}{after}"
    name, _, formula = line.partition(" = ")
    addends = re.split(r" (?=[+] (?![^()]*\)))", formula)
    inner = "".join(f"\n{indent}    {addend}" for addend in addends)
    return f"{name} = ({inner}\n{indent})" if len(addends) > 1 else _with_arguments_below(line, indent)


def _with_arguments_below(line: str, indent: str) -> str:
    """A call whose arguments stand in lines of their own."""
    opening = line.find("(")
    closing = line.rfind(")")
    if opening < 0 or closing < opening:
        return line
    arguments = _apart(line[opening + 1 : closing])
    inner = "".join(f"\n{indent}    {argument}," for argument in arguments)
    return f"{line[: opening + 1]}{inner}\n{indent}{line[closing:]}"


def _apart(arguments: str) -> list[str]:
    """The arguments of a call; commas inside brackets part nothing."""
    found, depth = [""], 0
    for sign in arguments:
        depth += (sign in "([") - (sign in ")]")
        if sign == "," and depth == 0:
            found.append("")
        else:
            found[-1] += sign
    return [argument.strip() for argument in found]
