"""A log of deliveries against deadlines, as real senders made them: who was expected when, and how late they came.

The form is that of one CSV row a delivery: client, period (the date that it is for), lateness_min (from the deadline to
the first submission, negative before it; empty: it never came). Other columns are not read.
"""

import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import pairwise
from statistics import median

import numpy as np
from numpy.typing import NDArray

from acme_assets.sla.record import ArrivalRecord, Sender

COLUMNS = ("client", "period", "lateness_min")

EXPECTED_AFTER = 4
"""A sender is expected in a period if it delivered for one of so many before it. The log does not say who owed what."""
ASKED_FOR = 0.1
"""A period in which fewer of those expected delivered was not asked for: a mistyped date, or the season had ended."""


class UnreadableLog(ValueError):
    """The file is no log of deliveries. The text names file, row and remedy."""


@dataclass(frozen=True)
class DeliveryLog:
    """Lateness of every sender that was expected, by period."""

    record: ArrivalRecord
    """Offsets are minutes of lateness; inf for what did not come within `cadence` less `margin`."""
    cadence: timedelta
    """Usual time from one period to the next."""
    margin: timedelta
    """So long before its deadline the earliest forecast of a period is made: what comes later is not known by then."""
    left_out: tuple[date, ...]
    """Periods that were not asked for."""


def read_log(lines: Iterable[str], name: str) -> DeliveryLog:
    """Read a log.

    Args:
        name: of the file, for errors.

    Raises:
        UnreadableLog: a column is missing, a value is no date or number, or there are too few periods.
    """
    reader = csv.DictReader(lines)
    missing = [column for column in COLUMNS if column not in (reader.fieldnames or ())]
    if missing:
        raise UnreadableLog(f"{name}: has no column {', '.join(missing)}; a log has at least {', '.join(COLUMNS)}")
    found: dict[tuple[str, date], float] = {}
    for row in reader:
        client, period, lateness = _row(row, name, reader.line_num)
        found[client, period] = min(lateness, found.get((client, period), np.inf))
    periods = sorted({period for _, period in found})
    if len(periods) < 2 * EXPECTED_AFTER:
        raise UnreadableLog(f"{name}: has {len(periods)} periods; at least {2 * EXPECTED_AFTER} are needed to judge")
    return _log(found, periods)


def log_of(record: ArrivalRecord) -> DeliveryLog:
    """The log of a ledger: every feed that clients owed, against its due time.

    Raises:
        UnreadableLog: it has too few nights.
    """
    if len(record.dates) < 2 * EXPECTED_AFTER:
        raise UnreadableLog(
            f"the ledger has {len(record.dates)} business dates that are over, and to judge takes at least "
            f"{2 * EXPECTED_AFTER}: give --deliveries FILE"
        )
    cadence, margin = timedelta(days=1), timedelta(hours=12)
    never_from = (cadence - margin).total_seconds() / 60
    offsets = np.where(record.offsets >= never_from, np.inf, record.offsets)
    return DeliveryLog(ArrivalRecord(record.senders, record.dates, offsets), cadence, margin, ())


def _row(row: dict[str, str], name: str, line: int) -> tuple[str, date, float]:
    try:
        period = date.fromisoformat(row["period"])
    except (ValueError, TypeError):
        raise UnreadableLog(f"{name}: line {line}: period: is no date; write it as YYYY-MM-DD") from None
    text = row["lateness_min"] or ""
    try:
        return row["client"], period, float(text) if text.strip() else np.inf
    except ValueError:
        raise UnreadableLog(f"{name}: line {line}: lateness_min: is no number; write minutes, or nothing") from None


def _log(found: dict[tuple[str, date], float], periods: Sequence[date]) -> DeliveryLog:
    cadence = timedelta(days=median((later - earlier).days for earlier, later in pairwise(periods)))
    margin = min(timedelta(hours=24), cadence / 2)
    never_from = (cadence - margin).total_seconds() / 60
    senders = sorted({client for client, _ in found})
    came = np.array([[found.get((client, period), np.inf) for period in periods] for client in senders])
    came[came >= never_from] = np.inf
    expected = _expected(came, periods, cadence) | _said_to_be_missing(found, senders, periods)
    asked = (np.isfinite(came) & expected).sum(axis=0) >= ASKED_FOR * expected.sum(axis=0)
    offsets = np.where(expected | np.isfinite(came), came, np.nan)[:, asked]
    dates = tuple(period for period, is_asked in zip(periods, asked, strict=True) if is_asked)
    left_out = tuple(period for period, is_asked in zip(periods, asked, strict=True) if not is_asked)
    return DeliveryLog(
        ArrivalRecord(tuple(Sender(client, "") for client in senders), dates, offsets), cadence, margin, left_out
    )


def _expected(came: NDArray[np.float64], periods: Sequence[date], cadence: timedelta) -> NDArray[np.bool_]:
    """(senders, periods): who delivered within the time of the last periods."""
    days = np.array([period.toordinal() for period in periods])
    expected = np.zeros(came.shape, bool)
    for number, day in enumerate(days):
        recent = (days < day) & (days >= day - EXPECTED_AFTER * cadence.days)
        expected[:, number] = np.isfinite(came[:, recent]).any(axis=1)
    return expected


def _said_to_be_missing(
    found: dict[tuple[str, date], float], senders: Sequence[str], periods: Sequence[date]
) -> NDArray[np.bool_]:
    return np.array([[found.get((client, period), 0.0) == np.inf for period in periods] for client in senders], bool)
