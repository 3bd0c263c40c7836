"""What holds of each page: no serious fault for whoever cannot see or point, in light and dark; phones; print."""

from collections.abc import Callable
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.browser.night import NIGHT
from tests.browser.serving import Served

Opens = Callable[..., Page]
Pictures = Callable[[Page, str], None]

PAGES = {
    "tonight": "/",
    "nothing found": "/?q=nobody",
    "night": "/nights/{held}/{day}",
    "night of a candidate": "/nights/{awaiting}/{day}",
    "evidence": "/nights/{awaiting}/{day}/evidence",
    "queue of QA": "/queue/qa",
    "queue of client success": "/queue/client-success",
    "queue of engineering": "/queue/engineering",
    "incidents": "/incidents",
    "trends": "/trends",
    "no such page": "/nowhere",
}
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True, "device_scale_factor": 2}


def address(board: Served, path: str) -> str:
    rows = board.reader.current().nights
    held = next(row.client_id for row in rows if row.state == "held" and row.feeds_late)
    awaiting = next(row.client_id for row in rows if row.state == "awaiting sign-off")
    return board.address + path.format(held=held, awaiting=awaiting, day=NIGHT)


def serious(page: Page) -> list[str]:
    """What axe finds that is serious or critical: rule and first element of each."""
    found: list[dict[str, Any]] = Axe().run(page).response["violations"]
    return [
        f"{item['id']}: {item['help']}: {item['nodes'][0]['html'][:200]}"
        for item in found
        if item["impact"] in ("serious", "critical")
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_axe_finds_nothing_serious(open_page: Opens, small_board: Served, path: str, scheme: str) -> None:
    page = open_page(address(small_board, path), color_scheme=scheme)
    assert serious(page) == []


def test_axe_finds_what_is_there(open_page: Opens, small_board: Served) -> None:
    page = open_page(address(small_board, "/trends"))
    page.evaluate("document.querySelector('main').insertAdjacentHTML('beforeend', '<img src=\"data:,\"><input>')")
    assert {item.partition(":")[0] for item in serious(page)} >= {"image-alt", "label"}


@pytest.mark.parametrize("path", PAGES.values(), ids=PAGES)
def test_a_phone_scrolls_down_and_not_sideways(
    open_page: Opens, small_board: Served, picture: Pictures, path: str
) -> None:
    page = open_page(address(small_board, path), **PHONE)
    assert page.evaluate("document.scrollingElement.scrollWidth") <= 390
    if path == "/":
        first = page.locator("table.tonight tbody tr").first
        for name in ("Client", "Blocked by", "Whose turn", "Deadline"):
            expect(first.locator(f"[data-name='{name}']")).to_be_visible()
        picture(page, "phone")
    assert serious(page) == []


def test_a_keyboard_reaches_all_there_is(open_page: Opens, small_board: Served) -> None:
    page = open_page(small_board.address)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()
    reached = []
    for _ in range(30):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.name || ''"))
        outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
        assert outline != "none", reached[-1]
        if reached[-1].startswith("night-"):
            break
    assert {"q", "state", "group", "person", "feed", "risk"} <= set(reached)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="What it depends on")).to_be_visible()
    assert page.url.endswith(f"/nights/{reached[-1].removeprefix('night-')}/{NIGHT}")


def test_a_state_is_not_told_by_colour_alone(open_page: Opens, small_board: Served) -> None:
    page = open_page(small_board.address)
    shapes = page.locator("table.tonight td.w-state .icon use").evaluate_all(
        "items => [...new Set(items.map((item) => item.getAttribute('href')))]"
    )
    words = page.locator("table.tonight td.w-state").evaluate_all(
        "cells => [...new Set(cells.map((cell) => cell.firstChild.nextSibling.textContent.trim()))]"
    )
    states = {row.state for row in small_board.reader.current().nights}
    assert len(shapes) == len(words) == len(states)


def test_prints_without_what_only_a_screen_can_do(open_page: Opens, small_board: Served) -> None:
    page = open_page(small_board.address)
    page.emulate_media(media="print")
    for hidden in (".filters", ".mosaic", ".top nav"):
        expect(page.locator(hidden).first).to_be_hidden()
    expect(page.locator("table.tonight tbody tr").first).to_be_visible()


def test_works_without_its_script(open_page: Opens, small_board: Served) -> None:
    page = open_page(f"{small_board.address}/", java_script_enabled=False)
    page.get_by_role("combobox", name="State").select_option("held")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.locator("table.tonight tbody tr")).to_have_count(small_board.reader.current().counts.held)
