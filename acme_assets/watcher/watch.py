"""The watcher's life: look at the signs of life, page who is on call about a silence once, say when it is over.

It pages by itself, through the channels and not through the outbox: the ledger, the daemon or the alerter may be what
is silent. Nobody can acknowledge anything then; PagerDuty's own escalation is what follows.
"""

import logging
import os
import signal
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from types import FrameType

from sqlalchemy.exc import SQLAlchemyError

from acme_assets.alerts.incident import Message
from acme_assets.alerts.people import channels_for, group_of, on_call, release_time
from acme_assets.alerts.services import WATCHER
from acme_assets.audit.canonical import digest
from acme_assets.environment import Platform, escalation_file, platform_from
from acme_assets.notify.channel import Channel
from acme_assets.notify.outbox import Send
from acme_assets.notify.sending import send as send_for_real
from acme_assets.notify.setting_up import usable_channels
from acme_assets.warehouse.heartbeats import beat, read_heartbeats
from acme_assets.warehouse.messages import enqueue
from acme_assets.warehouse.protocol import WarehouseUnavailable
from acme_assets.warehouse.pulse import write_beat
from acme_assets.watcher.judging import ALLOWED_WAREHOUSE, Silence, Unwatched, is_back, silences, unwatched
from acme_assets.watcher.memory import Memory
from client_partitions.client import Person
from client_partitions.escalation import Policy, load_policy

EVERY_SECONDS = 20.0

ASLEEP = timedelta(minutes=10)
"""Of its own: after a longer pause it takes nothing amiss at once, for the whole stack may just be starting."""

