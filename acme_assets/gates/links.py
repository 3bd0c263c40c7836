"""Links by which a client's contact acknowledges an exception: a token under HMAC, a code as second factor. Pure.

The token travels in the link, the code by another channel. Whether a link was used is the ledger's to know.
"""

import base64
import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass
from datetime import datetime

from acme_assets.audit.canonical import canonical_json
from acme_assets.audit.signing import KeyProblem

SECRET_BYTES = 32


class LinkRefused(Exception):
    """The link or its code cannot be used. The text may be shown to whoever holds the link."""


@dataclass(frozen=True)
class Link:
    """What a token says."""

    link_id: str
    request_id: str
    contact: str
    """E-mail address of who it was made for, at the client."""
    expires_at: datetime


def link_secret(text: str | None) -> bytes:
    """The key of links and codes, as the environment gives it.

    Raises:
        KeyProblem: it is missing or too short.
    """
    secret = (text or "").encode()
    if len(secret) < SECRET_BYTES:
        state = "is not set" if not secret else f"has {len(secret)} bytes"
        raise KeyProblem(f"ACME_LINK_SECRET {state}; give {SECRET_BYTES} or more, such as: openssl rand -hex 32")
    return secret


def new_link(request_id: str, contact: str, expires_at: datetime) -> Link:
    """A link with an id of its own."""
    return Link(secrets.token_hex(32), request_id, contact, expires_at)


def new_code() -> str:
    """Eight digits."""
    return f"{secrets.randbelow(10**8):08}"


def token_of(link: Link, secret: bytes) -> str:
    """The token that a link carries: URL-safe."""
    payload = base64.urlsafe_b64encode(canonical_json(vars(link)).encode()).decode().rstrip("=")
    return f"{payload}.{_mac(secret, 'link', payload)}"


def read_token(token: str, secret: bytes, now: datetime) -> Link:
    """What a token says, if we made it and it has not expired.

    Raises:
        LinkRefused: it is not ours as it stands, or has expired.
    """
    payload, _, mac = token.partition(".")
    if not _same(mac, _mac(secret, "link", payload)):
        raise LinkRefused("the link is not valid; check that it was copied whole, or ask AcmeHealth for another")
    said = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    link = Link(**{**said, "expires_at": datetime.fromisoformat(said["expires_at"])})
    if link.expires_at <= now:
        raise LinkRefused(f"the link expired {link.expires_at:%Y-%m-%d %H:%M} UTC; ask AcmeHealth for another")
    return link


def code_hash(link_id: str, code: str, secret: bytes) -> str:
    """How the ledger knows the code of a link."""
    return _mac(secret, "code", f"{link_id} {code}")


def is_code(code: str, link_id: str, known_hash: str, secret: bytes) -> bool:
    """Whether this is the code of the link; takes the same time whatever it is."""
    return _same(code_hash(link_id, "".join(code.split()), secret), known_hash)


def _mac(secret: bytes, purpose: str, text: str) -> str:
    message = f"acme-{purpose}-v1\n{text}".encode("utf-8", "surrogatepass")
    return hmac.new(secret, message, hashlib.sha256).hexdigest()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))
