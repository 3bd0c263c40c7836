"""Attacks with sign-offs: what each writes into the ledger by hand, and what must be found wrong with it.

`test_forgeries.py` beside this puts them before the gate, the one in `tests/warehouse` into a real ledger.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from acme_assets.audit.canonical import digest
from acme_assets.nights.facts import StatementFact
from client_partitions.people import Roster
from tests.gates.attacks import STRANGER, Attack, Case, Rows, all_of, approval, approved, row, says
from tests.world import (
    DELE,
    ENZO,
    INGRID,
    KEYS,
    MALLORY,
    NIGHT,
    NOOR,
    OTTO,
    SERVICE,
    client_data,
    made_up_key,
    make_client,
    make_roster,
    roster_person,
)

EVE = "eve@acme.example"
FORMER = made_up_key("a former key")
"""Ingrid's key of before."""
SUITE = "pmpm/staging"

THINGS: dict[str, str] = {
    "unsigned": "it carries no signature",
    "another signature": "the signature is not [a-z]+@acme.example's of this text",
    "foreign key": "key [0-9a-f]{16} is not one of ingrid@acme.example's in people.yaml",
    "revoked key": "key [0-9a-f]{16} of ingrid@acme.example is revoked",
    "retired": "ingrid@acme.example is retired since 2026-03-11",
    "unknown person": "eve@acme.example is not in people.yaml",
    "no roster": "people.yaml: line 3 is not YAML",
    "role not held": "signed as qa, and does not have that role in people.yaml",
    "role may not": "a sign_off needs the role qa or service; [a-z]+@acme.example signed as",
    "not of this client": "mallory@acme.example is no QA analyst of tiny_health",
    "interested": "ingrid@acme.example had a hand in a waiver or an override of this night",
    "other row": "[a-z]+@acme.example signed it as a [a-z_]+ of [a-z_]+ [0-9-]+, and its row has another",
    "other candidate": "no QA sign-off covers candidate [0-9a-f]{12}, though an earlier candidate was signed",
    "expired": "it expired 2026-03-1[01]",
    "revoked": "revoked by dele@acme.example: as the test says",
    "altered": "its text is not the one that it was recorded with",
    "not canonical": "the text is no statement in canonical form",
    "no statement": "the text is no statement(?! in)",
    "subject": "its subject does not say what a sign_off needs",
    "future": "it is dated in the future",
    "too few": "needs? another signature",
    "unacknowledged": "ingrid@acme.example did not acknowledge the failed suites pmpm/staging",
    "never automatic": "tiny_health is never signed off by the service",
    "automatic, failed suite": "the suites pmpm/staging failed: a person must sign",
    "automatic, no drift": "too few nights to tell the drift: a person must sign",
    "automatic, drift": "the drift of 0.4 is above 0.1: a person must sign",
    "rejected": "rejected by dele@acme.example: as the test says",
    "withdrawn": "withdrawn by otto@acme.example: as the test says",
}
"""What can be wrong, and how the gate says it."""


def _edited(**columns: Any) -> Rows:
    """A good approval in a row that says something else."""
    return lambda case: [replace(fact, **columns) for fact in approved()(case)]


def _moved(**changes: Any) -> Rows:
    """A good approval of something else, in a row that says it is of this night."""
    here = {"kind": "sign_off", "client_id": "tiny_health", "first_date": NIGHT, "last_date": NIGHT}
    return lambda case: [replace(fact, **here) for fact in approved(**changes)(case)]


def _signature(change: Callable[[str], str]) -> Rows:
    return lambda case: [replace(fact, signature=change(fact.signature)) for fact in approved()(case)]


def _plus_order(signature: str) -> str:
    """The same signature with S + L for S: a second one, for implementations that do not check its range."""
    raw = base64.b64decode(signature)
    scalar = int.from_bytes(raw[32:], "little") + 2**252 + 27742317777372353535851937790883648493
    return base64.b64encode(raw[:32] + scalar.to_bytes(32, "little")).decode()


def _keys(*keys: dict[str, Any]) -> Roster:
    return make_roster(roster_person(INGRID, keys=[*keys, {"public": KEYS[INGRID].public.text}]))


_OLD_KEY = _keys({"public": FORMER.public.text, "revoked": "2026-03-11"})
_TWO_KEYS = _keys({"public": FORMER.public.text})
_RETIRED = make_roster(roster_person(INGRID, status="retired", retired="2026-03-11"))
_YESTERDAY = timedelta(hours=-20)
_OF_FORMER = {"key_id": FORMER.public.key_id, "key": FORMER}

