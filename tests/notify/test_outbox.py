"""What leaves, by which channel, how often and when: on the ledger, with servers that fail and processes that die."""

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from acme_assets.alerts.incident import Message
from acme_assets.notify.channel import Channel, Outcome
from acme_assets.notify.outbox import HOUR, Delivery, Patience, backoff, deliver_due, silence_of
from acme_assets.notify.sending import send
from acme_assets.warehouse.alert_tables import message_attempts, messages
from acme_assets.warehouse.messages import STALE, StoredMessage, drop, enqueue, read_messages, unsaid
from acme_assets.warehouse.postgres import PostgresWarehouse
from client_partitions.escalation import Tries, load_policy
from tests.notify.answers import DOWN, NO, SLOW, UP
from tests.notify.made_up import CORA, NOW, PATIENCE, PRIYA, message
from tests.notify.servers import HttpServer, MailServer, a_closed_port, http_server, mail_server

ROOT = Path(__file__).parents[2]
BOTH = ("pagerduty", "email")


@dataclass
class House:
    """A ledger, a clock and channels."""

    warehouse: PostgresWarehouse
    channels: dict[str, Channel] = field(default_factory=dict)
    now: datetime = NOW

    def put(self, *made: Message) -> None:
        with self.warehouse.begin() as connection:
            enqueue(self.warehouse, connection, made)

    def deliver(self, **more: Any) -> Delivery:
        return deliver_due(self.warehouse, self.channels, lambda: self.now, **{"patience": PATIENCE, **more})

    def stored(self) -> dict[str, StoredMessage]:
        with self.warehouse.begin() as connection:
            return {item.message.message_id: item for item in read_messages(connection)}

    def tries(self) -> list[tuple[str, int, str, str | None]]:
        columns = [message_attempts.c[name] for name in ("message_id", "number", "channel", "outcome")]
        with self.warehouse.begin() as connection:
            rows = connection.execute(select(*columns).order_by(message_attempts.c.started_at, *columns[:2]))
            return [tuple(row) for row in rows]

    def forget(self) -> None:
        """All that was, for another example."""
        self.now = NOW
        with self.warehouse.begin() as connection:
            connection.execute(delete(messages))
            connection.execute(delete(message_attempts))

    def drop(self, incident_id: str) -> int:
        with self.warehouse.begin() as connection:
            return drop(connection, [incident_id], "acknowledged")


@pytest.fixture
def house(warehouse: PostgresWarehouse) -> House:
    """Channels by name alone: for a `send` that answers as it is told."""
    return House(warehouse, {name: Channel(name, f"made-up://{name}") for name in (*BOTH, "slack")})


@pytest.fixture
def pager() -> Iterator[HttpServer]:
    with http_server() as found:
        yield found


@pytest.fixture
def mailbox() -> Iterator[MailServer]:
    with mail_server() as found:
        yield found


@pytest.fixture
def real(house: House, pager: HttpServer, mailbox: MailServer) -> House:
    """The same with servers behind two of them."""
    house.channels = {
        "pagerduty": Channel("pagerduty", f"pagerduty+http://KEY@{pager.address}"),
        "email": Channel("email", mailbox.url),
    }
    return house


def keys_of(pager: HttpServer) -> list[str]:
    return [request.body["dedup_key"] for request in pager.got]


def answers(**by_channel: Sequence[Outcome]) -> Callable[[Channel, Message, str | None], Outcome]:
    """A `send` that answers in turn, the last answer for ever."""
    left = {name: list(outcomes) for name, outcomes in by_channel.items()}
    return lambda channel, *_: left[channel.name].pop(0) if left[channel.name][1:] else left[channel.name][0]


def test_what_is_due_is_said_once(real: House, pager: HttpServer) -> None:
    real.put(message(channels=BOTH), message("later", channels=BOTH, due_at=NOW + HOUR))
    assert [(item.message_id, by) for item, by in real.deliver().sent] == [("m1", "pagerduty")]
    assert real.deliver() == Delivery()
    real.put(message(channels=BOTH, body="asked for again"))
    assert real.deliver() == Delivery()
    assert keys_of(pager) == ["m1"]
    stored = real.stored()["m1"]
    assert (stored.state, stored.sent_by, stored.sent_at, stored.attempts) == ("sent", "pagerduty", NOW, 1)
    assert real.tries() == [("m1", 1, "pagerduty", "delivered")]


