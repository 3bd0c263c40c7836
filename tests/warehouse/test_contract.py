"""What the project needs of a warehouse. Runs on PostgreSQL always, on Snowflake where an account is configured.

Each test takes its own client ids and delivery ids, so that it can run on a shared Snowflake database.
"""

import hashlib
import os
import threading
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select, text

from acme_assets.audit.entry import SYSTEM, Entry
from acme_assets.environment import snowflake_settings, warehouse_from
from acme_assets.warehouse.entries import write_entry
from acme_assets.warehouse.ledger import audit_entries, client_nights, loads
from acme_assets.warehouse.mart_tables import published_table
from acme_assets.warehouse.postgres import PostgresWarehouse
from acme_assets.warehouse.protocol import NightBusy, Warehouse, WarehouseUnavailable
from acme_assets.warehouse.raw_tables import raw_table

NIGHT = date(2026, 3, 10)


@pytest.fixture(params=["postgres", "snowflake"])
def warehouse(request: pytest.FixtureRequest) -> Warehouse:
    if request.param == "postgres":
        return PostgresWarehouse(request.getfixturevalue("database"))
    if not os.environ.get("ACME_SNOWFLAKE_ACCOUNT"):
        pytest.skip("no Snowflake account in the environment (ACME_SNOWFLAKE_ACCOUNT and its neighbours)")
    from acme_assets.warehouse.migrate import migrate

    snowflake_settings(os.environ)
    made = warehouse_from({**os.environ, "ACME_ENV": "production"})
    with made.begin() as connection:
        migrate(connection)
    return made


@pytest.fixture
def client_id() -> str:
    return f"test_{uuid.uuid4().hex[:12]}"


def load_row(delivery_id: str, client_id: str) -> dict[str, object]:
    return {
        "delivery_id": delivery_id,
        "client_id": client_id,
        "business_date": NIGHT,
        "feed": "patient",
        "rows_in": 1,
        "rows_loaded": 1,
        "rows_quarantined": 0,
        "lines_loaded": 1,
        "loaded_at": datetime(2026, 3, 11, 4, tzinfo=UTC),
    }


def count(warehouse: Warehouse, table, **where) -> int:
    with warehouse.begin() as connection:
        return connection.execute(select(func.count()).select_from(table).filter_by(**where)).scalar_one()


def test_a_block_that_raises_leaves_nothing(warehouse: Warehouse, client_id: str) -> None:
    with pytest.raises(RuntimeError), warehouse.begin() as connection:
        connection.execute(insert(loads).values(**load_row(client_id, client_id)))
        raise RuntimeError
    assert count(warehouse, loads, client_id=client_id) == 0


def test_a_block_that_ends_is_committed(warehouse: Warehouse, client_id: str) -> None:
    with warehouse.begin() as connection:
        connection.execute(insert(loads).values(**load_row(client_id, client_id)))
    assert count(warehouse, loads, client_id=client_id) == 1


def test_insert_new_tells_whether_the_key_was_new(warehouse: Warehouse, client_id: str) -> None:
    row = load_row(client_id, client_id)
    with warehouse.begin() as connection:
        assert warehouse.insert_new(connection, loads, row)
        assert not warehouse.insert_new(connection, loads, row)
    assert count(warehouse, loads, client_id=client_id) == 1


def test_of_many_concurrent_inserts_of_a_key_exactly_one_is_new(warehouse: Warehouse, client_id: str) -> None:
    together = threading.Barrier(6)

    def one(_: int) -> bool:
        with warehouse.begin() as connection:
            together.wait()
            return warehouse.insert_new(connection, loads, load_row(client_id, client_id))

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(one, range(6))) == [False] * 5 + [True]
    assert count(warehouse, loads, client_id=client_id) == 1


def test_insert_new_waits_for_one_that_rolls_back_and_then_succeeds(warehouse: Warehouse, client_id: str) -> None:
    inserted, go_on = threading.Event(), threading.Event()

    def loses() -> None:
        with warehouse.begin() as connection:
            warehouse.insert_new(connection, loads, load_row(client_id, client_id))
            inserted.set()
            go_on.wait(10)
            raise RuntimeError

    def wins() -> bool:
        with warehouse.begin() as connection:
            return warehouse.insert_new(connection, loads, load_row(client_id, client_id))

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(loses)
        inserted.wait(10)
        second = pool.submit(wins)
        go_on.set()
        assert isinstance(first.exception(), RuntimeError)
        assert second.result()
    assert count(warehouse, loads, client_id=client_id) == 1


