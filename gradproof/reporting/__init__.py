"""The report on a checked sheet as a document: the author's own text with the verdicts in place."""

from __future__ import annotations

from gradproof.reporting.document import report_document

__all__ = ["report_document"]
