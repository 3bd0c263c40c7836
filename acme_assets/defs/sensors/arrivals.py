"""Look at the landing zone; record what is complete in the ledger. The look itself is `warehouse.noticing`."""

import json
from collections.abc import Mapping
from datetime import timedelta

from dagster import (
    DefaultSensorStatus,
    ResourceParam,
    SensorDefinition,
    SensorEvaluationContext,
    SkipReason,
    sensor,
)

from acme_assets.alerts.services import LANDING_ZONE
from acme_assets.environment import Platform
from acme_assets.feeds.completeness import FIRST_LOOK, Look
from acme_assets.warehouse.arriving import read_noted, record_strays
from acme_assets.warehouse.heartbeats import beat
from acme_assets.warehouse.noticing import notice

_FORM = 2
"""Of the cursor's text. One of another form is a lost cursor, which costs a look and nothing else."""

SIGN_OF_LIFE = timedelta(seconds=20)
"""How long a look reads files before it gives a sign of life: without one, loads take the landing zone to be away."""

Noted = Mapping[str, str]
"""Path of a stray that is noted, to the key of its reason."""


def arrivals_sensor(interval_seconds: int) -> SensorDefinition:
    """The arrival sensor."""

    @sensor(
        name="arrivals",
        minimum_interval_seconds=interval_seconds,
        default_status=DefaultSensorStatus.RUNNING,
        description="Records each complete delivery, and each file that is of none, in the ledger.",
    )
    def arrivals(context: SensorEvaluationContext, platform: ResourceParam[Platform]) -> SkipReason:
        recorded, cursor = look(platform, read_cursor(context.cursor), context)
        give_sign_of_life(platform)
        context.update_cursor(write_cursor(cursor))
        return SkipReason(f"{recorded} new deliveries" if recorded else "nothing new")

    return arrivals


def give_sign_of_life(platform: Platform) -> None:
    """The landing zone is listed and read."""
    with platform.warehouse.begin() as connection:
        beat(platform.warehouse, connection, LANDING_ZONE, platform.clock())


def read_cursor(text: str | None) -> tuple[Look, Noted | None]:
    """The last look and the strays that are noted (None: not known), from a cursor."""
    data = json.loads(text) if text else {}
    if data.get("form") != _FORM:
        return FIRST_LOOK, None
    unnamed = {night: tuple(paths) for night, paths in data["look"].pop("unnamed").items()}
    return Look(**data["look"], unnamed=unnamed), data["strays"]


def write_cursor(cursor: tuple[Look, Noted]) -> str:
    """The cursor's text."""
    seen, strays = cursor
    return json.dumps({"form": _FORM, "look": vars(seen), "strays": strays})


def look(
    platform: Platform, cursor: tuple[Look, Noted | None], context: SensorEvaluationContext
) -> tuple[int, tuple[Look, Noted]]:
    """One look at the landing zone. Returns how many deliveries were recorded, and the next cursor."""
    now = beat_at = platform.clock()
    before, noted = cursor

    def alive() -> None:
        nonlocal beat_at
        if platform.clock() - beat_at >= SIGN_OF_LIFE:
            give_sign_of_life(platform)
            beat_at = platform.clock()

    found = notice(platform.warehouse, platform.zone, platform.registry, before, now, context.log.info, alive)
    if noted is None:
        with platform.warehouse.begin() as connection:
            noted = read_noted(connection)
    changed, strays = record_strays(platform.warehouse, found.strays, noted, now)
    for stray in changed:
        context.log.warning(f"{stray.file.path}: {stray.reason}")
    return sum(item.outcome != "same" for item in found.recorded), (found.look, strays)
