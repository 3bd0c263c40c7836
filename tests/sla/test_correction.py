"""Past forecasts correct the next: what was too sure is less sure, and the order stays."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acme_assets.sla.correction import NO_CORRECTION, Correction, PastForecasts, learn_correction


def past(level: float, slope: float, nights: int = 3000, per_night: int = 1) -> PastForecasts:
    """Forecasts whose truth is a curve of what was said."""
    random = np.random.default_rng(0)
    p = random.uniform(0.01, 0.99, nights)
    truth = 1 / (1 + np.exp(-(level + slope * np.log(p / (1 - p)))))
    missed = random.random(nights) < truth
    number = np.repeat(np.arange(nights), per_night)
    return PastForecasts(p[number], missed[number], number.tolist())


@pytest.mark.parametrize(("level", "slope"), [(0.0, 1.0), (-0.7, 0.5), (0.4, 1.3)])
def test_the_curve_of_past_forecasts_is_found(level: float, slope: float) -> None:
    found = learn_correction(past(level, slope))
    assert found.level == pytest.approx(level, abs=0.15)
    assert found.slope == pytest.approx(slope, abs=0.15)


def test_without_past_forecasts_nothing_is_corrected() -> None:
    assert learn_correction(PastForecasts([], [], [])) == NO_CORRECTION
    assert Correction().of(0.37) == 0.37
    assert Correction().of(1.0) == 1.0


def test_a_few_nights_correct_little_however_often_each_was_forecast() -> None:
    few, often, many = (learn_correction(past(-1.0, 0.4, *of)) for of in ((10, 1), (10, 100), (3000, 1)))
    assert abs(few.slope - 1) < abs(many.slope - 1)
    assert often.slope == pytest.approx(few.slope, abs=0.05)


@given(st.floats(-2, 2), st.floats(0.05, 2), st.floats(0, 1), st.floats(0, 1))
def test_what_was_likelier_stays_so(level: float, slope: float, one: float, other: float) -> None:
    low, high = sorted((one, other))
    correction = Correction(level, slope)
    assert 0 <= correction.of(low) <= correction.of(high) <= 1


def test_forecasts_that_are_wrong_way_round_do_not_turn_the_order_round() -> None:
    assert learn_correction(past(0.0, -1.0)).slope > 0
