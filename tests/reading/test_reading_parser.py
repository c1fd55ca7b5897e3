"""What single expressions are read as, and what is said of those that cannot be read."""

from __future__ import annotations

import pytest
from reading_trees import tree

from derivations.errors import SheetError
from derivations.reading.parser import parse_expression
from derivations.reading.slips import Slip

READ = {
    # sums and products
    "a + b - c": "(add +a +b -c)",
    "-a + b": "(add -a +b)",
    "-a b": "(neg (mul a · b))",
    r"a \cdot -b": "(mul a cdot (neg b))",
    "a - -b": "(add +a -(neg b))",
    r"W_{xz}^T \cdot x_t + W_{hz}^{T} h_{t-1} + b_z": "(add +(mul W_{xz}^T cdot x@t) +(mul W_{hz}^T · h@t-1) +b_{z})",
    r"a \odot b \otimes c * d .* e @ f \circ g \oslash h \times i": (
        "(mul (div (mul a odot b otimes c * d odot e @ f circ g) h) times i)"
    ),
    "nd + 2nd^2": "(add +(mul n · d) +(mul 2 · n · (pow d 2)))",
    "a / b / c": "(div (div a b) c)",
    r"a \cdot b / c": "(div (mul a cdot b) c)",
    "1/2 x": "(mul (div 1 2) · x)",
    "1/(2n)": "(div 1 [(mul 2 · n)])",
    "-x^2": "(neg (pow x 2))",
    "2(a + b)": "(mul 2 · [(add +a +b)])",
    # numbers
    "320,800": "320800",
    "320{,}800": "320800",
    r"2\,099\,200": "2099200",
    r"\mathbf{2,099,200}": "2099200",
    "0.5": "1/2",
    "1e-9": "1/1000000000",
    r"2.63 \times 10^{-14}": "(mul 263/100 times (pow 10 (neg 14)))",
    r"75\%": "3/4",
    # fractions
    r"\frac{1}{2}(h_t - y_t)^2": "(mul (div 1 2) · (pow [(add +h@t -y@t)] 2))",
    r"\frac12 x + \dfrac1n y + \tfrac{1}2": "(add +(mul (div 1 2) · x) +(mul (div 1 n) · y) +(div 1 2))",
    # functions
    r"\tanh z": "tanh(z)",
    r"\tanh^2(z)": "tanh^2(z)",
    r"\tanh(z)^2": "(pow tanh(z) 2)",
    r"\tanh -x": "tanh((neg x))",
    r"\log 2x": "log((mul 2 · x))",
    r"\log\log x": "log(log(x))",
    r"o_t \tanh(c_t)": "(mul o@t · tanh(c@t))",
    r"\mathbf y_k^{(T)} \log \hat{\mathbf{y}}_k^{(T)}": "(mul y_{k}@T · log(y.hat_{k}@T))",
    r"\sigma(\widetilde{z_{2}})(1 - \sigma(\widetilde{z_{2}})^{2}) \cdot x_2": (
        "(mul sigma(z.tilde_{2}) · [(add +1 -(pow sigma(z.tilde_{2}) 2))] cdot x_{2})"
    ),
    r"\sigma^2(x) + \sigma^2": "(add +sigma^2(x) +(pow fn:sigma 2))",
    r"\sigma'(z) + \sigma'": "(add +sigma'(z) +fn:sigma')",
    r"\sigma^{\prime}(z) + f''(z) + f'": "(add +sigma'(z) +f''(z) +f.prime)",
    r"\sigma_t (1 - \sigma_t)": "(mul sigma@t · [(add +1 -sigma@t)])",
    r"\sigma(1 - \sigma)": "(mul fn:sigma · [(add +1 -fn:sigma)])",
    r"\sigma()": "sigma()",
    r"\sigma\left( W x \right) + \sigma\big( y \big)": "(add +sigma((mul W · x)) +sigma(y))",
    r"\exp\{-x\} + \sigma{(x)}": "(add +exp((neg x)) +sigma([x]))",
    r"f(x) + g(y) + \phi(W x)": "(add +f(x) +g(y) +phi((mul W · x)))",
    "f_t(1 - x)": "(mul f@t · [(add +1 -x)])",
    "softmax(z) + sigmoid(x) + tanh(y)": "(add +softmax(z) +sigma(x) +tanh(y))",
    r"\text{ReLU}(x) + \operatorname{diag}(1 - h^2)": "(add +relu(x) +diag((add +1 -(pow h 2))))",
    r"\mathrm{tr}(A) + \tr(B)": "(add +tr(A) +tr(B))",
    r"\max(0, x)": "max(0, x)",
    r"DIM\{W_a\} + \dim(W)": "(add +dim(W_{a}) +dim(W))",
    r"e^{-x} + e^x + e_t^2 + e^2": "(add +exp((neg x)) +exp(x) +(pow e@t 2) +(pow e 2))",
    r"\sqrt{x} + \sqrt y": "(add +sqrt(x) +sqrt(y))",
    # derivatives
    r"\frac{\partial \epsilon_{2}}{\partial W_{xz}}": "D[partial epsilon_{2} / W_{xz}]",
    r"\frac{\partial \sigma}{\partial x}": "D[partial fn:sigma / x]",
    r"\frac{dy}{dx} + \frac{\mathrm{d}y}{\mathrm{d}x} + \frac{d\mathcal{L}}{d W}": (
        "(add +D[d y / x] +D[d y / x] +D[d L / W])"
    ),
    r"\frac{d}{d+n} + dn": "(add +(div d (add +d +n)) +(mul d · n))",
    r"\partial y / \partial x + dL/dw": "(add +D[partial y / x] +D[d L / w])",
    r"\partial_x L + \nabla_{h^{(t)}} L": "(add +D[partial L / x] +D[nabla L / h@t])",
    r"\frac{\partial}{\partial W} \frac12 (h-y)^2": "D[partial (mul (div 1 2) · (pow [(add +h -y)] 2)) / W]",
    r"\frac{d}{dx} \sigma(x) + 1": "(add +D[d sigma(x) / x] +1)",
    r"\frac{\partial L}{\partial W}^T": "D[partial L / W]^T",
    r"\left(\frac{\partial h_2}{\partial h_1}\right)^2 x": "(mul (pow [D[partial h_{2} / h_{1}]] 2) · x)",
    r"\pdv{L}{W_{xh}}": "D[partial L / W_{xh}]",
    # brackets
    "[h_{t-1}, x_t]": "cat[h@t-1, x@t]",
    r"\left[ h ; x \right] + [a \mid b]": "(add +cat[h, x] +cat[a, b])",
    r"\begin{bmatrix} a \\ b \end{bmatrix}": "cat[a, b]",
    "(n, n+d)": "tup(n, (add +n +d))",
    r"\|x\|_2^2 + |x| + \left\| y \right\|": "(add +(pow norm2(x) 2) +bars(x) +norm(y))",
    r"\boxed{a + b} c": "(mul (add +a +b) · c)",
    r"\underbrace{a b}_{\text{gate}} c": "(mul (mul a · b) · c)",
    # sums and products with limits
    r"-\sum_{k=1}^K y_k \log \hat y_k": "(neg (sum k 1 K (mul y_{k} · log(y.hat_{k}))))",
    r"\sum_t a_t - b": "(add +(sum t - - a@t) -b)",
    r"\sum\limits^{T}_{t=1} a_t": "(sum t 1 T a@t)",
    r"\left(\prod_{k=i}^{T-1} \frac{\partial h^{(k+1)}}{\partial h^{(k)}}\right) \cdot x": (
        "(mul [(prod k i (add +T -1) D[partial h@k+1 / h@k])] cdot x)"
    ),
    r"\prod_{k} a_k b_k \frac{\partial c}{\partial d}": "(mul (prod k - - (mul a_{k} · b_{k})) · D[partial c / d])",
    # spaces
    r"\mathbb{R}^{n \times d}": "R(n, d)",
    # unicode
    "∂L_t/∂W_{hh} · hᵀ + C̃_t ⊙ ŷ²": "(add +(mul D[partial L@t / W_{hh}] cdot h^T) +(mul C.tilde@t odot (pow y.hat 2)))",
    "hₜ₋₁ + σ′(x) − ε ∗ 𝐖": "(add +h@t-1 +sigma'(x) -(mul epsilon * W))",
}

