"""Who may look: settings that fail closed, the proxy's word, and what is signed."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acme_assets.board.access import AccessProblem, access_from
from acme_assets.board.limits import Limit, Limits
from acme_assets.board.login import own_path
from acme_assets.board.tokens import sealed, unsealed
from tests.board.site import Site
from tests.world import DELE, ENZO, MORNING, NIGHT, SERVICE, World, make_roster, roster_person

SECRET = "p" * 32
PROXY = {
    "ACME_BOARD_ACCESS": "proxy",
    "ACME_BOARD_ADDRESS": "https://board.test",
    "ACME_BOARD_PROXY_SECRET": SECRET,
    "ACME_BOARD_PROXY_ADDRESSES": "10.0.3.0/28, 10.0.9.1",
}
OIDC = {
    "ACME_BOARD_ACCESS": "oidc",
    "ACME_BOARD_ADDRESS": "https://board.test",
    "ACME_BOARD_SECRET": "s" * 32,
    "ACME_BOARD_OIDC_ISSUER": "https://id.test",
    "ACME_BOARD_OIDC_CLIENT_ID": "board",
    "ACME_BOARD_OIDC_CLIENT_SECRET": "c" * 32,
}


def said(email: str = ENZO, **changes: str) -> dict[str, str]:
    return {"x-forwarded-email": email, "x-acme-proxy-secret": SECRET} | changes


@pytest.fixture
def site(world: World) -> Site:
    made = Site(world, PROXY, base="https://board.test", address="10.0.3.2")
    made.turn()
    return made


class TestSettings:
    @pytest.mark.parametrize(
        ("env", "host", "says"),
        [
            ({}, "0.0.0.0", "can be reached from outside"),
            ({}, "10.0.0.1", "can be reached from outside"),
            ({}, "board.example", "can be reached from outside"),
            ({"ACME_ENV": "production"}, "127.0.0.1", "ACME_ENV is production"),
            ({"ACME_BOARD_ACCESS": "open"}, "127.0.0.1", "give one of demo, proxy, oidc"),
            (PROXY | {"ACME_BOARD_PROXY_SECRET": "short"}, "0.0.0.0", "ACME_BOARD_PROXY_SECRET"),
            (PROXY | {"ACME_BOARD_PROXY_ADDRESSES": ""}, "0.0.0.0", "ACME_BOARD_PROXY_ADDRESSES is not set"),
            (PROXY | {"ACME_BOARD_PROXY_ADDRESSES": "0.0.0.0/0"}, "0.0.0.0", "trusts every address"),
            (PROXY | {"ACME_BOARD_PROXY_ADDRESSES": "proxy.example"}, "0.0.0.0", "ACME_BOARD_PROXY_ADDRESSES"),
            (PROXY | {"ACME_BOARD_ADDRESS": "board.test"}, "0.0.0.0", "give scheme and host"),
            (OIDC | {"ACME_BOARD_SECRET": ""}, "0.0.0.0", "ACME_BOARD_SECRET is not set"),
            (OIDC | {"ACME_BOARD_SECRET": "short"}, "0.0.0.0", "has 5 bytes"),
            (OIDC | {"ACME_BOARD_ADDRESS": ""}, "0.0.0.0", "ACME_BOARD_ADDRESS is not set"),
            (OIDC | {"ACME_BOARD_OIDC_CLIENT_SECRET": ""}, "0.0.0.0", "ACME_BOARD_OIDC_CLIENT_SECRET is not set"),
            (OIDC | {"ACME_BOARD_OIDC_ISSUER": "http://id.test"}, "0.0.0.0", "give an https address"),
            (OIDC | {"ACME_BOARD_ADDRESS": "http://board.test"}, "0.0.0.0", "give an https address"),
        ],
    )
    def test_that_are_not_safe_keep_the_board_from_starting(self, env: dict[str, str], host: str, says: str) -> None:
        with pytest.raises(AccessProblem) as caught:
            access_from(env, host)
        assert says in str(caught.value)

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1"])
    def test_the_demo_listens_on_this_machine(self, host: str) -> None:
        assert access_from({}, host).mode == "demo"

    def test_secrets_that_nobody_set_differ(self) -> None:
        assert access_from({}, "127.0.0.1").secret != access_from({}, "127.0.0.1").secret


class TestTheProxy:
    def test_vouches_for_a_person_of_people_yaml(self, site: Site) -> None:
        assert ">Enzo<" in site.get("/", headers=said()).replace(" ", "").replace("\n", "")

    def test_may_write_the_address_as_it_likes(self, site: Site) -> None:
        site.get("/", headers=said(ENZO.upper()))

    @pytest.mark.parametrize(
        ("headers", "status"),
        [
            ({}, 403),
            ({"x-forwarded-email": ENZO}, 403),
            (said(**{"x-acme-proxy-secret": "q" * 32}), 403),
            (said(**{"x-acme-proxy-secret": "é"}), 403),
            (said(""), 401),
            ({"x-acme-proxy-secret": SECRET}, 401),
        ],
    )
    @pytest.mark.parametrize("path", ["/", f"/nights/tiny_health/{NIGHT}", "/api/v1/tonight", "/live", "/incidents"])
    def test_is_not_taken_for_anybody_else(self, site: Site, path: str, headers: dict[str, str], status: int) -> None:
        page = site.get(path, status, headers={name: value.encode() for name, value in headers.items()})
        assert "Tiny Health" not in page

    def test_says_it_once(self, site: Site) -> None:
        twice: Any = [*said().items(), ("x-forwarded-email", DELE)]
        site.get("/", 401, headers=twice)

    def test_comes_from_its_own_address(self, site: Site) -> None:
        for address, status in (("10.0.3.17", 403), ("127.0.0.1", 403), ("10.0.9.1", 200), ("::ffff:10.0.3.2", 200)):
            assert site.browser(address).get("/", headers=said()).status_code == status

    def test_an_unknown_person_is_told_whom_to_ask(self, site: Site) -> None:
        page = site.get("/", 403, headers=said("mallory@elsewhere.example"))
        assert "mallory@elsewhere.example is not in people.yaml" in page
        assert "Ask Enzo" in page
        assert "Tiny Health" not in page

    def test_who_leaves_is_out_with_the_next_request(self, site: Site) -> None:
        site.get("/", headers=said(DELE))
        gone = roster_person(DELE, status="retired", retired=MORNING.date())
        site.world.roster = make_roster(gone)
        assert "is retired in people.yaml" in site.get("/", 403, headers=said(DELE))

    def test_the_service_is_nobody(self, site: Site) -> None:
        site.get("/", 403, headers=said(SERVICE))

    def test_answers_under_its_own_name_only(self, site: Site) -> None:
        site.get("/", 421, headers=said(host="elsewhere.test"))

    @pytest.mark.parametrize(
        "host",
        [
            "board.test/static/",
            "board.test/acknowledge?",
            "board.test/alive#",
            "a@board.test",
            "board.test:x",
            "",
            "board.test\\x",
        ],
    )
    def test_a_host_header_opens_no_other_path(self, site: Site, host: str) -> None:
        assert "Tiny Health" not in site.get("/", 421, headers={"host": host})
        assert "Tiny Health" not in site.get("/", 421, headers=said(host=host))

    def test_https_is_kept(self, site: Site) -> None:
        assert "max-age" in site.client.get("/", headers=said()).headers["strict-transport-security"]


class TestSeals:
    @given(st.dictionaries(st.text(max_size=5), st.text(max_size=20), max_size=3), st.data())
    def test_any_change_is_found(self, content: dict[str, str], data: st.DataObject) -> None:
        secret, until = b"k" * 32, MORNING + timedelta(hours=1)
        value = sealed(content, "session", secret, until)
        assert unsealed(value, "session", secret, MORNING) == content
        place = data.draw(st.integers(0, len(value) - 1))
        other = data.draw(st.sampled_from("abcXYZ019-_.").filter(lambda letter: letter != value[place]))
        assert unsealed(value[:place] + other + value[place + 1 :], "session", secret, MORNING) is None

    def test_is_of_its_purpose_its_secret_and_its_time(self) -> None:
        until = MORNING + timedelta(hours=1)
        value = sealed({"email": ENZO}, "session", b"k" * 32, until)
        assert unsealed(value, "form", b"k" * 32, MORNING) is None
        assert unsealed(value, "session", b"j" * 32, MORNING) is None
        assert unsealed(value, "session", b"k" * 32, until) is None

    @given(st.text(max_size=60))
    def test_nonsense_is_none(self, value: str) -> None:
        assert unsealed(value, "session", b"k" * 32, MORNING) is None


class TestLimits:
    def test_a_burst_then_a_rate(self) -> None:
        limits, limit = Limits(), Limit(3, 60)
        assert [limits.allows("a", limit, 0.0) for _ in range(5)] == [True, True, True, False, False]
        assert limits.allows("b", limit, 0.0)
        assert [limits.allows("a", limit, 1.0) for _ in range(2)] == [True, False]

    @given(st.integers(1, 20), st.integers(1, 240), st.lists(st.floats(0, 5), min_size=1, max_size=200))
    def test_never_more_than_the_burst_and_the_rate(self, burst: int, rate: int, waits: list[float]) -> None:
        limits, now, allowed = Limits(), 0.0, 0
        for wait in waits:
            now += wait
            allowed += limits.allows("a", Limit(burst, rate), now)
        assert allowed <= burst + now * rate / 60 + 1e-6

    def test_many_askers_do_not_fill_the_memory(self) -> None:
        limits, limit = Limits(), Limit(2, 0.0001)
        for number in range(25_000):
            limits.allows(str(number), limit, 0.0)
        assert len(limits._buckets) <= 10_000


@pytest.mark.parametrize(
    ("asked", "goes"),
    [
        ("/queue/qa?x=1", "/queue/qa?x=1"), ("https://evil.example", "/"), ("//evil.example", "/"),
        ("/\\evil.example", "/"), ("/a\nb", "/"), ("", "/"), ("/login?to=/", "/"),
    ],
)  # fmt: skip
def test_after_signing_in_one_is_still_here(asked: str, goes: str) -> None:
    assert own_path(asked) == goes
