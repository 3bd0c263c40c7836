"""The client's own page: a link and a code, used once, by whoever has both; and nothing else of the board."""

import json
from datetime import timedelta

import pytest

from acme_assets.warehouse.links import MOST_ATTEMPTS, make_link
from tests.board.site import Site, token_in
from tests.board.test_access import PROXY
from tests.world import CORA, NIGHT, NOOR, OTTO, World, signer_of

SECRET = "l" * 32


class Sent:
    """A link as the client's contact has it, and a browser that nobody has signed in with."""

    def __init__(self, site: Site) -> None:
        self.site, world = site, site.world
        request = world.say(
            "exception_request", OTTO, {"feed": "pharmacy_claim", "exception": "may_be_missing"},
            reason="INC-1 <b>bold</b>", expires_at=site.clock() + timedelta(days=1),
        )  # fmt: skip
        self.token, self.code = make_link(
            world.warehouse, world.client, request, maker=signer_of(NOOR), secret=SECRET.encode(),
            roster=world.roster, now=site.clock(),
        )  # fmt: skip
        self.path = f"/acknowledge?token={self.token}"

    @property
    def wrong(self) -> str:
        return f"{(int(self.code) + 1) % 10**8:08}"

    def show(self, status: int = 200) -> str:
        return self.site.get(self.path, status)

    def spend(self, code: str, status: int, token: str | None = None) -> str:
        values = {"token": token or token_in(self.show()), "code": code}
        answer = self.site.post(self.path, values)
        assert answer.status_code == status, answer.text
        return answer.text

    @property
    def is_acknowledged(self) -> bool:
        return "exception_acknowledged" in self.site.world.actions()


@pytest.fixture
def site(world: World) -> Site:
    env = PROXY | {"ACME_LINK_SECRET": SECRET}
    made = Site(world, env, base="https://board.test", address="203.0.113.7")
    made.turn()
    return made


@pytest.fixture
def sent(site: Site) -> Sent:
    return Sent(site)


def test_shows_what_is_asked_and_nothing_of_the_board(sent: Sent) -> None:
    page = sent.show()
    for text in ("Tiny Health", "INC-1 &lt;b&gt;bold", "pharmacy_claim", CORA):
        assert text in page
    assert "/queue" not in page
    assert not sent.is_acknowledged


def test_looking_spends_nothing(sent: Sent) -> None:
    for _ in range(MOST_ATTEMPTS + 2):
        sent.show()
    sent.spend(sent.code, 200)


def test_the_code_agrees_once(sent: Sent) -> None:
    form = token_in(sent.show())
    assert "it is acknowledged" in sent.spend(f"{sent.code[:4]} {sent.code[4:]}", 200)
    entry = json.loads(sent.site.world.entry("exception_acknowledged"))
    assert entry["client_id"] == "tiny_health"
    assert CORA in json.dumps(entry)
    assert "was used" in sent.show(403)
    sent.spend(sent.code, 403, form)
    assert sent.site.world.actions().count("exception_acknowledged") == 1


def test_a_wrong_code_is_told_and_counted_and_shuts_the_link(sent: Sent) -> None:
    form = token_in(sent.show())
    assert f"{MOST_ATTEMPTS - 1} tries are left" in sent.spend(sent.wrong, 403)
    for _ in range(MOST_ATTEMPTS - 1):
        page = sent.spend(sent.wrong, 403, form)
    assert "the link is shut" in page.lower()
    sent.spend(sent.code, 403, form)
    assert not sent.is_acknowledged


def test_needs_the_form_of_its_own_link(sent: Sent) -> None:
    theirs = token_in(Sent(sent.site).show())
    assert sent.site.post(sent.path, {"code": sent.code}).status_code == 403
    assert sent.site.post(sent.path, {"code": sent.code, "token": theirs}).status_code == 403
    assert sent.site.post(sent.path, {"code": sent.code, "token": "x.y"}).status_code == 403
    assert not sent.is_acknowledged


@pytest.mark.parametrize("token", ["", "x", "x.y", "é.é", "a" * 3000])
def test_a_link_that_is_not_ours_says_so(site: Site, token: str) -> None:
    answer = site.client.get("/acknowledge", params={"token": token})
    assert answer.status_code in (400, 403)
    assert "ask AcmeHealth for another" in answer.text


def test_an_expired_link_says_so(sent: Sent) -> None:
    sent.site.clock.pass_by(hours=25)
    assert "expired" in sent.show(403)


def test_codes_from_one_address_are_limited_whatever_the_link(sent: Sent) -> None:
    links = [sent, Sent(sent.site), Sent(sent.site)]
    forms = [token_in(link.show()) for link in links]
    answers = [
        link.site.post(link.path, {"token": form, "code": link.wrong}).status_code
        for link, form in zip(links, forms, strict=True)
        for _ in range(4)
    ]
    assert set(answers[:10]) == {403}
    assert answers[10:] == [429, 429]
    elsewhere = sent.site.browser("203.0.113.9")
    values = {"token": forms[2], "code": links[2].code}
    assert elsewhere.post(links[2].path, data=values).status_code == 200


def test_pages_for_strangers_are_limited(site: Site) -> None:
    answers = [site.client.get("/acknowledge?token=x.y").status_code for _ in range(60)]
    assert answers[0] == 403
    assert answers[-1] == 429


def test_without_the_warehouse_or_a_secret_nothing_is_changed(sent: Sent, world: World) -> None:
    form = token_in(sent.show())
    sent.site.away.is_away = True
    assert "nothing was changed" in sent.spend(sent.code, 503, form)
    sent.site.away.is_away = False
    bare = Site(world, PROXY, base="https://board.test")
    assert bare.client.get(sent.path).status_code == 503
    assert not sent.is_acknowledged


def test_the_link_opens_nothing_else(sent: Sent) -> None:
    for path in ("/", f"/nights/tiny_health/{NIGHT}", "/api/v1/tonight", "/acknowledge/../incidents"):
        assert sent.site.client.get(f"{path}?token={sent.token}").status_code in (403, 404)
