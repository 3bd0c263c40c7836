"""What is proposed for real files, beside what people reviewed: the format reads them, and most columns are right."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from acme_assets.contracts.sniff.as_yaml import layout_yaml
from acme_assets.contracts.sniff.proposing import propose
from acme_assets.contracts.sniff.sniffing import sniff_file
from acme_assets.feeds.patterns import match
from client_partitions.feeds import Feed
from client_partitions.layout import Layout
from client_partitions.registry import CLIENTS_FOLDER, load_registry

DAY = date(2026, 3, 10)


def reviewed(client_id: str, feed: Feed, name: str) -> Layout:
    client = load_registry(CLIENTS_FOLDER / "real").clients[client_id]
    (layout,) = {item.layout for item in client.feeds[feed].files if match(item.pattern, f"{DAY}/{name}")}
    return client.layouts[layout]


@pytest.mark.parametrize(
    ("file", "feed", "rows", "right", "of"),
    [
        ("client_a_synthea_v2/medications.csv", "pharmacy_claim", 663, 7, 7),
        ("client_b_synthea_v3/payer_transitions.csv", "eligibility", 1084, 6, 6),
        ("client_c_cms_json/provider_bundle.json", "practitioner", 4, 4, 4),
        ("client_c_cms_json/patient_bundle.json", "patient", 101, 11, 13),
        ("client_d_cms_rif/dme.csv", "medical_claim", 1, 26, 26),
        ("client_d_cms_rif/pde.csv", "pharmacy_claim", 18, 14, 14),
        ("client_e_labs/test-results-upload-valid-different-results.csv", "lab_result", 6, 11, 12),
        ("client_f_omop/PERSON.csv", "patient", 28, 5, 6),
    ],
)
def test_most_columns_are_proposed_right(
    file: str, feed: Feed, rows: int, right: int, of: int, shared_data: Path
) -> None:
    folder, name = file.split("/")
    sniffed = sniff_file(shared_data / "real" / file)
    assert (sniffed.refused, sniffed.rows) == (None, rows)
    proposal = propose(sniffed)
    assert proposal.feed == feed
    layout = reviewed("_".join(folder.split("_")[:2]), feed, name)
    wanted = {column: mapping.from_ for column, mapping in layout.columns.items() if mapping.from_}
    assert len(wanted) == of
    found = {column for column, item in proposal.columns.items() if item.mapping.get("from") in wanted.get(column, ())}
    assert len(found) >= right, f"wrong: {sorted(wanted.keys() - found)}"
    text = layout_yaml("proposed", sniffed, proposal)
    Layout.model_validate(yaml.safe_load(text)["layouts"]["proposed"])


def test_a_real_file_without_header_is_told(shared_data: Path) -> None:
    sniffed = sniff_file(shared_data / "real/client_c_cms_json/test_associations.csv")
    assert list(sniffed.columns) == ["column_1", "column_2"]
    assert (sniffed.refused, sniffed.rows) == (None, 185)
