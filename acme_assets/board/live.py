"""What tells an open page that there is a newer board: server-sent events, the number of the board and nothing else."""

import time
from collections.abc import AsyncIterator

from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from acme_assets.board.access import Refused
from acme_assets.board.reading import Reader

_STILL_HERE = 15.0
"""Seconds after which something is sent all the same: proxies close what is silent."""

_LONGEST = 600.0
"""Seconds after which the browser asks again, and so is let in again or not."""

_MOST_OPEN = 500


class Live:
    """The streams that are open."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._open = 0

    async def events(self, request: Request) -> Response:
        """One stream."""
        if self._open >= _MOST_OPEN:
            raise Refused(503, "Too many pages follow the board. This one is as of when it was loaded.")
        headers = {"x-accel-buffering": "no"}  # nginx would keep events until its buffer is full
        return StreamingResponse(self._numbers(), media_type="text/event-stream", headers=headers)

    async def _numbers(self) -> AsyncIterator[str]:
        self._open += 1
        try:
            until, seen = time.monotonic() + _LONGEST, self._reader.current().number
            yield f"retry: 2000\n{_event(seen)}"
            while time.monotonic() < until:
                number = await self._reader.changed(seen, _STILL_HERE)
                yield ": still here\n\n" if number == seen else _event(number)
                seen = number
        finally:
            self._open -= 1


def _event(number: int) -> str:
    return f"event: board\ndata: {number}\n\n"
