"""Marking sheets by a scheme: what the points are for (scheme.py), what a sheet gets (marks.py), how it is shown."""
