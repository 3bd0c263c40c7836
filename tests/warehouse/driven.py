"""A client night that is driven at random: what may happen to it, and what every such action needs."""

import hashlib
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, timedelta
from pathlib import Path
from typing import Any, ClassVar

import pytest
from hypothesis import strategies as st
from sqlalchemy import select, text

from acme_assets.environment import Platform
from acme_assets.gates.statement import Signer
from acme_assets.nights.facts import NightFacts
from acme_assets.nights.requirements import Unmet
from acme_assets.warehouse.ledger import statements
from acme_assets.warehouse.loading import load_delivery
from acme_assets.warehouse.postgres import PostgresWarehouse
from acme_assets.warehouse.releasing import GateClosed
from acme_assets.warehouse.signing import NotSigned, record
from client_partitions.people import Roster, RosterKey, RosterPerson
from tests.databases import Databases
from tests.warehouse.night_model import Colleague, NightModel, plainly_signed, said_of
from tests.world import (
    DELE,
    ELIGIBILITY,
    INGRID,
    KEYS,
    NIGHT,
    ROLES,
    SERVICE,
    World,
    client_data,
    made_up_key,
    make_client,
)

CHIEF, RITA = "chief@acme.example", "rita@acme.example"
"""Two analysts who never leave and have a hand in nothing."""

ANALYSTS = (INGRID, DELE, CHIEF, RITA)

TRACED = ("ops", "published", "raw", "quarantine")
"""Schemas in which what failed leaves nothing."""


class Killed(BaseException):
    """The process died."""


def die(*_: Any, **__: Any) -> None:
    raise Killed


@dataclass(frozen=True)
class Action:
    """Something that may happen next."""

    name: str
    weight: int
    when: Callable[[Any], Any]
    draws: Mapping[str, Any]
    """Argument to the strategy that makes it, or to a function of the night that gives one."""

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(self.name)

    def happens(self, night: "DrivenNight", data: st.DataObject) -> None:
        drawn = {
            name: data.draw(make if isinstance(make, st.SearchStrategy) else make(night), label=name)
            for name, make in self.draws.items()
        }
        night.count(self.name)
        getattr(night, self.name)(**drawn)


ACTIONS: list[Action] = []


def action(weight: int = 2, when: Callable[[Any], Any] = lambda night: True, **draws: Any) -> Callable[[Any], Any]:
    """A method that may be what happens next."""

    def declare(method: Any) -> Any:
        ACTIONS.append(Action(method.__name__, weight, when, draws))
        return method

    return declare


