"""`acme feeds sniff` and `acme feeds check`: an odd file becomes a layout that loads, and no value is told."""

import gzip
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from acme_assets.cli.main import app
from acme_assets.contracts.layouts import layout_problems
from client_partitions.layout import Layout

NAMES = ["Zebediah", "Quillon", "Xanthe", "Peregrine", "Ottoline"]


def run(*arguments: str | Path, exits: int = 0) -> str:
    result = CliRunner().invoke(app, ["feeds", *map(str, arguments)])
    assert result.exit_code == exits, result.output
    assert not any(name in result.output for name in NAMES), "a value was told"
    return result.output


def sniffed(path: Path, *options: str) -> tuple[dict[str, Any], Layout]:
    told = json.loads(run("sniff", path, "--json", *options))
    (layout,) = yaml.safe_load(told["yaml"])["layouts"].values()
    return told, Layout.model_validate(layout)


_HEADER = ["Member No", "Given Name", "Surname", "DOB", "Sex", "Eff Date", "Term Date", "Group Nbr"]
MEMBERS = [
    _HEADER,
    *(
        [f"M{n:05}", name, f"{name}sen", f"0{n + 1}/2{n}/1970", "FM"[n % 2], "01/01/2025", "", "77"]
        for n, name in enumerate(NAMES)
    ),
]


def rows(delimiter: str, end: str = "\n") -> str:
    return "".join(delimiter.join(row) + end for row in MEMBERS)


