"""Each rule of the causes, by hand: what makes one, what joins it, and what does not."""

from collections.abc import Iterable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from acme_assets.alerts.cause import Affected, Cause
from acme_assets.alerts.causes import causes
from acme_assets.alerts.known import FailedRun, Known, Outage, StrayFile, strangers
from acme_assets.nights.facts import NightFacts, ReleaseFact
from acme_assets.nights.status import build_key
from acme_assets.sla.history import History
from acme_assets.sla.night import Shift
from acme_assets.sla.record import ArrivalRecord, Sender
from tests.alerts.made_up import (
    DEADLINE,
    NOW,
    broken,
    client,
    failed_load,
    forecast,
    night,
    node,
    waiting,
    world,
)
from tests.nights.made_up import (
    BEFORE_DUE,
    EARLIER,
    all_loaded,
    delivery,
    facts_of,
    failed,
    signed,
    stated,
    stuck,
    with_candidate,
)
from tests.world import DELE, INGRID, NIGHT, NOOR, OTTO, client_data

MINUTE = timedelta(minutes=1)
KEY = f"tiny_health/{NIGHT}"


def only(known: Known) -> Cause:
    (found,) = causes(known)
    return found


def keys(known: Known) -> list[str]:
    return [found.key for found in causes(known)]


def nights(found: Cause) -> list[str]:
    return [item.client_id for item in found.affected]


# --- files


def test_a_night_has_one_cause_for_all_its_late_files() -> None:
    found = only(world(night()))
    assert (found.key, found.kind, found.owner_group) == (f"delivery/{KEY}", "delivery", "client")
    assert found.owner.email == "cora@tiny.example"
    assert "eligibility, pharmacy_claim not delivered, due Wed 02:00 EDT" in found.text
    assert "lab_result" not in found.text
    assert "Cora Client <cora@tiny.example>" in found.fix
    assert f"acme exception request tiny_health pharmacy_claim --kind may_be_missing --date {NIGHT}" in found.fix
    assert found.since == BEFORE_DUE + 90 * MINUTE
    assert nights(found) == ["tiny_health"]


def test_a_file_within_its_grace_is_no_cause() -> None:
    assert keys(world(night(now=NOW - 31 * MINUTE), now=NOW - 31 * MINUTE)) == []


def test_a_feed_that_is_waived_is_none() -> None:
    request = stated("exception_request", OTTO, {"exception": "may_be_missing", "feed": "eligibility"}, 1)
    word = {"request_id": request.statement_id, "contact": "cora@tiny.example", "reference": "4711",
            "via": "client_success"}  # fmt: skip
    facts = facts_of(statements=(request, stated("acknowledgement", NOOR, word, 2)))
    found = only(world(night(facts=facts)))
    assert "pharmacy_claim not delivered" in found.text
    assert "eligibility" not in found.text


def test_a_file_that_has_time_is_one_where_the_forecast_says_that_it_will_be_too_late() -> None:
    early = BEFORE_DUE - 60 * MINUTE
    late = node("feeds/eligibility", p50=DEADLINE - 20 * MINUTE, p_miss_if_done=0.05)
    in_time = node("feeds/pharmacy_claim")

    def known(p_miss: float, first: object = late) -> Known:
        made = forecast(p_miss, first, in_time, made_at=early)  # type: ignore[arg-type]
        item = night(facts=facts_of(), now=early, forecast=made, risk_since=early - 9 * MINUTE)
        return world(item, now=early)

    found = only(known(0.4))
    assert "eligibility will likely come too late, due Wed 02:00 EDT" in found.text
    assert "pharmacy_claim" not in found.text
    assert found.since == early - 9 * MINUTE
    assert keys(known(0.2)) == []
    assert keys(known(0.4, replace(late, p50=late.drop_dead))) == []
    assert keys(known(0.4, replace(late, p50=None))) == [f"delivery/{KEY}"]


def test_a_file_that_fits_no_feed_is_told_of_beside_the_missing_one() -> None:
    mine, theirs = StrayFile("client", "tiny_health", NOW), StrayFile("client", "other", NOW)
    assert "a file in its folder is of no delivery" in only(world(night(), strays=(mine, theirs))).text
    assert "folder" not in only(world(night(), strays=(theirs,))).text


