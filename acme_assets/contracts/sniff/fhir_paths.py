"""Where FHIR R4 resources have the canonical columns: proposed where a sampled resource has something there.

Paths hold for resources as the base specification and US Core / CARIN Blue Button write them. Codes of one payer's own
systems are for the reviewer.
"""

from collections.abc import Mapping

_NPI = "[?system=='http://hl7.org/fhir/sid/us-npi'].value | [0]"
_CARE_TEAM_NPI = (
    "record.careTeam[?provider.identifier.system=='http://hl7.org/fhir/sid/us-npi'].provider.identifier.value | [0]"
)
_US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition"

FHIR: Mapping[str, Mapping[str, Mapping[str, tuple[str, ...]]]] = {
    "Patient": {
        "patient": {
            "person_id": ("record.id", "record.identifier[0].value"),
            "patient_id": ("record.id", "record.identifier[0].value"),
            "first_name": ("record.name[0].given | join(' ', @)",),
            "last_name": ("record.name[0].family",),
            "sex": ("record.gender",),
            "race": (
                f"record.extension[?url=='{_US_CORE}/us-core-race'].extension[] | [?url=='text'].valueString | [0]",
            ),
            "ethnicity": (
                f"record.extension[?url=='{_US_CORE}/us-core-ethnicity'].extension[] "
                "| [?url=='text'].valueString | [0]",
            ),
            "birth_date": ("record.birthDate",),
            "death_date": ("record.deceasedDateTime",),
            "city": ("record.address[0].city",),
            "state": ("record.address[0].state",),
            "zip_code": ("record.address[0].postalCode",),
            "county": ("record.address[0].district",),
        }
    },
    "Practitioner": {
        "practitioner": {
            "practitioner_id": ("record.id", f"record.identifier{_NPI}"),
            "npi": (f"record.identifier{_NPI}",),
            "first_name": ("record.name[0].given | join(' ', @)",),
            "last_name": ("record.name[0].family",),
            "specialty": ("record.qualification[0].code.text", "record.qualification[0].code.coding[0].display"),
        }
    },
    "Observation": {
        "lab_result": {
            "lab_result_id": ("record.id", "record.identifier[0].value"),
            "person_id": ("record.subject.reference",),
            "patient_id": ("record.subject.reference",),
            "encounter_id": ("record.encounter.reference",),
            "source_component_code": ("record.code.coding[?system=='http://loinc.org'].code | [0]",),
            "source_component_description": ("record.code.coding[0].display", "record.code.text"),
            "status": ("record.status",),
            "result": (
                "record.valueQuantity.value", "record.valueString", "record.valueCodeableConcept.coding[0].display",
                "record.valueCodeableConcept.text",
            ),
            "result_datetime": ("record.issued", "record.effectiveDateTime"),
            "collection_datetime": ("record.effectiveDateTime",),
            "source_units": ("record.valueQuantity.unit", "record.valueQuantity.code"),
            "source_reference_range_low": ("record.referenceRange[0].low.value",),
            "source_reference_range_high": ("record.referenceRange[0].high.value",),
            "ordering_practitioner_id": ("record.performer[0].reference",),
        }
    },
    "ExplanationOfBenefit": {
        "medical_claim": {
            "claim_id": ("record.identifier[0].value", "record.id"),
            "claim_line_number": ("line.sequence",),
            "person_id": ("record.patient.reference",),
            "payer": ("record.insurer.display",),
            "claim_start_date": ("record.billablePeriod.start",),
            "claim_end_date": ("record.billablePeriod.end",),
            "claim_line_start_date": ("line.servicedPeriod.start", "line.servicedDate"),
            "claim_line_end_date": ("line.servicedPeriod.end", "line.servicedDate"),
            "admission_date": ("record.hospitalization.start",),
            "discharge_date": ("record.hospitalization.end",),
            "place_of_service_code": ("line.locationCodeableConcept.coding[0].code",),
            "revenue_center_code": ("line.revenue.coding[0].code",),
            "service_unit_quantity": ("line.quantity.value",),
            "hcpcs_code": ("line.productOrService.coding[0].code", "line.service.coding[0].code"),
            "hcpcs_modifier_1": ("line.modifier[0].coding[0].code",),
            "rendering_npi": (
                _CARE_TEAM_NPI,
            ),
            "billing_npi": ("record.provider.identifier.value", "record.organization.identifier.value"),
            "facility_npi": ("record.facility.identifier.value",),
            "paid_date": ("record.payment.date",),
            "paid_amount": ("line.adjudication[?category.coding[0].code=='benefit'].amount.value | [0]",),
            "allowed_amount": ("line.adjudication[?category.coding[0].code=='eligible'].amount.value | [0]",),
            "charge_amount": (
                "line.adjudication[?category.coding[0].code=='submitted'].amount.value | [0]", "line.net.value",
            ),
            "coinsurance_amount": ("line.adjudication[?category.coding[0].code=='coinsurance'].amount.value | [0]",),
            "copayment_amount": ("line.adjudication[?category.coding[0].code=='copay'].amount.value | [0]",),
            "deductible_amount": ("line.adjudication[?category.coding[0].code=='deductible'].amount.value | [0]",),
            **{
                f"diagnosis_code_{number}": (f"record.diagnosis[{number - 1}].diagnosisCodeableConcept.coding[0].code",)
                for number in range(1, 6)
            },
        },
        "pharmacy_claim": {
            "claim_id": ("record.identifier[0].value", "record.id"),
            "claim_line_number": ("line.sequence",),
            "person_id": ("record.patient.reference",),
            "payer": ("record.insurer.display",),
            "prescribing_provider_npi": (
                _CARE_TEAM_NPI,
            ),
            "dispensing_provider_npi": ("record.facility.identifier.value",),
            "dispensing_date": ("line.servicedDate", "line.servicedPeriod.start"),
            "ndc_code": (
                "line.productOrService.coding[?system=='http://hl7.org/fhir/sid/ndc'].code | [0]",
                "line.service.coding[?system=='http://hl7.org/fhir/sid/ndc'].code | [0]",
            ),
            "drug_code": (
                "line.productOrService.coding[?system=='http://hl7.org/fhir/sid/ndc'].code | [0]",
                "line.service.coding[?system=='http://hl7.org/fhir/sid/ndc'].code | [0]",
            ),
            "quantity": ("line.quantity.value",),
            "paid_date": ("record.payment.date",),
            "paid_amount": ("line.adjudication[?category.coding[0].code=='benefit'].amount.value | [0]",),
            "charge_amount": ("line.adjudication[?category.coding[0].code=='submitted'].amount.value | [0]",),
        },
    },
}  # fmt: skip
"""Resource type to feed to canonical column to paths, the likelier first."""

REFERENCE = r"^(?:.*/)?([^/]+)$"
"""What a reference such as `Patient/123` extracts to."""
