"""What each group has to do, the least slack first, from one look at the ledger. Pure."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

from acme_assets.board.acting import for_requests, for_sign_off, for_step
from acme_assets.board.building import problems_of, row_of
from acme_assets.board.look import Assessed, Look
from acme_assets.board.model import Command, NightRow, Queue, QueueGroup, QueueKind, QueueRow
from acme_assets.board.night_detail import evidence_of
from acme_assets.gates.exceptions import in_words
from acme_assets.nights.status import Step

_NO_HURRY = timedelta(days=365)
"""Slack of what has no deadline, in the order of a queue."""


def queue_of(look: Look, group: QueueGroup) -> Queue:
    """The queue of a group: of the nights on the board, and of earlier ones that are open."""
    of_night = {"qa": _qa, "client-success": _client_success, "engineering": _engineering}[group]
    rows = [row for item in look.nights.values() for row in of_night(look, item)]
    rows += _mails(look) if group == "client-success" else _of_no_night(look) if group == "engineering" else []
    return Queue(group, look.now, tuple(sorted(rows, key=_by_slack)))


def _by_slack(row: QueueRow) -> tuple[bool, timedelta, str, str, str]:
    slack = row.slack if row.slack is not None else _NO_HURRY
    return row.kind == "mail", slack, row.client_id or row.name, str(row.business_date), row.step


def _qa(look: Look, item: Assessed) -> Iterator[QueueRow]:
    if item.status.state == "awaiting sign-off" and item.status.blocked_by:
        step = item.status.blocked_by
        said = step.reason.partition("; review with: ")[0]  # the command is in the row
        yield _row(look, item, "sign-off", replace(step, reason=said), for_sign_off(item))


def _client_success(look: Look, item: Assessed) -> Iterator[QueueRow]:
    for step in item.status.steps:
        if step.name.startswith("feeds/") and step.state == "held" and step.owner_group == "client":
            is_here = step.name.removeprefix("feeds/") in item.night.facts.deliveries
            yield _row(look, item, "quarantined" if is_here else "late file", step, tuple(for_step(item, step)))
    for asked in item.night.pending:
        contact = item.client.owners.client.name
        step = Step(
            f"feeds/{asked.subject['feed']}", "held", f"waits for {contact}: {in_words(asked.subject)}", "client",
            contact, asked.made_at,
        )  # fmt: skip
        commands = [one for one in for_requests(item) if asked.statement_id[:12] in one.text]
        yield _row(look, item, "exception", step, tuple(commands))


def _engineering(look: Look, item: Assessed) -> Iterator[QueueRow]:
    for step in item.status.steps:
        is_theirs = step.state == "held" and step.owner_group == "engineering"
        delivery = item.night.facts.deliveries.get(step.name.removeprefix("feeds/"))  # type: ignore[call-overload]
        if is_theirs or (delivery is not None and delivery.state == "quarantined"):
            yield _row(look, item, "failed" if is_theirs else "quarantined", step, tuple(for_step(item, step)))
    candidate, policy = item.night.facts.candidate, item.client.qa.auto_approve
    if item.status.state == "released" or candidate is None or candidate.drift is None or policy is None:
        return
    if float(candidate.drift) > policy.max_drift:
        said = f"drifts by {candidate.drift} from the trailing nights; the client's bound is {policy.max_drift}"
        owner = item.client.owners.engineering.name
        step = Step("marts", "held", said, "engineering", owner, candidate.built_at)
        yield _row(look, item, "drift", step, for_sign_off(item)[:1])


def _row(look: Look, item: Assessed, kind: QueueKind, step: Step, commands: tuple[Command, ...]) -> QueueRow:
    night = row_of(look, item)
    drop_dead = night.drop_dead if night.driver == step.name else None
    return QueueRow(
        kind,
        night.client_id,
        night.name,
        night.business_date,
        step.name,
        step.reason,
        step.owner if kind != "sign-off" else ", ".join(one.name for one in item.client.owners.qa),
        step.since,
        commands,
        deadline=night.deadline,
        zone=night.zone,
        drop_dead=drop_dead,
        slack=_slack(night, drop_dead, look.now),
        p_miss=night.p_miss,
        missed=night.missed,
        incidents=night.incidents,
        evidence=evidence_of(item) if kind in ("sign-off", "drift") else None,
    )


def _slack(night: NightRow, drop_dead: datetime | None, now: datetime) -> timedelta | None:
    """Of a night that is released nothing hurries."""
    return None if night.state == "released" else (drop_dead or night.deadline) - now


def _mails(look: Look) -> list[QueueRow]:
    """What was written to clients in the last day, and what of it did not go out."""
    contacts = {client.owners.client.email: client for client in look.registry.clients.values()}
    found = []
    for stored in look.messages:
        client = contacts.get(stored.message.recipient.email)
        if client is None or stored.state == "dropped":
            continue
        said = f"{stored.message.subject} ({f'sent by {stored.sent_by}' if stored.sent_at else stored.state})"
        to, about = stored.message.recipient.name, stored.message.incident_id
        at = stored.sent_at or stored.message.due_at
        row = QueueRow("mail", client.client_id, client.name, None, "", said, to, at, zone=client.zone)
        found.append(replace(row, incidents=(about,)) if about else row)
    return found


def _of_no_night(look: Look) -> list[QueueRow]:
    checked = (Command("acme clients validate", "what is wrong in which field", "engineering"),)
    return [
        QueueRow("stray file", None, problem.name, None, "", problem.text, problem.owner_group, problem.since)
        if problem.kind == "stray file"
        else QueueRow("registry", None, problem.name, None, "", problem.text, problem.owner_group, None, checked)
        for problem in problems_of(look)
    ]