def shared(*ids: str, host: str | None = "sftp.vendor.example") -> list[object]:
    return [client(name, host=host) for name in ids]


def host_world(**changes: object) -> Known:
    return world(*(night(item) for item in shared("alpha", "beta")), night(client("gamma")), **changes)  # type: ignore[arg-type]


def test_a_host_from_which_nothing_comes_takes_the_nights_of_its_clients() -> None:
    found = {item.key: item for item in causes(host_world())}
    assert found.keys() == {f"host/sftp.vendor.example/{NIGHT}", f"delivery/gamma/{NIGHT}"}
    host = found[f"host/sftp.vendor.example/{NIGHT}"]
    assert nights(host) == ["alpha", "beta"]
    assert (host.kind, host.owner_group) == ("host", "engineering")


def test_a_host_of_whose_clients_something_arrived_since_is_not_down() -> None:
    due = BEFORE_DUE + 60 * MINUTE
    assert len(keys(host_world(last_landed={"beta": due - MINUTE, "gamma": NOW}))) == 2
    three = [f"delivery/{name}/{NIGHT}" for name in ("alpha", "beta", "gamma")]
    assert keys(host_world(last_landed={"beta": due})) == three
    third = client("delta", host="sftp.vendor.example")
    assert keys(host_world(last_landed={"delta": due}, clients=[third])) == three


def test_one_client_makes_no_host_and_nor_do_some_minutes() -> None:
    alone = shared("alpha")[0]
    assert keys(world(night(alone))) == [f"delivery/alpha/{NIGHT}"]  # type: ignore[arg-type]
    soon = BEFORE_DUE + 70 * MINUTE
    both = [night(item, now=soon) for item in shared("alpha", "beta")]  # type: ignore[arg-type]
    assert keys(world(*both, now=soon)) == []


def test_each_quarantined_delivery_is_one() -> None:
    facts = facts_of(delivery("eligibility", "quarantined"), delivery("pharmacy_claim", "quarantined"))
    known = world(night(facts=facts), leading_rules={"eligibility-1": "not null on person_id"})
    first, second = causes(known)
    assert (first.key, second.key) == (f"contract/{KEY}/eligibility", f"contract/{KEY}/pharmacy_claim")
    assert "most by the rule not null on person_id" in first.text
    assert "--kind accept_quarantined" in first.fix
    assert "cannot be read" in second.text
    assert (first.owner_group, first.owner.email) == ("client", "cora@tiny.example")


def test_a_quarantined_delivery_that_no_night_waits_for_holds_none() -> None:
    facts = replace(
        all_loaded(), deliveries={**all_loaded().deliveries, "lab_result": delivery("lab_result", "quarantined")}
    )
    found = only(world(night(facts=facts)))
    assert (found.key, found.affected) == (f"contract/{KEY}/lab_result", ())


def alike(count: int, rules: Iterable[str] = ("unique on claim_id",) * 9, **changes: object) -> Known:
    items = [night(client(f"c{n}"), broken(version=f"{n}", **changes)) for n in range(count)]
    return world(*items, leading_rules={f"eligibility-{n}": rule for n, rule in zip(range(count), rules, strict=False)})


def test_the_same_rule_broken_at_three_clients_is_one_contract_change_of_ours() -> None:
    found = only(alike(3))
    assert found.key == f"contract change/eligibility/unique on claim_id/{NIGHT}"
    assert (found.kind, found.owner_group, nights(found)) == ("contract change", "engineering", ["c0", "c1", "c2"])
    assert len(keys(alike(2))) == 2
    assert all(key.startswith("contract/") for key in keys(alike(3, ["a", "b", "b"])))


def test_files_that_cannot_be_read_are_alike_whatever_their_names_and_counts() -> None:
    nothing: list[str] = []
    assert len(keys(alike(3, nothing, reason="c1/a.csv: has a wrong header: it lacks 3 columns"))) == 1
    items = [
        night(client(f"c{n}"), broken(version=f"{n}", reason=f"c{n}/x{n}.csv: lacks {n} columns")) for n in range(3)
    ]
    found = only(world(*items))
    other = [
        night(client(f"c{n}"), broken(version=f"{n}", reason=f"c{n}/y{n}.csv: lacks 7{n} columns")) for n in range(3)
    ]
    assert only(world(*other)).key == found.key


