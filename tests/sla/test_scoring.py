"""Scores of forecasts: each against its definition worked out by hand or by brute force."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acme_assets.sla.scoring import (
    alarms,
    brier,
    coverage,
    first_flags,
    pinball,
    reliability,
    skill,
    worst_bin,
)

shares = st.floats(0, 1)
cases = st.lists(st.tuples(shares, st.booleans()), min_size=1, max_size=60)
minutes = st.floats(-1e4, 1e4)
moments = st.lists(
    st.tuples(st.integers(0, 5), st.integers(-60, 400), shares),
    min_size=1,
    max_size=60,
    unique_by=lambda case: case[:2],
)


@given(cases)
def test_brier_is_the_mean_squared_error(of: list[tuple[float, bool]]) -> None:
    p, happened = zip(*of, strict=True)
    assert brier(p, happened) == pytest.approx(sum((a - b) ** 2 for a, b in of) / len(of))


@given(st.lists(st.booleans(), min_size=1), shares)
def test_no_constant_beats_the_observed_share(happened: list[bool], constant: float) -> None:
    share = sum(happened) / len(happened)
    assert brier([share] * len(happened), happened) <= brier([constant] * len(happened), happened) + 1e-12


def test_skill_says_how_much_of_the_reference_is_saved() -> None:
    assert skill(0.15, 0.2) == pytest.approx(0.25)
    assert skill(0.0, 0.2) == 1
    assert skill(0.4, 0.2) == -1
    assert skill(0.0, 0.0) == 0
    assert skill(0.1, 0.0) == -math.inf


@given(cases, st.integers(1, 12))
def test_every_case_is_in_the_bin_of_its_probability(of: list[tuple[float, bool]], bins: int) -> None:
    p, happened = zip(*of, strict=True)
    table = reliability(p, happened, bins)
    assert sum(found.cases for found in table) == len(of)
    assert [found.low for found in table[1:]] == [found.high for found in table[:-1]]
    for found in table:
        if found.cases:
            assert found.low - 1e-9 <= found.mean <= found.high + 1e-9
    assert sum(found.observed * found.cases for found in table if found.cases) == pytest.approx(sum(happened))


def test_a_bin_counts_its_subjects_and_the_worst_needs_enough_cases() -> None:
    p = [0.05] * 4 + [0.95] * 2 + [0.5]
    table = reliability(p, [0, 0, 0, 1, 0, 0, 1], 10, subjects=[1, 1, 1, 2, 3, 4, 5])
    assert (table[0].cases, table[0].subjects) == (4, 2)
    assert table[0].error == pytest.approx(0.2)
    assert math.isnan(table[1].mean)
    assert worst_bin(table, least=1) == table[9]
    assert worst_bin(table, least=3) == table[0]
    assert worst_bin(table, least=5) is None


@given(st.lists(minutes, min_size=1, max_size=40), st.sampled_from((0.1, 0.5, 0.9)), minutes)
def test_pinball_is_least_at_the_quantile(observed: list[float], level: float, other: float) -> None:
    quantile = float(np.quantile(observed, level, method="inverted_cdf"))
    best = pinball(observed, [quantile] * len(observed), level)
    assert best <= pinball(observed, [other] * len(observed), level) + 1e-6


def test_pinball_of_what_never_comes() -> None:
    never = math.inf
    assert pinball([10, 30], [20, 20], 0.9) == pytest.approx((0.1 * 10 + 0.9 * 10) / 2)
    assert pinball([never], [never], 0.5) == 0
    assert pinball([never], [60], 0.5) == math.inf
    assert pinball([never, never], [60, never], 0.5, cap=100) == pytest.approx(10)


@given(st.lists(st.tuples(minutes, minutes), min_size=1), st.floats(0, 1e4))
def test_a_later_quantile_never_covers_less(of: list[tuple[float, float]], more: float) -> None:
    observed, said = zip(*of, strict=True)
    covered = coverage(observed, said)
    assert covered == sum(a <= b for a, b in of) / len(of)
    assert coverage(observed, [value + more for value in said]) >= covered


def test_never_is_covered_by_never_alone() -> None:
    assert coverage([math.inf, math.inf, 5], [math.inf, 100, math.inf]) == pytest.approx(2 / 3)


@given(moments)
def test_the_first_flag_is_the_earliest_and_says_whether_it_stays(of: list[tuple[int, int, float]]) -> None:
    flags = {flag.subject: flag for flag in first_flags(*zip(*of, strict=True))}
    for subject in {case[0] for case in of}:
        mine = [(lead, p >= 0.5) for name, lead, p in of if name == subject and lead > 0]
        raised = [lead for lead, is_raised in mine if is_raised]
        if not raised:
            assert subject not in flags
            continue
        assert flags[subject].lead == max(raised)
        assert flags[subject].stays == all(is_raised for lead, is_raised in mine if lead <= max(raised))


@given(moments, st.sets(st.integers(0, 5)), st.sampled_from((0.2, 0.5, 0.8)))
def test_flags_are_either_right_or_false_alarms(
    of: list[tuple[int, int, float]], late: set[int], threshold: float
) -> None:
    subjects, lead, p = zip(*of, strict=True)
    found = alarms(subjects, lead, p, [name in late for name in subjects], threshold)
    assert found.misses + found.kept == len(set(subjects))
    assert found.flagged_misses + found.false_alarms == len(first_flags(subjects, lead, p, threshold))
    higher = alarms(subjects, lead, p, [name in late for name in subjects], threshold + 0.1)
    assert higher.flagged_misses <= found.flagged_misses
    assert higher.false_alarms <= found.false_alarms


def test_alarms_of_three_nights() -> None:
    subjects = [1, 1, 1, 2, 2, 3, 3, 4]
    lead = [120, 60, 10, 90, 30, 40, 20, 30]
    p = [0.2, 0.6, 0.9, 0.7, 0.1, 0.1, 0.2, 0.3]
    missed = [True] * 3 + [False] * 2 + [True] * 2 + [False]
    found = alarms(subjects, lead, p, missed)
    assert (found.misses, found.flagged_misses, found.median_lead, found.median_lead_flagged) == (2, 1, 30, 60)
    assert (found.false_alarm_rate, found.false_alarm_ratio, found.stayed) == (0.5, 0.5, 0.5)


def test_what_cannot_be_scored_is_refused() -> None:
    with pytest.raises(ValueError, match="no cases"):
        brier([], [])
    with pytest.raises(ValueError, match="same length"):
        brier([0.5], [True, False])
    with pytest.raises(ValueError, match="probability"):
        reliability([math.nan], [True])
    with pytest.raises(ValueError, match="subject 1 was both"):
        alarms([1, 1], [20, 10], [0.1, 0.2], [True, False])
