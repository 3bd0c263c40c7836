"""What the board shows of the past weeks, as plain values. What makes it is `trends`."""

from dataclasses import dataclass
from datetime import datetime

from acme_assets.board.model import Outage
from acme_assets.sla.attainment import Report


@dataclass(frozen=True)
class LateFeed:
    """A sender that is late again and again."""

    client_id: str
    feed: str
    nights: int
    """On which it was owed."""
    late: int
    """On which it landed past its due time and grace, or never."""
    never: int
    median_minutes: float | None
    """Past the due time, of those that landed late; None where none landed."""


@dataclass(frozen=True)
class HourLatency:
    """How long people's sign-offs took whose candidate was there in one hour of the day (UTC)."""

    hour: int
    nights: int
    p50_minutes: float
    p90_minutes: float


@dataclass(frozen=True)
class CalibrationBin:
    """The forecasts whose probability of a miss lies in one range."""

    low: float
    high: float
    """Excluded, but in the last range."""
    cases: int
    mean: float
    """Mean probability that was forecast."""
    observed: float
    """Share of the cases whose deadline was missed."""


@dataclass(frozen=True)
class Calibration:
    """Stored forecasts against what became of their deadlines."""

    bins: tuple[CalibrationBin, ...]
    """Those with cases, rising."""
    cases: int
    """Forecasts before their deadline."""
    nights: int
    """Of which there was one."""
    brier: float | None
    """0 is perfect, a constant half earns 0.25; None without cases."""


@dataclass(frozen=True)
class Trends:
    """Some weeks of nights."""

    as_of: datetime
    report: Report
    """Attainment, and delay by client, owner group, cause, feed and week."""
    late_feeds: tuple[LateFeed, ...]
    """The most often late first."""
    sign_off: tuple[HourLatency, ...]
    calibration: Calibration
    outage: Outage | None = None
