"""Our Snowflake code against an in-memory emulator (fakesnow), by the real connector over HTTP.

What it shows: that our connection arguments, PUT, COPY INTO and plain DDL and DML are accepted. What it cannot
show, and nothing here asserts: hybrid tables, keys, transactions, locks, grants, null timestamps (docs/snowflake.md).
Runs in an environment of its own (`make emulator`); prints a line for each thing accepted, exits 1 on a failure.
"""

import hashlib
import logging
import sys
import tempfile
import time
import warnings
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import snowflake.connector
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from sqlalchemy import insert, select, update

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from acme_assets.audit.entry import SYSTEM, Entry  # noqa: E402
from acme_assets.audit.signing import SigningKey  # noqa: E402
from acme_assets.environment import warehouse_from  # noqa: E402
from acme_assets.gates.links import link_secret  # noqa: E402
from acme_assets.gates.statement import Signer  # noqa: E402
from acme_assets.warehouse import exceptions  # noqa: E402
from acme_assets.warehouse.auditing import verify_ledger  # noqa: E402
from acme_assets.warehouse.checkpoint_store import open_checkpoint_store, seal_and_copy  # noqa: E402
from acme_assets.warehouse.entries import write_entry  # noqa: E402
from acme_assets.warehouse.judging import failed_releases, unjudged_releases  # noqa: E402
from acme_assets.warehouse.ledger import (  # noqa: E402
    acknowledgement_links,
    audit_entries,
    client_nights,
    loads,
    releases,
)
from acme_assets.warehouse.links import make_link  # noqa: E402
from acme_assets.warehouse.mart_tables import dashboard_view, published_table  # noqa: E402
from acme_assets.warehouse.migrate import migration_sql  # noqa: E402
from acme_assets.warehouse.protocol import Warehouse  # noqa: E402
from acme_assets.warehouse.raw_tables import quarantined_rows, raw_table  # noqa: E402
from acme_assets.warehouse.reading import read_business_date, read_night, read_unsettled  # noqa: E402
from acme_assets.warehouse.validating import record_suites, run_suites, trailing  # noqa: E402
from client_partitions.people import Role, Roster, RosterKey, RosterPerson  # noqa: E402
from client_partitions.registry import CLIENTS_FOLDER, load_registry  # noqa: E402

NIGHT = date(2026, 3, 10)
NOW = datetime(2026, 3, 11, 4, tzinfo=UTC)
NOT_KNOWN_THERE = ("COMMENT ON", "CREATE INDEX")
AWKWARD = ['quote " and, comma', "two\nlines", "\\N", "back\\slash", " padded ", "snow \N{SNOWMAN}", "'; DROP TABLE x"]

REGISTRY = load_registry(CLIENTS_FOLDER / "demo")
CLIENT = REGISTRY.client("coastal_labs")
SECRET = link_secret("0123456789abcdef" * 2)
ON_CALL, CLIENT_SUCCESS, SERVICE = (
    Signer(f"{name}@acme.example", SigningKey.generate()) for name in ("on_call", "client_success", "service")
)


def in_roster(signer: Signer, role: Role) -> RosterPerson:
    keys = (RosterKey(public=signer.key.public.text),)
    return RosterPerson(name=role, email=signer.email, roles=(role,), keys=keys)


ROSTER = Roster(
    {
        signer.email: in_roster(signer, role)
        for signer, role in ((ON_CALL, "on_call"), (CLIENT_SUCCESS, "client_success"), (SERVICE, "service"))
    }
)


def write_key(folder: Path) -> Path:
    """A throwaway private key: the emulator takes any, the connector wants a real one."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    path = folder / "key.p8"
    path.write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return path


def log_in(warehouse: Warehouse, _: Path) -> None:
    """log in with a key pair, role, warehouse and database; set our session parameters"""
    with warehouse.begin() as connection:
        assert connection.exec_driver_sql("SELECT 1").scalar_one() == 1


def migrate(warehouse: Warehouse, _: Path) -> None:
    """run every migration: hybrid tables as plain ones, no indexes, no comments"""
    script = migration_sql("snowflake").replace("CREATE HYBRID TABLE", "CREATE TABLE")
    with warehouse.begin() as connection:
        for statement in script.split(";\n"):
            text = "\n".join(line for line in statement.splitlines() if line and not line.startswith("--"))
            if text and not text.startswith(NOT_KNOWN_THERE):
                connection.exec_driver_sql(text)


def copy_rows(warehouse: Warehouse, folder: Path) -> None:
    """PUT a CSV with awkward text and COPY it INTO a RAW table"""
    table, file = raw_table("patient"), folder / "patient.accepted.csv"
    columns = "delivery_id,client_id,business_date,source_file,source_row,person_id,patient_id,first_name,data_source"
    quoted = ['"' + text.replace('"', '""') + '"' for text in AWKWARD]
    lines = [f"d1,c1,2026-03-10,f.csv,{row},p{row},p{row},{text},t" for row, text in enumerate([*quoted, ""], 1)]
    file.write_text("\n".join([columns, *lines]) + "\n", encoding="utf-8")
    with warehouse.begin() as connection:
        assert warehouse.copy(connection, table, file) == len(lines)
        names = connection.execute(select(table.c.first_name).order_by(table.c.source_row)).scalars().all()
    assert names == [*AWKWARD, None], names


def copy_again(warehouse: Warehouse, folder: Path) -> None:
    """COPY the same file a second time (FORCE), and a header alone"""
    table, file = raw_table("patient"), folder / "patient.accepted.csv"
    with warehouse.begin() as connection:
        assert warehouse.copy(connection, table, file) == len(AWKWARD) + 1
        file.write_text("delivery_id,client_id\n")
        assert warehouse.copy(connection, table, file) == 0


def copy_quarantine(warehouse: Warehouse, folder: Path) -> None:
    """COPY INTO quarantine.\"rows\", whose name is a reserved word"""
    table, file = quarantined_rows(), folder / "patient.quarantined.csv"
    columns = [column.name for column in table.columns]
    row = 'd1,c1,2026-03-10,f.csv,1,l1,type,birth_date,no date,"{""birth_date"": ""x""}"'
    file.write_text(",".join(columns) + "\n" + row + "\n")
    with warehouse.begin() as connection:
        assert warehouse.copy(connection, table, file) == 1
        assert connection.execute(select(table.c.original)).scalar_one() == '{"birth_date": "x"}'


