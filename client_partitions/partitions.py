"""The Dagster partitions: one key per client night, `client|YYYY-MM-DD`.

The window is about 400 days: raw is kept a year, so nothing older can be rebuilt. It reaches one day past
today in UTC, because a business date ends, and its files arrive, earlier east of there.
"""

from collections.abc import Iterable
from datetime import date, timedelta

from dagster import DailyPartitionsDefinition, MultiPartitionKey, MultiPartitionsDefinition, StaticPartitionsDefinition

WINDOW = timedelta(days=400)

CLIENT, DATE = "client", "date"


def client_nights(client_ids: Iterable[str], today: date) -> MultiPartitionsDefinition:
    """Client x business date. `today` is the UTC date when the definitions are loaded."""
    return MultiPartitionsDefinition(
        {
            CLIENT: StaticPartitionsDefinition(sorted(client_ids)),
            DATE: DailyPartitionsDefinition(start_date=(today - WINDOW).isoformat(), end_offset=1),
        }
    )


def partition_key(client_id: str, business_date: date) -> MultiPartitionKey:
    """The key of a client night."""
    return MultiPartitionKey({CLIENT: client_id, DATE: business_date.isoformat()})


def client_night(key: str) -> tuple[str, date]:
    """Client id and business date of a key."""
    client_id, _, business_date = key.partition("|")
    return client_id, date.fromisoformat(business_date)