class DrivenNight:
    """One client night with everybody who deals with it: the real thing, and the model of it."""

    databases: ClassVar[Databases]
    patch: ClassVar[pytest.MonkeyPatch]
    verdict: ClassVar[dict[str, Any]] = {}
    """What the suites say."""
    done: ClassVar[Counter[str]] = Counter()
    """What was done how often, over all nights."""

    def __init__(self) -> None:
        super().__init__()
        self.url = self.databases.take()
        self.folder = tempfile.TemporaryDirectory()
        self.warehouse = PostgresWarehouse(self.url, pooled=True)
        self.world = World(self.warehouse, Path(self.folder.name))
        self.model = NightModel({}, frozenset())
        self.last = ""
        """What was done last."""
        self.forged: set[str] = set()
        self.heard: set[str] = set()
        self.new_candidates = 0
        """How many builds said that theirs is a new one."""
        self.edited: dict[str, Callable[[], Any]] = {}
        """What was edited by hand so that nothing may be released until it is put right, and how it is."""

    def close(self) -> None:
        self.warehouse._engine.dispose()
        self.databases.give_back(self.url)
        self.folder.cleanup()

    def count(self, what: str) -> None:
        type(self).done[what] += 1
        self.last = what

    # --- who and what there is

    def set_up(self, signatures: int, is_automatic: bool) -> None:
        """The client's policy, the people, and the night before, which a waiver may carry forward."""
        policy: dict[str, Any] = {"required_signatures": signatures}
        if is_automatic:
            policy["auto_approve"] = {"max_drift": 0.1}
        owners = client_data()["owners"] | {"qa": [{"name": who, "email": who} for who in ANALYSTS]}
        self.world.client = make_client(owners=owners, qa=policy)
        people = {email: Colleague(frozenset(roles), [KEYS[email]]) for email, roles in ROLES.items()}
        people[DELE].roles |= {"engineering"}
        people[INGRID].roles |= {"on_call"}
        people |= {who: Colleague(frozenset({"qa"}), [made_up_key(who)]) for who in (CHIEF, RITA)}
        self.model = NightModel(people, frozenset(ANALYSTS), signatures, is_automatic)
        type(self).verdict = {}
        self.write_roster()
        self._deliver_the_night_before()

    def _deliver_the_night_before(self) -> None:
        before, world = NIGHT - timedelta(days=1), self.world
        path = world.put("eligibility", ELIGIBILITY)
        older = path.parent.parent / before.isoformat() / path.name
        older.parent.mkdir()
        path.rename(older)
        (recorded,) = world.notice()
        load_delivery(
            self.warehouse, world.zone, world.client, "eligibility", before, world.clock, world.roster, by="test"
        )
        self.model.carried = {"eligibility": recorded.delivery_id}

    def write_roster(self) -> None:
        """people.yaml, as the model has the people."""
        people = {}
        for email, person in self.model.people.items():
            status = {"status": "retired", "retired": person.retired} if person.retired else {}
            keys = [RosterKey(public=key.public.text, revoked=person.revoked.get(key.public.key_id))
                    for key in person.keys]  # fmt: skip
            people[email] = RosterPerson.model_validate(
                {"name": email, "email": email, "roles": tuple(sorted(person.roles)), "keys": keys, **status}
            )
        self.world.roster = Roster(people)

    def signer(self, email: str) -> Signer:
        return Signer(email, self.model.people[email].key)

    def role(self, email: str) -> Any:
        """What somebody mostly does."""
        return sorted(self.model.people[email].roles - {"qa"} or {"qa"})[0]

    def platform(self) -> Platform:
        return replace(self.world.platform(), service=lambda: self.signer(SERVICE))

    def today(self) -> date:
        return self.world.now.astimezone(UTC).date()

    def facts(self) -> NightFacts:
        return self.world.facts()

    def present(self) -> str | None:
        """What the ledger says is the candidate."""
        candidate = self.facts().candidate
        return candidate.evidence_digest if candidate else None

    def lives(self) -> str | None:
        """The evidence digest of what the client sees."""
        live = self.facts().live_release
        return live.evidence_digest if live else None

    def of_kind(self, kind: str) -> list[str]:
        return [key for key, said in self.model.said.items() if said.kind == kind]

    def judged_as_of(self) -> list[Any]:
        """The moment of the release that stands, while nothing changed since: its night is judged as of then."""
        live, digest = self.facts().live_release, self.model.candidate
        if live is None or digest is None or live.evidence_digest != digest:
            return []
        return [live.released_at] if self.model.built[digest].inputs == self.model.inputs(live.released_at) else []

    # --- traces

    def rows(self, *but: str) -> list[tuple[Any, ...]]:
        """Numbers that stand for every row of every table, but of these."""
        tables = text("SELECT schemaname || '.' || tablename FROM pg_tables WHERE schemaname = ANY(:schemas)")
        with self.warehouse.begin() as connection:
            names = sorted(set(connection.execute(tables, {"schemas": list(TRACED)}).scalars()) - set(but))
            each = (f"SELECT '{name}', count(*), sum(hashtextextended(t::text, 0)) FROM {name} t" for name in names)
            return [tuple(row) for row in connection.execute(text(" UNION ALL ".join(each)))]

    @contextmanager
    def traceless(self, *but: str) -> Iterator[list[BaseException]]:
        """What is refused or dies in the block leaves no trace; the list holds what was raised."""
        raised: list[BaseException] = []
        before = self.rows(*but)
        try:
            yield raised
        except (NotSigned, GateClosed, Unmet, Killed) as error:
            raised.append(error)
        assert not raised or self.rows(*but) == before, f"{raised} left a trace"

    # --- statements

    def say(self, kind: Any, who: str, role: Any, subject: Mapping[str, Any], hours: int | None = None) -> str | None:
        """Somebody signs a statement; its id, where it was recorded."""
        now = self.world.clock()
        expires_at = now + timedelta(hours=hours) if hours else None
        said = self.signer(who).sign(kind, role, "tiny_health", (NIGHT, NIGHT), subject, meaning="as I say",
                                     reason="as I say", made_at=now, expires_at=expires_at)  # fmt: skip
        with self.traceless() as raised, self.warehouse.begin() as connection:
            record(connection, said, self.world.roster, now)
        self.listen()
        return None if raised else said.statement.statement_id

    def listen(self) -> None:
        """Every statement that was recorded since: signed by its signer's key, and the model hears of it."""
        with self.warehouse.begin() as connection:
            rows = connection.execute(select(statements).order_by("recorded_at", "statement_id")).mappings().all()
        for row in rows:
            key = row["statement_id"]
            if key in self.heard | self.forged:
                continue
            said = said_of(row["statement"])
            assert hashlib.sha256(row["statement"].encode()).hexdigest() == key
            public = {item.public.key_id: item.public.text for item in self.model.people[said.signer].keys}
            assert plainly_signed(row["statement"], row["signature"], public[said.key_id])
            self.heard.add(key)
            self.model.hear(key, said)
