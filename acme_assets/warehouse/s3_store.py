"""Copies of the checkpoints in S3, locked. Imported only where ACME_CHECKPOINT_URL names a bucket."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import boto3  # type: ignore[import-untyped]
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

from acme_assets.warehouse.checkpoint_store import StoreUnavailable, copy_name, seqs_in

_THERE = ("PreconditionFailed", "412")


class S3Store:
    """A bucket with Object Lock: until its date, nobody deletes a copy's version, the account's root included.

    The oldest version of an object is the copy: a later one, or a mark that it is deleted, changes nothing.
    """

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        """`client` is boto3's S3 client."""
        self._client, self._bucket = client, bucket
        self._prefix = f"{prefix}/" if prefix else ""

    @classmethod
    def connect(cls, bucket: str, prefix: str) -> "S3Store":
        """With the credentials of the environment."""
        return cls(boto3.client("s3"), bucket, prefix)

    def seqs(self, after: int = 0) -> Iterator[int]:
        versions = self._versions(Prefix=f"{self._prefix}checkpoint-", KeyMarker=self._prefix + copy_name(after))
        seen = after
        for seq in seqs_in((version["Key"] for version in versions), after):
            if seq > seen:
                yield seq
            seen = seq

    def read(self, seq: int) -> str | None:
        key = self._prefix + copy_name(seq)
        ids = [version["VersionId"] for version in self._versions(Prefix=key) if version["Key"] == key]
        if not ids:
            return None
        with self._errors():
            found = self._client.get_object(Bucket=self._bucket, Key=key, VersionId=ids[-1])
            return str(found["Body"].read().decode())

    def _versions(self, **options: str) -> Iterator[Any]:
        """By key, and of a key the newest first."""
        with self._errors():
            for page in self._client.get_paginator("list_object_versions").paginate(Bucket=self._bucket, **options):
                yield from page.get("Versions", ())

    def write(self, seq: int, document: str, until: datetime) -> bool:
        with self._errors():
            try:
                self._client.put_object(
                    Bucket=self._bucket,
                    Key=self._prefix + copy_name(seq),
                    Body=document.encode(),
                    ContentType="application/json",
                    ChecksumAlgorithm="SHA256",
                    IfNoneMatch="*",
                    ObjectLockMode="COMPLIANCE",
                    ObjectLockRetainUntilDate=until,
                )
            except ClientError as error:
                if _code(error) in _THERE:
                    return False
                raise
        return True

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (BotoCoreError, ClientError) as error:
            raise StoreUnavailable(
                f"s3://{self._bucket}/{self._prefix} cannot be used ({error}); check the credentials, and that the "
                "bucket has versioning and Object Lock"
            ) from error


def _code(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
