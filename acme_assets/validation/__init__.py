"""Validation suites: how the marts of a candidate, and what was released of it, are judged (pure)."""
