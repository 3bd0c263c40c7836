"""The gatekeeper's life: look, act, wait for the ledger to change, look again; and say that it is alive."""

import logging
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from types import FrameType

from sqlalchemy.exc import SQLAlchemyError

from acme_assets.alerts.services import CHAIN_BROKEN, GATEKEEPER
from acme_assets.environment import EnvironmentProblem, Platform, platform_from
from acme_assets.gatekeeper.duties import Gatekeeper
from acme_assets.gatekeeper.judging import judge_one_release, withdraw_failed_releases
from acme_assets.warehouse.checkpoint_store import (
    CheckpointStore,
    StoreUnavailable,
    open_checkpoint_store,
    seal_and_copy,
)
from acme_assets.warehouse.protocol import WarehouseUnavailable
from acme_assets.warehouse.pulse import Pulse
from acme_assets.warehouse.sealing import ChainBroken, service_keys

IDLE_SECONDS = 30.0
"""Between two looks where nothing waits for a sign-off: a time that comes (an expiry) is not announced."""

AWAITING_SECONDS = 2.0
"""The same while something does; where the warehouse announces changes, they come through at once."""

REST = 19
"""Times that a pass took, until the next: while loads announce a change each, a twentieth of a processor at most."""

log = logging.getLogger(__name__)


@dataclass
class Resident:
    """The loop. A pass that fails is logged and made again; nothing is kept that the ledger does not have."""

    platform: Platform
    heartbeat: Path | None = None
    store: CheckpointStore | None = None
    """Where copies of the checkpoints go."""
    stopped: bool = field(default=False, init=False)
    _waiting: bool = field(default=False, init=False)
    _broken_since: datetime | None = field(default=None, init=False)
    """The audit log, since when it does not verify."""

    def __post_init__(self) -> None:
        self._pulse = Pulse(GATEKEEPER, self.platform.warehouse, self.platform.clock, self.heartbeat)

    def stop(self, number: int = 0, frame: FrameType | None = None) -> None:
        """End after the present pass; at once where there is none."""
        self.stopped = True
        if self._waiting:
            raise SystemExit(0)

    def run(self) -> None:
        """Work until stopped."""
        while not self.stopped:
            try:
                with self.platform.warehouse.changes() as wait:
                    self._work(wait)
            except (WarehouseUnavailable, SQLAlchemyError) as error:
                problem = f"{type(error).__name__}: the warehouse could not be asked; tried again"
                log.error("%s", problem)
                self._beat(problem)
                time.sleep(AWAITING_SECONDS)

    def _work(self, wait: Callable[[float], None]) -> None:
        keeper = Gatekeeper(self.platform)
        withdraw_failed_releases(self.platform)  # a gatekeeper that died may have judged, and not yet acted
        while not self.stopped:
            began = time.monotonic()
            done = keeper.look()
            judged = not done.released and judge_one_release(self.platform)
            if judged:
                withdraw_failed_releases(self.platform)
            problem = None if done.released else self._seal()
            self._beat(problem)
            if not done.released and not judged:
                self._waiting = True
                time.sleep(min(REST * (time.monotonic() - began), AWAITING_SECONDS))
                wait(AWAITING_SECONDS if done.awaiting else IDLE_SECONDS)
                self._waiting = False

    def _seal(self) -> str | None:
        """Seal the audit log and copy its checkpoints; what is wrong with it, if something is."""
        try:
            seal_and_copy(
                self.platform.warehouse,
                self.store,
                self.platform.service().key,
                self.platform.clock(),
                service_keys(self.platform.roster()),
            )
        except (ChainBroken, EnvironmentProblem, StoreUnavailable) as problem:
            if isinstance(problem, ChainBroken):
                self._broken_since = self._broken_since or self.platform.clock()
            log.error("the audit log is not sealed: %s", problem)
            return str(problem)
        self._broken_since = None
        return None

    def _beat(self, problem: str | None) -> None:
        broken = self._broken_since
        self._pulse.beat(problem, f"{CHAIN_BROKEN}{broken.isoformat()}" if broken else None)


def main() -> None:
    """`python -m acme_assets.gatekeeper`."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    home = os.environ.get("ACME_HOME")
    heartbeat = Path(home) / "run" / "gatekeeper.beat" if home else None
    store = open_checkpoint_store(os.environ.get("ACME_CHECKPOINT_URL"))
    resident = Resident(platform_from(os.environ), heartbeat, store)
    signal.signal(signal.SIGTERM, resident.stop)
    signal.signal(signal.SIGINT, resident.stop)
    resident.run()
