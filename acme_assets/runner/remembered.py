"""What Dagster works out anew each time it is asked, worked out once a process.

- A freshness policy by cron finds the shortest time between a thousand of its deadlines whenever it is made or
  unpacked: 30 ms of CPU a client, and the daemon unpacks all of them each minute. Clients share a few deadlines.
- The partitions of an asset or check, made of its snapshot for each of them whenever a page of the UI shows it, and
  with them 400 dates: half of what the status of the checks costs the lineage page. All share the same partitions.
- Whether a key is one of a partition: on that page for each partition of each check of each asset.
- The queries of the UI, parsed and held against the schema each time: a tenth of what the web server does. They are a
  few dozen texts.

Nothing else of Dagster's is changed, and what it answers is the same.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache, wraps
from typing import Any, TypeVar

from dagster._core.definitions import freshness
from dagster._core.definitions.partitions.context import partition_loading_context
from dagster._core.definitions.partitions.definition import MultiPartitionsDefinition, TimeWindowPartitionsDefinition
from dagster._core.definitions.partitions.definition.partitions_definition import PartitionsDefinition
from dagster._core.definitions.partitions.snap import MultiPartitionsSnap, PartitionsSnap, StaticPartitionsSnap
from dagster._core.storage import asset_check_state

_FEW = 16
"""Our assets have the same partitions, and others each day that definitions are loaded anew."""

_QUERIES = 128
"""The UI has fewer; whoever writes queries by hand takes the place of the oldest."""

Value = TypeVar("Value")


def remember() -> None:
    """Begin to remember, in this process; more calls change nothing."""
    names = vars(freshness)
    asked = names["get_smallest_cron_interval"]
    if not hasattr(asked, "cache_info"):
        names["get_smallest_cron_interval"] = cache(asked)
    _replace(MultiPartitionsSnap, "get_partitions_definition", _remembering_definitions)
    _replace(TimeWindowPartitionsDefinition, "get_partition_keys", _remembering_dates)
    _replace(asset_check_state, "_valid_partition_key", _remembering_keys)


def remember_queries() -> None:
    """Begin to remember the UI's queries, in the web server's process."""
    from dagster_webserver import graphql

    _replace(graphql, "parse", _remembering_documents)
    _replace(graphql, "validate", _remembering_errors)


def _replace(owner: Any, name: str, by: Callable[[Any], Callable[..., Any]]) -> None:
    asked = getattr(owner, name)
    if not hasattr(asked, "__wrapped__"):
        setattr(owner, name, wraps(asked)(by(asked)))


def _keep(known: dict[Any, Value], key: object, value: Value, most: int = _FEW) -> Value:
    while len(known) >= most:
        known.pop(next(iter(known)), None)
    known[key] = value
    return value


def _remembering_definitions(
    asked: Callable[[MultiPartitionsSnap], MultiPartitionsDefinition],
) -> Callable[[MultiPartitionsSnap], MultiPartitionsDefinition]:
    known: dict[object, MultiPartitionsDefinition] = {}

    def get_partitions_definition(snap: MultiPartitionsSnap) -> MultiPartitionsDefinition:
        content = tuple((each.name, _content(each.partitions)) for each in snap.partition_dimensions)
        return known.get(content) or _keep(known, content, asked(snap))

    return get_partitions_definition


def _content(snap: PartitionsSnap) -> object:
    return tuple(snap.partition_keys) if isinstance(snap, StaticPartitionsSnap) else repr(snap)


def _remembering_dates(asked: Callable[..., Sequence[str]]) -> Callable[..., Sequence[str]]:
    known: dict[object, Sequence[str]] = {}

    def get_partition_keys(
        of: TimeWindowPartitionsDefinition, current_time: datetime | None = None, dynamic_partitions_store: Any = None
    ) -> Sequence[str]:
        with partition_loading_context(current_time, dynamic_partitions_store):
            content = repr(of), of.get_last_partition_window()
            return [*(known.get(content) or _keep(known, content, asked(of)))]

    return get_partition_keys


def _remembering_keys(
    asked: Callable[[str | None, PartitionsDefinition | None], bool],
) -> Callable[[str | None, PartitionsDefinition | None], bool]:
    known: dict[int, tuple[PartitionsDefinition, set[str]]] = {}

    def valid_partition_key(partition_key: str | None, partitions_def: PartitionsDefinition | None) -> bool:
        if partition_key is None or partitions_def is None:
            return asked(partition_key, partitions_def)
        # By the object, which is kept with them: what a definition is equal by is made of all its content each time.
        _, valid = known.get(id(partitions_def)) or _keep(known, id(partitions_def), (partitions_def, set()))
        if partition_key not in valid and asked(partition_key, partitions_def):  # it becomes one in time, and stays one
            valid.add(partition_key)
        return partition_key in valid

    return valid_partition_key


def _remembering_documents(asked: Callable[[str], Any]) -> Callable[[str], Any]:
    known: dict[str, Any] = {}

    def parse(source: str) -> Any:
        return known.get(source) or _keep(known, source, asked(source), _QUERIES)

    return parse


def _remembering_errors(asked: Callable[..., Sequence[Any]]) -> Callable[..., Sequence[Any]]:
    known: dict[object, tuple[object, Sequence[Any]]] = {}

    def validate(schema: Any, document_ast: Any, rules: Any) -> Sequence[Any]:
        content = id(schema), id(document_ast), tuple(rules)
        found = known.get(content)
        if found is None:  # schema and document are kept with it, so that no other has their ids
            errors = asked(schema, document_ast, rules)
            found = _keep(known, content, ((schema, document_ast), errors), _QUERIES)
        return found[1]

    return validate
