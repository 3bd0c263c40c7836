"""Tasks and waits of the night, as the ledger has them."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import JSON, Connection, func, select

from acme_assets.nights.models import models_of
from acme_assets.warehouse.ledger import (
    audit_entries,
    candidates,
    deliveries,
    loads,
    model_builds,
    releases,
    statements,
)
from acme_assets.warehouse.suite_tables import suite_results
from client_partitions.client import Client

ARRIVE, VALIDATE, LOAD, MODEL = "arrive", "validate", "load", "model"
STAGING_SUITE, PRODUCTION_SUITE, GATE, RELEASE = "suite (staging)", "suite (production)", "gate", "release"

RECORDED = "landed → recorded"
LOADED = "recorded → loaded"
BUILT = "last load → candidate"
SIGNED = "candidate → sign-off (the driver)"
RELEASED = "sign-off → released"


@dataclass(frozen=True)
class Tasks:
    """Task instances as a person counts them: each was done once for each delivery, candidate or release."""

    done: Mapping[str, int]
    rebuilt: int
    """Of the models, those that were built again because of another delivery."""

    @property
    def total(self) -> int:
        return sum(self.done.values())


@dataclass(frozen=True)
class Wait:
    """How long something took."""

    kind: str
    what: str
    seconds: float


def tasks(connection: Connection, clients: Mapping[str, Client], business_date: date) -> Tasks:
    """Count what was done. A client's build makes each of its models, and leaves one entry in the audit log."""

    def count(table: object, *where: object) -> int:
        query = select(func.count()).select_from(table).filter_by(business_date=business_date)  # type: ignore[arg-type]
        return int(connection.execute(query.where(*where)).scalar_one())  # type: ignore[arg-type]

    action = audit_entries.c.action
    built = connection.execute(
        select(audit_entries.c.client_id)
        .filter_by(business_date=business_date)
        .where(action.in_(("candidate_built", "build_failed")))
    ).scalars()
    models = sum(len(models_of(clients[client_id].feeds)) for client_id in built)
    of_night = (statements.c.kind == "sign_off", statements.c.last_date == business_date)
    signed = connection.execute(select(func.count()).select_from(statements).where(*of_night)).scalar_one()
    done = {
        ARRIVE: count(deliveries),
        VALIDATE: count(audit_entries, action.in_(("delivery_loaded", "delivery_quarantined"))),
        LOAD: count(loads),
        MODEL: models,
        STAGING_SUITE: count(suite_results, suite_results.c.stage == "staging"),
        PRODUCTION_SUITE: count(suite_results, suite_results.c.stage == "production"),
        GATE: int(signed),
        RELEASE: count(releases),
    }
    return Tasks(done, models - count(model_builds))


def waits(connection: Connection, business_date: date) -> list[Wait]:
    """From a file's landing to its release, step by step."""
    loaded_at = dict(connection.execute(select(loads.c.delivery_id, loads.c.loaded_at)).tuples().all())
    found, last = [], defaultdict[str, list[datetime]](list)
    for row in connection.execute(select(deliveries).filter_by(business_date=business_date)):
        what = f"{row.client_id} {row.feed}"
        found.append(_wait(RECORDED, what, row.landed_at, row.observed_at))
        if row.delivery_id in loaded_at:
            found.append(_wait(LOADED, what, row.observed_at, loaded_at[row.delivery_id]))
            last[row.client_id].append(loaded_at[row.delivery_id])
    signed = _signed(connection, business_date)
    released = dict(
        connection.execute(
            select(releases.c.evidence_digest, releases.c.released_at).filter_by(business_date=business_date)
        )
        .tuples()
        .all()
    )
    for row in connection.execute(select(candidates).filter_by(business_date=business_date)):
        if ready := [moment for moment in last[row.client_id] if moment <= row.built_at]:
            found.append(_wait(BUILT, row.client_id, max(ready), row.built_at))
        if sign_off := signed.get(row.evidence_digest):
            found.append(_wait(SIGNED, row.client_id, row.built_at, sign_off))
            if row.evidence_digest in released:
                found.append(_wait(RELEASED, row.client_id, sign_off, released[row.evidence_digest]))
    return found


def _signed(connection: Connection, business_date: date) -> dict[str, datetime]:
    """Evidence digest to its first sign-off."""
    about = func.json_extract_path_text(statements.c.statement.cast(JSON), "subject", "evidence_digest")
    query = (
        select(about, func.min(statements.c.recorded_at))
        .where(statements.c.kind == "sign_off", statements.c.last_date == business_date)
        .group_by(about)
    )
    return dict(connection.execute(query).tuples().all())


def _wait(kind: str, what: str, since: datetime, until: datetime) -> Wait:
    return Wait(kind, what, max(0.0, (until - since).total_seconds()))


def by_kind(found: Sequence[Wait]) -> dict[str, list[float]]:
    """The seconds of each kind."""
    kinds = defaultdict(list)
    for wait in found:
        kinds[wait.kind].append(wait.seconds)
    return dict(kinds)
