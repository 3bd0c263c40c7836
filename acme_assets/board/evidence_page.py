"""An evidence packet as one printable page: no script, nothing fetched, everything that it shows escaped."""

from datetime import datetime
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from acme_assets.board import evidence_words as words
from acme_assets.board.packet import Packet


def evidence_page(packet: Packet, made_at: datetime) -> str:
    """The page as HTML."""
    at, evidence = packet.at, packet.evidence
    lines = words.checks(evidence)
    return _template().render(
        client=at.client.name,
        client_id=at.status.client_id,
        business_date=at.status.business_date,
        state=at.status.state,
        deadline=at.status.deadline.astimezone(at.client.zone),
        digest=packet.digest,
        built_at=packet.built_at,
        made_at=made_at,
        gate=at.gate,
        suites=evidence["suites"],
        failed_suites=packet.failed_suites,
        failed_checks=[line for line in lines if not line.passed],
        passed_checks=[line for line in lines if line.passed],
        terms=words.terms(evidence),
        rests_on=words.rests_on(len(evidence["waivers"]), len(evidence["overrides"])).splitlines(),
        changes=words.changes(evidence),
        trends=list(words.trends(evidence)),
        files=words.files(evidence),
        set_aside=words.rows_set_aside(evidence),
        marts=evidence["marts"],
        tests_passed=evidence["tests_passed"],
        signatures=at.signatures,
        missing=at.missing,
        said=words.said(at.of_candidate, packet.names),
        refused=at.night.refused,
        pending=at.night.pending,
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"number": words.number, "moment": words.moment, "kind": words.kind}
    return environment.get_template("evidence_page.html")
