"""Whether a client's tuning fits the marts that it has, told before a night has to be judged by it."""

from collections.abc import Iterator

from acme_assets.nights.marts import MARTS, ColumnType, Mart, marts_of
from client_partitions.client import Client
from client_partitions.validation import MartTuning

TOTALLED: tuple[ColumnType, ...] = ("count", "amount")
"""Columns whose total over a mart means something; that of a rate does not."""

NUMERIC: tuple[ColumnType, ...] = (*TOTALLED, "rate")

PAID_AND_ALLOWED = frozenset({"paid_amount", "allowed_amount"})


def columns_of(mart: Mart, kinds: tuple[ColumnType, ...]) -> tuple[str, ...]:
    """The mart's columns of these kinds, in order."""
    return tuple(name for name, kind in mart.columns.items() if kind in kinds)


def tuning_problems(client: Client) -> list[str]:
    """What of the client's tuning cannot be applied: one sentence each, naming field and remedy; none if all can."""
    return list(_problems(client))


def _problems(client: Client) -> Iterator[str]:
    own = {mart.name: mart for mart in marts_of(client.feeds)}
    for name, tuning in client.validation.items():
        if name in own:
            yield from _column_problems(own[name], tuning)
        elif name in MARTS:
            yield f"validation.{name}: the client's feeds give it no such mart; it has {', '.join(own)}"
        else:
            yield f"validation.{name}: there is no such mart; the marts are {', '.join(MARTS)}"


def _column_problems(mart: Mart, tuning: MartTuning) -> Iterator[str]:
    field = f"validation.{mart.name}"
    for part, named, kinds in (
        ("bounds", tuning.bounds, NUMERIC),
        ("required_totals", tuning.required_totals, TOTALLED),
    ):
        columns = columns_of(mart, kinds)
        for column in named:
            if column not in columns:
                yield f"{field}.{part}.{column}: {mart.name} has no such column to check; it has {', '.join(columns)}"
    if not tuning.paid_within_allowed and not mart.columns.keys() >= PAID_AND_ALLOWED:
        yield f"{field}.paid_within_allowed: {mart.name} does not have both amounts; remove it"
