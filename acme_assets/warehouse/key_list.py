"""Everybody's public keys, as an export lists them and the verifier reads them (keys.json)."""

from typing import Any

from acme_assets.audit.signing import PublicKey
from client_partitions.people import Roster, RosterPerson


def keys_document(roster: Roster, service: PublicKey | None = None) -> dict[str, Any]:
    """keys.json: everybody's public keys, and the service's (`service` among them, listed in people.yaml or not)."""
    of_service = [item for person in roster.people.values() if "service" in person.roles for item in _keys(person)]
    if service and service.key_id not in {item["key_id"] for item in of_service}:
        of_service.append(_key(service, None))
    people = [
        {
            "email": person.email,
            "name": person.name,
            "roles": list(person.roles),
            "status": person.status,
            "retired": person.retired.isoformat() if person.retired else None,
            "keys": _keys(person),
        }
        for person in roster.people.values()
    ]
    return {"people": people, "service_keys": of_service}


def _keys(person: RosterPerson) -> list[dict[str, Any]]:
    return [_key(PublicKey(key.public), key.revoked.isoformat() if key.revoked else None) for key in person.keys]


def _key(key: PublicKey, revoked: str | None) -> dict[str, Any]:
    return {"key_id": key.key_id, "fingerprint": key.fingerprint, "public": key.text, "revoked": revoked}
