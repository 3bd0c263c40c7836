"""The release transaction: the only code that writes to PUBLISHED.

It asks the gate again inside the transaction, copies the candidate's rows, digests the rows that it has
just written, and commits only if they are the rows that were signed (invariants 1 and 2).
"""

import json
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, insert, literal, select, update

from acme_assets.audit.canonical import digest
from acme_assets.audit.entry import SYSTEM, Entry
from acme_assets.gates.decision import decide
from acme_assets.nights.facts import CandidateFact, NightFacts, SignOffFact
from acme_assets.nights.marts import GRAIN_OF_EVERY_MART, MARTS
from acme_assets.warehouse.entries import write_entry
from acme_assets.warehouse.ledger import candidates, client_nights, releases
from acme_assets.warehouse.mart_tables import mart_table, published_table
from acme_assets.warehouse.protocol import RowsDigest, Warehouse
from acme_assets.warehouse.reading import read_night
from client_partitions.client import Client

LOCK_WAIT_SECONDS = 300


class GateClosed(Exception):
    """The candidate may not be released. The text says why and whose turn it is."""


class RowsDiffer(GateClosed):
    """The rows in MARTS are not those that were signed: somebody changed them, or a build is half done."""


@dataclass(frozen=True)
class ReleaseOutcome:
    """What the client sees after the call."""

    release_id: str
    rows: dict[str, int]
    """Mart to rows released."""
    is_repeat: bool
    """True where exactly this was live already and nothing was done."""


def release_night(warehouse: Warehouse, client: Client, business_date: date, now: datetime) -> ReleaseOutcome:
    """Publish the signed candidate of a client night: all of its marts, or none.

    Raises:
        GateClosed: no live sign-off by an authorised analyst covers the candidate.
        RowsDiffer: the rows written are not the rows signed; nothing was changed.
        NightBusy: the night is being built.
    """
    with warehouse.begin() as connection:
        warehouse.lock_night(connection, client.client_id, business_date, LOCK_WAIT_SECONDS)
        facts = read_night(connection, client.client_id, business_date)
        gate = decide(client, facts)
        if not gate.is_open or gate.sign_off is None or facts.candidate is None:
            raise GateClosed(f"{client.client_id} {business_date} may not be released: {gate.reason}")
        signed = _signed_marts(connection, facts.candidate)
        rows = {mart: found.rows for mart, found in signed.items()}
        live = facts.live_release
        night = {"client_id": client.client_id, "business_date": business_date}
        if live and live.evidence_digest == facts.candidate.evidence_digest:
            connection.execute(update(client_nights).filter_by(**night).values(settled=True))
            return ReleaseOutcome(live.release_id, rows, is_repeat=True)
        release_id = digest({**night, "evidence": facts.candidate.evidence_digest, "released_at": now})[:32]
        for mart, expected in signed.items():
            _publish(warehouse, connection, mart, release_id, night, expected)
        _record(connection, facts, release_id, facts.candidate, gate.sign_off, rows, now)
    return ReleaseOutcome(release_id, rows, is_repeat=False)


def _signed_marts(connection: Connection, candidate: CandidateFact) -> dict[str, RowsDigest]:
    text = connection.execute(
        select(candidates.c.evidence).filter_by(evidence_digest=candidate.evidence_digest)
    ).scalar_one()
    evidence = json.loads(text)
    if digest(evidence) != candidate.evidence_digest:
        raise RowsDiffer(f"the stored evidence of candidate {candidate.evidence_digest[:12]} is not what was signed")
    return {name: RowsDigest(mart["rows"], mart["sha256"]) for name, mart in evidence["marts"].items()}


def _publish(
    warehouse: Warehouse,
    connection: Connection,
    mart: str,
    release_id: str,
    night: dict[str, object],
    expected: RowsDigest,
) -> None:
    source, target = mart_table(mart), published_table(mart)
    columns = [*GRAIN_OF_EVERY_MART, *MARTS[mart].columns]
    of_night = (source.c[name] == value for name, value in night.items())
    rows = select(literal(release_id), *(source.c[name] for name in columns)).where(*of_night)
    connection.execute(insert(target).from_select(["release_id", *columns], rows))
    written = warehouse.digest(connection, target, columns, {"release_id": release_id})
    if written != expected:
        raise RowsDiffer(
            f"{mart} of {night['client_id']} {night['business_date']}: {written.rows} rows with digest "
            f"{written.sha256[:12]} are not the {expected.rows} rows with digest {expected.sha256[:12]} that were "
            "signed; build the night again and have it reviewed"
        )


def _record(
    connection: Connection,
    facts: NightFacts,
    release_id: str,
    candidate: CandidateFact,
    sign_off: SignOffFact,
    rows: dict[str, int],
    now: datetime,
) -> None:
    night = {"client_id": facts.client_id, "business_date": facts.business_date}
    connection.execute(
        insert(releases).values(
            release_id=release_id,
            **night,
            evidence_digest=candidate.evidence_digest,
            sign_off_id=sign_off.sign_off_id,
            rows_released=sum(rows.values()),
            released_at=now,
        )
    )
    connection.execute(update(client_nights).filter_by(**night).values(live_release=release_id, settled=True))
    details = {
        "release_id": release_id,
        "evidence_digest": candidate.evidence_digest,
        "sign_off_id": sign_off.sign_off_id,
        "rows": rows,
    }
    write_entry(connection, Entry(now, SYSTEM, "released", facts.client_id, facts.business_date, details))
