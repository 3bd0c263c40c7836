"""A night of a fleet on which twelve things go wrong at once, written down: which clients, what, from when to when.

Everything else is calm: files come half an hour early, the service signs, nothing waits. So each incident of the night
is one of the twelve, or one too many.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from statistics import NormalDist

from acme_assets.simulation.alert_facts import People, Replay, Trouble, learn
from acme_assets.simulation.demo import INGRID
from acme_assets.simulation.sla_habits import Habits, draw_habits
from acme_assets.simulation.sla_log import Event, Kind, SimulatedNight
from acme_assets.sla.ahead import desk_of
from client_partitions.calendar import due_at
from client_partitions.client import Client
from client_partitions.feeds import Feed

NIGHT = date(2026, 3, 10)
START = datetime(2026, 3, 11, 0, 0, tzinfo=UTC)
"""20:00 on the East coast. Its deadlines are at 10:00 UTC, its files due from 07:00 to 09:00."""

LEARNED = 40
"""Calm nights before it."""

HOST = "sftp-3.vendor.example"

MINUTES = timedelta(minutes=1)


def at(clock: str) -> datetime:
    """A moment of the night, by UTC."""
    return datetime.combine(START.date(), time.fromisoformat(clock), tzinfo=UTC)


@dataclass
class Faults:
    """Who is hit by what. Each client by one."""

    late: str
    absent: str
    host: tuple[str, ...]
    broken: str
    changed: tuple[str, ...]
    stuck: str
    outage: tuple[str, ...]
    suite: str
    queue: tuple[str, ...]
    asked: str
    release: str

    @property
    def clients(self) -> frozenset[str]:
        """All of them."""
        one = (self.late, self.absent, self.broken, self.stuck, self.suite, self.asked, self.release)
        return frozenset((*one, *self.host, *self.changed, *self.outage, *self.queue))

    @property
    def by_person(self) -> frozenset[str]:
        """Whose candidates an analyst signs; all others' the service does."""
        return frozenset((self.suite, *self.queue))


OUTAGE = (at("07:48"), at("08:18"))
SILENCE = (at("04:10"), at("04:30"))
"""The daemon's."""
HOST_DOWN_UNTIL = at("09:05")
UNSIGNED_UNTIL = at("09:40")


@dataclass
class Scripted:
    """The night with its faults."""

    replay: Replay
    faults: Faults
    feeds: Mapping[str, Feed] = field(default_factory=dict)
    """Of a client whose trouble is with one file: which."""


def scripted(clients: int = 180, seed: int = 1, calm: int | None = None) -> Scripted:
    """The night, and what forty calm ones before it taught.

    Args:
        calm: how many of the clients are kept to whom nothing happens; None: all. A forecast costs by the client.
    """
    habits = draw_habits(clients, seed)
    faults, feeds = _choose(habits)
    spared = [item for item in habits if item.client.client_id not in faults.clients][:calm]
    hit = [item for item in habits if item.client.client_id in faults.clients]
    habits = tuple(_with_ways(item, faults) for item in (*hit, *spared))
    people = People.made_up()
    before = [_calm_night(habits, NIGHT - timedelta(days=back), people) for back in range(LEARNED, 0, -1)]
    night = _calm_night(habits, NIGHT, people)
    logs = {client_id: tuple(log) for client_id, log in _with_faults(night, faults, feeds).items()}
    troubles = [
        Trouble(faults.stuck, "load", at("06:20"), at("08:55"), "the load failed 3 times: disk full", feeds["stuck"]),
        *(
            Trouble(key, "load", OUTAGE[0], OUTAGE[1], "the warehouse LOAD_WH is suspended", feed)
            for key in faults.outage
            for feed in night_clients(habits)[key].feeds_owed(NIGHT)
        ),
        Trouble(faults.release, "release", START, at("08:50"), "the release failed 3 times: digest differs"),
    ]
    rules = {(faults.broken, feeds["broken"]): "unique on claim_id"} | {
        (key, feeds["changed"]): "date format on paid_date" for key in faults.changed
    }
    replay = Replay(
        replace(night, logs=logs), people, learn(before), troubles, rules, {faults.suite: ("totals",)}
    )  # fmt: skip
    return Scripted(replay, faults, feeds)


