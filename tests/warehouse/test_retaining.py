"""What is past its years goes, whole nights at a time, with its record; what is kept stays; killed, it goes on."""

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, func, insert, select, text, update
from sqlalchemy.exc import DBAPIError

from acme_assets.feeds.zones import LocalZone, ZoneUnavailable
from acme_assets.warehouse import retaining
from acme_assets.warehouse.holds import lift_hold, place_hold, read_holds
from acme_assets.warehouse.landed_files import FilesGone, remove_files
from acme_assets.warehouse.ledger import client_nights, deliveries, loads
from acme_assets.warehouse.mart_tables import mart_table, published_table
from acme_assets.warehouse.raw_tables import key_sketches, quarantined_rows, raw_table
from acme_assets.warehouse.retaining import plan, remove_due, remove_night
from acme_assets.warehouse.retention_tables import retention_removals
from acme_assets.warehouse.signing import NotSigned
from tests.warehouse import waivers
from tests.world import ELIGIBILITY, INGRID, NIGHT, NOOR, OTTO, PHARMACY, World, signer_of

YEAR_LATER = datetime(2027, 3, 10, 12, tzinfo=UTC)
THREE_YEARS_LATER = datetime(2029, 3, 12, 12, tzinfo=UTC)
KEY = ("tiny_health", NIGHT)


@pytest.fixture
def released(world: World) -> World:
    """A night with a row in quarantine, a superseded delivery, staging rows, and a release; a year ago."""
    world.deliver("eligibility", ELIGIBILITY + "p3,2026-01-01\n")
    world.deliver("eligibility", ELIGIBILITY)
    world.deliver(
        "pharmacy_claim", PHARMACY + "".join(f"c{n},p1,2026-03-01,1.50\n" for n in range(3, 9)) + "x,p1,no,1\n"
    )
    world.build()
    with world.warehouse.begin() as connection:
        connection.execute(text("CREATE SCHEMA staging"))
        connection.execute(
            text("CREATE TABLE staging.stg_eligibility (client_id text, business_date date, person_id text)")
        )
        for client_id in ("tiny_health", "other_health"):
            row = {"c": client_id, "d": NIGHT}
            connection.execute(text("INSERT INTO staging.stg_eligibility VALUES (:c, :d, 'p1'), (:c, :d, 'p2')"), row)
    world.approve()
    world.release()
    world.now = YEAR_LATER
    return world


def run(world: World, *, limit: int = 100, **more: Any) -> Any:
    return remove_due(world.warehouse, world.clock, by="test", limit=limit, **more)


def files(world: World, **more: Any) -> FilesGone:
    return remove_files(world.warehouse, more.pop("zone", world.zone), world.clock, by="test", **more)


def rows(world: World, *tables: Any) -> list[int]:
    with world.warehouse.begin() as connection:
        return [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]


def landed(world: World) -> list[str]:
    return [file.path for file in world.zone.listing()]


RAW = (raw_table("eligibility"), raw_table("pharmacy_claim"), quarantined_rows(), key_sketches)
CURATED = tuple(make(mart) for make in (mart_table, published_table) for mart in ("pmpm", "member_months"))


def test_a_day_before_its_year_nothing_goes(released: World) -> None:
    released.now = YEAR_LATER - timedelta(days=1)
    tallies, kept = plan(released.warehouse, released.now)
    assert [(tally.nights, tally.rows, tally.kept) for tally in tallies.values()] == [(0, 0, {}), (0, 0, {})]
    assert kept == []
    before = rows(released, *RAW)
    assert run(released)["raw"].nights == 0
    assert remove_night(released.warehouse, KEY, "raw", released.now, by="test") is None
    assert rows(released, *RAW) == before


def test_the_plan_counts_what_a_run_then_removes_and_changes_nothing(released: World) -> None:
    before = rows(released, *RAW), released.actions(), landed(released)
    planned, _ = plan(released.warehouse, released.now)
    assert (rows(released, *RAW), released.actions(), landed(released)) == before
    done = run(released)
    assert vars(done["raw"]) == vars(planned["raw"])
    assert done["raw"].tables == {
        "raw.eligibility": 5,
        "raw.pharmacy_claim": 8,
        "raw.key_sketches": 3,
        "quarantine.rows": 1,
        "staging.stg_eligibility": 2,
    }
    assert (done["raw"].nights, done["raw"].rows, done["raw"].files, done["raw"].oldest) == (1, 19, 2, NIGHT)
    assert rows(released, *RAW) == [0, 0, 0, 0]


def test_raw_goes_after_a_year_and_what_the_client_sees_stays(released: World) -> None:
    seen, before = released.visible(), rows(released, *CURATED)
    run(released)
    assert released.visible() == seen != []
    assert rows(released, *CURATED) == before
    with released.warehouse.begin() as connection:
        others = connection.execute(text("SELECT count(*) FROM staging.stg_eligibility")).scalar_one()
        assert others == 2, "another client's rows stay"
        assert connection.execute(select(func.count()).select_from(loads)).scalar_one() == 3, "loads are for ever"


