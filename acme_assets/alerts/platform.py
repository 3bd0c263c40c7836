"""Causes beside the nights: registry, landing zone, audit log, forgeries, services' silence, freshness."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import UTC, datetime, time, timedelta

from acme_assets.alerts.finding import Finding, joined, listed, minute
from acme_assets.alerts.known import Heartbeat, Known, KnownNight, NightKey
from client_partitions.calendar import business_date_in_hand


def registry(world: Known) -> list[Finding]:
    """One for each client's file that cannot be used, and one for people.yaml."""
    today = _begin_of_day(world.now)
    found = [
        Finding(
            f"registry/{name}", "registry", "engineering", world.engineering,
            f"{name}.yaml cannot be used, and the client has no night: {_first_line(problem)}",
            today, "acme clients validate; correct the file, then restart the code location",
        )
        for name, problem in sorted(world.registry.problems.items())
    ]  # fmt: skip
    if world.roster.problem:
        text = f"people.yaml cannot be used, and nobody can sign: {_first_line(world.roster.problem)}"
        fix = "acme keys list; correct people.yaml"
        found.append(Finding("registry/people", "registry", "engineering", world.engineering, text, today, fix))
    return found


def _first_line(problem: str) -> str:
    lines = problem.splitlines() or [""]
    return lines[0] + (f" (and {len(lines) - 1} more)" if len(lines) > 1 else "")


def _begin_of_day(now: datetime) -> datetime:
    """Of what nobody knows since when it is."""
    return datetime.combine(now.astimezone(UTC).date(), time(), tzinfo=UTC)


def landing_zone(world: Known, behind: Iterable[Finding]) -> list[Finding]:
    """The landing zone, with what may lie there unseen."""
    if world.zone is None:
        return []
    holds = joined(behind)
    return [
        Finding(
            "landing zone", "landing zone", "engineering", world.engineering,
            f"the landing zone cannot be listed since {minute(world.zone.since)} ({world.zone.what}); "
            f"{len(holds)} client nights wait for files that may be there",
            world.zone.since, "mount it, or mend its permissions; the arrivals sensor looks again by itself",
            holds=holds,
        )
    ]  # fmt: skip


def audit_chain(world: Known) -> list[Finding]:
    """The audit log, where it does not verify."""
    if world.audit is None or not world.audit.findings:
        return []
    kinds = listed(world.audit.findings)
    return [
        Finding(
            "audit chain", "audit chain", "engineering", world.engineering,
            f"the audit log does not verify: {len(world.audit.findings)} findings ({kinds})",
            _begin_of_day(world.audit.checked_at),
            "acme audit verify; export what there is: acme audit export FOLDER",
        )
    ]  # fmt: skip


def forgeries(world: Known) -> list[Finding]:
    """One for each signer and client of whom there is a statement that nobody with a right to it can have written."""
    refused: dict[tuple[str, str], dict[str, list[KnownNight]]] = defaultdict(lambda: defaultdict(list))
    lost: dict[str, dict[str, list[KnownNight]]] = defaultdict(lambda: defaultdict(list))
    for item in sorted(world.nights, key=lambda item: item.key):
        client_id = item.key[0]
        for refusal in item.night.refused:
            if refusal.is_forgery:
                refused[client_id, refusal.signer][refusal.statement_id].append(item)
        for statement_id in item.night.facts.lost_statements:
            lost[client_id][statement_id].append(item)
    found = [
        _forgery(world, f"forgery/{client_id}/{signer}", client_id, ids,
                 f"{_statements(ids)} in the name of {signer} that they did not sign so")
        for (client_id, signer), ids in sorted(refused.items())
    ]  # fmt: skip
    return found + [
        _forgery(world, f"forgery/{client_id}/lost", client_id, ids,
                 f"{_statements(ids)} on the audit log and gone from the ledger")
        for client_id, ids in sorted(lost.items())
    ]  # fmt: skip


def _statements(ids: Iterable[str]) -> str:
    short = sorted(each[:12] for each in ids)
    return f"{'statement' if len(short) == 1 else 'statements'} {listed(short)}"


def _forgery(world: Known, key: str, client_id: str, ids: dict[str, list[KnownNight]], what: str) -> Finding:
    nights = {item.key: item for items in ids.values() for item in items}
    holds: dict[NightKey, tuple[str, ...]] = {key: ("sign-off",) for key, item in nights.items() if _is_shut_by(item)}
    begun = min(item.status.deadline for item in nights.values()) - timedelta(days=1)
    since = min((world.recorded[each] for each in ids if each in world.recorded), default=min(begun, world.now))
    return Finding(
        key, "forgery", "engineering", next(iter(nights.values())).client.owners.engineering,
        f"{client_id}: {what}; the gate does not count it", since,
        "acme audit verify; find out who wrote to the ledger", holds=holds,
    )  # fmt: skip


def _is_shut_by(item: KnownNight) -> bool:
    """Whether the night waits for it: what was on record and is altered or gone holds the gate."""
    spoiled = any(refusal.is_spoiled for refusal in item.night.refused)
    return item.status.state != "released" and (spoiled or bool(item.night.facts.lost_statements))


def silence(world: Known) -> list[Finding]:
    """One for each service that gives no sign of life."""
    ahead = [item.status.deadline for item in world.open_nights if item.status.deadline > world.now]
    unwatched = f"; {len(ahead)} deadlines are ahead, the next at {minute(min(ahead))}" if ahead else ""
    return [
        Finding(
            f"silence/{beat.service}", "silence", "engineering", world.engineering,
            f"{beat.service} has given no sign of life {_last(beat)}{unwatched}",
            beat.beat_at + beat.allowed if beat.beat_at else _begin_of_day(world.now),
            "acme stack status; acme stack up",
        )
        for beat in sorted(world.heartbeats, key=lambda beat: beat.service)
        if beat.beat_at is None or world.now - beat.beat_at > beat.allowed
    ]  # fmt: skip


def _last(beat: Heartbeat) -> str:
    return f"since {minute(beat.beat_at)}" if beat.beat_at else "yet"


def freshness(world: Known, covered: Iterable[NightKey]) -> list[Finding]:
    """One for each client of whom an asset's freshness policy fails while no other cause is about its night."""
    known, found = set(covered), []
    nights = {item.key: item for item in world.open_nights}
    for asset in sorted(world.stale_assets, key=lambda asset: asset.name):
        client = world.registry.clients.get(asset.client_id)
        if client is None:
            continue
        key = (client.client_id, business_date_in_hand(client, asset.since))
        if any(client_id == client.client_id for client_id, _ in known):
            continue
        known.add(key)  # of two assets of a client, one says it
        found.append(
            Finding(
                f"freshness/{asset.name}/{key[1]}", "freshness", "engineering", client.owners.engineering,
                f"Dagster shows {asset.name} as overdue, and nothing else holds {client.client_id}",
                asset.since, f"acme explain {client.client_id} {key[1]}",
                evidence=f"/assets/{asset.name}",
                holds={key: ("release",)} if key in nights else {},
            )
        )  # fmt: skip
    return found
