"""Who may look at the board: the modes of access, the settings of each, and which person of people.yaml is asking.

Everything fails closed: a setting that is missing stops the board from starting, a person who is not in people.yaml
sees nothing. What a browser and an identity provider say to each other is in `login`.
"""

import hmac
import ipaddress
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal, get_args
from urllib.parse import urlsplit

from acme_assets.environment import PRODUCTION
from client_partitions.people import Role, Roster, RosterPerson

Mode = Literal["demo", "proxy", "oidc"]

Network = ipaddress.IPv4Network | ipaddress.IPv6Network

SECRET_BYTES = 32

MAY_ACT: frozenset[Role] = frozenset({"engineering", "on_call", "qa", "client_success"})
"""Who may acknowledge and snooze incidents: whoever is woken by one, or may be asked about it."""

MAY_OPEN_DAGSTER: frozenset[Role] = frozenset({"engineering", "on_call"})
"""Whose links lead to the Dagster UI that acts; everybody else's lead to the one that only shows."""

SECRET_HEADER = "x-acme-proxy-secret"


class AccessProblem(Exception):
    """The board must not be served so. The text names the variable and the remedy."""


class Refused(Exception):
    """This request is not answered. The text may be shown to whoever asked."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True)
class Viewer:
    """Who is looking."""

    email: str
    name: str
    roles: tuple[Role, ...]

    @property
    def may_act(self) -> bool:
        """Whether this person may acknowledge and snooze incidents."""
        return bool(MAY_ACT.intersection(self.roles))

    @property
    def may_open_dagster(self) -> bool:
        """Whether links lead to the Dagster UI that acts."""
        return bool(MAY_OPEN_DAGSTER.intersection(self.roles))


@dataclass(frozen=True)
class ProxySettings:
    """A proxy that has authenticated whoever asks, and says who it is."""

    header: str
    """In lower case."""
    addresses: tuple[Network, ...]
    secret: str


@dataclass(frozen=True)
class OidcSettings:
    """The company's identity provider."""

    issuer: str
    client_id: str
    client_secret: str
    redirect_uri: str


@dataclass(frozen=True)
class Access:
    """How the board decides who is asking."""

    mode: Mode
    secret: bytes
    """Key of sessions and of the tokens in forms."""
    address: str | None = None
    """Where browsers find the board: scheme and host. None: wherever it is reached on this machine."""
    demo_as: str | None = None
    proxy: ProxySettings | None = None
    oidc: OidcSettings | None = None
    dagster: str | None = None
    """Where the Dagster UI is; None: links to it are left out."""
    dagster_read_only: str | None = None
    """The one that is for those who are not engineers; None: they get no links."""


