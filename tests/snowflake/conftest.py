"""One night recorded for all tests here."""

import pytest

from tests.snowflake.night import record_night

_RECORDED: dict[str, list[str]] = {}


@pytest.fixture
def night(request: pytest.FixtureRequest) -> dict[str, list[str]]:
    """Role to the statements of its part of a night, as Snowflake would get them."""
    if not _RECORDED:
        _RECORDED.update(record_night(request.getfixturevalue("world")))
    return _RECORDED
