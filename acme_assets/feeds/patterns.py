"""Paths matched against the file patterns of the client registry (`client_partitions.file_patterns`).

Considered: `parse`, which would take braces in names as fields of its own.
"""

import re
from datetime import date, datetime
from functools import cache

from client_partitions.file_patterns import DATE_CODES, DATE_TOKEN, ROWS_TOKEN

_TOKEN = re.compile(rf"{DATE_TOKEN.pattern}|{re.escape(ROWS_TOKEN)}|\*\*|\*")


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
        elif token.group() == ROWS_TOKEN:
            parts.append("(?P<rows>[0-9]{1,15})")
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
    return date_in(found["date"], date_format)


def date_in(text: str, date_format: str) -> date | None:
    """The date that a text of this form tells, or None where it is not of this form, or no date."""
    try:
        found = datetime.strptime(text, date_format).date()
    except ValueError:
        return None
    # strptime takes day 366 of any year for the first of the next.
    return found if found.strftime(date_format).lower() == text.lower() else None


def counted(pattern: str, path: str) -> int | None:
    """How many rows a path that fits the pattern says the file has, at the pattern's `{rows}`."""
    found = _compiled(pattern)[0].fullmatch(path)
    return int(found["rows"]) if found and "rows" in found.re.groupindex else None


def fits(pattern: str, path: str) -> bool:
    """Whether a path fits a pattern that need not hold a date (`ignored_files`); `**` spans folders."""
    return _compiled(pattern)[0].fullmatch(path) is not None
