"""The rows of every mart, against sums made by hand from `deliveries.yml`."""

from typing import Any

from acme_assets.nights.marts import MARTS

NIGHT = "2026-02-10"

POSTGRES_TYPES = {
    "text": "character varying",
    "date": "date",
    "count": "bigint",
    "amount": "numeric(18,4)",
    "rate": "numeric(18,6)",
}


def test_member_months_count_a_month_covered_for_a_day(built: Any) -> None:
    assert built.mart("member_months", "acme_north") == {
        ("2025-12", "unknown"): ("1",),
        ("2026-01", "unknown"): ("1",),
        ("2026-01", "Blue"): ("1",),
        ("2026-02", "Blue"): ("1",),
        ("2026-02", "Green"): ("1",),
    }


def test_pmpm_has_months_of_cover_and_months_of_spend(built: Any) -> None:
    assert built.mart("pmpm", "acme_north") == {
        ("2025-12", "institutional"): ("1", "0.0000", "0.0000", "0.000000"),
        ("2025-12", "pharmacy"): ("1", "0.0000", "0.0000", "0.000000"),
        ("2025-12", "professional"): ("1", "0.0000", "0.0000", "0.000000"),
        ("2025-12", "undetermined"): ("1", "0.0000", "0.0000", "0.000000"),
        ("2026-01", "institutional"): ("2", "100.0000", "120.0000", "50.000000"),
        ("2026-01", "pharmacy"): ("2", "22.0000", "26.0000", "11.000000"),
        ("2026-01", "professional"): ("2", "10.0001", "0.0000", "5.000050"),
        ("2026-01", "undetermined"): ("2", "0.0000", "0.0000", "0.000000"),
        ("2026-02", "institutional"): ("1", "0.0000", "0.0000", "0.000000"),
        ("2026-02", "pharmacy"): ("1", "0.0000", "0.0000", "0.000000"),
        ("2026-02", "professional"): ("1", "50.0000", "55.0000", "50.000000"),
        ("2026-02", "undetermined"): ("1", "0.0000", "0.0000", "0.000000"),
        ("2026-03", "pharmacy"): ("0", "1.0000", "1.0000", None),
        ("unknown", "undetermined"): ("0", "5.0000", "0.0000", None),
    }


def test_utilization_counts_a_claim_once_in_its_category(built: Any) -> None:
    assert built.mart("utilization", "acme_north") == {
        ("2025-12", "emergency"): ("1", "0", "0.000000"),
        ("2025-12", "inpatient"): ("1", "0", "0.000000"),
        ("2025-12", "office"): ("1", "0", "0.000000"),
        ("2025-12", "other"): ("1", "0", "0.000000"),
        ("2026-01", "emergency"): ("2", "1", "500.000000"),
        ("2026-01", "inpatient"): ("2", "1", "500.000000"),
        ("2026-01", "office"): ("2", "0", "0.000000"),
        ("2026-01", "other"): ("2", "0", "0.000000"),
        ("2026-02", "emergency"): ("1", "0", "0.000000"),
        ("2026-02", "inpatient"): ("1", "0", "0.000000"),
        ("2026-02", "office"): ("1", "1", "1000.000000"),
        ("2026-02", "other"): ("1", "0", "0.000000"),
        ("unknown", "other"): ("0", "1", None),
    }


def test_pharmacy_spend_reads_the_named_delivery_only(built: Any) -> None:
    assert built.mart("pharmacy_spend", "acme_north") == {
        ("2026-01", "ndc", "00001"): ("1", "1", "40.0000", "40", "15.0000", "18.0000"),
        ("2026-01", "rxnorm", "RX9"): ("1", "1", "1.0000", "0", "7.0000", "8.0000"),
        ("2026-03", "unknown", "unknown"): ("1", "1", "0.0000", "0", "1.0000", "1.0000"),
    }


def test_lab_volume_reads_a_delivery_carried_forward(built: Any) -> None:
    assert built.mart("lab_volume", "acme_north") == {
        ("2026-01", "loinc", "4548-4"): ("1", "1"),
        ("2026-02", "loinc", "4548-4"): ("1", "1"),
        ("unknown", "unknown", "X1"): ("1", "1"),
    }


def test_provider_panel_has_the_whole_roster(built: Any) -> None:
    assert built.mart("provider_panel", "acme_north") == {
        ("d1",): ("1000000001", "cardiology", "Group One", "2", "2"),
        ("d2",): ("1000000002", None, "Own Practice", "0", "1"),
        ("d3",): (None, None, None, "1", "0"),
    }


def test_client_that_owes_fewer_feeds_has_empty_marts_of_the_others(built: Any) -> None:
    assert built.mart("member_months", "acme_south") == {("2026-02", "Blue"): ("2",)}
    assert built.mart("pmpm", "acme_south") == {("2026-02", "pharmacy"): ("2", "1.0000", "0.0000", "0.500000")}
    assert built.mart("lab_volume", "acme_south") == {}
    assert built.mart("provider_panel", "acme_south") == {}


def test_tables_have_the_declared_columns_and_types(built: Any) -> None:
    for mart in MARTS.values():
        columns = built.query(
            "select attname, format_type(atttypid, atttypmod) from pg_attribute"
            " where attrelid = %s::regclass and attnum > 0 order by attnum",
            f"marts.{mart.name}",
        )
        declared = {"client_id": "text", "business_date": "date", **mart.columns}
        assert columns == [(name, POSTGRES_TYPES[dtype]) for name, dtype in declared.items()]


def test_staging_is_stamped_with_the_client_night_and_the_delivery(built: Any) -> None:
    rows = built.query(
        "select distinct business_date::text, delivery_id from staging.stg_lab_result where client_id = 'acme_north'"
    )
    assert rows == [(NIGHT, "north-lab-1")]
