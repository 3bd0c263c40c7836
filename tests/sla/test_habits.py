"""Senders' habits: the day's kind where it matters, what is recent, and whom one leans on where little is known."""

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np
import pytest

from acme_assets.sla import scale
from acme_assets.sla.habits import Leaning, habits
from acme_assets.sla.record import ArrivalRecord, Sender

FIRST = date(2026, 1, 1)
SENDERS = tuple(Sender(f"c{number}", "eligibility") for number in range(6))
ONE = SENDERS[0]
MONDAY, TUESDAY = date(2026, 6, 15), date(2026, 6, 16)
MONTH_END, DAY_AFTER_FIRST = date(2026, 6, 30), date(2026, 7, 2)

Offset = Callable[[int, date], float]
"""Of a sender's number and a business date."""


def record(offset: Offset, nights: int = 160, *, last: date = date(2026, 6, 14)) -> ArrivalRecord:
    """Of six senders, in the days up to one."""
    days = [last - timedelta(days=back) for back in range(nights - 1, -1, -1)]
    offsets = np.array([[offset(number, day) for day in days] for number in range(len(SENDERS))])
    return ArrivalRecord(SENDERS, tuple(days), offsets)


def noisy(usual: float = -30.0, spread: float = 10.0) -> Offset:
    random = np.random.default_rng(0)
    return lambda number, day: usual + random.normal(0, spread)


def row(known: ArrivalRecord, tonight: date = MONDAY, sender: Sender = ONE, leaning: Leaning = Leaning()) -> np.ndarray:  # noqa: B008 - frozen
    return habits(known.before(tonight), tonight, [sender], leaning).row(sender)


def usual(of: np.ndarray, share: float = 0.5) -> float:
    """Minutes by which it has come, if it comes, with so much probability."""
    return float(np.interp(share * of[-1], of, scale.MINUTES))


def within(of: np.ndarray, low: float, high: float) -> float:
    early, late = np.interp([low, high], scale.MINUTES, of)
    return float(late - early)


class TestKindsOfDays:
    def test_a_sender_that_is_late_on_mondays_is_expected_late_on_mondays_alone(self) -> None:
        noise = noisy()
        known = record(lambda number, day: noise(number, day) + (90 if number == 0 and day.weekday() == 0 else 0))
        assert usual(row(known, MONDAY)) == pytest.approx(60, abs=25)
        assert usual(row(known, TUESDAY)) == pytest.approx(-30, abs=8)
        assert usual(row(known, MONDAY, SENDERS[1])) == pytest.approx(-30, abs=8)

    def test_nights_without_a_file_do_not_hide_the_kind_of_day(self) -> None:
        noise, random = noisy(), np.random.default_rng(5)
        known = record(
            lambda number, day: (
                np.inf
                if random.random() < 0.05
                else noise(number, day) + (30 if number == 0 and day.weekday() == 0 else 0)
            )
        )
        assert usual(row(known, MONDAY)) > usual(row(known, TUESDAY)) + 12

    def test_a_month_end_that_is_late_is_learned(self) -> None:
        noise = noisy()
        late = 120.0
        known = record(
            lambda number, day: noise(number, day) + (late if (day + timedelta(days=1)).day == 1 else 0),
            nights=360,
            last=MONTH_END - timedelta(days=1),
        )
        assert usual(row(known, MONTH_END)) > usual(row(known, MONTH_END - timedelta(days=1))) + 60
        assert usual(row(known, DAY_AFTER_FIRST)) == pytest.approx(-30, abs=10)

    def test_where_days_are_alike_all_of_them_count(self) -> None:
        """Six nights of ten are not thrown away because tonight is a Monday."""
        known = record(noisy(spread=30.0), nights=60)
        monday, tuesday = row(known, MONDAY), row(known, TUESDAY)
        assert usual(monday) == pytest.approx(usual(tuesday), abs=8)
        assert usual(monday, 0.9) == pytest.approx(usual(tuesday, 0.9), abs=15)

    def test_a_night_on_which_nothing_was_owed_says_nothing(self) -> None:
        noise = noisy()
        with_gaps = record(lambda number, day: float("nan") if day.weekday() >= 5 else noise(number, day))
        assert row(with_gaps)[-1] > 0.97


