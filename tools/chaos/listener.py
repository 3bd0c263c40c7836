"""A webhook on this machine that hears every message of the stack."""

import json
import threading
from collections import Counter, defaultdict
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class Listener:
    """What was said, by message id."""

    def __init__(self) -> None:
        self.times: Counter[str] = Counter()
        """Message id to how often it was said."""
        self._ids: dict[tuple[str, str, str], set[str]] = defaultdict(set)
        self._lock = threading.Lock()
        listener = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                said = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                listener.hear(said)
                self.send_response(204)
                self.end_headers()

            def log_message(self, format: str, *args: object) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Of the channel."""
        return f"webhook+http://127.0.0.1:{self._server.server_port}/"

    def hear(self, said: dict[str, str]) -> None:
        """One message, as the channel posts it."""
        with self._lock:
            self.times[said["message_id"]] += 1
            if said["incident_id"]:
                self._ids[said["incident_id"], said["to"], said["subject"]].add(said["message_id"])

    def twice(self) -> list[str]:
        """The same said to the same person under two ids: a channel could not tell that it is the same."""
        with self._lock:
            return [
                f"{len(ids)} messages say the same of incident {incident[:12]} to one person"
                for (incident, _, _), ids in self._ids.items()
                if len(ids) > 1
            ]

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
