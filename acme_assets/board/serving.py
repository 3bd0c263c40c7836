"""Serve the board: one process, one reader, one event loop. `acme board` and the stack's service both end up here."""

import logging
import os
from collections.abc import Mapping

import uvicorn

from acme_assets.board.access import Access, access_from
from acme_assets.board.app import board_app
from acme_assets.board.reading import Reader
from acme_assets.environment import Platform, platform_from

HOST, PORT = "127.0.0.1", 3001

_LAST_WORDS = 2
"""Seconds that open streams have to end: browsers ask again by themselves."""


def serve(platform: Platform, access: Access, host: str, port: int, env: Mapping[str, str]) -> None:
    """Serve until the process is told to end."""
    with Reader(platform) as reader:
        config = uvicorn.Config(
            board_app(platform, reader, access, env),
            host=host,
            port=port,
            # Addresses carry clients' tokens, and the audit log has what must be known of who looked at what.
            access_log=False,
            # Whoever speaks for a viewer is decided by `access`, from the true address of the connection.
            proxy_headers=False,
            server_header=False,
            log_level="warning",
            timeout_graceful_shutdown=_LAST_WORDS,
        )
        uvicorn.Server(config).run()


def main() -> None:
    """Entry point of the stack's service: the environment says it all."""
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    env = os.environ
    host, port = env.get("ACME_BOARD_HOST") or HOST, int(env.get("ACME_BOARD_PORT") or PORT)
    serve(platform_from(env, pooled=True), access_from(env, host), host, port, env)
