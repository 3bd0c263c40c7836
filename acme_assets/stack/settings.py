"""Where the local stack lives and what its processes are told.

Folders, ports and environment variables only: nothing here starts, stops or looks at a process.
"""

import hashlib
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

from acme_assets.environment import SERVICE_EMAIL
from acme_assets.keystore import key_file
from acme_assets.stack.errors import StackError

REPOSITORY = Path(__file__).resolve().parents[2]

POSTGRES_PORT = 5432  # only names the socket file; nothing listens on TCP
WAREHOUSE_DATABASE = "acme"
DAGSTER_DATABASE = "dagster"

MARK = "ACME_STACK"
"""Carried by every process that the stack starts, with the home's path: how orphans are found."""

# sockaddr_un holds 108 bytes on Linux and 104 on macOS, with the closing NUL.
_LONGEST_SOCKET_PATH = 103


@dataclass(frozen=True)
class Home:
    """The folder of one stack (ACME_HOME) and its ports. Two stacks on one machine differ in all of them."""

    root: Path
    ui_port: int = 3000
    definitions_module: str = "acme_assets.definitions"
    chosen_board_port: int | None = None
    """None: the one after the UI's."""

    @classmethod
    def from_environment(cls, env: Mapping[str, str]) -> "Home":
        return cls(
            root=Path(env.get("ACME_HOME") or REPOSITORY / ".acme").expanduser().resolve(),
            ui_port=_port(env, "ACME_UI_PORT", cls.ui_port),
            definitions_module=env.get("ACME_DEFINITIONS_MODULE") or cls.definitions_module,
            chosen_board_port=_port(env, "ACME_BOARD_PORT", 0) if env.get("ACME_BOARD_PORT") else None,
        )

    @property
    def board_port(self) -> int:
        """Where the status board listens."""
        return self.chosen_board_port or self.ui_port + 1

    @property
    def postgres(self) -> Path:
        """PostgreSQL's data folder."""
        return self.root / "postgres"

    @property
    def logs(self) -> Path:
        """What each process printed."""
        return self.root / "logs"

    @property
    def dagster(self) -> Path:
        """DAGSTER_HOME: dagster.yaml, and compute logs and artifacts under storage/."""
        return self.root / "dagster"

    @property
    def landing(self) -> Path:
        """Where clients' files arrive unless ACME_LANDING_URL says otherwise."""
        return self.root / "landing"

    @property
    def run(self) -> Path:
        """What is true only while processes run: their pids and ports, the lock of `up` and `down`."""
        return self.root / "run"

    @property
    def wanted(self) -> Path:
        """There from `up` to `down`: what dies meanwhile is to be started again."""
        return self.run / "wanted"

    def heartbeat(self, resident: str) -> Path:
        """Written by a resident process after each pass."""
        return self.run / f"{resident}.beat"

    @property
    def keys(self) -> Path:
        """Private keys of the service, and of the people who sign on this machine's stack."""
        return self.root / "keys"

    @property
    def people(self) -> Path:
        """This stack's people.yaml: a copy of the reviewed one, with the keys that were enrolled here."""
        return self.root / "people.yaml"

    @property
    def python_cache(self) -> Path:
        """Compiled Python where the environment forbids it beside the source."""
        return self.root / "python-cache"

    @property
    def code_socket(self) -> Path:
        return socket_folder(self.run, "code.sock") / "code.sock"

    @property
    def runner_socket(self) -> Path:
        return socket_folder(self.run, "runner.sock") / "runner.sock"


def socket_folder(folder: Path, name: str = f".s.PGSQL.{POSTGRES_PORT}") -> Path:
    """Where the socket `name` goes: `folder` or, where no socket can have that path, a short one in /tmp.

    Paths of sockets are short, and to PostgreSQL's clients a comma separates hosts. The answer is always the same for
    the same folder, so that every process finds it without asking. It does not follow TMPDIR or XDG_RUNTIME_DIR:
    those differ between a log-in shell and cron.
    """
    if len(os.fsencode(folder / name)) <= _LONGEST_SOCKET_PATH and "," not in str(folder):
        return folder
    return Path("/tmp") / f"acme-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:16]}"


