"""What each channel puts on the wire, and what it makes of the answer: servers that are up, down, slow and in error."""

import logging
import threading
from collections.abc import Iterator
from datetime import timedelta
from email import message_from_string, policy

import pytest
from apprise.plugins.slack import NotifySlack

from acme_assets.notify.channel import Channel, ChannelProblem, channels_from
from acme_assets.notify.digest import Digest, Section, render_digest
from acme_assets.notify.sending import send
from tests.notify.made_up import SLACK, message
from tests.notify.servers import HttpServer, MailServer, a_closed_port, http_server, mail_server

KEY = "R0utingKeyThatIsSecret"
KINDS = ("pagerduty", "webhook", "slack")


@pytest.fixture
def server() -> Iterator[HttpServer]:
    with http_server() as found:
        yield found


@pytest.fixture
def mailbox() -> Iterator[MailServer]:
    with mail_server() as found:
        yield found


def channel(kind: str, port: int, patch: pytest.MonkeyPatch) -> Channel:
    if kind == "slack":
        patch.setattr(NotifySlack, "webhook_url", f"http://127.0.0.1:{port}/services")
        return SLACK
    url = (
        f"pagerduty+http://{KEY}@127.0.0.1:{port}" if kind == "pagerduty" else f"webhook+http://127.0.0.1:{port}/{KEY}"
    )
    return Channel(kind, url)


