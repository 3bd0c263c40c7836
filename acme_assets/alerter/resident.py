"""The alerter's life: send what is due, make the digests whose time has come, say that it is alive.

It decides nothing: the alerts sensor does. So it starts in a second, and a channel that hangs holds up no decision.
"""

import logging
import os
import signal
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import FrameType

from sqlalchemy.exc import SQLAlchemyError

from acme_assets.alerter.digests import enqueue_digests
from acme_assets.alerts.digest import Audience
from acme_assets.alerts.services import ALERTER
from acme_assets.environment import Platform, escalation_file, platform_from
from acme_assets.notify.channel import Channel
from acme_assets.notify.outbox import Delivery, Patience, Send, deliver_due
from acme_assets.notify.sending import send as send_for_real
from acme_assets.notify.setting_up import usable_channels
from acme_assets.warehouse.protocol import WarehouseUnavailable
from acme_assets.warehouse.pulse import Pulse
from client_partitions.escalation import Policy, load_policy

EVERY_SECONDS = 3.0
"""Between two looks at the outbox: what a page waits at most."""

log = logging.getLogger(__name__)


@dataclass
class Alerter:
    """The loop. A pass that fails is logged and made again; nothing is kept that the ledger does not have."""

    platform: Platform
    policy: Policy
    channels: Mapping[str, Channel]
    heartbeat: Path | None = None
    send: Send = send_for_real
    _digested: set[tuple[Audience, date]] = field(default_factory=set, init=False)
    _stopped: threading.Event = field(default_factory=threading.Event, init=False)

    def stop(self, number: int = 0, frame: FrameType | None = None) -> None:
        """End after the present pass."""
        self._stopped.set()

    def run(self) -> None:
        """Work until stopped."""
        pulse = Pulse(ALERTER, self.platform.warehouse, self.platform.clock, self.heartbeat)
        while not self._stopped.is_set():
            try:
                self.look()
                pulse.beat()
            except (WarehouseUnavailable, SQLAlchemyError) as error:
                problem = f"{type(error).__name__}: the warehouse could not be asked; tried again"
                log.error("%s", problem)
                pulse.beat(problem)
            self._stopped.wait(EVERY_SECONDS)

    def look(self) -> Delivery:
        """One pass."""
        enqueue_digests(self.platform, self.policy, self._digested)
        patience = Patience.of(self.policy)
        done = deliver_due(self.platform.warehouse, self.channels, self.platform.clock, patience, send=self.send)
        for message, channel in done.sent:
            log.info("%s sent by %s", message.message_id, channel)
        for message, why in done.undelivered:
            log.error("%s (%s) reached nobody: %s", message.message_id, message.urgency, why)
        return done


def main(env: Mapping[str, str] = os.environ, on_signal: Callable[..., object] = signal.signal) -> None:
    """`python -m acme_assets.alerter`."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    home, policy = env.get("ACME_HOME"), load_policy(escalation_file(env))
    channels, problems = usable_channels(env, policy)
    for problem in problems:
        log.error("%s", problem)
    heartbeat = Path(home) / "run" / "alerter.beat" if home else None
    alerter = Alerter(platform_from(env), policy, channels, heartbeat)
    on_signal(signal.SIGTERM, alerter.stop)
    on_signal(signal.SIGINT, alerter.stop)
    alerter.run()
