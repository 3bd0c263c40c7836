"""An exception before it is signed: checked against the ledger, and what it would change."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection, func, select

from acme_assets.audit.signing import SigningKey
from acme_assets.contracts.results import DRIFTED, OUT_OF_SCOPE, OVER_LIMIT
from acme_assets.gates.decision import assess_night
from acme_assets.gates.exceptions import EXCEPTIONS, in_words, span_in_words
from acme_assets.gates.statement import Signed, Signer
from acme_assets.gates.terms import night_of
from acme_assets.nights.facts import DeliveryFact, NightFacts
from acme_assets.nights.status import NightStatus
from acme_assets.warehouse.ledger import contract_results, deliveries, delivery_files, loads
from acme_assets.warehouse.reading import read_night
from acme_assets.warehouse.signing import NotSigned, fact_of
from client_partitions.calendar import deadline_at, due_at, late_at
from client_partitions.client import Client
from client_partitions.people import Role, Roster, RosterKey, RosterPerson

MOST_DAYS = 31
"""How many business dates a request may be about, and how many days it may count after the last one's deadline."""


@dataclass(frozen=True)
class Draft:
    """What a request would say."""

    client_id: str
    dates: tuple[date, date]
    subject: Mapping[str, Any]
    meaning: str
    expires_at: datetime

    def sign(self, signer: Signer, role: Role, reason: str | None, now: datetime) -> Signed:
        """The request, signed."""
        return signer.sign(
            "exception_request", role, self.client_id, self.dates, self.subject,
            meaning=self.meaning, reason=reason, made_at=now, expires_at=self.expires_at,
        )  # fmt: skip


def draft_exception(
    connection: Connection,
    client: Client,
    feed: str,
    exception: str,
    dates: tuple[date, date],
    *,
    roster: Roster,
    now: datetime,
    until: str | None = None,
    expires_at: datetime | None = None,
) -> Draft:
    """A request as the ledger stands now.

    Raises:
        NotSigned: it makes no sense; the text says why, and what would.
    """
    if feed not in client.feeds:
        raise NotSigned(f"{client.client_id} owes no {feed}; its feeds are {', '.join(client.feeds)}")
    if exception not in EXCEPTIONS:
        raise NotSigned(f"there is no exception {exception!r}; there are {', '.join(EXCEPTIONS)}")
    if (until is not None) != (exception == "late_until"):
        raise NotSigned("late_until needs its time, --until HH:MM, and no other exception has one")
    first, last = dates
    if not timedelta(0) <= last - first < timedelta(days=MOST_DAYS):
        raise NotSigned(f"{first} to {last}: give the first date first, and at most {MOST_DAYS} days")
    ends = _expiry(client, last, expires_at, now)
    facts = read_night(connection, client.client_id, first)
    subject: dict[str, Any] = {"exception": exception, "feed": feed}
    because = ""
    if until is not None:
        under_terms = night_of(client, facts, roster, now).client
        subject["until"] = _later(under_terms, feed, dates, until, now)
    elif exception == "carry_forward":
        subject |= _last_good(connection, client, feed, first)
    elif exception == "accept_quarantined":
        present = _failing(connection, client, feed, dates, facts, roster, now)
        subject["delivery_id"], because = present.delivery_id, f" ({(present.reason or '').partition('; ')[0]})"
        if DRIFTED in (present.reason or ""):
            subject["accepts_drift"] = True
    meaning = (
        f"I request an exception for {client.name}, {span_in_words(first, last)}: {in_words(subject)}{because}. "
        "It counts once it is acknowledged for the client."
    )
    return Draft(client.client_id, dates, subject, meaning, ends)


def _expiry(client: Client, last: date, given: datetime | None, now: datetime) -> datetime:
    deadline = deadline_at(client, last)
    ends = given or deadline + timedelta(hours=24)
    if ends <= now:
        raise NotSigned(f"it would have expired {ends:%Y-%m-%d %H:%M} UTC already; give a later time with --expires")
    if ends > deadline + timedelta(days=MOST_DAYS):
        raise NotSigned(f"it may expire at most {MOST_DAYS} days after the deadline, {deadline:%Y-%m-%d %H:%M} UTC")
    return ends


def _later(client: Client, feed: Any, dates: tuple[date, date], until: str, now: datetime) -> str:
    """`until`, if that is later than the feed is late anyway, and not over."""
    if not re.fullmatch("([01][0-9]|2[0-3]):[0-5][0-9]", until):
        raise NotSigned(f"{until!r} is no time of day; write it as HH:MM, such as 04:30")
    policy = client.feeds[feed].model_copy(update={"due": time.fromisoformat(until), "grace_minutes": 0})
    later = client.model_copy(update={"feeds": {**client.feeds, feed: policy}})
    late = late_at(client, feed, dates[0])
    if due_at(later, feed, dates[0]) <= late:
        local = late.astimezone(client.zone)
        raise NotSigned(f"{feed} is not late before {local:%H:%M %Z} anyway; give a later time")
    if due_at(later, feed, dates[1]) <= now:
        raise NotSigned(f"{until} of the morning after {dates[1]} is over; give a later time, or another exception")
    return until


