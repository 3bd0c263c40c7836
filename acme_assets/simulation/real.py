"""The real data set, delivered as if its six clients had sent everything for one business date.

Others made that data (synthetic patients, open licences); it is read in place and no part of the project.
A second call changes nothing: a file that is there with the same content keeps its time.
"""

import csv
import filecmp
import hashlib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from acme_assets.simulation.delivery import place
from acme_assets.simulation.errors import SimulationError

MANIFEST = "MANIFEST.csv"
FOLDERS = (
    "client_a_synthea_v2",
    "client_b_synthea_v3",
    "client_c_cms_json",
    "client_d_cms_rif",
    "client_e_labs",
    "client_f_omop",
)

_REMEDY = f"set DATA to the folder that holds {MANIFEST} and the six client folders"


@dataclass(frozen=True)
class ManifestRow:
    """One file of the data set, as its manifest says."""

    path: str
    """Below the data set's folder; starts with the client's folder."""
    feed: str
    """In the data set's own words."""
    size: int
    rows: int | None
    """Without the header line; of JSON, records."""
    columns: int | None
    sha256: str

    @property
    def folder(self) -> str:
        """The client's folder."""
        return self.path.partition("/")[0]


@dataclass(frozen=True)
class DeliveredFile:
    """One file of the data set in the landing zone."""

    client_id: str
    path: str
    """Below the landing zone."""
    written: bool
    """False if it was there already with the same content."""


def manifest(data: Path) -> list[ManifestRow]:
    """The data set's files, in the manifest's order.

    Raises:
        SimulationError: `data` is not the data set, or its manifest cannot be read.
    """
    path = data / MANIFEST
    try:
        with path.open(encoding="utf-8", newline="") as file:
            rows = [
                ManifestRow(
                    path=row["path"],
                    feed=row["feed"],
                    size=int(row["bytes"]),
                    rows=int(row["rows"]) if row["rows"] else None,
                    columns=int(row["cols"]) if row["cols"] else None,
                    sha256=row["sha256"],
                )
                for row in csv.DictReader(file)
            ]
    except FileNotFoundError:
        raise SimulationError(f"{data} is not the data set: it has no {MANIFEST}; {_REMEDY}") from None
    except OSError as error:
        raise SimulationError(f"{path} cannot be read ({error.strerror}); check its permissions") from None
    except (KeyError, TypeError, ValueError):
        raise SimulationError(f"{path} is not the manifest of the data set: its columns differ; {_REMEDY}") from None
    if outside := [row.path for row in rows if Path(row.path).is_absolute() or ".." in Path(row.path).parts]:
        raise SimulationError(f"{path} names {outside[0]}, which is not below the data set; {_REMEDY}")
    return rows


def verify(data: Path, folders: Collection[str] = FOLDERS) -> list[ManifestRow]:
    """The files of some folders, each found to be what the manifest says.

    Raises:
        SimulationError: a folder or file is missing, or is not the file of the manifest; all of them at once.
    """
    rows = [row for row in manifest(data) if row.folder in folders]
    problems = [f"the folder {folder} is missing" for folder in sorted(folders) if not (data / folder).is_dir()]
    if not problems:
        problems = [
            f"the manifest names no file of {folder}" for folder in sorted(set(folders) - {row.folder for row in rows})
        ]
        problems += [problem for row in rows if (problem := _problem(data / row.path, row))]
    if problems:
        raise SimulationError("\n".join(f"{data}: {problem}; {_REMEDY}, unchanged" for problem in problems))
    return rows


def _problem(path: Path, row: ManifestRow) -> str | None:
    if not path.is_file():
        return f"the file {row.path} is missing"
    try:
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        return f"the file {row.path} cannot be read ({error.strerror})"
    return None if digest == row.sha256 else f"the file {row.path} is not the one in {MANIFEST} (its SHA-256 differs)"


def deliver_real(
    data: Path,
    landing: Path,
    business_date: date,
    folders: Mapping[str, str],
    landings: Mapping[str, str] | None = None,
) -> list[DeliveredFile]:
    """Copy clients' folders of the data set into the landing zone, as sent for one business date.

    Each file goes to `<landing>/<client's landing folder>/<business date>/<its path in the client's folder>`.
    Everything is verified against the manifest before the first file is copied.

    Args:
        folders: client id to the client's folder in the data set.
        landings: client id to the client's landing folder, where that is not its id.

    Raises:
        SimulationError: `data` is not the data set, or differs from its manifest.
    """
    if unknown := sorted(set(folders.values()) - set(FOLDERS)):
        raise SimulationError(f"the data set has no folder {unknown[0]}; use one of {', '.join(FOLDERS)}")
    rows = verify(data, set(folders.values()))
    delivered = []
    for client_id, folder in folders.items():
        below = Path((landings or {}).get(client_id, client_id)) / business_date.isoformat()
        for row in rows:
            if row.folder == folder:
                path = below / row.path.partition("/")[2]
                delivered.append(DeliveredFile(client_id, path.as_posix(), _copied(data / row.path, landing / path)))
    return delivered


def _copied(source: Path, target: Path) -> bool:
    """Whether the file had to be copied."""
    if target.is_file() and filecmp.cmp(source, target, shallow=False):
        return False
    place(source, target)
    return True
