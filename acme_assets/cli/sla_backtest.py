"""`acme sla backtest`: is the forecast right? Judged on deliveries that it has not seen."""

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress

from acme_assets.cli.output import console, errors, one_line_errors, print_table
from acme_assets.cli.platform import platform
from acme_assets.cli.sla_forecast import read
from acme_assets.sla.backtest import BASELINES, LEANINGS, Cases, Judgement, judge
from acme_assets.sla.scoring import brier, coverage, reliability, skill
from acme_assets.sla.weekly import DeliveryLog, UnreadableLog, log_of, read_log

_SAID = {
    "climatology": "how often the sender missed so far",
    "mean_2sigma": "its mean + 2 standard deviations is past the deadline",
    "past_due": "its usual time has passed",
    "gaussian": "a normal distribution with its mean and deviation",
}


def backtest(
    deliveries: Annotated[
        Path | None,
        typer.Option(
            "--deliveries",
            help="Log of deliveries: a CSV with client, period (a date) and lateness_min (minutes from the deadline, "
            "negative before it; empty: it never came). Other columns are not read. Default: the ledger's own nights.",
        ),
    ] = None,
    plots: Annotated[Path | None, typer.Option("--plots", help="Folder to write reliability.png into.")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one line of JSON instead of tables.")] = False,
) -> None:
    """Is the forecast right? On the later half of a log of deliveries, beside simpler ways to tell.

    Each delivery that is not here is forecast a day before its deadline, and when a quarter, half, three quarters and
    nine tenths of the others are usually here; from earlier periods alone. What it leans on is chosen on the earlier
    half.

    Examples:

        acme sla backtest
        acme sla backtest --deliveries weekly_deliveries.csv
        acme sla backtest --deliveries weekly_deliveries.csv --json | jq .brier
        acme sla backtest --deliveries weekly_deliveries.csv --plots docs/pictures
    """
    with one_line_errors(OSError):
        log = _log(deliveries) if deliveries else _ledger()
        judgement = _judged(log, quiet=as_json)
        if plots:
            from acme_assets.cli.sla_plots import reliability_plot  # matplotlib takes a second

            reliability_plot(judgement, plots / "reliability.png")
    if as_json:
        print(json.dumps(_summary(deliveries.name if deliveries else "ledger", log, judgement)))
        return
    _print(log, judgement)


def _log(path: Path) -> DeliveryLog:
    try:
        with path.open(encoding="utf-8", newline="") as lines:
            return read_log(lines, path.name)
    except UnicodeDecodeError as error:
        raise UnreadableLog(f"{path.name}: is not UTF-8 text; save it as UTF-8") from error


def _ledger() -> DeliveryLog:
    work = platform()
    return log_of(read(work, work.clock()).arrivals)


def _judged(log: DeliveryLog, *, quiet: bool) -> Judgement:
    steps = len(LEANINGS) + 1
    progress = nullcontext() if quiet else Progress(console=errors, transient=True)
    with progress as shown:
        task = shown.add_task("judging", total=steps) if shown else None
        return judge(log, lambda _: shown.advance(task) if shown and task is not None else None)


def _summary(name: str, log: DeliveryLog, judgement: Judgement) -> dict[str, Any]:
    return {
        "log": name,
        "judged_from": judgement.first_judged.isoformat(),
        "periods_left_out": [day.isoformat() for day in log.left_out],
        "leaning": vars(judgement.leaning),
        **judgement.scores(),
        "reliability": [vars(found) for found in reliability(judgement.cases.p_miss, judgement.cases.missed)
                        if found.cases],
    }  # fmt: skip


def _print(log: DeliveryLog, judgement: Judgement) -> None:
    cases, scores = judgement.cases, judgement.scores()
    console.print(
        f"{scores['deliveries']:,} deliveries of {judgement.senders} senders from {judgement.first_judged} on, "
        f"each while it was not here: {scores['cases']:,} forecasts"
    )
    if log.left_out:
        console.print(f"[dim]{len(log.left_out)} periods were not asked for: hardly anybody delivered[/]")
    print_table(
        "Brier score: 0 is perfect",
        ["told by", "brier", "the forecast is better by"],
        [["the forecast", f"{cases.brier:.4f}", ""]]
        + [
            [_SAID[name], f"{brier(p, cases.missed):.4f}", f"{skill(cases.brier, brier(p, cases.missed)):.0%}"]
            for name, p in ((name, cases.baselines[name]) for name in BASELINES)
        ],
    )
    print_table(
        "Of those forecast with this probability of a miss, so many missed",
        ["probability", "forecasts", "deliveries", "mean", "missed"],
        [
            [f"{found.low:.1f} to {found.high:.1f}", f"{found.cases:,}", f"{found.subjects:,}", f"{found.mean:.2f}",
             f"{found.observed:.2f}"]
            for found in reliability(cases.p_miss, cases.missed, subjects=cases.subjects)
            if found.cases
        ],
    )  # fmt: skip
    print_table(
        "By time to the deadline",
        ["minutes before", "open", "missed", "brier", "climatology", "within P50", "within P90"],
        [_moment(cases, lead) for lead in sorted(set(cases.lead.tolist()), reverse=True)],
    )
    console.print(
        f"Of what came: within P50 {scores['p50_coverage']:.1%}, within P90 {scores['p90_coverage']:.1%}; "
        f"pinball loss {scores['pinball_p50_min']:.0f} and {scores['pinball_p90_min']:.0f} min. "
        f"First flag (0.5 or more) {scores['median_lead_min']:.0f} min before the deadline (median of the misses); "
        f"{scores['false_alarm_rate']:.0%} of what was in time was flagged."
    )


def _moment(cases: Cases, lead: float) -> list[str]:
    of = cases.lead == lead
    came = of & (cases.lateness < float("inf"))
    missed = cases.missed[of]
    return [
        f"{lead:,.0f}",
        f"{int(of.sum()):,}",
        f"{missed.mean():.0%}",
        f"{brier(cases.p_miss[of], missed):.4f}",
        f"{brier(cases.baselines['climatology'][of], missed):.4f}",
        *(f"{coverage(cases.lateness[came], q[came]):.0%}" if came.any() else "" for q in (cases.p50, cases.p90)),
    ]
