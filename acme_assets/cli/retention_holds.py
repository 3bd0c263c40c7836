"""`acme retention hold`, `unhold` and `holds`: data that must stay whatever its age."""

from datetime import date
from typing import Annotated, Any

import typer

from acme_assets.cli.nights import JsonOption
from acme_assets.cli.output import console, escaped, one_line_errors, parse_date, print_json, print_table
from acme_assets.cli.platform import platform
from acme_assets.cli.signer import AsOption, signer_of
from acme_assets.nights.retention import Hold
from acme_assets.warehouse.holds import lift_hold, place_hold, read_holds

ReasonOption = Annotated[str, typer.Option(help="Why, for the audit log: a matter's or a ticket's number.")]

EVERY_CLIENT = "all"


def hold(
    client_id: Annotated[str, typer.Argument(help=f"Client id, or `{EVERY_CLIENT}`.")],
    reason: ReasonOption,
    on: Annotated[str | None, typer.Option("--date", "-d", help="First business date. Default: every one.")] = None,
    to: Annotated[str | None, typer.Option("--to", help="Last business date. Default: --date, or every one.")] = None,
    until: Annotated[
        str | None, typer.Option(help="The last UTC day on which it counts. Default: until it is lifted.")
    ] = None,
    who: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Keep a client's data, raw and curated, whatever its age. What is gone already does not come back.

    Examples:

        acme retention hold harbor_health --reason "matter 2026-17"
        acme retention hold harbor_health --date 2025-01-01 --to 2025-03-31 --until 2027-12-31 --reason "INC-1042"
    """
    with one_line_errors():
        work = platform()
        if client_id != EVERY_CLIENT:
            _require_known(work, client_id)
        first = parse_date(on) if on else date.min
        last = parse_date(to) if to else first if on else date.max
        placed = place_hold(
            work.warehouse,
            signer_of(who),
            work.roster(),
            client_id=None if client_id == EVERY_CLIENT else client_id,
            dates=(first, last),
            reason=reason,
            until=parse_date(until) if until else None,
            now=work.clock(),
        )
    if as_json:
        print_json(_json(placed, is_live=True))
        return
    console.print(f"held: {_span(placed)} of {client_id}; hold {placed.hold_id[:12]}")


def _require_known(work: Any, client_id: str) -> None:
    """A client of the registry, or one that left and has nights in the ledger.

    Raises:
        ValueError: neither: a hold on a name that is misspelt would keep nothing.
    """
    from sqlalchemy import select

    from acme_assets.warehouse.ledger import client_nights

    if client_id in work.registry.clients:
        return
    with work.warehouse.begin() as connection:
        if (
            connection.execute(select(client_nights.c.client_id).filter_by(client_id=client_id).limit(1)).first()
            is None
        ):
            raise ValueError(f"there is no client {client_id}, and never was; see: acme clients list")


def unhold(
    hold_id: Annotated[str, typer.Argument(help="The hold's id, or its first 8 digits or more.")],
    reason: ReasonOption,
    who: AsOption = None,
    as_json: JsonOption = False,
) -> None:
    """Lift a hold: what is past its years goes with the next run.

    Example:

        acme retention unhold 3f9c1a2b --reason "matter 2026-17 is closed"
    """
    with one_line_errors():
        work = platform()
        lifted = lift_hold(work.warehouse, signer_of(who), work.roster(), hold_id, reason=reason, now=work.clock())
    if as_json:
        print_json(_json(lifted, is_live=False))
        return
    console.print(f"lifted: hold {lifted.hold_id[:12]} of {lifted.placed_by}")


def holds(
    everything: Annotated[bool, typer.Option("--all", "-a", help="Those that count no longer too.")] = False,
    as_json: JsonOption = False,
) -> None:
    """The holds that count: whose data, why, by whom and until when.

    Examples:

        acme retention holds
        acme retention holds --all --json | jq '.[] | select(.lifted_by)'
    """
    with one_line_errors():
        work = platform()
        now = work.clock()
        with work.warehouse.begin() as connection:
            found = [item for item in read_holds(connection) if everything or item.is_live(now)]
    if as_json:
        print_json([_json(item, is_live=item.is_live(now)) for item in found])
        return
    if not found:
        console.print("No hold counts.")
        return
    print_table(
        None,
        ["hold", "client", "business dates", "placed by", "since", "until", "why"],
        [
            [
                item.hold_id[:12],
                item.client_id or EVERY_CLIENT,
                _span(item),
                item.placed_by,
                f"{item.placed_at:%Y-%m-%d}",
                _end(item),
                escaped(item.reason),
            ]
            for item in found
        ],
        long=("why",),
    )


def _end(item: Hold) -> str:
    if item.lifted_at:
        return f"lifted {item.lifted_at:%Y-%m-%d} by {item.lifted_by}"
    return str(item.until or "it is lifted")


def _span(item: Hold) -> str:
    if (item.first_date, item.last_date) == (date.min, date.max):
        return "every business date"
    return str(item.first_date) if item.first_date == item.last_date else f"{item.first_date} to {item.last_date}"


def _json(item: Hold, *, is_live: bool) -> dict[str, Any]:
    return {**vars(item), "is_live": is_live}
