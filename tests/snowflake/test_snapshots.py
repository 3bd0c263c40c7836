"""The SQL that Snowflake gets, as text in review. UPDATE_SNAPSHOTS=1 writes it anew."""

import os
from collections.abc import Iterable
from pathlib import Path

import pytest

from acme_assets.warehouse.migrate import migration_sql
from tests.snowflake.builders import BUILT

FOLDER = Path(__file__).parent / "snapshots"


def compare(name: str, text: str) -> None:
    path = FOLDER / name
    text = "\n".join(line.rstrip() for line in text.strip().splitlines()) + "\n"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        path.write_text(text)
    if not path.exists() or path.read_text() != text:
        pytest.fail(f"the SQL for Snowflake is not {path}: if that is meant, UPDATE_SNAPSHOTS=1 pytest tests/snowflake")


def section(title: str, statements: Iterable[str]) -> str:
    return f"-- {title}\n\n" + "".join(f"{statement};\n\n" for statement in statements)


def test_migrations() -> None:
    compare("migrations.sql", migration_sql("snowflake"))


def test_statements_that_we_build() -> None:
    compare("statements.sql", "".join(section(title, [statement]) for title, statement in BUILT.items()))


def test_a_night(night: dict[str, list[str]]) -> None:
    sections, shown = [], set[str]()
    for role, of_role in night.items():
        fresh = [statement for statement in of_role if statement not in shown]
        again = f", and {len(of_role) - len(fresh)} statements shown above" if shown else ""
        sections.append(section(f"what {role} runs{again}", fresh))
        shown.update(of_role)
    compare("night.sql", "".join(sections))
