"""The platform as the environment describes it: registry, warehouse, landing zone and clock.

The one place that reads ACME_* variables; the Dagster resources and the CLI both build on it.
"""

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import quote

from acme_assets.audit.signing import KeyProblem
from acme_assets.feeds.zones import LandingZone
from acme_assets.gates.statement import Signer
from acme_assets.keystore import load_key
from acme_assets.landing.outcome import PullRefused, Secrets
from acme_assets.landing.zones import open_zone
from acme_assets.warehouse.protocol import Warehouse
from client_partitions.escalation import ESCALATION_FILE
from client_partitions.people import PEOPLE_FILE, Roster, roster_or_nobody
from client_partitions.registry import CLIENTS_FOLDER, Registry, load_registry

EMBEDDED, PRODUCTION = "embedded", "production"

SERVICE_EMAIL = "service@acmehealth.example.com"


class EnvironmentProblem(Exception):
    """A variable is missing or wrong. The text names it and the remedy."""


def no_secrets(name: str) -> str:
    """For a platform that pulls from nobody."""
    raise PullRefused(f"the secret {name} is not set in this process", "engineering")


@dataclass(frozen=True)
class Platform:
    """What every step works with. Nothing is opened before it is used."""

    registry: Registry
    warehouse: Warehouse
    zone: LandingZone
    clock: Callable[[], datetime]
    roster: Callable[[], Roster]
    """Who may sign, as people.yaml says at this moment; nobody where it cannot be used."""
    service: Callable[[], Signer]
    """The service's own signer. Raises EnvironmentProblem where this process holds no service key."""
    secrets: Secrets = no_secrets
    """Of clients' servers and APIs, by name."""


def utc_now() -> datetime:
    """The clock of everything that runs for real."""
    return datetime.now(UTC)


def clients_folder(env: Mapping[str, str]) -> Path:
    """The registry's folder: ACME_CLIENTS as a path, or the name of a set that we ship (demo, real)."""
    named = env.get("ACME_CLIENTS", "")
    if named.isidentifier() and (CLIENTS_FOLDER / named).is_dir():
        return CLIENTS_FOLDER / named
    return Path(named) if named else CLIENTS_FOLDER


@cache
def _registry(folder: Path) -> Registry:
    return load_registry(folder)


def registry_from(env: Mapping[str, str]) -> Registry:
    """The client registry, read once per process: a change of clients is a deployment.

    Raises:
        RegistryError: there is no client file at all.
    """
    return _registry(clients_folder(env))


def embedded_url(env: Mapping[str, str]) -> str:
    """SQLAlchemy URL of the embedded PostgreSQL's warehouse database.

    Raises:
        EnvironmentProblem: ACME_PG_HOST is not set, or ACME_PG_PORT is no number.
    """
    host = env.get("ACME_PG_HOST")
    if not host:
        raise EnvironmentProblem("ACME_PG_HOST is not set; `acme stack up` sets it for Dagster, and `acme` for itself")
    database, port = env.get("ACME_PG_DATABASE", "acme"), env.get("ACME_PG_PORT", "5432")
    if not port.isdecimal():
        raise EnvironmentProblem(f"ACME_PG_PORT is {port!r}; give the port as a number, such as 5432")
    return f"postgresql+psycopg2://postgres:@/{database}?host={quote(host, safe='')}&port={port}"


def snowflake_settings(env: Mapping[str, str], stage: str = "") -> dict[str, str]:
    """Connector arguments for a key-pair log-in, named as dagster-snowflake's resource names them.

    Args:
        stage: load, build or release: uses ACME_SNOWFLAKE_WAREHOUSE_LOAD and so on where that is set, so that each
            stage has a warehouse of its size.

    Raises:
        EnvironmentProblem: a variable is missing.
    """
    wanted = ("ACCOUNT", "USER", "PRIVATE_KEY_PATH", "ROLE", "WAREHOUSE", "DATABASE")
    missing = [f"ACME_SNOWFLAKE_{name}" for name in wanted if not env.get(f"ACME_SNOWFLAKE_{name}")]
    if missing:
        raise EnvironmentProblem(f"ACME_ENV is production, and {', '.join(missing)} is not set")
    settings = {name.lower(): env[f"ACME_SNOWFLAKE_{name}"] for name in wanted}
    return settings | {"warehouse": env.get(f"ACME_SNOWFLAKE_WAREHOUSE_{stage.upper()}") or settings["warehouse"]}


