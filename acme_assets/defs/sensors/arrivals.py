"""Look at the landing zone; record what is complete in the ledger. Reads, asks a pure function, records."""

import json
import tempfile
from datetime import datetime
from pathlib import Path

from dagster import (
    DefaultSensorStatus,
    ResourceParam,
    SensorDefinition,
    SensorEvaluationContext,
    SensorResult,
    SkipReason,
    sensor,
)

from acme_assets.environment import Platform
from acme_assets.feeds.arrivals import ArrivedFile, Look, Stray, complete, sort_listing
from acme_assets.feeds.zones import ZoneUnavailable, sha256_of
from acme_assets.warehouse.arriving import HashedFile, record_delivery, record_stray


def arrivals_sensor(interval_seconds: int) -> SensorDefinition:
    """The arrival sensor."""

    @sensor(
        name="arrivals",
        minimum_interval_seconds=interval_seconds,
        default_status=DefaultSensorStatus.RUNNING,
        description="Records each complete delivery, and each file that belongs to nobody, in the ledger.",
    )
    def arrivals(context: SensorEvaluationContext, platform: ResourceParam[Platform]) -> SensorResult | SkipReason:
        cursor = read_cursor(context.cursor)
        recorded, cursor = look(platform, cursor, context)
        context.update_cursor(write_cursor(cursor))
        return SkipReason(f"{recorded} new deliveries" if recorded else "nothing new")

    return arrivals


def read_cursor(text: str | None) -> tuple[Look, frozenset[str]]:
    """The last look and the strays that are noted, from a cursor."""
    data = json.loads(text) if text else {"seen": {}, "recorded": {}, "strays": []}
    return Look(data["seen"], data["recorded"]), frozenset(data["strays"])


def write_cursor(cursor: tuple[Look, frozenset[str]]) -> str:
    """The cursor's text."""
    seen, strays = cursor
    return json.dumps({"seen": dict(seen.seen), "recorded": dict(seen.recorded), "strays": sorted(strays)})


def look(
    platform: Platform, cursor: tuple[Look, frozenset[str]], context: SensorEvaluationContext
) -> tuple[int, tuple[Look, frozenset[str]]]:
    """One look at the landing zone. Returns how many deliveries were recorded, and the next cursor.

    A file that cannot be read costs its own feed night its delivery, and no other.
    """
    now = platform.clock()
    before, noted = cursor
    found = sort_listing(platform.registry, platform.zone.listing(), now.date())
    ready, after = complete(platform.registry, found.arrived, before)
    recorded = dict(after.recorded)
    strays = list(found.strays)
    count = 0
    for night in ready:
        files = found.arrived[night]
        try:
            hashed = [_hash(platform, arrived) for arrived in files]
        except ZoneUnavailable as error:
            context.log.error(f"{night}: {error}")
            strays += [Stray(arrived.file, str(error), "client", night.client_id) for arrived in files]
            continue
        outcome = record_delivery(platform.warehouse, night, hashed, now)
        recorded[str(night)] = after.seen[str(night)]
        count += outcome.outcome != "same"
        context.log.info(f"{night}: delivery {outcome.delivery_id} ({outcome.outcome})")
    _note_strays(platform, [stray for stray in strays if stray.file.path not in noted], now, context)
    return count, (Look(after.seen, recorded), frozenset(stray.file.path for stray in strays))


def _hash(platform: Platform, arrived: ArrivedFile) -> HashedFile:
    with tempfile.TemporaryDirectory(prefix="acme-look-") as folder:
        path = platform.zone.fetch(arrived.file.path, Path(folder))
        digest = sha256_of(path)
    return HashedFile(arrived.file.path, arrived.layout, digest, arrived.file.size, arrived.file.modified_at)


def _note_strays(platform: Platform, strays: list[Stray], now: datetime, context: SensorEvaluationContext) -> None:
    if not strays:
        return
    with platform.warehouse.begin() as connection:
        for stray in strays:
            if record_stray(platform.warehouse, connection, stray, now):
                context.log.warning(f"{stray.file.path}: {stray.reason}")
