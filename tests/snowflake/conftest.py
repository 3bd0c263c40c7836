"""One night recorded for all tests here."""

import pytest

from tests.snowflake.night import record_night

_RECORDED: dict[str, list[str]] = {}


@pytest.fixture
def night(request: pytest.FixtureRequest) -> dict[str, list[str]]:
    """Role to the statements of its part of a night, as Snowflake would get them."""
    if not _RECORDED:
        world, folder = (request.getfixturevalue(name) for name in ("world", "tmp_path"))
        _RECORDED.update(record_night(world, folder))
    return _RECORDED
