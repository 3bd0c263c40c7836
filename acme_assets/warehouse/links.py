"""Acknowledgement by link, without an account: made by staff, opened and spent by the client's contact.

Takes no terminal and prints nothing: the status board's page and the command line both call it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, RowMapping, insert, select, update

from acme_assets.audit.entry import SYSTEM, Action, Entry
from acme_assets.gates.exceptions import in_words
from acme_assets.gates.links import Link, LinkRefused, code_hash, is_code, new_code, new_link, read_token, token_of
from acme_assets.gates.statement import MAY_SIGN, Signer, Statement
from acme_assets.warehouse.entries import write_entry
from acme_assets.warehouse.exceptions import awaiting, find_statement, record_acknowledgement
from acme_assets.warehouse.ledger import acknowledgement_links
from acme_assets.warehouse.protocol import Warehouse
from acme_assets.warehouse.signing import NotSigned
from client_partitions.client import Client
from client_partitions.people import Roster
from client_partitions.registry import Registry, RegistryError

MOST_ATTEMPTS = 5
"""Wrong codes after which a link is shut."""

LONGEST = timedelta(hours=72)


@dataclass(frozen=True)
class LinkView:
    """What the client's contact is shown before giving the code."""

    request_id: str
    client_name: str
    feed: str
    exception: str
    """What is asked for, in words."""
    meaning: str
    """The request, as it was signed."""
    first_date: date
    last_date: date
    reason: str
    requested_by: str
    ends_at: datetime
    """When the exception ends."""
    contact: str
    link_expires_at: datetime


def make_link(
    warehouse: Warehouse,
    client: Client,
    request_id: str,
    *,
    maker: Signer,
    secret: bytes,
    roster: Roster,
    now: datetime,
    valid: timedelta = timedelta(hours=24),
) -> tuple[str, str]:
    """The token of a new link for the client's contact, and the code to send by another channel.

    Whoever makes a link sees both halves, so that must be somebody else than whoever requested the exception.

    Raises:
        NotSigned: the request waits for no acknowledgement, or the maker may not make the link.
    """
    if not timedelta(0) < valid <= LONGEST:
        raise NotSigned(f"a link is valid for at most {LONGEST.total_seconds() / 3600:.0f} hours")
    with warehouse.begin() as connection:
        request = awaiting(connection, client, request_id, roster, now)
        _require_maker(maker, request, roster, now)
        ends = min(now + valid, request.expires_at or now + valid)
        link, code = new_link(request.statement_id, client.owners.client.email, ends), new_code()
        connection.execute(
            insert(acknowledgement_links).values(
                link_id=link.link_id,
                request_id=link.request_id,
                contact=link.contact,
                code_hash=code_hash(link.link_id, code, secret),
                made_at=now,
                expires_at=ends,
                attempts=0,
            )
        )
        _entry(connection, "acknowledgement_link_made", maker.email, link, request, now, {"expires_at": ends})
    return token_of(link, secret), code


def _require_maker(maker: Signer, request: Statement, roster: Roster, now: datetime) -> None:
    person = roster.people.get(maker.email)
    key = person.key(maker.key.public.key_id) if person else None
    if person is None or key is None or not person.is_active(now) or (key.revoked and key.revoked <= now.date()):
        raise NotSigned(f"the key at hand is none of {maker.email}'s in people.yaml; see: acme keys list")
    if not set(person.roles) & set(MAY_SIGN["exception_request"]):
        raise NotSigned(f"{maker.email} is {', '.join(person.roles)}; a link is made by who may request exceptions")
    if maker.email == request.signer:
        raise NotSigned(
            f"{maker.email} requested it, and would hold both halves of the link; have somebody else make it"
        )


def open_link(
    warehouse: Warehouse, registry: Registry, token: str, secret: bytes, *, roster: Roster, now: datetime
) -> LinkView:
    """What a link is about. Changes nothing.

    Raises:
        LinkRefused: it is not valid, expired, used or shut, or its request waits for no acknowledgement any more.
    """
    link = read_token(token, secret, now)
    with warehouse.begin() as connection:
        if why := _why_shut(_stored(connection, link), now):
            raise LinkRefused(why)
        client, request = _subject(connection, registry, link, roster, now)
    return LinkView(
        request.statement_id,
        client.name,
        request.subject["feed"],
        in_words(request.subject),
        request.meaning,
        request.first_date,
        request.last_date,
        request.reason or "",
        request.signer,
        request.expires_at or link.expires_at,
        link.contact,
        link.expires_at,
    )


