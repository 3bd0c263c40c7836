"""The client registry: one reviewed YAML file per client, read and validated.

Every error names the file, the field and the remedy. Nothing here knows of Dagster or a database.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from client_partitions.client import Client

CLIENTS_FOLDER = Path(__file__).parent / "clients"


class RegistryError(Exception):
    """The registry cannot be used as it stands. The text has one line per problem."""


@dataclass(frozen=True)
class Registry:
    """All clients by id. A file with a problem costs that client alone its place; two that name one landing
    folder cost both theirs, lest one client's data be taken for the other's."""

    clients: Mapping[str, Client]
    """Client id to client, in order of id."""
    problems: Mapping[str, str]
    """File stem to what is wrong with the file, one line per problem."""
    broken_landings: frozenset[str] = frozenset()
    """Landing folders that clients whose file has a problem name: what lies there waits, and is no stray."""

    def client(self, client_id: str) -> Client:
        """One client.

        Raises:
            RegistryError: its file has a problem, or there is no such client; the text says which.
        """
        if client_id in self.clients:
            return self.clients[client_id]
        if client_id in self.problems:
            raise RegistryError(self.problems[client_id])
        known = ", ".join(self.clients) or "none"
        raise RegistryError(f"there is no client {client_id!r}; the registry has: {known}")

    @property
    def client_ids(self) -> tuple[str, ...]:
        """Ids of all clients, with those whose file has a problem."""
        return tuple(sorted({*self.clients, *self.problems}))


def load_client(path: Path) -> Client:
    """Read and validate one client's file.

    Raises:
        RegistryError: with one line per problem, each naming the file and the field.
    """
    data = read_yaml(path)
    if not isinstance(data, dict):
        raise RegistryError(f"{path.name}: is empty or no mapping; start from an existing client's file")
    try:
        client = Client.model_validate(data)
    except ValidationError as error:
        raise RegistryError("\n".join(problem_lines(path, error))) from error
    if client.client_id != path.stem:
        raise RegistryError(
            f"{path.name}: client_id: is {client.client_id!r}; the file must be named {client.client_id}.yaml"
        )
    return client


_REMEDIES = {
    "missing": "is missing; add it",
    "extra_forbidden": "is no field that is known here; correct its name or remove it",
}


def problem_lines(path: Path, error: ValidationError) -> Iterator[str]:
    """What is wrong with a file, one line per problem, each naming file and field."""
    for problem in error.errors():
        where = "".join(f"{part}: " for part in [".".join(str(part) for part in problem["loc"])] if part)
        yield f"{path.name}: {where}{_REMEDIES.get(problem['type'], problem['msg'].removeprefix('Value error, '))}"


_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_yaml(path: Path) -> Any:
    """A YAML file as plain values; no key twice.

    Raises:
        RegistryError: it cannot be read, or is no YAML.
    """
    try:
        loader = _Loader(path.read_text(encoding="utf-8"))
        try:
            node = loader.get_single_node()
            _refuse_repeated_keys(path, node, set())
            return None if node is None else loader.construct_document(node)
        finally:
            loader.dispose()
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        where = f" line {mark.line + 1}" if mark else ""
        raise RegistryError(f"{path.name}:{where} is not YAML; check indentation and quotes there") from error
    except UnicodeDecodeError as error:
        raise RegistryError(f"{path.name}: is not UTF-8 text; save it as UTF-8") from error
    except OSError as error:
        raise RegistryError(f"{path.name}: cannot be read ({error.strerror}); check its permissions") from error
    except (ValueError, RecursionError) as error:
        raise RegistryError(f"{path.name}: YAML makes no value of it ({error}); write dates in quotes") from error


def _refuse_repeated_keys(path: Path, node: yaml.Node | None, done: set[int]) -> None:
    """YAML itself would let the last of them win, silently. (A key may override one that `<<` merges in.)"""
    if not isinstance(node, yaml.CollectionNode) or id(node) in done:
        return
    done.add(id(node))
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            _refuse_repeated_keys(path, item, done)
        return
    lines: dict[str, int] = {}
    for key, value in node.value:
        if isinstance(key, yaml.ScalarNode):
            line = key.start_mark.line + 1
            if key.value in lines:
                raise RegistryError(
                    f"{path.name}: {key.value}: is given twice, in lines {lines[key.value]} and {line}; keep one"
                )
            lines[key.value] = line
        _refuse_repeated_keys(path, value, done)


def load_registry(folder: Path = CLIENTS_FOLDER) -> Registry:
    """Read every client's file of a folder.

    Raises:
        RegistryError: the folder is missing or has no client files.
    """
    paths = sorted(folder.glob("*.yaml"))
    if not paths:
        raise RegistryError(f"{folder} has no client files (*.yaml); set ACME_CLIENTS to a folder that has")
    clients: dict[str, Client] = {}
    problems: dict[str, str] = {}
    claims: dict[str, list[str]] = defaultdict(list)
    guesses: set[str] = set()
    for path in paths:
        try:
            clients[path.stem] = load_client(path)
            claims[clients[path.stem].landing].append(path.stem)
        except RegistryError as error:
            problems[path.stem] = str(error)
            landing = _landing_of(path)
            if landing:
                claims[landing].append(path.stem)
            else:
                guesses.add(path.stem)
    for landing, stems in claims.items():
        for stem in stems if len(stems) > 1 else ():
            if clients.pop(stem, None):
                others = ", ".join(f"{other}.yaml" for other in stems if other != stem)
                problems[stem] = f"{stem}.yaml: landing: {landing!r} is that of {others} too; give each client its own"
    broken = {landing for landing, stems in claims.items() if not clients.keys() & stems}
    return Registry(clients, problems, frozenset(broken | (guesses - claims.keys())))


def _landing_of(path: Path) -> str | None:
    """The landing folder that a broken client file names, as far as that can be read."""
    try:
        line = re.search("^landing:.+", path.read_text(encoding="utf-8", errors="replace"), re.MULTILINE)
        landing = yaml.safe_load(line[0])["landing"] if line else None
    except (OSError, ValueError, yaml.YAMLError):
        return None
    return landing if isinstance(landing, str) else None
