"""How far a mart is from its trailing nights: rows and totals against their medians.

The median, so that one odd night does not set the measure. A night counts as it was released, also where its suites
failed: a step that QA accepted is the new normal once it is the median.
"""

from collections.abc import Sequence
from decimal import ROUND_UP, Decimal, localcontext
from statistics import median

from acme_assets.validation.results import CheckResult, Metrics

TRAILING_NIGHTS = 7
"""At most so many business dates are looked back."""

ENOUGH_NIGHTS = 3
"""With fewer there is no drift to speak of."""

_PLACES = Decimal("0.000001")


def deviation(value: Decimal, usual: Decimal) -> Decimal:
    """How far a value is from the usual one, as a share of it, 6 decimals, rounded up.

    Of a usual value below one, as a share of one: a row or a dollar where there was none is 1, a thousand 1,000.
    """
    with localcontext(prec=60):  # the largest total against nothing has more digits than the default holds
        return (abs(value - usual) / max(abs(usual), Decimal(1))).quantize(_PLACES, ROUND_UP)


def drift_checks(
    metrics: Metrics, nights: Sequence[Metrics], max_drift: Decimal
) -> tuple[tuple[CheckResult, ...], Decimal | None]:
    """A check per metric, and the largest deviation: None where any metric has too few nights to tell."""
    checks = tuple(_drift_check(name, value, nights, max_drift) for name, value in metrics.items())
    found = [check.measured for check in checks if check.measured is not None]
    return checks, max(found) if found and len(found) == len(checks) else None


def _drift_check(name: str, value: Decimal, nights: Sequence[Metrics], max_drift: Decimal) -> CheckResult:
    past = [night[name] for night in nights[:TRAILING_NIGHTS] if name in night]
    allowed = f"at most {max_drift:f}"
    if len(past) < ENOUGH_NIGHTS:
        reason = f"not enough history: {len(past)} of {ENOUGH_NIGHTS} nights"
        return CheckResult(f"drift of {name}", True, allowed=allowed, reason=reason)
    usual = median(past)
    found = deviation(value, usual)
    reason = f"the median of {len(past)} nights is {usual:f}"
    return CheckResult(f"drift of {name}", found <= max_drift, measured=found, allowed=allowed, reason=reason)
