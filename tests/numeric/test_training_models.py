"""The networks: own layers against the project's equations and torch.nn, initialisations, dropout, palindromes."""

from __future__ import annotations

import pytest
import torch

from derivations.cells import cell
from derivations.errors import UsageError
from numeric.equations import step
from numeric.training.config import Config, configs, label, read_value, telling, varied
from numeric.training.models import Recurrent, Sizes
from numeric.training.recurrent import LEAK, BatchNormLSTM, PhasedLSTM
from numeric.training.tasks.palindromes import palindromes
from numeric.training.tasks.rows import settled

D, N, B, T = 3, 5, 4, 7


def _by_equations(layer: PhasedLSTM, x: torch.Tensor, times: torch.Tensor) -> torch.Tensor:
    """The outputs as the equations of the table of cells give them, columns being examples."""
    values = {r"\tau": layer.period, "s": layer.shift, "r_{on}": layer.ratio}
    for place, gate in enumerate("ifgo"):
        values[f"W_{{x{gate}}}"] = layer.weight_ih_l0.chunk(4)[place]
        values[f"W_{{h{gate}}}"] = layer.weight_hh_l0.chunk(4)[place]
        values[f"b_{gate}"] = layer.bias_l0.chunk(4)[place]
    states = {"h_{t-1}": x.new_zeros(N, B), "c_{t-1}": x.new_zeros(N, B)}
    outputs = []
    for one, time in zip(x, times, strict=True):
        known = step(
            cell("phased-lstm"),
            {**values, **states, "x_t": one.T, "t": time, r"\alpha": torch.tensor(LEAK, dtype=x.dtype)},
        )
        states = {"h_{t-1}": known["h_t"], "c_{t-1}": known["c_t"]}
        outputs.append(known["h_t"].T)
    return torch.stack(outputs)


def test_the_phased_lstm_follows_the_equations_of_the_table() -> None:
    torch.manual_seed(1)
    layer = PhasedLSTM(D, N, 2.0, 9.0, ratio=0.3).double()
    x, times = torch.randn(T, B, D).double(), (torch.rand(T, B) * 20).double().sort(0).values
    wanted = _by_equations(layer, x, times)
    assert torch.allclose(layer(x, None, times)[0], wanted, atol=1e-12)
    with torch.no_grad():
        layer.shift += 0.1
    assert not torch.allclose(layer(x, None, times)[0], wanted, atol=1e-6)


def test_the_open_share_of_a_phased_lstm_is_learnt_and_stays_open() -> None:
    torch.manual_seed(7)
    layer = PhasedLSTM(D, N, 2.0, 9.0, ratio=0.3)
    times = torch.linspace(0, 30, 301)
    before = layer.openness(times, 0.0)
    before.sum().backward()
    assert layer.ratio.grad is not None
    assert (layer.ratio.grad > 0).all()
    with torch.no_grad():
        layer.ratio.neg_()
    assert torch.equal(layer.openness(times, 0.0), before)


def test_batch_norm_that_does_nothing_leaves_the_lstm_of_torch() -> None:
    torch.manual_seed(2)
    layer, reference = BatchNormLSTM(D, N, T).double().eval(), torch.nn.LSTM(D, N).double()
    with torch.no_grad():
        for norm in (layer.norm_x, layer.norm_h, layer.norm_c):
            norm.gain.fill_(1.0)
            norm.variance.fill_(1.0 - 1e-5)
        reference.weight_ih_l0.copy_(layer.weight_ih_l0)
        reference.weight_hh_l0.copy_(layer.weight_hh_l0)
        reference.bias_ih_l0.copy_(layer.bias_l0)
        reference.bias_hh_l0.zero_()
    x = torch.randn(T, B, D).double()
    assert torch.allclose(layer(x, None)[0], reference(x)[0], atol=1e-12)


def test_batch_norm_keeps_statistics_of_every_step() -> None:
    torch.manual_seed(3)
    layer = BatchNormLSTM(D, N, 3)
    layer(torch.randn(T, 64, D) + torch.arange(float(T)).view(T, 1, 1), None)
    means = layer.norm_x.mean.norm(dim=1)
    assert means[0] < means[1] < means[2]


@pytest.mark.parametrize("name", ["rnn", "lstm", "gru", "phased-lstm"])
def test_orthogonal_and_identity_are_so_gate_by_gate(name: str) -> None:
    for kind in ("orthogonal", "identity"):
        network = Recurrent(Config(cell=name, size="2x6", init=kind), Sizes(D, 2, T))
        found = [p for key, p in network.core.named_parameters() if "weight_hh" in key]
        assert len(found) == 2
        for weight in found:
            for block in weight.detach().split(6):
                assert torch.allclose(block @ block.T, torch.eye(6), atol=1e-5)
                assert (kind == "identity") == torch.equal(block, torch.eye(6))


