"""The raw scan and this project's own methods: `python -m tools.bench_ingest.ours METHOD FILE`."""

import sys
import tempfile
from datetime import date
from pathlib import Path

import polars as pl

from tools.bench_ingest.claims import layout_of
from tools.bench_ingest.meter import BadRows, cpu, report

DAY = date(2026, 3, 10)


def raw(path: Path) -> None:
    """Polars' streaming scan: every value read as text and counted."""
    begun = cpu()
    scan = pl.scan_ndjson(path) if path.suffix == ".ndjson" else pl.scan_csv(path, infer_schema=False)
    counts = scan.select(pl.len().alias("rows"), pl.all().count()).collect(engine="streaming")
    report(begun, counts["rows"][0], BadRows())


def validated(path: Path, *, unique: bool) -> None:
    """Read, mapped, typed and judged; nothing written but the hashes of keys."""
    from acme_assets.contracts.judging import Judge
    from acme_assets.contracts.mapping import Mapper
    from acme_assets.contracts.readers import read_rows
    from acme_assets.contracts.repeated_keys import KeyHashes
    from acme_assets.contracts.results import SourceFile
    from client_partitions.layout import Layout

    begun = cpu()
    file = SourceFile(path.name, path, Layout.model_validate(layout_of(path)))
    judge = Judge("medical_claim", Mapper("medical_claim", file.layout, file.name, DAY))
    rows, bad = 0, BadRows()
    with tempfile.TemporaryDirectory() as folder, KeyHashes("medical_claim", Path(folder) / "keys") as keys:
        for batch in read_rows(file):
            judged = judge.judged(batch)
            rows += batch.rows
            if judged.bad:
                bad.add(judged.bad.rows["source_row"])
            if unique:
                keys.add(judged.good)
        if unique:
            assert not len(keys.shared()), "the keys are unique"
    report(begun, rows, bad)


def whole_check(path: Path) -> None:
    """What a load runs, with both spool files."""
    from acme_assets.contracts.check import SourceFile, check_delivery
    from client_partitions.layout import Layout

    begun = cpu()
    constants = {"delivery_id": "d" * 40, "client_id": "bench", "business_date": DAY.isoformat()}
    with tempfile.TemporaryDirectory() as folder:
        result = check_delivery(
            "medical_claim",
            [SourceFile(path.name, path, Layout.model_validate(layout_of(path)))],
            business_date=DAY,
            quarantine_limit=1.0,
            constants=constants,
            spool=Path(folder),
        )
        spent = cpu()
        assert result.held is None, result.held
        bad = BadRows()
        set_aside = pl.scan_csv(result.quarantined, infer_schema=False).select(pl.col("source_row").cast(pl.Int64))
        bad.add(set_aside.collect(engine="streaming").to_series())
    report(begun + cpu() - spent, result.rows_in, bad)


METHODS = {
    "raw": raw,
    "validated": lambda path: validated(path, unique=False),
    "unique": lambda path: validated(path, unique=True),
    "whole": whole_check,
}

if __name__ == "__main__":
    METHODS[sys.argv[1]](Path(sys.argv[2]))
