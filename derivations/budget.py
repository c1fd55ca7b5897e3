"""A budget of work and of time: what stops a computation that would blow up."""

from __future__ import annotations

from time import monotonic

from derivations.errors import BudgetError


class Budget:
    """Work is counted in units (about one monomial each) so that a run ends at the same place every time.

    The clock is only the second line of defence. Raises BudgetError from :meth:`spend`.
    """

    def __init__(self, units: int = 200_000, seconds: float = 10.0) -> None:
        self.units = units
        self.deadline = monotonic() + seconds

    def spend(self, units: int = 1) -> None:
        """Count some work; raises BudgetError when there is none left."""
        self.units -= units
        if self.units < 0:
            raise BudgetError("the work needed grew past its limit")
        if monotonic() > self.deadline:
            raise BudgetError("the time limit was reached")
