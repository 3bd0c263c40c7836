"""A client night as a whole: its tuning, and suites that cannot be run, which count as failed."""

from collections.abc import Generator
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from acme_assets.nights.marts import Mart
from acme_assets.validation import run
from acme_assets.validation.measure import CannotRun
from acme_assets.validation.run import Read
from acme_assets.validation.tuning import tuning_problems
from client_partitions.client import Client
from client_partitions.registry import CLIENTS_FOLDER, load_client, load_registry
from client_partitions.validation import MartTuning
from tests.validation.night import CLIENT, failed, good, judged, reading, tuned

# --- tuning


@pytest.mark.parametrize(
    ("tuning", "check", "allowed"),
    [
        ({"min_rows": 6}, "rows", "at least 6"),
        ({"bounds": {"paid_pmpm": [0, 99.99]}}, "paid_pmpm: within bounds", "0 to 99.99"),
        ({"bounds": {"paid_amount": [1, None]}}, "paid_amount: within bounds", "at least 1"),
        ({"bounds": {"member_months": [None, 2]}}, "member_months: within bounds", "at most 2"),
        ({"required_totals": {"paid_amount": {"min": 329}}}, "total of paid_amount", "at least 329"),
        ({"required_totals": {"paid_amount": {"max": 328}}}, "total of paid_amount", "at most 328"),
        ({"required_totals": {"member_months": {"min": 13, "max": 14}}}, "total of member_months", "13 to 14"),
    ],
)
def test_a_client_may_ask_for_more(tuning: dict[str, Any], check: str, allowed: str) -> None:
    found = failed(judged(good(), tuned("pmpm", **tuning)))
    assert list(found) == [("pmpm", check)]
    assert found["pmpm", check].allowed == allowed


def test_what_a_client_asks_for_passes_at_its_bounds() -> None:
    tuning = {
        "min_rows": 5,
        "bounds": {"paid_pmpm": [0, 100], "member_months": [0, 3]},
        "required_totals": {"paid_amount": {"min": 328.5, "max": 328.5}},
    }
    assert not failed(judged(good(), tuned("pmpm", **tuning)))


def test_a_client_with_reversals_lets_amounts_be_negative() -> None:
    rows = good()
    rows["pharmacy_spend"][0]["quantity"] = "-90"
    assert list(failed(judged(rows))) == [("pharmacy_spend", "quantity: within bounds")]
    assert not failed(judged(rows, tuned("pharmacy_spend", bounds={"quantity": [-100, None]})))


def test_a_client_that_allows_for_some_lines_alone_may_pay_more() -> None:
    rows = good()
    rows["pmpm"][3]["allowed_amount"] = "1"
    assert list(failed(judged(rows))) == [("pmpm", "paid_amount not above allowed_amount where that is given")]
    assert not failed(judged(rows, tuned("pmpm", paid_within_allowed=False)))


@pytest.mark.parametrize(
    ("tuning", "problem"),
    [
        ({"dental": {}}, "validation.dental: there is no such mart; the marts are member_months, pmpm, "),
        (
            {"pmpm": {"bounds": {"paid": [0, 1]}}},
            "validation.pmpm.bounds.paid: pmpm has no such column to check; it has member_months, paid_amount, ",
        ),
        ({"pmpm": {"bounds": {"claim_type": [0, 1]}}}, "validation.pmpm.bounds.claim_type: pmpm has no such column"),
        (
            {"pmpm": {"required_totals": {"paid_pmpm": {"min": 1}}}},
            "validation.pmpm.required_totals.paid_pmpm: pmpm has no such column to check; it has member_months, ",
        ),
        (
            {"lab_volume": {"paid_within_allowed": False}},
            "validation.lab_volume.paid_within_allowed: lab_volume does not have both amounts; remove it",
        ),
    ],
)
def test_a_tuning_that_fits_no_mart_is_a_problem_and_fails_every_suite(tuning: dict[str, Any], problem: str) -> None:
    parsed = {mart: MartTuning.model_validate(values) for mart, values in tuning.items()}
    client = CLIENT.model_copy(update={"validation": parsed})
    (found,) = tuning_problems(client)
    assert found.startswith(problem)
    results = judged(good(), client)
    assert len(results) == 6
    assert {check.reason for check in failed(results).values()} == {found}
    assert not any(result.passed for result in results.values())


def test_a_tuning_of_a_mart_that_the_client_does_not_have_is_a_problem() -> None:
    labs = load_client(CLIENTS_FOLDER / "demo" / "coastal_labs.yaml")
    client = labs.model_copy(update={"validation": {"pmpm": MartTuning()}})
    assert tuning_problems(client) == ["validation.pmpm: the client's feeds give it no such mart; it has lab_volume"]


