"""Zones of both kinds, and the servers that tests pull from."""

import os
from collections.abc import Iterator
from pathlib import Path

import boto3
import pytest
from moto.server import ThreadedMotoServer

from acme_assets.feeds.zones import LandingZone, LocalZone
from acme_assets.landing.s3 import S3Zone
from tests.landing.made_up import Waits
from tests.landing.sshd import Sshd, sshd

BUCKET = "acme-landing"


@pytest.fixture(scope="session")
def s3_endpoint() -> Iterator[str]:
    """A real HTTP server that answers as S3 does."""
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(s3_endpoint: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An empty bucket, and the environment in which boto3 finds it."""
    for name, value in {
        "AWS_ENDPOINT_URL": s3_endpoint,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_EC2_METADATA_DISABLED": "true",
    }.items():
        monkeypatch.setenv(name, value)
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET)
    yield BUCKET
    for page in client.get_paginator("list_objects_v2").paginate(Bucket=BUCKET):
        for item in page.get("Contents", ()):
            client.delete_object(Bucket=BUCKET, Key=item["Key"])
    client.delete_bucket(Bucket=BUCKET)


@pytest.fixture
def local_zone(tmp_path: Path) -> LocalZone:
    (tmp_path / "landing").mkdir()
    return LocalZone(tmp_path / "landing")


@pytest.fixture(params=["local", "s3"])
def zone(request: pytest.FixtureRequest) -> LandingZone:
    """Each kind of zone in turn."""
    if request.param == "local":
        return request.getfixturevalue("local_zone")
    return S3Zone.connect(request.getfixturevalue("bucket"), "night/zone")


@pytest.fixture
def waits() -> Waits:
    return Waits()


@pytest.fixture(scope="session")
def openssh() -> Iterator[Sshd]:
    """A real OpenSSH server, for all tests of the session."""
    with sshd() as server:
        yield server


@pytest.fixture
def server(openssh: Sshd, waits: Waits) -> Iterator[Sshd]:
    """The server with an empty outbox, and our key for it at hand."""
    openssh.empty()
    waits.secrets["TINY_KEY"] = openssh.private_key
    yield openssh
    openssh.empty()


@pytest.fixture(autouse=True)
def no_agent(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever keys this machine's user has, no test may use them."""
    monkeypatch.setenv("SSH_AUTH_SOCK", os.devnull)
