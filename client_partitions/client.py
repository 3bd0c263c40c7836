"""A client as its file in the registry says: who it is, what it owes us and when, and who answers for it."""

import re
from datetime import date, time
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints, field_validator, model_validator

from client_partitions.completeness import Completeness, RecordLine
from client_partitions.drift import DriftPolicy
from client_partitions.feeds import Feed
from client_partitions.file_format import JsonFormat
from client_partitions.file_patterns import DatedPattern, PathPattern
from client_partitions.layout import Layout
from client_partitions.pulls import Pull
from client_partitions.validation import MartTuning

OwnerGroup = Literal["client", "engineering", "qa"]

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

PullName = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,40}$")]

ClientId = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,40}$")]


def _is_written_as_text(value: Any) -> Any:
    if isinstance(value, str) and re.fullmatch("[0-9]{2}:[0-9]{2}(:[0-9]{2})?", value):
        return value
    if isinstance(value, time) and value.tzinfo is None:
        return value
    read = " (YAML reads an unquoted 10:30 as the number 630)" if isinstance(value, int | float) else ""
    raise ValueError(f'{value!r} is no time of day{read}; write it in quotes as "HH:MM", such as "02:30"')


WallClock = Annotated[time, BeforeValidator(_is_written_as_text)]
"""A time of day, without a zone: the client's is meant."""


def known_zone(name: str) -> str:
    """The name of an IANA time zone; ValueError where it is none."""
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        raise ValueError(f"{name!r} is no IANA time zone; write one such as America/Chicago") from None
    return name


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class FeedFile(_Strict):
    """One kind of file that a feed comes as."""

    pattern: DatedPattern
    """Path below the client's landing folder; `{date}` stands for the business date (YYYY-MM-DD), `{date:%Y%m%d}` for
    another form of it, `{rows}` for how many rows the file has, `*` for any text without a slash."""
    layout: str
    """Name of the layout, in this client's `layouts`."""
    required: bool = True
    """Whether a delivery is complete without such a file."""
    header_record: RecordLine | None = None
    trailer_record: RecordLine | None = None

    @property
    def has_records(self) -> bool:
        """Whether its first or last line is a record, which its reader must pass over."""
        return self.header_record is not None or self.trailer_record is not None


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
    drift: DriftPolicy = DriftPolicy()
    """What becomes of a delivery that differs from the feed's earlier ones."""
    complete: Completeness = Completeness()
    """When a delivery of it is complete, beside every required file being there."""
    pull: str | None = None
    """Name of the pull that fetches it, in this client's `pulls`. Default: the client sends it."""


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
    host: str | None = None
    """The sender's host that its files come through: where it is down, nothing comes from any client of it."""
    tier: str = "standard"
    """Of those in escalation.yaml: what risk wakes somebody."""
    feeds: dict[Feed, FeedPolicy] = Field(min_length=1)
    layouts: dict[str, Layout]
    pulls: dict[PullName, Pull] = {}
    """Where files are fetched from, where the client does not send them."""
    ignored_files: dict[PathPattern, str] = {}
    """Pattern to reason: files that may lie in the landing folder and belong to no feed."""
    refused_files: dict[PathPattern, str] = {}
    """Pattern to reason: files that are never taken, though their names fit a feed: of the sender's test environment,
    of another client that shares the sender."""
    unfinished_files: tuple[PathPattern, ...] = ()
    """Names, beside the usual ones, that this sender gives to files that it is still writing."""
    owners: Owners
    qa: QaPolicy = QaPolicy()
    validation: dict[str, MartTuning] = {}
    """Mart to how it is judged, where that is not as by default."""

    @field_validator("time_zone")
    @classmethod
    def _known_zone(cls, name: str) -> str:
        return known_zone(name)

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
                form = self.layouts[file.layout].format
                is_text = not isinstance(form, JsonFormat) and "\n\n".encode(form.encoding).endswith(b"\n\n")
                if file.has_records and not is_text:
                    raise ValueError(
                        f"feeds.{feed}.files.{number}: its records are lines of text such as UTF-8; "
                        f"the layout {file.layout!r} is of another kind, so leave header_record and trailer_record out"
                    )
        return self

    @model_validator(mode="after")
    def _pulls_fit(self) -> "Client":
        named = {feed: policy.pull for feed, policy in self.feeds.items() if policy.pull}
        for feed, pull in named.items():
            if pull not in self.pulls:
                raise ValueError(
                    f"feeds.{feed}.pull: there is no pull {pull!r}; add it under pulls or use one of "
                    f"{', '.join(sorted(self.pulls)) or '(none)'}"
                )
        if unused := sorted(self.pulls.keys() - set(named.values())):
            raise ValueError(f"pulls.{unused[0]}: no feed has `pull: {unused[0]}`; name it there or remove it")
        return self

    @property
    def zone(self) -> ZoneInfo:
        """The client's time zone."""
        return ZoneInfo(self.time_zone)

    def feeds_owed(self, business_date: date) -> tuple[Feed, ...]:
        """The required feeds that a client night waits for."""
        weekday = WEEKDAYS[business_date.weekday()]
        return tuple(feed for feed, policy in self.feeds.items() if policy.required and weekday in policy.days)
