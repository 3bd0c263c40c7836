"""Pulls from a real HTTP server that misbehaves: all of a night's records land in one file, or none."""

import gzip
import json
import os
import signal
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from acme_assets.feeds.zones import LandingZone, LocalZone
from acme_assets.landing.outcome import PullFailed, PullOutcome, PullRefused
from acme_assets.landing.progress import this_process
from acme_assets.landing.pulling import pull
from tests.landing.api_server import Answer, Asked, Server, api_server, paged
from tests.landing.made_up import API, Waits, order, pulling_client

RECORDS = [f'{{"person": "p{number}", "paid": {number}.50}}' for number in range(7)]
FILE = "tiny/2026-03-10/eligibility.ndjson"
FAULT = Answer(b'{"data": [{"secret": 1}]}', 500)


@pytest.fixture
def api() -> Iterator[Server]:
    """Seven records in four pages."""
    with api_server(paged(RECORDS)) as server:
        yield server


def run(server: Server, zone: LandingZone, waits: Waits, *, me: str = "here/1", again: bool = False,
        dry_run: bool = False, **changes: Any) -> PullOutcome:  # fmt: skip
    client = pulling_client({**API, "url": server.url, **changes})
    return pull(order(client, again=again, dry_run=dry_run), waits.hands(zone, me))


def landed(zone: LandingZone, tmp_path: Any) -> str:
    (file,) = zone.listing()
    assert file.path == FILE
    return zone.fetch(FILE, tmp_path).read_text()


def test_all_pages_land_as_one_file_of_the_records_as_they_stand(
    api: Server, zone: LandingZone, waits: Waits, tmp_path: Any
) -> None:
    outcome = run(api, zone, waits)
    assert landed(zone, tmp_path) == "".join(f"{record}\n" for record in RECORDS)
    assert [(item.path, item.records) for item in outcome.landed] == [(FILE, 7)]
    assert [asked.query for asked in api.asked] == [
        {"day": "2026-03-10"},
        {"start": "2"},
        {"start": "4"},
        {"start": "6"},
    ]
    assert {asked.headers["Authorization"] for asked in api.asked} == {"Bearer s3cret-token"}


def test_the_same_records_land_as_the_same_gzip_file(
    api: Server, local_zone: LocalZone, waits: Waits, tmp_path: Any
) -> None:
    (tmp_path / "other").mkdir()
    other = LocalZone(tmp_path / "other")
    for each in (local_zone, other):
        run(api, each, waits, file="{date}/eligibility.ndjson.gz")
        waits.now += timedelta(seconds=5)
    files = [each.fetch(f"{FILE}.gz", tmp_path).read_bytes() for each in (local_zone, other)]
    assert files[0] == files[1]
    assert gzip.decompress(files[0]).decode().splitlines() == RECORDS


def test_a_night_that_is_here_is_not_asked_for_again_unless_somebody_says_so(
    api: Server, local_zone: LocalZone, waits: Waits, tmp_path: Any
) -> None:
    run(api, local_zone, waits)
    api.asked.clear()
    assert run(api, local_zone, waits) == PullOutcome(known=1)
    assert api.asked == []
    api.answers = paged(RECORDS[:3])
    assert run(api, local_zone, waits, again=True).landed[0].records == 3
    assert landed(local_zone, tmp_path).splitlines() == RECORDS[:3]


def test_only_the_manifest_stays_and_it_holds_no_value(
    api: Server, local_zone: LocalZone, waits: Waits, tmp_path: Any
) -> None:
    run(api, local_zone, waits)
    notes = tmp_path / "landing/.acme/pulls"
    (left,) = [path for path in notes.rglob("*") if path.is_file()]
    manifest = json.loads(left.read_text())
    assert (manifest["records"], manifest["total"], len(manifest["pages"])) == (7, 7, 4)
    assert "p1" not in left.read_text()
    assert "start" not in left.read_text()


# Servers that are busy, and lines that are cut


def test_retry_after_is_obeyed_in_both_its_forms(api: Server, local_zone: LocalZone, waits: Waits) -> None:
    api.faults += [
        Answer(b"", 429, {"Retry-After": "17"}),
        Answer(b"", 503, {"Retry-After": "Wed, 11 Mar 2026 06:01:17 GMT"}),
    ]
    run(api, local_zone, waits)
    assert waits.waited == [17, 60]


