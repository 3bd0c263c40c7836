"""The pages: what they show of a night, how they are filtered, and what they never let through."""

import asyncio
import json
from collections.abc import Iterator
from html.parser import HTMLParser

import pytest

from acme_assets.board.limits import ACTS
from acme_assets.board.live import Live
from acme_assets.board.tokens import form_token
from client_partitions.calendar import deadline_at
from client_partitions.client import Client
from client_partitions.people import Roster
from tests.board.made_up import store_forecast, store_incident
from tests.board.site import DEMO, Site, token_in
from tests.world import ELIGIBILITY, ENZO, NIGHT, NOOR, World, client_data

NIGHT_PAGE = f"/nights/tiny_health/{NIGHT}"
EVIDENCE = f"{NIGHT_PAGE}/evidence"
PAGES = ["/", NIGHT_PAGE, "/queue/qa", "/queue/client-success", "/queue/engineering", "/incidents", "/trends"]


@pytest.fixture
def site(world: World) -> Site:
    made = Site(world, DEMO)
    made.turn()
    return made


def rows_of(page: str) -> int:
    return page.count('<tr role="row" id="row-')


class Tags(HTMLParser):
    """Every start tag with its attributes."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))

    def values(self, name: str) -> Iterator[str]:
        return (str(attributes[name]) for _, attributes in self.found if name in attributes)


class TestTonight:
    def test_says_what_blocks_a_night_and_whose_it_is(self, site: Site) -> None:
        site.world.deliver("eligibility", ELIGIBILITY)
        store_forecast(site.world, 0.62, deadline_at(site.world.client, NIGHT))
        site.turn()
        page = site.get("/")
        for text in (
            "Tiny Health",
            "pharmacy_claim</b> not delivered; was due",
            "Cora Client",
            ">Client</span>",
            "62 %",
        ):
            assert text in page
        assert "06:00 <span" in page  # the deadline on the client's clock

    def test_counts_are_the_boards(self, site: Site) -> None:
        counts, page = site.reader.current().counts, site.get("/")
        assert f"<b>{counts.held}</b> held" in page
        assert f"<b>{counts.released}</b> released" in page
        assert f"Client <b>{counts.by_owner_group['client']}</b>" in page

    @pytest.mark.parametrize(
        ("query", "shown"),
        [
            ("state=held", 1), ("state=open", 1), ("state=released", 0), ("state=nonsense", 0), ("group=client", 1),
            ("group=qa", 0), ("person=Cora+Client", 1), ("person=Somebody", 0), ("feed=pharmacy_claim", 1),
            ("feed=lab_result", 0), ("risk=high", 1), ("risk=incident", 0), ("q=TINY+cora", 1), ("q=tiny+nobody", 0),
            ("group=client&state=held&q=tiny", 1), ("group=client&state=released", 0),
        ],
    )  # fmt: skip
    def test_filters(self, site: Site, query: str, shown: int) -> None:
        store_forecast(site.world, 0.62, deadline_at(site.world.client, NIGHT))
        site.turn()
        page = site.get(f"/?{query}")
        assert rows_of(page) == shown
        assert ("No client night is like that now" in page) == (not shown)

    def test_a_filter_stays_chosen_in_the_form_and_is_kept_by_the_counts(self, site: Site) -> None:
        page = site.get("/?person=Cora+Client")
        assert "<option selected>Cora Client</option>" in page
        assert "/?person=Cora+Client&amp;state=held" in page

    def test_the_script_gets_the_parts_that_change_and_not_the_page_about_them(self, site: Site) -> None:
        page = site.get("/?state=held", headers={"x-acme-fragment": "1"})
        assert rows_of(page) == 1
        assert f'data-board="{site.reader.current().number}"' in page
        assert "<html" not in page
        assert "<form" not in page

    def test_a_newer_board_is_another_page(self, site: Site) -> None:
        assert "Awaiting sign-off</td>" not in site.get("/")
        site.world.deliver_all()
        site.world.build()
        site.turn()
        assert "Awaiting sign-off</td>" in site.get("/")


class TestEveryPage:
    @pytest.mark.parametrize("path", PAGES)
    def test_is_whole_and_named(self, site: Site, path: str) -> None:
        site.world.deliver_all()
        site.world.build()
        store_incident(site.world, deadline_at(site.world.client, NIGHT))
        site.turn()
        page = site.get(path)
        assert page.rstrip().endswith("</html>")
        assert page.count("<h1") == 1

    @pytest.mark.parametrize(
        "path", [*PAGES, "/nowhere", "/static/board.css", "/api/v1/tonight", "/acknowledge?token=x.y"]
    )
    def test_says_what_a_browser_must_not_do(self, site: Site, path: str) -> None:
        headers = site.client.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "frame-ancestors 'none'" in policy
        assert "unsafe" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["cache-control"] == ("public, max-age=86400" if "static" in path else "no-store")

    @pytest.mark.parametrize("path", PAGES)
    def test_needs_nothing_from_elsewhere_and_no_script_of_its_own(self, site: Site, path: str) -> None:
        tags = Tags(site.get(path))
        assert all(attributes.get("src") for tag, attributes in tags.found if tag == "script")
        assert not [name for _, attributes in tags.found for name in attributes if name == "style" or name[:2] == "on"]
        own = (*tags.values("src"), *(str(a.get("href")) for tag, a in tags.found if tag == "link"))
        assert all(address.startswith("/static/") for address in own)

    @pytest.mark.parametrize("path", PAGES)
    def test_shows_hostile_names_as_text(self, warehouse: object, tmp_path: object, path: str) -> None:
        hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(2)>"
        data = client_data(name=hostile)
        data["owners"]["client"]["name"] = hostile
        world = World(warehouse, tmp_path / "landing", Client.model_validate(data))  # type: ignore[operator, arg-type]
        site = Site(world, DEMO)
        store_incident(world, deadline_at(world.client, NIGHT))
        site.turn()
        page = site.get(path, params={"q": "", "person": hostile})
        assert "<script>alert" not in page
        assert "<img" not in page
        assert {tag for tag, _ in Tags(page).found}.isdisjoint({"img", "iframe", "object"})

    def test_that_does_not_exist_says_so(self, site: Site) -> None:
        assert "There is no such page" in site.get("/nowhere", 404)
        assert "nobody_health" in site.get(f"/nights/nobody_health/{NIGHT}", 404)
        assert "give it as 2026-01-14" in site.get("/nights/tiny_health/yesterday", 404)
        assert "Client success" in site.get("/queue/nobody", 404)

    def test_answers_to_its_own_name_only(self, site: Site) -> None:
        assert "127.0.0.1 only" in site.get("/", 421, headers={"host": "evil.example"})


class TestNight:
    def test_shows_states_owners_and_commands(self, site: Site) -> None:
        site.world.deliver("eligibility", ELIGIBILITY)
        site.turn()
        page = site.get(NIGHT_PAGE)
        for text in ("Held", "feeds/pharmacy_claim", "marts/pmpm", "Cora Client", f"acme explain tiny_health {NIGHT}"):
            assert text in page
        assert '<svg class="graph"' in page
        assert '<svg class="timeline"' in page

    def test_leads_to_the_partition_in_dagster(self, site: Site) -> None:
        page = site.get(NIGHT_PAGE)
        assert f'href="http://127.0.0.1:3000{site.reader.night("tiny_health", NIGHT).dagster[0].path}"' in page.replace(
            "&amp;", "&"
        )

    def test_whoever_is_no_engineer_is_led_to_the_dagster_that_only_shows(self, world: World) -> None:
        env = DEMO | {"ACME_BOARD_AS": NOOR, "ACME_DAGSTER_READ_ONLY_ADDRESS": "https://look.example"}
        site = Site(world, env)
        site.turn()
        page = site.get(NIGHT_PAGE)
        assert "https://look.example/" in page
        assert "http://127.0.0.1:3000/" not in page


class TestQueues:
    def test_a_candidate_waits_in_qas_with_its_command_and_its_evidence(self, site: Site) -> None:
        site.world.deliver_all()
        site.world.build()
        site.turn()
        page = site.get("/queue/qa")
        assert f"acme qa approve tiny_health {NIGHT}" in page
        assert EVIDENCE in page

    def test_a_late_file_waits_in_client_successs(self, site: Site) -> None:
        assert "late file" in site.get("/queue/client-success")

    def test_mine_is_that_of_my_role(self, world: World) -> None:
        for email, path in ((ENZO, "/queue/engineering"), (NOOR, "/queue/client-success")):
            site = Site(world, DEMO | {"ACME_BOARD_AS": email})
            assert site.client.get("/queue").headers["location"] == path


class TestEvidence:
    @pytest.fixture
    def built(self, site: Site) -> Site:
        site.world.deliver_all()
        site.world.build()
        site.turn()
        return site

    def test_is_shown_and_on_record_once_an_hour(self, built: Site) -> None:
        for _ in range(3):
            assert "Evidence digest" in built.get(EVIDENCE)
        entry = json.loads(built.world.entry("evidence_viewed"))
        assert (entry["actor"], entry["client_id"], entry["business_date"]) == (ENZO, "tiny_health", str(NIGHT))
        candidate = built.world.facts().candidate
        assert candidate
        assert entry["details"] == {"evidence_digest": candidate.evidence_digest}
        assert built.world.actions().count("evidence_viewed") == 1
        built.clock.pass_by(hours=1)
        built.get(EVIDENCE)
        assert built.world.actions().count("evidence_viewed") == 2

    def test_another_person_is_another_entry(self, built: Site) -> None:
        built.get(EVIDENCE)
        other = Site(built.world, DEMO | {"ACME_BOARD_AS": NOOR})
        other.clock.now = built.clock.now
        other.get(EVIDENCE)
        assert built.world.actions().count("evidence_viewed") == 2

    def test_what_cannot_be_recorded_is_not_shown(self, built: Site) -> None:
        built.away.is_away = True
        assert "Evidence digest" not in built.get(EVIDENCE, 503)

    def test_of_no_candidate_says_so(self, site: Site) -> None:
        assert "Evidence digest" not in site.get(EVIDENCE, 404)
        assert "evidence_viewed" not in site.world.actions()


class TestIncidents:
    @pytest.fixture
    def wrong(self, site: Site) -> Site:
        store_incident(site.world, deadline_at(site.world.client, NIGHT))
        site.turn()
        return site

    def state(self, site: Site) -> str:
        site.turn()
        return next(iter(site.reader.current().incidents)).state

    def test_is_acknowledged_by_whoever_looks(self, wrong: Site) -> None:
        token = token_in(wrong.get("/incidents"))
        answer = wrong.post("/incidents/abc123/acknowledge", {"token": token})
        assert answer.status_code == 303
        assert self.state(wrong) == "acknowledged"
        assert json.loads(wrong.world.entry("incident_acknowledged"))["actor"] == ENZO
        assert "Acknowledged: nobody else is called" in wrong.get(answer.headers["location"])

    def test_is_snoozed_for_a_while(self, wrong: Site) -> None:
        values = {"token": token_in(wrong.get("/incidents")), "minutes": "30"}
        assert wrong.post("/incidents/abc123/snooze", values).status_code == 303
        incident = next(iter(wrong.reader.current().incidents))
        assert self.state(wrong) == "snoozed"
        assert json.loads(wrong.world.entry("incident_snoozed"))["details"]["incident_id"] == incident.incident_id

    @pytest.mark.parametrize("minutes", ["", "7", "-30", "1e9"])
    def test_is_not_snoozed_for_as_long_as_anybody_likes(self, wrong: Site, minutes: str) -> None:
        values = {"token": token_in(wrong.get("/incidents")), "minutes": minutes}
        assert wrong.post("/incidents/abc123/snooze", values).status_code == 400
        assert self.state(wrong) == "open"

    @pytest.mark.parametrize("token", ["", "x", "x.y", "é"])
    def test_needs_the_token_of_a_page(self, wrong: Site, token: str) -> None:
        assert wrong.post("/incidents/abc123/acknowledge", {"token": token}).status_code == 403
        assert self.state(wrong) == "open"

    def test_refuses_the_token_of_somebody_else_and_an_old_one(self, wrong: Site) -> None:
        other = Site(wrong.world, DEMO | {"ACME_BOARD_AS": NOOR})
        other.turn()
        theirs = token_in(other.get("/incidents"))
        assert wrong.post("/incidents/abc123/acknowledge", {"token": theirs}).status_code == 403
        mine = token_in(wrong.get("/incidents"))
        wrong.clock.pass_by(hours=13)
        assert wrong.post("/incidents/abc123/acknowledge", {"token": mine}).status_code == 403

    @pytest.mark.parametrize(
        "headers",
        [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "https://evil.example"}],
    )
    def test_refuses_a_form_from_another_site(self, wrong: Site, headers: dict[str, str]) -> None:
        token = token_in(wrong.get("/incidents"))
        answer = wrong.post("/incidents/abc123/acknowledge", {"token": token}, headers=headers)
        assert answer.status_code == 403
        assert self.state(wrong) == "open"

    def test_takes_a_whole_id_only(self, wrong: Site) -> None:
        token = token_in(wrong.get("/incidents"))
        assert wrong.post("/incidents/abc/acknowledge", {"token": token}).status_code == 404

    def test_is_not_changed_by_looking(self, wrong: Site) -> None:
        assert wrong.client.get("/incidents/abc123/acknowledge").status_code == 405
        assert self.state(wrong) == "open"

    def test_says_that_nothing_was_changed_while_the_warehouse_is_away(self, wrong: Site) -> None:
        token = token_in(wrong.get("/incidents"))
        wrong.away.is_away = True
        answer = wrong.post("/incidents/abc123/acknowledge", {"token": token})
        assert answer.status_code == 503
        assert "nothing was changed" in answer.text

    def test_has_no_buttons_for_nobody(self, wrong: Site) -> None:
        wrong.world.roster = Roster({}, "people.yaml: cannot be read")
        site = Site(wrong.world, DEMO | {"ACME_BOARD_AS": ""})
        site.turn()
        assert "<form" not in site.get("/incidents")
        token = form_token("nobody", site.access.secret, site.clock())
        assert site.post("/incidents/abc123/acknowledge", {"token": token}).status_code == 403
        assert self.state(wrong) == "open"

    def test_too_many_forms_are_refused(self, wrong: Site) -> None:
        answers = [wrong.post("/incidents/abc123/acknowledge", {}).status_code for _ in range(ACTS.burst + 2)]
        assert answers[0] == 415
        assert answers[-1] == 429

    def test_a_form_is_of_a_forms_size(self, wrong: Site) -> None:
        values = {"token": token_in(wrong.get("/incidents")), "more": "x" * 20_000}
        assert wrong.post("/incidents/abc123/acknowledge", values).status_code == 413


class TestOutage:
    def test_the_last_board_stays_with_its_age(self, site: Site) -> None:
        site.away.is_away = True
        site.turn(minutes=10)
        page = site.get("/")
        assert "The warehouse cannot be reached since" in page
        assert rows_of(page) == 1
        assert "10 min</span> old" in page
        assert "The warehouse cannot be reached" in site.get(NIGHT_PAGE)

    def test_goes_away_by_itself(self, site: Site) -> None:
        site.away.is_away = True
        site.turn()
        site.away.is_away = False
        site.turn()
        assert "The warehouse cannot be reached" not in site.get("/")

    def test_a_board_that_never_was_says_so(self, world: World) -> None:
        site = Site(world, DEMO)
        site.away.is_away = True
        site.turn()
        assert "Nothing was read yet" in site.get("/")


def test_an_open_page_hears_of_a_newer_board(site: Site) -> None:
    async def listen() -> list[str]:
        stream = Live(site.reader)._numbers()
        first = await anext(stream)
        site.world.deliver("eligibility", ELIGIBILITY)
        heard = asyncio.ensure_future(anext(stream))
        await asyncio.to_thread(site.turn)
        second = await asyncio.wait_for(heard, 30)
        await stream.aclose()
        return [first, second]

    before = site.reader.current().number
    first, second = asyncio.run(listen())
    assert f"data: {before}\n\n" in first
    assert second == f"event: board\ndata: {before + 1}\n\n"


def test_whoever_loads_balance_hears_that_it_lives(site: Site) -> None:
    site.away.is_away = True
    assert site.get("/alive") == "alive\n"
