"""The night that the bench of backfills plays, and the search that the plan is compared with."""

from datetime import date, timedelta

import pytest

from acme_assets.simulation.fleet import make_fleet
from client_partitions.calendar import business_date_in_hand
from client_partitions.client import Client
from tests.world import NIGHT, make_client
from tools.bench_backfill.backfilling import searched
from tools.bench_backfill.files import DAYS, LateFiles, in_hand_of_all, late_files


def test_the_night_is_in_hand_for_all_while_it_is_played() -> None:
    clients = [Client.model_validate(data) for data in make_fleet(40)]
    begin = in_hand_of_all(clients, NIGHT)
    for moment in (begin, begin + timedelta(minutes=40)):
        assert {business_date_in_hand(client, moment) for client in clients} == {NIGHT}


def test_clients_around_the_whole_world_have_no_such_moment() -> None:
    zones = ("Pacific/Kiritimati", "Pacific/Pago_Pago")
    with pytest.raises(ValueError, match="no moment"):
        in_hand_of_all([make_client(time_zone=zone) for zone in zones], NIGHT)


def test_late_files_are_all_of_the_days_before() -> None:
    client = Client.model_validate(make_fleet(1)[0])
    late = late_files(client, NIGHT, 0)
    assert len(late.feeds) == DAYS
    assert all(day < NIGHT for day in late.feeds)
    for day, feeds in late.feeds.items():
        assert set(client.feeds_owed(day)) <= feeds
    assert len(late.files) >= sum(len(feeds) for feeds in late.feeds.values())


def test_the_search_finds_the_marts_that_read_what_came() -> None:
    day = date(2026, 3, 2)
    found = searched(LateFiles(make_client(), {day: frozenset({"pharmacy_claim"})}, ()))
    assert "pharmacy_spend" in found[day]
    assert searched(LateFiles(make_client(), {day: frozenset()}, ())) == {day: set()}
