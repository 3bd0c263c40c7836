"""Templates filled in: what every page has about it, and the parts that are the same for all, kept for a while."""

import base64
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import HTMLResponse

from acme_assets.board import wording
from acme_assets.board.guard import Gate, is_fragment
from acme_assets.board.strip_drawing import strip
from acme_assets.board.tokens import form_token

_HERE = Path(__file__).parent
STATIC = _HERE / "static"

_MOST_PARTS = 128

FILTERS: dict[str, Callable[..., Any]] = {
    name: getattr(wording, name)
    for name in ("clock", "moment", "iso", "day", "span", "short_span", "risk", "percent", "minutes", "expected",
                 "step_name", "cut")
}  # fmt: skip


class Rendering:
    """Safe for any number of threads."""

    def __init__(self, gate: Gate, static: Path) -> None:
        self._gate = gate
        self._parts: OrderedDict[tuple[Any, ...], str] = OrderedDict()
        self._lock, self._one_at_a_time = threading.Lock(), threading.Lock()
        self._environment = Environment(
            loader=FileSystemLoader(_HERE / "templates"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._environment.filters |= FILTERS
        self._environment.globals |= {
            "STATE_WORDS": wording.STATE_WORDS,
            "GROUP_WORDS": wording.GROUP_WORDS,
            "unblock": wording.unblock,
            "until": wording.until,
            "strip": strip,
            "versions": {file.name: hashlib.sha256(file.read_bytes()).hexdigest()[:12] for file in static.iterdir()},
        }

    def page(self, request: Request, template: str, status: int = 200, **values: Any) -> HTMLResponse:
        """A whole page; of one that follows the ledger, its script asks for the part that changes alone."""
        viewer = getattr(request.state, "viewer", None)
        common = {
            "board": None,
            "viewer": viewer,
            "access": self._gate.access,
            "path": request.scope["path"],
            "form_token": form_token(viewer.email, self._gate.access.secret, self._gate.clock()) if viewer else "",
            "layout": "fragment.html" if is_fragment(request) else "page.html",
        }
        text = self._environment.get_template(template).render(common | values)
        return HTMLResponse(text, status, {"vary": "x-acme-fragment"})

    def part(self, key: tuple[Any, ...], template: str, values: Callable[[], dict[str, Any]]) -> Markup:
        """A part that is equal for equal keys, whoever looks: rendered once. 180 rows take some 20 ms."""
        with self._lock:
            if key in self._parts:
                self._parts.move_to_end(key)
                return Markup(self._parts[key])
        # One at a time: all open pages ask for a new board at once, and the first answer is everybody's.
        with self._one_at_a_time:
            text = self._parts.get(key) or self._environment.get_template(template).render(values())
            with self._lock:
                self._parts[key] = text
                while len(self._parts) > _MOST_PARTS:
                    self._parts.popitem(last=False)
        return Markup(text)


def record_page(html: str) -> HTMLResponse:
    """A page that is complete in itself, as it can be kept: its own style is allowed by digest, and nothing else."""
    style = html.partition("<style>")[2].partition("</style>")[0]
    known = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = (
        f"default-src 'none'; style-src 'sha256-{known}'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'"
    )
    return HTMLResponse(html, headers={"content-security-policy": policy})
