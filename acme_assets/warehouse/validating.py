"""Run validation suites on the warehouse's rows, record their results, and read those of the trailing nights.

Light to import: pandera and polars are, where suites run.
"""

import json
from collections import defaultdict
from collections.abc import Collection, Generator, Iterable
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from sqlalchemy import Connection, and_, func, select
from sqlalchemy.exc import DataError, ProgrammingError

from acme_assets.audit.canonical import canonical_json
from acme_assets.nights.marts import GRAIN_OF_EVERY_MART, Mart, marts_of
from acme_assets.validation.drift import TRAILING_NIGHTS
from acme_assets.validation.results import History, Metrics, Stage, SuiteResult
from acme_assets.warehouse.ledger import client_nights
from acme_assets.warehouse.mart_tables import mart_table, published_table
from acme_assets.warehouse.protocol import Warehouse
from acme_assets.warehouse.suite_tables import suite_results
from client_partitions.client import Client

if TYPE_CHECKING:
    import polars as pl


def run_suites(
    warehouse: Warehouse,
    client: Client,
    business_date: date,
    stage: Stage,
    *,
    subject: str,
    workers: int = 2,
    chunk_rows: int = 50_000,
) -> tuple[SuiteResult, ...]:
    """Judge the client's marts in transactions of its own, and record nothing.

    Staging reads what is committed in MARTS; hold the night's lock, so that no build changes it meanwhile.
    Production reads what the release `subject` published. A mart whose rows cannot be had, or do not come as
    declared, has a failed result that says so.

    Args:
        client: as the night's waivers and overrides have it.
        subject: what the results will be recorded under: the digest of the evidence's core, or the release's id.
        workers: marts that are read at once, each with a connection of its own.
        chunk_rows: rows of a mart in memory at once.

    Raises:
        WarehouseUnavailable, DBAPIError: the warehouse does not answer. Nothing was judged: run it again.
    """
    from acme_assets.validation.run import run_night

    def read(mart: Mart) -> "Generator[pl.DataFrame, None, None]":
        return _frames(warehouse, client.client_id, business_date, mart, stage, subject, chunk_rows)

    marts = [mart.name for mart in marts_of(client.feeds)]
    with warehouse.begin() as connection:
        history = trailing(connection, client.client_id, business_date, marts)
    return run_night(client, business_date, stage, history, read, workers=workers)


def _frames(
    warehouse: Warehouse,
    client_id: str,
    business_date: date,
    mart: Mart,
    stage: Stage,
    subject: str,
    chunk_rows: int,
) -> "Generator[pl.DataFrame, None, None]":
    """The rows of one mart in order of its grain, streamed from the server."""
    import polars as pl

    from acme_assets.validation.measure import CannotRun
    from acme_assets.validation.suites import frame_types

    if stage == "staging":
        table = mart_table(mart.name)
        wanted = and_(table.c.client_id == client_id, table.c.business_date == business_date)
    else:
        table = published_table(mart.name)
        wanted = table.c.release_id == subject
    columns = (table.c[name] for name in (*GRAIN_OF_EVERY_MART, *mart.columns))
    statement = select(*columns).where(wanted).order_by(*(table.c[name] for name in mart.grain))
    try:
        with warehouse.begin() as connection:
            rows = connection.execute(statement.execution_options(yield_per=chunk_rows))
            for chunk in rows.partitions():
                yield pl.DataFrame([tuple(row) for row in chunk], schema=frame_types(mart), orient="row")
    except (ProgrammingError, DataError) as error:
        # Its text may quote a value.
        raise CannotRun(f"{table.fullname} could not be read ({type(error.orig).__name__})") from None


def record_suites(
    warehouse: Warehouse,
    connection: Connection,
    client_id: str,
    business_date: date,
    subject: str,
    results: Iterable[SuiteResult],
    now: datetime,
) -> None:
    """Keep results, in the connection's transaction. A suite that has a result on `subject` keeps that one."""
    for result in results:
        warehouse.insert_new(
            connection,
            suite_results,
            {
                "client_id": client_id,
                "business_date": business_date,
                "mart": result.mart,
                "stage": result.stage,
                "subject": subject,
                "passed": result.passed,
                "result": canonical_json(result.body()),
                "ran_at": now,
            },
        )


def trailing(connection: Connection, client_id: str, business_date: date, marts: Collection[str]) -> History:
    """Per mart, what the production suites measured of the releases that the client now sees of earlier dates.

    Of each mart the latest nights that have a result, at most TRAILING_NIGHTS. A suite that could not be run measured
    nothing, and its night is left out.
    """
    is_live = and_(
        client_nights.c.client_id == suite_results.c.client_id,
        client_nights.c.business_date == suite_results.c.business_date,
        client_nights.c.live_release == suite_results.c.subject,
    )
    age = func.row_number().over(partition_by=suite_results.c.mart, order_by=suite_results.c.business_date.desc())
    recent = (
        select(suite_results.c.mart, suite_results.c.result, age.label("age"))
        .join(client_nights, is_live)
        .where(
            suite_results.c.client_id == client_id,
            suite_results.c.business_date < business_date,
            suite_results.c.stage == "production",
            suite_results.c.mart.in_(marts),
        )
        .subquery("recent")
    )
    statement = (
        select(recent.c.mart, recent.c.result)
        .where(recent.c.age <= TRAILING_NIGHTS)
        .order_by(recent.c.mart, recent.c.age)
    )
    found: dict[str, list[Metrics]] = defaultdict(list)
    for mart, text in connection.execute(statement):
        metrics = {name: Decimal(value) for name, value in json.loads(text)["metrics"].items()}
        if metrics:
            found[mart].append(metrics)
    return found
