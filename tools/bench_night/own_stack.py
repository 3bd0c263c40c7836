"""A stack in a home of its own under /tmp, with the fleet as its registry and the analysts' keys."""

import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from acme_assets.environment import Platform, platform_from
from acme_assets.gates.statement import Signer
from acme_assets.keystore import create_key
from acme_assets.simulation.demo import DELE, INGRID
from acme_assets.stack import stack
from acme_assets.stack.people import enrol, prepare_people
from acme_assets.stack.prepare import prepare
from acme_assets.stack.settings import Home, environment
from tests.ports import free_port

_OF_A_SHELL = (
    *("ACME_PEOPLE", "ACME_KEYS", "ACME_KEY_PASSPHRASE", "ACME_USER", "ACME_LANDING_URL", "ACME_ENV"),
    *("ACME_SERVICE_KEY", "ACME_SERVICE_KEY_PASSPHRASE", "ACME_SERVICE_EMAIL"),
)
"""What a shell may set for another stack."""


@dataclass(frozen=True)
class OwnStack:
    """The running stack."""

    home: Home
    address: str
    """Of Dagster's UI."""
    variables: Mapping[str, str]
    work: Platform
    analysts: Sequence[Signer]


@contextmanager
def working_folder(*, keep: bool) -> Iterator[Path]:
    """A short path: the sockets of the stack lie below it."""
    folder = Path(tempfile.mkdtemp(prefix="acme-night-", dir="/tmp"))
    try:
        yield folder
    finally:
        if not keep:
            shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def own_stack(root: Path, clients: Path, *, keep: bool) -> Iterator[OwnStack]:
    """Start it; stopped at the end, however that comes, unless `keep`."""
    home = Home(root, free_port())
    before = dict(os.environ)
    for variable in _OF_A_SHELL:
        os.environ.pop(variable, None)
    os.environ |= {"ACME_HOME": str(root), "ACME_CLIENTS": str(clients), "ACME_UI_PORT": str(home.ui_port)}
    os.environ.setdefault("ACME_SENSOR_SECONDS", "5")
    variables = {**os.environ, **environment(home)}
    is_kept = False
    try:
        prepare_people(home)
        analysts = [_analyst(home, email) for email in (INGRID, DELE)]
        address = stack.up(home, prepare=prepare)
        yield OwnStack(home, address, variables, platform_from(variables), analysts)
        is_kept = keep
    finally:
        if not is_kept:
            stack.down(home)
        os.environ.clear()
        os.environ.update(before)


def _analyst(home: Home, email: str) -> Signer:
    key = create_key(home.keys, email)
    enrol(home.people, email, key.public.text)
    return Signer(email, key)
