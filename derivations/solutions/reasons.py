"""Why a line of a derivation holds, in one line of words, told from the equation that the derivative went through."""

from __future__ import annotations

from typing import Final

from derivations.solutions.document import Text, text
from derivations.solutions.writing import Scribe
from derivations.tape import Equation, Tape
from derivations.terms import Apply, Product, Term
from derivations.traverse import free_variables, postorder

SLOPES: Final = {
    "sigma": "the slope of σ is σ(1 − σ)",
    "tanh": "the slope of tanh is 1 − tanh²",
    "relu": "the slope of ReLU is 1 where its argument is positive, else 0",
    "exp": "exp is its own slope",
}
"""What is said of a function that is differentiated."""


class Reasons:
    """Says why gradients over one tape are what they are; ``within`` a step, earlier states are held."""

    def __init__(self, tape: Tape, scribe: Scribe, within: bool) -> None:
        self.tape = tape
        self.scribe = scribe
        self.within = within
        self.states = {v for v, (name, _) in tape.places.items() if name in dict(tape.cell.states)}

    def of(self, quantity: Term, loss: str = "") -> Text:
        """Why δq is the sum of what comes back from its uses; ``loss`` says how the loss itself sees q."""
        told = [loss] if loss else []
        uses = self.tape.uses(quantity)
        told += [self._use(e, quantity) for e in uses]
        if len(told) > 1:
            told[0] = f"sum over the {len(told)} ways to the loss: {told[0]}"
        return text("; ".join(dict.fromkeys(told)))

    def of_parameter(self, parameter: Term) -> Text:
        """Why the gradient by a parameter is what it is, where it is used alike in every step."""
        first = self.tape.uses(parameter)
        names = list(dict.fromkeys(e.name for e in first))
        told = [self._use(next(e for e in first if e.name == name), parameter) for name in names]
        steps = {e.time for e in first}
        if len(steps) > 1 and not self.within:
            told.append("the same weights are used in every step, whose shares add up")
        return text("; ".join(told))

    def _use(self, equation: Equation, quantity: Term) -> str:
        """The rule by which one equation sends back to a quantity on its right."""
        name = f"${self.scribe.name(equation.variable)}$"
        if isinstance(equation.term, Apply):
            slope = SLOPES.get(equation.term.function, f"the slope of {equation.term.function}")
            return f"chain rule through {name}: {slope}"
        if quantity in self.tape.parameters.values():
            return f"chain rule through {name}{self._held(equation, quantity)}"
        if _is_applied(equation.term, quantity):
            return f"chain rule through {name}, which is linear in ${self.scribe.name(quantity)}$"
        if _is_multiplied(equation.term, quantity):
            return f"product rule in the definition of {name}"
        return f"chain rule: definition of {name}"

    def _held(self, equation: Equation, parameter: Term) -> str:
        """Within a step, that the states before it do not depend on a parameter."""
        held = [v for v in free_variables([equation.term]) if v in self.states and self._is_before(v, equation)]
        if not (self.within and held):
            return ""
        names = " and ".join(f"${self.scribe.name(v)}$" for v in held)
        word = "does" if len(held) == 1 else "do"
        return f"; {names} {word} not depend on ${self.scribe.name(parameter)}$ within this step"

    def _is_before(self, state: Term, equation: Equation) -> bool:
        name, time = self.tape.places[state]
        return time < equation.time or name.endswith("_{t-1}")


def _is_applied(term: Term, quantity: Term) -> bool:
    """Whether a matrix is applied to a quantity by itself."""
    return any(
        isinstance(node, Product)
        and node.rank == 1
        and any(factor is quantity and labels != (0,) for factor, labels in node.factors)
        for node in postorder([term])
    )


def _is_multiplied(term: Term, quantity: Term) -> bool:
    return any(
        isinstance(node, Product) and len(node.factors) > 1 and quantity in free_variables([node])
        for node in postorder([term])
    )
