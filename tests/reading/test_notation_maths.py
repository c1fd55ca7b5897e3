"""Every way that sums, products, identities, quotients, functions, matrices and numbers are written.

A case is a sheet, a line that is right on it, and lines near it that are not.
"""

from __future__ import annotations

from typing import Final

import pytest

from derivations.check import check_sheet
from derivations.reading.places import Source
from derivations.report import StatementReport, Verdict

RIGHT: Final = (Verdict.PROVED, Verdict.HOLDS)

VECTORS: Final = r"""
$x \in \mathbb{R}^n$, $y \in \mathbb{R}^n$, $u \in \mathbb{R}^n$, $v \in \mathbb{R}^m$,
$A \in \mathbb{R}^{m \times n}$, $B \in \mathbb{R}^{n \times m}$, $S \in \mathbb{R}^{n\times n}$
"""
RECURRENT: Final = r"""
$x_t \in \mathbb{R}^d$, $h_t \in \mathbb{R}^n$, $U \in \mathbb{R}^{n\times d}$, $W \in \mathbb{R}^{n\times n}$
$$z_t = U x_t + W h_{t-1}$$
$$h_t = \tanh(z_t)$$
"""
LOSSES: Final = (
    RECURRENT
    + r"""
$$L_t = \tfrac12 \|h_t - y_t\|^2$$
$$L = \sum_{t=1}^{T} L_t$$
"""
)

Case = tuple[str, str, tuple[str, ...]]

DIVISION: Final[dict[str, Case]] = {
    "frac": (VECTORS, r"\frac{x}{y} \odot y = x", (r"\frac{x}{y} \odot x = y",)),
    "oslash": (VECTORS, r"(x \oslash y) \odot y = x", (r"(x \oslash y) \odot x = y",)),
    "oslash of matrices": (VECTORS, r"(A \oslash B^T) \odot B^T = A", (r"(A \oslash B^T) \odot A = B^T",)),
    "slash": (VECTORS, r"(x / y) \odot y = x", (r"(x / y) \odot x = y",)),
    "inverse": (VECTORS + "$$z = S x$$\n", "S^{-1} z = x", ("S^{-1} x = z",)),
}

