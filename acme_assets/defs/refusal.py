"""A step that may not go on ends as a Dagster Failure with one clear sentence, and without a retry."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from dagster import AssetExecutionContext, Failure

from acme_assets.feeds.zones import FileChanged, ZoneUnavailable
from acme_assets.nights.requirements import Unmet
from acme_assets.warehouse.protocol import NightBusy, WarehouseUnavailable
from acme_assets.warehouse.releasing import GateClosed
from client_partitions.partitions import client_night
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


def one_night(context: AssetExecutionContext) -> tuple[str, date]:
    """Client id and business date of a step.

    Raises:
        Failure: the run is over a range of partitions, of which one may be refused and another not.
    """
    if not context.has_partition_key:
        raise Failure(
            "a run is for one client night; launch the backfill with a run for each partition", allow_retries=False
        )
    return client_night(context.partition_key)
