"""Private keys in files: one per person, in a folder of the person's own, for their eyes only."""

import os
import re
import stat
from pathlib import Path

from acme_assets.audit.signing import KeyProblem, SigningKey


def default_folder() -> Path:
    """Where a person's keys are unless ACME_KEYS says otherwise: the user's configuration folder."""
    base = os.environ.get("XDG_CONFIG_HOME") or Path.home() / ".config"
    return Path(base) / "acme" / "keys"


def key_file(folder: Path, email: str) -> Path:
    """The file of somebody's key."""
    return folder / f"{re.sub('[^A-Za-z0-9@._+-]', '_', email)}.pem"


def create_key(folder: Path, email: str, passphrase: str | None = None) -> SigningKey:
    """Make a key and write it, mode 0600; never over one that is there.

    Raises:
        KeyProblem: there is a key already, or the folder cannot be written.
    """
    path, key = key_file(folder, email), SigningKey.generate()
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        raise KeyProblem(
            f"{path} is there already; to change keys, move it away, and revoke it in people.yaml"
        ) from None
    except OSError as error:
        raise KeyProblem(f"{path} cannot be written ({error.strerror}); check the folder or set ACME_KEYS") from error
    with os.fdopen(handle, "wb") as file:
        file.write(key.to_pem(passphrase))
    return key


def has_passphrase(path: Path) -> bool:
    """Whether a key file is encrypted; False where it cannot be read: `load_key` says why."""
    try:
        return b"ENCRYPTED" in path.read_bytes()
    except OSError:
        return False


def load_key(path: Path, passphrase: str | None = None) -> SigningKey:
    """A private key from its file.

    Raises:
        KeyProblem: it is missing, readable by others, or no key; the text names the file and the remedy.
    """
    try:
        mode = stat.S_IMODE(path.stat().st_mode)
        if mode & 0o077:
            raise KeyProblem(f"{path} may be read by others (mode {mode:03o}); run: chmod 600 {path}")
        return SigningKey.from_pem(path.read_bytes(), passphrase)
    except FileNotFoundError:
        raise KeyProblem(f"there is no key at {path}; make one with `acme keys init`, or set ACME_KEYS") from None
    except OSError as error:
        raise KeyProblem(f"{path} cannot be read ({error.strerror})") from error
    except KeyProblem as problem:
        named = str(problem)
        raise KeyProblem(named if str(path) in named else f"{path}: {named}") from None
