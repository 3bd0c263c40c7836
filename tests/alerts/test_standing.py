"""A cause of several clients stays one, with its key, while it falls apart: nobody is told of its pieces."""

from dataclasses import replace

import pytest

from acme_assets.alerts.cause import Cause, CauseKind
from acme_assets.alerts.causes import causes
from acme_assets.alerts.incident import Incident
from acme_assets.alerts.known import Known
from acme_assets.alerts.standing import standing
from tests.alerts.made_up import client, failed_load, forecast, night, node, waiting, world
from tests.alerts.played import MINUTE, Played, affected, cause
from tests.world import NIGHT

GROUPED: tuple[tuple[CauseKind, CauseKind], ...] = (
    ("host", "delivery"),
    ("landing zone", "delivery"),
    ("warehouse", "load"),
    ("queue", "sign-off"),
    ("backlog", "pace"),
)


def keys(found: list[Cause]) -> list[str]:
    return [item.key for item in found]


def whole(kind: CauseKind, *clients: str) -> Cause:
    return cause(f"{kind}/one/{NIGHT}", kind=kind, affected=tuple(affected(name) for name in clients))


def part(kind: CauseKind, name: str) -> Cause:
    return cause(f"{kind}/{name}/{NIGHT}", kind=kind, affected=(affected(name),))


def opened(found: Cause) -> Incident:
    return Played().play(5, [found]).incident


@pytest.mark.parametrize(("kind", "pieces"), GROUPED)
def test_what_is_left_of_a_group_holds_its_key(kind: CauseKind, pieces: CauseKind) -> None:
    live = [opened(whole(kind, "a", "b", "c"))]
    (left,) = standing([part(pieces, "a"), part(pieces, "c")], live)
    assert left.key == f"{kind}/one/{NIGHT}"
    assert [item.client_id for item in left.affected] == ["a", "c"]
    assert "2 client nights are left of it (a, c)" in left.text


@pytest.mark.parametrize(("kind", "pieces"), GROUPED)
def test_a_group_that_falls_from_three_to_two_pages_nobody_again(kind: CauseKind, pieces: CauseKind) -> None:
    played, three = Played(), [whole(kind, "a", "b", "c")]
    played.play(10, three).play(60, [part(pieces, "a"), part(pieces, "b")]).play(10, [])
    assert [item.state for item in played.of.incidents.values()] == ["resolved"]
    told = [who for who, _ in played.told]
    assert len(told) == len(set(told))


def test_what_was_told_by_itself_before_stays_by_itself() -> None:
    alone = part("load", "a")
    live = [opened(alone), opened(whole("warehouse", "a", "b"))]
    assert keys(standing([alone, part("load", "b")], live)) == [alone.key, f"warehouse/one/{NIGHT}"]


def test_another_clients_trouble_joins_nothing() -> None:
    live = [opened(whole("warehouse", "a", "b"))]
    both = standing([part("load", "z"), part("build", "a")], live)
    assert keys(both) == [f"load/z/{NIGHT}", f"warehouse/one/{NIGHT}"]
    assert keys(standing([part("sign-off", "a")], live)) == [f"sign-off/a/{NIGHT}"]


def test_a_contract_change_takes_what_is_of_its_feed_alone() -> None:
    live = [opened(cause(f"contract change/eligibility/rule/{NIGHT}", kind="contract change",
                         affected=(affected("a"), affected("b"))))]  # fmt: skip
    of = [cause(f"contract/a/{NIGHT}/{feed}", kind="contract", affected=(affected("a"),))
          for feed in ("eligibility", "lab_result")]  # fmt: skip
    assert keys(standing(of, live)) == [f"contract change/eligibility/rule/{NIGHT}", f"contract/a/{NIGHT}/lab_result"]


def test_a_client_of_a_host_that_is_down_joins_though_its_file_is_not_due_yet() -> None:
    clients = {name: client(name, host=host) for name, host in (("aa", "h"), ("bb", "h"), ("zz", "other"))}
    live = [replace(opened(whole("host", "aa", "bb")), key=f"host/h/{affected().business_date}")]
    later = [part("pace", "bb"), part("pace", "zz"), part("delivery", "aa")]
    assert keys(standing(later, live, clients)) == [f"host/h/{NIGHT}", f"pace/zz/{NIGHT}"]


def test_what_nobody_signs_is_taken_to_be_missed() -> None:
    calm = whole("queue", "a")
    (found,) = standing([replace(calm, affected=(affected("a", p_miss=0.2), affected("b", p_miss=None)))], [])
    assert [item.p_miss for item in found.affected] == [1.0, None]


def of_work(count: int) -> Known:
    return world(*(night(client(f"w{n}"), failed_load(f"disk {n} of the warehouse is full")) for n in range(count)))


def of_queue(count: int) -> Known:
    risk = forecast(0.4, node("sign-off", criticality=1.0))
    return world(*(night(client(f"q{n}"), waiting(50), forecast=risk) for n in range(count)))


@pytest.mark.parametrize("made", [of_work, of_queue])
def test_the_same_of_causes_as_they_are_found(made) -> None:
    (three,) = causes(made(3))
    two = causes(made(2))
    assert len(two) == 2
    assert three.key not in keys(two)
    played = Played().play(5, [replace(three, since=three.since - 60 * MINUTE)])
    assert keys(standing(two, [played.incident])) == [three.key]
