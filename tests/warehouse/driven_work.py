"""What is done with the night's files and marts, and asked of its gate, by processes that may die."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from acme_assets.gatekeeper.duties import Gatekeeper
from acme_assets.warehouse.building import ModelResult, open_build
from tests.warehouse.driven import DrivenNight, Killed, action, die
from tests.warehouse.night_model import Built, Delivered
from tests.world import ELIGIBILITY, NIGHT, PHARMACY

CONTENT: Mapping[Any, tuple[tuple[str, bool], ...]] = {
    "eligibility": (
        (ELIGIBILITY, True),
        (ELIGIBILITY + "p3,2026-03-01\n", True),
        (ELIGIBILITY + "p3,bad\np4,bad\n", False),
        ("who;since\n1;2\n", False),
    ),
    "pharmacy_claim": (
        (PHARMACY, True),
        (PHARMACY + "c3,p1,2026-03-03,1\n", True),
        (PHARMACY + "c3,p1,no day,1\n", False),
        ("", False),
    ),
    "lab_result": (
        ("id,person,code\n1,p1,x\n", True),
        ("id,person,code\n1,p1,y\n", True),
        ("id,person,code\n,p1,x\n", False),
        ("id,person\n1,p1\n", False),
    ),
}
"""Feed to what may be delivered, and whether it is good; of what is not, some is past the limit, some unreadable."""

FEEDS = st.sampled_from(tuple(CONTENT))
MARTS = ("lab_volume", "member_months", "pharmacy_spend", "pmpm")
WITHDRAWING = ("ops.client_nights", "ops.audit_entries")
"""What a withdrawal writes."""
BUILDS = ("as before", "as before", "other rows", "a suite fails", "small drift", "a test fails", "one model", "dies",
          "dies late")  # fmt: skip


class Work(DrivenNight):
    """Deliveries, loads, builds, releases."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: dict[tuple[str, int], str] = {}
        """Feed and number of the content to its delivery."""

    @action(3, feed=FEEDS, number=st.integers(0, 3))
    def a_file_comes(self, feed: Any, number: int) -> None:
        content, is_good = CONTENT[feed][number]
        before = self.model.delivered.get(feed)
        self.world.put(feed, content)
        for recorded in self.world.notice():
            assert self.ids.setdefault((feed, number), recorded.delivery_id) == recorded.delivery_id
            is_same = before is not None and before.delivery_id == recorded.delivery_id
            assert is_same == (recorded.outcome == "same")
            if not is_same:
                self.edited.pop(f"state of {feed}", None)
                self.model.delivered[feed] = Delivered(recorded.delivery_id, is_good)

    @action(4)
    def what_is_owed_comes(self) -> None:
        for feed in sorted(self.model.required(self.world.now)):
            if (item := self.model.delivered.get(feed)) is None or not item.is_good:
                self.a_file_comes(feed, 0)

    @action(3, feed=FEEDS, dies=st.booleans())
    def a_feed_is_loaded(self, feed: Any, dies: bool) -> None:
        at = [*self.judged_as_of(), self.world.now]
        with self.traceless() as raised, self.patch.context() as patch:
            if dies:
                patch.setattr("acme_assets.warehouse.loading.write_entry", die)
            outcome = self.world.load(feed)
        if raised or outcome.delivery_id == self.model.carried.get(feed):
            return
        item = self.model.delivered[feed]
        assert outcome.delivery_id == item.delivery_id
        if outcome.state == "loaded":
            accepted = any(self.model.is_accepted(item.delivery_id, moment) for moment in (*at, self.world.now))
            assert item.is_good or accepted, f"{feed} was loaded, bad as it is"
        item.state = outcome.state

    @action(10)
    def what_is_due_is_done(self) -> None:
        """As the work sensor asks for it, until nothing is left but a release."""
        for _ in range(3):
            works = [work for work in self.world.status().work if work.stage != "release"]
            for work in works:
                if work.stage == "load":
                    self.a_feed_is_loaded(work.feed, dies=False)
                else:
                    self.the_night_is_built("as before")

    @action(6, how=st.sampled_from(BUILDS), paid=st.integers(1, 9))
    def the_night_is_built(self, how: str, paid: int = 0) -> None:
        if how in ("other rows", "a suite fails", "small drift"):
            self.world.paid = f"{paid}.5000"
            failed = ["pmpm/staging"] if how == "a suite fails" else []
            type(self).verdict = {"failed": failed, "drift": Decimal("0.01") if how == "small drift" else None}
        models = ("pmpm",) if how == "one model" else self.world.models
        results = {model: ModelResult(is_built=True, tests_passed=2) for model in models}
        if how == "a test fails":
            results["pmpm"].failures.append("test pmpm_unique_grain fail, 2 rows")
        moments = [self.world.now, *self.judged_as_of()]
        with self.traceless("ops.model_builds") as raised, self.patch.context() as patch:
            if how == "dies late":
                patch.setattr("acme_assets.warehouse.building.write_entry", die)
            world = self.world
            with open_build(self.warehouse, world.client, NIGHT, models, world.clock, world.roster, by="test") as build:
                inputs = dict(build.inputs)
                world.fill_marts()
                self.edited.pop("marts", None)
                if how == "dies":
                    raise Killed
                outcome = build.finish(results, world.clock())
        if not raised and outcome.evidence_digest:
            self.new_candidates += outcome.is_new
            self._is_candidate(outcome.evidence_digest, outcome.is_new, inputs, moments)

    def _is_candidate(self, digest: str, is_new: bool, inputs: Mapping[str, str], moments: list[datetime]) -> None:
        """Invariant 3: it was built when all that was required then was there."""
        self.edited.pop("pointer", None)
        self.model.candidate = digest
        if not is_new:
            assert digest in self.model.built
            return
        assert not [name for name in self.edited if name.startswith("state of")]
        covered = [
            moment
            for moment in (*moments, self.world.now)
            if inputs == self.model.inputs(moment) and not self.model.required(moment) - inputs.keys()
        ]
        assert covered, (
            f"built from {inputs}, with {self.model.delivered} and {self.model.required(moments[0])} required"
        )
        failed = tuple(self.verdict.get("failed", ()))
        self.model.built[digest] = Built(inputs, self.model.terms(covered[0]), failed, MARTS)

    # --- the gate

    @action(10, by=st.sampled_from(("run", "gatekeeper")))
    def the_gate_is_asked(self, by: str) -> None:
        before, lived = self.world.now, self.lives()
        raised: list[BaseException] = []
        if by == "run":
            # A withdrawal commits by itself before a candidate that turns out to be spoiled is refused.
            with self.traceless(*(WITHDRAWING if self.withdrawn_is_seen() else ())) as raised:
                self.world.release()
            self.listen()
            assert not self.withdrawn_is_seen()
        else:
            Gatekeeper(self.platform()).look()
            self.listen()
        if self.edited or lived == self.model.candidate:
            return
        whys = {self.model.why_unreleased(at) for at in (before, self.world.now)}
        if whys == {None}:
            assert self.lives() == self.model.candidate, f"not released: {raised or self.world.status()}"
        elif None not in whys:
            assert self.lives() != self.model.candidate, f"released though {whys}"

    def withdrawn_is_seen(self) -> bool:
        live = self.facts().live_release
        named = {said.subject["release_id"] for said in self.model.said.values() if said.kind == "withdrawal"}
        return live is not None and live.release_id in named and "statement" not in self.edited

    @action(3, when=lambda night: night.model.candidate and night.last != "a_release_dies")
    def a_release_dies(self) -> None:
        with self.traceless(), self.patch.context() as patch:
            patch.setattr("acme_assets.warehouse.releasing.write_entry", die)
            self.world.release()
