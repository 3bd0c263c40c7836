"""Client nights as Dagster partitions: a rolling window, and keys that lead back to client and date."""

from datetime import date, timedelta

from client_partitions.partitions import WINDOW, client_night, client_nights, partition_key

TODAY = date(2026, 3, 10)


def test_a_key_leads_back_to_its_client_night() -> None:
    key = partition_key("tiny_health", TODAY)
    assert str(key) == "tiny_health|2026-03-10"
    assert client_night(str(key)) == ("tiny_health", TODAY)


def test_every_client_night_of_the_window_has_its_key() -> None:
    keys = client_nights(["beta", "alpha"], TODAY).get_partition_keys()
    assert len(keys) == len(set(keys))
    assert {client_night(str(key))[0] for key in keys} == {"alpha", "beta"}
    assert str(partition_key("alpha", TODAY - WINDOW)) in keys
    assert str(partition_key("alpha", TODAY - WINDOW - timedelta(days=1))) not in keys
