"""The outbox: takes the messages that are due from the ledger, and tries their channels until one has taken each.

A try is recorded before it leaves and after it came back, each in a transaction of its own. Killed anywhere, the next
pass tries again under the same message id, first by the channel that may have said it already. The worst that happens
is that somebody is told twice (`channel.py` says by which channels), never that nobody is told.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

from acme_assets.alerts.cause import Cause
from acme_assets.alerts.incident import Message
from acme_assets.notify.channel import Channel, Outcome
from acme_assets.notify.sending import send as send_for_real
from acme_assets.warehouse.messages import (
    DueMessage,
    MessageState,
    StoredMessage,
    claim,
    due_messages,
    finish,
    give_up,
    put_off,
    sent_since,
)
from acme_assets.warehouse.protocol import Warehouse
from client_partitions.client import Person
from client_partitions.escalation import Policy

HOUR = timedelta(hours=1)
_UNKNOWN_AT_MOST = 3
"""Tries without an answer before another channel is tried with what is no page."""

Send = Callable[[Channel, Message, str | None], Outcome]


@dataclass(frozen=True)
class Patience:
    """How often somebody is told, and how long we try."""

    messages_an_hour: int
    """Per recipient, pages not counted: they always go."""
    page: timedelta
    """Since it was due; later, nobody is told by it any more."""
    other: timedelta

    @classmethod
    def of(cls, policy: Policy) -> "Patience":
        """The policy's."""
        tries = policy.tries
        return cls(
            policy.messages_an_hour, timedelta(minutes=tries.page_minutes), timedelta(minutes=tries.other_minutes)
        )

    def ends(self, message: Message) -> datetime:
        """When the tries end; one is made in any case."""
        return message.due_at + (self.page if message.urgency == "page" else self.other)


@dataclass
class Delivery:
    """What one pass did."""

    sent: list[tuple[Message, str]] = field(default_factory=list)
    """With the name of the channel."""
    waiting: list[Message] = field(default_factory=list)
    """To be tried again, or held by the rate limit."""
    undelivered: list[tuple[Message, str]] = field(default_factory=list)
    """Given up, with why: nobody was told."""
    down: dict[str, str] = field(default_factory=dict)
    """Channels that failed in this pass, and how."""


def deliver_due(
    warehouse: Warehouse,
    channels: Mapping[str, Channel],
    clock: Callable[[], datetime],
    patience: Patience,
    *,
    limit: int = 50,
    send: Send = send_for_real,
) -> Delivery:
    """Send what is due, pages first. A channel that fails is not tried again in this pass.

    Args:
        channels: those that have a URL, by name.
    """
    outbox = _Pass(warehouse, channels, clock, patience, send)
    now = clock()
    with warehouse.begin() as connection:
        due = due_messages(connection, now, limit)
        outbox.told = sent_since(connection, now - HOUR) if due else {}
    for item in due:
        outbox.deliver(item)
    return outbox.done


