"""What holds of the causes of any morning: nobody's night is forgotten, nothing is listed twice, no row is quoted."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from acme_assets.alerts.cause import Cause
from acme_assets.alerts.causes import causes
from acme_assets.alerts.finding import p_miss_if_done
from acme_assets.alerts.known import AuditCheck, Heartbeat, Known, KnownNight, Outage
from acme_assets.nights.facts import NightFacts
from acme_assets.nights.status import build_key
from acme_assets.sla.forecast import forecast as make_forecast
from acme_assets.sla.result import NightForecast
from tests.alerts.made_up import (
    DEADLINE,
    NOW,
    broken,
    client,
    failed_load,
    forecast,
    night,
    node,
    of_client,
    waiting,
    world,
)
from tests.nights.made_up import all_loaded, any_facts, delivery, facts_of, failed, signed, stuck
from tests.sla.made_up import DUE as SLA_DUE
from tests.sla.made_up import HISTORY, loaded, with_feed
from tests.sla.made_up import night as ahead
from tests.world import INGRID, MALLORY, NIGHT

MINUTE = timedelta(minutes=1)
FEW = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
"""Each statement of a night is signed and verified, which takes its time."""

PROBABILITIES = st.sampled_from((0.0, 0.1, 0.2, 0.3, 0.5, 0.9, 1.0))
MOMENTS = st.sampled_from((NOW - 30 * MINUTE, NOW, NOW + 29 * MINUTE, NOW + 2 * 60 * MINUTE, DEADLINE + 60 * MINUTE))


@st.composite
def any_forecast(draw: st.DrawFn, item: KnownNight) -> NightForecast:
    """A forecast of the night's dependencies that are not done: it may say anything of them."""
    nodes = [
        node(step.name, p50=draw(st.none() | MOMENTS), p90=draw(st.none() | MOMENTS), drop_dead=draw(MOMENTS),
             p_miss_if_done=draw(PROBABILITIES), criticality=draw(PROBABILITIES))
        for step in item.status.steps
        if step.state != "done"
    ]  # fmt: skip
    made = forecast(draw(PROBABILITIES), *nodes, deadline=item.status.deadline)
    client_id, day = item.key
    return replace(made, client_id=client_id, business_date=day)


@st.composite
def any_night(draw: st.DrawFn, client_id: str = "c0") -> KnownNight:
    """A client night in any state, also in ones that no run of ours would leave, and a forecast or none."""
    now = draw(st.sampled_from((NOW, DEADLINE - 20 * MINUTE, DEADLINE + MINUTE)))
    host = draw(st.sampled_from((None, "sftp.one.example")))
    item = night(client(client_id, host=host), draw(any_facts()), now=now)
    if item.status.state == "released" or draw(st.booleans()):
        return item
    return replace(item, forecast=draw(any_forecast(item)))


@st.composite
def any_world(draw: st.DrawFn) -> Known:
    """Up to five clients' nights."""
    count = draw(st.integers(1, 5))
    items = [draw(any_night(f"c{number}")) for number in range(count)]
    zone = draw(st.sampled_from((None, Outage(NOW - 90 * MINUTE, "PermissionError"))))
    return world(*items, zone=zone)


def affected(found: list[Cause]) -> set[tuple[str, object]]:
    return {(item.client_id, item.business_date) for cause in found for item in cause.affected}


@FEW
@given(any_world())
def test_every_night_that_is_held_and_will_miss_is_affected_by_some_cause(known: Known) -> None:
    held = {
        item.key
        for item in known.nights
        if item.status.blocked_by and item.status.blocked_by.state == "held" and not item.is_kept
    }
    will_miss = {item.key for item in known.nights if item.forecast and item.forecast.p_miss >= 0.5}
    unforecast = {item.key for item in known.nights if item.forecast is None and known.now >= DEADLINE - 60 * MINUTE}
    found = causes(known)
    assert affected(found) >= held & (will_miss | unforecast)


@FEW
@given(any_night(), st.sampled_from((60, 0, -1)))
@example(night(client("c0"), waiting(), now=DEADLINE), 0)
def test_a_night_that_is_held_near_its_deadline_has_a_cause_though_nobody_forecast_it(
    item: KnownNight, minutes: int
) -> None:
    bare, now = replace(item, forecast=None), DEADLINE - minutes * MINUTE
    held = item.status.blocked_by
    if held and held.state == "held" and not (item.is_kept and now < DEADLINE):
        assert item.key in affected(causes(world(bare, now=now)))


