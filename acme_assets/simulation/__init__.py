"""Made-up clients' files, and the real data set delivered as if by clients: for demos, tests and benchmarks.

Pure but for `delivery` and `real`, which write to a landing folder. No Dagster, no database, no clock: the
same client, business date and seed give the same bytes.
"""
