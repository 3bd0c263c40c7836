"""The board as plain values: the JSON of the API and of `acme status --json`. Names are those of the model."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from acme_assets.board.model import Board, ClientNight, NightRow, Queue
from acme_assets.board.trends_model import Trends
from acme_assets.nights.status import NightStatus, Step

Json = dict[str, Any]


def board_json(board: Board) -> Json:
    """`/api/v1/tonight`, and what `acme status --json` prints: there, with the names of stray files."""
    registry = {item.name: item.text for item in board.problems if item.kind == "registry"}
    strays = [
        {
            "client_id": item.client_id,
            "owner_group": item.owner_group,
            "reason": item.text,
            "first_seen_at": plain(item.since),
        }
        for item in board.problems
        if item.kind == "stray file"
    ]
    return {
        "as_of": plain(board.as_of),
        "made_at": plain(board.made_at),
        "outage": plain(board.outage),
        "counts": plain(board.counts),
        "nights": [row_json(row) for row in board.nights],
        "registry_errors": registry,
        "people_error": next((item.text for item in board.problems if item.kind == "people"), None),
        "stray_files": strays,
    }


def row_json(row: NightRow) -> Json:
    """One night: what `acme explain --json` says of it, and its risk."""
    return {
        "client_id": row.client_id,
        "name": row.name,
        "tier": row.tier,
        "business_date": plain(row.business_date),
        "state": row.state,
        "blocked_by": step_json(row.blocked_by) if row.blocked_by else None,
        "deadline": plain(row.deadline),
        "time_zone": row.zone.key,
        "released_at": plain(row.released_at),
        "missed": row.missed,
        "p_miss": row.p_miss,
        "expected_release": {"p50": plain(row.p50), "p90": plain(row.p90)} if row.forecast_at else None,
        "driver": row.driver,
        "driver_group": row.driver_group,
        "save_by": plain(row.drop_dead),
        "forecast_at": plain(row.forecast_at),
        "incidents": list(row.incidents),
        "feeds_late": list(row.feeds_late),
        "stages": plain(row.stages),
        "steps": [step_json(step) for step in row.steps],
    }


def status_json(night: NightStatus) -> Json:
    """A night's status alone, under the same names."""
    return {
        "client_id": night.client_id,
        "business_date": plain(night.business_date),
        "state": night.state,
        "blocked_by": step_json(night.blocked_by) if night.blocked_by else None,
        "deadline": plain(night.deadline),
        "released_at": plain(night.released_at),
        "steps": [step_json(step) for step in night.steps],
    }


def step_json(step: Step) -> Json:
    """One step."""
    return {name: plain(value) for name, value in vars(step).items()}


def night_json(night: ClientNight) -> Json:
    """`/api/v1/nights/{client}/{date}`."""
    said: Json = {
        item.name: plain(getattr(night, item.name)) for item in fields(night) if item.name not in ("row", "edges")
    }
    edges = [{"from": edge.source, "to": edge.target, "is_required": edge.is_required} for edge in night.edges]
    return {"as_of": said.pop("as_of"), **row_json(night.row), **said, "edges": edges}


def queue_json(queue: Queue) -> Json:
    """`/api/v1/queues/{group}`."""
    found: Json = plain(queue)
    for row, source in zip(found["rows"], queue.rows, strict=True):
        row["slack_minutes"] = None if source.slack is None else source.slack // timedelta(minutes=1)
        del row["slack"]
    return found


def trends_json(trends: Trends) -> Json:
    """`/api/v1/trends`."""
    found: Json = plain(trends)
    done, said = found.pop("report"), trends.report
    tables = ("by_client", "by_owner_group", "by_cause", "by_feed", "by_week")
    shares = {name: [row.share_met for row in getattr(said, name)] for name in tables}
    return {
        **found,
        "from": done["first"],
        "to": done["last"],
        "total": {**done["total"], "share_met": said.total.share_met},
        **{name: [{**row, "share_met": share} for row, share in zip(done[name], shares[name], strict=True)]
           for name in tables},
    }  # fmt: skip


def plain(value: Any) -> Any:
    """Dataclasses and moments as JSON has them: moments in ISO 8601 with their offset, spans in seconds."""
    if is_dataclass(value) and not isinstance(value, type):
        return {item.name: plain(getattr(value, item.name)) for item in fields(value)}
    match value:
        case None | bool() | int() | float() | str():
            return value
        case datetime() | date():
            return value.isoformat()
        case timedelta():
            return value.total_seconds()
        case ZoneInfo():
            return value.key
        case Mapping():
            return {str(key): plain(item) for key, item in value.items()}
        case list() | tuple() | set() | frozenset():
            return [plain(item) for item in value]
        case _ if hasattr(value, "model_dump"):
            return value.model_dump(mode="json")
        case _:
            raise TypeError(f"{type(value).__name__} is not JSON")