NAMED = {
    r"\Gamma_{u,f,o}": "Gamma_{u,f,o}",
    "h_{t,j}": "h@t<j>",
    "{h_{t-1}}_j": "h@t-1<j>",
    "W_{f,t}": "W_{f}@t",
    "h_2": "h_{2}",
    "h_{k+1}": "h_{k+1}",
    r"\mathbf y_k^{(T)}": "y_{k}@T",
    r"h^{\langle t \rangle}": "h@t",
    "h^{< t-1>}": "h@t-1",
    "h^{(i)}": "h@i",
    "h^{(2)}": "h@2",
    "h^t": "h@t",
    "h_T": "h@T",
    r"h_{\tau}": "h@tau",
    "h^{T-1}": "h@T-1",
    "z^{(2)}_t": "z_{(2)}@t",
    "h_t^{(l)}": "h_{(l)}@t",
    "a^{[1]<t>}": "a_{[1]}@t",
    "h(t-1)": "h@t-1",
    "h[t]": "h@t",
    r"\tilde z_2": "z.tilde_{2}",
    r"\hat{\mathbf{y}}_k": "y.hat_{k}",
    r"\overline{h}_t": "h.bar@t",
    "h'_t": "h.prime@t",
    "W^{*}": "W_{*}",
    r"W_{\text{in}}": "W_{in}",
    r"W_{\tilde{c}}": r"W_{\tilde{c}}",
    r"\mathcal{L}": "L",
    r"\vec{x}": "x",
    r"\mathbf{1}": "1",
    "W^T": "W^T",
    r"W^\top": "W^T",
    r"W^{\mathsf T}": "W^T",
    r"W^\intercal": "W^T",
    "W.T": "W^T",
    "W_{xz}^T": "W_{xz}^T",
    "W^T_{xz}": "W_{xz}^T",
    "h^{(t)T}": "h@t^T",
    r"h^{(t)^\top}": "h@t^T",
    "(h^{(t)})^T": "[h@t]^T",
    "{h^{(t)}}^2": "(pow h@t 2)",
    "a^{<t>2}": "(pow a@t 2)",
    r"h^{\odot 2}": "(mul h odot h)",
    "2^T": "(pow 2 T)",
}


