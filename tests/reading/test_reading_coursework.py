"""Formulas from real coursework, retyped: each becomes the statements that its author meant, slips included."""

from __future__ import annotations

from reading_trees import sentence

from derivations.reading.places import Source
from derivations.reading.statements import read_markdown

SHEET = r"""
$$\begin{split} \tilde{c}^{< t>} &= \tanh(W_c \times [a^{< t-1>}, x^{< t>}] + b_c) \\ \Gamma_u &= \sigma(W_u \times [a^{< t-1>}, x^{< t>}] + b_u) \\ c^{< t>} &= \Gamma_u * \tilde{c}^{< t>} + \Gamma_f * c^{< t-1>} \\ a^{< t>} &= \Gamma_o * \tanh(c^{< t>}) \end{split}$$

Here $W_a$ is short for $[W_{aa}; W_{ax}] \rightarrow DIM\{W_a\} = (n, n+d) \underbrace{= n^2 + nd}_{\#parameters}$

$$DIM\{[a^{< t-1>}, x^{< t>}]\} = (n+d, 1) \Rightarrow DIM\{\tilde{c}^{< t>}, \Gamma_{u,f,o}\} = (n, 1)$$

$$\rightarrow DIM\{b\} = (n, 1) \underbrace{= n}_{\#parameters}$$

$$4 \cdot (W_a + b) = \boxed{4 \cdot (n^2 + nd + n)}$$

so  $n = d = 200 \Rightarrow 320,800 \# parameters$

$$g_{t} = \tanh(W_{xg}^{T} \cdot x_{t} + W_{hg}^{T} \cdot (r_{t} \otimes h_{t-1}) + b_{g}) = \tanh(\widetilde{g_{t}})$$

$$h_{t} = z_{t} \otimes h_{t-1} + (1 - z_{t}) \otimes g_{t}$$

$$and \ \sigma(x) = \frac{1}{1 + e^{-x}}$$

$$\to \frac{\partial \sigma}{\partial x} = \frac{e^{-x}}{(1 + e^{-x})^{2}} \equiv \frac{1}{1 + e^{-x}} - \frac{1}{(1 + e^{-x})^{2}}$$

$$\Rightarrow \frac{\partial \sigma}{\partial x} = \sigma(x)(1 - \sigma^{2}(x))$$
a)
$$\frac{\partial \epsilon_{2}}{\partial W_{xz}} = \frac{\partial \epsilon_{2}}{\partial h_{2}} \frac{\partial h_{2}}{\partial z_{2}} = \frac{\partial \epsilon_{2}}{\partial h_{2}} (h_{1} - g_{2}) \cdot \sigma(\widetilde{z_{2}})(1 - \sigma(\widetilde{z_{2}})^{2}) \cdot x_{2}$$

$$where \ \widetilde{z_{2}} = W_{xz}^{T} \cdot x_{2} + b_{z}$$
f)
$$\frac{\partial \epsilon_{2}}{\partial h_{2}} \frac{\partial h_{2}}{\partial g_{2}} \frac{\partial h_{2}}{\partial r_{2}} = \frac{\partial \epsilon_{2}}{\partial h_{2}} (1 - z_{2})(1 - \tanh^{2}(\widetilde{g_{2}}))(W_{hg}^{T} \cdot h_{1}) \cdot h_{1}$$

$$\begin{aligned}\mathcal{L}^{(T)} &= - \sum_{k=1}^K \mathbf{y}_k^{(T)} \log \hat{\mathbf{y}}_k^{(T)} \\ \Rightarrow \frac{\partial \mathcal{L}^{(T)}}{\partial \mathbf{W}_{ph}} &= \frac{\partial \mathcal{L}^{(T)}}{\partial \hat{\mathbf{y}}^{(T)}} \cdot \frac{\partial \mathbf{p}^{(T)}}{\partial \mathbf{W}_{ph}}\end{aligned}$$

$$\begin{aligned}\frac{\partial \mathbf{h}^{(T)}}{\partial \mathbf{h}^{(i)}} &= \frac{\partial \mathbf{h}^{(T)}}{\partial \mathbf{h}^{(T-1)}} \cdots \frac{\partial \mathbf{h}^{(i+1)}}{\partial \mathbf{h}^{(i)}} \\ &= \prod_{k=i}^{T-1} \frac{\partial \mathbf{h}^{(k+1)}}{\partial \mathbf{h}^{(k)}} \\ \Rightarrow L &= \left(\prod_{k=i}^{T-1} \frac{\partial \mathbf{h}^{(k+1)}}{\partial \mathbf{h}^{(k)}} \right) \cdot x\end{aligned}$

A line of text.

$$\begin{aligned}
 &= 4 \cdot n \cdot d + 4 \cdot n \\
 &= 4n(d + n + 1)
 \end{aligned}$$

$$\text{Where } z_t = \sigma(x_t U_r + b_z) \text{ and } \tilde{h} = \tanh(x_t U_t + (h_{t-1} \odot r_t) W_h)$$

$$\delta C_t = \frac{\partial E}{\partial C_t}.$$

Total = $4 (d * n + n * n + n)$ and $32 * 256 + 256 = 8448$
"""  # noqa: E501

