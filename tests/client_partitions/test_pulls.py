"""A client's pulls: what is taken, and that no secret and no open line gets into a reviewed file."""

from typing import Any

import pytest
from pydantic import ValidationError

from client_partitions.client import Client
from tests.landing.made_up import API, SFTP, pulling_client
from tests.world import client_data


def test_feeds_name_the_pull_that_fetches_them() -> None:
    client = pulling_client(API)
    assert client.feeds["eligibility"].pull == "source"
    assert client.feeds["lab_result"].pull is None
    assert client.pulls["source"].every_minutes == 15


@pytest.mark.parametrize(
    ("pull", "changes", "problem"),
    [
        (API, {"url": "http://api.tiny.example/records"}, "must be https: over http members' data could be read"),
        (API, {"url": "https://me:pw@api.tiny.example/"}, "without user and password"),
        (API, {"url": "ftp://api.tiny.example/"}, "is no https:// URL"),
        (API, {"headers": {"Authorization": "Bearer x"}}, "Authorization would be a secret in this file"),
        (API, {"headers": {"X-Api-Key": "x"}}, "would be a secret in this file"),
        (API, {"auth": {"kind": "bearer", "token": "eyJhbGciOi"}}, "String should match pattern"),
        (API, {"auth": {"kind": "oauth2", "token_url": "http://a.b/", "client_id": "AAA", "client_secret": "BBB"}},
         "must be https"),
        (API, {"file": "claims.ndjson"}, "holds {date} once"),
        (API, {"file": "../{date}.ndjson"}, "below the landing folder"),
        (API, {"file": "{date}/.hidden"}, "below the landing folder"),
        (API, {"pages": {"kind": "next_link", "path": "a["}}, "is no JMESPath"),
        (API, {"total": "a["}, "is no JMESPath"),
        (API, {"surprise": 1}, "Extra inputs are not permitted"),
        (SFTP, {"host_keys": []}, "at least 1 item"),
        (SFTP, {"host_keys": ["any"]}, "is no public key; write one as known_hosts does"),
        (SFTP, {"key": "-----BEGIN OPENSSH PRIVATE KEY-----"}, "String should match pattern"),
        (SFTP, {"folder": "/out/../.."}, "without .."),
        (SFTP, {"every_minutes": 0}, "greater than or equal to 1"),
    ],
)  # fmt: skip
def test_a_pull_that_is_wrong_or_unsafe_is_refused(pull: dict[str, Any], changes: dict[str, Any], problem: str) -> None:
    with pytest.raises(ValidationError) as caught:
        pulling_client({**pull, **changes})
    assert problem in str(caught.value)


def test_a_feed_cannot_name_a_pull_that_is_not_there() -> None:
    data = client_data()
    data["feeds"]["eligibility"]["pull"] = "nowhere"
    with pytest.raises(ValidationError, match=r"feeds.eligibility.pull: there is no pull 'nowhere'"):
        Client.model_validate(data)


def test_a_pull_that_no_feed_names_would_never_be_asked_for() -> None:
    with pytest.raises(ValidationError, match="pulls.idle: no feed has `pull: idle`"):
        Client.model_validate(client_data(pulls={"idle": API}))
