"""`acme demo`: one made-up night, from delivery to dashboards, with everything that can hold it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from acme_assets.cli.output import console, one_line_errors
from acme_assets.cli.rehearsal import Rehearsal, RehearsalFailed, rehearsal
from acme_assets.nights.status import NightStatus
from acme_assets.simulation.delivery import deliver
from acme_assets.simulation.demo import DEMO, DemoNight
from acme_assets.simulation.generator import generate
from acme_assets.stack.errors import StackError
from acme_assets.stack.services import board_url

TIMEOUT_SECONDS = 240


def demo(
    keep: Annotated[bool, typer.Option("--keep", envvar="KEEP", help="Leave the stack running at the end.")] = False,
) -> None:
    """One made-up night of five clients, with everything that can hold it.

    On time, a feed missing, a broken file, one nobody signs, one with bad rows.

    Starts a stack of its own, delivers generated files, shows who is held and
    why, signs off through the CLI, waits for the releases, and checks that the
    night ended as it should. Exits with 1 if it did not.
    """
    business_date = datetime.now(UTC).date() - timedelta(days=1)
    with one_line_errors(RehearsalFailed, StackError), rehearsal("demo", "demo", business_date, keep=keep) as run:
        _deliver(run)
        run.wait(_is_held, TIMEOUT_SECONDS)
        run.show()
        for night in DEMO:
            if night.expected.blocked_by == "client":
                run.acme("explain", night.client_id, business_date.isoformat())
                console.print()
        run.give_keys(night.signed_by for night in DEMO if night.signed_by)
        run.acme("qa", "queue", "--date", business_date.isoformat())
        for night in DEMO:
            if night.signed_by:
                run.acme("qa", "approve", night.client_id, business_date.isoformat(), "--yes", "--as", night.signed_by)
        run.wait(_is_over, TIMEOUT_SECONDS)
        run.show()
        _check(run)
        console.print(f"Dagster's UI{' is' if keep else ' was'} at {run.address}")
        console.print(f"The status board{' is' if keep else ' was'} at {board_url(run.home)}")


def _deliver(run: Rehearsal) -> None:
    for night in DEMO:
        client = run.work.registry.client(night.client_id)
        files = generate(client, run.business_date, fault=night.faults)
        deliver(files, run.home.landing, client)
        run.say(f"{client.client_id} delivers {len(files)} files{_faults(night)}")


def _faults(night: DemoNight) -> str:
    return "".join(f"; {fault.kind.value.replace('_', ' ')}: {fault.feed}" for fault in night.faults)


def _is_held(nights: Mapping[str, NightStatus]) -> bool:
    """Before the sign-offs: each night waits for the one thing that the demo is about."""
    return all(_waits_for(nights[night.client_id], night) for night in DEMO)


def _waits_for(status: NightStatus, night: DemoNight) -> bool:
    if night.expected.blocked_by != "client":
        return status.state in ("awaiting sign-off", "released")
    hindered = {f"feeds/{fault.feed}" for fault in night.faults}
    feeds = [step for step in status.steps if step.name.startswith("feeds/")]
    return all(step.state == "done" or (step.name in hindered and step.state != "running") for step in feeds) and all(
        step.state == "held" for step in feeds if step.name in hindered and "not delivered" not in step.reason
    )


def _is_over(nights: Mapping[str, NightStatus]) -> bool:
    return all((nights[night.client_id].state == "released") == night.expected.released for night in DEMO)


def _check(run: Rehearsal) -> None:
    """Raise RehearsalFailed unless exactly the expected clients are released, and the others held by whom they should.

    What is released is read in the views that clients see.
    """
    from sqlalchemy import func, select

    from acme_assets.nights.marts import MARTS
    from acme_assets.warehouse.mart_tables import dashboard_view

    with run.work.warehouse.begin() as connection:
        visible = {
            client_id
            for mart in MARTS
            for client_id in connection.execute(select(func.distinct(dashboard_view(mart).c.client_id))).scalars()
        }
    problems = []
    nights = {night.client_id: night for night in run.nights()}
    for night in DEMO:
        status, expected = nights[night.client_id], night.expected
        owner = status.blocked_by.owner_group if status.blocked_by else None
        if (night.client_id in visible) != expected.released:
            problems.append(f"{night.client_id} is {'' if expected.released else 'not '}to be visible")
        if owner != expected.blocked_by:
            problems.append(f"{night.client_id} is blocked by {owner}, not by {expected.blocked_by}")
    if problems:
        raise RehearsalFailed("; ".join(problems))
    released = [night.client_id for night in DEMO if night.expected.released]
    console.print(f"[green]As it should be:[/] {', '.join(released)} released; each other client held by its owner.")
