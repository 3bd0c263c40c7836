"""What people say of the night, with a right to it and without; who leaves, and whose key is lost."""

from datetime import timedelta
from typing import Any

from hypothesis import strategies as st

from acme_assets.warehouse.signing import sign
from acme_assets.warehouse.withdrawing import sign_withdrawal
from tests.warehouse.driven import CHIEF, RITA, DrivenNight, action, die
from tests.world import DELE, ENZO, INGRID, MALLORY, NIGHT, NOOR, OTTO, SERVICE, made_up_key

HOURS = st.sampled_from((None, 3, 30))
"""How long an exception lasts."""

CHANGES = (
    {"change": "optional_feed", "feed": "pharmacy_claim"},
    {"change": "extra_feed", "feed": "lab_result"},
    {"change": "deadline", "time": "07:30"},
    {"change": "due", "feed": "eligibility", "time": "03:00"},
)

AGREED = {"contact": "Cora", "reference": "mail", "via": "client_success"}


def one_of_kind(kind: str) -> Any:
    return lambda night: st.sampled_from(night.of_kind(kind))


class People(DrivenNight):
    """Sign-offs, waivers, overrides, withdrawals, revocations; and time."""

    @action(
        6,
        when=lambda night: night.model.candidate,
        who=st.sampled_from((INGRID, INGRID, DELE, DELE, MALLORY, ENZO, NOOR, SERVICE)),
        role=st.sampled_from(("qa", "qa", "qa", "qa", "service", "engineering")),
        decision=st.sampled_from(("approved", "approved", "approved", "rejected")),
        which=st.sampled_from(("present", "present", "present", "present", "first", "made up")),
        marts=st.sampled_from((None, None, None, ("pmpm",))),
        sees_failures=st.booleans(),
        sees_objections=st.sampled_from((True, True, False)),
        ahead=st.sampled_from((0, 0, 4, -4)),
        dies=st.sampled_from((False, False, False, True)),
    )
    def somebody_signs(
        self, who: str, role: Any, decision: Any, which: str, marts: Any, sees_failures: bool, sees_objections: bool,
        ahead: int, dies: bool,
    ) -> None:  # fmt: skip
        """By a clock that is some minutes ahead of everybody else's, or behind."""
        present = self.present()
        digest = {"present": present, "first": next(iter(self.model.built)), "made up": "d" * 64}[which]
        with self.traceless() as raised, self.patch.context() as patch:
            if dies:
                patch.setattr("acme_assets.warehouse.signing.write_entry", die)
            sign(
                self.warehouse,
                self.world.client,
                NIGHT,
                evidence_digest=digest or "",
                decision=decision,
                signer=self.signer(who),
                roster=self.world.roster,
                now=self.world.clock() + timedelta(minutes=ahead),
                role=role,
                marts=marts,
                answers=None if sees_objections else (),
                acknowledged_failures=["pmpm/staging"] if sees_failures else [],
                reason="as I say",
            )
        if raised:
            return
        assert digest == present, "what is not the candidate was signed"
        assert role == "service" or who in self.model.analysts
        if decision == "approved" and role == "qa" and not self.judged_as_of():
            assert who not in self.model.interested(self.world.now)

    @action(6, when=lambda night: night.model.candidate and not night.edited)
    def the_chiefs_approve(self) -> None:
        candidate = self.facts().candidate
        assert candidate is not None
        for who in (CHIEF, RITA):
            sign(
                self.warehouse,
                self.world.client,
                NIGHT,
                evidence_digest=candidate.evidence_digest,
                decision="approved",
                signer=self.signer(who),
                roster=self.world.roster,
                now=self.world.clock(),
                acknowledged_failures=candidate.failed_suites,
            )

    @action(
        4,
        who=st.sampled_from((OTTO, NOOR, ENZO, INGRID)),
        exception=st.sampled_from(("may_be_missing", "late_until", "carry_forward", "accept_quarantined")),
        hours=HOURS,
        is_agreed=st.booleans(),
    )
    def somebody_asks_for_a_waiver(self, who: str, exception: str, hours: int | None, is_agreed: bool) -> None:
        subject: dict[str, Any] = {"exception": exception, "feed": "pharmacy_claim"}
        if exception == "late_until":
            subject |= {"until": "05:00"}
        if exception == "carry_forward":
            source = (NIGHT - timedelta(days=1)).isoformat()
            carried = self.model.carried["eligibility"]
            subject |= {"feed": "eligibility", "delivery_id": carried, "rows_loaded": 2, "source_date": source}
        if exception == "accept_quarantined":
            present = self.model.delivered.get("pharmacy_claim")
            subject |= {"delivery_id": present.delivery_id if present else "none"}
        request = self.say("exception_request", who, self.role(who), subject, hours)
        if request and is_agreed:
            self.say("acknowledgement", NOOR, "client_success", {"request_id": request, **AGREED})

    @action(
        2,
        when=lambda night: night.of_kind("exception_request"),
        request=one_of_kind("exception_request"),
        who=st.sampled_from((NOOR, NOOR, ENZO)),
        hours=HOURS,
    )
    def somebody_acknowledges(self, request: str, who: str, hours: int | None) -> None:
        self.say("acknowledgement", who, self.role(who), {"request_id": request, **AGREED}, hours)

    @action(
        3,
        who=st.sampled_from((ENZO, OTTO, NOOR, DELE)),
        change=st.sampled_from(CHANGES),
        hours=HOURS,
        is_agreed=st.booleans(),
    )
    def somebody_overrides(self, who: str, change: dict[str, Any], hours: int | None, is_agreed: bool) -> None:
        override = self.say("override", who, self.role(who), change, hours)
        if override and is_agreed:
            self.say("override_approval", OTTO, "on_call", {"override_id": override})

    @action(
        2,
        when=lambda night: night.of_kind("override"),
        override=one_of_kind("override"),
        who=st.sampled_from((ENZO, OTTO, INGRID, NOOR)),
    )
    def somebody_approves_an_override(self, override: str, who: str) -> None:
        self.say("override_approval", who, "qa" if who == INGRID else self.role(who), {"override_id": override})

    @action(
        4,
        when=lambda night: night.model.said,
        target=lambda night: st.sampled_from(list(night.model.said)),
        who=st.sampled_from((DELE, OTTO, NOOR, MALLORY)),
        as_qa=st.booleans(),
    )
    def somebody_revokes(self, target: str, who: str, as_qa: bool) -> None:
        of_kind = self.model.said[target].kind
        self.say("revocation", who, "qa" if as_qa else self.role(who), {"statement_id": target, "of_kind": of_kind})

    @action(4, who=st.sampled_from((OTTO, INGRID, NOOR)))
    def somebody_withdraws(self, who: str) -> None:
        with self.traceless():
            sign_withdrawal(
                self.warehouse,
                self.world.client,
                NIGHT,
                signer=self.signer(who),
                role=self.role(who),
                reason="wrong",
                roster=self.world.roster,
                now=self.world.clock(),
            )

    @action(1, who=st.sampled_from((INGRID, DELE, ENZO, NOOR)))
    def somebody_leaves(self, who: str) -> None:
        self.model.people[who].retired = self.model.people[who].retired or self.today()
        self.write_roster()

    @action(1, who=st.sampled_from((INGRID, DELE, OTTO, NOOR, SERVICE)))
    def a_key_is_revoked(self, who: str) -> None:
        person = self.model.people[who]
        person.revoked[person.key.public.key_id] = self.today()
        person.keys.append(made_up_key(f"{who} {len(person.keys)}"))
        self.write_roster()

    @action(4, minutes=st.sampled_from((1, 4, 17, 95, 211, 481, 1453, 2887)))
    def time_goes_by(self, minutes: int) -> None:
        self.world.now += timedelta(minutes=minutes)
