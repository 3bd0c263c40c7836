"""Read client nights from the ledger as facts: a constant number of queries, however many nights."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any, TypeVar

from sqlalchemy import Connection, RowMapping, Select, and_, false, literal, select, union_all
from sqlalchemy.sql import ColumnElement

from acme_assets.nights.facts import (
    CandidateFact,
    DeliveryFact,
    ModelFact,
    NightFacts,
    ReleaseFact,
    SignOffFact,
    StuckFact,
)
from acme_assets.warehouse.ledger import (
    candidates,
    client_nights,
    deliveries,
    loads,
    model_builds,
    releases,
    sign_offs,
    stuck_work,
)

T = TypeVar("T")
Night = tuple[str, date]


def read_night(connection: Connection, client_id: str, business_date: date) -> NightFacts:
    """One client night; empty facts where the ledger has none."""
    found = _read(
        connection, and_(client_nights.c.client_id == client_id, client_nights.c.business_date == business_date)
    )
    return found.get((client_id, business_date), NightFacts(client_id, business_date))


def read_business_date(connection: Connection, business_date: date) -> dict[str, NightFacts]:
    """All nights of a business date, by client id."""
    found = _read(connection, client_nights.c.business_date == business_date)
    return {client_id: facts for (client_id, _), facts in found.items()}


def read_unsettled(connection: Connection, since: date) -> list[NightFacts]:
    """The nights from a business date on in which there may be work left to request.

    A union under one EXISTS: Snowflake takes no correlated EXISTS as an argument of OR.
    """
    other = client_nights.alias("other")
    work = union_all(
        select(other.c.client_id, other.c.business_date).where(other.c.settled == false()),
        select(deliveries.c.client_id, deliveries.c.business_date).where(deliveries.c.state == "arrived"),
    ).subquery("work")
    has_work = (
        select(literal(1))
        .where(work.c.client_id == client_nights.c.client_id, work.c.business_date == client_nights.c.business_date)
        .correlate(client_nights)
        .exists()
    )
    return list(_read(connection, and_(has_work, client_nights.c.business_date >= since)).values())


def _of_nights(table: Any, condition: ColumnElement[bool], *columns: Any) -> Select[Any]:
    return (
        select(*columns)
        .join(
            client_nights,
            and_(
                client_nights.c.client_id == table.c.client_id,
                client_nights.c.business_date == table.c.business_date,
            ),
        )
        .where(condition)
    )


def _by_night(rows: Iterable[RowMapping]) -> Mapping[Night, list[RowMapping]]:
    grouped: dict[Night, list[RowMapping]] = defaultdict(list)
    for row in rows:
        grouped[row["client_id"], row["business_date"]].append(row)
    return grouped


def _read(connection: Connection, condition: ColumnElement[bool]) -> dict[Night, NightFacts]:
    def rows(statement: Select[Any]) -> Mapping[Night, list[RowMapping]]:
        return _by_night(connection.execute(statement).mappings())

    nights = connection.execute(_nights(condition)).mappings().all()
    current = rows(
        _of_nights(deliveries, condition, *deliveries.c, loads.c.rows_loaded, loads.c.rows_quarantined)
        .outerjoin(loads, loads.c.delivery_id == deliveries.c.delivery_id)
        .where(deliveries.c.state.in_(("arrived", "loaded", "quarantined")))
    )
    models = rows(_of_nights(model_builds, condition, *model_builds.c))
    signed = rows(_of_nights(sign_offs, condition, *sign_offs.c))
    stuck = rows(_of_nights(stuck_work, condition, *stuck_work.c))
    return {
        (key := (night["client_id"], night["business_date"])): NightFacts(
            *key,
            deliveries={row["feed"]: _delivery(row) for row in current.get(key, ())},
            models={row["model"]: _fact(ModelFact, row) for row in models.get(key, ())},
            candidate=_candidate(night),
            sign_offs=tuple(_fact(SignOffFact, row) for row in signed.get(key, ())),
            live_release=_release(night),
            stuck={row["work_key"]: _fact(StuckFact, row) for row in stuck.get(key, ())},
        )
        for night in nights
    }


def _nights(condition: ColumnElement[bool]) -> Select[Any]:
    return (
        select(
            client_nights.c.client_id,
            client_nights.c.business_date,
            candidates.c.evidence_digest,
            candidates.c.inputs_key,
            candidates.c.built_at,
            releases.c.release_id,
            releases.c.evidence_digest.label("released_digest"),
            releases.c.released_at,
        )
        .select_from(client_nights)
        .outerjoin(candidates, candidates.c.evidence_digest == client_nights.c.candidate)
        .outerjoin(releases, releases.c.release_id == client_nights.c.live_release)
        .where(condition)
        .order_by(client_nights.c.client_id, client_nights.c.business_date)
    )


def _fact(kind: type[T], row: RowMapping) -> T:
    names = kind.__dataclass_fields__  # type: ignore[attr-defined]
    return kind(**{name: row[name] for name in names})


def _delivery(row: RowMapping) -> DeliveryFact:
    return _fact(DeliveryFact, row)


def _candidate(night: RowMapping) -> CandidateFact | None:
    if night["evidence_digest"] is None:
        return None
    return CandidateFact(night["evidence_digest"], night["inputs_key"], night["built_at"])


def _release(night: RowMapping) -> ReleaseFact | None:
    if night["release_id"] is None:
        return None
    return ReleaseFact(night["release_id"], night["released_digest"], night["released_at"])
