"""The grammar as data: binding powers, relations, commands and words. One table per concern."""

from __future__ import annotations

from typing import Final, NamedTuple

from derivations.reading.glyphs import GREEK_LETTERS
from derivations.reading.surface import Relation


def names(text: str) -> frozenset[str]:
    """The names in a text, separated by spaces."""
    return frozenset(text.split())


MAX_FRAMES: Final = 660
"""How far the parser may recurse, in Python frames: 110 nested brackets, 70 nested functions."""
MAX_TREE: Final = 200
MAX_PRIMES: Final = 3
MAX_LENGTH: Final = 100_000
MAX_DIGITS: Final = 100


class Infix(NamedTuple):
    """How tightly an operator binds, which method of the parser builds its node, its name in the tree."""

    power: int
    build: str
    name: str


SUM: Final = 10
PRODUCT: Final = 20

INFIX: Final = {
    "+": Infix(SUM, "sum", "+"),
    "-": Infix(SUM, "sum", "-"),
    "/": Infix(PRODUCT, "product", "/"),
    "cdot": Infix(PRODUCT, "product", "cdot"),
    "*": Infix(PRODUCT, "product", "*"),
    ".*": Infix(PRODUCT, "product", "odot"),
    "times": Infix(PRODUCT, "product", "times"),
    "odot": Infix(PRODUCT, "product", "odot"),
    "otimes": Infix(PRODUCT, "product", "otimes"),
    "circ": Infix(PRODUCT, "product", "circ"),
    "oslash": Infix(PRODUCT, "product", "oslash"),
    "oplus": Infix(PRODUCT, "product", "oplus"),
    "@": Infix(PRODUCT, "product", "@"),
    "bmod": Infix(PRODUCT, "product", "mod"),
    "mod": Infix(PRODUCT, "product", "mod"),
    "star": Infix(PRODUCT, "product", "star"),
}
JUXTAPOSED: Final = Infix(PRODUCT, "product", "")

RELATIONS: Final = {
    "=": Relation.EQUAL,
    "equiv": Relation.EQUAL,
    "triangleq": Relation.EQUAL,
    "doteq": Relation.EQUAL,
    ":=": Relation.DEFINED,
    "=:": Relation.DEFINED,
    "leftarrow": Relation.DEFINED,
    "approx": Relation.APPROX,
    "simeq": Relation.APPROX,
    "in": Relation.MEMBER,
    ":": Relation.MEMBER,
    "<": Relation.COMPARE,
    ">": Relation.COMPARE,
    "leq": Relation.COMPARE,
    "geq": Relation.COMPARE,
    "neq": Relation.COMPARE,
    "ll": Relation.COMPARE,
    "gg": Relation.COMPARE,
    "propto": Relation.COMPARE,
}

ARROWS: Final = {
    "rightarrow": "implies", "Rightarrow": "implies", "iff": "iff", "therefore": "therefore", "because": "because",
}  # fmt: skip
"""Arrows between statements and the word that each leaves in ``lead``."""

ALIASES: Final = {
    "le": "leq", "ge": "geq", "ne": "neq", "leqslant": "leq", "geqslant": "geq", "lt": "<", "gt": ">",
    "coloneqq": ":=", "coloneq": ":=", "colon": ":", "vcentcolon": ":", "ast": "*", "slash": "/",
    "thickapprox": "approx", "defeq": "triangleq", "eqdef": "triangleq", "prime": "'",
    "to": "rightarrow", "longrightarrow": "rightarrow", "implies": "Rightarrow", "Longrightarrow": "Rightarrow",
    "xrightarrow": "rightarrow", "Leftrightarrow": "iff", "Longleftrightarrow": "iff", "leftrightarrow": "iff",
    "ldots": "dots", "cdots": "dots", "vdots": "dots", "ddots": "dots", "dotsc": "dots", "dotsb": "dots",
    "dfrac": "frac", "tfrac": "frac", "cfrac": "frac", "widetilde": "tilde", "widehat": "hat", "overline": "bar",
    "bullet": "cdot", "hadamard": "odot", "intercal": "top",
    "transpose": "top", "gets": "leftarrow", "longleftarrow": "leftarrow", "iint": "int", "oint": "int",
    "smash": "boxed", "fbox": "boxed", "mathds": "mathbb", "cdotp": "cdot", "R": "reals", "Reals": "reals",
    "eqqcolon": "=:", "eqcolon": "=:", "centerdot": "cdot", "bigcirc": "circ", "land": "wedge",
    "cap": "wedge", "lnot": "neg",
}  # fmt: skip
"""Commands that say the same as another command or sign."""

