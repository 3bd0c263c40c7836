"""A client night, the queues, incidents and trends in a browser: what is drawn, and what can be done from there."""

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from acme_assets.board import plots
from acme_assets.board.model import NightRow
from tests.browser.night import NIGHT
from tests.browser.people import INGRID, NOOR
from tests.browser.serving import DEMO, Served, board_over

Opens = Callable[..., Page]
Pictures = Callable[[Page, str], None]


def held(board: Served) -> NightRow:
    """The riskiest that waits for a client's file and has an exception asked for."""
    rows = [row for row in board.reader.current().nights if row.state == "held" and row.feeds_late and row.drop_dead]
    return next(row for row in rows if board.reader.night(row.client_id, NIGHT).terms)


def awaiting(board: Served) -> NightRow:
    return next(row for row in board.reader.current().nights if row.state == "awaiting sign-off")


class TestClientNight:
    def test_says_who_blocks_it_until_when_and_what_to_do(
        self, open_page: Opens, board: Served, picture: Pictures
    ) -> None:
        row = held(board)
        page = open_page(board.address)
        page.locator(f"#night-{row.client_id}").click()
        lead = page.locator(".lead")
        assert row.blocked_by
        for said in ("Held", row.blocked_by.reason, row.owner, "Deadline", "Act by"):
            expect(lead).to_contain_text(said)
        expect(page.locator(".commands")).to_contain_text(f"acme exception request {row.client_id}")
        picture(page, "night")

    def test_the_graph_has_a_box_a_dependency_and_no_two_overlap(self, open_page: Opens, board: Served) -> None:
        row = held(board)
        page = open_page(f"{board.address}/nights/{row.client_id}/{NIGHT}")
        nodes = board.reader.night(row.client_id, NIGHT).nodes
        boxes = page.locator("svg.graph g.node rect").evaluate_all(
            "items => items.map((item) => item.getBoundingClientRect()).map((b) => [b.left, b.top, b.right, b.bottom])"
        )
        assert len(boxes) == len(nodes)
        for number, one in enumerate(boxes):
            for other in boxes[number + 1 :]:
                assert one[2] <= other[0] or other[2] <= one[0] or one[3] <= other[1] or other[3] <= one[1]
        for node in nodes:
            box = page.locator("svg.graph g.node", has_text=node.name.partition("/")[2] or node.name).first
            assert node.state in str(box.get_attribute("class"))
        spills = page.locator("svg.graph g.node").evaluate_all(
            """nodes => nodes.filter((node) => {
                const right = node.querySelector("rect").getBoundingClientRect().right;
                return [...node.querySelectorAll("text")].some((text) => text.getBoundingClientRect().right > right);
            }).map((node) => node.textContent)"""
        )
        assert spills == []

    def test_the_timeline_has_plan_actual_forecast_deadline_and_now(
        self, open_page: Opens, board: Served, picture: Pictures
    ) -> None:
        row = held(board)
        page = open_page(f"{board.address}/nights/{row.client_id}/{NIGHT}")
        timeline = page.locator("figure > svg.timeline")
        for kind in ("g.planned", "g.actual", "g.forecast", "line.deadline", "line.now"):
            assert timeline.locator(kind).count() > 0
        timeline.evaluate("svg => svg.closest('section').scrollIntoView()")
        picture(page, "night_timeline")

    def test_leads_to_its_own_partition_in_dagster(self, open_page: Opens, board: Served) -> None:
        row = held(board)
        page = open_page(f"{board.address}/nights/{row.client_id}/{NIGHT}")
        links = page.locator(".links a").evaluate_all("links => links.map((link) => decodeURIComponent(link.href))")
        assert links
        assert any(f"{row.client_id}|{NIGHT}" in link for link in links)

    def test_its_evidence_opens_and_is_on_record(self, open_page: Opens, own_board: Served) -> None:
        row = awaiting(own_board)
        page = open_page(f"{own_board.address}/nights/{row.client_id}/{NIGHT}")
        page.get_by_role("link", name="Open the whole evidence").click()
        expect(page.get_by_text("Evidence digest").first).to_be_visible()
        with own_board.platform.warehouse.begin() as connection:
            found = connection.exec_driver_sql(
                "SELECT client_id FROM ops.audit_entries WHERE action = 'evidence_viewed'"
            )
            assert [item[0] for item in found] == [row.client_id]

    def test_a_command_is_copied_by_keyboard(self, open_page: Opens, board: Served) -> None:
        row = awaiting(board)
        page = open_page(
            f"{board.address}/nights/{row.client_id}/{NIGHT}", permissions=["clipboard-read", "clipboard-write"]
        )
        copy = page.locator("[data-copy^='acme qa approve']").first
        copy.focus()
        page.keyboard.press("Enter")
        expect(copy).to_have_text("Copied")
        assert page.evaluate("navigator.clipboard.readText()") == copy.get_attribute("data-copy")


