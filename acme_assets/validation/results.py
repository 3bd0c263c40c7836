"""What the suites found, as plain values: names, counts and totals, never a row or a value of one.

What does not belong here: pandera and polars. Processes that only read results import this module.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Literal

Stage = Literal["staging", "production"]
"""staging: the candidate, in MARTS. production: what a release published."""

Metrics = Mapping[str, Decimal]
"""`rows`, and the total of each count and amount by its column's name."""

History = Mapping[str, Sequence[Metrics]]
"""Mart to its metrics on the trailing nights, one entry per business date, the latest first."""


@dataclass(frozen=True)
class CheckResult:
    """One check of a suite."""

    name: str
    passed: bool
    failed_rows: int | None = None
    """Rows that do not meet it; None for a check on the mart as a whole."""
    measured: Decimal | None = None
    """Of a check on the mart as a whole: what was compared. None where there was nothing to compare."""
    allowed: str | None = None
    """What would pass, such as "at least 1"; None where the name says it."""
    reason: str | None = None
    """What more there is to say, such as why a suite could not be run."""

    def body(self) -> dict[str, Any]:
        """The result as plain values, with every field."""
        return dict(vars(self))


@dataclass(frozen=True)
class SuiteResult:
    """One suite's judgement of one mart of a client night."""

    mart: str
    stage: Stage
    checks: tuple[CheckResult, ...]
    """In the order of their declaration. A suite that could not be run has one, which failed."""
    metrics: Metrics
    """Empty where the suite could not be run."""
    drift: Decimal | None
    """Largest relative deviation of a metric from its median over the trailing nights; None: too few nights."""

    @property
    def suite(self) -> str:
        """Its name: `<mart>/<stage>`."""
        return f"{self.mart}/{self.stage}"

    @property
    def passed(self) -> bool:
        """Whether there were checks, and each passed."""
        return bool(self.checks) and not self.failed_checks

    @property
    def failed_checks(self) -> tuple[CheckResult, ...]:
        """The checks that did not pass."""
        return tuple(check for check in self.checks if not check.passed)

    def body(self) -> dict[str, Any]:
        """The result as plain values that have a canonical form: the same rows and history give the same."""
        return {
            "suite": self.suite,
            "mart": self.mart,
            "stage": self.stage,
            "passed": self.passed,
            "checks": [check.body() for check in self.checks],
            "metrics": dict(self.metrics),
            "drift": self.drift,
        }
