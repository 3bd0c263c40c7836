"""What messages say. Plain text, by plain formatting: the same in a page, a chat and a mail.

Nothing here holds a row of a file: names of clients, feeds and people, counts, times and commands. A client's mail is
built from the client's own file and the clock alone, never from a cause's text, which is ours.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta

from acme_assets.alerts.cause import Affected, CauseKind
from acme_assets.alerts.incident import Incident
from client_partitions.calendar import deadline_at, due_at
from client_partitions.client import Client
from client_partitions.feeds import FEEDS, Feed

MOST_NIGHTS = 8
"""Of more, a page names the most urgent and counts the rest: it is read on a telephone."""

_LONGEST_SUBJECT = 140

FOR_CLIENTS: frozenset[CauseKind] = frozenset({"delivery", "host", "contract", "exception"})
"""What a client is written to about."""

_FEED_NAMES: Mapping[Feed, str] = {
    "medical_claim": "medical claims",
    "pharmacy_claim": "pharmacy claims",
    "eligibility": "eligibility",
    "lab_result": "lab results",
    "practitioner": "practitioners",
    "provider_attribution": "provider attribution",
    "patient": "patients",
}


class NotForClients(Exception):
    """A client is not written to about this kind of cause, or not about this night."""


def page_text(incident: Incident, clients: Mapping[str, Client], now: datetime, site: str = "") -> tuple[str, str]:
    """Subject and body of what wakes somebody.

    Args:
        clients: the registry's; one whose file has a problem is named by its id.
        site: what the path of `evidence` is below, such as https://nights.acme.example
    """
    nights = _most_urgent_first(incident)
    left = f", {_in(nights[0].deadline, now)}" if nights else ""
    return _subject("PAGE", incident.text, left), _body(incident, nights, clients, now, site)


def notify_text(incident: Incident, clients: Mapping[str, Client], now: datetime, site: str = "") -> tuple[str, str]:
    """Subject and body of what is told in working hours; arguments as of `page_text`."""
    nights = _most_urgent_first(incident)
    return _subject("acme", incident.text), _body(incident, nights, clients, now, site)


def _most_urgent_first(incident: Incident) -> list[Affected]:
    return sorted(incident.affected, key=lambda item: (item.deadline, -(item.p_miss or 0.0), item.client_id))


def _subject(word: str, text: str, left: str = "") -> str:
    line, room = " ".join(text.split()), _LONGEST_SUBJECT - len(word) - len(left) - 3
    return f"[{word}] {line if len(line) <= room else line[: room - 1] + '…'}{left}"


def _body(incident: Incident, nights: list[Affected], clients: Mapping[str, Client], now: datetime, site: str) -> str:
    back = f", has come back {incident.came_back} times" if incident.came_back else ""
    lines = [
        f"What:   {incident.text}",
        f"Whose:  {incident.owner.name} <{incident.owner.email}> ({incident.owner_group})",
        f"Since:  {_utc(incident.opened_at)}{back}",
    ]
    if incident.drop_dead:
        lines.append(f"Gone by: {_utc(incident.drop_dead)} ({_in(incident.drop_dead, now)}), or a deadline is at risk")
    lines += ["", "Holds up:" if nights else "Holds up no client night."]
    lines += [f"  {_night(item, clients, now)}" for item in nights[:MOST_NIGHTS]]
    if len(nights) > MOST_NIGHTS:
        lines.append(f"  and {len(nights) - MOST_NIGHTS} more client nights with later deadlines")
    lines += ["", f"Do:     {incident.fix}", f"Tried:  {incident.tried or 'nothing yet'}"]
    lines.append(f"See:    {_link(site, incident.evidence)}" if incident.evidence else "See:    acme status")
    lines += [f"Then:   acme alerts ack {incident.incident_id}", ""]
    return "\n".join(lines)


def _link(site: str, path: str) -> str:
    return f"{site.rstrip('/')}/{path.lstrip('/')}" if site else path


def _night(item: Affected, clients: Mapping[str, Client], now: datetime) -> str:
    client = clients.get(item.client_id)
    local = item.deadline.astimezone(client.zone) if client else item.deadline
    zone = client.time_zone if client else "UTC"
    risk = "no forecast"
    if item.p_miss is not None:
        risk = f"{_percent(item.p_miss)} likely to miss"
        if item.p_miss_if_done is not None:
            risk += f", {_percent(item.p_miss_if_done)} were it gone now"
    due = f"due {local:%a %H:%M} {zone}, {_in(item.deadline, now)}"
    return f"{_name(item.client_id, clients)} {item.business_date}: {due}; {risk}"


def _name(client_id: str, clients: Mapping[str, Client]) -> str:
    return clients[client_id].name if client_id in clients else client_id


def _percent(p: float) -> str:
    if 0.99 < p < 1:
        return "over 99 %"
    return "under 1 %" if 0 < p < 0.01 else f"{p:.0%}".replace("%", " %")


def _utc(moment: datetime) -> str:
    return f"{moment:%a %H:%M} UTC"


def _in(moment: datetime, now: datetime) -> str:
    """Minutes to a moment, as one says it."""
    minutes = int((moment - now) / timedelta(minutes=1))
    hours, rest = divmod(abs(minutes), 60)
    said = f"{hours} h {rest:02d} min" if hours else f"{rest} min"
    return f"{said} left" if moment >= now else f"{said} past"


def client_mail(incident: Incident, client: Client, now: datetime) -> tuple[str, str]:
    """Subject and body of what a client's contact is written.

    Raises:
        NotForClients: of this kind of cause they are not written to, or the incident holds up no night of theirs.
    """
    mine = [item for item in _most_urgent_first(incident) if item.client_id == client.client_id]
    if incident.kind not in FOR_CLIENTS or not mine:
        raise NotForClients(f"{client.client_id} is not written to about {incident.kind} ({incident.incident_id})")
    night = mine[0]
    feeds = _feeds_named(incident, client)
    subject, opening = _opening(incident.kind, client, feeds, night.business_date, now)
    deadline = deadline_at(client, night.business_date)
    contact = client.owners.client_success
    paragraphs = [
        f"Hello {client.owners.client.name},",
        opening,
        _timing(client, deadline, night.drop_dead, now),
        _request(incident.kind),
        "Please send no personal or medical data in your answer.",
        f"Your contact is {contact.name}, {contact.email}.",
        "Kind regards,\nAcmeHealth",
    ]
    return subject, "\n\n".join(paragraphs) + "\n"


def _feeds_named(incident: Incident, client: Client) -> list[Feed]:
    """The client's feeds whose names are in the cause's text. Nothing else of the text goes out."""
    words = set(re.findall(r"[a-z_]+", f"{incident.text} {incident.key}".lower()))
    return [feed for feed in FEEDS if feed in client.feeds and feed in words]


def _opening(kind: CauseKind, client: Client, feeds: list[Feed], business_date: date, now: datetime) -> tuple[str, str]:
    day = f"{business_date:%A} {business_date.day} {business_date:%B %Y}"
    names = _listed([_FEED_NAMES[feed] for feed in feeds]) or "files"
    if kind == "contract":
        text = f"we received your {names} for {day}. We could not accept it: it does not have the form that we agreed."
        return f"{client.name}: {names} for {day} could not be accepted", text
    if kind == "exception":
        text = f"we asked you to agree to an exception for {day} ({names}), and have no answer yet."
        return f"{client.name}: your agreement for {day} is needed", text
    lines = [f"  - {_FEED_NAMES[feed]}, {_due(client, feed, business_date, now)}" for feed in feeds]
    missing = "\n\n" + "\n".join(lines) if lines else ""
    what = "these files" if lines else "all of your files"
    return (
        f"{client.name}: {names} for {day} not received",
        f"we have not received {what} for {day} yet{missing or '.'}",
    )


def _due(client: Client, feed: Feed, business_date: date, now: datetime) -> str:
    due = due_at(client, feed, business_date)
    return f"{'was due' if due <= now else 'is due'} {_local(client, due)}"


def _local(client: Client, moment: datetime) -> str:
    local = moment.astimezone(client.zone)
    return f"on {local:%A} at {local:%H:%M} ({client.time_zone})"


def _timing(client: Client, deadline: datetime, drop_dead: datetime | None, now: datetime) -> str:
    if now >= deadline:
        return f"Your dashboards were due {_local(client, deadline)}. We publish them as soon as we can."
    text = f"Your dashboards are due {_local(client, deadline)}."
    if drop_dead and now < drop_dead < deadline:
        return f"{text} To publish them in time, we need this {_local(client, drop_dead)} at the latest."
    return f"{text} To publish them in time, we need this as soon as you can."


def _request(kind: CauseKind) -> str:
    if kind == "contract":
        return "Could you send the file again, or tell us if its form is to change?"
    if kind == "exception":
        return (
            "Could you follow the link that we sent you, and agree or decline? "
            "Until then we wait, and publish nothing for this date."
        )
    return (
        "Could you send them, or tell us when they will come? If there will be none for this date, please tell us "
        "that too: once you have agreed, we can publish without them."
    )


def _listed(names: list[str]) -> str:
    return " and ".join(([", ".join(names[:-1])] if names[1:] else []) + names[-1:])
