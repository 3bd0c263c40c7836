"""All SQL that we have for Snowflake is in Snowflake's grammar."""

from pathlib import Path

import pytest

from acme_assets.warehouse.migrate import migration_sql
from tests.snowflake.builders import BUILT
from tests.snowflake.grammar import NOT_IN_SQLGLOT, NotKnown, NotSnowflake, known_to_sqlglot, parse, statements

SCRIPTS = sorted((Path(__file__).parents[2] / "snowflake").glob("*.sql"))


def test_every_statement_of_the_migrations_parses() -> None:
    assert len([parse(statement) for statement in statements(migration_sql("snowflake"))]) > 50


@pytest.mark.parametrize("name", BUILT)
def test_every_statement_that_we_build_parses(name: str) -> None:
    assert not isinstance(parse(BUILT[name]), NotKnown)


def test_every_statement_of_a_night_parses(night: dict[str, list[str]]) -> None:
    for of_role in night.values():
        for statement in of_role:
            assert not isinstance(parse(statement), NotKnown)


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda path: path.stem)
def test_every_statement_of_the_account_scripts_parses(script: Path) -> None:
    assert [parse(statement) for statement in statements(script.read_text())]


@pytest.mark.parametrize("kind", NOT_IN_SQLGLOT, ids=lambda kind: kind.kind)
def test_what_is_listed_as_unknown_to_sqlglot_is_used_and_unknown(kind: NotKnown) -> None:
    of_kind = [
        statement for script in SCRIPTS for statement in statements(script.read_text()) if parse(statement) is kind
    ]
    assert of_kind, "none of our scripts has one: take the kind off the list"
    assert not any(map(known_to_sqlglot, of_kind)), "sqlglot reads it now: take the kind off the list"


@pytest.mark.parametrize(
    "wrong",
    [
        "GRANT SELECT ON ALL TABELS IN SCHEMA acme.ops TO ROLE acme_qa",
        "CREATE RESOURCE MONITOR IF NOT EXISTS m WITH CREDIT_QUOTA = 5 TRIGGERS ON 5 PERCENT DO STOP",
        "CREATE HYBRID TABLE ops.t (a VARCHAR(64) NOT NULL PRIMARY KEY (a)",
        "ALTER ACCOUNT READ_CONSISTENCY_MODE = 'GLOBAL'",
        "SELEC 1",
    ],
)
def test_a_typo_is_found(wrong: str) -> None:
    with pytest.raises(NotSnowflake):
        parse(wrong)
