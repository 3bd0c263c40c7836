"""Causes in our own work: loads, builds and releases that fail, at one client or at several alike; more than fits."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, timedelta

from acme_assets.alerts.cause import CauseKind
from acme_assets.alerts.files import ALIKE
from acme_assets.alerts.finding import Finding, joined, listed, minute, night_page
from acme_assets.alerts.known import FailedRun, Known, KnownNight, Throughput
from acme_assets.alerts.reasons import normalised
from acme_assets.gates.decision import approvals_of, objections_to
from acme_assets.gates.statement import Statement
from acme_assets.nights.facts import Stage
from acme_assets.nights.status import Step


def stuck(world: Known) -> list[Finding]:
    """One for each client night and stage whose work a person must mend."""
    found = []
    for item in world.open_nights:
        loads = [step for step in item.status.steps if step.name.startswith("feeds/") and _is_ours(step)]
        marts, release = item.step("marts"), item.step("release")
        if loads:
            feeds = listed(step.name.removeprefix("feeds/") for step in loads)
            found.append(_stuck(world, item, "load", loads, f"the load of {feeds} failed for good"))
        if marts and _is_ours(marts):
            failed = [model.model for model in item.night.facts.models.values() if model.state == "failed"]
            of = f": {listed(failed)}" if failed else ""
            found.append(_stuck(world, item, "build", [marts], f"the build failed{of}"))
        if release and _is_ours(release):
            found.append(_stuck(world, item, "release", [release], "the release failed for good"))
    return found


def _is_ours(step: Step) -> bool:
    return step.state == "held" and step.owner_group == "engineering"


def _stuck(world: Known, item: KnownNight, stage: Stage, steps: Sequence[Step], what: str) -> Finding:
    client_id, day = item.key
    runs = sorted(
        (run for run in world.failed_runs if run.stage == stage and item.key in run.nights),
        key=lambda run: (run.failed_at, run.run_id),
    )
    assets = {"load": f"raw/{steps[0].name.removeprefix('feeds/')}", "build": "marts/pmpm", "release": "published/pmpm"}
    return Finding(
        f"{stage}/{client_id}/{day}",
        stage,
        "engineering",
        item.client.owners.engineering,
        f"{client_id} {day}: {what}",
        min((step.since for step in steps if step.since), default=world.now),
        f"acme explain {client_id} {day}; mend the cause, then materialise {client_id}|{day} again",
        _tried(runs),
        f"/runs/{runs[-1].run_id}" if runs else night_page(assets[stage], item.key),
        {item.key: tuple(step.name for step in steps)},
        " ".join(sorted({normalised(step.reason) for step in steps})),
    )


def _tried(runs: Sequence[FailedRun]) -> str:
    if not runs:
        return ""
    times = "once" if len(runs) == 1 else f"{len(runs)} times"
    return f"tried {times}, last in run {runs[-1].run_id[:8]} at {minute(runs[-1].failed_at)}"


def warehouse(world: Known, failing: Iterable[Finding]) -> tuple[list[Finding], set[str]]:
    """One for each business date on which several clients' work fails alike, with the keys of those that join it.

    Of a warehouse that does not answer at all the watcher tells: here nothing could be read then.
    """
    alike: dict[tuple[date, str], list[Finding]] = defaultdict(list)
    by_date: dict[date, list[Finding]] = defaultdict(list)
    for item in failing:
        for _, day in item.holds:
            alike[day, item.reason].append(item)
    for (day, _), same in sorted(alike.items()):
        if len({key[0] for item in same for key in item.holds}) >= ALIKE:
            by_date[day] += same
    found = [_alike(world, day, same) for day, same in sorted(by_date.items())]
    return found, {item.key for same in by_date.values() for item in same}


def _alike(world: Known, day: date, same: list[Finding]) -> Finding:
    clients = {night[0] for item in same for night in item.holds}
    stages = listed(item.kind for item in same)
    return Finding(
        f"warehouse/{day}",
        "warehouse",
        "engineering",
        world.registry.clients[min(clients)].owners.engineering,
        f"{stages} of {day} fail alike at {len(clients)} clients: {listed(clients)}",
        sorted(item.since for item in same)[ALIKE - 1],
        f"acme stack status; acme explain {min(clients)} {day}; mend what they share, then materialise them again",
        "; ".join(dict.fromkeys(item.tried for item in same if item.tried)),
        same[0].evidence,
        joined(same),
    )


def withdrawn(world: Known) -> list[Finding]:
    """One for each client night whose candidate was rejected, or whose release was taken back: ours to correct."""
    return [
        _taken_back(item, said)
        for item in world.open_nights
        if (said := objection_to(item)) is not None
    ]  # fmt: skip


def objection_to(item: KnownNight) -> Statement | None:
    """What holds the present candidate shut until there is another one, or an approval that answers it."""
    candidate, sign_off = item.night.facts.candidate, item.step("sign-off")
    if candidate is None or sign_off is None or sign_off.state != "held" or is_tampered(item):
        return None
    objections = objections_to(item.night, candidate)
    return objections[-1] if objections and not approvals_of(item.night, candidate) else None


def is_tampered(item: KnownNight) -> bool:
    """Whether a statement that is on record is gone or altered: it holds the gate, and no signature opens it."""
    return bool(item.night.facts.lost_statements) or any(refusal.is_spoiled for refusal in item.night.refused)


def _taken_back(item: KnownNight, said: Statement) -> Finding:
    client_id, day = item.key
    is_withdrawal = said.kind == "withdrawal"
    what = "the release was withdrawn" if is_withdrawal else "the candidate was rejected"
    kind: CauseKind = "release" if is_withdrawal else "sign-off"
    return Finding(
        f"{kind}/{client_id}/{day}",
        kind,
        "engineering",
        item.client.owners.engineering,
        f"{client_id} {day}: {what} by {said.signer}",
        said.made_at,
        f"acme qa show {client_id} {day} has the reason; correct it and build again, or QA: "
        f"acme qa approve {client_id} {day}",
        holds={item.key: ("sign-off",)},
        evidence=night_page("published/pmpm", item.key),
    )


def backlog(world: Known) -> list[Finding]:
    """One for each stage and business date in which work that is due does not fit before its deadlines."""
    found = []
    for speed in sorted(world.throughput, key=lambda item: item.stage):
        queue = sorted(
            (item for item in world.open_nights if any(work.stage == speed.stage for work in item.status.work)),
            key=lambda item: (item.status.deadline, item.key),
        )
        if late := _too_late(queue, speed, world):
            found += [_backlog(world, speed, len(queue), day, late) for day in sorted({it.key[1] for it in late})]
    return found


def _too_late(queue: Sequence[KnownNight], speed: Throughput, world: Known) -> list[KnownNight]:
    """Those that wait for a slot, and end after their deadline for it; a few are no backlog."""
    late = []
    for number, item in enumerate(queue):
        ends = world.now + timedelta(minutes=(number // max(speed.slots, 1) + 1) * speed.minutes_each)
        if world.now < item.status.deadline < ends and number >= speed.slots:
            late.append(item)
    return late if len(late) >= ALIKE else []


def _backlog(world: Known, speed: Throughput, due: int, day: date, late: Sequence[KnownNight]) -> Finding:
    of_day = [item for item in late if item.key[1] == day]
    names = {item.key: _steps_of(item, speed.stage) for item in of_day}
    waiting = [step.since for item in of_day for name in names[item.key] if (step := item.step(name)) and step.since]
    return Finding(
        f"backlog/{speed.stage}/{day}",
        "backlog",
        "engineering",
        world.engineering,
        f"{due} {speed.stage}s are due, {speed.slots} go at once at {speed.minutes_each:.0f} minutes each: "
        f"{len(of_day)} of {day} end after their deadline ({listed(item.key[0] for item in of_day)})",
        min(waiting, default=world.now),
        "alter warehouse acme_night_wh set warehouse_size = 'LARGE'; docs/scaling.md",
        holds=names,
    )


def _steps_of(item: KnownNight, stage: Stage) -> tuple[str, ...]:
    if stage == "build":
        return ("marts",)
    running = (step.name for step in item.status.steps if step.state == "running" and step.name.startswith("feeds/"))
    return tuple(running)
