"""A code location whose runs end well, badly, by being cancelled, or not at all."""

import os
import subprocess
import time
from collections.abc import Iterator

import dagster as dg
import polars as pl  # imported before the fork, used after it


@dg.op
def end() -> None:
    pass


@dg.op
def fail() -> None:
    raise ValueError("the file is torn")


@dg.op
def speak() -> None:
    print("said aloud")
    os.write(2, b"and by a library\n")
    subprocess.run(["sleep", "3.25"], check=True)


@dg.op
def go_on() -> None:
    time.sleep(600)


@dg.op
def count_with_polars() -> int:
    frame = pl.DataFrame({"member": [i % 7 for i in range(10_000)], "paid": range(10_000)})
    return frame.lazy().group_by("member").agg(pl.col("paid").sum()).collect().height


@dg.op
def wait_for_a_program() -> None:
    subprocess.run(["sleep", "602.5"], check=True)


@dg.job
def quick() -> None:
    end()


@dg.job
def failing() -> None:
    fail()


@dg.job
def speaking() -> None:
    speak()


@dg.job
def endless() -> None:
    go_on()


@dg.job
def counting() -> None:
    count_with_polars()


@dg.job
def waiting() -> None:
    wait_for_a_program()


nights = dg.StaticPartitionsDefinition(["monday", "tuesday"])


@dg.multi_asset(
    specs=[dg.AssetSpec(name, partitions_def=nights) for name in ("claims", "members")],
    check_specs=[dg.AssetCheckSpec("complete", asset="claims", partitions_def=nights)],
    partitions_def=nights,
)
def load() -> Iterator[dg.MaterializeResult[None] | dg.AssetCheckResult]:
    yield dg.MaterializeResult("claims", metadata={"rows": 3})
    yield dg.AssetCheckResult(asset_key="claims", check_name="complete", passed=True)
    yield dg.MaterializeResult("members")


loading = dg.define_asset_job("loading", [load])

defs = dg.Definitions(
    assets=[load], jobs=[quick, failing, endless, speaking, counting, waiting, loading], executor=dg.in_process_executor
)
