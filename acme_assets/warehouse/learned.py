"""What past nights teach, and the forecast that was made last, kept between the ticks of a process.

What forecasts (numpy) is imported when it is asked.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from threading import Lock
from typing import TYPE_CHECKING

from acme_assets.alerts.known import NightKey
from acme_assets.sla.night import Desk, NightAhead
from acme_assets.sla.result import NightForecast
from acme_assets.warehouse.protocol import Warehouse

if TYPE_CHECKING:
    from acme_assets.sla.history import History


LEARNED_FROM = timedelta(days=365)
CORRECTED_FROM = timedelta(days=45)
"""Nights whose forecasts correct the next: enough of them, and none of a forecast that was another."""

SHARED_FOR = timedelta(minutes=1)
"""How old a forecast may be that one sensor made and another takes over: each looks once a minute, seldom at once."""


class Learned:
    """The history of one ledger: learning takes a second, and is due once a day.

    It outlives the tick, whose platform does not; a process has one ledger.
    """

    def __init__(self) -> None:
        self._known: tuple[object, History] | None = None
        self._made: dict[NightKey, tuple[NightAhead, NightForecast]] = {}
        self._lock = Lock()

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

    def forecast(
        self, warehouse: Warehouse, nights: Sequence[NightAhead], desk: Desk, now: datetime
    ) -> dict[NightKey, NightForecast]:
        """Of these nights, all together as they share slots and analysts: now, or less than a minute ago if nothing
        happened in any of them since. A cause that has just ended must not leave its risk behind, as nobody's.

        Two threads that ask at once wait for one forecast.
        """
        with self._lock:
            if not all(self._is_fresh(night, now) for night in nights):
                from acme_assets.sla.forecast import forecast

                made = forecast(nights, self.history(warehouse, now.date()), now, desk=desk)
                self._made = {_key(night): (night, item) for night, item in zip(nights, made, strict=True)}
            return {_key(night): self._made[_key(night)][1] for night in nights}

    def _is_fresh(self, night: NightAhead, now: datetime) -> bool:
        before, made = self._made.get(_key(night), (None, None))
        return before == night and made is not None and timedelta(0) <= now - made.made_at < SHARED_FOR


def _key(night: NightAhead) -> NightKey:
    return night.client_id, night.business_date
