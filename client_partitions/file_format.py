"""How a client's file is read into source rows: its kind (delimited, fixed width, JSON), its encoding and packing.

What does not belong here: what the source columns mean, which is `client_partitions.layout`. The readers are in
`acme_assets.contracts`.
"""

import codecs
from typing import Annotated, Any, Literal, Self

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, field_validator, model_validator

NO_CHARACTER_SETS = frozenset(
    {"idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined", "utf-7", "mbcs", "oem", "charmap"}
)
"""Python codecs of text that are no character sets of files."""


def _is_encoding(name: str) -> str:
    try:
        found = codecs.lookup(name)
        "\n".encode(name)
    except (LookupError, TypeError, ValueError):
        found = None
    if found is None or found.name.replace("_", "-") in {item.replace("_", "-") for item in NO_CHARACTER_SETS}:
        raise ValueError(f"{name!r} is no encoding; write one such as utf-8, utf-16, windows-1252 or latin-1")
    return name


Encoding = Annotated[str, AfterValidator(_is_encoding)]
"""A character set by the name that Python has for it
(https://docs.python.org/3.11/library/codecs.html#standard-encodings). A byte order mark is read over; utf-16 and
utf-32 need one, their -le and -be forms do not."""


class Strict(BaseModel):
    """A model that takes no field it does not know and is not changed."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class ZipMembers(Strict):
    """Which members of a zip archive hold rows: read one after another, by name, as one file."""

    members: str = Field("*", min_length=1)
    """Pattern of their names: `*` is any text without a slash, `**` any text."""
    ignored: tuple[str, ...] = ()
    """Patterns of members that hold no rows. One that fits neither holds the file, and so does an unsafe name."""


def _zip_short_form(data: Any) -> Any:
    if data is True:
        return {}
    return {"members": data} if isinstance(data, str) else data


class _Packed(Strict):
    gzip: bool = False
    zip: Annotated[ZipMembers | None, BeforeValidator(_zip_short_form)] = None
    """In YAML `true` is every member, and a plain string the pattern of `members`."""

    @model_validator(mode="after")
    def _one_packing(self) -> Self:
        if self.gzip and self.zip is not None:
            raise ValueError("give gzip or zip, not both")
        return self


class _Text(_Packed):
    encoding: Encoding = "utf-8"
    skip_lines: int = Field(0, ge=0, le=1000)
    """Lines before the header (or before the first row) that say nothing here: titles, report dates."""
    comment: str | None = Field(None, min_length=1)
    """A line that starts with this text, where a row would start, is no row: a comment, a trailer record."""
    final_line_end: bool = False
    """True: the last line ends like every other. A file cut off inside its last value is held then."""


class CsvFormat(_Text):
    """Delimited text. Every value is read as text; types come from the contract."""

    kind: Literal["csv"]
    delimiter: str = Field(",", min_length=1, max_length=8)
    """One character; more of them only without quotes."""
    quote: str | None = Field('"', min_length=1, max_length=1)
    header: tuple[str, ...] | None = None
    """Column names of a file that has no header line; None where the first line is the header."""

    @model_validator(mode="after")
    def _can_be_told_apart(self) -> Self:
        if {"\r", "\n", "\0"} & {*self.delimiter, self.quote}:
            raise ValueError("delimiter, quote: a line end or NUL can be neither")
        if self.quote is not None and (len(self.delimiter) > 1 or self.quote == self.delimiter):
            raise ValueError("delimiter: with a quote it is one character, and another; or write quote: null")
        return self


class FixedFormat(_Text):
    """Fixed-width text: every value at its place in the line, counted in characters."""

    kind: Literal["fixed"]
    fields: dict[str, tuple[int, int]] = Field(min_length=1)
    """Source column to its first and last position, both from 1 and both part of it: `member_id: [1, 11]`."""
    length: int | None = Field(None, ge=1)
    """Characters of every line; by default up to the last field's end."""
    trimmed: bool = False
    """True where the sender cuts blanks off a line's end: a shorter line is read as if it had them."""
    packed: bool = False
    """True where records follow each other without line ends."""

    @field_validator("fields")
    @classmethod
    def _do_not_overlap(cls, fields: dict[str, tuple[int, int]]) -> dict[str, tuple[int, int]]:
        end, before = 0, ""
        for name, (first, last) in sorted(fields.items(), key=lambda item: item[1]):
            if not 1 <= first <= last:
                raise ValueError(f"{name}: {first} to {last} is no place in a line; write [first, last], from 1")
            if first <= end:
                raise ValueError(f"{name}: starts at {first}, inside {before}; correct the positions")
            end, before = last, name
        return fields

    @model_validator(mode="after")
    def _fits_the_line(self) -> Self:
        if self.length is not None and self.length < self.end:
            raise ValueError(f"length: {self.length} is less than the last field's end, {self.end}")
        if self.packed and (self.trimmed or self.final_line_end or self.comment or self.skip_lines):
            raise ValueError("packed: records without line ends are neither trimmed nor skipped; leave those out")
        return self

    @property
    def end(self) -> int:
        """Where the last field ends."""
        return max(last for _, last in self.fields.values())

    @property
    def line_length(self) -> int:
        """Characters of a whole line."""
        return self.length or self.end


class JsonFormat(_Packed):
    """JSON read into source rows by JMESPath (https://jmespath.org)."""

    kind: Literal["json"]
    lines: bool = False
    """True for NDJSON: one document a line. A source row is one document then."""
    records: str | None = None
    """JMESPath from the document to its list of records (a Bundle's `entry[].resource`). Without it the
    document is the one record or, where it is a list, the list of them. Not with `lines`. A path of keys and
    one `[]` streams; with any other the whole document is held in memory, and may not be large."""
    explode: str | None = None
    """JMESPath from a record to its list of lines: one canonical row each (an EOB's `item`)."""

    @field_validator("records", "explode")
    @classmethod
    def _is_a_path(cls, path: str | None) -> str | None:
        if path is not None:
            compile_path(path)
        return path

    @model_validator(mode="after")
    def _one_row_is_one_document(self) -> Self:
        if self.lines and self.records is not None:
            raise ValueError("give lines or records, not both: with lines each document is one source row")
        return self


Format = Annotated[CsvFormat | FixedFormat | JsonFormat, Field(discriminator="kind")]


def compile_path(path: str) -> Any:
    """A JMESPath, ready to search by.

    Raises:
        ValueError: it is none; the text says where.
    """
    try:
        return jmespath.compile(path)
    except JMESPathError as error:
        reason = str(error).splitlines()[0].rstrip(":")
        raise ValueError(f"{path!r} is no JMESPath: {reason}; see https://jmespath.org") from None