# --- work


def test_work_that_is_given_up_is_one_for_each_night_and_stage() -> None:
    found = only(world(night(facts=failed_load())))
    assert (found.key, found.owner_group, found.owner.email) == (f"load/{KEY}", "engineering", "enzo@acme.example")
    assert "the load of eligibility failed" in found.text
    loaded = all_loaded()
    built = only(world(night(facts=replace(loaded, models={"pmpm": failed("pmpm", loaded)}))))
    assert (built.key, "pmpm" in built.text) == (f"build/{KEY}", True)
    given_up = only(world(night(facts=replace(loaded, stuck=stuck(build_key(loaded))))))
    assert given_up.key == f"build/{KEY}"


def test_runs_that_failed_are_what_was_tried() -> None:
    runs = tuple(FailedRun(f"run{n}-0000", "load", NOW - n * MINUTE, (("tiny_health", NIGHT),)) for n in (5, 3, 9))
    other = FailedRun("other", "build", NOW, (("tiny_health", NIGHT),))
    found = only(world(night(facts=failed_load()), failed_runs=(*runs, other)))
    assert found.tried == "tried 3 times, last in run run3-000 at 06:57 UTC"
    assert found.evidence == "/runs/run3-0000"
    assert only(world(night(facts=failed_load()))).tried == ""


def failing(count: int, reasons: Iterable[str]) -> Known:
    return world(
        *(night(client(f"c{n}"), failed_load(reason)) for n, reason in zip(range(count), reasons, strict=False))
    )


def test_three_clients_whose_work_fails_alike_are_one() -> None:
    said = [f"the load failed 3 times, last in run {n}a2b3c4d; mend the cause" for n in range(3)]
    found = only(failing(3, said))
    assert (found.key, found.kind, nights(found)) == (f"warehouse/{NIGHT}", "warehouse", ["c0", "c1", "c2"])
    assert len(keys(failing(2, said))) == 2
    assert len(keys(failing(3, [*said[:2], "the disk is full"]))) == 3


def test_a_release_that_fails_and_one_that_is_taken_back_are_ours() -> None:
    approved = replace(with_candidate(all_loaded()), statements=(signed(),))
    key = next(work.key for work in night(facts=approved).status.work)
    found = only(world(night(facts=replace(approved, stuck=stuck(key)))))
    assert (found.key, found.kind, found.owner_group) == (f"release/{KEY}", "release", "engineering")
    live = ReleaseFact("r" * 32, "c" * 64, EARLIER + 40 * MINUTE)
    gone = stated("withdrawal", INGRID, {"release_id": "r" * 32, "evidence_digest": "c" * 64}, 50, role="qa")
    taken = only(
        world(night(facts=replace(approved, statements=(signed(), gone), live_release=live, releases=(live,))))
    )
    assert (taken.key, "withdrawn by ingrid@acme.example" in taken.text) == (f"release/{KEY}", True)


def test_a_rejected_candidate_waits_for_engineering() -> None:
    found = only(world(night(facts=replace(waiting(1), statements=(signed("rejected", reason="Mrs Doe's total"),)))))
    assert (found.key, found.owner_group) == (f"sign-off/{KEY}", "engineering")
    assert "rejected by ingrid@acme.example" in found.text
    assert "Doe" not in found.text


def test_a_rejection_that_was_answered_is_engineerings_no_longer() -> None:
    strict = client(qa={"required_signatures": 2})
    no = signed("rejected", reason="no", client_id="strict")
    yes = signed(analyst=DELE, minute=33, answers=[no], client_id="strict")
    facts = replace(waiting(failed_suites=()), statements=(no, yes))
    found = only(world(night(strict.model_copy(update={"client_id": "strict"}), facts, now=DEADLINE), now=DEADLINE))
    assert (found.key, found.owner_group) == (f"sign-off/strict/{NIGHT}", "qa")


# --- QA


def risky(p_miss: float = 0.1, *, driver: str = "release", **changes: object) -> object:
    shares = {"sign-off": 0.2, "release": 0.1} | {driver: 0.7}
    return forecast(p_miss, *(node(name, criticality=share, **changes) for name, share in shares.items()))


