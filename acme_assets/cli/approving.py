"""What `acme qa approve` does: choose client nights, show them, and sign each by itself."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from acme_assets.board.evidence_words import changes_in_short, rests_on
from acme_assets.board.packet import Packet, read_packet
from acme_assets.cli.output import console, errors, escaped, parse_date, print_table
from acme_assets.cli.qa_evidence import print_packet
from acme_assets.cli.waiting import waiting
from acme_assets.environment import Platform
from acme_assets.gates.decision import decide
from acme_assets.gates.statement import Signer
from acme_assets.warehouse.protocol import WarehouseUnavailable
from acme_assets.warehouse.signing import NotSigned, night_under_terms, sign
from client_partitions.people import Role
from client_partitions.registry import RegistryError

ClientNight = tuple[str, date]


@dataclass(frozen=True)
class Approval:
    """What is said of each of the client nights."""

    signer: Signer
    role: Role
    marts: Sequence[str] = ()
    """What it covers; empty for every mart."""
    acknowledged: Sequence[str] = ()
    """Failed suites, by name."""
    reason: str | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of one client night."""

    client_id: str
    business_date: date
    evidence_digest: str | None = None
    statement_id: str | None = None
    """Of the approval; where the analyst had signed already, of that one."""
    gate_is_open: bool = False
    gate: str | None = None
    """What the gate says after the signature."""
    problem: str | None = None
    """Why it was not signed; None where it was."""


def named(words: Sequence[str]) -> list[ClientNight]:
    """CLIENT DATE CLIENT DATE … as client nights.

    Raises:
        NotSigned: a date is missing, or nothing is named.
    """
    if not words or len(words) % 2:
        raise NotSigned("name each client night by its client and its date, such as: harbor_health 2026-01-15")
    nights = [(client_id, parse_date(day)) for client_id, day in zip(words[::2], words[1::2], strict=True)]
    return list(dict.fromkeys(nights))


def of_queue(work: Platform, business_date: date | None, email: str, now: datetime) -> list[ClientNight]:
    """What waits for this analyst's signature. What was rejected or withdrawn is signed by name alone."""
    found = []
    for item in waiting(work, business_date, now):
        if email not in {analyst.email for analyst in item.client.owners.qa}:
            continue
        if item.was_turned_down:
            errors.print(f"left out: {item.name}: {escaped(item.gate.reason)}; to approve it all the same, name it",
                         soft_wrap=True)  # fmt: skip
        elif not all(email in mart.signers for mart in item.signatures if mart.missing):
            found.append((item.status.client_id, item.status.business_date))
    return found


def review(work: Platform, nights: Sequence[ClientNight]) -> tuple[list[Packet], list[Outcome]]:
    """The packets to sign, and what cannot be reviewed."""
    packets, failed = [], []
    for client_id, day in nights:
        try:
            packets.append(read_packet(work, client_id, day))
        except (NotSigned, RegistryError) as problem:
            failed.append(Outcome(client_id, day, problem=str(problem)))
    return packets, failed


def require_reviewed(packet: Packet, prefix: str | None) -> None:
    """Refuse a candidate that is another than was reviewed.

    Raises:
        NotSigned: it is, or the prefix is too short to tell.
    """
    if prefix is None:
        return
    if not re.fullmatch("[0-9a-f]{8,64}", prefix):
        raise NotSigned(f"--evidence {prefix!r}: give the first 8 hex digits of the evidence digest, or more")
    if not packet.digest.startswith(prefix):
        raise NotSigned(
            f"the candidate of {packet.at.name} is {packet.digest[:12]} now, and {prefix[:12]} was reviewed; "
            f"review it again: acme qa show {packet.at.name}"
        )


