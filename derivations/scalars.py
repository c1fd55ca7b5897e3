"""Whether the words of a sheet say that everything on it is a number, or that something is not, in seven languages.

Only a plain statement about everything counts: one that supposes, restricts or denies says nothing.
"""

from __future__ import annotations

import re

from derivations.reading.places import Source, Span

_ALL = r"all|everything|alle|alles|toutes?|tous|tout|tod[oa]s?|tutt[eio]|tudo|所有|全部|一切|均|都"
_BE = r"are|is|be|as|sind|ist|seien|sont|est|son|es|sean|sono|è|são|é|sejam|是|为|為"
_SCALARS = r"scalars?|scalar-valued|skalare?n?|skalar|scalaires?|escalar(?:es)?|scalar[ei]|标量|標量|純量"
_EVERY = rf"(?:\b(?:{_ALL})\b|所有|全部|一切|均|都)"
_IS = rf"(?:\b(?:{_BE})\b|是|为|為)"
_BETWEEN = r"[^.;:!?。；！？$]{0,60}?"
ALL_SCALARS = re.compile(
    rf"(?:{_EVERY}{_BETWEEN}{_IS}|{_IS}{_BETWEEN}{_EVERY}){_BETWEEN}(?:\b(?:{_SCALARS})\b|标量|標量|純量)",
    re.IGNORECASE,
)
A_SCALAR_NETWORK = re.compile(
    r"\b(?:consider|take|study|let us look at)\s+(?:a|the)\s+(?:scalar|one-dimensional)\s+"
    r"(?:elman\s+)?(?:rnn|lstm|gru|cell|network|recurrent\s+(?:neural\s+)?network)\b"
    r"(?=\s*(?:[^\w\s]|$|(?:with|whose|where|in|that|which|for|without)\b))",
    re.IGNORECASE,
)
HEDGES = re.compile(
    r"\b(?:not|no|non|nor|nicht|kein\w*|ne|pas|n't|não|if|were|would|unless|except|but|only|some|when|whether|suppose|"
    r"instead|wenn|falls|wären|außer|aber|si|sauf|mais|excepto|salvo|pero|se|tranne|ma|exceto|mas|vectors?|matri\w*|"
    r"vektor\w*|vecteurs?|vettor\w*|vetor\w*|elsewhere|here|case|otherwise)\b|不|非|如果|若|除|但|向量|矩阵|矩陣",
    re.IGNORECASE,
)
VECTORS = re.compile(
    r"\b(?:vectors?|matrix|matrices|vektor\w*|matrizen|vecteurs?|vettor[ei]|vetor(?:es)?|vector(?:es)?|matri[zc]\w*|"
    r"element-?wise|entry-?wise|component-?wise|hadamard)\b|向量|矩阵|矩陣|\\(?:mathbf|bm|boldsymbol|bs|vec)\b",
    re.IGNORECASE,
)
EVERYTHING = frozenset(
    "everything alles tout todo tutto tudo quantities variables symbols letters größen variablen grandeurs quantités "
    "cantidades magnitudes grandezze quantità variabili grandezas quantidades variáveis".split()
)
"""What stands for all that a sheet speaks of."""
WEIGHTS_AND_STATES = frozenset({"weights", "states"})
"""Who says it of both, says it of everything."""
KINDS = WEIGHTS_AND_STATES | {"inputs", "biases", "outputs", "gates", "parameters", "activations"}
FILLERS = frozenset(
    "the of these those them this that here below on in sheet page and a an real simply just for simplicity "
    "which occur assume we die diese der dieser hier auf diesem blatt les des de ces ici sur cette feuille las "
    "los estas aquí le i gli queste as os estas aqui un une una um uma ein eine".split()
)
CHARACTERS = frozenset("簡简單单起見见方便所有全部一切均都是为為标標純量变變数數值这這些里此处中在的上")
_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_OWN = re.compile(rf"(?:{_ALL}|{_BE}|{_SCALARS})", re.IGNORECASE)
_SENTENCE = re.compile(r"[^.!?;。！？；\n]+(?:\n(?![ \t]*\n)[^.!?;。！？；\n]*)*")


def said_scalar(source: Source, end: int) -> Span | None:
    """Where the words before offset ``end`` say that all quantities are numbers."""
    for sentence in _SENTENCE.finditer(source.text, 0, end):
        text = sentence.group()
        found = ALL_SCALARS.search(text) or A_SCALAR_NETWORK.search(text)
        if found and not HEDGES.search(text) and _is_of_everything(found):
            return Span(sentence.start() + found.start(), sentence.start() + found.end())
    return None


def _is_of_everything(found: re.Match[str]) -> bool:
    """Whether words say it of all that there is, and not of all losses, or of scalar products."""
    if found.re is A_SCALAR_NETWORK:
        return True
    text = found.group()
    adjective = text.lower().endswith(("scalar", "scalar-valued", "skalar"))
    behind = re.match(rf"\s+({_WORD.pattern})", found.string[found.end() :]) if adjective else None
    turned = re.match(rf"(?:{_BE})\b", text, re.IGNORECASE) is not None
    words = _words(text) | (_words(behind.group()) if behind else set())
    words |= _words(found.string[: found.start()]) if turned and not words & EVERYTHING else set()
    others = {word for word in words - EVERYTHING - FILLERS if not (_OWN.fullmatch(word) or set(word) <= CHARACTERS)}
    if others:
        return others <= KINDS and others >= WEIGHTS_AND_STATES
    return bool(words & EVERYTHING) or any(set(word) <= CHARACTERS for word in words)


def _words(text: str) -> set[str]:
    return {word.lower() for word in _WORD.findall(text)}


def speaks_of_vectors(source: Source) -> Span | None:
    """Where the words of a sheet, or a bold letter, speak of vectors or matrices."""
    found = VECTORS.search(source.text)
    return Span(*found.span()) if found else None
