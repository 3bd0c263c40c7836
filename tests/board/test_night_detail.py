"""One client night in full, and the queues: what is said of it, and the commands that act."""

from dataclasses import replace
from datetime import timedelta

from acme_assets.alerts.incident import Message
from acme_assets.board.look import look
from acme_assets.board.model import ClientNight, Queue, QueueGroup
from acme_assets.board.night_detail import client_night
from acme_assets.board.queues import queue_of
from acme_assets.sla.result import NightForecast, NodeForecast
from acme_assets.warehouse.messages import enqueue
from client_partitions.client import Person
from tests.board.made_up import Stopped, platform_of, store_forecast
from tests.warehouse.waivers import THIRTY_PERCENT_BAD, ask, revoke, waive
from tests.world import CORA, DELE, ELIGIBILITY, INGRID, MORNING, NIGHT, OTTO, World, make_client

DEADLINE = MORNING + timedelta(hours=2)
KEY = ("tiny_health", NIGHT)


def detail(world: World, made: NightForecast | None = None) -> ClientNight:
    seen = look(platform_of(world, world.warehouse, Stopped(max(world.now, MORNING))))
    return client_night(seen, seen.nights[KEY], made)


def queue(world: World, group: QueueGroup) -> Queue:
    return queue_of(look(platform_of(world, world.warehouse, Stopped(max(world.now, MORNING)))), group)


def texts(night: ClientNight) -> list[str]:
    return [command.text for command in night.commands]


def forecast_of(*nodes: NodeForecast) -> NightForecast:
    return NightForecast(*KEY, DEADLINE, MORNING, 0.8, None, None, nodes)


class TestTheGraph:
    def test_has_each_dependency_with_its_state_and_its_forecast(self, world: World) -> None:
        world.deliver("eligibility", ELIGIBILITY)
        late = NodeForecast("feeds/pharmacy_claim", "client", MORNING + timedelta(minutes=40), None, 0.2, 0.9, 0.1,
                            DEADLINE - timedelta(minutes=50))  # fmt: skip
        marts = replace(late, name="marts", owner_group="engineering", criticality=0.1)
        nodes = {node.name: node for node in detail(world, forecast_of(late, marts)).nodes}
        pharmacy = nodes["feeds/pharmacy_claim"]
        assert (nodes["feeds/eligibility"].state, nodes["feeds/eligibility"].p50) == ("done", None)
        assert (pharmacy.state, pharmacy.owner, pharmacy.criticality) == ("held", "Cora Client", 0.9)
        assert (pharmacy.p50, pharmacy.drop_dead) == (late.p50, late.drop_dead)
        assert nodes["marts/pmpm"].criticality == 0.1
        assert nodes["feeds/lab_result"].reason == "not delivered; the night does not wait for it"

    def test_names_every_end_of_every_edge(self, world: World) -> None:
        night = detail(world)
        names = {node.name for node in night.nodes}
        assert {end for edge in night.edges for end in (edge.source, edge.target)} <= names


class TestTheTimeline:
    def test_has_what_was_planned_what_happened_and_what_is_expected(self, world: World) -> None:
        world.deliver("eligibility", ELIGIBILITY)
        late = NodeForecast(
            "feeds/pharmacy_claim", "client", MORNING + timedelta(hours=1), None, 0.2, 1.0, 0.1, DEADLINE
        )
        found = {(entry.kind, entry.name): entry for entry in detail(world, forecast_of(late)).timeline}
        assert found["planned", "release"].at == DEADLINE
        assert found["planned", "feeds/pharmacy_claim"].at == MORNING - timedelta(hours=2)
        assert found["actual", "feeds/eligibility"].text == "2 rows loaded"
        assert (found["forecast", "feeds/pharmacy_claim"].at, found["forecast", "feeds/pharmacy_claim"].until) == (
            late.p50, None,
        )  # fmt: skip
        assert ("actual", "feeds/pharmacy_claim") not in found

    def test_is_in_the_order_of_time(self, world: World) -> None:
        world.deliver_all()
        world.build()
        world.approve()
        world.release()
        moments = [entry.at for entry in detail(world).timeline]
        assert moments == sorted(moments)


class TestWhatToDo:
    def test_a_late_file_is_asked_for_or_waived(self, world: World) -> None:
        world.deliver("eligibility", ELIGIBILITY)
        assert texts(detail(world))[:2] == [
            f"Ask Cora Client <cora@tiny.example> to send it: pharmacy_claim of {NIGHT}",
            f"acme exception request tiny_health pharmacy_claim --kind may_be_missing --date {NIGHT}",
        ]

    def test_a_broken_file_is_asked_for_again_or_accepted(self, world: World) -> None:
        world.deliver("pharmacy_claim", THIRTY_PERCENT_BAD)
        assert f"acme exception request tiny_health pharmacy_claim --kind accept_quarantined --date {NIGHT}" in texts(
            detail(world)
        )

    def test_a_candidate_is_signed_by_its_own_digest(self, world: World) -> None:
        world.deliver_all()
        world.build()
        night, digest = detail(world), world.present()
        assert digest is not None
        assert night.evidence is not None
        assert (night.evidence.digest, night.evidence.missing_signatures) == (digest, 1)
        assert f"acme qa approve tiny_health {NIGHT} --evidence {digest[:12]}" in texts(night)

    def test_an_exception_that_waits_is_named_with_its_command(self, world: World) -> None:
        request = ask(world, "may_be_missing")
        night = detail(world)
        assert [(term.kind, term.id, term.approved_by) for term in night.terms] == [("pending", request, None)]
        assert f"acme exception link {request[:12]}" in texts(night)

    def test_the_links_lead_to_the_very_partition(self, world: World) -> None:
        night = detail(world)
        assert night.dagster[0].path == f"/assets/raw/eligibility?view=partitions&partition=tiny_health%7C{NIGHT}"


