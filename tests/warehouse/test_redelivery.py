"""Content is loaded once for ever, however often and under whatever order of redeliveries it comes."""

import random
from collections import Counter
from pathlib import Path

import pytest
from sqlalchemy import func, select

from acme_assets.warehouse.ledger import deliveries, loads
from acme_assets.warehouse.loading import FileChanged
from acme_assets.warehouse.raw_tables import raw_table
from tests.world import NIGHT, World, client_data, make_client

CONTENTS = ["person,start\n" + "".join(f"p{number},2026-01-01\n" for number in range(rows)) for rows in (2, 3, 5)]


def rows_per_load(world: World) -> dict[str, int]:
    """Delivery to its rows in RAW."""
    raw = raw_table("eligibility")
    with world.warehouse.begin() as connection:
        rows = connection.execute(select(raw.c.delivery_id, func.count()).group_by(raw.c.delivery_id))
        return {row[0]: row[1] for row in rows}


@pytest.mark.parametrize("seed", range(3))
def test_contents_that_come_again_and_again_are_in_raw_once_each(world: World, seed: int) -> None:
    dice = random.Random(seed)
    sent = [dice.randrange(3) for _ in range(9)]
    last = {number: world.deliver("eligibility", CONTENTS[number]) for number in sent}
    assert sorted(rows_per_load(world).values()) == sorted([(2, 3, 5)[number] for number in set(sent)])
    with world.warehouse.begin() as connection:
        assert connection.execute(select(func.count()).select_from(loads)).scalar_one() == len(set(sent))
        states = Counter(connection.execute(select(deliveries.c.state)).scalars())
    assert states == Counter({"loaded": 1, "superseded": len(set(sent)) - 1}) - Counter({"superseded": 0})
    assert world.facts().inputs == {"eligibility": last[sent[-1]].delivery_id}


def test_the_same_content_under_another_name_is_the_same_delivery(world: World) -> None:
    data = client_data()
    data["feeds"]["eligibility"]["files"][0]["pattern"] = "{date}/eligibility*.csv"
    world.client = make_client(feeds=data["feeds"])
    first = world.deliver("eligibility", CONTENTS[0])
    path = world.put("eligibility", CONTENTS[0])
    path.rename(path.with_name("eligibility_again.csv"))
    assert [item.outcome for item in world.notice()] == ["same"]
    assert world.load("eligibility").is_repeat
    assert rows_per_load(world) == {first.delivery_id: 2}


def test_new_content_under_the_same_name_while_the_old_is_to_be_loaded_is_another_delivery(world: World) -> None:
    path: Path = world.put("eligibility", CONTENTS[0])
    world.notice()
    path.write_text(CONTENTS[1])
    with pytest.raises(FileChanged):
        world.load("eligibility")
    assert rows_per_load(world) == {}
    world.notice()
    outcome = world.load("eligibility")
    assert rows_per_load(world) == {outcome.delivery_id: 3}
    with world.warehouse.begin() as connection:
        states = dict(connection.execute(select(deliveries.c.state, deliveries.c.reason)).all())
    assert states == {"loaded": None, "superseded": f"superseded by delivery {outcome.delivery_id}"}
    assert world.facts().business_date == NIGHT
