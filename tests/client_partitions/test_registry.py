"""A client's file: what is taken, and that each mistake costs its own client alone and names file, field and remedy."""

import os
from collections.abc import Callable
from datetime import UTC, date, time
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

from client_partitions.registry import CLIENTS_FOLDER, Registry, RegistryError, load_client, load_registry
from tests.world import client_data, make_client

SATURDAY = date(2026, 3, 14)


def write(folder: Path, client_id: str = "tiny_health", **changes: Any) -> Path:
    """A valid client file, but for the changes."""
    path = folder / f"{client_id}.yaml"
    data = client_data(**{"client_id": client_id, "landing": client_id, **changes})
    path.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
    return path


def text_of(client_id: str = "tiny_health", **changes: Any) -> str:
    """The text of a valid client file."""
    data = client_data(**{"client_id": client_id, "landing": client_id, **changes})
    return yaml.safe_dump(data, sort_keys=False)


def load(folder: Path, problem: str) -> Registry:
    """The registry of a folder whose tiny_health.yaml is broken, next to a good neighbour."""
    write(folder, "neighbour")
    registry = load_registry(folder)
    assert list(registry.clients) == ["neighbour"]
    assert list(registry.problems) == ["tiny_health"]
    assert all(line.startswith("tiny_health.yaml:") for line in registry.problems["tiny_health"].splitlines())
    with pytest.raises(RegistryError, match=problem):
        registry.client("tiny_health")
    return registry


# --- a good file


@pytest.mark.parametrize("name", ["demo", "real"])
def test_every_client_file_that_we_ship_is_valid(name: str) -> None:
    registry = load_registry(CLIENTS_FOLDER / name)
    assert registry.problems == {}
    assert len(registry.clients) == len(list((CLIENTS_FOLDER / name).glob("*.yaml")))
    assert registry.broken_landings == frozenset()


def test_a_file_says_who_owes_what_when_and_who_answers(tmp_path: Path) -> None:
    client = load_client(write(tmp_path))
    assert (client.client_id, str(client.zone), client.deadline) == ("tiny_health", "America/New_York", time(6))
    assert client.feeds["eligibility"].due == time(2)
    assert client.owners.of("client").name == "Cora Client"
    assert client.owners.of("engineering").name == "Enzo Engineer"
    assert client.owners.of("qa").name == "Ingrid"


def test_clients_come_in_order_of_id(tmp_path: Path) -> None:
    for name in ("zeta", "alpha", "mid"):
        write(tmp_path, name)
    assert list(load_registry(tmp_path).clients) == ["alpha", "mid", "zeta"]


def test_a_feed_is_owed_on_its_days_and_only_if_required(tmp_path: Path) -> None:
    data = client_data(landing="tiny_health")
    data["feeds"]["pharmacy_claim"]["days"] = ["mon", "tue", "wed", "thu", "fri"]
    client = load_client(write(tmp_path, feeds=data["feeds"]))
    friday = SATURDAY.replace(day=13)
    assert client.feeds_owed(friday) == ("eligibility", "pharmacy_claim")
    assert client.feeds_owed(SATURDAY) == ("eligibility",)


def test_a_byte_order_mark_is_read_over(tmp_path: Path) -> None:
    path = tmp_path / "tiny_health.yaml"
    path.write_text("\ufeff" + text_of(), encoding="utf-8")
    assert load_client(path).client_id == "tiny_health"


# --- files that are no client file at all


NO_FILE_OF_OURS = {
    "no YAML": (b"client_id: [tiny", r"line \d+ is not YAML; check indentation and quotes there"),
    "a tab for indentation": (b"owners:\n\tclient: x\n", "line 2 is not YAML"),
    "a control character": (b"client_id: tiny\x00health\n", "is not YAML"),
    "two documents": (b"client_id: a\n---\nclient_id: b\n", "line 2 is not YAML"),
    "a tag that would make an object": (b"client_id: !!python/object/apply:os.getcwd []\n", "line 1 is not YAML"),
    "a list for a key": (b"? [a, b]\n: c\n", "is not YAML"),
    "Latin-1": ("client_id: tiny_health\nname: Sant\u00e9\n".encode("latin-1"), "is not UTF-8 text; save it as UTF-8"),
    "empty": (b"", "is empty or no mapping; start from an existing client's file"),
    "only a comment": (b"# to be written\n", "is empty or no mapping"),
    "a list": (b"- client_id: tiny_health\n", "is empty or no mapping"),
    "a word": (b"tiny_health\n", "is empty or no mapping"),
    "a date that there is not": (b"client_id: tiny_health\nname: 2026-13-45\n", "write dates in quotes"),
    "half a number": (b"client_id: tiny_health\nname: 0x_\n", "YAML makes no value of it"),
    "nested without end": (b"a: " + b"[" * 5_000 + b"]" * 5_000, "YAML"),
}


