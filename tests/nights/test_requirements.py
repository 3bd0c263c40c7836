"""What a step asks before it goes on, whoever launched it: refusals that say which, whose and what to do."""

import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given, settings

from acme_assets.gates.decision import assess_night
from acme_assets.nights.facts import ModelFact, NightFacts
from acme_assets.nights.models import models_of
from acme_assets.nights.requirements import Unmet, require_delivery, require_inputs, require_upstream
from acme_assets.nights.status import load_key
from client_partitions.client import Client
from tests.nights.made_up import (
    AFTER_GRACE,
    CLIENT,
    EARLIER,
    all_loaded,
    any_night,
    client_owing,
    delivery,
    facts_of,
)
from tests.world import make_roster

MODELS = models_of(CLIENT.feeds)


# --- loading


@pytest.mark.parametrize("state", ["arrived", "loaded"])
def test_a_delivery_that_is_there_may_be_loaded(state: str) -> None:
    fact = delivery("eligibility", state)  # type: ignore[arg-type]
    assert require_delivery(CLIENT, facts_of(fact), "eligibility") is fact


def test_a_delivery_that_is_not_there_is_the_clients() -> None:
    with pytest.raises(Unmet, match=r"eligibility of tiny_health 2026-03-10 is not delivered; it is Cora Client's"):
        require_delivery(CLIENT, facts_of(delivery("pharmacy_claim")), "eligibility")


def test_a_quarantined_delivery_must_be_sent_again() -> None:
    facts = facts_of(delivery("eligibility", "quarantined"))
    with pytest.raises(Unmet, match="is quarantined: 30% of the rows failed; Cora Client must redeliver"):
        require_delivery(CLIENT, facts, "eligibility")


def test_a_feed_that_the_client_does_not_owe_is_not_loaded_even_if_it_is_there() -> None:
    with pytest.raises(Unmet, match="tiny_health owes no patient feed; see its file in the client registry"):
        require_delivery(CLIENT, facts_of(delivery("patient", "arrived")), "patient")


# --- building


def test_a_night_with_all_owed_feeds_loaded_may_be_built_from_them() -> None:
    assert require_inputs(CLIENT, all_loaded(), MODELS) == {
        "eligibility": "eligibility-1",
        "pharmacy_claim": "pharmacy_claim-1",
    }


def test_every_feed_that_is_missing_is_named_with_its_state() -> None:
    facts = facts_of(delivery("pharmacy_claim", "quarantined"), delivery("lab_result", "arrived"))
    waits = "eligibility (not delivered), pharmacy_claim (quarantined), lab_result (arrived)"
    with pytest.raises(Unmet, match=rf"it waits for {re.escape(waits)}; see: acme explain tiny_health 2026-03-10"):
        require_inputs(CLIENT, facts, MODELS)


def test_a_redelivery_that_is_not_loaded_yet_stops_the_build() -> None:
    facts = facts_of(delivery("eligibility", "arrived", version="2"), delivery("pharmacy_claim"))
    with pytest.raises(Unmet, match=r"waits for eligibility \(arrived\);"):
        require_inputs(CLIENT, facts, MODELS)


def test_a_feed_that_is_not_owed_that_day_is_not_waited_for() -> None:
    client = client_owing(pharmacy_claim={"days": ["mon"]})
    tuesday, monday = date(2026, 3, 10), date(2026, 3, 9)
    assert require_inputs(client, facts_of(delivery("eligibility"), on=tuesday), MODELS)
    with pytest.raises(Unmet, match="pharmacy_claim"):
        require_inputs(client, facts_of(delivery("eligibility"), on=monday), MODELS)


def test_a_quarantined_feed_that_is_not_owed_stops_nothing() -> None:
    facts = facts_of(delivery("eligibility"), delivery("pharmacy_claim"), delivery("lab_result", "quarantined"))
    assert "lab_result" not in require_inputs(CLIENT, facts, MODELS)


def test_a_model_that_the_client_has_not_is_refused_before_anything_is_asked_of_the_feeds() -> None:
    with pytest.raises(Unmet, match="tiny_health has no utilization: it does not owe the feeds that this needs"):
        require_inputs(CLIENT, facts_of(), ("pmpm", "utilization"))


def test_nothing_is_built_out_of_nothing() -> None:
    client = client_owing(eligibility={"days": ["mon"]}, pharmacy_claim={"required": False})
    with pytest.raises(Unmet, match="cannot be built: nothing is owed and nothing is delivered"):
        require_inputs(client, facts_of(), MODELS)


def built(model: str, facts: NightFacts, **changes: object) -> ModelFact:
    return replace(ModelFact(model, facts.inputs_key, "built", None, EARLIER), **changes)  # type: ignore[arg-type]


def test_a_partial_build_goes_on_if_all_that_it_reads_is_built_from_the_present_deliveries() -> None:
    facts = all_loaded()
    require_upstream(replace(facts, models={"stg_eligibility": built("stg_eligibility", facts)}), ("stg_eligibility",))
    require_upstream(facts, ())


@pytest.mark.parametrize("changes", [{"inputs_key": "of other deliveries"}, {"state": "building"}, {"state": "failed"}])
def test_a_partial_build_reads_nothing_stale_unfinished_or_failed(changes: dict[str, str]) -> None:
    facts = all_loaded()
    models = {
        "stg_eligibility": built("stg_eligibility", facts, **changes),
        "stg_lab_result": built("stg_lab_result", facts),
    }
    with pytest.raises(Unmet, match="2026-03-10: stg_eligibility is not built from the present deliveries"):
        require_upstream(replace(facts, models=models), ("stg_eligibility", "stg_lab_result"))


def test_a_partial_build_reads_nothing_that_was_never_built() -> None:
    with pytest.raises(Unmet, match="stg_eligibility, stg_pharmacy_claim are not built"):
        require_upstream(all_loaded(), ("stg_eligibility", "stg_pharmacy_claim"))


# --- the same answer as status


@settings(max_examples=100, deadline=None)
@given(night=any_night())
def test_status_asks_for_a_build_only_where_the_build_would_go_on(night: tuple[Client, NightFacts]) -> None:
    client, facts = night
    (marts,) = [step for step in assess_night(client, facts, make_roster(), AFTER_GRACE).steps if step.name == "marts"]
    if marts.state == "waiting":
        with pytest.raises(Unmet):
            require_inputs(client, facts, MODELS)
    else:
        assert require_inputs(client, facts, MODELS) == facts.inputs


@settings(max_examples=100, deadline=None)
@given(night=any_night())
def test_status_asks_for_a_load_only_where_the_load_would_go_on(night: tuple[Client, NightFacts]) -> None:
    client, facts = night
    for work in assess_night(client, facts, make_roster(), AFTER_GRACE).work:
        if work.feed:
            assert work.key == load_key(require_delivery(client, facts, work.feed))
