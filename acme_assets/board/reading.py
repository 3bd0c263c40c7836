"""The reader: it reads the ledger once per change, in a thread of its own, for however many viewers there are."""

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from acme_assets.board.building import board_of
from acme_assets.board.look import Assessed, Look, NightKey, assess_one, look
from acme_assets.board.model import Board, ClientNight, Outage, Queue, QueueGroup
from acme_assets.board.news import News
from acme_assets.board.night_detail import client_night
from acme_assets.board.queues import queue_of
from acme_assets.board.trends import read_trends
from acme_assets.board.trends_model import Trends
from acme_assets.environment import Platform
from acme_assets.sla.ahead import ahead_of, desk_of
from acme_assets.sla.outcomes import is_night
from acme_assets.sla.result import NightForecast
from acme_assets.warehouse.entries import Revision, revision
from acme_assets.warehouse.learned import Learned
from acme_assets.warehouse.protocol import WarehouseUnavailable
from acme_assets.warehouse.reading import read_night

LOOK_EVERY = timedelta(seconds=2)
"""How often one small query asks whether anything happened; and at most so often the nights are read."""
AT_LEAST_EVERY = timedelta(seconds=60)
"""The nights are read although nothing happened: files get late and deadlines pass by the clock alone."""
FORECAST_EVERY, FORECAST_AT_LEAST_EVERY = timedelta(seconds=10), timedelta(seconds=30)
"""At most and at least so often all nights are forecast, if there is news: it takes half a second of one core, which
the viewers' pages share."""
UNWATCHED_AFTER = timedelta(minutes=2)
"""Once nobody has asked for so long, the nights are read by the minute and not forecast, until somebody asks."""
TRENDS_EVERY = timedelta(minutes=10)
PAST_EVERY = timedelta(seconds=60)
"""So long a night is kept that is on no board and released: what becomes of it makes it an open one."""

_OVERLAP = timedelta(minutes=15)
"""How far back an entry may be recorded that was not there at the last look."""
_MOST_PAST = 256

_log = logging.getLogger(__name__)


