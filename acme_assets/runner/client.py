"""The words between the runner and those who ask it: one JSON line each way over a Unix socket.

Standard library only: who asks must not wait for Dagster to be imported.
"""

import json
import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

WORKER_TAG = ".dagster/acme_worker"
"""Tag of a run: the pid and time of creation of its worker. Hidden in the UI by its prefix."""

LONGEST_REQUEST = 1_000_000
"""Bytes. An instance reference is about 5 kB."""


class RunnerUnreachable(Exception):
    """Nobody answers at the socket; the request was not taken."""


class RunnerSilent(Exception):
    """The runner took the request and gave no answer that can be read: nobody knows whether it acted."""


def ask(path: Path, request: Mapping[str, Any], timeout: float = 10.0) -> dict[str, Any]:
    """The runner's answer, with `ok` and, where that is false, `error`.

    Raises:
        RunnerUnreachable, RunnerSilent: see there.
    """
    with socket.socket(socket.AF_UNIX) as channel:
        channel.settimeout(timeout)
        try:
            channel.connect(str(path))
        except OSError as error:
            raise RunnerUnreachable(f"the runner does not answer at {path}: {error.strerror or error}") from error
        try:
            channel.sendall(json.dumps(request).encode() + b"\n")
            answer = json.loads(_all(channel))
        except (OSError, ValueError) as error:
            raise RunnerSilent(f"the runner at {path} gave no answer to {request.get('op')!r}: {error}") from error
    if not isinstance(answer, dict):
        raise RunnerSilent(f"the runner at {path} answered {answer!r}")
    return answer


def _all(channel: socket.socket) -> bytes:
    received = b""
    while part := channel.recv(65536):
        received += part
    return received
