"""Numbers that stand beside components: the γ and β of ``y_i = γ x_i + β``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from derivations.component_names import has_components
from derivations.names import Names
from derivations.reading import surface as s

if TYPE_CHECKING:
    from derivations.infer import Equation


def numbers_beside_components(equations: Sequence[Equation], names: Names) -> frozenset[str]:
    """The names without an index that are added to components, or the only such factor of some, in definitions; none
    that is defined, or that a definition without components speaks of."""
    within = [e for e in equations if has_components(e.left) or has_components(e.right)]
    others = (node for e in equations if e not in within for side in (e.left, e.right) for node in side.walk())
    found = {names.ref(symbol).key for e in within for symbol in _beside(e.right)}
    spoken = {names.ref(x).key for x in others if isinstance(x, s.Symbol)}
    return frozenset(found - spoken - {names.ref(e.left).key for e in equations})


def _beside(node: s.Node) -> Iterator[s.Symbol]:
    for part in node.walk():
        added = isinstance(part, s.Add)
        if (added or (isinstance(part, s.Mul) and not any(part.operators))) and has_components(part):
            bare = [x for x in part.children() if not has_components(x) and not isinstance(x, s.Number)]
            yield from (x for x in bare if (added or len(bare) == 1) and isinstance(x, s.Symbol))
