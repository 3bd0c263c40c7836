"""A client, its landing zone and a clock: a night in a few lines, with hand-made marts instead of dbt."""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from hashlib import sha256
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import delete, insert, select

from acme_assets.audit.signing import SigningKey
from acme_assets.environment import Platform
from acme_assets.feeds.completeness import FIRST_LOOK, Look
from acme_assets.feeds.zones import LocalZone
from acme_assets.gates.decision import assess_night
from acme_assets.gates.statement import Kind, Signer
from acme_assets.nights.facts import NightFacts
from acme_assets.nights.models import models_of
from acme_assets.nights.status import NightStatus
from acme_assets.warehouse.arriving import Recorded
from acme_assets.warehouse.building import BuildOutcome, ModelResult, open_build
from acme_assets.warehouse.ledger import audit_entries
from acme_assets.warehouse.loading import LoadOutcome, load_delivery
from acme_assets.warehouse.mart_tables import dashboard_view, mart_table
from acme_assets.warehouse.noticing import Noticed, notice
from acme_assets.warehouse.protocol import Warehouse
from acme_assets.warehouse.reading import read_night
from acme_assets.warehouse.releasing import ReleaseOutcome, release_night
from acme_assets.warehouse.signing import evidence_of, record, sign
from client_partitions.client import Client
from client_partitions.feeds import Feed
from client_partitions.people import Role, Roster, RosterPerson
from client_partitions.registry import Registry

NIGHT = date(2026, 3, 10)
MORNING = datetime(2026, 3, 11, 8, 0, tzinfo=UTC)
"""03:00 in New York: an hour after the feeds are due, three before the deadline."""

INGRID = "ingrid@acme.example"
DELE = "dele@acme.example"
ENZO = "enzo@acme.example"
OTTO = "otto@acme.example"
NOOR = "noor@acme.example"
CORA = "cora@tiny.example"
SERVICE = "service@acme.example"
MALLORY = "mallory@acme.example"
"""A QA analyst, of other clients."""

ROLES: dict[str, tuple[Role, ...]] = {
    INGRID: ("qa",),
    DELE: ("qa",),
    ENZO: ("engineering",),
    OTTO: ("on_call",),
    NOOR: ("client_success",),
    SERVICE: ("service",),
    MALLORY: ("qa",),
}


def made_up_key(name: str) -> SigningKey:
    """A key that is the same in every run and process: ids of statements, and so their order, depend on keys."""
    return SigningKey(Ed25519PrivateKey.from_private_bytes(sha256(name.encode()).digest()))


KEYS = {email: made_up_key(email) for email in ROLES}


def roster_person(email: str, **changes: Any) -> RosterPerson:
    """Somebody of the test's people.yaml, with their key."""
    keys = [{"public": KEYS[email].public.text}] if email in KEYS else []
    person = {"email": email, "name": email.partition("@")[0].title(), "roles": ROLES.get(email, ("qa",)), "keys": keys}
    return RosterPerson.model_validate(person | changes)


def make_roster(*changed: RosterPerson) -> Roster:
    """Everybody, with some of them changed."""
    people = {email: roster_person(email) for email in ROLES}
    return Roster(people | {person.email: person for person in changed})


def signer_of(email: str) -> Signer:
    """Somebody with their key at hand."""
    return Signer(email, KEYS[email])


_LAYOUTS: dict[str, Any] = {
    "eligibility": {
        "format": {"kind": "csv"},
        "columns": {
            "person_id": "person",
            "member_id": "person",
            "enrollment_start_date": "start",
            "payer": {"value": "Acme"},
            "data_source": {"value": "tiny"},
        },
    },
    "pharmacy_claim": {
        "format": {"kind": "csv"},
        "columns": {
            "claim_id": "claim",
            "claim_line_number": {"value": "1"},
            "person_id": "person",
            "dispensing_date": "day",
            "paid_amount": "paid",
            "data_source": {"value": "tiny"},
        },
    },
    "lab_result": {
        "format": {"kind": "csv"},
        "columns": {
            "lab_result_id": "id",
            "person_id": "person",
            "source_component_code": "code",
            "data_source": {"value": "tiny"},
        },
    },
}

