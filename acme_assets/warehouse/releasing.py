"""The release transaction: the only code that writes to PUBLISHED.

It asks the gate again inside the transaction, copies the candidate's rows, digests the rows that it has
just written, and commits only if they are the rows that were signed (invariants 1 and 2).
"""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Connection, insert, literal, select, update

from acme_assets.audit.canonical import canonical_json, digest
from acme_assets.audit.entry import SYSTEM, Entry
from acme_assets.gates.decision import decide, earlier_release
from acme_assets.gates.evidence import summary_of
from acme_assets.gates.terms import Night, night_of
from acme_assets.nights.facts import CandidateFact, GateDecision, NightFacts
from acme_assets.nights.marts import GRAIN_OF_EVERY_MART, MARTS
from acme_assets.warehouse.entries import write_entry
from acme_assets.warehouse.ledger import candidates, client_nights, releases
from acme_assets.warehouse.mart_tables import mart_table, published_table
from acme_assets.warehouse.protocol import RowsDigest, Warehouse
from acme_assets.warehouse.reading import read_night
from client_partitions.client import Client
from client_partitions.people import Roster

LOCK_WAIT_SECONDS = 300


class GateClosed(Exception):
    """The candidate may not be released. The text says why and whose turn it is."""


class RowsDiffer(GateClosed):
    """The rows in MARTS are not those that were signed: somebody changed them, or a build is half done."""


@dataclass(frozen=True)
class ReleaseOutcome:
    """What the client sees after the call."""

    release_id: str | None
    """None where it sees nothing of this business date any more."""
    rows: dict[str, int]
    """Mart to rows released."""
    is_repeat: bool
    """True where exactly this was live already and nothing was done."""
    withdrawn: str | None = None
    """The release that was taken back."""


def release_night(
    warehouse: Warehouse,
    client: Client,
    business_date: date,
    now: datetime,
    roster: Roster,
    *,
    by: str,
    wait_seconds: int = LOCK_WAIT_SECONDS,
) -> ReleaseOutcome:
    """Put what the client sees in line with the gate: take back a withdrawn release, publish a signed candidate.

    All marts of the night, or none. `by` says for the record which process acts: "gatekeeper", or "run …".

    Raises:
        GateClosed: no valid sign-off covers the candidate, and there is nothing to take back.
        RowsDiffer: the rows written are not the rows signed; nothing was released.
        NightBusy: the night is being built.
    """
    with _locked(warehouse, client, business_date, now, roster, wait_seconds) as (connection, night):
        gate = decide(night)
        withdrawn = gate.withdraws
        if not withdrawn:
            return _release(warehouse, connection, night, gate, None, by, now)
        _withdraw(connection, night, withdrawn, by, now)
    # In a transaction of its own: a candidate that cannot take its place must not keep it visible.
    with _locked(warehouse, client, business_date, now, roster, wait_seconds) as (connection, night):
        gate = decide(night)
        if not gate.is_open:
            live = night.facts.live_release
            return ReleaseOutcome(live.release_id if live else None, {}, is_repeat=False, withdrawn=withdrawn)
        return _release(warehouse, connection, night, gate, withdrawn, by, now)


@contextmanager
def _locked(
    warehouse: Warehouse, client: Client, business_date: date, now: datetime, roster: Roster, wait_seconds: int
) -> Iterator[tuple[Connection, Night]]:
    with warehouse.begin() as connection:
        warehouse.lock_night(connection, client.client_id, business_date, wait_seconds)
        yield connection, night_of(client, read_night(connection, client.client_id, business_date), roster, now)


