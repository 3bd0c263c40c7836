"""Verify an audit log that `acme audit export` wrote: `python verify.py [FOLDER] [--trust FINGERPRINT]`.

Needs Python 3.10 or later and the package `cryptography`, and nothing of the exporter's own: every export has a
copy of this file as verify.py, which is why it is one file. What is hashed and signed is canonical JSON: keys
sorted by their UTF-16 units, no spaces, no floats. A signature is Ed25519 over "acme-<purpose>-v1", a line feed
and the text.
"""

from __future__ import annotations

import argparse
import base64
import hashlib
import json
import sys
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

ENTRIES, CHECKPOINTS, STATEMENTS, KEYS = "entries.jsonl", "checkpoints.jsonl", "statements.jsonl", "keys.json"
MANIFEST, SCRIPT, README = "manifest.json", "verify.py", "README.txt"
LISTED = (ENTRIES, CHECKPOINTS, STATEMENTS, KEYS, SCRIPT, README)
"""The files that a manifest names; it is the last of the folder."""

GENESIS = "0" * 64
MOST_FINDINGS = 1000
GONE = "its link is there, and the entry is gone"

LINE = {"seq": int, "entry_id": str, "previous": str, "link_hash": str, "entry": str}
ENTRY = {"recorded_at", "actor", "action", "client_id", "business_date", "details"}
COPY = {"checkpoint": str, "signature": str}
CHECKPOINT = {"seq": int, "link_hash": str, "made_at": str, "key_id": str}
SAID_TWICE = ("kind", "client_id", "first_date", "last_date", "signer", "role", "key_id")
"""What a statement's row repeats of its signed text."""
SIGNED_MANIFEST = {"manifest": str, "signature": str}
MANIFEST_FIELDS = {
    **dict.fromkeys(("version", "entries", "checkpoints", "statements", "people", "seq"), int),
    **dict.fromkeys(("made_at", "key_id", "fingerprint", "link_hash"), str),
    "files": dict,
}
STATEMENT = dict.fromkeys(("statement_id", *SAID_TWICE, "statement", "signature", "login", "recorded_at"), str)


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong."""

    kind: str
    """altered, missing, added, out of order, checkpoint, statement, key or file."""
    text: str
    seq: int | None = None
    entry_id: str | None = None


@dataclass
class Report:
    """What a verification found."""

    findings: list[Finding] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    entries: int = 0
    checkpoints: int = 0
    statements: int = 0
    unsealed: int = 0
    """Entries that no link covers yet: only a live ledger has any."""
    left_out: int = 0
    """Findings past the first 1,000."""

    @property
    def is_clean(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings

    def add(self, kind: str, text: str, seq: int | None = None, entry_id: str | None = None) -> None:
        """Note one thing that is wrong."""
        if len(self.findings) < MOST_FINDINGS:
            self.findings.append(Finding(kind, text, seq, entry_id))
        else:
            self.left_out += 1

    def lines(self) -> list[str]:
        """The report for a person to read; the verdict is its last line."""
        count = len(self.findings) + self.left_out
        verdict = f"NOT CLEAN, {counted(count, 'findings')}" if count else "clean"
        waiting = f"; {counted(self.unsealed, 'entries')} not sealed yet" if self.unsealed else ""
        counts = ", ".join(counted(getattr(self, name), name) for name in ("entries", "checkpoints", "statements"))
        return [
            *(f"{finding.kind}: {finding.text}" for finding in self.findings),
            *([f"… and {self.left_out:,} more"] if self.left_out else []),
            *(f"note: {note}" for note in self.notes),
            f"{verdict}: {counts}{waiting}",
        ]


def counted(number: int, things: str) -> str:
    """A number of things, in words: 1 entry, 2 entries."""
    return f"{number:,} {things if number != 1 else things.removesuffix('s').replace('entrie', 'entry')}"


# Canonical JSON, hashes and signatures.

_as_it_is = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode


def canonical(value: Any) -> str:
    """The canonical text of what JSON can hold; ValueError where there is none."""
    return _as_it_is(_sorted(value))


def _sorted(value: Any) -> Any:
    if isinstance(value, str):
        value.encode()
    elif isinstance(value, float):
        raise ValueError("a float has no canonical form")
    elif isinstance(value, dict):
        return {_sorted(key): _sorted(value[key]) for key in sorted(value, key=_utf16)}
    elif isinstance(value, list):
        return [_sorted(item) for item in value]
    return value


def _utf16(key: str) -> bytes:
    return key.encode("utf-16-be")


def sha256(text: str) -> str:
    """SHA-256 of a text, 64 hex digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def _in_order(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys: list[Any] = [key for key, _ in pairs]
    if not all(map(str.isascii, keys)):
        keys = [_utf16(key) for key in keys]
    if any(one >= other for one, other in pairwise(keys)):
        raise ValueError("keys are not in canonical order")
    return dict(pairs)


def _no_float(text: str) -> float:
    raise ValueError(f"{text}: a float has no canonical form")


_read = json.JSONDecoder(object_pairs_hook=_in_order, parse_float=_no_float).decode


def parse(text: str | bytes, fields: Mapping[str, type] | None = None) -> dict[str, Any] | None:
    """The object of a canonical JSON text; None for any other text, and where `fields` are not just its fields."""
    try:
        text = text.decode() if isinstance(text, bytes) else text
        value = _read(text)
        if not isinstance(value, dict) or _as_it_is(value) != text:
            return None
    except (ValueError, RecursionError):
        return None
    if fields is None or (value.keys() == fields.keys() and all(type(value[key]) is fields[key] for key in fields)):
        return value
    return None


def verifies(public: str, purpose: str, text: str, signature: str) -> bool:
    """Whether a signature (base64, in its one right spelling) is this key's, of this text, for this purpose."""
    try:
        raw = base64.b64decode(signature, validate=True)
        key = Ed25519PublicKey.from_public_bytes(base64.b64decode(public, validate=True))
        key.verify(raw, f"acme-{purpose}-v1\n{text}".encode())
    except (InvalidSignature, ValueError):
        return False
    return base64.b64encode(raw).decode() == signature


# The chain.


@dataclass(frozen=True, slots=True)
class Line:
    """One link and its entry, as they were found."""

    place: int
    """Line or row number."""
    seq: int = 0
    entry_id: str = ""
    previous: str = ""
    link_hash: str = ""
    made: str = ""
    """The link hash that its fields give."""
    statement_id: str | None = None
    """The statement that the entry records, if it does."""
    fault: str | None = "it cannot be read"


def line_of(place: int, seq: int, entry_id: str, previous: str, link_hash: str, entry: str | None) -> Line:
    """A line, checked by itself; `entry` is None where only the link is left."""
    made = sha256(_as_it_is({"entry_id": entry_id, "previous": previous, "seq": seq}))
    fault = GONE if entry is None else entry_fault(entry, entry_id)
    if fault is None and made != link_hash:
        fault = "its seq, entry_id, previous or link_hash is not what was sealed"
    details = (parse(entry) or {}).get("details") if entry and '"statement_id"' in entry else None
    named = details.get("statement_id") if isinstance(details, dict) else None
    return Line(place, seq, entry_id, previous, link_hash, made, named if isinstance(named, str) else None, fault)


def entry_fault(entry: str, entry_id: str) -> str | None:
    """Why a text is not the entry that the id names."""
    if (found := sha256(entry)) != entry_id:
        return f"its text hashes to {found}"
    data = parse(entry)
    if data is None or data.keys() != ENTRY or not isinstance(data["details"], dict):
        return "its text is no entry in canonical form"
    return None


def verify_chain(
    lines: Callable[[], Iterable[Line]], signed: Mapping[int, str], head: int, report: Report
) -> dict[str, Line]:
    """Check that the lines are the links 1 to `head`; returns the entries that record statements, by statement id.

    Args:
        lines: gives them once; and once again, all at a time, where something is wrong.
        signed: seq to link hash, as the signatures that verify have it.
    """
    named: dict[str, Line] = {}
    tip, count = GENESIS, 0
    for count, line in enumerate(lines(), 1):
        if line.fault or line.seq != count or line.previous != tip or signed.get(count, line.made) != line.made:
            break
        tip = line.made
        if line.statement_id:
            named[line.statement_id] = line
    else:
        if count == head:
            report.entries = count
            return named
    everything = list(lines())
    report.entries = len(everything)
    before = len(report.findings) + report.left_out
    _diagnose(everything, signed, head, report)
    if len(report.findings) + report.left_out == before:
        report.add("altered", f"the chain does not lead from its beginning to seq {head}")
    return {line.statement_id: line for line in everything if line.statement_id}


def _diagnose(lines: Sequence[Line], signed: Mapping[int, str], head: int, report: Report) -> None:
    """Walk back from what was signed: each link names the one before it, and what nobody names was added."""
    index = _Index(lines)
    in_place: list[tuple[int, Line]] = []
    missing: list[int] = []
    found: list[Finding] = []
    want: str | None = None
    place = len(lines) + 1
    for seq in range(head, 0, -1):
        want = signed.get(seq, want)
        line = index.take(seq, want, before=place)
        if line is None:
            missing.append(seq)
            want = None
            continue
        in_place.append((seq, line))
        if line.fault:
            kind = "missing" if line.fault == GONE else "altered"
            found.append(Finding(kind, f"{_name(seq, line)}: {line.fault}", seq, line.entry_id))
        elif want and line.made != want:
            found.append(_replaced(seq, line, signed))
        is_proven = line.made == want or (not line.fault and index.has(seq - 1, line.previous))
        want, place = line.previous if is_proven else None, line.place
    found += _moved(in_place[::-1])
    found += [_added(line, head) for line in index.unused.values()]
    found += _ranges(missing[::-1])
    for finding in sorted(found, key=lambda item: item.seq or 0):
        report.add(finding.kind, finding.text, finding.seq, finding.entry_id)


class _Index:
    """Lines by their hash, by what they say it is, and by what they say their seq is."""

    def __init__(self, lines: Sequence[Line]) -> None:
        self.unused = {line.place: line for line in lines}
        self._by: dict[str | int, list[Line]] = {}
        for line in lines:
            names: set[str | int] = {line.made, line.link_hash, line.seq} if line.made else set()
            for name in names:
                self._by.setdefault(name, []).append(line)

    def has(self, seq: int, made: str) -> bool:
        """Whether any line is, by its fields, the one of this seq and hash."""
        return any(line.seq == seq and line.made == made for line in self._by.get(made, ()))

    def take(self, seq: int, want: str | None, before: int) -> Line | None:
        """The line of a seq: of the wanted hash, or saying so, or claiming the seq, or unreadable in its place."""
        found = [*(self._by.get(want, ()) if want else ()), *self._by.get(seq, ())]
        if (nearby := self.unused.get(before - 1)) and not nearby.made:
            found.append(nearby)
        found = [line for line in found if line.place in self.unused]
        if not found:
            return None
        fits = [(line.made == want, line.link_hash == want, not line.fault, line.place < before) for line in found]
        best = max(zip(fits, (line.place for line in found), strict=True))[1]
        return self.unused.pop(best)


def _name(seq: int, line: Line) -> str:
    where = "" if line.place == seq else f", line {line.place}"
    return f"entry seq {seq} ({line.entry_id or 'unreadable'}{where})"


def _replaced(seq: int, line: Line, signed: Mapping[int, str]) -> Finding:
    if seq not in signed:
        text = f"{_name(seq, line)} is another than the one that seq {seq + 1} was linked to"
        return Finding("altered", text, seq, line.entry_id)
    last = max((one for one in signed if one < seq), default=0)
    text = f"what was signed at seq {seq} is another log: of seq {last + 1} to {seq}, an entry and the hashes after it"
    return Finding("checkpoint", f"{text} were changed", seq, line.entry_id)


def _moved(in_place: Sequence[tuple[int, Line]]) -> Iterator[Finding]:
    """The lines to take out for the others to be in order: those outside a longest increasing run of places."""
    ends: list[int] = []
    lengths = []
    for _, line in in_place:
        at = bisect_left(ends, line.place)
        ends[at : at + 1] = [line.place]
        lengths.append(at + 1)
    want, limit = len(ends), max((line.place for _, line in in_place), default=0) + 1
    for (seq, line), length in zip(reversed(in_place), reversed(lengths), strict=True):
        if length == want and line.place < limit:
            want, limit = want - 1, line.place
        elif not line.fault:
            yield Finding("out of order", f"{_name(seq, line)} is not in its place", seq, line.entry_id)


def _added(line: Line, head: int) -> Finding:
    reason = "no signature covers it" if line.seq > head else "nothing that was sealed leads to it"
    text = f"line {line.place}, seq {line.seq}, entry {line.entry_id or 'unreadable'}: {reason}"
    return Finding("added", text, line.seq, line.entry_id)


def _ranges(missing: Sequence[int]) -> Iterator[Finding]:
    start = 0
    for index, seq in enumerate(missing):
        if index + 1 == len(missing) or missing[index + 1] != seq + 1:
            first, start = missing[start], index + 1
            text = f"entry seq {first} is not there" if first == seq else f"entries seq {first} to {seq} are not there"
            yield Finding("missing", text, first)


# Keys, checkpoints and statements.


@dataclass(frozen=True)
class Key:
    """A public key."""

    public: str
    until: str | None
    """The first day (UTC) on which its signatures no longer count."""

    @property
    def fingerprint(self) -> str:
        """SHA-256 of the raw bytes; empty where there are none."""
        try:
            return hashlib.sha256(base64.b64decode(self.public, validate=True)).hexdigest()
        except ValueError:
            return ""


@dataclass
class Keys:
    """Whose key is whose."""

    service: dict[str, Key] = field(default_factory=dict)
    people: dict[str, dict[str, Key]] = field(default_factory=dict)


def keys_of(document: Any, report: Report) -> Keys:
    """The keys of a keys.json; what cannot be used is reported and left out."""
    keys = Keys()
    try:
        for item in document["service_keys"]:
            _add_key(keys.service, item, None, report)
        for person in document["people"]:
            of_person = keys.people.setdefault(person["email"], {})
            for item in person["keys"]:
                _add_key(of_person, item, person["retired"], report)
    except (KeyError, TypeError) as error:
        report.add("key", f"{KEYS} is not in the form of an export: {error}")
    return keys


def _add_key(keys: dict[str, Key], item: Mapping[str, Any], retired: str | None, report: Report) -> None:
    days = [str(day) for day in (item["revoked"], retired) if day]
    key = Key(str(item["public"]), min(days, default=None))
    if (item["key_id"], item["fingerprint"]) == (key.fingerprint[:16], key.fingerprint):
        keys[item["key_id"]] = key
    else:
        report.add("key", f"key {item['key_id']} in {KEYS} is not the one that its key_id and fingerprint name")


@dataclass(frozen=True)
class Signed:
    """A checkpoint whose signature verifies."""

    link_hash: str
    made_at: str
    document: str


def _checkpoint(document: str | bytes, where: str, keys: Keys, report: Report) -> tuple[int, Signed] | None:
    found = parse(document, COPY)
    data = parse(found["checkpoint"], CHECKPOINT) if found else None
    if found is None or data is None:
        report.add("checkpoint", f"{where} is no checkpoint in canonical form")
        return None
    key = keys.service.get(data["key_id"])
    if key is None or not verifies(key.public, "checkpoint", found["checkpoint"], found["signature"]):
        whose = f"service key {data['key_id']}" if key else f"{data['key_id']}, which is no key of the service"
        report.add("checkpoint", f"checkpoint seq {data['seq']} ({where}) does not verify with {whose}", data["seq"])
        return None
    if key.until and data["made_at"] >= key.until:
        report.notes.append(f"checkpoint seq {data['seq']} was signed after its key was revoked ({key.until})")
    return data["seq"], Signed(data["link_hash"], data["made_at"], canonical(found))


def verify_checkpoints(documents: Iterable[str | bytes], keys: Keys, report: Report) -> dict[int, Signed]:
    """The checkpoints of a log whose signatures verify, by seq."""
    good: dict[int, Signed] = {}
    for place, document in enumerate(documents, 1):
        report.checkpoints = place
        if found := _checkpoint(document, f"line {place}", keys, report):
            if good and found[0] <= max(good):
                report.add("checkpoint", f"checkpoint seq {found[0]} (line {place}) is not in its place", found[0])
            good[found[0]] = found[1]
    return good


def verify_copies(
    copies: Iterable[tuple[str, str | bytes]],
    log: Mapping[int, Signed],
    keys: Keys,
    report: Report,
    as_of: str | None = None,
) -> None:
    """Compare a log's checkpoints with the copies that were kept elsewhere; none newer than `as_of`."""
    stored: set[int] = set()
    newer = 0
    for name, document in copies:
        found = _checkpoint(document, name, keys, report)
        if found is None:
            continue
        seq, copy = found
        stored.add(seq)
        if seq in log and log[seq].document != copy.document:
            report.add("checkpoint", f"checkpoint seq {seq} is not its copy {name}: the log was made anew", seq)
        elif seq not in log and as_of and copy.made_at > as_of:
            newer += 1
        elif seq not in log:
            report.add("missing", f"{name} covers {seq:,} entries, and the log has no such checkpoint: it was cut", seq)
    for seq in sorted(log.keys() - stored):
        if stored and seq < max(stored):
            report.add("checkpoint", f"checkpoint seq {seq} has no copy, and a later one has: it was taken away", seq)
    if waiting := sum(seq > max(stored, default=0) for seq in log):
        report.notes.append(f"{counted(waiting, 'checkpoints')} without a copy yet")
    if newer:
        report.notes.append(f"not compared: {newer:,} copies that are newer than this export")


def verify_statements(
    rows: Iterable[Mapping[str, str] | None], named: Mapping[str, Line], keys: Keys, report: Report
) -> None:
    """Check every statement's signature, and that each is recorded by an entry and the other way round."""
    there: set[str] = set()
    for place, row in enumerate(rows, 1):
        report.statements = place
        if row is None:
            report.add("statement", f"line {place} of {STATEMENTS} is no statement in canonical form")
            continue
        statement_id = row["statement_id"]
        problem = "it is there twice" if statement_id in there else _statement_problem(row, keys, report)
        if problem is None and statement_id not in named:
            problem = "no entry records it"
        if problem:
            report.add("statement", f"statement {statement_id} of {row['signer']}: {problem}")
        there.add(statement_id)
    for statement_id in sorted(named.keys() - there):
        line = named[statement_id]
        text = f"statement {statement_id} is not there; entry seq {line.seq} ({line.entry_id}) records it"
        report.add("statement", text, line.seq, line.entry_id)


def _statement_problem(row: Mapping[str, str], keys: Keys, report: Report) -> str | None:
    text = parse(row["statement"])
    if (found := sha256(row["statement"])) != row["statement_id"]:
        return f"its text hashes to {found}"
    if text is None:
        return "its text is not in canonical form"
    if wrong := [name for name in SAID_TWICE if text.get(name) != row[name]]:
        return f"{', '.join(wrong)} of its row is not what was signed"
    key = keys.people.get(row["signer"], {}).get(row["key_id"])
    if key is None:
        return f"key {row['key_id']} is not one of the signer's"
    if not verifies(key.public, "statement", row["statement"], row["signature"]):
        return f"its signature does not verify with the signer's key {row['key_id']}"
    if key.until and str(text.get("made_at")) >= key.until:
        report.notes.append(f"statement {row['statement_id']} was signed after its key's last day ({key.until})")
    return None


# The folder.


def verify_folder(folder: Path, trusted_fingerprint: str | None = None, copies: Path | None = None) -> Report:
    """Check an exported folder.

    Args:
        trusted_fingerprint: of the service key, as the verifier has it from elsewhere.
        copies: folder with the checkpoints' copies, as the object store has them.
    """
    report = Report()
    for name in (*LISTED, MANIFEST):
        if not (folder / name).is_file():
            report.add("file", f"{name} is missing")
    keys = keys_of(_whole(folder / KEYS), report)
    manifest = _manifest(_whole(folder / MANIFEST), keys, trusted_fingerprint, report)
    log = verify_checkpoints(_raw_lines(folder / CHECKPOINTS), keys, report)
    signed = {seq: checkpoint.link_hash for seq, checkpoint in log.items()}
    if manifest:
        signed[manifest["seq"]] = manifest["link_hash"]
    named = verify_chain(lambda: _log_lines(folder / ENTRIES), signed, max(signed, default=0), report)
    rows = (parse(line, STATEMENT) for line in _raw_lines(folder / STATEMENTS))
    verify_statements(rows, named, keys, report)
    if manifest:
        _compare(folder, manifest, log, report)
    if copies:
        paths = sorted(copies.glob("checkpoint-*.json"))
        as_of = manifest["made_at"] if manifest else None
        verify_copies(((path.name, path.read_bytes()) for path in paths), log, keys, report, as_of)
    return report


def _raw_lines(path: Path) -> Iterator[bytes]:
    if path.is_file():
        with path.open("rb") as stream:
            for line in stream:
                yield line[:-1] if line.endswith(b"\n") else b"cut off"


def _whole(path: Path) -> dict[str, Any] | None:
    lines = list(_raw_lines(path))
    return parse(lines[0]) if len(lines) == 1 else None


def _log_lines(path: Path) -> Iterator[Line]:
    for place, raw in enumerate(_raw_lines(path), 1):
        data = parse(raw, LINE)
        yield line_of(place, **data) if data else Line(place)


def _manifest(document: Any, keys: Keys, trusted: str | None, report: Report) -> dict[str, Any] | None:
    """The manifest, if a key of the service signed it."""
    found = parse(canonical(document), SIGNED_MANIFEST) if document else None
    manifest = parse(found["manifest"], MANIFEST_FIELDS) if found else None
    if found is None or manifest is None:
        report.add("file", f"{MANIFEST} is no manifest in canonical form")
        return None
    if manifest["version"] != 1:
        report.add("file", f"the manifest is of version {manifest['version']}, and this verifier knows version 1")
    key = keys.service.get(manifest["key_id"])
    if key is None or not verifies(key.public, "export", found["manifest"], found["signature"]):
        report.add("file", f"{MANIFEST} does not verify with service key {manifest['key_id']} of {KEYS}")
        return None
    if trusted is None:
        note = f"signed by service key {key.fingerprint}: anybody's, unless you know it from elsewhere (--trust)"
        report.notes.append(note)
    elif trusted.replace(":", "").replace(" ", "").lower() != key.fingerprint:
        report.add("key", f"the export is signed by {key.fingerprint}, which is not the trusted service key")
    return manifest


def _compare(folder: Path, manifest: Mapping[str, Any], log: Mapping[int, Signed], report: Report) -> None:
    """Whether the folder is what its manifest says."""
    for name in LISTED:
        if (folder / name).is_file() and _sha256_of(folder / name) != manifest["files"].get(name):
            report.add("file", f"{name} is not the file that the manifest names")
    for name in ("entries", "checkpoints", "statements"):
        if getattr(report, name) != manifest[name]:
            report.add("file", f"the manifest has {manifest[name]:,} {name}, the folder {getattr(report, name):,}")
    head = log.get(manifest["seq"])
    if manifest["seq"] and (head is None or head.link_hash != manifest["link_hash"]):
        report.add("checkpoint", f"no checkpoint has the manifest's head, seq {manifest['seq']}", manifest["seq"])


def _sha256_of(path: Path) -> str:
    found = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(1 << 20):
            found.update(block)
    return found.hexdigest()


def main(arguments: Sequence[str] | None = None) -> int:
    """Verify a folder; 0 where it is clean, 1 where it is not, 2 where there is none."""
    here = Path(__file__).parent
    parser = argparse.ArgumentParser(description="Verify an exported audit log. Ends with 0 (clean), 1 (not) or 2.")
    parser.add_argument("folder", nargs="?", type=Path, default=here, help="default: the one of this file")
    parser.add_argument("--trust", metavar="FINGERPRINT", help="the service key's, as you have it from elsewhere")
    parser.add_argument("--checkpoints", metavar="FOLDER", type=Path, help="the copies of the checkpoints")
    options = parser.parse_args(arguments)
    for folder in (options.folder, options.checkpoints):
        if folder is not None and not folder.is_dir():
            parser.error(f"{folder} is no folder")
    report = verify_folder(options.folder, options.trust, options.checkpoints)
    print("\n".join(report.lines()))
    return 0 if report.is_clean else 1


if __name__ == "__main__":
    sys.exit(main())