def test_a_candidate_is_one_once_its_drop_dead_time_is_near_or_the_risk_is_its_own() -> None:
    def at(made: object) -> list[str]:
        return keys(world(night(facts=waiting(), forecast=made)))  # type: ignore[arg-type]

    assert at(risky(drop_dead=NOW + 31 * MINUTE)) == []
    assert at(risky(drop_dead=NOW + 30 * MINUTE)) == [f"sign-off/{KEY}"]
    assert at(risky(0.2, driver="sign-off")) == [f"sign-off/{KEY}"]
    assert at(risky(0.19, driver="sign-off")) == []
    assert at(risky(0.2, driver="release")) == []


def test_a_candidate_that_nobody_forecast_is_one_an_hour_before_the_deadline() -> None:
    def at(minutes: int) -> list[str]:
        now = DEADLINE - minutes * MINUTE
        return keys(world(night(facts=waiting(), now=now), now=now))

    assert (at(61), at(60)) == ([], [f"sign-off/{KEY}"])


def test_a_failed_suite_is_qas_at_once_and_by_name() -> None:
    found = only(world(night(facts=waiting(1, failed_suites=("pmpm/staging",)))))
    assert (found.key, found.kind, found.owner.email) == (f"sign-off/{KEY}", "suite", INGRID)
    assert "failed suites: pmpm/staging" in found.text
    assert f"acme qa show tiny_health {NIGHT}" in found.fix


def test_drift_beyond_what_the_service_may_sign_is_qas_and_less_is_not() -> None:
    automatic = client(qa={"auto_approve": {"max_drift": 0.1}})
    over, under = (waiting(1, drift=Decimal(text)) for text in ("0.11", "0.10"))
    found = only(world(night(automatic, over)))
    assert (found.key, found.kind, "0.11" in found.text) == (f"sign-off/{KEY}", "drift", True)
    assert keys(world(night(automatic, under))) == []
    assert keys(world(night(client(), over))) == []


def test_who_had_a_hand_in_a_waiver_is_not_asked_to_sign() -> None:
    change = stated("override", OTTO, {"change": "deadline", "time": "05:59"}, 1, expires_at=DEADLINE)
    approval = stated("override_approval", INGRID, {"override_id": change.statement_id}, 2, role="qa")
    facts = replace(all_loaded(), statements=(change, approval))
    item = night(facts=facts)
    assert item.night.interested == {OTTO, INGRID}
    facts = replace(with_candidate(item.night.facts), statements=facts.statements, terms_key="")
    found = only(world(night(facts=facts, now=DEADLINE - 20 * MINUTE), now=DEADLINE - 20 * MINUTE))
    assert found.owner.email == DELE


def queued(count: int, minutes: int = 40, **changes: object) -> Known:
    made = risky(0.3, driver="sign-off")
    items = [night(client(f"c{n}"), waiting(minutes), forecast=made) for n in range(count)]  # type: ignore[arg-type]
    return world(*items, **changes)


def test_three_candidates_that_wait_while_nobody_signs_are_one_queue() -> None:
    found = only(queued(3))
    assert (found.key, found.kind, found.owner_group) == (f"queue/{NIGHT}", "queue", "qa")
    assert nights(found) == ["c0", "c1", "c2"]
    assert "nothing was signed since" in found.text
    assert all(key.startswith("sign-off/") for key in keys(queued(2)))


def test_a_queue_moves_while_somebody_signs_or_has_only_begun() -> None:
    assert len(keys(queued(3, last_signature=NOW - 29 * MINUTE))) == 3
    assert len(keys(queued(3, last_signature=NOW - 30 * MINUTE))) == 1
    assert len(keys(queued(3, minutes=29))) == 3
    begun = Shift(NOW - 29 * MINUTE, NOW + 300 * MINUTE)
    assert len(keys(queued(3, desk={INGRID: (begun,), DELE: (begun,)}))) == 3


def test_candidates_with_nobody_on_shift_are_a_queue_at_once() -> None:
    later = Shift(NOW + 60 * MINUTE, NOW + 300 * MINUTE)
    found = only(queued(3, minutes=1, desk={INGRID: (later,), DELE: ()}, last_signature=NOW - MINUTE))
    assert "no analyst is on shift" in found.text


