"""What messages say: all that one needs at night, and to a client nothing that is not for them."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acme_assets.alerts.wording import FOR_CLIENTS, MOST_NIGHTS, NotForClients, client_mail, notify_text, page_text
from tests.notify.made_up import CORA, HELD, NOW, incident
from tests.world import make_client

TINY = make_client()
CLIENTS = {"tiny_health": TINY}


def test_a_page_says_all_that_one_needs_at_night() -> None:
    subject, body = page_text(incident(tried="mailed at 07:31"), CLIENTS, NOW, "https://nights.acme.example/")
    assert subject.startswith("[PAGE] tiny_health 2026-03-10: eligibility, pharmacy_claim not delivered")
    assert subject.endswith(", 2 h 00 min left")
    for said in (
        "What:   tiny_health 2026-03-10: eligibility, pharmacy_claim not delivered",
        "Whose:  Cora Client <cora@tiny.example> (client)",
        "Gone by: Wed 08:41 UTC (41 min left)",
        "Tiny Health 2026-03-10: due Wed 06:00 America/New_York, 2 h 00 min left; 64 % likely to miss, "
        "12 % were it gone now",
        "acme exception request tiny_health eligibility --kind may_be_missing --date 2026-03-10",
        "Tried:  mailed at 07:31",
        "See:    https://nights.acme.example/assets/feeds/eligibility",
        "Then:   acme alerts ack i1",
    ):
        assert said in body


def test_minutes_past_a_deadline_are_said_as_such() -> None:
    _, body = page_text(incident(), CLIENTS, NOW + timedelta(hours=2, minutes=7))
    assert "7 min past" in body
    assert "1 h 26 min past" in body


def test_the_most_urgent_night_comes_first_and_many_are_counted() -> None:
    many = [replace(HELD, client_id=f"c{n:02}", deadline=HELD.deadline + timedelta(minutes=n)) for n in range(20)]
    subject, body = page_text(incident(affected=tuple(reversed(many))), {}, NOW)
    named = [line.split()[0] for line in body.splitlines() if line.startswith("  c")]
    assert named == [f"c{n:02}" for n in range(MOST_NIGHTS)]
    assert "and 12 more client nights" in body
    assert subject.endswith("2 h 00 min left")


def test_what_nobody_knows_is_said() -> None:
    unknown = replace(HELD, p_miss=None, p_miss_if_done=None, drop_dead=None)
    _, body = notify_text(incident(affected=(unknown,), drop_dead=None), {}, NOW)
    assert "tiny_health 2026-03-10: due Wed 10:00 UTC, 2 h 00 min left; no forecast" in body
    assert "Gone by" not in body
    assert "Tried:  nothing yet" in body
    assert "Holds up no client night." in notify_text(incident(affected=()), {}, NOW)[1]


@pytest.mark.parametrize(("p", "said"), [(0.0, "0 %"), (0.004, "under 1 %"), (0.996, "over 99 %"), (1.0, "100 %")])
def test_a_risk_is_never_rounded_to_certainty(p: float, said: str) -> None:
    _, body = page_text(incident(affected=(replace(HELD, p_miss=p),)), CLIENTS, NOW)
    assert f"; {said} likely to miss" in body


@given(st.text())
def test_a_subject_is_one_short_line_that_keeps_the_time_left(text: str) -> None:
    subject, _ = page_text(incident(text=text), CLIENTS, NOW)
    assert len(subject) <= 140
    assert len(subject.splitlines()) == 1
    assert subject.endswith(", 2 h 00 min left")


def test_a_client_is_asked_for_the_files_that_are_late() -> None:
    subject, body = client_mail(incident(), TINY, NOW)
    assert subject == "Tiny Health: pharmacy claims and eligibility for Tuesday 10 March 2026 not received"
    for said in (
        "Hello Cora Client,",
        "- pharmacy claims, was due on Wednesday at 02:00 (America/New_York)",
        "Your dashboards are due on Wednesday at 06:00 (America/New_York).",
        "we need this on Wednesday at 04:41 (America/New_York) at the latest",
        "Your contact is Noor, noor@acme.example.",
        "no personal or medical data",
    ):
        assert said in body


def test_a_file_that_is_not_due_yet_is_not_called_late() -> None:
    _, body = client_mail(incident(), TINY, NOW - timedelta(hours=4))
    assert "- eligibility, is due on Wednesday at 02:00" in body
    assert "was due" not in body


def test_once_the_deadline_is_past_nobody_is_hurried_to_keep_it() -> None:
    _, body = client_mail(incident(), TINY, NOW + timedelta(hours=3))
    assert "Your dashboards were due on Wednesday at 06:00" in body
    assert "in time" not in body


def test_a_broken_file_and_an_open_question_are_asked_about_as_such() -> None:
    subject, body = client_mail(incident(kind="contract", text="eligibility is quarantined: 31 %"), TINY, NOW)
    assert subject == "Tiny Health: eligibility for Tuesday 10 March 2026 could not be accepted"
    assert "send the file again" in body
    assert "31 %" not in body
    _, body = client_mail(incident(kind="exception"), TINY, NOW)
    assert "agree or decline" in body


@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=12), st.sampled_from(sorted(FOR_CLIENTS)))
def test_nothing_of_ours_goes_to_a_client(secret: str, kind: str) -> None:
    mine = dict.fromkeys(("text", "fix", "tried", "evidence", "policy"), f"<<{secret}>>")
    subject, body = client_mail(incident(kind=kind, **mine), TINY, NOW)
    for word in (f"<<{secret}>>", "acme ", "Ingrid", "Enzo", "64 %", "tiny_health", "i1"):
        assert word not in subject + body


def test_other_causes_and_other_clients_nights_are_not_for_a_client() -> None:
    for kept in (incident(kind="warehouse"), incident(affected=()), incident(affected=(replace(HELD, client_id="b"),))):
        with pytest.raises(NotForClients, match="i1"):
            client_mail(kept, TINY, NOW)
    assert client_mail(incident(affected=(replace(HELD, client_id="b"), HELD)), TINY, NOW)[1].startswith(
        "Hello " + CORA.name
    )
