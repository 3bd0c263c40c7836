"""What the contract says of a delivery: its counts, the rules that rows fail, and the rows set aside."""

from fractions import Fraction

from sqlalchemy import Connection, func, insert, select, update

from acme_assets.contracts.results import OVER_LIMIT, ContractResult
from acme_assets.nights.requirements import Unmet
from acme_assets.warehouse.ledger import contract_results, delivery_files
from acme_assets.warehouse.protocol import Warehouse
from acme_assets.warehouse.raw_tables import quarantined_rows


def write_verdict(
    warehouse: Warehouse, connection: Connection, delivery_id: str, result: ContractResult, *, is_accepted: bool
) -> None:
    """Record the counts, and at the first check the rows that fail and their rules: those stay as they are.

    Raises:
        Unmet: the delivery fails otherwise than when it was first checked, or is accepted and has no good row.
    """
    judged = {(rule.rule, rule.column): rule.rows for rule in result.rules}
    query = select(contract_results.c.rule, contract_results.c.column_name, contract_results.c.rows_failed)
    rows = connection.execute(query.filter_by(delivery_id=delivery_id))
    before = {(rule, column): failed for rule, column, failed in rows}
    if (before or is_accepted) and before != judged:
        raise Unmet(
            f"delivery {delivery_id[:12]} of {result.feed} fails otherwise than when it was first checked; "
            "the contract or the layout changed since: have the file sent again, with any change"
        )
    if is_accepted and not result.rows_loaded:
        raise Unmet(f"delivery {delivery_id[:12]} of {result.feed} is accepted, and no row of it can be loaded")
    _write_counts(connection, delivery_id, result)
    if judged and not before:
        warehouse.copy(connection, quarantined_rows(), result.quarantined)
        connection.execute(
            insert(contract_results),
            [
                {"delivery_id": delivery_id, "rule": rule, "column_name": column, "rows_failed": failed}
                for (rule, column), failed in judged.items()
            ],
        )


def _write_counts(connection: Connection, delivery_id: str, result: ContractResult) -> None:
    for file in result.files:
        connection.execute(
            update(delivery_files)
            .filter_by(delivery_id=delivery_id, path=file.name)
            .values(
                rows_in=file.rows_in,
                rows_loaded=0 if result.held else file.rows_loaded,
                rows_quarantined=file.rows_in if result.held else file.rows_quarantined,
                rows_out_of_scope=file.rows_out_of_scope,
            )
        )


def over_limit(connection: Connection, delivery_id: str, limit: float) -> str | None:
    """Why a delivery that is in RAW is held all the same: it was loaded under a waiver."""
    out_of_scope = func.coalesce(delivery_files.c.rows_out_of_scope, 0)
    sums = (func.sum(column - out_of_scope) for column in (delivery_files.c.rows_quarantined, delivery_files.c.rows_in))
    failed, in_scope = connection.execute(select(*sums).filter_by(delivery_id=delivery_id)).one()
    if int(failed) <= Fraction(str(limit)) * int(in_scope):
        return None
    return (
        f"{int(failed)} of {int(in_scope)} {OVER_LIMIT} {limit:.2%}, and no waiver accepts them any more; "
        "ask for a corrected file"
    )