def test_curated_goes_after_three_years_and_nothing_is_seen_any_more(released: World) -> None:
    released.now = THREE_YEARS_LATER
    assert run(released)["curated"].tables == {
        **{f"marts.{mart}": 1 for mart in ("pmpm", "member_months", "pharmacy_spend")},
        **{f"published.{mart}": 1 for mart in ("pmpm", "member_months", "pharmacy_spend")},
    }
    assert released.visible() == []
    facts = released.facts()
    assert (facts.candidate, facts.live_release, len(facts.releases)) == (None, None, 1)


def test_a_person_at_a_prompt_deletes_no_row_that_clients_see_or_that_is_not_on_record(released: World) -> None:
    delete = text("DELETE FROM published.pmpm")
    record = insert(retention_removals).values(
        removal_id="x", client_id="tiny_health", business_date=NIGHT, kind="curated", rows_removed=0, tables="{}",
        files=0, bytes=0, removed_at=released.now,
    )  # fmt: skip
    unseen = update(client_nights).values(live_release=None)
    for before in ((), (record,), (unseen,)):
        with pytest.raises(DBAPIError, match="published.pmpm is append-only"), released.warehouse.begin() as connection:
            for statement in before:
                connection.execute(statement)
            connection.execute(delete)
    run(released)
    with pytest.raises(DBAPIError, match="append-only"), released.warehouse.begin() as connection:
        connection.execute(text("DELETE FROM ops.retention_removals"))


def test_a_live_release_is_kept_three_years_from_its_release(released: World) -> None:
    released.now = datetime(2029, 3, 10, 12, tzinfo=UTC)
    assert run(released)["curated"].kept == {"live release": 1}
    assert released.visible() != []


def test_what_went_is_on_the_record_in_the_transaction_that_removed_it(released: World) -> None:
    run(released)
    details = json.loads(released.entry("raw_removed"))["details"]
    assert (details["rows"]["raw.eligibility"], details["files"], details["by"]) == (5, 2, "test")
    with released.warehouse.begin() as connection:
        row = connection.execute(select(retention_removals)).mappings().one()
    assert (row["rows_removed"], row["files"], row["files_gone_at"]) == (19, 2, None)
    assert "p1" not in released.entry("raw_removed") + row["tables"]


def test_again_removes_nothing_and_records_nothing(released: World) -> None:
    run(released)
    files(released)
    before = released.actions()
    assert run(released)["raw"].nights == 0
    assert files(released) == FilesGone()
    assert plan(released.warehouse, released.now)[0]["raw"].nights == 0
    assert released.actions() == before


def test_landed_files_go_after_the_record_that_they_will(released: World) -> None:
    assert files(released).files == 0, "nothing is on record to go"
    assert len(landed(released)) == 2
    run(released)
    assert len(landed(released)) == 2
    gone = files(released)
    assert (gone.nights, gone.files, gone.left) == (1, 2, 0)
    assert landed(released) == []
    assert json.loads(released.entry("landed_files_removed"))["details"]["files"] == 2


def test_a_file_that_a_sender_has_put_in_its_place_stays_and_is_counted(released: World) -> None:
    run(released)
    other = released.put("eligibility", ELIGIBILITY.replace("p1", "p9"))
    gone = files(released)
    assert (gone.files, gone.left) == (1, 1)
    assert other.exists()


def test_the_same_content_written_again_goes(released: World) -> None:
    run(released)
    released.put("eligibility", ELIGIBILITY)
    assert (files(released).left, landed(released)) == (0, [])


def test_a_path_that_a_younger_night_names_stays(released: World) -> None:
    path = f"tiny/{NIGHT}/eligibility.csv"
    with released.warehouse.begin() as connection:
        row = {"client_id": "tiny_health", "business_date": NIGHT + timedelta(days=1), "feed": "eligibility"}
        moments = dict.fromkeys(("landed_at", "observed_at", "state_at"), YEAR_LATER)
        connection.execute(
            insert(deliveries).values(delivery_id="d9", **row, **moments, content_hash="c", bytes=1, state="loaded")
        )
        connection.execute(
            text(
                "INSERT INTO ops.delivery_files (delivery_id, path, layout, sha256, bytes) "
                "VALUES ('d9', :p, 'l', 's', 1)"
            ),
            {"p": path},
        )
    run(released)
    files(released)
    assert landed(released) == [path]


