"""What must hold of one client night, in a few plain rules of its own: the state machine compares the tables with it.

It shares no code with the gate. Whoever signs is asked for at the moment of the release; signatures are verified with
`cryptography` alone, digests are computed anew from the rows that are there.
"""

import base64
import hashlib
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from acme_assets.audit.signing import SigningKey

REQUIRED = ("eligibility", "pharmacy_claim")
MAY_SAY = {
    "sign_off": {"qa", "service"},
    "exception_request": {"client_success", "engineering", "on_call"},
    "acknowledgement": {"client_success"},
    "override": {"engineering", "on_call", "client_success"},
    "override_approval": {"engineering", "on_call", "qa"},
    "withdrawal": {"qa", "on_call", "engineering", "service"},
    "revocation": {"qa", "engineering", "on_call", "client_success"},
}
MAY_TAKE_BACK = {
    "sign_off": {"qa", "on_call"},
    "exception_request": {"client_success", "qa", "engineering", "on_call"},
    "acknowledgement": {"client_success", "qa", "engineering", "on_call"},
    "override": {"engineering", "on_call"},
    "override_approval": {"engineering", "on_call", "qa"},
}


def plainly_signed(text: str, signature: str, public: str) -> bool:
    """Whether a statement's signature is this key's, by RFC 8032 and nothing of ours."""
    key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public))
    try:
        key.verify(base64.b64decode(signature), b"acme-statement-v1\n" + text.encode())
    except InvalidSignature:
        return False
    return True


def digest_of_rows(rows: Iterable[Sequence[Any]]) -> tuple[int, str]:
    """How many rows, and their digest as docs and `row_hash` describe it, computed here."""

    def value(item: Any) -> str:
        if item is None:
            return "~"
        text = item.isoformat() if isinstance(item, date) else str(item)
        return f"{len(text)}:{text}"

    hashes = sorted(hashlib.sha256("|".join(map(value, row)).encode()).hexdigest() for row in rows)
    return len(hashes), hashlib.sha256("".join(hashes).encode()).hexdigest()


@dataclass
class Colleague:
    """Somebody with keys, and how long they had their rights."""

    roles: frozenset[str]
    keys: list[SigningKey]
    revoked: dict[str, date] = field(default_factory=dict)
    """Key id to the first day on which it counts no more."""
    retired: date | None = None

    @property
    def key(self) -> SigningKey:
        return self.keys[-1]

    def may(self, role: str, key_id: str, at: datetime) -> bool:
        today = at.astimezone(UTC).date()
        here = self.retired is None or today < self.retired
        known = key_id in {key.public.key_id for key in self.keys}
        good = key_id not in self.revoked or today < self.revoked[key_id]
        return role in self.roles and here and known and good


@dataclass(frozen=True)
class Said:
    """A statement that was recorded."""

    kind: str
    signer: str
    role: str
    key_id: str
    subject: Mapping[str, Any]
    made_at: datetime
    expires_at: datetime | None

    @property
    def approves(self) -> bool:
        return self.kind == "sign_off" and self.subject["decision"] == "approved"


@dataclass
class Delivered:
    """The delivery that speaks for a feed."""

    delivery_id: str
    is_good: bool
    state: str = "arrived"


@dataclass(frozen=True)
class Built:
    """A candidate, and what it was made of."""

    inputs: Mapping[str, str]
    terms: frozenset[str]
    failed: tuple[str, ...]
    marts: tuple[str, ...]


