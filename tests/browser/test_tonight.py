"""Tonight's list in a browser, with 180 clients: readable, filtered, live, and honest when the ledger is away."""

import re
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect
from sqlalchemy import text, update

from acme_assets.audit.entry import Entry
from acme_assets.board.model import Board
from acme_assets.stack.postgres import TemporaryServer
from acme_assets.warehouse.entries import write_entry
from acme_assets.warehouse.ledger import client_nights
from tests.browser.night import CLIENTS, FEW, NIGHT, late_clients
from tests.browser.serving import Served, shut
from tools.bench_ticks import NOW

Opens = Callable[..., Page]
Pictures = Callable[[Page, str], None]

ROWS = "table.tonight tbody tr"

_CUT_OFF = """() => [...document.querySelectorAll("table.tonight tbody tr > *:not(.block)")]
  .filter((cell) => cell.scrollWidth > cell.clientWidth + 1).map((cell) => `${cell.className}: ${cell.textContent}`)"""
"""Cells whose text does not fit, but for the one that is a sentence."""


def count(board: Board, **wanted: object) -> int:
    return sum(all(getattr(row, name) == value for name, value in wanted.items()) for row in board.nights)


@pytest.fixture
def page(open_page: Opens, board: Served) -> Page:
    return open_page(board.address)


class TestAt180Clients:
    def test_every_client_is_a_row_and_the_night_has_some_of_each_state(self, page: Page, board: Served) -> None:
        expect(page.locator(ROWS)).to_have_count(CLIENTS)
        counts = board.reader.current().counts
        assert min(counts.held, counts.awaiting_sign_off, counts.released, counts.waiting, counts.running) > 0

    def test_a_screen_shows_all_of_them_as_marks_and_thirty_or_more_as_lines(
        self, page: Page, picture: Pictures
    ) -> None:
        heights = page.locator(ROWS).evaluate_all("rows => rows.map((row) => row.getBoundingClientRect().height)")
        assert max(heights) <= 24
        bottoms = page.locator(f"{ROWS}").evaluate_all("rows => rows.map((row) => row.getBoundingClientRect().bottom)")
        assert sum(bottom <= 900 for bottom in bottoms) >= 30
        marks = page.locator(".mosaic a")
        assert marks.count() == CLIENTS
        assert marks.last.bounding_box()["y"] < 900  # type: ignore[index]
        picture(page, "tonight")

    def test_nothing_is_cut_off_but_the_reason_and_nothing_scrolls_sideways(self, page: Page) -> None:
        assert page.evaluate("document.scrollingElement.scrollWidth") <= 1440
        assert page.evaluate(_CUT_OFF) == []
        sizes = page.locator(f"{ROWS} > *").evaluate_all(
            "cells => [...new Set(cells.map((cell) => parseFloat(getComputedStyle(cell).fontSize)))]"
        )
        assert min(sizes) >= 12

    def test_a_row_says_who_by_whom_until_when(self, page: Page, board: Served) -> None:
        found = next(row for row in board.reader.current().nights if row.state == "held" and row.drop_dead)
        row = page.locator(f"#row-{found.client_id}")
        assert found.blocked_by
        for said in (found.name, "Held", found.blocked_by.reason, found.owner):
            expect(row).to_contain_text(said)
        expect(row).to_contain_text(f"{found.deadline.astimezone(found.zone):%H:%M %Z}")
        expect(row).to_contain_text(f"{found.drop_dead.astimezone(found.zone):%H:%M}")  # type: ignore[union-attr]

    def test_counts_are_those_of_the_json_and_of_the_rows(self, page: Page, board: Served) -> None:
        counts = page.request.get(f"{board.address}/api/v1/tonight").json()["counts"]
        for name, words in (("held", "held"), ("released", "released"), ("awaiting_sign_off", "awaiting sign-off")):
            said = page.locator(".counts li", has_text=re.compile(f"{words}$"))
            expect(said.locator("b").first).to_have_text(str(counts[name]))
            assert page.locator(f"{ROWS}.is-{words.replace(' ', '-')}").count() == counts[name]

    def test_the_clock_is_the_clients_or_the_viewers_and_is_remembered(self, page: Page, board: Served) -> None:
        found = next(
            row for row in board.reader.current().nights if row.drop_dead and row.zone.key == "America/New_York"
        )
        cell = page.locator(f"#row-{found.client_id} .w-drop .v")
        expect(cell).to_be_hidden()
        page.get_by_role("button", name="My time").click()
        expect(cell).to_be_visible()
        at_viewers = found.drop_dead.astimezone(datetime.now(UTC).tzinfo)  # type: ignore[union-attr]
        expect(cell).to_have_text(f"{(at_viewers.hour - 5) % 24:02}:{at_viewers.minute:02}")  # Chicago in March
        page.reload()
        expect(cell).to_be_visible()


def test_dark_is_dark_and_light_is_light(open_page: Opens, board: Served, picture: Pictures) -> None:
    shades = {}
    for scheme in ("light", "dark"):
        page = open_page(board.address, color_scheme=scheme)
        colour = page.evaluate("getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3).map(Number)")
        shades[scheme] = sum(colour)
    picture(page, "dark")
    assert shades["dark"] < 150 < 600 < shades["light"]


