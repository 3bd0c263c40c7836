"""Tokens and codes of acknowledgement links."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acme_assets.audit.signing import KeyProblem
from acme_assets.gates.links import (
    LinkRefused,
    code_hash,
    is_code,
    link_secret,
    new_code,
    new_link,
    read_token,
    token_of,
)

NOW = datetime(2026, 3, 11, 8, tzinfo=UTC)
SECRET = link_secret("0123456789abcdef" * 2)
LINK = new_link("a" * 64, "cora@tiny.example", NOW + timedelta(hours=1))
TOKEN = token_of(LINK, SECRET)


def test_a_token_says_what_it_was_made_of() -> None:
    assert read_token(TOKEN, SECRET, NOW) == LINK
    assert "." in TOKEN
    assert not set(TOKEN) - set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_.")


def test_a_token_expires() -> None:
    with pytest.raises(LinkRefused, match="expired 2026-03-11 09:00 UTC"):
        read_token(TOKEN, SECRET, LINK.expires_at)


@given(st.integers(0, len(TOKEN) - 1), st.characters())
@settings(max_examples=200, deadline=None)
def test_no_character_of_a_token_can_be_another(place: int, other: str) -> None:
    if other != TOKEN[place]:
        with pytest.raises(LinkRefused, match="not valid"):
            read_token(TOKEN[:place] + other + TOKEN[place + 1 :], SECRET, NOW)


@given(st.text())
@settings(max_examples=100, deadline=None)
def test_any_other_text_is_no_token(text: str) -> None:
    with pytest.raises(LinkRefused):
        read_token(text, SECRET, NOW)


def test_another_payload_needs_another_signature() -> None:
    payload, _, mac = TOKEN.partition(".")
    said = json.loads(base64.urlsafe_b64decode(payload + "=="))
    said["contact"] = "mallory@tiny.example"
    forged = base64.urlsafe_b64encode(json.dumps(said).encode()).decode().rstrip("=")
    with pytest.raises(LinkRefused, match="not valid"):
        read_token(f"{forged}.{mac}", SECRET, NOW)


def test_a_token_of_another_secret_is_not_ours() -> None:
    with pytest.raises(LinkRefused, match="not valid"):
        read_token(token_of(LINK, link_secret("x" * 32)), SECRET, NOW)


def test_a_code_is_of_one_link_and_one_secret() -> None:
    code = new_code()
    assert len(code) == 8
    assert code.isdigit()
    known = code_hash(LINK.link_id, code, SECRET)
    assert code not in known
    assert is_code(code, LINK.link_id, known, SECRET)
    assert is_code(f" {code[:4]} {code[4:]} ", LINK.link_id, known, SECRET)
    assert not is_code(code, "b" * 64, known, SECRET)
    assert not is_code(code, LINK.link_id, known, link_secret("x" * 32))
    assert not is_code("", LINK.link_id, known, SECRET)


def test_a_code_hash_is_no_token_signature() -> None:
    payload = f"{LINK.link_id} 12345678"
    with pytest.raises(LinkRefused, match="not valid"):
        read_token(f"{payload}.{code_hash(LINK.link_id, '12345678', SECRET)}", SECRET, NOW)


@pytest.mark.parametrize(("text", "problem"), [(None, "is not set"), ("", "is not set"), ("x" * 31, "has 31 bytes")])
def test_a_secret_that_is_missing_or_short_is_refused(text: str | None, problem: str) -> None:
    with pytest.raises(KeyProblem, match=f"ACME_LINK_SECRET {problem}; give 32 or more"):
        link_secret(text)
