"""A client as its file in the registry says: who it is, what it owes us and when, and who answers for it."""

import re
from datetime import date, datetime, time
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator, model_validator

from client_partitions.feeds import Feed
from client_partitions.layout import Layout
from client_partitions.validation import MartTuning

OwnerGroup = Literal["client", "engineering", "qa"]

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

ClientId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,40}$")]

DATE_TOKEN = re.compile(r"\{date(?::([^}]+))?\}")
DATE_CODES = {
    "%Y": "[0-9]{4}",
    "%m": "[0-9]{2}",
    "%d": "[0-9]{2}",
    "%y": "[0-9]{2}",
    "%j": "[0-9]{3}",
    "%b": "[A-Za-z]{3}",
}
"""The strftime codes that a pattern's `{date:…}` may use, each with the text that it stands for."""


def _is_written_as_text(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch("[0-9]{2}:[0-9]{2}(:[0-9]{2})?", value):
        return value
    if isinstance(value, time) and value.tzinfo is None:
        return value
    read = " (YAML reads an unquoted 10:30 as the number 630)" if isinstance(value, int | float) else ""
    raise ValueError(f'{value!r} is no time of day{read}; write it in quotes as "HH:MM", such as "02:30"')


WallClock = Annotated[time, BeforeValidator(_is_written_as_text)]
"""A time of day, without a zone: the client's is meant."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FeedFile(_Strict):
    """One kind of file that a feed comes as."""

    pattern: str
    """Path below the client's landing folder; `{date}` stands for the business date (YYYY-MM-DD),
    `{date:%Y%m%d}` for another form of it, `*` for any text without a slash."""
    layout: str
    """Name of the layout, in this client's `layouts`."""
    required: bool = True
    """Whether a delivery is complete without such a file."""

    @field_validator("pattern")
    @classmethod
    def _has_a_date(cls, pattern: str) -> str:
        found = DATE_TOKEN.findall(pattern)
        if len(found) != 1 or pattern.count("{date") != 1:
            raise ValueError(f"{pattern!r} must hold {{date}} once, so that a file tells its business date")
        if found[0] and not _tells_a_date(found[0]):
            raise ValueError(
                f"{{date:{found[0]}}} does not tell a whole date; make it of {', '.join(DATE_CODES)}, "
                "such as {date:%Y%m%d}"
            )
        if any(part in ("", ".", "..") for part in pattern.split("/")):
            raise ValueError(f"{pattern!r} must be a path below the client's landing folder, without . and ..")
        return pattern


def _tells_a_date(date_format: str) -> bool:
    sample = date(2026, 3, 24)
    try:
        read = datetime.strptime(sample.strftime(date_format), date_format).date()
    except ValueError:
        return False
    return read == sample and set(re.findall("%.", date_format)) <= DATE_CODES.keys()


class FeedPolicy(_Strict):
    """What the client owes of one feed, when, and how bad it may be."""

    files: tuple[FeedFile, ...] = Field(min_length=1)
    """A file that fits several patterns is of the first."""
    required: bool = True
    """False: the client night does not wait for this feed."""
    days: tuple[Weekday, ...] = WEEKDAYS
    """Business dates on which the feed is owed."""
    due: WallClock
    """Wall-clock time in the client's zone, on the day after the business date."""
    grace_minutes: int = Field(30, ge=0, le=24 * 60)
    quarantine_limit: float = Field(0.01, ge=0, le=1)
    """Largest share of a delivery's rows that may fail the contract; past it nothing is loaded."""


class Person(_Strict):
    """Somebody at AcmeHealth, or at the client."""

    name: str
    email: str

    @field_validator("email")
    @classmethod
    def _is_an_address(cls, email: str) -> str:
        if not re.fullmatch(r"[^@\s]+@[^@\s]+", email):
            raise ValueError(f"{email!r} is no e-mail address; write one such as ada@acme.example")
        return email


class Owners(_Strict):
    """Who answers for this client night, per owner group."""

    client: Person
    engineering: Person
    qa: tuple[Person, ...] = Field(min_length=1)
    """The analysts who may sign off this client; the first is named where one name is shown."""
    client_success: Person

    def of(self, group: OwnerGroup) -> Person:
        """The person named for a group."""
        return self.qa[0] if group == "qa" else getattr(self, group)


class AutoApproval(_Strict):
    """When the service may sign in a person's place: every suite passes, and drift is inside the bound."""

    max_drift: float = Field(gt=0, le=1)
    """Largest relative deviation of rows and totals from the trailing nights; without enough nights, a person signs."""


class QaPolicy(_Strict):
    """How this client's candidates are signed off. A release is of the whole night, whoever signs which mart."""

    required_signatures: int = Field(default=1, ge=1, le=2)
    """Different analysts that must approve each mart that needs a person."""
    marts: tuple[str, ...] | None = None
    """Marts that need a person's sign-off. Default: all; with `auto_approve`, none."""
    auto_approve: AutoApproval | None = None
    """Default: never."""
    sign_off_valid_hours: int = Field(default=24, ge=1, le=168)
    """How long an approval may open the gate."""
    withdraw_on_failed_production: bool = False
    """Whether a release is withdrawn by itself when a production suite fails on it."""

    def needs_person(self, mart: str) -> bool:
        """Whether the service may not sign this mart."""
        return self.auto_approve is None or (self.marts is not None and mart in self.marts)

    @model_validator(mode="after")
    def _marts_need_auto_approval(self) -> "QaPolicy":
        if self.marts is not None and self.auto_approve is None:
            raise ValueError("marts: without auto_approve every mart needs a person; remove it or add auto_approve")
        return self


class Client(_Strict):
    """One client, as its YAML file says."""

    client_id: ClientId
    name: str
    time_zone: str
    deadline: WallClock = time(6, 0)
    """Wall-clock time in `time_zone`, on the day after the business date."""
    landing: str
    """Folder of this client in the landing zone, right below its root."""
    feeds: dict[Feed, FeedPolicy] = Field(min_length=1)
    layouts: dict[str, Layout]
    ignored_files: dict[str, str] = {}
    """Pattern to reason: files that may lie in the landing folder and belong to no feed."""
    owners: Owners
    qa: QaPolicy = QaPolicy()
    validation: dict[str, MartTuning] = {}
    """Mart to how it is judged, where that is not as by default."""

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (KeyError, ValueError, OSError):
            raise ValueError(f"{name!r} is no IANA time zone; write one such as America/Chicago") from None
        return name

    @field_validator("landing")
    @classmethod
    def _is_one_folder(cls, landing: str) -> str:
        if landing != landing.strip() or landing in ("", ".", "..") or "/" in landing:
            raise ValueError(f"{landing!r} must be the name of one folder of the landing zone, without a slash")
        return landing

    @model_validator(mode="after")
    def _layouts_exist(self) -> "Client":
        for feed, policy in self.feeds.items():
            for number, file in enumerate(policy.files):
                if file.layout not in self.layouts:
                    raise ValueError(
                        f"feeds.{feed}.files.{number}.layout: there is no layout {file.layout!r}; "
                        f"add it under layouts or use one of {', '.join(sorted(self.layouts)) or '(none)'}"
                    )
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The client's time zone."""
        return ZoneInfo(self.time_zone)

    def feeds_owed(self, business_date: date) -> tuple[Feed, ...]:
        """The required feeds that a client night waits for."""
        weekday = WEEKDAYS[business_date.weekday()]
        return tuple(feed for feed, policy in self.feeds.items() if policy.required and weekday in policy.days)
