"""The forecast moves the right way, says nothing before now, and knows what is shared."""

from dataclasses import replace
from datetime import datetime, timedelta
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acme_assets.sla import scale
from acme_assets.sla.forecast import forecast
from acme_assets.sla.habits import habits
from acme_assets.sla.history import History
from acme_assets.sla.night import NightAhead, Shift, StageAhead
from acme_assets.sla.record import Sender
from acme_assets.sla.result import NightForecast
from tests.sla.made_up import (
    DEADLINE,
    DELE,
    DUE,
    FEEDS,
    HISTORY,
    INGRID,
    TONIGHT,
    arrived,
    loaded,
    night,
    summaries,
    with_feed,
)

SAMPLES = 400
ROUNDING = 2 / SAMPLES
"""Times are 32-bit floats, from another moment each: a sample that lies on the deadline may fall to either side."""

moments = st.floats(-240, 119).map(lambda minutes: DUE + timedelta(minutes=minutes))
feeds = st.sampled_from(FEEDS)


def risk(ahead: NightAhead, now: datetime, *others: NightAhead, history: History = HISTORY) -> float:
    return of(ahead, now, *others, history=history).p_miss


def of(
    ahead: NightAhead, now: datetime, *others: NightAhead, history: History = HISTORY, **more: object
) -> NightForecast:
    return forecast([ahead, *others], history, now, samples=SAMPLES, **more)[0]  # type: ignore[arg-type]


@st.composite
def nights(draw: st.DrawFn, now: datetime) -> NightAhead:
    """A night some of whose files are here."""
    ahead = night()
    for feed in FEEDS:
        if draw(st.booleans()):
            ahead = arrived(ahead, feed, now - timedelta(minutes=draw(st.floats(0, 120))))
    return ahead


others = st.lists(st.sampled_from(["c1", "c2", "c3"]), unique=True).map(
    lambda clients: [replace(loaded(night(client), DUE), marts=StageAhead("done", DUE),
                             sign_off=StageAhead("running", DUE)) for client in clients]
)  # fmt: skip
"""Nights that wait for the same analysts."""


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_the_last_file_that_arrives_never_raises_its_clients_risk(data: st.DataObject) -> None:
    now = data.draw(moments)
    queue, feed = data.draw(others), data.draw(feeds)
    ahead = night()
    for other in FEEDS:
        if other != feed:
            ahead = arrived(ahead, other, now - timedelta(minutes=data.draw(st.floats(0, 120))))
    assert risk(arrived(ahead, feed, now), now, *queue) <= risk(ahead, now, *queue)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_a_file_that_arrives_hardly_ever_raises_its_clients_risk(data: st.DataObject) -> None:
    """It may a little: that not all are late together says that what is still missing may not come at all."""
    now = data.draw(moments)
    ahead, queue, feed = data.draw(nights(now)), data.draw(others), data.draw(feeds)
    before = with_feed(ahead, feed, state="expected", since=None, landed_at=None, bytes=0)
    assert risk(arrived(before, feed, now), now, *queue) <= risk(before, now, *queue) + 0.1


def test_files_that_arrive_lower_the_risk_of_their_client() -> None:
    changes = []
    for minutes in range(-120, 100, 20):
        now = DUE + timedelta(minutes=minutes)
        ahead = night()
        for feed in FEEDS:
            then = arrived(ahead, feed, now)
            changes.append(risk(then, now) - risk(ahead, now))
            ahead = then
    assert np.mean(changes) < -0.05


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_a_feed_that_is_waived_never_raises_the_risk(data: st.DataObject) -> None:
    now = data.draw(moments)
    ahead, queue, feed = data.draw(nights(now)), data.draw(others), data.draw(feeds)
    assert risk(with_feed(ahead, feed, is_needed=False), now, *queue) <= risk(ahead, now, *queue)


@settings(deadline=None, max_examples=60)
@given(st.data())
def test_time_that_passes_without_a_file_never_lowers_the_risk(data: st.DataObject) -> None:
    now = data.draw(moments)
    ahead, queue, minutes = data.draw(nights(now)), data.draw(others), data.draw(st.floats(0, 120))
    later = now + timedelta(minutes=minutes)
    assert risk(ahead, later, *queue) >= risk(ahead, now, *queue) - ROUNDING


@settings(deadline=None, max_examples=30)
@given(st.data())
def test_a_later_deadline_never_raises_the_risk(data: st.DataObject) -> None:
    now = data.draw(moments)
    ahead = data.draw(nights(now))
    assert risk(replace(ahead, deadline=DEADLINE + timedelta(hours=1)), now) <= risk(ahead, now)


@settings(deadline=None, max_examples=40)
@given(st.data())
def test_nothing_is_forecast_for_before_now_and_shares_of_risk_add_up(data: st.DataObject) -> None:
    now = data.draw(moments)
    made = of(data.draw(nights(now)), now, *data.draw(others))
    for moment in (made.p50, made.p90, *(at for node in made.nodes for at in (node.p50, node.p90))):
        assert moment is None or moment >= now
    assert made.p50 is None or made.p90 is None or made.p50 <= made.p90
    if made.p_miss:
        assert sum(node.criticality for node in made.nodes) == pytest.approx(1.0)
    assert all(node.criticality >= 0 for node in made.nodes)
    assert all(node.drop_dead <= DEADLINE for node in made.nodes)


