"""The contract of each feed: its canonical columns, types, keys and rules, as pandera schemas.

Column names and meanings follow the Tuva Project's input layer (Apache-2.0), cut to what the marts
and the evidence use; `EXTENSIONS` lists the few columns that are ours. RAW tables, the mapping of a
client's layout and the checks all derive from these schemas: this is the one declaration.

What does not belong here: how a client names or formats a column (that is its layout, in its YAML).
"""

from functools import cache

import pandera.polars as pa
import polars as pl

MONEY = pl.Decimal(18, 4)
"""US dollars, or a quantity, exact to four places."""

TIMESTAMP = pl.Datetime("us", "UTC")

KEY = "key"
"""Metadata flag of a column that is part of the feed's key: unique together over one delivery."""

EXTENSIONS: dict[str, frozenset[str]] = {
    "medical_claim": frozenset({"record_type"}),
    "practitioner": frozenset({"record_type", "practice_id"}),
    "pharmacy_claim": frozenset({"drug_code", "drug_code_type", "drug_description"}),
}
"""Columns that the Tuva input layer does not have.

`record_type` tells apart the rows of a feed that comes as several kinds of file (claim headers and
claim lines; practitioners and their practices). `drug_code` carries what the client sends (RxNorm, a
source's own code) where that is not an NDC.
"""


def _column(
    dtype: pl.DataType | type[pl.DataType],
    *checks: pa.Check,
    required: bool = False,
    key: bool = False,
) -> pa.Column:
    return pa.Column(dtype, checks=list(checks), nullable=not required, metadata={KEY: key})


def _text(*checks: pa.Check, required: bool = False, key: bool = False) -> pa.Column:
    return _column(pl.String, *checks, required=required, key=key)


def _one_of(*values: str) -> pa.Check:
    return pa.Check.isin(values, name=f"one of {', '.join(values)}")


def _not_negative() -> pa.Check:
    return pa.Check.ge(0, name="not negative")


def _record_type(*values: str) -> pa.Column:
    return _text(_one_of(*values), required=True, key=True)


def _medical_claim() -> dict[str, pa.Column]:
    return {
        "record_type": _record_type("line", "header"),
        "claim_id": _text(required=True, key=True),
        "claim_line_number": _column(pl.Int64, _not_negative(), required=True, key=True),
        "claim_type": _text(_one_of("professional", "institutional", "undetermined")),
        "person_id": _text(required=True),
        "member_id": _text(),
        "payer": _text(),
        "plan": _text(),
        "claim_start_date": _column(pl.Date),
        "claim_end_date": _column(pl.Date),
        "claim_line_start_date": _column(pl.Date),
        "claim_line_end_date": _column(pl.Date),
        "admission_date": _column(pl.Date),
        "discharge_date": _column(pl.Date),
        "discharge_disposition_code": _text(),
        "place_of_service_code": _text(),
        "bill_type_code": _text(),
        "drg_code": _text(),
        "revenue_center_code": _text(),
        "service_unit_quantity": _column(MONEY),
        "hcpcs_code": _text(),
        "hcpcs_modifier_1": _text(),
        "hcpcs_modifier_2": _text(),
        "rendering_npi": _text(),
        "billing_npi": _text(),
        "facility_npi": _text(),
        "paid_date": _column(pl.Date),
        "paid_amount": _column(MONEY),
        "allowed_amount": _column(MONEY),
        "charge_amount": _column(MONEY),
        "coinsurance_amount": _column(MONEY),
        "copayment_amount": _column(MONEY),
        "deductible_amount": _column(MONEY),
        "diagnosis_code_type": _text(_one_of("icd-10-cm", "icd-9-cm")),
        "diagnosis_code_1": _text(),
        "diagnosis_code_2": _text(),
        "diagnosis_code_3": _text(),
        "diagnosis_code_4": _text(),
        "diagnosis_code_5": _text(),
        "data_source": _text(required=True),
    }


