"""The platform for commands: the environment, with what the local stack would set filled in."""

import os
from collections.abc import Mapping

from acme_assets.environment import EMBEDDED, Platform, platform_from


def environment() -> Mapping[str, str]:
    """os.environ, completed for the embedded default by the stack's settings."""
    if os.environ.get("ACME_ENV", EMBEDDED) != EMBEDDED or os.environ.get("ACME_PG_HOST"):
        return os.environ
    from acme_assets.stack.settings import Home
    from acme_assets.stack.settings import environment as stack_environment

    return {**stack_environment(Home.from_environment(os.environ)), **os.environ}


def platform(*, pooled: bool = False) -> Platform:
    """Registry, warehouse, landing zone and clock; `pooled` for a command that stays.

    Raises:
        EnvironmentProblem, RegistryError, ValueError: the text names what is missing or wrong.
    """
    return platform_from(environment(), pooled=pooled)
