"""Drift of rows, totals, empty values and keys on made-up nights: quiet on normal ones, and what is broken is found."""

import random
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from math import exp, sqrt

import pytest

from acme_assets.contracts.drift import (
    ENOUGH_NIGHTS,
    Finding,
    PastNight,
    Profile,
    is_month_end,
    night_drift,
    profile_json,
    read_profile,
    trailing_dates,
)
from client_partitions.drift import DriftPolicy

FIRST = date(2025, 3, 3)
HOLD = DriftPolicy(bytes="hold")


def made_up(day: date, dice: random.Random, size: int = 10_000, noise: float = 0.08) -> Profile:
    """A normal night of claims: fewer at weekends, more at a month's end, 8% up and down."""
    weekly = 0.3 if day.weekday() >= 5 else 1.0
    rows = int(size * weekly * (2.5 if is_month_end(day) else 1) * exp(dice.gauss(0, noise)))
    empty = {
        "person_id": 0,
        "plan": max(int(dice.gauss(0.03 * rows, sqrt(0.03 * rows))), 0),
        "drg_code": int(rows * min(max(dice.gauss(0.7, 0.03), 0), 1)),
        "hcpcs_modifier_2": rows,
    }
    total = Decimal(round(rows * 180 * exp(dice.gauss(0, 0.06)), 2))
    known = max(dice.gauss(0.02, 0.01), 0)
    return Profile(rows, int(rows * 120 * exp(dice.gauss(0, 0.02))), rows, empty, {"paid_amount": total}, known)


def nights(seed: int, count: int, **how: float) -> list[PastNight]:
    dice = random.Random(seed)
    days = (FIRST + timedelta(days=number) for number in range(count))
    return [PastNight(day, f"content of {day}", made_up(day, dice, **how)) for day in days]  # type: ignore[arg-type]


def judged(past: Sequence[PastNight], night: PastNight, policy: DriftPolicy = HOLD) -> tuple[Finding, ...]:
    """As the ledger would give the past: the trailing dates alone."""
    wanted = set(trailing_dates(night.business_date))
    trailing = [item for item in past if item.business_date in wanted]
    return night_drift(night.business_date, night.content_hash, night.profile, trailing, policy)


def kinds(found: Sequence[Finding]) -> set[str]:
    return {finding.kind for finding in found}


@pytest.mark.parametrize("size", [40, 400, 10_000])
def test_normal_nights_are_held_less_than_once_in_a_year(size: int) -> None:
    """All nights from the first on, month ends and weekends with them: 400 nights of each size."""
    held, count = [], 0
    for seed in range(2):
        run = nights(seed, 200, size=size)
        for number, night in enumerate(run):
            count += 1
            if found := judged(run[:number], night):
                held.append((seed, night.business_date, [finding.said for finding in found]))
    assert len(held) <= count / 365, held


def test_noisier_feeds_are_quiet_too() -> None:
    run = nights(5, 200, noise=0.25)
    held = [night.business_date for number, night in enumerate(run) if judged(run[:number], night)]
    assert len(held) <= 1


def halved(profile: Profile) -> Profile:
    half = profile.rows // 2
    empty = {name: count // 2 for name, count in profile.empty.items()}
    return replace(
        profile, rows=half, lines=half, empty=empty, totals={"paid_amount": profile.totals["paid_amount"] / 2}
    )


def doubled(profile: Profile) -> Profile:
    empty = {name: count * 2 for name, count in profile.empty.items()}
    twice = profile.rows * 2
    return replace(profile, rows=twice, lines=twice, empty=empty)


def null_column(profile: Profile) -> Profile:
    return replace(profile, empty={**profile.empty, "plan": profile.lines})


def times_100(profile: Profile) -> Profile:
    return replace(profile, totals={"paid_amount": profile.totals["paid_amount"] * 100})


def no_total(profile: Profile) -> Profile:
    return replace(profile, totals={"paid_amount": Decimal(0)})


def last_nights_keys(profile: Profile) -> Profile:
    return replace(profile, keys_known=0.97)


@pytest.mark.parametrize(
    ("fault", "kind"),
    [
        (halved, "rows"),
        (doubled, "rows"),
        (null_column, "empty"),
        (times_100, "totals"),
        (no_total, "totals"),
        (last_nights_keys, "keys"),
    ],
)
def test_what_is_broken_is_found_on_every_weekday_and_at_a_months_end(
    fault: Callable[[Profile], Profile], kind: str
) -> None:
    missed = []
    for seed in range(2):
        run = nights(seed, 160)
        for number in range(100, 160):
            broken = replace(run[number], profile=fault(run[number].profile))
            if kind not in kinds(judged(run[:number], broken)):
                missed.append((seed, broken.business_date))
    assert len(missed) <= 0.02 * 2 * 60, missed


def test_yesterdays_content_again_is_found_unless_the_feed_repeats_itself() -> None:
    run = nights(1, 30)
    again = replace(run[20], content_hash=run[19].content_hash)
    (finding,) = judged(run[:20], again)
    assert (finding.kind, finding.said) == ("repeated", f"it is the content of {run[19].business_date} again")
    weekly = [replace(night, content_hash=f"list {number // 7}") for number, night in enumerate(run)]
    assert not judged(weekly[:20], replace(weekly[20], content_hash="list 2"))


def test_with_few_nights_nothing_is_said() -> None:
    run = nights(2, ENOUGH_NIGHTS + 1)
    broken = replace(run[4], profile=times_100(run[4].profile), content_hash=run[3].content_hash)
    assert not judged(run[: ENOUGH_NIGHTS - 1], broken)


def test_the_first_saturday_is_not_judged_by_workdays() -> None:
    run = nights(3, 6)
    assert run[5].business_date.weekday() == 5
    assert not judged(run[:5], run[5])


def test_a_new_level_that_was_accepted_is_normal_after_four_nights() -> None:
    run = nights(4, 80)
    for number in range(60, 80):
        run[number] = replace(run[number], profile=doubled(run[number].profile))
    held = [number for number in range(60, 80) if "rows" in kinds(judged(run[:number], run[number]))]
    assert 60 in held
    assert all(number < 66 for number in held)


def test_a_finding_says_what_was_expected_and_of_which_nights() -> None:
    run = nights(6, 100)
    number = next(n for n in range(90, 100) if run[n].business_date.weekday() == 0)
    broken = replace(run[number], profile=replace(run[number].profile, rows=1204))
    said = next(finding.said for finding in judged(run[:number], broken) if finding.kind == "rows")
    assert said.startswith("rows 1,204, expected ")
    assert said.endswith(" by the last 8 Mondays")


def test_the_policy_says_what_becomes_of_each_kind() -> None:
    run = nights(7, 60)
    broken = replace(run[50], profile=times_100(run[50].profile))
    assert {item.act for item in judged(run[:50], broken, DriftPolicy(totals="warn"))} == {"warn"}
    assert not judged(run[:50], broken, DriftPolicy(totals="pass"))


def test_a_negative_total_is_judged_as_one() -> None:
    run = nights(8, 60)
    broken = replace(run[50], profile=replace(run[50].profile, totals={"paid_amount": Decimal(-1_000_000)}))
    assert "totals" in kinds(judged(run[:50], broken))


def test_a_profile_comes_back_from_the_ledger_as_it_was() -> None:
    profile = made_up(FIRST, random.Random(0))
    assert read_profile(profile_json(profile)) == profile
