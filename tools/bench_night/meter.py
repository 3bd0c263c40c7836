"""Samples of the stack's processes while the night runs: CPU seconds by component, and memory.

Memory is the sum of PSS, in which a page that several processes share counts once; RSS counts it in each.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field

import psutil
import psycopg2

from acme_assets.stack import processes, services
from acme_assets.stack.settings import DAGSTER_DATABASE, WAREHOUSE_DATABASE, Home
from tools.bench_night.cpu import (
    DAGSTER,
    POSTMASTER,
    STRAY,
    WAREHOUSE,
    WORKERS,
    Account,
    Seen,
    Sessions,
    Tree,
    component_of,
    readings,
    with_unseen,
)

SAMPLE_SECONDS = 0.5
MEMORY_SECONDS = 3.0
DATABASES = {WAREHOUSE_DATABASE: WAREHOUSE, DAGSTER_DATABASE: DAGSTER}

_SESSIONS_TO_OPEN = 50
_MEGABYTE = 1024 * 1024
_SAID = "SELECT datname, sessions, active_time / 1000 FROM pg_stat_database WHERE datname = ANY(%s)"

Identity = tuple[int, float]


@dataclass
class Memory:
    """The largest sums that were seen, in megabytes."""

    pss: float = 0.0
    rss: float = 0.0
    by_component: dict[str, float] = field(default_factory=dict)
    """When the sum of PSS was largest."""


@dataclass(frozen=True)
class Usage:
    """What the night used."""

    seconds: Mapping[str, float]
    """CPU by component, the unseen sessions included."""
    unseen: float
    """CPU of sessions of PostgreSQL that no sample saw, divided by estimate."""
    opening: float
    """CPU of a session that does nothing."""
    memory: Memory
    others: float
    """CPU of everybody else on this machine, but for this program."""
    own: float
    """CPU of this program: clients, analysts, visitors of the UI, meter."""
    samples: int


class Meter:
    """Takes samples in a thread of its own, from entering the context to leaving it."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._account, self._memory = Account(), Memory()
        self._titles: dict[Identity, str] = {}
        self._strays: list[psutil.Process] = []
        self._roots: dict[str, psutil.Process] = {}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._samples, self._next_memory = 0, 0.0
        self._opening = opening_cost(home)

    def __enter__(self) -> "Meter":
        self._said = said(self._home)
        self._machine, self._own = busy(), time.process_time()
        self._sample()
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._done.set()
        self._thread.join()

    def usage(self) -> Usage:
        """What was used since the context began; call it inside, at the night's end."""
        self._done.set()
        self._thread.join()
        self._sample()
        machine, own = busy() - self._machine, time.process_time() - self._own
        during = {name: _since(self._said[name], item) for name, item in said(self._home).items()}
        seen = {name: self._account.sessions(name) for name in during}
        seconds, unseen = with_unseen(self._account.seconds(), seen, during, self._opening)
        others = max(0.0, machine - own - sum(seconds.values()))
        return Usage(seconds, unseen, self._opening, self._memory, others, own, self._samples)

    def _watch(self) -> None:
        while not self._done.wait(SAMPLE_SECONDS):
            self._sample()

    def _sample(self) -> None:
        takes_memory = time.monotonic() >= self._next_memory
        if takes_memory:
            self._find()
        trees = list(self._trees())
        self._account.take(readings(trees, DATABASES))
        self._samples += 1
        if takes_memory:
            self._measure(trees)
            self._next_memory = time.monotonic() + MEMORY_SECONDS

    def _find(self) -> None:
        """The services' processes, and what carries the stack's mark beside them."""
        found = {name: services.find(self._home, name) for name in services.services_of(self._home)}
        self._roots |= {name: process for name, process in found.items() if process is not None}
        self._strays = processes.orphans(self._home, keep=self._roots.values())

    def _trees(self) -> Iterator[Tree]:
        by_pid: dict[int, psutil.Process] = {}
        below: dict[int, list[int]] = defaultdict(list)
        for process in psutil.process_iter(["ppid", "cpu_times", "create_time"]):
            by_pid[process.pid] = process
            below[process.info["ppid"]].append(process.pid)
        known: set[int] = set()
        # A worker that was just forked may pass for a stray: whoever is in a service's tree is not.
        for service, root in [*self._roots.items(), *((STRAY, process) for process in self._strays)]:
            top = self._seen(by_pid[root.pid]) if root.pid in by_pid and root.pid not in known else None
            if top is None or abs(top.created - root.create_time()) > 1:
                continue
            members = [by_pid[pid] for pid in _descendants(root.pid, below)]
            known |= {root.pid, *(process.pid for process in members)}
            found = (self._seen(process, titled=service == POSTMASTER) for process in members)
            yield Tree(service, top, [process for process in found if process])

    def _seen(self, process: psutil.Process, *, titled: bool = False) -> Seen | None:
        times, created = process.info["cpu_times"], process.info["create_time"]
        if times is None or created is None:
            return None
        title = self._title(process, created) if titled else ""
        reaped = times.children_user + times.children_system
        return Seen(process.pid, created, times.user + times.system, reaped, title)

    def _title(self, process: psutil.Process, created: float) -> str:
        """Read until it names a database: a session's title does so once it is open."""
        identity = (process.pid, created)
        if component_of(self._titles.get(identity, ""), DATABASES) is None:
            try:
                self._titles[identity] = " ".join(process.cmdline()).strip()
            except psutil.Error:
                return self._titles.get(identity, "")
        return self._titles[identity]

    def _measure(self, trees: list[Tree]) -> None:
        pss, rss = defaultdict[str, float](float), 0.0
        for tree in trees:
            for member in (tree.root, *tree.below):
                try:
                    found = psutil.Process(member.pid).memory_full_info()
                except psutil.Error:
                    continue
                pss[_holder(tree, member)] += found.pss / _MEGABYTE
                rss += found.rss / _MEGABYTE
        self._memory.rss = max(self._memory.rss, rss)
        if sum(pss.values()) > self._memory.pss:
            self._memory.pss, self._memory.by_component = sum(pss.values()), dict(pss)


