"""Which page is next: the server's word, to its own host and port alone."""

from typing import Any

import pytest

from acme_assets.landing.outcome import PullRefused
from acme_assets.landing.pages import Step, first_step, next_step, total_of
from client_partitions.pulls import ApiPull
from tests.landing.made_up import API, NIGHT

URL = "https://api.tiny.example/v1/records"


def api(pages: dict[str, Any] | None = None, **changes: Any) -> ApiPull:
    return ApiPull.model_validate({**API, "url": URL, **({"pages": pages} if pages else {}), **changes})


def following(
    pull: ApiPull, document: Any, *, step: Step | None = None, links: Any = None, records: int = 1
) -> Step | None:
    return next_step(pull, NIGHT, step or first_step(pull, NIGHT), document, links or {}, records)


def test_the_first_page_is_of_the_business_date() -> None:
    assert first_step(api(), NIGHT) == Step(URL, {"day": "2026-03-10"})
    assert first_step(api({"kind": "numbers", "first": 0}), NIGHT).params == {"day": "2026-03-10", "page": "0"}


@pytest.mark.parametrize(
    "link", ["/v1/records?p=2", "?p=2", f"{URL}?p=2", "https://api.tiny.example:443/v1/records?p=2"]
)
def test_a_next_link_is_followed_on_its_own_host(link: str) -> None:
    step = following(api(), {"next": link})
    assert step is not None
    assert step.url in (f"{URL}?p=2", "https://api.tiny.example:443/v1/records?p=2")
    assert step.params == {}


@pytest.mark.parametrize(
    "link",
    [
        "https://evil.example/v1/records?p=2",
        "//evil.example/x",
        "http://api.tiny.example/v1/records?p=2",
        "https://api.tiny.example:8443/v1/records",
        "https://api.tiny.example@evil.example/",
        "https://user:pw@api.tiny.example/",
        "file:///etc/passwd",
        "https://[broken",
        "https://api.tiny.example:port/",
        "https://api.tiny.example.evil.example/",
    ],
)
def test_a_next_link_to_anywhere_else_is_never_followed(link: str) -> None:
    with pytest.raises(PullRefused, match="leads away from api.tiny.example") as caught:
        following(api(), {"next": link})
    assert "evil" not in str(caught.value)


def test_the_header_names_the_next_page_where_the_body_does_not() -> None:
    header = api({"kind": "next_link"})
    assert following(header, {"next": "ignored"}, links={"next": {"url": "?p=2"}}) == Step(f"{URL}?p=2")
    assert following(header, {"next": "ignored"}, links={"prev": {"url": "?p=0"}}) is None


def test_a_fhir_bundle_names_its_next_page() -> None:
    bundle = api({"kind": "next_link", "path": "link[?relation=='next'].url | [0]"})
    links = [{"relation": "self", "url": "?p=1"}, {"relation": "next", "url": "?p=2"}]
    assert following(bundle, {"link": links}) == Step(f"{URL}?p=2")
    assert following(bundle, {"link": links[:1]}) is None


@pytest.mark.parametrize(("cursor", "param"), [("abc=/+", "abc=/+"), (17, "17")])
def test_a_cursor_is_repeated_beside_the_first_parameters(cursor: Any, param: str) -> None:
    step = following(api({"kind": "cursor", "path": "meta.next", "param": "after"}), {"meta": {"next": cursor}})
    assert step == Step(URL, {"day": "2026-03-10", "after": param})


@pytest.mark.parametrize("last", [{}, {"meta": {}}, {"meta": {"next": None}}, {"meta": {"next": ""}}])
def test_without_a_cursor_it_was_the_last_page(last: Any) -> None:
    assert following(api({"kind": "cursor", "path": "meta.next", "param": "after"}), last) is None


@pytest.mark.parametrize("pages", [
    {"kind": "cursor", "path": "next", "param": "after"},
    {"kind": "next_link", "path": "next"},
])  # fmt: skip
@pytest.mark.parametrize("odd", [{"a": 1}, [1], True])
def test_a_cursor_or_link_of_another_shape_is_refused(pages: dict[str, Any], odd: Any) -> None:
    with pytest.raises(PullRefused, match="no text"):
        following(api(pages), {"next": odd})


def test_page_numbers_go_on_until_a_page_is_empty() -> None:
    pull = api({"kind": "numbers", "param": "p", "first": 1})
    second = following(pull, {})
    assert second == Step(URL, {"day": "2026-03-10", "p": "2"})
    assert following(pull, {}, step=second) == Step(URL, {"day": "2026-03-10", "p": "3"})
    assert following(pull, {}, step=second, records=0) is None


@pytest.mark.parametrize("odd", [None, "12", -1, True, 1.5])
def test_a_count_that_is_asked_for_must_be_there(odd: Any) -> None:
    assert total_of(api(), {"total": 12}) == 12
    assert total_of(api(total=None), {"total": odd}) is None
    with pytest.raises(PullRefused, match="has no count at total"):
        total_of(api(), {"total": odd})