def night_clients(habits: tuple[Habits, ...]) -> dict[str, Client]:
    """By id."""
    return {item.client.client_id: item.client for item in habits}


def _choose(habits: tuple[Habits, ...]) -> tuple[Faults, dict[str, Feed]]:
    """Clients of the East coast, in order, each for one fault: those that can have it."""
    east = [item.client for item in habits if item.client.time_zone == "America/New_York"]
    left = {client.client_id: client for client in east}

    def take(feed: Feed | None = None, last: str = "00:00", first: str = "23:59") -> str:
        for client_id, client in left.items():
            owed = client.feeds_owed(NIGHT)
            dues = [client.feeds[name].due for name in owed]
            is_in = min(dues) <= time.fromisoformat(first) and max(dues) >= time.fromisoformat(last)
            if (feed is None or feed in owed) and is_in:
                del left[client_id]
                return client_id
        raise ValueError("the fleet has too few clients on the East coast; use another seed or more clients")

    host = tuple(take(first="03:00") for _ in range(2)) + tuple(take(first="03:30") for _ in range(3))
    outage = tuple(take(last="04:30") for _ in range(4))
    faults = Faults(
        late=take("eligibility"),
        absent=take(),
        host=host,
        broken=take("medical_claim"),
        changed=tuple(take("pharmacy_claim") for _ in range(4)),
        stuck=take("eligibility"),
        outage=outage,
        suite=take(),
        queue=tuple(take() for _ in range(5)),
        asked=take("eligibility"),
        release=take(),
    )
    feeds: dict[str, Feed] = {"late": "eligibility", "broken": "medical_claim", "changed": "pharmacy_claim",
                              "stuck": "eligibility", "asked": "eligibility"}  # fmt: skip
    return faults, feeds


def _with_ways(habits: Habits, faults: Faults) -> Habits:
    client = habits.client
    host = HOST if client.client_id in faults.host else None
    return replace(
        habits,
        client=client.model_copy(update={"host": host}),
        is_automatic=client.client_id not in faults.by_person,
        signatures=1,
    )


def _calm_night(habits: tuple[Habits, ...], day: date, people: People) -> SimulatedNight:
    start = START + (day - NIGHT)
    logs = {
        item.client.client_id: tuple(_calm(item.client, day, start, item.is_automatic))
        for item in habits
        if item.client.feeds_owed(day)
    }
    return SimulatedNight(day, start, habits, desk_of(people.roster, start), logs)


def _jitter(*parts: object) -> float:
    """From 0 to 1, always the same for the same parts."""
    return int(sha256(" ".join(map(str, parts)).encode()).hexdigest()[:8], 16) / 0xFFFFFFFF


def _calm(client: Client, day: date, start: datetime, is_automatic: bool) -> Iterator[Event]:
    landed = {
        feed: (due_at(client, feed, day) - start) / MINUTES - _early(client.client_id, feed, day)
        for feed in client.feeds_owed(day)
    }
    yield from _run(landed, is_automatic, quick=_jitter(client.client_id, day))


def _early(client_id: str, feed: Feed, day: date) -> float:
    """Minutes before it is due. Other nights are as senders are: one in thirty files comes an hour late or more, so a
    file that is not here yet is no cause to wake anybody."""
    chance = _jitter(client_id, feed, day)
    if day == NIGHT:
        return 25 + 20 * chance
    return 15 - 18 * NormalDist().inv_cdf(min(max(chance, 0.001), 0.999)) - (60 if chance > 0.967 else 0)


