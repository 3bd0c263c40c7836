"""dbt in this process: what it leaves behind, and its events where it has no log, of which those for the log alone are
not made."""

import gc
import io
from collections.abc import Iterator
from typing import Any

import pytest
from dbt_common.events.base_types import EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.functions import get_stdout_config
from dbt_common.events.logger import LineFormat
from dbt_common.events.types import BehaviorChangeEvent, Formatting, Note

from acme_assets.defs.dbt import DbtFailed, run_dbt, unlogged_events

FLAG = {"flag_name": "f", "flag_source": "s", "description": "d", "docs_url": "u"}


@pytest.fixture
def events() -> Iterator[EventManager]:
    manager = unlogged_events()
    yield manager
    manager.callbacks.clear()
    manager.loggers.clear()


def test_what_would_only_be_logged_is_not_made(events: EventManager) -> None:
    heard: list[Any] = []
    events.add_callback(heard.append)
    events.fire_event(Formatting(msg="debug"))
    events.fire_event(Note(msg="info"), EventLevel.INFO)
    assert heard == []


def test_a_warning_and_an_error_are_heard(events: EventManager) -> None:
    heard: list[Any] = []
    events.add_callback(heard.append)
    events.fire_event(BehaviorChangeEvent(**FLAG))
    events.fire_event(Note(msg="broken"), EventLevel.ERROR)
    assert [message.info.name for message in heard] == ["BehaviorChangeEvent", "Note"]


def test_where_there_is_a_log_it_has_them(events: EventManager) -> None:
    config = get_stdout_config(LineFormat.PlainText, False, EventLevel.DEBUG, False)
    config.output_stream = written = io.StringIO()
    events.add_logger(config)
    events.fire_event(Note(msg="for the log"), EventLevel.INFO)
    assert "for the log" in written.getvalue()


def test_pythons_collector_is_on_again_after_dbt_however_it_ended() -> None:
    assert gc.isenabled()
    with pytest.raises(DbtFailed):
        run_dbt(["no such command"])
    assert gc.isenabled()
