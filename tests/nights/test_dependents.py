"""Which nights and marts depend on a delivery: compared with a search of the whole graph, for made-up windows."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acme_assets.gates.graph import graph_of
from acme_assets.nights.dependents import LOOKS_BACK, Came, Night, dependents
from acme_assets.nights.marts import MARTS
from client_partitions.client import Client
from tests.world import NIGHT, client_data, make_client


def with_patient(client_id: str) -> Client:
    """A client that also sends a feed that no mart reads."""
    data = client_data()
    data["feeds"]["patient"] = {**data["feeds"]["eligibility"]}
    return make_client(client_id=client_id, landing=client_id, feeds=data["feeds"])


CLIENTS = {"one": make_client(client_id="one", landing="one"), "two": with_patient("two")}
FIRST = NIGHT - timedelta(days=6)
DAYS = [FIRST + timedelta(days=number) for number in range(8)]
UNTIL = {"one": NIGHT, "two": NIGHT - timedelta(days=1)}


def searched(came: Iterable[Came], looks_back: Mapping[str, int]) -> dict[Night, tuple[set[Came], set[str]]]:
    """The oracle: every edge from one night's feed to a night that reads it, by the graphs that people are shown."""
    edges: dict[tuple[str, date, str], set[tuple[str, date, str]]] = defaultdict(set)
    for name, client in CLIENTS.items():
        for day in DAYS:
            for edge in graph_of(client, day).edges:
                if edge.source.startswith("feeds/"):
                    edges[name, day, edge.source].add((name, day, edge.target))
                    edges[name, day, edge.source].add((name, day, "sign-off"))
                    mart = edge.target.removeprefix("marts/")
                    for later in DAYS:
                        if timedelta() < later - day <= timedelta(days=looks_back.get(mart, 0)):
                            edges[name, day, edge.source].add((name, later, edge.target))
    found: dict[Night, tuple[set[Came], set[str]]] = {}
    for item in came:
        for name, day, target in edges[item.client_id, item.business_date, f"feeds/{item.feed}"]:
            if day <= UNTIL[name]:
                items, marts = found.setdefault((name, day), (set(), set()))
                items.add(item)
                marts |= {target.removeprefix("marts/")} - {"sign-off"}
    return found


CAME = st.builds(
    Came,
    st.sampled_from(sorted(CLIENTS)),
    st.sampled_from(DAYS),
    st.sampled_from(("eligibility", "pharmacy_claim", "lab_result", "patient", "medical_claim")),
)
WINDOWS = st.fixed_dictionaries({name: st.integers(0, 4) for name in MARTS})


@given(st.lists(CAME, max_size=8), WINDOWS)
def test_the_dependents_are_those_that_a_search_of_the_graph_finds(
    came: list[Came], looks_back: dict[str, int]
) -> None:
    found = dependents(came, CLIENTS, UNTIL, looks_back)
    assert {night: (set(item.came), set(item.marts)) for night, item in found.items()} == searched(came, looks_back)


def test_today_no_mart_looks_back_so_that_only_the_night_itself_depends_on_its_files() -> None:
    assert set(LOOKS_BACK.values()) == {0}
    came = [Came("one", FIRST, "pharmacy_claim")]
    found = dependents(came, CLIENTS, UNTIL)
    assert {night: item.marts for night, item in found.items()} == {("one", FIRST): ("pmpm", "pharmacy_spend")}


def test_a_mart_that_looks_back_is_rebuilt_for_the_nights_after_and_the_others_are_not() -> None:
    came = [Came("one", FIRST, "pharmacy_claim")]
    found = dependents(came, CLIENTS, UNTIL, {**LOOKS_BACK, "pmpm": 2})
    assert {(day - FIRST).days: item.marts for (_, day), item in found.items()} == {
        0: ("pmpm", "pharmacy_spend"),
        1: ("pmpm",),
        2: ("pmpm",),
    }


@pytest.mark.parametrize("came", [Came("gone", FIRST, "eligibility"), Came("one", FIRST, "patient")])
def test_what_nobody_owes_has_no_dependents(came: Came) -> None:
    assert dependents([came], CLIENTS, UNTIL) == {}


def test_a_feed_that_no_mart_reads_is_in_the_evidence_of_its_night_alone() -> None:
    found = dependents([Came("two", FIRST, "patient")], CLIENTS, UNTIL, dict.fromkeys(MARTS, 4))
    assert {night: item.marts for night, item in found.items()} == {("two", FIRST): ()}
