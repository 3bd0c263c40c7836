"""What tells that a feed's delivery is whole: how long its files must rest, a trigger, a control file, its records.

Declared in a client's YAML under `feeds.<feed>.complete` and `files`. What is made of it is `acme_assets.feeds`
(is it all there?) and `acme_assets.contracts.agreement` (is it what was said?).
"""

import re
from typing import Literal, Self

import jmespath
from jmespath.exceptions import JMESPathError
from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from client_partitions.file_patterns import DatedPattern, DateFormat


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class RecordLine(_Strict):
    """A line of a data file that is no row: its first (`header_record`) or its last (`trailer_record`).

    The layout has its reader pass over the line: `skip_lines: 1` the first, `comment: "TRL"` one that begins so.
    """

    matches: str
    """Regular expression of the whole line. Its named groups are checked: `rows` is how many rows the file has, `date`
    its business date, and every other must be as `says` has it."""
    date_format: DateFormat = "%Y-%m-%d"
    says: dict[str, str] = {}
    """Group to the text that it must hold, such as `{sender: TINY, environment: PROD}`."""

    @field_validator("matches")
    @classmethod
    def _is_an_expression(cls, matches: str) -> str:
        try:
            re.compile(matches)
        except re.error as error:
            raise ValueError(f"{matches!r} is no regular expression: {error}") from None
        return matches

    @model_validator(mode="after")
    def _groups_are_checked(self) -> Self:
        groups = set(re.compile(self.matches).groupindex)
        if unknown := sorted(self.says.keys() - groups):
            raise ValueError(f"says: matches has no group {', '.join(unknown)}; write it as (?P<{unknown[0]}>…)")
        if unchecked := sorted(groups - self.says.keys() - {"rows", "date"}):
            raise ValueError(f"matches: nothing checks the group {', '.join(unchecked)}; add it to says")
        return self


class ControlFile(_Strict):
    """A file that says what a delivery consists of: a manifest, a control file, a list of checksums.

    `sums`: the output of sha256sum, sha512sum or md5sum. `csv`: one line a file; the fields below name columns.
    `json`: the fields below are JMESPaths, those of a file against each item of `entries`.
    """

    pattern: DatedPattern
    format: Literal["sums", "csv", "json"]
    delimiter: str = Field(",", min_length=1, max_length=1)
    columns: tuple[str, ...] | None = None
    """Names of the columns of a csv that has no header line."""
    entries: str | None = None
    """Path of a json's list of files."""
    file: str | None = None
    """The file's name: its path below the client's folder or below the control file's. Without it the file says its
    numbers of the delivery as a whole."""
    rows: str | None = None
    bytes: str | None = None
    sha256: str | None = None
    md5: str | None = None
    total_rows: str | None = None
    """Path of a json's count of the rows of all its files, of this feed alone."""
    date: str | None = None
    """The business date that it is for."""
    date_format: DateFormat = "%Y-%m-%d"
    says: dict[str, str] = {}
    """Column or path to the text that it must hold, such as `{environment: production}`."""
    other_lines: int = Field(0, ge=0, le=100)
    """Lines of each file that its sender counts beside the rows, such as the header."""
    after_files: bool = True
    """A control file that is older than a file of its delivery is of an earlier one. False where the sender's files
    keep their times, or come beside each other."""

    @property
    def of_a_file(self) -> dict[str, str]:
        """What it says of each file: what it is, and the column or path."""
        named = {"file": self.file, "rows": self.rows, "bytes": self.bytes, "sha256": self.sha256, "md5": self.md5}
        return {what: name for what, name in named.items() if name is not None}

    @model_validator(mode="after")
    def _fits_its_format(self) -> Self:
        used = {**self.of_a_file, "columns": self.columns, "date": self.date, "says": self.says or None}
        used |= {"entries": self.entries, "total_rows": self.total_rows}
        given = {name for name, value in used.items() if value is not None}
        if self.format == "sums" and given:
            raise ValueError(f"a list of checksums has a form of its own; leave {', '.join(sorted(given))} out")
        if self.format == "csv" and (wrong := given & {"entries", "total_rows"}):
            raise ValueError(f"{', '.join(sorted(wrong))}: only a json has that; leave it out")
        if self.format == "json" and self.columns is not None:
            raise ValueError("columns: only a csv has them; leave it out")
        if self.format == "json" and bool(self.of_a_file) != (self.entries is not None):
            raise ValueError("entries and what is said of each of them (file, rows, …) go together; give both")
        if self.format != "sums" and not self.of_a_file and self.total_rows is None:
            raise ValueError("say what it tells: file, rows, bytes, sha256, md5 or total_rows")
        if self.format == "json":
            for path in (self.entries, self.total_rows, self.date, *self.of_a_file.values(), *self.says):
                _check_path(path)
        return self


def _check_path(path: str | None) -> None:
    try:
        if path is not None:
            jmespath.compile(path)
    except JMESPathError as error:
        raise ValueError(f"{path!r} is no JMESPath: {str(error).splitlines()[0]}; see https://jmespath.org") from None


class Completeness(_Strict):
    """When a delivery is complete, beside every required file of it being there."""

    looks: int = Field(default=2, ge=1, le=120)
    """How many looks in a row must show its files unchanged. 1 where the sender renames what is finished."""
    trigger: DatedPattern | None = None
    """A file that the sender writes last. Its content is not read. One that is older than a file of the delivery is of
    an earlier one."""
    control: ControlFile | None = None
