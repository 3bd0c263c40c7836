"""Asset keys, groups and owners, in one place: what the lineage shows."""

from dagster import AssetKey

from client_partitions.feeds import Feed

CLIENT_TEAM = "team:client-success"
"""Speaks for the clients, who own their deliveries."""
ENGINEERING_TEAM = "team:data-engineering"
QA_TEAM = "team:qa"


LANDING_ZONE, WAREHOUSE, PULLS = "landing_zone", "warehouse", "pulls"
"""Concurrency pools of steps, limited in dagster.yaml."""


def feed_key(feed: Feed) -> AssetKey:
    return AssetKey(["feeds", feed])


def raw_key(feed: Feed) -> AssetKey:
    return AssetKey(["raw", feed])


def model_key(layer: str, model: str) -> AssetKey:
    return AssetKey([layer, model])


def mart_key(mart: str) -> AssetKey:
    return model_key("marts", mart)


def published_key(mart: str) -> AssetKey:
    return AssetKey(["published", mart])


def deliveries_key(client_id: str) -> AssetKey:
    return AssetKey(["deliveries", client_id])


def dashboard_key(client_id: str) -> AssetKey:
    return AssetKey(["dashboards", client_id])