@pytest.mark.parametrize("delimiter", [",", "|", "\t", ";", "^", "~|~"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le"])
def test_delimiters_and_encodings(delimiter: str, encoding: str, tmp_path: Path) -> None:
    path = tmp_path / "members.txt"
    path.write_bytes(rows(delimiter, "\r\n").encode(encoding))
    told, layout = sniffed(path)
    assert (told["feed"], told["rows"], told["refused"]) == ("eligibility", 5, None)
    assert layout.format.delimiter == delimiter
    assert layout.date_formats == ("%m/%d/%Y",)
    taken = {name: item["mapping"].get("from") for name, item in told["columns"].items()}
    assert taken | {
        "person_id": "Member No", "member_id": "Member No", "birth_date": "DOB", "gender": "Sex",
        "enrollment_start_date": "Eff Date", "enrollment_end_date": "Term Date",
    } == taken  # fmt: skip
    assert told["columns"]["gender"]["mapping"]["map"]["F"] == "female"
    assert told["unused"] == ["Given Name", "Surname", "Group Nbr"]
    assert layout_problems("eligibility", layout) == []


def test_packed_and_with_lines_around_the_rows(tmp_path: Path) -> None:
    text = f"Members of the month\nprinted 2026\n{rows('|')}TRL|00005\n"
    (tmp_path / "members.txt.gz").write_bytes(gzip.compress(text.encode()))
    with zipfile.ZipFile(tmp_path / "members.zip", "w") as archive:
        archive.writestr("a.txt", text)
        archive.writestr("readme.md", "hello")
    for name in ("members.txt.gz", "members.zip"):
        told, layout = sniffed(tmp_path / name)
        assert (told["rows"], told["refused"]) == (5, None)
        assert (layout.format.skip_lines, layout.format.comment) == (2, "TRL|")


def test_a_file_without_header_never_has_its_first_row_told(tmp_path: Path) -> None:
    path = tmp_path / "x.csv"
    path.write_text("\n".join(f"{name},{name}ton,Boston" for name in NAMES))
    told, layout = sniffed(path)
    assert layout.format.header == ("column_1", "column_2", "column_3")
    assert any("--header" in line for line in told["unsure"])


def test_fixed_width_gets_places(tmp_path: Path) -> None:
    path = tmp_path / "x.dat"
    path.write_text("".join(f"{n:04} {name:<12}{'FM'[n % 2]} 1980-01-02\n" for n, name in enumerate(NAMES)))
    told, layout = sniffed(path)
    assert (told["rows"], told["refused"]) == (5, None)
    assert next(iter(layout.format.fields.values())) == (1, 5)
    assert any("record layout" in line for line in told["unsure"])


def test_fhir_and_plain_json(tmp_path: Path) -> None:
    patients = [
        {"resourceType": "Patient", "id": f"p{n}", "gender": "female", "name": [{"given": [name], "family": "X"}]}
        for n, name in enumerate(NAMES)
    ]
    path = tmp_path / "bundle.json"
    path.write_text(
        json.dumps({"resourceType": "Bundle", "entry": [{"resource": item} for item in patients]}, indent=1)
    )
    told, layout = sniffed(path)
    assert (told["feed"], told["rows"], layout.format.records) == ("patient", 5, "entry[].resource")
    assert told["columns"]["last_name"]["mapping"]["from"] == "record.name[0].family"
    path = tmp_path / "labs.ndjson"
    result = {"patientId": 1, "loinc": "718-7", "value": 1.5, "resultDate": "2026-01-02T03:04:05Z"}
    path.write_text("".join(json.dumps(result | {"patientId": n}) + "\n" for n in range(3)))
    told, layout = sniffed(path)
    assert told["feed"] == "lab_result"
    assert layout.format.lines
    assert layout.columns["source_component_type"].value == "loinc"


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "is empty"),
        (b"%PDF-1.7", "is a PDF"),
        (b"PAR1xxxx", "is a Parquet file"),
        (b"one line\nanother, longer\nx\n", "has no delimiter"),
        (b"{broken", "begins like JSON and is none"),
        (b"-----BEGIN PGP MESSAGE-----", "is encrypted by PGP"),
    ],
)
def test_what_no_layout_reads_is_named(content: bytes, told: str, tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(content)
    assert told in run("sniff", tmp_path / "x", exits=1)


def test_a_workbook_is_named(tmp_path: Path) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("xl/workbook.xml", "<x/>")
    (tmp_path / "x.xlsx").write_bytes(out.getvalue())
    assert "is an Office file" in run("sniff", tmp_path / "x.xlsx", exits=1)


@pytest.fixture
def clients(tmp_path: Path) -> Path:
    """A registry of one client, whose layout is what sniff proposes, as the doc has it."""
    path = tmp_path / "members_20260310.txt"
    path.write_text(rows("|"))
    told, _ = sniffed(path)
    folder = tmp_path / "clients"
    folder.mkdir()
    owner = "{name: A B, email: a@b.example}"
    (folder / "odd_health.yaml").write_text(
        f"""client_id: odd_health
name: Odd Health
time_zone: America/Chicago
landing: odd_health
feeds:
  eligibility:
    files: [{{pattern: "{{date}}/members_*.txt", layout: members_20260310}}]
    due: "02:00"
    quarantine_limit: 0.3
owners: {{client: {owner}, engineering: {owner}, qa: [{owner}], client_success: {owner}}}
{told["yaml"]}"""
    )
    return folder


def test_what_is_proposed_validates_and_judges_the_file(clients: Path, tmp_path: Path) -> None:
    validated = CliRunner().invoke(app, ["clients", "validate", str(clients)])
    assert validated.exit_code == 0, validated.output
    told = run("check", "odd_health", "eligibility", tmp_path / "members_20260310.txt", "--clients", clients)
    assert "would be loaded: 5 of 5 rows" in told


def test_a_bad_file_is_told_by_rule_and_row(clients: Path, tmp_path: Path) -> None:
    bad = rows("|").replace("|01/01/2025|", "|soon|", 1).replace("|M|", "|x|", 1)
    (tmp_path / "members_2.txt").write_text(bad)
    found = json.loads(
        run("check", "odd_health", "eligibility", tmp_path / "members_2.txt", "--clients", clients, "--json", exits=1)
    )
    assert "rows fail the contract" in found["held"]
    assert found["would_load"] == 0
    by_rule = {(rule["rule"], rule["column"]): rule["first"] for rule in found["rules"]}
    assert by_rule == {
        ("type", "enrollment_start_date"): ["members_2.txt row 1"],
        ("unlisted value", "gender"): ["members_2.txt row 2"],
    }


def test_a_client_feed_or_layout_that_is_not_there(clients: Path, tmp_path: Path) -> None:
    file = tmp_path / "members_20260310.txt"
    assert "there is no client" in run("check", "nobody", "eligibility", file, "--clients", clients, exits=1)
    assert "owes no patient" in run("check", "odd_health", "patient", file, "--clients", clients, exits=1)
    assert "has no layout" in run(
        "check", "odd_health", "eligibility", file, "--clients", clients, "--layout", "x", exits=1
    )
