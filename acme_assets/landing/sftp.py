"""Pull files from a client's SFTP server: each new version of a file once, whole, under the name that it has there.

What was pulled is noted by path, size and time as each file lands. A line that is cut is taken up again where the file
stopped; a process that is killed fetches the file that it was at anew. Two pulls at once do no harm: the same bytes
land twice. asyncssh is imported here alone, by whoever runs a pull.
"""

import asyncio
import hashlib
import json
import stat
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import IO, Any

import asyncssh
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_random_exponential

from acme_assets.feeds.zones import ZoneUnavailable
from acme_assets.landing.outcome import Hands, Landed, Order, PullFailed, PullOutcome, PullRefused, Refusal
from acme_assets.landing.remote_files import Plan, RemoteFile, plan
from client_partitions.pulls import SftpPull

ATTEMPTS = 4
DEEPEST = 12
MOST_ENTRIES = 200_000
"""Of a server's listing: more is no client's outbox."""

SECONDS = 60.0
"""Of a minute."""

_CHUNK = 4 * 1024 * 1024
_DENIED = "cannot be read on the client's server; have its permissions mended"


class _Cut(Exception):
    """The line was cut, or the server does not answer now."""


def pull_sftp(order: Order, pull: SftpPull, hands: Hands) -> PullOutcome:
    """Fetch what is new.

    Raises:
        PullFailed: not now; what has landed is noted.
        PullRefused: not until somebody has changed something: a key, a host key.
        ZoneUnavailable: the landing zone does not answer.
    """
    return asyncio.run(_within_its_time(order, pull, hands))


async def _within_its_time(order: Order, pull: SftpPull, hands: Hands) -> PullOutcome:
    try:
        async with asyncio.timeout(pull.limit_minutes * SECONDS):
            with hands.zone.scratch() as folder:
                return await _patiently(_Pulling(order, pull, hands, folder))
    except TimeoutError as error:
        raise PullFailed(
            f"{order} is over its {pull.limit_minutes} minutes; the next goes on where it is: raise `limit_minutes` if "
            "that is not enough"
        ) from error


async def _patiently(pulling: "_Pulling") -> PullOutcome:
    again = AsyncRetrying(
        retry=retry_if_exception_type(_Cut),
        stop=stop_after_attempt(ATTEMPTS),
        wait=wait_random_exponential(multiplier=1, min=0.2, max=20),
        reraise=True,
    )
    try:
        return await again(pulling.attempt)
    except _Cut as last:
        raise PullFailed(f"{pulling.pull.host} {last}, {ATTEMPTS} times; ask the client") from last