class Reader:
    """The newest board, kept while the warehouse is unreachable. Safe for any number of threads.

    `start` before use and `stop` at the end; or as a context manager.
    """

    def __init__(self, platform: Platform, *, with_forecasts: bool = True) -> None:
        """`platform` with a pooled warehouse: it is asked every two seconds.

        Without forecasts, each night's steps have none; the list has its stored ones all the same.
        """
        self._platform, self._with_forecasts = platform, with_forecasts
        now = platform.clock()
        self._board = Board(now, now)
        self._look = Look(now, platform.registry)
        self._revision: Revision | None = None
        self._forecasts: Mapping[NightKey, NightForecast] = {}
        self._forecast_at: datetime | None = None
        self._learned = Learned()
        self._nights: dict[NightKey, ClientNight] = {}
        self._past: dict[NightKey, tuple[datetime, Assessed]] = {}
        self._trends: Trends | None = None
        self._lock, self._past_lock, self._trends_lock = threading.Lock(), threading.Lock(), threading.Lock()
        self._news = News()
        self._asked_at = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="board-reader", daemon=True)

    def __enter__(self) -> "Reader":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Read for the first time, and go on in a thread."""
        self.turn()
        self._thread.start()

    def stop(self) -> None:
        """End the thread."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join()

    def _run(self) -> None:
        while not self._stop.wait(LOOK_EVERY.total_seconds()):
            self.turn()

    def turn(self) -> None:
        """What the thread does every two seconds: look whether anything happened, and read or forecast if so."""
        try:
            is_new = self._is_due()
            if is_new:
                self._read()
            # Not in the turn that made a board, if it can wait: at that moment every open page asks for it.
            if self._with_forecasts and self._is_watched() and (not is_new or self._is_forecast_overdue()):
                self._forecast()
        except (WarehouseUnavailable, SQLAlchemyError) as error:
            # A driver's own text may quote a row: ours says how to check, and the kind is enough of any other.
            text = str(error) if isinstance(error, WarehouseUnavailable) else type(error).__name__
            self._lose(f"the warehouse does not answer: {text}")
        except Exception as error:
            # A thread that ended would leave the last board standing for ever, and nothing would say so.
            _log.exception("the board could not be made")
            self._lose(f"the board could not be made ({type(error).__name__}); see the log of acme board")

    def _is_due(self) -> bool:
        now, before = self._platform.clock(), self._revision
        if before is None or self._board.outage or now >= self._look.now + AT_LEAST_EVERY:
            return True
        if not self._is_watched():
            return False
        with self._platform.warehouse.begin() as connection:
            return revision(connection, before.since) != before

    def _is_watched(self) -> bool:
        return time.monotonic() < self._asked_at + UNWATCHED_AFTER.total_seconds()

    def _read(self) -> None:
        now = self._platform.clock()
        with self._platform.warehouse.begin() as connection:
            found = revision(connection, now - _OVERLAP)
        seen = look(self._platform)
        self._publish(board_of(seen), seen)
        # Only now: a look that failed is to be made again.
        self._revision = found

    def _publish(self, board: Board, seen: Look) -> None:
        with self._lock:
            self._board = replace(board, number=self._board.number + 1)
            self._look = seen
            self._nights = {}
        self._news.tell(self._board.number)

    def _lose(self, reason: str) -> None:
        outage = self._board.outage
        since = outage.since if outage else self._platform.clock()
        if outage is None or outage.reason != reason:
            self._publish(replace(self._board, outage=Outage(since, reason)), self._look)

    def _is_forecast_overdue(self) -> bool:
        return self._forecast_at is None or self._look.now >= self._forecast_at + FORECAST_AT_LEAST_EVERY

    def _forecast(self) -> None:
        """Forecast all nights in hand together, as they share slots and analysts: once for all who look at one."""
        seen = self._look
        is_fresh = self._forecast_at is not None and seen.now < self._forecast_at + FORECAST_EVERY
        nights = [item for key, item in seen.nights.items() if key in seen.in_hand and _is_ahead(item)]
        if is_fresh or self._board.outage:
            return
        self._forecast_at = seen.now
        try:
            made = self._made(seen, nights) if nights else {}
        except ValueError:  # of stored summaries that cannot be read; the board itself needs none of them
            _log.exception("the nights could not be forecast")
            made = {}
        with self._lock:
            self._forecasts, self._nights = made, {}

    def _made(self, seen: Look, nights: list[Assessed]) -> dict[NightKey, NightForecast]:
        from acme_assets.sla.forecast import forecast  # numpy: half a second that `acme status` need not pay

        history = self._learned.history(self._platform.warehouse, seen.now.date())
        ahead = [ahead_of(item.night, item.status) for item in nights]
        made = forecast(ahead, history, seen.now, desk=desk_of(seen.roster, seen.now))
        return {(one.client_id, one.business_date): one for one in made}

    def current(self) -> Board:
        """The newest board; with an `outage` where the ledger cannot be read. Never waits."""
        self._asked_at = time.monotonic()
        return self._board

    def night(self, client_id: str, business_date: date) -> ClientNight:
        """One client night. Of those on the board it asks the warehouse nothing.

        Raises:
            RegistryError: there is no such client, or its file cannot be used.
            WarehouseUnavailable: it is not on the board, and the ledger cannot be read.
        """
        self._platform.registry.client(client_id)
        self._asked_at = time.monotonic()
        key = (client_id, business_date)
        with self._lock:
            seen, made, known, outage = self._look, self._forecasts.get(key), self._nights, self._board.outage
        if key not in known:
            item = seen.nights.get(key)
            # A forecast from before it was released, or moved, says nothing any more.
            is_of_it = item and made and item.status.state != "released" and made.deadline == item.status.deadline
            known[key] = client_night(seen, item or self._past_night(key), made if is_of_it else None)
        return replace(known[key], outage=outage)

    def _past_night(self, key: NightKey) -> Assessed:
        with self._past_lock:
            now = self._platform.clock()
            if key not in self._past or now >= self._past[key][0] + PAST_EVERY:
                client, roster = self._platform.registry.client(key[0]), self._platform.roster()
                with self._platform.warehouse.begin() as connection:
                    facts = read_night(connection, *key)
                self._past.pop(key, None)
                self._past[key] = (now, assess_one(client, facts, roster, now))
                while len(self._past) > _MOST_PAST:
                    del self._past[next(iter(self._past))]
            return self._past[key][1]

    def queue(self, group: QueueGroup) -> Queue:
        """What a group has to do."""
        self._asked_at = time.monotonic()
        with self._lock:
            seen, outage = self._look, self._board.outage
        return replace(queue_of(seen, group), outage=outage)

    def trends(self) -> Trends:
        """The last four weeks; made anew after ten minutes, while the others who ask get those before.

        Raises:
            WarehouseUnavailable: they were never read, and the ledger cannot be.
        """
        outage = self._board.outage
        with self._trends_lock:
            known, now = self._trends, self._platform.clock()
            if known is None or (now >= known.as_of + TRENDS_EVERY and outage is None):
                known = self._trends = read_trends(self._platform, now)
        return replace(known, outage=outage)

    def on_change(self, tell: Callable[[int], None]) -> Callable[[], None]:
        """Call `tell` in the reader's thread with the number of each new board; returns what ends that.

        It must not block: for a coroutine, pass a `loop.call_soon_threadsafe`.
        """
        return self._news.listen(tell)

    async def changed(self, seen: int, seconds: float) -> int:
        """The number of the newest board: once it is another than `seen`, or so many seconds have passed."""
        self._asked_at = time.monotonic() + seconds
        return await self._news.changed(seen, seconds)

    def wait(self, seen: int, seconds: float) -> int:
        """The same for a thread."""
        self._asked_at = time.monotonic() + seconds
        return self._news.wait(seen, seconds)


def _is_ahead(item: Assessed) -> bool:
    return item.status.state != "released" and is_night(item.night)
