"""What the board signs with its secret: sessions in cookies, and the tokens in forms. Pure.

Nothing is kept: a restart with the same secret honours what was signed before.
"""

import base64
import hashlib
import hmac
import json
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from acme_assets.audit.canonical import canonical_json

FORM_LIFE = timedelta(hours=12)


def sealed(content: Mapping[str, Any], purpose: str, secret: bytes, expires_at: datetime) -> str:
    """A value that only we can have made, until a moment."""
    body = {"content": content, "expires_at": expires_at.isoformat()}
    payload = base64.urlsafe_b64encode(canonical_json(body).encode()).decode().rstrip("=")
    return f"{payload}.{_mac(secret, purpose, payload)}"


def unsealed(value: str, purpose: str, secret: bytes, now: datetime) -> dict[str, Any] | None:
    """What was sealed for this purpose; None where it is not ours, was changed or has expired."""
    payload, _, mac = value.partition(".")
    if not hmac.compare_digest(mac.encode("utf-8", "replace"), _mac(secret, purpose, payload).encode()):
        return None
    said = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return dict(said["content"]) if datetime.fromisoformat(said["expires_at"]) > now else None


def form_token(who: str, secret: bytes, now: datetime) -> str:
    """What a form of this viewer carries, so that no other site can send it for them."""
    return sealed({"who": who}, "form", secret, now + FORM_LIFE)


def is_form_token(value: str, who: str, secret: bytes, now: datetime) -> bool:
    """Whether the token is of a form that this viewer was given."""
    found = unsealed(value, "form", secret, now)
    return found is not None and found.get("who") == who


def _mac(secret: bytes, purpose: str, text: str) -> str:
    message = f"acme-board-{purpose}-v1\n{text}".encode("utf-8", "surrogatepass")
    return hmac.new(secret, message, hashlib.sha256).hexdigest()
