"""Files put into a landing folder as a careful sender does it: under a temporary name, then renamed at once."""

import shutil
from collections.abc import Iterable
from pathlib import Path

from acme_assets.simulation.generator import GeneratedFile
from client_partitions.client import Client

UNFINISHED = ".part"
"""Ending of a file that is still being written; the arrival sensor does not look at such files."""


def deliver(files: Iterable[GeneratedFile], landing: Path, client: Client) -> list[Path]:
    """Write a client's files below its folder in the landing zone; what lies there is replaced."""
    return [place(file.content, landing / client.landing / file.path) for file in files]


def place(content: bytes | Path, target: Path) -> Path:
    """Put bytes, or a copy of a file, at `target`: whole, or not at all."""
    target.parent.mkdir(parents=True, exist_ok=True)
    unfinished = target.with_name(target.name + UNFINISHED)
    if isinstance(content, Path):
        shutil.copyfile(content, unfinished)
    else:
        unfinished.write_bytes(content)
    unfinished.replace(target)
    return target