def acknowledge_by_link(
    warehouse: Warehouse,
    registry: Registry,
    token: str,
    code: str,
    secret: bytes,
    *,
    service: Signer,
    roster: Roster,
    now: datetime,
) -> str:
    """Spend a link: the service signs the acknowledgement for the contact that it was made for. Returns its id.

    Of any number at once, one does; each wrong code is counted before it is compared.

    Raises:
        LinkRefused: the link or the code cannot be used; a wrong code is on record.
        NotSigned: the acknowledgement would not count; the link stays as it was.
    """
    link = read_token(token, secret, now)
    with warehouse.begin() as connection:
        stored = _take_attempt(connection, link, now)
        client, request = _subject(connection, registry, link, roster, now)
        if is_code(code, link.link_id, stored["code_hash"], secret):
            _spend(connection, link, now)
            return record_acknowledgement(
                connection, client, link.request_id,
                signer=service, role="service", contact=link.contact, reference=f"link {link.link_id[:12]}",
                roster=roster, now=now,
            )  # fmt: skip
        left = MOST_ATTEMPTS - stored["attempts"]
        details = {"why": "wrong code", "attempts_left": left}
        _entry(connection, "acknowledgement_link_refused", SYSTEM, link, request, now, details)
    if not left:
        raise LinkRefused("the code is wrong; the link is shut, ask AcmeHealth for another")
    raise LinkRefused(f"the code is wrong; {f'{left} tries are' if left > 1 else '1 try is'} left")


def _take_attempt(connection: Connection, link: Link, now: datetime) -> RowMapping:
    """Count an attempt and hold the link's row until the transaction ends: guesses at once count one by one."""
    taken = connection.execute(
        update(acknowledgement_links)
        .where(
            acknowledgement_links.c.link_id == link.link_id,
            acknowledgement_links.c.used_at.is_(None),
            acknowledgement_links.c.attempts < MOST_ATTEMPTS,
        )
        .values(attempts=acknowledgement_links.c.attempts + 1)
    )
    stored = _stored(connection, link)
    if taken.rowcount != 1 or stored["used_at"] is not None or stored["expires_at"] <= now:
        raise LinkRefused(_why_shut(stored, now) or "the link cannot be used; ask AcmeHealth for another")
    return stored


def _spend(connection: Connection, link: Link, now: datetime) -> None:
    connection.execute(
        update(acknowledgement_links)
        .where(acknowledgement_links.c.link_id == link.link_id)
        .values(used_at=now, attempts=acknowledgement_links.c.attempts - 1)
    )


def _stored(connection: Connection, link: Link) -> RowMapping:
    stored = connection.execute(select(acknowledgement_links).filter_by(link_id=link.link_id)).mappings().first()
    if stored is None or (stored["request_id"], stored["contact"]) != (link.request_id, link.contact):
        raise LinkRefused("the link is not on record; ask AcmeHealth for another")
    return stored


def _why_shut(stored: RowMapping, now: datetime) -> str | None:
    if stored["used_at"] is not None:
        return f"the link was used {stored['used_at']:%Y-%m-%d %H:%M} UTC; there is nothing left to do"
    if stored["expires_at"] <= now:
        return f"the link expired {stored['expires_at']:%Y-%m-%d %H:%M} UTC; ask AcmeHealth for another"
    if stored["attempts"] >= MOST_ATTEMPTS:
        return f"the link is shut after {MOST_ATTEMPTS} wrong codes; ask AcmeHealth for another"
    return None


def _subject(
    connection: Connection, registry: Registry, link: Link, roster: Roster, now: datetime
) -> tuple[Client, Statement]:
    """The client and the request that a link is about, as long as that waits for an acknowledgement."""
    try:
        client = registry.client(find_statement(connection, link.request_id, "exception_request").client_id)
        request = awaiting(connection, client, link.request_id, roster, now)
    except (NotSigned, RegistryError) as error:
        why = "what it asks for is acknowledged already, was revoked or has expired; ask AcmeHealth"
        raise LinkRefused(f"the link has nothing left to acknowledge: {why}") from error
    if link.contact != client.owners.client.email:
        raise LinkRefused(f"{link.contact} is not the contact of {client.name} any more; ask AcmeHealth")
    return client, request


def _entry(
    connection: Connection,
    action: Action,
    actor: str,
    link: Link,
    request: Statement,
    now: datetime,
    details: Mapping[str, object],
) -> None:
    about = {"link_id": link.link_id, "request_id": link.request_id, "contact": link.contact}
    write_entry(connection, Entry(now, actor, action, request.client_id, request.last_date, {**about, **details}))