class TestComing:
    def test_a_sender_that_stopped_has_stopped(self) -> None:
        noise = noisy()
        stopped = record(lambda number, day: np.inf if number == 0 and day > date(2026, 5, 25) else noise(number, day))
        assert row(stopped)[-1] < 0.25
        assert row(stopped, sender=SENDERS[1])[-1] > 0.95

    def test_a_sender_that_began_again_comes_again(self) -> None:
        noise = noisy()
        away = (date(2026, 4, 1), date(2026, 5, 1))
        known = record(lambda number, day: np.inf if number == 0 and away[0] < day < away[1] else noise(number, day))
        assert row(known)[-1] > 0.9

    def test_one_night_without_a_file_is_no_end(self) -> None:
        noise = noisy()
        missed = record(lambda number, day: np.inf if number == 0 and day == date(2026, 6, 14) else noise(number, day))
        assert 0.7 < row(missed)[-1] < row(record(noisy()))[-1]

    def test_how_often_it_comes_is_what_it_did(self) -> None:
        random = np.random.default_rng(4)
        noise = noisy()
        known = record(lambda number, day: np.inf if random.random() < 0.3 else noise(number, day), nights=300)
        found = [row(known, sender=sender)[-1] for sender in SENDERS]
        assert np.mean(found) == pytest.approx(0.7, abs=0.08)


class TestLeaning:
    def test_what_is_recent_counts_more(self) -> None:
        noise = noisy()
        moved = record(lambda number, day: noise(number, day) + (60 if day > date(2026, 5, 25) else 0))
        quick, slow, far = (
            usual(row(moved, leaning=Leaning(half_life=half_life, on_past=past)))
            for half_life, past in ((6.0, 4.0), (60.0, 4.0), (6.0, 0.5))
        )
        assert slow + 10 < quick < far
        assert far == pytest.approx(30, abs=10)

    def test_a_sender_without_history_leans_on_its_feed(self) -> None:
        """Half of the senders of eligibility are an hour early, half an hour late; claims come at midday."""
        noise = noisy(0.0)
        eligibility = record(lambda number, day: noise(number, day) + (60 if number % 2 else -60))
        claims = tuple(Sender(f"c{number}", "medical_claim") for number in range(6))
        both = ArrivalRecord(
            SENDERS + claims, eligibility.dates, np.concatenate([eligibility.offsets, 600 + 0 * eligibility.offsets])
        )
        new = row(both, sender=Sender("new", "eligibility"))
        assert within(new, -100, -20) == pytest.approx(within(new, 20, 100), abs=0.1)
        assert within(new, -100, 100) > 0.7
        assert usual(row(both, sender=Sender("new", "medical_claim"))) > 400

    def test_who_is_known_barely_has_its_own_time_and_the_usual_spread(self) -> None:
        noise = noisy(0.0, spread=15.0)
        known = record(
            lambda number, day: float("nan") if number == 0 and day < date(2026, 6, 13) else noise(number, day) + 45
            if number == 0 else noise(number, day)
        )  # fmt: skip
        barely = row(known)
        assert 10 < usual(barely) < 60
        assert usual(barely, 0.9) - usual(barely, 0.1) > 1.2 * (15 * 2.56)

    def test_where_nothing_is_known_of_anybody_it_is_wide(self) -> None:
        nobody = row(ArrivalRecord((), (), np.zeros((0, 0))))
        assert usual(nobody, 0.9) - usual(nobody, 0.1) > 300
        assert 0.9 < nobody[-1] < 1

    def test_a_distribution_rises_to_no_more_than_one(self) -> None:
        known = record(noisy(spread=200.0))
        found = habits(known, MONDAY, [*SENDERS, Sender("new", "patient")]).come
        assert (np.diff(found, axis=1) >= -1e-12).all()
        assert (found[:, 0] >= 0).all()
        assert (found[:, -1] <= 1).all()
