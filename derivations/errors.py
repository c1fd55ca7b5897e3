"""Errors, split by who has to act on them."""

from __future__ import annotations


class GradproofError(Exception):
    """Base of every error that gradproof raises on purpose."""


class SheetError(GradproofError):
    """The author of the sheet has to act: something written there does not fit."""


class ShapeError(SheetError):
    """Two shapes that must agree do not."""


class UsageError(GradproofError):
    """The caller has to act: a file or an option cannot be used."""


class NothingToCheckError(UsageError):
    """A file is empty, or holds no formula."""


class BudgetError(GradproofError):
    """A computation was stopped because its budget of time or size ran out."""


class InternalError(GradproofError):
    """Our own bug: two engines that must agree do not."""
