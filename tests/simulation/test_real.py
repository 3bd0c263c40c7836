"""The real data set is delivered whole, unchanged and once; anything else is refused by name."""

import csv
import hashlib
from datetime import date
from pathlib import Path

import pytest

from acme_assets.simulation.errors import SimulationError
from acme_assets.simulation.real import FOLDERS, deliver_real, manifest, verify

FILES = {f"{folder}/{name}": f"{folder} {name}" for folder in FOLDERS for name in ("claims.csv", "api/v1/page.json")}
CLIENTS = {f"client_{folder[7]}": folder for folder in FOLDERS}


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data set with the real one's shape."""
    root = tmp_path / "data"
    for path, text in FILES.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    with (root / "MANIFEST.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["path", "feed", "bytes", "rows", "cols", "sha256", "repo", "commit", "licence"])
        for path, text in FILES.items():
            digest = hashlib.sha256(text.encode()).hexdigest()
            writer.writerow([path, "medical_claim", len(text), 3, "", digest, "some/repo", "abc", "MIT"])
    return root


def test_the_manifest_says_how_many_rows_a_file_has(data: Path) -> None:
    rows = manifest(data)
    assert {row.path: (row.rows, row.columns, row.folder) for row in rows} == {
        path: (3, None, path.split("/")[0]) for path in FILES
    }


def test_each_clients_tree_lands_below_the_business_date(data: Path, tmp_path: Path, business_date: date) -> None:
    landing = tmp_path / "landing"
    delivered = deliver_real(data, landing, business_date, CLIENTS, {"client_f": "omop"})
    assert all(file.written for file in delivered)
    found = {path.relative_to(landing).as_posix(): path.read_text() for path in landing.rglob("*") if path.is_file()}
    assert found.keys() == {file.path for file in delivered}
    assert len(found) == len(FILES)
    assert found["omop/2026-03-10/api/v1/page.json"] == "client_f_omop api/v1/page.json"
    assert found["client_a/2026-03-10/claims.csv"] == "client_a_synthea_v2 claims.csv"


def test_a_second_delivery_changes_nothing(data: Path, tmp_path: Path, business_date: date) -> None:
    landing = tmp_path / "landing"
    first = deliver_real(data, landing, business_date, CLIENTS)
    times = {file.path: (landing / file.path).stat().st_mtime_ns for file in first}
    (landing / first[0].path).write_text("something else")
    (landing / first[1].path).unlink()
    again = deliver_real(data, landing, business_date, CLIENTS)
    assert [file.written for file in again] == [True, True, *[False] * (len(again) - 2)]
    assert all((landing / file.path).stat().st_mtime_ns == times[file.path] for file in again[2:])
    assert (landing / first[0].path).read_text() == FILES["client_a_synthea_v2/claims.csv"]


def test_a_folder_that_is_not_the_data_set_is_refused(data: Path, tmp_path: Path, business_date: date) -> None:
    with pytest.raises(SimulationError, match=r"it has no MANIFEST\.csv; set DATA to the folder"):
        deliver_real(tmp_path, tmp_path / "landing", business_date, CLIENTS)
    (data / "MANIFEST.csv").write_text("name,size\na,1\n")
    with pytest.raises(SimulationError, match="is not the manifest of the data set"):
        manifest(data)
    assert not (tmp_path / "landing").exists()


def test_every_missing_or_changed_file_is_named_and_nothing_is_delivered(
    data: Path, tmp_path: Path, business_date: date
) -> None:
    (data / "client_e_labs/claims.csv").write_text("client_e_labs claims.CSV")
    (data / "client_f_omop/claims.csv").unlink()
    with pytest.raises(SimulationError) as caught:
        deliver_real(data, tmp_path / "landing", business_date, CLIENTS)
    assert "client_e_labs/claims.csv is not the one in MANIFEST.csv (its SHA-256 differs)" in str(caught.value)
    assert "client_f_omop/claims.csv is missing; set DATA" in str(caught.value)
    assert not (tmp_path / "landing").exists()
    assert verify(data, ["client_a_synthea_v2"])


def test_a_missing_folder_is_named(data: Path, tmp_path: Path, business_date: date) -> None:
    (data / "client_f_omop").rename(data / "omop")
    with pytest.raises(SimulationError, match="the folder client_f_omop is missing; set DATA"):
        deliver_real(data, tmp_path, business_date, CLIENTS)
    with pytest.raises(SimulationError, match="has no folder client_g; use one of client_a_synthea_v2"):
        deliver_real(data, tmp_path, business_date, {"g": "client_g"})


def test_a_manifest_cannot_name_files_outside(data: Path) -> None:
    text = (data / "MANIFEST.csv").read_text()
    (data / "MANIFEST.csv").write_text(text.replace("client_a_synthea_v2/claims.csv", "../claims.csv"))
    with pytest.raises(SimulationError, match="not below the data set"):
        manifest(data)
