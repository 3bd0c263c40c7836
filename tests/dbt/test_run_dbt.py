"""dbt in this process: what nobody reads is left out, what would be made again is kept, all is as it was afterwards."""

import gc
import io
import threading
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jinja2.environment
import psycopg2
import pytest
from dbt.adapters.postgres.connections import PostgresConnectionManager
from dbt.adapters.sql import SQLConnectionManager
from dbt.context.manifest import ManifestContext
from dbt.contracts.graph.nodes import ParsedNode
from dbt.plugins.manager import PluginManager
from dbt.task.base import BaseRunner
from dbt_common.behavior_flags import BehaviorFlagRendered
from dbt_common.clients import agate_helper
from dbt_common.clients.jinja import MacroFuzzEnvironment, get_template
from dbt_common.events.base_types import BaseEvent, EventLevel
from dbt_common.events.event_manager import EventManager
from dbt_common.events.event_manager_client import get_event_manager
from dbt_common.events.functions import get_stdout_config
from dbt_common.events.logger import LineFormat
from dbt_common.events.types import BehaviorChangeEvent, Formatting, Note

from acme_assets.defs.dbt import DbtFailed, run_dbt, warm_dbt
from acme_assets.defs.dbt_kept import compile_templates, keeping
from acme_assets.defs.dbt_unread import leaving_out_the_unread, unlogged_events
from acme_assets.defs.marts import build_arguments

REPLACED = (
    (BehaviorFlagRendered, "_default_source"),
    (ParsedNode, "write_node"),
    (BaseEvent, "__init__"),
    (BaseEvent, "pb_msg"),
    (MacroFuzzEnvironment, "compile"),
    (PluginManager, "get_prefixed_modules"),
    (agate_helper, "build_type_tester"),
    (ManifestContext, "to_dict"),
    (PostgresConnectionManager, "release"),
    (BaseRunner, "handle_exception"),
    (BaseRunner, "_safe_release_connection"),
)

FLAG = {"flag_name": "f", "flag_source": "s", "description": "d", "docs_url": "u"}


def statuses(deliveries: Mapping[str, str]) -> set[str]:
    """What the nodes of a build ended with."""
    nodes = run_dbt(build_arguments("acme_north", "2026-02-12", dict(deliveries), ["stg_eligibility"]))  # type: ignore[arg-type]
    return {node["status"] for node in nodes}


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


def test_an_event_that_is_read_says_all_that_it_was_given() -> None:
    with leaving_out_the_unread():
        event = BehaviorChangeEvent(**FLAG)
        assert "pb_msg" not in vars(event)
        event.flag_name = "another"
        assert event.to_dict() == {**FLAG, "flag_name": "another"}


