"""The code location: binds the definitions to the environment, and nothing else."""

import json
import os
import warnings
from datetime import UTC, datetime

from dagster._utils.warnings import PreviewWarning

from acme_assets.defs.assemble import assemble
from acme_assets.defs.dbt import MANIFEST
from acme_assets.defs.resources import EnvironmentPlatform
from acme_assets.environment import registry_from
from acme_assets.runner.remembered import remember

# Partitioned checks are in preview: Dagster is pinned, and tests cover what we use of them.
warnings.filterwarnings("ignore", category=PreviewWarning)

remember()

defs = assemble(
    registry_from(os.environ),
    json.loads(MANIFEST.read_text(encoding="utf-8")),
    {"platform": EnvironmentPlatform()},
    today=datetime.now(UTC).date(),
    interval_seconds=int(os.environ.get("ACME_SENSOR_SECONDS", "30")),
)
