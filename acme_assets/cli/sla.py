"""`acme sla`: whether deadlines are kept. One command a module; each is a line here."""

import typer

from acme_assets.cli import sla_backtest, sla_forecast, sla_report

app = typer.Typer(help="Deadlines: whether they are kept, and whose minutes they took.", no_args_is_help=True)
app.command()(sla_forecast.forecast)
app.command()(sla_forecast.show)
app.command()(sla_backtest.backtest)
app.command()(sla_report.report)
