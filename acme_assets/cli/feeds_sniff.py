"""`acme feeds sniff`: an unknown file's format, and a layout proposed for it. Prints names of columns, never values."""

import re
from pathlib import Path
from typing import Annotated

import typer

from acme_assets.cli.nights import JsonOption
from acme_assets.cli.output import one_line_errors, print_json
from client_partitions.feeds import FEEDS, Feed

FileArgument = Annotated[Path, typer.Argument(help="A file as the client sent it: packed or not, of any kind.")]
FeedOption = Annotated[
    str | None, typer.Option("--feed", help=f"What it is: {', '.join(FEEDS)}. Default: what it fits best.")
]
HeaderOption = Annotated[
    bool | None,
    typer.Option("--header/--no-header", help="Whether its first line names the columns. Default: told from the file."),
]


def known_feed(text: str) -> Feed:
    """The feed of this name.

    Raises:
        typer.BadParameter: there is none.
    """
    for feed in FEEDS:
        if feed == text:
            return feed
    raise typer.BadParameter(f"{text!r} is no feed; use one of {', '.join(FEEDS)}")


def sniff(
    file: FileArgument,
    feed: FeedOption = None,
    header: HeaderOption = None,
    as_json: JsonOption = False,
) -> None:
    """Propose a layout for a file: a YAML block to review, with what is unsure said in comments.

    Reads the whole file by the proposed format, as strictly as a delivery. Paste the block under the client's
    layouts, correct it, then run `acme clients validate` and `acme feeds check`.
    """
    from acme_assets.contracts.rows import FileError
    from acme_assets.contracts.sniff.as_yaml import layout_yaml
    from acme_assets.contracts.sniff.proposing import propose
    from acme_assets.contracts.sniff.sniffing import sniff_file

    wanted = None if feed is None else known_feed(feed)
    with one_line_errors():
        try:
            sniffed = sniff_file(file, header)
        except (FileError, ValueError) as problem:
            raise ValueError(f"{file.name}: {problem}") from None
        proposal = propose(sniffed, wanted)
    text = layout_yaml(_layout_name(file), sniffed, proposal)
    if not as_json:
        typer.echo(text, nl=False)
        return
    print_json(
        {
            "file": file.name,
            "format": sniffed.format.model_dump(mode="json", exclude_defaults=True),
            "rows": sniffed.rows,
            "refused": sniffed.refused,
            "feed": proposal.feed,
            "columns": {
                name: {"mapping": dict(item.mapping), "unsure": item.unsure or None}
                for name, item in proposal.columns.items()
            },
            "missing": list(proposal.missing),
            "unused": list(proposal.unused),
            "unsure": [*sniffed.unsure, *proposal.unsure],
            "yaml": text,
        }
    )


def _layout_name(file: Path) -> str:
    words = re.sub(r"[^a-z0-9]+", "_", file.name.split(".")[0].lower()).strip("_")
    return words or "layout"