FUNCTIONS: Final[dict[str, Case]] = {
    **{
        rf"{name} is σ": (VECTORS, rf"{name}(x) = \frac{{1}}{{1 + e^{{-x}}}}", (rf"{name}(x) = \frac{{1}}{{1 + e^x}}",))
        for name in (
            r"\sigma", r"\mathrm{sigmoid}", r"\operatorname{sigmoid}", r"\text{sigmoid}", "sigm", r"\mathrm{sigm}",
            r"\mathsf{sigmoid}", r"\text{ sigmoid }", r"\operatorname{Sigmoid}",
        )
    },
    **{
        f"{name} is tanh": (VECTORS, rf"{name}(x) = 2\sigma(2x) - 1", (rf"{name}(x) = 2\sigma(x) - 1",))
        for name in (r"\tanh", r"\mathrm{tanh}", "tanh", r"\text{tanh}", r"\operatorname{Tanh}")
    },
    **{
        f"{name} is any function": (
            "$a \\in \\mathbb{R}$\n",
            rf"\frac{{\partial {name}(a)}}{{\partial a}} = {name}'(a)",
            (rf"\frac{{\partial {name}(a)}}{{\partial a}} = {name}(a)",),
        )
        for name in (r"\phi", "f", "g", r"\theta")
    },
    **{
        f"{name} is softmax": (
            VECTORS, rf"{name}(x) = \frac{{\exp(x)}}{{\mathbf 1^T \exp(x)}}", (rf"{name}(x) = \exp(x)",)
        )
        for name in (r"\mathrm{softmax}", "softmax", r"\text{softmax}", r"\operatorname{Softmax}")
    },
    "ln": (VECTORS, r"\log x = \ln x", (r"\log x = 2\ln x",)),
    "e to the": (VECTORS, "e^{2x} = \\exp(x)^2", ("e^{2x} = \\exp(x)^3",)),
    "max": (VECTORS, r"\max(0, x) = \mathrm{ReLU}(x)", (r"\max(0, x) = x",)),
    "max of braces": (VECTORS, r"\max\{0, x\} = \mathrm{ReLU}(x)", (r"\max\{0, x\} = x",)),
    "tr": (VECTORS, r"\operatorname{Tr}(AB) = \text{tr}(BA)", (r"\operatorname{Tr}(AB) = 2\text{tr}(BA)",)),
    "det": (VECTORS, r"\det(S^T) = \det(S)", (r"\det(S^T) = -\det(S)",)),
    "bars are the determinant": (VECTORS, r"|S| = \det(S)", (r"|S| = 2\det(S)", r"\mathrm{abs}(S) = \det(S)")),
    "power of bars": (VECTORS, r"|S S| = |S|^2", (r"|S S| = |S|",)),
    "bars are the absolute value": (VECTORS, r"|x| = |-x|", ("|x| = x",)),
    "norm of order 2": (VECTORS, r"\|x\|_2^2 = x^T x", (r"\|x\|_2^2 = 2 x^T x",)),
    "norm": (VECTORS, r"\left\lVert x \right\rVert^2 = x^T x", (r"\left\lVert x \right\rVert^2 = 2 x^T x",)),
    "norm in plain bars": (VECTORS, "||x||_2^2 = x^T x", ("||x||_2^2 = 2 x^T x", "||x| = x^T x")),
    "product of absolute values": (VECTORS, r"|x||y| = |y||x|", (r"|x||y| = x \odot y",)),
    "Frobenius norm": (VECTORS, r"\|A\|_F^2 = \mathrm{tr}(A^T A)", (r"\|A\|_F^2 = 2\mathrm{tr}(A^T A)",)),
    "norm of order 1": (VECTORS, r"\|x\|_1 = \sum_i |x_i|", (r"\|x\|_1 = \sum_i x_i",)),
    "angle brackets": (VECTORS, r"\langle x, u \rangle = x^T u", (r"\langle x, u \rangle = x^T y",)),
    "angle brackets by components": (
        VECTORS, r"\left\langle x, u\right\rangle = \sum_i x_i u_i", (r"\left\langle x, u\right\rangle = \sum_i x_i",)
    ),
    "angle brackets with a bar": (VECTORS, r"\langle x | u \rangle = x^T u", (r"\langle x | u \rangle = x^T y",)),
    "angle brackets of matrices": (VECTORS, r"\langle A, A \rangle = \|A\|^2", (r"\langle A, A \rangle = \|A\|",)),
    "vec": (VECTORS, r"\mathrm{vec}(A)^T \mathrm{vec}(A) = \|A\|^2", (r"\mathrm{vec}(A)^T \mathrm{vec}(A) = \|A\|",)),
    "mean": (VECTORS, r"\mathrm{mean}(x) = \frac1n \sum_i x_i", (r"\mathrm{mean}(x) = \sum_i x_i",)),
    "a number beside components": (
        VECTORS, r"\mathbf 1^T x = \sum_i x_i", (r"\mathbf 1^T x = 2 \sum_i x_i", r"\mathbf 1^T x = \sum_i y_i")
    ),
}  # fmt: skip

LINEAR: Final = r"""
$x \in \mathbb{R}^d$, $h \in \mathbb{R}^n$, $V \in \mathbb{R}^{m\times n}$, $W \in \mathbb{R}^{n\times d}$
$$h = W x$$
$$o = V h$$
$$L = \tfrac12 \|o - y\|^2$$
"""
CLASSES: Final = "$z \\in \\mathbb{R}^K$\n$$p = \\mathrm{softmax}(z)$$\n"
ESTIMATE: Final = VECTORS + "$\\hat y \\in \\mathbb{R}^n$\n"

