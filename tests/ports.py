"""Ports for stacks of tests and benches."""

import secrets
import socket

_FIRST, _LAST = 20_000, 32_000
"""Below those that the system gives to connections: one of these would have the second port in the meantime."""


def free_port() -> int:
    """The first of two neighbours that nobody uses, for Dagster's UI and the board."""
    while True:
        port = _FIRST + secrets.randbelow(_LAST - _FIRST)
        if all(_is_free(each) for each in (port, port + 1)):
            return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
