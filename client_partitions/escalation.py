"""The escalation policy: who is told of what, in which order, when and through what. One file, escalation.yaml.

Every error names the file, the field and the remedy. Secrets are not in it: of a channel it names the variable that
holds its URL.
"""

import re
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from pydantic import Field, ValidationError, field_validator, model_validator

from acme_assets.audit.canonical import canonical_json, digest
from client_partitions.client import ClientId, OwnerGroup, _Strict
from client_partitions.registry import RegistryError, problem_lines, read_yaml
from client_partitions.rotation import QuietHours, Rotation, Span

PersonGroup = Literal["engineering", "qa", "client_success", "client"]
"""Whose hours and channels somebody has."""

Level = Literal["page", "notify", "digest"]

Step = Literal["client_contact", "client_success", "on_shift", "qa_lead", "on_call", "second", "manager"]

GROUP_OF_STEP: Mapping[Step, PersonGroup] = {
    "client_contact": "client",
    "client_success": "client_success",
    "on_shift": "qa",
    "qa_lead": "qa",
    "on_call": "engineering",
    "second": "engineering",
    "manager": "engineering",
}

STANDARD = "standard"

ESCALATION_FILE = Path(__file__).parent / "escalation.yaml"


class Tier(_Strict):
    """What risk of a client wakes somebody."""

    page_above: float = Field(gt=0, lt=1)
    """P(miss) above which somebody is woken."""
    worth: float = Field(default=0.1, ge=0, lt=1)
    """If acting now lowers it by at least so much."""


class LadderStep(_Strict):
    """One rung: who, and when if nobody has taken the incident on by then."""

    who: Step
    at: float = Field(ge=0, lt=1)
    """Share of the time from when the ladder starts to the drop-dead time."""
    least: int = Field(default=5, ge=1)
    """Minutes that the rung before has in any case."""
    most: int = Field(default=60, ge=1)
    """Minutes after which it is this rung's turn in any case; what is waited where no drop-dead time is known."""

    @model_validator(mode="after")
    def _least_is_least(self) -> "LadderStep":
        if self.least > self.most:
            raise ValueError(f"least: is {self.least} minutes, more than most ({self.most}); swap them")
        return self


class Leads(_Strict):
    """Who stands in where nobody in particular is to be found; the first who has not left, nor been told already."""

    qa_lead: tuple[str, ...] = Field(min_length=1)
    manager: tuple[str, ...] = Field(min_length=1)
    client_success: tuple[str, ...] = Field(min_length=1)


class Rotations(_Strict):
    """Whose turn it is."""

    engineering: Rotation
    """Who is on call; the next of the line is second."""
    qa: Rotation | None = None
    """Who leads; without one, and after it, `leads.qa_lead`."""
    client_success: Rotation | None = None
    """Who answers beside the person whom a client's file names; without one, and after it, `leads.client_success`."""

    def all(self) -> dict[str, Rotation]:
        """Each by its field's name."""
        found = {"engineering": self.engineering, "qa": self.qa, "client_success": self.client_success}
        return {name: rotation for name, rotation in found.items() if rotation}


class Channel(_Strict):
    """A way to tell somebody."""

    variable: str
    """The environment variable that holds its URL, as apprise reads them."""
    personal: bool = False
    """Whether the recipient's address is added to it; others are one place that several people read."""

    @field_validator("variable")
    @classmethod
    def _is_a_name(cls, name: str) -> str:
        if not re.fullmatch("[A-Z][A-Z0-9_]*", name):
            raise ValueError("names an environment variable, such as ACME_CHANNEL_EMAIL; the URL itself is a secret")
        return name


class Reach(_Strict):
    """Channels per urgency, the first to be tried first."""

    page: tuple[str, ...] = Field(min_length=1)
    notify: tuple[str, ...] = Field(min_length=1)
    digest: tuple[str, ...] = Field(min_length=1)

    def of(self, level: Level) -> tuple[str, ...]:
        """The channels of one urgency."""
        named: tuple[str, ...] = getattr(self, level)
        return named