@pytest.mark.parametrize(("text", "expected"), [*READ.items(), *NAMED.items()])
def test_read(text: str, expected: str) -> None:
    assert tree(parse_expression(text)) == expected


ENTWINED = {"W^T_{xz}", "h^{(t)T}", r"h^{(t)^\top}", "a^{<t>2}"}
"""Here the text of the name encloses the transpose or power."""


@pytest.mark.parametrize("text", [text for text in (*READ, *NAMED) if text not in ENTWINED and text.isascii()])
def test_slices_read_again(text: str) -> None:
    """The text under the span of every node reads as that node, so that edits of the text are edits of the tree."""
    for node in parse_expression(text).walk():
        slice_ = text[node.span.start : node.span.end]
        assert tree(parse_expression(slice_)) == tree(node), slice_


SLIPS = [
    # text, what it points at, a part of the message
    (r"\frac{a}", r"\frac", "two arguments"),
    ("a + ", "", "nothing stands after ‘+’"),
    ("{a + b", "{", "never closed"),
    ("a + b}", "}", "closes nothing"),
    (r"\left( a + b", r"\left(", r"\left without \right"),
    (r"a \right)", r"\right)", r"\right without \left"),
    ("(a + b", "(", "never closed"),
    ("(a ]", "]", "closed by"),
    ("a & b", "&", "outside an alignment"),
    (r"a \foo b", r"\foo", "unknown command"),
    ("x_{}", "{}", "empty subscript"),
    ("x^{}", "{}", "empty superscript"),
    ("x_1_2", "_", "second subscript"),
    ("x^2^3", "^", "second superscript"),
    ("a ☃ b", "☃", "unknown character"),
    ("W_hh", "hh", "write _{hh}"),
    ("x_12", "12", "only the first digit"),
    ("h1", "1", "a number behind a factor"),
    ("10 000", "000", "a number behind a factor"),
    (r"2\frac{1}{2}", r"\frac{1}{2}", "factor or added"),
    (r"\tanh W x", "x", "belongs to tanh"),
    ("1/2n", "n", "belongs to the denominator"),
    (r"\prod_k a_k b", "b", "belongs to the product"),
    (r"\partial x", r"\partial", "not part of a derivative"),
    (r"\frac{\partial^3 y}{\partial x^3}", r"\partial^", "order"),
    (r"\frac{\partial y + z}{\partial x}", "+", "more than one thing"),
    (r"\frac{\partial^2 y}{\partial x}", r"\frac", "orders"),
    (r"\frac{\partial y}{\partial x z}", "z", "more than one thing"),
    (r"\frac{\partial y}{\partial (a + b)}", "(a + b)", "not a name"),
    (r"\frac{\partial}{\partial x} (a) b", "(a) b", "how far the derivative"),
    (r"\nabla L", r"\nabla", "what the gradient"),
    (r"\nabla_\theta Q(\theta)", "(", "argument or a factor"),
    (r"a \cdots b", r"\cdots", "ellipsis"),
    (r"\int x", r"\int", "integrals"),
    (r"\hat{a + b}", "a + b", "not a name"),
    (r"(a + b)_t", "_", "not a name"),
    (r"\tanh^{-1}(x)", "-1", "positive number"),
    (r"\mathbb{E}", r"\mathbb{E}", "expectation"),
    (r"\begin{bmatrix} 1 & 2 \\ 3 \end{bmatrix}", "3", "below a row of 2"),
    (r"\begin{cases} 1 \end{cases}", r"1", "without a condition"),
    (r"\begin{cases} 1 & x \end{cases}", r"\end", "not read here"),
    (r"h^{(2t)}", "(2t)", "time index"),
    ("a = b", "=", "relation"),
    ("|a", "|", "never closed"),
    (r"\sum x", r"\sum", "over what"),
    (r"W \ dot\ x", "dot", "without its backslash"),
    (r"\left. a \right|", r"\right|", "a value at a point"),
    ("9" * 200, "9" * 200, "100 digits"),
]


@pytest.mark.parametrize(("text", "at", "message"), SLIPS)
def test_slips(text: str, at: str, message: str) -> None:
    with pytest.raises(SheetError) as caught:
        parse_expression(text)
    slip = caught.value
    assert isinstance(slip, Slip)
    assert message in slip.message
    assert text[slip.at.start : slip.at.end].startswith(at)
    assert bool(at) == (slip.at.start < slip.at.end)


def test_unknown_command_is_corrected() -> None:
    with pytest.raises(Slip) as caught:
        parse_expression(r"\simga(x)")
    assert caught.value.expected == r"\sigma"


@pytest.mark.parametrize(("opening", "closing"), [("(", ")"), ("{", "}"), (r"\left[", r"\right]")])
def test_depth(opening: str, closing: str) -> None:
    assert parse_expression(opening * 100 + "a" + closing * 100)
    with pytest.raises(Slip, match="too deep"):
        parse_expression(opening * 400 + "a" + closing * 400)


def test_long_quotients_are_refused() -> None:
    with pytest.raises(Slip, match="too deep"):
        parse_expression("/".join("a" * 1000))
