"""Networks with a loss as trees: equations, and the gradients in the order of a backward pass.

A gradient is a function of the gradients before it, so that a slip in one of these can be carried on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from oracle.corpus import exp, log, outer, over, slope, squared_error, tanh_slope, total
from oracle.trees import Tree, complement, dot, fun, scale, var

Gradients = Mapping[str, Tree]
Gradient = Callable[[Gradients], Tree]


@dataclass
class Network:
    """``equations`` and ``gradients`` by name, in the order of computing; ``classes`` asks for cross-entropy.

    ``written`` are equations that are not written as their trees; ``slopes`` has, for
    a quantity, what stands in its function and the diagonal of the derivative by that.
    """

    classes: bool
    names: dict[str, Tree] = field(default_factory=dict)
    equations: dict[str, Tree] = field(default_factory=dict)
    written: dict[str, str] = field(default_factory=dict)
    gradients: dict[str, Gradient] = field(default_factory=dict)
    slopes: dict[str, tuple[str, Tree]] = field(default_factory=dict)

    def given(self, *names: str, shape: str) -> list[Tree]:
        return [self.names.setdefault(name, var(name, *shape)) for name in names]

    def let(self, name: str, tree: Tree, written: str = "") -> Tree:
        self.equations[name] = tree
        if written:
            self.written[name] = written
        return self.names.setdefault(name, var(name, *tree.shape))

    def activation(self, name: str, function: str, inner: str) -> Tree:
        found = self.let(name, fun(function, self.names[inner]))
        self.slopes[name] = inner, slope(found) if function == "sigma" else tanh_slope(found)
        return found

    def slope_of(self, name: str) -> Tree:
        return self.slopes[name][1]

    def affine(self, name: str, inputs: Mapping[str, str], bias: str) -> Tree:
        """W x + U h + b under a name; ``inputs`` are the weights with what they are multiplied by."""
        parts = [dot(self.names[w], self.names[x]) for w, x in inputs.items()]
        tree = parts[0]
        for part in [*parts[1:], self.names[bias]]:
            tree = tree + part
        return self.let(name, tree)

    def weights(self, name: str, inputs: Mapping[str, str], bias: str) -> None:
        """The gradients by the weights of an affine map."""
        for weight, x in inputs.items():
            self.gradients[weight] = _outer(name, self.names[x])
        self.gradients[bias] = lambda g: g[name]

    def cross_entropy(self, o: str, p: str, y: str, loss: str) -> None:
        """Softmax and cross-entropy, and the gradient by the logits."""
        (target,) = self.given(y, shape="k")
        e = exp(self.names[o])
        probabilities = self.let(p, over(e, total(e)), rf"\mathrm{{softmax}}({o})")
        self.let(loss, scale(-1, total(target * log(probabilities))), rf"- {y}^T \log {p}")
        self.gradients[o] = lambda g: probabilities - target

    def squared_error(self, o: str, y: str, loss: str) -> None:
        """½‖o − y‖², and its gradient."""
        (target,) = self.given(y, shape="k")
        output = self.names[o]
        self.let(loss, squared_error(output, target), rf"\frac{{1}}{{2}} \|{o} - {y}\|^2")
        self.gradients[o] = lambda g: output - target


def _outer(name: str, x: Tree) -> Gradient:
    return lambda g: outer(g[name], x)


def _back(weight: Tree, name: str) -> Gradient:
    return lambda g: dot(weight.T, g[name])


def _through(net: Network, output: str) -> Gradient:
    return lambda g: g[output] * net.slope_of(output)


def _head(net: Network, hidden: str, t: str) -> None:
    """o = V h + q and what comes behind it, with the gradients down to h."""
    net.given("V", shape="kn")
    net.given("q", shape="k")
    o = f"o{t}"
    net.affine(o, {"V": hidden}, "q")
    if net.classes:
        net.cross_entropy(o, rf"\hat y{t}", f"y{t}", f"L{t}")
    else:
        net.squared_error(o, f"y{t}", f"L{t}")
    net.weights(o, {"V": hidden}, "q")
    net.gradients[hidden] = _back(net.names["V"], o)


def mlp(function: str, classes: bool) -> Network:
    net = Network(classes)
    net.given("W", shape="nd")
    net.given("U", shape="nn")
    net.given("b", "a", shape="n")
    net.given("x", shape="d")
    net.affine("z", {"W": "x"}, "b")
    net.activation("h", function, "z")
    net.affine("s", {"U": "h"}, "a")
    net.activation("g", function, "s")
    _head(net, "g", "")
    net.gradients["s"] = _through(net, "g")
    net.weights("s", {"U": "h"}, "a")
    net.gradients["h"] = _back(net.names["U"], "s")
    net.gradients["z"] = _through(net, "h")
    net.weights("z", {"W": "x"}, "b")
    net.gradients["x"] = _back(net.names["W"], "z")
    return net


def _step(classes: bool, *gates: str) -> Network:
    """Inputs of one step, and the weights of some gates."""
    net = Network(classes)
    net.given("x_t", shape="d")
    net.given("h_{t-1}", shape="n")
    for gate in gates:
        net.given(f"W_{gate}", shape="nd")
        net.given(f"U_{gate}", shape="nn")
        net.given(f"b_{gate}", shape="n")
    return net


def _gate(net: Network, gate: str, function: str, state: str = "h_{t-1}") -> dict[str, str]:
    inputs = {f"W_{gate}": "x_t", f"U_{gate}": state}
    net.affine(_inner(gate), inputs, f"b_{gate}")
    net.activation(f"{gate}_t", function, _inner(gate))
    return inputs


def _inner(gate: str) -> str:
    return rf"\tilde {gate}_t"


def _backward_gate(net: Network, gate: str, inputs: Mapping[str, str]) -> None:
    net.gradients[_inner(gate)] = _through(net, f"{gate}_t")
    net.weights(_inner(gate), inputs, f"b_{gate}")


def rnn(function: str, classes: bool) -> Network:
    net = Network(classes)
    net.given("W", shape="nd")
    net.given("U", shape="nn")
    net.given("b", "h_{t-1}", shape="n")
    net.given("x_t", shape="d")
    inputs = {"W": "x_t", "U": "h_{t-1}"}
    net.affine("z_t", inputs, "b")
    net.activation("h_t", function, "z_t")
    _head(net, "h_t", "_t")
    net.gradients["z_t"] = _through(net, "h_t")
    net.weights("z_t", inputs, "b")
    net.gradients["x_t"] = _back(net.names["W"], "z_t")
    return net


def gru(function: str, classes: bool) -> Network:
    net = _step(classes, "z", "r", "g")
    inputs = {gate: _gate(net, gate, "sigma") for gate in "zr"}
    before = net.names["h_{t-1}"]
    net.let("s_t", net.names["r_t"] * before)
    inputs["g"] = _gate(net, "g", function, "s_t")
    update, new = net.names["z_t"], net.names["g_t"]
    net.let("h_t", update * before + complement(update) * new)
    _head(net, "h_t", "_t")
    net.gradients["g_t"] = lambda g: g["h_t"] * complement(update)
    net.gradients["z_t"] = lambda g: g["h_t"] * (before - new)
    for gate in "gz":
        _backward_gate(net, gate, inputs[gate])
    net.gradients["s_t"] = _back(net.names["U_g"], _inner("g"))
    net.gradients["r_t"] = lambda g: g["s_t"] * before
    _backward_gate(net, "r", inputs["r"])
    return net


def lstm(function: str, classes: bool) -> Network:
    net = _step(classes, "f", "i", "j", "g")
    net.given("c_{t-1}", shape="n")
    inputs = {gate: _gate(net, gate, function if gate == "g" else "sigma") for gate in "fijg"}
    forget, entry, exit_, new = (net.names[f"{gate}_t"] for gate in "fijg")
    cell = net.let("c_t", forget * net.names["c_{t-1}"] + entry * new)
    net.let("m_t", fun("tanh", cell))
    net.slopes["m_t"] = "c_t", tanh_slope(net.names["m_t"])
    shown = net.names["m_t"]
    net.let("h_t", exit_ * shown)
    _head(net, "h_t", "_t")
    net.gradients["j_t"] = lambda g: g["h_t"] * shown
    net.gradients["m_t"] = lambda g: g["h_t"] * exit_
    net.gradients["c_t"] = _through(net, "m_t")
    net.gradients["f_t"] = lambda g: g["c_t"] * net.names["c_{t-1}"]
    net.gradients["i_t"] = lambda g: g["c_t"] * new
    net.gradients["g_t"] = lambda g: g["c_t"] * entry
    for gate in "jfig":
        _backward_gate(net, gate, inputs[gate])
    return net


NETWORKS: dict[str, Callable[[str, bool], Network]] = {"MLP": mlp, "RNN": rnn, "GRU": gru, "LSTM": lstm}
