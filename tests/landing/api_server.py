"""A real HTTP server on loopback that answers pages, and misbehaves as a test says."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlsplit


@dataclass(frozen=True)
class Asked:
    """One request."""

    path: str
    query: dict[str, str]
    headers: dict[str, str]
    body: str


@dataclass
class Answer:
    """What the server says."""

    content: bytes
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut_at: int | None = None
    """Close the connection after so many bytes of the content."""

    @classmethod
    def of(cls, document: object, **more: object) -> "Answer":
        return cls(json.dumps(document).encode(), **more)  # type: ignore[arg-type]


@dataclass
class Server:
    """What it was asked, and what it answers next."""

    port: int
    answers: Callable[[Asked], Answer]
    faults: list[Answer] = field(default_factory=list)
    """Given to the next requests instead."""
    asked: list[Asked] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/records"


@contextmanager
def api_server(answers: Callable[[Asked], Answer]) -> Iterator[Server]:
    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            parts = urlsplit(self.path)
            query = {name: values[-1] for name, values in parse_qs(parts.query).items()}
            body = self.rfile.read(int(self.headers.get("Content-Length", 0))).decode()
            asked = Asked(parts.path, query, dict(self.headers), body)
            server.asked.append(asked)
            answer = server.faults.pop(0) if server.faults and parts.path != "/token" else server.answers(asked)
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content[: answer.cut_at])
            if answer.cut_at is not None:
                self.close_connection = True

        do_GET = do_POST = _answer  # noqa: N815

        def log_message(self, *args: object) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server = Server(http.server_port, answers)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()
        thread.join(5)


def paged(records: list[str], per_page: int = 2, path: str = "/records") -> Callable[[Asked], Answer]:
    """Pages of these records (each a JSON text), linked by a `next` in the body, with a `total`."""

    def answers(asked: Asked) -> Answer:
        start = int(asked.query.get("start", 0))
        following = f'"{path}?start={start + per_page}"' if start + per_page < len(records) else "null"
        data = ",\n  ".join(records[start : start + per_page])
        return Answer(f'{{"total": {len(records)}, "data": [\n  {data}\n], "next": {following}}}'.encode())

    return answers
