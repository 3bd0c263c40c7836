"""What the ledger would hold of a simulated night at a moment, as everything that causes are found from.

It replays the night's log up to the moment and sees nothing of it that lies later. Signatures are real ones, by keys
made up here: the gate is the real one, and opens to nothing less.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cached_property
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from acme_assets.alerts.files import AT_RISK
from acme_assets.alerts.known import Known, KnownNight
from acme_assets.audit.signing import SigningKey
from acme_assets.gates.decision import decide
from acme_assets.gates.statement import Kind as StatementKind
from acme_assets.gates.statement import Signed, Signer
from acme_assets.gates.terms import Night, night_of
from acme_assets.nights.facts import (
    CandidateFact,
    DeliveryFact,
    NightFacts,
    ReleaseFact,
    Stage,
    StatementFact,
    StuckFact,
)
from acme_assets.nights.marts import marts_of
from acme_assets.nights.status import NightStatus, assess, build_key, load_key, release_key
from acme_assets.simulation.sla_habits import Habits
from acme_assets.simulation.sla_log import Event, Kind, SimulatedNight
from acme_assets.sla.ahead import ahead_of
from acme_assets.sla.forecast import forecast
from acme_assets.sla.history import History
from acme_assets.sla.result import NightForecast
from acme_assets.sla.summary import NightSummary
from client_partitions.client import AutoApproval, Client, QaPolicy
from client_partitions.feeds import Feed
from client_partitions.people import Role, Roster, RosterKey, load_roster
from client_partitions.registry import Registry

SERVICE, NOOR = "service@acmehealth.example.com", "noor.haddad@acmehealth.example.com"
_MINUTE, _NO_DRIFT = timedelta(minutes=1), Decimal(0)


@dataclass(frozen=True)
class People:
    """Those of people.yaml, with keys at hand that are the same in every run."""

    roster: Roster
    keys: Mapping[str, SigningKey]

    @classmethod
    def made_up(cls, roster: Roster | None = None) -> "People":
        """With a key for each."""
        known = (roster or load_roster()).people
        seeds = {email: sha256(f"simulated {email}".encode()).digest() for email in known}
        keys = {email: SigningKey(Ed25519PrivateKey.from_private_bytes(seed)) for email, seed in seeds.items()}
        people = {
            email: person.model_copy(update={"keys": (RosterKey(public=keys[email].public.text),)})
            for email, person in known.items()
        }
        return cls(Roster(people), keys)


@dataclass(frozen=True)
class Trouble:
    """Work that is stuck for a while: what no log of a simulated night holds."""

    client_id: str
    stage: Stage
    begins: datetime
    ends: datetime
    reason: str
    feed: Feed | None = None


@dataclass
class Replay:
    """A simulated night, told moment by moment."""

    night: SimulatedNight
    people: People
    history: History
    troubles: Sequence[Trouble] = ()
    rules: Mapping[tuple[str, Feed], str] = field(default_factory=dict)
    """Of a quarantined delivery: the contract's rule that most of its rows fail."""
    suites: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Client id to the names of the suites that fail on its candidate."""
    samples: int = 500
    """Of a forecast: enough to tell a page from none, and a quarter of the time."""
    _risky: dict[str, datetime] = field(default_factory=dict, init=False)
    _signed: dict[tuple[object, ...], StatementFact] = field(default_factory=dict, init=False)

    @cached_property
    def clients(self) -> dict[str, Client]:
        """By id, each with the QA policy that its simulated ways are of."""
        return {habits.client.client_id: _with_policy(habits) for habits in self.night.habits}

    def known(self, now: datetime) -> Known:
        """All that would be known."""
        assessed = [self._assessed(client, now) for client in self.clients.values() if self._owes(client)]
        ahead = [ahead_of(night, status) for night, status in assessed if status.state != "released"]
        made = forecast(ahead, self.history, now, desk=self.night.desk, samples=self.samples) if ahead else []
        forecasts = {item.client_id: item for item in made}
        self._note_risks(forecasts, now)
        return Known(
            now,
            Registry(self.clients, {}),
            self.people.roster,
            self.night.desk,
            tuple(
                KnownNight(night, status, forecasts.get(status.client_id), self._risky.get(status.client_id))
                for night, status in assessed
            ),
            leading_rules={_id(client_id, feed, 1): rule for (client_id, feed), rule in self.rules.items()},
            last_landed=self._last_landed(now),
            last_signature=self._last_signature(now),
        )

    def _note_risks(self, forecasts: Mapping[str, NightForecast], now: datetime) -> None:
        """Since when each deadline is at risk without a break: moments are told in order."""
        risky = {key for key, item in forecasts.items() if item.p_miss > AT_RISK}
        self._risky = {key: self._risky.get(key, now) for key in risky}

    def _owes(self, client: Client) -> bool:
        return bool(client.feeds_owed(self.night.business_date))

    def _assessed(self, client: Client, now: datetime) -> tuple[Night, NightStatus]:
        facts = self.facts(client, now)
        night = night_of(client, facts, self.people.roster, now)
        return night, assess(night.client, night.facts, decide(night), now)

    def _events(self, client_id: str, now: datetime) -> list[Event]:
        return [event for event in self.night.logs.get(client_id, ()) if self._at(event.at) <= now]

    def _at(self, minutes: float) -> datetime:
        return self.night.start + minutes * _MINUTE

    def _last_landed(self, now: datetime) -> dict[str, datetime]:
        found = {}
        for client_id in self.clients:
            seen = [event.landed for event in self._events(client_id, now) if event.kind is Kind.SEEN]
            if seen:
                found[client_id] = self._at(max(seen))
        return found

    def _last_signature(self, now: datetime) -> datetime | None:
        judged = (Kind.SIGNED, Kind.REJECTED)
        every = [event.at for key in self.clients for event in self._events(key, now) if event.kind in judged]
        return self._at(max(every)) if every else None

    def facts(self, client: Client, now: datetime) -> NightFacts:
        """The ledger's facts of one client night at a moment."""
        facts = NightFacts(client.client_id, self.night.business_date)
        for event in self._events(client.client_id, now):
            facts = self._apply(client, facts, event)
        return self._with_troubles(client, facts, now)

    def _apply(self, client: Client, facts: NightFacts, event: Event) -> NightFacts:
        at, feed = self._at(event.at), event.feed
        match event.kind:
            case Kind.SEEN if feed is not None:
                return replace(facts, deliveries={**facts.deliveries, feed: self._delivery(facts, feed, event, at)})
            case Kind.LOADED if feed is not None:
                loaded = replace(
                    facts.deliveries[feed], state="loaded", state_at=at, rows_loaded=1000, rows_quarantined=0
                )
                return replace(facts, deliveries={**facts.deliveries, feed: loaded})
            case Kind.QUARANTINED if feed is not None:
                bad = replace(
                    facts.deliveries[feed], state="quarantined", state_at=at, reason="too many rows fail the contract"
                )
                return replace(facts, deliveries={**facts.deliveries, feed: bad})
            case Kind.BUILT:
                return replace(facts, candidate=self._candidate(client, facts, event, at))
            case Kind.SIGNED | Kind.REJECTED:
                return self._with_sign_off(client, facts, event, at)
            case Kind.GATE_OPENED if not any(item.kind == "sign_off" for item in facts.statements):
                return self._with_sign_off(client, facts, replace(event, kind=Kind.SIGNED, who=SERVICE), at)
            case Kind.ASKED | Kind.ACKNOWLEDGED if feed is not None:
                return self._with_exception(client, facts, event, feed, at)
            case Kind.RELEASED if facts.candidate is not None:
                release = ReleaseFact(
                    sha256(client.client_id.encode()).hexdigest()[:32], facts.candidate.evidence_digest, at
                )
                return replace(facts, live_release=release, releases=(release,))
        return facts

    def _delivery(self, facts: NightFacts, feed: Feed, event: Event, at: datetime) -> DeliveryFact:
        before = facts.deliveries.get(feed)
        version = 1 if before is None else int(before.delivery_id[-1]) + 1
        return DeliveryFact(
            _id(facts.client_id, feed, version), feed, "arrived", None, at, at,
            bytes=event.bytes, landed_at=self._at(event.landed),
        )  # fmt: skip

    def _candidate(self, client: Client, facts: NightFacts, event: Event, at: datetime) -> CandidateFact:
        """Its inputs are those under the night's waivers, as a build sees them."""
        under = night_of(client, facts, self.people.roster, at).facts
        marts = tuple(mart.name for mart in marts_of(client.feeds))
        failed = self.suites.get(client.client_id, ("totals",)) if event.failed_suites else ()
        digest = sha256(f"{facts.client_id} {facts.business_date} {at.isoformat()}".encode()).hexdigest()
        return CandidateFact(digest, under.inputs_key, at, marts, failed, _NO_DRIFT)

    def _with_sign_off(self, client: Client, facts: NightFacts, event: Event, at: datetime) -> NightFacts:
        if facts.candidate is None:
            return facts
        approves = event.kind is Kind.SIGNED
        subject = {
            "evidence_digest": facts.candidate.evidence_digest,
            "decision": "approved" if approves else "rejected",
            "marts": list(facts.candidate.marts),
            "acknowledged_failures": list(facts.candidate.failed_suites) if approves else [],
            "answers": sorted(item.statement_id for item in facts.statements if item.kind == "sign_off")
            if approves
            else [],
        }
        who = event.who or SERVICE
        return self._say(client, facts, "sign_off", who, "service" if who == SERVICE else "qa", subject, at)

    def _with_exception(self, client: Client, facts: NightFacts, event: Event, feed: Feed, at: datetime) -> NightFacts:
        if event.kind is Kind.ASKED:
            subject = {"exception": "may_be_missing", "feed": feed}
            return self._say(client, facts, "exception_request", NOOR, "client_success", subject, at)
        asked = [item.statement_id for item in facts.statements if item.kind == "exception_request"]
        subject = {
            "request_id": asked[-1] if asked else "",
            "contact": client.owners.client.email,
            "reference": "a made-up message",
            "via": "link",
        }
        return self._say(client, facts, "acknowledgement", SERVICE, "service", subject, at)

    def _say(
        self,
        client: Client,
        facts: NightFacts,
        kind: StatementKind,
        who: str,
        role: Role,
        subject: Mapping[str, object],
        at: datetime,
    ) -> NightFacts:
        """Signing takes a while, and a night is replayed hundreds of times: each statement is made once."""
        key = (client.client_id, kind, who, at)
        if key not in self._signed:
            night = (facts.business_date, facts.business_date)
            said = Signer(who, self.people.keys[who]).sign(
                kind, role, client.client_id, night, subject, meaning="simulated", reason="simulated", made_at=at
            )
            self._signed[key] = _fact(said)
        return replace(facts, statements=(*facts.statements, self._signed[key]))

    def _with_troubles(self, client: Client, facts: NightFacts, now: datetime) -> NightFacts:
        stuck: dict[str, StuckFact] = {}
        for item in self.troubles:
            if item.client_id != client.client_id or not item.begins <= now < item.ends:
                continue
            if key := self._work_key(client, facts, item, now):
                stuck[key] = StuckFact(key, item.stage, item.reason, item.begins)
        return replace(facts, stuck=stuck) if stuck else facts

    def _work_key(self, client: Client, facts: NightFacts, item: Trouble, now: datetime) -> str | None:
        if item.stage == "load":
            delivery = facts.deliveries.get(item.feed) if item.feed else None
            return load_key(delivery) if delivery else None
        night = night_of(client, facts, self.people.roster, now)
        if item.stage == "build":
            return build_key(night.facts)
        gate = decide(night)
        return release_key(night.facts, gate) if gate.is_open else None


def _with_policy(habits: Habits) -> Client:
    automatic = AutoApproval(max_drift=1.0) if habits.is_automatic else None
    return habits.client.model_copy(
        update={"qa": QaPolicy(required_signatures=habits.signatures, auto_approve=automatic)}
    )


def _id(client_id: str, feed: Feed, version: int) -> str:
    return f"{sha256(f'{client_id} {feed}'.encode()).hexdigest()[:40]}{version}"


def _fact(said: Signed) -> StatementFact:
    item = said.statement
    return StatementFact(
        item.statement_id, item.kind, item.client_id, item.first_date, item.last_date, item.signer, item.canonical(),
        said.signature, is_recorded=True,
    )  # fmt: skip


def learn(nights: Sequence[SimulatedNight]) -> History:
    """What nights that are over teach."""
    from acme_assets.simulation.sla_shown import summaries

    found: dict[date, list[NightSummary]] = defaultdict(list)
    for night in nights:
        found[night.business_date] += summaries(night)
    return History.of([summary for day in sorted(found) for summary in found[day]])
