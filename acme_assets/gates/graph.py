"""The dependencies of a client night as a graph: what is owed by when, what is made of it, who signs, until when. Pure.

Every mart waits for every required feed, whichever of them it reads: a candidate is of the whole night.
Names are those of the steps in `nights.status`, and marts/<mart>.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Literal, get_args

from acme_assets.gates.changes import tuning_in_words
from acme_assets.nights.marts import Mart, marts_of
from client_partitions.calendar import deadline_at, due_at, late_at
from client_partitions.client import Client
from client_partitions.feeds import Feed

NodeKind = Literal["feed", "mart", "sign-off", "release"]


@dataclass(frozen=True)
class Node:
    """One dependency."""

    name: str
    """feeds/<feed>, marts/<mart>, sign-off or release."""
    kind: NodeKind
    text: str
    """What is asked of it, in words."""
    details: dict[str, Any]
    """The same as plain values."""


@dataclass(frozen=True)
class Edge:
    """What one dependency needs of another."""

    source: str
    target: str
    is_required: bool
    """Whether the target waits for it; otherwise it is used where it is there."""


@dataclass(frozen=True)
class Graph:
    """The dependencies of one client night."""

    client_id: str
    business_date: date
    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]

    def body(self) -> dict[str, Any]:
        """The graph as plain values."""
        return {
            "client_id": self.client_id,
            "business_date": self.business_date.isoformat(),
            "nodes": [{"name": node.name, "kind": node.kind, "text": node.text, **node.details} for node in self.nodes],
            "edges": [{"from": edge.source, "to": edge.target, "is_required": edge.is_required} for edge in self.edges],
        }

    def lines(self) -> list[str]:
        """The graph as text, one dependency a line."""
        return [line.text for line in difference(self, self)]


@dataclass(frozen=True)
class Line:
    """One line of a graph beside another one."""

    mark: Literal[" ", "-", "+"]
    """In both, in the first alone, in the second alone."""
    text: str


def graph_of(client: Client, business_date: date) -> Graph:
    """What this client's night depends on: pass the client as its terms have it."""
    owed = client.feeds_owed(business_date)
    marts = marts_of(client.feeds)
    nodes = (
        *(_feed(client, feed, business_date, is_required=feed in owed) for feed in client.feeds),
        *(_mart(mart, client, owed) for mart in marts),
        _sign_off(client),
        _release(client, business_date),
    )
    return Graph(client.client_id, business_date, nodes, tuple(_edges(client, owed, marts)))


def difference(before: Graph, after: Graph) -> list[Line]:
    """Two graphs in one list of lines, in the order of their dependencies."""
    kinds = {node.name: get_args(NodeKind).index(node.kind) for graph in (before, after) for node in graph.nodes}
    width = max(map(len, kinds), default=0)
    old, new = ({node.name: f"{node.name:<{width}}  {node.text}" for node in graph.nodes} for graph in (before, after))
    lines = []
    for name in sorted(kinds, key=lambda name: kinds[name]):
        if name in old and old[name] == new.get(name):
            lines.append(Line(" ", old[name]))
        else:
            lines += [Line("-", old[name])] if name in old else []
            lines += [Line("+", new[name])] if name in new else []
    return lines


def _feed(client: Client, feed: Feed, business_date: date, *, is_required: bool) -> Node:
    due = due_at(client, feed, business_date).astimezone(client.zone)
    late = late_at(client, feed, business_date).astimezone(client.zone)
    day_off = client.feeds[feed].required and not is_required
    asked = "required" if is_required else f"not owed for a {business_date:%A}" if day_off else "optional"
    details = {"is_required": is_required, "due_at": due.isoformat(), "late_at": late.isoformat()}
    return Node(f"feeds/{feed}", "feed", f"{asked}; due {_clock(due)}, late from {late:%H:%M}", details)


def _mart(mart: Mart, client: Client, owed: tuple[Feed, ...]) -> Node:
    reads = mart.inputs(client.feeds)
    named = ", ".join(feed if feed in owed else f"{feed} where it is there" for feed in reads)
    tuning = client.validation.get(mart.name)
    judged = f"; judged by {tuning_in_words(tuning)}" if tuning else ""
    details = {
        "needs": list(reads),
        "tuning": tuning.model_dump(mode="json", exclude_defaults=True) if tuning else {},
    }
    return Node(f"marts/{mart.name}", "mart", f"needs {named}{judged}", details)


def _sign_off(client: Client) -> Node:
    policy, analysts = client.qa, [analyst.email for analyst in client.owners.qa]
    count = f"{policy.required_signatures} signature{'s' if policy.required_signatures > 1 else ''}"
    text = f"{count} of {', '.join(analyst.name for analyst in client.owners.qa)}"
    automatic = policy.auto_approve
    if automatic:
        persons = ", ".join(policy.marts or ())
        text = (
            f"{f'{text} for {persons}; else ' if persons else ''}by the service up to a drift of {automatic.max_drift}"
        )
    details = {
        "required_signatures": policy.required_signatures,
        "analysts": analysts,
        "auto_approve_max_drift": automatic.max_drift if automatic else None,
        "marts_that_need_a_person": list(policy.marts or ()) if automatic else None,
    }
    return Node("sign-off", "sign-off", text, details)


def _release(client: Client, business_date: date) -> Node:
    deadline = deadline_at(client, business_date).astimezone(client.zone)
    return Node("release", "release", f"deadline {_clock(deadline)}", {"deadline": deadline.isoformat()})


def _edges(client: Client, owed: tuple[Feed, ...], marts: tuple[Mart, ...]) -> Iterator[Edge]:
    read = {feed for mart in marts for feed in mart.inputs(client.feeds)}
    for mart in marts:
        for feed in mart.inputs(client.feeds):
            yield Edge(f"feeds/{feed}", f"marts/{mart.name}", feed in owed)
    for feed in client.feeds:
        if feed not in read:
            yield Edge(f"feeds/{feed}", "sign-off", feed in owed)
    for mart in marts:
        yield Edge(f"marts/{mart.name}", "sign-off", True)
    yield Edge("sign-off", "release", True)


def _clock(local: datetime) -> str:
    return f"{local:%a %H:%M %Z}"
