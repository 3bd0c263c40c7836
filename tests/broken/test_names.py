"""Files by odd names, and what is no file at all."""

import os
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.broken.conftest import CSV, GOOD

Held = Callable[..., str]

BYTES = [bytes([value]) for value in range(1, 256) if value != ord("/")]


@pytest.mark.parametrize("byte", BYTES, ids=lambda byte: byte.hex())
def test_a_name_with_any_byte_is_a_name(byte: bytes, tmp_path: Path, outcome: Any) -> None:
    path = tmp_path / os.fsdecode(b"a" + byte + b".csv")
    path.write_text(GOOD)
    assert outcome(path).result.rows_loaded == 3


def test_a_symbolic_link_is_not_followed(tmp_path: Path, held: Held) -> None:
    (tmp_path / "real.csv").write_text(GOOD)
    (tmp_path / "link.csv").symlink_to(tmp_path / "real.csv")
    assert "is a symbolic link" in held(tmp_path / "link.csv")
    (tmp_path / "dangling.csv").symlink_to(tmp_path / "gone")
    assert "is a symbolic link" in held(tmp_path / "dangling.csv")
    (tmp_path / "loop.csv").symlink_to(tmp_path / "loop.csv")
    assert "is a symbolic link" in held(tmp_path / "loop.csv")


@pytest.mark.parametrize("form", [CSV, CSV | {"gzip": True}, CSV | {"zip": True}, {"kind": "json"}], ids=str)
def test_a_pipe_is_not_waited_for(form: dict[str, Any], tmp_path: Path, held: Held) -> None:
    os.mkfifo(tmp_path / "pipe")
    assert "is no regular file" in held(tmp_path / "pipe", form)


def test_folders_sockets_devices_and_what_is_gone_are_held(tmp_path: Path, held: Held) -> None:
    (tmp_path / "folder").mkdir()
    assert "is no regular file" in held(tmp_path / "folder")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(tmp_path / "socket"))
        assert "cannot be read" in held(tmp_path / "socket")
    assert "is no regular file" in held(Path("/dev/zero"))
    assert "cannot be read (No such file or directory)" in held(tmp_path / "gone")
    assert "cannot be read" in held(tmp_path / ("x" * 300))


def test_a_file_that_may_not_be_read_is_held(tmp_path: Path, held: Held) -> None:
    path = tmp_path / "secret.csv"
    path.write_text(GOOD)
    path.chmod(0)
    if os.access(path, os.R_OK):
        path.unlink()  # root reads everything: the nearest that it cannot read is what is gone
    assert "cannot be read" in held(path)
