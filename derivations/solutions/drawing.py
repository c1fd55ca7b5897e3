"""Drawings as SVG and as TikZ."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import reduce
from itertools import pairwise
from typing import Final
from xml.sax.saxutils import escape

from derivations.plain import plain
from derivations.solutions.graph import Arrow, Box, Drawing, Point

COLOURS: Final = {
    "input": ("#eef1f4", "#5b6770"),
    "state": ("#dcebf7", "#1f4e79"),
    "gate": ("#fdf0dc", "#a8620a"),
    "candidate": ("#e4f3e6", "#2e6b34"),
    "value": ("#f6f3fb", "#5a4a8a"),
}
"""Fill and line of a kind of box; the words in it say the kind, too."""
ACROSS, DOWN, WIDTH, HEIGHT, MARGIN = 200.0, 88.0, 104.0, 50.0, 26.0
CENTIMETRE: Final = 60.0
"""Units of a picture in a centimetre of paper."""
PORT, BEFORE = 15.0, 25.0
"""Room between two arrows at a box, and how far before its head the middle of a label stands."""
WORDY: Final = 8.2
"""Width of a letter of a formula in a box."""
PART: Final = re.compile(
    r"\\(?P<accent>tilde|hat|bar)\{(?P<under>\w+)\}"
    r"|(?P<mark>[_^])(?:\{(?P<group>(?:[^{}]|\{[^{}]*\})*)\}|(?P<one>\w))"
    r"|(?P<command>\\[A-Za-z]+ ?)|(?P<letter>.)",
    re.DOTALL,
)
SHOWN: Final = ((r"\text", ""), (r"\mathrm", ""), (r"\langle ", "⟨"), (r" \rangle", "⟩"))
ACCENTS: Final = {"tilde": "\u0303", "hat": "\u0302", "bar": "\u0304"}


def svg(drawing: Drawing) -> str:
    """The drawing as an SVG picture with a title; its sizes fit its content."""
    scale = _Scale(drawing)
    parts = [f'<path d="{_path(scale.way(arrow))}" marker-end="url(#head)"/>' for arrow in drawing.arrows]
    labels = [_label(scale, arrow) for arrow in drawing.arrows if arrow.label]
    boxes = [_svg_box(box, scale) for box in drawing.boxes]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {scale.width:.0f} {scale.height:.0f}" '
        f'width="{scale.width:.0f}" height="{scale.height:.0f}" role="img" '
        f'font-family="STIX Two Text, Cambria, Times New Roman, DejaVu Serif, serif">'
        f"<title>{escape(drawing.title)}</title>"
        f'<rect width="100%" height="100%" fill="#ffffff"/>'
        '<defs><marker id="head" viewBox="0 0 8 8" refX="7" refY="4" markerWidth="7" markerHeight="7" '
        'orient="auto-start-reverse"><path d="M0 0.6L7.4 4L0 7.4z" fill="#444"/></marker></defs>'
        f'<g fill="none" stroke="#444" stroke-width="1.1">{"".join(parts)}</g>'
        f'<g font-size="12" fill="#333" text-anchor="middle">{"".join(labels)}</g>'
        f'<g text-anchor="middle">{"".join(boxes)}</g></svg>\n'
    )


class _Scale:
    """From the units of a drawing to those of a picture, with room for wide boxes."""

    def __init__(self, drawing: Drawing) -> None:
        self.drawing = drawing
        points = [*drawing.places.values(), *(p for way in drawing.ways.values() for p in way)]
        self.widths = {box.key: max(WIDTH, WORDY * len(_bare(box.made)) + 20) for box in drawing.boxes}
        self.columns = sorted({x for x, _ in points})
        self.top = max(y for _, y in points)
        low = min(y for _, y in points)
        self.middles = dict(self._middles())
        last = self.columns[-1]
        self.width = self.middles[last] + self._widest(last) / 2 + MARGIN
        self.height = (self.top - low) * DOWN + HEIGHT + 2 * MARGIN
        self.ports = {**self._ports("tail", 1), **self._ports("head", -2)}

    def _ports(self, end: str, nearest: int) -> dict[tuple[str, Arrow], float]:
        """How far from the middle of a side every arrow leaves or arrives, in the order in which they come."""
        found: dict[tuple[str, Arrow], float] = {}
        for box in self.drawing.boxes:
            mine = [x for x in self.drawing.arrows if getattr(x, end) == box.key]
            mine.sort(key=lambda arrow: -self.drawing.ways[arrow][nearest][1])
            room = min(PORT, (HEIGHT - 10) / max(len(mine), 1))
            found |= {(end, x): (k - (len(mine) - 1) / 2) * room for k, x in enumerate(mine)}
        return found

    def _widest(self, column: float) -> float:
        return max((self.widths[key] for key, (x, _) in self.drawing.places.items() if x == column), default=WIDTH)

    def _middles(self) -> Iterator[tuple[float, float]]:
        """The middle of every column; between two there is room for the boxes and for labels."""
        right = MARGIN
        before: float | None = None
        for column in self.columns:
            width = self._widest(column)
            gap = 0.0 if before is None else max((column - before) * (ACROSS - WIDTH), 40.0)
            yield column, right + gap + width / 2
            right, before = right + gap + width, column

    def at(self, point: Point) -> Point:
        return self.middles[point[0]], (self.top - point[1]) * DOWN + HEIGHT / 2 + MARGIN

    def way(self, arrow: Arrow) -> list[Point]:
        """The points of an arrow, from the side of one box to the side of the other."""
        way = [self.at(p) for p in self.drawing.ways[arrow]]
        if way[0][0] == way[-1][0]:
            up = HEIGHT / 2 if way[0][1] > way[-1][1] else -HEIGHT / 2
            return [(way[0][0], way[0][1] - up), (way[-1][0], way[-1][1] + up)]
        start, end = self.widths[arrow.tail] / 2, self.widths[arrow.head] / 2
        left, right = self.ports["tail", arrow], self.ports["head", arrow]
        return [(way[0][0] + start, way[0][1] + left), *way[1:-1], (way[-1][0] - end - 1, way[-1][1] + right)]


def _path(way: Sequence[Point]) -> str:
    """A smooth way that leaves and arrives level."""
    text = f"M{way[0][0]:.1f} {way[0][1]:.1f}"
    for (a, b), (c, d) in pairwise(way):
        middle = (a + c) / 2
        text += f"C{middle:.1f} {b:.1f} {middle:.1f} {d:.1f} {c:.1f} {d:.1f}" if a != c else f"L{c:.1f} {d:.1f}"
    return text


def _label(scale: _Scale, arrow: Arrow) -> str:
    """The weights of an arrow, on the last part of its way."""
    x, y = scale.way(arrow)[-1]
    halo = 'stroke="#ffffff" stroke-width="4" paint-order="stroke" stroke-linejoin="round"'
    return f'<text x="{x - BEFORE:.1f}" y="{y + 4:.1f}" {halo}>{spans(arrow.label)}</text>'


def _svg_box(box: Box, scale: _Scale) -> str:
    x, y = scale.at(scale.drawing.places[box.key])
    fill, line = COLOURS[box.kind]
    width, radius = scale.widths[box.key], {"gate": 4.0, "input": 0.0}.get(box.kind, 14.0)
    name_y = y - 4 if box.made else y + 5
    made = f'<text x="{x:.1f}" y="{y + 15:.1f}" font-size="13" fill="#333">{spans(box.made)}</text>' if box.made else ""
    return (
        f'<rect x="{x - width / 2:.1f}" y="{y - HEIGHT / 2:.1f}" width="{width:.1f}" height="{HEIGHT:.0f}" '
        f'rx="{radius:.0f}" fill="{fill}" stroke="{line}" stroke-width="1.3"/>'
        f'<text x="{x:.1f}" y="{name_y:.1f}" font-size="17" font-style="italic" fill="{line}">{spans(box.name)}</text>'
        f"{made}"
    )


def spans(latex: str) -> str:
    """A formula without fractions as text of SVG, indices smaller and below or above the line."""
    found, shift = "", 0.0
    for part in PART.finditer(reduce(lambda text, pair: text.replace(*pair), SHOWN, latex)):
        if part["mark"]:
            inner = _plain(part["group"] if part["one"] is None else part["one"])
            move = 0.3 if part["mark"] == "_" else -0.4
            found += f'<tspan dy="{move - shift:.2f}em" font-size="72%">{escape(inner)}</tspan>'
            shift = move * 0.72
            continue
        if shift:
            found += f'<tspan dy="{-shift:.2f}em">\u200b</tspan>'
            shift = 0.0
        found += escape(_piece(part))
    return found


def _piece(part: re.Match[str]) -> str:
    if part["accent"]:
        return part["under"] + ACCENTS[part["accent"]]
    return _plain(part[0]) if part["command"] else part[0].translate({ord("{"): None, ord("}"): None})


def _plain(latex: str) -> str:
    return plain(latex).replace("{", "").replace("}", "")


def _bare(latex: str) -> str:
    """About as many letters as a formula has when it is seen."""
    shown = reduce(lambda text, pair: text.replace(*pair), SHOWN, latex)
    return re.sub(r"\\[a-zA-Z]+|[{}_^\\]", lambda m: "x" if m[0].startswith("\\") else "", shown)


# TikZ


def tikz(drawing: Drawing) -> str:
    """The drawing as a ``tikzpicture``, no wider than the line; it needs no library of TikZ."""
    scale = _Scale(drawing)
    unit = CENTIMETRE
    lines = [r"\resizebox{\ifdim\width>\linewidth\linewidth\else\width\fi}{!}{%"]
    lines.append(r"\begin{tikzpicture}[x=1cm, y=1cm, >=stealth, font=\footnotesize]")
    for box in drawing.boxes:
        x, y = scale.at(drawing.places[box.key])
        lines.append(_tikz_box(box, (x / unit, -y / unit), scale.widths[box.key] / unit, HEIGHT / unit))
    for arrow in drawing.arrows:
        lines.append(_tikz_arrow(arrow, [(x / unit, -y / unit) for x, y in scale.way(arrow)]))
    return "\n".join([*lines, r"\end{tikzpicture}}"])


def _tikz_box(box: Box, place: Point, width: float, height: float) -> str:
    fill, line = COLOURS[box.kind]
    rounded = {"gate": "1pt", "input": "0pt"}.get(box.kind, "4pt")
    text = rf"${box.name}$" + (rf"\\[-1pt] {{\scriptsize ${box.made}$}}" if box.made else "")
    style = f"fill={{rgb,255:{_rgb(fill)}}}, draw={{rgb,255:{_rgb(line)}}}, rounded corners={rounded}"
    size = f"minimum width={width:.2f}cm, minimum height={height:.2f}cm, inner sep=1pt, align=center"
    return rf"\node[{style}, {size}] at ({place[0]:.2f},{place[1]:.2f}) {{{text}}};"


def _rgb(colour: str) -> str:
    return "; ".join(f"{name},{int(colour[k : k + 2], 16)}" for name, k in (("red", 1), ("green", 3), ("blue", 5)))


def _tikz_arrow(arrow: Arrow, way: Sequence[Point]) -> str:
    path = f"({way[0][0]:.2f},{way[0][1]:.2f})"
    for (a, b), (c, d) in pairwise(way):
        middle = (a + c) / 2
        curve = f".. controls ({middle:.2f},{b:.2f}) and ({middle:.2f},{d:.2f}) .."
        path += f" {curve if a != c else '--'} ({c:.2f},{d:.2f})"
    label = ""
    if arrow.label:
        style = "fill=white, fill opacity=0.85, text opacity=1, inner sep=0.6pt, font=\\tiny, anchor=east"
        label = rf" \node[{style}] at ({way[-1][0] - 0.22:.2f},{way[-1][1]:.2f}) {{${arrow.label}$}};"
    return rf"\draw[->] {path};{label}"