def test_a_server_in_trouble_is_asked_again_after_growing_waits(
    api: Server, local_zone: LocalZone, waits: Waits
) -> None:
    api.faults += [FAULT] * 5
    assert run(api, local_zone, waits).landed[0].records == 7
    assert len(waits.waited) == 5
    assert all(0.5 <= wait <= 60 for wait in waits.waited)
    assert all(wait <= 2**number for number, wait in enumerate(waits.waited))


def test_after_so_many_attempts_the_pull_fails_and_the_next_goes_on(
    api: Server, local_zone: LocalZone, waits: Waits, tmp_path: Any
) -> None:
    run_pages(api, 2)
    with pytest.raises(PullFailed, match=r"127\.0\.0\.1 answers 500, 6 times; ask the client") as caught:
        run(api, local_zone, waits)
    assert "secret" not in str(caught.value)
    assert list(local_zone.listing()) == []
    api.answers = paged(RECORDS)
    api.asked.clear()
    run(api, local_zone, waits)
    assert [asked.query for asked in api.asked] == [{"start": "4"}, {"start": "6"}]
    assert landed(local_zone, tmp_path).splitlines() == RECORDS


def run_pages(api: Server, pages: int) -> None:
    """Let the server answer so many pages, and then nothing but 500."""
    good, given = api.answers, []

    def answers(asked: Asked) -> Answer:
        given.append(asked)
        return good(asked) if len(given) <= pages else FAULT

    api.answers = answers


@pytest.mark.parametrize(
    "fault",
    [
        Answer(b'{"total": 7, "data": [{}], "next": null}', cut_at=20),
        Answer(b'{"total": 7, "data": [{}'),
        Answer(b"\xff\xfe"),
        Answer(b"not gzip", headers={"Content-Encoding": "gzip"}),
        Answer(b""),
        Answer(b'{"total": NaN}'),
    ],
)
def test_a_page_that_comes_broken_is_asked_for_again(
    fault: Answer, api: Server, local_zone: LocalZone, waits: Waits, tmp_path: Any
) -> None:
    api.faults += [fault]
    run(api, local_zone, waits)
    assert landed(local_zone, tmp_path).splitlines() == RECORDS


def test_a_server_that_is_not_there_fails_the_pull(api: Server, local_zone: LocalZone, waits: Waits) -> None:
    with pytest.raises(PullFailed, match=r"cannot be reached or cuts the line \(ConnectError\), 2 times"):
        run(api, local_zone, waits, url="http://127.0.0.1:1/records", attempts=2)


def test_a_server_that_asks_for_more_time_than_there_is_ends_the_pull(
    api: Server, local_zone: LocalZone, waits: Waits
) -> None:
    api.faults += [Answer(b"", 429, {"Retry-After": "3600"})]
    with pytest.raises(PullFailed, match=r"over its 30 minutes; 127\.0\.0\.1 asks to wait 3600 s"):
        run(api, local_zone, waits, limit_minutes=30)
    assert waits.waited == []


def test_a_pull_ends_with_its_time_and_the_next_goes_on(api: Server, local_zone: LocalZone, waits: Waits) -> None:
    def slow(asked: Asked) -> Answer:
        waits.now += timedelta(minutes=20)
        return paged(RECORDS)(asked)

    api.answers = slow
    with pytest.raises(PullFailed, match="over its 30 minutes; the next goes on"):
        run(api, local_zone, waits, limit_minutes=30)
    asked = len(api.asked)
    assert asked < 4
    with pytest.raises(PullFailed):
        run(api, local_zone, waits, limit_minutes=30)
    assert len(api.asked) > asked
    run(api, local_zone, waits, limit_minutes=120)
    assert [request.query.get("start") for request in api.asked] == [None, "2", "4", "6"] or len(api.asked) <= 6


# A process that is killed


