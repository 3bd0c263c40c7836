"""`acme feeds`: what clients send, fetched from where it lies and looked at before it counts."""

import typer

from acme_assets.cli import feeds_check, feeds_drift, feeds_pull, feeds_sniff

app = typer.Typer(help="Clients' feeds: pull, sniff, check, drift.", no_args_is_help=True)
app.command(name="pull")(feeds_pull.pull_feed)
app.command()(feeds_drift.drift)
app.command()(feeds_sniff.sniff)
app.command()(feeds_check.check)
