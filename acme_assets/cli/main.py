"""The `acme` command."""

import typer

from acme_assets.cli import audit, clients, demo, exception, keys, nights, override, prepare, qa, real_night, stack

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
app.add_typer(qa.app, name="qa")
app.add_typer(audit.app, name="audit")
app.add_typer(exception.app, name="exception")
app.add_typer(override.app, name="override")
app.add_typer(keys.app, name="keys")
app.add_typer(clients.app, name="clients")
app.add_typer(stack.app, name="stack")


def main() -> None:
    """Entry point of the console script."""
    app()
