"""What QA signs: the same inputs and rows give the same digest, and any difference gives another."""

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from acme_assets.gates.evidence import (
    Core,
    DeliveryEvidence,
    Evidence,
    FileEvidence,
    MartEvidence,
    changes_since,
    has_core,
    summary_of,
)


def file(path: str) -> FileEvidence:
    return FileEvidence(path, "a" * 64, rows_in=10, rows_loaded=7, rows_quarantined=3, rows_out_of_scope=1)


ELIGIBILITY = DeliveryEvidence(
    "eligibility", "delivery-1", "b" * 64, (file("tiny/a.csv"), file("tiny/b.csv")), {"type (birth_date)": 3}
)
PHARMACY = DeliveryEvidence("pharmacy_claim", "delivery-2", "c" * 64, (file("tiny/c.csv"),), {})
CORE = Core(
    "tiny_health",
    date(2026, 3, 10),
    (ELIGIBILITY, PHARMACY),
    waivers=({"feed": "lab_result", "exception": "may_be_missing"},),
    overrides=({"change": "deadline", "time": "07:00"},),
    tests_passed=12,
    marts={"pmpm": MartEvidence(2, "d" * 64), "member_months": MartEvidence(1, "e" * 64)},
)


def evidence(core: Core) -> Evidence:
    return Evidence(core, (), changes_since(None, core))


def changed(value: Any) -> Iterator[tuple[str, Any]]:
    """Every way to change one leaf of a value, or to leave a part out, with where that is."""
    if is_dataclass(value) and not isinstance(value, type):
        for item in fields(value):
            for where, other in changed(getattr(value, item.name)):
                yield f"{item.name}.{where}", replace(value, **{item.name: other})
    elif isinstance(value, tuple):
        for index, part in enumerate(value):
            yield f"{index} left out", (*value[:index], *value[index + 1 :])
            for where, other in changed(part):
                yield f"{index}.{where}", (*value[:index], other, *value[index + 1 :])
    elif isinstance(value, Mapping):
        yield "one more", {**value, "another": 1 if not value else next(iter(value.values()))}
        for key, part in value.items():
            rest = {name: item for name, item in value.items() if name != key}
            yield f"{key} left out", rest
            yield f"{key} renamed", {**rest, f"{key}x": part}
            for where, other in changed(part):
                yield f"{key}.{where}", {**value, key: other}
    elif isinstance(value, date):
        yield "another day", value + timedelta(days=1)
    elif isinstance(value, int):
        yield "one more", value + 1
    else:
        yield "another text", f"{value}x"


CHANGES = dict(changed(CORE))


def test_every_field_has_its_change() -> None:
    reached = {part for where in CHANGES for part in where.split(".")}
    assert {item.name for kind in (Core, DeliveryEvidence, FileEvidence, MartEvidence) for item in fields(kind)} <= (
        reached
    )


@pytest.mark.parametrize("where", CHANGES)
def test_any_change_gives_another_digest(where: str) -> None:
    assert evidence(CHANGES[where]).digest() != evidence(CORE).digest()
    assert not has_core(json.loads(evidence(CORE).canonical()), CHANGES[where])


def test_no_two_changes_give_the_same_digest() -> None:
    assert len({evidence(core).digest() for core in CHANGES.values()}) == len(CHANGES) > 40


def test_the_order_of_deliveries_files_rules_and_marts_makes_no_difference() -> None:
    turned = replace(
        CORE,
        deliveries=(PHARMACY, replace(ELIGIBILITY, files=tuple(reversed(ELIGIBILITY.files)))),
        marts=dict(reversed(CORE.marts.items())),
    )
    assert evidence(turned).digest() == evidence(CORE).digest()
    assert evidence(turned).canonical() == evidence(CORE).canonical()
    assert has_core(json.loads(evidence(CORE).canonical()), turned)
    two_rules = [replace(ELIGIBILITY, failures=rules) for rules in ({"a": 1, "b": 2}, {"b": 2, "a": 1})]
    assert len({evidence(replace(CORE, deliveries=(item,))).digest() for item in two_rules}) == 1


def test_a_file_that_moves_to_another_delivery_gives_another_digest() -> None:
    first, second = ELIGIBILITY.files
    moved = replace(
        CORE,
        deliveries=(replace(ELIGIBILITY, files=(first,)), replace(PHARMACY, files=(second, *PHARMACY.files))),
    )
    assert evidence(moved).digest() != evidence(CORE).digest()


def test_the_digest_is_that_of_the_text_that_is_stored() -> None:
    packet = evidence(CORE)
    assert packet.digest() == hashlib.sha256(packet.canonical().encode()).hexdigest()
    assert json.loads(packet.canonical())["deliveries"][0]["files"][1]["path"] == "tiny/b.csv"


def test_what_changed_since_the_last_signed_candidate() -> None:
    signed = json.loads(evidence(CORE).canonical())
    assert changes_since(None, CORE) == {"since": None, "feeds": [], "marts": {}}
    now = replace(
        CORE,
        deliveries=(ELIGIBILITY, replace(PHARMACY, delivery_id="delivery-3")),
        marts={"pmpm": MartEvidence(3, "f" * 64), "member_months": CORE.marts["member_months"]},
    )
    assert changes_since(signed, now) == {
        "since": evidence(CORE).digest(),
        "feeds": ["pharmacy_claim"],
        "marts": {"pmpm": {"rows_before": 2, "rows_now": 3}},
    }


def test_the_summary_names_marts_failed_suites_and_the_largest_drift() -> None:
    suites = [
        {"suite": "pmpm/staging", "passed": False, "drift": "0.2"},
        {"suite": "member_months/staging", "passed": True, "drift": "0.05"},
    ]
    found = summary_of({"marts": {"pmpm": {}, "member_months": {}}, "suites": suites})
    assert found == (("member_months", "pmpm"), ("pmpm/staging",), Decimal("0.2"))
    unknown = [*suites, {"suite": "lab_volume/staging", "passed": True, "drift": None}]
    assert summary_of({"marts": {}, "suites": unknown})[2] is None
