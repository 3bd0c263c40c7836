"""What `SnowflakeWarehouse` sends in which order, and what it makes of Snowflake's answers."""

import time
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import pytest
from snowflake.connector.errors import OperationalError
from sqlalchemy import insert, select, update

from acme_assets.warehouse import sealing, snowflake
from acme_assets.warehouse.ledger import client_nights, stuck_work
from acme_assets.warehouse.protocol import NightBusy, WarehouseUnavailable
from acme_assets.warehouse.raw_tables import raw_table
from acme_assets.warehouse.snowflake import SESSION, SnowflakeWarehouse
from tests.snowflake.fake_connector import FakeConnection, refuses

NIGHT = date(2026, 3, 10)
ROW = {"client_id": "c1", "business_date": NIGHT}
WROTE, NOTHING = (["number of rows inserted"], [(1,)], 1), (["number of rows inserted"], [(0,)], 0)
LOCKED = (["client_id"], [("c1",)], 1)


def session(**answers: object) -> tuple[SnowflakeWarehouse, FakeConnection]:
    connection = FakeConnection({start.replace("_", " "): list(queue) for start, queue in answers.items()})
    return SnowflakeWarehouse(connection.opened), connection


def test_a_block_sets_the_session_up_then_writes_then_commits() -> None:
    warehouse, sent = session()
    with warehouse.begin() as connection:
        connection.execute(insert(client_nights).values(**ROW))
    assert sent.sent[0] == SESSION
    assert sent.starts()[1:] == ["INSERT INTO", "COMMIT"]


def test_a_block_that_raises_is_rolled_back() -> None:
    warehouse, sent = session()

    def write_and_die() -> None:
        with warehouse.begin() as connection:
            connection.execute(insert(client_nights).values(**ROW))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        write_and_die()
    assert sent.starts()[1:] == ["INSERT INTO", "ROLLBACK"]


def test_a_refused_log_in_says_what_to_check() -> None:
    @contextmanager
    def refused():
        raise OperationalError("JWT token is invalid", errno=250001)
        yield

    with (
        pytest.raises(WarehouseUnavailable, match=r"250001.*ACME_SNOWFLAKE_PRIVATE_KEY_PATH"),
        SnowflakeWarehouse(refused).begin(),
    ):
        pass


def test_an_error_of_the_block_is_not_taken_for_a_refused_log_in() -> None:
    warehouse, _ = session()
    with pytest.raises(OperationalError), warehouse.begin():
        raise OperationalError("of the block", errno=1)


@pytest.mark.parametrize(("answer", "is_new"), [(WROTE, True), (NOTHING, False)])
def test_insert_new_tells_by_the_row_count(answer: object, is_new: bool) -> None:
    warehouse, _ = session(INSERT=[answer])
    with warehouse.begin() as connection:
        assert warehouse.insert_new(connection, client_nights, ROW) is is_new


def test_insert_new_that_loses_the_race_is_not_new_and_the_transaction_goes_on() -> None:
    warehouse, sent = session(INSERT=[refuses(200001, "Primary key already exists"), WROTE])
    with warehouse.begin() as connection:
        assert not warehouse.insert_new(connection, client_nights, ROW)
        connection.execute(insert(client_nights).values(**ROW))
    assert sent.starts()[1:] == ["INSERT INTO", "INSERT INTO", "COMMIT"]


def test_another_error_of_insert_new_is_raised() -> None:
    warehouse, sent = session(INSERT=[refuses(904, "invalid identifier")])
    with pytest.raises(Exception, match="invalid identifier"), warehouse.begin() as connection:
        warehouse.insert_new(connection, client_nights, ROW)
    assert sent.starts()[-1] == "ROLLBACK"


def lock(warehouse: SnowflakeWarehouse) -> None:
    with warehouse.begin() as connection:
        warehouse.lock_night(connection, "c1", NIGHT, 15)
        connection.execute(update(client_nights).filter_by(client_id="c1").values(settled_at=None))


def test_a_night_is_locked_before_anything_else_and_the_lock_is_asked_for_before_the_commit() -> None:
    warehouse, sent = session(SELECT_ops=[LOCKED])
    lock(warehouse)
    assert sent.starts()[1:] == [
        "ALTER SESSION",
        "INSERT INTO",
        "SELECT ops.client_nights.client_id",
        "SELECT CURRENT_TRANSACTION()",
        "UPDATE ops.client_nights",
        "SELECT CURRENT_TRANSACTION()",
        "COMMIT",
    ]
    assert sent.sent[1] == "ALTER SESSION SET HYBRID_TABLE_LOCK_TIMEOUT = 15"
    assert sent.sent[3].rstrip().endswith("FOR UPDATE WAIT 15")


