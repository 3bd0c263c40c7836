"""Homes for stacks: short-lived, private, on free ports."""

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from acme_assets.stack import stack
from acme_assets.stack.settings import Home
from tests.ports import free_port

DEFINITIONS = Path(__file__).parent / "definitions"


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    """A stack's home with the tiny definitions; whatever a test leaves running is stopped."""
    before = os.environ.get("PYTHONPATH")
    os.environ["PYTHONPATH"] = str(DEFINITIONS)
    with tempfile.TemporaryDirectory(prefix="acme-stack-", dir="/tmp") as folder:
        made = Home(Path(folder) / "home", free_port(), "tiny_definitions")
        try:
            yield made
        finally:
            stack.down(made)
            if before is None:
                del os.environ["PYTHONPATH"]
            else:
                os.environ["PYTHONPATH"] = before
