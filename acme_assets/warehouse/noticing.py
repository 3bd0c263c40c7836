"""One look at the landing zone: what is complete is recorded in the ledger, and what is of no delivery is noted."""

import hashlib
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from acme_assets.feeds.arrivals import LOOKBACK, ArrivedFile, FeedNight, Sorted, Stray, sort_listing
from acme_assets.feeds.completeness import Look, complete, left_out, overdue
from acme_assets.feeds.control_files import LARGEST, Agreed, ControlError, agree, read_control
from acme_assets.feeds.expectation import Expectation, Measured, algorithms, expect
from acme_assets.feeds.zones import LandedFile, Zone, ZoneUnavailable, sha256_of
from acme_assets.warehouse.arriving import HashedFile, Recorded, record_delivery
from acme_assets.warehouse.backfills import open_nights
from acme_assets.warehouse.protocol import Warehouse
from client_partitions.client import Client
from client_partitions.registry import Registry

Say = Callable[[str], None]


@dataclass(frozen=True)
class Noticed:
    """What one look found."""

    recorded: tuple[Recorded, ...]
    strays: tuple[Stray, ...]
    look: Look


def notice(
    warehouse: Warehouse,
    zone: Zone,
    registry: Registry,
    before: Look,
    now: datetime,
    say: Say,
    alive: Callable[[], None] = lambda: None,
) -> Noticed:
    """Look once, and record each delivery that is complete.

    A file that cannot be read costs its own feed night its delivery, and no other.

    Args:
        say: told of each delivery, and of what could not be read.
        alive: called after each file that was read through: many large ones take long.

    Raises:
        ZoneUnavailable: the zone cannot be listed.
    """
    with warehouse.begin() as connection:
        opened = open_nights(connection, now.date() - LOOKBACK)
    found = sort_listing(registry, zone.listing(), now.date(), opened)
    ready, after = complete(registry, found, before)
    looking = _Looking(warehouse, zone, registry, found, now, say, alive)
    for night in ready:
        looking.take(night)
    seen = {str(night): after.seen[str(night)] for night in looking.taken}
    after = replace(
        after,
        recorded={**after.recorded, **seen},
        waiting={**after.waiting, **looking.waiting},
        unnamed={**after.unnamed, **looking.unnamed},
    )
    strays = [*found.strays, *looking.strays, *left_out(found, after), *overdue(registry, found, after, now)]
    return Noticed(tuple(looking.recorded), tuple(strays), after)


class _Looking:
    """The state of one look."""

    def __init__(
        self,
        warehouse: Warehouse,
        zone: Zone,
        registry: Registry,
        found: Sorted,
        now: datetime,
        say: Say,
        alive: Callable[[], None],
    ) -> None:
        self._warehouse, self._zone, self._registry = warehouse, zone, registry
        self._found, self._now, self._say, self._alive = found, now, say, alive
        self.recorded: list[Recorded] = []
        self.taken: list[FeedNight] = []
        self.waiting: dict[str, str] = {}
        self.unnamed: dict[str, tuple[str, ...]] = {}
        self.strays: list[Stray] = []

    def take(self, night: FeedNight) -> None:
        """Record the delivery of a feed night that is all there, unless its control file names more."""
        client, files = self._registry.client(night.client_id), self._found.arrived[night]
        signals = self._found.signals.get(night)
        agreed, problem = None, None
        try:
            if signals and signals.control:
                try:
                    agreed = self._read(client, night, files, signals.control)
                except ControlError as error:
                    problem = f"{signals.control.path}: {error}"
            if agreed and (agreed.missing or not agreed.files):
                self.waiting[str(night)] = _lacking(agreed)
                return
            hashed, measured = self._measure(agreed, files)
        except ZoneUnavailable as error:
            self._say(f"{night}: {error}")
            self.strays += [Stray(item.file, str(error), "client", client.client_id) for item in files]
            return
        expected = expect(client, night, agreed, measured)
        self._record(night, hashed, replace(expected, wrong=problem) if problem else expected)
        if agreed and agreed.unnamed:
            self.unnamed[str(night)] = tuple(item.file.path for item in agreed.unnamed)

    def _read(self, client: Client, night: FeedNight, files: tuple[ArrivedFile, ...], control: LandedFile) -> Agreed:
        form = client.feeds[night.feed].complete.control
        assert form is not None, "a control file is sorted by its form"
        if control.size > LARGEST:
            raise ControlError(f"is larger than {LARGEST} bytes; ask the client whether that is the agreed file")
        with tempfile.TemporaryDirectory(prefix="acme-look-") as folder:
            path = self._zone.fetch(control.path, Path(folder))
            try:
                content = path.read_bytes()
            except OSError as error:
                raise ZoneUnavailable(f"{control.path} cannot be read ({error.strerror})") from error
        return agree(client, night, files, control.path, read_control(form, content, night))

    def _measure(
        self, agreed: Agreed | None, files: tuple[ArrivedFile, ...]
    ) -> tuple[list[HashedFile], list[Measured]]:
        hashed, measured = [], []
        for item in agreed.files if agreed else files:
            with tempfile.TemporaryDirectory(prefix="acme-look-") as folder:
                path = self._zone.fetch(item.file.path, Path(folder))
                sums = {"sha256": sha256_of(path)}
                sums |= {name: _sum_of(path, name) for name in algorithms(agreed, item.file.path)}
            file = item.file
            hashed.append(HashedFile(file.path, item.layout, sums["sha256"], file.size, file.modified_at))
            measured.append(Measured(file.path, file.size, sums))
            self._alive()
        return hashed, measured

    def _record(self, night: FeedNight, hashed: list[HashedFile], expected: Expectation) -> None:
        outcome = record_delivery(self._warehouse, night, hashed, self._now, expected)
        self.recorded.append(outcome)
        self.taken.append(night)
        self._say(f"{night}: delivery {outcome.delivery_id} ({outcome.outcome})")


def _lacking(agreed: Agreed) -> str:
    if not agreed.missing:
        return "the control file names none of its files"
    more = len(agreed.missing) - 3
    return f"the control file names {', '.join(agreed.missing[:3])}{f' and {more} more' if more > 0 else ''}, not here"


def _sum_of(path: Path, algorithm: str) -> str:
    try:
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, algorithm).hexdigest()
    except OSError as error:
        raise ZoneUnavailable(f"{path} cannot be read ({error.strerror}); check its permissions") from error
