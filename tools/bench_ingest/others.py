"""pandera on pandas and Great Expectations with the same rules: `python -m tools.bench_ingest.others METHOD FILE`.

Both read text and judge what pandas made of it. A value that cannot be typed is bad; null is, where it is required.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from tools.bench_ingest.meter import BadRows, cpu, report

ROWS = 200_000

REQUIRED = ("claim_id", "claim_line_number", "person_id")
DATES = ("claim_start_date", "claim_end_date", "paid_date")
AMOUNTS = ("paid_amount", "allowed_amount", "charge_amount")
TYPES = ["professional", "institutional", "undetermined"]
KEY = ["claim_id", "claim_line_number"]
WHOLE = r"^[+-]?[0-9]+$"
AMOUNT = r"^[+-]?[0-9]{1,14}(\.[0-9]{1,4})?$"


def pieces(path: Path) -> Iterator[pd.DataFrame]:
    """The file's rows as text."""
    yield from pd.read_csv(path, dtype=str, chunksize=ROWS, na_values=[""], keep_default_na=False)


def typed(piece: pd.DataFrame) -> pd.DataFrame:
    """The same with dates and numbers, null where there is none."""
    found = piece.copy()
    for name in DATES:
        found[name] = pd.to_datetime(piece[name], format="%Y-%m-%d", errors="coerce")
    found["claim_line_number"] = pd.to_numeric(piece["claim_line_number"], errors="coerce")
    for name in AMOUNTS:
        found[name] = pd.to_numeric(piece[name], errors="coerce")
    return found


def pandera_pandas(path: Path, *, unique: bool) -> None:
    """pandera's pandas backend, lazily, so that it tells every row."""
    import pandera.pandas as pa

    text = {"claim_id": False, "person_id": False, "member_id": True, "hcpcs_code": True, "rendering_npi": True}
    columns = {name: pa.Column(nullable=nullable) for name, nullable in text.items()}
    columns |= {name: pa.Column("datetime64[ns]", nullable=True, coerce=True) for name in DATES}
    columns |= {name: pa.Column(float, nullable=True) for name in AMOUNTS}
    columns["claim_line_number"] = pa.Column(float, pa.Check.ge(0))
    columns["claim_type"] = pa.Column(checks=pa.Check.isin(TYPES), nullable=True)
    schema = pa.DataFrameSchema(columns)
    begun, rows, bad, keys = cpu(), 0, BadRows(), []
    for piece in pieces(path):
        found = typed(piece)
        wrong = (piece.notna() & found.isna()).any(axis=1).to_numpy(copy=True)
        try:
            schema.validate(found, lazy=True)
        except pa.errors.SchemaErrors as errors:
            wrong[errors.failure_cases["index"].dropna().astype(int).unique() - rows] = True
        bad.add(np.flatnonzero(wrong) + rows + 1)
        if unique:
            keys.append(found.loc[~wrong, KEY])
        rows += len(piece)
    if unique:
        assert not pd.concat(keys).duplicated().any(), "the keys are unique"
    report(begun, rows, bad)


def great_expectations(path: Path, *, unique: bool) -> None:
    """Great Expectations on pandas, with the numbers of all unexpected rows."""
    import great_expectations as gx
    from great_expectations import expectations as gxe

    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    asset = context.data_sources.add_pandas("bench").add_dataframe_asset("claims")
    batch = asset.add_batch_definition_whole_dataframe("piece")
    suite = context.suites.add(gx.ExpectationSuite("claims"))
    for name in REQUIRED:
        suite.add_expectation(gxe.ExpectColumnValuesToNotBeNull(column=name))
    for name in DATES:
        # Its own expectation of a format reads each value with strptime, which is two thirds of the whole.
        suite.add_expectation(gxe.ExpectColumnValuesToBeInSet(column=f"{name} lost", value_set=[False]))
    for name in AMOUNTS:
        suite.add_expectation(gxe.ExpectColumnValuesToMatchRegex(column=name, regex=AMOUNT))
    suite.add_expectation(gxe.ExpectColumnValuesToMatchRegex(column="claim_line_number", regex=WHOLE))
    suite.add_expectation(gxe.ExpectColumnValuesToBeBetween(column="line", min_value=0))
    suite.add_expectation(gxe.ExpectColumnValuesToBeInSet(column="claim_type", value_set=TYPES))
    validation = gx.ValidationDefinition(name="claims", data=batch, suite=suite)
    context.validation_definitions.add(validation)
    complete = {"result_format": "COMPLETE", "unexpected_index_column_names": ["row"]}
    begun, rows, bad, keys = cpu(), 0, BadRows(), []
    for piece in pieces(path):
        piece["row"] = np.arange(rows + 1, rows + 1 + len(piece))
        piece["line"] = pd.to_numeric(piece["claim_line_number"], errors="coerce")
        for name in DATES:
            dates = pd.to_datetime(piece[name], format="%Y-%m-%d", errors="coerce")
            piece[f"{name} lost"] = piece[name].notna() & dates.isna()
        result = validation.run(batch_parameters={"dataframe": piece}, result_format=complete)
        wrong = {entry["row"] for each in result.results for entry in each.result.get("unexpected_index_list") or []}
        bad.add(sorted(wrong))
        if unique:
            keys.append(piece.loc[~piece["row"].isin(wrong), KEY])
        rows += len(piece)
    if unique:
        assert not pd.concat(keys).duplicated().any(), "the keys are unique"
    report(begun, rows, bad)


METHODS = {
    "pandera": lambda path: pandera_pandas(path, unique=False),
    "pandera unique": lambda path: pandera_pandas(path, unique=True),
    "gx": lambda path: great_expectations(path, unique=False),
    "gx unique": lambda path: great_expectations(path, unique=True),
}

if __name__ == "__main__":
    METHODS[sys.argv[1]](Path(sys.argv[2]))
