"""How far a night is from those before it: against the median, and only once there are nights enough to tell."""

from decimal import Decimal

import pytest

from acme_assets.validation.drift import deviation, drift_checks
from tests.validation.night import failed, good, judged, tuned

HALF = Decimal("0.5")


def nights(*rows: int) -> list[dict[str, Decimal]]:
    return [{"rows": Decimal(number)} for number in rows]


@pytest.mark.parametrize(
    ("value", "usual", "expected"),
    [
        ("100", "100", "0"),
        ("150", "100", "0.5"),
        ("50", "100", "0.5"),
        ("0", "100", "1"),
        ("0", "0", "0"),
        ("3", "0", "3"),
        ("0.02", "0.01", "0.01"),
        ("-50", "-100", "0.5"),
        ("150.00000001", "100", "0.500001"),
        ("18446744073709551614000000", "0", "18446744073709551614000000"),
    ],
)
def test_a_deviation_is_a_share_of_the_usual_value_or_of_one(value: str, usual: str, expected: str) -> None:
    assert deviation(Decimal(value), Decimal(usual)) == Decimal(expected)


@pytest.mark.parametrize("past", [(), (10,), (10, 10)])
def test_too_few_nights_pass_and_say_so(past: tuple[int, ...]) -> None:
    (check,), drift = drift_checks({"rows": Decimal(1000)}, nights(*past), HALF)
    assert (check.passed, check.measured, drift) == (True, None, None)
    assert check.reason == f"not enough history: {len(past)} of 3 nights"


def test_a_jump_past_what_is_allowed_fails_and_says_against_what() -> None:
    (check,), drift = drift_checks({"rows": Decimal(16)}, nights(10, 10, 10), HALF)
    assert (check.passed, check.measured, check.allowed) == (False, Decimal("0.6"), "at most 0.5")
    assert check.reason == "the median of 3 nights is 10"
    assert drift == Decimal("0.6")


def test_what_is_allowed_passes_to_the_last_digit() -> None:
    assert drift_checks({"rows": Decimal(15)}, nights(10, 10, 10), HALF)[0][0].passed


def test_one_odd_night_does_not_set_the_measure() -> None:
    assert drift_checks({"rows": Decimal(10)}, nights(900, 10, 10), HALF)[1] == 0


def test_only_the_seven_latest_nights_count() -> None:
    past = nights(10, 10, 10, 10, 90, 90, 90, 90, 90, 90, 90)
    assert drift_checks({"rows": Decimal(10)}, past, HALF)[1] == 0


def test_the_largest_deviation_is_the_drift() -> None:
    past = [{"rows": Decimal(10), "claims": Decimal(100)}] * 3
    assert drift_checks({"rows": Decimal(11), "claims": Decimal(80)}, past, HALF)[1] == Decimal("0.2")


def test_with_one_metric_that_has_no_history_there_is_no_drift() -> None:
    checks, drift = drift_checks({"rows": Decimal(10), "new": Decimal(1)}, nights(10, 10, 10), HALF)
    assert drift is None
    assert all(check.passed for check in checks)


def test_a_suite_fails_on_the_metric_that_jumped_and_on_no_other() -> None:
    usual = dict(judged(good())["pmpm"].metrics)
    history = {"pmpm": [usual | {"paid_amount": usual["paid_amount"] / 4}] * 3}
    results = judged(good(), history=history)
    assert list(failed(results)) == [("pmpm", "drift of paid_amount")]
    assert results["pmpm"].drift == 3
    assert results["utilization"].drift is None


def test_how_much_is_allowed_is_tuned_per_mart() -> None:
    usual = dict(judged(good())["pmpm"].metrics)
    history = {"pmpm": [usual | {"paid_amount": usual["paid_amount"] / 4}] * 3}
    assert not failed(judged(good(), tuned("pmpm", max_drift=3), history))
    assert failed(judged(good(), tuned("pmpm", max_drift=2.99), history))
