"""Acknowledging and snoozing an incident from its page: who may, and the transaction."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Literal

from sqlalchemy.exc import SQLAlchemyError

from acme_assets.alerts.engine import acknowledged, snoozed
from acme_assets.alerts.incident import Incident
from acme_assets.board.access import Refused, Viewer
from acme_assets.environment import Platform
from acme_assets.warehouse.incidents import read_incident, store
from acme_assets.warehouse.protocol import WarehouseUnavailable

Act = Literal["acknowledge", "snooze"]

SNOOZES: Mapping[str, str] = {"15": "15 min", "30": "30 min", "60": "1 hour", "120": "2 hours", "480": "8 hours"}
"""Minutes to words."""

SAID: Mapping[str, str] = {
    "acknowledge": "Acknowledged: nobody else is called. It shows here within a few seconds.",
    "snooze": "Snoozed: it comes back by itself. It shows here within a few seconds.",
}


def act(platform: Platform, viewer: Viewer, incident_id: str, what: Act, values: Mapping[str, str]) -> Incident:
    """Do it, with its audit entry, as this person.

    Raises:
        Refused: they may not, there is no such incident, or it cannot be done any more.
    """
    if not viewer.may_act:
        raise Refused(403, f"{viewer.name} has no role in people.yaml that may act on incidents. Ask engineering.")
    now = platform.clock()
    try:
        with platform.warehouse.begin() as connection:
            # Whole ids only: the start of one, which commands take, may be another incident's a moment later.
            found = [item for item in read_incident(connection, incident_id) if item.incident_id == incident_id]
            if not found:
                raise Refused(404, "There is no such incident. Reload the page.")
            after = _after(found[0], what, values, viewer.email, now)
            if store(platform.warehouse, connection, [after], now, found).overtaken:
                raise Refused(409, "Somebody changed this incident at the same moment. Reload, and look at it again.")
    except (WarehouseUnavailable, SQLAlchemyError) as error:
        raise Refused(503, "The warehouse does not answer: nothing was changed. Try again, or call on-call.") from error
    return after


def _after(incident: Incident, what: Act, values: Mapping[str, str], by: str, now: datetime) -> Incident:
    try:
        if what == "acknowledge":
            return acknowledged(incident, by, now)
        minutes = values.get("minutes", "")
        if minutes not in SNOOZES:
            raise Refused(400, f"Snooze it for {', '.join(SNOOZES.values())}.")
        return snoozed(incident, now + timedelta(minutes=int(minutes)), by, now)
    except ValueError as error:
        raise Refused(409, str(error)) from error