def require_failed(packets: Sequence[Packet], acknowledged: Sequence[str]) -> None:
    """Refuse the acknowledgement of a failure that there is not.

    Raises:
        NotSigned: a suite failed on none of the candidates.
    """
    failed = sorted({suite for packet in packets for suite in packet.failed_suites})
    if unknown := [suite for suite in acknowledged if suite not in failed]:
        raise NotSigned(f"--acknowledge-failure: {', '.join(unknown)} did not fail; {', '.join(failed) or 'none'} did")


def show(packets: Sequence[Packet]) -> None:
    """What is about to be signed: the whole packet of one candidate, a line for each of several."""
    if len(packets) == 1:
        print_packet(packets[0])
        return
    columns = ["client", "business date", "evidence", "failed suites", "rests on", "changed"]
    print_table(
        None,
        columns,
        [
            [
                packet.at.status.client_id,
                packet.at.status.business_date.isoformat(),
                packet.digest[:12],
                "[bold red]" + "\n".join(packet.failed_suites) + "[/]" if packet.failed_suites else "none",
                rests_on(len(packet.evidence["waivers"]), len(packet.evidence["overrides"])),
                changes_in_short(packet.evidence),
            ]
            for packet in packets
        ],
    )
    console.print("Each in full: acme qa show CLIENT DATE", style="dim")


def approve(work: Platform, packet: Packet, said: Approval) -> Outcome:
    """Sign one candidate; what goes wrong with it is its outcome."""
    status = packet.at.status
    night = (status.client_id, status.business_date)
    try:
        statement_id = _signed_already(packet, said) or _sign(work, packet, said)
        with work.warehouse.begin() as connection:
            client = work.registry.client(status.client_id)
            gate = decide(night_under_terms(connection, client, status.business_date, work.roster(), work.clock()))
    except (NotSigned, WarehouseUnavailable) as problem:
        return Outcome(*night, packet.digest, problem=str(problem))
    return Outcome(*night, packet.digest, statement_id, gate.is_open, gate.reason)


def _signed_already(packet: Packet, said: Approval) -> str | None:
    """The analyst's approval that counts for all that is to be covered, if there is one: once is enough."""
    by_mart = {item.mart: item.signers for item in packet.at.signatures}
    if not all(said.signer.email in by_mart.get(mart, ()) for mart in said.marts or by_mart):
        return None
    own = [item for item in packet.at.of_candidate if item.signer == said.signer.email]
    return own[-1].statement_id


def _sign(work: Platform, packet: Packet, said: Approval) -> str:
    unseen = [suite for suite in packet.failed_suites if suite not in said.acknowledged]
    if unseen:
        options = " ".join(f"--acknowledge-failure {suite}" for suite in unseen)
        raise NotSigned(
            f"{len(unseen)} of its suites failed; look at them (acme qa show {packet.at.name}) and, to sign all the "
            f"same, name each: {options}"
        )
    return sign(
        work.warehouse,
        work.registry.client(packet.at.status.client_id),
        packet.at.status.business_date,
        evidence_digest=packet.digest,
        decision="approved",
        signer=said.signer,
        role=said.role,
        roster=work.roster(),
        marts=tuple(said.marts) or None,
        acknowledged_failures=[suite for suite in said.acknowledged if suite in packet.failed_suites],
        answers=[item.statement_id for item in packet.at.objections],
        reason=said.reason,
        now=work.clock(),
    )


def say(outcome: Outcome) -> None:
    """One line: signed, or why not."""
    night = f"{outcome.client_id} {outcome.business_date}"
    if outcome.problem or not (outcome.evidence_digest and outcome.statement_id):
        errors.print(f"[bold red]not signed:[/] {night}: {escaped(outcome.problem or '')}", soft_wrap=True)
        return
    then = "the gate is open" if outcome.gate_is_open else f"not released yet: {escaped(outcome.gate or '')}"
    ids = f"evidence {outcome.evidence_digest[:12]}, statement {outcome.statement_id[:12]}"
    console.print(f"approved: {night}, {ids}; {then}", soft_wrap=True)
