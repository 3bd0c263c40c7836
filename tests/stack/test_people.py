"""A local stack's own people.yaml, and the service's key."""

import stat
from pathlib import Path

import pytest
import yaml

from acme_assets.audit.signing import KeyProblem, SigningKey
from acme_assets.environment import SERVICE_EMAIL, service_from
from acme_assets.gates.statement import Signer
from acme_assets.keystore import key_file, load_key
from acme_assets.stack.people import enrol, prepare_people
from acme_assets.stack.settings import Home, environment
from client_partitions.people import PEOPLE_FILE, load_roster
from client_partitions.registry import RegistryError

INGRID, DELE = "ingrid.mol@acmehealth.example.com", "dele.adeyemi@acmehealth.example.com"


@pytest.fixture
def home(tmp_path: Path) -> Home:
    return Home(tmp_path / "home")


def public() -> str:
    return SigningKey.generate().public.text


def test_a_new_stack_knows_the_reviewed_people_and_has_a_service_that_signs(home: Home) -> None:
    reviewed = PEOPLE_FILE.read_text()
    file = prepare_people(home)
    assert file == home.people
    people = load_roster(file).people
    assert people.keys() == load_roster(PEOPLE_FILE).people.keys()
    service = service_from(environment(home, {}))()
    assert isinstance(service, Signer)
    assert people[SERVICE_EMAIL].key(service.key.public.key_id)
    assert PEOPLE_FILE.read_text() == reviewed


def test_keys_are_for_their_owners_eyes(home: Home) -> None:
    prepare_people(home)
    assert stat.S_IMODE(home.keys.stat().st_mode) == 0o700
    assert stat.S_IMODE(key_file(home.keys, SERVICE_EMAIL).stat().st_mode) == 0o600


def test_preparing_again_changes_nothing(home: Home) -> None:
    prepare_people(home)
    enrol(home.people, INGRID, public())
    files = (home.people, key_file(home.keys, SERVICE_EMAIL))
    before = [file.read_bytes() for file in files]
    prepare_people(home)
    assert [file.read_bytes() for file in files] == before


def test_a_lost_people_file_comes_back_with_the_service_key_that_is_there(home: Home) -> None:
    prepare_people(home)
    home.people.unlink()
    prepare_people(home)
    key = load_key(key_file(home.keys, SERVICE_EMAIL))
    assert load_roster(home.people).people[SERVICE_EMAIL].key(key.public.key_id)


def test_enrolling_adds_a_key_and_keeps_the_others(home: Home) -> None:
    prepare_people(home)
    first, second = public(), public()
    for key in (first, second, first):
        enrol(home.people, INGRID, key)
    people = load_roster(home.people).people
    assert [key.public for key in people[INGRID].keys] == [first, second]
    assert people[INGRID].name == "Ingrid Mol"
    assert people[DELE].keys == ()
    assert "Tomás Vidal" in home.people.read_text()


def test_a_key_has_one_owner_and_a_stranger_none(home: Home) -> None:
    prepare_people(home)
    key = public()
    enrol(home.people, INGRID, key)
    before = home.people.read_text()
    with pytest.raises(KeyProblem, match=f"the key is {INGRID}'s"):
        enrol(home.people, DELE, key)
    with pytest.raises(KeyProblem, match="add them with their name and roles"):
        enrol(home.people, "nobody@x.example", public())
    assert home.people.read_text() == before


def test_a_file_that_is_none_is_left_as_it_is(home: Home) -> None:
    prepare_people(home)
    home.people.write_text(yaml.safe_dump({"people": [{"email": INGRID}]}))
    before = home.people.read_text()
    with pytest.raises(RegistryError, match="people.yaml"):
        prepare_people(home)
    assert home.people.read_text() == before
