"""The transaction around a dbt build of one client night, and the candidate that comes out of it.

The night's lock is held from reading the inputs until the candidate is recorded, so that two builds of a
client night never interleave: dbt's delete and insert would double its rows.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date, datetime

from sqlalchemy import Connection, delete, func, insert, select, update

from acme_assets.audit.entry import SYSTEM, Action, Entry
from acme_assets.gates.evidence import DeliveryEvidence, Evidence, FileEvidence, MartEvidence
from acme_assets.nights.facts import NightFacts
from acme_assets.nights.marts import GRAIN_OF_EVERY_MART, MARTS, marts_of
from acme_assets.nights.models import models_of, upstream_of
from acme_assets.nights.requirements import require_inputs, require_upstream
from acme_assets.warehouse.entries import write_entry
from acme_assets.warehouse.ledger import (
    candidates,
    client_nights,
    contract_results,
    deliveries,
    delivery_files,
    model_builds,
)
from acme_assets.warehouse.mart_tables import mart_table
from acme_assets.warehouse.protocol import Warehouse
from acme_assets.warehouse.reading import read_night
from client_partitions.client import Client
from client_partitions.feeds import Feed

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


class Build:
    """One build under way. Made by `open_build`."""

    def __init__(
        self, warehouse: Warehouse, connection: Connection, client: Client, facts: NightFacts, models: Sequence[str]
    ) -> None:
        self.inputs: Mapping[Feed, str] = facts.inputs
        """Feed to the delivery that this build reads."""
        self._warehouse = warehouse
        self._connection = connection
        self._client = client
        self._facts = facts
        self._models = models

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
                    "state_at": now,
                },
            )
        self._connection.execute(update(client_nights).filter_by(**night).values(settled=False))
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
        evidence = self._evidence()
        digest = evidence.digest()
        night = {"client_id": self._client.client_id, "business_date": self._facts.business_date}
        self._warehouse.insert_new(
            self._connection,
            candidates,
            {
                "evidence_digest": digest,
                **night,
                "inputs_key": self._facts.inputs_key,
                "evidence": evidence.canonical(),
                "built_at": now,
            },
        )
        before = self._facts.candidate
        is_new = before is None or before.evidence_digest != digest
        live = self._facts.live_release
        if live and live.evidence_digest == digest:
            self._connection.execute(update(client_nights).filter_by(**night).values(settled=True))
        if is_new:
            self._connection.execute(update(client_nights).filter_by(**night).values(candidate=digest))
            rows = {name: mart.rows for name, mart in evidence.marts.items()}
            self._entry("candidate_built", {"evidence_digest": digest, "rows": rows}, now)
        return BuildOutcome(digest, is_new, {}, evidence.marts)

    def _evidence(self) -> Evidence:
        night = {"client_id": self._client.client_id, "business_date": self._facts.business_date}
        marts = {}
        for mart in marts_of(self._client.feeds):
            columns = [*GRAIN_OF_EVERY_MART, *MARTS[mart.name].columns]
            found = self._warehouse.digest(self._connection, mart_table(mart.name), columns, night)
            marts[mart.name] = MartEvidence(found.rows, found.sha256)
        tests = select(func.sum(model_builds.c.tests_passed)).filter_by(**night)
        return Evidence(
            self._client.client_id,
            self._facts.business_date,
            tuple(_delivery_evidence(self._connection, delivery_id) for delivery_id in self.inputs.values()),
            int(self._connection.execute(tests).scalar() or 0),
            marts,
        )

    def _entry(self, action: Action, details: Mapping[str, object], now: datetime) -> None:
        write_entry(
            self._connection,
            Entry(now, SYSTEM, action, self._client.client_id, self._facts.business_date, details),
        )


@contextmanager
def open_build(
    warehouse: Warehouse, client: Client, business_date: date, models: Sequence[str], clock: Callable[[], datetime]
) -> Iterator[Build]:
    """Lock the client night, check what the models need, and mark them as being built.

    Leaving the block commits what `Build.finish` recorded. Where it raises, or the process dies, the
    models stay marked as being built from these inputs: no candidate, and the work is requested again.

    Raises:
        Unmet: a required feed is not loaded, or an upstream model is not built from the present deliveries.
        NightBusy: another build went on for longer than the wait.
    """
    with warehouse.begin() as connection:
        warehouse.lock_night(connection, client.client_id, business_date, LOCK_WAIT_SECONDS)
        facts = read_night(connection, client.client_id, business_date)
        require_inputs(client, facts, tuple(models))
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
                        "state_at": clock(),
                    },
                )
        yield Build(warehouse, connection, client, facts, models)


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
