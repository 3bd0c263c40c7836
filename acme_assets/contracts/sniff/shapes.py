"""What a column's values look like, told without any of them: dates by their formats, numbers, codes of a kind."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

DATES = (
    "%Y-%m-%d", "%Y%m%d", "%m/%d/%Y", "%d/%m/%Y", "%d-%b-%Y", "%d-%B-%Y", "%Y/%m/%d", "%m-%d-%Y", "%d-%m-%Y",
    "%d.%m.%Y", "%b %d, %Y", "%B %d, %Y", "%d %b %Y", "%m/%d/%y", "%d/%m/%y", "%d-%b-%y", "%m%d%Y",
)  # fmt: skip
"""Formats that are tried, the likelier first: of several that fit all values the first is proposed."""

TIMES = (
    "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%dT%H:%M:%S%.fZ", "%Y-%m-%dT%H:%M:%S%.f%:z", "%Y-%m-%dT%H:%M:%S%.f",
    "%Y-%m-%d %H:%M:%S", "%Y-%m-%d %H:%M:%S%.f", "%Y-%m-%d %H:%M", "%m/%d/%Y %H:%M:%S", "%m/%d/%Y %H:%M",
    "%m/%d/%Y %I:%M:%S %p", "%m/%d/%Y %I:%M %p", "%d/%m/%Y %H:%M:%S", "%d/%m/%Y %H:%M", "%Y%m%d%H%M%S", "%Y%m%d%H%M",
)  # fmt: skip

_KINDS = (
    ("npi", re.compile(r"[12]\d{9}")),
    ("ndc", re.compile(r"\d{11}|\d{4,5}-\d{3,4}-\d{1,2}")),
    ("loinc", re.compile(r"\d{1,5}-\d")),
    ("sex", re.compile(r"[MFU]|male|female|unknown", re.IGNORECASE)),
    ("number", re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)")),
)
_DATED = re.compile(r"(?=.*\d)[\w ,.:/+-]{6,40}")
"""What may be a date at all: tried before the formats are, for there are many."""
_FIRST, _LAST = 1850, 2120


@dataclass(frozen=True)
class Shape:
    """What is known of one column's values."""

    filled: float
    """Share that is not empty."""
    kind: str
    """empty, date, time, npi, ndc, loinc, sex, number or text: what nearly all that is filled is."""
    formats: tuple[str, ...] = ()
    """Of dates and times: every format that reads all of them."""

    @property
    def is_temporal(self) -> bool:
        """Whether it is dates or times."""
        return self.kind in ("date", "time")


def shape(values: Sequence[str | None]) -> Shape:
    """The shape of a column's sampled values."""
    filled = [text for value in values if value is not None and (text := value.strip())]
    share = len(filled) / len(values) if values else 0.0
    if not filled:
        return Shape(share, "empty")
    distinct = list(dict.fromkeys(filled))
    dated = all(_DATED.fullmatch(text) for text in distinct[:20])
    for kind, formats in (("time", TIMES), ("date", DATES)) if dated else ():
        if fitting := tuple(form for form in formats if _reads_all(distinct[:3], form) and _reads_all(distinct, form)):
            return Shape(share, kind, fitting)
    for kind, pattern in _KINDS:
        if sum(bool(pattern.fullmatch(text)) for text in filled) >= 0.98 * len(filled):
            return Shape(share, kind)
    return Shape(share, "text")


def _reads_all(texts: Iterable[str], form: str) -> bool:
    series = pl.Series(texts, dtype=pl.String)
    digits = series.str.len_chars().min()
    if form in ("%Y%m%d", "%m%d%Y") and digits != 8:
        return False
    try:
        read = series.str.to_datetime(form, strict=False, time_unit="us")
    except pl.exceptions.PolarsError:
        read = series.str.to_date(form, strict=False)
    years = read.dt.year()
    return bool(not read.null_count() and (years >= _FIRST).all() and (years <= _LAST).all())