@pytest.mark.parametrize("kind", NO_FILE_OF_OURS)
def test_a_file_that_is_no_client_file_leaves_the_others_usable(tmp_path: Path, kind: str) -> None:
    content, problem = NO_FILE_OF_OURS[kind]
    (tmp_path / "tiny_health.yaml").write_bytes(content)
    load(tmp_path, problem)


def test_a_file_that_cannot_be_opened_leaves_the_others_usable(tmp_path: Path) -> None:
    (tmp_path / "tiny_health.yaml").symlink_to(tmp_path / "gone")
    registry = load(tmp_path, r"cannot be read \(No such file or directory\); check its permissions")
    assert registry.broken_landings == {"tiny_health"}


def test_a_folder_named_like_a_client_file_leaves_the_others_usable(tmp_path: Path) -> None:
    (tmp_path / "tiny_health.yaml").mkdir()
    load(tmp_path, r"cannot be read \(Is a directory\)")


@pytest.mark.skipif(os.geteuid() == 0, reason="permissions do not bind root")
def test_a_file_without_read_permission_leaves_the_others_usable(tmp_path: Path) -> None:
    write(tmp_path).chmod(0)
    load(tmp_path, r"cannot be read \(Permission denied\); check its permissions")


def test_a_folder_without_client_files_is_no_registry(tmp_path: Path) -> None:
    (tmp_path / "README.md").touch()
    for folder in (tmp_path, tmp_path / "missing"):
        with pytest.raises(RegistryError, match=f"{folder} has no client files .*; set ACME_CLIENTS"):
            load_registry(folder)


# --- keys given twice


REPEATED = {
    "at the top": ("name: Other Health\n", "name: is given twice, in lines 2 and "),
    "below": ("ignored_files: {a.txt: one, b.txt: two, a.txt: three}\n", "a.txt: is given twice"),
    "in a list": ("x: [{a: 1}, {b: 1, b: 2}]\n", "b: is given twice"),
    "behind an anchor": ("x: &y {c: 1, c: 2}\nz: *y\n", "c: is given twice"),
    "quoted once": ('"landing": other\n', "landing: is given twice"),
}


@pytest.mark.parametrize("where", REPEATED)
def test_a_key_given_twice_is_refused_whichever_would_have_won(tmp_path: Path, where: str) -> None:
    addition, problem = REPEATED[where]
    (tmp_path / "tiny_health.yaml").write_text(text_of() + addition)
    load(tmp_path, f"^tiny_health.yaml: {problem}.*keep one$")


def test_a_key_may_override_what_is_merged_in(tmp_path: Path) -> None:
    path = tmp_path / "tiny_health.yaml"
    text = text_of().replace("  eligibility:\n    files:", "  eligibility: &first\n    files:", 1)
    before, rest = text.split("  pharmacy_claim:\n", 1)
    path.write_text(f"{before}  practitioner:\n    <<: *first\n    due: '04:00'\n  pharmacy_claim:\n{rest}")
    client = load_client(path)
    assert client.feeds["practitioner"].due == time(4)
    assert client.feeds["practitioner"].files == client.feeds["eligibility"].files


# --- wrong fields


def _without(*path: str) -> Callable[[dict[str, Any]], None]:
    def change(data: dict[str, Any]) -> None:
        *above, last = path
        for part in above:
            data = data[part]
        del data[last]

    return change


