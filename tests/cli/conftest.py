"""A person's shell: ACME_* for the world's database, its people with their keys, and its clock."""

from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import yaml

from acme_assets.cli.output import console
from acme_assets.keystore import key_file
from tests.world import KEYS, SERVICE, World, client_data, roster_person


@pytest.fixture
def people(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """people.yaml of the world, and a folder with everybody's key beside it; no database."""
    keys, file = tmp_path / "keys", tmp_path / "people.yaml"
    keys.mkdir()
    for email, key in KEYS.items():
        key_file(keys, email).write_bytes(key.to_pem())
        key_file(keys, email).chmod(0o600)
    listed = [roster_person(email).model_dump(mode="json", exclude_none=True) for email in KEYS]
    file.write_text(yaml.safe_dump({"people": listed}))
    monkeypatch.setenv("ACME_PG_HOST", "/nowhere")
    monkeypatch.setenv("ACME_KEYS", str(keys))
    monkeypatch.setenv("ACME_PEOPLE", str(file))
    monkeypatch.setenv("ACME_SERVICE_KEY", str(key_file(keys, SERVICE)))
    monkeypatch.setenv("ACME_SERVICE_EMAIL", SERVICE)
    for name in ("ACME_ENV", "ACME_USER", "ACME_KEY_PASSPHRASE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(console, "width", 200)
    return file


@pytest.fixture
def environment(people: Path, database: str, world: World, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The client registry's folder."""
    clients = people.parent / "clients"
    clients.mkdir()
    (clients / "tiny_health.yaml").write_text(yaml.safe_dump(client_data()))
    parts = urlsplit(database)
    settings = parse_qs(parts.query)
    monkeypatch.setenv("ACME_PG_HOST", settings["host"][0])
    monkeypatch.setenv("ACME_PG_PORT", settings.get("port", ["5432"])[0])
    monkeypatch.setenv("ACME_PG_DATABASE", parts.path.strip("/"))
    monkeypatch.setenv("ACME_CLIENTS", str(clients))
    monkeypatch.setenv("ACME_LANDING_URL", world.landing.as_uri())
    monkeypatch.setattr("acme_assets.environment.utc_now", world.clock)
    return clients
