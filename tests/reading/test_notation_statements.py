"""Every way of defining, claiming and conditioning: read with the right meaning, or refused with a reason."""

from __future__ import annotations

import pytest

from derivations.check import check_sheet
from derivations.reading.places import Source

SLOPE = r"\frac{\partial y}{\partial z} = 1-y^2"
NEAR = r"\frac{\partial y}{\partial z} = 1-y"


def verdicts(text: str, name: str = "sheet.md") -> list[str]:
    """The verdict of every step, with the message of one that is unclear."""
    report = check_sheet(Source(name, text + "\n"))
    steps = [step for statement in report.statements for step in statement.steps]
    return [f"unclear: {s.headline}" if s.verdict.value == "unclear" else s.verdict.value for s in steps]


DEFINITIONS = [
    r"y = \tanh(z)",
    r"y := \tanh(z)",
    r"\tanh(z) =: y",
    r"\tanh(z) \eqqcolon y",
    r"y \coloneqq \tanh(z)",
    r"y \equiv \tanh(z)",
    r"y \triangleq \tanh(z)",
    r"y \stackrel{def}{=} \tanh(z)",
    r"y \overset{\text{def}}{=} \tanh(z)",
    r"y \doteq \tanh(z)",
    r"y \gets \tanh(z)",
    r"y \leftarrow \tanh(z)",
    r"\text{let } y = \tanh(z)",
    r"\text{We denote } y = \tanh(z)",
    r"令 y = \tanh(z)",
    r"q = 2 y, \text{ where } y = \tanh(z)",
    r"q = 2 y, \text{ wobei } y = \tanh(z)",
    r"q = 2 y, \text{ donde } y = \tanh(z)",
    r"q = 2 y, \text{ où } y = \tanh(z)",
    r"q = 2 y, \text{ где } y = \tanh(z)",
    r"q = 2 y, 其中 y = \tanh(z)",
    r"q = 2 \underbrace{\tanh(z)}_{y}",
    r"q = 2 \underbrace{\tanh(z)}_{=: y}",
    r"q = 2 \overbrace{\tanh(z)}^{y}",
    r"\begin{cases} y = \tanh(z) \\ q = 2 y \end{cases}",
    r"\left\{ \begin{aligned} y &= \tanh(z) \\ q &= 2 y \end{aligned} \right.",
    r"\left\{ \begin{array}{l} y = \tanh(z) \\ q = 2 y \end{array} \right.",
]


@pytest.mark.parametrize("definition", DEFINITIONS)
def test_definitions(definition: str) -> None:
    found = verdicts(f"$${definition}$$\n\n$${SLOPE}$$\n\n$${NEAR}$$")
    assert found[-2:] == ["proved", "wrong"]
    assert set(found[:-2]) == {"given"}


@pytest.mark.parametrize("definition", DEFINITIONS)
def test_definitions_after_use(definition: str) -> None:
    found = verdicts(f"$${SLOPE}$$\n\n$${NEAR}$$\n\n$${definition}$$")
    assert found[:2] == ["proved", "wrong"]


CLAIMS = {
    rf"{NEAR} \Rightarrow {SLOPE}": ["wrong", "proved"],
    rf"\therefore {SLOPE}": ["proved"],
    rf"\boxed{{{NEAR}}}": ["wrong"],
    rf"{SLOPE}, \quad {NEAR}": ["proved", "wrong"],
    rf"{SLOPE} \text{{ and }} {NEAR}": ["proved", "wrong"],
    rf"{SLOPE} =: s, \quad s = 1 - y": ["proved", "given", "wrong"],
    rf"(1) \quad {NEAR}": ["wrong"],
    rf"(1)\; {NEAR}": ["unclear: it is unclear whether this numbers the formula or is a factor"],
    rf"{SLOPE} \Rightarrow 1 - y": ["proved", "unclear: an expression without a relation behind an arrow"],
    r"\frac{\partial y}{\partial z} \to 1 - y": ["unclear: an expression without a relation behind an arrow"],
    r"d += 1 - y": ["unclear: an accumulation (+=) says what is added, not what the whole is"],
    r"d \mathrel{+}= 1 - y": ["unclear: an accumulation (+=) says what is added, not what the whole is"],
    r"y \leftarrow y - 1": ["unclear: an assignment that changes the value of a name is not an equation"],
    r"a = \cancel{1} y": ["unclear: what is struck out may stand for itself, for 1 or for 0"],
    r"a =: y =: b": ["unclear: a sign =: names what stands left of it, and nothing can follow the name"],
    r"\frac{\partial y}{\partial z} = \underbrace{1-y^2}_{= 1-y}": ["proved", "wrong"],
    r"\frac{\partial y}{\partial z} = \underbrace{1-y^2}_{= 1-\tanh^2(z)}": ["proved", "proved"],
    r"\frac{\partial y}{\partial z} = \underbrace{1-y^2}_{y}": ["proved", "wrong"],
    r"\frac{\partial y}{\partial z} = \underbrace{1-y^2}_{\text{slope}}": ["proved"],
    r"\frac{\partial y}{\partial z} = \underbrace{1-y^2}_{(1)}": ["proved"],
    r"\frac{\partial y}{\partial z} = \underbrace{1-y^2}_{2}": [
        "proved",
        "unclear: it is unclear whether this numbers the part or is its value",
    ],
    r"\begin{cases} y = 1 & z > 0 \\ y = 0 & z < 0 \end{cases}": [
        "unclear: the relation or arrow ‘=’ inside an expression"
    ],
    r"½ y = \frac{y}{2}": ["proved"],
    r"½ y = \frac{y}{3}": ["wrong"],
}


