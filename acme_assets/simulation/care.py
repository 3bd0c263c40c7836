"""What happens to the made-up people: medical claims, prescriptions and lab results, as canonical rows.

Each member's month has a random generator of its own, so that a claim once sent is in every later delivery
too, until it is a year old: a client's file is a snapshot of the latest twelve months. All amounts add up
(charge ≥ allowed = paid + coinsurance + copayment + deductible) and every event lies within an enrolment.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from random import Random

from acme_assets.simulation.people import Member, Population, Practitioner, Row, Span, random_for

_DIAGNOSES = ("E119", "I10", "J069", "M545", "E785", "K219", "F419", "N390", "R079", "Z0000")
_OFFICE_CODES = ("99213", "99214", "G0463", "G0439", "36415", "80053", "83036", "93000", "90686", "J1100")
_REVENUE_CENTERS = ("0120", "0250", "0300", "0320", "0450", "0636")
_DRUGS = (
    ("99999000101", "Examplestatin 20 MG Oral Tablet", 30, "11.40"),
    ("99999000202", "Mockformin 500 MG Oral Tablet", 60, "8.75"),
    ("99999000303", "Placebopril 10 MG Oral Tablet", 30, "6.20"),
    ("99999000404", "Fictimab 40 MG/0.8 ML, prefilled syringe", 2, "1890.00"),
    ("99999000505", "Testolol 25 MG Oral Capsule", 90, "14.05"),
)
_PANELS = (
    (("2345-7", "Glucose, serum", "mg/dL", 65, 130), ("2160-0", "Creatinine, serum", "mg/dL", 1, 2)),
    (("4548-4", "Hemoglobin A1c", "%", 4, 9),),
    (("2093-3", "Cholesterol, total", "mg/dL", 120, 260), ("2085-9", "HDL cholesterol", "mg/dL", 30, 90),
     ("13457-7", "LDL cholesterol", "mg/dL", 50, 180), ("2571-8", "Triglyceride", "mg/dL", 60, 300)),
    (("718-7", "Hemoglobin", "g/dL", 11, 17), ("6690-2", "Leukocytes", "10*3/uL", 3, 12),
     ("777-3", "Platelets", "10*3/uL", 140, 420)),
)  # fmt: skip

_CLAIMS_A_MONTH = 0.3
_PRESCRIPTIONS_A_MONTH = 0.35
_ORDERS_A_MONTH = 0.09
_CENT = Decimal("0.01")


def medical_claims(people: Population) -> Iterator[Row]:
    """Of each claim its header, then its lines."""
    for member, month, random in _member_months(people, "medical"):
        for number in range(_events(random, _CLAIMS_A_MONTH)):
            started = _day(random, month)
            rows = list(_claim(random, people, member, f"{people.prefix}C{_event_id(month, member, number)}", started))
            if rows and started <= people.business_date:
                yield from rows


def _claim(random: Random, people: Population, member: Member, claim_id: str, started: date) -> Iterator[Row]:
    institutional = random.random() < 0.15
    inpatient = institutional and random.random() < 0.3
    ended = started + timedelta(days=random.randint(1, 5) if inpatient else 0)
    span = member.span_on(started)
    if span is None or member.span_on(ended) != span:
        return
    seen_by = random.choice(people.practitioners)
    claim: Row = _payer_columns(people, member, span) | {
        "claim_id": claim_id,
        "claim_type": "institutional" if institutional else "professional",
        "claim_start_date": started,
        "claim_end_date": ended,
        "admission_date": started if inpatient else None,
        "discharge_date": ended if inpatient else None,
        "discharge_disposition_code": "01" if inpatient else None,
        "place_of_service_code": None if institutional else random.choice(("11", "11", "22", "23", "81")),
        "bill_type_code": ("111" if inpatient else "131") if institutional else None,
        "drg_code": random.choice(("193", "291", "470")) if inpatient else None,
        "rendering_npi": seen_by.npi,
        "billing_npi": seen_by.npi,
        "facility_npi": seen_by.npi if institutional else None,
        "paid_date": _paid(ended, random.randint(4, 40), people),
        "diagnosis_code_type": "icd-10-cm",
    }
    codes = random.sample(_DIAGNOSES, random.randint(1, 3))
    claim |= {f"diagnosis_code_{number}": code for number, code in enumerate(codes, start=1)}
    lines = [
        claim | {"record_type": "line", "claim_line_number": number} | _line(random, started, ended, institutional)
        for number in range(1, random.randint(3, 7) + 1 if institutional else random.randint(1, 3) + 1)
    ]
    yield claim | {"record_type": "header", "claim_line_number": 0} | _total(lines)
    yield from lines


def _line(random: Random, started: date, ended: date, institutional: bool) -> Row:
    day = started + timedelta(days=random.randint(0, (ended - started).days))
    charge = Decimal(random.randint(20_00, 400_00) * (6 if institutional else 1)) / 100
    modifier = random.choice((None, None, "25", "59"))
    return {
        "claim_line_start_date": day,
        "claim_line_end_date": day,
        "revenue_center_code": random.choice(_REVENUE_CENTERS) if institutional else None,
        "service_unit_quantity": Decimal(random.randint(1, 3)),
        "hcpcs_code": random.choice(_OFFICE_CODES),
        "hcpcs_modifier_1": None if institutional else modifier,
    } | _amounts(random, charge)


_AMOUNTS = (
    "charge_amount",
    "allowed_amount",
    "paid_amount",
    "coinsurance_amount",
    "copayment_amount",
    "deductible_amount",
)


def _amounts(random: Random, charge: Decimal) -> Row:
    allowed = (charge * random.randint(45, 80) / 100).quantize(_CENT)
    deductible = (allowed / 10).quantize(_CENT) if random.random() < 0.2 else Decimal("0.00")
    copayment = min(allowed - deductible, Decimal(random.choice((0, 0, 5, 10)))).quantize(_CENT)
    coinsurance = ((allowed - deductible - copayment) * random.choice((0, 10, 20)) / 100).quantize(_CENT)
    paid = allowed - deductible - copayment - coinsurance
    return dict(zip(_AMOUNTS, (charge.quantize(_CENT), allowed, paid, coinsurance, copayment, deductible), strict=True))


def _total(lines: list[Row]) -> Row:
    return {
        name: sum((amount for line in lines if isinstance(amount := line[name], Decimal)), start=Decimal("0.00"))
        for name in _AMOUNTS
    }


def pharmacy_claims(people: Population) -> Iterator[Row]:
    """One line per prescription filled."""
    for member, month, random in _member_months(people, "pharmacy"):
        for number in range(_events(random, _PRESCRIPTIONS_A_MONTH)):
            filled = _day(random, month)
            ndc, description, quantity, unit_price = random.choice(_DRUGS)
            prescriber = _own_or_other(random, people, member)
            amounts = _amounts(random, (Decimal(unit_price) * (1 if quantity < 10 else quantity) / 10).quantize(_CENT))
            refills, paid = random.randint(0, 5), _paid(filled, random.randint(1, 14), people)
            span = member.span_on(filled)
            if span is None or filled > people.business_date:
                continue
            yield (
                _payer_columns(people, member, span)
                | {
                    "claim_id": f"{people.prefix}R{_event_id(month, member, number)}",
                    "claim_line_number": 1,
                    "prescribing_provider_npi": prescriber.npi,
                    "dispensing_provider_npi": people.practitioners[-1].npi,
                    "dispensing_date": filled,
                    "ndc_code": ndc,
                    "drug_code": ndc,
                    "drug_code_type": "ndc",
                    "drug_description": description,
                    "quantity": Decimal(quantity),
                    "days_supply": 30,
                    "refills": refills,
                    "paid_date": paid,
                }
                | amounts
            )


def lab_results(people: Population) -> Iterator[Row]:
    """Of each order one row per component, all collected in the client's own daytime."""
    for member, month, random in _member_months(people, "lab"):
        for number in range(_events(random, _ORDERS_A_MONTH)):
            day, at = _day(random, month), time(random.randint(7, 15), random.randint(0, 59))
            orderer = _own_or_other(random, people, member)
            rows = [_result(random, *component) for component in random.choice(_PANELS)]
            # In the morning of the day after its collection a result is there; the file leaves that night.
            if day >= people.business_date or member.span_on(day) is None:
                continue
            collected = datetime.combine(day, at, people.client.zone)
            order = f"{people.prefix}L{_event_id(month, member, number)}"
            for position, row in enumerate(rows, start=1):
                yield row | {
                    "lab_result_id": f"{order}{position}",
                    "person_id": member.person_id,
                    "patient_id": member.person_id,
                    "encounter_id": f"{order}E",
                    "accession_number": order,
                    "status": "final",
                    "collection_datetime": collected.astimezone(UTC),
                    "result_datetime": (collected + timedelta(minutes=25 + 5 * position)).astimezone(UTC),
                    "specimen": "Serum or blood",
                    "ordering_practitioner_id": orderer.npi,
                    "data_source": people.client.client_id,
                }


