"""A client's tuning in its file: what is taken, and how a mistake is told."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import yaml

from client_partitions.client import Client
from client_partitions.registry import RegistryError, load_client
from tests.world import client_data, make_client


def load(folder: Path, validation: Any) -> Client:
    path = folder / "tiny_health.yaml"
    path.write_text(yaml.safe_dump(client_data(validation=validation), sort_keys=False))
    return load_client(path)


def test_a_client_need_not_tune_anything() -> None:
    assert make_client().validation == {}


def test_a_tuning_is_read_with_its_defaults(tmp_path: Path) -> None:
    written = """
        pmpm:
          min_rows: 1
          max_drift: 0.3
          bounds: {paid_pmpm: [0, 20000], paid_amount: [null, 99.5]}
          required_totals: {paid_amount: {min: 1}}
        member_months: {}
    """
    client = load(tmp_path, yaml.safe_load(written))
    pmpm, member_months = client.validation["pmpm"], client.validation["member_months"]
    assert (pmpm.min_rows, pmpm.max_drift) == (1, Decimal("0.3"))
    assert pmpm.bounds == {"paid_pmpm": (0, 20000), "paid_amount": (None, Decimal("99.5"))}
    assert (pmpm.required_totals["paid_amount"].min, pmpm.required_totals["paid_amount"].max) == (1, None)
    assert (member_months.min_rows, member_months.max_drift, member_months.paid_within_allowed) == (
        None,
        Decimal("0.5"),
        True,
    )


@pytest.mark.parametrize(
    ("tuning", "problem"),
    [
        ({"colour": 1}, "validation.pmpm.colour: is no field that is known here; correct its name or remove it"),
        ({"min_rows": -1}, "validation.pmpm.min_rows: .*greater than or equal to 0"),
        ({"min_rows": 1.5}, "validation.pmpm.min_rows: .*integer"),
        ({"max_drift": 0}, "validation.pmpm.max_drift: .*greater than 0"),
        ({"max_drift": True}, "validation.pmpm.max_drift: Decimal input"),
        ({"max_drift": float("inf")}, "validation.pmpm.max_drift: .*finite"),
        ({"bounds": {"paid_pmpm": [0]}}, "validation.pmpm.bounds.paid_pmpm.1: is missing; add it"),
        ({"bounds": {"paid_pmpm": ["low", 1]}}, "validation.pmpm.bounds.paid_pmpm.0: .*valid decimal"),
        ({"bounds": {"paid_pmpm": [0, 1e-7]}}, "validation.pmpm.bounds.paid_pmpm.1: .*6 decimal places"),
        (
            {"bounds": {"paid_pmpm": [5, 1]}},
            "validation.pmpm.bounds: paid_pmpm: lowest 5 is above highest 1; correct one of them",
        ),
        (
            {"bounds": {"paid_pmpm": [None, None]}},
            "validation.pmpm.bounds: paid_pmpm: lowest and highest are both missing; give one of them, or remove the",
        ),
        (
            {"required_totals": {"paid_amount": {}}},
            "validation.pmpm.required_totals.paid_amount: min and max are both missing; give one of them",
        ),
        (
            {"required_totals": {"paid_amount": {"min": 2, "max": 1}}},
            "validation.pmpm.required_totals.paid_amount: min 2 is above max 1; correct one of them",
        ),
        (
            {"required_totals": {"paid_amount": {"minimum": 2}}},
            "validation.pmpm.required_totals.paid_amount.minimum: is no field that is known here",
        ),
    ],
)
def test_a_mistake_is_named_with_its_field(tmp_path: Path, tuning: dict[str, Any], problem: str) -> None:
    with pytest.raises(RegistryError, match=f"^tiny_health.yaml: {problem}"):
        load(tmp_path, {"pmpm": tuning})
