"""`acme alerts simulate`: every message that a past or a made-up night would have sent. Nothing is sent or stored."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Annotated, Any

import typer

from acme_assets.alerts.causes import causes
from acme_assets.alerts.files import AT_RISK
from acme_assets.alerts.house import PolicyHouse
from acme_assets.alerts.incident import Incident
from acme_assets.alerts.known import Known, KnownNight, strangers
from acme_assets.alerts.ladder import Staff
from acme_assets.alerts.rehearsal import Happened, Rehearsal, Said
from acme_assets.cli.nights import JsonOption
from acme_assets.cli.output import console, escaped, one_line_errors, parse_date, print_json, print_table
from acme_assets.cli.platform import environment, platform
from acme_assets.environment import Platform, escalation_file
from acme_assets.gates.decision import decide
from acme_assets.gates.statement import NoStatement, read_statement
from acme_assets.gates.terms import night_of
from acme_assets.nights.as_of import as_of
from acme_assets.nights.facts import NightFacts, StatementFact
from acme_assets.nights.status import assess
from acme_assets.sla.ahead import ahead_of, desk_of
from acme_assets.sla.outcomes import is_night
from acme_assets.warehouse.deadlines import read_watched
from acme_assets.warehouse.learned import Learned
from client_partitions.client import Client
from client_partitions.escalation import Policy, load_policy
from client_partitions.people import Roster

BEGINS, LASTS = timedelta(hours=22), timedelta(hours=20)
"""From 22:00 UTC of the business date: before the first file is due, until the last deadline is long past."""


@dataclass(frozen=True)
class Played:
    """A night that can be told moment by moment."""

    clients: dict[str, Client]
    roster: Roster
    known: Callable[[datetime], Known]


def simulate(
    night: Annotated[str | None, typer.Option("--night", "-n", help="Business date, YYYY-MM-DD.")] = None,
    clients: Annotated[
        int | None, typer.Option(help="Make a night of so many clients up, instead of the ledger's.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the made-up night: the same seed gives the same one.")] = 0,
    faults: Annotated[
        bool, typer.Option("--faults", help="Take the made-up night on which twelve things go wrong.")
    ] = False,
    of: Annotated[str | None, typer.Option("--client", help="Show only what is about this client.")] = None,
    bodies: Annotated[bool, typer.Option("--bodies", help="Show each message in full.")] = False,
    minutes: Annotated[int, typer.Option(help="Between two looks.", min=1, max=30)] = 5,
    as_json: JsonOption = False,
) -> None:
    """Every message that a night would have sent under the present policy: when, to whom, about what.

    Of a past night it replays what the ledger has of it; nobody acknowledges anything. Nothing is sent or stored.

    Examples:

        acme alerts simulate --night 2026-03-10
        acme alerts simulate --night 2026-03-10 --client harbor_health --bodies
        acme alerts simulate --night 2026-03-10 --clients 40 --seed 3
        acme alerts simulate --faults --json | jq '.messages | length'
    """
    if faults == (night is not None):
        raise typer.BadParameter("give one of --night and --faults")
    with one_line_errors():
        policy = load_policy(escalation_file(environment()))
        played, day = _chosen(night, clients, seed)
        rehearsal = rehearse(played, policy, day, timedelta(minutes=minutes))
    happened = [item for item in rehearsal.happened if _is_about(item.incident, of)]
    sent = [item for item in rehearsal.sent if _is_about(rehearsal.incidents[item.message.incident_id or ""], of)]
    if as_json:
        print_json(_json(happened, sent, policy, day))
    elif not happened:
        console.print(f"The night of {day} would have told nobody of anything: no incident opens.")
    else:
        _print(happened, sent, policy, day, bodies)


def _chosen(night: str | None, clients: int | None, seed: int) -> tuple[Played, date]:
    if night is None:
        return of_faults()
    day = parse_date(night)
    return (made_up(clients, seed, day) if clients else past(platform(), day)), day


def _is_about(incident: Incident, client_id: str | None) -> bool:
    return client_id is None or any(item.client_id == client_id for item in incident.affected)


def _print(happened: Sequence[Happened], sent: Sequence[Said], policy: Policy, day: date, bodies: bool) -> None:
    print_table(
        f"Incidents of {day}, under policy {policy.version}",
        ["at (UTC)", "", "urgency", "kind", "what"],
        [
            [f"{item.at:%a %H:%M}", item.happening, item.incident.urgency, item.incident.kind,
             escaped(item.incident.text)]
            for item in happened
        ],
        long=("what",),
    )  # fmt: skip
    count = f"{len(sent)} message" if len(sent) == 1 else f"{len(sent)} messages"
    print_table(
        f"{count} would have been sent",
        ["at (UTC)", "urgency", "to", "by", "subject"],
        [
            [f"{item.sent_at:%a %H:%M}", item.message.urgency, escaped(item.message.recipient.name),
             item.message.channels[0], escaped(item.message.subject)]
            for item in sent
        ],
        long=("subject",),
    )  # fmt: skip
    for item in sent if bodies else ():
        message = item.message
        console.rule(f"{item.sent_at:%a %H:%M} UTC to {escaped(message.recipient.name)}", align="left", style="dim")
        console.print(f"{message.subject}\n\n{message.body}", markup=False, soft_wrap=True)


def rehearse(played: Played, policy: Policy, day: date, step: timedelta) -> Rehearsal:
    """The night through the engine."""
    rehearsal, staff = Rehearsal(), Staff(played.roster, played.clients)
    begins = datetime.combine(day, time(), tzinfo=UTC) + BEGINS
    now = begins
    while now <= begins + LASTS:
        house = PolicyHouse(policy, staff, now, {}, rehearsal.written)
        rehearsal.tick(causes(played.known(now)), house, now, played.clients)
        now += step
    rehearsal.deliver(now + timedelta(hours=12))  # what waits for the morning
    return rehearsal


def of_faults() -> tuple[Played, date]:
    """The night that `make bench-alerts` plays, with fewer of the clients to whom nothing happens."""
    from acme_assets.simulation.scripted_night import NIGHT, scripted

    replay = scripted(calm=10).replay
    return Played(replay.clients, replay.people.roster, replay.known), NIGHT


def made_up(clients: int, seed: int, day: date) -> Played:
    """A night of a simulated world, after forty that were like it."""
    from acme_assets.simulation.alert_facts import People, Replay, learn
    from acme_assets.simulation.sla_world import make_world

    world = make_world(clients, seed)
    history = learn([world.night(day - timedelta(days=back)) for back in range(40, 0, -1)])
    replay = Replay(world.night(day), People.made_up(), history)
    return Played(replay.clients, replay.people.roster, replay.known)


def past(work: Platform, day: date) -> Played:
    """A night of the ledger's, as far as it tells what was known when.

    Raises:
        ValueError: the ledger has nothing of it.
    """
    clients, roster = work.registry.clients, work.roster()
    with work.warehouse.begin() as connection:
        watched = read_watched(connection, [(client_id, day) for client_id in clients])
    facts = {
        client_id: item
        for (client_id, _), item in watched.facts.items()
        if (first := watched.first.get(client_id)) and first <= day
    }
    if not any(item.deliveries or item.statements for item in facts.values()):
        raise ValueError(f"the ledger has nothing of {day}; name another night, or make one up with --clients")
    history = Learned().history(work.warehouse, day)
    unknown = strangers(clients, history)
    risky: dict[str, datetime] = {}

    def known(now: datetime) -> Known:
        from acme_assets.sla.forecast import forecast

        found = [_assessed(clients[key], as_of(item, now, _made_at), roster, now) for key, item in facts.items()]
        nights = [item for item in found if is_night(item.night)]
        desk = desk_of(roster, now)
        ahead = [ahead_of(item.night, item.status) for item in nights if item.status.state != "released"]
        made = {item.client_id: item for item in forecast(ahead, history, now, desk=desk, samples=500)} if ahead else {}
        at_risk = {key for key, item in made.items() if item.p_miss > AT_RISK}
        since = {key: risky.get(key, now) for key in at_risk}
        risky.clear()
        risky.update(since)
        told = tuple(KnownNight(it.night, it.status, made.get(it.key[0]), risky.get(it.key[0])) for it in nights)
        landed = _landed(facts.values(), now)
        return Known(now, work.registry, roster, desk, told, last_landed=landed, strangers=unknown)

    return Played(dict(clients), roster, known)


def _assessed(client: Client, facts: NightFacts, roster: Roster, now: datetime) -> KnownNight:
    night = night_of(client, facts, roster, now)
    return KnownNight(night, assess(night.client, night.facts, decide(night), now))


def _made_at(fact: StatementFact) -> datetime | None:
    try:
        return read_statement(fact.text).made_at
    except NoStatement:
        return None


def _landed(nights: Iterable[NightFacts], now: datetime) -> dict[str, datetime]:
    found = {}
    for facts in nights:
        landed = [item.landed_at for item in facts.deliveries.values() if item.landed_at and item.landed_at <= now]
        if landed:
            found[facts.client_id] = max(landed)
    return found


def _json(happened: Sequence[Happened], sent: Sequence[Said], policy: Policy, day: date) -> dict[str, Any]:
    return {
        "business_date": day,
        "policy": policy.version,
        "incidents": [
            {"at": item.at, "happening": item.happening, "key": item.incident.key, "kind": item.incident.kind,
             "urgency": item.incident.urgency, "text": item.incident.text}
            for item in happened
        ],
        "messages": [
            {"at": item.sent_at, "urgency": item.message.urgency, "to": item.message.recipient.email,
             "channels": item.message.channels, "subject": item.message.subject, "body": item.message.body}
            for item in sent
        ],
    }  # fmt: skip
