"""The page of a client's link: what is asked, and the code that agrees to it. No account: it is the client's.

The link's token names the request and its contact, the code came by another channel, and the ledger lets both be used
once. Nothing else of the board can be reached from here.
"""

import time

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from acme_assets.audit.canonical import digest
from acme_assets.audit.signing import KeyProblem
from acme_assets.board.access import Refused
from acme_assets.board.guard import Gate, address_of, read_form
from acme_assets.board.limits import CODES
from acme_assets.board.rendering import Rendering
from acme_assets.board.tokens import form_token
from acme_assets.environment import EnvironmentProblem, Platform
from acme_assets.gates.links import LinkRefused, link_secret
from acme_assets.warehouse.links import LinkView, acknowledge_by_link, open_link
from acme_assets.warehouse.protocol import WarehouseUnavailable
from acme_assets.warehouse.signing import NotSigned

_LONGEST_TOKEN = 2_000

_NOT_NOW = "AcmeHealth cannot take this at the moment: nothing was changed. Try again later, or answer the e-mail."


class Acknowledging:
    """Show a link's request, and spend the link."""

    def __init__(self, platform: Platform, gate: Gate, rendering: Rendering, secret: str | None) -> None:
        self._platform, self._gate, self._rendering, self._secret = platform, gate, rendering, secret

    def show(self, request: Request) -> Response:
        """What is asked, and a field for the code. Changes nothing: mail scanners open links too."""
        token = _token(request)
        return self._page(request, token, self._view(token))

    async def spend(self, request: Request) -> Response:
        """Agree, with the code."""
        token = _token(request)
        values = await read_form(request, self._gate, _who(token))
        if not self._gate.limits.allows(address_of(self._gate.access, request), CODES, time.monotonic()):
            raise Refused(429, "Too many codes were tried from your network. Wait some minutes, then try again.")
        return await run_in_threadpool(self._spend, request, token, values.get("code", ""))

    def _spend(self, request: Request, token: str, code: str) -> Response:
        view = self._view(token)
        try:
            acknowledge_by_link(
                self._platform.warehouse, self._platform.registry, token, code, self._key(),
                service=self._platform.service(), roster=self._platform.roster(), now=self._platform.clock(),
            )  # fmt: skip
        except LinkRefused as refused:
            return self._page(request, token, view, problem=str(refused), status=403)
        except (NotSigned, EnvironmentProblem, KeyProblem, WarehouseUnavailable, SQLAlchemyError) as error:
            raise Refused(503, _NOT_NOW) from error
        return self._page(request, token, view, is_done=True)

    def _view(self, token: str) -> LinkView:
        try:
            return open_link(
                self._platform.warehouse, self._platform.registry, token, self._key(),
                roster=self._platform.roster(), now=self._platform.clock(),
            )  # fmt: skip
        except LinkRefused as refused:
            text = str(refused)
            raise Refused(403, f"{text[:1].upper()}{text[1:]}.") from refused
        except (WarehouseUnavailable, SQLAlchemyError) as error:
            raise Refused(503, _NOT_NOW) from error

    def _key(self) -> bytes:
        try:
            return link_secret(self._secret)
        except KeyProblem as problem:
            raise Refused(503, _NOT_NOW) from problem

    def _page(
        self, request: Request, token: str, view: LinkView, problem: str = "", is_done: bool = False, status: int = 200
    ) -> Response:
        secret, now = self._gate.access.secret, self._gate.clock()
        return self._rendering.page(
            request, "acknowledge.html", status, view=view, problem=problem, is_done=is_done, link_token=token,
            ack_token=form_token(_who(token), secret, now),
        )  # fmt: skip


def _token(request: Request) -> str:
    token = request.query_params.get("token", "")
    if not token or len(token) > _LONGEST_TOKEN:
        raise Refused(400, "The link is not whole. Copy all of it from the e-mail, or ask AcmeHealth for another.")
    return token


def _who(token: str) -> str:
    return f"link {digest([token])}"