def test_a_queue_says_which_of_its_candidates_have_failed_suites() -> None:
    known = queued(3)
    made = known.nights[0].forecast
    suite = night(client("c0"), waiting(40, failed_suites=("pmpm/staging",)), forecast=made)
    found = only(replace(known, nights=(suite, *known.nights[1:])))
    assert "failed suites or drift: c0" in found.text


def asked(minutes: int, feed: str = "eligibility", by: str = OTTO) -> NightFacts:
    subject = {"exception": "may_be_missing", "feed": feed}
    at = {"made_at": NOW - minutes * MINUTE}
    return facts_of(statements=(stated("exception_request", by, subject, 0, **at),))


def test_an_exception_that_was_asked_for_is_said_where_its_file_is_missing() -> None:
    found = only(world(night(facts=asked(40))))
    assert found.key == f"delivery/{KEY}"
    assert "may_be_missing of eligibility requested by otto@acme.example" in found.tried
    assert "acme exception acknowledge" in found.tried
    assert only(world(night())).tried == ""


def test_an_exception_that_waits_too_long_is_one_where_no_file_is_late_yet() -> None:
    early = BEFORE_DUE

    def at(minutes: int, drop_dead: timedelta) -> list[Cause]:
        subject = {"exception": "may_be_missing", "feed": "eligibility"}
        request = stated("exception_request", OTTO, subject, 0, made_at=early - minutes * MINUTE)
        made = forecast(0.1, node("feeds/eligibility", drop_dead=early + drop_dead))
        return causes(world(night(facts=facts_of(statements=(request,)), now=early, forecast=made), now=early))

    far, near = timedelta(hours=9), 10 * MINUTE
    assert at(30, far) == []
    (found,) = at(31, far)
    assert found.key.startswith("exception/")
    assert (found.owner.email, found.owner_group) == ("noor@acme.example", "client")
    assert "cora@tiny.example" in found.fix
    assert at(10, near) == []
    assert len(at(11, near)) == 1


def test_a_request_for_several_nights_is_one() -> None:
    following = NIGHT + timedelta(days=1)
    subject = {"exception": "may_be_missing", "feed": "eligibility"}
    said = stated("exception_request", OTTO, subject, 0, dates=(NIGHT, following), made_at=BEFORE_DUE - 60 * MINUTE)
    both = [night(facts=facts_of(on=day, statements=(said,)), now=BEFORE_DUE) for day in (NIGHT, following)]
    found = only(world(*both, now=BEFORE_DUE))
    assert [item.business_date for item in found.affected] == [NIGHT, following]


# --- what joins, and what is left


def test_a_night_that_will_miss_and_that_nothing_holds_is_engineerings() -> None:
    def at(p_miss: float, facts: NightFacts | None = None) -> list[str]:
        made = risky(p_miss, driver="marts")
        return keys(world(night(facts=facts or all_loaded(), forecast=made)))  # type: ignore[arg-type]

    assert at(0.5) == [f"pace/{KEY}"]
    assert at(0.49) == []
    assert at(0.9, failed_load()) == [f"load/{KEY}"]


def test_a_file_that_the_client_does_not_owe_is_no_excuse() -> None:
    """The registry may have changed since it was delivered."""
    facts = facts_of(delivery("eligibility"), delivery("pharmacy_claim"), delivery("patient"))
    assert keys(world(night(facts=facts, forecast=risky(0.9, driver="feeds/patient")))) == [f"pace/{KEY}"]


def test_the_risk_of_a_file_that_has_time_is_its_senders_and_wakes_nobody() -> None:
    """A new client, of whose senders nothing is known: at ten in the evening anything may come too late."""
    likely = node("feeds/pharmacy_claim", criticality=1.0, p50=DEADLINE - 3 * timedelta(hours=1))
    facts = facts_of(delivery("eligibility"))

    def at(now: datetime) -> list[str]:
        return keys(replace(world(night(facts=facts, now=now, forecast=forecast(0.6, likely))), now=now))

    assert at(BEFORE_DUE) == []
    assert at(BEFORE_DUE + 90 * MINUTE) == [f"delivery/{KEY}"]


