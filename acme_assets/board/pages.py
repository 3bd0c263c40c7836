"""The pages that staff look at: each takes what the reader knows and fills in a template. They decide nothing."""

from datetime import date
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from acme_assets.board import incident_forms, plots
from acme_assets.board.access import Refused, Viewer
from acme_assets.board.evidence_page import evidence_page
from acme_assets.board.filters import GROUPS, RISKS, STATES, Filters, choices
from acme_assets.board.graph_drawing import BOX_HEIGHT, BOX_WIDTH, drawing_of
from acme_assets.board.guard import Gate, read_form
from acme_assets.board.model import QUEUES, Board, ClientNight, QueueGroup
from acme_assets.board.packet import read_packet
from acme_assets.board.reading import Reader
from acme_assets.board.rendering import Rendering, record_page
from acme_assets.board.timeline_drawing import LEFT, ROW, WIDTH, timeline_of
from acme_assets.environment import Platform
from acme_assets.warehouse.protocol import WarehouseUnavailable
from acme_assets.warehouse.signing import NotSigned
from acme_assets.warehouse.viewing import record_view
from client_partitions.registry import RegistryError

QUEUE_NAMES: dict[QueueGroup, str] = {
    "qa": "QA",
    "client-success": "Client success",
    "engineering": "Engineering",
}


class Pages:
    """One method a page."""

    def __init__(self, platform: Platform, reader: Reader, gate: Gate, rendering: Rendering) -> None:
        self._platform, self._reader, self._gate, self._rendering = platform, reader, gate, rendering

    def tonight(self, request: Request) -> Response:
        """Every client as a row."""
        board, asked = self._reader.current(), Filters.read(request.query_params)
        part = self._rendering.part(
            ("tonight", board.number, asked),
            "tonight_rows.html",
            lambda: {"board": board, "rows": asked.chosen(board.nights)},
        )
        return self._page(
            request, "tonight.html", board, asked=asked, rows_part=part, choices_of=choices,
            GROUPS=GROUPS, STATES=STATES, RISKS=RISKS,
        )  # fmt: skip

    def night(self, request: Request) -> Response:
        """One client night."""
        night = self._night(request)
        board = self._reader.current()
        return self._page(
            request, "night.html", board, night=night, graph=drawing_of(night), timeline=timeline_of(night),
            box=(BOX_WIDTH, BOX_HEIGHT), scale=(WIDTH, LEFT, ROW),
        )  # fmt: skip

    def evidence(self, request: Request) -> Response:
        """The evidence of a night's candidate, once it is on record that this person opened it."""
        viewer, day = _viewer(request), _day(request.path_params["business_date"])
        try:
            packet = read_packet(self._platform, request.path_params["client_id"], day)
            now = self._gate.clock()
            record_view(self._platform.warehouse, (packet.at.status.client_id, day), packet.digest, viewer.email, now)
        except (RegistryError, NotSigned) as error:
            raise Refused(404, str(error)) from error
        except (WarehouseUnavailable, SQLAlchemyError) as error:
            raise Refused(503, "The warehouse does not answer: what cannot be recorded is not shown.") from error
        return record_page(evidence_page(packet, now))

    def my_queue(self, request: Request) -> Response:
        """The queue of the viewer's own group."""
        roles = _viewer(request).roles
        group = "qa" if "qa" in roles else "client-success" if "client_success" in roles else "engineering"
        return RedirectResponse(f"/queue/{group}", 303)

    def queue(self, request: Request) -> Response:
        """What one group has to do."""
        group = next((name for name in QUEUES if name == request.path_params["group"]), None)
        if group is None:
            raise Refused(404, f"There are queues of {', '.join(QUEUE_NAMES.values())}.")
        found = self._reader.queue(group)
        return self._page(
            request, "queue.html", self._reader.current(), queue=found, names=QUEUE_NAMES, name=QUEUE_NAMES[group]
        )

    def incidents(self, request: Request) -> Response:
        """What is wrong, with two buttons each."""
        said = incident_forms.SAID.get(request.query_params.get("said", ""))
        return self._page(
            request, "incidents.html", self._reader.current(), said=said, snoozes=incident_forms.SNOOZES,
        )  # fmt: skip

    async def acknowledge(self, request: Request) -> Response:
        """Take an incident on."""
        return await self._act(request, "acknowledge")

    async def snooze(self, request: Request) -> Response:
        """Put an incident off."""
        return await self._act(request, "snooze")

    async def _act(self, request: Request, act: incident_forms.Act) -> Response:
        viewer = _viewer(request)
        values = await read_form(request, self._gate, viewer.email)
        incident_id = request.path_params["incident_id"]
        await run_in_threadpool(incident_forms.act, self._platform, viewer, incident_id, act, values)
        return RedirectResponse(f"/incidents?said={act}#incident-{incident_id}", 303)

    def trends(self, request: Request) -> Response:
        """Four weeks, to look at."""
        try:
            found = self._reader.trends()
        except WarehouseUnavailable as error:
            raise Refused(503, "The warehouse does not answer, and the trends were not read before.") from error
        return self._page(
            request, "trends.html", self._reader.current(), trends=found, plots=plots,
            latency=plots.latency(found.sign_off),
        )  # fmt: skip

    def _night(self, request: Request) -> ClientNight:
        client_id, day = request.path_params["client_id"], _day(request.path_params["business_date"])
        try:
            return self._reader.night(client_id, day)
        except RegistryError as error:
            raise Refused(404, str(error)) from error
        except WarehouseUnavailable as error:
            raise Refused(503, "The warehouse does not answer, and this night is not on the board.") from error

    def _page(self, request: Request, template: str, board: Board, **values: Any) -> Response:
        return self._rendering.page(request, template, board=board, **values)


def _viewer(request: Request) -> Viewer:
    viewer: Viewer = request.state.viewer
    return viewer


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Refused(404, f"{text} is no business date; give it as 2026-01-14.") from error
