"""A client night driven at random, by people who may and who may not, processes that die and rows edited by hand.

After each step the tables are compared with `night_model.NightModel`. `make soak` drives it for longer.
"""

import hashlib
import json
import os
import random
from collections import Counter
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import seed as seeded
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import Connection, RowMapping, select

from acme_assets.gatekeeper.duties import Gatekeeper
from acme_assets.nights.marts import GRAIN_OF_EVERY_MART
from acme_assets.nights.marts import MARTS as DECLARED
from acme_assets.warehouse.ledger import audit_entries, candidates, client_nights, releases
from acme_assets.warehouse.mart_tables import dashboard_view, published_table
from tests.databases import Databases
from tests.warehouse.by_hand import verdict
from tests.warehouse.driven import ACTIONS, action
from tests.warehouse.driven_by_hand import CANDIDATE, ByHand
from tests.warehouse.driven_people import People
from tests.warehouse.driven_work import CONTENT, MARTS, Work
from tests.warehouse.night_model import digest_of_rows
from tests.world import NIGHT

NIGHTS = int(os.environ.get("ACME_SOAK_EXAMPLES", "6"))
STEPS = 60
EDITS = (None, None, *CANDIDATE)
"""What is edited of a signed candidate: its rows, or what the ledger says of it."""


class ClientNight(Work, People, ByHand, RuleBasedStateMachine):
    """One client night, everybody who deals with it, and what must hold after each step."""

    def __init__(self) -> None:
        super().__init__()
        self.entries: dict[str, dict[str, Any]] = {}
        self.published: dict[tuple[str, str], list[tuple[Any, ...]]] = {}
        """Release and mart to the rows that were published."""

    @initialize(
        policy=st.sampled_from(((1, False), (1, False), (2, False), (1, True))),
        is_ready=st.sampled_from((False, True, True)),
    )
    def begins(self, policy: tuple[int, bool], is_ready: bool) -> None:
        self.set_up(*policy)
        if is_ready:
            self.what_is_owed_comes()
            self.what_is_due_is_done()

    @rule(data=st.data())
    def next_thing(self, data: st.DataObject) -> None:
        """One rule for all actions: of several, hypothesis leaves many out of each night."""
        may_happen = [item for item in ACTIONS for _ in range(item.weight) if item.when(self)]
        data.draw(st.sampled_from(may_happen), label="what").happens(self, data)
        self.count("steps")

    def teardown(self) -> None:
        try:
            if self.model.people:
                self.an_honest_end()
        finally:
            self.close()

    # --- what must hold

    @invariant()
    def everything_is_as_the_model_has_it(self) -> None:
        if not self.model.people:
            return
        self.listen()
        with self.warehouse.begin() as connection:
            live = connection.execute(select(client_nights.c.live_release).filter_by(business_date=NIGHT)).scalar()
            made = connection.execute(select(releases).order_by("released_at")).mappings().all()
            for release in made:
                if release["release_id"] not in self.model.releases:
                    self.check_release(connection, release)
            self.check_view(connection, live)
            self.check_record(connection, {release["release_id"] for release in made})
        status = self.world.status()
        assert status.blocked_by is None or status.blocked_by.reason

    def check_release(self, connection: Connection, release: RowMapping) -> None:
        """Invariants 1 and 2: people with a right to it approved these very rows, which are of the present inputs."""
        at, digest = release["released_at"], release["evidence_digest"]
        assert not self.edited, f"released, though {[*self.edited]} was edited by hand"
        assert digest == self.model.candidate
        assert self.model.why_unreleased(at) is None
        approvals = json.loads(release["sign_off_ids"])
        for approval in approvals:
            said = self.model.said[approval]
            assert (said.approves, said.subject["evidence_digest"]) == (True, digest)
            assert self.model.in_force(approval, at)
        stored = connection.execute(select(candidates.c.evidence).filter_by(evidence_digest=digest)).scalar_one()
        assert hashlib.sha256(stored.encode()).hexdigest() == digest
        signed = {name: (mart["rows"], mart["sha256"]) for name, mart in json.loads(stored)["marts"].items()}
        for mart in MARTS:
            table = published_table(mart)
            columns = [table.c[name] for name in (*GRAIN_OF_EVERY_MART, *DECLARED[mart].columns)]
            rows = connection.execute(select(*columns).filter_by(release_id=release["release_id"])).all()
            self.published[release["release_id"], mart] = sorted(map(tuple, rows))
        found = {mart: digest_of_rows(self.published[release["release_id"], mart]) for mart in MARTS}
        assert found == signed
        assert approvals
        assert release["rows_released"] == sum(rows for rows, _ in found.values())
        self.model.releases[release["release_id"]] = (digest, approvals)
        self.count("released")

    def check_view(self, connection: Connection, live: str | None) -> None:
        """The client sees one whole release, or nothing."""
        assert live is None or live in self.model.releases
        for mart in MARTS:
            seen = sorted(map(tuple, connection.execute(select(dashboard_view(mart)))))
            assert seen == (self.published[live, mart] if live else [])

    def check_record(self, connection: Connection, made: set[str]) -> None:
        """Invariant 6: each statement, release, withdrawal and candidate has its entry, and there are no others."""
        known = audit_entries.c.entry_id.not_in(list(self.entries))
        for row in connection.execute(select(audit_entries).where(known)).mappings():
            assert hashlib.sha256(row["entry"].encode()).hexdigest() == row["entry_id"]
            self.entries[row["entry_id"]] = json.loads(row["entry"])
        named = [(item["action"], item["details"]) for item in self.entries.values()]
        assert Counter(details["statement_id"] for _, details in named if "statement_id" in details) == Counter(
            self.model.said.keys()
        )
        assert Counter(details["release_id"] for what, details in named if what == "released") == Counter(made)
        built = [details["evidence_digest"] for what, details in named if what == "candidate_built"]
        assert set(built) == set(connection.execute(select(candidates.c.evidence_digest)).scalars())
        assert len(built) == self.new_candidates
        for what, details in named:
            assert what != "release_withdrawn" or self.model.said[details["withdrawal_id"]].kind == "withdrawal"

    # --- the honest way

    @action(8)
    def an_honest_hour(self) -> None:
        """What is owed comes, is built, approved and looked at; whether it is released is for the model to say."""
        self.it_is_put_right()
        self.what_is_owed_comes()
        self.what_is_due_is_done()
        if self.present():
            self.the_chiefs_approve()
        self.the_gate_is_asked("gatekeeper")

    @action(6, paid=st.integers(1, 9), how=st.sampled_from(EDITS), by=st.sampled_from(("run", "gatekeeper")))
    def an_open_gate_is_attacked(self, paid: int, how: str | None, by: str) -> None:
        """A new candidate is signed by two who may; one thing is edited by hand, just before the gate is asked."""
        self.it_is_put_right()
        self.what_is_owed_comes()
        self.what_is_due_is_done()
        if self.present() is None:
            return
        self.the_night_is_built("other rows", paid)
        self.the_chiefs_approve()
        if how is None:
            self.somebody_changes_a_mart()
        else:
            self.somebody_edits_the_candidate(how)
        self.the_gate_is_asked(by)

    def an_honest_end(self) -> None:
        """From wherever the night is: put right, delivered anew, built, approved by two who may, released and seen."""
        self.it_is_put_right()
        for feed in CONTENT:
            speaks = self.model.delivered.get(feed)
            is_first = speaks is not None and speaks.delivery_id == self.ids.get((feed, 0))
            self.a_file_comes(feed, 1 if is_first else 0)
        self.what_is_due_is_done()
        self.everything_is_as_the_model_has_it()
        self.the_chiefs_approve()
        Gatekeeper(self.platform()).look()
        self.everything_is_as_the_model_has_it()
        assert self.world.status().state == "released", self.world.status()
        assert self.lives() == self.model.candidate
        before = self.rows()
        assert self.world.release().is_repeat
        assert self.rows() == before
        self.count("honest end")