class TestFilters:
    def test_apply_as_chosen_and_make_an_address_that_shows_the_same_to_others(
        self, page: Page, board: Served, open_page: Opens
    ) -> None:
        wanted = count(board.reader.current(), state="held", owner_group="client")
        page.get_by_role("combobox", name="State").select_option("held")
        page.get_by_role("combobox", name="Whose turn").select_option("client")
        expect(page.locator(ROWS)).to_have_count(wanted)
        query = urlsplit(page.url).query
        assert set(query.split("&")) == {"state=held", "group=client"}
        other = open_page(page.url)
        expect(other.locator(ROWS)).to_have_count(wanted)
        expect(other.get_by_role("combobox", name="State")).to_have_value("held")
        other.get_by_role("link", name="Show all").click()
        expect(other.locator(ROWS)).to_have_count(CLIENTS)

    def test_search_finds_as_one_types(self, page: Page, board: Served) -> None:
        found = board.reader.current().nights[0]
        page.get_by_label("Search").press_sequentially(found.name.lower(), delay=5)
        expect(page.locator(ROWS)).to_have_count(1)
        expect(page.locator(ROWS)).to_contain_text(found.name)

    def test_what_nobody_is_like_says_so(self, page: Page) -> None:
        page.get_by_label("Search").fill("no client of this name")
        expect(page.get_by_text("No client night is like that now")).to_be_visible()

    def test_a_count_leads_to_its_rows(self, page: Page, board: Served) -> None:
        page.locator(".counts a", has_text="awaiting sign-off").click()
        expect(page.locator(ROWS)).to_have_count(board.reader.current().counts.awaiting_sign_off)


class TestLive:
    def test_a_change_of_the_ledger_is_shown_within_five_seconds_without_a_reload(
        self, open_page: Opens, own_board: Served
    ) -> None:
        page, client = open_page(own_board.address), late_clients(own_board.platform)[0]
        row = page.locator(f"#row-{client.client_id}")
        expect(row).to_contain_text("Held")
        page.evaluate("window.untouched = true")
        with own_board.platform.warehouse.begin() as connection:
            # Its late files are here, and being loaded.
            missing = [feed for feed in client.feeds if feed in _late(own_board, client.client_id)]
            for feed in missing:
                key = f"{client.client_id} {feed} now".ljust(64, "0")[:64]
                connection.execute(
                    text(
                        "INSERT INTO ops.deliveries (delivery_id, client_id, business_date, feed, content_hash, bytes, "
                        "landed_at, observed_at, state, state_at) "
                        "VALUES (:key, :client, :day, :feed, :key, 1, :now, :now, 'arrived', :now)"
                    ),
                    {"key": key, "client": client.client_id, "day": NIGHT, "feed": feed, "now": NOW},
                )
            write_entry(
                connection, Entry(own_board.platform.clock(), "t", "delivery_arrived", client.client_id, NIGHT, {})
            )
        expect(row).not_to_contain_text("Held", timeout=5_000)
        assert page.evaluate("window.untouched") is True

    def test_what_somebody_reads_stays_where_it_is(self, open_page: Opens, own_board: Served) -> None:
        page = open_page(own_board.address)
        page.evaluate("window.scrollTo(0, 100)")
        link = page.locator(f"{ROWS} th a").nth(30)
        link.focus()
        focused = link.get_attribute("id")
        before = page.locator("#asof").inner_text()
        with own_board.platform.warehouse.begin() as connection:
            connection.execute(update(client_nights).filter_by(client_id="fleet_001").values(settled_at=None))
            write_entry(connection, Entry(own_board.platform.clock(), "t", "delivery_arrived", "fleet_001", NIGHT, {}))
        expect(page.locator("#asof")).not_to_have_text(before, timeout=5_000)
        assert page.evaluate("document.activeElement.id") == focused
        assert page.evaluate("window.scrollY") == 100


def _late(board: Served, client_id: str) -> tuple[str, ...]:
    row = board.reader.current().night(client_id, NIGHT)
    assert row
    return row.feeds_late


class TestWarehouseDown:
    def test_the_page_stays_says_how_old_it_is_and_comes_back(
        self, open_page: Opens, own_board: Served, postgres: TemporaryServer, picture: Pictures
    ) -> None:
        page = open_page(own_board.address)
        read_at = own_board.reader.current().made_at
        with shut(own_board.database, postgres.url):
            banner = page.get_by_role("alert")
            expect(banner).to_contain_text("The warehouse cannot be reached", timeout=20_000)
            expect(banner).to_contain_text(f"What you see is as of {read_at:%a} {read_at.day} {read_at:%b}")
            page.clock.set_fixed_time(read_at.timestamp() + 7 * 60)
            page.reload()
            expect(banner).to_contain_text("7 min old")
            expect(page.locator(ROWS)).to_have_count(FEW)
            picture(page, "warehouse_down")
            page.locator(f"{ROWS} th a").first.click()
            expect(page.get_by_role("heading", name="What it depends on")).to_be_visible()
            expect(page.get_by_role("alert")).to_contain_text("7 min old")
            page.go_back()
        expect(page.get_by_role("alert")).to_have_count(0, timeout=20_000)
