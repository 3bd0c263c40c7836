"""A made-up audit log of any length: people with keys, entries, and signed statements among them."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import insert, text

from acme_assets.audit.entry import Entry
from acme_assets.audit.signing import SigningKey
from acme_assets.gates.statement import Signer
from acme_assets.stack.postgres import TemporaryServer
from acme_assets.warehouse.auditing import Exported, export
from acme_assets.warehouse.entries import write_entry
from acme_assets.warehouse.ledger import statements
from acme_assets.warehouse.migrate import migrate
from acme_assets.warehouse.postgres import PostgresWarehouse
from acme_assets.warehouse.protocol import Warehouse
from client_partitions.people import Role, Roster, RosterPerson

START = datetime(2026, 3, 11, 8, 0, tzinfo=UTC)
NOW = START + timedelta(days=1)
NIGHT = date(2026, 3, 10)
ANNA, SERVICE = "anna@acme.example", "nightly@acme.example"
ROLES: Mapping[str, tuple[Role, ...]] = {ANNA: ("qa",), SERVICE: ("service",)}
KEYS = {email: SigningKey.generate() for email in ROLES}
KEY = KEYS[SERVICE]
STATEMENT_EVERY = 50


def person(email: str, **changes: Any) -> RosterPerson:
    """Somebody with the key of these tests."""
    plain = {
        "email": email,
        "name": "Änne Müller",
        "roles": ROLES[email],
        "keys": [{"public": KEYS[email].public.text}],
    }
    return RosterPerson.model_validate(plain | changes)


ROSTER = Roster({email: person(email) for email in ROLES})


def entry(number: int, **changes: Any) -> Entry:
    """The entry of this number."""
    plain = Entry(
        START + timedelta(seconds=number), "acme", "delivery_loaded", "tiny_health", NIGHT, {"number": number, "é": "ü"}
    )
    return replace(plain, **changes)


def write_log(warehouse: Warehouse, entries: int, first: int = 1) -> None:
    """Entries, and a signed statement with every fiftieth, in one transaction."""
    with warehouse.begin() as connection:
        for number in range(first, first + entries):
            if number % STATEMENT_EVERY:
                write_entry(connection, entry(number))
                continue
            moment = START + timedelta(seconds=number)
            signed = Signer(ANNA, KEYS[ANNA]).sign(
                "sign_off",
                "qa",
                "tiny_health",
                (NIGHT, NIGHT),
                {"decision": "approved", "evidence_digest": f"{number:064x}", "marts": ["pmpm"]},
                meaning="I reviewed it and approve its release.",
                reason=None,
                made_at=moment,
            )
            said = signed.statement
            row = {name: getattr(said, name) for name in ("kind", "client_id", "first_date", "last_date", "signer")}
            row |= {"role": said.role, "key_id": said.key_id, "login": "test", "recorded_at": moment}
            connection.execute(
                insert(statements).values(
                    **row, statement_id=said.statement_id, statement=said.canonical(), signature=signed.signature
                )
            )
            details = {"statement_id": said.statement_id, "role": said.role, "meaning": said.meaning}
            write_entry(connection, entry(number, actor=ANNA, action="signed_off", details=details))


def exported(warehouse: Warehouse, folder: Path, entries: int = 60) -> Exported:
    """The export of a log that was sealed in one go."""
    write_log(warehouse, entries)
    return export(warehouse, folder, KEY, ROSTER, NOW)


TABLES = ("audit_entries", "audit_links", "audit_checkpoints", "statements")


def tamper(warehouse: Warehouse, *sql: str, **values: Any) -> None:
    """Change the log as the database's superuser could."""
    with warehouse.begin() as connection:
        for table in TABLES:
            connection.execute(text(f"ALTER TABLE ops.{table} DISABLE TRIGGER USER"))
        for statement in sql:
            connection.execute(text(statement), values)
        for table in TABLES:
            connection.execute(text(f"ALTER TABLE ops.{table} ENABLE TRIGGER USER"))


def fresh_log(postgres: TemporaryServer) -> PostgresWarehouse:
    """A migrated database for more than one test."""
    warehouse = PostgresWarehouse(postgres.fresh_database())
    with warehouse.begin() as connection:
        migrate(connection)
    return warehouse


@contextmanager
def put_back(warehouse: PostgresWarehouse) -> Iterator[PostgresWarehouse]:
    """The log is afterwards as it was before."""
    with warehouse.begin() as connection:
        for table in TABLES:
            connection.execute(text(f"CREATE TABLE kept_{table} AS TABLE ops.{table}"))
    yield warehouse
    tamper(warehouse, *(f"TRUNCATE ops.{table}" for table in TABLES))
    tamper(warehouse, *(f"INSERT INTO ops.{table} TABLE kept_{table}" for table in TABLES))
    tamper(warehouse, *(f"DROP TABLE kept_{table}" for table in TABLES))
