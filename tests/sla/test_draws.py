"""Random numbers that are the same for the same thing, evenly spread, and of no relation to those of another."""

from datetime import date, timedelta

import numpy as np

from acme_assets.sla.draws import Draws

DAY = date(2026, 3, 10)
DRAWS = Draws(500)


def test_the_same_thing_has_the_same_numbers_and_another_has_others() -> None:
    one = DRAWS.of("build", "c0", DAY)
    assert np.array_equal(one, Draws(500).of("build", "c0", DAY))
    for other in (
        DRAWS.of("load", "c0", DAY),
        DRAWS.of("build", "c1", DAY),
        DRAWS.of("build", "c0", DAY + timedelta(days=1)),
        Draws(500, seed=1).of("build", "c0", DAY),
    ):
        assert not np.array_equal(one, other)


def test_each_part_of_the_range_has_one() -> None:
    drawn = DRAWS.of("build", "c0", DAY)
    assert sorted((drawn * 500).astype(int)) == list(range(500))
    assert ((drawn > 0) & (drawn < 1)).all()


def test_no_two_are_related_more_than_chance_has_it() -> None:
    drawn = np.stack([DRAWS.of("file", f"c{number}", DAY) for number in range(400)])
    related = np.corrcoef(drawn)[np.triu_indices(400, 1)]
    assert abs(related).max() < 6 / np.sqrt(500)
    assert related.std() < 1.1 / np.sqrt(500)
