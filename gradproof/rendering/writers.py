"""A document as text in one form, by the macros of ``templates/blocks.*.j2`` and the frame ``document.*.j2``.

In LaTeX and Markdown, too, every value is escaped where it is written unless it is marked as safe: the machinery that
escapes HTML does it, with another function.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from jinja2 import (
    ChoiceLoader,
    FileSystemLoader,
    PrefixLoader,
    StrictUndefined,
    TemplateError,
    TemplateNotFound,
    TemplateSyntaxError,
    pass_context,
)
from jinja2.bccache import Bucket, BytecodeCache
from jinja2.runtime import Context
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

from derivations.errors import UsageError
from gradproof.rendering.escaping import (
    clean,
    latex_code,
    latex_text,
    latex_unicode,
    markdown_code,
    markdown_fence,
    markdown_text,
)
from gradproof.rendering.html import SIGNS, csp, data_uri, fonts, typeset_html
from gradproof.rendering.model import Document, Figure, Image, Maths, plain
from gradproof.text import template_folder


class Form(Enum):
    """The forms of a document and the suffixes of their files."""

    HTML = "html"
    LATEX = "tex"
    MARKDOWN = "md"


DELIMITERS: Final[Mapping[Form, Mapping[str, str]]] = {
    Form.HTML: {},
    Form.MARKDOWN: {},
    Form.LATEX: {
        "block_start_string": "<%",
        "block_end_string": "%>",
        "variable_start_string": "<<",
        "variable_end_string": ">>",
        "comment_start_string": "<#",
        "comment_end_string": "#>",
    },
}
ESCAPES: Final[Mapping[Form, Callable[[str], str]]] = {
    Form.HTML: lambda text: str(escape(clean(text))),
    Form.LATEX: latex_text,
    Form.MARKDOWN: markdown_text,
}
CODES: Final[Mapping[Form, Callable[[str], str]]] = {
    Form.HTML: ESCAPES[Form.HTML],
    Form.LATEX: latex_code,
    Form.MARKDOWN: markdown_code,
}
HOUSE: Final = "house"
NO_WORDS: Final = re.compile(r"[^A-Za-z0-9.,:;()-]+")
"""What the titles of PDF files had better not contain."""


@dataclass(frozen=True, slots=True)
class Rendering:
    """The text of a document and the files that belong beside it, by their names."""

    text: str
    files: Mapping[str, bytes] = field(default_factory=dict)


def render(document: Document, form: Form, templates: Path | None = None) -> Rendering:
    """A document in a form; templates in the folder ``templates`` go before those of the house.

    Raises UsageError where a template cannot be used.
    """
    with _blamed(templates):
        return _Writer(document, form, templates).rendering()


@contextmanager
def _blamed(folder: Path | None) -> Iterator[None]:
    """What is wrong with a template of a person's own is for that person to mend."""
    try:
        yield
    except TemplateSyntaxError as error:
        raise UsageError(f"{error.filename or error.name}:{error.lineno}: {error.message}") from error
    except TemplateNotFound as error:
        raise UsageError(f"{folder}: there is no template {error.message}") from error
    except TemplateError as error:
        raise UsageError(f"{folder}: a template cannot be used: {error.message}") from error


class _Writer:
    def __init__(self, document: Document, form: Form, folder: Path | None) -> None:
        self.document = document
        self.form = form
        self.files: dict[str, bytes] = {}
        self.environment = _environment(form, folder)
        self.environment.globals |= {
            "render": self.written,
            "document": document,
            "signs": SIGNS,
            "csp": csp,
            "katex_fonts": fonts,
        }
        self.environment.filters |= {
            "plain": plain,
            "typeset": self.typeset,
            "code": lambda text: Markup(CODES[self.form](str(text))),
            "fence": lambda text: Markup(markdown_fence(str(text))),
            "image": self.image,
            "raw": Markup,
            "words": lambda text: NO_WORDS.sub(" ", str(text)),
            "one_line": lambda text: type(text)(" ".join(text.split())),
        }

    def rendering(self) -> Rendering:
        frame = self.environment.get_template(f"document.{self.form.value}.j2")
        text = frame.render()
        return Rendering(text, self.files)

    @cached_property
    def modules(self) -> list[Any]:
        """The macros of the person's own folder, and those of the house."""
        name = f"blocks.{self.form.value}.j2"
        return [self.environment.get_template(found).module for found in (name, f"{HOUSE}/{name}")]

    def written(self, parts: Any) -> Markup:
        """One part or several, each by the macro of its kind."""
        if isinstance(parts, tuple | list):
            return Markup("").join(self.written(part) for part in parts)
        macro = next(found for module in self.modules if (found := getattr(module, parts.kind, None)))
        return Markup(macro(parts))

    def typeset(self, maths: Maths, display: bool = False) -> Markup:
        if self.form is Form.HTML:
            return Markup(typeset_html(maths.latex, display))
        return Markup(latex_unicode(maths.latex) if self.form is Form.LATEX else maths.unmarked)

    def image(self, figure: Figure, *suffixes: str) -> str:
        """The first image of a figure in one of some formats: where it is to be found, or nothing."""
        by_suffix = {image.suffix: image for image in figure.images}
        found = next((by_suffix[suffix] for suffix in suffixes if suffix in by_suffix), None)
        if found is None:
            return ""
        return data_uri(found) if self.form is Form.HTML else self.beside(found)

    def beside(self, image: Image) -> str:
        """The name of a file beside the document: by its content, so that it is safe everywhere."""
        name = f"figure-{sha256(image.data).hexdigest()[:12]}.{image.suffix}"
        self.files[name] = image.data
        return name


class _Compiled(BytecodeCache):
    """Templates as they were compiled in this process; one that has changed since is compiled anew."""

    def __init__(self) -> None:
        self._code: dict[str, bytes] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        if bucket.key in self._code:
            bucket.bytecode_from_string(self._code[bucket.key])

    def dump_bytecode(self, bucket: Bucket) -> None:
        self._code[bucket.key] = bucket.bytecode_to_string()


COMPILED: Final = _Compiled()


def _environment(form: Form, folder: Path | None) -> ImmutableSandboxedEnvironment:
    house = FileSystemLoader(template_folder())
    own = [FileSystemLoader(folder)] if folder else []
    found = ImmutableSandboxedEnvironment(
        loader=ChoiceLoader([*own, house, PrefixLoader({HOUSE: house})]),
        undefined=StrictUndefined,
        bytecode_cache=COMPILED,
        autoescape=True,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=False,
        finalize=_finalize(ESCAPES[form]),
        **DELIMITERS[form],
    )
    found.filters["escape"] = found.filters["e"] = lambda value: safe(value, ESCAPES[form])
    return found


def _finalize(escaped: Callable[[str], str]) -> Callable[[Context, Any], Markup]:
    @pass_context  # with the context nothing is folded at compile time, where Jinja would escape for HTML
    def finalize(_: Context, value: Any) -> Markup:
        return safe(value, escaped)

    return finalize


def safe(value: Any, escaped: Callable[[str], str]) -> Markup:
    """A value as text that is safe to write: as it is where it is marked so."""
    return value if isinstance(value, Markup) else Markup(escaped(str(value)))
