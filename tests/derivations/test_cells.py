"""Cells against torch.nn and against formulas written by hand in torch; lowering and lifting are inverse."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
import torch
from numpy.testing import assert_allclose

from derivations.budget import Budget
from derivations.calculus import gradient
from derivations.cell_forms import with_layer
from derivations.cells import CELLS, LAYERS, at, cell, recurrent, step, unroll
from derivations.errors import UsageError
from derivations.evaluate import Floats, evaluate
from derivations.lowering import Lowering, column, elementwise, lift, matrix
from derivations.normal_form import prove_equal
from derivations.tensors import hadamard, total
from derivations.terms import dimension, var
from derivations.traverse import free_variables, postorder

SIZES = {dimension("n"): 3, dimension("d"): 2, dimension("m"): 2, dimension("p"): 2, dimension("batch"): 4}


def point(terms, seed=0):
    random = np.random.default_rng(seed)
    return {v: random.normal(size=tuple(int(dim.xreplace(SIZES)) for dim in v.shape)) for v in free_variables(terms)}


def values(terms, numbers):
    floats = Floats()
    return evaluate(terms, {v: floats.array(np.asarray(x)) for v, x in numbers.items()}, SIZES, floats)


NN = {
    "rnn": (torch.nn.RNN, ["h"], "h"),
    "lstm": (torch.nn.LSTM, ["i", "f", "g", "o"], "i"),
    "gru": (torch.nn.GRU, ["r", "z", "n"], "r"),
}


@pytest.mark.parametrize("name", sorted(NN))
def test_against_torch_nn(name):
    kind, gates, _ = NN[name]
    unrolled = unroll(cell(name), 3, dimension("batch"))
    numbers = point(unrolled.outputs())
    named = {v.name: torch.tensor(x) for v, x in numbers.items()}
    module = kind(2, 3).double()
    bias = {gate: named[f"b_{gate}"] for gate in gates if f"b_{gate}" in named}
    with torch.no_grad():
        module.weight_ih_l0.copy_(torch.cat([named[f"W_{{x{g}}}"] for g in gates]))
        module.weight_hh_l0.copy_(torch.cat([named[f"W_{{h{g}}}"] for g in gates]))
        module.bias_ih_l0.copy_(torch.cat([bias.get(g, named.get("b_{xn}")) for g in gates]))
        module.bias_hh_l0.zero_()
        if name == "gru":
            module.bias_hh_l0[-3:] = named["b_{hn}"]
    inputs = torch.stack([named[f"x_{t}"].T for t in (1, 2, 3)])
    states = tuple(named[at(before, 0)].T[None] for before, _ in cell(name).states)
    expected, _ = module(inputs, states if len(states) > 1 else states[0])
    found = np.stack([x.T for x in values(unrolled.outputs(), numbers)])
    assert_allclose(found, expected.detach().numpy(), rtol=1e-12, atol=1e-14)


def torch_outputs(module, weights, numbers, states):
    """What a torch module gives with these weights, outputs (rows, batch) a step, for inputs x_1, x_2, x_3."""
    named = {v.name: torch.tensor(x) for v, x in numbers.items()}
    module = module.double()
    with torch.no_grad():
        for name, parts in weights.items():
            parts = [named[p] if isinstance(p, str) else p for p in parts]
            getattr(module, name).copy_(torch.cat(parts))
        first = [torch.stack([named[at(before, 0)].T for before in layer]) for layer in states]
        inputs = torch.stack([named[f"x_{t}"].T for t in (1, 2, 3)])
        return module(inputs, tuple(first) if len(first) > 1 else first[0])[0].numpy()


def agree(name, module, weights, states):
    unrolled = unroll(cell(name), 3, dimension("batch"))
    numbers = point(unrolled.outputs())
    found = np.stack([x.T for x in values(unrolled.outputs(), numbers)])
    return np.allclose(found, torch_outputs(module, weights, numbers, states), rtol=1e-12, atol=1e-14)


def with_gates(pattern, gates):
    return [pattern.format(gate) for gate in gates]


def test_a_projection_is_that_of_torch():
    weights = {
        "weight_ih_l0": with_gates("W_{{x{}}}", "ifgo"),
        "weight_hh_l0": with_gates("W_{{h{}}}", "ifgo"),
        "bias_ih_l0": with_gates("b_{}", "ifgo"),
        "bias_hh_l0": [torch.zeros(12)],
        "weight_hr_l0": ["W_{hr}"],
    }
    states = [["h_{t-1}"], ["c_{t-1}"]]
    assert agree("lstm-projection", torch.nn.LSTM(2, 3, proj_size=2), weights, states)
    planted = {**weights, "weight_hh_l0": with_gates("W_{{h{}}}", "figo")}
    assert not agree("lstm-projection", torch.nn.LSTM(2, 3, proj_size=2), planted, states)


def test_the_gru_of_keras_is_that_of_torch_with_its_gates_in_another_order():
    weights = {
        "weight_ih_l0": with_gates("W_{{{}}}", "rzh"),
        "weight_hh_l0": with_gates("U_{{{}}}", "rzh"),
        "bias_ih_l0": with_gates("b_{{x{}}}", "rzh"),
        "bias_hh_l0": with_gates("b_{{h{}}}", "rzh"),
    }
    assert agree("gru-keras", torch.nn.GRU(2, 3), weights, [["h_{t-1}"]])
    planted = {**weights, "weight_hh_l0": with_gates("U_{{{}}}", "zrh")}
    assert not agree("gru-keras", torch.nn.GRU(2, 3), planted, [["h_{t-1}"]])


LAYERED = {"rnn": ("h", "b_h"), "lstm": ("ifgo", "b_{}"), "gru": ("rzn", "b_{}")}


@pytest.mark.parametrize("name", sorted(LAYERED))
def test_two_layers_are_those_of_torch(name):
    gates, _ = LAYERED[name]
    weights = {}
    for layer in (1, 2):
        own = "^{{(" + str(layer) + ")}}"
        at_layer = f"l{layer - 1}"
        weights[f"weight_ih_{at_layer}"] = with_gates("W_{{x{}}}" + own, gates)
        weights[f"weight_hh_{at_layer}"] = with_gates("W_{{h{}}}" + own, gates)
        biases = with_gates("b_{}" + own, gates.replace("n", ""))
        weights[f"bias_ih_{at_layer}"] = biases + with_gates("b_{{x{}}}" + own, "n" * (name == "gru"))
        weights[f"bias_hh_{at_layer}"] = [torch.zeros(3 * len(gates))]
        if name == "gru":
            weights[f"bias_hh_{at_layer}"] = [torch.zeros(6), *with_gates("b_{{h{}}}" + own, "n")]
    kinds = [before for before, _ in cell(name).states]
    states = [[with_layer(before, layer) for layer in (1, 2)] for before in kinds]
    module = getattr(torch.nn, name.upper())(2, 3, num_layers=2)
    assert agree(f"stacked-{name}", module, weights, states)
    assert not agree(f"stacked-{name}", module, weights, [layers[::-1] for layers in states])


def test_layers_without_memory_are_those_of_torch():
    numbers = np.random.default_rng(0)
    for name, module in (("dense", torch.nn.Linear(2, 3)), ("softmax-output", torch.nn.Linear(3, 2))):
        module = module.double()
        layer = cell(name)
        given = {p: var(p, *shape) for p, shape in layer.parameters}
        given |= {x: var(x, *layer.input_shape(x)) for x in layer.inputs}
        column_of = numbers.normal(size=module.in_features)
        at_point = {v.name: module.weight if v.rank == 2 else module.bias for v in given.values()}
        at_point[layer.inputs[0]] = torch.tensor(column_of)
        expected = module(torch.tensor(column_of))
        expected = torch.softmax(expected, 0) if name == "softmax-output" else expected
        found = values([step(layer, given)[layer.output]], {v: at_point[v.name].detach() for v in given.values()})[0]
        assert_allclose(found, expected.detach().numpy(), rtol=1e-12)
        assert not np.allclose(found, module(torch.tensor(column_of[::-1].copy())).detach().numpy())


def test_a_one_hot_word_picks_its_row():
    layer = cell("embedding")
    matrix_e, word = var("E", "V", "D"), var("x", "V")
    table, size = np.arange(12.0).reshape(4, 3), {dimension("V"): 4, dimension("D"): 3}
    floats = Floats()
    given = {matrix_e: floats.array(table), word: floats.array(np.eye(4)[2])}
    (found,) = evaluate([step(layer, {"E": matrix_e, "x": word})["e"]], given, size, floats)
    assert_allclose(found, table[2])


def test_a_bidirectional_layer_is_shown_but_not_run():
    both = cell("bidirectional-rnn")
    assert both.states[1] == (r"\overleftarrow{h}_{t+1}", r"\overleftarrow{h}_t")
    with pytest.raises(UsageError, match="derive rnn for either direction"):
        recurrent("bidirectional-rnn")
    assert recurrent("lstm") is cell("lstm")


def test_phased_lstm_gate_by_pieces():
    phased = cell("phased-lstm")
    given = {name: var(name, *shape) for name, shape in phased.parameters}
    given |= {"x_t": var("x_t", "d"), "t": var("t"), "h_{t-1}": var("h_{t-1}", "n"), "c_{t-1}": var("c_{t-1}", "n")}
    found = step(phased, given)
    numbers = point([found["h_t"]])
    named = {v.name: v for v in numbers}
    numbers[named[r"\tau"]] = np.array([2.0, 3.0, 5.0])
    numbers[named["s"]] = np.array([0.25, 0.5, 1.0])
    numbers[named["r_{on}"]] = np.array([0.5, 0.5, 0.5])
    numbers[named[r"\alpha"]] = np.array(0.001)
    for time in (0.4, 0.9, 1.3, 2.9, 3.1, 7.7):
        numbers[named["t"]] = np.array(time)
        phase = np.mod(time - numbers[named["s"]], numbers[named[r"\tau"]]) / numbers[named[r"\tau"]]
        gate = np.where(phase < 0.25, phase / 0.25, np.where(phase < 0.5, 2 - phase / 0.25, 0.001 * phase))
        assert_allclose(values([found["k_t"]], numbers)[0], gate, rtol=1e-12)


@pytest.mark.parametrize("name", sorted(CELLS))
def test_batches_are_samples_side_by_side(name):
    single, many = unroll(cell(name), 2), unroll(cell(name), 2, dimension("batch"))
    numbers = point(many.outputs())
    together = values(many.outputs(), numbers)
    by_name = {v.name: x for v, x in numbers.items()}
    shared = {parameter for parameter, _ in cell(name).parameters}
    for sample in range(4):
        own = {
            v: x if v.name in shared else x[..., sample]
            for v in free_variables(single.outputs())
            for x in [by_name[v.name]]
        }
        for a, b in zip(values(single.outputs(), own), together, strict=True):
            assert_allclose(a, b[..., sample], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("name", sorted([*CELLS, *LAYERS]))
def test_every_cell_says_what_it_is(name):
    found = cell(name)
    assert found.title
    assert found.source
    assert found.parameters
    defined = {left for left, _ in found.equations}
    assert {after for _, after in found.states} <= defined


@pytest.mark.parametrize("name", sorted(CELLS))
def test_lifted_gradients_lower_to_themselves(name):
    unrolled = unroll(cell(name), 1)
    cotangent = var("g", *unrolled.outputs()[-1].shape)
    by = list(unrolled.parameters.values())
    for term in gradient(total(hadamard(cotangent, unrolled.outputs()[-1])), by):
        known = {v.name: v for v in free_variables([term])}
        back = Lowering(known).term(lift(term))
        assert back.shape == term.shape
        assert back is term or prove_equal(back, term, Budget()) is not None


def test_unrolling_shares_what_it_can():
    counts = [len(list(postorder(unroll(cell("lstm"), steps).outputs()))) for steps in (4, 8, 16)]
    assert counts[2] - counts[1] == 2 * (counts[1] - counts[0])


def test_bad_calls_say_what_there_is():
    with pytest.raises(UsageError, match=r"did you mean lstm or .*there are rnn"):
        cell("lstn")
    with pytest.raises(UsageError, match=r"did you mean phased-lstm\?"):
        cell("phased")
    with pytest.raises(UsageError, match="no cell qqq; there are rnn"):
        cell("qqq")
    with pytest.raises(UsageError, match="at least one step"):
        unroll(cell("rnn"), 0)
    with pytest.raises(UsageError, match="no value is given for b"):
        Lowering({}).term(column("b", "n"))
    with pytest.raises(UsageError, match="has no form as a term"):
        Lowering({}).term(sympy.Determinant(matrix("A", "n", "n")))


def test_a_planted_error_in_a_cell_is_seen():
    """The comparison with torch.nn notices σ in place of tanh."""
    right = cell("rnn")
    wrong = elementwise("sigma", right.equations[0][1].expr)
    values_right = point(
        [
            step(
                right,
                {
                    **{k: var(k, *s) for k, s in right.parameters},
                    "x_t": var("x_t", "d"),
                    "h_{t-1}": var("h_{t-1}", "n"),
                },
            )["h_t"]
        ]
    )
    names = {v.name: v for v in values_right}
    a, b = values([Lowering(names).term(right.equations[0][1]), Lowering(names).term(wrong)], values_right)
    assert not np.allclose(a, b)
