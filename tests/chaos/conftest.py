"""The environment of a person's shell."""

from tests.cli.conftest import environment, people

__all__ = ["environment", "people"]
