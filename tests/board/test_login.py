"""Signing in with the company's provider: only a whole, fresh, signed answer to our own question starts a session."""

import time
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from acme_assets.board.login import PENDING, SESSION
from tests.board.provider import CLIENT_ID, CLIENT_SECRET, Provider, provider
from tests.board.site import Site
from tests.board.test_access import OIDC
from tests.world import DELE, ENZO, MORNING, World, make_roster, roster_person


@pytest.fixture
def company() -> Iterator[Provider]:
    with provider(ENZO) as found:
        yield found


@pytest.fixture
def site(world: World, company: Provider) -> Site:
    own = {
        "ACME_BOARD_OIDC_ISSUER": company.issuer,
        "ACME_BOARD_OIDC_CLIENT_ID": CLIENT_ID,
        "ACME_BOARD_OIDC_CLIENT_SECRET": CLIENT_SECRET,
    }
    made = Site(world, OIDC | own, base="https://board.test", address="203.0.113.7")
    made.turn()
    return made


def begin(site: Site, path: str = "/") -> str:
    """Open a page as a stranger; the provider's address that the browser is sent to."""
    answer = site.client.get(path)
    assert answer.status_code == 303, answer.text
    answer = site.client.get(answer.headers["location"])
    assert answer.status_code == 302, answer.text
    return str(answer.headers["location"])


def sign_in(site: Site, company: Provider, path: str = "/", status: int = 303) -> str:
    """Go all the way; where the browser is sent at the end, or what it is told."""
    answer = site.client.get("/login/callback", params=company.sign_in(begin(site, path)))
    assert answer.status_code == status, answer.text
    return str(answer.headers["location"]) if status == 303 else answer.text


def is_in(site: Site) -> bool:
    return site.client.get("/").status_code == 200


def test_begins_with_state_nonce_and_pkce(site: Site, company: Provider) -> None:
    asked = parse_qs(urlsplit(begin(site)).query)
    assert asked["response_type"] == ["code"]
    assert asked["code_challenge_method"] == ["S256"]
    assert asked["redirect_uri"] == ["https://board.test/login/callback"]
    assert set(asked["scope"][0].split()) == {"openid", "email"}
    assert all(len(asked[name][0]) >= 16 for name in ("state", "nonce", "code_challenge"))


def test_ends_where_it_began_with_a_session(site: Site, company: Provider) -> None:
    assert sign_in(site, company, "/?state=held&q=a") == "/?state=held&q=a"
    assert "Tiny Health" in site.get("/")
    assert company.problems == []


def test_the_session_is_kept_from_scripts_other_sites_and_the_clear(site: Site, company: Provider) -> None:
    answer = site.client.get("/login/callback", params=company.sign_in(begin(site)))
    cookie = next(value for value in answer.headers.get_list("set-cookie") if value.startswith(SESSION)).lower()
    for word in ("__host-", "secure", "httponly", "samesite=lax", "path=/"):
        assert word in cookie
    assert "domain=" not in cookie


@pytest.mark.parametrize("path", ["/live", "/api/v1/tonight"])
def test_programs_are_told_and_not_sent_away(site: Site, path: str) -> None:
    assert site.client.get(path).status_code == 401
    assert site.client.get("/", headers={"x-acme-fragment": "1"}).status_code == 401


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"}, {"nonce": None}, {"aud": "another"}, {"aud": None}, {"iss": "https://evil.example"},
        {"exp": 1}, {"exp": None}, {"iat": int(time.time()) + 10_000}, {"email": None}, {"email": 7},
        {"email_verified": False}, {"azp": "another"},
    ],
)  # fmt: skip
def test_an_answer_that_is_not_right_starts_no_session(
    site: Site, company: Provider, claims: dict[str, object]
) -> None:
    company.claims = claims
    sign_in(site, company, status=403)
    assert not is_in(site)


def test_another_key_or_no_signature_starts_no_session(site: Site, company: Provider) -> None:
    company.signing_key = rsa.generate_private_key(65537, 2048)
    sign_in(site, company, status=403)
    company.signing_key, company.algorithm = None, "none"
    sign_in(site, company, status=403)
    assert not is_in(site)


def test_another_browsers_answer_starts_no_session(site: Site, company: Provider) -> None:
    theirs = company.sign_in(begin(site))
    other = site.browser()
    assert other.get("/login/callback", params=theirs).status_code == 400
    other.get("/login")
    assert other.get("/login/callback", params=theirs).status_code == 403
    assert other.get("/").status_code == 303


def test_a_state_or_a_code_of_somebody_elses_making_starts_no_session(site: Site, company: Provider) -> None:
    brought = company.sign_in(begin(site))
    assert site.client.get("/login/callback", params=brought | {"state": "made-up"}).status_code == 403
    begin(site)
    assert site.client.get("/login/callback", params=brought).status_code == 403
    assert not is_in(site)


def test_a_code_works_once(site: Site, company: Provider) -> None:
    brought = company.sign_in(begin(site))
    pending = site.client.cookies.get(PENDING)
    assert site.client.get("/login/callback", params=brought).status_code == 303
    other = site.browser()
    other.cookies.set(PENDING, str(pending), domain="board.test")
    assert other.get("/login/callback", params=brought).status_code == 403


def test_a_refusal_of_the_provider_is_told(site: Site) -> None:
    begin(site)
    answer = site.client.get("/login/callback", params={"error": "access_denied", "error_description": "<b>no</b>"})
    assert answer.status_code == 403
    assert "<b>no" not in answer.text


def test_takes_no_longer_than_it_may(site: Site, company: Provider) -> None:
    brought = company.sign_in(begin(site))
    site.clock.pass_by(minutes=11)
    assert site.client.get("/login/callback", params=brought).status_code == 400


def test_a_session_ends(site: Site, company: Provider) -> None:
    sign_in(site, company)
    site.clock.pass_by(hours=13)
    assert not is_in(site)


def test_a_changed_cookie_is_none(site: Site, company: Provider) -> None:
    sign_in(site, company)
    value = str(site.client.cookies.get(SESSION))
    other = site.browser()
    other.cookies.set(SESSION, value[:-1] + ("0" if value[-1] != "0" else "1"), domain="board.test")
    assert other.get("/").status_code == 303


def test_a_stranger_of_the_company_is_told_whom_to_ask(site: Site, company: Provider) -> None:
    company.email = "new.hire@acme.example"
    sign_in(site, company)
    page = site.get("/", 403)
    assert "new.hire@acme.example is not in people.yaml" in page
    assert "Ask Enzo" in page


def test_who_leaves_is_out_with_the_next_request(site: Site, company: Provider) -> None:
    company.email = DELE
    sign_in(site, company)
    assert is_in(site)
    site.world.roster = make_roster(roster_person(DELE, status="retired", retired=MORNING.date()))
    assert site.client.get("/").status_code == 403


def test_a_provider_that_is_down_is_told(world: World) -> None:
    with provider(ENZO) as gone:
        issuer = gone.issuer
    site = Site(world, OIDC | {"ACME_BOARD_OIDC_ISSUER": issuer}, base="https://board.test")
    assert "identity provider cannot be used" in site.get("/login", 503)
