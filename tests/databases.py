"""Databases for tests, used again where a test left the schema as it was: a copy takes a quarter of a second, most of
it for memory, and emptying its tables a tenth of that.

pytest-postgresql was considered: it makes each database from its template, as `TemporaryServer` does.
"""

import time
from contextlib import closing

import psycopg2
from psycopg2 import sql
from sqlalchemy import make_url

from acme_assets.stack.postgres import TemporaryServer

_FIRST_OF_OURS = 16384
"""The least object id that is not PostgreSQL's own."""

_CATALOGS = {
    "pg_namespace": "oid",
    "pg_class": "oid",
    "pg_attribute": "attrelid",
    "pg_attrdef": "oid",
    "pg_constraint": "oid",
    "pg_index": "indexrelid",
    "pg_trigger": "oid",
    "pg_proc": "oid",
    "pg_rewrite": "oid",
    "pg_policy": "oid",
    "pg_default_acl": "oid",
    "pg_extension": "oid",
}

_SCHEMA = "SELECT md5(string_agg(part, ' ')) FROM (" + " UNION ALL ".join(
    f"SELECT '{name} ' || count(*) || ' ' || coalesce(max(xmin::text::bigint), 0) AS part FROM {name} "
    f"WHERE {oid} >= {_FIRST_OF_OURS}"
    for name, oid in _CATALOGS.items()
) + " UNION ALL SELECT 'settings ' || count(*) FROM pg_db_role_setting) AS parts"  # fmt: skip
"""Whatever makes, changes or removes an object leaves another count or a younger row in one of its catalogs."""

_TABLES = f"""SELECT format('%I.%I', nspname, relname) FROM pg_class JOIN pg_namespace AS n ON n.oid = relnamespace
    WHERE relkind IN ('r', 'p') AND pg_class.oid >= {_FIRST_OF_OURS} ORDER BY 1"""
_GUARDED = f"""SELECT DISTINCT tgrelid::regclass::text, quote_ident(tgname) FROM pg_trigger
    WHERE tgenabled = 'A' AND oid >= {_FIRST_OF_OURS}"""
_OTHERS = """SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()"""
_PATIENCE = 5.0


class Databases:
    """Copies of one template. Each that is taken has a name that none had before, and the template's rows."""

    def __init__(self, server: TemporaryServer, template: str) -> None:
        self._server, self._template = server, template
        self._spare: list[tuple[str, str]] = []
        self._schemas: dict[str, str] = {}
        self._again = 0
        self.copied = 0

    def take(self) -> str:
        """The SQLAlchemy URL of a database as the template is."""
        if not self._spare:
            self.copied += 1
            url = self._server.fresh_database(self._template)
            with closing(_connect(url)) as connection:
                self._schemas[url] = _schema(connection)
            return url
        url, schema = self._spare.pop()
        self._again += 1
        old = make_url(url).database or ""
        new = f"{old.partition('_again_')[0]}_again_{self._again}"
        with closing(_connect(self._server.url)) as connection, connection.cursor() as cursor:
            cursor.execute(sql.SQL("ALTER DATABASE {} RENAME TO {}").format(sql.Identifier(old), sql.Identifier(new)))
        url = url.replace(f"/{old}?", f"/{new}?")
        self._schemas[url] = schema
        return url

    def give_back(self, url: str) -> None:
        """Whoever still uses it is cut off. It is removed where the schema is not as it was."""
        before = self._schemas.pop(url)
        with closing(_connect(url)) as connection, connection.cursor() as cursor:
            self._cut_off(cursor)
            is_as_it_was = _schema(connection) == before
            if is_as_it_was:
                self._empty(connection)
                self._spare.append((url, _schema(connection)))
        if not is_as_it_was:
            self._server.drop(url)

    def _cut_off(self, cursor: "psycopg2.extensions.cursor") -> None:
        """PostgreSQL's own wait for their end takes a tenth of a second at least."""
        limit = time.monotonic() + _PATIENCE
        cursor.execute(_OTHERS)
        while cursor.rowcount and time.monotonic() < limit:
            time.sleep(0.001)
            cursor.execute(_OTHERS)

    def _empty(self, connection: "psycopg2.extensions.connection") -> None:
        """Of all rows; the one table that has some in the template, the ledger's version, no test writes to."""
        with connection.cursor() as cursor:
            cursor.execute(_TABLES)
            tables = [name for (name,) in cursor if not name.endswith(".alembic_version")]
            cursor.execute(_GUARDED)
            guards = cursor.fetchall()
            cursor.execute("SELECT oid::regclass::text FROM pg_class WHERE relkind = 'S'")
            sequences = [name for (name,) in cursor]
            statements = ["BEGIN", "SET LOCAL session_replication_role = replica"]
            statements += [f"ALTER TABLE {table} DISABLE TRIGGER {name}" for table, name in guards]
            statements += [f"DELETE FROM {name}" for name in tables]
            statements += [f"ALTER TABLE {table} ENABLE ALWAYS TRIGGER {name}" for table, name in guards]
            statements += [f"ALTER SEQUENCE {name} RESTART" for name in sequences]
            cursor.execute("; ".join([*statements, "COMMIT"]))


def _connect(url: str) -> "psycopg2.extensions.connection":
    connection = psycopg2.connect(make_url(url).set(drivername="postgresql").render_as_string(hide_password=False))
    connection.autocommit = True
    return connection


def _schema(connection: "psycopg2.extensions.connection") -> str:
    with connection.cursor() as cursor:
        cursor.execute(_SCHEMA)
        (found,) = cursor.fetchone() or ("",)
    return str(found)
