"""What nobody is told of although it is wrong: maintenance windows and clients' holidays."""

from collections.abc import Mapping
from datetime import datetime

from acme_assets.alerts.cause import Affected, Cause, CauseKind
from client_partitions.client import Client
from client_partitions.escalation import Maintenance, Policy

NEVER_MUTED: frozenset[CauseKind] = frozenset({"audit chain", "forgery"})
"""No maintenance makes a false statement, or edits the log."""

OF_A_HOST: frozenset[CauseKind] = frozenset({"host", "delivery"})
"""What a host that is down explains."""


def is_muted(policy: Policy, cause: Cause, clients: Mapping[str, Client], at: datetime) -> str | None:
    """Why nobody is to be told of a cause at this moment; None where somebody is.

    Every night that it holds up must be covered, if by different windows: one that is not is enough to be told of it.
    """
    if cause.kind in NEVER_MUTED:
        return None
    windows = [window for window in policy.maintenance if window.covers(at)]
    for window in windows:
        if window.everything or window.owner_group == cause.owner_group:
            return _said(window)
    reasons = [_why(policy, windows, cause, night, clients.get(night.client_id)) for night in cause.affected]
    found = [reason for reason in reasons if reason is not None]
    return "; ".join(dict.fromkeys(found)) if found and len(found) == len(reasons) else None


def _why(
    policy: Policy, windows: list[Maintenance], cause: Cause, night: Affected, client: Client | None
) -> str | None:
    for window in windows:
        if window.client == night.client_id:
            return _said(window)
        if window.host and cause.kind in OF_A_HOST and client and client.host == window.host:
            return _said(window)
    if cause.owner_group == "client" and night.business_date in policy.client_holidays.get(night.client_id, ()):
        return f"{night.client_id} has a holiday on {night.business_date}"
    return None


def _said(window: Maintenance) -> str:
    return f"maintenance until {window.until:%Y-%m-%d %H:%M %z}: {window.what}"
