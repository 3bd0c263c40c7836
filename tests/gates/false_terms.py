"""Waivers and overrides of pharmacy claims that are none: what is written into the ledger, and why it is nothing."""

from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from tests.gates.attacks import Case, Rows, all_of, says
from tests.world import CORA, ENZO, INGRID, NIGHT, NOOR, OTTO, SERVICE


def ask(**changes: Any) -> Rows:
    return says("exception_request", *changes.pop("by", (OTTO, "on_call")), lambda case: _MAY_BE_MISSING, **changes)


_MAY_BE_MISSING = {"exception": "may_be_missing", "feed": "pharmacy_claim"}


def agree(to: Rows, by: tuple[str, str] = (NOOR, "client_success"), also: Any = None, **changes: Any) -> Rows:
    def subject(case: Case) -> dict[str, Any]:
        said = {"request_id": to(case)[0].statement_id, "contact": CORA, "reference": "mail", "via": "client_success"}
        return said | (also or {})

    return says("acknowledgement", *by, subject, **changes)


def optional(by: tuple[str, str] = (ENZO, "engineering"), **changes: Any) -> Rows:
    return says("override", *by, lambda case: {"change": "optional_feed", "feed": "pharmacy_claim"}, **changes)


def approve(to: Rows, by: tuple[str, str] = (OTTO, "on_call"), **changes: Any) -> Rows:
    return says("override_approval", *by, lambda case: {"override_id": to(case)[0].statement_id}, **changes)


def revoke(what: Rows, by: tuple[str, str] = (OTTO, "on_call"), **changes: Any) -> Rows:
    return says("revocation", *by, lambda case: {"statement_id": what(case)[0].statement_id}, **changes)


_LATER_DATES = {"first_date": NIGHT, "last_date": NIGHT + timedelta(days=1)}
_OVER = {"expires_at": datetime.fromisoformat("2026-03-10T12:00:00+00:00")}

NO_TERMS: dict[str, tuple[Rows, str | None]] = {
    "nobody acknowledged": (ask(), None),
    "acknowledged by who asked": (
        all_of(ask(by=(NOOR, "client_success")), agree(ask(by=(NOOR, "client_success")))),
        "noor@acme.example requested it, and cannot acknowledge it too",
    ),
    "acknowledged by qa": (
        all_of(ask(), agree(ask(), (INGRID, "qa"))),
        "a acknowledgement needs the role client_success or service; ingrid@acme.example signed as qa",
    ),
    "acknowledged by the service without a link": (
        all_of(ask(), agree(ask(), (SERVICE, "service"))),
        "the service acknowledges through a client's link alone",
    ),
    "acknowledged by client success as if by a link": (
        all_of(ask(), agree(ask(), also={"via": "link"})),
        "the service acknowledges through a client's link alone, and nobody else does",
    ),
    "acknowledged through somebody else's link": (
        all_of(ask(), agree(ask(), (SERVICE, "service"), {"via": "link", "contact": "eve@tiny.example"})),
        "eve@tiny.example is not the contact of tiny_health",
    ),
    "acknowledged for other dates": (
        all_of(ask(), agree(ask(), **_LATER_DATES)),
        "it acknowledges other dates than were requested",
    ),
    "acknowledged by nobody in particular": (
        all_of(ask(), agree(ask(), also={"contact": ""})),
        "it does not say who at the client acknowledged",
    ),
    "acknowledged, and nothing like it was requested": (
        all_of(ask(), agree(ask(meaning="another"))),
        "the request that it acknowledges does not count, or is not there",
    ),
    "requested by qa": (
        all_of(ask(by=(INGRID, "qa")), agree(ask(by=(INGRID, "qa")))),
        "a exception_request needs the role client_success or engineering or on_call; ingrid@acme.example signed as qa",
    ),
    "a request that expired": (all_of(ask(**_OVER), agree(ask(**_OVER))), "it expired 2026-03-10 12:00 UTC"),
    "an acknowledgement that expired": (
        all_of(ask(), agree(ask(), **_OVER)),
        "it expired 2026-03-10 12:00 UTC",
    ),
    "a request that was revoked": (
        all_of(ask(), agree(ask()), revoke(ask())),
        "revoked by otto@acme.example: as the test says",
    ),
    "an acknowledgement that was revoked": (
        all_of(ask(), agree(ask()), revoke(agree(ask()))),
        "revoked by otto@acme.example: as the test says",
    ),
    "a request of no known kind": (
        says("exception_request", OTTO, "on_call", lambda case: {"exception": "blessing", "feed": "pharmacy_claim"}),
        "there is no exception 'blessing'",
    ),
    "an override that nobody approved": (optional(), None),
    "an override approved by its author": (
        all_of(optional(), approve(optional(), (ENZO, "engineering"))),
        "enzo@acme.example wrote the override, and cannot approve it too",
    ),
    "an override approved by client success": (
        all_of(optional(), approve(optional(), (NOOR, "client_success"))),
        "a override_approval needs the role engineering or on_call or qa; noor@acme.example signed as client_success",
    ),
    "an override by qa": (
        all_of(optional((INGRID, "qa")), approve(optional((INGRID, "qa")))),
        "a override needs the role engineering or on_call or client_success; ingrid@acme.example signed as qa",
    ),
    "an override in another's name": (
        lambda case: [replace(optional()(case)[0], signature=optional()(Case("", (), case.at))[0].signature[::-1])],
        "the signature is not enzo@acme.example's of this text",
    ),
    "an override that expired": (
        all_of(optional(**_OVER), approve(optional(**_OVER))),
        "it expired 2026-03-10 12:00 UTC",
    ),
    "an approval of an override that is not there": (
        all_of(optional(), approve(optional(meaning="another"))),
        "the override that it approves does not count, or is not there",
    ),
    "an approval that was revoked": (
        all_of(optional(), approve(optional()), revoke(approve(optional()))),
        "revoked by otto@acme.example: as the test says",
    ),
    "an override of an unknown change": (
        says("override", ENZO, "engineering", lambda case: {"change": "no_rules"}),
        "there is no change 'no_rules'",
    ),
}
