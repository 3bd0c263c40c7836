"""`acme prepare`: bring the warehouse up to date before Dagster starts; what `acme stack up` does by itself."""

import sys
from typing import Annotated

import typer

from acme_assets.cli.output import console, one_line_errors
from acme_assets.cli.platform import environment
from acme_assets.environment import EMBEDDED, PRODUCTION
from acme_assets.stack.errors import StackError


def prepare(
    sql: Annotated[
        bool, typer.Option("--sql", help="Print the migrations as SQL for ACME_ENV's warehouse, and change nothing.")
    ] = False,
) -> None:
    """Migrate the ledger, RAW and PUBLISHED, and create dbt's tables, empty.

    Safe to repeat: what is there is left as it is. `acme stack up` does it for
    the embedded PostgreSQL; in production it is a step of a deployment.

    Examples:

        acme prepare
        ACME_ENV=production acme prepare --sql > review.sql
    """
    from acme_assets.stack import prepare as warehouse
    from acme_assets.warehouse.migrate import migration_sql

    with one_line_errors(StackError):
        if sql:
            kind = environment().get("ACME_ENV", EMBEDDED)
            sys.stdout.write(migration_sql("snowflake" if kind == PRODUCTION else "postgresql"))
            return
        warehouse.prepare(environment())
        console.print("The warehouse is up to date.")
