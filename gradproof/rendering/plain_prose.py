"""Plain text as blocks: paragraphs between empty lines, whose lines stay lines."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from gradproof.rendering.model import Blocks, Break
from gradproof.rendering.prose import Embedded, Flow, with_placeholders

PARAGRAPH: Final = re.compile(r"\n\s*\n")


def plain_blocks(text: str, embedded: Sequence[Embedded]) -> Blocks:
    """The blocks of a plain text, with parts embedded in it, in the order of their spans."""
    flow = Flow(embedded)
    for paragraph in PARAGRAPH.split(with_placeholders(text, embedded)):
        for line in paragraph.strip().split("\n"):
            if flow.inlines:
                flow.inlines.append(Break())
            flow.inline_text(line.strip())
        flow.end()
    return tuple(flow.blocks)