def _with(value: Any, *path: str | int) -> Callable[[dict[str, Any]], None]:
    def change(data: Any) -> None:
        *above, last = path
        for part in above:
            data = data[part]
        data[last] = value

    return change


def _endless() -> list[Any]:
    endless: list[Any] = []
    endless.append(endless)
    return endless


FIRST_FILE = ("feeds", "eligibility", "files", 0)

WRONG_FIELDS: dict[str, tuple[Callable[[dict[str, Any]], None], str]] = {
    "unknown field": (_with("red", "colour"), "colour: is no field that is known here; correct its name or remove it"),
    "unknown field below": (
        _with(5, "feeds", "eligibility", "grace"),
        "feeds.eligibility.grace: is no field that is known here",
    ),
    "missing field": (_without("owners", "client_success"), "owners.client_success: is missing; add it"),
    "unknown feed": (
        lambda data: data["feeds"].update(dental=data["feeds"]["eligibility"]),
        "feeds.dental.*: Input should be 'medical_claim', .*'eligibility'",
    ),
    "no feed": (_with({}, "feeds"), "feeds: .*at least 1"),
    "no file of a feed": (_with([], "feeds", "eligibility", "files"), "feeds.eligibility.files: .*at least 1"),
    "no such layout": (
        _with("elig", *FIRST_FILE, "layout"),
        "^tiny_health.yaml: feeds.eligibility.files.0.layout: there is no layout 'elig'; "
        "add it under layouts or use one of eligibility, lab_result, pharmacy_claim$",
    ),
    "unknown weekday": (
        _with(["monday"], "feeds", "eligibility", "days"),
        "feeds.eligibility.days.0: Input should be 'mon'",
    ),
    "negative grace": (_with(-1, "feeds", "eligibility", "grace_minutes"), "grace_minutes: .*greater than or equal"),
    "a limit in percent": (
        _with(20, "feeds", "eligibility", "quarantine_limit"),
        "feeds.eligibility.quarantine_limit: .*less than or equal to 1",
    ),
    "nobody to sign off": (_with([], "owners", "qa"), "owners.qa: .*at least 1"),
    "three signatures": (_with({"required_signatures": 3}, "qa"), "qa.required_signatures: .*less than or equal to 2"),
    "marts without auto-approval": (_with({"marts": ["pmpm"]}, "qa"), "qa: .*without auto_approve every mart needs"),
    "a list in itself": (
        lambda data: data.update(x=_endless()),
        "^tiny_health.yaml: x: is no field that is known here",
    ),
    "a number for a name": (_with(12, "name"), "name: Input should be a valid string"),
    "a number for a key": (_with({1: "old"}, "ignored_files"), "ignored_files.*valid string"),
}


@pytest.mark.parametrize("mistake", WRONG_FIELDS)
def test_a_wrong_field_is_named_with_its_remedy(tmp_path: Path, mistake: str) -> None:
    change, problem = WRONG_FIELDS[mistake]
    data = yaml.safe_load(text_of())
    change(data)
    (tmp_path / "tiny_health.yaml").write_text(yaml.safe_dump(data, sort_keys=False))
    load(tmp_path, problem)


def test_each_problem_of_a_file_has_its_line(tmp_path: Path) -> None:
    write(tmp_path, colour="red", time_zone="Mars/Olympus", landing="a/b")
    lines = load(tmp_path, "Mars").problems["tiny_health"].splitlines()
    assert [line.split(": ")[1] for line in lines] == ["time_zone", "landing", "colour"]


@pytest.mark.parametrize("zone", ["Mars/Olympus", "Eastern", "", "America", "../../etc/passwd", "/etc/localtime"])
def test_a_time_zone_that_iana_does_not_know_is_refused(tmp_path: Path, zone: str) -> None:
    write(tmp_path, time_zone=zone)
    load(tmp_path, f"time_zone: '{zone}' is no IANA time zone; write one such as America/Chicago")


