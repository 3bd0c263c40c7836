"""The live tables are verified: whatever was done to a log and its statements is named."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from acme_assets.stack.postgres import TemporaryServer
from acme_assets.warehouse.auditing import verify_ledger
from acme_assets.warehouse.checkpoint_store import (
    FolderStore,
    copy_checkpoints,
)
from acme_assets.warehouse.postgres import PostgresWarehouse
from acme_assets.warehouse.sealing import seal
from client_partitions.people import Roster
from tests.audit.made_up import ANNA, KEY, NOW, ROSTER, entry, fresh_log, put_back, tamper, write_log


def problems(warehouse: PostgresWarehouse, store: FolderStore | None = None, roster: Roster = ROSTER) -> list[Any]:
    return [(finding.kind, finding.seq) for finding in verify_ledger(warehouse, roster, store).findings]


def id_of(number: int) -> str:
    return entry(number).entry_id()


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    (tmp_path / "copies").mkdir()
    return FolderStore(tmp_path / "copies")


@pytest.fixture(scope="module")
def kept(postgres: TemporaryServer) -> PostgresWarehouse:
    warehouse = fresh_log(postgres)
    for first in (1, 51):
        write_log(warehouse, 50, first)
        seal(warehouse, KEY, NOW)
    write_log(warehouse, 5, 101)
    return warehouse


@pytest.fixture
def log(kept: PostgresWarehouse) -> Iterator[PostgresWarehouse]:
    with put_back(kept):
        yield kept


class TestVerifyLedger:
    def test_what_waits_to_be_sealed_is_counted_and_nothing_is_wrong(self, log: PostgresWarehouse) -> None:
        report = verify_ledger(log, ROSTER)
        assert (report.is_clean, report.entries, report.unsealed) == (True, 100, 5)
        assert (report.checkpoints, report.statements) == (2, 2)
        assert report.lines() == [
            "clean: 100 entries, 2 checkpoints, 2 statements; 5 entries not sealed yet",
        ]

    @pytest.mark.parametrize(
        ("sql", "expected"),
        [
            ("UPDATE ops.audit_entries SET entry = '{}' WHERE entry_id = :e7", [("altered", 7)]),
            ("UPDATE ops.audit_entries SET actor = 'eve' WHERE entry_id = :e7", [("altered", 7)]),
            ("UPDATE ops.audit_entries SET recorded_at = now() WHERE entry_id = :e7", [("altered", 7)]),
            ("DELETE FROM ops.audit_entries WHERE entry_id = :e7", [("missing", 7)]),
            ("DELETE FROM ops.audit_links WHERE seq = 7", [("missing", 7)]),
            ("UPDATE ops.audit_links SET previous = repeat('a', 64) WHERE seq = 7", [("altered", 7)]),
            ("UPDATE ops.audit_links SET seq = 1007 WHERE seq = 7", [("altered", 7)]),
            ("INSERT INTO ops.audit_links VALUES (101, :e102, repeat('a', 64), repeat('b', 64))", [("added", 101)]),
            ("DELETE FROM ops.audit_links WHERE seq > 90", [("missing", 91)]),
            ("UPDATE ops.audit_checkpoints SET signature = 'AAAA' WHERE seq = 50", [("checkpoint", 50)]),
            ("UPDATE ops.audit_checkpoints SET seq = 51 WHERE seq = 50", [("checkpoint", 51)]),
            ("UPDATE ops.audit_checkpoints SET key_id = 'beef' WHERE seq = 50", [("checkpoint", 50)]),
            ("UPDATE ops.audit_entries SET action = 'released' WHERE entry_id = :e102", [("altered", None)]),
            ("UPDATE ops.statements SET role = 'service'", [("statement", None)] * 2),
            ("UPDATE ops.statements SET login = 'eve'", []),
            ("DELETE FROM ops.statements", [("statement", 100), ("statement", 50)]),
        ],
    )
    def test_what_was_done_to_the_tables_is_named(self, log: PostgresWarehouse, sql: str, expected: list[Any]) -> None:
        names = {f"e{number}": id_of(number) for number in (7, 102)}
        tamper(log, sql, **{name: value for name, value in names.items() if f":{name}" in sql})
        assert sorted(problems(log), key=str) == expected

    def test_a_statement_that_no_entry_records_is_named(self, log: PostgresWarehouse) -> None:
        columns = "kind, client_id, first_date, last_date, signer, role, key_id, statement, signature, login"
        tamper(
            log,
            f"INSERT INTO ops.statements (statement_id, {columns}, recorded_at) "
            f"SELECT 'made-up', {columns}, recorded_at FROM ops.statements LIMIT 1",
        )
        texts = [finding.text for finding in verify_ledger(log, ROSTER).findings]
        assert len(texts) == 1
        assert texts[0].startswith(f"statement made-up of {ANNA}: its text hashes to ")

    def test_a_statement_of_an_entry_that_waits_is_recorded(self, log: PostgresWarehouse) -> None:
        write_log(log, 50, 106)
        report = verify_ledger(log, ROSTER)
        assert (report.is_clean, report.statements, report.unsealed) == (True, 3, 55)

    def test_without_the_roster_nothing_is_clean(self, log: PostgresWarehouse) -> None:
        report = verify_ledger(log, Roster(problem="people.yaml: is empty"))
        assert report.findings[0].text == "nobody's keys are known, people.yaml cannot be used: people.yaml: is empty"

    def test_the_services_key_counts_though_the_roster_does_not_list_it(self, log: PostgresWarehouse) -> None:
        roster = Roster({ANNA: ROSTER.people[ANNA]})
        assert {kind for kind, _ in problems(log, roster=roster)} >= {"checkpoint"}
        assert verify_ledger(log, roster, service=KEY.public).is_clean

    def test_a_log_that_is_cut_with_its_checkpoints_is_found_by_the_copies_alone(
        self, log: PostgresWarehouse, store: FolderStore
    ) -> None:
        copy_checkpoints(log, store, NOW)
        assert problems(log, store) == []
        tamper(log, "DELETE FROM ops.audit_links WHERE seq > 50", "DELETE FROM ops.audit_checkpoints WHERE seq > 50")
        assert problems(log) == []
        assert problems(log, store) == [("missing", 100)]

    def test_a_log_that_is_sealed_anew_is_found_by_the_copies_alone(
        self, log: PostgresWarehouse, store: FolderStore
    ) -> None:
        copy_checkpoints(log, store, NOW)
        tamper(
            log,
            "DELETE FROM ops.audit_links",
            "DELETE FROM ops.audit_checkpoints",
            "DELETE FROM ops.audit_entries WHERE entry_id = :e7",
            e7=id_of(7),
        )
        seal(log, KEY, NOW)
        assert problems(log) == []
        assert ("missing", 100) in problems(log, store)
