"""An evidence packet on the terminal: what is wrong first, what is as always last."""

from collections.abc import Sequence

from rich.text import Text

from acme_assets.board import evidence_words as words
from acme_assets.board.packet import Assessed, Packet
from acme_assets.cli.output import console, escaped, local_time, print_table

Rows = Sequence[Sequence[str | Text]]


def print_packet(packet: Packet, *, every_check: bool = False) -> None:
    """All of it, for an analyst to read before signing; of the checks those that failed, or every one."""
    _print_head(packet)
    evidence, checks = packet.evidence, words.checks(packet.evidence)
    _print_checks("Failed checks", [line for line in checks if not line.passed])
    _table(
        "What the night rests on",
        ["", "says", "by", "agreed", "reference", "reason", "until"],
        words.terms(evidence),
        long=("says", "agreed", "reference", "reason"),
    )
    console.print("\n[bold]What changed since the last signed candidate[/]")
    for sentence in words.changes(evidence):
        console.print(f" {escaped(sentence)}", soft_wrap=True)
    _table(
        "Rows and totals, against the trailing nights",
        ["mart", "of", "tonight", "deviation", "usual"],
        [
            [item.mart, item.metric, item.value, item.deviation if item.passed else _red(item.deviation), item.beside]
            for item in words.trends(evidence)
        ],
        long=("usual",),
    )
    _table(
        "Deliveries",
        ["feed", "file", "rows in", "loaded", "quarantined", "of these out of scope", "SHA-256"],
        [[*row[:-1], row[-1][:16]] for row in words.files(evidence)],
        long=("file",),
    )
    _table("Rows set aside, by rule", ["feed", "rule", "rows"], words.rows_set_aside(evidence), long=("rule",))
    if every_check:
        _print_checks("Checks that passed", [line for line in checks if line.passed])
    _print_signatures(packet)
    _print_refused(packet)


def _print_head(packet: Packet) -> None:
    status, client = packet.at.status, packet.at.client
    deadline = status.deadline.astimezone(client.zone)
    console.print(
        f"[bold]{escaped(client.name)}[/], business date {status.business_date}: {status.state}; "
        f"deadline {deadline:%a %H:%M %Z}"
    )
    console.print(f"evidence digest {packet.digest}, built {local_time(packet.built_at, client.zone)}")
    console.print(f"gate: {escaped(packet.at.gate.reason)}", soft_wrap=True)
    suites = packet.evidence["suites"]
    if packet.failed_suites:
        console.print(
            f"[bold red]{len(packet.failed_suites)} of {len(suites)} suites failed:[/] "
            f"{', '.join(packet.failed_suites)}. To sign all the same, acknowledge each by name.",
            soft_wrap=True,
        )
    else:
        checks = sum(len(suite["checks"]) for suite in suites)
        console.print(f"suites: [green]all {len(suites)} passed[/], {checks} checks")


def _print_checks(title: str, lines: Sequence[words.CheckLine]) -> None:
    _table(
        title,
        ["suite", "check", "found", "allowed", "note"],
        [
            [line.suite, line.name, line.found if line.passed else _red(line.found), line.allowed, line.reason]
            for line in lines
        ],
        long=("check", "note"),
    )


def _print_signatures(packet: Packet) -> None:
    evidence = packet.evidence
    _table(
        f"Marts; {evidence['tests_passed']} dbt tests passed, none failed",
        ["mart", "rows", "SHA-256 of its rows", "signatures"],
        [
            [name, words.number(mart["rows"]), mart["sha256"][:16], _signatures(packet.at, name)]
            for name, mart in evidence["marts"].items()
        ],
        long=("signatures",),
    )
    _table(
        "Said of this candidate",
        ["", "by", "at", "meaning", "note", "statement"],
        words.said(packet.at.of_candidate, packet.names),
        long=("by", "meaning", "note"),
    )


def _print_refused(packet: Packet) -> None:
    for refusal in packet.at.night.refused:
        alarm = "[bold red]looks forged:[/] " if refusal.is_forgery else ""
        console.print(
            f"[yellow]does not count:[/] {words.kind(refusal.kind)} {refusal.statement_id[:12]} by {refusal.signer}: "
            f"{alarm}{escaped(refusal.reason)}",
            soft_wrap=True,
        )
    for request in packet.at.night.pending:
        console.print(
            f"[yellow]not acknowledged:[/] exception request {request.statement_id[:12]} by {request.signer}",
            soft_wrap=True,
        )


def _signatures(at: Assessed, mart: str) -> str:
    item = next(item for item in at.signatures if item.mart == mart)
    have = f"{len(item.signers)} of {item.needed}"
    return f"{have}: {', '.join(item.signers)}" if item.signers else have


def _red(text: str) -> Text:
    return Text(text, "bold red")


def _table(title: str, columns: Sequence[str], rows: Rows, *, long: Sequence[str] = ()) -> None:
    """A table with a blank line before it; none where there is nothing to show."""
    if rows:
        console.print()
        cells = [[escaped(cell) if isinstance(cell, str) else cell for cell in row] for row in rows]
        if columns[0]:
            cells = _without_repeats(cells)
        print_table(title, columns, cells, long=long)


def _without_repeats(rows: Sequence[list[str | Text]]) -> list[list[str | Text]]:
    """The first cell is left out where it repeats the one above."""
    above = [None, *(row[0] for row in rows[:-1])]
    return [["", *row[1:]] if row[0] == before else row for before, row in zip(above, rows, strict=True)]
