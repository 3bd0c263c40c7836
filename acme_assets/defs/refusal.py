"""A step that may not go on ends as a Dagster Failure with one clear sentence, and without a retry."""

from collections.abc import Iterator
from contextlib import contextmanager

from dagster import Failure

from acme_assets.feeds.zones import FileChanged, ZoneUnavailable
from acme_assets.nights.requirements import Unmet
from acme_assets.warehouse.protocol import NightBusy, WarehouseUnavailable
from acme_assets.warehouse.releasing import GateClosed
from client_partitions.registry import RegistryError

FINAL = (Unmet, GateClosed, RegistryError, FileChanged)
TRANSIENT = (NightBusy, WarehouseUnavailable, ZoneUnavailable)


@contextmanager
def refusing() -> Iterator[None]:
    """Turn what the other rooms raise on purpose into a Failure; everything else stays a crash."""
    try:
        yield
    except FINAL as error:
        raise Failure(str(error), allow_retries=False) from error
    except TRANSIENT as error:
        raise Failure(str(error)) from error
