"""Pages of Dagster's UI, asked now and then while the night runs: how long each takes to answer.

A page's time is that of its waves of queries, one after another.
"""

import threading
import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from typing import Any

from acme_assets.defs.names import feed_key, mart_key, published_key, raw_key
from acme_assets.nights.marts import MARTS
from client_partitions.feeds import FEEDS
from client_partitions.partitions import partition_key
from tools.bench_night.asking import NoAnswer, ask
from tools.bench_night.ui_queries import ui_query

PAUSE_SECONDS = 10.0
_LIVE_BATCH = 10
"""As many assets as the UI asks about at once to colour its graph; of their health, it asks 250 at once."""

Query = tuple[str, Mapping[str, Any]]
Page = Sequence[Sequence[Query]]
"""Queries in waves: those of a wave are asked at once, as the UI does (live data in two batches at a time, and health
beside it: `parallelFetches` in its bundle); a wave begins when the one before is answered."""


def pages(client_id: str, business_date: date) -> dict[str, Page]:
    """The queries of each page, with their variables. The assets are those with most events."""
    feed, mart = {"path": feed_key("eligibility").path}, {"path": mart_key("pmpm").path}
    keys = [
        *(make(feed) for feed in FEEDS for make in (feed_key, raw_key)),
        *(make(mart) for mart in MARTS for make in (mart_key, published_key)),
    ]
    shared = [{"path": key.path} for key in keys]
    events = ["MATERIALIZATION", "OBSERVATION", "FAILED_TO_MATERIALIZE"]
    recent = {"assetKey": mart, "limit": 100, "eventTypeSelectors": events}
    night = partition_key(client_id, business_date)
    return {
        "lineage": [
            [("LocationWorkspaceAssetsQuery", {"name": "acme"})],
            [
                ("AssetGraphLiveQuery", {"assetKeys": shared[:_LIVE_BATCH]}),
                ("AssetGraphLiveQuery", {"assetKeys": shared[-_LIVE_BATCH:]}),
                ("AssetHealthQuery", {"assetKeys": shared}),
            ],
        ],
        "catalog": [[("AssetCatalogTableQuery", {"limit": 1000})]],
        "asset": [
            [("AssetViewDefinitionQuery", {"assetKey": mart})],
            [("RecentAssetEventsQuery", recent)],
            [("AssetGraphLiveQuery", {"assetKeys": [mart]})],
        ],
        "partitions": [
            [("PartitionHealthQuery", {"assetKey": feed})],
            [("AssetPartitionDetailQuery", {"assetKey": feed, "partitionKey": str(night)})],
        ],
        "runs": [[("RunsFeedRootQuery", {"limit": 30, "view": "ROOTS"})]],
    }


class Visitor:
    """Somebody who looks at the UI during the night: a thread, to be used as a context."""

    def __init__(self, address: str, visited: Mapping[str, Page]) -> None:
        self._address, self._pages = address, visited
        self._texts = {name: ui_query(name) for page in visited.values() for wave in page for name, _ in wave}
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._visit, daemon=True)
        self.pages: dict[str, list[float]] = defaultdict(list)
        """Page to seconds of each visit."""
        self.queries: dict[str, list[float]] = defaultdict(list)
        self.problems: list[str] = []

    def __enter__(self) -> "Visitor":
        self._thread.start()
        return self

    def __exit__(self, *error: object) -> None:
        self._done.set()
        self._thread.join()

    def _visit(self) -> None:
        while not self._done.is_set():
            for page in self._pages:
                self.pages[page].append(self._open(page))
            self._done.wait(PAUSE_SECONDS)

    def _open(self, page: str) -> float:
        began = time.perf_counter()
        for wave in self._pages[page]:
            with ThreadPoolExecutor(len(wave)) as at_once:
                list(at_once.map(self._ask, wave))
        return time.perf_counter() - began

    def _ask(self, query: Query) -> None:
        name, variables = query
        began = time.perf_counter()
        try:
            ask(self._address, self._texts[name], variables)
        except NoAnswer as problem:
            self.problems.append(f"{name}: {problem}")
        self.queries[name].append(time.perf_counter() - began)
