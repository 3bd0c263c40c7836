"""The environment of a person's shell, which is a process's too."""

from tests.cli.conftest import environment, people

__all__ = ["environment", "people"]
