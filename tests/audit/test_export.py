"""An exported log of a thousand entries, tampered with in every way we can think of: all of it is found."""

import base64
import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import Any

import pytest

from acme_assets.audit.canonical import canonical_json
from acme_assets.audit.chain import link_hash, read_checkpoint, sign_checkpoint
from acme_assets.audit.signing import SigningKey
from acme_assets.audit.verifier import (
    CHECKPOINTS,
    ENTRIES,
    KEYS,
    LISTED,
    MANIFEST,
    README,
    SCRIPT,
    STATEMENTS,
    Report,
    verify_folder,
)
from acme_assets.stack.postgres import TemporaryServer
from acme_assets.warehouse.auditing import NotExported, export
from acme_assets.warehouse.postgres import PostgresWarehouse
from acme_assets.warehouse.sealing import seal
from client_partitions.people import Roster
from tests.audit.made_up import ANNA, KEY, NOW, ROSTER, STATEMENT_EVERY, entry, fresh_log, write_log

ENTRIES_WRITTEN, SEALED_AT = 1_000, (300, 600, 900, 1_000)
CHAIN_KINDS = ("altered", "missing", "added", "out of order")

Files = dict[str, bytes]


@dataclass
class Case:
    """Files after a tampering, and the seqs of which the report must name at least one, and no other."""

    files: Files
    seqs: set[int] = field(default_factory=set)
    kind: str | None = None


@dataclass(frozen=True)
class Original:
    """The export as it was made, and a folder to put tampered ones in."""

    files: Files
    folder: Path

    def check(self, files: Mapping[str, bytes], trusted: str | None = None, copies: Path | None = None) -> Report:
        """What the verifier says of these files; the folder is put back afterwards."""
        with self.holding(files):
            return verify_folder(self.folder, trusted, copies)

    def run(self, files: Mapping[str, bytes], *arguments: str) -> subprocess.CompletedProcess[str]:
        """The same by the original verify.py in a process of its own."""
        script = self.folder.parent / "verify.py"
        script.write_bytes(self.files[SCRIPT])
        with self.holding(files):
            return subprocess.run(
                [sys.executable, "-I", str(script), str(self.folder), *arguments],
                capture_output=True,
                text=True,
                cwd="/",
                env={"PYTHONUTF8": "1"},
            )

    def holding(self, files: Mapping[str, bytes]) -> Any:
        return _holding(self.folder, self.files, files)


class _holding:  # noqa: N801 - a context manager
    def __init__(self, folder: Path, original: Files, files: Mapping[str, bytes]) -> None:
        self._folder, self._original, self._files = folder, original, files

    def __enter__(self) -> None:
        self._changed = [name for name in self._original if self._files.get(name) != self._original[name]]
        for name in self._changed:
            (self._folder / name).unlink()
            if name in self._files:
                (self._folder / name).write_bytes(self._files[name])

    def __exit__(self, *_: object) -> None:
        for name in self._changed:
            (self._folder / name).write_bytes(self._original[name])


@pytest.fixture(scope="module")
def original(postgres: TemporaryServer, tmp_path_factory: pytest.TempPathFactory) -> Original:
    warehouse = fresh_log(postgres)
    before = 0
    for upto in SEALED_AT:
        write_log(warehouse, upto - before, before + 1)
        seal(warehouse, KEY, NOW)
        before = upto
    folder = tmp_path_factory.mktemp("away") / "export"
    done = export(warehouse, folder, KEY, ROSTER, NOW)
    assert (done.entries, done.checkpoints) == (ENTRIES_WRITTEN, len(SEALED_AT))
    return Original({path.name: path.read_bytes() for path in folder.iterdir()}, folder)


def lines_of(raw: bytes) -> list[bytes]:
    return raw.splitlines(keepends=True)


def line(value: Any) -> bytes:
    return canonical_json(value).encode() + b"\n"


