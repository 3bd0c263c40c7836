"""What the ledger keeps of what senders say of their deliveries, for the load to compare."""

from collections.abc import Sequence

from sqlalchemy import Connection, select

from acme_assets.contracts.agreement import AgreedFile
from acme_assets.contracts.results import SourceFile
from acme_assets.feeds.arrivals import FeedNight
from acme_assets.feeds.expectation import Expectation, miscounted, read_expectation, spec_of
from acme_assets.warehouse.ledger import deliveries, delivery_files
from client_partitions.client import Client


def expectation_of(connection: Connection, delivery_id: str) -> Expectation:
    """What a delivery must be, to be loaded."""
    return read_expectation(
        connection.execute(select(deliveries.c.expected).filter_by(delivery_id=delivery_id)).scalar_one()
    )


def agreed_files(client: Client, night: FeedNight, files: Sequence[SourceFile]) -> list[AgreedFile]:
    """Each file with what the client's file says of its kind."""
    return [AgreedFile(file, spec_of(client, night, file.name)) for file in files]


def unlike_expected(connection: Connection, delivery_id: str) -> str | None:
    """Why a delivery whose rows were counted before is not what its sender says of it now; None where it is."""
    expected = expectation_of(connection, delivery_id)
    counts = select(delivery_files.c.path, delivery_files.c.rows_in).filter_by(delivery_id=delivery_id)
    rows_in = {path: int(rows) for path, rows in connection.execute(counts)}
    return expected.wrong or miscounted(expected, rows_in)
