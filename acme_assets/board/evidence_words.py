"""The parts of an evidence packet in words and in the order of reading, for the terminal and the page alike."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from acme_assets.gates.changes import described
from acme_assets.gates.exceptions import in_words
from acme_assets.gates.statement import Statement

Evidence = Mapping[str, Any]


@dataclass(frozen=True)
class CheckLine:
    """One check of a suite, as it is read."""

    suite: str
    name: str
    passed: bool
    found: str
    """What was measured, or how many rows fail."""
    allowed: str
    reason: str


@dataclass(frozen=True)
class Trend:
    """Rows or a total of a mart, beside its trailing nights."""

    mart: str
    metric: str
    value: str
    beside: str
    """The median of the trailing nights, or that there are too few."""
    deviation: str
    """From the median, as a percentage; empty where there is none."""
    passed: bool


def number(value: Any) -> str:
    """A count or an amount as people read it: 1,234.5; empty for None."""
    if value is None:
        return ""
    text = f"{Decimal(str(value)):,f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def counted(count: int, what: str) -> str:
    """So many of something: 1 row, 2 rows."""
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def rests_on(waivers: int, overrides: int) -> str:
    """What a night rests on, in a line or two."""
    found = [counted(count, what) for count, what in ((waivers, "waiver"), (overrides, "override")) if count]
    return "\n".join(found) or "its files"


def percent(share: Any) -> str:
    """A share as a percentage: 0.125 is 12.5 %; empty for None."""
    return "" if share is None else f"{number(round(Decimal(str(share)) * 100, 2))} %"


def moment(value: datetime | str | None) -> str:
    """A moment in UTC, to the minute."""
    if value is None:
        return ""
    at = datetime.fromisoformat(value) if isinstance(value, str) else value
    return f"{at:%Y-%m-%d %H:%M} UTC"


def kind(name: str) -> str:
    """The kind of a statement, or an action, in words."""
    return "sign-off" if name == "sign_off" else name.replace("_", " ")


def checks(evidence: Evidence) -> list[CheckLine]:
    """Every check of every suite: those that failed first, then in the order of the suites."""
    lines = [_check_line(suite["suite"], check) for suite in evidence["suites"] for check in suite["checks"]]
    return sorted(lines, key=lambda line: line.passed)


def _check_line(suite: str, check: Mapping[str, Any]) -> CheckLine:
    failed_rows = check["failed_rows"]
    found, allowed = number(check["measured"]), check["allowed"] or ""
    if check["name"].startswith("drift of "):
        found, allowed = percent(check["measured"]), f"at most {percent(allowed.removeprefix('at most '))}"
    elif failed_rows is not None:
        found = f"{counted(failed_rows, 'row')} fail{'s' if failed_rows == 1 else ''}"
    return CheckLine(suite, check["name"], check["passed"], found, allowed, check["reason"] or "")


def trends(evidence: Evidence) -> Iterator[Trend]:
    """Rows and totals of each mart that was judged, against the trailing nights."""
    for suite in evidence["suites"]:
        by_name = {check["name"]: check for check in suite["checks"]}
        for metric, value in sorted(suite["metrics"].items(), key=lambda item: (item[0] != "rows", item[0])):
            check = by_name.get(f"drift of {metric}", {"measured": None, "reason": None, "passed": True})
            found = percent(check["measured"])
            yield Trend(suite["mart"], metric, number(value), check["reason"] or "", found, check["passed"])


def files(evidence: Evidence) -> list[list[str]]:
    """Feed, file, rows in, loaded, quarantined, out of scope, and the start of the SHA-256, per file."""
    counts = ("rows_in", "rows_loaded", "rows_quarantined", "rows_out_of_scope")
    return [
        [
            delivery["feed"],
            file["path"].partition("/")[2],
            *(number(file[name]) for name in counts),
            file["sha256"],
        ]
        for delivery in evidence["deliveries"]
        for file in delivery["files"]
    ]


def rows_set_aside(evidence: Evidence) -> list[list[str]]:
    """Feed, contract rule and rows that failed it, the most first within a feed."""
    return [
        [delivery["feed"], rule, number(rows)]
        for delivery in evidence["deliveries"]
        for rule, rows in sorted(delivery["failures"].items(), key=lambda item: (-item[1], item[0]))
    ]


def terms(evidence: Evidence) -> list[list[str]]:
    """Waivers and overrides: kind, what it says, who asked, who agreed, reference, reason, expiry."""
    waivers = [
        [
            "waiver",
            in_words(item),
            item["requested_by"],
            f"{item['contact']} for the client"
            + (f", recorded by {item['acknowledged_by']}" if item["acknowledged_via"] != "link" else ", by a link"),
            item["reference"],
            item["reason"] or "",
            moment(item["expires_at"]),
        ]
        for item in evidence["waivers"]
    ]
    return waivers + [
        [
            "override",
            described(item),
            item["author"],
            item["approved_by"],
            "",
            item["reason"] or "",
            moment(item["expires_at"]),
        ]
        for item in evidence["overrides"]
    ]


def changes(evidence: Evidence) -> list[str]:
    """What is different from the candidate that was signed last, a sentence each."""
    found = evidence["changes"]
    if found["since"] is None:
        return ["No candidate of this client night was signed before."]
    since = f"since the candidate {found['since'][:12]}, which was signed last"
    lines = [f"{feed} was delivered anew {since}." for feed in found["feeds"]]
    for mart, rows in found["marts"].items():
        before, after = rows["rows_before"], rows["rows_now"]
        if before == after:
            lines.append(f"{mart} has as many rows, {number(after)}, and other values {since}.")
        else:
            lines.append(f"{mart} had {number(before) or 'no'} rows and has {number(after)} {since}.")
    return lines or [f"No delivery and no row changed {since}: the waivers, overrides or suites did."]


def changes_in_short(evidence: Evidence) -> str:
    """How much is different from the candidate that was signed last, for a line among others."""
    found = evidence["changes"]
    if found["since"] is None:
        return "first candidate"
    return f"{counted(len(found['feeds']), 'feed')}, {counted(len(found['marts']), 'mart')}"


def said(items: Sequence[Statement], names: Mapping[str, str]) -> list[list[str]]:
    """Sign-offs and withdrawals: what, who with name and address, when, what it means, note, statement id."""
    return [
        [
            str(item.subject.get("decision") or item.kind),
            f"{names.get(item.signer, 'unknown')} <{item.signer}>",
            moment(item.made_at),
            item.meaning,
            item.reason or "",
            item.statement_id[:16],
        ]
        for item in items
    ]