def edited(rng: Random, value: Any) -> Any:
    """Another value of the same type."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, int):
        return value + rng.choice((-1, 1, 17))
    if value is None:
        return "2026-01-01"
    if isinstance(value, str):
        if not value:
            return "x"
        place = rng.randrange(len(value))
        return value[:place] + rng.choice([c for c in "0a1b9fZ" if c != value[place]]) + value[place + 1 :]
    raise AssertionError(value)


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """Where every plain value in a JSON document is."""
    if isinstance(value, dict | list):
        for key in value if isinstance(value, dict) else range(len(value)):
            yield from leaves(value[key], (*path, key))
    else:
        yield path


def edit_a_leaf(rng: Random, document: Any) -> None:
    """Change one plain value of a document, in place."""
    *path, last = rng.choice(list(leaves(document)))
    for key in path:
        document = document[key]
    document[last] = edited(rng, document[last])


def entry_field(rng: Random, files: Files) -> Case:
    lines = lines_of(files[ENTRIES])
    place = rng.randrange(len(lines))
    data = json.loads(lines[place])
    name = rng.choice(list(data))
    if name == "entry" and rng.random() < 0.8:
        inner = json.loads(data["entry"])
        edit_a_leaf(rng, inner)
        data["entry"] = canonical_json(inner)
    else:
        data[name] = edited(rng, data[name])
    lines[place] = line(data)
    return Case({**files, ENTRIES: b"".join(lines)}, {place + 1}, "altered")


def entry_rehashed(rng: Random, files: Files) -> Case:
    """An entry with an id and a link of its own: nothing but the next link tells."""
    lines = lines_of(files[ENTRIES])
    place = rng.choice([at for at in range(len(lines)) if at + 1 not in SEALED_AT])
    data = json.loads(lines[place])
    made = entry(place + 1, actor="eve@acme.example")
    hashed = link_hash(data["seq"], data["previous"], made.entry_id())
    lines[place] = line({**data, "entry": made.canonical(), "entry_id": made.entry_id(), "link_hash": hashed})
    return Case({**files, ENTRIES: b"".join(lines)}, {place + 1}, "altered")


def chain_rehashed(rng: Random, files: Files) -> Case:
    """An entry, and every hash after it."""
    lines = lines_of(files[ENTRIES])
    place = rng.randrange(len(lines))
    previous = json.loads(lines[place])["previous"]
    for at in range(place, len(lines)):
        data = json.loads(lines[at])
        if at == place:
            made = entry(place + 1, actor="eve@acme.example")
            data |= {"entry": made.canonical(), "entry_id": made.entry_id()}
        data |= {"previous": previous, "link_hash": link_hash(data["seq"], previous, data["entry_id"])}
        previous = data["link_hash"]
        lines[at] = line(data)
    return Case({**files, ENTRIES: b"".join(lines)})


def entry_deleted(rng: Random, files: Files) -> Case:
    lines = lines_of(files[ENTRIES])
    place = rng.randrange(len(lines))
    del lines[place]
    return Case({**files, ENTRIES: b"".join(lines)}, {place + 1}, "missing")


def entry_inserted(rng: Random, files: Files) -> Case:
    lines = lines_of(files[ENTRIES])
    place = rng.randrange(len(lines) + 1)
    if rng.random() < 0.5:
        lines.insert(place, lines[rng.randrange(len(lines))])
    else:
        made = entry(rng.randrange(5_000, 9_000), actor="eve@acme.example")
        previous = json.loads(lines[place - 1])["link_hash"] if place else "0" * 64
        link = {"seq": place + 1, "previous": previous, "entry_id": made.entry_id()}
        lines.insert(place, line({**link, "entry": made.canonical(), "link_hash": link_hash(**link)}))
    return Case({**files, ENTRIES: b"".join(lines)}, {json.loads(lines[place])["seq"]}, "added")


def entries_swapped(rng: Random, files: Files) -> Case:
    lines = lines_of(files[ENTRIES])
    one = rng.randrange(len(lines) - 1)
    other = one + 1 if rng.random() < 0.3 else rng.choice([at for at in range(len(lines)) if at != one])
    lines[one], lines[other] = lines[other], lines[one]
    return Case({**files, ENTRIES: b"".join(lines)}, {one + 1, other + 1}, "out of order")


def entries_cut(rng: Random, files: Files) -> Case:
    lines = lines_of(files[ENTRIES])
    left = rng.randrange(len(lines))
    if rng.random() < 0.5:
        return Case({**files, ENTRIES: b"".join(lines[:left])}, {left + 1}, "missing")
    return Case({**files, ENTRIES: b"".join(lines[:left]) + lines[left][: rng.randrange(1, len(lines[left]))]})


def in_lines(rng: Random, files: Files, name: str) -> Case:
    """One value edited, or a line deleted, doubled or swapped."""
    lines = lines_of(files[name])
    place = rng.randrange(len(lines))
    match rng.randrange(6):
        case 0:
            del lines[place]
        case 1:
            lines.insert(rng.randrange(len(lines)), lines[place])
        case 2:
            other = rng.choice([at for at in range(len(lines)) if at != place])
            lines[place], lines[other] = lines[other], lines[place]
        case _:
            data = json.loads(lines[place])
            signed = "checkpoint" if name == CHECKPOINTS else "statement"
            if rng.random() < 0.5:
                inner = json.loads(data[signed])
                edit_a_leaf(rng, inner)
                data[signed] = canonical_json(inner)
            else:
                edit_a_leaf(rng, data)
            lines[place] = line(data)
    return Case({**files, name: b"".join(lines)})


def checkpoint_tampered(rng: Random, files: Files) -> Case:
    return in_lines(rng, files, CHECKPOINTS)


def statement_tampered(rng: Random, files: Files) -> Case:
    return in_lines(rng, files, STATEMENTS)


def key_tampered(rng: Random, files: Files) -> Case:
    document = json.loads(files[KEYS])
    if rng.random() < 0.2:
        document["people"].pop(rng.randrange(len(document["people"])))
    else:
        edit_a_leaf(rng, document)
    return Case({**files, KEYS: line(document)})


def manifest_tampered(rng: Random, files: Files) -> Case:
    document = json.loads(files[MANIFEST])
    manifest = json.loads(document["manifest"])
    match rng.randrange(4):
        case 0:
            document["signature"] = edited(rng, document["signature"])
        case 1:
            raw = document["signature"]
            document["signature"] = raw[:-3] + chr(ord(raw[-3]) ^ 1) + "=="
        case _:
            edit_a_leaf(rng, manifest)
            document["manifest"] = canonical_json(manifest)
    return Case({**files, MANIFEST: line(document)})


def signature_spelled_anew(rng: Random, files: Files) -> Case:
    """Another base64 text of the same bytes, in the one place that no hash covers."""
    document = json.loads(files[MANIFEST])
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    signature = document["signature"]
    last = letters.index(signature[-3])
    spelled = signature[:-3] + letters[last ^ rng.randrange(1, 16)] + "=="
    assert base64.b64decode(spelled) == base64.b64decode(signature)
    return Case({**files, MANIFEST: line({**document, "signature": spelled})})


def byte_flipped(rng: Random, files: Files) -> Case:
    name = rng.choice(list(files))
    raw = bytearray(files[name])
    raw[rng.randrange(len(raw))] ^= 1 << rng.randrange(8)
    return Case({**files, name: bytes(raw)})


def file_removed(rng: Random, files: Files) -> Case:
    name = rng.choice(list(files))
    return Case({other: raw for other, raw in files.items() if other != name})


def shorter_log(rng: Random, files: Files) -> Case:
    """A consistent log up to an earlier checkpoint, with a manifest to match: only its signature is missing."""
    at = rng.randrange(len(SEALED_AT) - 1)
    return Case(cut(files, at, sign=None if rng.random() < 0.5 else SigningKey.generate()))


def cut(files: Files, at: int, sign: SigningKey | None) -> Files:
    """The log as it was at a checkpoint; the manifest signed by some key, or left as it was."""
    entries = lines_of(files[ENTRIES])[: SEALED_AT[at]]
    named = {json.loads(json.loads(raw)["entry"])["details"].get("statement_id") for raw in entries}
    statements = [raw for raw in lines_of(files[STATEMENTS]) if json.loads(raw)["statement_id"] in named]
    shorter = {
        **files,
        ENTRIES: b"".join(entries),
        CHECKPOINTS: b"".join(lines_of(files[CHECKPOINTS])[: at + 1]),
        STATEMENTS: b"".join(statements),
    }
    return shorter if sign is None else with_manifest(shorter, sign)


def with_manifest(files: Files, key: SigningKey) -> Files:
    """The files with a manifest that fits them, signed by this key."""
    manifest = json.loads(json.loads(files[MANIFEST])["manifest"])
    last = json.loads(lines_of(files[ENTRIES])[-1])
    manifest |= {name: len(lines_of(files[f"{name}.jsonl"])) for name in ("entries", "checkpoints", "statements")}
    manifest |= {"seq": last["seq"], "link_hash": last["link_hash"]}
    manifest |= {"key_id": key.public.key_id, "fingerprint": key.public.fingerprint}
    manifest["files"] = {name: hashlib.sha256(files[name]).hexdigest() for name in LISTED}
    text = canonical_json(manifest)
    return {**files, MANIFEST: line({"manifest": text, "signature": key.sign("export", text)})}


def signed_anew(files: Files, key: SigningKey) -> Files:
    """Everything of the service's, made again by somebody with another key."""
    checkpoints = []
    for raw in lines_of(files[CHECKPOINTS]):
        old = read_checkpoint(json.loads(raw)["checkpoint"])
        checkpoints.append(sign_checkpoint(key, old.seq, old.link_hash, old.made_at).document().encode() + b"\n")
    keys = json.loads(files[KEYS])
    public = key.public
    keys["service_keys"] = [
        {"key_id": public.key_id, "fingerprint": public.fingerprint, "public": public.text, "revoked": None}
    ]
    return with_manifest({**files, CHECKPOINTS: b"".join(checkpoints), KEYS: line(keys)}, key)


