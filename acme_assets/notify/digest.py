"""The morning's digest as a mail: a plain structure rendered to text and HTML. What it says is made elsewhere."""

from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template


@dataclass(frozen=True)
class Table:
    """Rows under headings, all of them text."""

    headings: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


@dataclass(frozen=True)
class Section:
    """One part of a digest."""

    title: str
    lines: tuple[str, ...] = ()
    table: Table | None = None


@dataclass(frozen=True)
class Digest:
    """What one audience is told of a night."""

    title: str
    sections: tuple[Section, ...]
    picture: bytes | None = None
    """PNG."""
    picture_text: str = ""
    """What it shows, for whoever does not see it."""


@dataclass(frozen=True)
class Rendered:
    """A digest, ready to be enqueued: the text for every channel, the HTML for mail."""

    subject: str
    text: str
    html: str


@cache
def _template() -> Template:
    folder = FileSystemLoader(Path(__file__).parent / "templates")
    return Environment(
        loader=folder, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    ).get_template("digest.html")


def render_digest(digest: Digest) -> Rendered:
    """Subject, text and HTML. The picture is in the HTML as a data URI; `mail.py` makes an attachment of it."""
    picture = b64encode(digest.picture).decode() if digest.picture else None
    html = _template().render(digest=digest, picture=picture)
    return Rendered(digest.title, _text(digest), html)


def _text(digest: Digest) -> str:
    parts = [f"{digest.title}\n{'=' * len(digest.title)}"]
    for section in digest.sections:
        body = "\n".join([section.title, "-" * len(section.title), *section.lines])
        parts.append(body + ("\n\n" + _as_text(section.table) if section.table else ""))
    return "\n\n".join(parts) + "\n"


def _as_text(table: Table) -> str:
    rows = [table.headings, *table.rows]
    widths = [max(len(cell) for cell in column) for column in zip(*rows, strict=True)]
    return "\n".join(_row(row, widths) for row in rows)


def _row(row: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
