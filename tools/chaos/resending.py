"""Feeds that came whole and are sent again: as they were, corrected, or broken and then whole."""

from collections.abc import Sequence
from dataclasses import replace
from hashlib import sha256

from acme_assets.simulation.faults import Fault, FaultKind
from acme_assets.simulation.fleet_files import files_of
from acme_assets.simulation.generator import GeneratedFile
from acme_assets.simulation.night_plan import Arrival
from tools.bench_night.night import Night
from tools.chaos.acts import NotNow
from tools.chaos.drawn import Drawn

ToCome = tuple[float, str, Sequence[GeneratedFile]]
"""Seconds since the night's beginning, client id, files."""

Sent = dict[str, dict[str, dict[str, str]]]
"""Client id to feed to path to the SHA-256 of what lies there."""


class Resending:
    """What a night's clients send besides what was planned. The end of each client stays as the generator says."""

    def __init__(self, night: Night, seed: int) -> None:
        self._night, self._seed = night, seed

    def of(self, fault: Drawn, now: float, to_come: Sequence[ToCome], sent: Sent) -> list[ToCome]:
        """What a fault of the kind `redelivered …` adds to what is to come.

        Raises:
            NotNow: no feed has come whole yet.
        """
        found = self._whole(to_come)
        if not found:
            raise NotNow("nothing has come that could be sent again")
        arrival, first = found[int(fault.choice * len(found)) % len(found)]
        corrected = self._made(arrival, FaultKind.REDELIVER)
        is_corrected = sent.get(arrival.client_id, {}).get(arrival.feed) == _hashes(corrected)
        present, other = (corrected, first) if is_corrected else (first, corrected)
        if fault.kind == "redelivered same":
            return [(now, arrival.client_id, present)]
        if fault.kind == "redelivered corrected":  # or content that was superseded, once more
            return [(now, arrival.client_id, other)]
        broken = self._made(arrival, FaultKind.BROKEN_FILE)
        return [(now, arrival.client_id, broken), (now + fault.lasting, arrival.client_id, present)]

    def _whole(self, to_come: Sequence[ToCome]) -> list[tuple[Arrival, Sequence[GeneratedFile]]]:
        """First arrivals that are there, of feeds that the plan itself does not spoil."""
        waiting = {(client_id, _paths(files)) for _, client_id, files in to_come}
        plan = self._night.plan.arrivals
        spoilt = {
            (item.client_id, item.feed) for item in plan if item.fault and item.fault.kind is not FaultKind.REDELIVER
        }
        return [
            (arrival, files)
            for arrival, files in zip(plan, self._night.files, strict=True)
            if arrival.version == 0
            and (arrival.client_id, _paths(files)) not in waiting
            and (arrival.client_id, arrival.feed) not in spoilt
        ]

    def _made(self, arrival: Arrival, kind: FaultKind) -> tuple[GeneratedFile, ...]:
        again = replace(arrival, version=1, fault=Fault(kind, arrival.feed))
        client = self._night.clients[arrival.client_id]
        return tuple(files_of(client, self._night.business_date, self._seed, again))


def _paths(files: Sequence[GeneratedFile]) -> tuple[str, ...]:
    return tuple(file.path for file in files)


def _hashes(files: Sequence[GeneratedFile]) -> dict[str, str]:
    return {file.path: sha256(file.content).hexdigest() for file in files}
