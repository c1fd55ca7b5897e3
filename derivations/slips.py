"""The kinds of slips and of messages: their stable codes, the rule behind each, an example and a source.

Codes are never renamed. ``wrong`` and ``right`` are formulas of one small network, in LaTeX; where both are given the
tests put them before the checker.
"""

from __future__ import annotations

from dataclasses import dataclass

from derivations.errors import UsageError

GOODFELLOW = "Goodfellow, Bengio and Courville, Deep Learning (2016)"
MAGNUS = "Magnus and Neudecker, Matrix Differential Calculus (3rd ed., 2019)"
PETERSEN = "Petersen and Pedersen, The Matrix Cookbook (2012)"
CHO = "Cho et al., Learning Phrase Representations (2014), eq. 5-8"
HOCHREITER = "Hochreiter and Schmidhuber, Long Short-Term Memory (1997)"
PASCANU = "Pascanu, Mikolov, Bengio, Difficulty of training RNNs (2013), eq. 3-5"
WERBOS = "Werbos, Backpropagation Through Time (1990)"
OWN = "gradproof's own report"
NETWORK = r"h_t = \tanh(W x_t + U h_{t-1} + b) with L = \frac{1}{2} \|h_2 - y\|^2"


@dataclass(frozen=True, slots=True)
class Slip:
    """One kind of slip. ``rule`` says what holds, in one or two sentences."""

    code: str
    title: str
    rule: str
    wrong: str
    right: str
    source: str

    def to_json(self) -> dict[str, str]:
        return {name: getattr(self, name) for name in ("code", "title", "rule", "wrong", "right", "source")}