class TestTheRecord:
    def test_has_terms_releases_and_what_does_not_count(self, world: World) -> None:
        waive(world, "may_be_missing")
        revoke(world, ask(world, "may_be_missing", "eligibility"))
        world.deliver("eligibility", ELIGIBILITY)
        world.build()
        world.approve(DELE)
        released = world.release()
        night = detail(world)
        assert [term.kind for term in night.terms] == ["waiver"]
        assert [(line.release_id, line.is_live, line.is_withdrawn) for line in night.releases] == [
            (released.release_id, True, False)
        ]
        said = [(event.what, event.who, event.problem is not None) for event in night.events]
        assert [item for item in said if item[0] == "exception request"] == [
            ("exception request", OTTO, False), ("exception request", OTTO, True),
        ]  # fmt: skip
        assert ("approved", DELE, False) in said
        moments = [event.at for event in night.events]
        assert moments == sorted(moments)


class TestQueues:
    def test_qa_has_what_waits_by_slack(self, world: World) -> None:
        world.deliver_all()
        world.build()
        store_forecast(world, 0.5, DEADLINE, driver="sign-off", group="qa")
        (row,) = queue(world, "qa").rows
        assert (row.kind, row.owner, row.step) == ("sign-off", "Ingrid, Dele", "sign-off")
        assert row.drop_dead == DEADLINE - timedelta(minutes=90)
        assert row.slack == row.drop_dead - max(world.now, MORNING)
        assert row.commands[0].text == f"acme qa show tiny_health {NIGHT}"

    def test_qa_has_open_nights_of_earlier_dates_too(self, world: World) -> None:
        world.deliver_all()
        world.build()
        world.now = MORNING + timedelta(days=3)
        (row,) = queue(world, "qa").rows
        assert (row.business_date, row.missed) == (NIGHT, True)
        assert row.slack is not None
        assert row.slack < timedelta(0)

    def test_client_success_has_late_files_and_exceptions(self, world: World) -> None:
        request = ask(world, "may_be_missing")
        kinds = [(row.kind, row.step) for row in queue(world, "client-success").rows]
        assert sorted(kinds) == [
            ("exception", "feeds/pharmacy_claim"), ("late file", "feeds/eligibility"),
            ("late file", "feeds/pharmacy_claim"),
        ]  # fmt: skip
        asked = next(row for row in queue(world, "client-success").rows if row.kind == "exception")
        assert asked.commands[0].text == f"acme exception link {request[:12]}"

    def test_client_success_has_the_mails_to_clients_and_no_others(self, world: World) -> None:
        with world.warehouse.begin() as connection:
            for number, email in enumerate((CORA, INGRID)):
                person = Person(name=email.partition("@")[0], email=email)
                said = Message(f"m{number}", None, person, "notify", ("mail",), MORNING, "Your file is late", "Hello")
                enqueue(world.warehouse, connection, [said])
        mails = [row for row in queue(world, "client-success").rows if row.kind == "mail"]
        assert [(row.owner, row.text) for row in mails] == [("cora", "Your file is late (due)")]

    def test_engineering_has_what_is_quarantined_or_failed(self, world: World) -> None:
        world.deliver("eligibility", ELIGIBILITY)
        world.deliver("pharmacy_claim", THIRTY_PERCENT_BAD)
        (row,) = queue(world, "engineering").rows
        assert (row.kind, row.step) == ("quarantined", "feeds/pharmacy_claim")

    def test_what_is_released_is_in_no_queue(self, world: World) -> None:
        world.deliver_all()
        world.build()
        world.approve()
        world.release()
        assert [queue(world, group).rows for group in ("qa", "client-success", "engineering")] == [(), (), ()]

    def test_a_feed_that_drifts_is_engineerings(self, world: World) -> None:
        world.client = make_client(qa={"auto_approve": {"max_drift": 0.1}})
        world.deliver_all()
        world.build()
        platform = platform_of(world, world.warehouse, Stopped(world.now))
        seen = look(platform)
        item = seen.nights[KEY]
        assert item.night.facts.candidate is not None
        facts = replace(item.night.facts, candidate=replace(item.night.facts.candidate, drift=0.3))
        drifting = replace(item, night=replace(item.night, facts=facts))
        rows = queue_of(replace(seen, nights={KEY: drifting}), "engineering").rows
        assert [(row.kind, "the client's bound is 0.1" in row.text) for row in rows] == [("drift", True)]
