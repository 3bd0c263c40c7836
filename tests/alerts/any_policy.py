"""Any escalation policy, any people, any incident: strategies."""

from datetime import date
from typing import Any

from hypothesis import strategies as st

from acme_assets.alerts.incident import Incident
from acme_assets.alerts.ladder import Staff
from client_partitions.escalation import Policy
from tests.alerts.made_up_policy import (
    ANNE,
    ARMED,
    BERT,
    CLEO,
    GROUPS,
    MAX,
    MINUTE,
    NIGHT,
    NOOR,
    QUEENIE,
    QUENTIN,
    incident,
    left,
    policy,
    staff,
)

STEPS = ("client_contact", "client_success", "on_shift", "qa_lead", "on_call", "second", "manager")
PEOPLE = ("engineering", "qa", "client_success", "client")
OURS = (ANNE, BERT, CLEO, QUENTIN, QUEENIE, NOOR, MAX)


@st.composite
def ladders(draw: st.DrawFn) -> list[dict[str, Any]]:
    steps = draw(st.permutations(STEPS).map(lambda steps: steps[: draw(st.integers(1, 5))]))
    if steps == ["client_contact"]:
        steps = ["on_call"]
    shares = sorted(draw(st.lists(st.floats(0, 0.99), min_size=len(steps), max_size=len(steps))))
    shares[0] = 0.0
    least = [draw(st.integers(1, 30)) for _ in steps]
    return [
        {"who": who, "at": at, "least": low, "most": low + draw(st.integers(0, 90))}
        for who, at, low in zip(steps, shares, least, strict=True)
    ]


@st.composite
def policies(draw: st.DrawFn) -> Policy:
    swap_at = ARMED + draw(st.integers(-300, 600)) * MINUTE
    swap = {
        "from": swap_at,
        "until": swap_at + draw(st.integers(1, 600)) * MINUTE,
        "person": draw(st.sampled_from(OURS)),
    }
    turns = draw(rotations(swap))
    groups = {group: draw(ladders()) for group in GROUPS}
    people = st.lists(st.sampled_from(OURS), min_size=1, max_size=3, unique=True)
    leads = {name: draw(people) for name in ("qa_lead", "manager", "client_success")}
    others = {name: draw(rotations(swap)) for name in ("qa", "client_success") if draw(st.booleans())}
    return policy(
        rotations={"engineering": turns, **others},
        leads=leads,
        ladders=groups,
        quiet_hours={group: draw(quiet_hours()) for group in PEOPLE if draw(st.booleans())},
        client_mails_a_night=draw(st.integers(0, 3)),
        rearm_minutes=draw(st.integers(5, 60)),
    )


@st.composite
def rotations(draw: st.DrawFn, swap: dict[str, Any]) -> dict[str, Any]:
    return {
        "zone": draw(st.sampled_from(["America/Chicago", "Asia/Kolkata", "Pacific/Auckland"])),
        "hand_over": {"day": draw(st.sampled_from(["tue", "wed"])), "at": f"{draw(st.integers(0, 23)):02}:00"},
        "starts": "2026-03-02",
        "people": draw(st.lists(st.sampled_from(OURS), min_size=1, max_size=4, unique=True)),
        "swaps": [swap] if draw(st.booleans()) else [],
    }


@st.composite
def quiet_hours(draw: st.DrawFn) -> dict[str, Any]:
    begins, hours = draw(st.integers(0, 23)), draw(st.integers(1, 22))
    zone = draw(st.sampled_from(["America/Chicago", "Asia/Kolkata"]))
    return {"zone": zone, "from": f"{begins:02}:00", "until": f"{(begins + hours) % 24:02}:00"}


@st.composite
def staffs(draw: st.DrawFn) -> Staff:
    gone = draw(st.sets(st.sampled_from(OURS)))
    days = st.sampled_from([date(2026, 3, 1), NIGHT, date(2026, 3, 11), date(2026, 3, 12)])
    return staff(*(left(email, "qa", draw(days)) for email in sorted(gone)))


@st.composite
def incidents(draw: st.DrawFn) -> Incident:
    drop_dead = draw(st.none() | st.integers(-600, 1200).map(lambda minutes: ARMED + minutes * MINUTE))
    return incident(draw(st.sampled_from(GROUPS)), drop_dead=drop_dead)