MOST_DEADLINES = 12
"""Of more, a page names the nearest and counts the rest."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Look:
    """What one look found and did."""

    silent: list[Silence]
    unwatched: list[Unwatched]
    paged: list[str] = field(default_factory=list)
    """Services."""
    unsaid: list[str] = field(default_factory=list)
    """Services of whose silence nobody could be told, and why; tried again at the next look."""


@dataclass
class Watcher:
    """Looks, and remembers in a file."""

    platform: Platform
    policy: Policy
    channels: Mapping[str, Channel]
    memory: Path
    heartbeat: Path | None = None
    """For the stack it belongs to."""
    send: Send = send_for_real
    _stopped: threading.Event = field(default_factory=threading.Event, init=False)
    _unwritten: Memory | None = field(default=None, init=False)

    def stop(self, number: int = 0, frame: FrameType | None = None) -> None:
        """End after the present look."""
        self._stopped.set()

    def run(self) -> None:
        """Work until stopped."""
        while not self._stopped.is_set():
            found = self.look()
            self._beat(found)
            for silence in found.silent:
                log.error("%s is silent since %s", silence.what, silence.since.isoformat())
            for problem in found.unsaid:
                log.error("%s", problem)
            self._stopped.wait(EVERY_SECONDS)

    def _beat(self, found: Look) -> None:
        """What is silent is no problem of its own; that nobody could be told is."""
        if self.heartbeat:
            write_beat(self.heartbeat, "; ".join(found.unsaid) or None)

    def look(self) -> Look:
        """One look."""
        now, memory = self.platform.clock(), self._unwritten or Memory.read(self.memory)
        if memory.looked_at is None or memory.awake_since is None or now - memory.looked_at > ASLEEP:
            memory.awake_since = now
        if memory.looked_at and memory.looked_at > now:  # the clock was set back
            memory.awake_since, memory.reached_at = now, memory.reached_at and now
        beats = self._beats(now)
        memory.looked_at = now
        if beats is not None and memory.reached_at and now - memory.reached_at > ALLOWED_WAREHOUSE:
            memory.awake_since = now  # nobody could leave a sign of life meanwhile
        if beats is not None or memory.reached_at is None:
            memory.reached_at = now
        silent = silences(beats, memory.reached_at, memory.awake_since, now)
        found = Look(silent, unwatched(self.platform.registry.clients, now) if silent else [])
        self._tell(found, memory, now)
        if beats is not None:
            self._back(memory, beats, now)
        self._remember(memory)
        return found

    def _remember(self, memory: Memory) -> None:
        """In the file; on a full disk in this process, which must not end of it."""
        try:
            memory.write(self.memory)
            self._unwritten = None
        except OSError as error:
            log.error("%s cannot be written: %s", self.memory, error.strerror)
            self._unwritten = memory

    def _beats(self, now: datetime) -> dict[str, datetime] | None:
        try:
            with self.platform.warehouse.begin() as connection:
                beat(self.platform.warehouse, connection, WATCHER, now)
                return {name: item.beat_at for name, item in read_heartbeats(connection).items()}
        except (WarehouseUnavailable, SQLAlchemyError) as error:
            log.error("the warehouse could not be asked (%s)", type(error).__name__)
            return None

    def _tell(self, found: Look, memory: Memory, now: datetime) -> None:
        """Page about what is silent and nobody was paged about. All that is new is one page."""
        fresh = [item for item in found.silent if item.is_alone and item.service not in memory.told]
        if not fresh:
            return
        person = on_call(self.policy, self.platform.roster(), now)
        if person is None:
            found.unsaid.append("nobody is on call; see: acme oncall check")
            return
        why = self._page(page_of(fresh, found.unwatched, person, self._channels(person), now))
        if why:
            found.unsaid.append(why)
            return
        for item in fresh:
            memory.told[item.service] = item.since
            found.paged.append(item.service)

    def _channels(self, person: Person, urgent: bool = True) -> tuple[str, ...]:
        group = group_of(self.policy, self.platform.roster(), person.email)
        return channels_for(self.policy, person, group, "page" if urgent else "notify")

    def _page(self, message: Message) -> str | None:
        """Why no channel took it; None where one did."""
        tried = []
        for name in message.channels:
            if name not in self.channels:
                tried.append(f"{name} is not set up")
                continue
            outcome = self.send(self.channels[name], message, None)
            if outcome.result == "delivered":
                log.warning("%s by %s", message.subject, name)
                return None
            tried.append(f"{name}: {outcome.detail}")
        return f"nobody could be told: {'; '.join(tried)}"

    def _back(self, memory: Memory, beats: Mapping[str, datetime], now: datetime) -> None:
        """What gives signs of life again is no page: the outbox tells it, now that the ledger is there."""
        over = {service: since for service, since in memory.told.items() if is_back(service, since, beats)}
        if not over:
            return
        roster = self.platform.roster()
        if person := on_call(self.policy, roster, now):
            said = "\n".join(
                f"{service} was silent since {since:%a %H:%M} UTC" for service, since in sorted(over.items())
            )
            group = group_of(self.policy, roster, person.email)
            message = Message(
                _id("back", over, now), None, person, "notify", self._channels(person, urgent=False),
                release_time(self.policy, group, "notify", now),
                f"[acme] {', '.join(sorted(over))}: signs of life again", f"{said}\nSee:    acme stack status\n",
            )  # fmt: skip
            try:
                with self.platform.warehouse.begin() as connection:
                    enqueue(self.platform.warehouse, connection, [message])
            except (WarehouseUnavailable, SQLAlchemyError):
                return  # the next look tells it
        for service in over:
            del memory.told[service]


def page_of(
    fresh: Sequence[Silence], ahead: Sequence[Unwatched], person: Person, channels: tuple[str, ...], now: datetime
) -> Message:
    """What who is on call is woken with."""
    names = ", ".join(item.what for item in fresh)
    nearest = f", the next in {_minutes(ahead[0].deadline, now)}" if ahead else ""
    lines = [f"{item.what} gives no sign of life since {item.since:%a %H:%M} UTC" for item in fresh]
    lines += [
        "",
        f"Unwatched within 24 hours, by the clients' files (no overrides): {len(ahead)}",
    ]
    lines += [f"  {_deadline(item, now)}" for item in ahead[:MOST_DEADLINES]]
    if len(ahead) > MOST_DEADLINES:
        lines.append(f"  and {len(ahead) - MOST_DEADLINES} later ones")
    lines += ["", "Do:     acme stack status; acme stack up", "See:    docs/oncall.md", ""]
    deadlines = "1 deadline" if len(ahead) == 1 else f"{len(ahead)} deadlines"
    subject = f"[PAGE] silent: {names}; {deadlines} unwatched{nearest}"
    since = {item.service: item.since for item in fresh}
    return Message(_id("silent", since, None), None, person, "page", channels, now, subject, "\n".join(lines))


def _id(what: str, since: Mapping[str, datetime], now: datetime | None) -> str:
    times = {name: at.isoformat() for name, at in since.items()}
    return digest(["watch", what, times, now.isoformat() if now else None])[:24]


def _deadline(item: Unwatched, now: datetime) -> str:
    local = item.deadline.astimezone(item.client.zone)
    left = _minutes(item.deadline, now)
    return f"{item.client.name} {item.business_date}: {local:%a %H:%M} {item.client.time_zone}, {left}"


def _minutes(moment: datetime, now: datetime) -> str:
    hours, rest = divmod(int((moment - now) / timedelta(minutes=1)), 60)
    return f"{hours} h {rest:02d} min" if hours else f"{rest} min"


def memory_file(env: Mapping[str, str]) -> Path:
    """Where it remembers: ACME_WATCH_MEMORY, or beside the stack."""
    if named := env.get("ACME_WATCH_MEMORY"):
        return Path(named)
    home = env.get("ACME_HOME")
    return Path(home) / "watcher.json" if home else Path.home() / ".local" / "state" / "acme" / "watcher.json"


def watcher_from(env: Mapping[str, str]) -> Watcher:
    """The watcher of an environment."""
    policy = load_policy(escalation_file(env))
    channels, problems = usable_channels(env, policy)
    for problem in problems:
        log.error("%s", problem)
    home = env.get("ACME_HOME")
    heartbeat = Path(home) / "run" / f"{WATCHER}.beat" if home else None
    return Watcher(platform_from(env), policy, channels, memory_file(env), heartbeat)


def main(env: Mapping[str, str] = os.environ, on_signal: Callable[..., object] = signal.signal) -> None:
    """`python -m acme_assets.watcher`."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    watcher = watcher_from(env)
    on_signal(signal.SIGTERM, watcher.stop)
    on_signal(signal.SIGINT, watcher.stop)
    watcher.run()
