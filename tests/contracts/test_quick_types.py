"""What a type's quick rule says is what its exact rule says."""

from typing import Any

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acme_assets.contracts.mapping import Mapper, typed_column
from acme_assets.contracts.rows import RowBatch
from client_partitions.layout import LINE, ROW, Layout

DIGITS = st.text(st.sampled_from("0123456789"), max_size=20)
NUMBERS = st.one_of(
    st.from_regex(r"\A[+-]?[0-9]{0,20}(\.[0-9]{0,8})?\Z"),
    st.text(st.sampled_from("0123456789.+-eE_, \u0661xnNaAiIfF"), max_size=9),
    st.sampled_from(
        [
            "1e3",
            "1.e5",
            "1_000",
            "0x10",
            "1.",
            ".",
            "-.",
            "+",
            "+-1",
            "--1",
            "1.00000",
            "1.00001",
            "1.99995",
            "30.0",
            "NaN",
        ]
    ),
    st.sampled_from(
        [
            "99999999999999.9999",
            "100000000000000",
            "9223372036854775807",
            "9223372036854775808",
            "0" * 25 + "1",
            "1.2.3",
        ]
    ),
)
DATES = st.one_of(
    st.dates().map(str),
    st.from_regex(r"\A[0-9]{1,5}[-/][0-9]{1,2}[-/][0-9]{1,4}\Z"),
    st.sampled_from(
        ["2026-1-2", "2026-02-30", "0999-12-31", "+2026-01-02", "2026-01-02 ", "2026-01-02T00:00:00", "26-01-02"]
    ),
)
COLUMNS = {"claim_line_number": NUMBERS, "quantity": NUMBERS, "dispensing_date": DATES, "drug_description": DIGITS}

LAYOUT = Layout.model_validate(
    {
        "format": {"kind": "csv"},
        "columns": {name: name for name in COLUMNS},
        "date_formats": ["%Y-%m-%d", "%m/%d/%Y", "%m/%d/%y"],
    }
)


@pytest.mark.parametrize("column", COLUMNS)
def test_quick_and_exact_agree(column: str) -> None:
    @given(texts=st.lists(COLUMNS[column].map(str.strip).map(lambda text: text or None), min_size=1, max_size=40))
    @settings(max_examples=60, deadline=None, database=None)
    def agree(texts: list[str | None]) -> None:
        mapper = Mapper("pharmacy_claim", LAYOUT, "file", None)  # type: ignore[arg-type]
        lines: dict[str, Any] = {ROW: list(range(len(texts))), LINE: [1] * len(texts)}
        lines |= {name: texts if name == column else [None] * len(texts) for name in COLUMNS}
        types = {name: pl.Int64 if name in (ROW, LINE) else pl.String for name in lines}
        frame = pl.DataFrame(lines, schema=types)
        exponents = any("e" in text.lower() for text in texts if text)
        batch = RowBatch(len(texts), frame, (), str, tidy=True, exponents=exponents)
        canonical, lost = mapper.canonical(batch)
        dtype = canonical.schema[column]
        exact = frame.select(typed_column(column, dtype, LAYOUT)).to_series()
        assert canonical[column].to_list() == exact.to_list()
        failed = [text is not None and value is None for text, value in zip(texts, exact, strict=True)]
        assert [mask.mask.to_list() for mask in lost] == ([failed] if any(failed) else [])

    agree()
