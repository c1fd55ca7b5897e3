"""Inputs that nobody meant to be a sheet: random, truncated, spliced, deeply nested and hostile ones, by seed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from random import Random

ROOT = Path(__file__).resolve().parents[2]
SUFFIXES = (".md", ".tex", ".txt")
PIECES = (
    r"\frac{ \frac{a}{b} \partial \sigma( \odot \tanh \left( \right) \left. \right| \begin{aligned} \end{aligned} "
    r"\begin{cases} \end{cases} \begin{bmatrix} \end{bmatrix} \sum_{i=1}^T \prod_{k=i}^{T-1} \sqrt \log e^{ \mathbf{1} "
    r"\mathbb{R} \in \times \cdot \Rightarrow \approx \le \boxed{ \underbrace{ \text{where } \\ & ^T _{t-1} ^{(t)} "
    r"^{<t>} ^2 ^{-1} _ ^ { } ( ) [ ] | \| h_t h_{t-1} h_{-1} x_t W U b 0 1 -1 1/0 320,800 = := + - * @ / ' ! ; , . "
    r"$ $$ \( \) \[ \] ``` <!-- --> % \newcommand{\q} \def\q#1{ \q #1 \input{x} \label{a} \tag{1} \quad \unknown "
    r"∂ σ ⊙ ᵀ ² ₜ ŷ Σ C̃ where let for if 令 其中 dx \delta_t \nabla_ \bar x"
).split(" ")
MARKS = [
    "\u200b",
    "\u200f",
    "\u202e",
    "\u2066",
    "\ufeff",
    "\u0301",
    "\x07",
    "\x00",
    "\r",
    "\u2028",
    "\U0001f600",
    "\ud800",
]


NESTS = [
    *[(x, "x", y) for x, y in ("{}", "()", "[]", ("-", ""), (r"\left(", r"\right)"), (r"\frac{", "}{y}"))],
    *[(f"{x}{{", "x", "}") for x in ("x^", "x_", "e^", r"\sqrt", r"\mathbf", r"\underbrace")],
    (r"\sigma(", "x", ")"),
    (r"\begin{aligned}", "x", r"\end{aligned}"),
    (r"\text{a $", "x", "$}"),
]


@dataclass(frozen=True, slots=True)
class Input:
    """One sheet of the fuzzer: its kind, the name it is given (which tells the format) and its text."""

    kind: str
    name: str
    text: str


def corpus() -> list[str]:
    """The texts of the golden and the example sheets."""
    paths = [path for folder in ("tests/sheets", "examples") for path in sorted((ROOT / folder).iterdir())]
    return [path.read_text(encoding="utf-8") for path in paths if path.suffix in SUFFIXES and path.stem != "README"]


def paragraphs(texts: list[str]) -> list[str]:
    """Blocks between blank lines: what sheets are spliced from."""
    return [block for text in texts for block in text.split("\n\n") if block.strip()]


class Inputs:
    """A source of inputs; the same seed gives the same input."""

    def __init__(self) -> None:
        self.blocks = paragraphs(corpus())
        self.kinds: dict[str, Callable[[Random], str]] = {
            "pieces": self.pieces,
            "truncated": self.truncated,
            "spliced": self.spliced,
            "damaged": self.damaged,
            "nested": self.nested,
            "marks": self.marks,
            "bytes": self.letters,
            "notebook": self.notebook,
            "macros": self.macros,
        }

    def draw(self, seed: int) -> Input:
        random = Random(seed)
        kind = list(self.kinds)[seed % len(self.kinds)]
        suffix = ".ipynb" if kind == "notebook" else random.choice(SUFFIXES)
        return Input(kind, f"sheet{suffix}", self.kinds[kind](random))

    def some(self, random: Random, most: int) -> str:
        return "\n\n".join(random.choice(self.blocks) for _ in range(random.randint(1, most)))

    def pieces(self, random: Random) -> str:
        formula = random.choice(("", " ")).join(random.choice(PIECES) for _ in range(random.randint(1, 30)))
        return random.choice(
            (f"$${formula}$$", formula, f"$$h_t = {formula}$$\n\n$$h_t = {formula}$$", f"text ${formula}$")
        )

    def truncated(self, random: Random) -> str:
        text = self.some(random, 4)
        start = random.randrange(len(text)) if random.random() < 0.3 else 0
        return text[start : start + random.randint(1, len(text))]

    def spliced(self, random: Random) -> str:
        """Lines of several sheets among one another."""
        lines = self.some(random, 5).split("\n")
        random.shuffle(lines)
        return "\n".join(lines)

    def damaged(self, random: Random) -> str:
        text = self.some(random, 4)
        for _ in range(random.randint(1, 6)):
            at = random.randrange(len(text) + 1)
            change = random.random()
            if change < 0.4:
                text = text[:at] + random.choice(PIECES) + text[at:]
            elif change < 0.8:
                text = text[:at] + text[at + random.randint(1, 6) :]
            else:
                text = text[:at] + text[at : at + 9] + text[at:]
        return text

    def nested(self, random: Random) -> str:
        """One of the brackets, scripts or fractions, up to some thousands deep, closed or not."""
        opening, inner, closing = random.choice(NESTS)
        depth = int(10 ** random.uniform(0.5, 3.7))
        return f"$$y = {opening * depth}{inner}{closing * random.choice((depth, depth, depth - 1, 0))}$$"

    def marks(self, random: Random) -> str:
        """Characters that nobody sees put into a sheet."""
        text = list(self.some(random, 3))
        for _ in range(random.randint(1, 8)):
            text.insert(random.randrange(len(text) + 1), random.choice(MARKS))
        return "".join(text)

    def letters(self, random: Random) -> str:
        ranges = [(32, 126), (0xA0, 0x24F), (0x370, 0x3FF), (0x2000, 0x22FF), (0x4E00, 0x4E80), (0x1D400, 0x1D7FF)]
        chosen = random.choices(ranges, weights=(8, 1, 1, 2, 1, 1), k=random.randint(1, 120))
        return "".join(chr(random.randint(*span)) for span in chosen)

    def notebook(self, random: Random) -> str:
        """A notebook of a few cells, now and then cut off or with a field of the wrong type."""
        cells: list[dict[str, object]] = []
        for _ in range(3):
            cell: dict[str, object] = {"cell_type": random.choice(("markdown", "code", "raw"))}
            cell["source"] = self.some(random, 2)
            if random.random() < 0.2:
                cell[random.choice(("cell_type", "source"))] = random.choice((None, 3, ["$$x", " = 1$$"], {}))
            cells.append(cell)
        text = json.dumps({"cells": cells, "nbformat": random.choice((4, 4, 4, 3, "4")), "metadata": {}})
        return text[: random.randrange(len(text))] if random.random() < 0.2 else text

    def macros(self, random: Random) -> str:
        """Definitions of macros that call one another, at random."""
        names = [r"\qa", r"\qb", r"\qc"]
        forms = [r"\newcommand{NAME}[1]{BODY}", r"\def NAME{BODY}", r"\def NAME#1{BODY}", r"\newcommand NAME{BODY}"]
        lines = []
        for name in names:
            parts = random.choices([*names, "#1", "#2", "x", r"\frac{#1}{#1}", "{", "}"], k=random.randint(0, 9))
            lines.append(random.choice(forms).replace("NAME", name).replace("BODY", "".join(parts)))
        use = "".join(random.choices([*names, "{x}", "="], k=8))
        return "\n".join(f"${line}$" for line in lines) + f"\n\n$${use}$$"


def doubling(levels: int) -> str:
    """Macros each of which is ten of the one before."""
    names = [rf"\l{chr(ord('a') + level)}" for level in range(levels + 1)]
    lines = [rf"$\newcommand{{{name}}}{{{below * 10}}}$" for below, name in pairwise(names)]
    return "\n".join([rf"$\newcommand{{{names[0]}}}{{x}}$", *lines, f"$${names[-1]} = 1$$"])


def hostile(size: int) -> list[Input]:
    """Inputs made to break a reader, with ``size`` (100,000 or so) as the measure of what is large."""
    depth = size
    texts = {
        "open braces": "$$" + "{" * depth + "$$",
        "braces": "$$x = " + "{" * depth + "1" + "}" * depth + "$$",
        "brackets": "$$x = " + "(" * depth + "1" + ")" * depth + "$$",
        "fractions": "$$x = " + r"\frac{1}{" * (depth // 10) + "1" + "}" * (depth // 10) + "$$",
        "scripts": "$$x = " + "x_{" * (depth // 10) + "1" + "}" * (depth // 10) + "$$",
        "minus signs": "$$x = " + "-" * depth + "1$$",
        "primes": "$$f" + "'" * depth + "(x) = 1$$",
        "tower": "$$x = 9^{9^{9^{9}}}$$",
        "plain tower": "$$9^9^9^9 = 1$$",
        "large powers": "$$x^{1000000000} = x$$\n\n$$2^{1000000} = 1$$\n\n$$(x+y)^{5000} = x$$",
        "large number": "$$x = " + "9" * depth + "$$",
        "factorial": "$$x = 100000!$$",
        "long sum": "$$x = " + "+".join(["x_t"] * (depth // 30)) + "$$",
        "long product": "$$y = " + r" \odot ".join(["x_t"] * (depth // 100)) + "$$",
        "product of sums": "$$y = " + " ".join(f"(a_{{{i}}} + b_{{{i}}})" for i in range(min(depth, 60))) + "$$",
        "sum of many": rf"$$\sum_{{i=1}}^{{{10**9}}} x_i = 1$$",
        "deep time": "$$h_t = h_{t-1}$$\n\n$$h_{1000000} = h_0$$",
        "wide convolution": "$$x \\in \\mathbb{R}^{1000000000}$$\n\n$$x^T x = 1$$",
        "dollars": "$" * depth,
        "spaced dollars": "$ " * depth,
        "dollar pairs": "$x$ " * (depth // 4),
        "backslashes": "\\" * depth,
        "comments": "<!--" * depth,
        "fences": "```\n" * (depth // 4),
        "begins": r"\begin{align}" * (depth // 10),
        "quotes": ">" * depth + " $x = 1$",
        "lists": "".join("  " * i + "- $x$\n" for i in range(min(depth // 100, 400))),
        "ampersands": r"$$\begin{aligned} x " + "&" * depth + r"\end{aligned}$$",
        "rows": r"$$\begin{aligned} x " + r"\\ = x " * (depth // 10) + r"\end{aligned}$$",
        "def loop": r"$$\def\a{\a\a}\a = 1$$",
        "def bomb": doubling(20),
        "spaces": "$$x" + " " * depth + "= 1$$",
        "newlines": "$$x" + "\n" * depth + "= 1$$",
        "zero width": "$$x" + "\u200b" * depth + " = 1$$",
        "accents": "$$x" + "\u0301" * depth + " = 1$$",
        "right to left": "$$\u202e" + "x" * 1000 + "\u2066 = 1$$",
        "nuls": "\0" * depth,
        "percent": "%" * depth,
        "one line": "x" * depth,
        "words": "let " * (depth // 4) + "$x$",
        "json": "[" * depth,
        "code": "$$x = \\text{__import__('os').system('false')}$$\n\n$$eval(x) = 1$$\n\n$$\\lambda: 0 = 1$$",
        "templates": "$${{ 7*7 }} = {% for x in y %}$$\n\n{{ config }} $x = {{7*7}}$",
        "latex shell": r"$$\write18{false} = \input{/etc/passwd}$$",
    }  # fmt: skip
    return [Input(kind, f"sheet{suffix}", text) for kind, text in texts.items() for suffix in (*SUFFIXES, ".ipynb")]