TABLE = (
    Slip(
        "sigma-derivative",
        "the slope of σ is σ(1 − σ)",
        "σ(x) = 1/(1 + e^(-x)) has the slope σ(x)(1 − σ(x)); no square is in it. A gate z = σ(a) has z ⊙ (1 − z).",
        r"\sigma(x) (1 - \sigma(x)^2)",
        r"\sigma(x) (1 - \sigma(x))",
        f"{GOODFELLOW}, section 3.10",
    ),
    Slip(
        "tanh-derivative",
        "the slope of tanh is 1 − tanh²",
        "tanh has the slope 1 − tanh(x)². Where h is already a value of tanh, it is 1 − h² at that h.",
        "1 - h_2",
        "1 - h_2^2",
        f"{GOODFELLOW}, section 6.3.2",
    ),
    Slip(
        "extra-power",
        "a power that does not belong there",
        "Count where each square comes from: of a squared error, of a slope of tanh, of a product "
        "of two equal factors.",
        "(h_2 - y)^2",
        "h_2 - y",
        GOODFELLOW,
    ),
    Slip(
        "missing-power",
        "a square is missing",
        "A slope of tanh and a product of two equal factors carry a square.",
        "1 - h_2",
        "1 - h_2^2",
        f"{GOODFELLOW}, section 6.3.2",
    ),
    Slip(
        "sign",
        "a sign is the wrong way round",
        "d(a − b) = da − db: of ½(h − y)² the slope by h is h − y, by y it is y − h.",
        "y - h_2",
        "h_2 - y",
        MAGNUS,
    ),
    Slip(
        "missing-transpose",
        "a transpose is missing",
        "Going back through a = W x, a gradient δ by a becomes Wᵀδ by x, and δ xᵀ by W: shapes tell which is meant.",
        r"W \delta_2",
        r"W^T \delta_2",
        f"{PETERSEN}, section 2.4",
    ),
    Slip(
        "extra-transpose",
        "a transpose too many",
        "Forward, a = W x has no transpose; backward, Wᵀδ has one. Both at once is one too many.",
        r"W^T x_2",
        r"W x_2",
        f"{PETERSEN}, section 2.4",
    ),
    Slip(
        "swapped-factors",
        "two factors the wrong way round",
        "Products of matrices do not commute. The gradient of δᵀW x by W is δ xᵀ, of the shape of "
        "W; x δᵀ is its transpose.",
        r"x_2 \delta_2^T",
        r"\delta_2 x_2^T",
        f"{PETERSEN}, eq. 70",
    ),
    Slip(
        "hadamard-for-matmul",
        "elementwise for matrix product, or the reverse",
        "Through an elementwise function go back with ⊙; through a matrix go back with its transpose.",
        r"W^T \odot \delta_2",
        r"W^T \delta_2",
        MAGNUS,
    ),
    Slip(
        "missing-diagonal",
        "a diagonal matrix is written as its diagonal",
        "The Jacobian of an elementwise function is diag(f'(a)); as a factor of matrices it must stand as one.",
        r"(1 - h_2^2) U",
        r"\mathrm{diag}(1 - h_2^2) U",
        PASCANU,
    ),
    Slip(
        "extra-diagonal",
        "diag(…) around what is no Jacobian",
        "diag turns a vector into a matrix: it belongs into Jacobians, not into sums and products of vectors.",
        r"\mathrm{diag}(\delta_2)",
        r"\delta_2",
        MAGNUS,
    ),
    Slip(
        "wrong-layout",
        "a gradient in the other layout",
        "In the denominator layout ∂L/∂W has the shape of W; in the numerator layout it is "
        "transposed. A sheet uses one.",
        r"x_2 \delta_2^T",
        r"\delta_2 x_2^T",
        MAGNUS,
    ),
    Slip(
        "complement",
        "z for 1 − z",
        "h_t = z ⊙ h_{t-1} + (1 − z) ⊙ g gives ∂h/∂g = 1 − z and ∂h/∂h_{t-1} ∋ z; other texts swap "
        "the two by definition.",
        r"z_2 \odot (1 - g_2^2)",
        r"(1 - z_2) \odot (1 - g_2^2)",
        CHO,
    ),
    Slip(
        "swapped-gate",
        "one gate for another",
        "Every gate has its own pre-activation, matrices and bias; its gradient carries what it multiplies.",
        r"\delta c_t \odot i_t",
        r"\delta c_t \odot f_t",
        HOCHREITER,
    ),
    Slip(
        "swapped-name",
        "another name than the definition has",
        "Check subscripts against the definition: W_{hh} for W_{ph}, g for r, one loss for another.",
        r"x_2 \delta_1^T",
        r"x_2 \delta_2^T",
        OWN,
    ),
    Slip(
        "off-by-one",
        "a time, an index or a bound off by one",
        "h_t depends on h_{t-1}: the gradient by U at step t has h_{t-1}. A product of Jacobians "
        "from i + 1 to T has T − i factors.",
        r"\delta_2 h_2^T",
        r"\delta_2 h_1^T",
        PASCANU,
    ),
    Slip(
        "dropped-path",
        "a path, that is an addend, is missing",
        "A total derivative adds up every way from the quantity to the loss: at once, and through the next state.",
        r"h_1 - y",
        r"h_1 - y + U^T \delta_2",
        WERBOS,
    ),
    Slip(
        "double-count",
        "an addend too many",
        "Each path counts once. What an immediate derivative holds fixed must not be added again.",
        r"\delta_2 + \delta_2",
        r"\delta_2",
        PASCANU,
    ),
    Slip(
        "product-for-sum",
        "a product where paths must be added",
        "Along a path derivatives are multiplied; over the paths they are added.",
        r"(h_1 - y) \odot U^T \delta_2",
        r"h_1 - y + U^T \delta_2",
        WERBOS,
    ),
    Slip(
        "missing-factor",
        "a factor is missing",
        "The chain rule has one factor for every function on the way; the slope of the activation "
        "is forgotten most often.",
        r"h_2 - y",
        r"(h_2 - y) \odot (1 - h_2^2)",
        f"{GOODFELLOW}, section 6.5.2",
    ),
    Slip(
        "extra-factor",
        "a factor too many",
        "In a chain each derivative begins where the one before ends; a factor beside the path does not belong to it.",
        r"2 (h_2 - y)",
        r"h_2 - y",
        f"{GOODFELLOW}, section 6.5.2",
    ),
    Slip(
        "wrong-factor",
        "another factor belongs there",
        "Every factor of a chain is the slope of one function, at the argument that this function has.",
        r"(h_2 - y) \odot (1 - y^2)",
        r"(h_2 - y) \odot (1 - h_2^2)",
        f"{GOODFELLOW}, section 6.5.2",
    ),
    Slip(
        "broken-chain",
        "two derivatives that do not link",
        "∂L/∂h · ∂h/∂z · ∂z/∂W: the denominator of each is the numerator of the next.",
        r"\frac{\partial L}{\partial h_2} \frac{\partial h_1}{\partial W}",
        r"\frac{\partial L}{\partial h_2} \frac{\partial h_2}{\partial W}",
        f"{GOODFELLOW}, section 6.5.2",
    ),
    Slip(
        "missing-function",
        "a function is left out",
        "Gates are σ of their pre-activation, candidates tanh of theirs; the output of an LSTM has tanh(c).",
        r"o_t \odot c_t",
        r"o_t \odot \tanh(c_t)",
        HOCHREITER,
    ),
    Slip(
        "extra-function",
        "a function is applied once too often",
        "h is a value of tanh already: its slope is 1 − h², not 1 − tanh(h)².",
        r"1 - \tanh^2(h_2)",
        r"1 - h_2^2",
        f"{GOODFELLOW}, section 6.3.2",
    ),
    Slip(
        "wrong-function",
        "one function for another",
        "σ and tanh have different slopes: σ(1 − σ) and 1 − tanh².",
        r"\sigma(W x_2)",
        r"\tanh(W x_2)",
        f"{GOODFELLOW}, section 6.3.2",
    ),
    Slip(
        "wrong-number",
        "another number belongs there",
        "½‖h − y‖² has the gradient h − y: the 2 of the square and the ½ cancel. An LSTM has four blocks, a GRU three.",
        r"3 n (d + n + 1)",
        r"4 n (d + n + 1)",
        OWN,
    ),
    Slip(
        "scalar-only",
        "right only if everything were a number",
        "Numbers commute and need no transposes. With vectors Wᵀ(δ ⊙ r) is not (Wᵀδ) ⊙ r.",
        r"(W^T \delta_2) \odot h_1",
        r"W^T (\delta_2 \odot h_1)",
        MAGNUS,
    ),
    Slip(
        "shapes",
        "the shapes do not fit",
        "Both sides of an equation have one shape, and so have the addends of a sum. The report shows both.",
        r"W x_2 + x_2",
        "",
        OWN,
    ),
    Slip(
        "wrong-derivative",
        "this is not the derivative",
        "The derivative is worked out from the sheet's own definitions and compared; no small edit "
        "was found that mends it.",
        "",
        "",
        OWN,
    ),
    Slip(
        "unequal",
        "the two sides are not equal",
        "A point is shown at which the two sides differ, certified by exact or ball arithmetic.",
        "",
        "",
        OWN,
    ),
    Slip(
        "cancelling",
        "two slips that cancel",
        "A chain is right only where each of its steps is: two wrong steps whose errors cancel remain two wrong steps.",
        "",
        "",
        OWN,
    ),
    Slip(
        "two-slips",
        "two slips in one step",
        "No single edit makes the step right; two do together. Each is shown as an edit of its own.",
        "",
        "",
        OWN,
    ),
    Slip(
        "departs",
        "right only under another convention than the sheet's",
        "With --strict what is right in another layout, or in shorthand, counts as wrong.",
        "",
        "",
        OWN,
    ),
    Slip(
        "undecided",
        "neither proved nor refuted",
        "The line was read, but the budget ran out, or something that it rests on is not known. It "
        "is never counted wrong.",
        "",
        "",
        OWN,
    ),
    Slip(
        "unclear",
        "something in it is not known",
        "A name is defined nowhere, or a part has no meaning that fits. The caret shows it and what is expected.",
        "",
        "",
        "docs/sheets.md",
    ),
    Slip(
        "gradient",
        "a name that may be a gradient",
        "dz, δ, g_x and the like may stand for derivatives. Say what they are with := in a declaration.",
        "",
        "",
        "docs/sheets.md",
    ),
    Slip(
        "name",
        "a definition that may be a claim",
        "A name that is set equal to something a second time may be claimed. Declare it, or write what is derived.",
        "",
        "",
        "docs/sheets.md",
    ),
    Slip(
        "syntax",
        "this could not be read",
        "The whole formula is read or nothing of it. The caret shows where reading stopped, and "
        "what was expected there.",
        "",
        "",
        "docs/sheets.md",
    ),
)
SLIPS: dict[str, Slip] = {slip.code: slip for slip in TABLE}


def slip_named(code: str) -> Slip:
    """The kind of slip of a code. Raises UsageError with the codes there are."""
    if code not in SLIPS:
        raise UsageError(f"there is no code {code!r}; there are: {', '.join(SLIPS)}")
    return SLIPS[code]
