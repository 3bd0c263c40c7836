"""The transaction around a dbt build of one client night, and the candidate that comes out of it.

The night's lock is held from reading the inputs until the candidate is recorded, so that two builds of a
client night never interleave: dbt's delete and insert would double its rows.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, func, insert, select, update

from acme_assets.audit.canonical import digest
from acme_assets.audit.entry import SYSTEM, Action, Entry
from acme_assets.gates.evidence import (
    Core,
    DeliveryEvidence,
    Evidence,
    FileEvidence,
    MartEvidence,
    changes_since,
    has_core,
    summary_of,
)
from acme_assets.gates.terms import Night, night_of
from acme_assets.nights.facts import NightFacts
from acme_assets.nights.marts import GRAIN_OF_EVERY_MART, MARTS, marts_of
from acme_assets.nights.models import models_of, upstream_of
from acme_assets.nights.requirements import Unmet, require_inputs, require_upstream
from acme_assets.validation.results import SuiteResult
from acme_assets.warehouse.entries import write_entry
from acme_assets.warehouse.ledger import (
    candidates,
    client_nights,
    contract_results,
    deliveries,
    delivery_files,
    loads,
    model_builds,
)
from acme_assets.warehouse.mart_tables import mart_table
from acme_assets.warehouse.protocol import Warehouse
from acme_assets.warehouse.raw_tables import raw_table
from acme_assets.warehouse.reading import read_night
from acme_assets.warehouse.validating import record_suites, run_suites
from client_partitions.client import Client
from client_partitions.feeds import Feed
from client_partitions.people import Roster

LOCK_WAIT_SECONDS = 900


@dataclass
class ModelResult:
    """What dbt said of one model and its tests."""

    is_built: bool = False
    tests_passed: int = 0
    failures: list[str] = field(default_factory=list)
    """What failed: test names, or that the model itself did. Never a value."""

    @property
    def is_good(self) -> bool:
        """Built, and every test passed."""
        return self.is_built and not self.failures


@dataclass(frozen=True)
class BuildOutcome:
    """What a build left."""

    evidence_digest: str | None
    """The candidate's; None while a model is missing or failed."""
    is_new: bool
    """Whether this is another candidate than before the build."""
    failures: Mapping[str, str]
    """Model to what failed."""
    marts: Mapping[str, MartEvidence]
    suites: tuple[SuiteResult, ...] = ()
    """How the staging suites judged a new candidate."""


