"""File patterns of the client registry: `{date}` is the business date, `*` any text without a slash.

`{date:%Y%m%d}` gives the date's form (strptime); plain `{date}` is YYYY-MM-DD. Considered: `parse`, which
would take braces in names as fields of its own.
"""

import re
from datetime import date, datetime
from functools import cache

from client_partitions.client import DATE_CODES, DATE_TOKEN

_TOKEN = re.compile(rf"{DATE_TOKEN.pattern}|\*\*|\*")


def _text_of_code(code: re.Match[str]) -> str:
    return DATE_CODES.get(code.group(), "[0-9]+")


@cache
def _compiled(pattern: str) -> tuple[re.Pattern[str], str | None]:
    parts, end, date_format = [], 0, None
    for token in _TOKEN.finditer(pattern):
        parts.append(re.escape(pattern[end : token.start()]))
        end = token.end()
        if token.group() == "**":
            parts.append(".*")
        elif token.group() == "*":
            parts.append("[^/]*")
        else:
            date_format = token.group(1) or "%Y-%m-%d"
            digits = re.sub("%.", _text_of_code, re.escape(date_format))
            parts.append(f"(?P<date>{digits})")
    parts.append(re.escape(pattern[end:]))
    return re.compile("".join(parts)), date_format


def match(pattern: str, path: str) -> date | None:
    """The business date of a path that fits the pattern, or None.

    A path whose date part is no date (2026-02-30) does not fit.
    """
    regex, date_format = _compiled(pattern)
    found = regex.fullmatch(path)
    if found is None or date_format is None:
        return None
    text = found["date"]
    try:
        business_date = datetime.strptime(text, date_format).date()
    except ValueError:
        return None
    # strptime takes day 366 of any year for the first of the next.
    return business_date if business_date.strftime(date_format).lower() == text.lower() else None


def fits(pattern: str, path: str) -> bool:
    """Whether a path fits a pattern that need not hold a date (`ignored_files`); `**` spans folders."""
    return _compiled(pattern)[0].fullmatch(path) is not None
