"""A fleet of made-up clients as registry files: who they are, where, what they owe and in which family of layouts.

As many feeds as a real night has: 1,200 of 180 clients. The same count and seed give the same fleet.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import yaml

from acme_assets.simulation.demo import DELE, INGRID
from acme_assets.simulation.people import random_for
from client_partitions.feeds import FEEDS, Feed

FEEDS_PER_CLIENT = 1_200 / 180
_OPTIONAL_SHARE = 0.2
"""Of the feeds that a client need not have."""

_ZONES: Mapping[str, int] = {
    "America/New_York": 36,
    "America/Chicago": 26,
    "America/Los_Angeles": 15,
    "America/Denver": 6,
    "America/Phoenix": 4,
    "America/Detroit": 3,
    "America/Indiana/Indianapolis": 2,
    "America/Puerto_Rico": 2,
    "Pacific/Honolulu": 2,
    "America/Anchorage": 1,
    "America/Halifax": 1,
    "America/St_Johns": 1,
    "Europe/London": 1,
}
"""IANA zone to its weight: about as people live, with a few clients abroad."""

_DUE = ("03:00", "03:15", "03:30", "03:45", "04:00", "04:15", "04:30", "04:45", "05:00")
"""Not before 03:00: the earliest senders are three hours early, and the data's day ends at midnight."""

_QA = ({"name": "Ingrid Mol", "email": INGRID}, {"name": "Dele Adeyemi", "email": DELE})
_ENGINEERS = (
    {"name": "Priya Raman", "email": "priya.raman@acmehealth.example.com"},
    {"name": "Tomás Vidal", "email": "tomas.vidal@acmehealth.example.com"},
    {"name": "Hana Sato", "email": "hana.sato@acmehealth.example.com"},
)
_CLIENT_SUCCESS = {"name": "Noor Haddad", "email": "noor.haddad@acmehealth.example.com"}
_SENDERS = ("Robin Ashby", "Sam Okafor", "Lee Marchetti", "Kim Dufresne", "Alex Nowak", "Chris Tanaka")
_PLACES = ("Birchwood", "Cedar Falls", "Dry Creek", "Eastlake", "Fox Hollow", "Granite Bay", "Heron Point", "Ironwood",
           "Juniper", "Kestrel", "Larkspur", "Mill River", "North Fork", "Otter Rock", "Pinecrest")  # fmt: skip
_KINDS = ("Health", "Mutual", "Care Partners", "Health Plan", "Medical Group", "Advantage")

_CLAIM = (
    "claim_id claim_type person_id member_id payer plan claim_start_date claim_end_date admission_date discharge_date "
    "discharge_disposition_code bill_type_code drg_code billing_npi facility_npi diagnosis_code_1 diagnosis_code_2"
)
_CLAIM_LINE = (
    "claim_line_number claim_line_start_date claim_line_end_date place_of_service_code revenue_center_code "
    "service_unit_quantity hcpcs_code hcpcs_modifier_1 rendering_npi paid_date charge_amount allowed_amount "
    "paid_amount coinsurance_amount copayment_amount deductible_amount"
)
_ORDER = "person_id patient_id accession_number specimen ordering_practitioner_id collection_datetime"
_RESULT = (
    "lab_result_id source_order_code source_component_code source_component_description status result "
    "result_datetime source_units source_reference_range_low source_reference_range_high"
)


@dataclass(frozen=True)
class _File:
    """What a file of one feed holds: columns, those of a record's lines, and what is the same in each row."""

    columns: str
    line_columns: str = ""
    constants: tuple[tuple[str, str], ...] = ()


_CLAIM_LINES = _File(_CLAIM, _CLAIM_LINE, (("record_type", "line"), ("diagnosis_code_type", "icd-10-cm")))
_FILES: Mapping[Feed, _File] = {
    "medical_claim": _CLAIM_LINES,
    "pharmacy_claim": _File(
        "claim_id claim_line_number person_id member_id payer plan prescribing_provider_npi dispensing_provider_npi "
        "dispensing_date ndc_code drug_code drug_description quantity days_supply refills paid_date charge_amount "
        "allowed_amount paid_amount copayment_amount",
        constants=(("drug_code_type", "ndc"),),
    ),
    "eligibility": _File(
        "person_id member_id subscriber_id gender race birth_date enrollment_start_date enrollment_end_date payer "
        "payer_type plan state zip_code"
    ),
    "lab_result": _File(_ORDER, _RESULT, (("source_order_type", "loinc"), ("source_component_type", "loinc"))),
    "practitioner": _File(
        "practitioner_id npi first_name last_name practice_id practice_affiliation specialty",
        constants=(("record_type", "practitioner"),),
    ),
    "provider_attribution": _File(
        "person_id member_id year_month payer plan payer_attributed_provider payer_attributed_provider_practice"
    ),
    "patient": _File("person_id patient_id first_name last_name sex race ethnicity birth_date city state zip_code"),
}
_TWO_FILES = {
    "claim_headers": _File(
        _CLAIM, constants=(("record_type", "header"), ("claim_line_number", "0"), ("diagnosis_code_type", "icd-10-cm"))
    ),
    "claim_lines": _File(f"claim_id person_id {_CLAIM_LINE}", constants=(("record_type", "line"),)),
}
"""Medical claims where headers and lines come apart."""


@dataclass(frozen=True)
class _Family:
    """Layouts of one origin: what they have in common."""

    pattern: str
    """`{name}` stands for the layout's."""
    reading: Mapping[str, Any]
    """The layout's format, and how dates are written."""
    is_json: bool = False
    are_capitals: bool = False
    two_files: bool = False


