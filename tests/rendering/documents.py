"""Documents that the tests of the rendering share."""

from __future__ import annotations

from gradproof.rendering.maths import maths
from gradproof.rendering.model import (
    Answer,
    Break,
    Checked,
    Code,
    Derivation,
    Derived,
    Display,
    Document,
    Emphasis,
    Facts,
    Figure,
    Fold,
    Heading,
    Image,
    Items,
    Link,
    Listing,
    Note,
    Paragraph,
    Part,
    Quote,
    Rule,
    Statement,
    Strong,
    Table,
    Text,
    Verdict,
)

EVIL = (
    r"\input{/etc/passwd} \write18{id} \catcode`\%=0 \csname end\endcsname $x$ ^^5cinput </code></title><script>"
    r"alert(1)</script> <img src=x onerror=alert(1)> {{ 7*7 }} {% include 'x' %} << 7*7 >> <% raw %> "
    "javascript:alert(1) ]]> ```\n\n# no heading\n\\end{document} \u202e \x07 % # & ~ _ ^ | \" ' é ŷ σ 其 𝐖 ² ½"
)
SVG = b'<svg xmlns="http://www.w3.org/2000/svg" width="10" height="10"><rect width="10" height="10"/></svg>'


def everything(text: str) -> Document:
    """A document with a part of every kind, all of them about ``text``."""
    words = Text(text)
    inner = (
        Paragraph((words, Break(), Strong((words,)), Emphasis((words,)), Code(text), maths(r"x_t \in \mathbb{R}^n"))),
        Paragraph((Link((words,), "#l1"), Link((words,), "https://example.org/?a=b&c=%7E_d#e"), Verdict("wrong", 2))),
        Heading(3, (words,), "h"),
        Display(maths(r"a = \frac{1}{2}", display=True)),
        Items(((Paragraph((words,)),), (Listing(text),)), 3),
        Items(((Paragraph((words,)),),)),
        Quote((Paragraph((words,)),)),
        Rule(),
        Table(((words,), (Text("b"),)), (((words,), (maths("x"),)),), (words,)),
        Figure(text, (words,), (Image("svg", SVG),)),
        Checked(
            "wrong",
            (Paragraph((words,)),),
            (Statement("l1", "wrong", "line 1", ((words,),)),),
            (Note("wrong", (words,), (Facts(((text, (words,)),)), Fold((words,), (Listing(text),)))),),
        ),
        Answer((words,), (Derivation((Derived(maths("a"), maths("= b"), (words,)), Derived(None, maths("= c")))),)),
    )
    return Document((words,), (Part("sheet", (words,), inner),), (words,))
