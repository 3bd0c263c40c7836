"""The people who may sign, their roles and public keys: one reviewed file, people.yaml.

Every error names the file, the field and the remedy. A file that cannot be used gives a roster of nobody.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

from pydantic import Field, ValidationError, field_validator, model_validator

from acme_assets.audit.signing import KeyProblem, PublicKey
from client_partitions.client import WEEKDAYS, Person, WallClock, Weekday, _Strict, known_zone
from client_partitions.registry import RegistryError, problem_lines, read_yaml

Role = Literal["qa", "engineering", "client_success", "on_call", "service"]

PEOPLE_FILE = Path(__file__).parent / "people.yaml"


class RosterKey(_Strict):
    """One public key of a person."""

    public: str
    """32 bytes as base64, as `acme keys init` prints it."""
    revoked: date | None = None
    """From this day (UTC) on, nothing that it signed counts."""

    @field_validator("public")
    @classmethod
    def _is_a_key(cls, public: str) -> str:
        try:
            PublicKey(public).check()
        except KeyProblem as problem:
            raise ValueError(str(problem)) from problem
        return public

    @property
    def key_id(self) -> str:
        """How statements name it."""
        return PublicKey(self.public).key_id


class WorkingHours(_Strict):
    """When somebody works: what a forecast counts on, and when they are told of incidents first. Nobody is kept from
    signing at another time."""

    zone: str
    """The person's IANA time zone."""
    begins: WallClock = Field(alias="from")
    until: WallClock
    """The next day, where it is not after `from`."""
    days: tuple[Weekday, ...] = Field(default=WEEKDAYS, min_length=1)
    """Days on whose local date work begins."""

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        return known_zone(name)

    @model_validator(mode="after")
    def _some_hours(self) -> "WorkingHours":
        if self.begins == self.until:
            raise ValueError("until: is the same as from; leave hours out for somebody who can always be asked")
        return self

    def on(self, day: date) -> tuple[datetime, datetime] | None:
        """From and until when work goes that begins on a local date, in UTC; None where none does.

        Wall-clock times: on a night on which the clocks change, an hour longer or shorter.
        """
        if WEEKDAYS[day.weekday()] not in self.days:
            return None
        zone, last = ZoneInfo(self.zone), day if self.until > self.begins else day + timedelta(days=1)
        local = (datetime.combine(day, self.begins, tzinfo=zone), datetime.combine(last, self.until, tzinfo=zone))
        return local[0].astimezone(UTC), local[1].astimezone(UTC)


class RosterPerson(Person):
    """Somebody who signs; or the service, which signs what nobody does."""

    roles: tuple[Role, ...] = Field(min_length=1)
    status: Literal["active", "retired"] = "active"
    retired: date | None = None
    """The first day (UTC) on which a retired person's signature no longer counts."""
    keys: tuple[RosterKey, ...] = ()
    hours: WorkingHours | None = None
    """When they work; None: nobody knows, and they may be asked at any time."""

    @model_validator(mode="after")
    def _retired_since_some_day(self) -> "RosterPerson":
        if (self.status == "retired") != (self.retired is not None):
            raise ValueError("retired: give the first day without rights to a retired person, and to no other")
        if "service" in self.roles and len(self.roles) > 1:
            raise ValueError("roles: the service has no other role; list a person apart")
        return self

    def is_active(self, moment: datetime) -> bool:
        """Whether the person may sign at this moment."""
        return self.retired is None or moment.astimezone(UTC).date() < self.retired

    def key(self, key_id: str) -> RosterKey | None:
        """The person's key of this id."""
        return next((key for key in self.keys if key.key_id == key_id), None)


class _People(_Strict):
    people: tuple[RosterPerson, ...]

    @model_validator(mode="after")
    def _each_is_one(self) -> "_People":
        emails = [person.email for person in self.people]
        keys = [key.public for person in self.people for key in person.keys]
        for name, values in (("email", emails), ("public", keys)):
            if twice := {value for value in values if values.count(value) > 1}:
                raise ValueError(f"{name}: {sorted(twice)[0]} is listed twice; keep one")
        return self


@dataclass(frozen=True)
class Roster:
    """Everybody who may sign, by e-mail address."""

    people: Mapping[str, RosterPerson] = field(default_factory=dict)
    problem: str | None = None
    """Why nobody is in it, where the file cannot be used."""


def load_roster(path: Path = PEOPLE_FILE) -> Roster:
    """Read and validate people.yaml.

    Raises:
        RegistryError: with one line per problem, each naming the file and the field.
    """
    data = read_yaml(path)
    if not isinstance(data, dict):
        raise RegistryError(f"{path.name}: is empty or no mapping; it has one field, people")
    try:
        people = _People.model_validate(data).people
    except ValidationError as error:
        raise RegistryError("\n".join(problem_lines(path, error))) from error
    return Roster({person.email: person for person in people})


def roster_or_nobody(path: Path) -> Roster:
    """As `load_roster`; where the file cannot be used, nobody may sign and the roster says why."""
    try:
        return load_roster(path)
    except RegistryError as error:
        return Roster(problem=str(error))
