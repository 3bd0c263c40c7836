"""What a build would read: the loaded deliveries, and a key that tells one set of them from another."""

from hypothesis import given, settings

from acme_assets.nights.facts import NightFacts
from client_partitions.client import Client
from tests.nights.made_up import all_loaded, any_night, delivery, facts_of


def test_only_loaded_deliveries_are_inputs() -> None:
    facts = facts_of(
        delivery("eligibility"), delivery("pharmacy_claim", "arrived"), delivery("lab_result", "quarantined")
    )
    assert facts.inputs == {"eligibility": "eligibility-1"}
    assert facts_of().inputs == {}


def test_inputs_keys_tell_sets_of_deliveries_apart() -> None:
    nights = [
        facts_of(),
        facts_of(delivery("eligibility")),
        facts_of(delivery("pharmacy_claim", delivery_id="eligibility-1")),
        facts_of(delivery("eligibility", version="2")),
        all_loaded(),
    ]
    assert len({night.inputs_key for night in nights}) == len(nights)


@settings(max_examples=100, deadline=None)
@given(night=any_night())
def test_the_inputs_key_does_not_depend_on_the_order_of_the_deliveries(night: tuple[Client, NightFacts]) -> None:
    _, facts = night
    reordered = facts_of(*reversed(facts.deliveries.values()))
    assert reordered.inputs_key == facts.inputs_key
