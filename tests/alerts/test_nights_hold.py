"""What holds of any night under any policy: causes that come, go and grow, people who answer or do not."""

from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from acme_assets.alerts.cause import Cause, CauseKind
from acme_assets.alerts.engine import acknowledged, resolved, snoozed
from acme_assets.alerts.house import PolicyHouse
from acme_assets.alerts.incident import Incident
from acme_assets.alerts.ladder import Staff
from acme_assets.alerts.people import UTC_ZONE, group_of
from acme_assets.alerts.rehearsal import Rehearsal, Said
from client_partitions.client import OwnerGroup
from client_partitions.escalation import Policy
from tests.alerts.any_policy import OURS, policies, staffs
from tests.alerts.made_up_policy import ARMED, BERT, CORA, MINUTE, affected, owned, policy, staff

NIGHT = settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
STEP, LASTS = 10, 540
"""Minutes between two ticks, and of a night."""

KINDS: dict[OwnerGroup, CauseKind] = {"client": "delivery", "qa": "sign-off", "engineering": "load"}
WORTH_A_PAGE = (0.9, 0.1)
RISKS = (WORTH_A_PAGE, WORTH_A_PAGE, (0.9, 0.9), (0.3, 0.0), (0.02, 0.0))
"""P(miss), and what would be left of it: a page, one that is lost already, one for the morning, a harmless one."""


@dataclass(frozen=True)
class Stretch:
    """A cause stands, from a minute until another."""

    begins: int
    ends: int
    risk: tuple[float, float]


@dataclass(frozen=True)
class Plot:
    """What becomes of one cause in a night."""

    number: int
    group: OwnerGroup
    drop_dead: int
    stretches: tuple[Stretch, ...]

    @property
    def key(self) -> str:
        return f"{KINDS[self.group]}/tiny_health/{self.number}"

    def cause(self, now: datetime) -> Cause | None:
        minute = (now - ARMED) / MINUTE
        stands = next((item for item in self.stretches if item.begins <= minute < item.ends), None)
        if stands is None:
            return None
        gone_by = ARMED + self.drop_dead * MINUTE
        night = affected(
            p_miss=stands.risk[0], p_miss_if_done=stands.risk[1], drop_dead=gone_by, deadline=gone_by + 60 * MINUTE
        )
        owner, since = owned().owners.of(self.group), ARMED + stands.begins * MINUTE
        return Cause(self.key, KINDS[self.group], self.group, owner, "eligibility is late", since, (night,), "do it")


@dataclass(frozen=True)
class Act:
    """What somebody does, at a minute, to the incident of a plot."""

    minute: int
    plot: int
    what: str


@st.composite
def plots(draw: st.DrawFn, number: int) -> Plot:
    edges = sorted(draw(st.sets(st.integers(0, LASTS), min_size=2, max_size=6)))
    spans = list(pairwise(edges))[:: draw(st.sampled_from((1, 2)))]
    stretches = tuple(Stretch(*span, draw(st.sampled_from(RISKS))) for span in spans)
    return Plot(number, draw(st.sampled_from((*KINDS,))), draw(st.integers(60, LASTS)), stretches)


ACTS = st.builds(
    Act, st.integers(0, LASTS), st.integers(0, 2), st.sampled_from(("acknowledge", "snooze", "resolve"))
)  # fmt: skip


@dataclass
class Night:
    """A policy, people, causes and what people do; and what came of it."""

    policy: Policy
    staff: Staff
    plots: list[Plot]
    acts: list[Act]

    def __post_init__(self) -> None:
        self.of = Rehearsal()
        for minute in range(0, LASTS + STEP, STEP):
            now = ARMED + minute * MINUTE
            for act in self.acts:
                if minute - STEP < act.minute <= minute:
                    self._do(act, now)
            causes = [cause for plot in self.plots if (cause := plot.cause(now))]
            house = PolicyHouse(self.policy, self.staff, now, {}, self.of.written)
            self.of.tick(causes, house, now, self.staff.clients)
        self.of.deliver(now + timedelta(days=1))

    def _do(self, act: Act, now: datetime) -> None:
        """It may come too late, or not be allowed: then it is nothing."""
        does = {
            "acknowledge": lambda it: acknowledged(it, BERT, now),
            "snooze": lambda it: snoozed(it, now + 40 * MINUTE, BERT, now),
            "resolve": lambda it: resolved(it, BERT, now),
        }
        for incident in self.of.live:
            if incident.key.endswith(f"/{act.plot}"):
                with suppress(ValueError):
                    self.of.act(incident.incident_id, does[act.what], now)

    def told(self, incident: Incident) -> Iterator[Said]:
        return (item for item in self.of.sent if item.message.incident_id == incident.incident_id)

    def happened(self, incident: Incident) -> list[tuple[datetime, str]]:
        mine = (item for item in self.of.happened if item.incident.incident_id == incident.incident_id)
        return [(item.at, item.happening) for item in mine]


@st.composite
def nights(draw: st.DrawFn) -> Night:
    every = [draw(plots(number)) for number in range(draw(st.integers(1, 3)))]
    return Night(draw(policies()), draw(staffs()), every, draw(st.lists(ACTS, max_size=4)))


