"""What may go of a client night, and what keeps it."""

import json
from datetime import UTC, date, datetime
from typing import Any

import pytest

from acme_assets.nights.facts import CandidateFact, DeliveryFact, NightFacts, ReleaseFact, StatementFact
from acme_assets.nights.retention import Hold, Kind, last_due, why_kept

NIGHT = date(2026, 3, 10)
NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
"""Past all its years."""

CANDIDATE = CandidateFact("e1", "k1", datetime(2026, 3, 11, tzinfo=UTC))
RELEASE = ReleaseFact("r1", "e1", datetime(2026, 3, 11, tzinfo=UTC))


def night(**facts: Any) -> NightFacts:
    return NightFacts("tiny_health", NIGHT, **facts)


def hold(**changes: Any) -> Hold:
    given = {"client_id": "tiny_health", "first_date": NIGHT, "last_date": NIGHT, **changes}
    return Hold("h" * 64, reason="matter 7", placed_by="noor@acme.example", placed_at=NOW, **given)


def why(kind: Kind = "raw", facts: NightFacts | None = None, *holds: Hold, **needed: str) -> str | None:
    kept = why_kept(kind, facts or night(), NOW, holds, {(client, NIGHT): said for client, said in needed.items()})
    return kept and kept.why


@pytest.mark.parametrize(
    ("kind", "today", "last"),
    [
        ("raw", date(2027, 3, 9), date(2026, 3, 9)),
        ("raw", date(2027, 3, 10), NIGHT),
        ("curated", date(2029, 3, 10), NIGHT),
        ("raw", date(2028, 2, 29), date(2027, 2, 28)),
        ("raw", date(2029, 2, 28), date(2028, 2, 28)),
        ("raw", date(2029, 3, 1), date(2028, 3, 1)),
    ],
)
def test_a_business_date_is_due_on_the_same_day_after_its_years(kind: Kind, today: date, last: date) -> None:
    assert last_due(kind, datetime(today.year, today.month, today.day, tzinfo=UTC)) == last


def test_the_day_is_utc_wherever_the_clock_is() -> None:
    assert last_due("raw", datetime.fromisoformat("2027-03-11T01:00+13:00")) == NIGHT


def test_nothing_keeps_a_night_that_was_released_and_grew_old() -> None:
    done = night(candidate=CANDIDATE, releases=(RELEASE,), live_release=RELEASE)
    assert (why("raw", done), why("curated", done)) == (None, None)


def test_a_night_that_was_never_complete_goes() -> None:
    held = DeliveryFact("d1", "patient", "quarantined", "cut off", NOW, NOW)
    assert why("raw", night(deliveries={"patient": held})) is None


@pytest.mark.parametrize(
    "live",
    [
        hold(),
        hold(client_id=None),
        hold(first_date=date.min, last_date=date.max),
        hold(until=date(2030, 1, 1)),
    ],
)
def test_a_live_hold_keeps_both_kinds(live: Hold) -> None:
    assert (why("raw", None, live), why("curated", None, live)) == ("hold", "hold")


@pytest.mark.parametrize(
    "other",
    [
        hold(client_id="other_health"),
        hold(first_date=date(2026, 3, 11), last_date=date.max),
        hold(until=date(2029, 12, 31)),
        hold(lifted_at=NOW, lifted_by="noor@acme.example"),
    ],
)
def test_a_hold_of_others_or_that_has_ended_keeps_nothing(other: Hold) -> None:
    assert why("raw", None, other) is None


def test_what_an_open_backfill_needs_stays() -> None:
    assert why(tiny_health="backfill b1 is open") == "backfill"
    assert why(other_health="backfill b1 is open") is None


def test_a_delivery_that_is_still_to_be_loaded_stays() -> None:
    arrived = DeliveryFact("d1", "patient", "arrived", None, NOW, NOW)
    assert why("raw", night(deliveries={"patient": arrived})) == "undecided"


def test_a_candidate_stays_until_it_is_released_or_rejected() -> None:
    assert why("curated", night(candidate=CANDIDATE)) == "undecided"
    assert why("curated", night(candidate=CANDIDATE, releases=(RELEASE,))) is None
    earlier = ReleaseFact("r0", "e0", RELEASE.released_at)
    assert why("raw", night(candidate=CANDIDATE, releases=(earlier,))) == "undecided"


@pytest.mark.parametrize(
    ("decision", "digest", "is_recorded", "found"),
    [
        ("rejected", "e1", True, None),
        ("rejected", "e0", True, "undecided"),
        ("approved", "e1", True, "undecided"),
        ("rejected", "e1", False, "undecided"),
    ],
)
def test_a_rejection_counts_where_the_audit_log_has_it(
    decision: str, digest: str, is_recorded: bool, found: str | None
) -> None:
    text = json.dumps({"subject": {"decision": decision, "evidence_digest": digest}})
    said = StatementFact("s1", "sign_off", "tiny_health", NIGHT, NIGHT, "ingrid@acme.example", text, "", is_recorded)
    broken = StatementFact("s2", "sign_off", "tiny_health", NIGHT, NIGHT, "ingrid@acme.example", "{", "", True)
    assert why("raw", night(candidate=CANDIDATE, statements=(broken, said))) == found


def test_a_live_release_is_seen_for_three_years_from_its_release() -> None:
    late = ReleaseFact("r1", "e1", datetime(2027, 1, 2, tzinfo=UTC))
    seen = night(candidate=CANDIDATE, releases=(late,), live_release=late)
    assert why("curated", seen) == "live release"
    assert why("raw", seen) is None
    assert why("curated", night(candidate=CANDIDATE, releases=(late,))) is None