@FEW
@given(any_world(), st.randoms(use_true_random=False))
def test_the_order_of_what_is_known_does_not_matter(known: Known, random: object) -> None:
    shuffled = list(known.nights)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    mixed = [
        replace(item, night=replace(item.night, facts=_mixed(item.night.facts), refused=item.night.refused[::-1]))
        for item in shuffled
    ]
    clients = dict(reversed(known.registry.clients.items()))
    other = replace(known, nights=tuple(mixed), registry=replace(known.registry, clients=clients))
    assert causes(other) == causes(known)


def _mixed(facts: NightFacts) -> NightFacts:
    return replace(
        facts, deliveries=dict(reversed(facts.deliveries.items())), stuck=dict(reversed(facts.stuck.items()))
    )


@FEW
@given(any_world())
def test_no_key_is_there_twice_and_each_cause_says_whose_it_is_and_what_to_do(known: Known) -> None:
    found = causes(known)
    assert len({cause.key for cause in found}) == len(found)
    assert all(cause.text and cause.fix and cause.owner.email and "\n" not in cause.text for cause in found)
    assert all(cause.since <= known.now for cause in found)


@FEW
@given(any_world(), st.integers(1, 20))
def test_a_cause_keeps_its_key_while_minutes_pass(known: Known, minutes: int) -> None:
    """The forecasts stay as they are: what they say anew is another matter."""
    before = {cause.key for cause in causes(known)}
    after = {cause.key for cause in causes(replace(known, now=known.now + minutes * MINUTE))}
    assert {key for key in before - after if not key.startswith(("sign-off/", "delivery/", "backlog/"))} == set()
    grouped = ("queue/", "host/")
    assert before - after == set() or any(key.startswith(grouped) for key in after - before)


SECRET = "Jane Q Doe 1961-04-03"


def test_no_text_of_a_cause_quotes_a_message() -> None:
    bad = f"claims.csv: row 7: {SECRET!r} is no date"
    loaded_facts = all_loaded()
    model = replace(failed("pmpm", loaded_facts), reason=f"invalid input syntax for type date: {SECRET}")
    given_up = _build_given_up("c3", bad)
    nights = [
        night(client("c0"), broken(reason=f"otherwise {bad}")),
        *(night(client(f"d{n}"), broken(version=f"d{n}", reason=bad)) for n in range(3)),
        night(client("c1"), failed_load(bad)),
        night(client("c2"), replace(loaded_facts, models={"pmpm": model})),
        night(client("c3"), given_up),
        night(client("c4"), replace(waiting(1), statements=(signed("rejected", reason=SECRET),))),
        *(night(client(f"e{n}"), failed_load(bad)) for n in range(3)),
    ]
    found = causes(world(*nights))
    assert {cause.kind for cause in found} >= {"contract", "contract change", "build", "sign-off", "warehouse"}
    assert "Doe" not in repr(found)
    assert "1961" not in repr(found)


@dataclass(frozen=True)
class _Fault:
    """Something that is wrong at clients of its own, and what it is found as."""

    key: str
    nights: Callable[[], list[KnownNight]]
    rules: tuple[tuple[str, str], ...] = ()


def _at(name: str, facts: NightFacts, **changes: object) -> list[KnownNight]:
    return [night(client(name, **changes), facts)]  # type: ignore[arg-type]


def _build_given_up(name: str, reason: str) -> NightFacts:
    facts = of_client(all_loaded(), name)
    return replace(facts, stuck=stuck(build_key(facts), reason=reason))


def _rejected() -> NightFacts:
    return replace(waiting(1), statements=(signed("rejected"),))


def _forged() -> NightFacts:
    false = replace(signed(), signature=signed(analyst=MALLORY).signature)
    return replace(waiting(1), statements=(false,))


_RISK = forecast(0.4, node("sign-off", criticality=1.0))