def test_the_next_channel_is_tried_where_one_is_down(real: House, mailbox: MailServer) -> None:
    real.channels["pagerduty"] = Channel("pagerduty", f"pagerduty+http://KEY@127.0.0.1:{a_closed_port()}")
    real.put(message(channels=BOTH))
    done = real.deliver()
    assert [by for _, by in done.sent] == ["email"]
    assert set(done.down) == {"pagerduty"}
    assert len(mailbox.got) == 1
    assert real.tries() == [("m1", 1, "pagerduty", "again"), ("m1", 2, "email", "delivered")]


def test_a_server_in_error_gets_it_when_it_is_back(real: House, pager: HttpServer) -> None:
    pager.statuses = [500, 502]
    real.put(message(channels=("pagerduty",)))
    assert len(real.deliver().waiting) == 1
    assert real.deliver() == Delivery()  # not at once
    real.now += timedelta(minutes=1)
    assert len(real.deliver().waiting) == 1
    real.now += timedelta(minutes=2)
    assert len(real.deliver().sent) == 1
    assert keys_of(pager) == ["m1"] * 3


def test_a_server_that_asks_for_patience_gets_it(real: House, pager: HttpServer) -> None:
    pager.statuses, pager.headers = [429], {"Retry-After": "900"}
    real.put(message(channels=("pagerduty",)))
    real.deliver()
    real.now += timedelta(seconds=899)
    assert real.deliver() == Delivery()
    real.now += timedelta(seconds=1)
    assert len(real.deliver().sent) == 1


def test_what_every_channel_refuses_is_given_up_and_said(real: House, pager: HttpServer, mailbox: MailServer) -> None:
    pager.status, mailbox.replies = 400, {"RCPT": ["550 no such mailbox"]}
    real.put(message(channels=BOTH))
    ((lost, why),) = real.deliver().undelivered
    assert (lost.message_id, why) == ("m1", "email: SMTP 550 for this recipient")
    assert real.stored()["m1"].state == "failed"
    assert real.deliver() == Delivery()
    with real.warehouse.begin() as connection:
        found = unsaid(connection, NOW - HOUR, real.now)
    cause = silence_of(found, PRIYA, real.now)
    assert cause is not None
    assert (cause.kind, cause.since) == ("silence", NOW)
    assert "pagerduty" in cause.text
    assert silence_of([], PRIYA, real.now) is None


def test_a_channel_that_refused_is_not_asked_again(house: House) -> None:
    house.put(message(channels=BOTH))
    house.deliver(send=answers(pagerduty=[NO], email=[DOWN]))
    house.now += timedelta(minutes=5)
    house.deliver(send=answers(pagerduty=[UP], email=[UP]))
    assert [channel for _, _, channel, _ in house.tries()] == ["pagerduty", "email", "email"]


def test_a_message_without_a_channel_that_is_set_up_is_given_up_and_said(house: House) -> None:
    house.put(message(channels=("teams",)))
    ((_, why),) = house.deliver(send=answers()).undelivered
    assert why == "no channel is set up (teams)"


def test_a_page_without_an_answer_goes_to_the_next_channel(real: House, pager: HttpServer, mailbox: MailServer) -> None:
    pager.holds = threading.Event()
    real.put(message(channels=BOTH))
    done = real.deliver(send=lambda *to: send(*to, timeout=0.2))
    assert [by for _, by in done.sent] == ["email"]
    assert len(mailbox.got) == 1


def test_what_is_no_page_stays_with_the_channel_that_may_have_said_it_but_not_for_ever(house: House) -> None:
    house.put(message(channels=BOTH, urgency="notify"))
    for _ in range(3):
        house.deliver(send=answers(pagerduty=[SLOW], email=[UP]))
        house.now += HOUR
    assert [channel for _, _, channel, _ in house.tries()] == ["pagerduty"] * 3 + ["email"]