KINDS: dict[Callable[[Random, Files], Case], int] = {
    entry_field: 120,
    entry_rehashed: 20,
    chain_rehashed: 10,
    entry_deleted: 35,
    entry_inserted: 35,
    entries_swapped: 35,
    entries_cut: 20,
    checkpoint_tampered: 45,
    statement_tampered: 45,
    key_tampered: 40,
    manifest_tampered: 40,
    signature_spelled_anew: 5,
    byte_flipped: 30,
    file_removed: 15,
    shorter_log: 10,
}


def test_there_are_five_hundred_cases() -> None:
    assert sum(KINDS.values()) >= 500


def test_an_export_that_nobody_touched_is_clean(original: Original) -> None:
    report = original.check(original.files, KEY.public.fingerprint)
    assert (report.findings, report.notes) == ([], [])
    assert (report.entries, report.checkpoints, report.statements) == (
        ENTRIES_WRITTEN,
        4,
        ENTRIES_WRITTEN // STATEMENT_EVERY,
    )
    (note,) = original.check(original.files).notes
    assert KEY.public.fingerprint in note


@pytest.mark.parametrize("tamper", KINDS, ids=lambda tamper: tamper.__name__)
def test_whatever_is_changed_is_found_and_an_entry_is_named(original: Original, tamper: Any) -> None:
    for number in range(KINDS[tamper]):
        case = tamper(Random(f"{tamper.__name__} {number}"), original.files)
        report = original.check(case.files)
        assert case.files != original.files, f"{tamper.__name__} {number}"
        assert not report.is_clean, f"{tamper.__name__} {number}"
        if case.kind:
            named = {(finding.kind, finding.seq) for finding in report.findings if finding.kind in CHAIN_KINDS}
            assert named, f"{tamper.__name__} {number}"
            assert {kind for kind, _ in named} == {case.kind}, f"{tamper.__name__} {number}"
            assert {seq for _, seq in named} <= case.seqs, f"{tamper.__name__} {number}"


