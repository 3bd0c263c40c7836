"""What was last forecast of client nights, as it is stored: so that whoever asks need not simulate."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, and_, func, select

from acme_assets.warehouse.reading import Night
from acme_assets.warehouse.sla_tables import forecasts


@dataclass(frozen=True)
class StoredForecast:
    """One row of ops.forecasts."""

    client_id: str
    business_date: date
    made_at: datetime
    deadline: datetime
    p_miss: float
    p50: datetime | None
    p90: datetime | None
    driver: str | None
    driver_group: str | None
    drop_dead_at: datetime | None
    """Of the driver."""


_COLUMNS = tuple(StoredForecast.__dataclass_fields__)


def last_forecasts(connection: Connection, nights: Collection[Night]) -> dict[Night, StoredForecast]:
    """The newest stored forecast of each night that has one, in one query."""
    if not nights:
        return {}
    days = [day for _, day in nights]
    rows = connection.execute(newest((min(days), max(days)), _COLUMNS))
    found = {(row.client_id, row.business_date): StoredForecast(*row) for row in rows}
    return {night: item for night, item in found.items() if night in nights}


def newest(span: tuple[date, date], columns: Collection[str]) -> Select[Any]:
    """The newest row of each night in these business dates."""
    key = ("client_id", "business_date")
    latest = (
        select(*(forecasts.c[name] for name in key), func.max(forecasts.c.made_at).label("made_at"))
        .where(forecasts.c.business_date.between(*span))
        .group_by(*(forecasts.c[name] for name in key))
        .subquery("newest")
    )
    same = and_(*(forecasts.c[name] == latest.c[name] for name in (*key, "made_at")))
    wanted = [forecasts.c[name] for name in columns]
    return select(*wanted).join(latest, same).where(forecasts.c.business_date.between(*span))
