"""Unicode characters and the LaTeX they stand for."""

from __future__ import annotations

from typing import Final

GREEK_LETTERS: Final = {
    "α": "alpha", "β": "beta", "γ": "gamma", "δ": "delta", "ε": "epsilon", "ϵ": "epsilon", "ζ": "zeta", "η": "eta",
    "θ": "theta", "ϑ": "vartheta", "ι": "iota", "κ": "kappa", "λ": "lambda", "μ": "mu", "µ": "mu", "ν": "nu",
    "ξ": "xi", "π": "pi", "ρ": "rho", "σ": "sigma", "ς": "varsigma", "τ": "tau", "υ": "upsilon", "φ": "phi",
    "ϕ": "phi", "χ": "chi", "ψ": "psi", "ω": "omega", "Γ": "Gamma", "Δ": "Delta", "Θ": "Theta", "Λ": "Lambda",
    "Ξ": "Xi", "Π": "Pi", "Σ": "Sigma", "Υ": "Upsilon", "Φ": "Phi", "Ψ": "Psi", "Ω": "Omega", "ℓ": "ell",
    "∞": "infty",
}  # fmt: skip

COMMAND_GLYPHS: Final = {
    "∂": "partial", "∇": "nabla", "∑": "sum", "∏": "prod", "√": "sqrt", "⊙": "odot", "⊗": "otimes", "⊘": "oslash",
    "⊕": "oplus", "∘": "circ", "⋆": "star", "·": "cdot", "⋅": "cdot", "∙": "cdot", "×": "times", "≤": "leq", "≥": "geq",
    "≠": "neq", "≈": "approx", "≃": "simeq", "≡": "equiv", "≜": "triangleq", "≝": "triangleq", "∝": "propto",
    "≪": "ll", "≫": "gg", "∈": "in", "→": "rightarrow", "⟶": "rightarrow", "⇒": "Rightarrow", "⟹": "Rightarrow",
    "⇔": "iff", "⟺": "iff", "↔": "iff", "∴": "therefore", "∀": "forall", "…": "dots", "⋯": "dots", "⋮": "dots",
    "←": "leftarrow", "⊤": "top", "⟨": "langle", "⟩": "rangle", "±": "pm", "∼": "sim", "∫": "int",
    "¬": "neg", "∧": "wedge", "∩": "wedge",
}  # fmt: skip

SIGN_GLYPHS: Final = {
    "−": "-", "–": "-", "‐": "-", "‑": "-", "∗": "*", "÷": "/", "∕": "/", "⁄": "/", "′": "'", "ʹ": "'", "’": "'",
    "≔": ":=", "∶": ":", "，": ",", "；": ";", "：": ":", "。": ".", "‖": "‖", "∥": "‖", "∣": "|",
}  # fmt: skip

SUPERSCRIPTS: Final = dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ⁿⁱᵀᵗᵏʲˡᵐ", "0123456789+-()niTtkjlm", strict=True))
SUBSCRIPTS: Final = dict(zip("₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ", "0123456789+-()aehijklmnoprstuvx", strict=True))

COMBINING: Final = {
    "\u0302": "hat", "\u0303": "tilde", "\u0304": "bar", "\u0305": "bar", "\u0307": "dot", "\u0308": "ddot",
    "\u0306": "breve", "\u030c": "check", "\u0301": "acute", "\u0300": "grave", "\u030a": "mathring",
    "\u0331": "underline", "\u0332": "underline", "\u20d7": "vec",
}  # fmt: skip
"""Combining marks and the accent commands they stand for."""
