"""The language of file patterns: `{date}` is the business date, `{rows}` a count of rows, `*` any text without a slash.

`{date:%Y%m%d}` gives the date's form; plain `{date}` is YYYY-MM-DD. Matching paths is `acme_assets.feeds.patterns`.
"""

import re
from datetime import date, datetime
from typing import Annotated

from pydantic import AfterValidator

DATE_TOKEN = re.compile(r"\{date(?::([^}]+))?\}")
DATE_CODES = {
    "%Y": "[0-9]{4}",
    "%m": "[0-9]{2}",
    "%d": "[0-9]{2}",
    "%y": "[0-9]{2}",
    "%j": "[0-9]{3}",
    "%b": "[A-Za-z]{3}",
}
"""The strftime codes that a pattern's `{date:…}` may use, each with the text that it stands for."""

ROWS_TOKEN = "{rows}"


def _dated(pattern: str) -> str:
    found = DATE_TOKEN.findall(pattern)
    if len(found) != 1 or pattern.count("{date") != 1:
        raise ValueError(f"{pattern!r} must hold {{date}} once, so that a file tells its business date")
    if found[0]:
        tells_a_date(found[0])
    return _below_the_folder(pattern)


def _below_the_folder(pattern: str) -> str:
    if len(DATE_TOKEN.findall(pattern)) > 1 or pattern.count(ROWS_TOKEN) > 1:
        raise ValueError(f"{pattern!r} may hold {{date}} once and {ROWS_TOKEN} once")
    if any(part in ("", ".", "..") for part in pattern.split("/")):
        raise ValueError(f"{pattern!r} must be a path below the client's landing folder, without . and ..")
    return pattern


def tells_a_date(date_format: str) -> str:
    """The format; ValueError where a text of this form does not tell a whole date."""
    sample = date(2026, 3, 24)
    try:
        is_read = datetime.strptime(sample.strftime(date_format), date_format).date() == sample
    except ValueError:
        is_read = False
    if not is_read or not set(re.findall("%.", date_format)) <= DATE_CODES.keys():
        raise ValueError(
            f"{{date:{date_format}}} does not tell a whole date; make it of {', '.join(DATE_CODES)}, "
            "such as {date:%Y%m%d}"
        )
    return date_format


DatedPattern = Annotated[str, AfterValidator(_dated)]
"""A path below the client's landing folder that tells its business date."""

PathPattern = Annotated[str, AfterValidator(_below_the_folder)]
"""A path below the client's landing folder; `**` spans folders."""

DateFormat = Annotated[str, AfterValidator(tells_a_date)]