_FAMILIES: tuple[tuple[_Family, int], ...] = (
    (_Family("{date}/{name}.csv", {"format": {"kind": "csv"}}, two_files=True), 45),
    (
        _Family(
            "{name}/{name}_{date:%Y%m%d}.txt",
            {
                "format": {"kind": "csv", "delimiter": "|", "quote": None, "encoding": "windows-1252"},
                "date_formats": ["%d-%b-%Y"],
                "timestamp_formats": ["%m/%d/%Y %H:%M"],
            },
            are_capitals=True,
        ),
        35,
    ),
    (_Family("{date}/{name}.ndjson", {"format": {"kind": "json", "lines": True}}, is_json=True), 20),
)
"""Each with its weight."""


def make_fleet(count: int, seed: int = 0, most_feeds: int = len(FEEDS)) -> list[dict[str, Any]]:
    """The registry files of `count` made-up clients, as plain values, in order of client id.

    Args:
        most_feeds: how many feeds a client has at most; two at least, eligibility and claims.
    """
    dropped = _dropped(random_for(seed, "fleet", count), count)
    least = len(FEEDS) - max(most_feeds, 2)
    return [_client(number, max(dropped[number - 1], least), seed) for number in range(1, count + 1)]


def write_fleet(folder: Path, count: int, seed: int = 0, most_feeds: int = len(FEEDS)) -> None:
    """Write one registry file per client of the fleet into a folder, made where it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    for client in make_fleet(count, seed, most_feeds):
        text = yaml.dump(client, Dumper=_NoAliases, sort_keys=False, allow_unicode=True)
        (folder / f"{client['client_id']}.yaml").write_text(text, encoding="utf-8")


class _NoAliases(yaml.SafeDumper):
    """Writes a value as often as it occurs: a person reads these files."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _dropped(random: Random, count: int) -> list[int]:
    """How many of the seven feeds each client does not have: most have all, so that the total is right."""
    left = len(FEEDS) * count - round(FEEDS_PER_CLIENT * count)
    dropped = [0] * count
    for position in random.sample(range(count), count):
        dropped[position] = min(left, random.choice((1, 1, 2, 3)))
        left -= dropped[position]
    return dropped


def _client(number: int, dropped: int, seed: int) -> dict[str, Any]:
    client_id = f"fleet_{number:03d}"
    random = random_for(seed, client_id, "registry")
    zone = random.choices(list(_ZONES), list(_ZONES.values()))[0]
    family = random.choices([family for family, _ in _FAMILIES], [weight for _, weight in _FAMILIES])[0]
    claims = random.choice(("medical_claim", "medical_claim", "pharmacy_claim"))
    spare = [feed for feed in FEEDS if feed not in ("eligibility", claims)]
    gone = random.sample(spare, dropped)
    feeds = [feed for feed in FEEDS if feed not in gone]
    optional = [feed for feed in feeds if feed in spare and random.random() < _OPTIONAL_SHARE]
    first_due = random.randrange(len(_DUE) - 2)
    return {
        "client_id": client_id,
        "name": f"{_PLACES[number % len(_PLACES)]} {_KINDS[number % len(_KINDS)]} {number}",
        "time_zone": zone,
        "deadline": "06:00",
        "landing": client_id,
        "owners": {
            "client": {"name": random.choice(_SENDERS), "email": f"feeds@{client_id.replace('_', '-')}.example.com"},
            "engineering": random.choice(_ENGINEERS),
            "qa": random.sample(_QA, len(_QA)),
            "client_success": _CLIENT_SUCCESS,
        },
        "feeds": {
            feed: _policy(feed, family, random.choice(_DUE[first_due : first_due + 3]), feed in optional)
            for feed in feeds
        },
        "layouts": {
            name: _layout(file, family, client_id, zone) for feed in feeds for name, file in _files(feed, family)
        },
    }


def _files(feed: Feed, family: _Family) -> Sequence[tuple[str, _File]]:
    """The layouts of a feed, by name."""
    if feed == "medical_claim" and family.two_files:
        return tuple(_TWO_FILES.items())
    return ((feed, _FILES[feed]),)


def _policy(feed: Feed, family: _Family, due: str, optional: bool) -> dict[str, Any]:
    files = [{"pattern": family.pattern.replace("{name}", name), "layout": name} for name, _ in _files(feed, family)]
    # A laptop's files are so small that one bad claim is more than the usual hundredth of them, and that within a month
    # of nights the shares and totals of eight people's claims are unlike all before them by chance.
    lenient = {"quarantine_limit": 0.1} if feed in ("medical_claim", "pharmacy_claim") else {}
    drift = {"drift": dict.fromkeys(("rows", "empty", "totals", "keys"), "warn")}
    return {"due": due} | ({"required": False} if optional else {}) | lenient | drift | {"files": files}


def _layout(file: _File, family: _Family, client_id: str, zone: str) -> dict[str, Any]:
    lines = file.line_columns.split()
    reading = dict(family.reading)
    if family.is_json and lines:
        reading["format"] = reading["format"] | {"explode": "lines"}
    if "timestamp_formats" in reading:
        reading["time_zone"] = zone
    columns: dict[str, Any] = {
        name: f"{'line' if name in lines else 'record'}.{name}" if family.is_json else _heading(name, family)
        for name in (*file.columns.split(), *lines)
    }
    constants = {name: {"value": value} for name, value in (*file.constants, ("data_source", client_id))}
    return reading | {"columns": columns | constants}


def _heading(name: str, family: _Family) -> str:
    return name.upper() if family.are_capitals else name