GREEK: Final = frozenset(GREEK_LETTERS.values()) | {"varepsilon", "varphi", "varpi", "varrho", "imath", "jmath"}

ACCENTS: Final = names("tilde hat bar dot ddot check breve acute grave mathring underline overrightarrow overleftarrow")

FONTS: Final = names(
    "mathbf boldsymbol bm bold pmb mathrm mathit mathcal mathsf mathtt mathfrak mathscr mathbb mathnormal vec symbf "
    "boldmath text textrm textbf textit textsf texttt textnormal mbox operatorname rm bf it cal"
)
"""Commands that leave no trace in a name."""

TEXTS: Final = names("text textrm textbf textit textsf texttt textnormal mbox operatorname")
"""Commands whose argument is words, not mathematics."""

WORD_FONTS: Final = TEXTS | names("mathrm mathit mathsf mathtt mathbf boldsymbol bm")
"""Commands that make one word of a run of letters; the bold ones only of a word that is known."""

BOLD: Final = names("mathbf boldsymbol bm bold pmb mathbb symbf")

TRANSPARENT: Final = names("boxed underbrace overbrace")

SPACES: Final = names(
    ", ; : ! > space thinspace medspace thickspace enspace nobreakspace displaystyle textstyle scriptstyle limits "
    "nolimits nonumber notag hfill hfil allowbreak nobreak noindent centering strut mathstrut null relax "
    "big Big bigg Bigg bigl Bigl biggl Biggl bigr Bigr biggr Biggr bigm Bigm middle normalsize large small"
) | {" ", "\n", "\t", "/", "-"}
"""Commands that say nothing: spacing and sizes."""

WIDE: Final = names("quad qquad")

DROPPED: Final = {
    "tag": 1, "label": 1, "hspace": 1, "vspace": 1, "phantom": 1, "hphantom": 1, "vphantom": 1, "color": 1,
    "textcolor": 1, "xrightarrow": 1, "mathop": 0, "mathrel": 0, "mathbin": 0, "mathord": 0, "ensuremath": 0,
    "mathstrut": 0, "eqref": 1, "ref": 1,
}  # fmt: skip
"""Commands that say nothing, and how many braced arguments go with them."""

FUNCTIONS: Final = {
    "tanh": "tanh", "sigma": "sigma", "sigmoid": "sigma", "sigm": "sigma", "softmax": "softmax", "Softmax": "softmax",
    "exp": "exp", "log": "log", "ln": "log", "relu": "relu", "ReLU": "relu", "ReLu": "relu", "RELU": "relu",
    "diag": "diag", "Diag": "diag", "tr": "tr", "Tr": "tr", "trace": "tr", "dim": "dim", "DIM": "dim", "Dim": "dim",
    "sech": "sech", "cosh": "cosh", "sinh": "sinh", "sin": "sin", "cos": "cos", "tan": "tan", "arctan": "arctan",
    "max": "max", "min": "min", "det": "det", "vec": "vec", "sign": "sign", "sgn": "sign", "mean": "mean",
    "softplus": "softplus", "erf": "erf", "concat": "concat", "Concat": "concat", "rank": "rank",
    "logit": "logit", "abs": "abs",
    "elu": "elu", "ELU": "elu", "gelu": "gelu", "silu": "silu", "SiLU": "silu", "swish": "silu", "prod": "prod",
    "Sigmoid": "sigma", "Tanh": "tanh", "LeakyReLU": "leakyrelu", "leakyrelu": "leakyrelu", "lrelu": "leakyrelu",
    "logsumexp": "logsumexp", "LSE": "logsumexp", "logsoftmax": "logsoftmax", "LogSoftmax": "logsoftmax",
    "CE": "crossentropy", "CrossEntropy": "crossentropy", "crossentropy": "crossentropy", "XE": "crossentropy",
    "conv": "conv", "Conv": "conv", "conv2d": "conv", "Conv2d": "conv", "Conv2D": "conv",
    "step": "step", "floor": "floor", "Softplus": "softplus", "flatten": "flatten",
}  # fmt: skip
"""Names of functions, as commands or words, and the plain name each goes by."""

ALONG_AN_AXIS: Final = names("softmax")
"""Functions whose index says which entry is meant, or over what is summed."""

INDICES: Final = names("i j k l m p q r s")
"""Letters that count entries."""

BATCH: Final = "batch"
"""The index of a sum over the examples of a batch, however that is called."""
BATCHES: Final = names("batch Batch minibatch examples samples")

REFUSED_WORDS: Final = {
    "argmax": "the place of the largest entry is not read",
    "argmin": "the place of the smallest entry is not read",
    "Var": "a variance is not read",
    "Cov": "a covariance is not read",
}
"""Words in a font of their own that are no names, and why they are not read."""

