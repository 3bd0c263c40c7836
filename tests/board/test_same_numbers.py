"""The page, the API, `acme status --json` and SQL that knows nothing of our code agree on random nights of a fleet."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml
from sqlalchemy import text
from starlette.testclient import TestClient
from typer.testing import CliRunner

from acme_assets.board.access import access_from
from acme_assets.board.app import board_app
from acme_assets.board.reading import Reader
from acme_assets.cli.main import app
from acme_assets.environment import Platform
from acme_assets.feeds.zones import LocalZone
from acme_assets.gates.statement import Signer
from acme_assets.warehouse.postgres import PostgresWarehouse
from client_partitions.registry import load_registry
from tests.board.site import DEMO
from tests.browser.night import write_night, write_registry
from tests.browser.people import PRIYA, SERVICE_EMAIL, keys, roster
from tools.bench_ticks import NIGHT, NOW

CLIENTS, NIGHTS = 40, 6

_WHO = """
create temporary table who (client_id text, zone text, deadline time) on commit drop;
create temporary table owes (client_id text, feed text, due time, grace int) on commit drop;
"""

_STATES = """
with feed as (
    select o.client_id, d.state,
           ((cast(:day as date) + 1) + o.due) at time zone w.zone + o.grace * interval '1 minute' <= :now as is_late
    from owes o join who w using (client_id)
    left join ops.deliveries d on (d.client_id, d.feed, d.business_date) = (o.client_id, o.feed, cast(:day as date))
                               and d.state <> 'superseded'
), feeds as (
    select client_id, count(*) filter (where state = 'loaded') = count(*) as are_loaded,
           count(*) filter (where state = 'quarantined' or (state is null and is_late)) as late
    from feed group by client_id
)
select w.client_id,
       case when r.release_id is not null and s.statement_id is not null then 'released'
            when f.late > 0 then 'held'
            when f.are_loaded and n.candidate is not null and s.statement_id is null then 'awaiting sign-off'
            else 'going on' end as state,
       f.late as feeds_late,
       ((cast(:day as date) + 1) + w.deadline) at time zone w.zone as deadline,
       r.released_at,
       ((cast(:day as date) + 1) + w.deadline) at time zone w.zone <= :now
         and coalesce(r.released_at > ((cast(:day as date) + 1) + w.deadline) at time zone w.zone, true) as missed,
       p.p_miss
from who w
join feeds f using (client_id)
join ops.client_nights n on (n.client_id, n.business_date) = (w.client_id, cast(:day as date))
left join ops.releases r on r.release_id = n.live_release and r.evidence_digest = n.candidate
left join ops.statements s on s.kind = 'sign_off' and (s.client_id, s.last_date) = (w.client_id, cast(:day as date))
left join lateral (select p_miss from ops.forecasts o
                   where (o.client_id, o.business_date) = (w.client_id, cast(:day as date))
                   order by made_at desc limit 1) p on true
"""


@dataclass(frozen=True)
class Random:
    """A random night, its platform and its ledger's address."""

    platform: Platform
    folder: Path
    url: str
    now: datetime


@pytest.fixture(params=[(1, 0), (2, 75), (3, 150)], ids=["05:00", "06:15", "07:30"])
def night(request: pytest.FixtureRequest, database: str, tmp_path: Path) -> Iterator[Random]:
    """One that is so many minutes on, in New York: before, after and long after the deadlines there."""
    seed, minutes = request.param
    now = NOW + timedelta(minutes=minutes)
    write_registry(tmp_path / "clients", CLIENTS, seed)
    (tmp_path / "landing").mkdir()
    warehouse, people = PostgresWarehouse(database, pooled=True), roster()
    platform = Platform(
        load_registry(tmp_path / "clients"), warehouse, LocalZone(tmp_path / "landing"), lambda: now, lambda: people,
        lambda: Signer(SERVICE_EMAIL, keys[SERVICE_EMAIL]),
    )  # fmt: skip
    write_night(platform, now, seed, NIGHTS)
    yield Random(platform, tmp_path, database, now)
    warehouse._engine.dispose()


