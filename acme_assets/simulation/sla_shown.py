"""What the ledger shows of a simulated client night: at a moment, for the forecast; at the end, for the history.

Both replay the night's log up to their moment and see nothing of it that lies later.
"""

from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from acme_assets.simulation.sla_habits import Habits
from acme_assets.simulation.sla_log import Event, Kind, SimulatedNight
from acme_assets.sla.night import FeedAhead, FeedState, NightAhead, StageAhead
from acme_assets.sla.summary import FeedSummary, NightSummary
from client_partitions.calendar import deadline_at, due_at
from client_partitions.feeds import Feed

_MINUTE = timedelta(minutes=1)
_EVER = float("inf")


def ahead(night: SimulatedNight, now: datetime) -> list[NightAhead]:
    """Its client nights that are not released by now, as the ledger shows them at that moment."""
    shown = [_Shown.of(night, habits, (now - night.start) / _MINUTE) for habits in night.habits]
    return [each.ahead(night) for each in shown if each.feeds and each.released is None]


def summaries(night: SimulatedNight) -> list[NightSummary]:
    """What its client nights teach, once all of them are over."""
    judged: dict[str, list[float]] = {}
    for log in night.logs.values():
        for event in log:
            if event.kind in (Kind.SIGNED, Kind.REJECTED) and event.who is not None:
                judged.setdefault(event.who, []).append(event.at)
    for times in judged.values():
        times.sort()
    shown = [_Shown.of(night, habits, _EVER) for habits in night.habits]
    return [each.summary(night, judged) for each in shown if each.feeds]


@dataclass
class _Feed:
    """One feed, so far."""

    due: float
    state: FeedState = "expected"
    since: float | None = None
    landed: float | None = None
    seen: float | None = None
    bytes: int = 0
    versions: int = 0
    notice: float | None = None
    began: float | None = None
    load_wait: float | None = None
    load_work: float | None = None
    quarantined: float | None = None
    again: float | None = None
    asked: float | None = None
    answered: float | None = None

    def land(self, event: Event) -> None:
        """A delivery, be it after the release."""
        self.versions += 1
        if self.landed is None:
            self.landed, self.notice = event.landed, event.at - event.landed

    @property
    def is_needed(self) -> bool:
        return self.state != "expected" or self.answered is None


