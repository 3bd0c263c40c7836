"""File patterns: which paths fit, and which business date they tell."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acme_assets.feeds.patterns import fits, match
from acme_assets.simulation.patterns import render

DAY = date(2026, 3, 10)


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        ("{date}/claims.csv", "2026-03-10/claims.csv"),
        ("{date:%Y%m%d}_claims.csv", "20260310_claims.csv"),
        ("CLM_{date:%m-%d-%Y}.txt", "CLM_03-10-2026.txt"),
        ("{date:%d%b%y}.csv", "10Mar26.csv"),
        ("{date:%d%b%y}.csv", "10MAR26.csv"),
        ("{date:%Y-%j}.csv", "2026-069.csv"),
        ("{date:%Y/%m/%d}/claims.csv", "2026/03/10/claims.csv"),
        ("{date:%Y(%m)%d+}.csv", "2026(03)10+.csv"),
        ("RX_{date:%Y%m%d}_*.txt", "RX_20260310_001.txt"),
        ("RX_{date:%Y%m%d}_*.txt", "RX_20260310_.txt"),
        ("*/{date}.csv", "claims/2026-03-10.csv"),
        ("**/{date}.csv", "a/b/c/2026-03-10.csv"),
        ("{date}/EOB-*.ndjson.gz", "2026-03-10/EOB-1 (2).ndjson.gz"),
        ("a+b(c)[d]^$|?_{date}.csv", "a+b(c)[d]^$|?_2026-03-10.csv"),
        ("{id}_{date}.csv", "{id}_2026-03-10.csv"),
        ("\\d{date}.csv", "\\d2026-03-10.csv"),
    ],
)
def test_a_path_that_fits_tells_its_business_date(pattern: str, path: str) -> None:
    assert match(pattern, path) == DAY


@pytest.mark.parametrize(
    ("pattern", "path"),
    [
        # only a part of it fits
        ("{date}/claims.csv", "2026-03-10/claims.csv.part"),
        ("{date}/claims.csv", "old/2026-03-10/claims.csv"),
        ("{date}/claims.csv", "2026-03-10/claims.csv\n"),
        ("{date}.csv", "12026-03-10.csv"),
        # no such date
        ("{date}.csv", "2026-02-30.csv"),
        ("{date}.csv", "2026-13-01.csv"),
        ("{date}.csv", "0000-01-01.csv"),
        ("{date:%Y-%j}.csv", "2026-366.csv"),
        ("{date:%d%b%Y}.csv", "10Mrz2026.csv"),
        # another form of date
        ("{date}.csv", "20260310.csv"),
        ("{date}.csv", "2026-3-10.csv"),
        ("{date:%Y%m%d}.csv", "2026-03-10.csv"),
        ("{date:%m.%d.%Y}.csv", "03-10-2026.csv"),
        ("{date}.csv", "\u0662\u0660\u0662\u0666-\u0660\u0663-\u0661\u0660.csv"),
        # a star ends at the slash
        ("{date}/*.csv", "2026-03-10/a/b.csv"),
        ("*{date}.csv", "a/2026-03-10.csv"),
        # characters that mean something in regular expressions mean themselves
        ("{date}.csv", "2026-03-10xcsv"),
        ("a?_{date}.csv", "_2026-03-10.csv"),
        ("[ab]_{date}.csv", "a_2026-03-10.csv"),
        ("{date}/Claims.csv", "2026-03-10/claims.csv"),
        # no date at all
        ("claims.csv", "claims.csv"),
    ],
)
def test_a_path_that_does_not_fit_tells_none(pattern: str, path: str) -> None:
    assert match(pattern, path) is None


def test_a_leap_day_is_a_date_in_leap_years_alone() -> None:
    assert match("{date}.csv", "2028-02-29.csv") == date(2028, 2, 29)
    assert match("{date}.csv", "2026-02-29.csv") is None


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("manifest.txt", "manifest.txt", True),
        ("manifest.txt", "a/manifest.txt", False),
        ("manifest.txt", "manifest.txt.bak", False),
        ("*.md5", "claims.md5", True),
        ("*.md5", "a/claims.md5", False),
        ("**.md5", "a/claims.md5", True),
        ("logs/**", "logs/a/b.txt", True),
        ("logs/**", "other/logs/a", False),
        ("**/done", "a/b/done", True),
        ("{date}.done", "2026-03-10.done", True),
        ("{date}.done", "today.done", False),
    ],
)
def test_an_ignored_file_needs_no_date_and_two_stars_span_folders(pattern: str, path: str, expected: bool) -> None:
    assert fits(pattern, path) is expected


LITERALS = st.text(alphabet=st.sampled_from("abXY_-. ()[]+^$|?\\/\u00e9#&~"), max_size=6)
FORMS = st.sampled_from(["", ":%Y%m%d", ":%d%b%Y", ":%y%j", ":%Y/%m/%d", ":%m.%d.%Y"])
STARRED = st.lists(st.one_of(LITERALS, st.sampled_from(["*", "**"])), max_size=4).map("".join)


@settings(max_examples=200, deadline=None)
@given(
    before=STARRED,
    form=FORMS,
    after=STARRED,
    star=st.text(alphabet="abcXYZ_. ", max_size=5),
    day=st.dates(date(2000, 1, 1), date(2068, 12, 31)),
)
def test_a_path_written_by_a_pattern_tells_the_date_it_was_written_for(
    before: str, form: str, after: str, star: str, day: date
) -> None:
    pattern = f"{before}{{date{form}}}{after}"
    assert match(pattern, render(pattern, day, star)) == day


@settings(max_examples=100, deadline=None)
@given(before=LITERALS, after=LITERALS, inside=st.text(alphabet="ab/", max_size=6))
def test_one_star_never_takes_a_slash_and_two_take_any(before: str, after: str, inside: str) -> None:
    path = f"{before}{inside}{after}/2026-03-10"
    assert match(f"{before}**{after}/{{date}}", path) == DAY
    if "/" not in inside:
        assert match(f"{before}*{after}/{{date}}", path) == DAY


@settings(max_examples=100, deadline=None)
@given(left=st.text(alphabet="ab", max_size=4), right=st.text(alphabet="ab", max_size=4))
def test_one_star_does_not_span_two_folders(left: str, right: str) -> None:
    assert match("x*y/{date}", f"x{left}/{right}y/2026-03-10") is None
