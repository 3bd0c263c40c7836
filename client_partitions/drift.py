"""What becomes of a delivery that differs from the feed's earlier ones: passed, warned of or held, per kind."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

Act = Literal["pass", "warn", "hold"]
"""pass: nothing is said; warn: it is said and the delivery is loaded; hold: nothing is loaded until it is accepted."""


class DriftPolicy(BaseModel):
    """Kind of drift to what becomes of the delivery."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    added: Act = "warn"
    """A column that the last good delivery did not have."""
    missing: Act = "hold"
    renamed: Act = "hold"
    """Another name in the same place, over content of the same kind."""
    reordered: Act = "hold"
    retyped: Act = "hold"
    rows: Act = "hold"
    """Source rows, against the feed's own trailing nights; the kinds below likewise."""
    bytes: Act = "warn"
    empty: Act = "hold"
    """The share of empty values of a column."""
    totals: Act = "hold"
    """The total of a column of amounts or quantities."""
    keys: Act = "hold"
    """The share of keys that the night before had too."""
    repeated: Act = "hold"
    """The very content of an earlier night, of a feed that does not repeat itself."""
