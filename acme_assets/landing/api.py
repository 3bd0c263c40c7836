"""Pull a night's records from an API: page by page, noted as they come, landed as one NDJSON file when all are there.

One file, so that a look at the zone can never see half of it. A count that does not match lands nothing.
"""

import gzip
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import IO, cast

import httpx

from acme_assets.landing.http import Api, Gone, Page
from acme_assets.landing.json_slices import NoRecords, records_of
from acme_assets.landing.outcome import Hands, Landed, Order, PullFailed, PullOutcome, PullRefused
from acme_assets.landing.pages import Step, first_step, next_step, total_of
from acme_assets.landing.progress import Manifest, Notes, PageNote, Progress
from client_partitions.pulls import ApiPull

_TIMEOUT = httpx.Timeout(60.0, connect=10.0)


def pull_api(order: Order, pull: ApiPull, hands: Hands) -> PullOutcome:
    """Pull one night; a night that is complete is left alone unless the order says `again`.

    Raises:
        PullFailed: not now; what was noted is kept, and the next pull goes on from there.
        PullRefused: not until somebody has changed something.
    """
    notes = Notes(hands.zone, order)
    if not order.again and notes.manifest():
        return PullOutcome(known=1)
    with httpx.Client(timeout=_TIMEOUT) as client:  # verifies TLS
        api = Api(pull, hands, client, hands.monotonic() + pull.limit_minutes * 60)
        if order.dry_run:
            return _look(order, api)
        return _Pulling(order, api, notes).run()


def _look(order: Order, api: Api) -> PullOutcome:
    page = api.page(first_step(api.pull, order.business_date))
    count = total_of(api.pull, page.document)
    _records(api.pull, page)
    return PullOutcome(landed=(Landed(_path(order, api.pull), None, count),))


class _Pulling:
    """One pull."""

    def __init__(self, order: Order, api: Api, notes: Notes) -> None:
        self._order, self._api, self._notes = order, api, notes
        self._pull, self._hands = api.pull, api.hands
        self._first = first_step(api.pull, order.business_date)

    def run(self) -> PullOutcome:
        progress = self._notes.progress(self._hands.clock(), self._hands.me, self._first)
        try:
            return self._land(self._all_pages(progress))
        except PullRefused:
            self._notes.drop()
            raise
        finally:
            self._notes.let_go(self._hands.me)

    def _all_pages(self, progress: Progress) -> Progress:
        resumed = bool(progress.pages)
        while progress.step is not None:
            step = progress.step
            try:
                page = self._api.page(step)
            except Gone:
                if not resumed:
                    raise
                progress = self._anew()  # a cursor that was kept over a crash has expired
            else:
                progress = self._note(progress, step, page)
            resumed = False
        return progress

    def _anew(self) -> Progress:
        self._notes.drop()
        return self._notes.progress(self._hands.clock(), self._hands.me, self._first)

    def _note(self, progress: Progress, step: Step, page: Page) -> Progress:
        records = len(_records(self._pull, page))
        total = total_of(self._pull, page.document)
        if progress.pages and total != progress.total:
            self._notes.drop()
            raise PullFailed(
                f"{self._order}: the count moved from {progress.total} to {total} meanwhile; the pull starts anew"
            )
        following = next_step(self._pull, self._order.business_date, step, page.document, page.links, records)
        noted = PageNote(hashlib.sha256(page.content).hexdigest(), records, len(page.content))
        asked = (*progress.asked, step.key)
        if records and any(noted.sha256 == other.sha256 for other in progress.pages):
            raise PullRefused(f"{self._api.host} sends the same page twice; ask the client", "client")
        if following and following.key in asked:
            raise PullRefused(f"{self._api.host}'s pages lead back to an earlier one; ask the client", "client")
        done = replace(
            progress, step=following, pages=(*progress.pages, noted), asked=asked, total=total,
            updated_at=self._hands.clock(),
        )  # fmt: skip
        if len(done.pages) >= self._pull.max_pages and following:
            raise PullRefused(
                f"{self._api.host} has more than {self._pull.max_pages} pages (`max_pages`)", "engineering"
            )
        if done.size > self._pull.max_gb * 1_000_000_000:
            raise PullRefused(
                f"{self._api.host} has more than {self._pull.max_gb:g} GB; ask the client, then raise `max_gb`",
                "engineering",
            )
        self._notes.require_ours(self._hands.me)
        self._notes.write_page(len(done.pages), page.content)
        self._notes.write(done)
        return done

    def _land(self, progress: Progress) -> PullOutcome:
        if progress.total is not None and progress.records != progress.total:
            raise PullRefused(
                f"{self._api.host} says {progress.total:,} records and sent {progress.records:,}; nothing is landed: "
                "ask the client",
                "client",
            )
        if not progress.records:
            raise PullRefused(
                f"{self._api.host} has no record for {self._order.business_date}; nothing is landed: ask the client, "
                "or waive the feed for the night",
                "client",
            )
        path = _path(self._order, self._pull)
        with self._hands.zone.scratch() as folder:
            file = folder / "records"
            self._write(file, progress)
            with file.open("rb") as stream:
                digest = hashlib.file_digest(stream, "sha256").hexdigest()
            size = file.stat().st_size
            self._hands.zone.put(path, file)
        completed_at = self._hands.clock().isoformat()
        self._notes.complete(
            Manifest(path, digest, size, progress.records, progress.total, completed_at, progress.pages)
        )
        return PullOutcome(landed=(Landed(path, size, progress.records),))

    def _write(self, file: Path, progress: Progress) -> None:
        with _lines(file, is_gzip=self._pull.file.endswith(".gz")) as out:
            for number, noted in enumerate(progress.pages, 1):
                content = self._notes.page(number)
                if content is None or hashlib.sha256(content).hexdigest() != noted.sha256:
                    self._notes.drop()
                    raise PullFailed(f"{self._order}: page {number} is not as it was noted; the pull starts anew")
                for line in records_of(content.decode("utf-8-sig"), self._pull.records, self._pull.record):
                    out.write(line.encode() + b"\n")


@contextmanager
def _lines(file: Path, *, is_gzip: bool) -> Iterator[IO[bytes]]:
    """A file to write to; the same lines give the same bytes."""
    with file.open("wb") as raw:
        if not is_gzip:
            yield raw
            return
        with gzip.GzipFile("", "wb", 6, raw, mtime=0) as zipped:
            yield cast(IO[bytes], zipped)


def _records(pull: ApiPull, page: Page) -> list[str]:
    try:
        return records_of(page.text, pull.records, pull.record)
    except NoRecords as problem:
        raise PullRefused(f"a page {problem}; correct the pull's `records` and `record`", "engineering") from problem


def _path(order: Order, pull: ApiPull) -> str:
    return f"{order.client.landing}/{pull.file.replace('{date}', order.business_date.isoformat())}"