def insert_new(warehouse: Warehouse, _: Path) -> None:
    """insert a ledger row unless it is there, and read it back"""
    row = {"delivery_id": "d1", "client_id": "c1", "business_date": NIGHT, "feed": "patient", "loaded_at": NOW}
    row |= {"started_at": NOW} | dict.fromkeys(("rows_in", "rows_loaded", "rows_quarantined", "lines_loaded"), 8)
    row["load_id"] = "l1"
    with warehouse.begin() as connection:
        assert warehouse.insert_new(connection, loads, row)
        assert not warehouse.insert_new(connection, loads, row)
        assert dict(connection.execute(select(loads)).mappings().one()) == row


def read_nights(warehouse: Warehouse, _: Path) -> None:
    """read client nights with their joins, and those in which there is work left"""
    with warehouse.begin() as connection:
        assert warehouse.insert_new(connection, client_nights, {"client_id": "c2", "business_date": NIGHT})
        settled = {"client_id": "c3", "business_date": NIGHT, "settled_at": NOW}
        assert warehouse.insert_new(connection, client_nights, settled)
        assert set(read_business_date(connection, NIGHT)) == {"c2", "c3"}
        assert [night.client_id for night in read_unsettled(connection, NIGHT, NIGHT)] == ["c2"]
        assert len(read_unsettled(connection, NIGHT, NIGHT, NOW)) == 2


def append(warehouse: Warehouse, entry: Entry) -> None:
    with warehouse.begin() as connection:
        write_entry(connection, entry)


def append_entry(warehouse: Warehouse, _: Path) -> None:
    """append an audit entry and read it back unchanged"""
    entry = Entry(NOW, SYSTEM, "delivery_loaded", "c1", NIGHT, {"note": "it's 100 % \\ \N{SNOWMAN}"})
    append(warehouse, entry)
    with warehouse.begin() as connection:
        assert connection.execute(select(audit_entries.c.entry)).scalar_one() == entry.canonical()


def digest_rows(warehouse: Warehouse, _: Path) -> None:
    """digest PUBLISHED rows to the hash that PostgreSQL gives, and see them in the dashboard's view"""
    table, columns = published_table("pmpm"), ["year_month", "claim_type", "member_months", "paid_amount", "paid_pmpm"]
    row = {"release_id": "r1", "client_id": "c1", "business_date": NIGHT, "year_month": "2026-01"}
    row |= {"claim_type": "a|b", "member_months": 3, "paid_amount": "2.5"}
    text = "7:2026-01|3:a|b|1:3|6:2.5000|~"
    with warehouse.begin() as connection:
        connection.execute(insert(table).values(**row))
        live = {"client_id": "c1", "business_date": NIGHT, "live_release": "r1", "settled_at": NOW}
        connection.execute(insert(client_nights).values(**live))
        found = warehouse.digest(connection, table, columns, {"release_id": "r1"})
        seen = connection.execute(select(dashboard_view("pmpm").c.claim_type)).scalars().all()
    row_hash = hashlib.sha256(text.encode()).hexdigest()
    assert found.sha256 == hashlib.sha256(row_hash.encode()).hexdigest(), found
    assert seen == ["a|b"], seen


