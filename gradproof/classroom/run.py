"""One run over a class: what is marked already is kept, the rest is marked, each result is put away as it comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from derivations.errors import GradproofError
from derivations.reading.places import Source
from gradproof.classroom.assignment import Assignment
from gradproof.classroom.outcome import Outcome, Task
from gradproof.classroom.pool import Limits, on_this_machine
from gradproof.classroom.store import Store
from gradproof.classroom.submissions import Submission, Submissions

TRIAL = Source("trial.md", "$$x = x$$\n")


@dataclass(frozen=True, slots=True)
class Run:
    """How a class is marked. With a ``scheduler`` by the workers of a cluster, else by processes of this machine."""

    submissions: Submissions
    assignment: Assignment
    store: Store
    limits: Limits
    processes: int = 1
    scheduler: str = ""
    retry: bool = False

    def mark(self, tell: Callable[[bool], None]) -> None:
        """Mark what is not marked yet; ``tell`` hears of every sheet, and whether it was marked now.

        Raises UsageError where the scheme or the reference cannot be used, before anything is marked.
        """
        _try_out(self.assignment)
        tasks = self._to_do(tell)
        first = next(tasks, None)
        if first is None:
            return
        for outcome in self._outcomes(_before(first, tasks)):
            self.store.put(outcome)
            tell(True)

    def _outcomes(self, tasks: Iterator[Task]) -> Iterator[Outcome]:
        if not self.scheduler:
            return on_this_machine(tasks, min(self.processes, len(self.submissions.students)), self.limits)
        from gradproof.classroom.cluster import on_a_cluster

        return on_a_cluster(tasks, self.scheduler, self.limits)

    def _to_do(self, tell: Callable[[bool], None]) -> Iterator[Task]:
        for submission in self.submissions.students:
            task = self._task(submission)
            if self.store.has(task, self.retry):
                tell(False)
            else:
                yield task

    def _task(self, submission: Submission) -> Task:
        try:
            files = tuple(self.submissions.files(submission))
            return Task(submission.student, files, self.assignment, folder=submission.folder)
        except GradproofError as error:
            return Task(submission.student, (), self.assignment, str(error), submission.folder)


def _before(first: Task, rest: Iterator[Task]) -> Iterator[Task]:
    yield first
    yield from rest


def _try_out(assignment: Assignment) -> None:
    """What is wrong with the scheme or the reference is told once, not for every sheet."""
    from derivations.check import check_sheet

    assignment.marking().marked(TRIAL, check_sheet(TRIAL, assignment.options))
