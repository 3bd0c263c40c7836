"""The QA gate: one pure decision that status, checks, the gatekeeper and the release transaction share."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from acme_assets.gates.statement import Statement
from acme_assets.gates.terms import Night, night_of
from acme_assets.nights.facts import CandidateFact, GateDecision, NightFacts, ReleaseFact
from acme_assets.nights.status import NightStatus, assess
from client_partitions.client import Client
from client_partitions.people import Roster


def decide(night: Night) -> GateDecision:
    """The gate of one client night. Whatever is missing or unknown holds it shut."""
    client, facts = night.client, night.facts
    candidate = facts.candidate
    withdraws = _withdrawn_release(night)
    if facts.lost_statements:
        lost = facts.lost_statements[0][:12]
        return _shut(f"statement {lost} is in the audit log and gone from the ledger; see: acme audit verify", night)
    spoiled = next((item for item in night.refused if item.is_spoiled), None)
    if spoiled:
        changed = f"statement {spoiled.statement_id[:12]} is not what was recorded: {spoiled.reason}"
        return _shut(f"{changed}; see: acme audit verify", night)
    if candidate is None:
        return _shut("there is no candidate: the marts are not built", night)
    if candidate.inputs_key != facts.inputs_key or any(item.is_pending for item in facts.deliveries.values()):
        return _shut("the deliveries, waivers or overrides changed after the candidate was built", night)
    missing = [feed for feed in client.feeds_owed(facts.business_date) if feed not in facts.inputs]
    if missing:
        return _shut(f"the candidate was built without {', '.join(missing)}, which the client owes", night)
    standing, objections = approvals_of(night, candidate), objections_to(night, candidate)
    if objections and not standing:
        shut_by = objections[-1]
        said = "withdrawn" if shut_by.kind == "withdrawal" else "rejected"
        reason = f"{said} by {shut_by.signer}: {shut_by.reason or 'no reason given'}"
        return GateDecision(
            False, reason, signers=(shut_by.signer,), since=shut_by.made_at, was_signed=True, withdraws=withdraws
        )
    counting, why_not = _that_count(night, standing, candidate)
    unmet = _unmet(night, counting, candidate)
    if unmet is None:
        ids = tuple(item.statement_id for item in counting)
        signers = tuple(dict.fromkeys(item.signer for item in counting))
        automatic = " by itself, as the client's policy allows" if any(s.role == "service" for s in counting) else ""
        reason = f"approved by {', '.join(signers)}{automatic}"
        return GateDecision(True, reason, ids, signers, max(item.made_at for item in counting), withdraws=withdraws)
    if not standing:
        earlier = ", though an earlier candidate was signed" if _was_signed(night, candidate) else ""
        unmet = f"no QA sign-off covers candidate {candidate.evidence_digest[:12]}{earlier}"
    reason = "; ".join([*why_not, *_refused_sign_offs(night, candidate), unmet])
    return _shut(f"{reason}; review with: acme qa show {facts.client_id} {facts.business_date}", night, counting)


def _shut(reason: str, night: Night, counting: Sequence[Statement] = ()) -> GateDecision:
    return GateDecision(
        False,
        reason,
        signers=tuple(item.signer for item in counting),
        since=max((item.made_at for item in counting), default=None),
        was_signed=any(item.kind == "sign_off" for item in night.statements),
        withdraws=_withdrawn_release(night),
    )


def objections_to(night: Night, candidate: CandidateFact) -> tuple[Statement, ...]:
    """The rejections of the candidate and the withdrawals of its releases, oldest first by their signers' clocks."""
    digest = candidate.evidence_digest
    releases = {release.release_id for release in night.facts.releases if release.evidence_digest == digest}
    return tuple(
        item
        for item in night.statements
        if item.kind in ("sign_off", "withdrawal")
        and not _approves(item)
        and (item.subject.get("evidence_digest") == digest or item.subject.get("release_id") in releases)
    )


def approvals_of(night: Night, candidate: CandidateFact) -> tuple[Statement, ...]:
    """The approvals of the candidate that answer every objection to it.

    Which of two statements came later, their signers' clocks do not tell: an approval outweighs the objections that
    its signer names, and no other.
    """
    objections = {item.statement_id for item in objections_to(night, candidate)}
    return tuple(
        item
        for item in night.statements
        if _approves(item)
        and item.subject.get("evidence_digest") == candidate.evidence_digest
        and objections <= set(item.subject.get("answers", ()))
    )


def _approves(item: Statement) -> bool:
    return item.kind == "sign_off" and item.subject.get("decision") == "approved"


def _that_count(
    night: Night, approvals: Sequence[Statement], candidate: CandidateFact
) -> tuple[list[Statement], list[str]]:
    counting, why_not = [], []
    for item in approvals:
        reason = why_not_counting(night, item, candidate)
        if reason:
            why_not.append(reason)
        else:
            counting.append(item)
    return counting, why_not