def _release(
    warehouse: Warehouse,
    connection: Connection,
    night: Night,
    gate: GateDecision,
    withdrawn: str | None,
    by: str,
    now: datetime,
) -> ReleaseOutcome:
    facts, candidate = night.facts, night.facts.candidate
    if not gate.is_open or candidate is None:
        raise GateClosed(f"{facts.client_id} {facts.business_date} may not be released: {gate.reason}")
    signed = _signed_marts(connection, night, candidate)
    rows = {mart: found.rows for mart, found in signed.items()}
    live = facts.live_release
    key = {"client_id": facts.client_id, "business_date": facts.business_date}
    if live and live.evidence_digest == candidate.evidence_digest:
        connection.execute(update(client_nights).filter_by(**key, settled_at=None).values(settled_at=now))
        return ReleaseOutcome(live.release_id, rows, is_repeat=True, withdrawn=withdrawn)
    release_id = digest({**key, "evidence": candidate.evidence_digest, "released_at": now})[:32]
    for mart, expected in signed.items():
        _publish(warehouse, connection, mart, release_id, key, expected)
    _record(connection, facts, release_id, candidate, gate, rows, by, now)
    return ReleaseOutcome(release_id, rows, is_repeat=False, withdrawn=withdrawn)


def _withdraw(connection: Connection, night: Night, release_id: str, by: str, now: datetime) -> None:
    """Let the client see the newest earlier release that was not withdrawn itself; nothing where there is none."""
    facts, earlier = night.facts, earlier_release(night)
    back = earlier.release_id if earlier else None
    key = {"client_id": facts.client_id, "business_date": facts.business_date}
    connection.execute(update(client_nights).filter_by(**key).values(live_release=back, settled_at=None))
    said = [item for item in night.statements if item.kind == "withdrawal" and item.subject["release_id"] == release_id]
    details = {"release_id": release_id, "back_to": back, "withdrawal_id": said[-1].statement_id, "by": by}
    write_entry(connection, Entry(now, SYSTEM, "release_withdrawn", facts.client_id, facts.business_date, details))


def _signed_marts(connection: Connection, night: Night, candidate: CandidateFact) -> dict[str, RowsDigest]:
    text = connection.execute(
        select(candidates.c.evidence).filter_by(evidence_digest=candidate.evidence_digest)
    ).scalar_one()
    evidence = json.loads(text)
    if digest(evidence) != candidate.evidence_digest:
        raise RowsDiffer(f"the stored evidence of candidate {candidate.evidence_digest[:12]} is not what was signed")
    marts, failed_suites, drift = summary_of(evidence)
    if (marts, failed_suites, drift) != (candidate.marts, candidate.failed_suites, candidate.drift):
        raise RowsDiffer(f"the ledger's summary of candidate {candidate.evidence_digest[:12]} is not its evidence's")
    built_from = {delivery["feed"]: delivery["delivery_id"] for delivery in evidence["deliveries"]}
    terms = [*(item.body() for item in night.waivers), *(item.body() for item in night.overrides)]
    is_under_them = canonical_json(terms) == canonical_json([*evidence["waivers"], *evidence["overrides"]])
    if built_from != night.facts.inputs or not is_under_them:
        raise RowsDiffer(
            f"candidate {candidate.evidence_digest[:12]} was not built from the present deliveries under the present "
            "waivers and overrides, though the ledger says so; build the night again"
        )
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
    gate: GateDecision,
    rows: dict[str, int],
    by: str,
    now: datetime,
) -> None:
    night = {"client_id": facts.client_id, "business_date": facts.business_date}
    connection.execute(
        insert(releases).values(
            release_id=release_id,
            **night,
            evidence_digest=candidate.evidence_digest,
            sign_off_ids=json.dumps(gate.sign_off_ids),
            supersedes=facts.live_release.release_id if facts.live_release else None,
            rows_released=sum(rows.values()),
            released_at=now,
        )
    )
    connection.execute(update(client_nights).filter_by(**night).values(live_release=release_id, settled_at=now))
    details = {
        "release_id": release_id,
        "evidence_digest": candidate.evidence_digest,
        "sign_off_ids": gate.sign_off_ids,
        "rows": rows,
        "by": by,
    }
    write_entry(connection, Entry(now, SYSTEM, "released", facts.client_id, facts.business_date, details))
