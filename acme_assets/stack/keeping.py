"""Keep a stack up: start again what dies, until somebody takes it down. The supervisor of one machine.

What keeps this process up is the machine's own: systemd, a container's restart policy. It holds no state: it may be
killed at any moment, and goes on from what runs.
"""

import time
from collections.abc import Callable

from acme_assets.stack import stack
from acme_assets.stack.errors import StackError
from acme_assets.stack.settings import Home

LOOK_SECONDS = 2.0
PAUSES = (2.0, 5.0, 15.0, 30.0)
"""After the first, second … attempt in a row that failed; the last is for all that follow."""


def keep(
    home: Home,
    on_progress: stack.Progress,
    prepare: stack.Prepare | None = None,
    sleep: Callable[[float], None] = time.sleep,
) -> None:
    """Bring the stack up, unless it was left up, and keep it so. Returns once it was taken down (`acme stack down`).

    Raises:
        StackError: it does not come up the first time; what is wrong then, a person has to mend.
    """
    if not home.wanted.exists():
        stack.up(home, on_progress, prepare)
    failed = 0
    while home.wanted.exists():
        sleep(PAUSES[min(failed, len(PAUSES)) - 1] if failed else LOOK_SECONDS)
        try:
            died = stack.revive(home, on_progress)
        except (StackError, OSError) as problem:  # a full disk, a warehouse that is not there: it may end by itself
            failed += 1
            on_progress(f"not well, tried again: {problem}")
        else:
            failed = 0
            if died:
                on_progress(f"started again: {', '.join(died)}")
