"""Copies of the checkpoints: each once, in order, locked; and the log is held against them."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber
from sqlalchemy import select

from acme_assets.audit.chain import sign_checkpoint
from acme_assets.warehouse.audit_tables import audit_checkpoints
from acme_assets.warehouse.checkpoint_store import (
    FolderStore,
    StoreUnavailable,
    copy_checkpoints,
    open_checkpoint_store,
)
from acme_assets.warehouse.postgres import PostgresWarehouse
from acme_assets.warehouse.s3_store import S3Store
from acme_assets.warehouse.sealing import ChainBroken, seal
from tests.audit.made_up import KEY, NOW, write_log


def rows(warehouse: PostgresWarehouse, table: Any) -> list[Any]:
    with warehouse.begin() as connection:
        return list(connection.execute(select(table).order_by(table.c.seq)).all())


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    (tmp_path / "copies").mkdir()
    return FolderStore(tmp_path / "copies")


class TestCopies:
    @pytest.fixture
    def sealed(self, warehouse: PostgresWarehouse) -> PostgresWarehouse:
        for number in (1, 2, 3):
            write_log(warehouse, 1, number)
            seal(warehouse, KEY, NOW)
        return warehouse

    def test_each_checkpoint_is_copied_once_read_only(
        self, sealed: PostgresWarehouse, store: FolderStore, tmp_path: Path
    ) -> None:
        assert copy_checkpoints(sealed, store, NOW) == 3
        assert copy_checkpoints(sealed, store, NOW) == 0
        files = sorted((tmp_path / "copies").iterdir())
        assert [path.name for path in files] == [f"checkpoint-{seq:012d}.json" for seq in (1, 2, 3)]
        assert {path.stat().st_mode & 0o777 for path in files} == {0o400}
        last = rows(sealed, audit_checkpoints)[-1]
        assert json.loads(files[-1].read_text()) == {"checkpoint": last.checkpoint, "signature": last.signature}

    def test_after_a_crash_copying_goes_on(self, sealed: PostgresWarehouse, store: FolderStore) -> None:
        class Full(FolderStore):
            def write(self, seq: int, document: str, until: datetime) -> bool:
                if seq == 2:
                    raise StoreUnavailable("full")
                return super().write(seq, document, until)

        with pytest.raises(StoreUnavailable):
            copy_checkpoints(sealed, Full(store._folder), NOW)
        assert list(store.seqs()) == [1]
        assert copy_checkpoints(sealed, store, NOW) == 2

    def test_another_copy_of_the_same_checkpoint_stops_everything(
        self, sealed: PostgresWarehouse, store: FolderStore
    ) -> None:
        store.write(2, "{}", NOW)
        with pytest.raises(ChainBroken, match="checkpoint seq 2 of the ledger is not the one that was copied"):
            copy_checkpoints(sealed, store, NOW)
        assert list(store.seqs()) == [2]

    def test_a_copy_beyond_the_ledger_stops_everything(self, sealed: PostgresWarehouse, store: FolderStore) -> None:
        store.write(9, sign_checkpoint(KEY, 9, "a" * 64, NOW).document(), NOW)
        with pytest.raises(ChainBroken, match="the store has a checkpoint of 9 links and the ledger has not"):
            copy_checkpoints(sealed, store, NOW)

    def test_two_that_copy_at_once_agree(self, sealed: PostgresWarehouse, store: FolderStore) -> None:
        with ThreadPoolExecutor(4) as pool:
            list(pool.map(lambda _: copy_checkpoints(sealed, store, NOW), range(4)))
        assert list(store.seqs()) == [1, 2, 3]

    def test_a_folder_that_is_not_there_is_named(self, sealed: PostgresWarehouse, tmp_path: Path) -> None:
        gone = FolderStore(tmp_path / "gone")
        with pytest.raises(StoreUnavailable, match="gone cannot be used .*create or mount it"):
            copy_checkpoints(sealed, gone, NOW)

    def test_urls(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        assert open_checkpoint_store(None) is None
        assert isinstance(open_checkpoint_store(tmp_path.as_uri()), FolderStore)
        assert isinstance(open_checkpoint_store("s3://bucket/audit"), S3Store)
        for url in ("bucket/audit", "s3://", "file://host/x", "gs://bucket", "file:///"):
            with pytest.raises(ValueError, match="give file:///folder or s3://bucket/prefix"):
                open_checkpoint_store(url)


class TestS3:
    @pytest.fixture
    def s3(self) -> Iterator[tuple[S3Store, Stubber]]:
        client = boto3.client("s3", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x")
        with Stubber(client) as stub:
            yield S3Store(client, "bucket", "audit"), stub
            stub.assert_no_pending_responses()

    def key(self, seq: int) -> str:
        return f"audit/checkpoint-{seq:012d}.json"

    def test_a_copy_is_locked_for_six_years_and_never_overwrites(self, s3: tuple[S3Store, Stubber]) -> None:
        store, stub = s3
        until = datetime(2032, 3, 12, tzinfo=UTC)
        expected = {
            "Bucket": "bucket",
            "Key": self.key(7),
            "Body": b"{}",
            "ContentType": "application/json",
            "ChecksumAlgorithm": "SHA256",
            "IfNoneMatch": "*",
            "ObjectLockMode": "COMPLIANCE",
            "ObjectLockRetainUntilDate": until,
        }
        stub.add_response("put_object", {}, expected)
        assert store.write(7, "{}", until)
        stub.add_client_error("put_object", "PreconditionFailed", http_status_code=412)
        assert not store.write(7, "{}", until)

    def test_the_oldest_version_is_the_copy(self, s3: tuple[S3Store, Stubber]) -> None:
        store, stub = s3
        versions = [{"Key": self.key(7), "VersionId": "newer"}, {"Key": self.key(7), "VersionId": "first"}]
        stub.add_response(
            "list_object_versions",
            {"Versions": versions, "DeleteMarkers": [{"Key": self.key(7), "VersionId": "newest"}]},
            {"Bucket": "bucket", "Prefix": self.key(7)},
        )
        stub.add_response(
            "get_object",
            {"Body": BytesIO(b'{"a":1}')},
            {"Bucket": "bucket", "Key": self.key(7), "VersionId": "first"},
        )
        assert store.read(7) == '{"a":1}'
        stub.add_response("list_object_versions", {}, {"Bucket": "bucket", "Prefix": self.key(8)})
        assert store.read(8) is None

    def test_seqs_are_listed_once_each_after_a_number(self, s3: tuple[S3Store, Stubber]) -> None:
        store, stub = s3
        listed = [{"Key": self.key(seq), "VersionId": str(place)} for place, seq in enumerate((7, 8, 8, 30))]
        stub.add_response(
            "list_object_versions",
            {"Versions": [*listed, {"Key": "audit/checkpoint-notes.txt", "VersionId": "0"}]},
            {"Bucket": "bucket", "Prefix": "audit/checkpoint-", "KeyMarker": self.key(7)},
        )
        assert list(store.seqs(after=7)) == [8, 30]

    def test_a_refusal_is_one_clear_line(self, s3: tuple[S3Store, Stubber]) -> None:
        store, stub = s3
        for call, method in (
            (lambda: store.write(1, "{}", NOW), "put_object"),
            (lambda: store.read(1), "list_object_versions"),
            (lambda: list(store.seqs()), "list_object_versions"),
        ):
            stub.add_client_error(method, "AccessDenied", http_status_code=403)
            with pytest.raises(
                StoreUnavailable, match=r"s3://bucket/audit/ cannot be used .*AccessDenied.*Object Lock"
            ):
                call()

    def test_copies_are_kept_for_six_years_from_when_they_are_made(
        self, warehouse: PostgresWarehouse, store: FolderStore
    ) -> None:
        kept: list[datetime] = []

        class Noting(FolderStore):
            def write(self, seq: int, document: str, until: datetime) -> bool:
                kept.append(until)
                return super().write(seq, document, until)

        for number, now in ((1, NOW), (2, datetime(2028, 2, 29, 6, tzinfo=UTC))):
            write_log(warehouse, 1, number)
            seal(warehouse, KEY, now)
            copy_checkpoints(warehouse, Noting(store._folder), now)
        assert kept == [NOW.replace(year=2032), datetime(2034, 3, 1, 6, tzinfo=UTC)]