ENTRIES: Final[dict[str, Case]] = {
    "class by its unit vector": (
        CLASSES + "$$L = -e_y^T \\log p$$\n",
        r"\frac{\partial L}{\partial z} = p - e_y",
        (r"\frac{\partial L}{\partial z} = p", r"\frac{\partial L}{\partial z} = p + e_y"),
    ),
    "class by its label": (
        CLASSES + "$$L = -\\log p_y$$\n",
        r"\frac{\partial L}{\partial z_i} = p_i - \mathbf 1_{i=y}",
        (r"\frac{\partial L}{\partial z_i} = p_i", r"\frac{\partial L}{\partial z_i} = p_i - \mathbf 1_{i \neq y}"),
    ),
    "label in an Iverson bracket": (
        CLASSES + "$$L = -\\log p_y$$\n",
        r"\frac{\partial L}{\partial z_j} = p_j - [j = y]",
        (r"\frac{\partial L}{\partial z_j} = p_j + [j = y]",),
    ),
    "softmax with an index": (
        VECTORS,
        r"\mathrm{softmax}_j(x) = \frac{e^{x_j}}{\sum_k e^{x_k}}",
        (r"\mathrm{softmax}_j(x) = \frac{e^{x_i}}{\sum_k e^{x_k}}",),
    ),
    "index behind softmax": (
        VECTORS,
        r"\mathrm{softmax}(x)_j = \frac{e^{x_j}}{\sum_k e^{x_k}}",
        (r"\mathrm{softmax}(x)_j = \frac{e^{x_i}}{\sum_k e^{x_k}}",),
    ),
    "softmax along an axis": (
        VECTORS,
        r"\mathrm{softmax}_j(A_{ij}) = \frac{e^{A_{ij}}}{\sum_k e^{A_{ik}}}",
        (r"\mathrm{softmax}_j(A_{ij}) = \frac{e^{A_{ij}}}{\sum_k e^{A_{kj}}}",),
    ),
    "entry of a product": (VECTORS, r"(A x)_i = \sum_j A_{ij} x_j", (r"(A x)_i = \sum_j A_{ij} y_j",)),
    "entries of a product": (
        VECTORS, r"(A B)_{ij} = \sum_k A_{ik} B_{kj}", (r"(A B)_{ij} = \sum_k B_{ik} A_{kj}",)
    ),
    "cross entropy": (
        ESTIMATE,
        r"CE(y, \hat y) = -\sum_i y_i \log \hat y_i",
        (r"CE(y, \hat y) = \sum_i y_i \log \hat y_i", r"CE(y, \hat y) = -\sum_i \hat y_i \log y_i"),
    ),
    "cross entropy, estimate first": (
        ESTIMATE, r"\mathrm{CE}(\hat y, y) = -y^T \log \hat y", (r"\mathrm{CE}(\hat y, y) = -\hat y^T \log y",)
    ),
    "chain rule": (
        LINEAR,
        r"\frac{\partial L}{\partial h} = \mathrm{prod}\left(\frac{\partial L}{\partial o},"
        r" \frac{\partial o}{\partial h}\right)",
        (
            r"\frac{\partial L}{\partial h} = \mathrm{prod}\left(\frac{\partial L}{\partial o},"
            r" \frac{\partial o}{\partial x}\right)",
        ),
    ),
    "chain rule by a factor": (
        LINEAR,
        r"\frac{\partial L}{\partial h} = \text{prod}\left(\frac{\partial L}{\partial o}, V\right)",
        (
            r"\frac{\partial L}{\partial h} = 2\, \text{prod}\left(\frac{\partial L}{\partial o}, V\right)",
            r"\frac{\partial L}{\partial h} = \text{prod}\left(\frac{\partial L}{\partial o}, W\right)",
        ),
    ),
}  # fmt: skip

