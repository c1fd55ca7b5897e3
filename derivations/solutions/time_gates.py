"""The formulas beside a plot of the time gate of the phased LSTM: each piece with its slopes, proved one by one."""

from __future__ import annotations

from typing import Any

from sympy.printing.latex import LatexPrinter

from derivations.solutions.document import Block, Chain, Equations, Line, Paragraph, Sheet, named, text
from derivations.time_gate import BY, PERIOD, PHASE, PIECES, SHIFT, TIME, TURNS, WITHIN, Piece

CONSTANT = "t, s, \\tau, r_{on}, \\alpha, m, k, \\phi: scalar"


def time_gate_answer() -> tuple[Sheet, ...]:
    """The gate and its derivatives, a sheet for each piece, since k is another function in each."""
    return tuple(_piece(piece) for piece in PIECES)


def _piece(piece: Piece) -> Sheet:
    lower, upper = _latex(piece.lower), _latex(piece.upper)
    phase = rf"\frac{{{TIME} - {SHIFT}}}{{{PERIOD}}} - {TURNS}"
    said = f"The gate is {piece.name} while φ runs from {_words(lower)} to {_words(upper)}; m whole periods lie behind:"
    rows = ((_latex(PHASE), phase), ("k", _latex(piece.gate)))
    slopes = [(by, piece.derivative(by)) for by in BY]
    chains: list[Block] = [
        Chain(rf"\frac{{\partial k}}{{\partial {_latex(by)}}}", (Line(_latex(slope), text(_why(piece, by))),))
        for by, slope in slopes
    ]
    return Sheet((Paragraph(named(said)), Equations(rows), *chains), (CONSTANT,))


def _why(piece: Piece, by: Any) -> str:
    direct, through = by in piece.gate.free_symbols, by in WITHIN.free_symbols
    if not direct and not through:
        return "neither the piece nor the phase depends on it"
    parts = ["the piece itself depends on it"] * direct + ["chain rule through φ"] * through
    return " and ".join(parts)


class _Printer(LatexPrinter):  # type: ignore[misc]
    """Sums with what is subtracted behind what is added."""

    def _print_Add(self, expr: Any, order: object = None) -> str:
        parts = [self._print(x) for x in sorted(expr.args, key=lambda x: bool(x.could_extract_minus_sign()))]
        return "".join(f" - {x[2:]}" if x.startswith("- ") else f" + {x}" for x in parts).removeprefix(" + ")


def _latex(expression: Any) -> str:
    return str(_Printer().doprint(expression)).replace(r"\left(", "(").replace(r"\right)", ")")


def _words(latex: str) -> str:
    return latex.replace(r"\frac{r_{on}}{2}", "r_on/2").replace("r_{on}", "r_on")