FUNCTION_COMMANDS: Final = names(
    "tanh exp log ln diag tr dim sech cosh sinh sin cos tan arctan max min det softmax sigmoid relu ReLU sgn"
)

NAMEABLE: Final = frozenset({"sigma"})
"""Functions whose bare name may stand without an argument anywhere."""

GENERIC: Final = names("f g phi theta psi varphi vartheta")
"""Names that are functions where an opening bracket follows directly."""

LOSSES: Final = names("L E J C ell loss Loss")
"""Names of losses, which are written with what they depend on: ``J(\\theta)``."""

LAYERS: Final = frozenset({"l"})
LAST_LAYER: Final = "L"
SCALES: Final = names("lambda alpha beta gamma eta rho mu")
"""Letters of numbers, which have powers and no layers."""

TIMES: Final = frozenset({"t", "T", "tau"})

PLAIN_GREEK: Final = names("alpha beta gamma delta epsilon varepsilon theta lambda sigma omega")
"""Greek names that are also read where the backslash is missing."""

DOUBTFUL: Final = names("eta phi psi rho tau chi")
"""Greek names that could as well be three letters."""

PLAIN_NAMES: Final = names("loss Loss cost Cost out net cell hid inp act err cand gate")
"""Short words that are names of quantities and not products of letters; with a d before them, of gradients."""
LONG_RUN: Final = 5
"""From this length on, adjacent letters are one name and not a product."""

WORDS: Final = names(
    "where with and for if let when so then is are analogously similarly hence thus therefore since because as or we "
    "denote define given all every each such that have get obtain which implies otherwise likewise finally also note "
    "assume suppose by the of in to "
    "donde onde con com para si se und mit wobei für wo dann daher alors où et avec pour dove dunque quindi "
    "falls wenn sofern lorsque quando cuando unless when whenever provided except 当 若 如果 如 если при "
    "其中 令 设 且 和 则 因此 所以 где и"
)
"""Words that connect statements, in lower case."""

CONDITIONAL: Final = {
    "si": "if", "se": "if", "falls": "if", "wenn": "if", "sofern": "if", "lorsque": "when", "quando": "when",
    "cuando": "when", "当": "when", "若": "if", "如果": "if", "如": "if", "если": "if", "при": "when", "für": "for",
    "pour": "for", "para": "for",
}  # fmt: skip
"""Words that begin a condition where nothing else stands before it, and the English for them."""

LEADS: Final = names("when if for let where with given assume suppose set since and so then thus hence therefore")
"""Words of the text that count as the lead of an inline formula directly behind them."""

MATRICES: Final = names("matrix bmatrix pmatrix Bmatrix smallmatrix array vmatrix Vmatrix")

CASES: Final = names("cases dcases rcases")
COMPARED: Final = (">", "<", "geq", "leq", "=", "neq")
OTHERWISE: Final = names("otherwise else elsewhere sonst sinon altrimenti caso contrario 否则 иначе")

ALIGNMENTS: Final = names(
    "equation align aligned gather gathered split multline eqnarray alignat alignedat flalign displaymath math"
)

REFUSED: Final = {
    "cancel": "what is struck out may stand for itself, for 1 or for 0",
    "bcancel": "what is struck out may stand for itself, for 1 or for 0",
    "xcancel": "what is struck out may stand for itself, for 1 or for 0",
    "cancelto": "what is struck out may stand for itself, for 1 or for 0",
    "sout": "what is struck out may stand for itself, for 1 or for 0",
    "mapsto": "a mapping by ↦ is not read",
    "int": "integrals are not read",
    "pm": "a double sign ± stands for two statements",
    "mp": "a double sign ∓ stands for two statements",
    "sim": "a distribution (∼) is not read",
    "binom": "binomial coefficients are not read",
    "arg": r"\arg is not read",
    "argmax": r"\argmax is not read",
    "argmin": r"\argmin is not read",
    "cup": "sets are not read",
    "subset": "sets are not read",
    "exists": r"\exists is not read",
    "newcommand": "a macro definition inside a formula is not read",
    "def": "a macro definition inside a formula is not read",
}
"""Commands that are known, and why they are not read."""

STRUCTURES: Final = names(
    "substack frac sqrt sum prod lim partial nabla stackrel overset underset forall wedge neg reals dv pdv Pr "
    "lfloor rfloor"
)

KNOWN: Final = (
    GREEK | ACCENTS | FONTS | TRANSPARENT | FUNCTION_COMMANDS | STRUCTURES
    | frozenset(name for name in (*INFIX, *RELATIONS, *ARROWS, "dots", "mid", "top") if name.isalpha())
)  # fmt: skip
"""Every command that may reach the parser."""
