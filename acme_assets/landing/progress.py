"""How far an API's pull has come: what is noted after each page, so that a process killed anywhere loses one page.

The pages themselves are notes too, byte for byte as they came. Both go once the file has landed; what stays is the
manifest of the night: hashes and counts, no value.
"""

import json
import os
import socket
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import psutil

from acme_assets.feeds.zones import LandingZone
from acme_assets.landing.outcome import Order, PullFailed
from acme_assets.landing.pages import Step

STALE = timedelta(hours=6)
"""How old pages may be that later ones are added to: past it, the server's data is another."""

BUSY = timedelta(minutes=5)
"""How long nothing may be heard of a process of another machine before its pull is taken over."""


@dataclass(frozen=True)
class PageNote:
    """One page that is noted."""

    sha256: str
    records: int
    size: int


@dataclass(frozen=True)
class Progress:
    """What is known of a pull that is under way."""

    started_at: datetime
    updated_at: datetime
    by: str | None
    """Which process pulls; None where it stopped by itself."""
    step: Step | None
    """The next request; None where all pages are here."""
    pages: tuple[PageNote, ...] = ()
    asked: tuple[str, ...] = ()
    """Keys of the requests whose pages are here."""
    total: int | None = None

    @property
    def records(self) -> int:
        return sum(page.records for page in self.pages)

    @property
    def size(self) -> int:
        return sum(page.size for page in self.pages)

    def text(self) -> bytes:
        """As it is noted."""
        data = asdict(self) | {"started_at": self.started_at.isoformat(), "updated_at": self.updated_at.isoformat()}
        return json.dumps(data).encode()

    @classmethod
    def read(cls, text: bytes) -> "Progress":
        data = json.loads(text)
        return cls(
            datetime.fromisoformat(data["started_at"]),
            datetime.fromisoformat(data["updated_at"]),
            data["by"],
            Step(**data["step"]) if data["step"] else None,
            tuple(PageNote(**page) for page in data["pages"]),
            tuple(data["asked"]),
            data["total"],
        )


@dataclass(frozen=True)
class Manifest:
    """What a pull of one night landed. While it is noted, the night is not pulled again."""

    file: str
    sha256: str
    """Of the file."""
    size: int
    records: int
    total: int | None
    completed_at: str
    pages: tuple[PageNote, ...] = field(default=())


@dataclass(frozen=True)
class Notes:
    """The notes of one API's pull of one night."""

    zone: LandingZone
    order: Order

    @property
    def _night(self) -> str:
        return f"{self.order.notes}/{self.order.business_date.isoformat()}"

    def manifest(self) -> Manifest | None:
        """What was landed; None where the pull is not complete."""
        text = self.zone.note(f"{self._night}.json")
        if text is None:
            return None
        data: dict[str, Any] = json.loads(text)
        return Manifest(**data | {"pages": tuple(PageNote(**page) for page in data["pages"])})

    def complete(self, manifest: Manifest) -> None:
        """Note the manifest, last of all, and forget the pages."""
        self.zone.write_note(f"{self._night}.json", json.dumps(asdict(manifest), indent=1).encode())
        self.drop()

    def progress(self, now: datetime, me: str, first: Step) -> Progress:
        """Where to go on, now ours.

        Raises:
            PullFailed: another process pulls this night at the moment.
        """
        text = self.zone.note(f"{self._night}/progress.json")
        found = Progress.read(text) if text else None
        if found and found.by and found.by != me and _is_at_work(found.by, now - found.updated_at):
            raise PullFailed(f"{self.order} is under way in process {found.by}; wait for it")
        if found is None or now - found.started_at > STALE:
            self.drop()
            found = Progress(now, now, me, first)
        mine = replace(found, by=me, updated_at=now)
        self.write(mine)
        return mine

    def let_go(self, me: str) -> None:
        """Leave what is under way to whoever comes next."""
        text = self.zone.note(f"{self._night}/progress.json")
        if text and (left := Progress.read(text)).by == me:
            self.write(replace(left, by=None))

    def require_ours(self, me: str) -> None:
        """Raise PullFailed where another process has taken the pull over, or ended it."""
        text = self.zone.note(f"{self._night}/progress.json")
        if text is None or Progress.read(text).by != me:
            raise PullFailed(f"{self.order} was taken over by another process, because this one was silent for long")

    def write(self, progress: Progress) -> None:
        self.zone.write_note(f"{self._night}/progress.json", progress.text())

    def write_page(self, number: int, content: bytes) -> None:
        self.zone.write_note(self._page(number), content)

    def page(self, number: int) -> bytes | None:
        return self.zone.note(self._page(number))

    def _page(self, number: int) -> str:
        return f"{self._night}/page-{number:06d}.json"

    def drop(self) -> None:
        """Forget the pages and how far it was."""
        self.zone.drop_notes(self._night)


def this_process() -> str:
    """host/pid."""
    return f"{socket.gethostname()}/{os.getpid()}"


def _is_at_work(process: str, silent: timedelta) -> bool:
    host, _, pid = process.rpartition("/")
    if host == socket.gethostname() and pid.isdecimal():
        return psutil.pid_exists(int(pid)) and int(pid) != os.getpid()
    return silent < BUSY
