"""Warm run workers: a process that has imported everything and forks one worker per run, and pooled storage."""
