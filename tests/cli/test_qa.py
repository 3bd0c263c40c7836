"""`acme qa` as QA and on-call run it, on a real database."""

import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
import yaml
from sqlalchemy import func, update
from typer.testing import CliRunner

from acme_assets.cli.main import app
from acme_assets.keystore import key_file
from acme_assets.warehouse.ledger import candidates
from tests.world import (
    CORA,
    DELE,
    ELIGIBILITY,
    ENZO,
    INGRID,
    KEYS,
    MALLORY,
    NIGHT,
    NOOR,
    OTTO,
    PHARMACY,
    World,
    client_data,
    make_client,
)

RUN = CliRunner()
DATE = NIGHT.isoformat()
TINY = ("tiny_health", DATE)
FAILED = ("pharmacy_spend/staging", "pmpm/staging")
"""The suites that fail where dollars are negative."""

pytestmark = pytest.mark.usefixtures("environment")


def acme(*arguments: str, code: int = 0, says: str | None = None) -> str:
    result = RUN.invoke(app, ["qa", *arguments], input=says)
    assert result.exit_code == code, result.output
    return result.output


def as_json(*arguments: str, code: int = 0) -> Any:
    return json.loads(acme(*arguments, "--json", code=code))


@pytest.fixture
def ready(world: World) -> World:
    """A candidate that waits."""
    world.deliver_all()
    world.build()
    return world


def employ(environment: Path, world: World, **changes: Any) -> World:
    """Another client, or the same with another policy: in the registry, and as a world of its own."""
    data = client_data(**changes)
    (environment / f"{data['client_id']}.yaml").write_text(yaml.safe_dump(data))
    return World(world.warehouse, world.landing, make_client(**changes))


def waive_labs(world: World, reason: str = "their exporter is down") -> None:
    """A waiver and an override, live."""
    until = world.now.replace(day=14)
    request = world.say("exception_request", OTTO, {"exception": "may_be_missing", "feed": "lab_result"},
                        reason=reason, expires_at=until)  # fmt: skip
    world.say("acknowledgement", NOOR,
              {"request_id": request, "contact": CORA, "reference": "mail 4711", "via": "client_success"})  # fmt: skip
    override = world.say("override", ENZO, {"change": "deadline", "time": "07:00"}, expires_at=until)
    world.say("override_approval", OTTO, {"override_id": override})


class TestQueue:
    def test_it_has_what_waits_and_for_what(self, environment: Path, world: World) -> None:
        late = employ(environment, world, client_id="late_health", landing="late", deadline="09:00")
        assert "Nothing waits" in acme("queue", "--date", DATE)
        world.deliver_all()
        waive_labs(world)
        world.paid = "-5.0000"
        world.build()
        late.deliver_all()
        late.build()
        first, second = as_json("queue", "--date", DATE)
        assert (first["client_id"], second["client_id"]) == ("tiny_health", "late_health")
        assert first["analysts"] == [{"name": "Ingrid", "email": INGRID}, {"name": "Dele", "email": DELE}]
        assert tuple(first["failed_suites"]) == FAILED
        assert (first["waivers"], first["overrides"], first["signatures_missing"]) == (1, 1, 1)
        assert first["evidence_digest"] == world.facts().candidate.evidence_digest
        assert {mart["mart"] for mart in first["signatures"]} == set(world.facts().candidate.marts)
        table = acme("queue", "--date", DATE)
        assert re.search(r"tiny_health .* 2 +1 waiver +1 signature *\n +1 override +Ingrid, Dele", table)
        assert "Review with: acme qa show tiny_health" in table

    def test_without_a_date_it_has_every_open_night(self, ready: World) -> None:
        ready.now = ready.now.replace(day=13)
        assert as_json("queue")[0]["business_date"] == DATE

    def test_a_rejected_candidate_says_so(self, ready: World) -> None:
        ready.reject(INGRID, "totals halved")
        assert as_json("queue")[0]["was_turned_down"]
        assert "rejected by ingrid@acme.example: totals halved" in acme("queue")


