"""Debian's Chromium, a night of 180 clients and one of few, made once, and boards over copies of them."""

import io
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from playwright.sync_api import Browser, Page, expect, sync_playwright

from acme_assets.stack.postgres import TemporaryServer
from tests.browser.night import CLIENTS, FEW, write_night, write_registry
from tests.browser.serving import Served, board_over, platform_over
from tests.conftest import _prepare
from tools.bench_ticks import NOW

LAPTOP = {"width": 1440, "height": 900}
PICTURES = Path(__file__).resolve().parents[2] / "docs" / "pictures"

# A busy machine is slow, not wrong. What is promised in seconds says so itself.
expect.set_options(timeout=20_000)

_FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update"]


@pytest.fixture(scope="session")
def chromium() -> str:
    """Where the browser is."""
    found = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if found is None:
        pytest.fail("Debian's chromium is not here; install it with: make setup-browser (apt-get install chromium)")
    return found


# A module's, not the session's: while it is open, other modules' tests could not use asyncio in this thread.
@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        yield launched
        launched.close()


Night = tuple[Path, str]
"""The folder with the registry, and the name of a database with the night in it, to be copied."""


@pytest.fixture(scope="session")
def night(postgres: TemporaryServer, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """180 clients, and four weeks of history."""
    return _made(postgres, tmp_path_factory.mktemp("fleet"), CLIENTS)


@pytest.fixture(scope="session")
def small_night(postgres: TemporaryServer, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """Few clients, read, forecast and drawn in no time."""
    return _made(postgres, tmp_path_factory.mktemp("few"), FEW)


def _made(postgres: TemporaryServer, folder: Path, clients: int) -> Night:
    write_registry(folder / "clients", clients)

    def prepare(url: str) -> None:
        _prepare(url)
        with platform_over(folder, url) as platform:
            write_night(platform)

    return folder, postgres.template(f"night_{clients}", prepare)


@pytest.fixture(scope="module")
def board(night: Night, postgres: TemporaryServer) -> Iterator[Served]:
    """A board of 180 clients that the module's tests only look at."""
    yield from _served(night, postgres)


@pytest.fixture(scope="module")
def small_board(small_night: Night, postgres: TemporaryServer) -> Iterator[Served]:
    """A board of few clients that the module's tests only look at."""
    yield from _served(small_night, postgres)


@pytest.fixture
def own_board(small_night: Night, postgres: TemporaryServer) -> Iterator[Served]:
    """A board over a ledger that the test may change."""
    yield from _served(small_night, postgres)


def _served(night: Night, postgres: TemporaryServer) -> Iterator[Served]:
    folder, template = night
    database = postgres.fresh_database(template)
    with platform_over(folder, database) as platform, board_over(platform, database) as served:
        yield served


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens an address in a browser of its own, whose clock stands at the night's; a page's faults fail the test."""
    faults: list[str] = []
    contexts = []

    def opened(address: str, **more: Any) -> Page:
        context = browser.new_context(**{"viewport": LAPTOP, "timezone_id": "America/Chicago", **more})
        context.set_default_timeout(60_000)
        contexts.append(context)
        page = context.new_page()
        page.clock.set_fixed_time(NOW)
        page.on("pageerror", lambda error: faults.append(f"script: {error}"))
        page.on("console", lambda said: faults.append(f"console: {said.text}") if _is_fault(said.text) else None)
        page.goto(address)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert faults == []


@pytest.fixture
def picture() -> Callable[[Page, str], None]:
    """Photographs a page for docs/pictures, where ACME_PICTURES asks for it (`make pictures`)."""

    def taken(page: Page, name: str) -> None:
        if os.environ.get("ACME_PICTURES"):
            # 256 colours, the rare ones too, are enough for a page of text, at a quarter of the size.
            shot = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
            small = shot.quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
            small.save(PICTURES / f"board_{name}.png", optimize=True)

    return taken


def _is_fault(text: str) -> bool:
    """What the browser blocked by the page's policy."""
    return "Content Security Policy" in text or "Refused to" in text
