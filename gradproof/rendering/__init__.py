"""Documents as HTML, LaTeX, Markdown and PDF: see ``docs/templates.md``."""

from __future__ import annotations

from gradproof.rendering.output import write
from gradproof.rendering.writers import Form, Rendering, render

__all__ = ["Form", "Rendering", "render", "write"]
