"""Whether each service does its work, asked the way its users would ask. Dagster is not imported: that takes 2 s."""

import json
import socket
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# Each of the daemon's threads reports about every 30 s, but an automation tick over all partitions may take minutes.
_OLDEST_HEARTBEAT = 300.0

_DAEMONS = (
    "{instance{daemonHealth{allDaemonStatuses{daemonType required lastHeartbeatTime lastHeartbeatErrors{message}}}}}"
)


@dataclass(frozen=True)
class Health:
    well: bool
    detail: str = ""


def code_server(path: Path) -> Health:
    """It serves only once the definitions have loaded."""
    import grpc  # type: ignore[import-untyped]  # 0.25 s
    from grpc_health.v1 import health_pb2, health_pb2_grpc  # type: ignore[import-untyped]

    with grpc.insecure_channel(f"unix:{path}") as channel:
        try:
            stub = health_pb2_grpc.HealthStub(channel)
            answer = stub.Check(health_pb2.HealthCheckRequest(service="DagsterApi"), timeout=5)
        except grpc.RpcError as error:
            return Health(False, f"does not answer: {error.code().name}")
    return Health(answer.status == health_pb2.HealthCheckResponse.SERVING, "definitions loaded")


def runner(path: Path) -> Health:
    """It listens only once everything that a run worker needs has loaded."""
    with socket.socket(socket.AF_UNIX) as channel:
        channel.settimeout(5)
        try:
            channel.connect(str(path))
            channel.sendall(b'{"op": "ping"}\n')
            answer = json.loads(channel.recv(65536))
        except (OSError, ValueError) as error:
            return Health(False, f"does not answer: {_reason(error)}")
    runs = answer.get("running")
    return Health(answer.get("ok") is True, f"{runs} {'run' if runs == 1 else 'runs'} under way")


def webserver(url: str) -> Health:
    try:
        answer = _get(f"{url}/server_info")
    except (OSError, ValueError) as error:
        return Health(False, f"does not answer: {_reason(error)}")
    return Health(True, f"Dagster {answer.get('dagster_version')} at {url}")


def board(url: str) -> Health:
    """It listens once it has read the ledger, or knows that it cannot."""
    try:
        with _opener().open(f"{url}/alive", timeout=10):
            return Health(True, f"at {url}")
    except OSError as error:
        return Health(False, f"does not answer: {_reason(error)}")


def daemon(url: str, since: float, now: float) -> Health:
    """Each of its required threads has reported since the process started, lately and without an error."""
    try:
        answer = _get(f"{url}/graphql", {"query": _DAEMONS})
        threads = answer["data"]["instance"]["daemonHealth"]["allDaemonStatuses"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        return Health(False, f"alive; its heartbeats cannot be read from the webserver: {_reason(error)}")
    return judge_heartbeats([thread for thread in threads if thread["required"]], since, now)


def resident(heartbeat: Path, since: float, now: float) -> Health:
    """It has looked at what is its to look at since it started, lately and without a problem."""
    try:
        beat = json.loads(heartbeat.read_text())
    except (OSError, ValueError):
        return Health(False, "no heartbeat yet")
    if beat["at"] < since:
        return Health(False, "no heartbeat yet")
    if beat["problem"]:
        return Health(False, str(beat["problem"]))
    age = now - beat["at"]
    return Health(age < _OLDEST_HEARTBEAT, f"last look {age:.0f} s ago")


def judge_heartbeats(threads: list[Mapping[str, Any]], since: float, now: float) -> Health:
    beats = {str(thread["daemonType"]): float(thread["lastHeartbeatTime"] or 0) for thread in threads}
    if not beats:
        return Health(False, "no heartbeat yet")
    if silent := sorted(name for name, beat in beats.items() if beat < since):
        return Health(False, f"no heartbeat yet: {', '.join(silent)}")
    if late := sorted(name for name, beat in beats.items() if now - beat > _OLDEST_HEARTBEAT):
        return Health(False, f"no heartbeat for more than {_OLDEST_HEARTBEAT:.0f} s: {', '.join(late)}")
    for thread in threads:
        for error in thread["lastHeartbeatErrors"] or []:
            return Health(False, f"{thread['daemonType']}: {error['message'].strip().splitlines()[0]}")
    return Health(True, f"{len(beats)} threads, last heartbeat {now - min(beats.values()):.0f} s ago")


def _get(url: str, body: Mapping[str, str] | None = None) -> dict[str, Any]:
    request = urllib.request.Request(
        url,
        data=None if body is None else json.dumps(body).encode(),
        headers={"Content-Type": "application/json"},
    )
    with _opener().open(request, timeout=10) as response:
        answer = json.load(response)
    if not isinstance(answer, dict):
        raise ValueError("not a JSON object")
    return answer


def _opener() -> urllib.request.OpenerDirector:
    """Without a proxy: a corporate HTTP_PROXY must not be asked for 127.0.0.1."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _reason(error: Exception) -> str:
    return str(getattr(error, "reason", None) or error)
