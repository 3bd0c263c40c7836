"""The risk of a night in words: what `acme status` and `acme explain` say of the last stored forecast.

Nothing is simulated here: `acme status` is asked every minute, and answers in the time of one query more.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Any

from acme_assets.cli.output import local_time
from acme_assets.environment import Platform
from acme_assets.nights.status import NightStatus
from acme_assets.warehouse.forecasts import StoredForecast, last_forecasts
from acme_assets.warehouse.reading import Night
from client_partitions.client import Client

FRESH = timedelta(minutes=15)
"""A forecast that is older is shown with its age. One is stored when it changes, and at least each hour."""

Forecasts = dict[Night, StoredForecast]


def percent(p: float) -> str:
    """A probability; never rounded to none or all."""
    return "<1 %" if 0 < p < 0.01 else ">99 %" if 0.99 < p < 1 else f"{p:.0%}".replace("%", " %")


def styled(p: float) -> str:
    """The same with the colour of its urgency."""
    style = "bold red" if p >= 0.5 else "yellow" if p >= 0.1 else "green"
    return f"[{style}]{percent(p)}[/]"


def read_forecasts(work: Platform, nights: Iterable[NightStatus]) -> Forecasts:
    """The last stored forecast of each night that is open, if it is of the night's present deadline."""
    wanted = {(night.client_id, night.business_date): night for night in nights if night.state != "released"}
    if not wanted:
        return {}
    with work.warehouse.begin() as connection:
        found = last_forecasts(connection, wanted.keys())
    return {key: item for key, item in found.items() if item.deadline == wanted[key].deadline}


def risk_json(night: NightStatus, found: Forecasts, now: datetime) -> dict[str, Any]:
    """The forecast's part of a night in `--json`: null where there is none, or nothing is left to forecast."""
    made = found.get((night.client_id, night.business_date))
    return {
        "p_miss": 1.0 if is_missed(night, now) else made.p_miss if made else None,
        "expected_release": {"p50": made.p50, "p90": made.p90} if made else None,
        "save_by": made.drop_dead_at if made else None,
        "forecast_at": made.made_at if made else None,
    }


def is_missed(night: NightStatus, now: datetime) -> bool:
    """Whether its deadline has passed without a release: no forecast is needed for that."""
    return night.state != "released" and now > night.deadline


def risk_cell(night: NightStatus, found: Forecasts, client: Client, now: datetime) -> str:
    """P(miss) and when the release is expected, as a cell of the status table."""
    if night.state == "released":
        return ""
    made = found.get((night.client_id, night.business_date))
    if made is None:
        return "[dim]no forecast[/]"
    risk = "[bold red]missed[/]" if is_missed(night, now) else styled(made.p_miss)
    return f"{risk}\n[dim]{_expected(made, client)}{_age(made, now)}[/]"


def risk_line(night: NightStatus, found: Forecasts, client: Client, now: datetime) -> str | None:
    """The last line of `acme explain`; None of a night that is released."""
    if night.state == "released":
        return None
    more = f"acme sla show {night.client_id} {night.business_date}"
    made = found.get((night.client_id, night.business_date))
    if made is None:
        return f"P(miss): no forecast is stored of it; to make one now: {more}"
    said = ["The deadline is missed" if is_missed(night, now) else f"P(miss) {styled(made.p_miss)}"]
    said[0] += f", {_expected(made, client)}{_age(made, now)}"
    if made.driver:
        said.append(f"most of the risk: {made.driver} ({made.driver_group})")
    if made.driver and made.drop_dead_at and not is_missed(night, now):
        by = local_time(made.drop_dead_at, client.zone)
        said.append(f"save it by {by}" if now <= made.drop_dead_at else f"[red]{by}, by when to save it, is past[/]")
    return "; ".join([*said, f"what would help: {more}"])


def _expected(made: StoredForecast, client: Client) -> str:
    if made.p50 is None:
        return "not expected tonight"
    p50 = local_time(made.p50, client.zone)
    if made.p90 is None:
        return f"expected {p50} or not tonight"
    p90 = local_time(made.p90, client.zone)
    return f"expected {p50}" + ("" if p90 == p50 else f" to {p90.removeprefix(p50[:4])}")


def _age(made: StoredForecast, now: datetime) -> str:
    age = now - made.made_at
    if age <= FRESH:
        return ""
    minutes = int(age.total_seconds() // 60)
    return f" (said {minutes} min ago)" if minutes < 120 else f" (said {minutes // 60} h ago)"