def test_a_build_writes_no_statement_reads_no_stack_and_makes_no_message(
    production: Any, north: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("this is read by nobody")

    monkeypatch.setattr("dbt.contracts.graph.nodes.write_file", refuse)
    monkeypatch.setattr("dbt_common.behavior_flags.inspect.stack", refuse)
    monkeypatch.setattr("dbt_common.events.event_manager.msg_from_base_event", refuse)
    monkeypatch.setattr("dbt_common.events.base_types.ParseDict", refuse)
    assert statuses(north) == {"success", "pass"}


def test_what_one_build_made_the_next_one_uses(
    production: Any, north: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert statuses(north) == {"success", "pass"}

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("this was made before")

    monkeypatch.setattr("jinja2.environment.generate", refuse)
    monkeypatch.setattr("dbt.plugins.manager.pkgutil.iter_modules", refuse)
    monkeypatch.setattr("dbt_common.clients.agate_helper.agate.data_types.Date", refuse)
    monkeypatch.setattr("dbt.context.macros.MacroNamespace.__iter__", refuse)
    assert statuses(north) == {"success", "pass"}


def test_templates_compiled_beforehand_are_the_ones_that_nodes_use(
    production: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    compiled: list[str] = []
    generate = jinja2.environment.generate

    def noting(tree: Any, *args: Any, **kwargs: Any) -> Any:
        compiled.append("a template")
        return generate(tree, *args, **kwargs)

    monkeypatch.setattr("jinja2.environment.generate", noting)
    compile_templates(production.runner.parsed)
    compiled.clear()
    compile_templates(production.runner.parsed)
    assert compiled == []
    node = production.runner.parsed.nodes["model.acme.stg_eligibility"]
    with keeping():
        get_template(node.raw_code, {}, node)
        assert compiled == []
        get_template(f"{node.raw_code} ", {}, node)
        assert compiled == ["a template"]


def test_a_thread_keeps_its_session_and_dbt_leaves_none(
    production: Any, north: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[Any] = []
    connect = psycopg2.connect

    def noting(*args: Any, **kwargs: Any) -> Any:
        opened.append(connect(*args, **kwargs))
        return opened[-1]

    monkeypatch.setattr("dbt.adapters.postgres.connections.psycopg2.connect", noting)
    assert statuses(north) == {"success", "pass"}
    threads = int(production.runner.environment["ACME_DBT_THREADS"])
    assert 1 <= len(opened) <= threads + 1  # the main thread has one, to see which tables there are
    assert all(session.closed for session in opened)
    assert production.query("select count(*) from pg_stat_activity where application_name = 'dbt'") == [(0,)]


def test_a_build_makes_no_temporary_table_and_asks_for_no_columns(
    production: Any, north: Mapping[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    ask = SQLConnectionManager.add_query

    def noting(self: Any, sql: str, *args: Any, **kwargs: Any) -> Any:
        said.append(sql.lower())
        return ask(self, sql, *args, **kwargs)

    monkeypatch.setattr(SQLConnectionManager, "add_query", noting)
    assert statuses(north) == {"success", "pass"}
    assert any("insert into" in sql and "stg_eligibility" in sql for sql in said)
    assert not [sql for sql in said if "temporary table" in sql or "character_maximum_length" in sql]


@pytest.fixture
def warmed(production: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[], None]:
    """Warm dbt, where there is a parsed project and no warehouse."""
    parsed = tmp_path / "parsed"
    parsed.touch()
    monkeypatch.setattr("acme_assets.defs.dbt.PARSED", parsed)

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the warehouse is not to be asked")

    def warm() -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("dbt.adapters.postgres.connections.psycopg2.connect", refuse)
            patch.setenv("ACME_PG_HOST", "/nonexistent")
            warm_dbt()

    return warm


def test_dbt_is_warmed_without_the_warehouse_and_leaves_no_thread(
    warmed: Callable[[], None], capsys: pytest.CaptureFixture[str]
) -> None:
    threads = threading.enumerate()
    warmed()
    assert capsys.readouterr().out == ""
    assert threading.enumerate() == threads


def test_dbt_is_warmed_without_snowflake(
    compiled: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("nothing is to be asked")

    (tmp_path / "parsed").touch()
    monkeypatch.setattr("acme_assets.defs.dbt.PARSED", tmp_path / "parsed")
    monkeypatch.setattr("acme_assets.defs.dbt._parsed", lambda: compiled.parsed)
    monkeypatch.setattr("socket.socket.connect", refuse)
    monkeypatch.setenv("ACME_ENV", "production")
    warm_dbt()
    assert capsys.readouterr().out == ""


def test_what_was_compiled_to_warm_dbt_is_in_no_build(
    warmed: Callable[[], None], production: Any, north: Mapping[str, str]
) -> None:
    assert statuses(north) == {"success", "pass"}
    before = production.rows("staging.stg_eligibility", "acme_north", "2026-02-12")
    warmed()
    assert statuses(north) == {"success", "pass"}
    assert production.rows("staging.stg_eligibility", "acme_north", "2026-02-12") == before != []


def test_a_project_that_dbt_cannot_compile_is_told_of_and_stops_nothing(
    warmed: Callable[[], None], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("acme_assets.defs.dbt._WITHOUT_WAREHOUSE", [("compile", "--no-such-option")])
    warmed()
    assert capsys.readouterr().out.startswith("dbt compile failed before any build (DbtUsageException)")


class Manager:
    """What `release` uses of a connection manager, with an open session that does `rollback`."""

    def __init__(self, rollback: Callable[[], None]) -> None:
        self.done: list[str] = []
        session = SimpleNamespace(closed=0, rollback=rollback)
        self.connection = SimpleNamespace(state="open", transaction_open=True, handle=session)

    def get_if_exists(self) -> Any:
        return self.connection

    def clear_thread_connection(self) -> None:
        self.done.append("forgotten")


def test_what_a_node_left_open_is_rolled_back_when_it_ends() -> None:
    rolled_back: list[str] = []
    manager = Manager(lambda: rolled_back.append("yes"))
    with keeping():
        PostgresConnectionManager.release(manager)  # type: ignore[arg-type]
    assert (rolled_back, manager.connection.transaction_open, manager.done) == (["yes"], False, [])


def test_a_session_that_is_cut_off_is_not_used_again() -> None:
    def fail() -> None:
        raise psycopg2.OperationalError("server closed the connection unexpectedly")

    manager = Manager(fail)
    with keeping(), pytest.raises(psycopg2.OperationalError):
        PostgresConnectionManager.release(manager)  # type: ignore[arg-type]
    assert manager.done == ["forgotten"]


def test_all_is_as_it_was_after_dbt_however_it_ended(production: Any) -> None:
    def state() -> list[Any]:
        return [gc.isenabled(), get_event_manager(), *(vars(owner).get(name) for owner, name in REPLACED)]

    before = state()
    with pytest.raises(DbtFailed):
        run_dbt(["no such command"])
    assert state() == before
    assert before[0] is True
