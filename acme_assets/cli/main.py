"""The `acme` command."""

import typer

from acme_assets.cli import (
    alerts,
    audit,
    backfill,
    board,
    clients,
    demo,
    exception,
    feeds,
    keys,
    ledger,
    nights,
    oncall,
    override,
    prepare,
    qa,
    quarantine,
    real_night,
    retention,
    sla,
    stack,
    watch,
)

app = typer.Typer(
    help="AcmeHealth's nights: what arrived, what is held and whose it is, and the sign-off that releases it.",
    no_args_is_help=True,
    pretty_exceptions_show_locals=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command()(nights.status)
app.command()(nights.explain)
app.command()(demo.demo)
app.command()(real_night.night)
app.command()(prepare.prepare)
app.command()(watch.watch)
app.command()(board.board)
app.add_typer(qa.app, name="qa")
app.add_typer(sla.app, name="sla")
app.add_typer(alerts.app, name="alerts")
app.add_typer(oncall.app, name="oncall")
app.add_typer(audit.app, name="audit")
app.add_typer(exception.app, name="exception")
app.add_typer(override.app, name="override")
app.add_typer(keys.app, name="keys")
app.add_typer(ledger.app, name="ledger")
app.add_typer(clients.app, name="clients")
app.add_typer(feeds.app, name="feeds")
app.add_typer(quarantine.app, name="quarantine")
app.add_typer(backfill.app, name="backfill")
app.add_typer(retention.app, name="retention")
app.add_typer(stack.app, name="stack")


def main() -> None:
    """Entry point of the console script."""
    app()
