"""A pull is due from its lead until a day after its feeds were, once an interval; a complete API night is not."""

from datetime import UTC, date, datetime, timedelta

from acme_assets.landing.due import DuePull, due_pulls
from client_partitions.client import Client
from tests.landing.made_up import API, SFTP, pulling_client

LEAD = {"lead_minutes": 60, "every_minutes": 15}
API_CLIENT = pulling_client({**API, **LEAD})
SFTP_CLIENT = pulling_client({**SFTP, **LEAD})
DUE = datetime(2026, 3, 11, 6, 0, tzinfo=UTC)
"""02:00 in New York, summer time."""


def due(now: datetime, client: Client = API_CLIENT, complete: tuple[date, ...] = ()) -> list[DuePull]:
    return due_pulls([client], now, lambda client, pull, day: day in complete)


def dates(found: list[DuePull]) -> list[date]:
    return [item.business_date for item in found]


def test_an_api_is_asked_for_each_night_from_its_lead_until_a_day_after() -> None:
    ninth, tenth = date(2026, 3, 9), date(2026, 3, 10)
    assert dates(due(DUE - timedelta(minutes=61))) == [ninth]
    assert dates(due(DUE - timedelta(minutes=60))) == [ninth, tenth]
    assert dates(due(DUE)) == [tenth]
    assert due(DUE)[0].due_at == DUE


def test_a_night_that_is_complete_is_not_asked_for_again() -> None:
    assert dates(due(DUE, complete=(date(2026, 3, 10),))) == []
    assert dates(due(DUE - timedelta(minutes=30), complete=(date(2026, 3, 9),))) == [date(2026, 3, 10)]


def test_the_key_is_the_same_within_an_interval_and_another_in_the_next() -> None:
    keys = [due(DUE + timedelta(minutes=minutes))[0].key for minutes in (0, 14, 15, 29)]
    assert keys[0] == keys[1] != keys[2] == keys[3]
    assert keys[0] == "pull/tiny_health/source/2026-03-10/4"


def test_a_server_is_looked_at_once_for_all_nights() -> None:
    assert dates(due(DUE - timedelta(minutes=30), SFTP_CLIENT)) == [date(2026, 3, 10)]
    assert dates(due(DUE, SFTP_CLIENT, (date(2026, 3, 10),))) == [date(2026, 3, 10)]


def test_nothing_is_pulled_for_a_day_on_which_nothing_is_owed() -> None:
    data = API_CLIENT.model_dump(mode="json", by_alias=True)
    for feed in ("eligibility", "pharmacy_claim"):
        data["feeds"][feed]["days"] = ["mon"]
    client = Client.model_validate(data)
    assert dates(due(DUE, client)) == []
    assert dates(due(DUE - timedelta(days=1), client)) == [date(2026, 3, 9)]


def test_the_window_follows_the_clients_clock_over_a_change_of_time() -> None:
    """On 8 March 2026 New York's clocks skip 02:00 to 03:00: due that morning at 07:00 UTC, the next at 06:00."""
    assert dates(due(datetime(2026, 3, 8, 5, 59, tzinfo=UTC))) == [date(2026, 3, 6)]
    assert dates(due(datetime(2026, 3, 8, 6, 0, tzinfo=UTC))) == [date(2026, 3, 6), date(2026, 3, 7)]


def test_the_most_urgent_comes_first() -> None:
    later = pulling_client({**API, **LEAD}, client_id="later", time_zone="America/Los_Angeles")
    found = due_pulls([later, API_CLIENT], DUE + timedelta(hours=2), lambda *_: False)
    assert [item.client_id for item in found if item.business_date == date(2026, 3, 10)] == ["tiny_health", "later"]