SIGNED_WRONGLY: dict[str, Attack] = {
    "no signature": Attack("unsigned", _signature(lambda good: "")),
    "a colleague's signature": Attack("another signature", approved(key=KEYS[DELE])),
    "the signature of a key in nobody's list": Attack("another signature", approved(key=STRANGER)),
    "signed as a checkpoint": Attack("another signature", approved(purpose="checkpoint")),
    "signed as an export": Attack("another signature", approved(purpose="export")),
    "a signature of zeros": Attack("another signature", _signature(lambda good: base64.b64encode(bytes(64)).decode())),
    "a signature cut short": Attack("another signature", _signature(lambda good: good[:40])),
    "a signature that is no base64": Attack("another signature", _signature(lambda good: good[:-4] + "!é =")),
    "a signature with S + L": Attack("another signature", _signature(_plus_order)),
    "a colleague's key": Attack("foreign key", approved(key_id=KEYS[DELE].public.key_id, key=KEYS[DELE])),
    "a key in nobody's list": Attack("foreign key", approved(key_id=STRANGER.public.key_id, key=STRANGER)),
    "a revoked key": Attack("revoked key", approved(**_OF_FORMER), roster=_OLD_KEY),
    "a revoked key, dated when it was good": Attack(
        "revoked key", approved(**_OF_FORMER, later=_YESTERDAY), roster=_OLD_KEY
    ),
    "retired": Attack("retired", approved(), roster=_RETIRED),
    "retired, dated when she was not": Attack("retired", approved(later=_YESTERDAY), roster=_RETIRED),
    "not in people.yaml, though the client's file lists her": Attack(
        "unknown person",
        approved(EVE, key=STRANGER),
        client=make_client(
            owners=client_data()["owners"] | {"qa": [{"name": who, "email": who} for who in (EVE, DELE)]}
        ),
    ),
    "a people.yaml that cannot be read": Attack(
        "no roster", approved(), roster=Roster(problem="people.yaml: line 3 is not YAML"), honest=()
    ),
}


def _override(author: str, *approvals: Rows) -> Rows:
    """A live override of the night: its deadline is later."""
    return all_of(says("override", author, "engineering", _later_deadline), *approvals)


def _later_deadline(case: Case) -> dict[str, Any]:
    return {"change": "deadline", "time": "07:30"}


def _approves(author: str, approver: str, role: str, seconds: int) -> Rows:
    def subject(case: Case) -> dict[str, Any]:
        (change,) = says("override", author, "engineering", _later_deadline)(case)
        return {"override_id": change.statement_id}

    return says("override_approval", approver, role, subject, later=timedelta(seconds=seconds))


_ASKS = says("exception_request", INGRID, "on_call", lambda case: {"exception": "may_be_missing", "feed": "lab_result"})
_AGREES = says(
    "acknowledgement",
    NOOR,
    "client_success",
    lambda case: {
        "request_id": _ASKS(case)[0].statement_id,
        "contact": "Cora",
        "reference": "mail",
        "via": "client_success",
    },
)
_MANY_ROLES = make_roster(roster_person(INGRID, roles=("qa", "engineering", "on_call")))
_BY_SERVICE = approved(SERVICE, role="service")
_AUTO = {"auto_approve": {"max_drift": 0.1}}
_AUTOMATIC = make_client(qa=_AUTO)
_LITTLE = Decimal("0.01")

SIGNED_BY_THE_WRONG: dict[str, Attack] = {
    "an engineer as qa": Attack("role not held", approved(ENZO)),
    "client success as qa": Attack("role not held", approved(NOOR)),
    "the service as qa": Attack("role not held", approved(SERVICE)),
    "an engineer as an engineer": Attack("role may not", approved(ENZO, role="engineering")),
    "client success as client success": Attack("role may not", approved(NOOR, role="client_success")),
    "on call as on call": Attack("role may not", approved(OTTO, role="on_call")),
    "an analyst of other clients": Attack("not of this client", approved(MALLORY)),
    "the author of a live override": Attack(
        "interested", approved(), _override(INGRID, _approves(INGRID, OTTO, "on_call", 1)), roster=_MANY_ROLES
    ),
    "the approver of a live override": Attack(
        "interested", approved(), _override(ENZO, _approves(ENZO, INGRID, "qa", 1))
    ),
    "the second approver of a live override": Attack(
        "interested",
        approved(),
        _override(ENZO, _approves(ENZO, OTTO, "on_call", 1), _approves(ENZO, INGRID, "qa", 2)),
    ),
    "who asked for a live waiver": Attack("interested", approved(), all_of(_ASKS, _AGREES), roster=_MANY_ROLES),
    "the service, and no policy": Attack("never automatic", _BY_SERVICE),
    "the service, and a suite failed": Attack(
        "automatic, failed suite", _BY_SERVICE, client=_AUTOMATIC, failed=(SUITE,), drift=_LITTLE
    ),
    "the service acknowledges a failed suite": Attack(
        "automatic, failed suite",
        approved(SERVICE, role="service", subject={"acknowledged_failures": [SUITE]}),
        client=_AUTOMATIC,
        failed=(SUITE,),
        drift=_LITTLE,
    ),
    "the service, and too few nights": Attack("automatic, no drift", _BY_SERVICE, client=_AUTOMATIC),
    "the service, and too much drift": Attack("automatic, drift", _BY_SERVICE, client=_AUTOMATIC, drift=Decimal("0.4")),
    "the service, for a mart that needs a person": Attack(
        "too few", _BY_SERVICE, client=make_client(qa={**_AUTO, "marts": ["pmpm"]}), drift=_LITTLE
    ),
    "the service, as the second of two": Attack(
        "too few",
        all_of(approved(), _BY_SERVICE),
        client=make_client(qa={**_AUTO, "marts": ["pmpm"], "required_signatures": 2}),
        drift=_LITTLE,
        honest=(INGRID, DELE),
    ),
}