def test_of_a_sender_that_nobody_knows_yet_no_file_is_late_before_it_is() -> None:
    late = node("feeds/pharmacy_claim", criticality=1.0, p50=DEADLINE + timedelta(hours=1))
    item = night(facts=facts_of(delivery("eligibility")), now=BEFORE_DUE, forecast=forecast(0.9, late))
    known = replace(world(item), now=BEFORE_DUE)
    assert keys(known) == [f"delivery/{KEY}"]
    stranger = replace(known, strangers=frozenset({("tiny_health", "pharmacy_claim")}))
    assert keys(stranger) == []
    assert keys(replace(stranger, now=BEFORE_DUE + 90 * MINUTE)) == [f"delivery/{KEY}"]


def test_a_sender_is_known_after_five_nights() -> None:
    sender = Sender("tiny_health", "eligibility")
    record = ArrivalRecord.of([(sender, NIGHT - timedelta(days=back), 0.0) for back in range(5)])
    history = replace(History.of([]), arrivals=record)
    unknown = {("tiny_health", feed) for feed in client().feeds if feed != "eligibility"}
    assert strangers({"tiny_health": client()}, history) == unknown
    assert ("tiny_health", "eligibility") in strangers({"tiny_health": client()}, History.of([]))


def test_a_released_night_has_no_cause() -> None:
    live = ReleaseFact("r" * 32, "c" * 64, EARLIER + 40 * MINUTE)
    facts = replace(with_candidate(all_loaded()), statements=(signed(),), live_release=live, releases=(live,))
    item = night(facts=facts)
    assert item.status.state == "released"
    assert keys(world(item)) == []


def test_a_deadline_that_was_kept_is_at_no_risk_whatever_holds_the_next_release() -> None:
    live = ReleaseFact("r" * 32, "c" * 64, EARLIER + 40 * MINUTE)
    facts = replace(broken(), live_release=live, releases=(live,))
    found = only(world(night(facts=facts, forecast=forecast(0.9, node("feeds/eligibility")))))
    assert found.affected == (Affected("tiny_health", NIGHT, DEADLINE, "standard", 0.0, 0.0),)


def test_what_is_affected_says_what_could_still_be_saved() -> None:
    made = forecast(0.8, node("feeds/eligibility", p_miss_if_done=0.1))
    gold = client(tier="gold")
    found = only(world(night(gold, broken(), forecast=made)))
    drop_dead = DEADLINE - timedelta(hours=1)
    assert found.affected == (Affected("tiny_health", NIGHT, DEADLINE, "gold", 0.8, 0.1, drop_dead),)
    assert only(world(night(facts=broken()))).affected[0].p_miss is None


def test_two_files_of_two_owners_are_each_worth_it_though_neither_saves_the_night_alone() -> None:
    facts = facts_of(delivery("eligibility", "quarantined"))
    feeds = (node(f"feeds/{feed}", p50=None, p_miss_if_done=0.9) for feed in ("eligibility", "pharmacy_claim"))
    found = causes(world(night(facts=facts, forecast=forecast(0.95, *feeds))))
    assert [item.key.split("/")[0] for item in found] == ["contract", "delivery"]
    assert all(item.affected[0].to_be_saved > 0.8 for item in found)


def test_nights_of_two_dates_have_causes_of_their_own() -> None:
    before: date = NIGHT - timedelta(days=1)
    assert keys(world(night(), night(facts=facts_of(on=before)))) == [
        f"delivery/tiny_health/{before}",
        f"delivery/{KEY}",
    ]


def test_a_landing_zone_that_cannot_be_listed_takes_the_files_that_may_lie_there() -> None:
    due = BEFORE_DUE + 60 * MINUTE
    found = only(world(night(), zone=Outage(due, "PermissionError")))
    assert (found.key, nights(found)) == ("landing zone", ["tiny_health"])
    later = causes(world(night(), zone=Outage(due + MINUTE, "PermissionError")))
    assert [item.key for item in later] == [f"delivery/{KEY}", "landing zone"]
    assert later[1].affected == ()


def test_a_file_that_was_due_before_the_landing_zone_was_lost_is_late_by_itself() -> None:
    early = client(
        feeds=client_data()["feeds"] | {"eligibility": client_data()["feeds"]["eligibility"] | {"due": "01:00"}}
    )
    due = BEFORE_DUE + 60 * MINUTE
    assert keys(world(night(early), zone=Outage(due, "PermissionError"))) == [f"delivery/{KEY}", "landing zone"]
