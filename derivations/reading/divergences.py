"""Divergences of two distributions: ``D_{KL}(p ‖ q)``."""

from __future__ import annotations

from typing import Final

from derivations.reading.events import parted
from derivations.reading.scripts import ScriptReader
from derivations.reading.slips import Slip
from derivations.reading.surface import Call, Node

DIVERGENCES: Final = frozenset({"KL", "DKL"})
"""Words that name a divergence before a bracket."""


class DivergenceReader(ScriptReader):
    def at_divergence(self) -> int:
        r"""The index of the bracket of ``D_{KL}(p \| q)`` or ``KL(p || q)``; 0 where none stands here."""
        index, named = self.position + 1, self.token.text in DIVERGENCES and self.token.kind == "text"
        if self.token.text == "D" and self.tokens[index].at("_"):
            end = self.after_group(index + 1)
            named = "".join(x.text for x in self.tokens[index + 1 : end] if x.kind not in "{}") == "KL"
            index = end
        opener = self.tokens[index]
        found = named and opener.kind in ("open", "left") and opener.text in ("(", "[") and self.partner[index] > 0
        return index if found else 0

    def divergence(self) -> Node:
        """The Kullback–Leibler divergence of two distributions, parted by ‖ or two bars."""
        head, opener = self.token, self.at_divergence()
        close = self.partner[opener]
        inside = self.tokens[opener + 1 : close]
        sides = [x for x in parted(inside, lambda x: x.kind == "bar") if x]
        doubled = sum({"‖": 2, "|": 1}.get(x.text, 0) for x in inside if x.kind == "bar") == 2
        if len(sides) != 2 or not doubled:
            raise Slip(self.tokens[opener].span, "a divergence takes two distributions", r"D_{KL}(p \| q)")
        arguments = tuple(self.inside(side) for side in sides)
        self.position = close + 1
        return Call(self.since(head.start), head.span, "divergence", arguments)
