"""Statements whose truth is decided without the checker: their own trees, two judges, equal rewrites and slips."""
