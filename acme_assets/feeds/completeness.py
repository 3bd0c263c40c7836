"""When a feed night's delivery is complete, and what it waits for. Pure: two looks in, decisions out.

A delivery is complete when each required file pattern has a file, what announces it (a trigger, a control file) is
there and no older than its files, and as many looks in a row as the client's file asks for showed all of it unchanged.
"""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from acme_assets.feeds.arrivals import NO_SIGNALS, ArrivedFile, FeedNight, Signals, Sorted, Stray
from acme_assets.feeds.patterns import match
from acme_assets.feeds.zones import LandedFile
from client_partitions.calendar import late_at
from client_partitions.client import Client
from client_partitions.registry import Registry


@dataclass(frozen=True)
class Look:
    """What one look at the landing zone leaves for the next: the arrival sensor's cursor."""

    seen: Mapping[str, str]
    """Feed night to its fingerprint at this look."""
    recorded: Mapping[str, str]
    """Feed night to the fingerprint of its delivery in the ledger."""
    looks: Mapping[str, int] = field(default_factory=dict)
    """How many looks in a row showed the same, where more than one did and its feed asks for more than two."""
    waiting: Mapping[str, str] = field(default_factory=dict)
    """Feed night to what its control file names and is not there, as read at this fingerprint."""
    unnamed: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Feed night to the paths that its control file does not name, as read at this fingerprint."""


FIRST_LOOK = Look({}, {})


def missing_files(client: Client, night: FeedNight, files: Iterable[ArrivedFile]) -> tuple[str, ...]:
    """Patterns of required files that the delivery does not have yet."""
    paths = [arrived.file.path.partition("/")[2] for arrived in files]
    return tuple(
        spec.pattern
        for spec in client.feeds[night.feed].files
        if spec.required and not any(match(spec.pattern, path) == night.business_date for path in paths)
    )


def waits_for(client: Client, night: FeedNight, files: tuple[ArrivedFile, ...], signals: Signals) -> str | None:
    """What the delivery lacks, as far as a listing tells; None for one that is all there."""
    policy = client.feeds[night.feed].complete
    if missing := missing_files(client, night, files):
        return f"no file for {', '.join(missing)}"
    newest = max(files, key=lambda item: item.file.modified_at).file
    if policy.trigger and not signals.trigger:
        return f"no trigger {policy.trigger}"
    if policy.control and not signals.control:
        return f"no control file {policy.control.pattern}"
    if signals.trigger and _is_older(signals.trigger, newest):
        return _OLDER.format(signal="the trigger", file=newest.path.partition("/")[2])
    if policy.control and policy.control.after_files and signals.control and _is_older(signals.control, newest):
        return _OLDER.format(signal="the control file", file=newest.path.partition("/")[2])
    return None


_OLDER = "{signal} is older than {file}, so it is of an earlier delivery"


def _is_older(signal: LandedFile, newest: LandedFile) -> bool:
    return signal.modified_at < newest.modified_at


def fingerprint(files: Iterable[ArrivedFile], signals: Signals = NO_SIGNALS) -> str:
    """What a listing shows of a delivery: equal while no file is added, removed, resized or touched."""
    whole = hashlib.sha256()
    for file in sorted((*(item.file for item in files), *signals.files), key=lambda file: file.path):
        whole.update(f"{file.path}\0{file.size}\0{file.modified_at.isoformat()}\n".encode())
    return whole.hexdigest()[:16]


def complete(registry: Registry, found: Sorted, before: Look) -> tuple[tuple[FeedNight, ...], Look]:
    """The feed nights whose delivery is complete and not yet recorded, and what this look saw.

    The caller records them and then marks them with `Look.recorded`, or with `Look.waiting` where the control file
    names what is not there.
    """
    seen = {str(night): fingerprint(files, _signals(found, night)) for night, files in found.arrived.items()}
    is_same = {key for key, print_ in seen.items() if before.seen.get(key) == print_}
    ready, looks = [], {}
    for night, files in found.arrived.items():
        key, client = str(night), registry.client(night.client_id)
        wanted = client.feeds[night.feed].complete.looks
        count = min(before.looks.get(key, 1) + 1, wanted) if key in is_same else 1
        if count > 1 and wanted > 2:
            looks[key] = count
        if count < wanted or seen[key] == before.recorded.get(key) or (key in is_same and key in before.waiting):
            continue
        if not waits_for(client, night, files, _signals(found, night)):
            ready.append(night)
    recorded = {key: print_ for key, print_ in before.recorded.items() if key in seen}
    waiting = {key: why for key, why in before.waiting.items() if key in is_same}
    unnamed = {key: paths for key, paths in before.unnamed.items() if key in is_same}
    return tuple(ready), Look(seen, recorded, looks, waiting, unnamed)


def _signals(found: Sorted, night: FeedNight) -> Signals:
    return found.signals.get(night, NO_SIGNALS)


def left_out(found: Sorted, after: Look) -> Iterator[Stray]:
    """The files that lie with a delivery and that its control file does not name."""
    if not after.unnamed:
        return
    for night, files in found.arrived.items():
        unnamed = after.unnamed.get(str(night), ())
        for item in files:
            if item.file.path in unnamed:
                yield Stray(item.file, _UNNAMED, "client", night.client_id)


_UNNAMED = "its delivery's control file does not name it, so it is not taken; ask the client which of the two is wrong"


def overdue(registry: Registry, found: Sorted, after: Look, now: datetime) -> Iterator[Stray]:
    """A note for each feed night that is past its grace and of which something is here, but no whole delivery.

    A redelivery that is not whole is noted as well: what is recorded goes on speaking for its feed.
    """
    for night in (*found.arrived, *(night for night in found.signals if night not in found.arrived)):
        key, client = str(night), registry.client(night.client_id)
        files, signals = found.arrived.get(night, ()), _signals(found, night)
        if after.seen.get(key) == after.recorded.get(key, "") or late_at(client, night.feed, night.business_date) > now:
            continue
        lacks = after.waiting.get(key) or waits_for(client, night, files, signals)
        if lacks:
            first = next(iter(signals.files), None) or files[0].file
            reason = f"waits with the delivery of {night.feed} of {night.business_date}: {lacks}; ask the client for it"
            yield Stray(first, reason, "client", client.client_id)