def test_a_night_driven_at_random(
    databases: Databases, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    is_soak = "ACME_SOAK_EXAMPLES" in os.environ
    seed = int(os.environ.get("ACME_SOAK_SEED", random.randrange(2**32) if is_soak else 0))
    ClientNight.databases, ClientNight.patch = databases, monkeypatch
    ClientNight.done.clear()
    monkeypatch.setattr("acme_assets.warehouse.building.run_suites", lambda *_, **__: verdict(**ClientNight.verdict))
    with capsys.disabled():
        print(f"\n{NIGHTS} nights of {STEPS} steps; again: ACME_SOAK_EXAMPLES={NIGHTS} ACME_SOAK_SEED={seed}")
        seeded(seed)(ClientNight)
        run_state_machine_as_test(
            ClientNight,
            settings=settings(
                max_examples=NIGHTS,
                stateful_step_count=STEPS,
                deadline=None,
                derandomize=False,  # hypothesis sets it where CI is, and then heeds no seed
                database=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
        print(", ".join(f"{count} {what}" for what, count in ClientNight.done.most_common()))
    done = ClientNight.done
    assert done["steps"] >= NIGHTS * 50, "some nights end early: hypothesis bounds what one of them may draw"
    assert done["honest end"] >= NIGHTS
    assert done["released"] >= 2 * NIGHTS, "it is released on the way too, or the rest would say little"
    left_out = [item.name for item in ACTIONS if not done[item.name]]
    allowed = 2 if NIGHTS >= 40 else len(ACTIONS) // 3
    assert len(left_out) <= allowed, f"{left_out} never happened: the nights say little"
