"""How an author writes: the text of a span, the sign of a transpose, the sign between entries, functions."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from derivations.reading import surface as s
from derivations.reading.places import Span

Slice = Callable[[Span], str]
ELEMENTWISE = ("odot", "circ", "otimes", "*")
APPLIED = ("tanh", "sigma", "exp", "log", "relu", "softmax")


@dataclass(frozen=True, slots=True)
class Hand:
    """How an author writes: the text of a span, what stands behind a transposed name, the sign between entries.

    ``functions`` are the functions that the sheet applies, each with how it is written; ``is_elementwise`` says
    whether the sheet has a sign between entries at all.
    """

    text: Slice
    transposed: str = "^T"
    elementwise: str = r"\odot"
    sign: str = "odot"
    is_elementwise: bool = False
    functions: tuple[tuple[str, str], ...] = ()

    def of(self, node: s.Node) -> str:
        return self.text(node.span)

    def factor(self, node: s.Node) -> str:
        """A node as a factor: in brackets where it is a sum."""
        return f"({self.of(node)})" if isinstance(node, s.Add | s.Neg) else self.of(node)

    def turned(self, node: s.Node, text: str = "") -> str:
        """A node, which may be written in another way than where it stands, with the author's sign of a transpose."""
        text = text or self.of(node)
        text = f"({text})" if isinstance(node, s.Add | s.Neg | s.Mul) else text
        twice = "^" in text and self.transposed[:1] == "^" and not isinstance(node, s.Group)
        return f"{{{text}}}{self.transposed}" if twice else text + self.transposed


def hand(nodes: Iterable[s.Node], text: Slice) -> Hand:
    """How the author of some formulas writes most often."""
    transposes: Counter[str] = Counter()
    signs: Counter[tuple[str, str]] = Counter()
    functions: dict[tuple[str, str], None] = {}
    for node in nodes:
        if isinstance(node, s.Transposed) and node.argument.span.end < node.span.end:
            behind = text(Span(node.argument.span.end, node.span.end)).strip(" }")
            transposes[behind] += behind.startswith(("^", ".T"))
        if isinstance(node, s.Mul):
            signed = [text(between(node, place)).strip() for place in range(len(node.operators))]
            signs.update(pair for pair in zip(node.operators, signed, strict=True) if pair[0] in ELEMENTWISE[:2])
        if isinstance(node, s.Call) and node.function in APPLIED and node.head.end > node.head.start:
            functions[node.function, text(node.head)] = None
    found = Hand(text, functions=tuple(functions))
    if +transposes and (turned := transposes.most_common(1)[0][0]):
        found = replace(found, transposed=turned)
    if +signs and (most := signs.most_common(1)[0][0])[1]:
        found = replace(found, sign=most[0], elementwise=most[1], is_elementwise=True)
    return found


def between(node: s.Mul, place: int) -> Span:
    """What stands between a factor and the next."""
    return Span(node.factors[place].span.end, node.factors[place + 1].span.start)
