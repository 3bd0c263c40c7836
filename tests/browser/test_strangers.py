"""Who is not let in, who signs in first, and the one page that is the client's: with its code, once."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from acme_assets.gates.statement import Signer
from acme_assets.warehouse.links import make_link
from tests.board.provider import CLIENT_ID, CLIENT_SECRET, provider
from tests.browser.night import missing_feed, request_exception
from tests.browser.people import NOOR, PRIYA, keys
from tests.browser.serving import DEMO, LINK_SECRET, Served, board_over

Opens = Callable[..., Page]
Pictures = Callable[[Page, str], None]

PROXY_SECRET = "p" * 32
PROXY = {
    "ACME_BOARD_ACCESS": "proxy",
    "ACME_BOARD_ADDRESS": "{address}",
    "ACME_BOARD_PROXY_SECRET": PROXY_SECRET,
    "ACME_BOARD_PROXY_ADDRESSES": "127.0.0.1",
}


class TestProxy:
    @pytest.mark.parametrize(
        ("headers", "says"),
        [
            ({}, "The proxy did not send"),
            ({"x-acme-proxy-secret": PROXY_SECRET}, "sign in there first"),
            (
                {"x-acme-proxy-secret": PROXY_SECRET, "x-forwarded-email": "new.hire@acmehealth.example.com"},
                "new.hire@acmehealth.example.com is not in people.yaml",
            ),
        ],
        ids=["not the proxy", "nobody signed in", "no role"],
    )
    def test_whoever_is_not_known_sees_nothing_of_the_night(
        self, open_page: Opens, small_board: Served, headers: dict[str, str], says: str
    ) -> None:
        with board_over(small_board.platform, small_board.database, PROXY) as served:
            page = open_page(served.address, extra_http_headers=headers)
            expect(page.locator("main")).to_contain_text(says)
            assert page.locator("table").count() == 0
            assert not any(client.name in page.content() for client in small_board.platform.registry.clients.values())

    def test_whoever_is_known_is_let_in_by_name(self, open_page: Opens, small_board: Served) -> None:
        headers = {"x-acme-proxy-secret": PROXY_SECRET, "x-forwarded-email": PRIYA}
        with board_over(small_board.platform, small_board.database, PROXY) as served:
            page = open_page(served.address, extra_http_headers=headers)
            expect(page.get_by_text("Priya Raman").first).to_be_visible()
            expect(page.locator("table.tonight")).to_be_visible()


def test_signing_in_leads_to_the_page_that_was_asked_for(open_page: Opens, small_board: Served) -> None:
    with provider(PRIYA) as company:
        env = {
            "ACME_BOARD_ACCESS": "oidc",
            "ACME_BOARD_ADDRESS": "{address}",
            "ACME_BOARD_SECRET": "s" * 32,
            "ACME_BOARD_OIDC_ISSUER": company.issuer,
            "ACME_BOARD_OIDC_CLIENT_ID": CLIENT_ID,
            "ACME_BOARD_OIDC_CLIENT_SECRET": CLIENT_SECRET,
        }
        with board_over(small_board.platform, small_board.database, env) as served:
            page = open_page(f"{served.address}/?state=held")
            page.wait_for_url(f"{served.address}/?state=held")
            expect(page.get_by_text("Priya Raman").first).to_be_visible()
            assert company.problems == []


@pytest.fixture
def link(own_board: Served) -> tuple[str, str]:
    """The address of a link that a client's contact was sent, and its code."""
    platform = own_board.platform
    rows = own_board.reader.current().nights
    client = platform.registry.client(next(row.client_id for row in rows if row.state == "waiting"))
    request = request_exception(platform, client, missing_feed(platform, client), 5)
    token, code = make_link(
        platform.warehouse, client, request, maker=Signer(NOOR, keys[NOOR]), secret=LINK_SECRET.encode(),
        roster=platform.roster(), now=platform.clock(), valid=timedelta(hours=12),
    )  # fmt: skip
    return f"{own_board.address}/acknowledge?token={token}", code


class TestTheClientsPage:
    def test_takes_the_second_factor_and_nothing_less(
        self, open_page: Opens, own_board: Served, link: tuple[str, str], picture: Pictures
    ) -> None:
        address, code = link
        page = open_page(address)
        expect(page.get_by_role("heading")).to_contain_text("do you agree to this exception?")
        expect(page.locator("nav")).to_have_count(0)
        picture(page, "acknowledge")
        field, agree = page.get_by_label("The code that AcmeHealth told you"), page.get_by_role("button")
        agree.click()
        expect(field).to_be_focused()  # the browser asks for the code: nothing was sent
        field.fill(f"{(int(code) + 1) % 10**8:08}")
        agree.click()
        expect(page.get_by_role("alert")).to_contain_text("tries are left")
        assert _acknowledged(own_board) == 0
        page.get_by_label("The code that AcmeHealth told you").fill(f"{code[:4]} {code[4:]}")
        page.get_by_role("button").click()
        expect(page.get_by_role("heading")).to_contain_text("it is acknowledged")
        assert _acknowledged(own_board) == 1
        page.goto(address)
        expect(page.locator("main")).to_contain_text("was used")

    def test_fits_a_phone(self, open_page: Opens, link: tuple[str, str]) -> None:
        page = open_page(link[0], viewport={"width": 390, "height": 844})
        assert page.evaluate("document.scrollingElement.scrollWidth") <= 390
        box = page.get_by_role("button").bounding_box()
        assert box
        assert box["height"] >= 40


def _acknowledged(small_board: Served) -> int:
    with small_board.platform.warehouse.begin() as connection:
        said = "SELECT count(*) FROM ops.audit_entries WHERE action = 'exception_acknowledged'"
        return int(connection.exec_driver_sql(said).scalar_one())


def test_demo_mode_is_for_this_machine(open_page: Opens, small_board: Served) -> None:
    with board_over(small_board.platform, small_board.database, DEMO) as served:
        page = open_page(served.address.replace("127.0.0.1", "localhost"))
        expect(page.locator("table.tonight")).to_be_visible()