ELIGIBILITY = "person,start\np1,2026-01-01\np2,2026-02-01\n"
PHARMACY = "claim,person,day,paid\nc1,p1,2026-03-01,12.50\nc2,p2,2026-03-02,7.25\n"


def client_data(**changes: Any) -> dict[str, Any]:
    """A client's YAML as data."""
    return {
        "client_id": "tiny_health",
        "name": "Tiny Health",
        "time_zone": "America/New_York",
        "landing": "tiny",
        "feeds": {
            feed: {
                "files": [{"pattern": f"{{date}}/{feed}.csv", "layout": feed}],
                "due": "02:00",
                "grace_minutes": 30,
                "quarantine_limit": 0.2,
                "required": feed != "lab_result",
            }
            for feed in _LAYOUTS
        },
        "layouts": deepcopy(_LAYOUTS),
        "owners": {
            "client": {"name": "Cora Client", "email": "cora@tiny.example"},
            "engineering": {"name": "Enzo Engineer", "email": "enzo@acme.example"},
            "qa": [{"name": "Ingrid", "email": INGRID}, {"name": "Dele", "email": DELE}],
            "client_success": {"name": "Noor", "email": "noor@acme.example"},
        },
        **changes,
    }


def make_client(**changes: Any) -> Client:
    """A valid client."""
    return Client.model_validate(client_data(**changes))


