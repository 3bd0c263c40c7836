"""The alerter on a real database: what is due leaves, digests are made once a morning."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from acme_assets.alerter.digests import enqueue_digests
from acme_assets.alerter.resident import Alerter
from acme_assets.alerts.incident import Message
from acme_assets.notify.channel import Channel, Outcome
from acme_assets.notify.night_picture import MOST_ROWS, Row, choose, draw
from acme_assets.notify.setting_up import usable_channels
from acme_assets.warehouse.messages import enqueue, read_messages
from acme_assets.warehouse.protocol import WarehouseUnavailable
from client_partitions.client import Person
from client_partitions.escalation import load_policy
from tests.world import DELE, ELIGIBILITY, ENZO, INGRID, NOOR, OTTO, World

POLICY = load_policy()
MORNING = datetime(2026, 3, 11, 13, 31, tzinfo=UTC)
"""08:31 in Chicago: engineering's digest is due since a minute."""


def alerter(world: World, taken: list[str]) -> Alerter:
    def send(channel: Channel, message: Message, html: str | None) -> Outcome:
        taken.append(message.recipient.email)
        return Outcome("delivered", "taken")

    return Alerter(world.platform(), POLICY, {"email": Channel("email", "smtp://localhost?from=a@b.c")}, send=send)


def messages(world: World) -> list[tuple[str, str]]:
    with world.warehouse.begin() as connection:
        return [(item.message.recipient.email, item.state) for item in read_messages(connection)]


def test_what_is_due_leaves_and_what_is_not_stays(world: World) -> None:
    who = Person(name="Anne", email="anne@acme.example")
    due = [
        Message(key, None, who, "page", ("email",), at, "subject", "body")
        for key, at in (("now", world.now), ("later", world.now + timedelta(hours=1)))
    ]
    with world.warehouse.begin() as connection:
        enqueue(world.warehouse, connection, due)
    taken: list[str] = []
    alerter(world, taken).look()
    assert (taken, [state for _, state in messages(world)]) == (["anne@acme.example"], ["sent", "due"])


def test_each_audience_gets_its_digest_once_however_often_it_is_looked_for(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    world.now = MORNING
    assert enqueue_digests(world.platform(), POLICY, set()) == len({ENZO, OTTO, NOOR})
    assert enqueue_digests(world.platform(), POLICY, set()) == 0
    world.now = MORNING + timedelta(minutes=31)
    assert enqueue_digests(world.platform(), POLICY, set()) > 0
    told = {email for email, _ in messages(world)}
    assert {ENZO, OTTO, INGRID, DELE} <= told


def test_before_its_time_and_long_after_it_there_is_none(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    for moment in (MORNING - timedelta(hours=2), MORNING + timedelta(hours=9)):
        world.now = moment
        assert enqueue_digests(world.platform(), POLICY, set()) == 0


def test_a_morning_after_nothing_has_no_digest(world: World) -> None:
    world.now = MORNING
    assert enqueue_digests(world.platform(), POLICY, set()) == 0


def test_a_digest_says_what_was_late_and_shows_the_night(world: World) -> None:
    world.deliver("eligibility", ELIGIBILITY)
    world.now = MORNING
    enqueue_digests(world.platform(), POLICY, set())
    with world.warehouse.begin() as connection:
        said = read_messages(connection)[0].message
    assert "1 client, 1 not in time" in said.subject
    assert "1 deadline: 0 kept, 0 released late, 1 not released yet" in said.body
    assert said.urgency == "digest"


def test_a_warehouse_that_is_away_is_waited_for(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    resident = alerter(world, [])
    resident.heartbeat = tmp_path / "alerter.beat"
    passes: list[int] = []

    def look() -> None:
        passes.append(1)
        if len(passes) == 1:
            raise WarehouseUnavailable("away")
        assert "the warehouse could not be asked" in (tmp_path / "alerter.beat").read_text()
        resident.stop()

    monkeypatch.setattr(resident, "look", look)
    monkeypatch.setattr("acme_assets.alerter.resident.EVERY_SECONDS", 0.0)
    resident.run()
    assert len(passes) == 2


def test_a_channel_whose_url_is_wrong_costs_no_other() -> None:
    env = {"ACME_CHANNEL_PAGERDUTY": "nonsense", "ACME_CHANNEL_EMAIL": "smtp://localhost?from=a@b.c"}
    channels, problems = usable_channels(env, POLICY)
    assert set(channels) == {"email"}
    assert [problem.partition(":")[0] for problem in problems] == ["ACME_CHANNEL_PAGERDUTY"]
    assert "no channel is set up" in usable_channels({}, POLICY)[1][0]


def row(name: str, **changes: object) -> Row:
    values = {"due": MORNING, "deadline": MORNING + timedelta(hours=4), "released_at": MORNING, "state": "met"}
    return Row(name, **(values | changes))  # type: ignore[arg-type]


def test_a_picture_of_many_clients_leaves_out_those_of_which_there_is_nothing_to_see() -> None:
    fine = [row(f"fine {number}") for number in range(100)]
    late, noted = row("late", state="open", released_at=None), row("noted", incidents=((MORNING, "page"),))
    shown = choose([*fine, late, noted])
    assert len(shown) == MOST_ROWS
    assert {late, noted} <= {*shown}


def test_a_picture_is_a_png() -> None:
    drawn = draw("a night", [row("late", state="missed", incidents=((MORNING, "notify"),))], MORNING)
    assert drawn.startswith(b"\x89PNG")
    assert drawn != draw("a night", [row("late")], MORNING)
