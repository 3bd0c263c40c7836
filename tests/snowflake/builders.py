"""Every statement that `SnowflakeWarehouse` builds itself, with example arguments."""

from datetime import UTC, date, datetime
from pathlib import Path

from sqlalchemy import select

from acme_assets.warehouse import snowflake
from acme_assets.warehouse.ledger import loads
from acme_assets.warehouse.mart_tables import published_table
from acme_assets.warehouse.raw_tables import quarantined_rows, raw_table
from acme_assets.warehouse.row_hash import row_hash
from tests.snowflake.recorder import DIALECT, as_snowflake

_LOAD = {
    "delivery_id": "d1",
    "client_id": "summit_care",
    "business_date": date(2026, 3, 10),
    "feed": "patient",
    **dict.fromkeys(("rows_in", "rows_loaded", "rows_quarantined", "lines_loaded"), 1),
    "loaded_at": datetime(2026, 3, 11, 4, tzinfo=UTC),
}
_FOLDER = "0123456789abcdef0123456789abcdef"
_MART = published_table("pmpm")

BUILT: dict[str, str] = {
    "begin: session parameters": snowflake.SESSION,
    "begin: every two minutes": snowflake.PULSE,
    "begin: before the commit of a transaction that locked a night": snowflake.TRANSACTION,
    "insert_new": as_snowflake(snowflake.insert_unless_there(loads, _LOAD)),
    "lock_night: how long a write waits": snowflake.lock_timeout_statement(900),
    "lock_night": as_snowflake(snowflake.lock_statement(900)),
    "snapshot: the moment": snowflake.MOMENT,
    "snapshot: a table": as_snowflake(snowflake.select_as_of(loads, "2026-03-11 04:00:00.123456789 +0000")),
    "copy: PUT": snowflake.put_statement(Path("/tmp/acme-load-1/spool/patient.accepted.csv"), _FOLDER),
    "copy: PUT of a large file's parts": snowflake.put_parts_statement(Path("/tmp/acme-load-1/spool/parts-1"), _FOLDER),
    "copy: COPY INTO": snowflake.copy_statement(
        DIALECT.identifier_preparer, raw_table("patient"), [c.name for c in raw_table("patient").columns], _FOLDER
    ),
    "copy: COPY INTO a table whose name is a reserved word": snowflake.copy_statement(
        DIALECT.identifier_preparer, quarantined_rows(), [c.name for c in quarantined_rows().columns], _FOLDER
    ),
    "digest": as_snowflake(
        select(row_hash(_MART, ["year_month", "member_months", "paid_amount"]).label("h"))
        .filter_by(release_id="r1")
        .order_by("h")
    ),
}
