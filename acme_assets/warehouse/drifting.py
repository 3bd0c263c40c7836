"""Drift in the ledger: what a delivery looked like, against what the feed's earlier ones did."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Select, insert, select, update

from acme_assets.contracts.columns import Columns, columns_json, columns_of, read_columns
from acme_assets.contracts.drift import (
    Finding,
    PastNight,
    Profile,
    night_drift,
    profile_json,
    read_profile,
    trailing_dates,
)
from acme_assets.contracts.drift_columns import column_drift
from acme_assets.contracts.profiles import KeySketch, compared, profile_of
from acme_assets.contracts.results import DRIFTED, ContractResult, SourceFile
from acme_assets.warehouse.ledger import deliveries, loads
from acme_assets.warehouse.profile_tables import delivery_profiles
from acme_assets.warehouse.protocol import Warehouse
from acme_assets.warehouse.raw_tables import key_sketches
from client_partitions.client import Client
from client_partitions.feeds import Feed


@dataclass(frozen=True)
class Seen:
    """What a delivery looks like."""

    columns: Columns
    profile: Profile | None
    """None where the contract holds it."""
    sketch: KeySketch | None


def look_at(feed: Feed, files: Sequence[SourceFile], layouts: Sequence[str], size: int, result: ContractResult) -> Seen:
    """Read what is needed to compare a checked delivery; `layouts` names each file's, `size` is theirs in bytes."""
    columns = columns_of(files, layouts)
    if result.held:
        return Seen(columns, None, None)
    return Seen(columns, *profile_of(feed, result, size))


@dataclass(frozen=True)
class Subject:
    """The delivery that is judged."""

    client: Client
    feed: Feed
    business_date: date
    delivery_id: str


@dataclass(frozen=True)
class DriftVerdict:
    """How a delivery is unlike the feed's earlier ones."""

    findings: tuple[Finding, ...]

    @property
    def held(self) -> str | None:
        """Why it is to be held, in words; None where it is not."""
        said = [finding.said for finding in self.findings if finding.act == "hold"]
        return f"{DRIFTED}: {', and '.join(said)}" if said else None

    @property
    def said(self) -> list[str]:
        """Everything, for the record."""
        return [f"{finding.act}: {finding.said}" for finding in self.findings]


def judge_drift(
    warehouse: Warehouse, connection: Connection, subject: Subject, seen: Seen, now: datetime
) -> DriftVerdict:
    """Hold a delivery against the last good one and the trailing nights, and record how it looked and what was found.

    Judged again each time that its files are checked: the policy may have changed since.
    """
    policy = subject.client.feeds[subject.feed].drift
    findings: tuple[Finding, ...] = ()
    if before := connection.execute(_last_good(subject)).scalar():
        findings = column_drift(read_columns(before), seen.columns, subject.client.layouts, policy)
    profile = seen.profile
    if profile and seen.sketch:
        past, content, last = _past(connection, subject)
        profile = compared(profile, seen.sketch, last)
        findings += night_drift(subject.business_date, content, profile, past, policy)
        _keep_sketch(connection, subject.delivery_id, seen.sketch)
    verdict = DriftVerdict(findings)
    key = {"delivery_id": subject.delivery_id}
    judged = {
        "source_columns": columns_json(seen.columns),
        "profile": json.dumps(profile_json(profile)) if profile else None,
        "findings": json.dumps([asdict(finding) for finding in findings]),
        "held": verdict.held,
        "judged_at": now,
    }
    night = {"client_id": subject.client.client_id, "business_date": subject.business_date, "feed": subject.feed}
    if not warehouse.insert_new(connection, delivery_profiles, {**key, **night, **judged}):
        connection.execute(update(delivery_profiles).filter_by(**key).values(**judged))
    return verdict


def _keep_sketch(connection: Connection, delivery_id: str, sketch: KeySketch) -> None:
    """Once: the night's lock is held, and the same delivery has the same keys."""
    if not connection.execute(select(key_sketches.c.delivery_id).filter_by(delivery_id=delivery_id)).first():
        connection.execute(insert(key_sketches).values(delivery_id=delivery_id, sketch=sketch.written()))


def drift_that_holds(connection: Connection, delivery_id: str) -> str | None:
    """Why a delivery that is in RAW is held all the same, by its drift as it was last judged."""
    held = select(delivery_profiles.c.held).filter_by(delivery_id=delivery_id)
    return connection.execute(held).scalar()


def _of_feed(subject: Subject, *columns: Any) -> Select[Any]:
    kept = delivery_profiles.c
    return (
        select(*columns)
        .join(deliveries, deliveries.c.delivery_id == kept.delivery_id)
        .where(kept.client_id == subject.client.client_id, kept.feed == subject.feed)
        .where(kept.delivery_id != subject.delivery_id)
    )


def _last_good(subject: Subject) -> Select[Any]:
    """The columns of the newest delivery that was loaded, of this business date or one before it."""
    kept = delivery_profiles.c
    return (
        _of_feed(subject, kept.source_columns)
        .join(loads, loads.c.delivery_id == kept.delivery_id)
        .where(kept.business_date <= subject.business_date)
        .order_by(kept.business_date.desc(), loads.c.loaded_at.desc())
        .limit(1)
    )


def _past(connection: Connection, subject: Subject) -> tuple[list[PastNight], str, KeySketch | None]:
    """The trailing nights, the content hash of the delivery itself, and the sketch of the newest night's keys."""
    kept = delivery_profiles.c
    nights = connection.execute(
        _of_feed(subject, kept.business_date, deliveries.c.content_hash, kept.profile, kept.delivery_id)
        .where(deliveries.c.state == "loaded", kept.profile.is_not(None))
        .where(kept.business_date.in_(trailing_dates(subject.business_date)))
        .order_by(kept.business_date)
    ).all()
    content = connection.execute(select(deliveries.c.content_hash).filter_by(delivery_id=subject.delivery_id)).scalar()
    last = nights[-1].delivery_id if nights else ""
    sketch = connection.execute(select(key_sketches.c.sketch).filter_by(delivery_id=last)).scalar()
    past = [PastNight(row[0], row[1], read_profile(json.loads(row[2]))) for row in nights]
    return past, str(content), KeySketch.read(sketch) if sketch else None


@dataclass(frozen=True)
class Drift:
    """One delivery as it was judged."""

    business_date: date
    delivery_id: str
    state: str
    rows: int | None
    """None where the contract held it."""
    findings: tuple[Finding, ...]
    judged_at: datetime


def drift_history(connection: Connection, client_id: str, feed: str, limit: int) -> list[Drift]:
    """The latest deliveries of a feed, newest first, with how each was unlike those before it."""
    kept = delivery_profiles.c
    rows = connection.execute(
        select(kept.business_date, kept.delivery_id, deliveries.c.state, kept.profile, kept.findings, kept.judged_at)
        .join(deliveries, deliveries.c.delivery_id == kept.delivery_id)
        .where(kept.client_id == client_id, kept.feed == feed)
        .order_by(kept.business_date.desc(), kept.judged_at.desc())
        .limit(limit)
    )
    return [
        Drift(
            row[0],
            row[1],
            row[2],
            json.loads(row[3])["rows"] if row[3] else None,
            tuple(Finding(**item) for item in json.loads(row[4])),
            row[5],
        )
        for row in rows
    ]
