"""A file pattern rendered forward, for one business date. Matching names against patterns is `acme_assets.feeds`."""

import re
from datetime import date

_DATE = re.compile(r"\{date(?::(?P<format>[^}]*))?\}")


def render(pattern: str, business_date: date, star: str = "001") -> str:
    """The path that a pattern stands for on a business date; every `*` or `**` becomes `star`."""
    dated = _DATE.sub(lambda found: business_date.strftime(found["format"] or "%Y-%m-%d"), pattern)
    return re.sub(r"\*+", lambda _: star, dated)
