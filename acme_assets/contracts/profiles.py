"""What passed the contract, in numbers and in a sketch of its keys: one streaming pass over the spool file."""

from dataclasses import dataclass, replace

import polars as pl

from acme_assets.contracts.drift import Profile
from acme_assets.contracts.results import ContractResult
from acme_assets.contracts.schemas import MONEY, key_columns, schema
from client_partitions.feeds import Feed

SKETCH_KEYS = 1024
"""About so many keys are kept of a delivery: a share is then known within 2%, nineteen times in twenty."""

_EVERY = 2**64 - 1


@dataclass(frozen=True)
class KeySketch:
    """The hashes of a delivery's keys that are at most `limit`: a sample that is the same for the same keys."""

    way: str
    """How they were hashed: only sketches of the same way can be compared."""
    limit: int
    hashes: frozenset[int]

    def share_in(self, other: "KeySketch") -> float | None:
        """The share of these keys that the other has too; None where they cannot be compared, or there are none."""
        limit = min(self.limit, other.limit)
        mine = {key for key in self.hashes if key <= limit}
        if self.way != other.way or not mine:
            return None
        return round(len(mine & other.hashes) / len(mine), 4)

    def written(self) -> str:
        """As text: hex digits."""
        return ",".join([self.way, f"{self.limit:x}", *(f"{key:x}" for key in sorted(self.hashes))])

    @classmethod
    def read(cls, text: str) -> "KeySketch":
        """From its text."""
        way, limit, *keys = text.split(",")
        return cls(way, int(limit, 16), frozenset(int(key, 16) for key in keys))


def profile_of(feed: Feed, result: ContractResult, size: int) -> tuple[Profile, KeySketch]:
    """The profile of a delivery that passed, and the sketch of its keys. `size` is that of its files, in bytes."""
    columns = schema(feed).columns
    amounts = [name for name, column in columns.items() if column.dtype.type == MONEY]
    limit = min(_EVERY, _EVERY * SKETCH_KEYS // max(result.lines_loaded, 1))
    keys = pl.struct(pl.col(name) for name in key_columns(feed)).hash(seed=0)
    found = (
        pl.scan_csv(result.accepted, infer_schema=False)
        .select(
            *(pl.col(name).null_count().alias(f"empty {name}") for name in columns),
            *(pl.col(name).cast(MONEY).sum().alias(f"total {name}") for name in amounts),
            keys.filter(keys <= pl.lit(limit, pl.UInt64)).implode().alias("keys"),
        )
        .collect(engine="streaming")
        .row(0, named=True)
    )
    profile = Profile(
        rows=result.rows_in - result.rows_out_of_scope,
        bytes=size,
        lines=result.lines_loaded,
        empty={name: found[f"empty {name}"] for name in columns},
        totals={name: found[f"total {name}"] for name in amounts if found[f"empty {name}"] < result.lines_loaded},
    )
    return profile, KeySketch(f"polars {pl.__version__}", limit, frozenset(found["keys"]))


def compared(profile: Profile, sketch: KeySketch, before: KeySketch | None) -> Profile:
    """The profile, with the share of its keys that the night before had."""
    return replace(profile, keys_known=sketch.share_in(before) if before else None)
