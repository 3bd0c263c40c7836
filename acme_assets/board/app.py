"""The board as an ASGI application: which address leads where, around one reader. Nothing is read at import."""

from collections.abc import Mapping
from typing import Any

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from acme_assets.board.access import Access, Refused
from acme_assets.board.acknowledging import Acknowledging
from acme_assets.board.api import PREFIX, api_routes
from acme_assets.board.guard import Gate, Guard, is_fragment
from acme_assets.board.limits import Limits
from acme_assets.board.live import Live
from acme_assets.board.login import login_routes
from acme_assets.board.pages import Pages
from acme_assets.board.reading import Reader
from acme_assets.board.rendering import STATIC, Rendering
from acme_assets.environment import Platform

TITLES = {
    400: "That cannot be answered",
    401: "Sign in",
    403: "Not for you",
    404: "There is no such page",
    405: "That cannot be done here",
    413: "Too much",
    415: "Not a form of ours",
    421: "Another address",
    429: "Too often",
    500: "The board has a fault",
    503: "Not at this moment",
}


def board_app(platform: Platform, reader: Reader, access: Access, env: Mapping[str, str]) -> Starlette:
    """The application. The reader is started and stopped by whoever made it.

    Args:
        env: for the secret of clients' links alone; without it, that page says so.
    """
    gate = Gate(access, platform.roster, platform.clock, Limits())
    rendering = Rendering(gate, STATIC)
    pages = Pages(platform, reader, gate, rendering)
    links = Acknowledging(platform, gate, rendering, env.get("ACME_LINK_SECRET"))
    live = Live(reader)

    def refusal(request: Request, refused: Refused) -> Response:
        return _refused(rendering, request, refused)

    async def on_refused(request: Request, error: Exception) -> Response:
        assert isinstance(error, Refused)
        return refusal(request, error)

    async def on_http(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        text = "Check the address, or begin with tonight's list." if error.status_code == 404 else error.detail
        return refusal(request, Refused(error.status_code, text))

    async def on_fault(request: Request, error: Exception) -> Response:
        return refusal(request, Refused(500, "It is on record in its log. Reload; if it stays, tell engineering."))

    return Starlette(
        routes=[
            Route("/", pages.tonight, name="tonight"),
            Route("/nights/{client_id}/{business_date}", pages.night, name="night"),
            Route("/nights/{client_id}/{business_date}/evidence", pages.evidence, name="evidence"),
            Route("/queue", pages.my_queue, name="my_queue"),
            Route("/queue/{group}", pages.queue, name="queue"),
            Route("/incidents", pages.incidents, name="incidents"),
            Route("/incidents/{incident_id}/acknowledge", pages.acknowledge, methods=["POST"]),
            Route("/incidents/{incident_id}/snooze", pages.snooze, methods=["POST"]),
            Route("/trends", pages.trends, name="trends"),
            Route("/live", live.events),
            Route("/acknowledge", links.show, name="acknowledge"),
            Route("/acknowledge", links.spend, methods=["POST"]),
            Route("/alive", _alive),
            *login_routes(access, platform.clock),
            Mount(PREFIX, routes=api_routes(reader)),
            Mount("/static", _Static(directory=STATIC), name="static"),
        ],
        middleware=[Middleware(Guard, gate=gate, refusal=refusal)],
        exception_handlers={Refused: on_refused, HTTPException: on_http, Exception: on_fault},
    )


async def _alive(request: Request) -> Response:
    """For load balancers and the stack: says that it runs, and nothing else."""
    return PlainTextResponse("alive\n")


def _refused(rendering: Rendering, request: Request, refused: Refused) -> Response:
    title = TITLES.get(refused.status, "That did not work")
    if request.scope["path"].startswith(("/api/", "/live")) or is_fragment(request):
        return JSONResponse({"error": title, "text": str(refused)}, refused.status)
    return rendering.page(request, "error.html", status=refused.status, title=title, text=str(refused))


class _Static(StaticFiles):
    """Our css and script: kept by browsers, since their addresses carry a digest."""

    async def get_response(self, path: str, scope: Any) -> Response:
        response = await super().get_response(path, scope)
        response.headers["cache-control"] = "public, max-age=86400"
        return response
