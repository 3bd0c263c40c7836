"""Escalation policies on the record: an open incident keeps the one it began with, whatever is deployed since.

They are in the audit log, and nowhere else: who could have been woken when is a question for auditors too.
"""

import json
from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, select

from acme_assets.audit.entry import SYSTEM, Entry
from acme_assets.warehouse.entries import write_entry
from acme_assets.warehouse.ledger import audit_entries
from client_partitions.escalation import Policy, policy_from


def read_policies(connection: Connection) -> dict[str, Policy]:
    """Every policy that was ever in force and can still be read, by version. There are as many as changes of it."""
    rows = connection.execute(select(audit_entries.c.entry).filter_by(action="escalation_policy_taken")).scalars()
    found = {}
    for text in rows:
        details = json.loads(text)["details"]
        try:
            found[str(details["version"])] = policy_from(str(details["policy"]))
        except ValueError:
            continue  # of a form that this code does not know any more: its incidents go by today's
    return found


def take_policy(connection: Connection, policy: Policy, known: Iterable[str], now: datetime) -> bool:
    """Record a policy, if its version is not on record; whether it was new."""
    if policy.version in known:
        return False
    details = {"version": policy.version, "policy": policy.text}
    write_entry(connection, Entry(now, SYSTEM, "escalation_policy_taken", None, None, details))
    return True
