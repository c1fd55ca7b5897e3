"""What only HTML needs: formulas, fonts and images inside the page, and the policy that lets nothing else in."""

from __future__ import annotations

from base64 import b64encode
from hashlib import sha256
from typing import Final

from markupsafe import Markup

from gradproof.rendering.katex import style_sheet, typeset
from gradproof.rendering.model import Image

SIGNS: Final = {
    "given": "·", "proved": "✓", "holds": "≈", "wrong": "✗", "undecided": "?", "unclear": "⁇", "note": "i",
}  # fmt: skip
"""The sign of every verdict; nothing is told by colour alone."""
MIME: Final = {"svg": "image/svg+xml", "png": "image/png"}


def typeset_html(latex: str, display: bool) -> str:
    """A formula as HTML with MathML for those who listen."""
    return typeset(latex, display)


def fonts() -> Markup:
    """The style sheet of formulas, fonts included."""
    return Markup(style_sheet())


def csp(*sheets: str) -> str:
    """The policy of a page with some style sheets in it: no network, no scripts, no frames, no forms."""
    hashes = " ".join(f"'sha256-{b64encode(sha256(sheet.encode()).digest()).decode()}'" for sheet in sheets)
    return (
        "default-src 'none'; img-src data:; font-src data:; style-src 'unsafe-inline'; "
        f"style-src-elem {hashes}; style-src-attr 'unsafe-inline'; base-uri 'none'; form-action 'none'"
    )


def data_uri(image: Image) -> str:
    """An image inside the page."""
    return f"data:{MIME[image.suffix]};base64,{b64encode(image.data).decode('ascii')}"
