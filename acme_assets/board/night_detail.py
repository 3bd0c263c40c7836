"""One client night in full, from one look at the ledger and, where there is one, a forecast of its steps. Pure."""

from collections.abc import Iterator, Mapping
from datetime import datetime

from acme_assets.alerts.finding import night_page
from acme_assets.board.acting import commands_of
from acme_assets.board.building import row_of
from acme_assets.board.look import Assessed, Look
from acme_assets.board.model import (
    ClientNight,
    DagsterLink,
    Evidence,
    GraphNode,
    NightEvent,
    ReleaseLine,
    TermLine,
    TimelineEntry,
)
from acme_assets.gates.changes import described
from acme_assets.gates.decision import signatures_of, withdrawn_releases
from acme_assets.gates.exceptions import in_words
from acme_assets.gates.graph import Node, graph_of
from acme_assets.gates.statement import NoStatement, read_statement
from acme_assets.nights.marts import marts_of
from acme_assets.nights.status import Step
from acme_assets.sla.result import NightForecast, NodeForecast
from client_partitions.calendar import due_at
from client_partitions.client import Client


def client_night(look: Look, item: Assessed, made: NightForecast | None) -> ClientNight:
    """All that is known of a night. `made`: its forecast by step; None where there is none."""
    graph = graph_of(item.client, item.status.business_date)
    return ClientNight(
        look.now,
        row_of(look, item),
        tuple(_node(item, node, made) for node in graph.nodes),
        graph.edges,
        tuple(sorted(_timeline(item, made), key=lambda entry: entry.at)),
        evidence_of(item),
        tuple(_terms(item)),
        look.incidents_of.get(item.key, ()),
        _releases(item),
        tuple(sorted(_events(item), key=lambda event: event.at)),
        commands_of(item),
        _dagster(item),
        _contacts(item.client),
        made.made_at if made else None,
    )


def _node(item: Assessed, node: Node, made: NightForecast | None) -> GraphNode:
    steps = {step.name: step for step in item.status.steps}
    step = steps.get("marts" if node.kind == "mart" else node.name) or _optional(item.client, node)
    if node.kind == "mart":
        step = _of_mart(item, node.name.removeprefix("marts/"), step)
    found = _forecast_of(made, "marts" if node.kind == "mart" else node.name) if step.state != "done" else None
    return GraphNode(
        node.name,
        node.kind,
        node.text,
        step.state,
        step.reason,
        step.owner,
        step.owner_group,
        step.since,
        p50=found.p50 if found else None,
        p90=found.p90 if found else None,
        p_never=found.p_never if found else None,
        criticality=found.criticality if found else None,
        p_miss_if_done=found.p_miss_if_done if found else None,
        drop_dead=found.drop_dead if found else None,
    )


def _optional(client: Client, node: Node) -> Step:
    """A feed that the night does not wait for, and that has not come."""
    return Step(node.name, "waiting", "not delivered; the night does not wait for it", "client",
                client.owners.client.name, None)  # fmt: skip


def _of_mart(item: Assessed, mart: str, marts: Step) -> Step:
    """One mart, where it is further than all of them together: its own failure, or its own last build."""
    fact = item.night.facts.models.get(mart)
    if fact is None or fact.inputs_key != item.night.facts.inputs_key or marts.state == "done":
        return marts
    states = {"built": "done", "failed": "held", "building": "running"}
    reason = fact.reason or {"built": "built", "failed": "failed", "building": "being built"}[fact.state]
    return Step(f"marts/{mart}", states[fact.state], reason, marts.owner_group, marts.owner, fact.state_at)  # type: ignore[arg-type]


def _forecast_of(made: NightForecast | None, name: str) -> NodeForecast | None:
    return next((node for node in made.nodes if node.name == name), None) if made else None


def _timeline(item: Assessed, made: NightForecast | None) -> Iterator[TimelineEntry]:
    yield from _planned(item)
    facts = item.night.facts
    for feed, delivery in facts.deliveries.items():
        landed = delivery.landed_at or delivery.observed_at
        said = f"{delivery.rows_loaded:,} rows loaded" if delivery.is_loaded else delivery.state
        yield TimelineEntry("actual", f"feeds/{feed}", landed, delivery.state_at, said)
    if facts.candidate:
        yield TimelineEntry("actual", "marts", facts.candidate.built_at, None,
                            f"candidate {facts.candidate.evidence_digest[:12]}")  # fmt: skip
    if item.gate.is_open and item.gate.since:
        yield TimelineEntry("actual", "sign-off", item.gate.since, None, item.gate.reason)
    for release in facts.releases:
        yield TimelineEntry("actual", "release", release.released_at, None, f"release {release.release_id[:12]}")
    for node in made.nodes if made else ():
        if node.p50:
            ends = f", nine in ten by {node.p90:%H:%M} UTC" if node.p90 else ""
            yield TimelineEntry("forecast", node.name, node.p50, node.p90, f"half likely by {node.p50:%H:%M} UTC{ends}")