def _pharmacy_claim() -> dict[str, pa.Column]:
    return {
        "claim_id": _text(required=True, key=True),
        "claim_line_number": _column(pl.Int64, _not_negative(), required=True, key=True),
        "person_id": _text(required=True),
        "member_id": _text(),
        "payer": _text(),
        "plan": _text(),
        "prescribing_provider_npi": _text(),
        "dispensing_provider_npi": _text(),
        "dispensing_date": _column(pl.Date, required=True),
        "ndc_code": _text(),
        "drug_code": _text(),
        "drug_code_type": _text(_one_of("ndc", "rxnorm", "source")),
        "drug_description": _text(),
        "quantity": _column(MONEY),
        "days_supply": _column(pl.Int64, _not_negative()),
        "refills": _column(pl.Int64, _not_negative()),
        "paid_date": _column(pl.Date),
        "paid_amount": _column(MONEY),
        "allowed_amount": _column(MONEY),
        "charge_amount": _column(MONEY),
        "coinsurance_amount": _column(MONEY),
        "copayment_amount": _column(MONEY),
        "deductible_amount": _column(MONEY),
        "data_source": _text(required=True),
    }


def _eligibility() -> dict[str, pa.Column]:
    return {
        "person_id": _text(required=True, key=True),
        "member_id": _text(required=True, key=True),
        "subscriber_id": _text(),
        "gender": _text(_one_of("male", "female", "unknown")),
        "race": _text(),
        "birth_date": _column(pl.Date),
        "death_date": _column(pl.Date),
        "enrollment_start_date": _column(pl.Date, required=True, key=True),
        "enrollment_end_date": _column(pl.Date, key=True),
        "payer": _text(key=True),
        "payer_type": _text(),
        "plan": _text(key=True),
        "dual_status_code": _text(),
        "medicare_status_code": _text(),
        "state": _text(),
        "zip_code": _text(),
        "data_source": _text(required=True),
    }


def _lab_result() -> dict[str, pa.Column]:
    return {
        "lab_result_id": _text(required=True, key=True),
        "person_id": _text(required=True),
        "patient_id": _text(),
        "encounter_id": _text(),
        "accession_number": _text(),
        "source_order_type": _text(_one_of("loinc", "snomed-ct")),
        "source_order_code": _text(),
        "source_component_type": _text(_one_of("loinc", "snomed-ct")),
        "source_component_code": _text(required=True),
        "source_component_description": _text(),
        "status": _text(),
        "result": _text(),
        "result_datetime": _column(TIMESTAMP),
        "collection_datetime": _column(TIMESTAMP),
        "source_units": _text(),
        "source_reference_range_low": _text(),
        "source_reference_range_high": _text(),
        "specimen": _text(),
        "ordering_practitioner_id": _text(),
        "data_source": _text(required=True),
    }


def _practitioner() -> dict[str, pa.Column]:
    return {
        "record_type": _record_type("practitioner", "practice"),
        "practitioner_id": _text(required=True, key=True),
        "npi": _text(),
        "first_name": _text(),
        "last_name": _text(),
        "practice_id": _text(),
        "practice_affiliation": _text(),
        "specialty": _text(),
        "sub_specialty": _text(),
        "data_source": _text(required=True),
    }


def _provider_attribution() -> dict[str, pa.Column]:
    return {
        "person_id": _text(required=True, key=True),
        "member_id": _text(required=True, key=True),
        "year_month": _text(pa.Check.str_matches(r"^\d{4}-\d{2}$", name="YYYY-MM"), required=True, key=True),
        "payer": _text(),
        "plan": _text(),
        "payer_attributed_provider": _text(required=True),
        "payer_attributed_provider_practice": _text(),
        "data_source": _text(required=True),
    }


def _patient() -> dict[str, pa.Column]:
    return {
        "person_id": _text(required=True, key=True),
        "patient_id": _text(required=True, key=True),
        "first_name": _text(),
        "last_name": _text(),
        "sex": _text(_one_of("male", "female", "unknown")),
        "race": _text(),
        "ethnicity": _text(),
        "birth_date": _column(pl.Date),
        "death_date": _column(pl.Date),
        "city": _text(),
        "state": _text(),
        "zip_code": _text(),
        "county": _text(),
        "data_source": _text(required=True),
    }


_COLUMNS = {
    "medical_claim": _medical_claim,
    "pharmacy_claim": _pharmacy_claim,
    "eligibility": _eligibility,
    "lab_result": _lab_result,
    "practitioner": _practitioner,
    "provider_attribution": _provider_attribution,
    "patient": _patient,
}


@cache
def schema(feed: str) -> pa.DataFrameSchema:
    """The contract of one feed, all columns present and in order.

    Raises:
        KeyError: if there is no such feed.
    """
    return pa.DataFrameSchema(_COLUMNS[feed](), name=feed, strict=True, ordered=True)


def key_columns(feed: str) -> list[str]:
    """The columns that are unique together over one delivery of `feed`."""
    return [name for name, column in schema(feed).columns.items() if (column.metadata or {}).get(KEY)]
