"""How strictly a client's marts are judged: bounds, drift and totals, tuned in its YAML.

Names of marts and columns are checked in `acme_assets.validation.tuning`, which knows them.
"""

from decimal import Decimal
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

Bound = Annotated[Decimal, Field(max_digits=24, decimal_places=6)]


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RequiredTotal(_Strict):
    """What the total of a column over the whole mart must be, bounds included."""

    min: Bound | None = None
    max: Bound | None = None

    @model_validator(mode="after")
    def _is_a_range(self) -> "RequiredTotal":
        _require_range("min", self.min, "max", self.max)
        return self


class MartTuning(_Strict):
    """How one mart of one client is judged. Each default passes unless the mart is empty or jumps."""

    min_rows: int | None = Field(default=None, ge=0)
    """Default: 1; 0 for a mart whose feeds the night need not wait for."""
    max_drift: Decimal = Field(default=Decimal("0.5"), gt=0, max_digits=12, decimal_places=6)
    """Largest deviation of rows and totals from their medians over the trailing nights, as a share: 0.5 is 50%."""
    bounds: dict[str, tuple[Bound | None, Bound | None]] = {}
    """Column to the lowest and highest value that a row may have; null for none. Default: amounts and rates from 0."""
    required_totals: dict[str, RequiredTotal] = {}
    """Column to what its total must be. Default: none."""
    paid_within_allowed: bool = True
    """Whether a row's paid_amount may not be above its allowed_amount, where that is given."""

    @field_validator("bounds")
    @classmethod
    def _are_ranges(
        cls, bounds: dict[str, tuple[Decimal | None, Decimal | None]]
    ) -> dict[str, tuple[Decimal | None, Decimal | None]]:
        for column, (lowest, highest) in bounds.items():
            _require_range(f"{column}: lowest", lowest, "highest", highest)
        return bounds


def _require_range(low_name: str, low: Decimal | None, high_name: str, high: Decimal | None) -> None:
    if low is None and high is None:
        raise ValueError(f"{low_name} and {high_name} are both missing; give one of them, or remove the entry")
    if low is not None and high is not None and low > high:
        raise ValueError(f"{low_name} {low} is above {high_name} {high}; correct one of them")