@dataclass
class _Shown:
    """One client night, so far. All times are minutes from the night's start."""

    habits: Habits
    feeds: dict[Feed, _Feed] = field(default_factory=dict)
    complete: float | None = None
    """When the last input was there."""
    began: float | None = None
    first_began: float | None = None
    """The first build of these inputs."""
    failed: float | None = None
    built: float | None = None
    failed_suites: int = 0
    signed: list[str] = field(default_factory=list)
    last_signature: Event | None = None
    rejected: float | None = None
    is_rejected: bool = False
    repair: float | None = None
    opened: float | None = None
    released: float | None = None

    @classmethod
    def of(cls, night: SimulatedNight, habits: Habits, until: float) -> "_Shown":
        client, date = habits.client, night.business_date
        feeds = {feed: _Feed((due_at(client, feed, date) - night.start) / _MINUTE) for feed in client.feeds_owed(date)}
        shown = cls(habits, feeds)
        for event in night.logs.get(client.client_id, ()):
            if event.at > until:
                break
            shown.apply(event)
        return shown

    def apply(self, event: Event) -> None:
        """One event more."""
        if event.feed is not None:
            feed = self.feeds[event.feed]
            if event.kind is Kind.SEEN:
                feed.land(event)
            if self.released is not None:
                return
            self._apply_feed(feed, event)
            is_complete = all(feed.state == "done" or not feed.is_needed for feed in self.feeds.values())
            if not is_complete or event.kind is Kind.SEEN:
                self._void()
            elif self.complete is None:
                self.complete = event.at
            return
        match event.kind:
            case Kind.BUILD_BEGAN:
                self.began, self.failed = event.at, None
                self.first_began = self.first_began if self.is_rejected else event.at
            case Kind.BUILD_FAILED:
                self.failed = event.at
            case Kind.BUILT:
                self.built, self.failed_suites = event.at, event.failed_suites
                self.last_signature = None
                if self.is_rejected and self.rejected is not None:
                    self.repair = event.at - self.rejected
                self.is_rejected = False
            case Kind.SIGNED:
                self.signed.append(event.who or "")
                self.last_signature = event
            case Kind.REJECTED:
                self.rejected, self.is_rejected = event.at, True
                self.signed.clear()
            case Kind.GATE_OPENED:
                self.opened = event.at
            case Kind.RELEASED:
                self.released = event.at

    def _void(self) -> None:
        """Other inputs: whatever was made of those before is void."""
        self.complete = self.began = self.first_began = self.failed = self.built = self.opened = None
        self.last_signature, self.is_rejected, self.failed_suites = None, False, 0
        self.signed.clear()

    def _apply_feed(self, feed: _Feed, event: Event) -> None:
        match event.kind:
            case Kind.SEEN:
                if feed.state == "quarantined" and feed.quarantined is not None and feed.again is None:
                    feed.again = event.landed - feed.quarantined
                feed.state, feed.since, feed.seen, feed.bytes = "arrived", event.at, event.at, event.bytes
            case Kind.LOAD_BEGAN:
                feed.began = event.at
            case Kind.LOADED if feed.began is not None and feed.seen is not None:
                feed.state, feed.since = "done", event.at
                feed.load_wait, feed.load_work = feed.began - feed.seen, event.at - feed.began
            case Kind.QUARANTINED:
                feed.state, feed.since, feed.quarantined = "quarantined", event.at, event.at
            case Kind.ASKED:
                feed.asked = event.at
            case Kind.ACKNOWLEDGED:
                feed.answered = event.at

    def ahead(self, night: SimulatedNight) -> NightAhead:
        """As the forecast sees it."""
        client = self.habits.client
        at = partial(_moment, night.start)
        if self.built is not None:
            marts = StageAhead("done", at(self.built))
        elif self.failed is not None:
            marts = StageAhead("stuck", at(self.failed))
        elif self.complete is not None:
            marts = StageAhead("running", at(self.complete))
        else:
            marts = StageAhead("waiting")
        if self.opened is not None:
            sign_off, release = StageAhead("done", at(self.opened)), StageAhead("running", at(self.opened))
        elif self.is_rejected:
            sign_off, release = StageAhead("running", at(self.rejected)), StageAhead("waiting")
        elif self.built is not None:
            sign_off, release = StageAhead("running", at(self.built)), StageAhead("waiting")
        else:
            sign_off = release = StageAhead("waiting")
        return NightAhead(
            client_id=client.client_id,
            business_date=night.business_date,
            deadline=deadline_at(client, night.business_date),
            feeds=tuple(self._feed_ahead(name, feed, night.start) for name, feed in self.feeds.items()),
            marts=marts,
            sign_off=sign_off,
            release=release,
            analysts=tuple(person.email for person in client.owners.qa),
            signatures=self._signatures(),
            is_rejected=self.is_rejected,
        )

    def _signatures(self) -> int:
        if self.opened is not None or (self.habits.is_automatic and not self.failed_suites):
            return 0
        return self.habits.signatures - len(self.signed)

    def _feed_ahead(self, name: Feed, feed: _Feed, start: datetime) -> FeedAhead:
        at = partial(_moment, start)
        due = start + feed.due * _MINUTE
        is_asked = feed.asked is not None and feed.answered is None and feed.state == "expected"
        asked = at(feed.asked) if is_asked else None
        return FeedAhead(name, feed.state, due, at(feed.since), at(feed.landed), feed.is_needed, feed.bytes, asked)

    def summary(self, night: SimulatedNight, judged: dict[str, list[float]]) -> NightSummary:
        """What it taught, once it is over."""
        deadline = (deadline_at(self.habits.client, night.business_date) - night.start) / _MINUTE
        return NightSummary(
            client_id=self.habits.client.client_id,
            business_date=night.business_date,
            feeds=tuple(self._feed_summary(name, feed) for name, feed in self.feeds.items()),
            build_wait=_between(self.complete, self.first_began),
            build_work=_between(self.began, self.built),
            bytes=sum(feed.bytes for feed in self.feeds.values()),
            failed_suites=self.failed_suites,
            rejected=self.rejected is not None,
            repair=self.repair,
            sign_off=_between(self.built, self.opened),
            handling=self._handling(night, judged),
            is_automatic=self.habits.is_automatic and self.opened is not None and not self.signed,
            release=_between(self.opened, self.released),
            acknowledgements=tuple(self._acknowledgements()),
            requests=sum(feed.asked is not None for feed in self.feeds.values()),
            past_deadline=_between(deadline, self.released),
        )

    def _feed_summary(self, name: Feed, feed: _Feed) -> FeedSummary:
        return FeedSummary(
            feed=name,
            offset=_between(feed.due, feed.landed),
            versions=feed.versions,
            quarantined=feed.quarantined is not None,
            again=feed.again,
            notice=feed.notice,
            load_wait=feed.load_wait,
            load_work=feed.load_work,
            bytes=feed.bytes,
        )

    def _handling(self, night: SimulatedNight, judged: dict[str, list[float]]) -> float | None:
        """From when the last signer could begin: not before the candidate, what they signed before, and their shift."""
        signature = self.last_signature
        if self.opened is None or self.built is None or signature is None or signature.who is None:
            return None
        times = judged[signature.who]
        place = bisect_right(times, signature.at) - 1
        before = times[place - 1] if place else float("-inf")
        begins = [(shift.begins - night.start) / _MINUTE for shift in night.desk[signature.who]]
        shift = max((begin for begin in begins if begin <= signature.at), default=float("-inf"))
        return signature.at - max(self.built, before, shift)

    def _acknowledgements(self) -> Iterator[float]:
        for feed in self.feeds.values():
            if feed.asked is not None and feed.answered is not None:
                yield feed.answered - feed.asked


def _between(begin: float | None, end: float | None) -> float | None:
    return None if begin is None or end is None else end - begin


def _moment(start: datetime, minutes: float | None) -> datetime | None:
    return None if minutes is None else start + minutes * _MINUTE