class TestQueues:
    @pytest.mark.parametrize(
        ("group", "name", "says"),
        [
            ("qa", "QA", ("sign-off", "acme qa approve", "Open the evidence")),
            ("client-success", "Client success", ("late file", "exception", "mail", "Ask ")),
            ("engineering", "Engineering", ("quarantined", "registry", "stray file", "acme clients validate")),
        ],
    )
    def test_has_all_its_rows_the_least_slack_first(
        self, open_page: Opens, board: Served, picture: Pictures, group: str, name: str, says: tuple[str, ...]
    ) -> None:
        page = open_page(board.address)
        page.get_by_role("link", name="My queue").click()
        page.get_by_role("navigation", name="Whose queue").get_by_role("link", name=name).click()
        found = board.reader.queue(group)  # type: ignore[arg-type]
        expect(page.locator("table.queue tbody tr")).to_have_count(len(found.rows))
        for words in says:
            expect(page.locator("table.queue")).to_contain_text(words)
        assert page.evaluate("document.scrollingElement.scrollWidth") <= 1440
        slack = [row.slack for row in found.rows if row.slack is not None]
        assert slack == sorted(slack)
        picture(page, f"queue_{group.replace('-', '_')}")

    @pytest.mark.parametrize(("email", "group"), [(INGRID, "qa"), (NOOR, "client-success")])
    def test_mine_is_my_groups(self, open_page: Opens, small_board: Served, email: str, group: str) -> None:
        with board_over(small_board.platform, small_board.database, DEMO | {"ACME_BOARD_AS": email}) as theirs:
            page = open_page(theirs.address)
            page.get_by_role("link", name="My queue").click()
            assert page.url.endswith(f"/queue/{group}")


class TestIncidents:
    def test_is_acknowledged_with_a_click(self, open_page: Opens, own_board: Served, picture: Pictures) -> None:
        page = open_page(own_board.address)
        page.get_by_role("link", name="Incidents", exact=True).click()
        picture(page, "incidents")
        article = page.locator("#incident-1f0c77a2")
        article.get_by_role("button", name="Acknowledge").click()
        expect(page.get_by_role("status").first).to_contain_text("Acknowledged")
        expect(article).to_contain_text("acknowledged by", timeout=20_000)


class TestTrends:
    def test_draws_what_the_weeks_were(self, open_page: Opens, board: Served, picture: Pictures) -> None:
        page = open_page(f"{board.address}/trends")
        trends = board.reader.trends()
        expect(page.locator(".lead-figure")).to_contain_text(f"of {trends.report.total.due} deadlines kept")
        assert page.locator("svg.plot").count() == 5
        assert page.locator("svg.plot rect.kept").count() == len(trends.report.by_week)
        late = page.locator("figure", has=page.get_by_role("heading", name="Feeds that are late again and again"))
        assert late.locator("rect.bar").count() == len(plots.late_feeds(trends.late_feeds)) > 0
        picture(page, "trends")
