"""What past nights teach, kept between the ticks of a process. What forecasts (numpy) is imported when it is asked."""

from datetime import date, timedelta
from typing import TYPE_CHECKING

from acme_assets.warehouse.protocol import Warehouse

if TYPE_CHECKING:
    from acme_assets.sla.history import History

LEARNED_FROM = timedelta(days=365)
CORRECTED_FROM = timedelta(days=45)
"""Nights whose forecasts correct the next: enough of them, and none of a forecast that was another."""


class Learned:
    """The history of one ledger: learning takes a second, and is due once a day.

    It outlives the tick, whose platform does not; a process has one ledger.
    """

    def __init__(self) -> None:
        self._known: tuple[object, History] | None = None

    def history(self, warehouse: Warehouse, today: date) -> "History":
        """From the nights of a year."""
        from acme_assets.sla.correction import PastForecasts
        from acme_assets.sla.history import History
        from acme_assets.warehouse.deadlines import past_forecasts
        from acme_assets.warehouse.summaries import history_version, read_history

        since = today - LEARNED_FROM
        with warehouse.begin() as connection:
            version = (since, history_version(connection, since))
            if self._known is None or self._known[0] != version:
                learned = History.of_columns(read_history(connection, since))
                said = past_forecasts(connection, today - CORRECTED_FROM)
                p, missed, nights = zip(*said, strict=True) if said else ((), (), ())
                self._known = (version, learned.corrected(PastForecasts(p, missed, nights)))
        return self._known[1]
