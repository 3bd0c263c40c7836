"""Read client nights from the ledger as facts: a constant number of queries, however many nights."""

import json
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any, TypeVar

from sqlalchemy import (
    Connection,
    RowMapping,
    Select,
    Subquery,
    Text,
    and_,
    func,
    literal,
    or_,
    select,
    tuple_,
    union_all,
)
from sqlalchemy.sql import ColumnElement

from acme_assets.nights.facts import (
    BackfillFact,
    CandidateFact,
    DeliveryFact,
    ModelFact,
    NightFacts,
    ReleaseFact,
    StatementFact,
    StuckFact,
)
from acme_assets.warehouse.backfill_tables import backfill_nights, backfills
from acme_assets.warehouse.ledger import (
    audit_entries,
    candidates,
    client_nights,
    deliveries,
    loads,
    model_builds,
    releases,
    statements,
    stuck_work,
)

T = TypeVar("T")
Night = tuple[str, date]

SETTLING = timedelta(minutes=15)
"""For so long a night that settled is looked at again: more than clocks differ, or a transaction lasts."""


def read_night(connection: Connection, client_id: str, business_date: date) -> NightFacts:
    """One client night; empty facts where the ledger has none."""
    found = _read(
        connection, and_(client_nights.c.client_id == client_id, client_nights.c.business_date == business_date)
    )
    if night := found.get((client_id, business_date)):
        return night
    about_it = and_(
        statements.c.client_id == client_id,
        statements.c.first_date <= business_date,
        statements.c.last_date >= business_date,
    )
    rows = connection.execute(select(*_STATEMENT_COLUMNS).where(about_it)).mappings()
    return NightFacts(client_id, business_date, statements=tuple(_fact(StatementFact, row) for row in rows))


def read_nights(connection: Connection, nights: Collection[Night]) -> dict[Night, NightFacts]:
    """Several client nights, by client id and business date; empty facts where the ledger has none."""
    found: dict[Night, NightFacts] = {}
    wanted = sorted(nights)
    for at in range(0, len(wanted), _AT_ONCE):
        keys = tuple_(client_nights.c.client_id, client_nights.c.business_date).in_(wanted[at : at + _AT_ONCE])
        found |= _read(connection, keys)
    return found | {night: read_night(connection, *night) for night in wanted if night not in found}


_AT_ONCE = 500
"""Client nights in one query."""


def read_business_date(connection: Connection, business_date: date) -> dict[str, NightFacts]:
    """All nights of a business date, by client id."""
    found = _read(connection, client_nights.c.business_date == business_date)
    return {client_id: facts for (client_id, _), facts in found.items()}


def read_unsettled(
    connection: Connection, since: date, today: date, settled_since: datetime | None = None
) -> list[NightFacts]:
    """The nights from a business date on, and earlier ones of backfills, in which there may be work left to request.

    Unions, each under one EXISTS: Snowflake takes no correlated EXISTS as an argument of OR.

    Args:
        settled_since: look at nights again that settled after this. A statement may have an earlier time than that at
            which its night settled: its signer's clock was behind, or it was committed meanwhile.
    """
    other = client_nights.alias("other")
    about_it = and_(
        statements.c.client_id == other.c.client_id,
        other.c.business_date.between(statements.c.first_date, statements.c.last_date),
        statements.c.recorded_at >= other.c.settled_at,
    )
    is_open: list[ColumnElement[bool]] = [other.c.settled_at.is_(None)]
    if settled_since:
        is_open.append(other.c.settled_at >= settled_since)
    work = union_all(
        select(other.c.client_id, other.c.business_date).where(or_(*is_open)),
        select(deliveries.c.client_id, deliveries.c.business_date).where(deliveries.c.state == "arrived"),
        select(other.c.client_id, other.c.business_date).join(statements, about_it),
    ).subquery("work")
    in_sight = union_all(
        select(other.c.client_id, other.c.business_date).where(other.c.business_date >= since),
        select(backfill_nights.c.client_id, backfill_nights.c.business_date)
        .join(backfills, backfills.c.backfill_id == backfill_nights.c.backfill_id)
        .where(backfills.c.state != "cancelled"),
    ).subquery("in_sight")
    found = _read(connection, and_(_is_one_of(work), _is_one_of(in_sight)))
    return [*found.values(), *_not_begun(connection, since, today)]


