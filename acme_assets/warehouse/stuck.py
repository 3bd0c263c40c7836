"""Note work whose runs failed as often as they may, so that status says so and whose turn it is."""

from collections.abc import Iterable
from datetime import datetime

from acme_assets.nights.status import Work
from acme_assets.warehouse.ledger import stuck_work
from acme_assets.warehouse.protocol import Warehouse


def record_stuck(warehouse: Warehouse, works: Iterable[Work], reason: str, now: datetime) -> None:
    """Note each piece of work once."""
    with warehouse.begin() as connection:
        for work in works:
            warehouse.insert_new(
                connection,
                stuck_work,
                {
                    "work_key": work.key,
                    "client_id": work.client_id,
                    "business_date": work.business_date,
                    "stage": work.stage,
                    "reason": reason,
                    "since": now,
                },
            )
