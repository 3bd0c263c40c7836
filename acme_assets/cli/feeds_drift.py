"""`acme feeds drift`: how each delivery of a feed was unlike those before it."""

from typing import Annotated

import typer

from acme_assets.cli.nights import JsonOption
from acme_assets.cli.output import console, escaped, one_line_errors, print_json, print_table
from acme_assets.cli.platform import platform

_STYLE = {"hold": "bold red", "warn": "yellow"}


def drift(
    client_id: Annotated[str, typer.Argument(help="Client id.")],
    feed: Annotated[str, typer.Argument(help="Feed of the client's, such as pharmacy_claim.")],
    limit: Annotated[int, typer.Option(min=1, max=400, help="So many deliveries, the newest first.")] = 30,
    as_json: JsonOption = False,
) -> None:
    """The latest deliveries of a feed: what differed from the last good one's columns and from the trailing nights.

    hold: it was held for that; warn: it was loaded all the same. What becomes of which kind is in the client's file,
    under feeds.FEED.drift.

    Examples:

        acme feeds drift harbor_health medical_claim
        acme feeds drift harbor_health medical_claim --json | jq '.[] | select(.findings != [])'
    """
    from acme_assets.warehouse.drifting import drift_history  # polars and pandera

    with one_line_errors():
        work = platform()
        client = work.registry.client(client_id)
        if feed not in client.feeds:
            raise ValueError(f"{client_id} owes no {feed}; its feeds are {', '.join(client.feeds)}")
        with work.warehouse.begin() as connection:
            found = drift_history(connection, client_id, feed, limit)
    if as_json:
        print_json([{**vars(item), "findings": [vars(finding) for finding in item.findings]} for item in found])
        return
    if not found:
        console.print(f"no {feed} delivery of {client_id} has been checked yet")
        return
    print_table(
        f"{feed} of {client.name}",
        ["business date", "delivery", "state", "rows", "drift"],
        [
            [
                item.business_date.isoformat(),
                item.delivery_id[:12],
                f"[bold red]{item.state}[/]" if item.state == "quarantined" else item.state,
                "" if item.rows is None else f"{item.rows:,}",
                "\n".join(
                    f"[{_STYLE[finding.act]}]{finding.act}[/] {escaped(finding.said)}" for finding in item.findings
                ),
            ]
            for item in found
        ],
        long=("drift",),
    )
