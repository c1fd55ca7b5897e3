"""Words for a wrong gradient: what is plain from the array, else which part, which path or which slope."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from derivations.evaluate import Array
from numeric.agreement import Error
from numeric.diagnosis import Context, plain_slip, simple, wrong_part
from numeric.mutations import Mutation
from numeric.references import Autograd, Reference, Subject
from numeric.searches import searched_slip

TIGHTEST = 1e-12


class Namer:
    """Everything that a mistake may be explained by. ``pulls_back`` where the gradient took the cotangent."""

    def __init__(
        self,
        subject: Subject,
        torch: Autograd,
        autograd: Mapping[str, Array] | None,
        pulls_back: bool,
        closeness: float,
    ) -> None:
        self.subject, self.torch, self.autograd, self.pulls_back = subject, torch, autograd, pulls_back
        self.closeness = closeness
        self._mutants: list[tuple[Mutation, dict[str, Array]]] | None = None

    def context(self, claimed: Array, expected: Array) -> Context:
        """The smaller the mistake, the nearer an explanation has to come."""
        floats = {name: self.subject.values[name] for name in self.subject.given.floating}
        extra = {"the cotangent": self.subject.cotangent} if self.pulls_back else {}
        gap = Error.between(claimed, expected).relative if claimed.shape == expected.shape else 1.0
        return Context(floats | extra, max(TIGHTEST, min(self.closeness, gap / 100)))

    def words(self, name: str, claimed: Array, reference: Reference) -> str:
        """What is wrong, as far as it can be named."""
        context = self.context(claimed, reference.values)
        if not np.isfinite(reference.values).all():
            return ""
        whole = (
            self._of_another(name, claimed, context)
            or self._cotangent_ignored(name, claimed, context)
            or plain_slip(claimed, reference.values, context)
        )
        part = "" if whole else wrong_part(claimed, reference.values, context)
        path = "" if whole else self._mutation(name, claimed, reference.values, context)
        return whole or "; ".join(filter(None, (part, path))) or searched_slip(claimed, reference.values, context)

    def _of_another(self, name: str, claimed: Array, context: Context) -> str:
        for other, values in (self.autograd or {}).items():
            if other != name and values.any() and context.near(claimed, values):
                return f"is the gradient by {other}: are the gradients in the order of the inputs?"
        return ""

    def _cotangent_ignored(self, name: str, claimed: Array, context: Context) -> str:
        ones = np.ones(self.subject.output.shape)
        plain = self.torch.gradients(ones) if self.pulls_back and self.subject.output.size > 1 else None
        ignored = plain is not None and plain[name].any() and context.near(claimed, plain[name])
        return "does not use the cotangent: it is the gradient of the sum of the output" if ignored else ""

    def _mutation(self, name: str, claimed: Array, expected: Array, context: Context) -> str:
        if self.autograd is None:
            return ""
        if self._mutants is None:
            self._mutants = self.torch.mutants()
        for mutation, gradients in sorted(self._mutants, key=lambda pair: not pair[0].plain):
            words = _matched(mutation, claimed, expected, gradients[name], context)
            if words:
                return words
        return ""


def _matched(mutation: Mutation, claimed: Array, expected: Array, spoiled: Array, context: Context) -> str:
    """Words for a claim that is the spoiled gradient, or has the spoiled path a wrong number of times."""
    part = expected - spoiled
    if context.near(spoiled, expected) or claimed.size < 2:
        return ""
    if mutation.slope is not None or context.near(claimed, spoiled):
        missing = "" if mutation.slope is not None else " is missing"
        return f"{mutation.words}{missing}" if context.near(claimed, spoiled) else ""
    times = 1 - float(((expected - claimed) * part).sum()) / float((part * part).sum())
    fraction = simple(times)
    if fraction is None or fraction.denominator > 4 or not context.near(claimed, spoiled + times * part):
        return ""
    return f"{mutation.words} has the wrong sign" if fraction == -1 else f"{mutation.words} counts {fraction} times"