FAULTS = (
    _Fault(f"delivery/f0/{NIGHT}", lambda: _at("f0", facts_of(delivery("eligibility")))),
    _Fault(f"contract/f1/{NIGHT}/eligibility", lambda: _at("f1", broken())),
    _Fault(f"load/f2/{NIGHT}", lambda: _at("f2", failed_load())),
    _Fault(f"build/f3/{NIGHT}", lambda: _at("f3", _build_given_up("f3", "gave up"))),
    _Fault(f"sign-off/f4/{NIGHT}", lambda: _at("f4", _rejected())),
    _Fault(f"sign-off/f5/{NIGHT}", lambda: _at("f5", waiting(1, failed_suites=("pmpm/staging",)))),
    _Fault(f"forgery/f6/{INGRID}", lambda: _at("f6", _forged())),
    _Fault(f"pace/f7/{NIGHT}", lambda: [night(client("f7"), all_loaded(), forecast=forecast(0.9, node("marts")))]),
    _Fault(
        f"host/sftp.down.example/{NIGHT}",
        lambda: [night(client(f"h{n}", host="sftp.down.example"), facts_of()) for n in range(2)],
    ),
    _Fault(
        f"contract change/lab_result/unique on lab_result_id/{NIGHT}",
        lambda: [night(client(f"k{n}"), _bad_labs(f"k{n}")) for n in range(3)],
        tuple((f"lab_result-k{n}", "unique on lab_result_id") for n in range(3)),
    ),
    _Fault(f"queue/{NIGHT}", lambda: [night(client(f"q{n}"), waiting(50), forecast=_RISK) for n in range(3)]),
    _Fault(
        f"warehouse/{NIGHT}",
        lambda: [night(client(f"w{n}"), failed_load(f"disk {n} of the warehouse is full")) for n in range(3)],
    ),
)  # fmt: skip


def _bad_labs(version: str) -> NightFacts:
    return replace(
        all_loaded(),
        deliveries={**all_loaded().deliveries, "lab_result": delivery("lab_result", "quarantined", version)},
    )


def _with(faults: list[_Fault]) -> Known:
    healthy = night(client("healthy"), all_loaded())
    rules = dict(rule for fault in faults for rule in fault.rules)
    return world(healthy, *(item for fault in faults for item in fault.nights()), leading_rules=rules)


@FEW
@given(st.lists(st.sampled_from(FAULTS), unique=True), st.sampled_from(FAULTS))
def test_removing_what_a_cause_is_made_of_removes_exactly_it(others: list[_Fault], fault: _Fault) -> None:
    rest = [item for item in others if item is not fault]
    before, after = causes(_with([*rest, fault])), causes(_with(rest))
    assert [item.key for item in before if item not in after] == [fault.key]
    assert [item for item in after if item not in before] == []


def test_faults_beside_the_nights_come_and_go_by_themselves() -> None:
    known = _with(list(FAULTS))
    beside = replace(known, audit=AuditCheck(NOW, ("altered",)), heartbeats=(Heartbeat("work", None),))
    extra = {cause.key for cause in causes(beside)} - {cause.key for cause in causes(known)}
    assert extra == {"audit chain", "silence/work"}
    assert len(causes(known)) == len(FAULTS)


@pytest.mark.parametrize("hours", [1.0, 0.6, 0.4, 0.3, 0.2, 0.1])
def test_what_is_left_once_several_files_are_here_is_near_to_what_the_forecast_says(hours: float) -> None:
    now = DEADLINE_OF_SLA - timedelta(hours=hours)
    missing = loaded(ahead(), now - 30 * MINUTE)
    for feed in ("eligibility", "medical_claim"):
        missing = with_feed(missing, feed, state="quarantined", since=now - 40 * MINUTE)
    (before,) = make_forecast([missing], HISTORY, now)
    (after,) = make_forecast([loaded(missing, now)], HISTORY, now)
    feeds = [item for item in before.nodes if item.name.startswith("feeds/")]
    assert len(feeds) == 2
    assert p_miss_if_done(before, feeds, now) == pytest.approx(after.p_miss, abs=0.15)


DEADLINE_OF_SLA = SLA_DUE + timedelta(hours=2)


def test_what_is_left_of_one_file_is_what_the_forecast_says_and_of_two_never_more_than_of_one() -> None:
    first, second = (node(f"feeds/{name}", p_miss_if_done=p) for name, p in (("eligibility", 0.3), ("lab_result", 0.6)))
    made = forecast(0.8, first, second)
    assert p_miss_if_done(made, [first], NOW) == 0.3
    assert p_miss_if_done(made, [first, second], NOW) <= 0.3
    late = forecast(1.0, *(replace(item, p_miss_if_done=1.0) for item in (first, second)))
    assert p_miss_if_done(late, late.nodes, DEADLINE) == 1.0


def test_a_file_that_is_on_its_way_counts_less_than_one_that_never_comes() -> None:
    broken_two = [node(f"feeds/{name}", p50=None, p_miss_if_done=0.9) for name in ("eligibility", "lab_result")]
    for p50, p90, most in ((NOW, NOW, 0.2), (NOW, None, 0.5), (None, None, 0.9)):
        made = forecast(0.95, *broken_two, node("feeds/medical_claim", p50=p50, p90=p90, p_miss_if_done=0.9))
        left = p_miss_if_done(made, broken_two, NOW)
        assert most - 0.2 < left <= most
