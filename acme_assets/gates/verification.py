"""Which of the recorded statements count: signature, signer, role, time and revocation. Pure.

Whatever does not count is refused with a reason of its own; a refusal that looks like a forgery says so.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Literal

from acme_assets.audit.signing import PublicKey
from acme_assets.gates.statement import MAY_REVOKE, MAY_SIGN, NoStatement, Statement, read_statement, why_no_subject
from acme_assets.nights.facts import StatementFact
from client_partitions.people import Roster

CLOCKS_DIFFER_BY = timedelta(minutes=5)
"""How far ahead of ours a signer's clock may be."""


@dataclass(frozen=True)
class Refusal:
    """A recorded statement that counts for nothing."""

    statement_id: str
    kind: str
    signer: str
    reason: str
    is_forgery: bool
    """Whether nobody with a right to it can have written it so: an alarm, not an everyday thing."""
    ended: Literal["expired", "revoked"] | None = None
    """How it ended, where it counted before."""
    is_spoiled: bool = False
    """Whether the audit log records it, and its row was changed since: a rejection may be among such."""


class _Refused(Exception):
    is_forgery = False
    is_altered = False

    def __init__(self, reason: str, *, ended: Literal["expired"] | None = None) -> None:
        super().__init__(reason)
        self.ended = ended


class _Forged(_Refused):
    is_forgery = True


class _Altered(_Forged):
    """The row is not what its signer signed."""

    is_altered = True


_SAID_TWICE = ("kind", "client_id", "first_date", "last_date", "signer")
"""What the row repeats of the text, to be found by."""


@lru_cache(maxsize=4096)
def _verifies(public: str, text: str, signature: str) -> bool:
    return PublicKey(public).verifies("statement", text, signature)


def verified(
    facts: Iterable[StatementFact], roster: Roster, as_of: datetime, now: datetime
) -> tuple[list[Statement], list[Refusal]]:
    """The statements that count, oldest first, and those that do not.

    Args:
        as_of: when rights and expiry of what opens a gate are asked for: now, or the moment of a release that
            stands. What shuts one keeps counting when its signer leaves.
    """
    good: list[Statement] = []
    refused: list[Refusal] = []
    for fact in facts:
        try:
            statement = _authentic(fact, roster, now)
            if not (shuts(statement) and fact.is_recorded):  # then it had the right to it, and keeps shutting
                _in_force(statement, roster, _asked_at(statement, as_of, now))
            good.append(statement)
        except _Refused as refusal:
            refused.append(
                Refusal(
                    fact.statement_id, fact.kind, fact.signer, str(refusal),
                    is_forgery=refusal.is_forgery, ended=refusal.ended,
                    is_spoiled=fact.is_recorded and refusal.is_altered,
                )
            )  # fmt: skip
    return _without_revoked(sorted(good, key=lambda item: (item.made_at, item.statement_id)), refused)


def _asked_at(statement: Statement, as_of: datetime, now: datetime) -> datetime:
    """The moment for which rights and expiry are asked."""
    if shuts(statement):
        return statement.made_at
    # A release does not stand on a waiver or an override that came after it: when that ends, it is gone.
    came_after = statement.kind != "sign_off" and statement.made_at > as_of + CLOCKS_DIFFER_BY
    return now if came_after else as_of


def _authentic(fact: StatementFact, roster: Roster, now: datetime) -> Statement:
    """The statement, if the signer's own key signed exactly this."""
    if not fact.signature:
        raise _Altered("it carries no signature")
    try:
        statement = read_statement(fact.text)
    except NoStatement as error:
        raise _Altered(str(error)) from error
    if statement.statement_id != fact.statement_id:
        raise _Altered("its text is not the one that it was recorded with")
    wrong = [name for name in _SAID_TWICE if getattr(fact, name) != getattr(statement, name)]
    if wrong:
        raise _Altered(
            f"{statement.signer} signed it as a {statement.kind} of {statement.client_id} {statement.first_date}, "
            f"and its row has another {', '.join(wrong)}"
        )
    person = roster.people.get(statement.signer)
    if person is None:
        raise _Refused(roster.problem or f"{statement.signer} is not in people.yaml")
    key = person.key(statement.key_id)
    if key is None:
        raise _Forged(f"key {statement.key_id} is not one of {statement.signer}'s in people.yaml")
    if not _verifies(key.public, fact.text, fact.signature):
        raise _Altered(f"the signature is not {statement.signer}'s of this text")
    if lacking := why_no_subject(statement):
        raise _Refused(lacking)
    if statement.made_at > now + CLOCKS_DIFFER_BY:
        raise _Refused(f"it is dated in the future, {statement.made_at:%Y-%m-%d %H:%M} UTC; check the signer's clock")
    return statement


def shuts(statement: Statement) -> bool:
    """Whether a statement can only take away."""
    rejects = statement.kind == "sign_off" and statement.subject.get("decision") == "rejected"
    return rejects or statement.kind in ("withdrawal", "revocation")


def _in_force(statement: Statement, roster: Roster, moment: datetime) -> None:
    person = roster.people[statement.signer]
    key = person.key(statement.key_id)
    if not person.is_active(moment):
        raise _Refused(f"{statement.signer} is retired since {person.retired}")
    if key is None or (key.revoked and moment.astimezone(UTC).date() >= key.revoked):
        raise _Refused(f"key {statement.key_id} of {statement.signer} is revoked")
    if statement.role not in person.roles:
        raise _Refused(f"{statement.signer} signed as {statement.role}, and does not have that role in people.yaml")
    if statement.role not in MAY_SIGN[statement.kind]:
        allowed = " or ".join(MAY_SIGN[statement.kind])
        raise _Refused(f"a {statement.kind} needs the role {allowed}; {statement.signer} signed as {statement.role}")
    if statement.expires_at and statement.expires_at <= moment:
        raise _Refused(f"it expired {statement.expires_at:%Y-%m-%d %H:%M} UTC", ended="expired")


def _without_revoked(good: Sequence[Statement], refused: list[Refusal]) -> tuple[list[Statement], list[Refusal]]:
    standing = {statement.statement_id: statement for statement in good}
    for revocation in good:
        if revocation.kind != "revocation":
            continue
        target = standing.get(revocation.subject.get("statement_id", ""))
        if target is None:
            continue
        if reason := why_not_revocable(target, revocation):
            standing.pop(revocation.statement_id)
            refused.append(Refusal(revocation.statement_id, "revocation", revocation.signer, reason, is_forgery=False))
            continue
        standing.pop(target.statement_id)
        reason = f"revoked by {revocation.signer}: {revocation.reason or 'no reason given'}"
        refused.append(
            Refusal(target.statement_id, target.kind, target.signer, reason, is_forgery=False, ended="revoked")
        )
    return [statement for statement in good if statement.statement_id in standing], refused


def why_not_revocable(target: Statement, revocation: Statement) -> str | None:
    """Why this revocation does not take that statement back; None where it does."""
    if target.client_id != revocation.client_id:
        return f"it revokes a statement of {target.client_id}, and was signed for {revocation.client_id}"
    if target.kind == "sign_off" and target.subject.get("decision") != "approved":
        return "a rejection is not revoked; QA approves the candidate instead"
    if target.kind not in MAY_REVOKE:
        return f"a {target.kind} cannot be revoked; QA signs the candidate anew instead"
    if revocation.role not in MAY_REVOKE[target.kind]:
        return f"the role {revocation.role} may not revoke a {target.kind}"
    return None
