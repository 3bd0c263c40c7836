"""Which marts and models a client gets from the feeds that it owes."""

from itertools import combinations

import pytest

from acme_assets.nights.marts import MARTS, marts_of
from acme_assets.nights.models import LAYERS, layer_of, models_of, upstream_first, upstream_of
from client_partitions.feeds import FEEDS, Feed

EVERY_SET_OF_FEEDS = [frozenset(feeds) for size in range(len(FEEDS) + 1) for feeds in combinations(FEEDS, size)]


@pytest.mark.parametrize(
    ("owed", "expected"),
    [
        ((), set()),
        (("eligibility",), {"member_months"}),
        (("medical_claim",), set()),
        (("pharmacy_claim",), {"pharmacy_spend"}),
        (("eligibility", "medical_claim"), {"member_months", "pmpm", "utilization"}),
        (("eligibility", "pharmacy_claim"), {"member_months", "pmpm", "pharmacy_spend"}),
        (("lab_result", "patient"), {"lab_volume"}),
        (("practitioner",), {"provider_panel"}),
        (("provider_attribution",), set()),
        (FEEDS, set(MARTS)),
    ],
)
def test_a_client_gets_the_marts_that_its_feeds_give_a_meaning(owed: tuple[Feed, ...], expected: set[str]) -> None:
    assert {mart.name for mart in marts_of(owed)} == expected


def test_more_feeds_never_take_a_mart_away() -> None:
    for owed in EVERY_SET_OF_FEEDS:
        for feed in FEEDS:
            assert {mart.name for mart in marts_of(owed)} <= {mart.name for mart in marts_of(owed | {feed})}


def test_a_mart_reads_feeds_that_the_client_owes_and_all_that_it_needs() -> None:
    for owed in EVERY_SET_OF_FEEDS:
        for mart in marts_of(owed):
            inputs = mart.inputs(owed)
            assert set(mart.needs) <= set(inputs) <= owed
            assert len(inputs) == len(set(inputs))


def test_a_mart_says_which_owed_feeds_it_reads() -> None:
    assert MARTS["pmpm"].inputs(["pharmacy_claim", "eligibility", "patient"]) == ("eligibility", "pharmacy_claim")
    assert MARTS["provider_panel"].inputs(["practitioner", "medical_claim"]) == ("practitioner", "medical_claim")


def test_every_mart_has_its_grain_among_its_columns() -> None:
    for name, mart in MARTS.items():
        assert mart.name == name
        assert mart.grain
        assert set(mart.grain) < mart.columns.keys()
        assert not {"client_id", "business_date"} & mart.columns.keys()


@pytest.mark.parametrize(
    ("owed", "expected"),
    [
        (
            ("pharmacy_claim", "eligibility"),
            (
                "stg_eligibility",
                "stg_pharmacy_claim",
                "int_member_months",
                "int_claim_spend",
                "member_months",
                "pmpm",
                "pharmacy_spend",
            ),
        ),
        (("eligibility",), ("stg_eligibility", "int_member_months", "member_months")),
        (("lab_result", "patient"), ("stg_lab_result", "stg_patient", "lab_volume")),
        ((), ()),
    ],
)
def test_a_night_is_built_from_the_models_that_its_marts_read(
    owed: tuple[Feed, ...], expected: tuple[str, ...]
) -> None:
    assert models_of(owed) == expected


def test_models_come_upstream_first_and_once() -> None:
    for owed in EVERY_SET_OF_FEEDS:
        models = models_of(owed)
        layers = [LAYERS.index(layer_of(model)) for model in models]
        assert layers == sorted(layers)
        assert len(models) == len(set(models))


def test_a_models_layer_is_told_by_its_name() -> None:
    assert [layer_of(model) for model in ("stg_patient", "int_claim_spend", "pmpm")] == list(LAYERS)


def test_models_are_put_upstream_first() -> None:
    assert upstream_first({"pmpm", "stg_patient", "int_claim_spend", "member_months"}) == [
        "stg_patient",
        "int_claim_spend",
        "member_months",
        "pmpm",
    ]


def test_a_partial_build_reads_every_lower_layer_that_it_does_not_build_itself() -> None:
    all_models = models_of(("eligibility", "pharmacy_claim"))
    lower = ("stg_eligibility", "stg_pharmacy_claim", "int_member_months", "int_claim_spend")
    assert upstream_of(["pmpm"], all_models) == lower
    assert upstream_of(["pmpm", "int_claim_spend"], all_models) == lower[:3]
    assert upstream_of(["int_claim_spend"], all_models) == lower[:2]
    assert upstream_of(["stg_eligibility"], all_models) == ()
    assert upstream_of(all_models, all_models) == ()
    assert upstream_of([], all_models) == ()