def test_a_pull_that_was_killed_goes_on_where_it_was(
    api: Server, local_zone: LocalZone, waits: Waits, tmp_path: Any
) -> None:
    """Killed: nothing was tidied up. Its pid is of this machine and no longer there."""
    kill_after(api, local_zone, waits, pages=3)
    api.asked.clear()
    run(api, local_zone, waits)
    assert [asked.query for asked in api.asked] == [{"start": "6"}]
    assert landed(local_zone, tmp_path).splitlines() == RECORDS


def kill_after(api: Server, zone: LocalZone, waits: Waits, pages: int) -> None:
    """A pull in a process of its own, which is killed while it asks for the page after so many."""
    good, given, pids = api.answers, list[Asked](), list[int]()

    def answers(asked: Asked) -> Answer:
        given.append(asked)
        if len(given) > pages:
            os.kill(pids[0], signal.SIGKILL)
        return good(asked)

    api.answers = answers
    pids.append(os.fork())
    if pids[0] == 0:
        try:
            run(api, zone, waits, me=this_process())
        finally:
            os._exit(1)
    _, status = os.waitpid(pids[0], 0)
    assert os.waitstatus_to_exitcode(status) == -signal.SIGKILL
    api.answers = good


def test_another_process_that_pulls_the_night_is_left_to_it(api: Server, local_zone: LocalZone, waits: Waits) -> None:
    given = []

    def answers(asked: Asked) -> Answer:
        given.append(asked)
        if len(given) == 2:
            with pytest.raises(PullFailed, match="is under way in process elsewhere/7; wait for it"):
                run(api, local_zone, waits, me="here/1")
        return paged(RECORDS)(asked)

    api.answers = answers
    run(api, local_zone, waits, me="elsewhere/7")
    assert len(given) == 4


def test_a_process_that_is_silent_for_long_is_taken_over(api: Server, local_zone: LocalZone, waits: Waits) -> None:
    def answers(asked: Asked) -> Answer:
        if "start" in asked.query and not waits.waited:
            waits.sleep(301)
            assert run(api, local_zone, waits, me="here/1").landed[0].records == 7
        return paged(RECORDS)(asked)

    api.answers = answers
    with pytest.raises(PullFailed, match="was taken over by another process"):
        run(api, local_zone, waits, me="elsewhere/7")
    assert waits.waited == [301]
    assert run(api, local_zone, waits).known == 1


def test_a_kept_cursor_that_has_expired_starts_the_pull_anew(
    api: Server, local_zone: LocalZone, waits: Waits, tmp_path: Any
) -> None:
    run_pages(api, 2)
    with pytest.raises(PullFailed):
        run(api, local_zone, waits)
    api.answers = paged(RECORDS)
    api.faults += [Answer(b"", 410)]
    api.asked.clear()
    run(api, local_zone, waits)
    assert [asked.query.get("start") for asked in api.asked] == ["4", None, "2", "4", "6"]
    assert landed(local_zone, tmp_path).splitlines() == RECORDS


def test_pages_of_hours_ago_are_not_mixed_with_new_ones(api: Server, local_zone: LocalZone, waits: Waits) -> None:
    run_pages(api, 2)
    with pytest.raises(PullFailed):
        run(api, local_zone, waits)
    api.answers = paged(RECORDS)
    api.asked.clear()
    waits.now += timedelta(hours=7)
    run(api, local_zone, waits)
    assert len(api.asked) == 4


def test_a_page_that_was_changed_after_it_was_noted_starts_the_pull_anew(
    api: Server, local_zone: LocalZone, waits: Waits, tmp_path: Any
) -> None:
    run_pages(api, 2)
    with pytest.raises(PullFailed):
        run(api, local_zone, waits)
    (page,) = (tmp_path / "landing").rglob("page-000001.json")
    page.write_bytes(page.read_bytes().replace(b"p1", b"p9"))
    api.answers = paged(RECORDS)
    with pytest.raises(PullFailed, match="page 1 is not as it was noted; the pull starts anew"):
        run(api, local_zone, waits)
    run(api, local_zone, waits)
    assert landed(local_zone, tmp_path).splitlines() == RECORDS


# Servers that say what cannot be


def refuses(server: Server, zone: LocalZone, waits: Waits, said: str, **changes: Any) -> PullRefused:
    with pytest.raises(PullRefused, match=said) as caught:
        run(server, zone, waits, **changes)
    assert list(zone.listing()) == []
    return caught.value