def test_a_hold_keeps_rows_and_files_until_it_is_lifted(released: World) -> None:
    held = hold(released)
    assert run(released)["raw"].kept == {"hold": 1}
    (item,) = plan(released.warehouse, released.now)[1]
    assert item.kept
    assert item.kept.said == f"hold {held.hold_id[:12]} of {NOOR}: matter 7"
    assert remove_night(released.warehouse, KEY, "raw", released.clock(), by="test") is None
    lift_hold(
        released.warehouse, signer_of(NOOR), released.roster, held.hold_id[:8], reason="closed", now=released.clock()
    )
    assert run(released)["raw"].nights == 1


def test_a_hold_that_comes_between_record_and_files_keeps_the_files(released: World) -> None:
    run(released)
    held = hold(released)
    assert (files(released).kept, len(landed(released))) == (1, 2)
    lift_hold(released.warehouse, signer_of(NOOR), released.roster, held.hold_id, reason="closed", now=released.clock())
    assert files(released).files == 2


def test_an_expired_hold_and_another_clients_keep_nothing(released: World) -> None:
    hold(released, until=released.now.date())
    hold(released, client_id="other_health")
    released.now += timedelta(days=1)
    assert run(released)["raw"].nights == 1


def test_what_work_under_way_needs_stays(released: World) -> None:
    def needed(connection: Connection) -> dict[tuple[str, date], str]:
        return {KEY: "backfill b1 is open"}

    assert run(released, needed=needed)["raw"].kept == {"backfill": 1}
    run(released)
    assert files(released, needed=needed).kept == 1


def test_a_night_whose_files_are_carried_forward_to_an_open_one_stays(released: World) -> None:
    tomorrow = released.now.date()
    waivers.ask(released, "carry_forward", "eligibility", dates=(tomorrow, tomorrow))
    assert run(released)["raw"].kept == {"backfill": 1}
    released.now += timedelta(days=40)
    assert run(released)["raw"].nights == 1


def test_a_candidate_that_nobody_decided_stays(world: World) -> None:
    world.deliver_all()
    world.build()
    world.now = YEAR_LATER
    assert run(world)["raw"].kept == {"undecided": 1}
    world.reject()
    assert run(world)["raw"].nights == 1


def test_a_night_that_is_being_worked_on_is_left_to_the_next_run(
    released: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retaining, "LOCK_WAIT_SECONDS", 1)
    with released.warehouse.begin() as other:
        released.warehouse.lock_night(other, *KEY, wait_seconds=1)
        tally = run(released)["raw"]
    assert (tally.busy, tally.nights) == (1, 0)
    assert run(released)["raw"].nights == 1


def test_the_limit_takes_the_oldest_first_and_kept_nights_take_none_of_it(released: World) -> None:
    older = [NIGHT - timedelta(days=number) for number in (3, 2, 1)]
    with released.warehouse.begin() as connection:
        for number, day in enumerate(older):
            moments = dict.fromkeys(("landed_at", "observed_at", "state_at"), released.now - timedelta(days=400))
            connection.execute(insert(client_nights).values(client_id="tiny_health", business_date=day))
            connection.execute(
                insert(deliveries).values(
                    delivery_id=f"d{number}", client_id="tiny_health", business_date=day, feed="eligibility",
                    **moments, content_hash="c", bytes=1, state="quarantined",
                )
            )  # fmt: skip
    hold(released, dates=(older[0], older[0]))
    tally = run(released, limit=2)["raw"]
    assert (tally.nights, tally.oldest, tally.kept) == (2, older[1], {"hold": 1})
    assert run(released)["raw"].nights == 1


