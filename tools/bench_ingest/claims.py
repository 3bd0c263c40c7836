"""Made-up claims files of 13 columns, the layout that reads them, and the rows that are bad in them."""

import gzip
import shutil
from pathlib import Path

import numpy as np
import polars as pl

COLUMNS = (
    "claim_id", "claim_line_number", "claim_type", "person_id", "member_id", "claim_start_date", "claim_end_date",
    "paid_date", "paid_amount", "allowed_amount", "charge_amount", "hcpcs_code", "rendering_npi",
)  # fmt: skip

_MAPPED: dict[str, object] = {
    **{name: name for name in COLUMNS},
    "record_type": {"value": "line"},
    "data_source": {"value": "bench"},
}

_BLOCK = 250_000

_BAD = (
    ("claim_start_date", "2026-02-30"),
    ("paid_amount", "12.5x"),
    ("person_id", None),
    ("claim_line_number", "-1"),
    ("claim_type", "dental"),
    ("claim_line_number", "one"),
)
"""What is wrong with every sixth of the bad rows each."""


def write_claims(path: Path, rows: int, bad_every: int | None) -> None:
    """Rows with unique keys, of which every so manieth is bad."""
    with path.open("wb") as file:
        file.write((",".join(COLUMNS) + "\n").encode())
        for first in range(0, rows, _BLOCK):
            _block(first, min(_BLOCK, rows - first), bad_every).write_csv(file, include_header=False)


def _block(first: int, rows: int, bad_every: int | None) -> pl.DataFrame:
    random = np.random.default_rng(first)
    numbers = pl.int_range(first, first + rows, eager=True)
    start = pl.Series(random.integers(19_000, 20_400, rows)).cast(pl.Int32).cast(pl.Date)
    charge = pl.Series(random.integers(2_000, 900_000, rows))
    people = pl.Series(random.integers(0, 400_000, rows))

    frame = pl.DataFrame({"number": numbers, "start": start, "charge": charge, "person": people})
    texts = frame.select(
        claim_id=pl.format("CLM{}", (pl.col("number") // 4).cast(pl.String).str.zfill(11)),
        claim_line_number=(pl.col("number") % 4 + 1).cast(pl.String),
        claim_type=pl.when(pl.col("number") % 3 == 0).then(pl.lit("institutional")).otherwise(pl.lit("professional")),
        person_id=pl.format("P{}", pl.col("person").cast(pl.String).str.zfill(9)),
        member_id=pl.format("M{}-01", pl.col("person").cast(pl.String).str.zfill(9)),
        claim_start_date=pl.col("start").cast(pl.String),
        claim_end_date=pl.col("start").dt.offset_by("2d").cast(pl.String),
        paid_date=pl.col("start").dt.offset_by("30d").cast(pl.String),
        paid_amount=_dollars("charge", 62),
        allowed_amount=_dollars("charge", 78),
        charge_amount=_dollars("charge", 100),
        hcpcs_code=pl.concat_str(pl.lit("9"), (pl.col("person") % 9000 + 1000).cast(pl.String)),
        rendering_npi=(pl.col("person") % 5000 + 1_234_560_000).cast(pl.String),
    )
    if bad_every is None:
        return texts
    kind = pl.Series(np.where(numbers % bad_every == 0, numbers // bad_every % len(_BAD), -1))
    for at, (column, value) in enumerate(_BAD):
        texts = texts.with_columns(
            pl.when(kind == at).then(pl.lit(value, pl.String)).otherwise(pl.col(column)).alias(column)
        )
    return texts


def _dollars(column: str, percent: int) -> pl.Expr:
    cents = pl.col(column) * percent // 100
    return pl.format("{}.{}", cents // 100, (cents % 100).cast(pl.String).str.zfill(2))


def gzipped(path: Path) -> Path:
    """The file, compressed beside it."""
    packed = path.with_suffix(".csv.gz")
    with path.open("rb") as plain, gzip.open(packed, "wb", compresslevel=6) as file:
        shutil.copyfileobj(plain, file, 1 << 20)
    return packed


def as_ndjson(path: Path) -> Path:
    """The file's rows as one JSON object a line, every value text."""
    lines = path.with_suffix(".ndjson")
    pl.scan_csv(path, infer_schema=False).sink_ndjson(lines)
    return lines


def layout_of(path: Path) -> dict[str, object]:
    """What reads the file."""
    if path.suffix == ".ndjson":
        paths = {name: f"record.{name}" if isinstance(source, str) else source for name, source in _MAPPED.items()}
        return {"format": {"kind": "json", "lines": True}, "columns": paths}
    return {"format": {"kind": "csv", "gzip": path.suffix == ".gz"}, "columns": _MAPPED}
