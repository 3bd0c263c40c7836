"""The runner: a single-threaded process that forks one worker per run from what it has already loaded.

Requests are one JSON line: `start`, `terminate`, `status`, `ping`. What a worker does is in worker.py, what is loaded
before in preload.py. No thread and no database connection exists here: a child could use neither.
"""

import json
import os
import selectors
import signal
import socket
import stat
import sys
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from acme_assets.runner import preload
from acme_assets.runner.children import Child, Children
from acme_assets.runner.client import LONGEST_REQUEST, RunnerSilent, RunnerUnreachable, ask

_SIGNALS = (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT)

_PATIENCE = 10.0
"""Seconds for a caller to send its line."""

_GRACE = 12.0
"""Seconds for workers to record that they were stopped; less than `acme stack down` waits for the runner."""


class BadRequest(Exception):
    """What was asked cannot be done. The text goes back to who asked."""


class Runner:
    """The loop: callers, signals, children."""

    def __init__(self, listener: socket.socket) -> None:
        self._listener = listener
        self._children = Children()
        self._ending = False
        self._selector = selectors.DefaultSelector()
        self._callers: dict[socket.socket, tuple[bytearray, float]] = {}
        self._wakeup, self._waker = socket.socketpair()
        for end in (self._wakeup, self._waker, listener):
            end.setblocking(False)
        self._selector.register(listener, selectors.EVENT_READ, self._accept)
        self._selector.register(self._wakeup, selectors.EVENT_READ, self._woken)
        # A handler of its own for each: what Python ignores wakes nobody.
        for number in _SIGNALS:
            signal.signal(number, lambda number, frame: None)
        signal.set_wakeup_fd(self._waker.fileno())

    def serve(self) -> None:
        """Work until SIGTERM, then end the workers."""
        while not self._ending:
            self._turn(_PATIENCE if self._callers else None)
        self._listener.close()
        self._children.interrupt_all()
        until = time.monotonic() + _GRACE
        while self._children.any_left() and (left := until - time.monotonic()) > 0:
            self._turn(left)
        self._children.kill_all()
        until = time.monotonic() + _GRACE
        while self._children.any_left(with_reporters=True) and (left := until - time.monotonic()) > 0:
            self._turn(left)

    def _turn(self, patience: float | None) -> None:
        for key, _ in self._selector.select(patience):
            key.data()
        late = [caller for caller, (_, since) in self._callers.items() if time.monotonic() - since > _PATIENCE]
        for caller in late:
            self._hang_up(caller)

    def _woken(self) -> None:
        numbers = self._wakeup.recv(4096)
        self._ending |= signal.SIGTERM in numbers or signal.SIGINT in numbers
        for child, code in self._children.reap():
            if code:
                print(f"worker {child.pid} of run {child.run_id} ended with {code}", flush=True)
                self._report(child, code)

    def _report(self, child: Child, code: int) -> None:
        """Have a dead worker's run ended. Where no process can be had for it, run monitoring does it."""
        from acme_assets.runner import worker

        try:
            body = partial(worker.report_lost, child.run_id, child.instance_ref, code)
            self._children.add_reporter(self._fork(body))
        except (OSError, preload.NotForkable) as error:
            print(f"run {child.run_id} is left to run monitoring: {error}", flush=True)

    def _accept(self) -> None:
        try:
            caller, _ = self._listener.accept()
        except OSError:  # hung up meanwhile
            return
        caller.setblocking(False)
        self._callers[caller] = (bytearray(), time.monotonic())
        self._selector.register(caller, selectors.EVENT_READ, lambda: self._hear(caller))

    def _hear(self, caller: socket.socket) -> None:
        heard, _ = self._callers[caller]
        try:
            part = caller.recv(65536)
        except OSError:
            part = b""
        heard += part
        if not part or len(heard) > LONGEST_REQUEST:
            self._hang_up(caller)
        elif b"\n" in part:
            answer = self._answer(bytes(heard))
            # A few hundred bytes: the socket's buffer takes them whether or not the caller still listens.
            try:
                caller.send(json.dumps(answer).encode() + b"\n")
            except OSError as error:
                print(f"an answer did not reach its caller: {error}", flush=True)
            self._hang_up(caller)

    def _hang_up(self, caller: socket.socket) -> None:
        del self._callers[caller]
        self._selector.unregister(caller)
        caller.close()

    def _answer(self, line: bytes) -> dict[str, Any]:
        """Whatever is wrong with a request is the caller's to know, and never the end of the runner."""
        try:
            request = json.loads(line)
            operations: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
                "start": self._start,
                "terminate": lambda asked: {"sent": self._children.interrupt(_text(asked, "run_id"))},
                "status": lambda asked: self._children.status(_text(asked, "run_id")),
                "ping": lambda asked: {"pid": os.getpid(), "running": self._children.count()},
            }
            if not isinstance(request, dict) or request.get("op") not in operations:
                raise BadRequest(f"op is one of {', '.join(operations)}")
            return {"ok": True} | operations[request["op"]](request)
        except Exception as error:
            print(f"refused a request: {type(error).__name__}: {error}", flush=True)
            return {"ok": False, "error": str(error)}

    def _start(self, request: Mapping[str, Any]) -> dict[str, Any]:
        from acme_assets.runner import worker

        run_id, instance_ref = _text(request, "run_id"), _text(request, "instance_ref")
        if self._children.status(run_id)["state"] == "running":
            raise BadRequest(f"run {run_id} is under way already")
        if self._ending:
            raise BadRequest("the runner is being stopped")
        pid = self._fork(lambda: worker.execute(run_id, instance_ref))
        return {"pid": pid, "created": self._children.add(pid, run_id, instance_ref)}

    def _fork(self, body: Callable[[], int]) -> int:
        """A child that runs `body` and exits with its answer. Returns its pid."""
        preload.require_forkable()
        sys.stdout.flush()
        sys.stderr.flush()
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)
        try:
            pid = os.fork()
            if pid == 0:
                _be_a_worker(body, self._close)
            return pid
        finally:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, _SIGNALS)

    def _close(self) -> None:
        """In a child: let go of all that is the runner's."""
        self._selector.close()
        for end in (self._listener, self._wakeup, self._waker, *self._callers):
            end.close()


