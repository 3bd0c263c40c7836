"""Pulls from a real OpenSSH server: each version of a file once and whole, whatever the line and the names do."""

import json
import os
from pathlib import Path

import asyncssh
import pytest

from acme_assets.feeds.zones import LandingZone, LocalZone, ZoneUnavailable
from acme_assets.landing.outcome import PullFailed, PullOutcome, PullRefused
from acme_assets.landing.pulling import pull, strays_of
from tests.landing.made_up import Waits, order, pulling_client
from tests.landing.sshd import Sshd

ELIGIBILITY, PHARMACY = "2026-03-10/eligibility.csv", "2026-03-10/pharmacy_claim.csv"
BIG = os.urandom(6_000_000)


def run(server: Sshd, zone: LandingZone, waits: Waits, dry_run: bool = False, **changes) -> PullOutcome:
    return pull(order(pulling_client(server.pull(**changes)), dry_run=dry_run), waits.hands(zone))


def contents(zone: LandingZone, folder: Path) -> dict[str, bytes]:
    return {file.path: zone.fetch(file.path, folder).read_bytes() for file in zone.listing()}


def test_files_land_at_the_same_paths_below_the_clients_folder(
    server: Sshd, zone: LandingZone, waits: Waits, tmp_path: Path
) -> None:
    server.put(ELIGIBILITY, b"one")
    server.put("deep/er/b.csv", BIG)
    server.put("empty.csv", b"")
    outcome = run(server, zone, waits)
    assert contents(zone, tmp_path) == {
        f"tiny/{ELIGIBILITY}": b"one",
        "tiny/deep/er/b.csv": BIG,
        "tiny/empty.csv": b"",
    }
    assert {(item.path, item.size) for item in outcome.landed} == {
        (f"tiny/{ELIGIBILITY}", 3),
        ("tiny/deep/er/b.csv", len(BIG)),
        ("tiny/empty.csv", 0),
    }


def test_nothing_is_fetched_twice_and_a_new_version_is(
    server: Sshd, local_zone: LocalZone, waits: Waits, tmp_path: Path
) -> None:
    server.put(ELIGIBILITY, BIG)
    server.put(PHARMACY, b"two")
    assert len(run(server, local_zone, waits).landed) == 2
    server.served.clear()
    again = run(server, local_zone, waits)
    assert (again.landed, again.known) == ((), 2)
    assert sum(server.served) < 100_000  # a listing, and no file
    server.put(PHARMACY, b"2.0")
    os.utime(server.outbox / PHARMACY, (1, 1_900_000_000))
    third = run(server, local_zone, waits)
    assert ([item.path for item in third.landed], third.known) == ([f"tiny/{PHARMACY}"], 1)
    assert contents(local_zone, tmp_path)[f"tiny/{PHARMACY}"] == b"2.0"


def test_a_file_that_is_loaded_and_gone_from_the_zone_is_not_fetched_again(
    server: Sshd, local_zone: LocalZone, waits: Waits, tmp_path: Path
) -> None:
    server.put(ELIGIBILITY)
    run(server, local_zone, waits)
    (tmp_path / "landing/tiny" / ELIGIBILITY).unlink()
    assert run(server, local_zone, waits).landed == ()


def test_what_the_server_no_longer_has_is_forgotten(server: Sshd, local_zone: LocalZone, waits: Waits) -> None:
    server.put(ELIGIBILITY).unlink()
    server.put(PHARMACY)
    run(server, local_zone, waits)
    (server.outbox / PHARMACY).unlink()
    server.put(ELIGIBILITY)
    run(server, local_zone, waits)
    noted = local_zone.note("pulls/tiny_health/source/pulled.json")
    assert noted is not None
    assert list(json.loads(noted)) == [ELIGIBILITY]


def test_a_cut_line_is_taken_up_again_where_the_file_stopped(
    server: Sshd, local_zone: LocalZone, waits: Waits, tmp_path: Path
) -> None:
    server.put(ELIGIBILITY, BIG)
    server.cuts += [4_800_000, 100_000]
    outcome = run(server, local_zone, waits)
    assert len(outcome.landed) == 1
    assert contents(local_zone, tmp_path) == {f"tiny/{ELIGIBILITY}": BIG}
    assert len(server.served) == 3
    assert sum(server.served) < 1.6 * len(BIG)  # the first four megabytes came once