EXPECTED = [
    "c.tilde@t = tanh((add +(mul W_{c} times cat[a@t-1, x@t]) +b_{c}))",
    "Gamma_{u} = sigma((add +(mul W_{u} times cat[a@t-1, x@t]) +b_{u}))",
    "c@t = (add +(mul Gamma_{u} * c.tilde@t) +(mul Gamma_{f} * c@t-1))",
    "a@t = (mul Gamma_{o} * tanh(c@t))",
    "W_{a}",
    "<for> cat[W_{aa}, W_{ax}]",
    "<implies> => dim(W_{a}) = tup(n, (add +n +d)) = (add +(pow n 2) +(mul n · d)) ##parameters",
    "dim(cat[a@t-1, x@t]) = tup((add +n +d), 1)",
    "<implies> => dim(c.tilde@t, Gamma_{u,f,o}) = tup(n, 1)",
    "<implies> => dim(b) = tup(n, 1) = n ##parameters",
    "(mul 4 cdot [(add +W_{a} +b)]) = (mul 4 cdot [(add +(pow n 2) +(mul n · d) +n)])",
    "<so> n = d = 200",
    "<implies> => 320800 ## parameters",
    "g@t = tanh((add +(mul W_{xg}^T cdot x@t) +(mul W_{hg}^T cdot [(mul r@t otimes h@t-1)]) +b_{g})) = tanh(g.tilde@t)",
    "h@t = (add +(mul z@t otimes h@t-1) +(mul [(add +1 -z@t)] otimes g@t))",
    "<and> sigma(x) = (div 1 (add +1 +exp((neg x))))",
    "<implies> => D[partial fn:sigma / x] = (div exp((neg x)) (pow [(add +1 +exp((neg x)))] 2))"
    " = (add +(div 1 (add +1 +exp((neg x)))) -(div 1 (pow [(add +1 +exp((neg x)))] 2)))",
    "<implies> => D[partial fn:sigma / x] = (mul sigma(x) · [(add +1 -sigma^2(x))])",
    "D[partial epsilon_{2} / W_{xz}] = (mul D[partial epsilon_{2} / h_{2}] · D[partial h_{2} / z_{2}])"
    " = (mul D[partial epsilon_{2} / h_{2}] · [(add +h_{1} -g_{2})] cdot sigma(z.tilde_{2})"
    " · [(add +1 -(pow sigma(z.tilde_{2}) 2))] cdot x_{2})",
    "<where> z.tilde_{2} = (add +(mul W_{xz}^T cdot x_{2}) +b_{z})",
    "(mul D[partial epsilon_{2} / h_{2}] · D[partial h_{2} / g_{2}] · D[partial h_{2} / r_{2}])"
    " = (mul D[partial epsilon_{2} / h_{2}] · [(add +1 -z_{2})] · [(add +1 -tanh^2(g.tilde_{2}))]"
    " · [(mul W_{hg}^T cdot h_{1})] cdot h_{1})",
    "L@T = (neg (sum k 1 K (mul y_{k}@T · log(y.hat_{k}@T))))",
    "<implies> => D[partial L@T / W_{ph}] = (mul D[partial L@T / y.hat@T] cdot D[partial p@T / W_{ph}])",
    "D[partial h@T / h@i] = (prod k i (add +T -1) D[partial h@k+1 / h@k])"
    " = (prod k i (add +T -1) D[partial h@k+1 / h@k])",
    "<implies> => L = (mul [(prod k i (add +T -1) D[partial h@k+1 / h@k])] cdot x)",
    "<=> (add +(mul 4 cdot n cdot d) +(mul 4 cdot n)) = (mul 4 · n · [(add +d +n +1)])",
    "<where> z@t = sigma((add +(mul x@t · U_{r}) +b_{z}))",
    "<and> h.tilde = tanh((add +(mul x@t · U@t) +(mul [(mul h@t-1 odot r@t)] · W_{h})))",
    "(mul delta · C@t) = D[partial E / C@t]",
    "(mul 4 · [(add +(mul d * n) +(mul n * n) +n)])",
    "<and> (add +(mul 32 * 256) +256) = 8448",
]


def test_coursework() -> None:
    assert [sentence(found) for found in read_markdown(Source("sheet.md", SHEET))] == EXPECTED


def test_coursework_with_carriage_returns() -> None:
    found = read_markdown(Source("sheet.md", SHEET.replace("\n", "\r\n")))
    assert [sentence(item) for item in found] == EXPECTED
