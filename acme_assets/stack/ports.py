"""Is a TCP port of this machine free, and if not, who holds it?"""

import socket

import psutil

from acme_assets.stack.errors import StackError


def require_free(port: int, variable: str = "ACME_UI_PORT") -> None:
    """Raises StackError, which names who holds it and the variable that chooses another."""
    if not _taken(port):
        return
    raise StackError(
        f"Port {port} is taken by {_holder(port)}. Stop it, or choose another: "
        f"{variable}={_next_free(port)} acme stack up"
    )


def _taken(port: int) -> bool:
    """Connecting also finds a listener on all addresses, beside which some systems would let us bind."""
    with socket.socket() as probe:
        probe.settimeout(1)
        if probe.connect_ex(("127.0.0.1", port)) == 0:
            return True
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # a port in TIME_WAIT is free
        try:
            probe.bind(("127.0.0.1", port))
        except PermissionError as error:
            raise StackError(f"Port {port} is for root alone: choose one above 1023.") from error
        except OSError:
            return True
    return False


def _holder(port: int) -> str:
    try:
        for connection in psutil.net_connections(kind="tcp"):
            if connection.laddr and connection.laddr.port == port and connection.status == psutil.CONN_LISTEN:
                if connection.pid is None:
                    break
                process = psutil.Process(connection.pid)
                return f"process {process.pid} ({' '.join(process.cmdline())[:100] or process.name()})"
    except psutil.Error:  # macOS tells root only
        pass
    return "a process of another user"


def _next_free(port: int) -> int:
    return next((candidate for candidate in range(port + 1, min(port + 50, 65536)) if not _taken(candidate)), port + 1)
