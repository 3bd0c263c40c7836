"""Ed25519 (RFC 8032) keys, and signatures over canonical text. Pure: files and passphrases are the caller's.

Every signature names its purpose, so that what was signed as one thing is never taken for another.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass
from typing import Literal

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

Purpose = Literal["statement", "checkpoint", "export", "ledger"]


class KeyProblem(Exception):
    """A key cannot be used. The text says why, and never holds key material."""


@dataclass(frozen=True)
class PublicKey:
    """Somebody's public key."""

    text: str
    """The 32 raw bytes, base64."""

    @property
    def key_id(self) -> str:
        """How statements name the key: the first 16 hex digits of the SHA-256 of its raw bytes."""
        return hashlib.sha256(self._raw()).hexdigest()[:16]

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the raw bytes, 64 hex digits: to compare over another channel."""
        return hashlib.sha256(self._raw()).hexdigest()

    def verifies(self, purpose: Purpose, text: str, signature: str) -> bool:
        """Whether `signature` (base64) is this key's, of this text, for this purpose."""
        try:
            raw = base64.b64decode(signature, validate=True)
            if base64.b64encode(raw).decode() != signature:
                return False  # another spelling of the same bytes would be a second row of the same statement
            Ed25519PublicKey.from_public_bytes(self._raw()).verify(raw, _message(purpose, text))
        except (InvalidSignature, ValueError):  # binascii.Error is a ValueError
            return False
        return True

    def check(self) -> None:
        """Raise KeyProblem unless the text is a public key."""
        Ed25519PublicKey.from_public_bytes(self._raw())

    def _raw(self) -> bytes:
        try:
            raw = base64.b64decode(self.text, validate=True)
        except (binascii.Error, ValueError):
            raw = b""
        if len(raw) != 32:
            raise KeyProblem("a public key is 32 bytes as base64; copy the line that `acme keys init` printed")
        return raw


@dataclass(frozen=True)
class SigningKey:
    """A private key, in memory."""

    _key: Ed25519PrivateKey

    @classmethod
    def generate(cls) -> "SigningKey":
        """A new key."""
        return cls(Ed25519PrivateKey.generate())

    @classmethod
    def from_pem(cls, pem: bytes, passphrase: str | None = None) -> "SigningKey":
        """A key as `to_pem` wrote it.

        Raises:
            KeyProblem: no key, another kind of key, or the passphrase is missing or wrong.
        """
        try:
            key = load_pem_private_key(pem, passphrase.encode() if passphrase else None)
        except TypeError:
            needs = "has a passphrase" if not passphrase else "has no passphrase, and one was given"
            raise KeyProblem(f"the key {needs}") from None
        except ValueError:
            raise KeyProblem("the file holds no private key, or the passphrase is wrong") from None
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyProblem("the file holds a key of another kind than Ed25519; make one with `acme keys init`")
        return cls(key)

    def to_pem(self, passphrase: str | None = None) -> bytes:
        """PKCS #8 PEM, encrypted where there is a passphrase."""
        encryption: KeySerializationEncryption = NoEncryption()
        if passphrase:
            encryption = BestAvailableEncryption(passphrase.encode())
        return self._key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)

    @property
    def public(self) -> PublicKey:
        """Its public half."""
        raw = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return PublicKey(base64.b64encode(raw).decode())

    def sign(self, purpose: Purpose, text: str) -> str:
        """The signature of a text for a purpose, base64."""
        return base64.b64encode(self._key.sign(_message(purpose, text))).decode()


def _message(purpose: Purpose, text: str) -> bytes:
    return f"acme-{purpose}-v1\n".encode() + text.encode()
