"""The whole ledger out and in again: equal in every table, the audit log clean, and no changed byte passes."""

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, text, update

from acme_assets.warehouse import ledger_export
from acme_assets.warehouse.auditing import verify_ledger
from acme_assets.warehouse.ledger import client_nights, stray_files, stuck_work
from acme_assets.warehouse.ledger_export import (
    MANIFEST,
    LedgerExport,
    NotExported,
    NotRestored,
    export_ledger,
    read_export,
    restore_ledger,
)
from acme_assets.warehouse.postgres import PostgresWarehouse
from acme_assets.warehouse.retaining import remove_due
from acme_assets.warehouse.sealing import seal, service_keys
from acme_assets.warehouse.sla_tables import forecasts
from acme_assets.warehouse.tables import LEDGER_TABLES
from tests.world import INGRID, KEYS, NIGHT, SERVICE, World, signer_of

KEY = signer_of(SERVICE).key
ODD = 'a "quoted", two\nlines, é, \\N and nothing: '


@pytest.fixture
def lived(world: World) -> World:
    """A night with all it takes, and rows of every type, the odd ones too."""
    world.deliver_all()
    world.build()
    world.approve()
    world.release()
    with world.warehouse.begin() as connection:
        connection.execute(insert(stuck_work).values(work_key="w", client_id="c", business_date=NIGHT, stage="load",
                                                     reason=ODD, since=world.now))  # fmt: skip
        connection.execute(insert(stray_files).values(path="p", reason="", owner_group="qa", client_id=None, bytes=1,
                                                      first_seen_at=world.now + timedelta(microseconds=1)))  # fmt: skip
        connection.execute(insert(forecasts).values(forecast_id="f", client_id="c", business_date=NIGHT,
                                                    made_at=world.now, deadline=world.now, p_miss=0.1 + 0.2,
                                                    p_raw=1e-300))  # fmt: skip
    seal(world.warehouse, KEY, world.clock(), service_keys(world.roster))
    world.clock()
    return world


@pytest.fixture
def empty(postgres: Any, migrated: str) -> PostgresWarehouse:
    """A prepared warehouse that nobody has used."""
    return PostgresWarehouse(postgres.fresh_database(migrated))


@pytest.fixture
def exported(lived: World, tmp_path: Path) -> Path:
    export_ledger(lived.warehouse, tmp_path / "export", KEY, lived.now)
    return tmp_path / "export"


def read(world: World, folder: Path) -> LedgerExport:
    return read_export(folder, service_keys(world.roster))


def content(warehouse: Any) -> dict[str, list[tuple[Any, ...]]]:
    with warehouse.begin() as connection:
        return {table.name: sorted(map(tuple, connection.execute(select(table))), key=repr) for table in LEDGER_TABLES}


def test_every_table_comes_back_as_it_was_and_the_audit_log_is_clean(
    lived: World, exported: Path, empty: PostgresWarehouse
) -> None:
    before = content(lived.warehouse)
    assert all(before[name] for name in ("deliveries", "releases", "audit_links", "audit_checkpoints", "forecasts"))
    restore_ledger(empty, exported, read(lived, exported))
    assert content(empty) == before
    report = verify_ledger(empty, lived.roster)
    assert report.is_clean, report.lines()
    assert seal(empty, KEY, lived.clock(), service_keys(lived.roster), everything=True).entries == 0


def test_a_restored_ledger_goes_on(lived: World, exported: Path, empty: PostgresWarehouse) -> None:
    restore_ledger(empty, exported, read(lived, exported))
    lived.warehouse = empty
    assert lived.status().state == "released"
    lived.put("pharmacy_claim", "claim,person,day,paid\nc9,p1,2026-03-01,1\n")
    assert [item.outcome for item in lived.notice()] == ["new"]


