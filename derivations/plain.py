"""LaTeX as our own printers write it, as plain text: σ, ⊙, ᵀ, ∂. For reading only, never read back."""

from __future__ import annotations

import re

SYMBOLS = {
    "odot": "⊙",
    "partial": "∂",
    "nabla": "∇",
    "sum": "Σ",
    "prod": "Π",
    "Gamma": "Γ",
    "cdot": "·",
    "ell": "ℓ",
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "delta": "δ",
    "epsilon": "ε",
    "zeta": "ζ",
    "eta": "η",
    "theta": "θ",
    "lambda": "λ",
    "mu": "μ",
    "phi": "φ",
    "rho": "ρ",
    "sigma": "σ",
    "tau": "τ",
    "omega": "ω",
    "ne": "≠",
    "dots": "…",
    "le": "≤",
    "lfloor": "⌊",
    "rfloor": "⌋",
    "left": "",
    "right": "",
    "to": "→",
    "infty": "∞",
}
MARKS = {"tilde": "\u0303", "hat": "\u0302", "bar": "\u0304", "overrightarrow": "\u20d7", "overleftarrow": "\u20d6"}
POWERS = {"T": "ᵀ", "2": "²", "3": "³", "{-1}": "⁻¹", "{-2}": "⁻²"}
_GROUP = r"\{((?:[^{}]|\{(?:[^{}]|\{[^{}]*\})*\})*)\}"


def plain(latex: str) -> str:
    """A formula as plain text in one line; a command that is not known stays as it is."""
    text = re.sub(r"\^\{\\langle (\S+) \\rangle\}", r"⟨\1⟩", latex)
    text = re.sub(r"\\(?:mathrm|mathbf|operatorname|text)\{(\w+)\}", r"\1", text)
    text = re.sub(rf"\\sqrt{_GROUP}", lambda m: f"√{_part(m[1])}", text.replace(r"\|", "‖"))
    text = re.sub(rf"\\({'|'.join(MARKS)})\{{(\w)\}}", lambda m: m[2] + MARKS[m[1]], text)
    text = re.sub(rf"\\d?frac{_GROUP}{_GROUP}", lambda m: f"{_part(m[1])}/{_part(m[2])}", text)
    text = re.sub(r"\^(\{-\d\}|\w)", lambda m: POWERS.get(m[1], m[0]), text)
    text = re.sub(r"\\([A-Za-z]+) ?(?=(.?))", _symbol, text)
    text = re.sub(r"_\{([^\W_]+)\}", r"_\1", text)
    text = re.sub(r"⌊\{(.*?)\}⌋", r"⌊\1⌋", text)
    text = re.sub(r"(?<!\S)(\d+/\d+)(?= [^+-])", r"(\1)", text)
    return re.sub(r" {2,}", " ", text)


def _part(latex: str) -> str:
    """The upper or lower part of a fraction: in brackets unless it is a name or the ∂ of one."""
    name = r"(\\partial(\^\{\+\})? )?(\\?\w|_|\^(?=\{\()|\{[^{}]*\}|⟨[^⟩]*⟩)+"
    return plain(latex) if re.fullmatch(name, latex) else f"({plain(latex)})"


def _symbol(match: re.Match[str]) -> str:
    """A Greek letter stands close to a name, an operation keeps its space."""
    name = match[1]
    known = SYMBOLS.get(name, name)
    return known + (" " if match[0].endswith(" ") and known in ("⊙", "·", "≠", "≤", "…", "→") else "")
