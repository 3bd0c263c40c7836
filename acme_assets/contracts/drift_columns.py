"""How the columns of a delivery differ from those of the last good one. Pure."""

from collections.abc import Iterator, Mapping, Sequence

from acme_assets.contracts.columns import Columns, SourceColumn
from acme_assets.contracts.drift import Finding
from client_partitions.drift import DriftPolicy
from client_partitions.layout import Layout

_CLEAR = ("number", "text", "time")


def column_drift(
    before: Columns, now: Columns, layouts: Mapping[str, Layout], policy: DriftPolicy
) -> tuple[Finding, ...]:
    """What changed, per layout that both deliveries have files of.

    Columns that a layout says only some files have may come and go.
    """
    found: list[Finding] = []
    for layout in now:
        if layout in before:
            optional = layouts[layout].optional if layout in layouts else ()
            found += _of_layout(layout, before[layout], now[layout], optional)
    return tuple(item.under(policy) for item in found if item.under(policy).act != "pass")


def _of_layout(
    layout: str, before: Sequence[SourceColumn], now: Sequence[SourceColumn], optional: Sequence[str]
) -> Iterator[Finding]:
    old, new = {column.name: column for column in before}, {column.name: column for column in now}
    gone = [column for column in before if column.name not in new and column.name not in optional]
    come = [column for column in now if column.name not in old and column.name not in optional]
    in_order = all(column.present == 1 for column in (*before, *now))
    renamed = _renamed(before, now, gone, come) if in_order else {}
    for was, name in renamed.items():
        yield Finding("renamed", was, f"{layout}: column {was} is named {name} now")
    for column in gone:
        if column.name not in renamed:
            yield Finding("missing", column.name, f"{layout}: column {column.name} is missing")
    for column in come:
        if column.name not in renamed.values():
            yield Finding("added", column.name, f"{layout}: column {column.name} is new")
    both = [column.name for column in before if column.name in new]
    if in_order and both != [column.name for column in now if column.name in old]:
        moved = next(name for name, other in zip(both, (c.name for c in now if c.name in old), strict=True)
                     if name != other)  # fmt: skip
        yield Finding("reordered", moved, f"{layout}: its columns come in another order, from {moved} on")
    for name in both:
        was, is_now = old[name].kind, new[name].kind
        if was != is_now and _is_clear(was) and _is_clear(is_now):
            yield Finding("retyped", name, f"{layout}: column {name} held {was} and holds {is_now} now")


def _is_clear(kind: str) -> bool:
    return kind in _CLEAR or kind.startswith(("yyyy", "dd"))


def _renamed(
    before: Sequence[SourceColumn],
    now: Sequence[SourceColumn],
    gone: Sequence[SourceColumn],
    come: Sequence[SourceColumn],
) -> dict[str, str]:
    """Old to new name of columns that stand after the same number of columns and hold the like."""
    at = {column.name: place for place, column in enumerate(now)}
    places = {column.name: place for place, column in enumerate(before)}
    return {
        column.name: other.name
        for column in gone
        for other in come
        if at[other.name] == places[column.name] and _alike(column, other)
    }


def _alike(column: SourceColumn, other: SourceColumn) -> bool:
    same_kind = column.kind == other.kind or "unknown" in (column.kind, other.kind)
    longer, shorter = max(column.length, other.length), min(column.length, other.length)
    return same_kind and abs(column.filled - other.filled) <= 0.2 and longer <= 2 * max(shorter, 1)