def _be_a_worker(body: Callable[[], int], close: Callable[[], None]) -> None:
    """Never returns: what is on the stack above belongs to the runner."""
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        close()
        os.setsid()
        code = body()
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def _text(request: Mapping[str, Any], name: str) -> str:
    value = request.get(name)
    if not isinstance(value, str) or not value:
        raise BadRequest(f"{name} is missing")
    return value


def listen(path: Path) -> socket.socket:
    """Listen at `path`, in a folder of our own: whoever reaches the socket has code run as us."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    found = path.parent.stat()
    if found.st_uid != os.geteuid() or stat.S_IMODE(found.st_mode) & 0o077:
        sys.exit(f"{path.parent} is open to other users: chmod 700 it, or set ACME_RUNNER_SOCKET to a private folder")
    try:
        ask(path, {"op": "ping"})
        sys.exit(f"another runner answers at {path}: stop it, or set ACME_RUNNER_SOCKET to another path")
    except (RunnerUnreachable, RunnerSilent):
        path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    listener.listen(64)
    return listener


def main() -> None:
    """`python -m acme_assets.runner`."""
    path = os.environ.get("ACME_RUNNER_SOCKET")
    if not path:
        sys.exit("ACME_RUNNER_SOCKET is not set: `acme stack up` sets it")
    begin = time.monotonic()
    preload.import_libraries()
    module = os.environ.get("ACME_DEFINITIONS_MODULE") or preload.OURS
    preload.load_definitions(module, Path(__file__).resolve().parents[2])
    preload.freeze()
    try:
        preload.require_forkable()
    except preload.NotForkable as problem:
        sys.exit(str(problem))
    listener = listen(Path(path))
    print(f"loaded {module} in {time.monotonic() - begin:.1f} s; listening at {path}", flush=True)
    Runner(listener).serve()
    Path(path).unlink(missing_ok=True)
