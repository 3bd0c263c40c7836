"""The standalone verifier: it hashes and signs as we do, needs nothing of ours, and names what it finds in a chain."""

import ast
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acme_assets.audit import verifier
from acme_assets.audit.canonical import canonical_json
from acme_assets.audit.chain import GENESIS, link_hash
from acme_assets.audit.signing import SigningKey
from acme_assets.audit.verifier import Line, Report, line_of, verify_chain
from tests.audit.made_up import entry

TEXTS = st.text(max_size=6)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), TEXTS),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(TEXTS, inner, max_size=4)),
    max_leaves=12,
)


def text_of(function: Callable[[Any], str], value: Any) -> str | None:
    """The canonical text; None where the function refuses the value."""
    try:
        return function(value)
    except (TypeError, ValueError):
        return None


@settings(max_examples=400, deadline=None)
@given(VALUES)
def test_its_canonical_text_is_ours_and_what_we_refuse_it_refuses(value: Any) -> None:
    assert text_of(verifier.canonical, value) == text_of(canonical_json, value)


@settings(max_examples=400, deadline=None)
@given(st.dictionaries(TEXTS, VALUES, max_size=4))
def test_it_reads_canonical_text_and_no_other(value: dict[str, Any]) -> None:
    text = text_of(canonical_json, value)
    if text is None:
        return
    assert verifier.parse(text) == value
    for other in (json.dumps(value, indent=1, sort_keys=True), text + " ", " " + text, text + text):
        assert (verifier.parse(other) is None) == (other != text)


@pytest.mark.parametrize(
    "text",
    [
        '{"a":1,"a":1}',
        '{"b":1,"a":1}',
        '{"a":0.5}',
        '{"a":1.0}',
        '{"a":-0}',
        '{"a":NaN}',
        '{"a":"\\ud83d"}',
        "[" * 99999,
    ],
)
def test_other_spellings_of_json_are_not_read(text: str) -> None:
    assert verifier.parse(text) is None


def test_keys_are_in_the_order_of_their_utf_16_units() -> None:
    text = '{"\U0001f600":1,"\ufb33":2}'
    assert verifier.parse(text) == json.loads(text)
    assert verifier.parse('{"\ufb33":2,"\U0001f600":1}') is None


def test_a_link_is_hashed_as_we_hash_it() -> None:
    assert line_of(1, 7, 'é"', "b", "c", None).made == link_hash(7, "b", 'é"')


def test_a_signature_has_one_spelling() -> None:
    key = SigningKey.generate()
    signature = key.sign("export", "text")
    assert verifier.verifies(key.public.text, "export", "text", signature)
    same_bytes = signature[:-3] + chr(ord(signature[-3]) + 1) + "=="
    for other in (same_bytes, signature + "\n", signature[:-1], "", "é"):
        assert not verifier.verifies(key.public.text, "export", "text", other)
    assert not verifier.verifies(key.public.text, "statement", "text", signature)
    assert not verifier.verifies("no key", "export", "text", signature)


def test_it_imports_nothing_but_the_standard_library_and_cryptography() -> None:
    tree = ast.parse(Path(verifier.__file__).read_text(encoding="utf-8"))
    modules = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    modules |= {node.module or "ours" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in modules} - sys.stdlib_module_names == {"cryptography"}


Raw = tuple[int, str, str, str, str]
"""seq, entry_id, previous, link_hash, entry."""


def chain_of(length: int, first: int = 1, previous: str = GENESIS) -> list[Raw]:
    """A chain of made-up entries."""
    raw = []
    for seq in range(first, first + length):
        made = entry(seq)
        hashed = link_hash(seq, previous, made.entry_id())
        raw.append((seq, made.entry_id(), previous, hashed, made.canonical()))
        previous = hashed
    return raw


CHAIN = chain_of(40)
SIGNED = {15: CHAIN[14][3], 40: CHAIN[39][3]}


def findings(raw: list[Raw | None], signed: dict[int, str] = SIGNED) -> list[tuple[str, int | None]]:
    """(kind, seq) of what is found in a log; None stands for a line that cannot be read."""
    report = Report()
    lines = [line_of(place, *item) if item else Line(place) for place, item in enumerate(raw, 1)]
    verify_chain(lambda: iter(lines), signed, max(signed, default=0), report)
    return [(finding.kind, finding.seq) for finding in report.findings]


def forged(seq: int, previous: str) -> Raw:
    """A link that is right by itself."""
    made = entry(seq, actor="eve@acme.example")
    return seq, made.entry_id(), previous, link_hash(seq, previous, made.entry_id()), made.canonical()