def _planned(item: Assessed) -> Iterator[TimelineEntry]:
    client, day = item.client, item.status.business_date
    for feed in client.feeds_owed(day):
        yield TimelineEntry("planned", f"feeds/{feed}", due_at(client, feed, day), None, f"{feed} is due")
    yield TimelineEntry("planned", "release", item.status.deadline, None, "the deadline")


def evidence_of(item: Assessed) -> Evidence | None:
    """The present candidate's evidence."""
    candidate = item.night.facts.candidate
    if candidate is None:
        return None
    marts = signatures_of(item.night)
    return Evidence(
        candidate.evidence_digest,
        candidate.built_at,
        candidate.marts,
        candidate.failed_suites,
        None if candidate.drift is None else str(candidate.drift),
        0 if item.gate.is_open else max((mart.missing for mart in marts), default=0),
        tuple(dict.fromkeys(signer for mart in marts for signer in mart.signers)),
        f"acme qa show {item.status.client_id} {item.status.business_date}",
    )


def _terms(item: Assessed) -> Iterator[TermLine]:
    for waiver in item.night.waivers:
        asked = waiver.request
        yield TermLine(
            "waiver", asked.statement_id, in_words(asked.subject), asked.reason or "", asked.signer,
            f"{waiver.acknowledgement.subject['contact']} (recorded by {waiver.acknowledgement.signer})",
            waiver.acknowledgement.made_at, asked.expires_at,
        )  # fmt: skip
    for asked in item.night.pending:
        yield TermLine("pending", asked.statement_id, in_words(asked.subject), asked.reason or "", asked.signer, None,
                       asked.made_at, asked.expires_at)  # fmt: skip
    for override in item.night.overrides:
        change = override.change
        yield TermLine("override", change.statement_id, described(change.subject), change.reason or "", change.signer,
                       override.approval.signer, override.approval.made_at, change.expires_at)  # fmt: skip


def _releases(item: Assessed) -> tuple[ReleaseLine, ...]:
    facts, gone = item.night.facts, withdrawn_releases(item.night)
    live = facts.live_release.release_id if facts.live_release else None
    return tuple(
        ReleaseLine(it.release_id, it.released_at, it.evidence_digest, it.release_id == live, it.release_id in gone)
        for it in reversed(facts.releases)
    )


def _events(item: Assessed) -> Iterator[NightEvent]:
    """What the facts hold: superseded deliveries and candidates are in `acme qa history`."""
    facts = item.night.facts
    for said in item.night.statements:
        what = str(said.subject.get("decision") or said.kind.replace("_", " "))
        yield NightEvent(said.made_at, what, said.signer, said.reason or "")
    problems = {refusal.statement_id: refusal.reason for refusal in item.night.refused}
    for fact in facts.statements:
        if fact.statement_id in problems and (made_at := _made_at(fact.text)):
            yield NightEvent(made_at, fact.kind.replace("_", " "), fact.signer, "", problems[fact.statement_id])
    if facts.candidate:
        yield NightEvent(facts.candidate.built_at, "candidate built", "engineering",
                         f"candidate {facts.candidate.evidence_digest[:12]}")  # fmt: skip
    for release in facts.releases:
        yield NightEvent(release.released_at, "released", "", f"release {release.release_id[:12]}")


def _made_at(text: str) -> datetime | None:
    """When a statement was made that does not count; None where it cannot be read at all."""
    try:
        return read_statement(text).made_at
    except NoStatement:
        return None


def _dagster(item: Assessed) -> tuple[DagsterLink, ...]:
    """The pages of the partition: what blocks it first."""
    marts = [f"published/{mart.name}" for mart in marts_of(item.client.feeds)]
    feeds = [f"raw/{feed}" for feed in item.client.feeds]
    step = item.status.blocked_by
    first = [step.name.replace("feeds/", "raw/")] if step and step.name.startswith("feeds/") else []
    names = dict.fromkeys((*first, *marts, *feeds))
    return tuple(DagsterLink(name, night_page(name, item.key)) for name in names)


def _contacts(client: Client) -> Mapping[str, str]:
    owners = client.owners
    return {
        "client": f"{owners.client.name} <{owners.client.email}>",
        "engineering": f"{owners.engineering.name} <{owners.engineering.email}>",
        "qa": ", ".join(f"{one.name} <{one.email}>" for one in owners.qa),
        "client success": f"{owners.client_success.name} <{owners.client_success.email}>",
    }