def test_dropout_leaves_the_recurrent_connections_alone() -> None:
    """With dropout, the state still depends on the first input at full weight: Zaremba et al. 2014, figure 2."""
    torch.manual_seed(4)
    network = Recurrent(Config(cell="rnn", size="6", dropout=0.5), Sizes(D, 2, T))
    network.dropout.eval()
    x = torch.randn(T, B, D)
    outputs = [network.outputs(x)[0] for _ in range(2)]
    assert torch.equal(*outputs)
    network.dropout.train()
    assert not torch.equal(network.outputs(x)[0], outputs[0])


def test_palindromes_are_palindromes() -> None:
    for length in (2, 5, 8):
        batch = palindromes(50, length, 1, 2)
        whole = torch.cat([batch.x, batch.y.unsqueeze(0)])
        assert whole.shape == (length, 50)
        assert torch.equal(whole, whole.flip(0))
    assert torch.equal(palindromes(50, 8, 1, 2).x, batch.x)
    assert not torch.equal(palindromes(50, 8, 1, 3).x, batch.x)


def test_a_decision_is_settled_where_it_changes_for_the_last_time() -> None:
    guesses = torch.tensor([[1, 0, 2], [1, 0, 2], [1, 2, 2], [1, 2, 3]])
    assert settled(guesses).tolist() == [1, 3, 4]


def test_plans_make_every_run_once_and_labels_tell_them_apart() -> None:
    found = configs([{"cell": ("rnn", "gru"), "length": (5, 9)}, {"cell": "gru", "length": 9}])
    assert [(c.cell, c.length) for c in found] == [("rnn", 5), ("rnn", 9), ("gru", 5), ("gru", 9)]
    assert label(found[1], varied(found)) == "rnn-length9"
    plans = [{"cell": "rnn", "init": ("default", "orthogonal"), "keep_bias": 0.0}, {"cell": "gru", "keep_bias": 3.0}]
    assert varied(configs(plans)) == ["cell", "init", "keep_bias"]
    assert [label(one, telling(configs(plans))) for one in configs(plans)] == [
        "rnn-default",
        "rnn-orthogonal",
        "gru-default",
    ]


@pytest.mark.parametrize(
    ("name", "value", "told"),
    [
        ("cell", "lstn", "there is no lstn; there are rnn"),
        ("rate", float("nan"), "not a finite number"),
        ("batch", 0, "less than 1"),
        ("size", "3y32", "write 128, or 3x32"),
        ("epochs", 1.5, "not of the kind int"),
    ],
)
def test_settings_that_make_no_sense_are_refused(name: str, value: object, told: str) -> None:
    with pytest.raises(UsageError, match=told):
        configs([{name: value}])


def test_flags_are_read_by_the_kind_of_their_field() -> None:
    assert read_value("rate", "1e-2") == 0.01
    assert read_value("compile", "true") is True
    with pytest.raises(UsageError, match="not a number"):
        read_value("epochs", "ten")


def _after_one_step(name: str, bias: float, state: object) -> torch.Tensor:
    torch.manual_seed(5)
    network = Recurrent(Config(cell=name, size="6", keep_bias=bias), Sizes(D, 2, T)).eval()
    _, after = network.outputs(torch.ones(1, B, D), state)
    if name in ("phased-lstm", "bn-lstm"):
        return after[0][1]
    return after[1][0] if name == "lstm" else after[0]


def test_a_large_keep_bias_keeps_the_state() -> None:
    """z = 1 leaves the state of a GRU as it is; f = 1 in place of f = 0 adds the cell of an LSTM, whatever i is."""
    torch.manual_seed(6)
    cell = torch.randn(B, 6)
    assert torch.allclose(_after_one_step("gru", 90.0, cell[None]), cell)
    assert not torch.allclose(_after_one_step("gru", -90.0, cell[None]), cell, atol=0.1)
    for name, state in (
        ("lstm", (torch.zeros(1, B, 6), cell[None])),
        ("bn-lstm", ((torch.zeros(B, 6), cell),)),
    ):
        kept, lost = (_after_one_step(name, bias, state) for bias in (90.0, -90.0))
        assert torch.allclose(kept - lost, cell, atol=1e-6)
    assert torch.equal(_after_one_step("rnn", 90.0, cell[None]), _after_one_step("rnn", 0.0, cell[None]))
