"""The first thing that a process of the stack runs: import the program's libraries, wait for a turn, become it.

`python -m acme_assets.stack.launch --when PATH MODULE ARGUMENT...` runs `python -m MODULE ARGUMENT...` as soon as PATH
exists or, if it is a socket, answers; `--when` may be repeated. Importing Dagster takes 2 to 5 s a process and most of
`acme stack up`: so the imports run side by side, while only the programs start one after the other. (They would find
the code server later by themselves, after logging tracebacks and failing the sensors' first ticks.)
"""

import importlib
import runpy
import signal
import socket
import sys
import time
from pathlib import Path

_PATIENCE = 600.0  # `up` gives up and stops us long before; this is for an `up` that was killed


def main() -> None:
    awaited, arguments = [], sys.argv[1:]
    while arguments[0] == "--when":
        awaited.append(Path(arguments[1]))
        arguments = arguments[2:]
    module = arguments[0]
    # A shell gives a background job an ignored SIGINT, which exec hands down; Dagster copies the handler of SIGINT to
    # SIGTERM, and the process could not be stopped.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    imported = importlib.import_module(_LIBRARIES.get(module, module))
    if module == "acme_assets.runner":
        imported.import_libraries()
    deadline = time.monotonic() + _PATIENCE
    for path in awaited:
        while not _is_there(path):
            if time.monotonic() > deadline:
                sys.exit(f"{path} is not there after {_PATIENCE:.0f} s")
            time.sleep(0.05)
    sys.argv = arguments
    runpy.run_module(module, run_name="__main__", alter_sys=True)


_LIBRARIES = {
    "dagster": "dagster._cli.api",
    "dagster._daemon": "dagster._daemon.cli",
    "dagster_webserver": "dagster_webserver.cli",
    "acme_assets.runner": "acme_assets.runner.preload",
    "acme_assets.gatekeeper": "acme_assets.gatekeeper.resident",
    "acme_assets.alerter": "acme_assets.alerter.resident",
    "acme_assets.watcher": "acme_assets.watcher.watch",
}


def _is_there(path: Path) -> bool:
    if not path.is_socket():
        return path.exists()
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


if __name__ == "__main__":
    main()
