"""The two example sheets: what the coursework question must give, and the same without slips."""

from __future__ import annotations

from pathlib import Path

import pytest

import gradproof
from derivations.report import Report, Step

EXAMPLES = Path(__file__).parent.parent / "examples"


@pytest.fixture(scope="module")
def report() -> Report:
    return gradproof.check(EXAMPLES / "gru.md")


def steps(report: Report, start: str) -> list[Step]:
    """The steps of the statement that starts like this."""
    return next(s for s in report.statements if s.latex.startswith(start)).steps


def of(weight: str) -> str:
    return rf"\frac{{\partial \epsilon_{{2}}}}{{\partial W_{{{weight}}}}}"


def test_definitions_are_given_with_their_shapes(report: Report) -> None:
    shapes = {symbol.name: "×".join(symbol.shape) for symbol in report.symbols}
    for gate in "zrg":
        assert (shapes[f"W_{{x{gate}}}"], shapes[f"W_{{h{gate}}}"], shapes[f"b_{gate}"]) == ("d×n", "n×n", "n")
    definitions = [s for s in report.statements if s.kind == "definition"]
    assert len(definitions) == 5
    assert {s.verdict.value for s in definitions} == {"given"}


def test_the_slope_of_sigma(report: Report) -> None:
    assert [s.verdict.value for s in steps(report, r"\sigma(x) =")] == ["proved"]
    assert [s.verdict.value for s in steps(report, r"\frac{\partial \sigma}{\partial x} = \frac{e")] == ["proved"] * 3
    (slip,) = steps(report, r"\frac{\partial \sigma}{\partial x} = \sigma")
    assert slip.verdict.value == "wrong"
    assert slip.repair is not None
    assert (slip.repair.old, slip.repair.new) == (r"\sigma^{2}(x)", r"\sigma(x)")
    assert slip.counterexample is not None
    assert {slip.counterexample.left, slip.counterexample.right} == {"1/4", "3/8"}


@pytest.mark.parametrize("weight", ["xz", "hz", "xg", "hg", "xr"])
def test_the_chain_rule_is_right_within_the_step(report: Report, weight: str) -> None:
    first = steps(report, of(weight))[0]
    assert first.verdict.value == "proved"
    assert any("within the time step" in reading for reading in first.reading)


@pytest.mark.parametrize("weight", ["xz", "hz"])
def test_the_update_gate_is_wrong_only_through_sigma(report: Report, weight: str) -> None:
    second = steps(report, of(weight))[1]
    assert second.verdict.value == "wrong"
    assert second.follows_from == steps(report, r"\frac{\partial \sigma}{\partial x} = \sigma")[0].line


@pytest.mark.parametrize("weight", ["xg", "hg"])
def test_the_candidate_is_right_as_an_outer_product(report: Report, weight: str) -> None:
    second = steps(report, of(weight))[1]
    assert second.verdict.value == "proved"
    assert any("outer product" in reading for reading in second.reading)


def test_the_reset_gate_is_wrong_by_itself_too(report: Report) -> None:
    second = steps(report, of("xr"))[1]
    assert (second.verdict.value, second.code, second.follows_from) == ("wrong", "scalar-only", None)
    assert "wrong rule for sigma'" in second.why
    assert "only if everything were a scalar" in second.why
    assert second.expected is not None
    assert r"W_{hg} (" in second.expected


def test_the_last_chain_has_a_factor_too_many(report: Report) -> None:
    (step,) = steps(report, r"\frac{\partial \epsilon_{2}}{\partial h_{2}} \frac")
    assert (step.verdict.value, step.code) == ("wrong", "extra-factor")
    assert r"\frac{\partial h_{2}}{\partial r_{2}} does not link" in step.why
    assert "its value is wrong as well" in step.why


def test_where_lines_agree_with_the_definitions_but_one(report: Report) -> None:
    names = (r"\widetilde{z_{2}}", r"\widetilde{g_{2}}", r"\widetilde{r_{2}}")
    lines = [s for s in report.statements if s.latex.startswith(names)]
    assert [s.verdict.value for s in lines] == ["proved", "proved", "proved", "wrong"]
    repair = lines[-1].steps[0].repair
    assert repair is not None
    assert (repair.old, repair.new) == (r"\widetilde{g_{2}}", r"\widetilde{r_{2}}")


def test_autograd_confirms_what_was_derived(report: Report) -> None:
    found = [step.witnesses for s in report.statements for step in s.steps if step.witnesses is not None]
    assert len(found) >= 10
    assert max(w.autograd for w in found) < 1e-10
    assert max(w.finite_differences for w in found) < 1e-5


def test_the_corrected_sheet_is_right_throughout() -> None:
    report = gradproof.check(EXAMPLES / "gru-corrected.md", torch=False)
    assert {s.verdict.value for s in report.statements} == {"given", "proved"}
    assert report.exit_code == 0


def mended(report: Report) -> str:
    """The sheet with every repair pasted in at its place."""
    lines = report.text.split("\n")
    for statement in report.statements:
        for step in statement.steps:
            if step.repair is not None:
                row, at = step.repair.line - 1, step.repair.column - 1
                assert lines[row][at:].startswith(step.repair.old)
                lines[row] = lines[row][:at] + step.repair.new + lines[row][at + len(step.repair.old) :]
    return "\n".join(lines)


def test_repairs_can_be_pasted_back_until_only_the_reset_gate_is_left(report: Report) -> None:
    once = gradproof.check(mended(report), torch=False)
    assert once.summary["wrong"] == 4  # the same square stands in the lines that followed from it
    twice = gradproof.check(mended(once), torch=False)
    assert twice.summary["wrong"] == 2  # no single edit mends the reset gate
