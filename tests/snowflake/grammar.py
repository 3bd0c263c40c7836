"""Whether SQL is Snowflake's, as far as that can be told without an account.

sqlglot's Snowflake grammar parses what it knows. What it does not know is listed here, kind by kind, with a
pattern that is narrower than Snowflake's own grammar: only what our scripts say, so that a typo is found.
"""

import logging
import re
from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError

_NAME = r"[a-z_]+(\.[a-z_]+)*"
_TEXT = r"'[^']*'"
_ROLE = rf"({_NAME}|IDENTIFIER\(\$[a-z_]+\))"
_SET = r"[A-Z_]+ = ('[^']*'|\('[^']*'\)|[A-Za-z_0-9]+)"


@dataclass(frozen=True)
class NotKnown:
    """A kind of statement that sqlglot gives up on, and what ours look like."""

    kind: str
    pattern: str
    reason: str


NOT_IN_SQLGLOT = (
    NotKnown("role", rf"CREATE ROLE IF NOT EXISTS {_ROLE}( COMMENT = {_TEXT})?", "no roles in its grammar"),
    NotKnown("user", rf"CREATE USER IF NOT EXISTS {_NAME}( {_SET})+", "no users in its grammar"),
    NotKnown("role to role", rf"GRANT ROLE {_NAME} TO (ROLE|USER) {_ROLE}", "parses privileges on objects only"),
    NotKnown(
        "all or future",
        rf"GRANT [A-Z]+(, [A-Z]+)* ON (ALL|FUTURE) (TABLES|VIEWS) IN SCHEMA {_NAME} TO ROLE {_NAME}",
        "parses privileges on one object only",
    ),
    NotKnown(
        "ownership",
        rf"GRANT OWNERSHIP ON DATABASE {_NAME} TO ROLE {_NAME} COPY CURRENT GRANTS",
        "no COPY CURRENT GRANTS",
    ),
    NotKnown(
        "managed schema", rf"CREATE SCHEMA IF NOT EXISTS {_NAME} WITH MANAGED ACCESS( {_SET})?", "no managed access"
    ),
    NotKnown("account parameter", rf"ALTER ACCOUNT SET {_SET}", "ALTER of tables, views and sessions only"),
    NotKnown("warehouse parameter", rf"ALTER WAREHOUSE {_NAME} SET {_SET}", "ALTER of tables, views and sessions only"),
    NotKnown(
        "resource monitor",
        rf"CREATE RESOURCE MONITOR IF NOT EXISTS {_NAME} WITH CREDIT_QUOTA = \d+ FREQUENCY = MONTHLY "
        r"START_TIMESTAMP = IMMEDIATELY TRIGGERS( ON \d+ PERCENT DO (NOTIFY|SUSPEND|SUSPEND_IMMEDIATE))+",
        "no resource monitors in its grammar",
    ),
    NotKnown(
        "add a policy", rf"ALTER TABLE {_NAME} ADD ROW ACCESS POLICY {_NAME} ON \([a-z_]+\)", "reads POLICY as a column"
    ),
)

_HYBRID = re.compile(r"CREATE HYBRID TABLE\b")
_POLICY = re.compile(
    rf"CREATE ROW ACCESS POLICY IF NOT EXISTS {_NAME} AS \([a-z_]+ VARCHAR\) RETURNS BOOLEAN ->(?P<body>.+)", re.DOTALL
)


class NotSnowflake(AssertionError):
    """A statement that neither sqlglot nor the list above takes."""


def statements(script: str) -> list[str]:
    """The statements of a script, without whole lines of comment."""
    code = "\n".join(line for line in script.splitlines() if not line.lstrip().startswith("--"))
    return [text for part in re.split(r";\s*$", code, flags=re.MULTILINE) if (text := part.strip())]


def known_to_sqlglot(statement: str) -> exp.Expression | None:
    """The statement as sqlglot reads it; None where it gives up."""
    logging.disable(logging.WARNING)  # it warns before it falls back to Command
    try:
        parsed = sqlglot.parse(statement, read="snowflake")
    except ParseError:
        return None
    finally:
        logging.disable(logging.NOTSET)
    (found,) = parsed
    return None if found is None or isinstance(found, exp.Command) else found


def not_known(statement: str) -> NotKnown | None:
    """The listed kind that a statement is of."""
    return next((kind for kind in NOT_IN_SQLGLOT if re.fullmatch(kind.pattern, statement)), None)


def parse(statement: str) -> exp.Expression | NotKnown:
    """Read one statement.

    A hybrid table is read as a table, a row access policy by its condition: sqlglot knows neither word.

    Raises:
        NotSnowflake: it cannot be read.
    """
    if policy := _POLICY.fullmatch(statement):
        statement = f"SELECT 1 WHERE {policy['body']}"
    found = not_known(statement) or known_to_sqlglot(_HYBRID.sub("CREATE TABLE", statement))
    if found is None:
        raise NotSnowflake(statement)
    return found
