"""The list of a night's clients from one look at the ledger: rows, their order and counts. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from acme_assets.board.look import Assessed, Look
from acme_assets.board.model import Board, Counts, NightRow, Problem, StageMark, StageName
from acme_assets.nights.status import Step, StepState
from acme_assets.sla.attribution import GROUPS
from acme_assets.sla.outcomes import is_night, outcome_of


def board_of(look: Look) -> Board:
    """The board."""
    rows = sorted((row_of(look, look.nights[key]) for key in look.in_hand if key in look.nights), key=_by_risk)
    problems = problems_of(look)
    earlier = sum(key not in look.in_hand for key in look.nights)
    counts = counts_of(rows, len(look.registry.problems), len(look.incidents), earlier)
    return Board(look.now, look.now, tuple(rows), counts, problems, look.incidents)


def _by_risk(row: NightRow) -> tuple[Any, ...]:
    """Not released first; then the highest risk, which what is missed already has; then the deadline."""
    is_released = row.state == "released"
    return is_released, 0.0 if is_released else -(row.p_miss or 0.0), row.deadline, row.client_id, row.business_date


def counts_of(rows: Sequence[NightRow], registry_errors: int, incidents: int, earlier: int) -> Counts:
    """How many rows are how."""
    states = Counter(row.state for row in rows)
    groups = Counter(row.owner_group for row in rows if row.owner_group)
    return Counts(
        len(rows),
        released=states["released"],
        awaiting_sign_off=states["awaiting sign-off"],
        running=states["running"],
        waiting=states["waiting"],
        held=states["held"],
        missed=sum(row.missed for row in rows),
        at_risk=sum(row.is_at_risk for row in rows),
        registry_errors=registry_errors,
        incidents=incidents,
        earlier_open=earlier,
        by_owner_group={group: groups[group] for group in GROUPS},
    )


def of_client(board: Board, client_id: str) -> Board:
    """One client's part of a board."""
    rows = tuple(row for row in board.nights if row.client_id == client_id)
    incidents = tuple(
        item for item in board.incidents if any(affected.client_id == client_id for affected in item.affected)
    )
    problems = tuple(item for item in board.problems if client_id in (item.client_id, item.name))
    counts = counts_of(rows, sum(item.kind == "registry" for item in problems), len(incidents), 0)
    return replace(board, nights=rows, counts=counts, incidents=incidents, problems=problems)


def problems_of(look: Look) -> tuple[Problem, ...]:
    """What is of no client night."""
    broken = [Problem("registry", name, text, "engineering") for name, text in look.registry.problems.items()]
    people = [Problem("people", "people.yaml", look.roster.problem, "engineering")] if look.roster.problem else []
    strays = [
        # Without its name: a file that is nobody's may be called anything, a member's name among it.
        Problem(
            "stray file",
            item.client_id or "the landing zone",
            item.reason,
            item.owner_group,
            item.first_seen_at,
            item.client_id,
        )
        for item in look.strays
    ]
    return (*people, *broken, *strays)


def row_of(look: Look, item: Assessed) -> NightRow:
    """One night of the list."""
    status, client = item.status, item.client
    said = None if status.state == "released" else look.forecasts.get(item.key)
    # One that was made for another deadline says nothing of this one; the next tick makes a new one.
    if said is not None and said.deadline != status.deadline:
        said = None
    late, missed = feeds_late(item), is_missed(look, item)
    blocked_by = None if status.state == "released" else status.blocked_by
    incidents = look.incidents_of.get(item.key, ())
    words = [
        *(client.client_id, client.name, status.business_date.isoformat(), status.state, client.tier),
        *((blocked_by.name, blocked_by.reason, blocked_by.owner, blocked_by.owner_group) if blocked_by else ()),
        *late,
        *(incident.text for incident in incidents),
    ]
    return NightRow(
        client.client_id,
        client.name,
        status.business_date,
        client.tier,
        status.state,
        status.deadline,
        client.zone,
        status.steps,
        stages_of(item),
        blocked_by,
        p_miss=1.0 if missed and status.state != "released" else said.p_miss if said else None,
        p50=said.p50 if said else None,
        p90=said.p90 if said else None,
        driver=said.driver if said else None,
        driver_group=said.driver_group if said else None,
        drop_dead=said.drop_dead_at if said else None,
        forecast_at=said.made_at if said else None,
        released_at=status.released_at,
        missed=missed,
        incidents=tuple(incident.incident_id for incident in incidents),
        feeds_late=late,
        search=" ".join(words).lower(),
    )


def is_missed(look: Look, item: Assessed) -> bool:
    """Whether its deadline passed without a release that stood."""
    outcome = outcome_of(item.night, item.status, None, look.now) if is_night(item.night) else None
    return outcome is not None and not outcome.met


def feeds_late(item: Assessed) -> tuple[str, ...]:
    """Feeds whose delivery the client owes us since a while: late, or quarantined."""
    return tuple(
        step.name.removeprefix("feeds/")
        for step in needed_feeds(item)
        if step.state == "held" and step.owner_group == "client"
    )


def needed_feeds(item: Assessed) -> list[Step]:
    """The feeds that the night waits for, or waited for."""
    facts = item.night.facts
    owed = item.client.feeds_owed(facts.business_date)
    names = {f"feeds/{feed}" for feed in (*owed, *(it.feed for it in facts.deliveries.values() if it.is_pending))}
    return [step for step in item.status.steps if step.name in names]


def stages_of(item: Assessed) -> tuple[StageMark, ...]:
    """The strip of six stages."""
    feeds = needed_feeds(item)
    steps = {step.name: step for step in item.status.steps}
    marts, sign_off, release = (steps[name] for name in ("marts", "sign-off", "release"))
    unmet = [step for step in feeds if step.state != "done"]
    theirs = [step for step in unmet if step.owner_group == "client"]
    ours = [step for step in unmet if step.owner_group != "client"]
    return (
        _mark("feeds", theirs, f"{len(feeds) - len(theirs)} of {len(feeds)} here" if feeds else "nothing is owed"),
        _mark("load", ours or theirs, f"{len(feeds) - len(unmet)} of {len(feeds)} loaded", is_waiting=not ours),
        StageMark("marts", marts.state, marts.reason),
        _suites(item, marts, sign_off),
        StageMark("sign-off", sign_off.state, sign_off.reason),
        StageMark("release", release.state, release.reason),
    )


def _mark(name: StageName, unmet: Sequence[Step], text: str, *, is_waiting: bool = False) -> StageMark:
    """The state of the worst feed; `is_waiting`: they are held up before this stage."""
    if not unmet:
        return StageMark(name, "done", text)
    if is_waiting:
        return StageMark(name, "waiting", text)
    state = min((step.state for step in unmet), key=_WORST_FIRST.index)
    named = ", ".join(step.name.removeprefix("feeds/") for step in unmet if step.state == state)
    return StageMark(name, state, f"{text}; {state}: {named}")


_WORST_FIRST: tuple[StepState, ...] = ("held", "running", "waiting")


def _suites(item: Assessed, marts: Step, sign_off: Step) -> StageMark:
    candidate = item.night.facts.candidate
    if candidate is None or marts.state != "done":
        return StageMark("suites", "waiting", "needs a candidate")
    failed = candidate.failed_suites
    if not failed:
        return StageMark("suites", "done", "all passed")
    named = f"{len(failed)} failed: {', '.join(failed)}"
    if sign_off.state == "done":
        return StageMark("suites", "done", f"{named}; acknowledged by QA")
    return StageMark("suites", "held", named)
