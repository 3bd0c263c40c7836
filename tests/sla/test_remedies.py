"""What would help: each lowers the risk, the most for a minute is first, and what hardly helps is not said."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acme_assets.sla.forecast import forecast
from acme_assets.sla.night import NightAhead, Shift, StageAhead
from acme_assets.sla.remedies import LEAST_GAIN, MINUTES, Remedy, remedies
from tests.sla.made_up import DEADLINE, DELE, DUE, FEEDS, HISTORY, INGRID, arrived, loaded, night, with_feed

NOW = DEADLINE - timedelta(minutes=60)
SAMPLES = 300

DONE = StageAhead("done", DUE)
WAITS = StageAhead("running", DUE)


def for_qa(client: str = "c0", **changes: object) -> NightAhead:
    """A night that waits for its signature."""
    return replace(loaded(night(client), DUE), marts=DONE, sign_off=WAITS, **changes)  # type: ignore[arg-type]


def found(ahead: NightAhead, now: datetime = NOW, *others: NightAhead, **more: object) -> list[Remedy]:
    return remedies([*others, ahead], len(others), HISTORY, now, samples=SAMPLES, **more)  # type: ignore[arg-type]


def kinds(of: list[Remedy]) -> set[str]:
    return {item.kind for item in of}


def queue(length: int = 14) -> list[NightAhead]:
    """Nights that go before: their deadline is nearer."""
    return [for_qa(f"x{number}", deadline=DEADLINE - timedelta(minutes=1)) for number in range(length)]


@st.composite
def nights(draw: st.DrawFn) -> NightAhead:
    ahead = night()
    for feed in FEEDS:
        match draw(st.sampled_from(["expected", "quarantined", "arrived", "asked"])):
            case "arrived":
                ahead = arrived(ahead, feed, DUE)
            case "quarantined":
                ahead = with_feed(ahead, feed, state="quarantined", since=DUE, landed_at=DUE)
            case "asked":
                ahead = with_feed(ahead, feed, waiver_asked_at=DUE)
    return draw(st.sampled_from([ahead, for_qa()]))


@settings(deadline=None, max_examples=25)
@given(nights(), st.integers(5, 180))
def test_each_lowers_the_risk_and_the_most_for_a_minute_is_first(ahead: NightAhead, minutes: int) -> None:
    now = DEADLINE - timedelta(minutes=minutes)
    helpful = found(ahead, now)
    before = forecast([ahead], HISTORY, now, samples=SAMPLES)[0].p_miss
    for item in helpful:
        assert item.gain >= LEAST_GAIN
        assert item.p_miss == pytest.approx(before - item.gain)
        assert item.minutes == MINUTES[item.kind]
    assert all(one.gain / one.minutes >= other.gain / other.minutes for one, other in pairwise(helpful))


def test_what_is_said_to_help_is_what_the_forecast_says_of_it() -> None:
    ahead, others = for_qa(), queue()
    next_one = next(item for item in found(ahead, NOW, *others) if item.kind == "sign it next")
    taken = forecast([*others, replace(ahead, is_next=True)], HISTORY, NOW, samples=SAMPLES)[-1]
    assert next_one.p_miss == taken.p_miss


def test_a_file_that_is_missing_is_chased_or_waived() -> None:
    one_missing = with_feed(loaded(night(), DUE), "lab_result", state="expected", since=None, landed_at=None, bytes=0)
    helpful = found(one_missing)
    assert {("chase the file", "feeds/lab_result"), ("waive the feed", "feeds/lab_result")} <= {
        (item.kind, item.node) for item in helpful
    }
    assert all(item.owner_group == "client" for item in helpful if item.node.startswith("feeds/"))


def test_a_waiver_does_not_help_a_night_that_waits_for_qa() -> None:
    helpful = found(for_qa(), NOW, *queue())
    assert kinds(helpful) == {"sign it next", "move the deadline"}
    assert helpful[0].kind == "sign it next"


def test_a_feed_that_nobody_waits_for_is_not_chased() -> None:
    optional = with_feed(with_feed(loaded(night(), DUE), "lab_result", state="expected", landed_at=None), "lab_result",
                         is_needed=False)  # fmt: skip
    assert not kinds(found(optional)) & {"chase the file", "waive the feed"}


def test_where_nobody_is_at_work_it_does_not_help_to_sign_it_next() -> None:
    tomorrow = (Shift(DEADLINE + timedelta(hours=8), DEADLINE + timedelta(hours=16)),)
    assert found(for_qa(), NOW, desk={INGRID: tomorrow, DELE: tomorrow}) == []


def test_a_larger_warehouse_helps_a_slow_build_that_has_not_begun() -> None:
    ahead = replace(loaded(night(), NOW), marts=StageAhead("waiting"), signatures=0)
    soon = DEADLINE - timedelta(minutes=12)
    helpful = found(ahead, soon)
    assert "larger warehouse" in kinds(helpful)
    assert "larger warehouse" not in kinds(found(replace(ahead, marts=StageAhead("stuck", NOW)), soon))


def test_of_a_night_that_is_safe_nothing_is_said() -> None:
    assert found(for_qa(), DEADLINE - timedelta(hours=4)) == []
