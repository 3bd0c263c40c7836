"""The local stack's own people.yaml and keys: a copy of the reviewed file, in which keys are enrolled at once.

Nothing here is for production, where people.yaml is reviewed and deployed.
"""

import os
from pathlib import Path
from typing import Any

import yaml

from acme_assets.audit.signing import KeyProblem
from acme_assets.environment import SERVICE_EMAIL
from acme_assets.keystore import create_key, key_file, load_key
from acme_assets.stack.folders import make_private
from acme_assets.stack.settings import Home
from client_partitions.people import PEOPLE_FILE, load_roster
from client_partitions.registry import read_yaml


def prepare_people(home: Home) -> Path:
    """Make the stack's people.yaml and the service's key where they are missing; returns the file.

    Raises:
        KeyProblem: a key cannot be written, or the one that is there cannot be used.
        RegistryError: the people.yaml that is there is none.
    """
    make_private(home.root)
    make_private(home.keys)
    if not home.people.exists():
        _replace(home.people, PEOPLE_FILE.read_text(encoding="utf-8"))
    path = key_file(home.keys, SERVICE_EMAIL)
    key = load_key(path) if path.exists() else create_key(home.keys, SERVICE_EMAIL)
    enrol(home.people, SERVICE_EMAIL, key.public.text)
    return home.people


def enrol(people_file: Path, email: str, public_key: str) -> None:
    """Add somebody's public key to a people.yaml; nothing where it is there already. Comments in it are lost.

    Raises:
        KeyProblem: the person is not in the file, or the key is another's.
        RegistryError: the file is no people.yaml.
    """
    roster = load_roster(people_file)
    if email not in roster.people:
        raise KeyProblem(f"{email} is not in {people_file}; add them with their name and roles first")
    owners = {key.public: person.email for person in roster.people.values() for key in person.keys}
    if owners.get(public_key, email) != email:
        raise KeyProblem(f"the key is {owners[public_key]}'s in {people_file}; everybody has a key of their own")
    if public_key not in owners:
        data = read_yaml(people_file)
        person: dict[str, Any] = next(item for item in data["people"] if item["email"] == email)
        person["keys"] = [*person.get("keys", ()), {"public": public_key}]
        _replace(people_file, yaml.safe_dump(data, sort_keys=False, allow_unicode=True))


def _replace(file: Path, text: str) -> None:
    fresh = file.with_name(f"{file.name}.{os.getpid()}")
    fresh.write_text(text, encoding="utf-8")
    fresh.replace(file)
