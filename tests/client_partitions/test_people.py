"""Working hours in people.yaml: read strictly, and wall-clock times on both clock changes."""

from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
import yaml

from acme_assets.audit.signing import SigningKey
from acme_assets.stack.people import enrol
from client_partitions.people import PEOPLE_FILE, WorkingHours, load_roster
from client_partitions.registry import RegistryError

NIGHTS = {"zone": "America/Chicago", "from": "21:00", "until": "05:30"}
INGRID, DELE = "ingrid.mol@acmehealth.example.com", "dele.adeyemi@acmehealth.example.com"


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("day", "begins", "ends", "hours"),
    [
        ("2026-03-06", "2026-03-07 03:00", "2026-03-07 11:30", 8.5),
        ("2026-03-07", "2026-03-08 03:00", "2026-03-08 10:30", 7.5),  # clocks go forward in the shift
        ("2026-10-31", "2026-11-01 02:00", "2026-11-01 11:30", 9.5),  # and back
    ],
)
def test_a_shift_is_by_the_persons_clock(day: str, begins: str, ends: str, hours: float) -> None:
    shift = WorkingHours.model_validate(NIGHTS).on(date.fromisoformat(day))
    assert shift == (utc(begins), utc(ends))
    assert (shift[1] - shift[0]).total_seconds() / 3600 == hours


def test_a_shift_belongs_to_the_day_on_which_it_begins() -> None:
    hours = WorkingHours.model_validate(NIGHTS | {"days": ["fri"]})
    assert hours.on(date(2026, 3, 13)) is not None
    assert hours.on(date(2026, 3, 14)) is None


def test_a_shift_by_day_ends_on_the_same_day() -> None:
    hours = WorkingHours.model_validate({"zone": "Asia/Kolkata", "from": "09:00", "until": "17:30"})
    assert hours.on(date(2026, 3, 13)) == (utc("2026-03-13 03:30"), utc("2026-03-13 12:00"))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"zone": "Chicago"}, "people.0.hours.zone: 'Chicago' is no IANA time zone"),
        ({"from": 1260}, r"people.0.hours.from: 1260 is no time of day"),
        ({"until": None}, "people.0.hours.until: is missing; add it"),
        ({"until": "21:00"}, "people.0.hours: until: is the same as from; leave hours out"),
        ({"days": ["monday"]}, "people.0.hours.days.0: "),
        ({"lunch": "12:00"}, "people.0.hours.lunch: is no field that is known here"),
    ],
)
def test_hours_that_make_no_sense_are_refused_by_file_and_field(
    changes: dict[str, object], said: str, tmp_path: Path
) -> None:
    hours = {key: value for key, value in (NIGHTS | changes).items() if value is not None}
    file = tmp_path / "people.yaml"
    person = {"email": "ada@acme.example", "name": "Ada", "roles": ["qa"], "hours": hours}
    file.write_text(yaml.safe_dump({"people": [person]}))
    with pytest.raises(RegistryError, match=f"people.yaml: {said}"):
        load_roster(file)


def test_hours_outlive_the_enrolment_of_a_key(tmp_path: Path) -> None:
    """Enrolling writes the file anew: times must stay text, where YAML would read 21:00 as a number."""
    file = tmp_path / "people.yaml"
    file.write_text(PEOPLE_FILE.read_text())
    enrol(file, INGRID, SigningKey.generate().public.text)
    assert load_roster(file).people[INGRID].hours == load_roster(PEOPLE_FILE).people[INGRID].hours


@pytest.mark.parametrize("zone", ["America/New_York", "America/Chicago", "America/Denver", "America/Los_Angeles"])
def test_somebody_works_in_the_hours_before_each_deadline(zone: str) -> None:
    people = load_roster(PEOPLE_FILE).people
    deadline = datetime.combine(date(2026, 3, 11), time(6), tzinfo=ZoneInfo(zone)).astimezone(UTC)
    shifts = [
        shift
        for email in (INGRID, DELE)
        for day in (date(2026, 3, 10), date(2026, 3, 11))
        if (hours := people[email].hours) and (shift := hours.on(day))
    ]
    for minutes in range(0, 240, 15):
        moment = deadline - timedelta(minutes=minutes + 1)
        assert any(begins <= moment < ends for begins, ends in shifts), moment