class _Page(HTMLParser):
    """Tags, what they refer to, and the headings of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.names: set[str] = set()
        self.headings: list[str] = []
        self._in_heading = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.names |= {name for name, _ in attrs}
        self._in_heading = tag == "h2"

    def handle_endtag(self, tag: str) -> None:
        self._in_heading = False

    def handle_data(self, data: str) -> None:
        if self._in_heading:
            self.headings.append(data)


class TestShow:
    def test_the_packet_is_whole(self, ready: World) -> None:
        waive_labs(ready)
        ready.approve(INGRID)
        refused = ready.approve(DELE)
        ready.say("revocation", DELE, {"statement_id": refused, "of_kind": "sign_off"}, reason="too early")
        ready.paid = "13.0000"
        ready.build()
        ready.approve(INGRID)
        shown = as_json("show", *TINY)
        candidate = ready.facts().candidate
        assert shown["evidence_digest"] == candidate.evidence_digest
        assert shown["evidence"].keys() == {
            "client_id", "business_date", "deliveries", "waivers", "overrides", "tests_passed", "marts", "suites",
            "changes",
        }  # fmt: skip
        assert {suite["mart"] for suite in shown["evidence"]["suites"]} == set(candidate.marts)
        assert shown["evidence"]["waivers"][0]["reference"] == "mail 4711"
        assert shown["evidence"]["changes"]["marts"].keys() == {"pmpm", "pharmacy_spend"}
        (said,) = shown["sign_offs"]
        assert (said["name"], said["signer"], said["decision"]) == ("Ingrid", INGRID, "approved")
        assert all(mart["missing"] == 0 for mart in shown["signatures"])
        assert shown["gate"]["is_open"]
        assert [(item["signer"], item["reason"]) for item in shown["refused"]] == [
            (DELE, "revoked by dele@acme.example: too early")
        ]

    def test_a_person_reads_what_is_wrong_first(self, ready: World) -> None:
        waive_labs(ready)
        ready.paid = "-5.0000"
        ready.build()
        shown = acme("show", *TINY)
        assert "2 of 4 suites failed: pharmacy_spend/staging, pmpm/staging" in shown
        order = [
            "Failed checks", "What the night rests on", "What changed", "Rows and totals", "Deliveries",
            "Checks that passed", "Marts; 18 dbt tests passed",
        ]  # fmt: skip
        assert sorted(order, key=shown.index) == order
        assert re.search(r"paid_amount: within bounds +1 row fails +at least 0", shown)
        for words in ("lab_result may be missing", "mail 4711", "otto@acme", "the deadline is 07:00", "0 of 1"):
            assert words in shown

    def test_no_member_is_in_it(self, environment: Path, ready: World) -> None:
        others = "".join(f"p{number},2026-02-01\n" for number in range(3, 20))
        ready.deliver("eligibility", f"{ELIGIBILITY},2026-03-03\n{others}")
        ready.build()
        page = environment.parent / "page.html"
        acme("show", *TINY, "--html", str(page))
        for shown in (acme("show", *TINY), json.dumps(as_json("show", *TINY)), page.read_text()):
            assert "required (person_id)" in shown
            for value in ("p1", "p2", "p9", "c1", "2026-02-01", "2026-03-03", "7.25"):
                assert not re.search(rf"(?<![0-9A-Za-z]){re.escape(value)}(?![0-9A-Za-z])", shown), value

    def test_the_page_has_every_section_no_script_and_escapes(self, environment: Path, ready: World) -> None:
        waive_labs(ready, reason='<script>alert("x")</script>')
        ready.paid = "-5.0000"
        ready.build()
        ready.approve(acknowledged_failures=FAILED)
        file = environment.parent / "page.html"
        assert str(file) in acme("show", *TINY, "--html", str(file))
        text = file.read_text()
        page = _Page(text)
        assert page.headings == [
            "Failed suites, check by check", "Waivers and overrides", "What changed since the last signed candidate",
            "Rows and totals against the trailing nights", "Deliveries", "Contract results: rows set aside, by rule",
            "Marts", "Signatures", "Statements that do not count", "Checks that passed",
        ]  # fmt: skip
        assert page.tags.isdisjoint({"script", "link", "img", "iframe", "object", "form", "base"})
        assert page.names.isdisjoint({"src", "href", "style", "onload", "onclick", "action"})
        assert "url(" not in text
        assert "@import" not in text
        assert "&lt;script&gt;alert(&#34;x&#34;)&lt;/script&gt;" in text
        for words in (ready.facts().candidate.evidence_digest, "mail 4711", *FAILED):
            assert words in text
        assert "Ingrid &lt;ingrid@acme.example&gt;" in text
        assert "I know that these suites failed" in text

    def test_nothing_to_show_says_what_it_waits_for(self) -> None:
        assert "acme explain tiny_health" in acme("show", *TINY, code=1)

    def test_evidence_that_somebody_changed_is_not_reviewed(self, ready: World) -> None:
        with ready.warehouse.begin() as connection:
            changed = func.replace(candidates.c.evidence, '"rows":1', '"rows":7')
            connection.execute(update(candidates).values(evidence=changed))
        for command in ("show", "approve"):
            assert "acme audit verify" in acme(command, *TINY, *([] if command == "show" else ["--as", INGRID]), code=1)


class TestApprove:
    def test_it_shows_asks_and_opens_the_gate(self, ready: World) -> None:
        text = acme("approve", *TINY, "--as", INGRID, says="n\n", code=1)
        assert "evidence digest" in text
        assert ready.status().state == "awaiting sign-off"
        assert "the gate is open" in acme("approve", *TINY, "--as", INGRID, says="y\n")
        assert [work.stage for work in ready.status().work] == ["release"]
        assert "the gate is open" in acme("approve", *TINY, "--as", INGRID, "--yes")
        assert len(ready.facts().statements) == 1

    def test_several_in_one_go_and_one_that_cannot_stops_no_other(self, environment: Path, ready: World) -> None:
        worlds = [ready]
        for name, paid in (("red_health", "-5.0000"), ("blue_health", "12.5000")):
            other = employ(environment, ready, client_id=name, landing=name)
            other.now, other.paid = ready.now, paid
            other.deliver("eligibility", ELIGIBILITY)
            other.deliver("pharmacy_claim", PHARMACY)
            other.build()
            ready.now = other.now
            worlds.append(other)
        named = [*TINY, "red_health", DATE, "nobody", DATE, "blue_health", DATE]
        asked = acme("approve", *named, "--as", INGRID, says="n\n", code=1)
        assert "Sign these 3, each by itself, as ingrid@acme.example?" in asked
        assert "there is no client 'nobody'" in asked
        outcomes = as_json("approve", *named, "--as", INGRID, "--yes", code=1)
        signed = {item["client_id"]: item["statement_id"] for item in outcomes if not item["problem"]}
        assert signed.keys() == {"tiny_health", "blue_health"}
        problems = {item["client_id"]: item["problem"] for item in outcomes if item["problem"]}
        assert problems.keys() == {"red_health", "nobody"}
        assert "--acknowledge-failure pmpm/staging" in problems["red_health"]
        for world in (worlds[0], worlds[2]):
            (statement,) = world.facts().statements
            assert statement.statement_id == signed[world.client.client_id]
        assert worlds[1].facts().statements == ()

    def test_the_queue_is_what_waits_for_this_analyst(self, environment: Path, ready: World) -> None:
        other = employ(environment, ready, client_id="dele_only", landing="other",
                       owners={**client_data()["owners"], "qa": [{"name": "Dele", "email": DELE}]})  # fmt: skip
        other.deliver_all()
        other.build()
        assert "Nothing waits for your signature" in acme("approve", "--queue", "--yes", "--as", MALLORY)
        ready.reject(DELE, "totals halved")
        left_out = acme("approve", "--queue", "--yes", "--as", INGRID)
        assert "left out: tiny_health 2026-03-10: rejected by dele@acme.example" in left_out
        assert "approved: dele_only" in acme("approve", "--queue", "--yes", "--as", DELE)
        assert "Nothing waits" in acme("approve", "--queue", "--date", DATE, "--yes", "--as", DELE)
        assert "not both" in acme("approve", *TINY, "--queue", "--as", INGRID, code=1)

    def test_failed_suites_are_acknowledged_by_name(self, ready: World) -> None:
        ready.paid = "-5.0000"
        ready.build()
        one = ("--acknowledge-failure", FAILED[0])
        both = (*one, "--acknowledge-failure", FAILED[1])
        assert f"--acknowledge-failure {FAILED[1]}" in acme("approve", *TINY, "--yes", "--as", INGRID, *one, code=1)
        unknown = acme("approve", *TINY, "--yes", "--as", INGRID, *both, "--acknowledge-failure", "pmpm", code=1)
        assert "pmpm did not fail; pharmacy_spend/staging, pmpm/staging did" in unknown
        assert ready.facts().statements == ()
        acme("approve", *TINY, "--yes", "--as", INGRID, *both, "--reason", "a credit note of the client's")
        (said,) = as_json("show", *TINY)["sign_offs"]
        assert tuple(said["acknowledged_failures"]) == FAILED
        assert "I know that these suites failed" in said["meaning"]
        assert said["reason"] == "a credit note of the client's"

    def test_two_analysts_sign_where_the_client_wants_two(self, environment: Path, world: World) -> None:
        world = employ(environment, world, qa={"required_signatures": 2})
        world.deliver_all()
        world.build()
        assert "need another signature" in acme("approve", *TINY, "--yes", "--as", INGRID)
        assert "need another signature" in acme("approve", *TINY, "--yes", "--as", INGRID)
        assert len(world.facts().statements) == 1
        assert as_json("queue")[0]["signatures_missing"] == 1
        assert "Nothing waits" in acme("approve", "--queue", "--yes", "--as", INGRID)
        assert "the gate is open" in acme("approve", *TINY, "--yes", "--as", DELE)

    def test_marts_may_be_signed_one_by_one(self, ready: World) -> None:
        assert "no nonsense" in acme("approve", *TINY, "--mart", "nonsense", "--yes", "--as", INGRID, code=1)
        first, *others = ready.facts().candidate.marts
        rest = [word for mart in others for word in ("--mart", mart)]
        said = as_json("approve", *TINY, *rest, "--yes", "--as", INGRID)[0]
        assert not said["gate_is_open"]
        assert f"{first} needs another signature" in said["gate"]
        assert "the gate is open" in acme("approve", *TINY, "--mart", first, "--yes", "--as", INGRID)

    def test_a_script_signs_what_was_reviewed_or_nothing(self, ready: World) -> None:
        reviewed = as_json("show", *TINY)["evidence_digest"]
        ready.paid = "13.0000"
        ready.build()
        text = acme("approve", *TINY, "--evidence", reviewed[:12], "--yes", "--as", INGRID, code=1)
        assert f"{reviewed[:12]} was reviewed" in text
        assert "8 hex digits" in acme("approve", *TINY, "--evidence", "", "--yes", "--as", INGRID, code=1)
        assert ready.facts().statements == ()
        present = ready.facts().candidate.evidence_digest
        acme("approve", *TINY, "--evidence", present[:8], "--yes", "--as", INGRID)

    def test_who_may_not_sign_is_told_why(self, environment: Path, ready: World) -> None:
        assert f"{INGRID}, {DELE} may sign" in acme("approve", *TINY, "--yes", "--as", MALLORY, code=1)
        assert "a sign-off needs qa" in acme("approve", *TINY, "--yes", "--as", ENZO, code=1)
        assert "acme keys init" in acme("approve", *TINY, "--yes", "--as", "me@x.example", code=1)
        path = key_file(environment.parent / "keys", INGRID)
        path.chmod(0o644)
        assert f"chmod 600 {path}" in acme("approve", *TINY, "--yes", "--as", INGRID, code=1)
        assert ready.facts().statements == ()

    def test_a_passphrase_is_asked_for(self, environment: Path, ready: World) -> None:
        key_file(environment.parent / "keys", INGRID).write_bytes(KEYS[INGRID].to_pem("open sesame"))
        text = acme("approve", *TINY, "--yes", "--as", INGRID, says="close sesame\n", code=1)
        assert "the passphrase is wrong" in text
        assert ready.facts().statements == ()
        acme("approve", *TINY, "--yes", "--as", INGRID, says="open sesame\n")

    def test_a_client_night_is_named_by_two_words(self) -> None:
        assert "such as: harbor_health" in acme("approve", "tiny_health", "--yes", "--as", INGRID, code=1)
        assert "give --yes with it" in acme("approve", *TINY, "--json", "--as", INGRID, code=1)


class TestTakeBack:
    def test_a_rejection_needs_its_reason_and_says_it(self, ready: World) -> None:
        acme("reject", *TINY, "--yes", "--as", INGRID, code=2)
        assert "rejected: tiny_health" in acme("reject", *TINY, "--reason", "totals halved", "--yes", "--as", INGRID)
        assert ready.status().blocked_by.reason == "rejected by ingrid@acme.example: totals halved"

    def test_an_approval_is_revoked_and_the_gate_shuts(self, ready: World) -> None:
        nothing = acme("revoke", *TINY, "--reason", "x", "--yes", "--as", INGRID, code=1)
        assert "there is none to revoke" in nothing
        first, second = ready.approve(INGRID), ready.approve(DELE)
        assert second[:12] in acme("revoke", *TINY, "--reason", "too early", "--yes", "--as", DELE)
        text = acme("revoke", *TINY, "--reason", "x", "--statement", "0" * 12, "--yes", "--as", OTTO, code=1)
        assert f"{first[:12]} by {INGRID}" in text
        acme("revoke", *TINY, "--reason", "on-call", "--statement", first[:8], "--yes", "--as", OTTO)
        assert ready.status().state == "awaiting sign-off"
        assert "revoking a sign-off needs qa or on_call" in acme(
            "revoke", *TINY, "--reason", "x", "--yes", "--as", ENZO, code=1
        )

    def test_a_dry_run_of_a_withdrawal_changes_nothing(self, ready: World) -> None:
        assert "nothing to withdraw" in acme("withdraw", *TINY, "--reason", "x", "--dry-run", code=1)
        ready.approve()
        ready.release()
        before = ready.facts(), ready.actions()
        text = acme("withdraw", *TINY, "--reason", "wrong month", "--dry-run")
        assert "it sees nothing of this business date" in text
        assert "Nothing was signed" in text
        assert (ready.facts(), ready.actions()) == before

    def test_a_withdrawal_is_signed_done_by_the_release_run_and_in_the_history(self, ready: World) -> None:
        ready.approve()
        first = ready.release().release_id
        ready.paid = "13.0000"
        ready.build()
        ready.approve()
        second = ready.release().release_id
        text = acme("withdraw", *TINY, "--reason", "wrong month", "--yes", "--as", OTTO)
        assert f"the client sees release {second[:12]}" in text
        assert re.search(f"it sees release {first[:12]}, of .* again", text)
        assert [work.stage for work in ready.status().work] == ["release"]
        assert "is signed already" in acme("withdraw", *TINY, "--reason", "x", "--yes", "--as", OTTO, code=1)
        assert ready.release().withdrawn == second
        told = as_json("history", *TINY)
        assert told["live_release"] == first
        assert [event["what"] for event in told["events"]] == [
            "candidate_built", "approved", "released", "candidate_built", "approved", "released", "withdrawal",
            "release_withdrawn",
        ]  # fmt: skip
        assert told["events"][-1]["details"]["back_to"] == first
        shown = acme("history", *TINY)
        assert "wrong month" in shown
        assert f"The client sees release {first[:12]}" in shown

    def test_the_history_says_what_does_not_count(self, ready: World) -> None:
        ready.approve()
        acme("revoke", *TINY, "--reason", "too early", "--yes", "--as", INGRID)
        events = as_json("history", *TINY)["events"]
        assert [(event["what"], event["problem"]) for event in events[1:]] == [
            ("approved", "revoked by ingrid@acme.example: too early"),
            ("revocation", None),
        ]
        assert "does not count: revoked by" in acme("history", *TINY)
        assert "The client sees nothing" in acme("history", *TINY)
