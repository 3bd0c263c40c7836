"""What Dagster works out anew each time it is asked, worked out once a process.

- A freshness policy by cron finds the shortest time between a thousand of its deadlines whenever it is made or
  unpacked: 30 ms of CPU a client, and the daemon unpacks all of them each minute. Clients share a few deadlines.
- The partitions of an asset or check, made of its snapshot for each of them whenever a page of the UI shows it, and
  with them 400 dates: half of what the status of the checks costs the lineage page. All share the same partitions.

Nothing else of Dagster's is changed, and what it answers is the same.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from functools import cache, wraps
from typing import Any, TypeVar

from dagster._core.definitions import freshness
from dagster._core.definitions.partitions.context import partition_loading_context
from dagster._core.definitions.partitions.definition import MultiPartitionsDefinition, TimeWindowPartitionsDefinition
from dagster._core.definitions.partitions.snap import MultiPartitionsSnap, PartitionsSnap, StaticPartitionsSnap

_FEW = 16
"""Our assets have the same partitions, and others each day that definitions are loaded anew."""

Value = TypeVar("Value")


def remember() -> None:
    """Begin to remember, in this process; more calls change nothing."""
    names = vars(freshness)
    asked = names["get_smallest_cron_interval"]
    if not hasattr(asked, "cache_info"):
        names["get_smallest_cron_interval"] = cache(asked)
    _replace(MultiPartitionsSnap, "get_partitions_definition", _remembering_definitions)
    _replace(TimeWindowPartitionsDefinition, "get_partition_keys", _remembering_dates)


def _replace(owner: type, name: str, by: Callable[[Any], Callable[..., Any]]) -> None:
    asked = getattr(owner, name)
    if not hasattr(asked, "__wrapped__"):
        setattr(owner, name, wraps(asked)(by(asked)))


def _keep(known: dict[Any, Value], key: object, value: Value) -> Value:
    while len(known) >= _FEW:
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
