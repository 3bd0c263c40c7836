"""Run the suites of a client night, side by side, and judge what they measured."""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import date
from decimal import Decimal

import polars as pl

from acme_assets.nights.marts import Mart, marts_of
from acme_assets.validation.agreements import agreement_checks
from acme_assets.validation.drift import drift_checks
from acme_assets.validation.measure import CannotRun, Measured, measure
from acme_assets.validation.results import CheckResult, History, Metrics, Stage, SuiteResult
from acme_assets.validation.suites import SUITES, WITHIN_BOUNDS, bounds_of
from acme_assets.validation.tuning import tuning_problems
from client_partitions.client import Client
from client_partitions.validation import MartTuning, RequiredTotal

Read = Callable[[Mart], Generator[pl.DataFrame, None, None]]
"""A mart's rows of the client night, chunk by chunk, as `suites.frame_types` has them and in order of the grain.
Called in several threads at once. Raises CannotRun where they cannot be had."""


def run_night(
    client: Client, business_date: date, stage: Stage, history: History, read: Read, *, workers: int
) -> tuple[SuiteResult, ...]:
    """Judge all marts of a client night, in the order of the list of marts.

    A mart that cannot be read or judged has a failed result that says why.

    Args:
        client: as the night's waivers and overrides have it.
        history: of the trailing nights; a mart that is not in it has none.
        workers: marts that are read at once; memory grows with it.
    """
    marts = marts_of(client.feeds)
    problems = tuning_problems(client)

    def one(mart: Mart) -> Measured | CannotRun:
        try:
            if problems:
                raise CannotRun(problems[0])
            return measure_mart(client, business_date, mart, read)
        except CannotRun as problem:
            return problem

    with ThreadPoolExecutor(workers, thread_name_prefix="suites") as pool:
        found = dict(zip((mart.name for mart in marts), pool.map(one, marts), strict=True))
    measured = {name: None if isinstance(item, CannotRun) else item for name, item in found.items()}
    return tuple(
        cannot_run(mart.name, stage, str(item))
        if isinstance(item := found[mart.name], CannotRun)
        else judge(client, business_date, stage, mart, item, measured, history.get(mart.name, ()))
        for mart in marts
    )


def measure_mart(client: Client, business_date: date, mart: Mart, read: Read) -> Measured:
    """Run the checks on one mart's rows.

    Raises:
        CannotRun: no suite is declared for it, it cannot be read, or a check broke.
    """
    if mart.name not in SUITES:
        raise CannotRun(f"no suite is declared for {mart.name}; add one to acme_assets/validation/suites.py")
    with closing(read(mart)) as chunks:
        return measure(SUITES[mart.name], chunks, client.client_id, business_date, _tuning(client, mart))


def judge(
    client: Client,
    business_date: date,
    stage: Stage,
    mart: Mart,
    measured: Measured,
    others: Mapping[str, Measured | None],
    nights: Sequence[Metrics],
) -> SuiteResult:
    """The mart's result, from what was measured of it and of the client's other marts, and its trailing nights."""
    tuning = _tuning(client, mart)
    drifts, drift = drift_checks(measured.metrics, nights, tuning.max_drift)
    checks = (
        *_row_checks(mart, measured, tuning),
        _enough_rows(client, business_date, mart, measured, tuning),
        *(_required_total(name, measured.totals[name], total) for name, total in tuning.required_totals.items()),
        *agreement_checks(mart.name, measured, others),
        *drifts,
    )
    return SuiteResult(mart.name, stage, checks, measured.metrics, drift)


def cannot_run(mart: str, stage: Stage, reason: str) -> SuiteResult:
    """The result of a suite that could not be run: failed."""
    return SuiteResult(mart, stage, (CheckResult("the suite runs", False, reason=reason),), {}, None)


def _tuning(client: Client, mart: Mart) -> MartTuning:
    return client.validation.get(mart.name, MartTuning())


def _row_checks(mart: Mart, measured: Measured, tuning: MartTuning) -> Iterator[CheckResult]:
    allowed = {f"{column}: {WITHIN_BOUNDS}": _range(*bounds) for column, bounds in bounds_of(mart, tuning).items()}
    for name, rows in measured.failed_rows.items():
        yield CheckResult(name, rows == 0, failed_rows=rows, allowed=allowed.get(name))


def _enough_rows(
    client: Client, business_date: date, mart: Mart, measured: Measured, tuning: MartTuning
) -> CheckResult:
    least = tuning.min_rows
    if least is None:
        least = 1 if mart.applies_to(client.feeds_owed(business_date)) else 0
    rows = Decimal(measured.rows)
    return CheckResult("rows", rows >= least, measured=rows, allowed=_range(Decimal(least), None))


def _required_total(column: str, total: Decimal, required: RequiredTotal) -> CheckResult:
    low_enough = required.max is None or total <= required.max
    high_enough = required.min is None or total >= required.min
    allowed = _range(required.min, required.max)
    return CheckResult(f"total of {column}", low_enough and high_enough, measured=total, allowed=allowed)


def _range(lowest: Decimal | None, highest: Decimal | None) -> str:
    if lowest is None:
        return f"at most {highest:f}"
    return f"at least {lowest:f}" if highest is None else f"{lowest:f} to {highest:f}"