@pytest.mark.parametrize("tamper", KINDS, ids=lambda tamper: tamper.__name__)
def test_verify_py_finds_the_same_alone(original: Original, tamper: Any) -> None:
    for number in range(3):
        case = tamper(Random(f"{tamper.__name__} {number}"), original.files)
        done = original.run(case.files)
        assert done.returncode == 1, done.stderr
        assert done.stdout.splitlines() == original.check(case.files).lines()


def test_verify_py_alone_finds_nothing_where_nothing_is_wrong(original: Original) -> None:
    done = original.run(original.files, "--trust", KEY.public.fingerprint.upper())
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == "clean: 1,000 entries, 4 checkpoints, 20 statements\n"
    in_place = [sys.executable, "-I", str(original.folder / SCRIPT)]
    assert subprocess.run(in_place, capture_output=True, cwd="/").returncode == 0
    assert original.run(original.files, "--checkpoints", "/nowhere").returncode == 2


def test_an_altered_entry_is_named_in_words(original: Original) -> None:
    lines = lines_of(original.files[ENTRIES])
    data = json.loads(lines[16])
    lines[16] = line({**data, "entry": data["entry"].replace("delivery_loaded", "delivery_arrived")})
    first = original.run({**original.files, ENTRIES: b"".join(lines)}).stdout.splitlines()[0]
    assert first.startswith(f"altered: entry seq 17 ({data['entry_id']}): its text hashes to ")


def test_a_statement_whose_signature_is_somebody_elses_is_named(original: Original) -> None:
    lines = lines_of(original.files[STATEMENTS])
    data = json.loads(lines[2])
    lines[2] = line({**data, "signature": SigningKey.generate().sign("statement", data["statement"])})
    texts = [finding.text for finding in original.check({**original.files, STATEMENTS: b"".join(lines)}).findings]
    assert f"statement {data['statement_id']} of {ANNA}: its signature does not verify" in texts[0]


