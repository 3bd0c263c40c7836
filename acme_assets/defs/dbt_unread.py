"""What dbt makes and nobody reads here, left out: a third of its CPU in a run worker.

- Messages of events that only a log would have: 1,100 a client night, and there is no log.
- The compiled statements: two files a node, in a folder that is gone when dbt ends.
- Of each behaviour flag the module that asks for it: dbt reads the source of every frame of the stack, to name it in a
  warning, and looks through all modules that are loaded.
- Python's collector, going over what dbt drops in cycles, 26 MB a client night. It is left to the end of the process: a
  run builds eight client nights at most.
"""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dbt_common.events.event_manager import EventManager


@contextmanager
def leaving_out_the_unread() -> Iterator[None]:
    """Within the block, dbt does what its results need."""
    from dbt.contracts.graph.nodes import ParsedNode
    from dbt_common.behavior_flags import BehaviorFlagRendered
    from dbt_common.events.event_manager_client import ctx_set_event_manager, get_event_manager

    events = get_event_manager()
    ctx_set_event_manager(unlogged_events())
    try:
        with (
            _instead(BehaviorFlagRendered, "_default_source", staticmethod(lambda: "dbt")),
            _instead(ParsedNode, "write_node", lambda *_: None),
            _uncollected(),
        ):
            yield
    finally:
        ctx_set_event_manager(events)


@cache
def unlogged_events() -> "EventManager":
    """dbt's events without those that would only be logged, as long as there is no log."""
    from dbt_common.events.base_types import BaseEvent, EventLevel
    from dbt_common.events.event_manager import EventManager

    class Unlogged(EventManager):
        def fire_event(self, e: BaseEvent, level: EventLevel | None = None, *args: Any, **kwargs: Any) -> None:
            if self.loggers or (level or e.level_tag()) not in (EventLevel.DEBUG, EventLevel.INFO):
                super().fire_event(e, level, *args, **kwargs)

    return Unlogged()


@contextmanager
def _instead(owner: type, name: str, value: object) -> Iterator[None]:
    before = vars(owner)[name]
    setattr(owner, name, value)
    try:
        yield
    finally:
        setattr(owner, name, before)


@contextmanager
def _uncollected() -> Iterator[None]:
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        if was_on:
            gc.enable()