@dataclass
class World:
    """One client night, driven step by step."""

    warehouse: Warehouse
    landing: Path
    client: Client = field(default_factory=make_client)
    now: datetime = MORNING
    look: Look = field(default=FIRST_LOOK)
    roster: Roster = field(default_factory=make_roster)
    paid: str = "12.5000"
    """What the hand-made pmpm mart says was paid: change it to make another candidate."""
    by: str = "test"
    """Which process acts, for the record."""
    night: date = NIGHT

    def __post_init__(self) -> None:
        self.landing.mkdir(parents=True, exist_ok=True)

    @property
    def registry(self) -> Registry:
        return Registry({self.client.client_id: self.client}, {})

    @property
    def zone(self) -> LocalZone:
        return LocalZone(self.landing)

    def clock(self) -> datetime:
        """The present, a second later each time it is asked."""
        self.now += timedelta(seconds=1)
        return self.now

    def platform(self) -> Platform:
        return Platform(
            self.registry,
            self.warehouse,
            self.zone,
            self.clock,
            lambda: self.roster,
            lambda: signer_of(SERVICE),
        )

    def put(self, feed: Feed, text: str) -> Path:
        """A file in the landing zone."""
        path = self.landing / self.client.landing / self.night.isoformat() / f"{feed}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def notice(self) -> list[Recorded]:
        """Look at the landing zone twice, and record what is complete."""
        recorded: list[Recorded] = []
        for _ in range(2):
            found = self.peek()
            recorded += found.recorded
        return recorded

    def peek(self) -> Noticed:
        """Look at the landing zone once."""
        found = notice(self.warehouse, self.zone, self.registry, self.look, self.clock(), lambda _: None)
        self.look = found.look
        return found

    def load(self, feed: Feed) -> LoadOutcome:
        return load_delivery(
            self.warehouse, self.zone, self.client, feed, self.night, self.clock, self.roster, by=self.by
        )

    def deliver(self, feed: Feed, text: str) -> LoadOutcome:
        """Put, notice and load a file."""
        self.put(feed, text)
        self.notice()
        return self.load(feed)

    def deliver_all(self) -> None:
        self.deliver("eligibility", ELIGIBILITY)
        self.deliver("pharmacy_claim", PHARMACY)

    @property
    def models(self) -> tuple[str, ...]:
        return models_of(self.client.feeds)

    def build(self, results: Mapping[str, ModelResult] | None = None) -> BuildOutcome:
        """A build of every model; the marts get rows by hand."""
        with open_build(
            self.warehouse, self.client, self.night, self.models, self.clock, self.roster, by=self.by
        ) as build:
            self.fill_marts()
            good = {model: ModelResult(is_built=True, tests_passed=2) for model in self.models}
            return build.finish(results or good, self.clock())

    def fill_marts(self) -> None:
        """What dbt would leave in MARTS."""
        night = {"client_id": self.client.client_id, "business_date": self.night}
        month = f"{self.night:%Y-%m}"
        money = {"paid_amount": self.paid, "allowed_amount": self.paid}
        pmpm = {"claim_type": "pharmacy", "member_months": 2, "paid_pmpm": Decimal(self.paid) / 2, **money}
        drug = {"drug_code_type": "ndc", "drug_code": "1", "claims": 2, "members": 2, "quantity": 60, "days_supply": 60}
        rows: dict[str, Sequence[dict[str, Any]]] = {
            "member_months": [{"year_month": month, "payer": "Acme", "member_months": 2}],
            "pmpm": [{"year_month": month, **pmpm}],
            "pharmacy_spend": [{"year_month": month, **drug, **money}],
        }
        with self.warehouse.begin() as connection:
            for mart, content in rows.items():
                connection.execute(delete(mart_table(mart)).filter_by(**night))
                connection.execute(insert(mart_table(mart)), [{**night, **row} for row in content])

    def approve(self, analyst: str = INGRID, **more: Any) -> str:
        return self._sign("approved", analyst, None, **more)

    def reject(self, analyst: str = INGRID, reason: str = "totals look wrong") -> str:
        return self._sign("rejected", analyst, reason)

    def _sign(self, decision: Any, analyst: str, reason: str | None, **more: Any) -> str:
        return sign(
            self.warehouse,
            self.client,
            self.night,
            evidence_digest=evidence_of(self.warehouse, self.client, self.night).digest,
            decision=decision,
            signer=signer_of(analyst),
            roster=self.roster,
            reason=reason,
            now=self.clock(),
            **more,
        )

    def say(self, kind: Kind, email: str, subject: Mapping[str, Any], *, role: Role | None = None, **more: Any) -> str:
        """Record any signed statement about the night; returns its id."""
        now = self.clock()
        dates = more.pop("dates", (self.night, self.night))
        signed = signer_of(email).sign(
            kind,
            role or ROLES[email][0],
            self.client.client_id,
            dates,
            subject,
            **{"meaning": "as the test says", "reason": "as the test says", "made_at": now, **more},
        )
        with self.warehouse.begin() as connection:
            return record(connection, signed, self.roster, now)

    def release(self) -> ReleaseOutcome:
        return release_night(self.warehouse, self.client, self.night, self.clock(), self.roster, by="test")

    def facts(self) -> NightFacts:
        with self.warehouse.begin() as connection:
            return read_night(connection, self.client.client_id, self.night)

    def present(self) -> str | None:
        """The evidence digest of the present candidate."""
        candidate = self.facts().candidate
        return candidate.evidence_digest if candidate else None

    def status(self) -> NightStatus:
        return assess_night(self.client, self.facts(), self.roster, self.now)

    def visible(self, mart: str = "pmpm") -> list[dict[str, Any]]:
        """What the client sees of a mart."""
        with self.warehouse.begin() as connection:
            return [dict(row) for row in connection.execute(select(dashboard_view(mart))).mappings()]

    def entry(self, action: str) -> str:
        """The newest audit entry of an action, as its canonical text."""
        with self.warehouse.begin() as connection:
            newest = audit_entries.c.recorded_at.desc()
            return str(
                connection.execute(select(audit_entries.c.entry).filter_by(action=action).order_by(newest))
                .scalars()
                .first()
            )

    def actions(self) -> list[str]:
        """What the audit log records, in order."""
        with self.warehouse.begin() as connection:
            statement = select(audit_entries.c.action).order_by(audit_entries.c.recorded_at, audit_entries.c.entry_id)
            return list(connection.execute(statement).scalars())
