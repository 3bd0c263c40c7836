"""Real servers on loopback that stand for Slack, PagerDuty, a webhook and a mail server, and can be made to fail."""

import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Request:
    """One POST that a server got whole."""

    path: str
    headers: dict[str, str]
    body: dict[str, Any]


@dataclass
class HttpServer:
    """What an HTTP server got, and how it answers."""

    port: int = 0
    got: list[Request] = field(default_factory=list)
    statuses: list[int] = field(default_factory=list)
    """Of the next answers; then `status`."""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    holds: threading.Event | None = None
    """Until it is set, requests are read and not answered."""
    arrived: threading.Event = field(default_factory=threading.Event)

    @property
    def address(self) -> str:
        return f"127.0.0.1:{self.port}"


@contextmanager
def http_server() -> Iterator[HttpServer]:
    """A server that answers `ok`."""
    state = HttpServer()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            state.got.append(Request(self.path, dict(self.headers), body))
            state.arrived.set()
            if state.holds:
                state.holds.wait(30)
            try:
                self.send_response(state.statuses.pop(0) if state.statuses else state.status)
                for name, value in state.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(b"ok")
            except OSError:
                pass  # whoever asked has gone

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    state.port = server.server_address[1]
    with _served(server, lambda: state.holds and state.holds.set()):
        yield state


@contextmanager
def _served(server: socketserver.BaseServer, before_close: Callable[[], object] = lambda: None) -> Iterator[None]:
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        before_close()
        server.shutdown()
        server.server_close()
        thread.join()


@dataclass
class MailServer:
    """What a mail server got, and how it answers."""

    port: int = 0
    got: list[tuple[list[str], str]] = field(default_factory=list)
    """Recipients and the mail."""
    replies: dict[str, list[str]] = field(default_factory=dict)
    """Command to its next answers, in place of the usual one; `silence` answers nothing."""

    @property
    def url(self) -> str:
        return f"smtp://127.0.0.1:{self.port}?from=nights@acme.example"


_USUAL = {"EHLO": "250 ready", "MAIL": "250 ok", "RCPT": "250 ok", "DATA": "354 go on", ".": "250 taken"}


@contextmanager
def mail_server() -> Iterator[MailServer]:
    """A server that takes every mail."""
    state, stops = MailServer(), threading.Event()

    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            recipients: list[str] = []
            self.wfile.write(b"220 test\r\n")
            while line := self.rfile.readline().decode().strip():
                command = line[:4].upper()
                if command == "QUIT":
                    self.wfile.write(b"221 bye\r\n")
                    return
                if command == "RCPT":
                    recipients.append(line.partition("<")[2].partition(">")[0])
                if not self._answer(command):
                    return
                if command == "DATA":
                    lines = []
                    while (line := self.rfile.readline().decode()) not in (".\r\n", ""):
                        lines.append(line)
                    state.got.append((recipients, "".join(lines)))
                    if not self._answer("."):
                        return

        def _answer(self, command: str) -> bool:
            waiting = state.replies.get(command) or [_USUAL.get(command, "250 ok")]
            reply = waiting.pop(0)
            if reply == "silence":
                stops.wait(30)
                return False
            self.wfile.write(f"{reply}\r\n".encode())
            return True

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    server.block_on_close = False
    state.port = server.server_address[1]
    with _served(server, stops.set):
        yield state


def a_closed_port() -> int:
    """One that nobody listens on."""
    with socketserver.TCPServer(("127.0.0.1", 0), socketserver.BaseRequestHandler) as server:
        return int(server.server_address[1])
