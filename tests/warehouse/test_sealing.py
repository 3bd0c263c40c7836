"""Sealing: every entry gets one link, signed; never twice, and never past a break."""

import hashlib
import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from select import select as select_readable
from threading import Barrier
from typing import Any

import pytest
from sqlalchemy import delete, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from acme_assets.audit.canonical import canonical_json
from acme_assets.audit.chain import GENESIS, link_hash, read_checkpoint
from acme_assets.audit.signing import SigningKey
from acme_assets.stack.postgres import TemporaryServer
from acme_assets.warehouse import sealing
from acme_assets.warehouse.audit_tables import audit_checkpoints, audit_links
from acme_assets.warehouse.auditing import verify_ledger
from acme_assets.warehouse.entries import write_entry
from acme_assets.warehouse.ledger import audit_entries
from acme_assets.warehouse.postgres import PostgresWarehouse
from acme_assets.warehouse.sealing import ChainBroken, Sealed, seal, service_keys
from client_partitions.people import Roster
from tests.audit.made_up import KEY, NOW, ROSTER, SERVICE, START, entry, fresh_log, person, put_back, tamper, write_log


def rows(warehouse: PostgresWarehouse, table: Any) -> list[Any]:
    with warehouse.begin() as connection:
        return list(connection.execute(select(table).order_by(table.c.seq)).all())


def id_of(number: int) -> str:
    return entry(number).entry_id()