NUMBERS: Final[dict[str, Case]] = {
    name: ("", right, (wrong,))
    for name, (right, wrong) in {
        "times a power of ten": (
            r"2.63 \times 10^{-14} = 0.0000000000000263",
            r"2.63 \times 10^{-14} = 0.000000000000263",
        ),
        "exponent": ("1e-9 = 10^{-9}", "1e-9 = 10^{-8}"),
        "capital exponent": ("1.5E3 = 1500", "1.5E3 = 150"),
        "fraction": (r"\frac{3}{4} + \frac14 = 1", r"\frac34 + \frac14 = 2"),
        "per cent": (r"75\% = \frac34", r"75\% = 75"),
        "thousands": ("200 (200 + 1404) = 320,800", "200 (200 + 1404) = 320,801"),
        "thousands in TeX": (r"320 \cdot 1000 = 320{,}000", r"320 \cdot 1000 = 320{,}001"),
        "thousands with a space": (r"2 \cdot 500 = 1\,000", r"2 \cdot 500 = 1\,001"),
        "bold": (r"2 \cdot 1049600 = \mathbf{2,099,200}", r"2 \cdot 1049600 = \mathbf{2,099,201}"),
        "boxed": (r"2 \cdot 3 = \boxed{\mathbf{6}}", r"2 \cdot 3 = \boxed{\mathbf{7}}"),
        "power": ("0.9^{3} = 0.729", "0.9^{3} = 0.74"),
        "value of a function": (r"\sigma(0) = 0.5", r"\sigma(0) = 0.6"),
    }.items()
}

TWO_BY_TWO: Final = r"""
$$a = \begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}$$
$$c = \left(\begin{array}{rr} 0 & 1 \\ 1 & 0 \end{array}\right)$$
$$w = \begin{bmatrix} 1 & 2 \end{bmatrix}$$
$$v = \begin{pmatrix} 3 \\ 4 \end{pmatrix}$$
$$R = \begin{bmatrix} p & -q \\ q & p \end{bmatrix}$$
"""
INDEXED: Final = (
    r"$A \in \mathbb{R}^{m \times n}$, $x \in \mathbb{R}^n$, $b \in \mathbb{R}^m$"
    + r"""
$$y = A x + b$$
$$r = \mathrm{ReLU}(y)$$
$$w = x$$
"""
)

SUMS: Final[dict[str, Case]] = {
    "both bounds": (
        LOSSES,
        r"\frac{\partial L}{\partial W} = \sum_{t=1}^{T} \frac{\partial L_t}{\partial W}",
        (r"\frac{\partial L}{\partial W} = \sum_{t=1}^{T-1} \frac{\partial L_t}{\partial W}",),
    ),
    "no bounds": (
        LOSSES,
        r"\frac{\partial L}{\partial W} = \sum_t \frac{\partial L_t}{\partial W}",
        (r"\frac{\partial L}{\partial W} = 2\sum_t \frac{\partial L_t}{\partial W}",),
    ),
    "limits above and below": (
        LOSSES,
        r"\frac{\partial L}{\partial W} = \sum\limits_{t=1}^{T} \frac{\partial L_t}{\partial W}",
        (r"\frac{\partial L}{\partial W} = \sum\limits_{t=2}^{T} \frac{\partial L_t}{\partial W}",),
    ),
    "no equals sign": (INDEXED, r"\sum_i^n x_i = \mathbf 1^T x", (r"\sum_i^n x_i = 2 \cdot \mathbf 1^T x",)),
    "downwards to one": (
        RECURRENT, r"\sum_{i=t}^{1} h_i = \sum_{i=1}^{t} h_i", (r"\sum_{i=t}^{1} h_i = \sum_{i=2}^{t} h_i",)
    ),
    "an index left out": (
        INDEXED,
        r"\sum_{j\neq i} x_j = \sum_j x_j - x_i",
        (r"\sum_{j\neq i} x_j = \sum_j x_j", r"\sum_{j\neq i} x_j = \sum_j x_j + x_i"),
    ),
    "an index left out in a stack": (
        RECURRENT,
        r"\sum_{\substack{k=1 \\ k \neq 2}}^{3} h_k = h_1 + h_3",
        (r"\sum_{\substack{k=1 \\ k \neq 2}}^{3} h_k = h_1 + h_2 + h_3",),
    ),
    "chain of inequalities": (
        RECURRENT, r"\sum_{1 \le k < t} h_k = \sum_{k=1}^{t-1} h_k", (r"\sum_{1 \le k < t} h_k = \sum_{k=1}^{t} h_k",)
    ),
    "in brackets": (
        VECTORS, r"\sum_j (x_j - y_j) = \sum_j x_j - \sum_j y_j", (r"\sum_j (x_j - y_j) = \sum_j x_j + \sum_j y_j",)
    ),
    "one after the other": (
        VECTORS, r"\sum_j x_j + \sum_j y_j = \sum_j (x_j + y_j)", (r"\sum_j x_j + \sum_j y_j = \sum_j (x_j - y_j)",)
    ),
    "several indices": (
        INDEXED, r"\sum_{i,j} A_{ij} x_j = \sum_i \sum_j A_{ij} x_j", (r"\sum_{i,j} A_{ij} x_j = \sum_j A_{ij} x_j",)
    ),
}  # fmt: skip

