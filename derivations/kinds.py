"""The kind of slip that a repair shows, named as closely as its formulas tell."""

from __future__ import annotations

from derivations.edits import Edit
from derivations.reading import surface as s
from derivations.world import Knowledge

POWERS = ("extra-power", "missing-power")


def kind_of(edit: Edit, knowledge: Knowledge) -> str:
    """The code of an edit: the family's own, or that of the rule which was missed."""
    if edit.code in POWERS:
        function = _function(edit.tree if edit.code == "extra-power" else edit.node, knowledge)
        slopes = {("extra-power", "sigma"): "sigma-derivative", ("missing-power", "tanh"): "tanh-derivative"}
        return slopes.get((edit.code, function), edit.code)
    if edit.code == "swapped-name" and isinstance(edit.node, s.Symbol) and isinstance(edit.tree, s.Symbol):
        gates = [_function(x, knowledge) == "sigma" for x in (edit.node, edit.tree)]
        return "swapped-gate" if all(gates) else edit.code
    return edit.code


def _function(node: s.Node, knowledge: Knowledge) -> str:
    """The function that a node is a value of, as it stands or by its definition."""
    while isinstance(node, s.Group):
        node = node.inner
    if isinstance(node, s.Symbol):
        definition = knowledge.definition(knowledge.names.ref(node))
        node = definition.node if definition is not None else node
    return node.function if isinstance(node, s.Call) else ""
