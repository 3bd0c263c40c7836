"""The stack with its supervisor: on a disk of its own that can be filled, with a clock that can be stepped."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from acme_assets.keystore import create_key
from acme_assets.stack import services
from acme_assets.stack.people import enrol
from acme_assets.stack.settings import REPOSITORY
from tools.bench_night.own_stack import OwnStack, own_stack
from tools.chaos.listener import Listener

NOOR = "noor.haddad@acmehealth.example.com"
"""Of client success: who requests exceptions."""

STARTUP = Path(__file__).parent / "startup"
_DISK_MB = 4_000


@dataclass
class Disk:
    """A tmpfs: full as soon as it is allowed no more than it holds."""

    folder: Path
    is_full: bool = False

    @classmethod
    def mounted(cls, folder: Path) -> "Disk | None":
        """None where this user may not mount: then no disk is filled."""
        folder.mkdir(mode=0o755, parents=True)
        options = f"size={_DISK_MB}m,mode=755"
        ran = subprocess.run(["mount", "-t", "tmpfs", "-o", options, "acme-chaos", folder], capture_output=True)
        return cls(folder) if ran.returncode == 0 else None

    def fill(self) -> None:
        """Let nothing more be written."""
        found = os.statvfs(self.folder)
        used = (found.f_blocks - found.f_bfree) * found.f_frsize
        self._allow(f"{max(used // 1024, 1)}k")
        self.is_full = True

    def free(self) -> None:
        """End it."""
        self._allow(f"{_DISK_MB}m")
        self.is_full = False

    def _allow(self, size: str) -> None:
        subprocess.run(["mount", "-o", f"remount,size={size}", self.folder], check=True, capture_output=True)

    def unmount(self) -> None:
        subprocess.run(["umount", "--lazy", self.folder], check=True, capture_output=True)


@dataclass
class Clock:
    """The platform's clock of all processes of the stack, and of this one."""

    file: Path

    def step(self, seconds: float) -> None:
        """Set it so many seconds off, in one step."""
        fresh = self.file.with_suffix(".new")
        fresh.write_text(str(seconds))
        fresh.replace(self.file)

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(self.file.read_text()))


@dataclass
class Supervisor:
    """`acme stack keep`, which the machine's own supervisor starts again where it is killed."""

    stack: OwnStack
    log: Path
    _process: "subprocess.Popen[bytes] | None" = field(default=None, init=False)

    def start(self) -> None:
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                [str(Path(sys.executable).parent / "acme"), "stack", "keep"],
                env=dict(self.stack.variables),
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def kill(self) -> None:
        if self._process:
            self._process.kill()
            self._process.wait()

    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def all_run(self) -> bool:
        """Whether no service is missing."""
        home = self.stack.home
        return all(services.find(home, name) is not None for name in services.services_of(home))


@dataclass
class KeptStack:
    """All that a night needs, and a fault may befall."""

    own: OwnStack
    supervisor: Supervisor
    clock: Clock
    disk: Disk | None
    listener: Listener


@contextmanager
def kept_stack(folder: Path) -> Iterator[KeptStack]:
    """Start it on `folder`/home, with the registry in `folder`/clients; stopped at the end."""
    disk, clock, listener = Disk.mounted(folder / "home"), Clock(folder / "clock"), Listener()
    clock.step(0)
    before = dict(os.environ)
    os.environ.setdefault("ACME_SENSOR_SECONDS", "2")
    for name in ("PAGERDUTY", "EMAIL", "SLACK_NIGHTS", "TEAMS"):
        os.environ.pop(f"ACME_CHANNEL_{name}", None)
    os.environ |= {"ACME_CHANNEL_SLACK_NIGHTS": listener.url, "ACME_CHANNEL_TEAMS": listener.url}
    os.environ |= {"ACME_CHAOS_CLOCK": str(clock.file), "PYTHONPATH": f"{STARTUP}:{REPOSITORY}"}
    spools = folder / "home" / "tmp"
    spools.mkdir(mode=0o700, parents=True)
    os.environ["TMPDIR"] = str(spools)
    try:
        with own_stack(folder / "home", folder / "clients", keep=False) as own:
            enrol(own.home.people, NOOR, create_key(own.home.keys, NOOR).public.text)
            own = replace(own, work=replace(own.work, clock=clock.now))
            supervisor = Supervisor(own, folder / "supervisor.log")
            supervisor.start()
            try:
                yield KeptStack(own, supervisor, clock, disk, listener)
            finally:
                if disk and disk.is_full:
                    disk.free()
                supervisor.kill()
                time.sleep(0.5)  # a command that it was in the middle of has let go of the lock
    finally:
        os.environ.clear()
        os.environ.update(before)
        listener.close()
        if disk:
            disk.unmount()