PRODUCTS: Final[dict[str, Case]] = {
    "upwards": (
        RECURRENT,
        r"\frac{\partial h_T}{\partial h_i} = \prod_{k=i}^{T-1} \frac{\partial h_{k+1}}{\partial h_k}",
        (r"\frac{\partial h_T}{\partial h_i} = \prod_{k=i}^{T} \frac{\partial h_{k+1}}{\partial h_k}",),
    ),
    "downwards": (
        RECURRENT,
        r"\frac{\partial h_T}{\partial h_i} = \prod_{k=T}^{i+1} \frac{\partial h_k}{\partial h_{k-1}}",
        (r"\frac{\partial h_T}{\partial h_i} = \prod_{k=T}^{i} \frac{\partial h_k}{\partial h_{k-1}}",),
    ),
    "inequalities": (
        RECURRENT,
        r"\frac{\partial h_t}{\partial h_k} = \prod_{t \geq i > k} \frac{\partial h_i}{\partial h_{i-1}}",
        (r"\frac{\partial h_t}{\partial h_k} = \prod_{t \geq i \geq k} \frac{\partial h_i}{\partial h_{i-1}}",),
    ),
    "downwards, later factor left": (
        RECURRENT,
        r"\prod_{k=t}^{1} W \mathrm{diag}(h_k) = W \mathrm{diag}(h_t) \prod_{k=t-1}^{1} W \mathrm{diag}(h_k)",
        (r"\prod_{k=t}^{1} W \mathrm{diag}(h_k) = \mathrm{diag}(h_t) W \prod_{k=t-1}^{1} W \mathrm{diag}(h_k)",),
    ),
    "empty": (
        RECURRENT,
        r"\prod_{k=t+1}^{t} \frac{\partial h_k}{\partial h_{k-1}} = I",
        (
            r"\prod_{k=t+1}^{t} \frac{\partial h_k}{\partial h_{k-1}} = 0",
            r"\prod_{k=t}^{t} \frac{\partial h_k}{\partial h_{k-1}} = I",
        ),
    ),
}

