"""The chain's links and checkpoints: one hash and one text for each, and no other text read as one."""

import hashlib
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from acme_assets.audit.chain import (
    GENESIS,
    Checkpoint,
    NoCheckpoint,
    SignedCheckpoint,
    link_hash,
    read_checkpoint,
    sign_checkpoint,
)
from acme_assets.audit.signing import SigningKey

KEY = SigningKey.generate()
MADE_AT = datetime(2026, 3, 11, 8, 0, tzinfo=UTC)
CHECKPOINT = Checkpoint(7, "a" * 64, MADE_AT, KEY.public.key_id)


def test_a_link_is_the_sha_256_of_its_three_fields_as_canonical_json() -> None:
    text = f'{{"entry_id":"{"e" * 64}","previous":"{GENESIS}","seq":1}}'
    assert link_hash(1, GENESIS, "e" * 64) == hashlib.sha256(text.encode()).hexdigest()


@pytest.mark.parametrize("other", [(2, GENESIS, "e" * 64), (1, "f" * 64, "e" * 64), (1, GENESIS, "f" * 64)])
def test_a_link_that_differs_in_any_field_has_another_hash(other: tuple[int, str, str]) -> None:
    assert link_hash(*other) != link_hash(1, GENESIS, "e" * 64)


def test_a_checkpoint_reads_back_from_its_text() -> None:
    assert read_checkpoint(CHECKPOINT.canonical()) == CHECKPOINT
    assert CHECKPOINT.canonical() == (
        f'{{"key_id":"{KEY.public.key_id}","link_hash":"{"a" * 64}",'
        '"made_at":"2026-03-11T08:00:00.000000+00:00","seq":7}'
    )


def test_the_moment_of_a_checkpoint_is_written_in_utc() -> None:
    elsewhere = replace(CHECKPOINT, made_at=MADE_AT.astimezone(timezone(timedelta(hours=5))))
    assert elsewhere.canonical() == CHECKPOINT.canonical()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "7",
        "{}",
        CHECKPOINT.canonical() + " ",
        CHECKPOINT.canonical().replace(":7}", ":7.0}"),
        CHECKPOINT.canonical().replace(":7}", ":true}"),
        CHECKPOINT.canonical().replace(":7}", ':7,"more":1}'),
        CHECKPOINT.canonical().replace("+00:00", ""),
        CHECKPOINT.canonical().replace("+00:00", "+05:00"),
        CHECKPOINT.canonical().replace("2026-03-11T", "soon"),
        "[" * 100_000,
    ],
)
def test_any_other_text_is_no_checkpoint(text: str) -> None:
    with pytest.raises(NoCheckpoint):
        read_checkpoint(text)


def test_a_signed_checkpoint_verifies_with_its_key_alone_and_for_its_purpose_alone() -> None:
    signed = sign_checkpoint(KEY, 7, "a" * 64, MADE_AT)
    assert signed.text == CHECKPOINT.canonical()
    assert signed.is_signed_by(KEY.public)
    assert not signed.is_signed_by(SigningKey.generate().public)
    assert not SignedCheckpoint(signed.text, KEY.sign("statement", signed.text)).is_signed_by(KEY.public)


@pytest.mark.parametrize("name", [field.name for field in fields(Checkpoint)])
def test_a_signature_covers_every_field(name: str) -> None:
    other: dict[str, Any] = {"seq": 8, "link_hash": "b" * 64, "made_at": MADE_AT + timedelta(1), "key_id": "0" * 16}
    changed = replace(CHECKPOINT, **{name: other[name]})
    signed = sign_checkpoint(KEY, 7, "a" * 64, MADE_AT)
    assert not SignedCheckpoint(changed.canonical(), signed.signature).is_signed_by(KEY.public)