@pytest.mark.parametrize("now", [None, "1700000000000000001"])
def test_nothing_is_committed_where_snowflake_ended_the_transaction_meanwhile(now: str | None) -> None:
    transactions = [(["t"], [("1700000000000000000",)], 1), (["t"], [(now,)], 1)]
    warehouse, sent = session(**{"SELECT_ops": [LOCKED]})
    sent.answers["SELECT CURRENT_TRANSACTION()"] = list(transactions)
    with pytest.raises(WarehouseUnavailable, match="nothing was saved"):
        lock(warehouse)
    assert sent.starts()[-1] == "ROLLBACK"


def test_nothing_is_committed_where_the_lock_was_taken_outside_a_transaction() -> None:
    warehouse, sent = session(**{"SELECT_ops": [LOCKED]})
    sent.answers["SELECT CURRENT_TRANSACTION()"] = [(["t"], [(None,)], 1)]
    with pytest.raises(WarehouseUnavailable):
        lock(warehouse)
    assert "COMMIT" not in sent.sent


@pytest.mark.parametrize(
    "error",
    [
        refuses(625, "Statement 'x' has locked table 'CLIENT_NIGHTS' in transaction 17"),
        refuses(99999, "Failed to acquire row lock within 15 seconds"),
    ],
)
@pytest.mark.parametrize("statement", ["INSERT", "SELECT_ops"])
def test_a_lock_that_another_holds_is_a_busy_night(error: object, statement: str) -> None:
    warehouse, sent = session(**{"SELECT_ops": [LOCKED], statement: [error]})
    with pytest.raises(NightBusy, match=r"c1 2026-03-10 .* 15 s"):
        lock(warehouse)
    assert sent.starts()[-1] == "ROLLBACK"


def test_a_block_that_commits_by_itself_is_not_asked_for_its_lock() -> None:
    warehouse, sent = session(SELECT_ops=[LOCKED])
    with warehouse.begin() as connection:
        warehouse.lock_night(connection, "c1", NIGHT, 15)
        connection.commit()
    assert sent.starts().count("SELECT CURRENT_TRANSACTION()") == 1