@dataclass
class _Pass:
    warehouse: Warehouse
    channels: Mapping[str, Channel]
    clock: Callable[[], datetime]
    patience: Patience
    send: Send
    told: dict[str, list[datetime]] = field(default_factory=dict)
    done: Delivery = field(default_factory=Delivery)

    def deliver(self, due: DueMessage) -> None:
        message = due.message
        if not due.is_resumed and (until := self._held_until(message)):
            self._wait(due, until)
            return
        order = channel_order(due, self.channels)
        if not order:
            self._give_up(due)
            return
        if left := self._not_down(order):
            self._try_in_order(due, left)
        else:  # all of them failed for a message before this one
            self._wait(due, self.clock() + backoff(message, due.attempts + 1))

    def _try_in_order(self, due: DueMessage, left: list[str]) -> None:
        attempts, tried = due.attempts, list[tuple[str, Outcome]]()
        while left:
            name, *left = left
            number = self._claim(due, attempts, name)
            if number is None:
                return  # another process has it, or it was dropped
            outcome = self.send(self.channels[name], due.message, due.html)
            attempts = number
            tried.append((name, outcome))
            if outcome.is_down:
                self.done.down[name] = outcome.detail
            stays = outcome.result == "unknown" and _waits_for(due, name, 1)
            left = [] if outcome.result == "delivered" or stays else self._not_down(left)
            if left and not self._finish(due, number, outcome, "sending"):
                return  # dropped
        self._conclude(due, attempts, tried)

    def _not_down(self, names: list[str]) -> list[str]:
        return [name for name in names if name not in self.done.down]

    def _held_until(self, message: Message) -> datetime | None:
        """Until when the rate limit holds a message back; None where it does not."""
        since = self.clock() - HOUR
        recent = [moment for moment in self.told.get(message.recipient.email, ()) if moment > since]
        if message.urgency == "page" or len(recent) < self.patience.messages_an_hour:
            return None
        return recent[-self.patience.messages_an_hour] + HOUR

    def _claim(self, due: DueMessage, attempts: int, name: str) -> int | None:
        with self.warehouse.begin() as connection:
            return claim(self.warehouse, connection, due.message.message_id, attempts, name, self.clock())

    def _finish(
        self, due: DueMessage, number: int, outcome: Outcome, state: MessageState, next_at: datetime | None = None
    ) -> bool:
        said = {"outcome": outcome.result, "detail": outcome.detail}
        with self.warehouse.begin() as connection:
            return finish(
                connection, due.message.message_id, number, self.clock(), state=state, next_at=next_at, **said
            )

    def _conclude(self, due: DueMessage, number: int, tried: list[tuple[str, Outcome]]) -> None:
        """What the pass leaves the message as, after its last try."""
        message, now = due.message, self.clock()
        name, outcome = tried[-1]
        if outcome.result == "delivered":
            self._finish(due, number, outcome, "sent")
            self.done.sent.append((message, name))
            if message.urgency != "page":
                self.told.setdefault(message.recipient.email, []).append(now)
            return
        refused = {channel for channel, of_try in tried if of_try.result == "refused"}
        is_hopeless = refused >= set(channel_order(due, self.channels))
        if is_hopeless or now >= self.patience.ends(message):
            if self._finish(due, number, outcome, "failed"):
                self.done.undelivered.append((message, f"{name}: {outcome.detail}"))
            return
        asked = max((of_try.retry_after or timedelta(0) for _, of_try in tried), default=timedelta(0))
        if self._finish(due, number, outcome, "due", now + max(backoff(message, number), asked)):
            self.done.waiting.append(message)

    def _wait(self, due: DueMessage, until: datetime) -> None:
        with self.warehouse.begin() as connection:
            put_off(connection, due.message.message_id, due.attempts, until)
        self.done.waiting.append(due.message)

    def _give_up(self, due: DueMessage) -> None:
        names = ", ".join(due.message.channels) or "none named"
        is_set_up = any(name in self.channels for name in due.message.channels)
        reason = f"every channel refused it ({names})" if is_set_up else f"no channel is set up ({names})"
        with self.warehouse.begin() as connection:
            is_mine = give_up(connection, due.message.message_id, due.attempts, reason)
        if is_mine:
            self.done.undelivered.append((due.message, reason))


def channel_order(due: DueMessage, channels: Mapping[str, Channel]) -> list[str]:
    """The channels to be tried, in order: those that are set up and have not refused this message.

    First the one that may have said it already, because its key keeps it from saying it again: the one whose process
    was killed, or whose answer never came.
    """
    refused = {item.channel for item in due.tries if item.outcome == "refused"}
    order = [name for name in due.message.channels if name in channels and name not in refused]
    last = due.tries[-1] if due.tries else None
    if last and last.channel in order and (last.outcome is None or _waits_for(due, last.channel)):
        order.remove(last.channel)
        order.insert(0, last.channel)
    return order


def _waits_for(due: DueMessage, name: str, unanswered_now: int = 0) -> bool:
    """Whether a channel that gave no answer is asked again before another: not for a page, and not for ever."""
    unanswered = sum(1 for item in due.tries if (item.channel, item.outcome) == (name, "unknown")) + unanswered_now
    return due.message.urgency != "page" and 0 < unanswered < _UNKNOWN_AT_MOST


def backoff(message: Message, tries: int) -> timedelta:
    """How long to wait after so many tries: longer each time, and a quarter more or less by the message's id."""
    first, longest = (15, 120) if message.urgency == "page" else (60, 1800)
    seconds = min(first * 2 ** min(tries - 1, 10), longest)
    return timedelta(seconds=seconds * Random(f"{message.message_id}/{tries}").uniform(0.75, 1.25))


def silence_of(unsaid: Sequence[StoredMessage], owner: Person, now: datetime) -> Cause | None:
    """What `messages.unsaid` found, as a cause: nobody was told of something; None where everybody was.

    Args:
        owner: whose the channels are.
    """
    if not unsaid:
        return None
    names = sorted({name for item in unsaid for name in item.message.channels})
    why = sorted({item.last_error for item in unsaid if item.last_error})
    return Cause(
        "silence/messages",
        "silence",
        "engineering",
        owner,
        f"{len(unsaid)} messages did not leave by {', '.join(names)}: {'; '.join(why) or 'nothing tries'}",
        min(item.message.due_at for item in unsaid),
        (),
        "look at the channels' URLs and their services, then: acme alerts list",
    )
