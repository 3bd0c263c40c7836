"""Sign the withdrawal of a release. The act itself is `releasing.release_night`'s, in the gatekeeper or in a run."""

from datetime import date, datetime

from acme_assets.gates.decision import withdrawn_releases
from acme_assets.gates.statement import Signer
from acme_assets.gates.terms import Night
from acme_assets.nights.facts import ReleaseFact
from acme_assets.warehouse.protocol import Warehouse
from acme_assets.warehouse.signing import NotSigned, night_under_terms, record
from client_partitions.client import Client
from client_partitions.people import Role, Roster


def release_to_withdraw(night: Night) -> ReleaseFact:
    """The release that the client sees.

    Raises:
        NotSigned: it sees none, or that one is being withdrawn already.
    """
    live, named = night.facts.live_release, f"{night.facts.client_id} {night.facts.business_date}"
    if live is None:
        raise NotSigned(f"the client sees no release of {named}: there is nothing to withdraw")
    if live.release_id in withdrawn_releases(night):
        raise NotSigned(
            f"the withdrawal of release {live.release_id[:12]} of {named} is signed already, and the gatekeeper or the "
            f"next release run does it; if it does not: acme explain {named}"
        )
    return live


def sign_withdrawal(
    warehouse: Warehouse,
    client: Client,
    business_date: date,
    *,
    signer: Signer,
    role: Role,
    reason: str,
    roster: Roster,
    now: datetime,
) -> str:
    """Record that the live release must be taken back; returns the statement's id.

    Raises:
        NotSigned: the client sees no release, it is being withdrawn already, or the statement would not count.
    """
    if not reason.strip():
        raise NotSigned("a withdrawal needs a reason: --reason TEXT")
    with warehouse.begin() as connection:
        night = night_under_terms(connection, client, business_date, roster, now)
        live = release_to_withdraw(night)
        signed = signer.sign(
            "withdrawal",
            role,
            client.client_id,
            (business_date, business_date),
            {"release_id": live.release_id, "evidence_digest": live.evidence_digest},
            meaning=f"I withdraw the release {live.release_id[:12]} of {client.name} for {business_date}: "
            "the client must not see it any longer.",
            reason=reason,
            made_at=now,
        )
        return record(connection, signed, roster, now)
