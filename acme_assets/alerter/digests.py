"""The morning's digests: read what the night was, make each audience's, put them into the outbox once."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from acme_assets.alerts.digest import AUDIENCES, NIGHT_BEGINS, Audience, Content, NightOver, Told, content, night_of
from acme_assets.alerts.incident import Incident, Message
from acme_assets.alerts.people import channels_for, group_of, person_of
from acme_assets.audit.canonical import digest as digest_of
from acme_assets.environment import Platform
from acme_assets.notify import digest as rendering
from acme_assets.notify.night_picture import Row, described, draw
from acme_assets.sla.attribution import Attribution, attribute
from acme_assets.sla.timeline import NightTimeline
from acme_assets.warehouse.incidents import read_recent
from acme_assets.warehouse.messages import enqueue, read_messages
from acme_assets.warehouse.timelines import read_timelines
from client_partitions.client import Person
from client_partitions.escalation import Policy
from client_partitions.people import Role, Roster

LATE = timedelta(hours=4)
"""A digest that could not be made for so long is not sent any more: the morning is over."""

_ROLES: dict[Audience, tuple[Role, ...]] = {
    "engineering": ("engineering", "on_call"),
    "qa": ("qa",),
    "client_success": ("client_success",),
    "management": (),
}


@dataclass(frozen=True)
class NightRead:
    """What the ledger has of a night."""

    over: NightOver
    rows: tuple[Row, ...]


def read_night(platform: Platform, business_date: date, as_of: datetime) -> NightRead:
    """Everything that digests of a business date say."""
    clients, roster = platform.registry.clients, platform.roster()
    begins = datetime.combine(business_date, time(), tzinfo=UTC) + NIGHT_BEGINS
    ends = min(as_of, begins + timedelta(days=1))
    with platform.warehouse.begin() as connection:
        timelines = read_timelines(connection, clients, business_date, business_date, roster, as_of)
        incidents = [item for item in read_recent(connection, begins) if item.opened_at < ends]
        messages = read_messages(connection, since=begins)
    told = [
        Told(item.message.recipient.name, item.message.urgency)
        for item in messages
        if item.sent_at and begins <= item.sent_at < ends
    ]
    nights = [attribute(item, as_of) for item in timelines]
    over = NightOver(business_date, as_of, nights, incidents, told, clients)
    return NightRead(over, tuple(_rows(platform, timelines, nights, incidents)))


def _rows(
    platform: Platform, timelines: Sequence[NightTimeline], nights: Sequence[Attribution], incidents: list[Incident]
) -> Iterable[Row]:
    for timeline, night in zip(timelines, nights, strict=True):
        key = (timeline.client_id, timeline.business_date)
        opened = tuple(
            (item.opened_at, item.urgency)
            for item in incidents
            if key in {(held.client_id, held.business_date) for held in item.affected}
        )
        last = max((feed.due for feed in timeline.feeds), default=timeline.deadline - timedelta(hours=4))
        client = platform.registry.clients.get(timeline.client_id)
        name = client.name if client else timeline.client_id
        yield Row(name, last, timeline.deadline, timeline.released_at, night.state, opened)


def rendered(made: Content, night: NightRead) -> rendering.Rendered:
    """A digest as text and HTML, with the picture of the night."""
    sections = tuple(
        rendering.Section(part.title, part.lines, rendering.Table(part.headings, part.rows) if part.rows else None)
        for part in made.parts
    )
    picture = draw(made.title, night.rows, night.over.as_of) if night.rows else None
    return rendering.render_digest(rendering.Digest(made.title, sections, picture, described(night.rows)))


def readers(audience: Audience, policy: Policy, roster: Roster, now: datetime) -> list[Person]:
    """Who gets an audience's digest: everybody of its roles, or whom the policy names."""
    if audience == "management":
        return [person_of(roster, email) for email in policy.leads.manager[:1]]
    roles = set(_ROLES[audience])
    people = (person for _, person in sorted(roster.people.items()) if roles & {*person.roles})
    return [Person(name=person.name, email=person.email) for person in people if person.is_active(now)]


def enqueue_digests(platform: Platform, policy: Policy, done: set[tuple[Audience, date]]) -> int:
    """Put the digests whose time has come into the outbox, those that are not there; how many messages.

    Args:
        done: which a process knows to be there; they are asked for every few seconds, for hours.
    """
    now, roster, count = platform.clock(), platform.roster(), 0
    for audience in AUDIENCES:
        business_date, at = night_of(audience, now)
        if not at <= now < at + LATE or (audience, business_date) in done:
            continue
        to = {_id(audience, business_date, person): person for person in readers(audience, policy, roster, now)}
        with platform.warehouse.begin() as connection:
            since = at - timedelta(minutes=1)
            known = {item.message.message_id for item in read_messages(connection, since=since)}
        missing = {key: person for key, person in to.items() if key not in known}
        if missing:
            count += _enqueue(platform, policy, audience, business_date, missing, now)
        done.add((audience, business_date))
    return count


def _id(audience: Audience, business_date: date, person: Person) -> str:
    return digest_of(["digest", audience, business_date.isoformat(), person.email])[:24]


def _enqueue(
    platform: Platform, policy: Policy, audience: Audience, day: date, to: dict[str, Person], now: datetime
) -> int:
    night = read_night(platform, day, now)
    if not night.over.nights and not night.over.incidents:
        return 0  # nobody owed anything, and nothing was wrong
    said, roster = rendered(content(audience, night.over), night), platform.roster()
    messages = [
        Message(
            key, None, person, "digest",
            channels_for(policy, person, group_of(policy, roster, person.email), "digest"),
            now, said.subject, said.text,
        )
        for key, person in to.items()
    ]  # fmt: skip
    with platform.warehouse.begin() as connection:
        return enqueue(platform.warehouse, connection, messages, {item.message_id: said.html for item in messages})
