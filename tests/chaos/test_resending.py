"""What is sent again on purpose, and what then lies there last."""

from datetime import date
from hashlib import sha256

import pytest

from acme_assets.simulation.fleet import write_fleet
from acme_assets.simulation.fleet_files import files_of
from acme_assets.simulation.night_plan import plan_night
from client_partitions.registry import load_registry
from tools.bench_night.night import Night
from tools.chaos.acts import NotNow
from tools.chaos.drawn import Drawn
from tools.chaos.resending import Resending, Sent, ToCome

DAY, SEED = date(2026, 3, 10), 5


@pytest.fixture(scope="module")
def night(tmp_path_factory: pytest.TempPathFactory) -> Night:
    folder = tmp_path_factory.mktemp("fleet")
    write_fleet(folder, 2, SEED)
    clients = load_registry(folder).clients
    plan = plan_night(list(clients.values()), DAY, SEED)
    files = tuple(tuple(files_of(clients[item.client_id], DAY, SEED, item)) for item in plan.arrivals)
    return Night(DAY, clients, plan, files)


def land(sent: Sent, *arrivals: ToCome) -> None:
    for _, client_id, files in arrivals:
        there = sent.setdefault(client_id, {}).setdefault(files[0].sources[0].feed, {})
        there.update({file.path: sha256(file.content).hexdigest() for file in files})


def test_corrected_and_back_again_and_broken_ends_whole(night: Night) -> None:
    def fault(how: str) -> Drawn:
        return Drawn(f"redelivered {how}", 1.0, 4.0, 0.0)

    resending, sent = Resending(night, SEED), Sent()
    for arrival, files in zip(night.plan.arrivals, night.files, strict=True):
        if arrival.version == 0:
            land(sent, (0.0, arrival.client_id, files))
    first = {client_id: {feed: dict(files) for feed, files in feeds.items()} for client_id, feeds in sent.items()}
    land(sent, *resending.of(fault("same"), 1, [], sent))
    assert sent == first
    broken, whole = resending.of(fault("broken"), 1, [], sent)
    assert whole[0] == broken[0] + 4
    land(sent, broken)
    assert sent != first
    land(sent, whole)
    assert sent == first
    land(sent, *resending.of(fault("corrected"), 1, [], sent))
    assert sent != first
    land(sent, *resending.of(fault("corrected"), 1, [], sent))
    assert sent == first, "content that was superseded, sent again"


def test_what_has_not_come_is_not_sent_again(night: Night) -> None:
    to_come = [(9.0, arrival.client_id, files) for arrival, files in zip(night.plan.arrivals, night.files, strict=True)]
    with pytest.raises(NotNow):
        Resending(night, SEED).of(Drawn("redelivered same", 1, 0, 0.5), 1, to_come, {})