def why_not_counting(night: Night, item: Statement, candidate: CandidateFact) -> str | None:
    """Why a valid approval of this candidate does not count for this client."""
    if item.role == "service":
        return why_not_automatic(night, candidate)
    if item.signer not in {analyst.email for analyst in night.client.owners.qa}:
        return f"{item.signer} is no QA analyst of {night.client.client_id}"
    if item.signer in night.interested:
        return f"{item.signer} had a hand in a waiver or an override of this night, and may not sign it off"
    unseen = sorted(set(candidate.failed_suites) - set(item.subject.get("acknowledged_failures", ())))
    if unseen:
        return f"{item.signer} did not acknowledge the failed suites {', '.join(unseen)}"
    return None


def why_not_automatic(night: Night, candidate: CandidateFact) -> str | None:
    """Why the service may not sign this candidate in a person's place."""
    policy = night.client.qa.auto_approve
    if policy is None:
        return f"{night.client.client_id} is never signed off by the service"
    if night.waivers or night.overrides:
        return "the night rests on a waiver or an override: a person must sign"
    if candidate.failed_suites:
        return f"the suites {', '.join(candidate.failed_suites)} failed: a person must sign"
    if candidate.drift is None:
        return "there are too few nights to tell the drift: a person must sign"
    if float(candidate.drift) > policy.max_drift:
        return f"the drift of {candidate.drift} is above {policy.max_drift}: a person must sign"
    return None


@dataclass(frozen=True)
class MartSignatures:
    """Whose approvals count for one mart of the candidate, and how many must."""

    mart: str
    needed: int
    by_person: bool
    """Whether the service's own approval does not count here."""
    signers: tuple[str, ...]

    @property
    def missing(self) -> int:
        """How many signatures are still to come."""
        return max(self.needed - len(self.signers), 0)


def signatures_of(night: Night) -> tuple[MartSignatures, ...]:
    """The signatures of each mart of the candidate; none where there is no candidate."""
    candidate = night.facts.candidate
    if candidate is None:
        return ()
    counting, _ = _that_count(night, approvals_of(night, candidate), candidate)
    return _signatures(night, counting, candidate)


def _signatures(night: Night, counting: Sequence[Statement], candidate: CandidateFact) -> tuple[MartSignatures, ...]:
    policy, found = night.client.qa, []
    for mart in candidate.marts:
        by_person = policy.needs_person(mart)
        signers = dict.fromkeys(
            item.signer
            for item in counting
            if mart in item.subject.get("marts", ()) and (item.role == "qa" or not by_person)
        )
        needed = policy.required_signatures if by_person else 1
        found.append(MartSignatures(mart, needed, by_person, tuple(signers)))
    return tuple(found)


def _unmet(night: Night, counting: Sequence[Statement], candidate: CandidateFact) -> str | None:
    """Which signatures are still missing; None where none is."""
    if not candidate.marts:
        return "the ledger names no mart of the candidate"
    lacking = [item for item in _signatures(night, counting, candidate) if item.missing]
    if not lacking:
        return None
    if not counting:
        return "no sign-off counts"
    missing = max(item.missing for item in lacking)
    signatures = "another signature" if missing == 1 else f"{missing} more signatures"
    return f"{', '.join(item.mart for item in lacking)} need{'s' if len(lacking) == 1 else ''} {signatures}"


def _was_signed(night: Night, candidate: CandidateFact) -> bool:
    return any(
        item.kind == "sign_off" and item.subject.get("evidence_digest") != candidate.evidence_digest
        for item in night.statements
    )


def _refused_sign_offs(night: Night, candidate: CandidateFact) -> list[str]:
    """Why sign-offs of this candidate that do not count were refused, and of none that can be read: at most three."""
    of_candidate = {fact.statement_id for fact in night.facts.statements if candidate.evidence_digest in fact.text}
    return [
        f"a sign-off by {item.signer} does not count: {item.reason}"
        for item in night.refused
        if item.kind == "sign_off" and (item.is_forgery or item.statement_id in of_candidate)
    ][-3:]


def _withdrawn_release(night: Night) -> str | None:
    live = night.facts.live_release
    if live and live.release_id in withdrawn_releases(night):
        return live.release_id
    return None


def withdrawn_releases(night: Night) -> frozenset[str]:
    """Releases of the night that a valid withdrawal names."""
    return frozenset(str(item.subject.get("release_id")) for item in night.statements if item.kind == "withdrawal")


def earlier_release(night: Night) -> ReleaseFact | None:
    """What the client sees once the live release is taken back: the last before it that was not withdrawn itself."""
    by_id, gone = {release.release_id: release for release in night.facts.releases}, withdrawn_releases(night)
    release = night.facts.live_release
    while release is not None:
        release = by_id.get(release.supersedes or "")
        if release is not None and release.release_id not in gone:
            break
    return release


def assess_night(client: Client, facts: NightFacts, roster: Roster, now: datetime) -> NightStatus:
    """The whole assessment of a client night: its terms, the gate's decision, and the chain with it."""
    night = night_of(client, facts, roster, now)
    return assess(night.client, night.facts, decide(night), now)