def waive(warehouse: Warehouse, _: Path) -> None:
    """sign a request for an exception, make a link for it, sign its acknowledgement, and find the waiver"""
    named: dict[str, Any] = {"roster": ROSTER, "now": NOW}
    request_id = exceptions.request_exception(
        warehouse, CLIENT, "patient", "may_be_missing", (NIGHT, NIGHT),
        signer=ON_CALL, role="on_call", reason="it's 100 % \\ \N{SNOWMAN}", **named,
    )  # fmt: skip
    make_link(warehouse, CLIENT, request_id, maker=CLIENT_SUCCESS, secret=SECRET, **named)
    exceptions.acknowledge(
        warehouse, CLIENT, request_id[:8],
        signer=CLIENT_SUCCESS, role="client_success", contact="jun@example.com", reference="ticket 1", **named,
    )  # fmt: skip
    with warehouse.begin() as connection:
        (found,) = exceptions.exceptions(connection, REGISTRY.clients, **named)
        link = connection.execute(select(acknowledgement_links)).mappings().one()
        connection.execute(insert(client_nights).values(client_id=CLIENT.client_id, business_date=NIGHT))
        facts = read_night(connection, CLIENT.client_id, NIGHT)
    assert found.state == "live", found
    assert (link["request_id"], link["attempts"], link["expires_at"]) == (request_id, 0, NOW + timedelta(days=1)), link
    assert [item.is_recorded for item in facts.statements] == [True, True]
    assert not facts.lost_statements


def judge_rows(warehouse: Warehouse, _: Path) -> None:
    """run a production suite on PUBLISHED rows in parts, keep its result, and find the release that failed"""
    night = {"client_id": CLIENT.client_id, "business_date": NIGHT}
    release = {"release_id": "r2", **night, "evidence_digest": "e", "sign_off_ids": "[]", "rows_released": 3}
    lab = {"release_id": "r2", **night, "component_type": "loinc", "component_code": "1", "results": 1, "members": 1}
    since = NOW - timedelta(days=1)
    with warehouse.begin() as connection:
        connection.execute(insert(releases).values(**release, released_at=NOW))
        shown = update(client_nights).filter_by(**night).values(live_release="r2", settled_at=NOW)
        assert connection.execute(shown).rowcount == 1
        connection.execute(insert(published_table("lab_volume")), [{**lab, "year_month": str(n)} for n in range(3)])
        assert [item.release_id for item in unjudged_releases(connection, since)] == ["r2"]
    results = run_suites(warehouse, CLIENT, NIGHT, "production", subject="r2", chunk_rows=2)
    with warehouse.begin() as connection:
        record_suites(warehouse, connection, CLIENT.client_id, NIGHT, "r2", results, NOW)
        assert unjudged_releases(connection, since) == []
        assert [item.release_id for item in failed_releases(connection, since)] == ["r2"]
        history = trailing(connection, CLIENT.client_id, NIGHT + timedelta(days=1), ["lab_volume"])
    assert [night["rows"] for night in history["lab_volume"]] == [3], history


def seal_log(warehouse: Warehouse, folder: Path) -> None:
    """seal the audit log in three turns, and verify it: entries, links, checkpoints, statements, copies"""
    store = open_checkpoint_store(folder.as_uri())
    later = NOW + timedelta(minutes=1)
    assert seal_and_copy(warehouse, store, SERVICE.key, later)[0].entries == 4
    append(warehouse, Entry(NOW, SYSTEM, "delivery_arrived", "c1", NIGHT, {"one": "more"}))
    assert seal_and_copy(warehouse, store, SERVICE.key, later)[0].entries == 1
    assert seal_and_copy(warehouse, store, SERVICE.key, later)[0].entries == 0
    report = verify_ledger(warehouse, ROSTER, store)
    assert report.is_clean, report.lines()
    assert report.unsealed == 0


STEPS: list[Callable[[Warehouse, Path], None]] = [
    log_in,
    migrate,
    copy_rows,
    copy_again,
    copy_quarantine,
    insert_new,
    read_nights,
    append_entry,
    digest_rows,
    waive,
    judge_rows,
    seal_log,
]


def main() -> int:
    import fakesnow

    failed = 0
    logging.disable(logging.ERROR)  # the server logs every request
    warnings.simplefilter("ignore")
    with tempfile.TemporaryDirectory(prefix="acme-emulator-") as temporary, fakesnow.server() as emulator:
        folder = Path(temporary)
        where = {name: emulator[name] for name in ("host", "port", "protocol", "session_parameters", "network_timeout")}
        snowflake.connector.connect = partial(snowflake.connector.connect, **where)
        settings = {"ACCOUNT": "emulator", "USER": "acme", "PRIVATE_KEY_PATH": str(write_key(folder))}
        settings |= {"ROLE": "acme_loader", "WAREHOUSE": "acme_load_wh", "DATABASE": "acme"}
        warehouse = warehouse_from(
            {"ACME_ENV": "production", **{f"ACME_SNOWFLAKE_{name}": value for name, value in settings.items()}}
        )
        for step in STEPS:
            started = time.monotonic()
            try:
                step(warehouse, folder)
                outcome = "accepted"
            except Exception as error:
                failed += 1
                outcome = f"FAILED ({type(error).__name__}: {error})"
            print(f"{time.monotonic() - started:5.1f} s  {step.__doc__}: {outcome}", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
