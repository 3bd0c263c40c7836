"""Files are late together: how strongly, and what the files of tonight say of those that are not here."""

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acme_assets.sla.bonds import NODES, Bonds, Evidence, bonds, draw_shared, shared_parts
from acme_assets.sla.record import ArrivalRecord, Sender

CLIENTS = 3


def record(of_night: float, of_client: float, *, clients: int = 10, nights: int = 300) -> ArrivalRecord:
    """Offsets of known correlation, of senders each with its own time; now and then none was owed."""
    random = np.random.default_rng(0)
    night, client = random.normal(size=(1, 1, nights)), random.normal(size=(clients, 1, nights))
    own = random.normal(size=(clients, 3, nights))
    x = np.sqrt(of_night) * night + np.sqrt(of_client) * client + np.sqrt(1 - of_night - of_client) * own
    offsets = (20 * np.exp(x) + random.normal(0, 60, (clients, 3, 1))).reshape(clients * 3, nights)
    offsets[random.random(offsets.shape) < 0.1] = np.nan
    senders = tuple(Sender(f"c{number // 3}", f"f{number % 3}") for number in range(clients * 3))
    return ArrivalRecord(senders, tuple(date(2026, 1, 1) + timedelta(days=day) for day in range(nights)), offsets)


@pytest.mark.parametrize(("of_night", "of_client"), [(0.1, 0.5), (0.0, 0.8), (0.3, 0.1), (0.0, 0.0)])
def test_the_bonds_of_a_record_are_found(of_night: float, of_client: float) -> None:
    found = bonds(record(of_night, of_client))
    assert found.of_night == pytest.approx(of_night, abs=0.05)
    assert found.of_client == pytest.approx(of_client, abs=0.08)


def test_files_that_now_and_then_come_alone_are_counted_and_do_not_loosen_the_bond() -> None:
    bound = record(0.0, 0.8)
    random = np.random.default_rng(1)
    alone = random.random(bound.offsets.shape) < 0.1
    own = np.stack([random.permutation(row) for row in bound.offsets])
    mixed = bonds(replace(bound, offsets=np.where(alone, own, bound.offsets)))
    assert mixed.of_client == pytest.approx(bonds(bound).of_client, abs=0.08)
    assert 0.02 < mixed.alone < 0.12
    assert bonds(bound).alone < 0.005


def test_where_nothing_is_known_there_is_what_is_usual() -> None:
    assert bonds(ArrivalRecord((), (), np.zeros((0, 0)))) == Bonds()
    few = bonds(record(0.0, 0.0, clients=1, nights=10))
    assert few.of_client == pytest.approx(Bonds().of_client, abs=0.15)


Item = tuple[int, float, bool]
"""Whose file, its place, and whether it is here."""
items = st.tuples(st.integers(0, CLIENTS - 1), st.floats(0, 1), st.booleans())
some_bonds = st.builds(Bonds, st.sampled_from([0.0, 0.05, 0.3]), st.sampled_from([0.0, 0.1, 0.5, 0.65]))


def parts(evidence: list[Item], of: Bonds = Bonds()) -> np.ndarray:  # noqa: B008 - frozen
    client, place, is_here = zip(*evidence, strict=True) if evidence else ((), (), ())
    known = Evidence(np.array(client, np.int64), np.array(place, float), np.array(is_here, bool))
    return shared_parts(known, CLIENTS, of)


def assert_not_lower(one: np.ndarray, other: np.ndarray) -> None:
    """In stochastic order, of every client."""
    assert (np.cumsum(one, axis=1) <= np.cumsum(other, axis=1) + 1e-6).all()


@given(st.lists(items, max_size=6), items, st.floats(0, 1), some_bonds)
def test_a_later_file_never_moves_anybody_down(others: list[Item], item: Item, place: float, of: Bonds) -> None:
    client, other, is_here = item
    early, late = sorted((place, other))
    assert_not_lower(parts([*others, (client, late, is_here)], of), parts([*others, (client, early, is_here)], of))


@given(st.lists(items, max_size=6), items, some_bonds)
def test_a_file_that_is_not_here_never_moves_anybody_down(others: list[Item], item: Item, of: Bonds) -> None:
    missing = (item[0], item[1], False)
    assert_not_lower(parts([*others, missing], of), parts(others, of))
    assert_not_lower(parts([*others, missing], of), parts([*others, (item[0], item[1], True)], of))


def mean(row: np.ndarray) -> float:
    return float(row @ NODES)


def test_what_a_client_does_says_more_of_it_than_of_others() -> None:
    nothing, late, early = parts([]), parts([(0, 0.98, True)]), parts([(0, 0.05, True)])
    assert mean(late[0]) > 1 > mean(late[1]) > mean(nothing[1]) == pytest.approx(0, abs=1e-6)
    assert mean(early[0]) < -0.5 < mean(early[1]) < 0


def test_without_evidence_the_shared_part_has_its_variance() -> None:
    row = parts([], Bonds(0.1, 0.5))[0]
    assert float(row @ NODES**2) == pytest.approx(0.6, rel=0.02)


def test_draws_are_of_the_distribution_that_was_found() -> None:
    found = parts([(0, 0.9, False), (1, 0.2, True)])
    uniforms = [(np.arange(4000) + 0.5) / 4000] * CLIENTS
    for row, drawn in zip(found, draw_shared(found, uniforms), strict=True):
        assert drawn.mean() == pytest.approx(mean(row), abs=0.01)
        between = (NODES[40] + NODES[41]) / 2
        assert (drawn > between).mean() == pytest.approx(row[between < NODES].sum(), abs=0.02)
