"""The pulse of a resident process: in the ledger for whoever watches, and in a file for the stack it belongs to."""

import json
import logging
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from acme_assets.alerts.services import BEAT_EVERY
from acme_assets.warehouse.heartbeats import beat
from acme_assets.warehouse.protocol import Warehouse, WarehouseUnavailable

log = logging.getLogger(__name__)


def write_beat(file: Path, problem: str | None) -> None:
    """Leave a sign of life for the stack. A disk that is full costs the sign, and never who gives it."""
    fresh = file.with_suffix(".new")
    try:
        fresh.write_text(json.dumps({"at": time.time(), "problem": problem}))
        fresh.replace(file)
    except OSError as error:
        log.error("%s cannot be written: %s", file, error.strerror)


@dataclass
class Pulse:
    """Beats as often as it is asked in the file, and every half a minute in the ledger: there it is a write."""

    service: str
    warehouse: Warehouse
    clock: Callable[[], datetime]
    file: Path | None = None
    _last: tuple[datetime, str] | None = field(default=None, init=False)

    def beat(self, problem: str | None = None, detail: str | None = None) -> None:
        """Give a sign of life.

        Args:
            problem: what is wrong, for the stack.
            detail: the same for the ledger; without, it is `problem`.
        """
        if self.file:
            write_beat(self.file, problem)
        now, said = self.clock(), detail if detail is not None else problem or ""
        if self._last and self._last[1] == said and now - self._last[0] < BEAT_EVERY:
            return
        try:
            with self.warehouse.begin() as connection:
                beat(self.warehouse, connection, self.service, now, said)
        except (WarehouseUnavailable, SQLAlchemyError) as error:
            log.error("%s: no sign of life could be left in the ledger", type(error).__name__)
            return
        self._last = (now, said)
