"""The chain over the audit entries, and the checkpoints that sign it. Pure.

Each entry gets one link. Link number `seq` (from 1, without gaps) has the hash

    link_hash = SHA-256(canonical JSON of {"entry_id": …, "previous": …, "seq": …})

as 64 hex digits, where `previous` is the hash of link `seq - 1`, and 64 zeros for the first. `entry_id` is
the SHA-256 of the entry's own canonical JSON: so one link hash stands for every entry up to its own, and for
their order. A checkpoint is such a hash, signed by the service's key.
"""

import json
from dataclasses import dataclass
from datetime import UTC, datetime

from acme_assets.audit.canonical import canonical_json, digest
from acme_assets.audit.signing import PublicKey, SigningKey

GENESIS = "0" * 64
"""What the first link names as the one before it."""


def link_hash(seq: int, previous: str, entry_id: str) -> str:
    """The hash of one link."""
    return digest({"seq": seq, "previous": previous, "entry_id": entry_id})


class NoCheckpoint(ValueError):
    """The text is no checkpoint in its canonical form."""


@dataclass(frozen=True)
class Checkpoint:
    """What the service signs: so many links, the last of which has this hash."""

    seq: int
    """How many links it covers."""
    link_hash: str
    made_at: datetime
    key_id: str
    """The key that signs it."""

    def canonical(self) -> str:
        """The text that is signed and stored."""
        return canonical_json({**vars(self), "made_at": self.made_at.astimezone(UTC)})


@dataclass(frozen=True)
class SignedCheckpoint:
    """A checkpoint as it is stored, in the ledger and in its copies."""

    text: str
    """Canonical JSON."""
    signature: str

    def document(self) -> str:
        """One line of JSON that holds both: an exported line, and the content of a copy."""
        return canonical_json({"checkpoint": self.text, "signature": self.signature})

    def is_signed_by(self, key: PublicKey) -> bool:
        """Whether the signature is this key's."""
        return key.verifies("checkpoint", self.text, self.signature)


def sign_checkpoint(key: SigningKey, seq: int, link_hash: str, made_at: datetime) -> SignedCheckpoint:
    """Sign the chain up to a link."""
    text = Checkpoint(seq, link_hash, made_at, key.public.key_id).canonical()
    return SignedCheckpoint(text, key.sign("checkpoint", text))


def read_checkpoint(text: str) -> Checkpoint:
    """The checkpoint that a canonical text holds.

    Raises:
        NoCheckpoint: the text is anything else.
    """
    try:
        data = json.loads(text)
        checkpoint = Checkpoint(**{**data, "made_at": datetime.fromisoformat(data["made_at"])})
        is_whole = type(checkpoint.seq) is int and checkpoint.canonical() == text
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise NoCheckpoint("the text is no checkpoint") from error
    if not is_whole:
        raise NoCheckpoint("the text is no checkpoint in canonical form")
    return checkpoint