def test_pagerduty_gets_the_message_id_as_its_dedupe_key(server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.status = 202
    assert send(channel("pagerduty", server.port, monkeypatch), message()).result == "delivered"
    (got,) = server.got
    assert got.path == "/v2/enqueue"
    assert got.body["dedup_key"] == "m1"
    assert (got.body["routing_key"], got.body["event_action"]) == (KEY, "trigger")
    assert got.body["payload"]["summary"] == "eligibility is late"
    assert got.body["payload"]["severity"] == "critical"
    assert got.body["payload"]["custom_details"]["text"] == "Do: write to Cora\n"


def test_a_webhook_gets_the_message_id_as_its_idempotency_key(
    server: HttpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert send(channel("webhook", server.port, monkeypatch), message()).result == "delivered"
    (got,) = server.got
    assert got.headers["Idempotency-Key"] == got.body["message_id"] == "m1"
    assert (got.path, got.body["to"], got.body["urgency"]) == (f"/{KEY}", "priya@acme.example", "page")


def test_slack_gets_subject_and_body(server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    assert send(channel("slack", server.port, monkeypatch), message()).result == "delivered"
    (got,) = server.got
    assert "eligibility is late" in str(got.body)
    assert "Do: write to Cora" in str(got.body)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("status", "result", "is_down"),
    [
        (500, "again", True),
        (503, "again", True),
        (429, "again", True),
        (400, "refused", False),
        (403, "refused", False),
    ],
)
def test_an_outage_is_tried_again_and_a_refusal_is_not(
    server: HttpServer, monkeypatch: pytest.MonkeyPatch, kind: str, status: int, result: str, is_down: bool
) -> None:
    server.status = status
    found = send(channel(kind, server.port, monkeypatch), message())
    assert (found.result, found.detail, found.is_down) == (result, f"HTTP {status}", is_down)


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_is_down_said_nothing(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    found = send(channel(kind, a_closed_port(), monkeypatch), message())
    assert (found.result, found.is_down) == ("again", True)


@pytest.mark.parametrize("kind", KINDS)
def test_a_server_that_does_not_answer_may_have_said_it(
    server: HttpServer, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    server.holds = threading.Event()
    found = send(channel(kind, server.port, monkeypatch), message(), timeout=0.2)
    assert (found.result, found.is_down) == ("unknown", True)
    assert len(server.got) == 1


@pytest.mark.parametrize(
    ("asked", "wait"), [("37", 37), ("999999", 3600), ("Wed, 11 Mar 2020 08:00:00 GMT", 0), ("soon", None)]
)
def test_retry_after_is_heeded_within_an_hour(
    server: HttpServer, monkeypatch: pytest.MonkeyPatch, asked: str, wait: int | None
) -> None:
    server.status, server.headers = 429, {"Retry-After": asked}
    found = send(channel("pagerduty", server.port, monkeypatch), message())
    assert found.retry_after == (None if wait is None else timedelta(seconds=wait))


def test_a_redirect_is_a_refusal_and_is_not_followed(server: HttpServer, monkeypatch: pytest.MonkeyPatch) -> None:
    server.status, server.headers = 302, {"Location": f"http://{server.address}/elsewhere"}
    assert send(channel("webhook", server.port, monkeypatch), message()).result == "refused"
    assert len(server.got) == 1


def test_a_mail_has_an_id_made_of_the_messages(mailbox: MailServer) -> None:
    sent = [message(), message()]
    for item in sent:
        assert send(Channel("email", mailbox.url), item).result == "delivered"
    mails = [message_from_string(text, policy=policy.default) for _, text in mailbox.got]
    assert [mail["Message-ID"] for mail in mails] == ["<m1@acme.example>"] * 2
    assert [recipients for recipients, _ in mailbox.got] == [["priya@acme.example"]] * 2
    assert (mails[0]["Subject"], mails[0]["Auto-Submitted"]) == ("eligibility is late", "auto-generated")
    assert mails[0].get_content().splitlines() == ["Do: write to Cora"]


def test_a_subject_cannot_add_a_header(mailbox: MailServer) -> None:
    forged = message(subject="late\r\nBcc: everybody@example.com")
    assert send(Channel("email", mailbox.url), forged).result == "delivered"
    mail = message_from_string(mailbox.got[0][1], policy=policy.default)
    assert mail["Bcc"] is None
    assert mailbox.got[0][0] == ["priya@acme.example"]


def test_a_digests_picture_comes_attached(mailbox: MailServer) -> None:
    made = render_digest(Digest("Night", (Section("Late", ("<b>one</b>",)),), picture=b"\x89PNG not really"))
    assert send(Channel("email", mailbox.url), message(body=made.text), made.html).result == "delivered"
    mail = message_from_string(mailbox.got[0][1], policy=policy.default)
    parts = {part.get_content_type(): part for part in mail.walk()}
    assert parts["image/png"].get_content() == b"\x89PNG not really"
    assert f'src="cid:{parts["image/png"]["Content-ID"].strip("<>")}"' in parts["text/html"].get_content()
    assert "data:image" not in mailbox.got[0][1]
    assert "<b>one</b>" in parts["text/plain"].get_content()


@pytest.mark.parametrize(
    ("command", "reply", "result", "is_down"),
    [
        ("RCPT", "550 no such mailbox", "refused", False),
        ("RCPT", "450 greylisted", "again", False),
        ("MAIL", "451 try later", "again", True),
        ("DATA", "552 too much", "refused", False),
        ("EHLO", "421 closing", "again", True),
        (".", "silence", "unknown", True),
    ],
)
def test_what_a_mail_server_answers(mailbox: MailServer, command: str, reply: str, result: str, is_down: bool) -> None:
    mailbox.replies = {command: [reply] * 2, "HELO": [reply]}
    found = send(Channel("email", mailbox.url), message(), timeout=0.3)
    assert (found.result, found.is_down) == (result, is_down)


def test_a_mail_server_that_is_down_said_nothing() -> None:
    url = f"smtp://127.0.0.1:{a_closed_port()}?from=nights@acme.example"
    assert send(Channel("email", url), message()).result == "again"


@pytest.mark.parametrize("kind", KINDS)
def test_no_secret_is_in_a_log_an_outcome_or_a_representation(
    server: HttpServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "XXXXXXXXXXXXXXXXXXXXXXXX" if kind == "slack" else KEY
    for status in (200, 400, 500):
        server.status = status
        used = channel(kind, server.port, monkeypatch)
        found = send(used, message())
        assert secret not in f"{found} {used!r}"
    assert secret in str(server.got)
    assert secret not in caplog.text


def test_an_error_of_a_channel_is_an_outcome_without_its_text(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RuntimeError(f"no way to https://{KEY}")

    monkeypatch.setattr("acme_assets.notify.sending.post_message", fail)
    found = send(channel("webhook", 1, monkeypatch), message())
    assert found.result == "again"
    assert KEY not in found.detail


def test_channels_come_from_the_environment_by_name() -> None:
    env = {"ACME_CHANNEL_NONE": "", "SLACK_URL": SLACK.url}
    assert channels_from(env, {"none": "ACME_CHANNEL_NONE"}) == {}
    assert set(channels_from(env, {"slack": "SLACK_URL", "email": "MAIL_URL"})) == {"slack"}


@pytest.mark.parametrize(
    ("url", "why"),
    [
        (f"nonsense://{KEY}", "no kind that is known"),
        (f"pagerduty+http://{KEY}@pager.example", "use https"),
        (f"webhook+http://hooks.example/{KEY}", "use https"),
        (f"smtp://user:{KEY}@mail.example", "add ?from="),
        ("pagerduty://", "names no host"),
    ],
)
def test_a_url_that_cannot_be_used_is_refused_by_its_variable(url: str, why: str) -> None:
    with pytest.raises(ChannelProblem, match="ACME_CHANNEL_PAGER: ") as refused:
        channels_from({"ACME_CHANNEL_PAGER": url}, {"pager": "ACME_CHANNEL_PAGER"})
    assert why in str(refused.value)
    assert KEY not in str(refused.value)
