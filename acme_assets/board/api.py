"""The read-only JSON API below /api/v1: what the pages show, under the names of `acme status --json`. docs/board.md."""

import json
from collections.abc import Callable
from datetime import date
from threading import Lock
from typing import get_args

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from acme_assets.board.as_json import Json, board_json, night_json, plain, queue_json, trends_json
from acme_assets.board.model import QUEUES, Board, QueueGroup
from acme_assets.board.reading import Reader
from acme_assets.warehouse.protocol import WarehouseUnavailable
from client_partitions.registry import RegistryError

PREFIX = "/api/v1"


def api_routes(reader: Reader) -> list[Route]:
    """The routes below `PREFIX`. Handlers are plain functions: Starlette runs them in its threads."""
    api = _Api(reader)
    return [
        Route("/tonight", _answering(api.tonight)),
        Route("/nights/{client}/{date}", _answering(api.night)),
        Route("/queues/{group}", _answering(api.queue)),
        Route("/trends", _answering(api.trends)),
        Route("/incidents", _answering(api.incidents)),
        Route("/health", _answering(api.health)),
    ]


class _Refused(Exception):
    """A request that has no answer: its status, and what to do."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


def _answering(handler: Callable[[Request], bytes]) -> Callable[[Request], Response]:
    def endpoint(request: Request) -> Response:
        try:
            return _response(handler(request))
        except _Refused as refused:
            return _response(_encoded({"error": str(refused)}), refused.status)
        except RegistryError as error:
            return _response(_encoded({"error": str(error)}), 404)
        except WarehouseUnavailable as error:
            return _response(_encoded({"error": f"it is not on the board, and cannot be read: {error}"}), 503)

    return endpoint


def _response(body: bytes, status: int = 200) -> Response:
    return Response(body, status, {"cache-control": "no-store"}, "application/json")


def _encoded(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


class _Api:
    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._known: dict[str, tuple[int, bytes]] = {}
        self._lock = Lock()

    def _once(self, name: str, make: Callable[[Board], object]) -> bytes:
        """Encoded once per board: 180 nights are half a megabyte, and every viewer asks for the same."""
        board = self._reader.current()
        with self._lock:
            if name not in self._known or self._known[name][0] != board.number:
                self._known[name] = (board.number, _encoded(make(board)))
            return self._known[name][1]

    def tonight(self, _: Request) -> bytes:
        return self._once("tonight", board_json)

    def incidents(self, _: Request) -> bytes:
        return self._once("incidents", _incidents)

    def night(self, request: Request) -> bytes:
        found = self._reader.night(request.path_params["client"], _date(request.path_params["date"]))
        return _encoded(night_json(found))

    def queue(self, request: Request) -> bytes:
        return _encoded(queue_json(self._reader.queue(_group(request.path_params["group"]))))

    def trends(self, _: Request) -> bytes:
        return _encoded(trends_json(self._reader.trends()))

    def health(self, _: Request) -> bytes:
        board = self._reader.current()
        return _encoded(
            {"status": "stale" if board.outage else "ok", "as_of": plain(board.as_of), "outage": plain(board.outage)}
        )


def _incidents(board: Board) -> Json:
    return {"as_of": plain(board.as_of), "outage": plain(board.outage), "incidents": plain(board.incidents)}


def _date(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise _Refused(404, "there is no such business date; write it as YYYY-MM-DD") from None


def _group(name: str) -> QueueGroup:
    for group in QUEUES:
        if group == name:
            return group
    raise _Refused(404, f"there is no such queue; there are {', '.join(get_args(QueueGroup))}")