UNITS: Final[dict[str, Case]] = {
    **{
        f"{name} is the identity": (
            INDEXED, rf"\frac{{\partial w}}{{\partial x}} = {name}", (rf"\frac{{\partial w}}{{\partial x}} = 2 {name}",)
        )
        for name in (
            "I", r"\mathbf I", r"\mathbb I", r"\mathbb 1", r"\mathds{1}^{n\times n}", "I_n", r"\mathbf{I}_{n \times n}"
        )
    },
    **{
        f"{name} is of another size": (INDEXED, "I x = x", (f"{name} x = x",))
        for name in ("I_m", r"I_{m \times m}", r"\mathds{1}^{m\times m}", r"I_{n \times m}")
    },
    **{
        f"{name} is Kronecker's": (
            INDEXED,
            rf"\frac{{\partial w_i}}{{\partial x_j}} = {name}",
            (
                rf"\frac{{\partial w_i}}{{\partial x_j}} = 2 {name}",
                rf"\frac{{\partial w_i}}{{\partial x_j}} = 1 - {name}",
            ),
        )
        for name in (
            r"\delta_{ij}", r"\delta^i_j", r"\delta_j^i", r"\mathbf 1_{i=j}", r"\mathbb 1_{\{i=j\}}", r"\mathbb 1[i=j]",
            "[i=j]", "1_{i=j}", r"\mathds{1}\{i=j\}", r"\mathbb I(i=j)",
        )
    },
    "not equal": (
        INDEXED,
        r"\frac{\partial w_i}{\partial x_j} = 1 - [i \neq j]",
        (r"\frac{\partial w_i}{\partial x_j} = [i \neq j]",),
    ),
    "indicator of components": (
        INDEXED,
        r"\frac{\partial r_i}{\partial x_j} = [y_i > 0] A_{ij}",
        (r"\frac{\partial r_i}{\partial x_j} = [y_i < 0] A_{ij}",),
    ),
    "indicator of columns": (
        INDEXED,
        r"\frac{\partial r}{\partial y} = \mathrm{diag}(\mathbf 1_{y > 0})",
        (r"\frac{\partial r}{\partial y} = \mathrm{diag}(\mathbf 1_{y < 0})",),
    ),
    "column of ones": (INDEXED, r"x^T \mathbf 1 = \sum_i x_i", (r"x^T \mathbf 1 = 2\sum_i x_i",)),
    "column of ones of a size": (INDEXED, r"\mathbf 1_n^T x = \sum_i x_i", (r"\mathbf 1_m^T x = \sum_i x_i",)),
    "matrix of ones": (
        INDEXED, r"\mathbf 1 \mathbf 1^T x = (\mathbf 1^T x) \mathbf 1", (r"\mathbf 1 \mathbf 1^T x = x",)
    ),
    "number of ones": (INDEXED, r"\mathbf 1^T \mathbf 1 = n", (r"\mathbf 1^T \mathbf 1 = n + 1",)),
}  # fmt: skip

BLOCKS: Final = r"$A, B, C, D \in \mathbb{R}^{m\times n}$, $x, y \in \mathbb{R}^n$" + "\n"

