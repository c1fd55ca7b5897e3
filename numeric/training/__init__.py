"""The experiments of the coursework: one loop, one table of tasks, one form of results."""