def _holder(tree: Tree, member: Seen) -> str:
    if tree.service == "runner" and member is not tree.root:
        return WORKERS
    return tree.service


def _descendants(pid: int, below: Mapping[int, list[int]]) -> Iterator[int]:
    for child in below.get(pid, ()):
        yield child
        yield from _descendants(child, below)


def busy() -> float:
    """CPU seconds that the machine has spent on anything."""
    times = psutil.cpu_times()
    return float(times.user + times.nice + times.system + getattr(times, "irq", 0) + getattr(times, "softirq", 0))


def said(home: Home) -> dict[str, Sessions]:
    """What PostgreSQL says of its two databases, by component."""
    with closing(_connect(home)) as connection, connection.cursor() as cursor:
        cursor.execute(_SAID, (list(DATABASES),))
        return {DATABASES[name]: Sessions(float(opened), float(active)) for name, opened, active in cursor.fetchall()}


def _since(before: Sessions, now: Sessions) -> Sessions:
    return Sessions(now.opened - before.opened, now.active - before.active)


def opening_cost(home: Home) -> float:
    """CPU seconds of a session that does nothing, measured: PostgreSQL forks, and reads its catalogue anew."""
    postmaster = services.find(home, POSTMASTER)
    if postmaster is None:
        return 0.0
    before = postmaster.cpu_times().children_user + postmaster.cpu_times().children_system
    for _ in range(_SESSIONS_TO_OPEN):
        with closing(_connect(home)) as connection, connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    time.sleep(1)
    after = postmaster.cpu_times().children_user + postmaster.cpu_times().children_system
    return float(after - before) / _SESSIONS_TO_OPEN


def _connect(home: Home) -> "psycopg2.extensions.connection":
    from acme_assets.stack.postgres import server_of

    return psycopg2.connect(server_of(home).url(DAGSTER_DATABASE, driver="postgresql"))
