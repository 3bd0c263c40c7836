"""What dbt makes anew for each client night, node or session and would be the same, kept.

- Compiled templates: dbt keeps those of macros, and no other.
- The modules that may be plugins of dbt: it goes through each folder of Python's path for them.
- The types that a result's columns may have: a parser of dates is among them, with the words of its languages.
- A node's macros by name: dbt looks for each of 600 in five places, twice a node.
- The session, where the warehouse is PostgreSQL: dbt opens one for each node. dbt-snowflake keeps its own
  (`reuse_connections`).
"""

from collections.abc import Iterable
from contextlib import AbstractContextManager
from functools import cache
from typing import TYPE_CHECKING, Any

from acme_assets.defs.instead import Place, instead

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest


def keeping() -> AbstractContextManager[None]:
    """Within the block, dbt keeps these."""
    return instead(_templates(), _plugins(), _column_types(), _macros_by_name(), _sessions())


def compile_templates(manifest: "Manifest") -> None:
    """Compile the macros and nodes of the project, for the processes that are forked from this one."""
    from dbt_common.clients.jinja import get_environment, template_cache

    with keeping():
        for macro in manifest.macros.values():
            template_cache.get_node_template(macro)
        for node in manifest.nodes.values():
            get_environment().compile(node.raw_code)


@cache
def _templates() -> Place:
    from dbt_common.clients.jinja import MacroFuzzEnvironment

    compile_anew = MacroFuzzEnvironment.compile
    compiled: dict[tuple[type, str], Any] = {}

    def compile_once(self: Any, source: Any, *args: Any, **kwargs: Any) -> Any:
        if not isinstance(source, str) or args or kwargs:
            return compile_anew(self, source, *args, **kwargs)
        key = (type(self), source)  # the code of a kind of template; filters and context are looked up when it runs
        if key not in compiled:
            compiled[key] = compile_anew(self, source)
        return compiled[key]

    return MacroFuzzEnvironment, "compile", compile_once


@cache
def _plugins() -> Place:
    from dbt.plugins.manager import PluginManager

    found = PluginManager.get_prefixed_modules()  # type: ignore[no-untyped-call]
    return PluginManager, "get_prefixed_modules", staticmethod(lambda: found)


@cache
def _column_types() -> Place:
    from dbt_common.clients import agate_helper

    tester = cache(agate_helper.build_type_tester)

    def made_once(text_columns: Iterable[str], string_null_values: Iterable[str] | None = ("null", "")) -> Any:
        return tester(frozenset(text_columns), None if string_null_values is None else tuple(string_null_values))

    return agate_helper, "build_type_tester", made_once


@cache
def _macros_by_name() -> Place:
    from dbt.context.configured import ConfiguredContext
    from dbt.context.macros import MacroNamespace
    from dbt.context.manifest import ManifestContext
    from dbt.include.global_project import PROJECT_NAME

    look_up: Any = ManifestContext.to_dict

    def put_together(self: ManifestContext) -> dict[str, Any]:
        names: Any = self.namespace  # of a test as it is parsed, another kind
        if not isinstance(names, MacroNamespace):
            found: dict[str, Any] = look_up(self)
            return found
        context = ConfiguredContext.to_dict(self)
        built_in = names.global_project_namespace
        # The later wins: MacroNamespace looks in these places from the last to the first.
        for place in (
            built_in,
            {PROJECT_NAME: built_in},
            names.packages,
            names.global_namespace,
            names.local_namespace,
        ):
            context.update(place)
        return context

    return ManifestContext, "to_dict", put_together


@cache
def _sessions() -> Place:
    from dbt.adapters.contracts.connection import ConnectionState
    from dbt.adapters.postgres.connections import PostgresConnectionManager

    close = PostgresConnectionManager.release

    def keep(self: PostgresConnectionManager) -> None:
        connection = self.get_if_exists()
        if connection is None or connection.state != ConnectionState.OPEN or connection.handle.closed:
            return close(self)
        try:
            connection.handle.rollback()
            connection.transaction_open = False
        except Exception:
            self.clear_thread_connection()
            raise

    return PostgresConnectionManager, "release", keep