MATRICES: Final[dict[str, Case]] = {
    "product": (
        TWO_BY_TWO,
        r"a c = \begin{pmatrix} 2 & 1 \\ 4 & 3 \end{pmatrix}",
        (
            r"a c = \begin{pmatrix} 2 & 1 \\ 4 & 4 \end{pmatrix}",
            r"a c = \begin{pmatrix} 2 & 1 & 0 \\ 4 & 3 & 0 \end{pmatrix}",
            r"a c = \begin{pmatrix} 2 & 1 \\ 4 \end{pmatrix}",
        ),
    ),
    "elementwise": (
        TWO_BY_TWO,
        r"a \odot c = \begin{Bmatrix} 0 & 2 \\ 3 & 0 \end{Bmatrix}",
        (r"a \odot c = \begin{Bmatrix} 0 & 2 \\ 4 & 0 \end{Bmatrix}",),
    ),
    "of a column": (
        TWO_BY_TWO,
        r"a v = \left[\begin{matrix} 11 \\ 25 \end{matrix}\right]",
        (r"a v = \left[\begin{matrix} 11 \\ 26 \end{matrix}\right]",),
    ),
    "as a list": (TWO_BY_TWO, "a v = [11, 25]^T", ("a v = [11, 26]^T", "a v = [25, 11]^T")),
    "row times column": (TWO_BY_TWO, "w v = 11", ("w v = 12",)),
    "column times row": (
        TWO_BY_TWO,
        r"v w = \begin{bmatrix} 3 & 6 \\ 4 & 8 \end{bmatrix}",
        (r"v w = \begin{bmatrix} 3 & 4 \\ 6 & 8 \end{bmatrix}",),
    ),
    "inverse of numbers": (
        TWO_BY_TWO,
        r"a^{-1} = \begin{bmatrix} -2 & 1 \\ 3/2 & -1/2 \end{bmatrix}",
        (r"a^{-1} = \begin{bmatrix} 1 & 1/2 \\ 1/3 & 1/4 \end{bmatrix}",),
    ),
    "vmatrix": (
        TWO_BY_TWO,
        r"\begin{vmatrix} 1 & 2 \\ 3 & 4 \end{vmatrix} = \det(a)",
        (r"\begin{vmatrix} 1 & 2 \\ 3 & 5 \end{vmatrix} = \det(a)",),
    ),
    "value of a determinant": (TWO_BY_TWO, r"|a| = -2", ("|a| = 2",)),
    "of letters": (TWO_BY_TWO, r"R^T R = (p^2 + q^2) I", (r"R R = (p^2 + q^2) I",)),
    "row of blocks": (
        BLOCKS,
        r"\begin{bmatrix} A & B \end{bmatrix} \begin{bmatrix} x \\ y \end{bmatrix} = A x + B y",
        (r"\begin{bmatrix} A & B \end{bmatrix} \begin{bmatrix} x \\ y \end{bmatrix} = A y + B x",),
    ),
    "blocks": (
        BLOCKS,
        r"\begin{bmatrix} A & B \\ C & D \end{bmatrix} \begin{bmatrix} x \\ y \end{bmatrix}"
        r" = \begin{bmatrix} A x + B y \\ C x + D y \end{bmatrix}",
        (
            r"\begin{bmatrix} A & B \\ C & D \end{bmatrix} \begin{bmatrix} x \\ y \end{bmatrix}"
            r" = \begin{bmatrix} A x + C y \\ B x + D y \end{bmatrix}",
        ),
    ),
    "blocks of zeros": (
        BLOCKS,
        r"\begin{bmatrix} A & 0 \\ 0 & B \end{bmatrix} \begin{bmatrix} x \\ y \end{bmatrix}"
        r" = \begin{bmatrix} A x \\ B y \end{bmatrix}",
        (
            r"\begin{bmatrix} A & 0 \\ 0 & B \end{bmatrix} \begin{bmatrix} x \\ y \end{bmatrix}"
            r" = \begin{bmatrix} A y \\ B x \end{bmatrix}",
        ),
    ),
    "columns side by side": (
        BLOCKS,
        r"A \begin{bmatrix} x & y \end{bmatrix} = \begin{bmatrix} A x & A y \end{bmatrix}",
        (r"A \begin{bmatrix} x & y \end{bmatrix} = \begin{bmatrix} A x & A x \end{bmatrix}",),
    ),
}

CASES: Final = {**SUMS, **PRODUCTS, **UNITS, **MATRICES, **DIVISION, **FUNCTIONS, **ENTRIES, **NUMBERS}

