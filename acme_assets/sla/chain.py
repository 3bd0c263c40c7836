"""The nights' dependencies in every sample: when each is done, in minutes from now. inf: not in this forecast."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from acme_assets.nights.dispatch import MOST, SLOTS
from acme_assets.sla.draws import Draws
from acme_assets.sla.history import Chance, History
from acme_assets.sla.night import Desk, FeedAhead, NightAhead
from acme_assets.sla.queues import Queue, Shifts, signed, through_slots
from acme_assets.sla.record import Sender

Minutes = NDArray[np.float32]

NEVER = np.float32(np.inf)


@dataclass(frozen=True)
class Chain:
    """All nights of a forecast. A stage is (samples, nights)."""

    feeds: tuple[dict[str, Minutes], ...]
    """Per night, of the feeds that it waits for and that are not done."""
    inputs: Minutes
    """When the last of them is there."""
    built: Minutes
    signed: Minutes
    released: Minutes
    rest: dict[str, Minutes]
    """How long what comes after takes, once it is done: of a feed, the marts and the sign-off."""


class Simulation:
    """Draws every stage of the nights."""

    def __init__(self, nights: Sequence[NightAhead], history: History, now: datetime, draws: Draws) -> None:
        self.nights, self.history, self.now, self.draws = nights, history, now, draws

    def run(self, landings: Mapping[tuple[int, str], Minutes], desk: Desk) -> Chain:
        """The whole chain, given when the expected files land."""
        feeds = tuple(self._feeds(number, landings) for number in range(len(self.nights)))
        nothing = np.zeros(self.draws.samples, np.float32)
        # A night's samples lie side by side, here and in all that is made of it: nearly all is done night by night.
        inputs = np.stack([np.maximum.reduce(list(of_night.values())) if of_night else nothing for of_night in feeds]).T
        built, work = self._built(inputs)
        done, handling = self._signed(built, desk)
        released, release = self._released(done)
        never = ~np.isfinite(done)
        sign_off = np.where(never, handling, done - np.where(never, 0, built))
        rest = {"sign-off": release, "marts": release + sign_off}
        rest["feeds"] = rest["marts"] + np.where(never, work, np.where(never, 0, built) - np.where(never, 0, inputs))
        return Chain(feeds, inputs, built, done, released, rest)

    def _draw(self, what: str, night: NightAhead, since: datetime | None = None, size: float = 0.0) -> Minutes:
        """How long it still takes: of something under way, what is left."""
        u = self.draws.of(what, night.client_id, night.business_date)
        elapsed = self._minutes_since(since)
        return self.history.durations[what].draw(u, night.client_id, size, elapsed) - np.float32(elapsed)

    def _minutes_since(self, moment: datetime | None) -> float:
        return max((self.now - moment).total_seconds() / 60, 0.0) if moment else 0.0

    def _feeds(self, number: int, landings: Mapping[tuple[int, str], Minutes]) -> dict[str, Minutes]:
        night = self.nights[number]
        return {
            feed.feed: self._feed(night, feed, landings.get((number, feed.feed)))
            for feed in night.feeds
            if feed.is_needed and feed.state != "done"
        }

    def _feed(self, night: NightAhead, feed: FeedAhead, landing: Minutes | None) -> Minutes:
        size = feed.bytes or self.history.usual_bytes.get(Sender(night.client_id, feed.feed), 0.0)
        match feed.state:
            case "arrived":
                done = self._draw("load", night, feed.since, size)
            case "stuck":
                done = self._draw("mending", night, feed.since) + self._draw("load", night, size=size)
            case "quarantined":
                done = self._again(night, feed) + self._draw("load", night, size=size)
            case _:
                assert landing is not None
                done = landing + self._draw("notice", night) + self._draw("load", night, size=size)
        if feed.waiver_asked_at:
            waived = self._perhaps(f"waiver {feed.feed}", "acknowledgement", self.history.is_acknowledged, night,
                                   feed.waiver_asked_at)  # fmt: skip
            done = np.minimum(done, waived)
        return done

    def _again(self, night: NightAhead, feed: FeedAhead) -> Minutes:
        """When a quarantined delivery's successor lands."""
        at = self._perhaps(f"again {feed.feed}", "again", self.history.comes_again, night, feed.since)
        if feed.promised is not None:
            at = np.minimum(at, max((feed.promised - self.now).total_seconds() / 60, 0.0))
        return at.astype(np.float32)

    def _perhaps(self, stream: str, what: str, chance: Chance, night: NightAhead, since: datetime | None) -> Minutes:
        """When something happens that may not: the longer it has not, the less it is to be hoped for."""
        duration, happens = self.history.durations[what], chance.of(night.client_id)
        elapsed = self._minutes_since(since)
        passed = happens * duration.share_within(elapsed, night.client_id)
        place = passed + self.draws.of(stream, night.client_id, night.business_date) * (1 - passed)
        minutes = duration.draw(np.minimum(place / happens, 1.0), night.client_id) - np.float32(elapsed)
        return np.where(place < happens, np.maximum(minutes, 0), NEVER)

    def _built(self, inputs: Minutes) -> tuple[Minutes, Minutes]:
        """When each candidate is there, and how long it takes once its turn has come."""
        built, work = np.zeros_like(inputs), np.zeros_like(inputs)
        waiting = []
        for number, night in enumerate(self.nights):
            size = sum(self._bytes(night, feed) for feed in night.feeds if feed.is_needed)
            if night.marts.state == "waiting":
                work[:, number] = self._draw("build", night, size=size) * np.float32(night.build_factor)
                waiting.append(number)
            elif night.marts.state == "running":
                work[:, number] = self._draw("build", night, night.marts.since, size) * np.float32(night.build_factor)
            elif night.marts.state == "stuck":
                work[:, number] = self._draw("mending", night, night.marts.since) + self._draw(
                    "build", night, size=size
                )
            elif night.is_rejected:
                work[:, number] = self._draw("repair", night, night.sign_off.since)
        built = inputs + work
        if waiting:
            ready = inputs[:, waiting]
            begins = through_slots(ready, work[:, waiting], SLOTS["build"] * MOST["build"])
            waits = np.stack([self._draw("build_wait", self.nights[number]) for number in waiting], axis=1)
            built[:, waiting] = np.maximum(begins, ready + waits) + work[:, waiting]
        return built, work

    def _bytes(self, night: NightAhead, feed: FeedAhead) -> float:
        return feed.bytes or self.history.usual_bytes.get(Sender(night.client_id, feed.feed), 0.0)

    def _signed(self, built: Minutes, desk: Desk) -> tuple[Minutes, Minutes]:
        """When each gate opens, and how long that takes once an analyst turns to it."""
        handling = np.zeros_like(built)
        ready, by_person = built.copy(), []
        for number, night in enumerate(self.nights):
            is_ahead = night.sign_off.state == "waiting"
            if night.sign_off.state == "done" or not (night.signatures or is_ahead):
                continue
            handling[:, number] = self._draw("handling", night)
            if not night.is_rejected:
                rejected = self._happens("rejected", night, self.history.is_rejected.of(night.client_id))
                ready[:, number] += np.where(rejected, self._draw("repair", night) + handling[:, number], 0)
            if is_ahead and not night.signatures:  # the service signs, unless the rows turn out not to let it
                automatic = self._happens("automatic", night, self.history.is_automatic.of(night.client_id))
                handling[:, number] = np.where(automatic, 0, handling[:, number])
            by_person.append(number)
        if not by_person:
            return built, handling
        done = built.copy()
        queue, analysts = self._queue(by_person, np.maximum(ready[:, by_person], 0), handling[:, by_person], desk)
        at_once = handling[:, by_person] == 0
        done[:, by_person] = np.where(at_once, built[:, by_person], signed(queue, analysts))
        return done, handling

    def _happens(self, what: str, night: NightAhead, chance: float) -> NDArray[np.bool_]:
        return np.asarray(self.draws.of(what, night.client_id, night.business_date) < chance)

    def _queue(
        self, numbers: Sequence[int], ready: Minutes, handling: Minutes, desk: Desk
    ) -> tuple[Queue, list[Shifts]]:
        nights = [self.nights[number] for number in numbers]
        names = sorted({name for night in nights for name in night.analysts})
        urgency = [-1e9 if night.is_next else (night.deadline - self.now).total_seconds() / 60 for night in nights]
        queue = Queue(
            np.where(handling == 0, NEVER, ready),
            handling,
            np.array(urgency, np.float32),
            np.array([max(min(night.signatures, len(night.analysts)), 1) for night in nights], np.int64),
            np.array([[name in night.analysts for night in nights] for name in names], bool),
        )
        return queue, [self._shifts(desk, name) for name in names]

    def _shifts(self, desk: Desk, name: str) -> Shifts:
        if name not in desk:
            return Shifts(None)
        minutes = [
            tuple((moment - self.now).total_seconds() / 60 for moment in (shift.begins, shift.ends))
            for shift in desk[name]
            if shift.ends > self.now
        ]
        return Shifts([(max(begin, 0.0), end) for begin, end in minutes])

    def _released(self, done: Minutes) -> tuple[Minutes, Minutes]:
        release = np.zeros_like(done)
        for number, night in enumerate(self.nights):
            if night.release.state == "stuck":
                release[:, number] = self._draw("mending", night, night.release.since)
            elif night.release.state != "done":
                since = night.release.since if night.release.state == "running" else None
                release[:, number] = self._draw("release", night, since)
        return done + release, release