def _last_good(connection: Connection, client: Client, feed: str, before: date) -> dict[str, Any]:
    """The newest delivery of an earlier business date that passed its contract and is loaded.

    One that was loaded under a waiver keeps the reason that it was quarantined for, and is left out.
    """
    query = (
        select(deliveries.c.delivery_id, deliveries.c.business_date, loads.c.rows_loaded)
        .join(loads, loads.c.delivery_id == deliveries.c.delivery_id)
        .where(
            deliveries.c.client_id == client.client_id,
            deliveries.c.feed == feed,
            deliveries.c.business_date < before,
            deliveries.c.state == "loaded",
            deliveries.c.reason.is_(None),
        )
        .order_by(deliveries.c.business_date.desc())
        .limit(1)
    )
    found = connection.execute(query).first()
    if found is None:
        raise NotSigned(
            f"{client.client_id} has no loaded {feed} delivery before {before} to carry forward; "
            "request may_be_missing or late_until"
        )
    return {"delivery_id": found[0], "source_date": found[1].isoformat(), "rows_loaded": int(found[2])}


def _failing(
    connection: Connection,
    client: Client,
    feed: Any,
    dates: tuple[date, date],
    facts: NightFacts,
    roster: Roster,
    now: datetime,
) -> DeliveryFact:
    """The delivery that speaks for the feed, if it is held for drift, or for rows that fail while others pass."""
    if dates[0] != dates[1]:
        raise NotSigned("accept_quarantined is about one delivery; give one business date")
    without_waivers = night_of(client, replace(facts, statements=()), roster, now)
    present = without_waivers.facts.deliveries.get(feed)
    night = f"{feed} of {client.client_id} {dates[0]}"
    if present is None or present.state != "quarantined":
        state = present.state if present else "not delivered"
        raise NotSigned(f"{night} is {state}, so there is no quarantined delivery to accept")
    results = select(contract_results.c.rows_failed).where(
        contract_results.c.delivery_id == present.delivery_id, contract_results.c.rule != OUT_OF_SCOPE
    )
    failed = list(connection.execute(results).scalars())
    is_drift, is_over_limit = (said in (present.reason or "") for said in (DRIFTED, OVER_LIMIT))
    if not is_drift and not (failed and is_over_limit):
        raise NotSigned(
            f"{night} is not held for single rows, the file cannot be used as a whole: {present.reason}; "
            "have it sent again, or request may_be_missing or carry_forward"
        )
    in_scope = func.sum(delivery_files.c.rows_in - func.coalesce(delivery_files.c.rows_out_of_scope, 0))
    rows = connection.execute(select(in_scope).filter_by(delivery_id=present.delivery_id)).scalar_one()
    if max(failed, default=0) >= int(rows):
        raise NotSigned(f"no row of {night} passes; have it sent again, or request may_be_missing or carry_forward")
    return present


def preview(
    connection: Connection, client: Client, draft: Draft, roster: Roster, now: datetime
) -> list[tuple[NightStatus, NightStatus]]:
    """Each client night as it is, and as it would be under the acknowledged exception.

    Two made-up people sign it, with keys that nobody keeps; the code that assesses every night assesses these.
    """
    asks, says = (Signer(f"{name}@preview.invalid", SigningKey.generate()) for name in ("requester", "acknowledger"))
    request = draft.sign(asks, "client_success", "preview", now)
    subject = {
        "request_id": request.statement.statement_id,
        "contact": client.owners.client.email,
        "reference": "preview",
        "via": "client_success",
    }
    acknowledgement = says.sign(
        "acknowledgement", "client_success", client.client_id, draft.dates, subject,
        meaning="preview", reason=None, made_at=now,
    )  # fmt: skip
    made_up = {signer.email: _made_up(signer) for signer in (asks, says)}
    with_them = replace(roster, people={**roster.people, **made_up})
    supposed = (fact_of(request), fact_of(acknowledgement))
    first, last = draft.dates
    nights = []
    for number in range((last - first).days + 1):
        facts = read_night(connection, client.client_id, first + timedelta(days=number))
        then = replace(facts, statements=(*facts.statements, *supposed))
        nights.append((assess_night(client, facts, roster, now), assess_night(client, then, with_them, now)))
    return nights


def _made_up(signer: Signer) -> RosterPerson:
    key = RosterKey(public=signer.key.public.text)
    return RosterPerson(name=signer.email, email=signer.email, roles=("client_success",), keys=(key,))
