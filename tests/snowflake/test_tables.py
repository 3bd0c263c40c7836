"""Which tables are hybrid, and what a bulk load says: mistakes here would show first on an account, at night."""

import re
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import PrimaryKeyConstraint, UniqueConstraint
from sqlglot import exp

from acme_assets.warehouse.ledger import UtcTimestamp
from acme_assets.warehouse.migrate import migration_sql
from acme_assets.warehouse.raw_tables import quarantined_rows, raw_table
from acme_assets.warehouse.snowflake import copy_statement, lock_statement, put_statement
from acme_assets.warehouse.tables import LEDGER_TABLES
from tests.snowflake.grammar import parse, statements
from tests.snowflake.recorder import DIALECT, as_snowflake

MIGRATIONS = statements(migration_sql("snowflake"))


def created(kind: str) -> dict[str, str]:
    found = {}
    for statement in MIGRATIONS:
        if match := re.match(rf"CREATE {kind} ([\w.\"]+)", statement):
            found[match[1]] = statement
    return found


def test_every_ledger_table_is_hybrid_with_a_primary_key_and_no_other_table_is() -> None:
    hybrid = created("HYBRID TABLE")
    assert set(hybrid) == {table.fullname for table in LEDGER_TABLES} | {"ops.alembic_version"}
    for name, statement in hybrid.items():
        assert parse(statement).find(exp.PrimaryKey), name
    assert {name.split(".")[0] for name in created("TABLE")} == {"raw", "quarantine", "published"}


def test_indexes_are_on_hybrid_tables_and_on_no_moment() -> None:
    moments = {f"{t.fullname}.{c.name}" for t in LEDGER_TABLES for c in t.columns if isinstance(c.type, UtcTimestamp)}
    declared = {index.name for table in LEDGER_TABLES for index in table.indexes}
    indexes = [parse(statement) for statement in MIGRATIONS if statement.startswith("CREATE INDEX")]
    assert {index.this.name for index in indexes} == declared - {"audit_entries_by_time"}
    for index in indexes:
        table = index.find(exp.Table)
        assert table.db == "ops"
        assert not {f"ops.{table.name}.{column.name}" for column in index.find_all(exp.Column)} & moments


def test_no_key_of_a_hybrid_table_is_a_moment() -> None:
    kinds = (PrimaryKeyConstraint, UniqueConstraint)
    keys = [constraint for table in LEDGER_TABLES for constraint in table.constraints if isinstance(constraint, kinds)]
    assert not [column for key in keys for column in key.columns if isinstance(column.type, UtcTimestamp)]


def constraints(table: str) -> Iterator[exp.Expression]:
    """What a CREATE TABLE declares beside columns and their types."""
    for part in parse(table).this.expressions:
        if isinstance(part, exp.ColumnDef):
            yield from (constraint.kind for constraint in part.constraints)
        else:
            yield part.expressions[0] if isinstance(part, exp.Constraint) else part


def test_hybrid_tables_have_no_other_constraint_than_snowflake_enforces_there() -> None:
    """docs.snowflake.com/sql-reference/constraints-overview: these, if declared with the table. No CHECK."""
    allowed = (exp.PrimaryKey, exp.UniqueColumnConstraint, exp.ForeignKey, exp.NotNullColumnConstraint)
    found = {name: list(constraints(statement)) for name, statement in created("HYBRID TABLE").items()}
    assert not [kind.sql() for kinds in found.values() for kind in kinds if not isinstance(kind, allowed)]
    unique = {name for name, kinds in found.items() for kind in kinds if isinstance(kind, exp.UniqueColumnConstraint)}
    assert unique == {"ops.audit_links"}
    assert not [statement for statement in MIGRATIONS if re.match(r"ALTER TABLE \S+ ADD (?!COLUMN)", statement)]


def test_nothing_of_postgresql_alone_is_in_the_migrations() -> None:
    code = "\n".join(MIGRATIONS).lower()
    for word in ("trigger", "function", "plpgsql", "notify", "enable always"):
        assert not re.search(rf"\b{word}\b", code), word


def test_the_load_stage_is_created() -> None:
    assert [s for s in MIGRATIONS if s.startswith("CREATE STAGE IF NOT EXISTS raw.load_stage")]


def test_views_of_the_dashboards_are_secure() -> None:
    assert not created("VIEW")
    assert len(created("SECURE VIEW")) == 6


def test_copy_loads_whole_or_not_at_all_whatever_snowflake_remembers() -> None:
    statement = copy_statement(DIALECT.identifier_preparer, raw_table("patient"), ["person_id", "first_name"], "f1")
    assert statement.startswith("COPY INTO raw.patient (person_id, first_name) FROM @raw.load_stage/f1 ")
    for option in ("FORCE = TRUE", "ON_ERROR = ABORT_STATEMENT", "PURGE = TRUE"):
        assert f" {option}" in statement


def test_copy_reads_a_csv_as_postgresql_does() -> None:
    statement = copy_statement(DIALECT.identifier_preparer, raw_table("patient"), ["person_id"], "f1")
    for option in (
        "SKIP_HEADER = 1",
        "FIELD_OPTIONALLY_ENCLOSED_BY = '\"'",
        "ESCAPE_UNENCLOSED_FIELD = NONE",
        "NULL_IF = ()",
        "EMPTY_FIELD_AS_NULL = TRUE",
    ):
        assert option in statement


def test_a_table_named_by_a_reserved_word_is_copied_into_as_it_was_created() -> None:
    statement = copy_statement(DIALECT.identifier_preparer, quarantined_rows(), ["rule"], "f1")
    assert 'COPY INTO quarantine."rows" (rule) ' in statement
    assert 'quarantine."rows"' in created("TABLE")


def test_put_names_the_file_as_it_is() -> None:
    statement = put_statement(Path("/tmp/it's 100 %/patient.csv"), "f1")
    assert statement.startswith("PUT 'file:///tmp/it\\'s 100 %/patient.csv' @raw.load_stage/f1 ")


def test_a_night_is_locked_by_waiting_for_its_row() -> None:
    assert as_snowflake(lock_statement(15)).endswith("FOR UPDATE WAIT 15")