def is_loopback(host: str) -> bool:
    """Whether only this machine reaches it."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def access_from(env: Mapping[str, str], host: str) -> Access:
    """The mode that ACME_BOARD_ACCESS names, with its settings.

    Args:
        host: the address that the board is about to listen on.

    Raises:
        AccessProblem: a setting is missing, or the mode must not be used so.
    """
    named = env.get("ACME_BOARD_ACCESS") or "demo"
    modes: dict[str, Mode] = {name: name for name in get_args(Mode)}
    if named not in modes:
        raise AccessProblem(f"ACME_BOARD_ACCESS is {named!r}; give one of {', '.join(modes)}")
    mode, address = modes[named], _address(env)
    if mode == "demo":
        _require_harmless(env, host)
    return Access(
        mode,
        _secret(env, is_needed=mode == "oidc"),
        address,
        env.get("ACME_BOARD_AS") or None,
        _proxy(env) if mode == "proxy" else None,
        _oidc(env, address) if mode == "oidc" else None,
        (env.get("ACME_DAGSTER_ADDRESS") or _local_dagster(env, mode)).rstrip("/") or None,
        (env.get("ACME_DAGSTER_READ_ONLY_ADDRESS") or "").rstrip("/") or None,
    )


def _local_dagster(env: Mapping[str, str], mode: Mode) -> str:
    return f"http://127.0.0.1:{env.get('ACME_UI_PORT') or 3000}" if mode == "demo" else ""


def _require_harmless(env: Mapping[str, str], host: str) -> None:
    if env.get("ACME_ENV") == PRODUCTION:
        raise AccessProblem("ACME_BOARD_ACCESS is demo, and ACME_ENV is production; set it to proxy or oidc")
    if not is_loopback(host):
        raise AccessProblem(
            f"ACME_BOARD_ACCESS is demo, which asks nobody who they are, and {host} can be reached from outside; "
            "listen on 127.0.0.1, or set it to proxy or oidc"
        )


def _address(env: Mapping[str, str]) -> str | None:
    address = (env.get("ACME_BOARD_ADDRESS") or "").rstrip("/")
    if not address:
        return None
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.netloc or parts.path:
        raise AccessProblem(
            f"ACME_BOARD_ADDRESS is {address!r}; give scheme and host, such as https://status.example.com"
        )
    return address


def _secret(env: Mapping[str, str], *, is_needed: bool) -> bytes:
    given = (env.get("ACME_BOARD_SECRET") or "").encode()
    if not given and not is_needed:
        return secrets.token_bytes(SECRET_BYTES)
    if len(given) < SECRET_BYTES:
        state = "is not set" if not given else f"has {len(given)} bytes"
        raise AccessProblem(f"ACME_BOARD_SECRET {state}; give {SECRET_BYTES} or more, such as: openssl rand -hex 32")
    return given


def _proxy(env: Mapping[str, str]) -> ProxySettings:
    secret = env.get("ACME_BOARD_PROXY_SECRET") or ""
    if len(secret.encode()) < SECRET_BYTES:
        raise AccessProblem(
            f"ACME_BOARD_PROXY_SECRET is not set, or shorter than {SECRET_BYTES} bytes; the proxy sends it as "
            f"{SECRET_HEADER}, so that nobody else on its network can pretend to be it"
        )
    listed = (env.get("ACME_BOARD_PROXY_ADDRESSES") or "").replace(",", " ").split()
    if not listed:
        raise AccessProblem("ACME_BOARD_PROXY_ADDRESSES is not set; give the proxy's addresses, such as 10.0.3.0/28")
    try:
        networks = tuple(ipaddress.ip_network(item) for item in listed)
    except ValueError as error:
        raise AccessProblem(f"ACME_BOARD_PROXY_ADDRESSES: {error}") from error
    if any(network.prefixlen == 0 for network in networks):
        raise AccessProblem("ACME_BOARD_PROXY_ADDRESSES trusts every address; give those of the proxy alone")
    return ProxySettings((env.get("ACME_BOARD_PROXY_HEADER") or "X-Forwarded-Email").lower(), networks, secret)


def _oidc(env: Mapping[str, str], address: str | None) -> OidcSettings:
    names = ("ACME_BOARD_OIDC_ISSUER", "ACME_BOARD_OIDC_CLIENT_ID", "ACME_BOARD_OIDC_CLIENT_SECRET")
    missing = [name for name in names if not env.get(name)]
    missing += [] if address else ["ACME_BOARD_ADDRESS"]
    if missing:
        raise AccessProblem(f"ACME_BOARD_ACCESS is oidc, and {', '.join(missing)} is not set")
    issuer, client_id, client_secret = (env[name] for name in names)
    for name, url in (("ACME_BOARD_OIDC_ISSUER", issuer), ("ACME_BOARD_ADDRESS", str(address))):
        parts = urlsplit(url)
        if parts.scheme != "https" and not is_loopback(parts.hostname or ""):
            raise AccessProblem(f"{name} is {url!r}; give an https address: sessions do not travel in the clear")
    return OidcSettings(issuer.rstrip("/"), client_id, client_secret, f"{address}/login/callback")


def viewer_of(email: str, roster: Roster, now: datetime) -> Viewer:
    """The person of people.yaml with this address.

    Raises:
        Refused: there is none, or they are retired; the text says whom to ask.
    """
    person = next((found for name, found in roster.people.items() if name.lower() == email.strip().lower()), None)
    if person is None or not person.is_active(now) or "service" in person.roles:
        state = "is retired in" if person and not person.is_active(now) else "is not in"
        raise Refused(403, f"{email} {state} people.yaml, which says who may see the board. {whom_to_ask(roster, now)}")
    return Viewer(person.email, person.name, person.roles)


def whom_to_ask(roster: Roster, now: datetime) -> str:
    """Who can let somebody in."""
    found = [person for person in _people(roster, now) if "engineering" in person.roles]
    if not found:
        return "Ask engineering; people.yaml names nobody of them at this moment."
    return f"Ask {' or '.join(f'{person.name} <{person.email}>' for person in found[:2])} to add you."


def demo_viewer(access: Access, roster: Roster, now: datetime) -> Viewer:
    """Who looks in demo mode: the person that ACME_BOARD_AS names, else the first engineer; else nobody in particular.

    Raises:
        Refused: ACME_BOARD_AS names nobody of people.yaml.
    """
    if access.demo_as:
        return viewer_of(access.demo_as, roster, now)
    found = [person for person in _people(roster, now) if "engineering" in person.roles]
    return Viewer(found[0].email, found[0].name, found[0].roles) if found else Viewer("nobody", "Nobody", ())


def _people(roster: Roster, now: datetime) -> list[RosterPerson]:
    return [person for person in roster.people.values() if person.is_active(now)]


def email_by_proxy(settings: ProxySettings, peer: str, headers: Mapping[str, list[str]]) -> str:
    """The e-mail address that the proxy vouches for.

    Args:
        peer: address of whoever opened the connection.
        headers: names in lower case to all their values.

    Raises:
        Refused: it is not the proxy, or it does not say who is asking.
    """
    if not is_trusted(settings, peer):
        raise Refused(403, "This address is served through the company's sign-on only; open the board by its own name.")
    given = headers.get(SECRET_HEADER, [])
    if len(given) != 1 or not same(given[0], settings.secret):
        raise Refused(403, f"The proxy did not send {SECRET_HEADER}, or not the one that is set here. Ask engineering.")
    said = headers.get(settings.header, [])
    if len(said) != 1 or "@" not in said[0]:
        raise Refused(401, f"The proxy did not say who you are in {settings.header}; sign in there first.")
    return said[0].strip()


def is_trusted(settings: ProxySettings, peer: str) -> bool:
    """Whether a connection comes from the proxy."""
    try:
        address = ipaddress.ip_address(peer)
    except ValueError:
        return False
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    return any(address in network for network in settings.addresses)


def same(one: str, other: str) -> bool:
    """Whether two secrets are equal, in a time that says nothing of where they differ."""
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))
