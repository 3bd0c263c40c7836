"""Which nights of the board are shown: filters as they stand in the page's address. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from urllib.parse import urlencode

from acme_assets.board.model import Board, NightRow

SOME_RISK = 0.1

STATES: Mapping[str, str] = {
    "open": "Not released",
    "held": "Held",
    "awaiting sign-off": "Awaiting sign-off",
    "running": "Running",
    "waiting": "Waiting",
    "released": "Released",
    "missed": "Deadline missed",
}

RISKS: Mapping[str, str] = {"high": "Likelier missed than kept", "some": "10 % or more", "incident": "With an incident"}

GROUPS: Mapping[str, str] = {"client": "Client", "engineering": "Engineering", "qa": "QA"}

_LONGEST_TEXT = 100


@dataclass(frozen=True)
class Filters:
    """What is asked for; an empty one asks for nothing."""

    group: str = ""
    person: str = ""
    feed: str = ""
    state: str = ""
    risk: str = ""
    q: str = ""
    """Words that all must be there."""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> "Filters":
        """From an address. A value that nobody has is kept, and matches nothing: what is shown is what was asked."""
        return cls(**{item.name: query.get(item.name, "").strip()[:_LONGEST_TEXT] for item in fields(cls)})

    @property
    def is_empty(self) -> bool:
        """Whether all nights are shown."""
        return self == Filters()

    def address(self, **changes: str) -> str:
        """The address of the list with these filters, some changed."""
        asked = {name: value for name, value in vars(replace(self, **changes)).items() if value}
        return f"/?{urlencode(asked)}" if asked else "/"

    def chosen(self, nights: Iterable[NightRow]) -> list[NightRow]:
        """The nights that match all of them, in their order."""
        return [row for row in nights if self._matches(row)]

    def _matches(self, row: NightRow) -> bool:
        return (
            (not self.group or row.owner_group == self.group)
            and (not self.person or row.owner == self.person)
            and (not self.feed or self.feed in row.feeds_late)
            and (not self.state or _is_in(row, self.state))
            and (not self.risk or _has_risk(row, self.risk))
            and all(word in row.search for word in self.q.lower().split())
        )


def _is_in(row: NightRow, state: str) -> bool:
    if state == "missed":
        return row.missed
    return row.state != "released" if state == "open" else row.state == state


def _has_risk(row: NightRow, risk: str) -> bool:
    if risk == "incident":
        return bool(row.incidents)
    known = {"high": row.is_at_risk, "some": not row.missed and (row.p_miss or 0) >= SOME_RISK}
    return known.get(risk, False)


@dataclass(frozen=True)
class Choices:
    """What can be asked for at this moment."""

    people: tuple[str, ...]
    """Whose turn it is somewhere."""
    feeds: tuple[str, ...]
    """That are late somewhere."""


def choices(board: Board, asked: Filters) -> Choices:
    """The values of the filters that depend on the night; what is asked for stays one of them."""
    people = {row.owner for row in board.nights if row.owner} | ({asked.person} - {""})
    feeds = {feed for row in board.nights for feed in row.feeds_late} | ({asked.feed} - {""})
    return Choices(tuple(sorted(people)), tuple(sorted(feeds)))
