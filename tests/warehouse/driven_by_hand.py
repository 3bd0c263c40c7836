"""What somebody with a SQL prompt does to the night. Each edit is refused at a release until it is put right.

The design prevents none of them: who owns the tables can edit them. It finds them, and that is what is asserted.
Forged statements and a withdrawn release shown again need no putting right.
"""

import re
from typing import Any

from hypothesis import strategies as st
from sqlalchemy import select, text

from acme_assets.gates.decision import decide
from acme_assets.warehouse.ledger import statements
from acme_assets.warehouse.signing import night_under_terms
from tests.gates.attacks import Case, Rows
from tests.gates.forgeries import ALTERED, SIGNED_WRONGLY, WRITTEN_OTHERWISE
from tests.warehouse.by_hand import run, unguarded, write_statements
from tests.warehouse.driven import DrivenNight, action
from tests.warehouse.driven_work import MARTS
from tests.world import NIGHT

FORGERIES: list[Rows] = [
    attack.rows
    for name, attack in {**SIGNED_WRONGLY, **ALTERED, **WRITTEN_OTHERWISE}.items()
    if "retired" not in name and "people.yaml" not in name
]
"""Those that no roster makes valid."""

CANDIDATE = {
    "evidence": "{}",
    "failed_suites": '["none/staging"]',
    "marts": '["pmpm"]',
    "drift": "0.5",
    "inputs_key": "5" * 64,
}
"""What the columns of a candidate are made to say."""

_THE_NIGHT = f"client_id = 'tiny_health' AND business_date = '{NIGHT}'"


class ByHand(DrivenNight):
    """Rows forged, changed, moved and deleted."""

    @action(4, when=lambda night: night.model.candidate, rows=st.sampled_from(FORGERIES))
    def somebody_forges_a_statement(self, rows: Rows) -> None:
        facts = rows(Case(self.present() or "c" * 64, MARTS, self.world.clock()))
        write_statements(self.warehouse, facts, self.world.now)
        self.forged.update(fact.statement_id for fact in facts)

    @action(2, when=lambda night: night.model.candidate and "marts" not in night.edited)
    def somebody_changes_a_mart(self) -> None:
        before = run(self.warehouse, f"SELECT paid_amount FROM marts.pmpm WHERE {_THE_NIGHT}")
        put = f"UPDATE marts.pmpm SET paid_amount = :paid WHERE {_THE_NIGHT}"
        run(self.warehouse, put, paid=666)
        self.edited["marts"] = lambda: run(self.warehouse, put, paid=before)

    @action(
        2,
        when=lambda night: len(night.model.built) > 1 and "pointer" not in night.edited,
        digest=lambda night: st.sampled_from([item for item in night.model.built if item != night.model.candidate]),
    )
    def somebody_moves_the_pointer(self, digest: str) -> None:
        self._point_to(digest)
        self.edited["pointer"] = lambda: self._point_to(self.model.candidate)

    def _point_to(self, digest: str | None) -> None:
        run(self.warehouse, f"UPDATE ops.client_nights SET candidate = :digest WHERE {_THE_NIGHT}", digest=digest)

    @action(2, when=lambda night: night.model.candidate, column=st.sampled_from(tuple(CANDIDATE)))
    def somebody_edits_the_candidate(self, column: str) -> None:
        digest, name = self.model.candidate, f"candidate {self.model.candidate} {column}"
        if name in self.edited:
            return
        of_it = "FROM ops.candidates WHERE evidence_digest = :digest"
        before = run(self.warehouse, f"SELECT {column} {of_it}", digest=digest)
        put = f"UPDATE ops.candidates SET {column} = :value WHERE evidence_digest = :digest"
        run(self.warehouse, put, value=CANDIDATE[column], digest=digest)
        self.edited[name] = lambda: run(self.warehouse, put, value=before, digest=digest)

    @action(2, feed=st.sampled_from(("eligibility", "pharmacy_claim")))
    def somebody_says_that_it_is_loaded(self, feed: str) -> None:
        item, name = self.model.delivered.get(feed), f"state of {feed}"
        if item is None or item.state == "loaded" or name in self.edited:
            return
        of_it = {"id": item.delivery_id}
        if run(self.warehouse, "SELECT count(*) FROM ops.loads WHERE delivery_id = :id", **of_it):
            return
        reason = run(self.warehouse, "SELECT reason FROM ops.deliveries WHERE delivery_id = :id", **of_it)
        put = "UPDATE ops.deliveries SET state = :state, reason = :reason WHERE delivery_id = :id"
        run(self.warehouse, put, state="loaded", reason=None, **of_it)
        self.edited[name] = lambda: run(self.warehouse, put, state=item.state, reason=reason, **of_it)

    @action(
        3,
        when=lambda night: night.model.said and "statement" not in night.edited,
        target=lambda night: st.sampled_from(list(night.model.said)),
        how=st.sampled_from(("", "signature = ''", "client_id = 'other'", "kind = 'x'", "statement = '{}'")),
    )
    def somebody_takes_a_statement_out(self, target: str, how: str) -> None:
        sql = f"UPDATE ops.statements SET {how}" if how else "DELETE FROM ops.statements"
        with unguarded(self.warehouse, "ops.statements") as connection:
            kept: Any = connection.execute(select(statements).filter_by(statement_id=target)).mappings().one()
            connection.execute(text(f"{sql} WHERE statement_id = :id"), {"id": target})

        def put_back() -> None:
            with unguarded(self.warehouse, "ops.statements") as connection:
                connection.execute(text("DELETE FROM ops.statements WHERE statement_id = :id"), {"id": target})
                connection.execute(statements.insert().values(**kept))

        self.edited["statement"] = put_back
        with self.warehouse.begin() as connection:
            world = self.world
            gate = decide(night_under_terms(connection, world.client, NIGHT, world.roster, world.now))
        assert not gate.is_open
        assert re.search("gone from the ledger|not what was recorded", gate.reason)

    @action(2, when=lambda night: night.model.releases and "live" not in night.edited)
    def a_withdrawn_release_is_shown_again(self) -> None:
        named = [said.subject["release_id"] for said in self.model.said.values() if said.kind == "withdrawal"]
        taken_back = [release for release in self.model.releases if release in named]
        if taken_back and "statement" not in self.edited:
            put = f"UPDATE ops.client_nights SET live_release = :release WHERE {_THE_NIGHT}"
            run(self.warehouse, put, release=taken_back[0])

    @action(10, when=lambda night: night.edited)
    def it_is_put_right(self) -> None:
        for undo in self.edited.values():
            undo()
        self.edited.clear()
