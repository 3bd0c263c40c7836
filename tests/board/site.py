"""The board as a browser meets it: the application over a world, a clock that is set, a warehouse that can go."""

import re
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
from starlette.testclient import TestClient

from acme_assets.board.access import access_from
from acme_assets.board.app import board_app
from acme_assets.board.reading import Reader
from acme_assets.environment import Platform
from tests.board.made_up import Away, Stopped, platform_of
from tests.world import ENZO, World

DEMO = {"ACME_BOARD_AS": ENZO, "ACME_BOARD_SECRET": "s" * 32, "ACME_LINK_SECRET": "l" * 32}
BASE = "http://127.0.0.1:3001"


@dataclass
class Site:
    """The application with its reader, which turns when it is told to."""

    world: World
    env: dict[str, str]
    base: str = BASE
    address: str = "127.0.0.1"
    """Whence requests come."""

    def __post_init__(self) -> None:
        self.away, self.clock = Away(self.world.warehouse), Stopped(self.world.now)
        self.platform: Platform = platform_of(self.world, self.away, self.clock)
        self.reader = Reader(self.platform)
        self.access = access_from(self.env, "127.0.0.1")
        self.app = board_app(self.platform, self.reader, self.access, self.env)
        self.client = self.browser()

    def browser(self, address: str | None = None) -> TestClient:
        """Another browser, with cookies of its own."""
        return TestClient(
            self.app, self.base, raise_server_exceptions=False, client=(address or self.address, 40000),
            follow_redirects=False,
        )  # fmt: skip

    def turn(self, **later: float) -> None:
        """Let the reader look, some time later."""
        self.clock.now = max(self.world.now, self.clock.now) + timedelta(**(later or {"minutes": 2}))
        self.reader.turn()

    def get(self, path: str, status: int = 200, **more: Any) -> str:
        """A page's HTML."""
        answer = self.client.get(path, **more)
        assert answer.status_code == status, answer.text
        return answer.text

    def post(self, path: str, values: dict[str, str], **more: Any) -> httpx.Response:
        """Send a form."""
        return self.client.post(path, data=values, **more)


def token_in(page: str) -> str:
    """The token of the page's first form."""
    found = re.search(r'name="token" value="([^"]+)"', page)
    assert found, page
    return found.group(1)
