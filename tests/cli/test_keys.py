"""`acme keys` as a person runs it."""

import json
import stat
from pathlib import Path

import pytest
import yaml
from typer.testing import CliRunner

from acme_assets.audit.signing import SigningKey
from acme_assets.cli.main import app
from acme_assets.keystore import key_file, load_key
from client_partitions.people import PEOPLE_FILE, load_roster
from tests.world import DELE, INGRID, KEYS, client_data

RUN = CliRunner()
NEW = "nina@acme.example"


def acme(*arguments: str, code: int = 0, says: str | None = None) -> str:
    result = RUN.invoke(app, ["keys", *arguments], input=says)
    assert result.exit_code == code, result.output
    return result.output


@pytest.fixture(autouse=True)
def folder(people: Path) -> Path:
    """The keys' folder."""
    return people.parent / "keys"


def employ(people: Path, **changes: object) -> None:
    """Nina joins: in people.yaml, without a key."""
    data = yaml.safe_load(people.read_text())
    data["people"].append({"email": NEW, "name": "Nina Ny", "roles": ["qa"], **changes})
    people.write_text(yaml.safe_dump(data))


class TestInit:
    def test_it_makes_a_private_file_and_prints_the_lines_to_review(self, people: Path, folder: Path) -> None:
        employ(people)
        text = acme("init", "--as", NEW, "--no-passphrase")
        path = key_file(folder, NEW)
        public = load_key(path).public
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        assert public.key_id in text
        assert public.fingerprint in text
        lines = text.partition("came by.\n\n")[2]
        assert yaml.safe_load(lines) == [
            {"email": NEW, "name": "Nina Ny", "roles": ["qa"], "keys": [{"public": public.text}]}
        ]
        assert load_roster(people).people[NEW].keys == ()

    def test_a_second_key_is_printed_beside_those_that_are_listed(self, folder: Path) -> None:
        key_file(folder, INGRID).unlink()
        text = acme("init", "--as", INGRID, "--no-passphrase")
        (person,) = yaml.safe_load(text.partition("came by.\n\n")[2])
        made = load_key(key_file(folder, INGRID)).public.text
        assert person["keys"] == [{"public": KEYS[INGRID].public.text}, {"public": made}]

    def test_a_passphrase_is_asked_for_twice_and_a_wrong_one_is_refused(self, people: Path, folder: Path) -> None:
        employ(people)
        text = acme("init", "--as", NEW, "--passphrase", says="open sesame\nopen sesam\nopen sesame\nopen sesame\n")
        assert "do not match" in text
        assert "with a passphrase" in text
        assert b"ENCRYPTED" in key_file(folder, NEW).read_bytes()
        assert "the passphrase is wrong" in acme("show", "--as", NEW, says="close sesame\n", code=1)
        assert "does not list this key" in acme("show", "--as", NEW, says="open sesame\n")

    def test_scripts_give_the_passphrase_in_a_variable(
        self, people: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        employ(people)
        assert "--no-passphrase" in acme("init", "--as", NEW, code=1)
        assert not key_file(folder, NEW).exists()
        monkeypatch.setenv("ACME_KEY_PASSPHRASE", "from a vault")
        acme("init", "--as", NEW)
        assert load_key(key_file(folder, NEW), "from a vault")
        assert "signs        no: people.yaml does not list this key" in acme("show", "--as", NEW)

    def test_a_key_is_never_written_over(self, folder: Path) -> None:
        before = key_file(folder, INGRID).read_bytes()
        assert "is there already" in acme("init", "--as", INGRID, "--no-passphrase", code=1)
        assert key_file(folder, INGRID).read_bytes() == before


class TestEnrol:
    def test_on_a_local_stack_the_key_signs_at_once(self, people: Path, folder: Path) -> None:
        employ(people)
        assert "Enrolled" in acme("init", "--as", NEW, "--no-passphrase", "--enrol")
        public = load_key(key_file(folder, NEW)).public
        assert load_roster(people).people[NEW].key(public.key_id)
        assert json.loads(acme("show", "--as", NEW, "--json"))["problem"] is None

    @pytest.mark.parametrize(
        ("variable", "value", "said"),
        [
            ("ACME_ENV", "production", "ACME_ENV is production"),
            ("ACME_ENV", "staging", "ACME_ENV is staging"),
            ("ACME_PEOPLE", None, "the repository's own is reviewed"),
            ("ACME_PEOPLE", str(PEOPLE_FILE), "the repository's own is reviewed"),
            ("ACME_PEOPLE", "/nowhere/people.yaml", "acme stack up"),
        ],
    )
    def test_elsewhere_it_is_refused_and_no_key_is_made(
        self, people: Path, folder: Path, monkeypatch: pytest.MonkeyPatch, variable: str, value: str | None, said: str
    ) -> None:
        employ(people)
        reviewed = PEOPLE_FILE.read_text()
        if value is None:
            monkeypatch.delenv(variable)
        else:
            monkeypatch.setenv(variable, value)
        assert said in acme("init", "--as", NEW, "--no-passphrase", "--enrol", code=1)
        assert not key_file(folder, NEW).exists()
        assert PEOPLE_FILE.read_text() == reviewed

    def test_who_is_not_listed_is_not_enrolled(self, folder: Path) -> None:
        assert "add them with their name and roles" in acme("init", "--as", NEW, "--enrol", code=1)
        assert not key_file(folder, NEW).exists()


class TestShow:
    def test_it_has_id_fingerprint_roles_and_standing(self, folder: Path) -> None:
        shown = json.loads(acme("show", "--as", INGRID, "--json"))
        public = KEYS[INGRID].public
        assert shown == {
            "email": INGRID,
            "key_id": public.key_id,
            "fingerprint": public.fingerprint,
            "public": public.text,
            "file": str(key_file(folder, INGRID)),
            "has_passphrase": False,
            "is_listed": True,
            "roles": ["qa"],
            "status": "active",
            "revoked": None,
            "problem": None,
        }
        assert public.fingerprint in acme("show", "--as", INGRID)

    def test_it_says_why_a_key_does_not_sign(self, people: Path) -> None:
        data = yaml.safe_load(people.read_text())
        by_email = {person["email"]: person for person in data["people"]}
        by_email[INGRID]["keys"][0]["revoked"] = "2026-01-01"
        by_email[DELE] |= {"status": "retired", "retired": "2026-02-01"}
        people.write_text(yaml.safe_dump(data))
        assert "revoked since 2026-01-01" in acme("show", "--as", INGRID)
        assert "retired since 2026-02-01" in acme("show", "--as", DELE)
        people.write_text("people: [\n")
        assert "people.yaml: line" in acme("show", "--as", INGRID)

    def test_a_key_that_others_may_read_is_refused(self, folder: Path) -> None:
        key_file(folder, INGRID).chmod(0o640)
        text = acme("show", "--as", INGRID, code=1)
        assert "may be read by others (mode 640)" in text
        assert "chmod 600" in text

    def test_without_a_key_it_says_how_to_make_one(self) -> None:
        assert "acme keys init" in acme("show", "--as", NEW, code=1)


class TestList:
    def test_it_has_everybody_with_roles_and_keys(self) -> None:
        listed = json.loads(acme("list", "--json"))
        by_email = {person["email"]: person for person in listed["people"]}
        assert set(by_email) == set(KEYS)
        assert by_email[INGRID]["keys"] == [
            {"key_id": KEYS[INGRID].public.key_id, "public": KEYS[INGRID].public.text, "revoked": None}
        ]
        assert KEYS[DELE].public.key_id in acme("list")

    def test_it_says_which_clients_have_too_few_analysts_with_keys(
        self, people: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        clients = people.parent / "clients"
        clients.mkdir()
        monkeypatch.setenv("ACME_CLIENTS", str(clients))
        data = client_data(qa={"required_signatures": 2})
        (clients / "tiny_health.yaml").write_text(yaml.safe_dump(data))
        assert json.loads(acme("list", "--json"))["problems"] == []
        roster = yaml.safe_load(people.read_text())
        next(person for person in roster["people"] if person["email"] == DELE)["keys"] = []
        people.write_text(yaml.safe_dump(roster))
        text = acme("list")
        assert "tiny_health needs 2 analysts' signatures, and 1" in text
        assert "none: signs nothing" in text

    def test_a_roster_that_cannot_be_used_is_said_and_fails(self, people: Path) -> None:
        people.write_text("people: []\nroles: []\n")
        assert "roles: is no field" in acme("list", code=1)


def test_no_private_key_is_ever_printed(folder: Path) -> None:
    secret = key_file(folder, INGRID).read_text().splitlines()[1]
    for command in (["show", "--as", INGRID], ["show", "--as", INGRID, "--json"], ["list"], ["list", "--json"]):
        assert secret not in acme(*command)


def test_another_persons_key_is_not_taken_for_ones_own(folder: Path) -> None:
    key_file(folder, INGRID).write_bytes(SigningKey.generate().to_pem())
    assert "does not list this key" in acme("show", "--as", INGRID)
