"""How long something takes: from sizes, clients and what it has lasted already."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acme_assets.sla.durations import Duration, Guess, Observed, learn

GUESS = Guess(10.0, 0.8)
UNIFORMS = (np.arange(2000) + 0.5) / 2000


def observed(minutes: np.ndarray, sizes: np.ndarray | None = None, clients: int = 1) -> Observed:
    names = [f"c{number}" for number in range(clients)]
    of = np.arange(len(minutes)) % clients
    return Observed(names, of, minutes, np.zeros(len(minutes)) if sizes is None else sizes)


def lognormal(median: float, spread: float, count: int = 400, seed: int = 0) -> np.ndarray:
    return np.asarray(np.random.default_rng(seed).lognormal(np.log(median), spread, count))


NOTHING = observed(np.zeros(0))
LEARNED = learn(observed(lognormal(6, 0.6)), GUESS)

durations = st.sampled_from([learn(NOTHING, GUESS), LEARNED, learn(observed(lognormal(40, 1.4, 30)), GUESS)])
elapsed = st.one_of(st.just(0.0), st.floats(0.01, 5000))


def test_where_nothing_is_known_the_guess_stands() -> None:
    found = learn(NOTHING, GUESS).draw(UNIFORMS, "anybody")
    assert np.median(found) == pytest.approx(10, rel=0.03)
    assert np.log(found).std() == pytest.approx(0.8, rel=0.1)


def test_what_was_seen_replaces_the_guess() -> None:
    found = LEARNED.draw(UNIFORMS, "c0")
    assert np.median(found) == pytest.approx(6, rel=0.1)
    assert np.log(found).std() == pytest.approx(0.6, rel=0.15)


def test_a_heavy_tail_stays_one() -> None:
    minutes = lognormal(6, 0.3)
    minutes[::20] *= 12
    assert learn(observed(minutes), GUESS).quantile(0.97, "c0") > 35


def test_a_client_is_drawn_to_all_by_how_little_is_known_of_it() -> None:
    seen = lognormal(6, 0.3, 400)
    known = Observed(["slow", "all"], np.array([0] * 200 + [1] * 200), np.where(np.arange(400) < 200, 5, 1) * seen,
                     np.zeros(400))  # fmt: skip
    barely = Observed(["slow", "all"], np.array([0] * 2 + [1] * 200), np.r_[5 * seen[:2], seen[2:202]], np.zeros(202))
    of_known, of_barely = (learn(item, GUESS).quantile(0.5, "slow") for item in (known, barely))
    usual = learn(barely, GUESS).quantile(0.5, "all")
    assert of_known == pytest.approx(30, rel=0.15)
    assert 1.1 * usual < of_barely < 2 * usual


def test_it_grows_with_size_as_the_data_say() -> None:
    random = np.random.default_rng(1)
    sizes = random.lognormal(np.log(1e8), 1.2, 500)
    minutes = 4 * (sizes / 1e8) ** 0.5 * random.lognormal(0, 0.2, 500)
    found = learn(observed(minutes, sizes), GUESS)
    assert found.slope == pytest.approx(0.5, abs=0.05)
    assert found.quantile(0.5, "c0", 4e8) / found.quantile(0.5, "c0", 1e8) == pytest.approx(2, rel=0.1)


def test_size_does_not_matter_where_it_did_not_or_too_few_were_seen() -> None:
    random = np.random.default_rng(2)
    sizes = random.lognormal(np.log(1e8), 1.2, 500)
    assert learn(observed(lognormal(4, 0.2, 500), sizes), GUESS).slope == pytest.approx(0, abs=0.03)
    assert learn(observed(4 * (sizes[:20] / 1e8) ** 0.5, sizes[:20]), GUESS).slope == 0


@given(durations, elapsed, st.floats(0, 5000))
def test_what_lasts_is_never_over_before_now_and_never_shortened_by_lasting(
    duration: Duration, before: float, more: float
) -> None:
    one, other = (duration.draw(UNIFORMS, "c0", elapsed=lasted) for lasted in (before, before + more))
    assert (one >= np.float32(before)).all()
    assert (other >= one * (1 - 1e-6)).all()


@given(durations, elapsed)
def test_a_larger_uniform_is_never_a_shorter_time(duration: Duration, lasted: float) -> None:
    assert (np.diff(duration.draw(UNIFORMS, "c0", elapsed=lasted)) >= 0).all()


@pytest.mark.parametrize("lasted", [3.0, 6.0, 12.0])
def test_what_is_left_is_what_the_others_that_lasted_so_long_had_left(lasted: float) -> None:
    found, all_of_them = LEARNED.draw(UNIFORMS, "c0", elapsed=lasted), LEARNED.draw(UNIFORMS, "c0")
    others = all_of_them[all_of_them > lasted]
    for share in (0.25, 0.5, 0.9):
        assert np.quantile(found, share) == pytest.approx(np.quantile(others, share), rel=0.05)


def test_what_lasted_longer_than_anything_known_is_not_about_to_be_done() -> None:
    longest = float(LEARNED.draw(np.array([1.0]), "c0")[0])
    for lasted in (1.01 * longest, 10 * longest):
        left = LEARNED.draw(UNIFORMS, "c0", elapsed=lasted) - lasted
        assert np.median(left) > 0.05 * lasted


def test_the_share_within_a_time_is_that_of_the_draws() -> None:
    for minutes in (0.0, 3.0, 6.0, 20.0):
        drawn = float((LEARNED.draw(UNIFORMS, "c0") <= minutes).mean())
        assert LEARNED.share_within(minutes, "c0") == pytest.approx(drawn, abs=0.01)
