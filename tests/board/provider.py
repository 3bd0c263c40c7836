"""A small OpenID Connect provider on this machine: signs what a test tells it to, and checks what it is sent."""

import base64
import hashlib
import json
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

CLIENT_ID, CLIENT_SECRET = "board", "c" * 32


def _b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).decode().rstrip("=")


def _number(value: int) -> str:
    return _b64(value.to_bytes((value.bit_length() + 7) // 8, "big"))


@dataclass
class Provider:
    """What it says of whoever signs in; each field that a test changes is one way to be wrong."""

    issuer: str
    email: str
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    signing_key: rsa.RSAPrivateKey | None = None
    """Another key than the one that it publishes."""
    claims: dict[str, Any] = field(default_factory=dict)
    """What replaces its own claims; None leaves one out."""
    algorithm: str = "RS256"
    codes: dict[str, dict[str, str]] = field(default_factory=dict)
    problems: list[str] = field(default_factory=list)
    """What clients did not send as they must."""

    def sign_in(self, location: str) -> dict[str, str]:
        """What the browser brings back when somebody signs in at the address that it was sent to."""
        asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        code = f"code-{len(self.codes)}"
        self.codes[code] = asked
        return {"code": code, "state": asked["state"]}

    def get(self, path: str) -> dict[str, Any] | None:
        """What is published."""
        if path == "/.well-known/openid-configuration":
            return {
                "issuer": self.issuer,
                "authorization_endpoint": f"{self.issuer}/authorize",
                "token_endpoint": f"{self.issuer}/token",
                "jwks_uri": f"{self.issuer}/keys",
                "id_token_signing_alg_values_supported": ["RS256"],
            }
        numbers = self.key.public_key().public_numbers()
        known = {
            "kty": "RSA",
            "kid": "one",
            "use": "sig",
            "alg": "RS256",
            "n": _number(numbers.n),
            "e": _number(numbers.e),
        }
        return {"keys": [known]} if path == "/keys" else None

    def token(self, form: dict[str, str], authorization: str) -> dict[str, Any] | None:
        """Tokens for a code, once, to whoever began."""
        asked = self.codes.pop(form.get("code", ""), None)
        expected = "Basic " + base64.b64encode(f"{CLIENT_ID}:{CLIENT_SECRET}".encode()).decode()
        challenge = _b64(hashlib.sha256(form.get("code_verifier", "").encode()).digest())
        if asked is None or authorization != expected or asked.get("code_challenge") != challenge:
            self.problems.append("code, secret or verifier")
            return None
        own: dict[str, Any] = {
            "iss": self.issuer, "sub": "1", "aud": CLIENT_ID, "exp": int(time.time()) + 300, "iat": int(time.time()),
            "nonce": asked.get("nonce"), "email": self.email, "email_verified": True,
        }  # fmt: skip
        claims = {name: value for name, value in (own | self.claims).items() if value is not None}
        return {"access_token": "a", "token_type": "Bearer", "expires_in": 300, "id_token": self._signed(claims)}

    def _signed(self, claims: dict[str, Any]) -> str:
        header = {"alg": self.algorithm, "kid": "one", "typ": "JWT"}
        text = f"{_b64(json.dumps(header).encode())}.{_b64(json.dumps(claims).encode())}"
        if self.algorithm == "none":
            return f"{text}."
        signature = (self.signing_key or self.key).sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{text}.{_b64(signature)}"


@contextmanager
def provider(email: str) -> Iterator[Provider]:
    """One that answers at its issuer's address."""
    made: list[Provider] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path.startswith("/authorize?"):
                self._send_back(made[0].sign_in(self.path))
            else:
                self._answer(made[0].get(self.path))

        def _send_back(self, brought: dict[str, str]) -> None:
            """Of a real browser, whose user has just signed in."""
            asked = parse_qs(urlsplit(self.path).query)
            self.send_response(302)
            self.send_header("location", f"{asked['redirect_uri'][0]}?{urlencode(brought)}")
            self.end_headers()

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            form = {name: values[0] for name, values in parse_qs(body).items()}
            self._answer(made[0].token(form, self.headers.get("authorization", "")))

        def _answer(self, found: dict[str, Any] | None) -> None:
            body = json.dumps(found or {"error": "invalid_grant"}).encode()
            self.send_response(200 if found else 400)
            self.send_header("content-type", "application/json")
            self.send_header("content-length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.append(Provider(f"http://127.0.0.1:{server.server_port}", email))
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield made[0]
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