def test_a_channel_that_is_down_is_not_tried_for_each_message(house: House) -> None:
    house.put(*(message(f"m{number}", channels=BOTH) for number in range(5)))
    done = house.deliver(send=answers(pagerduty=[DOWN], email=[UP]))
    assert len(done.sent) == 5
    assert [channel for _, _, channel, _ in house.tries()].count("pagerduty") == 1


def test_where_all_is_down_messages_wait_and_are_not_lost(house: House) -> None:
    house.put(*(message(f"m{number}", channels=BOTH) for number in range(5)))
    assert len(house.deliver(send=answers(pagerduty=[DOWN], email=[DOWN])).waiting) == 5
    assert len(house.tries()) == 2
    house.now += timedelta(minutes=1)
    assert len(house.deliver(send=answers(pagerduty=[UP])).sent) == 5


def test_tries_end_after_the_patience_for_it(house: House) -> None:
    house.put(message(channels=BOTH))
    patience = replace(PATIENCE, page=timedelta(minutes=20))
    for _ in range(60):
        house.deliver(send=answers(pagerduty=[DOWN], email=[DOWN]), patience=patience)
        house.now += timedelta(minutes=1)
    stored = house.stored()["m1"]
    assert stored.state == "failed"
    assert stored.last_error == "down"
    assert 8 < stored.attempts < 40


def test_the_policy_says_how_long_and_how_often() -> None:
    policy = load_policy()
    changed = policy.model_copy(update={"messages_an_hour": 3, "tries": Tries(page_minutes=7, other_minutes=90)})
    patience = Patience.of(changed)
    assert patience == Patience(3, timedelta(minutes=7), timedelta(minutes=90))
    assert patience.ends(message()) == NOW + timedelta(minutes=7)
    assert patience.ends(message(urgency="notify")) == NOW + timedelta(minutes=90)


def test_one_that_is_found_late_is_tried_once_all_the_same(house: House) -> None:
    house.put(message())
    house.now += timedelta(days=1)
    assert len(house.deliver(send=answers(slack=[UP])).sent) == 1


def test_pages_go_first_however_long_others_wait(house: House) -> None:
    waits = [message(f"n{number}", urgency="notify", due_at=NOW - HOUR) for number in range(3)]
    house.put(*waits, message("page"))
    assert [item.message_id for item, _ in house.deliver(send=answers(slack=[UP]), limit=1).sent] == ["page"]


def test_nobody_is_told_more_an_hour_than_they_can_bear_but_for_pages(house: House) -> None:
    send = answers(slack=[UP])
    house.put(*(message(f"n{number}", urgency="notify") for number in range(4)))
    house.put(message("c", urgency="notify", recipient=CORA), message("page"))
    done = house.deliver(send=send, patience=replace(PATIENCE, messages_an_hour=2))
    assert {item.message_id for item, _ in done.sent} == {"page", "c", "n0", "n1"}
    house.now += HOUR - timedelta(seconds=1)
    assert house.deliver(send=send, patience=replace(PATIENCE, messages_an_hour=2)) == Delivery()
    house.now += timedelta(seconds=1)
    done = house.deliver(send=send, patience=replace(PATIENCE, messages_an_hour=2))
    assert {item.message_id for item, _ in done.sent} == {"n2", "n3"}


def test_what_is_dropped_is_not_sent(house: House) -> None:
    house.put(message(), message("other", "i2"))
    assert house.drop("i1") == 1
    assert [item.message_id for item, _ in house.deliver(send=answers(slack=[UP])).sent] == ["other"]
    assert house.stored()["m1"].state == "dropped"


@pytest.mark.parametrize(("outcome", "state"), [(UP, "sent"), (DOWN, "dropped"), (NO, "dropped")])
def test_what_is_dropped_while_it_is_sent_is_not_tried_again(house: House, outcome: Outcome, state: str) -> None:
    house.put(message(channels=BOTH))

    def send(channel: Channel, *_: Any) -> Outcome:
        assert channel.name == "pagerduty"
        house.drop("i1")
        return outcome

    house.deliver(send=send)
    assert house.stored()["m1"].state == state
    house.now += HOUR
    assert house.deliver(send=send) == Delivery()


