"""What an independent reading of a file expects of it: held for one of some reasons, or row by row loaded or set aside.

Shares no code with the readers. The rules are those of the little contract below, written again by hand.
"""

import re
from dataclasses import dataclass, field
from datetime import date

PATIENTS = {
    "person_id": "id",
    "patient_id": "id",
    "first_name": "name",
    "sex": {"from": "sex", "map": {"F": "female", "M": "male"}},
    "birth_date": "born",
    "data_source": {"value": "test"},
}
"""The layout's columns; in JSON below `record`."""

FIELDS = ("id", "name", "sex", "born")

SPACE = "".join(
    map(
        chr,
        [*range(0x09, 0x0E), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000],
    )
)
"""Unicode's White_Space."""

_DATE = re.compile(r"(\d{4})-(\d\d)-(\d\d)")


@dataclass
class Verdict:
    """What is right for a file."""

    held: set[str] = field(default_factory=set)
    """Parts of sentences: the reason for which it is held has one of them. Empty: it is not held."""
    rows: int = 0
    loaded: list[tuple[int, str, str | None, str | None, str | None]] = field(default_factory=list)
    """Row number, id, name, sex and birth date."""
    set_aside: dict[int, str] = field(default_factory=dict)
    """Row number to rule."""
    either: set[int] = field(default_factory=set)
    """Rows with a date in a form that a reader may or may not take; if it does, its day is what is written."""


class Wrong(str):
    """A value that is no single text."""


def judge(records: "list[dict[str, str | None] | None]") -> Verdict:
    """The verdict on source rows that could be read; of each its values, None where it is no record at all."""
    verdict = Verdict(rows=len(records))
    if not records:
        verdict.held = {"is empty"}
        return verdict
    seen: set[str] = set()
    for number, record in enumerate(records, 1):
        values = {name: _clean((record or {}).get(name)) for name in FIELDS}
        rule = _rule(values)
        born = values["born"]
        if rule is None and born is not None and not _DATE.fullmatch(born):
            verdict.either.add(number)
        if rule is None and values["id"] in seen:
            rule = "duplicate key"
        if rule is not None:
            verdict.set_aside[number] = rule
            continue
        if number not in verdict.either:
            seen.add(str(values["id"]))
        sex = {"F": "female", "M": "male", None: None}[values["sex"]]
        verdict.loaded.append((number, str(values["id"]), values["name"], sex, born))
    return verdict


def _clean(value: str | None) -> str | None:
    if value is None or isinstance(value, Wrong):
        return value
    return value.strip(SPACE) or None


def _rule(values: dict[str, str | None]) -> str | None:
    """The first rule that the row breaks, by the order of the canonical columns and of the rules' names."""
    for name in ("id", "name"):
        value = values[name]
        if isinstance(value, Wrong) or (value is not None and "\0" in value):
            return "type"
        if value is None and name == "id":
            return "required"
    sex, born = values["sex"], values["born"]
    if isinstance(sex, Wrong):
        return "type"
    if sex not in ("F", "M", None):
        return "unlisted value"
    if isinstance(born, Wrong):
        return "type"
    if born is not None and (found := _DATE.fullmatch(born)) and not _is_day(*map(int, found.groups())):
        return "type"
    if born is not None and not found and not re.search(r"\d", born):
        return "type"
    return None


def _is_day(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return year >= 1000
