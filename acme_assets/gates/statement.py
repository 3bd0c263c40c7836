"""A signed decision: who says what, of which data, in which role, until when.

Canonical JSON, signed by the person's key.
A statement is about a client and a span of business dates. What it says is its subject, by kind:

| kind | subject |
|---|---|
| sign_off | evidence_digest, decision (approved, rejected), marts, acknowledged_failures, answers (objections, by id) |
| exception_request | exception, feed, and what the exception needs (until; delivery_id) |
| acknowledgement | request_id, contact, reference, via (client_success, link) |
| override | change, and what the change needs (feed, time, mart, tuning) |
| override_approval | override_id |
| withdrawal | release_id, evidence_digest |
| revocation | statement_id, of_kind |
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from datetime import date, datetime
from functools import cached_property, lru_cache
from typing import Any, Literal, get_args

from acme_assets.audit.canonical import canonical_json
from acme_assets.audit.signing import SigningKey
from client_partitions.people import Role

Kind = Literal[
    "sign_off", "exception_request", "acknowledgement", "override", "override_approval", "withdrawal", "revocation"
]
KINDS: tuple[Kind, ...] = get_args(Kind)

MAY_SIGN: Mapping[Kind, tuple[Role, ...]] = {
    "sign_off": ("qa", "service"),
    "exception_request": ("client_success", "engineering", "on_call"),
    "acknowledgement": ("client_success", "service"),
    "override": ("engineering", "on_call", "client_success"),
    "override_approval": ("engineering", "on_call", "qa"),
    "withdrawal": ("qa", "on_call", "engineering", "service"),
    "revocation": ("qa", "engineering", "on_call", "client_success"),
}

MAY_REVOKE: Mapping[str, tuple[Role, ...]] = {
    "sign_off": ("qa", "on_call"),
    "exception_request": ("client_success", "qa", "engineering", "on_call"),
    "acknowledgement": ("client_success", "qa", "engineering", "on_call"),
    "override": ("engineering", "on_call"),
    "override_approval": ("engineering", "on_call", "qa"),
}
"""Kind to the roles that may take it back. What holds a gate shut cannot be: QA approves anew instead."""

VERSION = 1


@dataclass(frozen=True)
class Statement:
    """What is signed."""

    kind: Kind
    signer: str
    """E-mail address, as in people.yaml."""
    role: Role
    key_id: str
    client_id: str
    first_date: date
    last_date: date
    """The business dates that it is about, both included."""
    subject: Mapping[str, Any]
    meaning: str
    """What the signature means, in words that the signer was shown (21 CFR 11.50)."""
    reason: str | None
    made_at: datetime
    expires_at: datetime | None = None
    """From when on it counts no longer."""
    version: int = field(default=VERSION, kw_only=True)

    def canonical(self) -> str:
        """The text that is signed and stored."""
        return canonical_json({item.name: getattr(self, item.name) for item in fields(self)})

    @cached_property
    def statement_id(self) -> str:
        """SHA-256 of the canonical text."""
        return hashlib.sha256(self.canonical().encode()).hexdigest()


class NoStatement(ValueError):
    """The text is no statement in its canonical form."""


@lru_cache(maxsize=4096)  # the open nights' statements are read each few seconds, and never change
def read_statement(text: str) -> Statement:
    """The statement that a canonical text holds.

    Raises:
        NoStatement: the text is anything else.
    """
    try:
        data = json.loads(text)
        statement = Statement(
            **{
                **data,
                "first_date": date.fromisoformat(data["first_date"]),
                "last_date": date.fromisoformat(data["last_date"]),
                "made_at": _moment(data["made_at"]),
                "expires_at": _moment(data["expires_at"]) if data["expires_at"] else None,
            }
        )
        is_whole = (
            statement.version == VERSION
            and statement.kind in KINDS
            and statement.role in get_args(Role)
            and isinstance(statement.subject, dict)
            and statement.canonical() == text
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
        raise NoStatement("the text is no statement") from error
    if not is_whole:
        raise NoStatement("the text is no statement in canonical form")
    return statement


_NAMED: Mapping[str, tuple[str, ...]] = {
    "sign_off": ("evidence_digest", "decision"),
    "acknowledgement": ("request_id", "contact", "reference", "via"),
    "override_approval": ("override_id",),
    "withdrawal": ("release_id", "evidence_digest"),
    "revocation": ("statement_id",),
}
"""What the subject of a kind says as text. Requests and overrides are read by `exceptions` and `changes`."""


def why_no_subject(statement: Statement) -> str | None:
    """What the subject lacks to be understood; None where it can be. Never raises: it may be anybody's."""
    subject, kind = statement.subject, statement.kind
    lacking = [name for name in _NAMED.get(kind, ()) if not isinstance(subject.get(name), str)]
    if kind == "sign_off":
        lacking += [name for name in ("marts", "acknowledged_failures", "answers") if not _are_texts(subject.get(name))]
        if subject.get("decision") not in ("approved", "rejected"):
            lacking.append("decision")
    if not lacking:
        return None
    return f"its subject does not say what a {kind} needs: {', '.join(dict.fromkeys(lacking))}"


def _are_texts(value: Any) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(item, str) for item in value)


def _moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text)
    if moment.utcoffset() is None:
        raise ValueError("a moment has a zone")
    return moment


@dataclass(frozen=True)
class Signed:
    """A statement and its signature: what is recorded."""

    statement: Statement
    signature: str


@dataclass(frozen=True)
class Signer:
    """A person, or the service, with a key at hand."""

    email: str
    key: SigningKey

    def sign(
        self,
        kind: Kind,
        role: Role,
        client_id: str,
        dates: tuple[date, date],
        subject: Mapping[str, Any],
        *,
        meaning: str,
        reason: str | None,
        made_at: datetime,
        expires_at: datetime | None = None,
    ) -> Signed:
        """Make and sign a statement."""
        key_id = self.key.public.key_id
        statement = Statement(
            kind, self.email, role, key_id, client_id, *dates, subject, meaning, reason, made_at, expires_at
        )
        return Signed(statement, self.key.sign("statement", statement.canonical()))