@dataclass
class NightModel:
    """What was done to the night so far, and what follows of it."""

    people: dict[str, Colleague]
    analysts: frozenset[str]
    signatures: int = 1
    is_automatic: bool = False
    carried: Mapping[str, str] = field(default_factory=dict)
    """Feed to the delivery of the night before."""
    delivered: dict[str, Delivered] = field(default_factory=dict)
    said: dict[str, Said] = field(default_factory=dict)
    taken_back: set[str] = field(default_factory=set)
    objections: dict[str, set[str]] = field(default_factory=dict)
    """Evidence digest to its rejections and withdrawals."""
    built: dict[str, Built] = field(default_factory=dict)
    candidate: str | None = None
    releases: dict[str, tuple[str, list[str]]] = field(default_factory=dict)
    """Release to its evidence digest and its approvals."""

    # --- statements

    def hear(self, statement_id: str, said: Said) -> None:
        """A statement was recorded: it must be by somebody who could say it then."""
        assert self.people[said.signer].may(said.role, said.key_id, said.made_at), f"{said} was recorded"
        assert said.role in MAY_SAY[said.kind], f"{said} was recorded"
        self.said[statement_id] = said
        if said.kind == "withdrawal" or (said.kind == "sign_off" and not said.approves):
            self.objections.setdefault(said.subject["evidence_digest"], set()).add(statement_id)
        if said.kind == "revocation" and (target := self.said.get(said.subject["statement_id"])):
            stays = target.kind == "sign_off" and not target.approves
            if said.role in MAY_TAKE_BACK.get(target.kind, ()) and not stays:
                self.taken_back.add(said.subject["statement_id"])

    def in_force(self, statement_id: str, at: datetime) -> bool:
        said = self.said[statement_id]
        lasts = said.expires_at is None or at < said.expires_at
        return (
            lasts and statement_id not in self.taken_back and self.people[said.signer].may(said.role, said.key_id, at)
        )

    def _of_kind(self, kind: str, at: datetime) -> list[tuple[str, Said]]:
        found = [(key, said) for key, said in self.said.items() if said.kind == kind and self.in_force(key, at)]
        return sorted(found, key=lambda item: (item[1].made_at, item[0]))

    def _agreed(
        self, kind: str, answer: str, name: str, at: datetime
    ) -> list[tuple[str, Said, list[tuple[str, Said]]]]:
        """Statements that somebody else answered, with the answers."""
        found = []
        for key, said in self._of_kind(kind, at):
            replies = [
                (reply_id, reply)
                for reply_id, reply in self._of_kind(answer, at)
                if reply.subject[name] == key and reply.signer != said.signer
            ]
            if replies:
                found.append((key, said, replies))
        return found

    def waivers(self, at: datetime) -> list[tuple[str, Said, list[tuple[str, Said]]]]:
        return self._agreed("exception_request", "acknowledgement", "request_id", at)

    def overrides(self, at: datetime) -> list[tuple[str, Said, list[tuple[str, Said]]]]:
        return self._agreed("override", "override_approval", "override_id", at)

    def terms(self, at: datetime) -> frozenset[str]:
        """Ids of what the night rests on beside its deliveries."""
        both = [*self.waivers(at), *self.overrides(at)]
        return frozenset(key for agreed, _, replies in both for key in (agreed, replies[0][0]))

    def interested(self, at: datetime) -> set[str]:
        asked = {said.signer for _, said, _ in self.waivers(at)}
        changed = {
            who.signer for _, said, replies in self.overrides(at) for who in (said, *(item for _, item in replies))
        }
        return asked | changed

    # --- deliveries

    def is_accepted(self, delivery_id: str, at: datetime) -> bool:
        return any(said.subject.get("delivery_id") == delivery_id for _, said, _ in self.waivers(at)
                   if said.subject["exception"] == "accept_quarantined")  # fmt: skip

    def required(self, at: datetime) -> set[str]:
        found = set(REQUIRED)
        for _, said, _ in self.overrides(at):
            if said.subject["change"] == "optional_feed":
                found.discard(said.subject["feed"])
            if said.subject["change"] == "extra_feed":
                found.add(said.subject["feed"])
        for _, said, _ in self.waivers(at):
            if said.subject["exception"] == "may_be_missing":
                found.discard(said.subject["feed"])
        return found

    def inputs(self, at: datetime) -> dict[str, str]:
        """Feed to delivery, of what is loaded and may be used."""
        carry = {
            said.subject["feed"] for _, said, _ in self.waivers(at) if said.subject["exception"] == "carry_forward"
        }
        found = {feed: self.carried[feed] for feed in carry}
        for feed, item in self.delivered.items():
            usable = item.is_good or self.is_accepted(item.delivery_id, at)
            if item.state == "loaded" and usable:
                found[feed] = item.delivery_id
            elif item.state == "arrived":
                found.pop(feed, None)
        return found

    def pending(self, at: datetime) -> set[str]:
        """Feeds of which something is still to be loaded."""
        return {
            feed
            for feed, item in self.delivered.items()
            if item.state == "arrived" or (item.state == "quarantined" and self.is_accepted(item.delivery_id, at))
        }

    def why_unbuilt(self, at: datetime) -> str | None:
        """Why nothing may be built now."""
        if missing := self.required(at) - self.inputs(at).keys():
            return f"{missing} missing"
        if pending := self.pending(at):
            return f"{pending} pending"
        return None if self.inputs(at) else "nothing there"

    # --- the gate

    def why_unreleased(self, at: datetime) -> str | None:
        """Why the present candidate may not be released now."""
        if self.candidate is None:
            return "no candidate"
        built = self.built[self.candidate]
        if built.inputs != self.inputs(at) or built.terms != self.terms(at) or self.why_unbuilt(at):
            return "not of the present inputs"
        counting = [said for key, said in self.said.items() if said.approves and self._counts(key, said, built, at)]
        for mart in built.marts:
            signers = {said.signer for said in counting if mart in said.subject["marts"]}
            if len(signers) < (1 if self.is_automatic else self.signatures):
                return f"{mart} is not signed"
        return None

    def _counts(self, statement_id: str, said: Said, built: Built, at: datetime) -> bool:
        digest = said.subject["evidence_digest"]
        if digest != self.candidate or not self.in_force(statement_id, at):
            return False
        if self.objections.get(digest, set()) - set(said.subject["answers"]):
            return False
        if said.role == "service":
            return self.is_automatic and not built.failed
        seen = set(built.failed) <= set(said.subject["acknowledged_failures"])
        return said.signer in self.analysts and said.signer not in self.interested(at) and seen


def said_of(text: str) -> Said:
    """A statement's text, read as plain JSON."""
    data = json.loads(text)
    expires_at = datetime.fromisoformat(data["expires_at"]) if data["expires_at"] else None
    return Said(data["kind"], data["signer"], data["role"], data["key_id"], data["subject"],
                datetime.fromisoformat(data["made_at"]), expires_at)  # fmt: skip
