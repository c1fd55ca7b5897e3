r"""LaTeX prose as blocks, without running TeX: what is in the tables is understood, all else is shown as it stands.

No file is read, no macro is expanded outside of formulas; a command that is not known shows as code, its arguments
as text, so that nothing an author wrote is lost.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import Final

from derivations.reading.grammar import names
from derivations.reading.macros import closing_brace
from gradproof.rendering.model import (
    TARGET,
    Blocks,
    Break,
    Code,
    Emphasis,
    Heading,
    Inline,
    Inlines,
    Items,
    Link,
    Quote,
    Strong,
    Text,
    plain,
)
from gradproof.rendering.prose import CLOSE, OPEN, Embedded, Flow, trimmed, with_placeholders

TOP: Final = 3
SCANNER: Final = re.compile(
    rf"""(?P<comment>%[^\n]*(?:\n[ \t]*+(?!\n))?)
    |(?P<paragraph>[ \t]*\n(?:[ \t]*\n)+\s*)
    |\\begin\s*\{{(?P<begin>[A-Za-z]+\*?)\}}
    |\\end\s*\{{(?P<end>[A-Za-z]+\*?)\}}
    |(?P<command>\\(?:[A-Za-z@]+\*?|[^A-Za-z]))
    |(?P<open>\{{)|(?P<close>\}})
    |(?P<placeholder>{OPEN}[0-9]+{CLOSE})
    |(?P<words>(?:[^%\\{{}}{OPEN}\n]|\n(?![ \t]*\n))+)""",
    re.VERBOSE,
)
DOCUMENT: Final = re.compile(r"\\begin\s*\{document\}(.*?)(?:\\end\s*\{document\}|\Z)", re.DOTALL)
DEEPEST: Final = 6
ESCAPED: Final = re.compile(r"\\(.)")
OPTION: Final = re.compile(r"\s*\[[^\]\n]*\]")
SPACE: Final = re.compile(r"\s*")
TITLE: Final = re.compile(r"\\title\s*(?=\{)")
SECTIONS: Final = {
    "part": 3, "chapter": 3, "section": 3, "subsection": 4, "subsubsection": 5, "paragraph": 6, "subparagraph": 6,
}  # fmt: skip
FONTS: Final = names("textbf emph textit textsl underline texttt textsc textrm textsf text mbox textnormal footnote")
SILENT: Final = {
    "noindent": 0, "newpage": 0, "clearpage": 0, "centering": 0, "bigskip": 0, "medskip": 0,
    "smallskip": 0, "tableofcontents": 0, "hfill": 0, "vfill": 0, "small": 0, "large": 0, "Large": 0, "footnotesize": 0,
    "normalsize": 0, "label": 1, "vspace": 1, "hspace": 1, "pagestyle": 1, "thispagestyle": 1, "setlength": 2,
    "documentclass": 1, "usepackage": 1, "newcommand": 2, "renewcommand": 2, "DeclareMathOperator": 2, "setcounter": 2,
    "title": 1, "author": 1, "date": 1, "bf": 0, "it": 0, "em": 0, "rm": 0, "allowdisplaybreaks": 0, "appendix": 0,
    "quad": 0, "qquad": 0, "protect": 0, "sloppy": 0, "displaystyle": 0, "qedhere": 0, "raggedright": 0, "null": 0,
}  # fmt: skip
"""Commands that leave nothing on the page, and how many arguments go with them."""
SYMBOLS: Final = {
    "ldots": "…", "dots": "…", "LaTeX": "LaTeX", "TeX": "TeX", "ss": "ß", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ",
    "o": "ø", "O": "Ø", "aa": "å", "AA": "Å", "l": "ł", "L": "Ł", "i": "ı", "S": "§", "textbackslash": "\\",
    "textasciitilde": "~", "textasciicircum": "^", "textless": "<", "textgreater": ">", "textbar": "|", "qed": "∎",
    "textquotedblleft": "“", "textquotedblright": "”", "textendash": "–", "textemdash": "—", "copyright": "©",
    "&": "&", "%": "%", "$": "$", "#": "#", "_": "_", "{": "{", "}": "}", " ": " ", ",": "\u2009", ";": " ", "!": "",
    "/": "", "-": "", "@": "", "\n": " ", "textbullet": "•", "pounds": "£", ":": " ",
}  # fmt: skip
ACCENTS: Final = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306", ".": "\u0307",
    '"': "\u0308", "r": "\u030a", "H": "\u030b", "v": "\u030c", "d": "\u0323", "c": "\u0327",
}  # fmt: skip
REFERENCES: Final = names("ref eqref cite autoref pageref cref Cref citep citet nameref")
LISTS: Final = {"itemize": None, "enumerate": 1, "description": None}
QUOTES: Final = names("quote quotation verse")
VERBATIM: Final = names("verbatim Verbatim lstlisting minted alltt tikzpicture filecontents comment")
TITLED: Final = names(
    "theorem lemma proposition corollary definition remark example proof solution claim exercise problem question"
)
TYPOGRAPHY: Final = (("---", "—"), ("--", "–"), ("``", "“"), ("''", "”"), ("~", "\u00a0"))


def latex_blocks(text: str, embedded: Sequence[Embedded]) -> Blocks:
    """The blocks of a LaTeX file, whole or a fragment, with parts embedded in it, in the order of their spans."""
    source = with_placeholders(text, embedded)
    body = DOCUMENT.search(source)
    title = TITLE.search(source)
    reader = _Reader(body[1] if body else source, embedded)
    reader.title = _Reader(source[title.end() :], embedded).argument(Flow(embedded)) if title else ()
    return reader.blocks("")


class _Reader:
    def __init__(self, text: str, embedded: Sequence[Embedded]) -> None:
        self.text = text
        self.embedded = embedded
        self.position = 0
        self.levels = [TOP - 1]
        self.authored = [0]
        self.title: Inlines = ()
        self.at_item = False

    def blocks(self, environment: str, first: Inlines = (), *, in_list: bool = False) -> Blocks:
        r"""The blocks to the end of an environment, to the next ``\item`` of a list, or to the end of the text."""
        flow = Flow(self.embedded, inlines=list(first))
        self.at_item = False
        while (match := SCANNER.match(self.text, self.position)) is not None:
            self.position = match.end()
            self.at_item = in_list and match["command"] == r"\item"
            if self.at_item or (match["end"] is not None and match["end"] == environment):
                break
            self.part(match, flow)
        flow.end()
        return tuple(flow.blocks)

    def part(self, match: re.Match[str], flow: Flow) -> None:
        if match["begin"] is not None:
            self.begin(match["begin"], flow)
        elif match["paragraph"] is not None:
            flow.end()
        else:
            self.inline(match, flow)

    def inline(self, match: re.Match[str], flow: Flow) -> None:
        if match["command"] is not None:
            self.command(match["command"][1:].rstrip("*") or "*", flow)
        elif match["placeholder"] is not None:
            flow.inline_text(match["placeholder"])
        elif match["words"] is not None:
            flow.inlines.append(Text(typeset_words(match["words"])))

    def begin(self, name: str, flow: Flow) -> None:
        bare = name.rstrip("*")
        if bare in VERBATIM:
            self.verbatim(name, flow)
            return
        option = self.option()
        if bare in LISTS:
            flow.add(Items(self.items(name), LISTS[bare]))
        elif bare in QUOTES:
            flow.add(Quote(self.blocks(name)))
        else:
            flow.end()
            if bare in TITLED:
                flow.inlines.append(Strong((Text(f"{bare.capitalize()}{f' ({option})' if option else ''}. "),)))
                flow.end()
            flow.blocks += self.blocks(name)

    def verbatim(self, name: str, flow: Flow) -> None:
        closing = rf"\end{{{name}}}"
        end = self.text.find(closing, self.position)
        end = len(self.text) if end < 0 else end
        flow.listing(self.text[self.position : end])
        self.position = min(end + len(closing), len(self.text))

    def items(self, environment: str) -> tuple[Blocks, ...]:
        r"""The blocks behind every ``\item``; what stands before the first is an item, too, if there is anything."""
        found = [self.blocks(environment, in_list=True)]
        while self.at_item:
            label = self.option()
            first = (Strong((Text(label),)), Text(" ")) if label else ()
            found.append(self.blocks(environment, first, in_list=True))
        return tuple(found if found[0] else found[1:])

    def command(self, name: str, flow: Flow) -> None:
        """What a command says; one that is not in the tables is shown."""
        if name in SECTIONS:
            self.section(name, flow)
        elif name == "maketitle":
            self.heading(2, self.title, flow)
        elif name == "par":
            flow.end()
        elif name in ("\\", "newline", "linebreak"):
            self.option()
            flow.inlines.append(Break())
        elif name in SYMBOLS:
            flow.inlines.append(Text(SYMBOLS[name]))
        elif name in SILENT:
            self.skip(SILENT[name])
        else:
            flow.inlines += self.spoken(name, flow)

    def spoken(self, name: str, flow: Flow) -> Sequence[Inline]:
        """A command that leaves words."""
        if name in ACCENTS and (letter := self.letter()):
            return [Text(unicodedata.normalize("NFC", letter + ACCENTS[name]))]
        if name in FONTS:
            return self.font(name, self.argument(flow))
        if name in REFERENCES:
            self.option()
            return [Text("["), Text(plain(self.argument(flow))), Text("]")]
        if name in ("url", "href"):
            return self.link(name, flow)
        return [Code(f"\\{name}")]

    def font(self, name: str, inlines: Inlines) -> Sequence[Inline]:
        if name == "textbf":
            return [Strong(inlines)]
        if name in ("emph", "textit", "textsl", "underline"):
            return [Emphasis(inlines)]
        if name == "texttt":
            return [Code(plain(inlines))]
        return [Text(" ("), *inlines, Text(")")] if name == "footnote" else inlines

    def link(self, name: str, flow: Flow) -> Sequence[Inline]:
        target = ESCAPED.sub(r"\1", self.raw_group()).strip()
        words = self.argument(flow) if name == "href" else (Text(target),)
        known = TARGET.fullmatch(target) and not target.startswith("#")
        return [Link(words, target)] if known else [*words, Text(" ("), Code(target), Text(")")]

    def section(self, name: str, flow: Flow) -> None:
        self.option()
        flow.end()
        self.heading(SECTIONS[name], trimmed(self.argument(flow)), flow)

    def heading(self, authored: int, inlines: Inlines, flow: Flow) -> None:
        """A heading below those that the author has above it, no level left out."""
        while self.authored[-1] >= authored:
            self.authored.pop()
            self.levels.pop()
        self.authored.append(authored)
        self.levels.append(min(self.levels[-1] + 1, DEEPEST))
        flow.end()
        flow.blocks += [Heading(self.levels[-1], inlines)] if inlines else []

    # Arguments

    def argument(self, flow: Flow) -> Inlines:
        """The argument in braces, as inlines; formulas displayed in it are told behind the paragraph."""
        inner = _Reader(self.raw_group(), self.embedded)
        found = Flow(self.embedded)
        while (token := SCANNER.match(inner.text, inner.position)) is not None:
            inner.position = token.end()
            if token["placeholder"]:
                found.inlines += flow.flat(token["placeholder"])
            else:
                inner.inline(token, found)
        return tuple(found.inlines)

    def raw_group(self) -> str:
        """What stands in the braces that follow; nothing where none do."""
        space = SPACE.match(self.text, self.position)
        start = space.end() if space else self.position
        end = closing_brace(self.text, start) if self.text.startswith("{", start) else -1
        if end < 0:
            return ""
        self.position = end + 1
        return self.text[start + 1 : end]

    def letter(self) -> str:
        """The letter under an accent."""
        match = re.compile(r"\s*(?:\{\\?([A-Za-z])\}|\\?([A-Za-z])(?![A-Za-z@]*\\))").match(self.text, self.position)
        self.position = match.end() if match else self.position
        return (match[1] or match[2]) if match else ""

    def option(self) -> str:
        match = OPTION.match(self.text, self.position)
        self.position = match.end() if match else self.position
        return match.group().strip()[1:-1] if match else ""

    def skip(self, arguments: int) -> None:
        for _ in range(arguments):
            self.option()
            self.raw_group()


def typeset_words(text: str) -> str:
    """Words with the dashes and quotation marks that TeX makes of signs."""
    for written, shown in TYPOGRAPHY:
        text = text.replace(written, shown)
    return text