REFUSED: Final[dict[str, tuple[str, str, str]]] = {
    "placeholder": (RECURRENT, r"\frac{\partial h_t}{\partial z_t} = \mathrm{diag}(\tanh'(\cdot))", "placeholder"),
    "placeholder alone": (VECTORS, r"\sigma'(\cdot) = \sigma(\cdot)", "placeholder"),
    "no argument": (VECTORS, r"\sigma() = x", "without its argument"),
    "average": (VECTORS, r"\langle x \rangle = x", "angle brackets"),
    "trace of a product without brackets": (VECTORS, r"\mathrm{tr}\, A B = 1", "still belongs to tr"),
    "downwards between numbers": (RECURRENT, r"h_3 = \sum_{i=3}^{1} h_i", "which is before it"),
    "scope of a sum over time": (LOSSES, r"L = \sum_{t=1}^{T} h_t - y_t", "belongs to the sum"),
    "scope of a sum over entries": (VECTORS, r"u_i = \sum_j x_j - y_j", "belongs to the sum"),
    "sum over a word": (VECTORS, r"\sum_{words} x = x", "an index that is not a letter"),
    "sum over a batch that is none": (VECTORS, r"\sum_{batch} x = x", "no matrix of examples"),
    "sum over a set": (VECTORS, r"\sum_{k \in S} x = x", "kind of limit"),
    "one bound": (RECURRENT, r"h_t = \sum_{k < t} h_k", "kind of limit"),
    "product with a factor left out": (RECURRENT, r"h_t = \prod_{k \neq t} h_k", "values left out"),
    "two upper bounds": (RECURRENT, r"h_t = \sum_{1 \le k \le t}^{T} h_k", "second upper bound"),
    "signs both ways": (RECURRENT, r"h_t = \sum_{1 \le k \ge t} h_k", "opposite ways"),
    "matrix of ones or identity": (INDEXED, r"x = \mathbf{1}_{n \times n} x", "no dimension that would fit"),
    "place of the largest": (VECTORS, r"\operatorname{argmax}_i x_i = 1", "largest entry"),
    "expectation": (VECTORS, r"\mathbb{E}[x] = x", "expectation"),
    "largest of components": (VECTORS, r"\max_i x_i = 1", "subscript on the function"),
    "time of an expression": (RECURRENT, "h_t = (U x)_t", "subscript on something"),
    "ragged matrix": (VECTORS, r"x = \begin{bmatrix} 1 & 2 \\ 3 \end{bmatrix}", "below a row of 2"),
    "matrix with dots": (VECTORS, r"x = \begin{bmatrix} 1 & \cdots & 3 \end{bmatrix}", "ellipsis"),
    "mixed number": ("", r"1\frac{1}{2} = 1.5", "factor or added"),
}


def last(sheet: str, line: str) -> StatementReport:
    return check_sheet(Source("sheet.md", f"{sheet}\n$${line}$$\n")).statements[-1]


@pytest.mark.parametrize("name", CASES)
def test_right(name: str) -> None:
    sheet, right, _ = CASES[name]
    found = last(sheet, right)
    assert found.kind == "claim"
    assert found.verdict in RIGHT, [(step.headline, step.why) for step in found.steps]


@pytest.mark.parametrize(("name", "line"), [(name, line) for name, (_, _, lines) in CASES.items() for line in lines])
def test_near_miss(name: str, line: str) -> None:
    found = last(CASES[name][0], line)
    assert found.verdict not in (*RIGHT, Verdict.GIVEN)


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    sheet, line, reason = REFUSED[name]
    found = last(sheet, line)
    assert found.verdict is Verdict.UNCLEAR
    assert reason in found.steps[0].headline


def test_a_product_on_a_sheet_about_convolutions_is_one() -> None:
    """The shapes of image and filter do not fit a matrix product, and a convolution has another shape."""
    sheet = r"""
The image is convolved with a filter, with zero padding.
$$a = \begin{bmatrix} -1 & -1 \\ 1 & 1 \end{bmatrix}$$
$$W = \begin{bmatrix} 1 & 1 & 1 \\ -1 & -1 & -1 \\ 1 & 1 & 1 \end{bmatrix}$$
$$z = a \times W$$
"""
    assert last(sheet, r"z = \begin{bmatrix} 0 & 2 & 1 \\ 0 & 3 & 3 \end{bmatrix}").verdict is Verdict.WRONG
    assert last(sheet, r"z = \begin{bmatrix} 4 & 4 \\ -4 & -4 \end{bmatrix}").verdict is Verdict.PROVED
    plain = sheet.replace("convolved with a filter, with zero padding", "multiplied")
    assert last(plain, r"a \times W = \begin{bmatrix} 0 & 2 \\ 0 & 3 \end{bmatrix}").verdict is Verdict.WRONG


def test_a_letter_that_is_a_vector_is_no_label() -> None:
    """The y of [i = y] beside a vector y: nothing says what it counts."""
    sheet = CLASSES + "$$L = -y^T \\log p$$\n"
    found = last(sheet, r"\frac{\partial L}{\partial z_i} = p_i - [i = y]")
    assert found.verdict in (Verdict.UNCLEAR, Verdict.UNDECIDED)
