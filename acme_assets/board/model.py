"""What the board shows, as plain values: the one answer that pages, JSON and terminal all give. No reading in here."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from acme_assets.alerts.incident import Incident
from acme_assets.gates.graph import Edge, NodeKind
from acme_assets.nights.status import NightState, Step, StepState
from client_partitions.client import OwnerGroup

StageName = Literal["feeds", "load", "marts", "suites", "sign-off", "release"]
STAGES: tuple[StageName, ...] = ("feeds", "load", "marts", "suites", "sign-off", "release")

QueueGroup = Literal["qa", "client-success", "engineering"]
QUEUES: tuple[QueueGroup, ...] = ("qa", "client-success", "engineering")

AT_RISK = 0.5
"""From this probability of a miss on, a night is counted as at risk."""


@dataclass(frozen=True)
class StageMark:
    """One stage of a night, in a strip of six."""

    name: StageName
    state: StepState
    text: str
    """Why, in a few words."""


@dataclass(frozen=True)
class NightRow:
    """One client night in the list."""

    client_id: str
    name: str
    """The client's."""
    business_date: date
    tier: str
    state: NightState
    deadline: datetime
    zone: ZoneInfo
    steps: tuple[Step, ...]
    stages: tuple[StageMark, ...]
    blocked_by: Step | None
    """Its name, reason, owner, owner_group and since: the step to look at first. None once it is released."""
    p_miss: float | None = None
    """By the newest stored forecast, 1 of what is missed already; None where there is none for this deadline, or the
    night is released."""
    p50: datetime | None = None
    """When it will be released, with a probability of a half; None: not tonight, or no forecast."""
    p90: datetime | None = None
    driver: str | None = None
    """The step that most of the risk is due to."""
    driver_group: str | None = None
    drop_dead: datetime | None = None
    """By when that step must be done to keep the deadline, nine in ten."""
    forecast_at: datetime | None = None
    released_at: datetime | None = None
    """When what the client sees now was released."""
    missed: bool = False
    """Whether its deadline passed without a release that stood."""
    incidents: tuple[str, ...] = ()
    """Ids of those that are not resolved."""
    feeds_late: tuple[str, ...] = ()
    """Feeds that the client owes and that are late or quarantined."""
    search: str = ""
    """In lower case, all that a search looks through."""

    @property
    def owner(self) -> str:
        """Whose turn it is; empty once it is released."""
        return self.blocked_by.owner if self.blocked_by else ""

    @property
    def owner_group(self) -> OwnerGroup | None:
        """Of which group that is."""
        return self.blocked_by.owner_group if self.blocked_by else None

    @property
    def since(self) -> datetime | None:
        """Since when, where that is known."""
        return self.blocked_by.since if self.blocked_by else None

    @property
    def is_at_risk(self) -> bool:
        """Whether its deadline is to come, and is likelier missed than kept."""
        return not self.missed and self.p_miss is not None and self.p_miss >= AT_RISK


@dataclass(frozen=True)
class Counts:
    """How many nights are how. The five states add up to the nights."""

    nights: int = 0
    released: int = 0
    awaiting_sign_off: int = 0
    running: int = 0
    waiting: int = 0
    held: int = 0
    missed: int = 0
    at_risk: int = 0
    registry_errors: int = 0
    """Clients of whom nothing is shown: their file cannot be used."""
    incidents: int = 0
    """That are not resolved."""
    earlier_open: int = 0
    """Nights of earlier business dates that are not released: they are in the queues, not in the list."""
    by_owner_group: Mapping[OwnerGroup, int] = field(default_factory=dict)
    """Nights that are not released, by whose turn it is."""


@dataclass(frozen=True)
class Problem:
    """Something that is of no client night: a client's file that cannot be used, people.yaml, a stray file."""

    kind: Literal["registry", "people", "stray file"]
    name: str
    """The client's file, people.yaml, or whose the stray file is: not its name, which may be anything."""
    text: str
    owner_group: str
    since: datetime | None = None
    client_id: str | None = None
    """Of a stray file, where its folder tells."""


@dataclass(frozen=True)
class Outage:
    """The ledger cannot be read: what is shown is as of `Board.as_of`."""

    since: datetime
    reason: str


@dataclass(frozen=True)
class Board:
    """Every client's night: of one business date, or each client's own in hand."""

    as_of: datetime
    """The clock by which nights were judged."""
    made_at: datetime
    """When the ledger was read."""
    nights: tuple[NightRow, ...] = ()
    """Those not released first; then by risk, the highest first; then by deadline."""
    counts: Counts = Counts()
    problems: tuple[Problem, ...] = ()
    incidents: tuple[Incident, ...] = ()
    """That are not resolved, the oldest first."""
    outage: Outage | None = None
    """None while the ledger can be read. With one and without nights: it never could."""
    number: int = 0
    """Grows with every board that a `Reader` makes."""

    def night(self, client_id: str, business_date: date) -> NightRow | None:
        """One row; None where it is not on the board."""
        return next((row for row in self.nights if (row.client_id, row.business_date) == (client_id, business_date)),
                    None)  # fmt: skip