def test_a_line_that_is_always_cut_fails_and_shows_nothing(server: Sshd, local_zone: LocalZone, waits: Waits) -> None:
    server.put(ELIGIBILITY, BIG)
    server.cuts += [200_000] * 4
    with pytest.raises(
        PullFailed, match=r"127\.0\.0\.1 does not answer or cuts the line \(\w+\), 4 times; ask the client"
    ):
        run(server, local_zone, waits)
    assert list(local_zone.listing()) == []
    assert len(run(server, local_zone, waits).landed) == 1


def test_what_landed_before_the_line_went_is_kept(server: Sshd, local_zone: LocalZone, waits: Waits) -> None:
    server.put("a.csv", b"first", modified=1_800_000_000)
    server.put("b.csv", BIG, modified=1_800_000_001)
    server.cuts += [200_000] * 4
    with pytest.raises(PullFailed):
        run(server, local_zone, waits)
    assert [file.path for file in local_zone.listing()] == ["tiny/a.csv"]
    after = run(server, local_zone, waits)
    assert ([item.path for item in after.landed], after.known) == (["tiny/b.csv"], 1)


def test_a_file_that_grows_between_two_looks_waits(
    server: Sshd, local_zone: LocalZone, waits: Waits, monkeypatch: pytest.MonkeyPatch
) -> None:
    growing = server.put(ELIGIBILITY, b"half")
    server.put(PHARMACY, b"whole")
    waited = []

    async def sleep(seconds: float) -> None:
        waited.append(seconds)
        growing.write_bytes(b"half and more")

    monkeypatch.setattr("acme_assets.landing.sftp.asyncio.sleep", sleep)
    outcome = run(server, local_zone, waits, settle_seconds=20)
    assert 20 in waited
    assert [item.path for item in outcome.landed] == [f"tiny/{PHARMACY}"]
    assert outcome.waiting == 1
    assert [item.path for item in run(server, local_zone, waits).landed] == [f"tiny/{ELIGIBILITY}"]


def test_a_dry_run_lands_nothing(server: Sshd, local_zone: LocalZone, waits: Waits) -> None:
    server.put(ELIGIBILITY, b"four")
    outcome = run(server, local_zone, waits, dry_run=True)
    assert [(item.path, item.size) for item in outcome.landed] == [(f"tiny/{ELIGIBILITY}", 4)]
    assert list(local_zone.listing()) == []
    assert len(run(server, local_zone, waits).landed) == 1


def test_links_pipes_and_hostile_names_are_refused_and_the_rest_comes(
    server: Sshd, local_zone: LocalZone, waits: Waits, tmp_path: Path
) -> None:
    secret = tmp_path / "secret"
    secret.write_text("not yours")
    server.put(ELIGIBILITY)
    server.put("line\nbreak.csv")
    server.put(os.fsdecode(b"caf\xe9.csv"))
    (server.outbox / "link.csv").symlink_to(secret)
    (server.outbox / "folder").symlink_to(tmp_path)
    os.mkfifo(server.outbox / "pipe.csv")
    outcome = run(server, local_zone, waits)
    assert [file.path for file in local_zone.listing()] == [f"tiny/{ELIGIBILITY}"]
    reasons = {item.path: item.reason for item in outcome.refused}
    assert {path: reason.split(";")[0] for path, reason in reasons.items()} == {
        "tiny/line\\nbreak.csv": "its name has line breaks, control or invisible characters",
        "tiny/caf\\udce9.csv": "its name is not UTF-8",
        "tiny/link.csv": "is a symbolic link",
        "tiny/folder": "is a symbolic link",
        "tiny/pipe.csv": "is neither file nor folder",
    }
    strays = strays_of(order(pulling_client(server.pull())), outcome)
    assert {stray.owner_group for stray in strays} == {"client"}
    assert all(stray.reason.startswith("not pulled: ") for stray in strays)


