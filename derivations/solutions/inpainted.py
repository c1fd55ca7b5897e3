"""The answer to ``inpaint``: missing pixels from those around them, by Bayes' rule."""

from __future__ import annotations

from derivations.inpainting import BINARY, Step, inpaint
from derivations.solutions.document import Block, Chain, Items, Line, Maths, Paragraph, Sheet, Text, text

MANY = 4
"""More pixels have too many states to write all of them."""


def inpaint_answer(pixels: int) -> Sheet:
    """The posterior of some missing pixels. Raises UsageError for a number that is not from 1 to 4."""
    found = inpaint(pixels)
    names = ", ".join(found.pixels)
    said = (
        f"{'The missing pixel is' if pixels == 1 else 'The missing pixels are'} {names}; P are the pixels before, "
        f"F those behind. {BINARY.strip()}"
    )
    states: list[Block] = []
    if 1 < pixels <= MANY:
        listed: tuple[Text, ...] = tuple((Maths(state),) for state in found.states)
        states = [Paragraph(text(f"The {len(listed)} joint probabilities that the sum runs over:")), Items(listed)]
    return Sheet((Paragraph(text(said)), *map(_step, found.steps), *states))


def _step(step: Step) -> Chain:
    left, _, right = step.latex.partition(" = ")
    depth = left.count("(") - left.count(")")
    while depth:  # the = of A=a stands without spaces; one inside brackets is no relation
        more, _, right = right.partition(" = ")
        left = f"{left} = {more}"
        depth = left.count("(") - left.count(")")
    return Chain(left, (Line(right, text(f"{step.rule}: {step.why}")),))
