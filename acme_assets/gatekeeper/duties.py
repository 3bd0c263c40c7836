"""What the gatekeeper does in one pass over the open client nights. Each act is idempotent and commits by itself."""

import logging
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import timedelta

from acme_assets.environment import EnvironmentProblem, Platform
from acme_assets.feeds.arrivals import LOOKBACK
from acme_assets.gates.decision import assess_night, why_not_automatic
from acme_assets.gates.terms import night_of
from acme_assets.gates.verification import shuts
from acme_assets.nights.facts import NightFacts
from acme_assets.nights.status import NightStatus
from acme_assets.warehouse.protocol import NightBusy
from acme_assets.warehouse.reading import SETTLING, read_unsettled
from acme_assets.warehouse.releasing import GateClosed, release_night
from acme_assets.warehouse.signing import NotSigned, sign
from client_partitions.client import Client

BY = "gatekeeper"

log = logging.getLogger(__name__)


@dataclass
class Pass:
    """What one pass found and did."""

    released: list[str] = field(default_factory=list)
    signed: list[str] = field(default_factory=list)
    awaiting: int = 0
    """Client nights that wait for a person's sign-off: the sooner the next look, the better."""


@dataclass
class Gatekeeper:
    """The duties, and what failed: a release that failed here is left to the work sensor's runs, which count tries."""

    platform: Platform
    failed: set[str] = field(default_factory=set)

    def look(self) -> Pass:
        """Go over the nights in which something may be due."""
        done, now = Pass(), self.platform.clock()
        with self.platform.warehouse.begin() as connection:
            nights = read_unsettled(connection, now.date() - LOOKBACK, now.date() + timedelta(days=1), now - SETTLING)
        for client, facts in self._known(nights):
            status = assess_night(client, facts, self.platform.roster(), now)
            done.awaiting += status.state == "awaiting sign-off"
            if any(work.stage == "release" for work in status.work):
                self._release(client, status, done)
            elif status.state == "awaiting sign-off":
                self._sign(client, facts, done)
        return done

    def _known(self, nights: Iterable[NightFacts]) -> Iterable[tuple[Client, NightFacts]]:
        clients = self.platform.registry.clients
        return [(clients[facts.client_id], facts) for facts in nights if facts.client_id in clients]

    def _release(self, client: Client, status: NightStatus, done: Pass) -> None:
        key = next(work.key for work in status.work if work.stage == "release")
        if key in self.failed:
            return
        night = f"{client.client_id} {status.business_date}"
        try:
            outcome = release_night(
                self.platform.warehouse,
                client,
                status.business_date,
                self.platform.clock(),
                self.platform.roster(),
                by=BY,
                wait_seconds=1,
            )
        except NightBusy:
            log.info("%s is being built; it is looked at again", night)
        except GateClosed as error:
            self.failed.add(key)
            log.error("%s", error)
        else:
            done.released.append(night)
            log.info("%s: %s", night, _said(outcome.withdrawn, outcome.release_id, outcome.is_repeat))

    def _sign(self, client: Client, facts: NightFacts, done: Pass) -> None:
        """Sign in a person's place, where the client's policy leaves it to the service."""
        now, roster = self.platform.clock(), self.platform.roster()
        night = night_of(client, facts, roster, now)
        candidate = night.facts.candidate
        if client.qa.auto_approve is None or candidate is None or why_not_automatic(night, candidate):
            return
        marts = [mart for mart in candidate.marts if not client.qa.needs_person(mart)]
        of_candidate = [i for i in night.statements if i.subject.get("evidence_digest") == candidate.evidence_digest]
        if not marts or any(item.role == "service" or shuts(item) for item in of_candidate):
            return
        revoked = {item.statement_id for item in night.refused if item.ended == "revoked"}
        if any(item.statement_id in revoked and candidate.evidence_digest in item.text for item in facts.statements):
            return  # somebody took an approval of it back: from then on it is for people to say
        try:
            sign(
                self.platform.warehouse,
                client,
                facts.business_date,
                evidence_digest=candidate.evidence_digest,
                decision="approved",
                signer=self.platform.service(),
                role="service",
                roster=roster,
                marts=marts,
                now=now,
            )
            done.signed.append(f"{client.client_id} {facts.business_date}")
        except (NotSigned, EnvironmentProblem) as problem:
            log.error("%s %s is not signed off by the service: %s", client.client_id, facts.business_date, problem)


def _said(withdrawn: str | None, release_id: str | None, is_repeat: bool) -> str:
    taken_back = f"release {withdrawn[:12]} withdrawn; " if withdrawn else ""
    seen = f"release {release_id[:12]}" if release_id else "nothing to see of this business date"
    return f"{taken_back}{'already ' if is_repeat else ''}{seen}"
