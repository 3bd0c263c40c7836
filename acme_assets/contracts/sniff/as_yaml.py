"""A proposal as a block of the client's YAML, with what is unsure said in comments. It loads as it stands."""

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from acme_assets.contracts.sniff.proposing import Proposal
from acme_assets.contracts.sniff.sniffing import Sniffed

_PLAIN = re.compile(r"[A-Za-z_][A-Za-z0-9_./-]*")
_WORDS = frozenset({"true", "false", "yes", "no", "on", "off", "null", "y", "n"})
_WIDTH = 110


def layout_yaml(name: str, sniffed: Sniffed, proposal: Proposal) -> str:
    """The `layouts` section with this one layout."""
    out = [
        f"# Proposed for {proposal.feed} from {_scalar(sniffed.name)}: {sniffed.rows:,} rows read. "
        "Review every line, then delete what is said about it.",
        *(f"# {_said(fact)}" for fact in sniffed.facts),
        *(f"# UNSURE {_said(item)}" for item in (*sniffed.unsure, *proposal.unsure)),
        *(
            (f"# REFUSED: the strict reader does not read the file by this format: it {_said(sniffed.refused)}",)
            if sniffed.refused
            else ()
        ),
        "layouts:",
        f"  {_scalar(name)}:",
        f"    format: {_flow(_format(sniffed))}",
    ]
    if proposal.date_formats:
        out.append(f"    date_formats: {_flow(list(proposal.date_formats))}")
    if proposal.timestamp_formats:
        out.append(f"    timestamp_formats: {_flow(list(proposal.timestamp_formats))}")
    out.append("    columns:")
    for column, item in proposal.columns.items():
        if item.unsure:
            out.append(f"      # UNSURE {column}: {_said(item.unsure)}")
        short = item.mapping["from"] if set(item.mapping) == {"from"} else item.mapping
        out.append(f"      {column}: {_flow(short)}")
    out += [
        f"      # MISSING {column}: the contract requires it, and no column was found for it"
        for column in proposal.missing
    ]
    out += _listed("# Taken for nothing: ", [_scalar(name) for name in proposal.unused])
    return "\n".join(out) + "\n"


def _format(sniffed: Sniffed) -> dict[str, Any]:
    return {
        "kind": sniffed.format.kind,
        **sniffed.format.model_dump(mode="json", exclude_defaults=True, exclude={"kind"}),
    }


def _listed(head: str, names: Sequence[str]) -> list[str]:
    lines, line = [], head
    for name in names:
        if len(line) + len(name) > _WIDTH:
            lines.append(line.rstrip())
            line = "#   "
        line += f"{name}, "
    return [*lines, line.rstrip(", ")] if names else []


def _said(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)


def _flow(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{_scalar(key)}: {_flow(inside)}" for key, inside in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_flow, value)) + "]"
    return _scalar(value)


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        plain = _PLAIN.fullmatch(value) and value.lower() not in _WORDS
        return value if plain else json.dumps(value, ensure_ascii=not value.isprintable())
    return json.dumps(value)