def test_a_night_has_one_holder_at_a_time(warehouse: Warehouse, client_id: str) -> None:
    with warehouse.begin() as holder:
        warehouse.lock_night(holder, client_id, NIGHT, 5)
        holder.commit()
    with warehouse.begin() as holder:
        warehouse.lock_night(holder, client_id, NIGHT, 5)
        with pytest.raises(NightBusy, match=client_id), warehouse.begin() as other:
            warehouse.lock_night(other, client_id, NIGHT, 1)
    with warehouse.begin() as other:
        warehouse.lock_night(other, client_id, NIGHT, 1)


def test_a_look_at_the_landing_zone_does_not_wait_for_a_locked_night(warehouse: Warehouse, client_id: str) -> None:
    row = {"client_id": client_id, "business_date": NIGHT}
    with warehouse.begin() as connection:
        warehouse.insert_new(connection, client_nights, row)
    with warehouse.begin() as holder, ThreadPoolExecutor(1) as pool:
        warehouse.lock_night(holder, client_id, NIGHT, 5)

        def look() -> bool:
            with warehouse.begin() as connection:
                return warehouse.insert_new(connection, client_nights, row)

        assert pool.submit(look).result(timeout=5) is False


def test_copy_loads_awkward_text_unchanged(warehouse: Warehouse, client_id: str, tmp_path: Path) -> None:
    awkward = ['quote " and, comma', "two\nlines", "\\N", "\\.", " padded ", "emoji \N{SNOWMAN}", "'; DROP TABLE x"]
    file = tmp_path / client_id / "rows.csv"
    file.parent.mkdir()
    columns = "delivery_id,client_id,business_date,source_file,source_row,person_id,patient_id,first_name,data_source"
    quoted = [text.replace('"', '""') for text in awkward]
    lines = [
        f'{client_id},{client_id},2026-03-10,f.csv,{number},p{number},p{number},"{text}",t'
        for number, text in enumerate(quoted, 1)
    ]
    file.write_text("\n".join([columns, *lines, f"{client_id},{client_id},2026-03-10,f.csv,9,p9,p9,,t"]) + "\n")
    table = raw_table("patient")
    with warehouse.begin() as connection:
        assert warehouse.copy(connection, table, file) == len(awkward) + 1
        names = connection.execute(
            select(table.c.first_name).filter_by(delivery_id=client_id).order_by(table.c.source_row)
        ).scalars()
        assert list(names) == [*awkward, None]


def test_a_copy_that_is_rolled_back_leaves_nothing_and_can_be_repeated(
    warehouse: Warehouse, client_id: str, tmp_path: Path
) -> None:
    file = tmp_path / client_id / "rows.csv"
    file.parent.mkdir()
    columns = "delivery_id,client_id,business_date,source_file,source_row,person_id,patient_id,data_source"
    file.write_text(f"{columns}\n{client_id},{client_id},2026-03-10,f.csv,1,p,p,t\n")
    table = raw_table("patient")
    with pytest.raises(RuntimeError), warehouse.begin() as connection:
        warehouse.copy(connection, table, file)
        raise RuntimeError
    assert count(warehouse, table, delivery_id=client_id) == 0
    with warehouse.begin() as connection:
        assert warehouse.copy(connection, table, file) == 1
    assert count(warehouse, table, delivery_id=client_id) == 1


PMPM = published_table("pmpm")
COLUMNS = ["year_month", "claim_type", "member_months", "paid_amount", "paid_pmpm"]


def pmpm_row(client_id: str, **values: object) -> dict[str, object]:
    row = {"release_id": client_id, "client_id": client_id, "business_date": NIGHT}
    return row | dict.fromkeys(COLUMNS) | {"year_month": "2026-01", "paid_amount": "1.5"} | values


def digest_of(warehouse: Warehouse, release_id: str, *rows: dict[str, object]):
    with warehouse.begin() as connection:
        for row in rows:
            connection.execute(insert(PMPM).values(**row))
        return warehouse.digest(connection, PMPM, COLUMNS, {"release_id": release_id})


def test_the_digest_of_rows_is_what_it_is_said_to_be(warehouse: Warehouse, client_id: str) -> None:
    row = pmpm_row(client_id, claim_type="a|b", member_months=3, paid_amount="2.5")
    text = "7:2026-01|3:a|b|1:3|6:2.5000|~"
    expected = hashlib.sha256(hashlib.sha256(text.encode()).hexdigest().encode()).hexdigest()
    found = digest_of(warehouse, client_id, row)
    assert (found.rows, found.sha256) == (1, expected)


def test_the_digest_does_not_depend_on_the_order_of_rows(warehouse: Warehouse, client_id: str) -> None:
    rows = [pmpm_row(client_id, member_months=number) for number in range(5)]
    turned = [{**row, "release_id": f"{client_id}-turned"} for row in reversed(rows)]
    assert digest_of(warehouse, client_id, *rows) == digest_of(warehouse, f"{client_id}-turned", *turned)


