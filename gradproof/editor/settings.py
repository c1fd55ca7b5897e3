"""How sheets are checked in an editor."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from derivations.check import Options


@dataclass(frozen=True, slots=True)
class Settings:
    """As in ``gradproof check``; ``delay`` is how many seconds without a change are waited for before a check."""

    strict: bool = False
    seed: int = 0
    time_limit: float = 5.0
    declarations: str | None = None
    delay: float = 0.3

    def options(self) -> Options:
        """The options of a check. Raises UsageError where the declarations cannot be read."""
        from derivations.check import Options
        from gradproof.sheets import read_declared

        return Options(self.seed, self.time_limit, self.strict, read_declared(self.declarations))
