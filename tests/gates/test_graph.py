"""The dependencies of a client night as nodes and edges, as text, and as a difference."""

import json
from datetime import date

from acme_assets.gates.changes import under_override
from acme_assets.gates.graph import Edge, Graph, Line, difference, graph_of
from client_partitions.client import Client
from tests.nights.made_up import CLIENT, client_owing
from tests.world import INGRID, NIGHT, client_data, make_client


def node_texts(graph: Graph) -> dict[str, str]:
    return {node.name: node.text for node in graph.nodes}


def marked(before: Client, after: Client) -> list[Line]:
    return [line for line in difference(graph_of(before, NIGHT), graph_of(after, NIGHT)) if line.mark != " "]


def test_the_graph_says_what_is_owed_by_when_what_is_made_of_it_who_signs_and_until_when() -> None:
    assert node_texts(graph_of(CLIENT, NIGHT)) == {
        "feeds/eligibility": "required; due Wed 02:00 EDT, late from 02:30",
        "feeds/pharmacy_claim": "required; due Wed 02:00 EDT, late from 02:30",
        "feeds/lab_result": "optional; due Wed 02:00 EDT, late from 02:30",
        "marts/member_months": "needs eligibility",
        "marts/pmpm": "needs eligibility, pharmacy_claim",
        "marts/pharmacy_spend": "needs pharmacy_claim",
        "marts/lab_volume": "needs lab_result where it is there",
        "sign-off": "1 signature of Ingrid, Dele",
        "release": "deadline Wed 06:00 EDT",
    }


def test_edges_lead_from_the_feeds_to_the_release_and_say_what_is_waited_for() -> None:
    edges = set(graph_of(CLIENT, NIGHT).edges)
    assert Edge("feeds/pharmacy_claim", "marts/pmpm", True) in edges
    assert Edge("feeds/lab_result", "marts/lab_volume", False) in edges
    assert Edge("marts/pmpm", "sign-off", True) in edges
    assert Edge("sign-off", "release", True) in edges


def test_a_feed_that_no_mart_reads_leads_to_the_sign_off() -> None:
    data = client_data()
    data["feeds"]["patient"] = {**data["feeds"]["eligibility"]}
    assert Edge("feeds/patient", "sign-off", True) in graph_of(make_client(feeds=data["feeds"]), NIGHT).edges


def test_every_edge_joins_two_nodes() -> None:
    graph = graph_of(CLIENT, NIGHT)
    names = {node.name for node in graph.nodes}
    assert all({edge.source, edge.target} <= names for edge in graph.edges)


def test_times_are_on_the_clients_wall_clock_whatever_the_season() -> None:
    assert node_texts(graph_of(CLIENT, date(2026, 1, 13)))["release"] == "deadline Wed 06:00 EST"


def test_a_feed_that_is_not_owed_on_the_weekday_is_told_from_an_optional_one() -> None:
    weekly = client_owing(eligibility={"days": ["mon"]})
    assert node_texts(graph_of(weekly, NIGHT))["feeds/eligibility"].startswith("not owed for a Tuesday; due")


def test_who_signs_is_told_where_the_service_may() -> None:
    policy = {"auto_approve": {"max_drift": 0.2}, "required_signatures": 2, "marts": ["pmpm"]}
    sign_off = node_texts(graph_of(make_client(qa=policy), NIGHT))["sign-off"]
    assert sign_off == "2 signatures of Ingrid, Dele for pmpm; else by the service up to a drift of 0.2"
    alone = node_texts(graph_of(make_client(qa={"auto_approve": {"max_drift": 0.2}}), NIGHT))["sign-off"]
    assert alone == "by the service up to a drift of 0.2"


def test_the_graph_is_plain_values() -> None:
    body = json.loads(json.dumps(graph_of(CLIENT, NIGHT).body()))
    assert body["business_date"] == "2026-03-10"
    nodes = {node["name"]: node for node in body["nodes"]}
    assert nodes["feeds/lab_result"]["is_required"] is False
    assert nodes["feeds/eligibility"]["late_at"] == "2026-03-11T02:30:00-04:00"
    assert nodes["sign-off"]["analysts"][0] == INGRID
    assert nodes["release"]["deadline"] == "2026-03-11T06:00:00-04:00"
    assert {"from": "sign-off", "to": "release", "is_required": True} in body["edges"]


def test_a_graph_differs_from_itself_in_nothing() -> None:
    graph = graph_of(CLIENT, NIGHT)
    assert {line.mark for line in difference(graph, graph)} == {" "}
    assert graph.lines()[0] == "feeds/eligibility     required; due Wed 02:00 EDT, late from 02:30"


def test_only_the_lines_that_change_are_marked() -> None:
    found = marked(CLIENT, under_override(CLIENT, {"change": "extra_feed", "feed": "lab_result"}))
    assert found == [
        Line("-", "feeds/lab_result      optional; due Wed 02:00 EDT, late from 02:30"),
        Line("+", "feeds/lab_result      required; due Wed 02:00 EDT, late from 02:30"),
        Line("-", "marts/lab_volume      needs lab_result where it is there"),
        Line("+", "marts/lab_volume      needs lab_result"),
    ]


def test_a_tuned_suite_is_a_change_of_its_mart() -> None:
    tuned = under_override(CLIENT, {"change": "suite", "mart": "pmpm", "tuning": {"max_drift": "0.8", "min_rows": 3}})
    assert marked(CLIENT, tuned)[1].text.endswith(
        "needs eligibility, pharmacy_claim; judged by min_rows 3, max_drift 0.8"
    )


def test_a_dependency_that_one_graph_lacks_is_marked_once_and_in_its_place() -> None:
    data = client_data()
    del data["feeds"]["lab_result"]
    without = make_client(feeds=data["feeds"])
    assert [(line.mark, line.text.split()[0]) for line in marked(without, CLIENT)] == [
        ("+", "feeds/lab_result"),
        ("+", "marts/lab_volume"),
    ]
    names = [line.text.split()[0] for line in difference(graph_of(without, NIGHT), graph_of(CLIENT, NIGHT))]
    assert names.index("feeds/lab_result") < names.index("marts/member_months")
