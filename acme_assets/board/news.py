"""Tells threads and coroutines that there is a new board."""

import asyncio
import threading
from collections.abc import Callable
from contextlib import suppress


class News:
    """The number of the newest board, and who waits for another one."""

    def __init__(self) -> None:
        self._number = 0
        self._changed = threading.Condition()
        self._listeners: dict[object, Callable[[int], object]] = {}

    def tell(self, number: int) -> None:
        """There is a new one."""
        with self._changed:
            self._number = number
            self._changed.notify_all()
            listeners = list(self._listeners.values())
        for listener in listeners:
            # One whose event loop has just been closed must not keep the others from hearing of it.
            with suppress(RuntimeError):
                listener(number)

    def listen(self, listener: Callable[[int], object]) -> Callable[[], None]:
        """Call it with each new number; returns what ends that."""
        key = object()
        with self._changed:
            self._listeners[key] = listener

        def end() -> None:
            with self._changed:
                self._listeners.pop(key, None)

        return end

    def wait(self, seen: int, seconds: float) -> int:
        """Block until the number is another than `seen`, or so many seconds have passed."""
        with self._changed:
            self._changed.wait_for(lambda: self._number != seen, seconds)
            return self._number

    async def changed(self, seen: int, seconds: float) -> int:
        """The same for a coroutine: without a thread of its own, so that viewers cost none."""
        loop, arrived = asyncio.get_running_loop(), asyncio.Event()
        end = self.listen(lambda _: loop.call_soon_threadsafe(arrived.set))
        try:
            if self._number == seen:
                with suppress(TimeoutError):
                    await asyncio.wait_for(arrived.wait(), seconds)
        finally:
            end()
        return self._number