def warehouse_from(
    env: Mapping[str, str],
    *,
    snowflake_connect: Callable[[], AbstractContextManager[Any]] | None = None,
    pooled: bool = False,
) -> Warehouse:
    """The warehouse that ACME_ENV chooses.

    Args:
        pooled: keep connections of the embedded one open between transactions; for a process with one platform.
        snowflake_connect: opens a connector connection; by default the connector itself does.

    Raises:
        EnvironmentProblem: ACME_ENV or a setting of it is missing or unknown.
    """
    kind = env.get("ACME_ENV", EMBEDDED)
    if kind == EMBEDDED:
        from acme_assets.warehouse.postgres import PostgresWarehouse

        return PostgresWarehouse(embedded_url(env), pooled=pooled)
    if kind == PRODUCTION:
        from acme_assets.warehouse.snowflake import SnowflakeWarehouse

        return SnowflakeWarehouse(snowflake_connect or _connector(snowflake_settings(env)))
    raise EnvironmentProblem(f"ACME_ENV is {kind!r}; it is {EMBEDDED} or {PRODUCTION}")


def _connector(settings: Mapping[str, str]) -> Callable[[], AbstractContextManager[Any]]:
    def connect() -> AbstractContextManager[Any]:
        import snowflake.connector

        options = dict(settings)
        options["private_key_file"] = options.pop("private_key_path")
        return snowflake.connector.connect(**options)

    return connect


def platform_from(env: Mapping[str, str], *, pooled: bool = False) -> Platform:
    """The whole platform; `pooled` as of `warehouse_from`.

    Raises:
        EnvironmentProblem, RegistryError, ValueError: something is missing or wrong; the text names it.
    """
    landing = env.get("ACME_LANDING_URL")
    if not landing:
        raise EnvironmentProblem(
            "ACME_LANDING_URL is not set; give the landing zone as s3://bucket/prefix or file:///folder"
        )
    return Platform(
        registry_from(env),
        warehouse_from(env, pooled=pooled),
        open_zone(landing),
        utc_now,
        roster_from(env),
        service_from(env),
        secrets_from(env),
    )


def people_file(env: Mapping[str, str]) -> Path:
    """The roster's file: ACME_PEOPLE, or the reviewed one that is deployed with the code."""
    return Path(env["ACME_PEOPLE"]) if env.get("ACME_PEOPLE") else PEOPLE_FILE


def escalation_file(env: Mapping[str, str]) -> Path:
    """The escalation policy's file: ACME_ESCALATION, or the reviewed one that is deployed with the code."""
    return Path(env["ACME_ESCALATION"]) if env.get("ACME_ESCALATION") else ESCALATION_FILE


def site_from(env: Mapping[str, str]) -> str:
    """What links to Dagster's pages begin with: ACME_DAGSTER_URL, or the local stack's; empty where nobody says."""
    port = env.get("ACME_UI_PORT")
    return env.get("ACME_DAGSTER_URL") or (f"http://127.0.0.1:{port}" if port else "")


def roster_from(env: Mapping[str, str]) -> Callable[[], Roster]:
    """Reads the roster anew where its file has changed: who is retired signs nothing from then on."""
    path = people_file(env)
    known: dict[tuple[int, int], Roster] = {}

    def roster() -> Roster:
        try:
            found = path.stat()
        except OSError:
            return roster_or_nobody(path)
        version = (found.st_mtime_ns, found.st_size)
        if version not in known:
            known.clear()
            known[version] = roster_or_nobody(path)
        return known[version]

    return roster


def service_from(env: Mapping[str, str]) -> Callable[[], Signer]:
    """The service's signer: the key at ACME_SERVICE_KEY, as the person of people.yaml that ACME_SERVICE_EMAIL names."""

    def service() -> Signer:
        path = env.get("ACME_SERVICE_KEY")
        if not path:
            raise EnvironmentProblem("ACME_SERVICE_KEY is not set; give the file of the service's private key")
        try:
            key = load_key(Path(path), env.get("ACME_SERVICE_KEY_PASSPHRASE"))
        except KeyProblem as problem:
            raise EnvironmentProblem(f"ACME_SERVICE_KEY: {problem}") from problem
        return Signer(env.get("ACME_SERVICE_EMAIL", SERVICE_EMAIL), key)

    return cache(service)


def secrets_from(env: Mapping[str, str]) -> Secrets:
    """Secrets by name, for pulls: the variable NAME, or what the file at NAME_FILE holds."""

    def secret(name: str) -> str:
        path = env.get(f"{name}_FILE")
        try:
            found = env.get(name) or (Path(path).read_text(encoding="utf-8").strip() if path else "")
        except (OSError, UnicodeDecodeError) as error:
            raise PullRefused(f"{name}_FILE names a file that cannot be read; check it", "engineering") from error
        if not found:
            raise PullRefused(f"the secret {name} is not set; set {name}, or {name}_FILE to a file", "engineering")
        return found

    return secret
