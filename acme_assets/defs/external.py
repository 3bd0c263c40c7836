"""Assets that others make: the clients' feeds, and per client what it owes us and what we owe it.

Dagster judges freshness per asset, not per partition. So `feeds/<feed>` has a coarse policy only, and each
client has two small assets whose policies are deadlines in the client's own zone.
"""

from collections.abc import Iterable, Mapping
from datetime import timedelta

from dagster import AssetDep, AssetSpec, FreshnessPolicy, PartitionsDefinition

from acme_assets.defs.names import (
    CLIENT_TEAM,
    ENGINEERING_TEAM,
    dashboard_key,
    deliveries_key,
    feed_key,
    published_key,
)
from acme_assets.nights.marts import marts_of
from client_partitions.client import WEEKDAYS, Client, FeedPolicy
from client_partitions.feeds import FEEDS

_DELIVERED_SINCE = timedelta(hours=16)
_RELEASED_SINCE = timedelta(hours=18)
_CRON_DAYS = {day: str((number + 2) % 7) for number, day in enumerate(WEEKDAYS)}
"""Weekday of a business date to cron's number of the day after it, when it is due."""


def _mornings(policies: Iterable[FeedPolicy]) -> str:
    """Cron's days of the mornings after business dates on which something is owed."""
    days = {_CRON_DAYS[day] for policy in policies for day in policy.days}
    return "*" if len(days) == len(_CRON_DAYS) else ",".join(sorted(days))


def feed_specs(partitions: PartitionsDefinition) -> list[AssetSpec]:
    """`feeds/<feed>`: a client's delivery, noticed in the landing zone."""
    return [
        AssetSpec(
            feed_key(feed),
            description=f"The {feed} files that clients deliver. A partition is here once its delivery is complete.",
            group_name="feeds",
            owners=[CLIENT_TEAM],
            kinds={"file"},
            partitions_def=partitions,
            freshness_policy=FreshnessPolicy.time_window(fail_window=timedelta(hours=36)),
        )
        for feed in FEEDS
    ]


def delivery_spec(client: Client) -> AssetSpec:
    """`deliveries/<client>`: all that the client owes of one business date; fresh if it was here when due."""
    owed = {feed: policy for feed, policy in client.feeds.items() if policy.required} or client.feeds
    due = max(policy.due for policy in owed.values())
    return AssetSpec(
        deliveries_key(client.client_id),
        deps=[feed_key(feed) for feed in owed],
        description=f"{client.name} has delivered every feed it owes; due {due:%H:%M} {client.time_zone}.",
        group_name="deliveries",
        owners=[CLIENT_TEAM, client.owners.client_success.email],
        kinds={"file"},
        metadata={"contact": client.owners.client.name, "feeds": ", ".join(owed)},
        freshness_policy=FreshnessPolicy.cron(
            deadline_cron=f"{due.minute} {due.hour} * * {_mornings(owed.values())}",
            lower_bound_delta=_DELIVERED_SINCE,
            timezone=client.time_zone,
        ),
    )


def dashboard_spec(client: Client) -> AssetSpec:
    """`dashboards/<client>`: what the client sees; fresh if it was released by the client's deadline.

    As the client's file has it: a policy is the asset's, not a night's, so it knows no override. Whether a night's own
    deadline was kept, the check `deadline_met` says.
    """
    owed = [policy for policy in client.feeds.values() if policy.required] or client.feeds.values()
    return AssetSpec(
        dashboard_key(client.client_id),
        deps=[AssetDep(published_key(mart.name)) for mart in marts_of(client.feeds)],
        description=f"{client.name}'s dashboard; due {client.deadline:%H:%M} {client.time_zone}.",
        group_name="dashboards",
        owners=[ENGINEERING_TEAM, client.owners.engineering.email],
        kinds={"dashboard"},
        freshness_policy=FreshnessPolicy.cron(
            deadline_cron=f"{client.deadline.minute} {client.deadline.hour} * * {_mornings(owed)}",
            lower_bound_delta=_RELEASED_SINCE,
            timezone=client.time_zone,
        ),
    )


def external_specs(clients: Mapping[str, Client], partitions: PartitionsDefinition) -> list[AssetSpec]:
    """Every external asset."""
    return [
        *feed_specs(partitions),
        *(delivery_spec(client) for client in clients.values()),
        *(dashboard_spec(client) for client in clients.values()),
    ]