def test_a_checkpoint_that_does_not_verify_is_named(original: Original) -> None:
    lines = lines_of(original.files[CHECKPOINTS])
    data = json.loads(lines[1])
    lines[1] = line({**data, "signature": KEY.sign("export", data["checkpoint"])})
    found = original.check({**original.files, CHECKPOINTS: b"".join(lines)}).findings[0]
    assert (found.kind, found.seq) == ("checkpoint", 600)


@pytest.mark.parametrize("is_edited", [False, True])
def test_whoever_signs_everything_anew_is_found_by_the_fingerprint_alone(original: Original, is_edited: bool) -> None:
    files = original.files
    if is_edited:
        files = chain_rehashed(Random(1), files).files
        rehashed = {json.loads(raw)["seq"]: json.loads(raw)["link_hash"] for raw in lines_of(files[ENTRIES])}
        moved = [read_checkpoint(json.loads(raw)["checkpoint"]) for raw in lines_of(files[CHECKPOINTS])]
        documents = [sign_checkpoint(KEY, old.seq, rehashed[old.seq], old.made_at).document() for old in moved]
        files = {**files, CHECKPOINTS: b"".join(document.encode() + b"\n" for document in documents)}
    other = SigningKey.generate()
    forged = signed_anew(files, other)
    without = original.check(forged)
    assert {finding.kind for finding in without.findings} <= {"statement"}
    assert other.public.fingerprint in without.notes[0]
    trusted = original.check(forged, KEY.public.fingerprint)
    assert "key" in {finding.kind for finding in trusted.findings}
    assert original.run(forged, "--trust", KEY.public.fingerprint).returncode == 1


@pytest.fixture
def copies(original: Original, tmp_path: Path) -> Path:
    """The checkpoints' copies, as the object store has them."""
    for raw in lines_of(original.files[CHECKPOINTS]):
        seq = read_checkpoint(json.loads(raw)["checkpoint"]).seq
        (tmp_path / f"checkpoint-{seq:012d}.json").write_bytes(raw.rstrip(b"\n"))
    return tmp_path


def test_who_holds_the_service_key_and_cuts_the_log_is_found_by_the_copies(original: Original, copies: Path) -> None:
    trusted = KEY.public.fingerprint
    assert original.check(original.files, trusted, copies).is_clean
    shorter = cut(original.files, 1, sign=KEY)
    assert original.check(shorter, trusted).is_clean
    report = original.check(shorter, trusted, copies)
    assert [(finding.kind, finding.seq) for finding in report.findings] == [("missing", 900), ("missing", 1_000)]
    assert original.run(shorter, "--trust", trusted, "--checkpoints", str(copies)).returncode == 1


def test_copies_that_are_altered_or_taken_away_are_named(original: Original, copies: Path) -> None:
    (copies / "checkpoint-000000000300.json").unlink()
    (copies / "checkpoint-000000000600.json").write_text("{}")
    found = original.check(original.files, copies=copies).findings
    assert {finding.text.split(" has ")[0] for finding in found if finding.seq} == {
        "checkpoint seq 300",
        "checkpoint seq 600",
    }
    assert "checkpoint-000000000600.json is no checkpoint in canonical form" in [finding.text for finding in found]


def test_keys_json_lists_people_roles_and_keys_and_no_private_key(original: Original) -> None:
    document = json.loads(original.files[KEYS])
    assert [(person["email"], person["roles"], person["status"]) for person in document["people"]] == [
        (person.email, list(person.roles), "active") for person in ROSTER.people.values()
    ]
    assert [key["fingerprint"] for key in document["service_keys"]] == [KEY.public.fingerprint]
    assert not [name for name, raw in original.files.items() if b"PRIVATE" in raw]


def test_the_readme_has_three_lines(original: Original) -> None:
    assert len(original.files[README].splitlines()) == 3


def test_an_export_needs_an_empty_folder_and_the_roster(warehouse: PostgresWarehouse, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    with pytest.raises(NotExported, match="is not empty; give a folder that is not there yet"):
        export(warehouse, tmp_path, KEY, ROSTER, NOW)
    with pytest.raises(NotExported, match="people.yaml cannot be used: it is broken"):
        export(warehouse, tmp_path / "new", KEY, Roster(problem="it is broken"), NOW)
    assert (tmp_path / "notes.txt").read_text() == "mine"


def test_an_empty_log_is_exported_and_clean(warehouse: PostgresWarehouse, tmp_path: Path) -> None:
    export(warehouse, tmp_path / "export", KEY, ROSTER, NOW)
    assert verify_folder(tmp_path / "export", KEY.public.fingerprint).lines() == [
        "clean: 0 entries, 0 checkpoints, 0 statements"
    ]
    shutil.rmtree(tmp_path / "export")