class _Pulling:
    """One pull; its attempts share what has landed and what is half here."""

    def __init__(self, order: Order, pull: SftpPull, hands: Hands, folder: Path) -> None:
        self.order, self.pull, self.hands, self.folder = order, pull, hands, folder
        self.landed: list[Landed] = []
        self.denied: dict[str, Refusal] = {}
        self.noted = f"{order.notes}/pulled.json"

    async def attempt(self) -> PullOutcome:
        """List, and fetch what is new and settled."""
        pulled = self._pulled()
        async with self._connected() as server:
            made = await self._plan(server, pulled)
            if self.order.dry_run:
                self.landed = [Landed(self._target(file), file.size) for file in made.fetch]
            else:
                for file in made.fetch:
                    made.waiting += not await self._fetch(server, file, pulled)
        refused = (*made.refused, *self.denied.values())
        return PullOutcome(tuple(self.landed), made.known, made.waiting, refused)

    async def _plan(self, server: asyncssh.SFTPClient, pulled: dict[str, tuple[int, int]]) -> Plan:
        largest, now = int(self.pull.max_file_gb * 1_000_000_000), self.hands.clock()
        client, before = self.order.client, await self._list(server)
        for path in pulled.keys() - {file.path for file in before}:
            del pulled[path]  # or the note would grow for ever
        made = plan(client, before, before, pulled, largest, now)
        if made.fetch and self.pull.settle_seconds:
            await asyncio.sleep(self.pull.settle_seconds)
            made = plan(client, await self._list(server), before, pulled, largest, now)
        return made

    async def _list(self, server: asyncssh.SFTPClient) -> list[RemoteFile]:
        """All that lies below the pull's folder. Whatever cannot be listed fails the pull: it is not empty."""
        found: list[RemoteFile] = []
        waiting = [("", 0)]
        while waiting:
            folder, depth = waiting.pop()
            try:
                async for entry in server.scandir(self._remote(folder)):
                    name = _text(entry.filename)
                    if name in (".", ".."):
                        continue
                    path = f"{folder}/{name}" if folder else name
                    kind = _kind(entry.attrs)
                    if kind == "folder" and depth < DEEPEST and "/" not in name:
                        waiting.append((path, depth + 1))
                    else:
                        size, modified = int(entry.attrs.size or 0), int(entry.attrs.mtime or 0)
                        found.append(RemoteFile(path, size, modified, "other" if kind == "folder" else kind))
                    if len(found) > MOST_ENTRIES:
                        raise PullRefused(
                            f"{self.pull.host} lists more than {MOST_ENTRIES:,} files; correct the pull's `folder`",
                            "engineering",
                        )
            except asyncssh.SFTPNoSuchFile as error:
                if folder:
                    continue  # taken back by its sender while we look
                raise PullRefused(
                    f"{self.pull.host} has no folder {self.pull.folder}; correct the pull's `folder`", "engineering"
                ) from error
            except asyncssh.SFTPPermissionDenied as error:
                raise PullFailed(
                    f"{self.pull.host} does not let us list {'a folder below ' if folder else ''}{self.pull.folder}; "
                    "ask the client"
                ) from error
        return found

    async def _fetch(self, server: asyncssh.SFTPClient, file: RemoteFile, pulled: dict[str, tuple[int, int]]) -> bool:
        """Fetch one file; False where it changes while we do."""
        name = f"{file.path}\n{file.size}\n{file.modified}"
        part = self.folder / hashlib.sha256(name.encode()).hexdigest()  # of this version: a retry finds it
        try:
            is_whole = await self._download(server, file, part)
        except asyncssh.SFTPNoSuchFile:
            return False
        except asyncssh.SFTPPermissionDenied:
            self.denied[file.path] = Refusal(self._target(file), file.size, file.modified_at, _DENIED)
            return True
        if not is_whole:
            part.unlink()
            return False
        await asyncio.to_thread(self.hands.zone.put, self._target(file), part)
        pulled[file.path] = file.version
        self.landed.append(Landed(self._target(file), file.size))
        self.hands.zone.write_note(self.noted, json.dumps(pulled).encode())
        return True

    async def _download(self, server: asyncssh.SFTPClient, file: RemoteFile, part: Path) -> bool:
        """Whether `part` now holds the file as it was listed. It goes on where a cut left it."""
        async with server.open(self._remote(file.path), "rb") as source:
            with part.open("ab") as out:
                while out.tell() < file.size:
                    data = await source.read(min(_CHUNK, file.size - out.tell()), out.tell())
                    if not data:
                        break
                    _write(out, data)
            now = await source.stat()
        return part.stat().st_size == file.size and (now.size, now.mtime) == file.version

    def _pulled(self) -> dict[str, tuple[int, int]]:
        text = self.hands.zone.note(self.noted)
        return {path: (size, modified) for path, (size, modified) in json.loads(text).items()} if text else {}

    def _remote(self, path: str) -> bytes:
        folder = self.pull.folder.rstrip("/") or "/"
        return f"{folder}/{path}".encode(errors="surrogateescape") if path else folder.encode()

    def _target(self, file: RemoteFile) -> str:
        return f"{self.order.client.landing}/{file.path}"

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[asyncssh.SFTPClient]:
        """A session with the server whose key is known, by our key and nothing else of this machine."""
        where = f"{self.pull.host}:{self.pull.port}"
        try:
            async with (
                asyncssh.connect(self.pull.host, self.pull.port, **self._log_in()) as connection,
                connection.start_sftp_client(path_encoding=None) as server,
            ):
                yield server
        except asyncssh.HostKeyNotVerifiable as error:
            raise PullRefused(
                f"{where} shows a host key that is not in the pull's `host_keys`; it may not be the client's server: "
                "ask its administrator by another way before you change them",
                "engineering",
            ) from error
        except asyncssh.PermissionDenied as error:
            raise PullRefused(
                f"{where} does not take our key for {self.pull.user}; ask the client", "client"
            ) from error
        except (asyncssh.Error, asyncssh.SFTPError, OSError) as error:
            raise _Cut(f"does not answer or cuts the line ({type(error).__name__})") from error

    def _log_in(self) -> Mapping[str, Any]:
        secret = self.pull.passphrase and self.hands.secrets(self.pull.passphrase)
        try:
            key = asyncssh.import_private_key(self.hands.secrets(self.pull.key), secret)
            trusted = [asyncssh.import_public_key(text) for text in self.pull.host_keys]
        except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError) as error:
            raise PullRefused(
                f"{self.pull.key} is no private key, its passphrase is wrong, or a host key is none; correct them",
                "engineering",
            ) from error
        return {
            "username": self.pull.user,
            "client_keys": [key],
            "known_hosts": (trusted, [], []),
            "agent_path": None,
            "config": None,
            "preferred_auth": "publickey",
            "gss_host": None,
            "connect_timeout": 20,
            "login_timeout": 30,
            "keepalive_interval": 15,
            "keepalive_count_max": 4,
        }


def _write(out: IO[bytes], data: bytes | str) -> None:
    try:
        out.write(data.encode() if isinstance(data, str) else data)
        out.flush()
    except OSError as error:
        raise ZoneUnavailable(
            f"the folder for files that are not whole yet cannot be written ({error.strerror}); make room"
        ) from error


def _text(name: str | bytes) -> str:
    return name if isinstance(name, str) else name.decode(errors="surrogateescape")


def _kind(attrs: asyncssh.SFTPAttrs) -> str:
    """By the listing's own word, which does not follow links."""
    mode = attrs.permissions
    if mode is None:
        return "other"
    if stat.S_ISREG(mode):
        return "file"
    return "folder" if stat.S_ISDIR(mode) else "link" if stat.S_ISLNK(mode) else "other"