@pytest.mark.parametrize(
    "value",
    [150, 630, 9000.5, True, None, "6:00", "150", "24:00", "10:30Z", "02:30+05:00", "0230", "", "\u0660\u0662:30"],
)
@pytest.mark.parametrize("field", [("deadline",), ("feeds", "eligibility", "due")])
def test_only_a_time_of_day_in_quotes_is_taken_for_one(tmp_path: Path, field: tuple[str, ...], value: Any) -> None:
    data = yaml.safe_load(text_of())
    _with(value, *field)(data)
    (tmp_path / "tiny_health.yaml").write_text(yaml.safe_dump(data))
    load(tmp_path, rf"{'.'.join(field)}: ")


def test_an_unquoted_time_that_yaml_reads_as_a_number_is_refused_with_the_reason(tmp_path: Path) -> None:
    text = text_of().replace("due: 02:00", "due: 10:30", 1)
    assert "due: 10:30\n" in text
    (tmp_path / "tiny_health.yaml").write_text(text)
    load(
        tmp_path,
        r"feeds.eligibility.due: 630 is no time of day \(YAML reads an unquoted 10:30 as the number 630\); "
        r'write it in quotes as "HH:MM"',
    )


def test_a_time_of_day_with_a_zone_of_its_own_is_refused() -> None:
    with pytest.raises(ValidationError, match="is no time of day"):
        make_client(deadline=time(6, tzinfo=UTC))


def test_an_unquoted_time_that_yaml_reads_as_text_is_that_time(tmp_path: Path) -> None:
    path = tmp_path / "tiny_health.yaml"
    path.write_text(text_of().replace("due: 02:00", "due: 02:30", 1))
    assert load_client(path).feeds["eligibility"].due == time(2, 30)


@pytest.mark.parametrize(
    ("pattern", "problem"),
    [
        ("claims.csv", "must hold {date} once"),
        ("{date}/claims_{date}.csv", "must hold {date} once"),
        ("{date}/claims_{dates}.csv", "must hold {date} once"),
        ("{dates}.csv", "must hold {date} once"),
        ("{date:}.csv", "must hold {date} once"),
        ("{date:%Y%m%d", "must hold {date} once"),
        ("{date:%Y%m}.csv", "{date:%Y%m} does not tell a whole date; make it of %Y, %m,"),
        ("{date:%m%d}.csv", "does not tell a whole date"),
        ("{date:%H%M}.csv", "does not tell a whole date"),
        ("{date:%d %B %Y}.csv", "does not tell a whole date"),
        ("{date:yesterday}.csv", "does not tell a whole date"),
        ("{date:%Y%m%d%}.csv", "does not tell a whole date"),
        ("../other/{date}.csv", "must be a path below the client's landing folder"),
        ("a/../../other/{date}.csv", "must be a path below"),
        ("/landing/{date}.csv", "must be a path below"),
        ("./{date}.csv", "must be a path below"),
        ("a//{date}.csv", "must be a path below"),
        ("{date}/", "must be a path below"),
    ],
)
def test_a_pattern_that_could_never_match_or_leaves_the_folder_is_refused(
    tmp_path: Path, pattern: str, problem: str
) -> None:
    data = yaml.safe_load(text_of())
    _with(pattern, *FIRST_FILE, "pattern")(data)
    (tmp_path / "tiny_health.yaml").write_text(yaml.safe_dump(data))
    load(tmp_path, f"feeds.eligibility.files.0.pattern: .*{problem}")


@pytest.mark.parametrize(
    "pattern",
    [
        "{date}.csv",
        "x/{date:%Y%m%d}_*.txt",
        "{date:%Y/%m/%d}/a.csv",
        "{date:%d%b%y}.gz",
        "{id}-{date:%Y-%j}.csv",
        "..{date}",
    ],
)
def test_a_pattern_may_write_its_date_in_many_ways(tmp_path: Path, pattern: str) -> None:
    data = yaml.safe_load(text_of())
    _with(pattern, *FIRST_FILE, "pattern")(data)
    path = tmp_path / "tiny_health.yaml"
    path.write_text(yaml.safe_dump(data))
    assert load_client(path).feeds["eligibility"].files[0].pattern == pattern


@pytest.mark.parametrize("landing", ["", ".", "..", "a/b", "tiny/", "/tiny", "../other", " tiny"])
def test_a_landing_that_is_not_one_folder_of_the_zone_is_refused(tmp_path: Path, landing: str) -> None:
    write(tmp_path, landing=landing)
    load(tmp_path, f"landing: '{landing}' must be the name of one folder of the landing zone, without a slash")