@pytest.mark.parametrize(
    "change",
    [
        {"member_months": 2},
        {"paid_amount": "1.5001"},
        {"paid_amount": None},
        {"year_month": "2026-1"},
        {"claim_type": ""},
        {"claim_type": "~"},
    ],
)
def test_the_digest_shows_every_change(warehouse: Warehouse, client_id: str, change: dict[str, object]) -> None:
    before = digest_of(warehouse, client_id, pmpm_row(client_id, member_months=1))
    changed = {**pmpm_row(client_id, member_months=1, **{}), **change, "release_id": f"{client_id}-b"}
    assert digest_of(warehouse, f"{client_id}-b", changed) != before


def test_text_cannot_slide_from_one_column_into_the_next(warehouse: Warehouse, client_id: str) -> None:
    left = digest_of(warehouse, client_id, pmpm_row(client_id, year_month="a|1:b", claim_type="c"))
    other = {**pmpm_row(client_id, year_month="a", claim_type="b|1:c"), "release_id": f"{client_id}-b"}
    right = digest_of(warehouse, f"{client_id}-b", other)
    assert left != right


def test_a_row_twice_is_not_a_row_once(warehouse: Warehouse, client_id: str) -> None:
    row = pmpm_row(client_id)
    assert digest_of(warehouse, client_id, row) != digest_of(warehouse, client_id, row)


LONG = 5.0


def commit_entry(warehouse: Warehouse, client_id: str) -> None:
    with warehouse.begin() as connection:
        write_entry(connection, Entry(datetime.now(UTC), SYSTEM, "delivery_arrived", client_id, NIGHT, {}))


def timed(wait: Callable[[float], None], seconds: float) -> float:
    started = time.monotonic()
    wait(seconds)
    return time.monotonic() - started


def announces(warehouse: Warehouse) -> bool:
    """PostgreSQL announces commits, Snowflake does not."""
    return isinstance(warehouse, PostgresWarehouse)


def test_a_wait_in_which_nothing_happens_lasts_its_time(warehouse: Warehouse) -> None:
    with warehouse.changes() as wait:
        assert 0.3 <= timed(wait, 0.3) < LONG


def test_a_wait_ends_as_another_session_commits_an_entry(warehouse: Warehouse, client_id: str) -> None:
    with warehouse.changes() as wait:
        soon = threading.Timer(0.3, commit_entry, (warehouse, client_id))
        soon.start()
        took = timed(wait, LONG)
        soon.join()
    assert count(warehouse, audit_entries, client_id=client_id) == 1
    assert took < LONG / 2 if announces(warehouse) else took >= LONG


def test_an_entry_that_is_committed_between_two_waits_is_not_missed_and_ends_one(
    warehouse: Warehouse, client_id: str
) -> None:
    with warehouse.changes() as wait:
        commit_entry(warehouse, client_id)
        took = timed(wait, LONG)
        assert took < LONG / 2 if announces(warehouse) else took >= LONG
        assert timed(wait, 0.3) >= 0.3


def test_an_entry_that_is_rolled_back_ends_no_wait(warehouse: Warehouse, client_id: str) -> None:
    with warehouse.changes() as wait:
        with pytest.raises(RuntimeError), warehouse.begin() as connection:
            write_entry(connection, Entry(datetime.now(UTC), SYSTEM, "delivery_arrived", client_id, NIGHT, {}))
            raise RuntimeError
        assert timed(wait, 0.3) >= 0.3


def test_a_wait_does_not_hold_a_transaction_open(warehouse: Warehouse, client_id: str) -> None:
    """One that stood open for days would keep PostgreSQL from clearing up, and Snowflake ends it."""
    if not announces(warehouse):
        pytest.skip("it has no session")
    open_ones = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'"
    with warehouse.changes() as wait:
        wait(0.1)
        with warehouse.begin() as connection:
            assert connection.execute(text(open_ones)).scalar_one() == 0


def test_a_wait_whose_session_is_ended_says_that_the_warehouse_is_unavailable(warehouse: Warehouse) -> None:
    if not announces(warehouse):
        pytest.skip("it has no session")
    end_others = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    with pytest.raises(WarehouseUnavailable, match="does not answer"), warehouse.changes() as wait:
        with warehouse.begin() as connection:
            connection.execute(text(end_others))
        for _ in range(2):  # the server's last words may end one wait
            wait(LONG)


def test_a_dead_warehouse_is_said_to_be_unavailable() -> None:
    dead = PostgresWarehouse("postgresql+psycopg2://postgres:@/acme?host=/nowhere")
    for block in (dead.begin, dead.changes):
        with pytest.raises(WarehouseUnavailable, match="acme stack up"), block():
            pass