def test_a_file_that_is_not_here_is_later_than_now() -> None:
    """Right-censored: at 20 minutes past, a client that is usually 40 early has something wrong."""
    early, past = DUE - timedelta(hours=3), DUE + timedelta(minutes=60)
    assert of(night(), early).nodes[0].p_never < 0.1 < of(night(), past).nodes[0].p_never


def test_a_file_that_stays_away_when_the_others_came_is_missed_sooner_than_when_all_are_late() -> None:
    now = DUE - timedelta(minutes=15)
    punctual, just_now = night(), night()
    for feed in FEEDS[1:]:
        punctual = arrived(punctual, feed, DUE - timedelta(minutes=60))
        just_now = arrived(just_now, feed, now)
    assert risk(punctual, now) > 2 * risk(just_now, now)


def test_a_client_that_was_late_with_one_file_is_expected_late_with_the_next() -> None:
    """Before any of the rest could be missed."""
    now = DUE - timedelta(minutes=100)
    early, late = (arrived(night(), "eligibility", now - timedelta(minutes=before)) for before in (60, 0))
    first, second = (of(item, now).nodes[0].p50 for item in (early, late))
    assert first is not None
    assert second is not None
    assert first < second


def test_two_analysts_share_one_queue() -> None:
    now = DEADLINE - timedelta(minutes=45)
    waits = replace(loaded(night(), DUE), marts=StageAhead("done", DUE), sign_off=StageAhead("running", DUE))
    queue = [replace(waits, client_id=f"x{n}", deadline=DEADLINE - timedelta(minutes=1)) for n in range(14)]
    assert risk(waits, now) < 0.2 < 0.5 < risk(waits, now, *queue)
    assert risk(replace(waits, is_next=True), now, *queue) < 0.2


def test_nobody_signs_before_the_shift_begins() -> None:
    now = DEADLINE - timedelta(hours=3)
    waits = replace(loaded(night(), DUE), marts=StageAhead("done", DUE), sign_off=StageAhead("running", DUE))
    begins = DEADLINE - timedelta(hours=1)
    desk = {name: (Shift(begins, begins + timedelta(hours=8)),) for name in (INGRID, DELE)}
    signed = next(node for node in of(waits, now, desk=desk).nodes if node.name == "sign-off")
    assert signed.p50
    assert signed.p50 >= begins
    assert of(waits, now, desk={INGRID: (), DELE: ()}).p_miss == 1.0


def test_a_second_signature_is_another_analysts() -> None:
    now = DEADLINE - timedelta(hours=3)
    waits = replace(loaded(night(), DUE), marts=StageAhead("done", DUE), sign_off=StageAhead("running", DUE))
    assert of(replace(waits, signatures=2), now).p_miss < 0.5
    alone = {DELE: ()}
    assert of(replace(waits, signatures=1), now, desk=alone).p_miss < 0.5
    assert of(replace(waits, signatures=2), now, desk=alone).p_miss == 1.0


def test_the_drop_dead_time_leaves_room_for_what_is_after_it() -> None:
    made = of(night(), DUE - timedelta(hours=2))
    by_name = {node.name: node.drop_dead for node in made.nodes}
    order = [by_name[name] for name in ("feeds/eligibility", "marts", "sign-off", "release")]
    assert order == sorted(order)
    assert len(set(order)) == 4

    def signed_at(moment: datetime) -> float:
        built = replace(loaded(night(), DUE), marts=StageAhead("done", DUE), signatures=0)
        signed = replace(built, sign_off=StageAhead("done", moment), release=StageAhead("running", moment))
        return risk(signed, moment)

    assert signed_at(by_name["sign-off"]) <= 0.1
    assert signed_at(DEADLINE - timedelta(seconds=5)) > 0.5


def test_a_quarantined_file_is_to_be_sent_again_and_a_waiver_would_do_too() -> None:
    now = DEADLINE - timedelta(hours=2)
    quarantined = with_feed(loaded(night(), DUE), "lab_result", state="quarantined", since=now)
    assert risk(quarantined, now) > 0.2
    asked = with_feed(quarantined, "lab_result", waiver_asked_at=now)
    assert risk(asked, now) < risk(quarantined, now)


def test_a_new_client_has_a_wide_forecast_that_narrows_as_nights_pass() -> None:
    others = [
        replace(item, client_id=f"other{late}") for late in (-150, -80, -40, 15)
        for item in summaries(clients=1, late=late, spread=6.0)
    ]  # fmt: skip
    own = [replace(item, client_id="new") for item in summaries(clients=1, nights=60, seed=9, spread=6.0)]

    def width(nights_seen: int) -> float:
        known = History.of([*others, *own[60 - nights_seen :]])
        row = habits(known.arrivals, TONIGHT, [Sender("new", "medical_claim")]).come[0]
        p10, p90 = np.interp([0.1 * row[-1], 0.9 * row[-1]], row, scale.MINUTES)
        return float(p90 - p10)

    widths = [width(seen) for seen in (0, 1, 3, 10, 60)]
    assert widths[0] > 3 * widths[-1]
    assert all(later < 1.15 * earlier for earlier, later in pairwise(widths))


def test_the_same_nights_have_the_same_forecast_in_any_order() -> None:
    now = DUE
    first, second = night("c0"), night("c1")
    one = forecast([first, second], HISTORY, now, samples=SAMPLES)
    other = forecast([second, first], HISTORY, now, samples=SAMPLES)
    assert one == list(reversed(other))