@pytest.mark.parametrize("email", ["ingrid", "ingrid@", "@acme.example", "ingrid @acme.example", "a@b@c", "", "i@x\n"])
def test_what_is_no_e_mail_address_is_refused(tmp_path: Path, email: str) -> None:
    owners = client_data()["owners"]
    owners["qa"][1]["email"] = email
    write(tmp_path, owners=owners)
    load(tmp_path, "owners.qa.1.email: .* is no e-mail address; write one such as ada@acme.example")


@pytest.mark.parametrize("client_id", ["Tiny", "1tiny", "t", "tiny-health", "tiny|health", "tiny health", "t" * 42])
def test_a_client_id_that_would_not_fit_a_partition_key_is_refused(tmp_path: Path, client_id: str) -> None:
    (tmp_path / "tiny_health.yaml").write_text(text_of(client_id))
    load(tmp_path, "client_id: String should match pattern")


def test_a_file_must_be_named_for_its_client(tmp_path: Path) -> None:
    (tmp_path / "tiny_health.yaml").write_text(text_of("small_health"))
    load(tmp_path, "client_id: is 'small_health'; the file must be named small_health.yaml")


# --- the registry as a whole


def test_an_unknown_client_is_told_from_a_broken_one(tmp_path: Path) -> None:
    write(tmp_path, "alpha")
    write(tmp_path, "beta", colour="red")
    registry = load_registry(tmp_path)
    assert registry.client("alpha").client_id == "alpha"
    with pytest.raises(RegistryError, match=r"^beta\.yaml: colour"):
        registry.client("beta")
    with pytest.raises(RegistryError, match="there is no client 'gamma'; the registry has: alpha"):
        registry.client("gamma")
    assert registry.client_ids == ("alpha", "beta")


def test_two_clients_with_one_landing_folder_both_lose_their_place(tmp_path: Path) -> None:
    for name in ("alpha", "beta"):
        write(tmp_path, name, landing="shared")
    write(tmp_path, "gamma")
    registry = load_registry(tmp_path)
    assert list(registry.clients) == ["gamma"]
    assert registry.problems == {
        "alpha": "alpha.yaml: landing: 'shared' is that of beta.yaml too; give each client its own",
        "beta": "beta.yaml: landing: 'shared' is that of alpha.yaml too; give each client its own",
    }
    assert registry.broken_landings == {"shared"}


def test_a_landing_folder_that_a_broken_file_names_too_is_nobodys(tmp_path: Path) -> None:
    write(tmp_path, "alpha", landing="shared")
    write(tmp_path, "beta", landing="shared", colour="red")
    registry = load_registry(tmp_path)
    assert registry.clients == {}
    assert "shared" in registry.problems["alpha"]
    assert registry.problems["beta"].startswith("beta.yaml: colour")
    assert registry.broken_landings == {"shared"}


@pytest.mark.parametrize(
    ("line", "landing"),
    [
        ("landing: drop", "drop"),
        ('landing: "drop"  # theirs', "drop"),
        ("landing: 'drop zone'", "drop zone"),
        ("landing: drop zone # theirs", "drop zone"),
        ("landing: [", "tiny_health"),
        ("landing: 7", "tiny_health"),
        ("# landing: drop", "tiny_health"),
    ],
)
def test_the_landing_folder_of_a_broken_file_is_read_as_far_as_it_can_be(
    tmp_path: Path, line: str, landing: str
) -> None:
    (tmp_path / "tiny_health.yaml").write_text(f"client_id: tiny_health\n{line}\nowners: [\n")
    assert load(tmp_path, "not YAML").broken_landings == {landing}


def test_a_guess_at_a_broken_files_landing_folder_takes_no_other_clients(tmp_path: Path) -> None:
    (tmp_path / "tiny_health.yaml").write_text("[")
    write(tmp_path, "other", landing="tiny_health")
    registry = load_registry(tmp_path)
    assert list(registry.clients) == ["other"]
    assert registry.broken_landings == frozenset()
