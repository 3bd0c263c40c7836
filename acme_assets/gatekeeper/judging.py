"""The gatekeeper's look at what clients see: production suites, and the withdrawal that a policy asks for."""

import logging
from datetime import timedelta

from acme_assets.environment import EnvironmentProblem, Platform
from acme_assets.warehouse.judging import failed_releases, judge_release, unjudged_releases
from acme_assets.warehouse.protocol import NightBusy
from acme_assets.warehouse.signing import NotSigned, night_under_terms
from acme_assets.warehouse.withdrawing import sign_withdrawal

WITHIN = timedelta(days=2)
"""How old a release may be that is still judged: longer than any outage that nobody notices."""

log = logging.getLogger(__name__)


def judge_one_release(platform: Platform) -> bool:
    """Judge the oldest live release that nobody judged yet; False where there is none, or its night is busy."""
    with platform.warehouse.begin() as connection:
        waiting = unjudged_releases(connection, platform.clock() - WITHIN)
    known = [release for release in waiting if release.client_id in platform.registry.clients]
    for release in known:
        client, now = platform.registry.client(release.client_id), platform.clock()
        with platform.warehouse.begin() as connection:
            night = night_under_terms(connection, client, release.business_date, platform.roster(), now)
        try:
            results = judge_release(platform.warehouse, night.client, release, platform.clock)
        except NightBusy:
            continue
        if failed := [result.suite for result in results if not result.passed]:
            log.error(
                "%s %s: production suites failed: %s", release.client_id, release.business_date, ", ".join(failed)
            )
        return True
    return False


def withdraw_failed_releases(platform: Platform) -> None:
    """Sign the withdrawal of each live release that failed a production suite, where the client's policy says so."""
    with platform.warehouse.begin() as connection:
        failed = failed_releases(connection, platform.clock() - WITHIN)
    for release in failed:
        client = platform.registry.clients.get(release.client_id)
        if client is None or not client.qa.withdraw_on_failed_production:
            continue
        try:
            sign_withdrawal(
                platform.warehouse,
                client,
                release.business_date,
                signer=platform.service(),
                role="service",
                reason="production suites failed on it, and the client's policy withdraws such a release",
                roster=platform.roster(),
                now=platform.clock(),
            )
        except (NotSigned, EnvironmentProblem) as problem:
            log.error("%s %s is not withdrawn: %s", release.client_id, release.business_date, problem)
