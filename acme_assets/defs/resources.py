"""Dagster resources: typed at the boundary, plain objects inward. Tests hand in a platform of their own."""

import os
from collections.abc import Mapping
from typing import Any, cast

from dagster import ConfigurableResource, InitResourceContext

from acme_assets.environment import (
    PRODUCTION,
    Platform,
    platform_from,
    registry_from,
    roster_from,
    secrets_from,
    service_from,
    snowflake_settings,
    utc_now,
    warehouse_from,
)
from acme_assets.landing.zones import open_zone


class EnvironmentPlatform(ConfigurableResource[Platform]):
    """The platform as the environment of the process that runs the step describes it."""

    def create_resource(self, context: Any) -> Platform:
        run = context.run if isinstance(context, InitResourceContext) else None
        return platform_of_dagster(os.environ, run.job_name if run else "")


def platform_of_dagster(env: Mapping[str, str], job: str = "") -> Platform:
    """As `platform_from`; in production the sessions are dagster-snowflake's, on the warehouse of the job's stage."""
    if env.get("ACME_ENV") != PRODUCTION:
        # A run's process opens one platform and ends; a sensor's opens one a tick, and would leave its pool behind.
        return platform_from(env, pooled=bool(job))
    from dagster_snowflake import SnowflakeResource  # 10 s to import: only where Snowflake is

    resource = SnowflakeResource(**cast("dict[str, Any]", snowflake_settings(env, job)))
    return Platform(
        registry_from(env),
        warehouse_from(env, snowflake_connect=resource.get_connection),
        open_zone(env["ACME_LANDING_URL"]),
        utc_now,
        roster_from(env),
        service_from(env),
        secrets_from(env),
    )