def _result(random: Random, code: str, description: str, units: str, low: int, high: int) -> Row:
    return {
        "source_order_type": "loinc",
        "source_order_code": code,
        "source_component_type": "loinc",
        "source_component_code": code,
        "source_component_description": description,
        "result": f"{random.uniform(low * 0.9, high * 1.1):.1f}",
        "source_units": units,
        "source_reference_range_low": str(low),
        "source_reference_range_high": str(high),
    }


def _member_months(people: Population, subject: str) -> Iterator[tuple[Member, date, Random]]:
    client_id = people.client.client_id
    for month in people.months():
        for member in people.members:
            yield member, month, random_for(people.seed, client_id, subject, f"{month:%Y%m}", member.number)


def _events(random: Random, rate: float) -> int:
    draw = random.random()
    return (draw < rate) + (draw < rate * 0.15)


def _event_id(month: date, member: Member, number: int) -> str:
    return f"{month:%y%m}{member.number:05d}{number}"


def _day(random: Random, month: date) -> date:
    return month + timedelta(days=random.randint(0, 27))


def _paid(day: date, lag: int, people: Population) -> date | None:
    paid = day + timedelta(days=lag)
    return paid if paid <= people.business_date else None


def _own_or_other(random: Random, people: Population, member: Member) -> Practitioner:
    return random.choice((member.attributed_to, random.choice(people.practitioners)))


def _payer_columns(people: Population, member: Member, span: Span) -> Row:
    return {
        "person_id": member.person_id,
        "member_id": member.member_id,
        "payer": people.client.name,
        "plan": span.plan,
        "data_source": people.client.client_id,
    }
