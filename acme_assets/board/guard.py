"""What every request passes before a page sees it, and every answer before it leaves: who asks, how often, headers.

Pages get the viewer as `request.state.viewer`; the only way to a form's values is `read_form`, which checks its token.
"""

import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs, urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from acme_assets.board.access import Access, Refused, Viewer, demo_viewer, email_by_proxy, is_loopback, is_trusted
from acme_assets.board.access import viewer_of as person_of
from acme_assets.board.limits import ACTS, LOOKS, STRANGERS, Limit, Limits
from acme_assets.board.login import session_email
from acme_assets.board.tokens import is_form_token
from client_partitions.people import Roster

PUBLIC = ("/static/", "/acknowledge", "/login", "/signed-out", "/alive")
"""What is served to whoever asks: nothing of a night is in it but what a client's own link says."""

_SAFE = ("GET", "HEAD")
_LARGEST_FORM = 16_384
_PRODUCTION_LIFE = "max-age=31536000; includeSubDomains"

HEADERS = {
    "content-security-policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "no-referrer",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "cache-control": "no-store",
}

Refusal = Callable[[Request, Refused], Response]


@dataclass(frozen=True)
class Gate:
    """What the guard decides with."""

    access: Access
    roster: Callable[[], Roster]
    clock: Callable[[], datetime]
    limits: Limits


class Guard:
    """ASGI middleware around everything."""

    def __init__(self, app: ASGIApp, gate: Gate, refusal: Refusal) -> None:
        self._app, self._gate, self._refusal = app, gate, refusal

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, refuse or pass on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        request = Request(scope, receive)
        sending = _with_headers(send, is_https=(self._gate.access.address or "").startswith("https:"))
        try:
            self._admit(request)
        except Refused as refused:
            await self._answer(request, refused)(scope, receive, sending)
            return
        await self._app(scope, receive, sending)

    def _admit(self, request: Request) -> None:
        gate = self._gate
        _require_own_host(gate.access, request)
        _require_same_site(request)
        # Not `request.url`, which is put together from the Host header: whoever asks writes that.
        path = str(request.scope["path"])
        if path.startswith(PUBLIC):
            if not path.startswith("/static/"):
                self._count(f"address {address_of(gate.access, request)}", STRANGERS)
            return
        try:
            viewer = self._viewer(request)
        except Refused:
            self._count(f"address {address_of(gate.access, request)}", STRANGERS)
            raise
        request.state.viewer = viewer
        is_act = request.method not in _SAFE
        # The demo serves one machine; its benchmark is many viewers at once who are the same person.
        if is_act or gate.access.mode != "demo":
            self._count(viewer.email, ACTS if is_act else LOOKS)

    def _viewer(self, request: Request) -> Viewer:
        access, roster, now = self._gate.access, self._gate.roster(), self._gate.clock()
        if access.mode == "demo":
            return demo_viewer(access, roster, now)
        if access.proxy:
            return person_of(email_by_proxy(access.proxy, _peer(request), _all_headers(request)), roster, now)
        email = session_email(request.cookies, access.secret, now)
        if email is None:
            raise Refused(401, "Sign in first.")
        return person_of(email, roster, now)

    def _count(self, asker: str, limit: Limit) -> None:
        if not self._gate.limits.allows(asker, limit, time.monotonic()):
            raise Refused(429, "That is more than is answered in a minute. Wait a minute, then reload.")

    def _answer(self, request: Request, refused: Refused) -> Response:
        path = str(request.scope["path"])
        wants_page = request.method in _SAFE and not path.startswith(("/api/", "/live"))
        if refused.status == 401 and self._gate.access.mode == "oidc" and wants_page and not is_fragment(request):
            query = request.scope["query_string"].decode("latin-1")
            wanted = path + (f"?{query}" if query else "")
            return RedirectResponse(f"/login?{urlencode({'to': wanted})}", 303)
        return self._refusal(request, refused)


def is_fragment(request: Request) -> bool:
    """Whether only what changes is asked for, by the page's script."""
    return request.headers.get("x-acme-fragment") == "1"


def _require_own_host(access: Access, request: Request) -> None:
    """A page elsewhere may give its own name our address (DNS rebinding): answer to ours only."""
    host = _host(request.headers.get("host", ""))
    if access.address:
        own = (urlsplit(access.address).hostname or "").lower()
        if host == own or (request.scope["path"] == "/alive" and access.mode != "demo"):
            return
        raise Refused(421, f"The board answers as {own}; ACME_BOARD_ADDRESS says so.")
    if access.mode == "demo" and not is_loopback(host):
        raise Refused(421, "In demo mode the board answers as localhost and 127.0.0.1 only.")


def _host(given: str) -> str:
    """The name in a Host header; empty where there is more in it than a name and a port."""
    try:
        parts = urlsplit(f"//{given}")
        parts.port  # noqa: B018  # raises where it is no number
    except ValueError:
        return ""
    return (parts.hostname or "").lower() if parts.netloc == given and "@" not in given else ""


def _require_same_site(request: Request) -> None:
    if request.method in _SAFE:
        return
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    # Without a referrer browsers send the origin of a form as null; then the site that they name must be this one.
    if site not in (None, "same-origin", "none"):
        raise Refused(403, "This form was sent from another site. Open the page here and do it again.")
    if origin not in (None, "null") and urlsplit(str(origin)).netloc != request.headers.get("host"):
        raise Refused(403, "This form was sent from another site. Open the page here and do it again.")


def address_of(access: Access, request: Request) -> str:
    """Whence the request comes: where the proxy is trusted, the last address that it names."""
    peer = _peer(request)
    if access.proxy and is_trusted(access.proxy, peer):
        return request.headers.get("x-forwarded-for", peer).rpartition(",")[2].strip() or peer
    return peer


def _peer(request: Request) -> str:
    return request.client.host if request.client else ""


def _all_headers(request: Request) -> Mapping[str, list[str]]:
    found = defaultdict(list)
    for name, value in request.headers.items():
        found[name.lower()].append(value)
    return found


def _with_headers(send: Send, *, is_https: bool) -> Callable[[Message], Awaitable[None]]:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            own = {name for name, _ in message.get("headers", [])}
            added = HEADERS | ({"strict-transport-security": _PRODUCTION_LIFE} if is_https else {})
            message["headers"] = [*message.get("headers", []), *(
                (name.encode(), value.encode()) for name, value in added.items() if name.encode() not in own
            )]  # fmt: skip
        await send(message)

    return sending


async def read_form(request: Request, gate: Gate, who: str) -> dict[str, str]:
    """The values of a form that was sent, the last of each name.

    Args:
        who: what its token was made for.

    Raises:
        Refused: it is too large, no form, or its token is not one of ours.
    """
    body = b""
    async for part in request.stream():
        body += part
        if len(body) > _LARGEST_FORM:
            raise Refused(413, "That is more than a form of this page holds.")
    if request.headers.get("content-type", "").partition(";")[0].strip() != "application/x-www-form-urlencoded":
        raise Refused(415, "Send it with the form of the page.")
    values = {name: found[-1] for name, found in parse_qs(body.decode("utf-8", "replace"), max_num_fields=20).items()}
    if not is_form_token(values.get("token", ""), who, gate.access.secret, gate.clock()):
        raise Refused(403, "The page was open for too long, or the board was restarted. Reload it and do it again.")
    return values
