"""What dbt makes and nobody reads here, left out.

- Messages of events that only a log would have: 1,100 a client night, and there is no log. Not even what they would say
  of themselves is put together, until somebody reads it.
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

from acme_assets.defs.instead import Place, instead

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
        unread = instead(
            (BehaviorFlagRendered, "_default_source", staticmethod(lambda: "dbt")),
            (ParsedNode, "write_node", lambda *_: None),
            *_contents_when_read(),
        )
        with unread, _uncollected():
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


@cache
def _contents_when_read() -> tuple[Place, Place]:
    from dbt_common.events.base_types import BaseEvent

    fill = BaseEvent.__init__

    def note(self: BaseEvent, *args: Any, **kwargs: Any) -> None:
        vars(self)["_given"] = args, kwargs

    class Filled:
        def __get__(self, event: BaseEvent, _: type) -> Any:
            args, kwargs = vars(event)["_given"]
            fill(event, *args, **kwargs)
            return vars(event)["pb_msg"]

    return (BaseEvent, "__init__", note), (BaseEvent, "pb_msg", Filled())


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
