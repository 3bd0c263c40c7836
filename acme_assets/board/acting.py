"""What somebody could do now about a client night: exact commands, or whom to write to. Pure."""

from collections.abc import Iterator

from acme_assets.board.look import Assessed
from acme_assets.board.model import Command
from acme_assets.gates.exceptions import in_words
from acme_assets.nights.status import Step


def commands_of(item: Assessed) -> tuple[Command, ...]:
    """For whoever's turn it is first; then what is always worth a look."""
    night = f"{item.status.client_id} {item.status.business_date}"
    found = [
        *(command for step in item.status.steps if step.state == "held" for command in for_step(item, step)),
        *for_requests(item),
        Command(f"acme explain {night}", "every dependency with its reason", "engineering"),
    ]
    if item.night.facts.candidate:
        found.append(Command(f"acme qa history {night}", "candidates, statements and releases so far", "qa"))
    if item.status.state != "released":
        found.append(Command(f"acme sla show {night}", "what would help most", "engineering"))
    return tuple({command.text: command for command in found}.values())


def for_step(item: Assessed, step: Step) -> Iterator[Command]:
    """About one step that is held."""
    night = f"{item.status.client_id} {item.status.business_date}"
    if step.name.startswith("feeds/"):
        yield from _for_feed(item, step)
    elif step.name == "sign-off":
        yield from for_sign_off(item)
    else:
        yield Command(f"acme explain {night}", f"{step.name} is held: the reason", "engineering")


def _for_feed(item: Assessed, step: Step) -> Iterator[Command]:
    client, feed, day = item.client, step.name.removeprefix("feeds/"), item.status.business_date
    if step.owner_group != "client":
        yield Command(
            f"acme explain {client.client_id} {day}", f"the load of {feed} is held: the reason", "engineering"
        )
        return
    delivery = item.night.facts.deliveries.get(feed)  # type: ignore[call-overload]  # a feed's name is a Feed
    contact = client.owners.client
    again = "send it again" if delivery else "send it"
    yield Command(f"Ask {contact.name} <{contact.email}> to {again}: {feed} of {day}", step.reason, "client success",
                  is_shell=False)  # fmt: skip
    kind = "accept_quarantined" if delivery else "may_be_missing"
    yield Command(
        f"acme exception request {client.client_id} {feed} --kind {kind} --date {day}",
        "go on without it, once the client acknowledges" if not delivery else "load the rows that are good",
        "client success",
    )


def for_sign_off(item: Assessed) -> tuple[Command, ...]:
    """What an analyst runs: to look, to sign, to turn down."""
    night, candidate = f"{item.status.client_id} {item.status.business_date}", item.night.facts.candidate
    if candidate is None:
        return (Command("acme audit verify", "a statement on record is gone or altered", "engineering"),)
    failed = "".join(f" --acknowledge-failure {name}" for name in candidate.failed_suites)
    start = f"--evidence {candidate.evidence_digest[:12]}"
    return (
        Command(f"acme qa show {night}", "the whole evidence", "qa"),
        Command(f"acme qa approve {night} {start}{failed}", "sign it", "qa"),
        Command(f'acme qa reject {night} {start} --reason "…"', "turn it down", "qa"),
    )


def for_requests(item: Assessed) -> Iterator[Command]:
    """What an exception that the client has not acknowledged waits for."""
    for asked in item.night.pending:
        said, start = in_words(asked.subject), asked.statement_id[:12]
        yield Command(f"acme exception link {start}", f"a link for the client to acknowledge: {said}", "client success")
        yield Command(
            f'acme exception acknowledge {start} --contact … --reference "…"',
            f"record the client's word: {said}",
            "client success",
        )
