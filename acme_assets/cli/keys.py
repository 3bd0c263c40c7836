"""`acme keys`: a person's own signing key, and the roster of those who may sign."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer

from acme_assets.audit.signing import KeyProblem, PublicKey
from acme_assets.cli.nights import JsonOption
from acme_assets.cli.output import console, escaped, one_line_errors, print_json, print_table
from acme_assets.cli.platform import environment
from acme_assets.cli.signer import AsOption, email_of, keys_folder, signer_of
from acme_assets.environment import EMBEDDED, people_file, registry_from, roster_from, utc_now
from acme_assets.keystore import create_key, has_passphrase, key_file
from client_partitions.client import Client
from client_partitions.people import PEOPLE_FILE, Roster, RosterPerson, load_roster
from client_partitions.registry import RegistryError

app = typer.Typer(help="Signing keys: your own, and the people who may sign.", no_args_is_help=True)


@app.command()
def init(
    who: AsOption = None,
    with_passphrase: Annotated[
        bool | None,
        typer.Option("--passphrase/--no-passphrase", help="Default: one is asked for, or is ACME_KEY_PASSPHRASE."),
    ] = None,
    enrol: Annotated[
        bool, typer.Option("--enrol", help="Write the public key into ACME_PEOPLE at once: on a local stack only.")
    ] = False,
) -> None:
    """Make your key, for your eyes only, and print what people.yaml needs.

    Example:

        acme keys init --as ingrid.mol@acmehealth.example.com
    """
    with one_line_errors():
        people, email, folder = people_file(environment()), email_of(who), keys_folder()
        if enrol:
            _require_local(environment(), email)
        key = create_key(folder, email, _new_passphrase(with_passphrase))
        if enrol:
            from acme_assets.stack.people import enrol as enrol_in

            enrol_in(people, email, key.public.text)
        roster = roster_from(environment())()
    path = key_file(folder, email)
    secured = "with a passphrase" if has_passphrase(path) else "without a passphrase"
    console.print(f"Made {path}, mode 0600, {secured}.", soft_wrap=True)
    console.print(f"key id       {key.public.key_id}\nfingerprint  {key.public.fingerprint}")
    if enrol:
        console.print(f"Enrolled in {people}: {email} signs with it from now on.", soft_wrap=True)
        return
    console.print("\nPut this into client_partitions/people.yaml and have it reviewed. Whoever reviews it compares")
    console.print("the fingerprint with you, over another channel than the change came by.\n")
    console.print(_lines(roster.people.get(email), email, key.public.text), markup=False, soft_wrap=True)


def _new_passphrase(wanted: bool | None) -> str | None:
    if wanted is False:
        return None
    if given := os.environ.get("ACME_KEY_PASSPHRASE"):
        return given
    if wanted or sys.stdin.isatty():
        text = "Passphrase for the new key"
        return str(typer.prompt(text, hide_input=True, confirmation_prompt=True, err=True))
    raise KeyProblem("there is no terminal to ask for a passphrase; set ACME_KEY_PASSPHRASE, or give --no-passphrase")


def _require_local(env: Mapping[str, str], email: str) -> None:
    """Refuse an enrolment that nobody reviews, anywhere but in a local stack's own file.

    Raises:
        KeyProblem: it is production's file, or the repository's; or the person is not in it.
    """
    if env.get("ACME_ENV", EMBEDDED) != EMBEDDED:
        raise KeyProblem(
            f"--enrol is for a local stack, and ACME_ENV is {env['ACME_ENV']}: there people.yaml is reviewed; "
            "run it without --enrol and have the lines that it prints reviewed"
        )
    if not env.get("ACME_PEOPLE") or people_file(env).resolve() == PEOPLE_FILE.resolve():
        raise KeyProblem(
            "--enrol writes to the people.yaml of a local stack, and ACME_PEOPLE names none: the repository's own is "
            "reviewed; run it without --enrol and have the lines that it prints reviewed"
        )
    if not people_file(env).is_file():
        raise KeyProblem(f"there is no {people_file(env)}; `acme stack up` makes it")
    if email not in load_roster(people_file(env)).people:
        raise KeyProblem(f"{email} is not in {people_file(env)}; add them with their name and roles first")


def _lines(person: RosterPerson | None, email: str, public: str) -> str:
    name = person.name if person else "YOUR NAME"
    roles = ", ".join(person.roles) if person else "qa"
    lines = [f"  - email: {email}", f"    name: {name}", f"    roles: [{roles}]"]
    if person is None:
        lines[-1] += "  # of qa, engineering, client_success, on_call"
    lines.append("    keys:")
    for key in person.keys if person else ():
        revoked = f", revoked: {key.revoked}" if key.revoked else ""
        lines.append(f'      - {{public: "{key.public}"{revoked}}}')
    return "\n".join([*lines, f'      - {{public: "{public}"}}'])


@app.command()
def show(who: AsOption = None, as_json: JsonOption = False) -> None:
    """Your key: its id and fingerprint, and whether people.yaml lets it sign."""
    with one_line_errors():
        signer = signer_of(who)
        roster = roster_from(environment())()
        path = key_file(keys_folder(), signer.email)
    found = {**_key_json(signer.key.public, path), **_standing(signer.email, signer.key.public, roster)}
    if as_json:
        print_json({"email": signer.email, **found})
        return
    signs = "yes" if found["problem"] is None else f"no: {found['problem']}"
    for name in ("key_id", "fingerprint", "file"):
        console.print(f"{name.replace('_', ' '):12} {escaped(str(found[name]))}", soft_wrap=True)
    console.print(f"{'passphrase':12} {'yes' if found['has_passphrase'] else 'no'}")
    console.print(f"{'roles':12} {', '.join(found['roles']) or 'none'}")
    console.print(f"{'signs':12} {escaped(signs)}", soft_wrap=True)


def _key_json(key: PublicKey, path: Path) -> dict[str, Any]:
    return {
        "key_id": key.key_id,
        "fingerprint": key.fingerprint,
        "public": key.text,
        "file": str(path),
        "has_passphrase": has_passphrase(path),
    }


def _standing(email: str, key: PublicKey, roster: Roster) -> dict[str, Any]:
    """What people.yaml says of a person and a key, and why the key does not sign, if it does not."""
    person = roster.people.get(email)
    listed = person.key(key.key_id) if person else None
    problem = roster.problem
    if person is None:
        problem = problem or f"{email} is not in people.yaml"
    elif listed is None:
        problem = "people.yaml does not list this key; it signs nothing until it does"
    elif listed.revoked and listed.revoked <= utc_now().date():
        problem = f"the key is revoked since {listed.revoked}"
    elif not person.is_active(utc_now()):
        problem = f"{email} is retired since {person.retired}"
    return {
        "is_listed": listed is not None,
        "roles": list(person.roles) if person else [],
        "status": person.status if person else None,
        "revoked": listed.revoked if listed else None,
        "problem": problem,
    }


@app.command(name="list")
def list_people(as_json: JsonOption = False) -> None:
    """Who may sign what, with which keys. Exits with 1 where people.yaml cannot be used."""
    with one_line_errors():
        env = environment()
        roster = roster_from(env)()
        problems = [roster.problem] if roster.problem else _problems(roster, env)
    people = [_person_json(person) for person in roster.people.values()]
    if as_json:
        print_json({"people_file": str(people_file(env)), "people": people, "problems": problems})
    else:
        print_table(None, ["person", "name", "roles", "status", "keys"], [_row(person) for person in people])
        for problem in problems:
            console.print(f"[yellow]![/] {escaped(problem)}", soft_wrap=True)
    if roster.problem:
        raise typer.Exit(1)


def _person_json(person: RosterPerson) -> dict[str, Any]:
    keys = [{"key_id": key.key_id, "public": key.public, "revoked": key.revoked} for key in person.keys]
    is_active = person.is_active(utc_now())
    return {
        "email": person.email,
        "name": person.name,
        "roles": list(person.roles),
        "is_active": is_active,
        "retired": person.retired,
        "keys": keys,
        "may_sign": is_active and bool(_live_keys(person)),
    }


def _live_keys(person: RosterPerson) -> list[str]:
    today = utc_now().date()
    return [key.key_id for key in person.keys if key.revoked is None or today < key.revoked]


def _row(person: Mapping[str, Any]) -> list[str]:
    keys = [
        f"{key['key_id']} [red]revoked {key['revoked']}[/]" if key["revoked"] else str(key["key_id"])
        for key in person["keys"]
    ]
    status = "active" if person["is_active"] else f"[red]retired {person['retired']}[/]"
    return [
        person["email"],
        escaped(person["name"]),
        ", ".join(person["roles"]),
        status,
        "\n".join(keys) or "[yellow]none: signs nothing[/]",
    ]


def _problems(roster: Roster, env: Mapping[str, str]) -> list[str]:
    """Clients that cannot be signed off by as many analysts as they need."""
    try:
        clients = registry_from(env).clients.values()
    except RegistryError as error:
        return [f"the clients' analysts were not checked: {error}"]
    return [problem for client in clients if (problem := _why_not_signable(client, roster))]


def _why_not_signable(client: Client, roster: Roster) -> str | None:
    able = []
    for analyst in client.owners.qa:
        person = roster.people.get(analyst.email)
        if person and "qa" in person.roles and person.is_active(utc_now()) and _live_keys(person):
            able.append(person)
    if len(able) >= client.qa.required_signatures:
        return None
    named = ", ".join(analyst.email for analyst in client.owners.qa)
    return (
        f"{client.client_id} needs {client.qa.required_signatures} analysts' signatures, and {len(able)} of those "
        f"that its file names can sign ({named}): each needs the role qa and a key in people.yaml"
    )
