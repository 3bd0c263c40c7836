"""Who may do what is recorded in the audit log without a signed statement: people of some roles, with their own key."""

from collections.abc import Collection
from datetime import datetime

from acme_assets.gates.statement import Signer
from acme_assets.warehouse.signing import NotSigned
from client_partitions.people import Role, Roster


def require_role(person: Signer, roster: Roster, roles: Collection[Role], now: datetime, what: str) -> None:
    """Check that somebody is in people.yaml with the key at hand, and has one of the roles.

    Args:
        what: what it is about, as the start of a sentence: "members' rows are".

    Raises:
        NotSigned: they are not; the text says what is lacking.
    """
    known = roster.people.get(person.email)
    key = known.key(person.key.public.key_id) if known else None
    if known is None or not known.is_active(now) or key is None or (key.revoked and key.revoked <= now.date()):
        raise NotSigned(roster.problem or f"{person.email} is nobody in people.yaml with this key; see: acme keys show")
    if not set(roles) & set(known.roles):
        raise NotSigned(f"{person.email} is {', '.join(known.roles)}; {what} for {' or '.join(roles)}: ask one of them")
