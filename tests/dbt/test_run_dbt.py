"""dbt in this process: what nobody reads is left out while it runs, and in place again afterwards."""

import gc
import io
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from dbt.contracts.graph.nodes import ParsedNode
from dbt_common.behavior_flags import BehaviorFlagRendered
from dbt_common.events.base_types import EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.event_manager_client import get_event_manager
from dbt_common.events.functions import get_stdout_config
from dbt_common.events.logger import LineFormat
from dbt_common.events.types import BehaviorChangeEvent, Formatting, Note

from acme_assets.defs.dbt import DbtFailed, run_dbt
from acme_assets.defs.dbt_unread import unlogged_events
from acme_assets.defs.marts import build_arguments

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


def test_a_build_writes_no_statement_reads_no_stack_and_makes_no_message(
    production: Any, north: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("this is read by nobody")

    monkeypatch.setattr("dbt.contracts.graph.nodes.write_file", refuse)
    monkeypatch.setattr("dbt_common.behavior_flags.inspect.stack", refuse)
    monkeypatch.setattr("dbt_common.events.event_manager.msg_from_base_event", refuse)
    nodes = run_dbt(build_arguments("acme_north", "2026-02-12", dict(north), ["stg_eligibility"]))  # type: ignore[arg-type]
    assert {node["status"] for node in nodes} == {"success", "pass"}


def test_all_is_as_it_was_after_dbt_however_it_ended() -> None:
    def state() -> list[Any]:
        names = (BehaviorFlagRendered, "_default_source"), (ParsedNode, "write_node")
        return [gc.isenabled(), get_event_manager(), *(vars(owner)[name] for owner, name in names)]

    before = state()
    with pytest.raises(DbtFailed):
        run_dbt(["no such command"])
    assert state() == before
    assert before[0] is True