class Build:
    """One build under way. Made by `open_build`."""

    def __init__(
        self,
        warehouse: Warehouse,
        connection: Connection,
        night: Night,
        models: Sequence[str],
        by: str,
        started_at: datetime,
    ) -> None:
        self.inputs: Mapping[Feed, str] = night.facts.inputs
        """Feed to the delivery that this build reads."""
        self._warehouse = warehouse
        self._connection = connection
        self._night = night
        self._client = night.client
        self._facts = night.facts
        self._models = models
        self._by = by
        self._started_at = started_at

    def finish(self, results: Mapping[str, ModelResult], now: datetime) -> BuildOutcome:
        """Record what dbt did; once every model of the night is good, record the candidate."""
        night = {"client_id": self._client.client_id, "business_date": self._facts.business_date}
        failures = {}
        for model in self._models:
            result = results.get(model, ModelResult())
            reason = None if result.is_good else "; ".join(result.failures) or "dbt did not build it"
            if reason:
                failures[model] = reason
            _write_model(
                self._connection,
                {
                    **night,
                    "model": model,
                    "inputs_key": self._facts.inputs_key,
                    "state": "failed" if reason else "built",
                    "tests_passed": result.tests_passed,
                    "tests_failed": len(result.failures),
                    "reason": reason,
                    "started_at": self._started_at,
                    "state_at": now,
                },
            )
        self._connection.execute(update(client_nights).filter_by(**night).values(settled_at=None))
        if failures:
            self._entry("build_failed", {"models": failures}, now)
            return BuildOutcome(None, False, failures, {})
        after = read_night(self._connection, self._client.client_id, self._facts.business_date)
        wanted = models_of(self._client.feeds)
        if any(
            (fact := after.models.get(model)) is None
            or fact.state != "built"
            or fact.inputs_key != self._facts.inputs_key
            for model in wanted
        ):
            return BuildOutcome(None, False, {}, {})
        return self._record_candidate(now)

    def _record_candidate(self, now: datetime) -> BuildOutcome:
        core = self._core()
        before = self._facts.candidate
        if before and before.inputs_key == self._facts.inputs_key:
            stored = _stored_evidence(self._connection, before.evidence_digest)
            if stored and has_core(stored, core):
                self._settle_if_released(before.evidence_digest, now)
                return BuildOutcome(before.evidence_digest, False, {}, core.marts)
        suites = run_suites(
            self._warehouse, self._client, self._facts.business_date, "staging", subject=digest(core.body())
        )
        evidence = Evidence(core, suites, changes_since(self._signed_last(), core))
        self._write_candidate(evidence, now)
        return BuildOutcome(evidence.digest(), True, {}, core.marts, suites)

    def _write_candidate(self, evidence: Evidence, now: datetime) -> None:
        night = {"client_id": self._client.client_id, "business_date": self._facts.business_date}
        found = evidence.digest()
        marts, failed_suites, drift = summary_of(evidence.body())
        self._warehouse.insert_new(
            self._connection,
            candidates,
            {
                "evidence_digest": found,
                **night,
                "inputs_key": self._facts.inputs_key,
                "evidence": evidence.canonical(),
                "marts": json.dumps(marts),
                "failed_suites": json.dumps(failed_suites),
                "drift": None if drift is None else str(drift),
                "started_at": self._started_at,
                "built_at": now,
            },
        )
        subject = digest(evidence.core.body())
        record_suites(
            self._warehouse,
            self._connection,
            self._client.client_id,
            self._facts.business_date,
            subject,
            evidence.suites,
            now,
        )
        self._connection.execute(update(client_nights).filter_by(**night).values(candidate=found))
        self._settle_if_released(found, now)
        details = {
            "evidence_digest": found,
            "rows": {name: mart.rows for name, mart in evidence.core.marts.items()},
            "failed_suites": failed_suites,
        }
        self._entry("candidate_built", details, now)

    def _settle_if_released(self, evidence_digest: str, now: datetime) -> None:
        live = self._facts.live_release
        if live and live.evidence_digest == evidence_digest:
            night = {"client_id": self._client.client_id, "business_date": self._facts.business_date}
            self._connection.execute(update(client_nights).filter_by(**night).values(settled_at=now))

    def _core(self) -> Core:
        night = {"client_id": self._client.client_id, "business_date": self._facts.business_date}
        marts = {}
        for mart in marts_of(self._client.feeds):
            columns = [*GRAIN_OF_EVERY_MART, *MARTS[mart.name].columns]
            found = self._warehouse.digest(self._connection, mart_table(mart.name), columns, night)
            marts[mart.name] = MartEvidence(found.rows, found.sha256)
        tests = select(func.sum(model_builds.c.tests_passed)).filter_by(**night)
        return Core(
            self._client.client_id,
            self._facts.business_date,
            tuple(_delivery_evidence(self._connection, delivery_id) for delivery_id in self.inputs.values()),
            tuple(waiver.body() for waiver in self._night.waivers),
            tuple(override.body() for override in self._night.overrides),
            int(self._connection.execute(tests).scalar() or 0),
            marts,
        )

    def _signed_last(self) -> Mapping[str, Any] | None:
        """Stored evidence of the candidate that was approved last."""
        approved = [
            item
            for item in self._night.statements
            if item.kind == "sign_off" and item.subject.get("decision") == "approved"
        ]
        return _stored_evidence(self._connection, approved[-1].subject["evidence_digest"]) if approved else None

    def _entry(self, action: Action, details: Mapping[str, object], now: datetime) -> None:
        write_entry(
            self._connection,
            Entry(now, SYSTEM, action, self._client.client_id, self._facts.business_date, {**details, "by": self._by}),
        )