@pytest.mark.parametrize(("claim", "expected"), CLAIMS.items())
def test_claims(claim: str, expected: list[str]) -> None:
    assert verdicts(rf"$$y = \tanh(z)$${chr(10) * 2}$${claim}$$") == ["given", *expected]


def test_a_range_of_times_behind_a_statement() -> None:
    text = r"$$s_t = w s_{t-1} + x_t, \quad t = 1, \dots, T$$ $$\frac{\partial s_t}{\partial s_{t-1}} = "
    assert verdicts(rf"{text}w$$") == ["given", "given", "proved"]
    assert verdicts(rf"{text}2 w$$") == ["given", "given", "wrong"]


CONDITIONS = {
    r"1 \quad \text{when } f = 1$$": "proved",
    r"1 \quad \text{if } f = 1$$": "proved",
    r"1 \quad \text{si } f = 1$$": "proved",
    r"1 \quad \text{falls } f = 1$$": "proved",
    r"1 \quad \text{当 } f = 1$$": "proved",
    r"1 \quad (f = 1)$$": "proved",
    "1$$\nwhen $f = 1$.": "proved",
    r"1 \quad \text{when } f = 2$$": "wrong",
    r"1 \quad \text{falls } f = 2$$": "wrong",
    r"1 \quad (f = 2)$$": "wrong",
    "1$$\nWhen $f = 1$ it is the identity.": "wrong",
    "1.$$\nwhen $f = 1$.": "wrong",
    r"1 \quad \text{unless } f = 0$$": "undecided",
    r"1 \quad \text{if } f > 0$$": "undecided",
    r"1 \quad (f > 0)$$": "undecided",
    r"1 \quad \text{if } t = 1$$": "undecided",
    r"f \quad \text{if } f > 0$$": "proved",
    r"1 \quad \text{for all } t$$": "wrong",
    r"1 \quad \forall t$$": "wrong",
}


@pytest.mark.parametrize(("claim", "expected"), CONDITIONS.items())
def test_conditions_behind_a_claim(claim: str, expected: str) -> None:
    found = verdicts(rf"$$c = f a$${chr(10) * 2}$$\frac{{\partial c}}{{\partial a}} = {claim}")
    assert found[:2] == ["given", expected]


def test_a_condition_reaches_no_later_claim() -> None:
    claim = r"$$\frac{\partial c}{\partial a} = 1"
    assert verdicts(f"$$c = f a$$ {claim} \\quad (f = 1).$$\n\n{claim}$$") == ["given", "proved", "given", "wrong"]


@pytest.mark.parametrize(
    ("definition", "given"),
    [
        (r"y = x \quad \text{for } x > 0", False),
        (r"y = x \quad \text{if } f = 1", False),
        (r"y_t = x \quad \text{for } t \le 0", False),
        (r"y_t = x \quad \text{if } t \neq 1", False),
        (r"y_t = x \quad \text{for } t \ge 1", True),
        (r"y_t = x \quad \text{for } t < T", True),
        (r"y_t = x \quad \text{for all } t", True),
    ],
)
def test_a_definition_under_a_condition(definition: str, given: bool) -> None:
    refused = "unclear: a definition under a condition defines only a part"
    assert verdicts(f"$${definition}$$")[0] == ("given" if given else refused)
