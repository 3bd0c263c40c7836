"""The report of deadlines in words and rows, for the terminal and the page alike."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from acme_assets.board.evidence_words import counted, number, percent
from acme_assets.cli.output import local_time
from acme_assets.sla.attainment import Attainment, Report
from acme_assets.sla.attribution import Attribution
from client_partitions.client import Client

Rows = tuple[list[str], list[list[str]]]
"""Columns, and rows of cells."""

OWNERS = {"client": "client", "engineering": "engineering", "qa": "QA"}


def title(done: Report, clients: Mapping[str, Client]) -> str:
    """Whose deadlines, and when."""
    whose = next(iter(clients.values())).name if len(clients) == 1 else counted(len(done.by_client), "client")
    return f"{whose}, business dates {done.first} to {done.last}"


def headline(done: Report) -> str:
    """The report in one sentence or two."""
    total = done.total
    if not total.due:
        return "No deadline of these nights has passed."
    kept = f"{number(total.met)} of {counted(total.due, 'client night')} kept the deadline ({percent_of(total)})"
    if not done.late:
        return f"{kept}."
    late = [f"{number(total.missed)} released late"] if total.missed else []
    late += [f"{number(total.open)} not released yet"] if total.open else []
    return f"{kept}; {' and '.join(late)}. {duration(total.minutes)} of delay in all."


def duration(minutes: int) -> str:
    """Minutes as people say them: 45 minutes, 3 h 31 min."""
    if minutes < 60:
        return counted(minutes, "minute")
    return f"{minutes // 60:,} h" + (f" {minutes % 60} min" if minutes % 60 else "")


def percent_of(row: Attainment) -> str:
    """The share that kept the deadline; never rounded up to all."""
    if row.share_met is None:
        return ""
    return percent(round(row.share_met, 3) if row.met == row.due else min(round(row.share_met, 3), 0.999))


def minutes_of(done: Report, group: str) -> str:
    """An owner group's minutes; empty where it has none."""
    minutes = next(row.minutes for row in done.by_owner_group if row.name == group)
    return counted(minutes, "minute") if minutes else ""


def parts_table(name: str, rows: Sequence[Attainment], total: Attainment) -> Rows:
    """Minutes by owner group or by cause."""
    columns = [name, "minutes", "share", "late nights", "of these open", "P50", "P90"]
    return columns, [
        [
            OWNERS.get(row.name, row.name),
            number(row.minutes),
            percent(round(row.minutes / total.minutes, 3)) if total.minutes else "",
            number(row.missed + row.open),
            number(row.open),
            number(row.p50),
            number(row.p90),
        ]
        for row in rows
    ]


def nights_table(name: str, rows: Sequence[Attainment]) -> Rows:
    """Nights by client, feed or week."""
    columns = [name, "due", "kept", "share", "late", "open", "minutes", "P50", "P90"]
    return columns, [
        [
            row.name,
            number(row.due),
            number(row.met),
            percent_of(row),
            number(row.missed),
            number(row.open),
            number(row.minutes),
            number(row.p50),
            number(row.p90),
        ]
        for row in rows
    ]


def late_table(late: Sequence[Attribution], clients: Mapping[str, Client]) -> Rows:
    """Every late night with its parts."""
    columns = ["client", "business date", "deadline", "released", "minutes", "client's", "engineering's", "QA's", "why"]
    return columns, [_late_row(night, clients[night.client_id]) for night in late]


def _late_row(night: Attribution, client: Client) -> list[str]:
    return [
        night.client_id,
        night.business_date.isoformat(),
        local_time(night.deadline, client.zone),
        _released(night, client),
        number(night.delay),
        *(number(part.minutes) if part.minutes else "" for part in night.parts),
        why(night, client),
    ]


def _released(night: Attribution, client: Client) -> str:
    return _moment(night.released_at, night, client) or "not yet"


def _moment(moment: datetime | None, night: Attribution, client: Client) -> str:
    """On the client's clock; with the date once the weekday alone may be another week's."""
    if moment is None or abs(moment - night.deadline) < timedelta(days=1):
        return local_time(moment, client.zone)
    return f"{moment.astimezone(client.zone):%-d %b %H:%M}"


def _clock(moment: datetime | None, night: Attribution, client: Client) -> str:
    """The same, with the time alone on the day of the deadline."""
    if moment and moment.astimezone(client.zone).date() == night.deadline.astimezone(client.zone).date():
        return f"{moment.astimezone(client.zone):%H:%M}"
    return _moment(moment, night, client)


def why(night: Attribution, client: Client) -> str:
    """The causes of a delay, the largest first: late delivery (lab_result, due 02:00, here 05:10), sign-off."""
    parts = sorted((part for part in night.parts if part.cause), key=lambda part: -part.minutes)
    return ", ".join(
        f"{part.cause} ({_last(night, client)})" if part.owner_group == "client" and night.last else str(part.cause)
        for part in parts
    )


def _last(night: Attribution, client: Client) -> str:
    assert night.last is not None
    due, here = (_clock(moment, night, client) for moment in (night.last.due, night.last.here_at))
    arrived = "excused" if night.last.trouble == "excused" else "here"
    return f"{night.last.feed}, due {due}" + (f", {arrived} {here}" if here else "")
