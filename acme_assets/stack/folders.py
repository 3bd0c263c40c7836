"""Folders that other users of the machine must not read: they hold health data, and sockets that run code."""

import os
import stat
from contextlib import suppress
from pathlib import Path

from acme_assets.stack.errors import StackError


def make_private(folder: Path, owner: int | None = None) -> None:
    """Make `folder`, if missing, for one user alone: `owner`, or the caller.

    Where anyone may make folders, as in /tmp, one that is there already must be theirs or the caller's.
    """
    owner = os.geteuid() if owner is None else owner
    if not folder.exists():
        folder.mkdir(mode=0o700, parents=True)
        os.chown(folder, owner, -1)
    elif folder.parent.stat().st_mode & stat.S_IWOTH:
        found = folder.lstat()
        if not stat.S_ISDIR(found.st_mode) or found.st_uid not in (owner, os.geteuid()):
            raise StackError(f"{folder} belongs to another user: remove it, or set ACME_HOME to a folder of your own.")


def remove_if_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()