class Reaching(_Strict):
    """Through what people are told: a person's own channels, else their group's, else the default."""

    default: Reach
    client: Reach
    """Clients' contacts have nobody else's channels."""
    groups: dict[Literal["engineering", "qa", "client_success"], Reach] = Field(default={})
    people: dict[str, Reach] = Field(default={})

    def all(self) -> dict[str, Reach]:
        """Each by its field's name."""
        groups = {f"groups.{name}": reach for name, reach in self.groups.items()}
        people = {f"people.{email}": reach for email, reach in self.people.items()}
        return {"default": self.default, "client": self.client, **groups, **people}


class Damping(_Strict):
    """What keeps an unsteady cause from being told over and over."""

    minutes: int = Field(default=3, ge=0)
    """So long a cause must stand before it is an incident, and be gone before that is resolved."""
    flapping_after: int = Field(default=3, ge=1)
    """Come-backs after which a cause must be gone for `flapping_minutes`."""
    flapping_minutes: int = Field(default=30, ge=0)


class Tries(_Strict):
    """How long it is tried to send a message, from when it was due on; one try is made in any case."""

    page_minutes: int = Field(default=120, ge=1)
    """Later, nobody is woken by it any more; that it did not leave is an incident of its own after five."""
    other_minutes: int = Field(default=720, ge=1)


class Maintenance(Span):
    """Known work, during which what it covers wakes nobody."""

    what: str
    """In a few words; it is shown wherever something is kept silent."""
    everything: bool = False
    client: ClientId | None = None
    host: str | None = None
    owner_group: OwnerGroup | None = None

    @model_validator(mode="after")
    def _covers_one_thing(self) -> "Maintenance":
        if sum((self.everything, self.client is not None, self.host is not None, self.owner_group is not None)) != 1:
            raise ValueError("covers: give one of everything: true, client, host and owner_group")
        return self


