"""Who goes first when the processors are busy.

Linux weighs sessions first (sched(7), "The autogroup feature") and heeds a process's niceness only among those of its
own session. Every service and every run worker is a session, so both are set: the niceness, for kernels and containers
without autogroups, and the session's own.
"""

import time
from contextlib import suppress
from pathlib import Path

import psutil

_PATIENCE = 3.0
"""Seconds. The kernel lets users who are not root change ten of them a second, all together."""


def give_way(pid: int, niceness: int) -> None:
    """Let others go before the process `pid` and the session that it leads.

    A session that cannot be changed stays as it is: it costs others' time alone, and is no reason not to work.
    """
    psutil.Process(pid).nice(niceness)
    deadline = time.monotonic() + _PATIENCE
    with suppress(OSError):  # a kernel without autogroups, a /proc that may not be written
        while time.monotonic() < deadline:
            try:
                Path(f"/proc/{pid}/autogroup").write_text(str(niceness))
                return
            except BlockingIOError:
                time.sleep(0.05)