@NIGHT
@given(nights())
def test_nobody_is_paged_twice_for_one_cause_unless_it_was_armed_again(night: Night) -> None:
    for incident in night.of.incidents.values():
        armed = sum(what in ("reopened", "woken", "armed") for _, what in night.happened(incident))
        pages = Counter(item.message.recipient.email for item in night.told(incident) if _is_page(item))
        assert all(count <= 1 + armed for count in pages.values())


STOPS = {"acknowledged": "armed", "snoozed": "woken", "resolved by hand": "reopened", "resolved": "reopened"}


@NIGHT
@given(nights())
@example(Night(policy(), staff(), [Plot(0, "engineering", 400, (Stretch(0, 540, WORTH_A_PAGE),))],
               [Act(20, 0, "acknowledge")]))  # fmt: skip
def test_nobody_hears_of_what_is_taken_on_put_off_or_over_until_it_is_armed_again(night: Night) -> None:
    """Acknowledged ones do not escalate early, resolved ones are silent."""
    for incident in night.of.incidents.values():
        log = night.happened(incident)
        for place, (since, what) in enumerate(log):
            if what not in STOPS:
                continue
            ends = next((at for at, then in log[place + 1 :] if then in STOPS.values()), None)
            heard = [item.sent_at for item in night.told(incident) if item.sent_at and item.sent_at > since]
            assert all(ends is not None and at >= ends for at in heard), what


@NIGHT
@given(nights())
@example(Night(policy(), staff(), [Plot(0, "engineering", 400, (Stretch(0, 540, WORTH_A_PAGE),))],
               [Act(20, 0, "acknowledge"), Act(380, 0, "acknowledge")]))  # fmt: skip
def test_what_somebody_took_on_is_armed_again_only_near_the_drop_dead_time_and_once(night: Night) -> None:
    near = timedelta(minutes=night.policy.rearm_minutes)
    drop_dead = {plot.key: ARMED + plot.drop_dead * MINUTE for plot in night.plots}
    for incident in night.of.incidents.values():
        log = night.happened(incident)
        armed = [at for at, what in log if what == "armed"]
        assert all(drop_dead[incident.key] - near <= at < drop_dead[incident.key] for at in armed)
        assert len(armed) <= 1 + sum(what == "reopened" for _, what in log)


@NIGHT
@given(nights())
def test_quiet_hours_hold_what_is_no_page(night: Night) -> None:
    zone = owned().zone
    for item in night.of.sent:
        group = group_of(night.policy, night.staff.roster, item.message.recipient.email)
        hours = night.policy.quiet_hours.get(group)
        if hours and not _is_page(item):
            assert item.sent_at is not None
            assert hours.release(item.sent_at, zone if group == "client" else UTC_ZONE) == item.sent_at


@NIGHT
@given(nights())
def test_a_client_gets_so_many_mails_a_night_and_only_about_what_is_its_own(night: Night) -> None:
    mails = [item for item in night.of.sent if item.message.recipient.email == CORA]
    assert len(mails) <= night.policy.client_mails_a_night
    kinds = {night.of.incidents[item.message.incident_id or ""].kind for item in mails}
    assert kinds <= {"delivery"}


@NIGHT
@given(nights())
@example(Night(policy(), staff(), [Plot(0, "client", 240, (Stretch(0, 540, WORTH_A_PAGE),))], []))
def test_whatever_would_make_a_client_miss_reaches_one_of_ours_as_soon_as_the_policy_has_it(night: Night) -> None:
    if not _somebody_stays(night):
        return
    for plot in night.plots:
        first = plot.stretches[0]
        if first.risk != WORTH_A_PAGE or any(act.plot == plot.number for act in night.acts):
            continue
        opens = -(-(first.begins + night.policy.damping.minutes) // STEP) * STEP
        latest = _first_of_ours(night.policy, plot, opens)
        if latest + STEP > min(first.ends, plot.drop_dead):
            continue  # it is over by then, or the policy leaves no time for it
        (incident,) = [item for item in night.of.incidents.values() if item.key == plot.key]
        paged = [item for item in night.told(incident) if _is_page(item) and item.message.recipient.email in OURS]
        assert any(item.sent_at and item.sent_at <= ARMED + (latest + STEP) * MINUTE for item in paged)


def _first_of_ours(policy: Policy, plot: Plot, opens: int) -> float:
    """The minute by which one of ours is on the ladder: at once, unless the client's contact may come before."""
    steps = policy.ladders[plot.group]
    if all(step.who != "client_contact" for step in steps):
        return opens
    wait = steps[min(1, len(steps) - 1)]
    share = wait.at * (plot.drop_dead - opens)
    return opens + min(max(share, wait.least), wait.most)


def _somebody_stays(night: Night) -> bool:
    """Whether somebody whom the policy names is there all night."""
    named = {email for emails in night.policy.named().values() for email in emails}
    people = night.staff.roster.people
    return any(email in people and people[email].is_active(ARMED + timedelta(days=2)) for email in named)


def _is_page(item: Said) -> bool:
    return item.message.urgency == "page"
