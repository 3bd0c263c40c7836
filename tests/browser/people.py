"""The people of the made-up night, with keys that are the same in every run."""

from acme_assets.environment import SERVICE_EMAIL
from acme_assets.simulation.demo import DELE, INGRID
from client_partitions.people import Role, Roster, RosterPerson
from tests.world import made_up_key

PRIYA, NOOR = "priya.raman@acmehealth.example.com", "noor.haddad@acmehealth.example.com"

_WHO: dict[str, tuple[str, tuple[Role, ...]]] = {
    INGRID: ("Ingrid Mol", ("qa",)),
    DELE: ("Dele Adeyemi", ("qa",)),
    PRIYA: ("Priya Raman", ("engineering", "on_call")),
    NOOR: ("Noor Haddad", ("client_success",)),
    SERVICE_EMAIL: ("AcmeHealth nights", ("service",)),
}

keys = {email: made_up_key(email) for email in _WHO}


def roster() -> Roster:
    """Two analysts, an engineer on call, one of client success, and the service."""
    people = {
        email: RosterPerson.model_validate(
            {"email": email, "name": name, "roles": roles, "keys": [{"public": keys[email].public.text}]}
        )
        for email, (name, roles) in _WHO.items()
    }
    return Roster(people)
