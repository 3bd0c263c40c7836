"""Judge what clients see: production suites over the live release, once, with the result on record."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import ColumnElement, Connection, Select, false, literal, select

from acme_assets.audit.entry import SYSTEM, Entry
from acme_assets.validation.results import SuiteResult
from acme_assets.warehouse.entries import write_entry
from acme_assets.warehouse.ledger import client_nights, releases
from acme_assets.warehouse.protocol import Warehouse
from acme_assets.warehouse.suite_tables import suite_results
from acme_assets.warehouse.validating import record_suites, run_suites
from client_partitions.client import Client

LOCK_WAIT_SECONDS = 1


@dataclass(frozen=True)
class LiveRelease:
    """A release that a client sees."""

    client_id: str
    business_date: date
    release_id: str


def unjudged_releases(connection: Connection, since: datetime) -> list[LiveRelease]:
    """Live releases since a moment that no production suite has judged, the oldest first."""
    judged = select(literal(1)).where(*_of_release()).exists()
    return [LiveRelease(*row) for row in connection.execute(_live(since).where(~judged))]


def failed_releases(connection: Connection, since: datetime) -> list[LiveRelease]:
    """Live releases since a moment on which a production suite failed."""
    failed = select(literal(1)).where(*_of_release(), suite_results.c.passed == false()).exists()
    return [LiveRelease(*row) for row in connection.execute(_live(since).where(failed))]


def _live(since: datetime) -> Select[tuple[str, date, str]]:
    return (
        select(releases.c.client_id, releases.c.business_date, releases.c.release_id)
        .join(client_nights, client_nights.c.live_release == releases.c.release_id)
        .where(releases.c.released_at >= since)
        .order_by(releases.c.released_at, releases.c.release_id)
    )


def _of_release() -> tuple[ColumnElement[bool], ...]:
    return (
        suite_results.c.client_id == releases.c.client_id,
        suite_results.c.business_date == releases.c.business_date,
        suite_results.c.subject == releases.c.release_id,
    )


def judge_release(
    warehouse: Warehouse, client: Client, release: LiveRelease, clock: Callable[[], datetime]
) -> tuple[SuiteResult, ...]:
    """Run the production suites of a release and record them with their audit entry.

    Nothing is recorded where another process did so meanwhile.

    Args:
        client: as the night's waivers and overrides have it.

    Raises:
        NightBusy: the night is being built or released; judge it later.
    """
    results = run_suites(
        warehouse,
        client,
        release.business_date,
        "production",
        subject=release.release_id,
    )
    now = clock()
    with warehouse.begin() as connection:
        warehouse.lock_night(connection, client.client_id, release.business_date, LOCK_WAIT_SECONDS)
        of_release = select(suite_results.c.mart).filter_by(
            client_id=client.client_id, business_date=release.business_date, subject=release.release_id
        )
        if connection.execute(of_release).first() is None:
            record_suites(
                warehouse, connection, client.client_id, release.business_date, release.release_id, results, now
            )
            failed = sorted(result.suite for result in results if not result.passed)
            details = {"release_id": release.release_id, "suites": len(results), "failed": failed}
            write_entry(
                connection,
                Entry(
                    now,
                    SYSTEM,
                    "production_suites_failed" if failed else "production_suites_passed",
                    client.client_id,
                    release.business_date,
                    details,
                ),
            )
    return results
