"""A client with every mart, and a good night of it, small enough to read."""

from collections.abc import Callable, Generator, Mapping, Sequence
from copy import deepcopy
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from acme_assets.nights.marts import Mart
from acme_assets.validation.results import CheckResult, History, SuiteResult
from acme_assets.validation.run import Read, run_night
from acme_assets.validation.suites import frame_types
from client_partitions.client import Client
from client_partitions.registry import CLIENTS_FOLDER, load_client
from client_partitions.validation import MartTuning

NIGHT = date(2026, 1, 10)

CLIENT = load_client(CLIENTS_FOLDER / "demo" / "harbor_health.yaml")

Rows = dict[str, list[dict[str, Any]]]
Break = Callable[[Rows], None]


def _rows(columns: str, *values: Sequence[Any]) -> list[dict[str, Any]]:
    names = ("client_id", "business_date", *columns.split())
    return [dict(zip(names, (CLIENT.client_id, NIGHT, *row), strict=True)) for row in values]


# December: three people, one of them with two payers. January: three.
_GOOD: Rows = {
    "member_months": _rows(
        "year_month payer member_months",
        ("2025-12", "Acme", 3),
        ("2025-12", "Beta", 1),
        ("2026-01", "Acme", 3),
    ),
    "pmpm": _rows(
        "year_month claim_type member_months paid_amount allowed_amount paid_pmpm",
        ("2025-12", "pharmacy", 3, "20.0000", "25.0000", "6.666667"),
        ("2025-12", "professional", 3, "0.0000", "0.0000", "0.000000"),
        ("2026-01", "pharmacy", 3, "1.5000", "0.0000", "0.500000"),
        ("2026-01", "professional", 3, "300.0000", "300.0000", "100.000000"),
        ("unknown", "professional", 0, "7.0000", "8.0000", None),
    ),
    "utilization": _rows(
        "year_month service_category member_months claims claims_per_1000_member_months",
        ("2025-12", "office", 3, 0, "0.000000"),
        ("2026-01", "office", 3, 2, "666.666667"),
        ("unknown", "office", 0, 1, None),
    ),
    "pharmacy_spend": _rows(
        "year_month drug_code_type drug_code claims members quantity days_supply paid_amount allowed_amount",
        ("2025-12", "ndc", "0001", 3, 2, "90.0000", 90, "20.0000", "25.0000"),
        ("2026-01", "rxnorm", "617314", 1, 1, "2.5000", 0, "1.5000", "0.0000"),
    ),
    "lab_volume": _rows(
        "year_month component_type component_code results members",
        ("2026-01", "loinc", "2345-7", 5, 2),
        ("unknown", "unknown", "unknown", 1, 1),
    ),
    "provider_panel": _rows(
        "practitioner_id npi specialty practice_affiliation attributed_members claims",
        ("d1", "1234567893", "Cardiology", "North", 2, 3),
        ("d2", None, None, None, 0, 0),
    ),
}


def good() -> Rows:
    """Mart to its rows, to be changed at will."""
    return deepcopy(_GOOD)


def frame(mart: Mart, rows: Sequence[Mapping[str, Any]]) -> pl.DataFrame:
    """Rows as the warehouse would give them."""
    types = frame_types(mart)
    values = [
        tuple(Decimal(row[name]) if types[name].is_decimal() and row[name] is not None else row[name] for name in types)
        for row in rows
    ]
    return pl.DataFrame(values, schema=types, orient="row")


def reading(rows: Rows, size: int | None = None) -> Read:
    """Reads them in chunks of `size` rows; all at once by default."""

    def read(mart: Mart) -> Generator[pl.DataFrame, None, None]:
        yield from frame(mart, rows[mart.name]).iter_slices(size or 1000)

    return read


def tuned(mart: str, **tuning: Any) -> Client:
    """The client with a tuning of one mart."""
    return CLIENT.model_copy(update={"validation": {mart: MartTuning.model_validate(tuning)}})


def judged(
    rows: Rows,
    client: Client = CLIENT,
    history: History | None = None,
    *,
    size: int | None = None,
    read: Read | None = None,
) -> dict[str, SuiteResult]:
    """Mart to its result."""
    found = run_night(client, NIGHT, "staging", history or {}, read or reading(rows, size), workers=2)
    return {result.mart: result for result in found}


def failed(results: Mapping[str, SuiteResult]) -> dict[tuple[str, str], CheckResult]:
    """Mart and check to what failed."""
    return {(mart, check.name): check for mart, result in results.items() for check in result.failed_checks}
