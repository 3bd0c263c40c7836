"""People who look at the board: each with a stream of events, and a connection that stays open."""

import random
import threading
import time
from collections import defaultdict
from collections.abc import Sequence
from http.client import HTTPConnection

PAUSE = (1.0, 3.0)
"""Seconds between two things that a viewer opens."""


class Viewers:
    """So many of them, until they are stopped."""

    def __init__(self, port: int, count: int, nights: Sequence[str]) -> None:
        """`nights`: addresses of client nights to open."""
        self.seconds: dict[str, list[float]] = defaultdict(list)
        self._port, self._nights = port, nights
        self._over = threading.Event()
        self._told = [threading.Event() for _ in range(count)]
        self._threads = [threading.Thread(target=self._look, args=(number,)) for number in range(count)]
        self._streams = [threading.Thread(target=self._follow, args=(number,), daemon=True) for number in range(count)]

    def watch(self, seconds: float) -> None:
        """Let them look for so long.

        Raises:
            RuntimeError: a page was refused.
        """
        for thread in (*self._streams, *self._threads):
            thread.start()
        time.sleep(seconds)
        self._over.set()
        for thread in self._threads:
            thread.join()
        if self.seconds["refused"]:
            raise RuntimeError(f"{len(self.seconds['refused'])} pages were refused")

    def _look(self, number: int) -> None:
        chance, line = random.Random(number), HTTPConnection("127.0.0.1", self._port, timeout=60)
        due = time.monotonic() + chance.uniform(0, PAUSE[1])
        while not self._over.is_set():
            if self._told[number].wait(max(due - time.monotonic(), 0.01)):
                self._told[number].clear()
                self._get(line, "tonight", "/", {"x-acme-fragment": "1"})
            elif time.monotonic() >= due:
                due = time.monotonic() + chance.uniform(*PAUSE)
                if chance.random() < 0.3:
                    self._get(line, "tonight", "/", {})
                else:
                    self._get(line, "client night", chance.choice(self._nights), {})
        line.close()

    def _get(self, line: HTTPConnection, what: str, path: str, headers: dict[str, str]) -> None:
        begun = time.perf_counter()
        line.request("GET", path, headers=headers)
        answer = line.getresponse()
        answer.read()
        self.seconds[what if answer.status == 200 else "refused"].append(time.perf_counter() - begun)

    def _follow(self, number: int) -> None:
        line = HTTPConnection("127.0.0.1", self._port, timeout=120)
        line.request("GET", "/live")
        stream = line.getresponse()
        while not self._over.is_set():
            if stream.readline().startswith(b"data:"):
                self._told[number].set()
        line.close()