_TWO_SIGN = make_client(qa={"required_signatures": 2})
_OTHERS_THAN_PMPM: Rows = lambda case: approved(  # noqa: E731 - one more way to make rows
    DELE, subject={"marts": [mart for mart in case.marts if mart != "pmpm"]}
)(case)

TOO_FEW: dict[str, Attack] = {
    name: Attack("too few", rows, client=_TWO_SIGN, roster=_TWO_KEYS, honest=(INGRID, DELE))
    for name, rows in {
        "one of two": approved(),
        "the same person twice": all_of(approved(), approved(meaning="again")),
        "the same person with two keys": all_of(approved(), approved(**_OF_FORMER)),
        "two, each of other marts": all_of(approved(subject={"marts": ["pmpm"]}), _OTHERS_THAN_PMPM),
    }.items()
} | {"all marts but one": Attack("too few", approved(subject={"marts": ["pmpm"]}))}

SIGNED_FOR_ANOTHER: dict[str, Attack] = {
    "of another candidate": Attack("other candidate", approved(subject={"evidence_digest": "d" * 64})),
    "of another night": Attack(
        "other row", _moved(first_date=NIGHT - timedelta(days=1), last_date=NIGHT - timedelta(days=1))
    ),
    "of another client": Attack("other row", _moved(client_id="other_health")),
    "of another kind": Attack("other row", _moved(kind="exception_request")),
    "of one night, in a row over many": Attack("other row", _edited(first_date=NIGHT - timedelta(days=9))),
    "in a row with another name": Attack("other row", _edited(signer=DELE)),
    "expired": Attack("expired", approved(expires_at=datetime.fromisoformat("2026-03-10T12:00:00+00:00"))),
    "of tomorrow": Attack("future", approved(later=timedelta(days=1))),
    "revoked": Attack(
        "revoked",
        all_of(
            approved(), says("revocation", DELE, "qa", lambda case: {"statement_id": approved()(case)[0].statement_id})
        ),
    ),
    "without the suite that failed": Attack(
        "unacknowledged", approved(subject={"acknowledged_failures": ["pmpm/production"]}), failed=(SUITE,)
    ),
    "before a rejection": Attack(
        "rejected",
        all_of(
            approved(),
            says(
                "sign_off",
                DELE,
                "qa",
                lambda case: {**approval(case).subject, "decision": "rejected"},
                later=timedelta(seconds=1),
            ),
        ),
    ),
    "before a withdrawal": Attack(
        "withdrawn",
        all_of(
            approved(),
            says(
                "withdrawal",
                OTTO,
                "on_call",
                lambda case: {"release_id": "r" * 32, "evidence_digest": case.evidence_digest},
                later=timedelta(seconds=1),
            ),
        ),
    ),
}

REALLY_SIGNED: dict[str, dict[str, Any]] = {
    "kind": {"kind": "exception_request"},
    "signer": {"signer": MALLORY},
    "role": {"role": "client_success"},
    "key_id": {"key_id": FORMER.public.key_id},
    "client_id": {"client_id": "other_health"},
    "first_date": {"first_date": NIGHT - timedelta(days=2)},
    "last_date": {"last_date": NIGHT + timedelta(days=2)},
    "meaning": {"meaning": "I do not approve"},
    "reason": {"reason": "only to try it"},
    "made_at": {"later": timedelta(days=-3)},
    "expires_at": {"expires_at": None},
    "version": {"version": 2},
    "subject": {"subject": {"note": "a draft"}},
    "subject.evidence_digest": {"subject": {"evidence_digest": "d" * 64}},
    "subject.decision": {"subject": {"decision": "rejected"}},
    "subject.marts": {"subject": {"marts": []}},
    "subject.acknowledged_failures": {"subject": {"acknowledged_failures": [SUITE]}},
    "subject.answers": {"subject": {"answers": ["5" * 64]}},
}
"""Field to what was really signed: it differs from a good approval in this field, which the attacker alters."""