def test_a_count_that_does_not_match_lands_nothing(api: Server, local_zone: LocalZone, waits: Waits) -> None:
    def answers(asked: Asked) -> Answer:
        answer = paged(RECORDS)(asked)
        return Answer(answer.content.replace(b'"total": 7', b'"total": 8'))

    api.answers = answers
    refusal = refuses(api, local_zone, waits, "says 8 records and sent 7; nothing is landed: ask the client")
    assert refusal.owner_group == "client"


def test_a_count_that_moves_meanwhile_starts_the_pull_anew(
    api: Server, local_zone: LocalZone, waits: Waits, tmp_path: Any
) -> None:
    more = [*RECORDS, '{"person": "new"}']
    moving = iter([RECORDS, RECORDS])
    api.answers = lambda asked: paged(next(moving, more))(asked)
    with pytest.raises(PullFailed, match="the count moved from 7 to 8 meanwhile; the pull starts anew"):
        run(api, local_zone, waits)
    run(api, local_zone, waits)
    assert landed(local_zone, tmp_path).splitlines() == more


def test_no_record_at_all_is_no_delivery(api: Server, local_zone: LocalZone, waits: Waits) -> None:
    api.answers = paged([])
    refuses(api, local_zone, waits, "has no record for 2026-03-10; nothing is landed")


def test_pages_that_lead_back_end_the_pull(api: Server, local_zone: LocalZone, waits: Waits) -> None:
    def loop(asked: Asked) -> Answer:
        at = int(asked.query.get("start", 0))
        return Answer.of({"total": 99, "data": [{"n": len(api.asked)}], "next": f"?start={(at + 1) % 3}"})

    api.answers = loop
    refuses(api, local_zone, waits, "pages lead back to an earlier one")
    assert len(api.asked) == 4


def test_a_server_that_ignores_the_page_number_ends_the_pull(api: Server, local_zone: LocalZone, waits: Waits) -> None:
    api.answers = lambda asked: Answer.of({"total": 99, "data": [{"always": "this"}]})
    refuses(api, local_zone, waits, "sends the same page twice", pages={"kind": "numbers"})
    assert len(api.asked) == 2


def test_pages_without_end_end_at_their_limit(api: Server, local_zone: LocalZone, waits: Waits) -> None:
    def endless(asked: Asked) -> Answer:
        at = int(asked.query.get("start", 0))
        return Answer.of({"total": 99, "data": [{"at": at}], "next": f"?start={at + 1}"})

    api.answers = endless
    refuses(api, local_zone, waits, "has more than 5 pages", max_pages=5)
    refuses(api, local_zone, waits, "has more than 1e-07 GB", max_gb=0.0000001)


@pytest.mark.parametrize("content", [b'{"pad": "' + b"x" * 2_000_000 + b'"}', gzip.compress(b" " * 400_000_000)])
def test_a_page_that_is_too_large_is_not_taken_into_memory(
    content: bytes, api: Server, local_zone: LocalZone, waits: Waits
) -> None:
    headers = {"Content-Encoding": "gzip"} if content[:2] == b"\x1f\x8b" else {}
    api.answers = lambda asked: Answer(content, headers=headers)
    refuses(api, local_zone, waits, "sends more than 1 MB for a page", max_page_mb=1)


def test_our_credentials_follow_no_link_and_no_redirect_to_another_host(
    api: Server, local_zone: LocalZone, waits: Waits
) -> None:
    with api_server(paged(RECORDS)) as other:
        api.answers = lambda asked: Answer.of({"total": 7, "data": [{}], "next": other.url})
        refuses(api, local_zone, waits, "next link leads away from 127.0.0.1")
        api.answers = lambda asked: Answer(b"", 302, {"Location": other.url})
        refuses(api, local_zone, waits, "answers 302, which is no page")
        assert other.asked == []


