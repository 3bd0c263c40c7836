"""What the watcher remembers between two looks: in a file, for the ledger may be what is silent."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any


@dataclass
class Memory:
    """When it looked, what it reached, and which silences it has told of."""

    looked_at: datetime | None = None
    awake_since: datetime | None = None
    reached_at: datetime | None = None
    """When the warehouse could be asked last."""
    told: dict[str, datetime] = field(default_factory=dict)
    """Service to since when the silence is that somebody was paged about."""

    @classmethod
    def read(cls, path: Path) -> "Memory":
        """From a file. One that is missing or broken is an empty memory: better a page too many than none."""
        try:
            data = json.loads(path.read_text())
            moments = {name: _moment(data[name]) for name in ("looked_at", "awake_since", "reached_at")}
            return cls(**moments, told={name: datetime.fromisoformat(at) for name, at in data["told"].items()})
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            return cls()

    def write(self, path: Path) -> None:
        """Into a file, in one step."""
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f"{path.name}.new")
        fresh.write_text(json.dumps(self._data()))
        fresh.replace(path)

    def _data(self) -> dict[str, Any]:
        moments = {"looked_at": self.looked_at, "awake_since": self.awake_since, "reached_at": self.reached_at}
        plain = {name: moment.isoformat() if moment else None for name, moment in moments.items()}
        return plain | {"told": {name: at.isoformat() for name, at in sorted(self.told.items())}}


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