def test_every_table_is_of_one_moment(lived: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody writes to the last table while the first is being written."""
    before = content(lived.warehouse)
    write = ledger_export._write

    def slow(file: Path, table: Any, rows: Any) -> Any:
        with lived.warehouse.begin() as connection:
            connection.execute(insert(client_nights).values(client_id=table.name, business_date=NIGHT))
            connection.execute(update(stray_files).values(bytes=stray_files.c.bytes + 1))
        return write(file, table, rows)

    monkeypatch.setattr(ledger_export, "_write", slow)
    made = export_ledger(lived.warehouse, tmp_path / "export", KEY, lived.now)
    assert {name: item.rows for name, item in made.tables.items()} == {name: len(rows) for name, rows in before.items()}
    assert "p,,qa,,1," in (tmp_path / "export" / "stray_files.csv").read_text().replace('""', "")


def files(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir() if file.stat().st_size)


def test_a_changed_byte_is_found_and_refused_in_every_file(
    lived: World, exported: Path, empty: PostgresWarehouse
) -> None:
    for name in files(exported):
        file = exported / name
        original = file.read_bytes()
        for place in {0, len(original) // 2, len(original) - 2}:
            changed = bytearray(original)
            changed[place] ^= 1
            file.write_bytes(bytes(changed))
            with pytest.raises(NotRestored):
                read(lived, exported)
        file.write_bytes(original)
    read(lived, exported)
    (exported / "releases.csv").unlink()
    with pytest.raises(NotRestored, match=r"releases\.csv is not there"):
        read(lived, exported)


def test_a_manifest_that_somebody_else_signed_is_refused(lived: World, tmp_path: Path) -> None:
    export_ledger(lived.warehouse, tmp_path / "other", KEYS[INGRID], lived.now)
    with pytest.raises(NotRestored, match="is no key of the service's"):
        read(lived, tmp_path / "other")
    fingerprint = KEYS[INGRID].public.fingerprint
    assert read_export(tmp_path / "other", [], fingerprint).fingerprint == fingerprint
    with pytest.raises(NotRestored, match="is no key of the service's"):
        read_export(tmp_path / "other", service_keys(lived.roster), "0" * 64)


def test_a_manifest_that_was_edited_is_refused(lived: World, exported: Path) -> None:
    signed = json.loads((exported / MANIFEST).read_text())
    signed["manifest"] = signed["manifest"].replace('"version":1', '"version":2')
    (exported / MANIFEST).write_text(json.dumps(signed))
    with pytest.raises(NotRestored, match="was changed: its signature is of another text"):
        read(lived, exported)


def test_a_ledger_that_holds_a_row_is_not_restored_into(lived: World, exported: Path, empty: PostgresWarehouse) -> None:
    made = read(lived, exported)
    with pytest.raises(NotRestored, match="restored into an empty warehouse only"):
        restore_ledger(lived.warehouse, exported, made)
    with empty.begin() as connection:
        connection.execute(text("INSERT INTO ops.heartbeats VALUES ('alerts', now(), '')"))
    with pytest.raises(NotRestored, match="ops.heartbeats has 1 rows"):
        restore_ledger(empty, exported, made)


def test_another_migration_is_refused(lived: World, exported: Path, empty: PostgresWarehouse) -> None:
    with empty.begin() as connection:
        connection.execute(text("UPDATE ops.alembic_version SET version_num = '0001'"))
    with pytest.raises(NotRestored, match="the ledger is at migration 0001"):
        restore_ledger(empty, exported, read(lived, exported))


def test_a_file_that_changes_after_it_was_checked_restores_nothing(
    lived: World, exported: Path, empty: PostgresWarehouse
) -> None:
    made = read(lived, exported)
    file = exported / "releases.csv"
    file.write_bytes(file.read_bytes().replace(b",3,", b",4,"))
    with pytest.raises(NotRestored, match=r"ops\.releases has 1 rows after it was filled, which are not the 1"):
        restore_ledger(empty, exported, made)
    assert not any(content(empty).values())


def test_a_folder_that_holds_something_is_not_written_over(lived: World, exported: Path) -> None:
    with pytest.raises(NotExported, match="is not empty"):
        export_ledger(lived.warehouse, exported, KEY, lived.now)


def test_what_retention_removed_is_in_it_and_no_members_data(lived: World, tmp_path: Path) -> None:
    lived.now += timedelta(days=400)
    remove_due(lived.warehouse, lived.clock, by="test", limit=9)
    made = export_ledger(lived.warehouse, tmp_path / "export", KEY, lived.now)
    assert made.tables["retention_removals"].rows == 1
    assert not [file.name for file in (tmp_path / "export").iterdir() if b"2026-02-01" in file.read_bytes()]