def of_ledger(night: Random) -> dict[str, dict[str, Any]]:
    """Client id to what plain SQL finds, given only what each client owes and when."""
    clients = night.platform.registry.clients.values()
    with night.platform.warehouse.begin() as connection:
        for statement in filter(str.strip, _WHO.split(";")):
            connection.execute(text(statement))
        who = [{"c": it.client_id, "z": it.time_zone, "d": it.deadline} for it in clients]
        connection.execute(text("insert into who values (:c, :z, :d)"), who)
        owes = [
            {"c": it.client_id, "f": feed, "d": policy.due, "g": policy.grace_minutes}
            for it in clients
            for feed, policy in it.feeds.items()
            if feed in it.feeds_owed(NIGHT)
        ]
        connection.execute(text("insert into owes values (:c, :f, :d, :g)"), owes)
        found = connection.execute(text(_STATES), {"day": NIGHT, "now": night.now}).mappings()
        return {row["client_id"]: dict(row) for row in found}


def of_shell(night: Random, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What `acme status --json` prints at that moment."""
    people = [person.model_dump(mode="json", exclude_none=True) for person in roster().people.values()]
    (night.folder / "people.yaml").write_text(yaml.safe_dump({"people": people}))
    parts = urlsplit(night.url)
    settings = parse_qs(parts.query)
    env = {
        "ACME_PG_HOST": settings["host"][0],
        "ACME_PG_PORT": settings.get("port", ["5432"])[0],
        "ACME_PG_DATABASE": parts.path.strip("/"),
        "ACME_CLIENTS": str(night.folder / "clients"),
        "ACME_LANDING_URL": (night.folder / "landing").as_uri(),
        "ACME_PEOPLE": str(night.folder / "people.yaml"),
    }
    for name, value in env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("ACME_ENV", raising=False)
    monkeypatch.setattr("acme_assets.environment.utc_now", lambda: night.now)
    result = CliRunner().invoke(app, ["status", "--json"])
    assert result.exit_code == 0, result.output
    return dict(json.loads(result.output))


def test_page_api_shell_and_ledger_agree(night: Random, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader(night.platform)
    reader.turn()
    env = DEMO | {"ACME_BOARD_AS": PRIYA}
    client = TestClient(board_app(night.platform, reader, access_from(env, "127.0.0.1"), env), "http://127.0.0.1:3001")
    api, page, shell = client.get("/api/v1/tonight").json(), client.get("/").text, of_shell(night, monkeypatch)
    same = api.keys() - {"stray_files"}  # whose names only the shell gives
    assert {name: shell[name] for name in same} == {name: api[name] for name in same}
    assert len(shell["stray_files"]) == len(api["stray_files"]) == 1

    ledger, counts = of_ledger(night), api["counts"]
    assert {row["client_id"] for row in api["nights"]} == ledger.keys()
    for row in api["nights"]:
        found = ledger[row["client_id"]]
        state = "going on" if row["state"] in ("running", "waiting") else row["state"]
        assert (row["client_id"], state) == (row["client_id"], found["state"])
        assert (len(row["feeds_late"]), row["missed"]) == (found["feeds_late"], found["missed"])
        assert datetime.fromisoformat(row["deadline"]) == found["deadline"]
        said = None if state == "released" else 1.0 if found["missed"] else found["p_miss"]
        assert row["p_miss"] == said
        assert (row["released_at"] and datetime.fromisoformat(row["released_at"])) == found["released_at"]

    rows = list(ledger.values())
    of_state = {
        state: sum(row["state"] == state for row in rows) for state in ("released", "held", "awaiting sign-off")
    }
    missed = sum(row["missed"] for row in rows)
    at_risk = [row for row in rows if row["state"] != "released" and not row["missed"] and (row["p_miss"] or 0) >= 0.5]
    assert counts["nights"] == len(rows) == CLIENTS
    assert (counts["released"], counts["held"]) == (of_state["released"], of_state["held"])
    assert (counts["awaiting_sign_off"], counts["missed"]) == (of_state["awaiting sign-off"], missed)
    assert counts["at_risk"] == len(at_risk)
    with night.platform.warehouse.begin() as connection:
        live = connection.execute(text("select count(*) from ops.incidents where state <> 'resolved'")).scalar_one()
    assert counts["incidents"] == live > 0

    assert on_page(page) == {**of_state, "missed": missed, "at risk": len(at_risk), "incidents": live}
    for state, count in of_state.items():
        assert page.count(f'class="is-{state.replace(" ", "-")}') == count


def on_page(page: str) -> dict[str, int]:
    """The counts at the top, by their words."""
    names = {"awaiting sign-off", "held", "released", "deadline missed", "at risk", "incidents", "incident"}
    found = {word.strip(): int(count) for count, word in re.findall(r"<b>(\d+)</b> ([a-z -]+)</a>", page)}
    words = {"deadline missed": "missed", "incident": "incidents"}
    return {words.get(word, word): count for word, count in found.items() if word in names}
