"""Where two marts of a client night count the same thing, and so must agree.

Only what their SQL makes equal. pmpm and utilization count a person once a month; member_months counts a person once
per payer: its months are the same, its numbers the same or larger.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal

from acme_assets.validation.measure import Measured
from acme_assets.validation.results import CheckResult


@dataclass(frozen=True)
class Agreement:
    """One thing that a mart and another one must agree on."""

    name: str
    mart: str
    other: str
    difference: Callable[[Measured, Measured], Decimal]
    """Zero where they agree: months that differ, or dollars."""


def _cover(measured: Measured) -> dict[str, Decimal]:
    return {month: members for month, members in measured.tallies["cover"].items() if members}


def _months_that_differ(own: Measured, other: Measured) -> Decimal:
    ours, theirs = _cover(own), _cover(other)
    return Decimal(sum(ours.get(month) != theirs.get(month) for month in ours.keys() | theirs.keys()))


def _months_not_covered(own: Measured, other: Measured) -> Decimal:
    ours, theirs = _cover(own), _cover(other)
    return Decimal(sum(not 0 < ours.get(month, 0) <= theirs.get(month, 0) for month in ours.keys() | theirs.keys()))


def _pharmacy_difference(column: str, tally: str) -> Callable[[Measured, Measured], Decimal]:
    def difference(own: Measured, other: Measured) -> Decimal:
        return abs(own.totals[column] - other.tallies[tally].get("pharmacy", Decimal(0)))

    return difference


AGREEMENTS: tuple[Agreement, ...] = (
    Agreement("months that member_months does not bear out", "pmpm", "member_months", _months_not_covered),
    Agreement("months that member_months does not bear out", "utilization", "member_months", _months_not_covered),
    Agreement("months whose members are not those of pmpm", "utilization", "pmpm", _months_that_differ),
    Agreement("paid_amount that pmpm lacks", "pharmacy_spend", "pmpm", _pharmacy_difference("paid_amount", "paid")),
    Agreement(
        "allowed_amount that pmpm lacks", "pharmacy_spend", "pmpm", _pharmacy_difference("allowed_amount", "allowed")
    ),
)


def agreement_checks(mart: str, own: Measured, others: Mapping[str, Measured | None]) -> Iterator[CheckResult]:
    """The mart's agreements with those of the client's marts that are in `others`.

    Args:
        others: mart to what was measured of it; None where it could not be, which fails the check.
    """
    for agreement in AGREEMENTS:
        if agreement.mart != mart or agreement.other not in others:
            continue
        other = others[agreement.other]
        if other is None:
            yield CheckResult(agreement.name, False, allowed="0", reason=f"{agreement.other} could not be read")
        else:
            found = agreement.difference(own, other)
            yield CheckResult(agreement.name, found == 0, measured=found, allowed="0")