def _is_one_of(nights: Subquery) -> ColumnElement[bool]:
    same = (nights.c.client_id == client_nights.c.client_id, nights.c.business_date == client_nights.c.business_date)
    return select(literal(1)).where(*same).correlate(client_nights).exists()


def _not_begun(connection: Connection, since: date, today: date) -> list[NightFacts]:
    """Nights of which nothing has arrived, and that an exception may let be built all the same."""
    spans = connection.execute(
        select(statements.c.client_id, statements.c.first_date, statements.c.last_date).where(
            statements.c.kind == "exception_request", statements.c.last_date >= since
        )
    ).all()
    if not spans:
        return []
    begun = {tuple(row) for row in connection.execute(
        select(client_nights.c.client_id, client_nights.c.business_date).where(client_nights.c.business_date >= since)
    )}  # fmt: skip
    nights = {
        (client_id, day)
        for client_id, first, last in spans
        for day in _days(max(first, since), min(last, today))
        if (client_id, day) not in begun
    }
    return [read_night(connection, *night) for night in sorted(nights)]


def _days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=number) for number in range((last - first).days + 1)]


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
    signed = rows(_statements(condition))
    recorded = set(connection.execute(_recorded(condition)).scalars())
    lost = _lost(connection) if nights else []
    made = rows(_of_nights(releases, condition, *releases.c).order_by(releases.c.released_at, releases.c.release_id))
    stuck = rows(_of_nights(stuck_work, condition, *stuck_work.c))
    in_backfills = rows(_backfills(condition))
    past = {key: tuple(_release(row) for row in found) for key, found in made.items()}
    return {
        (key := (night["client_id"], night["business_date"])): NightFacts(
            *key,
            deliveries={row["feed"]: _delivery(row) for row in current.get(key, ())},
            models={row["model"]: _fact(ModelFact, row) for row in models.get(key, ())},
            candidate=_candidate(night),
            statements=tuple(
                _fact(StatementFact, {**row, "is_recorded": row["statement_id"] in recorded})
                for row in signed.get(key, ())
            ),
            lost_statements=tuple(item.statement_id for item in lost if item.is_about(*key)),
            live_release=next((item for item in past.get(key, ()) if item.release_id == night["live_release"]), None),
            releases=past.get(key, ()),
            stuck={row["work_key"]: _fact(StuckFact, row) for row in stuck.get(key, ())},
            backfill=next((_fact(BackfillFact, row) for row in in_backfills.get(key, ())), None),
        )
        for night in nights
    }


def _nights(condition: ColumnElement[bool]) -> Select[Any]:
    return (
        select(
            client_nights.c.client_id,
            client_nights.c.business_date,
            client_nights.c.live_release,
            *(candidates.c[name] for name in ("evidence_digest", "inputs_key", "built_at")),
            *(candidates.c[name] for name in ("marts", "failed_suites", "drift")),
        )
        .select_from(client_nights)
        .outerjoin(candidates, candidates.c.evidence_digest == client_nights.c.candidate)
        .where(condition)
        .order_by(client_nights.c.client_id, client_nights.c.business_date)
    )


_STATEMENT_COLUMNS = (
    *(statements.c[name] for name in ("statement_id", "kind", "client_id", "first_date", "last_date", "signer")),
    statements.c.statement.label("text"),
    statements.c.signature,
)


_ABOUT_IT = and_(
    statements.c.client_id == client_nights.c.client_id,
    client_nights.c.business_date.between(statements.c.first_date, statements.c.last_date),
)


def _statements(condition: ColumnElement[bool]) -> Select[Any]:
    return (
        select(client_nights.c.business_date, *_STATEMENT_COLUMNS)
        .select_from(client_nights)
        .join(statements, _ABOUT_IT)
        .where(condition)
    )


