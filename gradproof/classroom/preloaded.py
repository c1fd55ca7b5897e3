"""What marking needs besides :mod:`gradproof.preloaded`, loaded and warmed once before processes are forked.

No formula is typeset here: KaTeX runs in a thread of its own, which would not live through a fork.
"""

from __future__ import annotations

import gradproof.rendering.katex
import gradproof.reporting.marked
from gradproof.classroom.assignment import Assignment
from gradproof.classroom.outcome import Task, mark_one
from gradproof.classroom.submissions import File
from gradproof.preloaded import SHEET

__all__ = ["gradproof"]

mark_one(Task("", (File("sheet.md", SHEET.encode()),), Assignment(html=False)))
