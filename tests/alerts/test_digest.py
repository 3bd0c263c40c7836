"""What a morning's digest says to whom: own things listed, others' counted."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from acme_assets.alerts.digest import AUDIENCES, Audience, Content, NightOver, Told, content, night_of
from acme_assets.alerts.engine import resolved
from acme_assets.alerts.incident import Incident
from acme_assets.sla.attribution import Attribution, Part
from tests.alerts.played import ANNE, BERT, DEADLINE, NIGHT, START, Played, cause
from tests.world import make_client

AS_OF = DEADLINE + timedelta(hours=2)


def late(client_id: str, minutes: dict[str, int], **changes: object) -> Attribution:
    parts = tuple(Part(group, minutes.get(group, 0), timedelta(0), "load" if minutes.get(group) else None)
                  for group in ("client", "engineering", "qa"))  # type: ignore[arg-type]  # fmt: skip
    delay = sum(minutes.values())
    return replace(
        Attribution(client_id, NIGHT, DEADLINE, DEADLINE + timedelta(minutes=delay), (), "missed", delay, parts),
        **changes,  # type: ignore[arg-type]
    )


def kept(client_id: str) -> Attribution:
    return Attribution(client_id, NIGHT, DEADLINE, DEADLINE - timedelta(hours=1), (), "met", 0)


def incident(**changes: object) -> Incident:
    return replace(Played().play(5, [cause()]).incident, **changes)  # type: ignore[arg-type]


NIGHT_OVER = NightOver(
    NIGHT,
    AS_OF,
    [kept("fine_health"), late("tiny_health", {"engineering": 40, "qa": 5}), late("slow_health", {"client": 90})],
    [
        incident(),
        incident(incident_id="b" * 16, owner_group="client", text="no file came"),
        resolved(incident(incident_id="c" * 16), BERT.email, AS_OF),
    ],
    [Told(ANNE.name, "page"), Told(ANNE.name, "page"), Told(BERT.name, "notify")],
    {"tiny_health": make_client()},
)


def part(made: Content, title: str) -> tuple[str, list[tuple[str, ...]]]:
    (found,) = [item for item in made.parts if item.title == title]
    return " ".join(found.lines), list(found.rows)


def test_figures_are_everybodys() -> None:
    for audience in AUDIENCES:
        lines, _ = part(content(audience, NIGHT_OVER), "The night")
        assert "3 deadlines: 1 kept, 2 released late, 0 not released yet" in lines
        assert "135 minutes of delay, by whose they were: client 90, engineering 40, qa 5" in lines


@pytest.mark.parametrize(
    ("audience", "names", "others"),
    [
        ("engineering", ["Tiny Health"], True),
        ("qa", ["Tiny Health"], True),
        ("client_success", ["slow_health"], True),
        ("management", ["slow_health", "Tiny Health"], False),
    ],
)
def test_what_was_late_is_listed_to_whose_minutes_it_was(audience: Audience, names: list[str], others: bool) -> None:
    lines, rows = part(content(audience, NIGHT_OVER), "What was late, why and whose")
    assert [row[0] for row in rows] == names
    assert ("Also late: 1" in lines) is others


def test_what_is_open_is_listed_to_whose_it_is_and_the_rest_is_counted() -> None:
    lines, rows = part(content("client_success", NIGHT_OVER), "Still open")
    assert [row[4] for row in rows] == ["no file came"]
    assert lines == "Others' that are open: 1."
    lines, rows = part(content("qa", NIGHT_OVER), "Still open")
    assert (rows, lines) == ([], "Nothing of yours. Others' that are open: 2.")


def test_what_is_over_says_how_much_of_it_was_somebodys_word() -> None:
    lines, _ = part(content("engineering", NIGHT_OVER), "Over")
    assert lines == "1 incident over, 1 of them by somebody's word: 1 load"


def test_the_load_of_whoever_was_on_call_is_counted_per_person() -> None:
    _, rows = part(content("management", NIGHT_OVER), "On-call load")
    assert rows == [(ANNE.name, "2", "0"), (BERT.name, "0", "1")]
    assert all(item.title != "On-call load" for item in content("qa", NIGHT_OVER).parts)


def test_the_title_says_how_it_went() -> None:
    assert content("qa", NIGHT_OVER).title.endswith("3 clients, 2 not in time")
    assert content("qa", replace(NIGHT_OVER, nights=[kept("a")])).title.endswith("1 client, all in time")


def test_a_digest_is_of_the_night_before_by_the_audiences_own_clock() -> None:
    """08:30 in Chicago is 13:30 UTC in summer and 14:30 in winter."""
    assert night_of("engineering", datetime(2026, 7, 2, 14, tzinfo=UTC)) == (
        date(2026, 7, 1),
        datetime(2026, 7, 2, 13, 30, tzinfo=UTC),
    )
    assert night_of("engineering", datetime(2026, 1, 2, 3, tzinfo=UTC))[1] == datetime(2026, 1, 1, 14, 30, tzinfo=UTC)
    assert START.tzinfo is UTC