@contextmanager
def open_build(
    warehouse: Warehouse,
    client: Client,
    business_date: date,
    models: Sequence[str],
    clock: Callable[[], datetime],
    roster: Roster,
    *,
    by: str,
) -> Iterator[Build]:
    """Lock the client night, check what the models need, and mark them as being built.

    `by` says for the record which process acts.

    Leaving the block commits what `Build.finish` recorded. Where it raises, or the process dies, the
    models stay marked as being built from these inputs: no candidate, and the work is requested again.

    Raises:
        Unmet: a required feed is not loaded or covered by a live waiver or override, RAW does not hold what its
            load recorded, or an upstream model is not built from the present deliveries.
        NightBusy: another build went on for longer than the wait.
    """
    with warehouse.begin() as connection:
        warehouse.lock_night(connection, client.client_id, business_date, LOCK_WAIT_SECONDS)
        started_at = clock()
        night = night_of(client, read_night(connection, client.client_id, business_date), roster, started_at)
        facts = night.facts
        require_inputs(night.client, facts, tuple(models))
        _require_rows(connection, facts)
        require_upstream(facts, upstream_of(models, models_of(client.feeds)))
        with warehouse.begin() as fence:
            for model in models:
                _write_model(
                    fence,
                    {
                        "client_id": client.client_id,
                        "business_date": business_date,
                        "model": model,
                        "inputs_key": facts.inputs_key,
                        "state": "building",
                        "tests_passed": None,
                        "tests_failed": None,
                        "reason": None,
                        "started_at": started_at,
                        "state_at": started_at,
                    },
                )
        yield Build(warehouse, connection, night, models, by, started_at)


def _require_rows(connection: Connection, facts: NightFacts) -> None:
    """Check that RAW holds the rows that each load recorded: a dbt model would take none for an empty feed.

    Raises:
        Unmet: it does not.
    """
    for feed, delivery_id in facts.inputs.items():
        load = select(loads.c.lines_loaded).filter_by(delivery_id=delivery_id, client_id=facts.client_id, feed=feed)
        recorded = connection.execute(load).scalar()
        raw = raw_table(feed)
        lines = connection.execute(
            select(func.count()).select_from(raw).where(raw.c.delivery_id == delivery_id)
        ).scalar_one()
        if recorded is None or lines != recorded:
            said = "no load of it is on record" if recorded is None else f"its load recorded {recorded:,}"
            raise Unmet(
                f"{facts.client_id} {facts.business_date} cannot be built: RAW has {lines:,} rows of {feed} delivery "
                f"{delivery_id[:12]}, and {said}; see: acme retention log, acme audit verify"
            )


def _stored_evidence(connection: Connection, evidence_digest: str) -> Mapping[str, Any] | None:
    text = connection.execute(select(candidates.c.evidence).filter_by(evidence_digest=evidence_digest)).scalar()
    if text is None:
        return None
    stored: Mapping[str, Any] = json.loads(text)
    return stored if digest(stored) == evidence_digest else None


def _write_model(connection: Connection, row: Mapping[str, object]) -> None:
    keys = {name: row[name] for name in ("client_id", "business_date", "model")}
    connection.execute(delete(model_builds).filter_by(**keys))
    connection.execute(insert(model_builds).values(**row))


def _delivery_evidence(connection: Connection, delivery_id: str) -> DeliveryEvidence:
    delivery = connection.execute(select(deliveries).filter_by(delivery_id=delivery_id)).mappings().one()
    files = connection.execute(select(delivery_files).filter_by(delivery_id=delivery_id)).mappings()
    rules = connection.execute(select(contract_results).filter_by(delivery_id=delivery_id)).mappings()
    return DeliveryEvidence(
        delivery["feed"],
        delivery_id,
        delivery["content_hash"],
        tuple(FileEvidence(**{name: file[name] for name in FileEvidence.__dataclass_fields__}) for file in files),
        {f"{rule['rule']} ({rule['column_name']})": rule["rows_failed"] for rule in rules},
    )