def test_two_processes_say_each_message_once(real: House, pager: HttpServer) -> None:
    real.put(*(message(f"m{number:02}", channels=BOTH) for number in range(20)))
    together = threading.Barrier(3)

    def deliver(_: int) -> Delivery:
        together.wait()
        return real.deliver()

    with ThreadPoolExecutor(3) as pool:
        found = list(pool.map(deliver, range(3)))
    assert sorted(keys_of(pager)) == [f"m{number:02}" for number in range(20)]
    assert sum(len(done.sent) for done in found) == 20


@pytest.mark.parametrize(("when", "said"), [("before", 0), ("after", 1)])
def test_killed_in_mid_send_nothing_is_lost_and_the_key_is_the_same(
    real: House, pager: HttpServer, database: str, when: str, said: int
) -> None:
    real.put(message(channels=("pagerduty", "email")))
    command = [sys.executable, "-m", "tests.notify.killed", database, str(pager.port), when]
    assert subprocess.run(command, cwd=ROOT, timeout=60, check=False).returncode == -9
    assert keys_of(pager) == ["m1"] * said
    assert real.stored()["m1"].state == "sending"
    assert real.deliver() == Delivery()  # it may be alive
    real.now += STALE
    assert [by for _, by in real.deliver().sent] == ["pagerduty"]
    assert keys_of(pager) == ["m1"] * (said + 1)
    assert real.tries() == [("m1", 1, "pagerduty", None), ("m1", 2, "pagerduty", "delivered")]


def test_who_was_taken_for_dead_and_comes_back_changes_nothing(house: House) -> None:
    house.put(message())

    def slowly(*_: Any) -> Outcome:
        house.now += STALE
        assert len(house.deliver(send=answers(slack=[UP])).sent) == 1
        return DOWN

    house.deliver(send=slowly)
    assert house.stored()["m1"].state == "sent"


def test_waits_grow_and_are_the_messages_own() -> None:
    waits = [backoff(message(), tries) for tries in range(1, 9)]
    assert waits == [backoff(message(), tries) for tries in range(1, 9)]
    assert waits[0] < waits[2] < waits[4]
    assert max(waits) <= timedelta(seconds=150)
    assert len({backoff(message(f"m{number}"), 3) for number in range(20)}) == 20
    assert backoff(message(urgency="notify"), 40) <= timedelta(minutes=37.5)


class Killed(BaseException):
    """The process ends here."""


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_whatever_fails_or_dies_each_message_is_said_unless_all_refuse_it(database: str, data: st.DataObject) -> None:
    house = House(PostgresWarehouse(database, pooled=True), {name: Channel(name, "made-up://") for name in BOTH})
    house.forget()
    urgencies = data.draw(st.lists(st.sampled_from(["page", "notify"]), min_size=1, max_size=3), label="urgencies")
    house.put(*(message(f"m{n}", channels=BOTH, urgency=kind) for n, kind in enumerate(urgencies)))
    fates = st.sampled_from(["up", "down", "slow, said", "slow", "no", "killed", "killed, said"])
    said, refused, calm = set[str](), set[tuple[str, str]](), False

    def fail_at_random(channel: Channel, item: Message, _: str | None) -> Outcome:
        fate = "up" if calm else data.draw(fates, label=f"{channel.name} {item.message_id}")
        if fate in ("up", "slow, said", "killed, said"):
            said.add(item.message_id)
        if fate == "no":
            refused.add((item.message_id, channel.name))
        if fate.startswith("killed"):
            raise Killed
        return {"up": UP, "down": DOWN, "no": NO}.get(fate, SLOW)

    endless = Patience(messages_an_hour=1000, page=timedelta(days=9), other=timedelta(days=9))
    for turn in range(8):
        calm = turn >= 5
        with suppress(Killed):
            house.deliver(send=fail_at_random, patience=endless)
        house.now += timedelta(minutes=40)
    with house.warehouse.begin() as connection:
        aloud = {item.message.message_id for item in unsaid(connection, NOW - HOUR, house.now)}
    assert len(house.stored()) == len(urgencies)
    for key, item in house.stored().items():
        by_all = {(key, name) for name in BOTH} <= refused
        assert item.state == ("failed" if by_all else "sent")
        assert key in (aloud if by_all else said)