@pytest.mark.parametrize(
    ("status", "owner", "said"),
    [
        (401, "engineering", "answers 401; have our credentials there renewed"),
        (403, "engineering", "answers 403; have our credentials"),
        (404, "client", "answers 404; correct the pull's url and params"),
        (418, "client", "answers 418, which is no page"),
    ],
)
def test_a_refusal_is_not_asked_again(
    status: int, owner: str, said: str, api: Server, local_zone: LocalZone, waits: Waits
) -> None:
    api.answers = lambda asked: Answer(b"members' data", status)
    refusal = refuses(api, local_zone, waits, said)
    assert refusal.owner_group == owner
    assert len(api.asked) == 1


# Credentials


def test_an_api_key_goes_in_its_header(api: Server, local_zone: LocalZone, waits: Waits) -> None:
    run(api, local_zone, waits, auth={"kind": "api_key", "header": "X-Tiny", "key": "TINY_TOKEN"})
    assert {asked.headers["X-Tiny"] for asked in api.asked} == {"s3cret-token"}
    assert not any("Authorization" in asked.headers for asked in api.asked)


def oauth2(server: Server, lasts: int, *, revoke_at: int | None = None) -> dict[str, Any]:
    """Let the server give tokens and take the newest alone."""
    good, given = server.answers, []

    def answers(asked: Asked) -> Answer:
        if asked.path == "/token":
            given.append(asked)
            return Answer.of({"access_token": f"token{len(given)}", "token_type": "Bearer", "expires_in": lasts})
        if revoke_at and len(server.asked) == revoke_at:
            given.append(asked)
        expected = f"Bearer token{len(given)}"
        return good(asked) if asked.headers.get("Authorization") == expected else Answer(b"", 401)

    server.answers = answers
    url = server.url.replace("/records", "/token")
    return {"kind": "oauth2", "token_url": url, "client_id": "TINY_ID", "client_secret": "TINY_SECRET", "scope": "read"}


def test_one_token_is_used_while_it_lasts(api: Server, local_zone: LocalZone, waits: Waits) -> None:
    run(api, local_zone, waits, auth=oauth2(api, lasts=3600))
    (token,) = [asked for asked in api.asked if asked.path == "/token"]
    assert token.body == "grant_type=client_credentials&scope=read"
    assert token.headers["Authorization"].startswith("Basic ")


def test_a_token_is_renewed_before_it_expires(api: Server, local_zone: LocalZone, waits: Waits) -> None:
    auth = oauth2(api, lasts=61)
    good = api.answers

    def slow(asked: Asked) -> Answer:
        waits.now += timedelta(seconds=2)
        return good(asked)

    api.answers = slow
    run(api, local_zone, waits, auth=auth)
    assert len([asked for asked in api.asked if asked.path == "/token"]) == 4
    assert len(api.asked) == 8


def test_a_token_that_was_revoked_is_asked_for_anew(api: Server, local_zone: LocalZone, waits: Waits) -> None:
    run(api, local_zone, waits, auth=oauth2(api, lasts=3600, revoke_at=3))
    assert len([asked for asked in api.asked if asked.path == "/token"]) == 2


def test_a_secret_that_the_token_server_refuses_is_ours_to_mend(
    api: Server, local_zone: LocalZone, waits: Waits
) -> None:
    auth = oauth2(api, lasts=60)
    api.answers = lambda asked: Answer(b'{"error": "invalid_client"}', 401)
    refusal = refuses(api, local_zone, waits, r"gives no token \(401\); check TINY_ID and TINY_SECRET", auth=auth)
    assert refusal.owner_group == "engineering"
    assert "s3cret" not in str(refusal)


def test_a_secret_that_no_header_can_hold_is_not_sent(api: Server, local_zone: LocalZone, waits: Waits) -> None:
    waits.secrets["TINY_TOKEN"] = "two\nlines"
    refuses(api, local_zone, waits, "TINY_TOKEN is no text that a header can hold")
    assert api.asked == []


def test_a_dry_run_asks_for_one_page_and_lands_nothing(
    api: Server, local_zone: LocalZone, waits: Waits, tmp_path: Any
) -> None:
    outcome = run(api, local_zone, waits, dry_run=True)
    assert [(item.path, item.size, item.records) for item in outcome.landed] == [(FILE, None, 7)]
    assert len(api.asked) == 1
    assert list((tmp_path / "landing").iterdir()) == []