def test_a_transaction_that_waits_is_kept_from_idling_and_only_while_it_is_open(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(snowflake, "PULSE_SECONDS", 0.01)
    warehouse, sent = session()
    give_up = time.monotonic() + 10
    with warehouse.begin():
        while sent.sent.count(snowflake.PULSE) < 2 and time.monotonic() < give_up:
            time.sleep(0.01)
    assert sent.sent.count(snowflake.PULSE) >= 2
    assert sent.sent[-1] == "COMMIT"
    time.sleep(0.05)
    assert sent.sent[-1] == "COMMIT"


def spool(folder: Path, text: str) -> Path:
    folder.mkdir()
    file = folder / "patient.accepted.csv"
    file.write_text(text)
    return file


LOADED = (["file", "status", "rows_loaded"], [("a.gz", "LOADED", 2), ("b.gz", "LOADED", 1)], 2)


def test_copy_puts_the_file_loads_it_and_adds_up_the_rows(tmp_path: Path) -> None:
    warehouse, sent = session(COPY=[LOADED])
    with warehouse.begin() as connection:
        assert warehouse.copy(connection, raw_table("patient"), spool(tmp_path / "spool", "a,b\n1,2\n")) == 3
    assert sent.starts()[1:] == [f"PUT 'file://{tmp_path}/spool/patient.accepted.csv'", "COPY INTO", "COMMIT"]
    assert sent.sent[2].startswith("COPY INTO raw.patient (a, b) FROM @raw.load_stage/")


def test_a_header_alone_costs_no_statement(tmp_path: Path) -> None:
    warehouse, sent = session()
    with warehouse.begin() as connection:
        assert warehouse.copy(connection, raw_table("patient"), spool(tmp_path / "spool", "a,b\n")) == 0
    assert sent.starts()[1:] == ["COMMIT"]


def test_a_copy_that_found_no_file_loaded_no_row(tmp_path: Path) -> None:
    warehouse, _ = session(COPY=[(["status"], [("Copy executed with 0 files processed.",)], 1)])
    with warehouse.begin() as connection:
        assert warehouse.copy(connection, raw_table("patient"), spool(tmp_path / "spool", "a\n1\n")) == 0


def test_two_deliveries_with_files_of_the_same_name_do_not_meet_in_the_stage(tmp_path: Path) -> None:
    warehouse, sent = session(COPY=[LOADED])
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    with warehouse.begin() as connection:
        for delivery in ("one", "two"):
            warehouse.copy(connection, raw_table("patient"), spool(tmp_path / delivery / "spool", "a\n1\n"))
    folders = [statement.split("@raw.load_stage/")[1].split()[0] for statement in sent.sent if "@raw" in statement]
    assert folders[0] == folders[1] != folders[2] == folders[3]


def test_no_block_of_the_warehouse_sends_ddl(tmp_path: Path) -> None:
    warehouse, sent = session(SELECT_ops=[LOCKED], COPY=[LOADED])
    with warehouse.begin() as connection:
        warehouse.lock_night(connection, "c1", NIGHT, 15)
        warehouse.insert_new(connection, stuck_work, {"work_key": "k"})
        warehouse.copy(connection, raw_table("patient"), spool(tmp_path / "spool", "a\n1\n"))
    assert not [s for s in sent.sent if s.split()[0] in ("CREATE", "DROP", "TRUNCATE", "GRANT")]
    assert {s for s in sent.sent if s.startswith("ALTER")} == {SESSION, snowflake.lock_timeout_statement(15)}


def test_the_links_of_one_seal_are_one_statement_below_a_megabyte() -> None:
    """docs.snowflake.com/user-guide/query-size-limits; the connector writes an executemany out as one INSERT."""
    hash_ = "f" * 64
    values = f"(1000000000, '{hash_}', '{hash_}', '{hash_}'),"
    assert sealing.BATCH * len(values) < 2**20


def test_whoever_waits_for_a_change_sleeps_and_asks_nothing() -> None:
    warehouse, sent = session()
    started = time.monotonic()
    with warehouse.changes() as wait:
        wait(0.05)
    assert time.monotonic() - started >= 0.05
    assert sent.sent == []


def test_a_streamed_read_comes_in_parts() -> None:
    rows = [(f"c{number}", NIGHT) for number in range(5)]
    warehouse, _ = session(SELECT=[(["client_id", "business_date"], rows, 5)])
    with warehouse.begin() as connection:
        statement = select(client_nights.c.client_id, client_nights.c.business_date)
        streamed = connection.execute(statement, execution_options={"stream_results": True, "yield_per": 2})
        assert [len(part) for part in streamed.partitions()] == [2, 2, 1]


def test_a_large_file_is_put_in_parts_that_one_copy_loads(tmp_path: Path) -> None:
    connection = FakeConnection({"COPY INTO": [(["file", "rows_loaded"], [("part-1", 30), ("part-2", 12)], 2)]})
    warehouse = SnowflakeWarehouse(connection.opened, part_bytes=100)
    file = tmp_path / "patient.accepted.csv"
    file.write_text("person_id,patient_id\n" + "p,p\n" * 42)
    with warehouse.begin() as opened:
        assert warehouse.copy(opened, raw_table("patient"), file) == 42
    puts = [statement for statement in connection.sent if statement.startswith("PUT")]
    copies = [statement for statement in connection.sent if statement.startswith("COPY")]
    assert (len(puts), len(copies)) == (1, 1)
    assert "/part-*.csv.gz' @raw.load_stage/" in puts[0]
    assert "SOURCE_COMPRESSION = GZIP AUTO_COMPRESS = FALSE" in puts[0]
    folder = puts[0].partition("@raw.load_stage/")[2].split()[0]
    assert f"FROM @raw.load_stage/{folder} " in copies[0]
    assert [path.name for path in tmp_path.iterdir()] == [file.name]


def test_a_small_file_is_put_as_it_is(tmp_path: Path) -> None:
    connection = FakeConnection({"COPY INTO": [(["file", "rows_loaded"], [("a", 42)], 1)]})
    warehouse = SnowflakeWarehouse(connection.opened)
    file = tmp_path / "patient.accepted.csv"
    file.write_text("person_id,patient_id\n" + "p,p\n" * 42)
    with warehouse.begin() as opened:
        assert warehouse.copy(opened, raw_table("patient"), file) == 42
    assert [s for s in connection.sent if "patient.accepted.csv' @raw.load_stage/" in s and "AUTO_COMPRESS = TRUE" in s]
