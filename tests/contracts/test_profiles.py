"""A delivery in numbers, and how many of its keys another one has."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

from acme_assets.contracts.profiles import SKETCH_KEYS, KeySketch, compared, profile_of

Check = Callable[..., Any]

LAYOUT: dict[str, Any] = {
    "format": {"kind": "csv"},
    "columns": {
        "claim_id": "claim",
        "claim_line_number": {"value": "1"},
        "person_id": "person",
        "dispensing_date": {"business_date": "%Y-%m-%d"},
        "paid_amount": "paid",
        "data_source": {"value": "test"},
    },
}


def claims(first: int, last: int) -> str:
    return "claim,person,paid\n" + "".join(f"c{number},p,\n" for number in range(first, last))


def sketch(check: Check, text: str, spool: str) -> KeySketch:
    result = check(text, layout=LAYOUT, feed="pharmacy_claim", spool=spool).result
    return profile_of("pharmacy_claim", result, 10)[1]


def test_rows_empty_values_and_exact_totals_of_what_passed(check: Check) -> None:
    text = "claim,person,paid\nc1,p1,0.1\nc2,p2,0.2\nc3,p3,\nc4,,99\n"
    result = check(text, layout=LAYOUT, feed="pharmacy_claim").result
    profile, _ = profile_of("pharmacy_claim", result, 57)
    assert (profile.rows, profile.lines, profile.bytes) == (4, 3, 57)
    assert (profile.empty["person_id"], profile.empty["paid_amount"], profile.empty["plan"]) == (0, 1, 3)
    assert profile.totals == {"paid_amount": Decimal("0.3")}


def test_the_sketch_tells_the_share_of_keys_that_come_again(check: Check) -> None:
    before, now = sketch(check, claims(0, 10_000), "a"), sketch(check, claims(7_000, 17_000), "b")
    assert 0.8 * SKETCH_KEYS < len(now.hashes) < 1.2 * SKETCH_KEYS
    share = now.share_in(before)
    assert share is not None
    assert abs(share - 0.3) < 0.06
    assert now.share_in(now) == 1
    assert KeySketch.read(now.written()) == now


def test_a_small_delivery_is_compared_with_a_large_one(check: Check) -> None:
    large, small = sketch(check, claims(0, 20_000), "a"), sketch(check, claims(0, 2_000), "b")
    share = small.share_in(large)
    assert share is not None
    assert share == 1
    assert sketch(check, claims(90_000, 90_100), "c").share_in(sketch(check, claims(0, 100), "d")) == 0


def test_sketches_of_another_making_are_not_compared(check: Check) -> None:
    one = sketch(check, claims(0, 10), "a")
    assert one.share_in(KeySketch("another", one.limit, one.hashes)) is None
    profile, same = profile_of("pharmacy_claim", check(claims(0, 10), layout=LAYOUT, feed="pharmacy_claim").result, 1)
    assert compared(profile, same, None).keys_known is None
    assert compared(profile, same, one).keys_known == 1
