"""`acme feeds pull`: fetch a feed's files from the client's server or API now, from this process."""

from typing import Annotated, cast

import typer

from acme_assets.cli.nights import JsonOption
from acme_assets.cli.output import console, escaped, one_line_errors, parse_date, print_json, print_table
from acme_assets.cli.platform import platform
from acme_assets.landing.outcome import Order, PullOutcome, PullRefused
from acme_assets.landing.pulling import hands, pull, pull_of, strays_of
from acme_assets.warehouse.arriving import record_stray
from client_partitions.calendar import business_date_in_hand
from client_partitions.feeds import FEEDS, Feed


def pull_feed(
    client_id: Annotated[str, typer.Argument(metavar="CLIENT", help="The client's id.")],
    feed: Annotated[str, typer.Argument(metavar="FEED", help="A feed whose `pull` says where its files lie.")],
    business_date: Annotated[
        str | None,
        typer.Option("--business-date", metavar="YYYY-MM-DD", help="Of an API's records. Default: the night in hand."),
    ] = None,
    again: Annotated[
        bool,
        typer.Option("--again", help="Pull an API's night anew although it is here: the client has corrected it."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Log in and look; land nothing. Of an API, ask for the first page alone.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """Fetch what is new into the landing zone.

    The sensor `pulls` does the same while the feed is owed. By SFTP all of the client's new files come, of whatever
    feed and night; from an API one night's records. A pull that was cut goes on where it was. What is not taken (a
    link, a name that leads elsewhere) is listed with its reason, and noted in the ledger.
    """
    with one_line_errors(PullRefused):
        if feed not in FEEDS:
            raise ValueError(f"there is no feed {feed}; it is one of {', '.join(FEEDS)}")
        here = platform()
        client = here.registry.client(client_id)
        day = parse_date(business_date) if business_date else business_date_in_hand(client, here.clock())
        order = Order(client, pull_of(client, cast(Feed, feed)), day, again, dry_run)
        outcome = pull(order, hands(here.zone, here.secrets, here.clock))
        if not dry_run and outcome.refused:
            with here.warehouse.begin() as connection:
                for stray in strays_of(order, outcome):
                    record_stray(here.warehouse, connection, stray, here.clock())
    if as_json:
        print_json(_as_data(order, outcome))
    else:
        _print(order, outcome)


def _as_data(order: Order, outcome: PullOutcome) -> dict[str, object]:
    return {
        "client_id": order.client.client_id,
        "pull": order.pull,
        "business_date": order.business_date,
        "dry_run": order.dry_run,
        "landed": [{"path": it.path, "bytes": it.size, "records": it.records} for it in outcome.landed],
        "known": outcome.known,
        "waiting": outcome.waiting,
        "refused": [{"path": it.path, "bytes": it.size, "reason": it.reason} for it in outcome.refused],
    }


def _print(order: Order, outcome: PullOutcome) -> None:
    rows = [[escaped(it.path), _count(it.size), _count(it.records), ""] for it in outcome.landed]
    rows += [
        [escaped(it.path), _count(it.size), "", f"[red]not taken[/]: {escaped(it.reason)}"] for it in outcome.refused
    ]
    if rows:
        print_table(None, ["file", "bytes", "records", ""], rows, long=("file", ""))
    verb = "would land" if order.dry_run else "landed"
    console.print(
        f"{len(outcome.landed)} {verb}, {outcome.known} here already, {outcome.waiting} still being written, "
        f"{len(outcome.refused)} not taken"
    )


def _count(number: int | None) -> str:
    return "" if number is None else f"{number:,}"
