"""`acme board`: serve the status board. What it shows and who may look is in acme_assets/board."""

from typing import Annotated

import typer

from acme_assets.cli.output import console, one_line_errors
from acme_assets.cli.platform import environment
from acme_assets.environment import platform_from

HOST, PORT = "127.0.0.1", 3001


def board(
    port: Annotated[int, typer.Option(envvar="ACME_BOARD_PORT", min=1, max=65535, help="TCP port.")] = PORT,
    host: Annotated[str, typer.Option(envvar="ACME_BOARD_HOST", help="Address to listen on.")] = HOST,
) -> None:
    """Serve the status board: who is blocked, by whom, until when, and who will miss the deadline.

    Without settings it is the demo: everybody who reaches it is the first engineer of people.yaml, and only this
    machine reaches it. ACME_BOARD_ACCESS=proxy or oidc puts it behind the company's sign-on; see docs/board.md.

    Examples:

        acme board
        acme board --port 8080
        ACME_BOARD_AS=noor.haddad@acmehealth.example.com acme board
    """
    from acme_assets.board.access import AccessProblem, access_from
    from acme_assets.board.serving import serve

    with one_line_errors(AccessProblem):
        env = environment()
        access = access_from(env, host)
        platform = platform_from(env, pooled=True)
        console.print(f"The board is at {access.address or f'http://{host}:{port}'} ({access.mode}). Ctrl-C ends it.")
        serve(platform, access, host, port, env)
