"""The made-up people of a client: members with their enrolment, practitioners with their practices.

The same client and seed give the same people on every business date, so that a client's deliveries of two
nights differ by what happened in between. All of it is invented: NPIs and NDCs begin with
99 and postal codes with 000, which nobody has. What happens to the people (claims, results) is `care`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from random import Random

from client_partitions.client import Client

Value = str | int | Decimal | date | datetime | None
Row = dict[str, Value]
"""One canonical row: column to value. A column that is absent is null."""

MEMBERS = 200
PRACTITIONERS = 24
MONTHS_OF_HISTORY = 12

_FIRST_NAMES = ("Amber", "Basil", "Clover", "Dale", "Ember", "Fern", "Garnet", "Hazel", "Iris", "Jasper", "Linden",
                "Maple", "Noël", "Olive", "Poppy", "Reed", "Sage", "Teal", "Willow", "Zinnia")  # fmt: skip
_LAST_NAMES = ("Examplar", "Fakely", "Madeup", "Mockridge", "Nonesuch", "Notreal", "Placeholder", "Pretendé",
               "Sampleton", "Specimen", "Testerman", "Unreal")  # fmt: skip
_TOWNS = ("Sampleville", "Testburg", "Mockton", "Port Example", "Fakefield")
_STATES = ("AZ", "CA", "CO", "IL", "NY")
_RACES = ("asian", "black or african american", "other race", "unknown", "white")
_PLANS = ("Gold", "Silver", "Bronze")
_SPECIALTIES = ("Family Medicine", "Internal Medicine", "Cardiology", "Pediatrics", "Endocrinology")
_PRACTICES = ("Sample Street Family Practice", "Mock Harbor Clinic", "Example Heart Group, PC", "Testburg Medical")


def random_for(*parts: object) -> Random:
    """A generator of its own for each subject, so that one more claim here changes nothing there."""
    return Random("|".join(str(part) for part in parts))


@dataclass(frozen=True)
class Span:
    """One enrolment of a member; `end` is the last day covered."""

    start: date
    end: date
    plan: str


@dataclass(frozen=True)
class Practitioner:
    npi: str
    first_name: str
    last_name: str
    specialty: str
    practice_id: str
    practice: str


@dataclass(frozen=True)
class Member:
    number: int
    person_id: str
    member_id: str
    subscriber_id: str
    first_name: str
    last_name: str
    sex: str
    race: str
    birth_date: date
    city: str
    zip_code: str
    spans: tuple[Span, ...]
    attributed_to: Practitioner

    def span_on(self, day: date) -> Span | None:
        """The enrolment that covers a day."""
        return next((span for span in self.spans if span.start <= day <= span.end), None)


@dataclass(frozen=True)
class Population:
    """Everybody at one client, as seen on one business date."""

    client: Client
    business_date: date
    seed: int
    prefix: str
    """Starts this client's ids, so that no two demo clients share a person."""
    state: str
    members: tuple[Member, ...]
    practitioners: tuple[Practitioner, ...]

    def months(self, count: int = MONTHS_OF_HISTORY) -> list[date]:
        """First days of the latest months, the business date's own last."""
        last = self.business_date.year * 12 + self.business_date.month - 1
        return [date(index // 12, index % 12 + 1, 1) for index in range(last - count + 1, last + 1)]

    def seen_spans(self, member: Member) -> Iterator[Span]:
        """The member's enrolments that have begun."""
        return (span for span in member.spans if span.start <= self.business_date)


def populate(client: Client, business_date: date, seed: int, scale: float) -> Population:
    """The people of one client."""
    prefix = "".join(word[0] for word in client.client_id.split("_")).upper()
    random = random_for(seed, client.client_id, "people")
    practitioners = tuple(
        _practitioner(random, prefix, number) for number in range(1, max(4, round(PRACTITIONERS * scale)) + 1)
    )
    years = (business_date.year - 1, business_date.year)
    members = tuple(
        _member(seed, client.client_id, prefix, number, years, practitioners)
        for number in range(1, max(8, round(MEMBERS * scale)) + 1)
    )
    return Population(client, business_date, seed, prefix, random.choice(_STATES), members, practitioners)


def _practitioner(random: Random, prefix: str, number: int) -> Practitioner:
    practice = random.randrange(len(_PRACTICES))
    return Practitioner(
        npi=f"99{number:08d}",
        first_name=random.choice(_FIRST_NAMES),
        last_name=random.choice(_LAST_NAMES),
        specialty=random.choice(_SPECIALTIES),
        practice_id=f"{prefix}O{practice + 1:02d}",
        practice=_PRACTICES[practice],
    )


def _member(
    seed: int,
    client_id: str,
    prefix: str,
    number: int,
    years: tuple[int, ...],
    practitioners: tuple[Practitioner, ...],
) -> Member:
    random = random_for(seed, client_id, "member", number)
    household = number - random.choice((0, 0, 1)) if number > 1 else number
    return Member(
        number=number,
        person_id=f"{prefix}P{number:06d}",
        member_id=f"{prefix}M{number:06d}",
        subscriber_id=f"{prefix}M{household:06d}",
        first_name=random.choice(_FIRST_NAMES),
        last_name=random.choice(_LAST_NAMES),
        sex=random.choice(("male", "female", "female", "male", "unknown")),
        race=random.choice(_RACES),
        birth_date=date(random.randint(1935, 2015), random.randint(1, 12), random.randint(1, 28)),
        city=random.choice(_TOWNS),
        zip_code=f"000{random.randint(10, 99)}",
        spans=tuple(span for year in years for span in _spans(random_for(seed, client_id, "span", number, year), year)),
        attributed_to=random.choice(practitioners),
    )


def _spans(random: Random, year: int) -> tuple[Span, ...]:
    """A plan year's enrolments: mostly the whole year; some join late, leave early or change plan after a gap."""
    first, second = random.sample(_PLANS, 2)
    fate, month = random.random(), random.randint(4, 9)
    opens, closes, turn = date(year, 1, 1), date(year, 12, 31), date(year, month, 1)
    if fate < 0.84:
        return (Span(opens, closes, first),)
    if fate < 0.90:
        return (Span(turn, closes, first),)
    until_turn = Span(opens, turn - timedelta(days=1), first)
    if fate < 0.95:
        return (until_turn,)
    return (until_turn, Span(date(year, month + random.randint(0, 3), 1), closes, second))


def eligibility(people: Population) -> Iterator[Row]:
    """One row per enrolment that has begun, of this plan year and the last; its end is null until it has passed."""
    for member in people.members:
        for span in people.seen_spans(member):
            yield {
                "person_id": member.person_id,
                "member_id": member.member_id,
                "subscriber_id": member.subscriber_id,
                "gender": member.sex,
                "race": member.race,
                "birth_date": member.birth_date,
                "enrollment_start_date": span.start,
                "enrollment_end_date": span.end if span.end <= people.business_date else None,
                "payer": people.client.name,
                "payer_type": "commercial",
                "plan": span.plan,
                "dual_status_code": None,
                "medicare_status_code": None,
                "state": people.state,
                "zip_code": member.zip_code,
                "data_source": people.client.client_id,
            }


def patients(people: Population) -> Iterator[Row]:
    """One row per member who has ever been enrolled."""
    for member in people.members:
        if not any(True for _ in people.seen_spans(member)):
            continue
        yield {
            "person_id": member.person_id,
            "patient_id": member.person_id,
            "first_name": member.first_name,
            "last_name": member.last_name,
            "sex": member.sex,
            "race": member.race,
            "ethnicity": "unknown",
            "birth_date": member.birth_date,
            "city": member.city,
            "state": people.state,
            "zip_code": member.zip_code,
            "county": "Example County",
            "data_source": people.client.client_id,
        }


def practitioners(people: Population) -> Iterator[Row]:
    """The practitioners, then their practices. A practitioner's id is the NPI: claims and attribution name it."""
    common: Row = {"data_source": people.client.client_id}
    for person in people.practitioners:
        yield common | {
            "record_type": "practitioner",
            "practitioner_id": person.npi,
            "npi": person.npi,
            "first_name": person.first_name,
            "last_name": person.last_name,
            "practice_id": person.practice_id,
            "practice_affiliation": person.practice,
            "specialty": person.specialty,
        }
    for practice_id, practice in sorted({(person.practice_id, person.practice) for person in people.practitioners}):
        yield common | {
            "record_type": "practice",
            "practitioner_id": practice_id,
            "practice_id": practice_id,
            "practice_affiliation": practice,
        }


def attribution(people: Population) -> Iterator[Row]:
    """One row per member and month, of the latest three months."""
    for month in people.months(3):
        for member in people.members:
            span = member.span_on(month)
            if span is None:
                continue
            yield {
                "person_id": member.person_id,
                "member_id": member.member_id,
                "year_month": f"{month:%Y-%m}",
                "payer": people.client.name,
                "plan": span.plan,
                "payer_attributed_provider": member.attributed_to.npi,
                "payer_attributed_provider_practice": member.attributed_to.practice,
                "data_source": people.client.client_id,
            }
