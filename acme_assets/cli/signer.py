"""Who signs: the person at the terminal, with the key of their own."""

import getpass
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from acme_assets.audit.signing import KeyProblem
from acme_assets.cli.platform import environment
from acme_assets.gates.statement import MAY_REVOKE, MAY_SIGN, Kind, Signer
from acme_assets.keystore import default_folder, has_passphrase, key_file, load_key
from client_partitions.people import Role, Roster

AsOption = Annotated[
    str | None,
    typer.Option("--as", help="Your e-mail address, as in people.yaml. Default: ACME_USER, then $USER."),
]


def email_of(given: str | None) -> str:
    """Whoever is named, else the user of this session."""
    return given or os.environ.get("ACME_USER") or getpass.getuser()


def keys_folder() -> Path:
    """ACME_KEYS, which on a local stack is the stack's own folder; else the user's configuration folder."""
    named = environment().get("ACME_KEYS")
    return Path(named) if named else default_folder()


def signer_of(given: str | None) -> Signer:
    """The signer with their key; asks for a passphrase where the key has one (ACME_KEY_PASSPHRASE for scripts).

    Raises:
        KeyProblem: there is no usable key; the text names the file and the remedy.
    """
    email = email_of(given)
    path = key_file(keys_folder(), email)
    passphrase = None
    if has_passphrase(path):
        passphrase = os.environ.get("ACME_KEY_PASSPHRASE") or _asked(path)
    return Signer(email, load_key(path, passphrase))


def _asked(path: Path) -> str:
    return str(typer.prompt(f"Passphrase of {path}", hide_input=True, err=True))


def role_for(kind: Kind, email: str, roster: Roster) -> Role:
    """The role in which somebody signs a statement of this kind.

    Raises:
        KeyProblem: they have none that may, or are not in people.yaml.
    """
    return _role_among(MAY_SIGN[kind], _named(kind), email, roster)


def role_to_revoke(kind: str, email: str, roster: Roster) -> Role:
    """The role in which somebody takes a statement of this kind back.

    Raises:
        KeyProblem: they have none that may, or are not in people.yaml.
    """
    return _role_among(MAY_REVOKE.get(kind, ()), f"revoking {_named(kind)}", email, roster)


def _named(kind: str) -> str:
    words = kind.replace("sign_off", "sign-off").replace("_", " ")
    return f"an {words}" if words[0] in "aeo" else f"a {words}"


def _role_among(allowed: Sequence[Role], what: str, email: str, roster: Roster) -> Role:
    person = roster.people.get(email)
    if person is None:
        raise KeyProblem(roster.problem or f"{email} is not in people.yaml; give your address with --as")
    role = next((role for role in allowed if role in person.roles), None)
    if role is None:
        needed = " or ".join(role for role in allowed if role != "service")
        raise KeyProblem(f"{email} is {', '.join(person.roles)}; {what} needs {needed}")
    return role