def _run(
    landed: Mapping[Feed, float], is_automatic: bool, quick: float = 0.5, ready: Mapping[Feed, float] | None = None,
    suites: int = 0, signed: float | None = None, held: float = 0.0,
) -> list[Event]:  # fmt: skip
    """The events of a client night from its landings.

    Args:
        ready: when a feed's load ends, where it does not at once.
        signed: when an analyst signs, at the earliest.
        held: before which nothing is released.
    """
    events, loaded = [], []
    for feed, moment in landed.items():
        done = max(moment + 4, (ready or {}).get(feed, 0))
        events += [
            Event(moment + 1, Kind.SEEN, feed, landed=moment, bytes=1_000_000),
            Event(done - 2, Kind.LOAD_BEGAN, feed),
            Event(done, Kind.LOADED, feed),
        ]
        loaded.append(done)
    begins = max(loaded) + 0.5
    built = begins + 6 + 4 * quick
    events += [Event(begins, Kind.BUILD_BEGAN), Event(built, Kind.BUILT, failed_suites=suites)]
    opened = built + 0.2 if is_automatic else max(built + 4 + 30 * quick**4, signed or 0)
    if not is_automatic:
        events.append(Event(opened, Kind.SIGNED, who=INGRID))
    released = max(opened + 0.3, held)
    events += [Event(opened, Kind.GATE_OPENED), Event(released, Kind.RELEASED)]
    return sorted(events, key=lambda event: event.at)


def _with_faults(night: SimulatedNight, faults: Faults, feeds: Mapping[str, Feed]) -> dict[str, list[Event]]:
    logs = {client_id: list(log) for client_id, log in night.logs.items()}
    clients = night_clients(night.habits)
    landed = {key: {e.feed: e.landed for e in log if e.kind is Kind.SEEN and e.feed} for key, log in logs.items()}

    def minutes(moment: datetime) -> float:
        return (moment - night.start) / MINUTES

    late = clients[faults.late]
    due = minutes(due_at(late, feeds["late"], NIGHT))
    logs[faults.late] = _run(landed[faults.late] | {feeds["late"]: due + 75}, True)
    logs[faults.absent] = []
    for number, key in enumerate(faults.host):
        back = minutes(HOST_DOWN_UNTIL) + number
        logs[key] = _run(dict.fromkeys(landed[key], back), True)
    logs[faults.broken] = _quarantined(landed[faults.broken], feeds["broken"], again=70)
    for number, key in enumerate(faults.changed):
        of_vendor = landed[key] | {feeds["changed"]: minutes(at("07:10")) + 0.5 * number}
        logs[key] = _quarantined(of_vendor, feeds["changed"], again=90 + 4 * number)
    logs[faults.stuck] = _run(landed[faults.stuck] | {feeds["stuck"]: minutes(at("06:15"))}, True,
                              ready={feeds["stuck"]: minutes(at("08:58"))})  # fmt: skip
    for number, key in enumerate(faults.outage):
        hit = [feed for feed in landed[key] if clients[key].feeds[feed].due >= time(4, 30)]
        logs[key] = _run(
            landed[key] | dict.fromkeys(hit, minutes(at("07:50")) + 0.5 * number),
            True,
            ready=dict.fromkeys(hit, minutes(OUTAGE[1]) + 4),
        )
    logs[faults.suite] = _run(landed[faults.suite], False, suites=1, signed=minutes(at("08:45")))
    for number, key in enumerate(faults.queue):
        logs[key] = _run(landed[key], False, signed=minutes(UNSIGNED_UNTIL) + 2 * number)
    logs[faults.asked] = [Event(minutes(at("04:40")), Kind.ASKED, feeds["asked"]),
                          Event(minutes(at("06:10")), Kind.ACKNOWLEDGED, feeds["asked"]),
                          *_run({f: m for f, m in landed[faults.asked].items() if f != feeds["asked"]}, False,
                                signed=minutes(at("06:20")))]  # fmt: skip
    logs[faults.release] = _run(landed[faults.release], True, held=minutes(at("08:52")))
    return logs


def _quarantined(landed: Mapping[Feed, float], feed: Feed, again: float) -> list[Event]:
    """One file fails its contract, and another one comes `again` minutes later."""
    first = landed[feed]
    good = _run({**landed, feed: first + again}, True)
    return sorted(
        [
            Event(first + 1, Kind.SEEN, feed, landed=first, bytes=1_000_000),
            Event(first + 2, Kind.LOAD_BEGAN, feed),
            Event(first + 4, Kind.QUARANTINED, feed),
            *good,
        ],
        key=lambda event: event.at,
    )