def test_nights_beyond_one_page_are_all_found(released: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(retaining, "PAGE", 1)
    with released.warehouse.begin() as connection:
        for client_id in ("a", "z"):
            moments = dict.fromkeys(("landed_at", "observed_at", "state_at"), released.now - timedelta(days=400))
            connection.execute(
                insert(deliveries).values(
                    delivery_id=client_id, client_id=client_id, business_date=NIGHT, feed="eligibility",
                    **moments, content_hash="c", bytes=1, state="quarantined",
                )
            )  # fmt: skip
    found = [item.night[0] for item in retaining.due(released.warehouse, "raw", released.now)]
    assert found == ["a", "tiny_health", "z"]


def test_what_comes_to_a_night_afterwards_goes_with_the_next_run(released: World) -> None:
    run(released)
    released.clock()
    with released.warehouse.begin() as connection:
        connection.execute(update(deliveries).values(state_at=released.clock()))
    assert run(released)["raw"].nights == 1


class Killed(Exception):
    """The process died here."""


def dies_at(monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    def die(*_: Any, **__: Any) -> None:
        raise Killed

    monkeypatch.setattr(where, die)


@pytest.mark.parametrize(
    "where",
    [
        "acme_assets.warehouse.aged_tables.Aged.remove",
        "acme_assets.warehouse.retaining.write_entry",
        "acme_assets.warehouse.retaining._record",
    ],
)
def test_killed_before_its_commit_a_removal_leaves_the_night_whole(
    released: World, monkeypatch: pytest.MonkeyPatch, where: str
) -> None:
    before = rows(released, *RAW), released.actions()
    with monkeypatch.context() as patch, pytest.raises(Killed):
        dies_at(patch, where)
        run(released)
    assert (rows(released, *RAW), released.actions()) == before
    assert files(released).files == 0
    assert run(released)["raw"].rows == 19


@pytest.mark.parametrize("after", [0, 1, 2])
def test_killed_between_files_the_next_call_removes_the_rest_and_records_it_once(released: World, after: int) -> None:
    run(released)

    class Dying(LocalZone):
        removed = 0

        def remove(self, file: Any) -> bool:
            if self.removed == after:
                raise Killed
            self.removed += 1
            return super().remove(file)

    if after < 2:
        with pytest.raises(Killed):
            files(released, zone=Dying(released.landing))
        assert len(landed(released)) == 2 - after
    files(released)
    files(released)
    assert landed(released) == []
    assert released.actions().count("landed_files_removed") == 1


def test_where_the_landing_zone_is_away_the_files_wait(released: World) -> None:
    run(released)
    away = released.landing.rename(released.landing.with_name("away"))
    with pytest.raises(ZoneUnavailable):
        files(released)
    away.rename(released.landing)
    assert files(released).files == 2


def test_a_night_without_raw_is_not_built_and_says_why(released: World) -> None:
    run(released)
    with pytest.raises(Exception, match="RAW has 0 rows of eligibility"):
        released.build()


def hold(world: World, **changes: Any) -> Any:
    given = {"client_id": "tiny_health", "dates": (date.min, date.max), "reason": "matter 7", "until": None, **changes}
    return place_hold(world.warehouse, signer_of(NOOR), world.roster, **given, now=world.clock())


class TestHolds:
    def test_they_are_found_as_they_were_placed_and_lifted(self, world: World) -> None:
        placed = hold(world, until=date(2030, 1, 1))
        with world.warehouse.begin() as connection:
            assert read_holds(connection) == [placed]
        lifted = lift_hold(
            world.warehouse, signer_of(NOOR), world.roster, placed.hold_id[:8], reason="closed", now=world.clock()
        )
        with world.warehouse.begin() as connection:
            assert read_holds(connection) == [lifted]
        assert (lifted.lifted_by, lifted.lifted_for, lifted.is_live(world.now)) == (NOOR, "closed", False)

    @pytest.mark.parametrize(
        ("changes", "said"),
        [
            ({"reason": " "}, "a hold needs a reason"),
            ({"until": date(2026, 1, 1)}, "is past"),
            ({"dates": (NIGHT, NIGHT - timedelta(days=1))}, "before it begins"),
        ],
    )
    def test_a_hold_that_says_too_little_is_refused(self, world: World, changes: dict[str, Any], said: str) -> None:
        with pytest.raises(NotSigned, match=said):
            hold(world, **changes)
        assert world.actions() == []

    def test_strangers_place_none_and_not_everybody_lifts_one(self, world: World) -> None:
        placed = hold(world)
        for email, said in (("nobody@acme.example", "is nobody in people.yaml"), (OTTO, "lifting a hold is for")):
            signer = signer_of(INGRID) if email.startswith("nobody") else signer_of(email)
            known = type(signer)(email, signer.key)
            with pytest.raises(NotSigned, match=said):
                lift_hold(world.warehouse, known, world.roster, placed.hold_id, reason="x", now=world.clock())

    @pytest.mark.parametrize("named", ["", "0123", "f" * 64])
    def test_a_hold_that_is_not_there_is_not_lifted(self, world: World, named: str) -> None:
        hold(world)
        with pytest.raises(NotSigned, match="there is no hold"):
            lift_hold(world.warehouse, signer_of(NOOR), world.roster, named, reason="x", now=world.clock())

    def test_one_is_lifted_once(self, world: World) -> None:
        placed = hold(world)
        lift: Callable[[], Any] = lambda: lift_hold(  # noqa: E731
            world.warehouse, signer_of(NOOR), world.roster, placed.hold_id, reason="closed", now=world.clock()
        )
        lift()
        with pytest.raises(NotSigned, match="was lifted by"):
            lift()

    def test_one_whose_entry_cannot_be_read_holds_everything(self, world: World) -> None:
        with world.warehouse.begin() as connection:
            connection.execute(
                text(
                    "INSERT INTO ops.audit_entries (entry_id, recorded_at, actor, action, client_id, entry) "
                    "VALUES ('h', now(), 'x', 'hold_placed', 'other', '{}')"
                )
            )
            (found,) = read_holds(connection)
        assert found.is_about(KEY)
        assert found.is_live(world.now)
