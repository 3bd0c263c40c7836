"""A bucket as the landing zone. Imported only where ACME_LANDING_URL names one.

S3 shows an object when it is there whole, so nothing is renamed; and its listing is consistent. Cost: one request per
1,000 objects and look: docs/retention.md says what a year of them costs.
"""

import hashlib
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC
from pathlib import Path
from typing import Any

import boto3  # type: ignore[import-untyped]
from boto3.exceptions import Boto3Error  # type: ignore[import-untyped]
from botocore.config import Config  # type: ignore[import-untyped]
from botocore.exceptions import BotoCoreError, ClientError  # type: ignore[import-untyped]

from acme_assets.feeds.zones import OWN, LandedFile, ZoneUnavailable

_MISSING = ("NoSuchKey", "404")
_OTHER = ("PreconditionFailed", "412")
_AT_ONCE = 1000


class S3Zone:
    """Objects below a prefix. What S3 answers is checked by its own checksums."""

    def __init__(self, client: Any, bucket: str, prefix: str) -> None:
        """`client` is boto3's S3 client; `prefix` has no slash at its ends."""
        self._client, self._bucket = client, bucket
        self._prefix = f"{prefix}/" if prefix else ""

    @classmethod
    def connect(cls, bucket: str, prefix: str) -> "S3Zone":
        """With the credentials, region and endpoint of the environment (AWS_*)."""
        settings = Config(retries={"mode": "standard", "max_attempts": 5}, connect_timeout=10, read_timeout=60)
        return cls(boto3.client("s3", config=settings), bucket, prefix)

    def listing(self) -> Iterator[LandedFile]:
        own = f"{self._prefix}{OWN}/"
        with self._errors("listed"):
            for page in self._pages(self._prefix):
                for item in page.get("Contents", ()):
                    key = item["Key"]
                    if not key.startswith(own) and not key.endswith("/"):  # a console's "folder" is an empty object
                        modified_at = item["LastModified"].astimezone(UTC)
                        yield LandedFile(key.removeprefix(self._prefix), item["Size"], modified_at)

    def fetch(self, path: str, folder: Path) -> Path:
        target = folder / hashlib.sha256(path.encode(errors="surrogateescape")).hexdigest()
        with self._errors(f"read at {path}"):
            self._client.download_file(self._bucket, self._prefix + path, str(target))
        return target

    def put(self, path: str, content: Path) -> None:
        with self._errors(f"written at {path}"):
            self._client.upload_file(
                str(content), self._bucket, self._prefix + path, ExtraArgs={"ChecksumAlgorithm": "SHA256"}
            )

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        with tempfile.TemporaryDirectory(prefix="acme-pull-") as folder:
            yield Path(folder)

    def note(self, name: str) -> bytes | None:
        with self._errors(f"read at {name}"):
            try:
                found = self._client.get_object(Bucket=self._bucket, Key=self._note(name))
            except ClientError as error:
                if _code(error) in _MISSING:
                    return None
                raise
            return bytes(found["Body"].read())

    def write_note(self, name: str, content: bytes) -> None:
        with self._errors(f"written at {name}"):
            self._client.put_object(Bucket=self._bucket, Key=self._note(name), Body=content, ChecksumAlgorithm="SHA256")

    def drop_notes(self, folder: str) -> None:
        with self._errors(f"deleted at {folder}"):
            for page in self._pages(f"{self._note(folder)}/"):
                keys = [{"Key": item["Key"]} for item in page.get("Contents", ())]
                for start in range(0, len(keys), _AT_ONCE):
                    some = {"Objects": keys[start : start + _AT_ONCE], "Quiet": True}
                    answer = self._client.delete_objects(Bucket=self._bucket, Delete=some)
                    if answer.get("Errors"):
                        raise ZoneUnavailable(
                            f"s3://{self._bucket}/{self._note(folder)} cannot be deleted "
                            f"({answer['Errors'][0].get('Code')}); allow s3:DeleteObject below {OWN}/"
                        )

    def look_up(self, path: str) -> LandedFile | None:
        with self._errors(f"read at {path}"):
            found = self._head(path)
            return found and LandedFile(path, found["ContentLength"], found["LastModified"].astimezone(UTC))

    def remove(self, file: LandedFile) -> bool:
        with self._errors(f"deleted at {file.path}"):
            found = self._head(file.path)
            if found is None:
                return True
            if (found["ContentLength"], found["LastModified"].astimezone(UTC)) != (file.size, file.modified_at):
                return False
            try:  # the same object still: S3 compares as it deletes
                self._client.delete_object(Bucket=self._bucket, Key=self._prefix + file.path, IfMatch=found["ETag"])
            except ClientError as error:
                if _code(error) in _OTHER:
                    return False
                raise
            return True

    def _head(self, path: str) -> Any:
        try:
            return self._client.head_object(Bucket=self._bucket, Key=self._prefix + path)
        except ClientError as error:
            if _code(error) in _MISSING:
                return None
            raise

    def _note(self, name: str) -> str:
        return f"{self._prefix}{OWN}/{name}"

    def _pages(self, prefix: str) -> Iterator[Any]:
        yield from self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)

    @contextmanager
    def _errors(self, done: str) -> Iterator[None]:
        try:
            yield
        except (BotoCoreError, ClientError, Boto3Error, OSError) as error:
            said = _code(error) if isinstance(error, ClientError) else type(error).__name__
            raise ZoneUnavailable(
                f"the landing zone s3://{self._bucket}/{self._prefix} cannot be {done} ({said}); check that the bucket "
                "is there, the region, and the role's s3:ListBucket, GetObject, PutObject and DeleteObject"
            ) from error


def _code(error: Any) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