class TestSealing:
    def test_entries_are_linked_in_the_order_of_their_times_and_the_head_is_signed(
        self, warehouse: PostgresWarehouse
    ) -> None:
        with warehouse.begin() as connection:
            for number in (3, 1, 2):
                write_entry(connection, entry(number))
        assert seal(warehouse, KEY, NOW) == Sealed(3, 3)
        links = rows(warehouse, audit_links)
        assert [link.entry_id for link in links] == [id_of(1), id_of(2), id_of(3)]
        previous = GENESIS
        for link in links:
            assert (link.previous, link.link_hash) == (previous, link_hash(link.seq, previous, link.entry_id))
            previous = link.link_hash
        (checkpoint,) = rows(warehouse, audit_checkpoints)
        signed = read_checkpoint(checkpoint.checkpoint)
        assert (checkpoint.seq, signed.seq, signed.link_hash, signed.made_at) == (3, 3, previous, NOW)
        assert KEY.public.verifies("checkpoint", checkpoint.checkpoint, checkpoint.signature)

    def test_where_nothing_waits_nothing_is_written(self, warehouse: PostgresWarehouse) -> None:
        assert seal(warehouse, KEY, NOW) == Sealed(0, 0)
        write_log(warehouse, 2)
        seal(warehouse, KEY, NOW)
        assert seal(warehouse, KEY, NOW) == Sealed(0, 2)
        assert len(rows(warehouse, audit_checkpoints)) == 1

    def test_an_entry_that_commits_late_is_linked_when_it_is_seen(self, warehouse: PostgresWarehouse) -> None:
        with warehouse.begin() as late:
            write_entry(late, entry(1))
            with warehouse.begin() as connection:
                write_entry(connection, entry(2))
            assert seal(warehouse, KEY, NOW) == Sealed(1, 1)
        assert seal(warehouse, KEY, NOW) == Sealed(1, 2)
        assert [link.entry_id for link in rows(warehouse, audit_links)] == [id_of(2), id_of(1)]
        assert verify_ledger(warehouse, ROSTER).is_clean

    def test_an_entry_that_commits_a_day_late_is_found_by_looking_at_everything(
        self, warehouse: PostgresWarehouse
    ) -> None:
        write_log(warehouse, 1, first=200_001)
        later = NOW + timedelta(days=3)
        seal(warehouse, KEY, later)
        write_log(warehouse, 1, first=3)
        assert seal(warehouse, KEY, later) == Sealed(0, 1)
        assert verify_ledger(warehouse, ROSTER).unsealed == 1
        assert seal(warehouse, KEY, later, everything=True) == Sealed(1, 2)

    def test_long_logs_are_sealed_in_batches_with_a_checkpoint_each(
        self, warehouse: PostgresWarehouse, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sealing, "BATCH", 4)
        write_log(warehouse, 10)
        assert seal(warehouse, KEY, NOW) == Sealed(10, 10)
        assert [row.seq for row in rows(warehouse, audit_checkpoints)] == [4, 8, 10]
        assert verify_ledger(warehouse, ROSTER).is_clean

    def test_a_long_absence_is_made_up_for_though_the_sealer_is_killed_between_batches(
        self, warehouse: PostgresWarehouse, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(sealing, "BATCH", 4)
        for day in range(12):
            write_log(warehouse, 1, first=1 + day * 100_000)
        later = NOW + timedelta(days=60)
        append, calls = sealing._append, []

        def killed(*arguments: Any) -> bool:
            calls.append(1)
            if len(calls) > 1:
                raise KeyboardInterrupt
            return append(*arguments)

        monkeypatch.setattr(sealing, "_append", killed)
        with pytest.raises(KeyboardInterrupt):
            seal(warehouse, KEY, later)
        monkeypatch.setattr(sealing, "_append", append)
        assert seal(warehouse, KEY, later) == Sealed(8, 12)

    def test_writers_do_not_wait_for_the_sealer(self, warehouse: PostgresWarehouse) -> None:
        write_log(warehouse, 3)

        with warehouse.begin() as connection:
            head = sealing._head(connection, {KEY.public.key_id: KEY.public})
            waiting = connection.execute(sealing.unsealed_entries()).all()
            assert sealing._append(warehouse, connection, KEY, head, waiting, NOW)
            with warehouse.begin() as writer:
                writer.execute(text("SET LOCAL lock_timeout = '2s'"))
                write_entry(writer, entry(4))
        assert seal(warehouse, KEY, NOW) == Sealed(1, 4)

    def test_of_many_that_seal_at_once_each_link_is_made_by_one(self, warehouse: PostgresWarehouse) -> None:
        start = Barrier(4)

        def work(_: int) -> int:
            start.wait()
            return sum(seal(warehouse, KEY, NOW).entries for _ in range(5))

        write_log(warehouse, 400)
        with ThreadPoolExecutor(4) as pool:
            assert sum(pool.map(work, range(4))) == 400
        assert verify_ledger(warehouse, ROSTER).is_clean

    def test_the_loser_of_a_race_writes_nothing_and_says_so(self, warehouse: PostgresWarehouse) -> None:
        write_log(warehouse, 2)

        class SealedMeanwhile(PostgresWarehouse):
            """Lets another process seal between the read and the first write."""

            def insert_new(self, connection: Any, table: Any, row: Any) -> bool:
                seal(warehouse, KEY, NOW)
                return warehouse.insert_new(connection, table, row)

        loser = SealedMeanwhile.__new__(SealedMeanwhile)
        loser.__dict__ |= warehouse.__dict__
        assert seal(loser, KEY, NOW) == Sealed(0, 0, is_complete=False)
        assert [row.seq for row in rows(warehouse, audit_checkpoints)] == [2]


@pytest.fixture(scope="module")
def kept(postgres: TemporaryServer) -> PostgresWarehouse:
    warehouse = fresh_log(postgres)
    write_log(warehouse, 6)
    seal(warehouse, KEY, NOW)
    write_log(warehouse, 6, first=7)
    return warehouse


@pytest.fixture
def sealed(kept: PostgresWarehouse) -> Iterator[PostgresWarehouse]:
    with put_back(kept):
        yield kept


class TestBreaks:
    @pytest.mark.parametrize(
        ("sql", "said"),
        [
            ("UPDATE ops.audit_links SET link_hash = repeat('0', 64) WHERE seq = 6", "link seq 6 is not the one"),
            ("UPDATE ops.audit_links SET previous = repeat('0', 64) WHERE seq = 6", "link seq 6 is not the one"),
            ("DELETE FROM ops.audit_links WHERE seq = 6", "the chain ends at seq 5, and the last checkpoint covers 6"),
            ("DELETE FROM ops.audit_links", "the chain ends at seq None, and the last checkpoint covers 6"),
            ("DELETE FROM ops.audit_checkpoints", "the chain ends at seq 6, and the last checkpoint covers None"),
            ("UPDATE ops.audit_checkpoints SET signature = 'AAAA'", "link seq 6 is not the one"),
            ("UPDATE ops.audit_checkpoints SET checkpoint = '{}'", "link seq 6 is not the one"),
            ("UPDATE ops.audit_checkpoints SET key_id = 'beef'", "names key beef, which is no key of the service"),
            ("DELETE FROM ops.audit_entries WHERE entry_id = :sixth", "of link seq 6 is gone"),
            ("UPDATE ops.audit_entries SET entry = '{}' WHERE entry_id = :eighth", "entry {eighth} is not what was"),
            ("UPDATE ops.audit_entries SET entry_id = repeat('e', 64) WHERE entry_id = :eighth", f"entry {'e' * 64} "),
            ("UPDATE ops.audit_entries SET actor = 'eve' WHERE entry_id = :eighth", "its column actor is not"),
            ("UPDATE ops.audit_entries SET action = 'released' WHERE entry_id = :eighth", "its column action is not"),
            ("UPDATE ops.audit_entries SET client_id = NULL WHERE entry_id = :eighth", "its column client_id is not"),
            ("UPDATE ops.audit_entries SET statement_id = 'x' WHERE entry_id = :eighth", "its column statement_id"),
        ],
    )
    def test_nothing_is_sealed_past_a_break_and_it_is_named(
        self, sealed: PostgresWarehouse, sql: str, said: str
    ) -> None:
        names = {"sixth": id_of(6), "eighth": id_of(8)}
        tamper(sealed, sql, **{name: value for name, value in names.items() if f":{name}" in sql})
        before = len(rows(sealed, audit_links)), len(rows(sealed, audit_checkpoints))
        with pytest.raises(ChainBroken) as broken:
            seal(sealed, KEY, NOW)
        assert said.format(**names) in str(broken.value)
        assert (len(rows(sealed, audit_links)), len(rows(sealed, audit_checkpoints))) == before

    def test_a_text_that_is_no_entry_is_not_sealed(self, warehouse: PostgresWarehouse) -> None:
        for loose, said in (
            ('{"a": 1}', "its text is no entry in canonical form"),
            (canonical_json({**json.loads(entry(9).canonical()), "recorded_at": None}), "has no time or date where"),
            (canonical_json({**json.loads(entry(9).canonical()), "business_date": 7}), "has no time or date where"),
        ):
            row = {"entry_id": hashlib.sha256(loose.encode()).hexdigest(), "entry": loose, "recorded_at": START}
            with put_back(warehouse):
                with warehouse.begin() as connection:
                    connection.execute(insert(audit_entries).values(**row, actor="eve", action="released"))
                with pytest.raises(ChainBroken, match=said):
                    seal(warehouse, KEY, NOW)

    def test_a_new_key_goes_on_where_the_roster_lists_the_former_one(self, sealed: PostgresWarehouse) -> None:
        new = SigningKey.generate()
        with pytest.raises(ChainBroken, match=f"names key {KEY.public.key_id}.*list the service's former keys"):
            seal(sealed, new, NOW)
        keys = [{"public": KEY.public.text, "revoked": NOW.date()}, {"public": new.public.text}]
        roster = Roster({**ROSTER.people, SERVICE: person(SERVICE, keys=keys)})
        assert seal(sealed, new, NOW + timedelta(days=1), service_keys(roster)) == Sealed(6, 12)
        assert verify_ledger(sealed, roster).is_clean


class TestTables:
    @pytest.mark.parametrize("role", ["origin", "replica"])
    def test_the_log_can_only_grow(self, warehouse: PostgresWarehouse, role: str) -> None:
        write_log(warehouse, 2)
        seal(warehouse, KEY, NOW)
        for name, column in (("audit_entries", "entry_id"), ("audit_links", "seq"), ("audit_checkpoints", "seq")):
            for sql in (
                f"UPDATE ops.{name} SET {column} = {column}",
                f"DELETE FROM ops.{name}",
                f"TRUNCATE ops.{name}",
            ):
                said = f"the audit log is append-only: no {sql.split()[0]} of ops.{name}"
                with pytest.raises(DBAPIError, match=said), warehouse.begin() as connection:
                    connection.execute(text(f"SET LOCAL session_replication_role = {role}"))
                    connection.execute(text(sql))

    def test_not_even_where_no_row_fits(self, warehouse: PostgresWarehouse) -> None:
        for statement in (update(audit_links).values(seq=1), delete(audit_entries).filter_by(actor="nobody")):
            with pytest.raises(DBAPIError, match="append-only"), warehouse.begin() as connection:
                connection.execute(statement)

    def test_an_entry_has_one_link(self, warehouse: PostgresWarehouse) -> None:
        link = {"entry_id": "e" * 64, "previous": GENESIS, "link_hash": "f" * 64}
        with pytest.raises(DBAPIError, match="entry_id"), warehouse.begin() as connection:
            connection.execute(insert(audit_links), [{**link, "seq": 1}, {**link, "seq": 2}])

    def test_whoever_listens_hears_of_a_commit_that_wrote_entries(self, warehouse: PostgresWarehouse) -> None:
        with warehouse._engine.connect() as listener:
            raw: Any = listener.connection.dbapi_connection
            raw.set_session(autocommit=True)
            raw.cursor().execute("LISTEN acme_ledger")
            with warehouse.begin() as connection:
                write_entry(connection, entry(1))
                write_entry(connection, entry(2))
                raw.poll()
                assert raw.notifies == []
            select_readable([raw], [], [], 10)
            raw.poll()
            assert [(item.channel, item.payload) for item in raw.notifies] == [("acme_ledger", "")]