@pytest.mark.parametrize("name", ["demo", "real"])
def test_the_tuning_of_every_client_that_we_ship_fits(name: str) -> None:
    assert [
        problem
        for client in load_registry(CLIENTS_FOLDER / name).clients.values()
        for problem in tuning_problems(client)
    ] == []


# --- marts that are empty


def _without(*feeds: str) -> Client:
    changed: dict[Any, Any] = dict(CLIENT.feeds)
    for feed in feeds:
        changed[feed] = changed[feed].model_copy(update={"required": False})
    return CLIENT.model_copy(update={"feeds": changed})


def test_a_mart_whose_feed_the_night_need_not_wait_for_may_be_empty() -> None:
    rows = good()
    rows["lab_volume"].clear()
    assert list(failed(judged(rows))) == [("lab_volume", "rows")]
    assert not failed(judged(rows, _without("lab_result")))


def test_a_client_may_insist_on_rows_all_the_same() -> None:
    rows = good()
    rows["lab_volume"].clear()
    client = _without("lab_result").model_copy(update={"validation": {"lab_volume": MartTuning(min_rows=1)}})
    assert list(failed(judged(rows, client))) == [("lab_volume", "rows")]


# --- suites that cannot be run


def broken(mart_name: str, problem: Exception) -> Read:
    """Reads every mart but one, of which the first row comes and the rest does not."""

    def read(mart: Mart) -> Generator[pl.DataFrame, None, None]:
        for chunk in reading(good(), 1)(mart):
            yield chunk
            if mart.name == mart_name:
                raise problem

    return read


def test_a_mart_that_cannot_be_read_fails_with_the_reason_and_so_do_the_marts_that_need_it() -> None:
    results = judged(good(), read=broken("pmpm", CannotRun("it is not there")))
    found = failed(results)
    assert list(found) == [
        ("pmpm", "the suite runs"),
        ("utilization", "months whose members are not those of pmpm"),
        ("pharmacy_spend", "paid_amount that pmpm lacks"),
        ("pharmacy_spend", "allowed_amount that pmpm lacks"),
    ]
    assert found["pmpm", "the suite runs"].reason == "it is not there"
    assert found["pharmacy_spend", "paid_amount that pmpm lacks"].reason == "pmpm could not be read"
    assert (results["pmpm"].metrics, results["pmpm"].drift, results["pmpm"].passed) == ({}, None, False)


@pytest.mark.parametrize("problem", [ValueError("1234.5"), pl.exceptions.ComputeError("1234.5"), OverflowError()])
def test_rows_that_cannot_be_taken_in_fail_the_suite_without_their_values(problem: Exception) -> None:
    results = judged(good(), read=broken("lab_volume", problem))
    (check,) = results["lab_volume"].checks
    assert check.reason == f"lab_volume could not be read and checked ({type(problem).__name__})"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda frame: frame.cast(pl.String), "business_date: a check could not be made of it (wrong_datatype)"),
        (lambda frame: frame.drop("members"), "lab_volume: a check could not be made of it (column_not_in_dataframe)"),
        (
            lambda frame: frame.with_columns(more=1),
            "lab_volume: a check could not be made of it (column_not_in_schema)",
        ),
        (
            lambda frame: frame.cast({"members": pl.Float64}),
            "members: a check could not be made of it (wrong_datatype)",
        ),
    ],
    ids=["all text", "column missing", "column too many", "other type"],
)
def test_rows_of_other_columns_than_the_marts_fail_the_suite(change: Any, reason: str) -> None:
    def read(mart: Mart) -> Generator[pl.DataFrame, None, None]:
        for chunk in reading(good())(mart):
            yield change(chunk) if mart.name == "lab_volume" else chunk

    (check,) = judged(good(), read=read)["lab_volume"].checks
    assert (check.name, check.passed) == ("the suite runs", False)
    assert check.reason == reason


def test_a_mart_without_a_suite_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run, "SUITES", {name: suite for name, suite in run.SUITES.items() if name != "lab_volume"})
    (check,) = judged(good())["lab_volume"].checks
    assert check.reason == "no suite is declared for lab_volume; add one to acme_assets/validation/suites.py"


def test_what_nobody_foresaw_stops_the_run() -> None:
    with pytest.raises(KeyError):
        judged(good(), read=broken("pmpm", KeyError("a bug")))


def test_readers_are_closed_also_when_a_check_breaks() -> None:
    closed = []

    def read(mart: Mart) -> Generator[pl.DataFrame, None, None]:
        try:
            yield pl.DataFrame({"x": [1]})
            yield pl.DataFrame({"x": [1]})
        finally:
            closed.append(mart.name)

    assert not any(result.passed for result in judged(good(), read=read).values())
    assert len(closed) == 6


def test_an_empty_night_measures_zero() -> None:
    empty = {mart: [] for mart in good()}
    results = judged(empty)
    assert {check for _, check in failed(results)} == {"rows"}
    assert results["pmpm"].metrics["paid_amount"] == Decimal(0)