@dataclass(frozen=True)
class GraphNode:
    """One dependency of the night, with its state and its forecast."""

    name: str
    """feeds/<feed>, marts/<mart>, sign-off or release."""
    kind: NodeKind
    asked: str
    """What is asked of it, in words."""
    state: StepState
    reason: str
    owner: str
    owner_group: OwnerGroup
    since: datetime | None
    p50: datetime | None = None
    """When it will be done, with a probability of a half; None: done, not tonight, or no forecast."""
    p90: datetime | None = None
    p_never: float | None = None
    """Probability that it is not done tonight; None: no forecast."""
    criticality: float | None = None
    """Share of the night's risk that is its own."""
    p_miss_if_done: float | None = None
    drop_dead: datetime | None = None


TimelineKind = Literal["planned", "actual", "forecast"]


@dataclass(frozen=True)
class TimelineEntry:
    """One moment or span of the night. planned: due; actual: it happened; forecast: from P50 to P90."""

    kind: TimelineKind
    name: str
    """Of the step."""
    at: datetime
    until: datetime | None
    """Of a span; None: a moment, or (forecast) no end tonight."""
    text: str


@dataclass(frozen=True)
class Evidence:
    """The candidate that waits for, or has, its sign-off."""

    digest: str
    built_at: datetime
    marts: tuple[str, ...]
    failed_suites: tuple[str, ...]
    drift: str | None
    missing_signatures: int
    signers: tuple[str, ...]
    """Whose approvals count."""
    command: str
    """That shows all of it."""


@dataclass(frozen=True)
class TermLine:
    """A waiver, an exception that waits for the client, or an override."""

    kind: Literal["waiver", "pending", "override"]
    id: str
    what: str
    """may_be_missing lab_result, or what the override changes."""
    reason: str
    by: str
    """Who asked."""
    approved_by: str | None
    """Who acknowledged or approved; None while nobody did."""
    since: datetime
    expires_at: datetime | None


@dataclass(frozen=True)
class ReleaseLine:
    """One release of the night."""

    release_id: str
    released_at: datetime
    evidence_digest: str
    is_live: bool
    is_withdrawn: bool


@dataclass(frozen=True)
class NightEvent:
    """Something that somebody signed, or that happened to the night."""

    at: datetime
    what: str
    who: str
    text: str
    problem: str | None = None
    """Why a statement does not count."""


@dataclass(frozen=True)
class Command:
    """What somebody could do now."""

    text: str
    """To copy into a terminal, or whom to write to."""
    why: str
    owner_group: str
    is_shell: bool = True
    """False: a sentence, not a command."""


@dataclass(frozen=True)
class DagsterLink:
    """A page of the Dagster UI about this partition."""

    name: str
    path: str
    """Below the UI's address, with a leading slash."""


@dataclass(frozen=True)
class ClientNight:
    """All that is known of one client night."""

    as_of: datetime
    row: NightRow
    nodes: tuple[GraphNode, ...]
    edges: tuple[Edge, ...]
    timeline: tuple[TimelineEntry, ...]
    evidence: Evidence | None
    terms: tuple[TermLine, ...]
    incidents: tuple[Incident, ...]
    releases: tuple[ReleaseLine, ...]
    """The newest first."""
    events: tuple[NightEvent, ...]
    """The oldest first."""
    commands: tuple[Command, ...]
    dagster: tuple[DagsterLink, ...]
    contacts: Mapping[str, str]
    """Role to name and address: client, engineering, qa, client success."""
    forecast_at: datetime | None
    """When the forecast of the nodes was made; None where there is none."""
    outage: Outage | None = None


QueueKind = Literal[
    "sign-off", "late file", "quarantined", "exception", "mail", "failed", "drift", "stray file", "registry"
]


@dataclass(frozen=True)
class QueueRow:
    """One thing for a group to do."""

    kind: QueueKind
    client_id: str | None
    name: str
    """The client's, or the file's."""
    business_date: date | None
    step: str
    text: str
    owner: str
    since: datetime | None
    commands: tuple[Command, ...] = ()
    deadline: datetime | None = None
    zone: ZoneInfo | None = None
    drop_dead: datetime | None = None
    """Of this step, where most of the night's risk is due to it."""
    slack: timedelta | None = None
    """Until the drop-dead time, else the deadline; negative once it is past. None: nothing hurries."""
    p_miss: float | None = None
    missed: bool = False
    incidents: tuple[str, ...] = ()
    evidence: Evidence | None = None


@dataclass(frozen=True)
class Queue:
    """What a group has to do, the least slack first."""

    group: QueueGroup
    as_of: datetime
    rows: tuple[QueueRow, ...]
    outage: Outage | None = None