def test_folders_below_each_other_without_end_stop_nobody(server: Sshd, local_zone: LocalZone, waits: Waits) -> None:
    server.put("/".join(["d"] * 40) + "/x.csv")
    server.put(ELIGIBILITY)
    outcome = run(server, local_zone, waits)
    assert [item.path for item in outcome.landed] == [f"tiny/{ELIGIBILITY}"]
    assert [item.reason for item in outcome.refused] == ["is neither file nor folder; ask the client what it is"]


def test_a_folder_that_cannot_be_listed_fails_the_pull(server: Sshd, local_zone: LocalZone, waits: Waits) -> None:
    """And is not taken for an empty one."""
    server.put("closed/a.csv").parent.chmod(0)
    server.put(ELIGIBILITY)
    with pytest.raises(ZoneUnavailable, match="does not let us list a folder below"):
        run(server, local_zone, waits)
    (server.outbox / "closed").chmod(0o755)
    assert len(run(server, local_zone, waits).landed) == 2


def test_a_file_that_cannot_be_read_is_said_and_stops_no_other(
    server: Sshd, local_zone: LocalZone, waits: Waits
) -> None:
    server.put(ELIGIBILITY).chmod(0)
    server.put(PHARMACY)
    outcome = run(server, local_zone, waits)
    assert [item.path for item in outcome.landed] == [f"tiny/{PHARMACY}"]
    assert [(it.path, it.reason) for it in outcome.refused] == [
        (f"tiny/{ELIGIBILITY}", "cannot be read on the client's server; have its permissions mended")
    ]


def test_a_folder_that_is_not_there_is_no_empty_one(server: Sshd, local_zone: LocalZone, waits: Waits) -> None:
    with pytest.raises(PullRefused, match="has no folder /no/such; correct the pull's `folder`"):
        run(server, local_zone, waits, folder="/no/such")


def test_a_server_with_another_host_key_is_not_spoken_to(server: Sshd, local_zone: LocalZone, waits: Waits) -> None:
    server.put(ELIGIBILITY)
    other = asyncssh.generate_private_key("ssh-ed25519").export_public_key().decode().strip()
    with pytest.raises(PullRefused, match="shows a host key that is not in the pull's `host_keys`") as caught:
        run(server, local_zone, waits, host_keys=[other])
    assert caught.value.owner_group == "engineering"
    assert list(local_zone.listing()) == []
    assert len(run(server, local_zone, waits, host_keys=[other, server.host_key]).landed) == 1


def test_a_key_that_the_server_does_not_know_is_refused(server: Sshd, local_zone: LocalZone, waits: Waits) -> None:
    waits.secrets["TINY_KEY"] = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()
    with pytest.raises(PullRefused, match=f"does not take our key for {server.user}; ask the client") as caught:
        run(server, local_zone, waits)
    assert caught.value.owner_group == "client"


def test_a_key_with_a_passphrase_needs_it(server: Sshd, local_zone: LocalZone, waits: Waits) -> None:
    key = asyncssh.import_private_key(server.private_key)
    waits.secrets["TINY_KEY"] = key.export_private_key(passphrase="open sesame").decode()
    waits.secrets["TINY_SECRET"] = "open sesame"
    server.put(ELIGIBILITY)
    with pytest.raises(PullRefused, match="TINY_KEY is no private key, its passphrase is wrong") as caught:
        run(server, local_zone, waits)
    assert "sesame" not in str(caught.value)
    assert len(run(server, local_zone, waits, passphrase="TINY_SECRET").landed) == 1


def test_a_server_that_is_away_is_asked_again_later(server: Sshd, local_zone: LocalZone, waits: Waits) -> None:
    with pytest.raises(PullFailed, match="does not answer or cuts the line"):
        run(server, local_zone, waits, port=1)


def test_a_pull_over_its_time_ends(
    server: Sshd, local_zone: LocalZone, waits: Waits, monkeypatch: pytest.MonkeyPatch
) -> None:
    server.put(ELIGIBILITY)
    monkeypatch.setattr("acme_assets.landing.sftp.SECONDS", 0.005)
    with pytest.raises(PullFailed, match="is over its 60 minutes; the next goes on where it is"):
        run(server, local_zone, waits, settle_seconds=30)
