"""Whose CPU seconds they were: arithmetic over what processes say of themselves and of their ended children.

A process's counters end with it, and few live long enough to be seen at every sample. The kernel adds the counters
of an ended child to its parent, so that a service's process, its living descendants and what it has reaped are the
exact total, and only how that total divides among PostgreSQL's short sessions has to be estimated.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

POSTMASTER = "postgres"
WAREHOUSE, DAGSTER, OTHER = "postgres-warehouse", "postgres-dagster", "postgres-other"
WORKERS = "run workers"
STRAY = "stray"

_STARTS_WORKERS = ("runner", "code")
_NAMES = {"code": "code server"}

Key = tuple[int, float, str]
"""Process id, time of creation, and which of its counters."""


@dataclass(frozen=True)
class Seen:
    """One process at one moment; seconds of CPU."""

    pid: int
    created: float
    own: float
    reaped: float
    """Of its children that ended and that it waited for, and theirs."""
    title: str = ""
    """Of a process of PostgreSQL, what its title says."""

    @property
    def total(self) -> float:
        return self.own + self.reaped


@dataclass(frozen=True)
class Tree:
    """A service's process and all that are alive below it."""

    service: str
    root: Seen
    below: Sequence[Seen]


@dataclass(frozen=True)
class Reading:
    """A counter that only grows, and the component that it belongs to; None while that is not known."""

    key: Key
    component: str | None
    seconds: float


def readings(trees: Iterable[Tree], databases: Mapping[str, str]) -> list[Reading]:
    """What one sample says.

    Args:
        databases: name of a PostgreSQL database to its component.
    """
    found = []
    for tree in trees:
        root, below = tree.root, sum(process.total for process in tree.below)
        if tree.service == POSTMASTER:
            found += [Reading(_key(root, "all"), POSTMASTER, root.total + below), _own(root, OTHER)]
            found += [_own(process, component_of(process.title, databases)) for process in tree.below]
        elif tree.service in _STARTS_WORKERS:
            found.append(_own(root, _NAMES.get(tree.service, tree.service)))
            found.append(Reading(_key(root, "below"), WORKERS, root.reaped + below))
        else:
            found.append(Reading(_key(root, "all"), tree.service, root.total + below))
    return found


def component_of(title: str, databases: Mapping[str, str]) -> str | None:
    """The component of a process of PostgreSQL; None where its title does not say yet.

    Titles: "postgres: USER DATABASE [local] idle", "postgres: autovacuum worker DATABASE", "postgres: walwriter".
    """
    words = title.removeprefix("postgres:").split()
    if not title.startswith("postgres:") or not words:
        return None
    if words[:2] == ["autovacuum", "worker"]:
        return databases.get(words[2], OTHER) if len(words) > 2 else None
    if "[local]" in words[2:3]:
        return databases.get(words[1], OTHER)
    # A session that is being opened, and a parallel worker, do not name their database.
    is_background = words[0] in _BACKGROUND or words[:2] in (["io", "worker"], ["background", "writer"])
    return OTHER if is_background else None


_BACKGROUND = ("checkpointer", "walwriter", "autovacuum", "logical", "archiver", "startup", "logger")


class Account:
    """CPU seconds by component since the first sample."""

    def __init__(self) -> None:
        self._first: dict[Key, float] | None = None
        self._last: dict[Key, float] = {}
        self._component: dict[Key, str] = {}

    def take(self, sample: Sequence[Reading]) -> None:
        """Add a sample; the first is where counting starts."""
        if self._first is None:
            self._first = {reading.key: reading.seconds for reading in sample}
        for reading in sample:
            self._last[reading.key] = max(reading.seconds, self._last.get(reading.key, 0.0))
            if reading.component:
                self._component[reading.key] = reading.component

    def seconds(self) -> dict[str, float]:
        """By component; `postgres` is the exact total of all its processes, the seen and the unseen."""
        first, total = self._first or {}, defaultdict[str, float](float)
        for key, component in self._component.items():
            total[component] += self._last[key] - first.get(key, 0.0)
        return dict(total)

    def sessions(self, component: str) -> int:
        """How many processes of a component were seen."""
        return sum(found == component for found in self._component.values())


@dataclass(frozen=True)
class Sessions:
    """What PostgreSQL says of one database during the night."""

    opened: float
    """Sessions."""
    active: float
    """Seconds in which statements ran: CPU, and waits too."""


def with_unseen(
    seconds: Mapping[str, float], seen: Mapping[str, int], said: Mapping[str, Sessions], opening: float
) -> tuple[dict[str, float], float]:
    """The components with the CPU of sessions that no sample saw, and how much that was.

    Opening a session costs about the same everywhere, so each database first takes that for its unseen sessions;
    the rest divides like the time in which statements ran and that seen sessions do not account for.

    Args:
        seconds: as `Account.seconds` gives them.
        seen: component to its sessions that were seen.
        said: component to what PostgreSQL says of its database.
        opening: CPU seconds of a session that does nothing.
    """
    result = {name: value for name, value in seconds.items() if name != POSTMASTER}
    of_postgres = (WAREHOUSE, DAGSTER, OTHER)
    unseen = max(0.0, seconds.get(POSTMASTER, 0.0) - sum(result.get(name, 0.0) for name in of_postgres))
    openings = {name: max(0.0, item.opened - seen.get(name, 0)) * opening for name, item in said.items()}
    known = min(unseen, sum(openings.values()))
    active = {name: max(0.0, item.active - result.get(name, 0.0)) for name, item in said.items()}
    for name, share in divided(known, openings).items():
        result[name] = result.get(name, 0.0) + share
    for name, share in divided(unseen - known, active).items():
        result[name] = result.get(name, 0.0) + share
    return result, unseen


def divided(amount: float, weights: Mapping[str, float]) -> dict[str, float]:
    """An amount in proportion to weights; in equal parts where all are zero."""
    total = sum(weights.values())
    if not total:
        return {name: amount / len(weights) for name in weights}
    return {name: amount * weight / total for name, weight in weights.items()}


def orchestration(seconds: Mapping[str, float]) -> float:
    """All but the sessions of the warehouse's database, in which dbt's SQL and ours runs."""
    return sum(value for name, value in seconds.items() if name != WAREHOUSE)


def _key(process: Seen, counters: str) -> Key:
    return (process.pid, process.created, counters)


def _own(process: Seen, component: str | None) -> Reading:
    # A backend has no children of its own.
    return Reading(_key(process, "own"), component, process.own)