def _altered(field: str, *, with_its_id: bool) -> Rows:
    def rows(case: Case) -> list[StatementFact]:
        really = approval(case, **REALLY_SIGNED[field])
        key = FORMER if field == "key_id" else KEYS[really.signer]
        wanted = replace(approval(case), key_id=really.key_id) if field == "signer" else approval(case)
        identity = wanted.statement_id if with_its_id else really.statement_id
        return [row(wanted, wanted.canonical(), key.sign("statement", really.canonical()), statement_id=identity)]

    return rows


ALTERED: dict[str, Attack] = {
    f"{field} altered": Attack("altered", _altered(field, with_its_id=False), roster=_TWO_KEYS)
    for field in REALLY_SIGNED
} | {
    f"{field} altered, and the id computed anew": Attack(
        "foreign key" if field == "signer" else "another signature",
        _altered(field, with_its_id=True),
        roster=_TWO_KEYS,
    )
    for field in REALLY_SIGNED
}


def _written(change: Callable[[str], str], *, same_id: bool = True) -> Rows:
    """The approval in another form, which Ingrid herself signed."""

    def rows(case: Case) -> list[StatementFact]:
        said = approval(case)
        text = change(said.canonical())
        identity = said.statement_id if same_id else digest(json.loads(text))
        return [row(said, text, KEYS[INGRID].sign("statement", text), statement_id=identity)]

    return rows


def _reordered(text: str) -> str:
    return json.dumps(dict(reversed(json.loads(text).items())), separators=(",", ":"))


def _with(**fields: Any) -> Rows:
    def change(text: str) -> str:
        return json.dumps(json.loads(text) | fields, separators=(",", ":"), sort_keys=True)

    return _written(change, same_id=False)


def _replaced(old: str, new: str) -> Rows:
    return _written(lambda text: text.replace(old, new))


WRITTEN_OTHERWISE: dict[str, Attack] = {
    "with spaces": Attack("not canonical", _replaced(",", ", ")),
    "with a line end": Attack("not canonical", _written(lambda text: text + "\n")),
    "with its fields in another order": Attack("not canonical", _written(_reordered)),
    "with a field twice": Attack("not canonical", _written(lambda text: '{"client_id":"other",' + text[1:])),
    "with a letter escaped": Attack("not canonical", _replaced("I approve", "\\u0049 approve")),
    "with a time of fewer digits": Attack("not canonical", _replaced(".000000+00:00", "+00:00")),
    "of another version": Attack("not canonical", _with(version=2)),
    "of a kind that is none": Attack("not canonical", _with(kind="blessing")),
    "in a role that is none": Attack("not canonical", _with(role="owner")),
    "with a text for a subject": Attack("not canonical", _with(subject="approved")),
    "with a fraction in it": Attack("no statement", _replaced('"I approve"', "1.5")),
    "with a field more": Attack("no statement", _with(also="this")),
    "with a field fewer": Attack("no statement", _replaced('"meaning":"I approve",', "")),
    "with a time without a zone": Attack("no statement", _replaced(".000000+00:00", ".000000")),
    "as no JSON": Attack("no statement", _written(lambda text: "approved")),
    "as a list": Attack("no statement", _written(lambda text: f"[{text}]")),
    "as brackets without end": Attack("no statement", _written(lambda text: "[" * 100_000)),
    "with no list of answers": Attack("subject", approved(subject={"answers": None})),
    "of a number of marts": Attack("subject", approved(subject={"marts": 5})),
    "of marts as one text": Attack("subject", approved(subject={"marts": "pmpm"})),
    "with no list of failures": Attack("subject", approved(subject={"acknowledged_failures": None})),
    "with a decision that is none": Attack("subject", approved(subject={"decision": "fine"})),
}

ATTACKS: dict[str, Attack] = {
    f"{family}: {name}": attack
    for family, attacks in {
        "signed wrongly": SIGNED_WRONGLY,
        "signed by the wrong one": SIGNED_BY_THE_WRONG,
        "too few signatures": TOO_FEW,
        "an approval": SIGNED_FOR_ANOTHER,
        "altered": ALTERED,
        "written": WRITTEN_OTHERWISE,
    }.items()
    for name, attack in attacks.items()
}
