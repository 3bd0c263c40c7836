"""The demo's night as data: what goes wrong at which client, who signs, and how each client night ends."""

from dataclasses import dataclass
from pathlib import Path

from acme_assets.simulation.faults import Fault, FaultKind
from client_partitions.client import OwnerGroup
from client_partitions.registry import CLIENTS_FOLDER

DEMO_CLIENTS_FOLDER: Path = CLIENTS_FOLDER / "demo"


@dataclass(frozen=True)
class Expected:
    """How a client night ends."""

    client_id: str
    released: bool
    blocked_by: OwnerGroup | None
    """Who has to act before it can be released; None once it is."""


@dataclass(frozen=True)
class DemoNight:
    """One client's part in the demo."""

    client_id: str
    faults: tuple[Fault, ...]
    signed_by: str | None
    """E-mail of the analyst who signs the candidate; None where nobody does."""
    expected: Expected


def _night(client_id: str, *faults: Fault, signed_by: str | None = None, blocked_by: OwnerGroup | None) -> DemoNight:
    return DemoNight(client_id, faults, signed_by, Expected(client_id, blocked_by is None, blocked_by))


INGRID, DELE = "ingrid.mol@acmehealth.example.com", "dele.adeyemi@acmehealth.example.com"

DEMO: tuple[DemoNight, ...] = (
    # Everything comes in time, without a fault.
    _night("harbor_health", signed_by=INGRID, blocked_by=None),
    # A required feed never comes: the client has to send it, or agree to go without.
    _night("prairie_mutual", Fault(FaultKind.MISSING, "pharmacy_claim"), blocked_by="client"),
    # A file is cut off: the contract holds the delivery until the client sends it again.
    _night("summit_care", Fault(FaultKind.BROKEN_FILE, "lab_result"), blocked_by="client"),
    # Complete and built; nobody has signed yet.
    _night("coastal_labs", blocked_by="qa"),
    # Few bad rows, below the limit, are quarantined; the feed that does not come is not required.
    _night(
        "lakeview_advantage",
        Fault(FaultKind.BAD_ROWS, "eligibility", share=0.01),
        Fault(FaultKind.MISSING, "pharmacy_claim"),
        signed_by=DELE,
        blocked_by=None,
    ),
)
"""The demo clients in the order in which they are shown."""
