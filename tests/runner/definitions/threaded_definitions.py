"""Definitions that use polars while they load: a fork of this process would hang at the next use."""

import dagster as dg
import polars as pl

defs = dg.Definitions(metadata={"rows": pl.DataFrame({"a": [1, 2]}).lazy().filter(pl.col("a") > 1).collect().height})
