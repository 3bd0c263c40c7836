"""How a file is packed and encoded, from its first bytes."""

import codecs
from dataclasses import dataclass

from charset_normalizer import from_bytes

MAGIC: tuple[tuple[bytes, str], ...] = (
    (b"%PDF", "a PDF"),
    (b"PAR1", "a Parquet file"),
    (b"\xd0\xcf\x11\xe0", "an Excel workbook (.xls) or another old Office file"),
    (b"BZh", "compressed by bzip2"),
    (b"\xfd7zXZ", "compressed by xz"),
    (b"\x28\xb5\x2f\xfd", "compressed by zstd"),
    (b"7z\xbc\xaf", "a 7-Zip archive"),
    (b"Rar!", "a RAR archive"),
    (b"-----BEGIN PGP", "encrypted by PGP"),
    (b"ORC", "an ORC file"),
    (b"Obj\x01", "an Avro file"),
)
"""First bytes of kinds of file that no layout reads, and what to call them."""

GZIP, ZIP = b"\x1f\x8b", b"PK\x03\x04"

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_GUESSES = ["cp1252", "latin_1", "cp850", "cp437", "mac_roman", "iso8859_2", "cp1250", "cp1251", "shift_jis", "gb18030"]


@dataclass(frozen=True)
class Encoded:
    """What a sample's bytes are encoded in."""

    encoding: str
    said: str
    unsure: str = ""


def foreign(start: bytes) -> str | None:
    """What a file that no layout reads is, by its first bytes."""
    return next((name for magic, name in MAGIC if start.startswith(magic)), None)


def encoding_of(sample: bytes, whole: bool) -> Encoded:
    """The encoding of a sample, which may end inside a character unless it is the whole file."""
    for mark, name in _MARKS:
        if sample.startswith(mark):
            return Encoded(name, f"{name} with a byte order mark")
    if sample[:400].count(0) > len(sample[:400]) / 4:
        little = sample[1:400:2].count(0) > sample[0:400:2].count(0)
        name = "utf-16-le" if little else "utf-16-be"
        return Encoded(name, f"{name} without a byte order mark", "no mark says so: every other byte is zero")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(sample, final=whole)
    except UnicodeDecodeError:
        return _eight_bit(sample)
    return Encoded("utf-8", "plain ASCII so far, read as utf-8" if sample.isascii() else "utf-8")


def _eight_bit(sample: bytes) -> Encoded:
    lines = [line for line in sample.split(b"\n") if not line.isascii()]
    found = from_bytes(b"\n".join(lines), cp_isolation=_GUESSES).best()
    name = found.encoding if found is not None else "cp1252"
    if name in ("cp1252", "latin_1"):
        # Of the two, the one that Windows writes: they differ where latin-1 has control characters alone.
        name = "cp1252" if _decodes(sample, "cp1252") else "latin_1"
    plain = {"cp1252": "windows-1252", "latin_1": "latin-1"}.get(name, name.replace("_", "-"))
    return Encoded(
        plain, f"{plain}, by {len(lines)} lines that are no utf-8", "one-byte encodings read alike: look at the accents"
    )


def _decodes(sample: bytes, encoding: str) -> bool:
    try:
        sample.decode(encoding)
    except UnicodeDecodeError:
        return False
    return True