def _backfills(condition: ColumnElement[bool]) -> Select[Any]:
    """The backfills that these nights are in, the newest first."""
    columns = (backfills.c[name] for name in ("backfill_id", "state", "ended_at", "ended_by"))
    return (
        _of_nights(backfill_nights, condition, backfill_nights.c.client_id, backfill_nights.c.business_date, *columns)
        .join(backfills, backfills.c.backfill_id == backfill_nights.c.backfill_id)
        .order_by(backfills.c.opened_at.desc(), backfills.c.backfill_id)
    )


def _recorded(condition: ColumnElement[bool]) -> Select[Any]:
    """Ids of the statements about these nights that the audit log records."""
    return (
        select(statements.c.statement_id)
        .distinct()
        .select_from(client_nights)
        .join(statements, _ABOUT_IT)
        .join(audit_entries, audit_entries.c.statement_id == statements.c.statement_id)
        .where(condition)
    )


@dataclass(frozen=True)
class _Lost:
    statement_id: str
    client_id: str
    first_date: date
    last_date: date

    def is_about(self, client_id: str, business_date: date) -> bool:
        return self.client_id == client_id and self.first_date <= business_date <= self.last_date


def _lost(connection: Connection) -> list[_Lost]:
    """Statements that the audit log records and that somebody took out of the ledger. There should be none.

    One whose row says another client or other dates is gone from its nights too: the entry says which they were.
    """
    day = func.to_char(statements.c.first_date, "YYYY-MM-DD", type_=Text)
    first_date = literal('"first_date":"').concat(day).concat('"')
    still_there = and_(
        statements.c.statement_id == audit_entries.c.statement_id,
        statements.c.client_id == audit_entries.c.client_id,
        statements.c.last_date == audit_entries.c.business_date,
        audit_entries.c.entry.contains(first_date),
    )
    gone = (
        select(*(audit_entries.c[name] for name in ("statement_id", "client_id", "business_date", "entry")))
        .outerjoin(statements, still_there)
        .where(audit_entries.c.statement_id.is_not(None), statements.c.statement_id.is_(None))
    )
    return [_Lost(row.statement_id, row.client_id, *_dates(row.entry, row.business_date))
            for row in connection.execute(gone)]  # fmt: skip


def _dates(entry: str, business_date: date | None) -> tuple[date, date]:
    """The business dates of the statement that an entry records; every date where nothing says which."""
    try:
        details = json.loads(entry)["details"]
        return date.fromisoformat(details["first_date"]), date.fromisoformat(details["last_date"])
    except (ValueError, KeyError, TypeError):
        return business_date or date.min, business_date or date.max


def _fact(kind: type[T], row: Mapping[Any, Any]) -> T:
    names = kind.__dataclass_fields__  # type: ignore[attr-defined]
    return kind(**{name: row[name] for name in names if name in row})


def _release(row: RowMapping) -> ReleaseFact:
    return _fact(ReleaseFact, {**row, "sign_off_ids": _texts(row["sign_off_ids"])})


def _texts(column: str) -> tuple[str, ...]:
    """A list of texts; empty where it was made something else by hand: one night's row must not stop all others."""
    try:
        found = json.loads(column)
    except ValueError:
        return ()
    return tuple(item for item in found if isinstance(item, str)) if isinstance(found, list) else ()


def _number(column: str | None) -> Decimal | None:
    try:
        return Decimal(column) if column is not None else None
    except InvalidOperation:
        return None


def _delivery(row: RowMapping) -> DeliveryFact:
    return _fact(DeliveryFact, row)


def _candidate(night: RowMapping) -> CandidateFact | None:
    if night["evidence_digest"] is None:
        return None
    return CandidateFact(
        night["evidence_digest"],
        night["inputs_key"],
        night["built_at"],
        _texts(night["marts"]),
        _texts(night["failed_suites"]),
        _number(night["drift"]),
    )