def database_url(socket: Path, database: str, driver: str = "postgresql+psycopg2") -> str:
    """The port is spelled out because a PGPORT in the user's shell would otherwise win."""
    return f"{driver}://postgres:@/{database}?host={quote(str(socket))}&port={POSTGRES_PORT}"


def environment(home: Home, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The variables that tell a process where this stack is.

    What describes the stack itself follows from `home`: a DAGSTER_HOME that a shell exports for another project must
    not send runs there. What is only a default for our code (where files land) yields to a value in `base`.
    """
    socket = socket_folder(home.postgres)
    stack = {
        "ACME_HOME": str(home.root),
        "ACME_UI_PORT": str(home.ui_port),
        "ACME_BOARD_PORT": str(home.board_port),
        "ACME_CODE_SOCKET": str(home.code_socket),
        "ACME_RUNNER_SOCKET": str(home.runner_socket),
        "ACME_DEFINITIONS_MODULE": home.definitions_module,
        "ACME_PG_HOST": str(socket),
        "ACME_PG_PORT": str(POSTGRES_PORT),
        "ACME_PG_USER": "postgres",
        "ACME_PG_DATABASE": WAREHOUSE_DATABASE,
        # Without a driver's name: Dagster gives it to psycopg2 as it stands when it listens for events.
        "ACME_DAGSTER_PG_URL": database_url(socket, DAGSTER_DATABASE, driver="postgresql"),
        "DAGSTER_HOME": str(home.dagster),
        "DAGSTER_DISABLE_TELEMETRY": "1",
    }
    defaults = {
        "ACME_LANDING_URL": home.landing.as_uri(),
        "ACME_MAX_CONCURRENT_RUNS": "2",
        "ACME_DBT_THREADS": "2",
        # Of connections to Dagster's storage, per process. dagster.yaml knows no defaults for what it reads from here.
        "ACME_DAGSTER_POOL_SIZE": "1",
        "ACME_DAGSTER_POOL_OVERFLOW": "10",
        "ACME_ECS_LAUNCHER": "",
        "ACME_PEOPLE": str(home.people),
        "ACME_KEYS": str(home.keys),
        "ACME_SERVICE_KEY": str(key_file(home.keys, SERVICE_EMAIL)),
    }
    return stack | {name: base.get(name) or value for name, value in defaults.items()}


def child_environment(home: Home, base: Mapping[str, str] = os.environ) -> dict[str, str]:
    """The whole environment of a process of the stack: `base`, the stack's own variables and the mark.

    PATH begins with this interpreter's folder, so that `dbt` is found when `acme` was called by its full path.
    """
    own = {
        MARK: str(home.root),
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), base.get("PATH", os.defpath)]),
        "PYTHONUNBUFFERED": "1",
        # The planned events of a run, one or two per asset, in one batch: 9 ms for 40, and 57 ms one by one.
        "DAGSTER_EVENT_BATCH_SIZE": "500",
    }
    env = dict(base) | environment(home, base) | own
    if env.pop("PYTHONDONTWRITEBYTECODE", ""):
        # Container images set it to stay small. Every process of Dagster, each run and each step too, would then
        # compile Dagster anew: half of the time that its import takes.
        env.setdefault("PYTHONPYCACHEPREFIX", str(home.python_cache))
    return env


def _port(env: Mapping[str, str], name: str, default: int) -> int:
    text = env.get(name) or str(default)
    if not text.isdecimal() or not 0 < int(text) < 65536:
        raise StackError(f"{name}={text!r} is not a port: give a number from 1 to 65535, or unset it for {default}.")
    return int(text)