def test_a_chain_that_is_whole_is_clean() -> None:
    assert findings([*CHAIN]) == []
    assert findings([], {}) == []


@pytest.mark.parametrize(
    ("name", "change", "expected"),
    [
        ("an entry of another text", lambda log: log.__setitem__(9, (*log[9][:4], "{}")), [("altered", 10)]),
        (
            "an entry replaced by another's link",
            lambda log: log.__setitem__(9, forged(10, "d" * 64)),
            [("altered", 10)],
        ),
        ("an entry replaced", lambda log: log.__setitem__(9, forged(10, log[8][3])), [("altered", 10)]),
        ("the head replaced", lambda log: log.__setitem__(39, forged(40, log[38][3])), [("checkpoint", 40)]),
        ("deleted", lambda log: log.pop(9), [("missing", 10)]),
        ("three deleted", lambda log: log.__delitem__(slice(9, 12)), [("missing", 10)]),
        ("the first deleted", lambda log: log.pop(0), [("missing", 1)]),
        ("the last deleted", lambda log: log.pop(), [("missing", 40)]),
        ("all deleted", lambda log: log.clear(), [("missing", 1)]),
        ("a forged one before its rival", lambda log: log.insert(9, forged(10, log[8][3])), [("added", 10)]),
        ("a forged one after its rival", lambda log: log.insert(10, forged(10, log[8][3])), [("added", 10)]),
        ("a forged one of a far seq", lambda log: log.insert(9, forged(30, log[8][3])), [("added", 30)]),
        ("one appended", lambda log: log.append(forged(41, log[39][3])), [("added", 41)]),
        ("a copy", lambda log: log.insert(3, log[9]), [("added", 10)]),
        ("a copy beside it", lambda log: log.insert(9, log[9]), [("added", 10)]),
        ("two neighbours swapped", lambda log: log.insert(9, log.pop(10)), [("out of order", 10)]),
        ("one moved", lambda log: log.insert(3, log.pop(30)), [("out of order", 31)]),
        ("an unreadable line", lambda log: log.__setitem__(9, None), [("altered", 10)]),
        ("the last unreadable", lambda log: log.__setitem__(39, None), [("altered", 40)]),
        ("an unreadable line more", lambda log: log.insert(9, None), [("added", 0)]),
    ],
)
def test_what_was_done_to_a_chain_is_named(name: str, change: Callable[[Any], Any], expected: Any) -> None:
    log: list[Raw | None] = [*CHAIN]
    change(log)
    assert findings(log) == expected, name


@pytest.mark.parametrize("place", [0, 4, 14, 15, 39])
@pytest.mark.parametrize("field", range(4))
def test_an_edit_of_one_field_of_a_link_is_found_at_that_link_alone(place: int, field: int) -> None:
    for value in (CHAIN[7][field], 0 if field == 0 else "0" * 64, 41 if field == 0 else "f" * 64):
        if value == CHAIN[place][field]:
            continue
        log: list[Raw | None] = [*CHAIN]
        log[place] = tuple(value if number == field else item for number, item in enumerate(CHAIN[place]))  # type: ignore[assignment]
        assert findings(log) == [("altered", place + 1)], value


def test_hashes_made_anew_after_an_edit_are_found_at_the_next_signature() -> None:
    edit = forged(20, CHAIN[18][3])
    assert findings([*CHAIN[:19], edit, *chain_of(20, 21, edit[3])]) == [("checkpoint", 40)]


def test_a_chain_cut_at_a_signature_is_whole_and_only_what_was_signed_later_tells() -> None:
    assert findings([*CHAIN[:15]], {15: SIGNED[15]}) == []
    assert findings([*CHAIN[:15]], SIGNED) == [("missing", 16)]


def test_without_a_signature_nothing_counts() -> None:
    assert findings([*CHAIN[:2]], {}) == [("added", 1), ("added", 2)]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_any_other_sequence_of_lines_is_found(data: st.DataObject) -> None:
    log = data.draw(st.lists(st.sampled_from([*CHAIN, None]), max_size=45) | st.permutations(CHAIN))
    assert bool(findings(log)) == (log != CHAIN)


def test_the_report_keeps_the_first_thousand_findings_and_counts_the_others() -> None:
    report = Report()
    for number in range(1_234):
        report.add("altered", "text", number)
    assert (len(report.findings), report.left_out) == (1_000, 234)
    assert report.lines()[-1].startswith("NOT CLEAN, 1,234 findings: ")
