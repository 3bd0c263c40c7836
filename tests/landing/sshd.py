"""A real OpenSSH server on loopback, with a proxy before it that can cut the line."""

import os
import pwd
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncssh
import pytest

CONFIG = """
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host_key
PidFile none
AuthorizedKeysFile {folder}/authorized_keys
StrictModes no
UsePAM no
PasswordAuthentication no
KbdInteractiveAuthentication no
PubkeyAuthentication yes
AllowUsers {user}
Subsystem sftp internal-sftp
ForceCommand internal-sftp
"""


@dataclass
class Sshd:
    """The server as a pull sees it."""

    port: int
    user: str
    host_key: str
    private_key: str
    outbox: Path
    cuts: list[int] = field(default_factory=list)
    """The next connections are cut after so many bytes from the server."""
    served: list[int] = field(default_factory=list)
    """Bytes that the server sent, per connection."""

    def pull(self, **changes: Any) -> dict[str, Any]:
        """A pull's YAML as data."""
        where = {"host": "127.0.0.1", "port": self.port, "user": self.user, "folder": str(self.outbox)}
        settings = {"kind": "sftp", "key": "TINY_KEY", "host_keys": [self.host_key], "settle_seconds": 0}
        return {**settings, **where, **changes}

    def put(self, path: str, content: bytes | str = b"x", modified: float | None = None) -> Path:
        file = self.outbox / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        if modified is not None:
            os.utime(file, (modified, modified))
        return file

    def empty(self) -> None:
        self.cuts.clear()
        self.served.clear()
        self.outbox.chmod(0o755)
        for entry in self.outbox.iterdir():
            shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()


def _program() -> str:
    found = shutil.which("sshd") or shutil.which("sshd", path="/usr/sbin:/usr/local/sbin")
    if found is None:
        pytest.fail("there is no OpenSSH server on this machine; run: make setup-sshd (apt-get install openssh-server)")
    return found


@contextmanager
def sshd() -> Iterator[Sshd]:
    """Start the server; it takes one key, for a user who may not do more than others."""
    program = _program()
    user = "nobody" if os.geteuid() == 0 else pwd.getpwuid(os.geteuid()).pw_name
    if os.geteuid() == 0:
        Path("/run/sshd").mkdir(mode=0o755, exist_ok=True)  # where Debian's sshd locks itself in
    folder = Path(tempfile.mkdtemp(prefix="acme-sshd-"))
    folder.chmod(0o755)
    host, ours = asyncssh.generate_private_key("ssh-ed25519"), asyncssh.generate_private_key("ssh-ed25519")
    (folder / "host_key").write_bytes(host.export_private_key())
    (folder / "host_key").chmod(0o600)
    (folder / "authorized_keys").write_bytes(ours.export_public_key())
    (folder / "outbox").mkdir(mode=0o755)
    port = _free_port()
    (folder / "config").write_text(CONFIG.format(port=port, folder=folder, user=user))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([program, "-D", "-e", "-f", str(folder / "config")], stderr=log)
    try:
        _await(port, process, folder / "log")
        server = Sshd(
            0, user, host.export_public_key().decode().strip(), ours.export_private_key().decode(), folder / "outbox"
        )
        with _proxy(server, port):
            yield server
    finally:
        process.terminate()
        process.wait(10)
        shutil.rmtree(folder)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await(port: int, process: "subprocess.Popen[bytes]", log: Path) -> None:
    for _ in range(400):
        if process.poll() is not None:
            pytest.fail(f"sshd did not start: {log.read_text()}")
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1):
            return
        time.sleep(0.025)
    pytest.fail("sshd did not answer within 10 s")


@contextmanager
def _proxy(server: Sshd, port: int) -> Iterator[None]:
    listener = socket.create_server(("127.0.0.1", 0))
    server.port = listener.getsockname()[1]

    def serve() -> None:
        while True:
            try:
                near, _ = listener.accept()
            except OSError:
                return
            far = socket.create_connection(("127.0.0.1", port))
            allowed = server.cuts.pop(0) if server.cuts else None
            number = len(server.served)
            server.served.append(0)
            threading.Thread(target=_pump, args=(near, far), daemon=True).start()
            threading.Thread(target=_count, args=(far, near, allowed, server.served, number), daemon=True).start()

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(5)


def _pump(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    _close(source, target)


def _count(source: socket.socket, target: socket.socket, allowed: int | None, served: list[int], number: int) -> None:
    with suppress(OSError, IndexError):
        while data := source.recv(65536):
            served[number] += len(data)
            target.sendall(data)
            if allowed is not None and served[number] > allowed:
                break
    _close(source, target)


def _close(*both: socket.socket) -> None:
    for each in both:
        with suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()
