"""Bars as SVG: how many sheets, in one piece or in several beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gradproof.rendering.model import Figure, Image, Text
from gradproof.text import environment

LEFT: Final = 90
LONGEST: Final = 440
WIDTH: Final = 780
STEP: Final = 26
LEGEND: Final = 110
TONES: Final = {"right": "good", "present": "good", "wrong": "bad", "open": "open", "missing": "missing"}


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar with its label and how many sheets each of its pieces stands for."""

    label: str
    pieces: Mapping[str, int]


def bar_chart(bars: Sequence[Bar], alt: str) -> Figure:
    """Bars below each other, the pieces in the order of their names in TONES; ``alt`` says what is to be seen."""
    most = max((sum(bar.pieces.values()) for bar in bars), default=0) or 1
    names = [name for name in TONES if any(name in bar.pieces for bar in bars)]
    top = STEP if names else 4
    shown = [_placed(bar, top + k * STEP, LONGEST / most) for k, bar in enumerate(bars)]
    legend = [(name, LEFT + k * LEGEND, TONES[name]) for k, name in enumerate(names)]
    context = {"width": WIDTH, "height": top + len(bars) * STEP + 4, "left": LEFT, "top": top}
    svg = environment().get_template("bars.svg.j2").render(context, bars=shown, legend=legend)
    return Figure(alt, (Text(alt),), images=(Image("svg", svg.encode()),))


def _placed(bar: Bar, y: int, scale: float) -> dict[str, Any]:
    pieces: list[tuple[float, float, str]] = []
    x = float(LEFT)
    for name in (*TONES, ""):
        length = round(scale * bar.pieces.get(name, 0), 2)
        if length:
            pieces.append((round(x, 2), length, TONES.get(name, "plain")))
            x += length
    said = ", ".join(f"{count} {name}".strip() for name, count in bar.pieces.items() if count) or "0"
    return {"label": bar.label, "y": y, "pieces": pieces, "end": round(x, 2), "said": said}