class Policy(_Strict):
    """Who is told of what, in which order, through what and when."""

    rotations: Rotations
    leads: Leads
    ladders: dict[OwnerGroup, tuple[LadderStep, ...]]
    tiers: dict[str, Tier]
    channels: dict[str, Channel] = Field(min_length=1)
    reach: Reaching
    quiet_hours: dict[PersonGroup, QuietHours] = Field(default={})
    """Pages go through them, and nothing else does."""
    damping: Damping = Damping()
    reopen_within_hours: int = Field(default=12, ge=0)
    """A cause that comes back so soon is the same incident."""
    rearm_minutes: int = Field(default=30, ge=1)
    """So long before the drop-dead time an acknowledged incident's ladder starts again, if its cause still stands."""
    client_mails_a_night: int = Field(default=2, ge=0)
    messages_an_hour: int = Field(default=6, ge=1)
    """Per person, of what is no page."""
    tries: Tries = Tries()
    maintenance: tuple[Maintenance, ...] = ()
    client_holidays: dict[ClientId, tuple[date, ...]] = Field(default={})
    """Business dates for which the client is not chased."""

    @model_validator(mode="after")
    def _fits_together(self) -> "Policy":
        problems = [*self._ladder_problems(), *self._channel_problems(), *self._hours_problems()]
        if STANDARD not in self.tiers:
            problems.append(f"tiers: {STANDARD} is missing; clients without a tier are of it")
        if problems:
            raise ValueError("; ".join(problems))
        return self

    def _ladder_problems(self) -> Iterator[str]:
        groups: tuple[OwnerGroup, ...] = ("client", "qa", "engineering")
        for group in groups:
            steps = self.ladders.get(group, ())
            if not steps:
                yield f"ladders.{group}: is missing; give at least one step"
            elif steps[0].at != 0:
                yield f"ladders.{group}.0.at: is {steps[0].at:g}; somebody must be told at once, so make it 0"
            if any(later.at < earlier.at for earlier, later in pairwise(steps)):
                yield f"ladders.{group}: at falls from one step to the next; put the steps in the order of their time"
            if len({step.who for step in steps}) < len(steps):
                yield f"ladders.{group}: names one step twice; keep the earlier"
            if steps and all(step.who == "client_contact" for step in steps):
                yield f"ladders.{group}: tells nobody here; add on_call"

    def _channel_problems(self) -> Iterator[str]:
        for name, reach in self.reach.all().items():
            for channel in dict.fromkeys((*reach.page, *reach.notify, *reach.digest)):
                if channel not in self.channels:
                    known = ", ".join(self.channels)
                    yield f"reach.{name}: there is no channel {channel!r}; add it under channels, or use one of {known}"
                elif name == "client" and not self.channels[channel].personal:
                    yield f"reach.client: {channel} is read by our own people; give a channel that is personal"

    def _hours_problems(self) -> Iterator[str]:
        for group, hours in self.quiet_hours.items():
            if hours.zone is None and group != "client":
                yield f"quiet_hours.{group}.zone: is missing; only the group client has the client's own"

    @property
    def text(self) -> str:
        """Its content in one canonical form, from which `policy_from` makes it again."""
        return canonical_json(_without_floats(self.model_dump(mode="json", by_alias=True)))

    @property
    def version(self) -> str:
        """A short digest of its content: equal for equal policies, however they are written."""
        return digest(self.text)[:12]

    def tier(self, name: str) -> Tier:
        """A tier; of one that is not known, whatever wakes somebody soonest."""
        if name in self.tiers:
            return self.tiers[name]
        every = self.tiers.values()
        return Tier(page_above=min(tier.page_above for tier in every), worth=min(tier.worth for tier in every))

    def line(self, step: Step, at: datetime) -> tuple[str, ...]:
        """Whom the policy names for a step at a moment, best first, whether or not they are still there. Nobody for
        those that clients' files name."""
        turns, leads = self.rotations, self.leads
        found: dict[Step, tuple[str, ...]] = {
            "on_call": turns.engineering.line(at),
            "manager": leads.manager,
            "qa_lead": (*(turns.qa.line(at) if turns.qa else ()), *leads.qa_lead),
            "client_success": (*(turns.client_success.line(at) if turns.client_success else ()), *leads.client_success),
        }
        return tuple(dict.fromkeys(found.get(step, ())))

    def named(self) -> dict[str, tuple[str, ...]]:
        """Our people that it names, by field."""
        turns = self.rotations.all()
        return {
            **{f"rotations.{name}.people": rotation.people for name, rotation in turns.items()},
            **{f"rotations.{name}.swaps": tuple(swap.person for swap in it.swaps) for name, it in turns.items()},
            "leads.qa_lead": self.leads.qa_lead,
            "leads.manager": self.leads.manager,
            "leads.client_success": self.leads.client_success,
            "reach.people": tuple(self.reach.people),
        }


def _without_floats(value: Any) -> Any:
    if isinstance(value, float):
        return Decimal(repr(value))
    if isinstance(value, dict):
        return {key: _without_floats(item) for key, item in value.items()}
    return [_without_floats(item) for item in value] if isinstance(value, list) else value


def load_policy(path: Path = ESCALATION_FILE) -> Policy:
    """Read and validate escalation.yaml.

    Raises:
        RegistryError: with one line per problem, each naming the file and the field.
    """
    data = read_yaml(path)
    if not isinstance(data, dict):
        raise RegistryError(f"{path.name}: is empty or no mapping; start from the one that is deployed with the code")
    try:
        return Policy.model_validate(data)
    except ValidationError as error:
        raise RegistryError("\n".join(problem_lines(path, error))) from error


def policy_from(text: str) -> Policy:
    """The policy of which this is the `text`.

    Raises:
        ValueError: it is none.
    """
    return Policy.model_validate_json(text)
