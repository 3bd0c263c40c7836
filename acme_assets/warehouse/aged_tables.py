"""The tables whose rows age, by kind: how many rows of a client night each has, and their removal."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from sqlalchemy import Column, Connection, Date, MetaData, Table, Text, column, delete, func, select, table, tuple_

from acme_assets.nights.marts import MARTS
from acme_assets.nights.models import LAYERS, layer_of, models_of
from acme_assets.nights.retention import Kind, Night
from acme_assets.warehouse.ledger import deliveries, releases
from acme_assets.warehouse.mart_tables import mart_table, published_table
from acme_assets.warehouse.raw_tables import key_sketches, quarantined_rows, raw_table
from client_partitions.feeds import FEEDS


@dataclass(frozen=True)
class Aged:
    """A table whose rows are of client nights: by their columns, or by the delivery or release that they name."""

    table: Table
    owners: Table | None = None
    """The ledger's table of what the rows name, by its primary key; None where the rows name their night."""

    @property
    def name(self) -> str:
        """schema.table."""
        return self.table.fullname

    def count(self, connection: Connection, nights: Collection[Night]) -> list[tuple[Night, int]]:
        """Rows of each client night that has any."""
        owners = self.table if self.owners is None else self.owners
        key = (owners.c.client_id, owners.c.business_date)
        statement = select(*key, func.count().label("found")).where(tuple_(*key).in_(sorted(nights))).group_by(*key)
        if self.owners is not None:
            statement = statement.join(self.table, self._named == self._key)
        return [((row.client_id, row.business_date), row.found) for row in connection.execute(statement)]

    def remove(self, connection: Connection, night: Night) -> int:
        """Delete the rows of a client night; how many."""
        of_night = {"client_id": night[0], "business_date": night[1]}
        if self.owners is None:
            return connection.execute(delete(self.table).filter_by(**of_night)).rowcount
        named = connection.execute(select(self._key).filter_by(**of_night)).scalars().all()
        return connection.execute(delete(self.table).where(self._named.in_(named))).rowcount if named else 0

    @property
    def _key(self) -> Column[str]:
        assert self.owners is not None
        (key,) = self.owners.primary_key.columns
        return key

    @property
    def _named(self) -> Column[str]:
        return self.table.c[self._key.name]


def aged_tables(connection: Connection, kind: Kind) -> list[Aged]:
    """The tables of a kind that are there: dbt's are, once it has built."""
    models = [_model(name) for name in models_of(FEEDS) if (layer_of(name) == "marts") == (kind == "curated")]
    there = _built(connection)
    built = [Aged(model) for model in models if model.fullname in there]
    if kind == "curated":
        return [*built, *(Aged(published_table(mart), releases) for mart in MARTS)]
    return [*(Aged(item, deliveries) for item in (*map(raw_table, FEEDS), key_sketches, quarantined_rows())), *built]


def _model(name: str) -> Table:
    """A table that dbt makes, as far as its client night goes."""
    if name in MARTS:
        return mart_table(name)
    return Table(name, MetaData(), Column("client_id", Text), Column("business_date", Date), schema=layer_of(name))


def _built(connection: Connection) -> set[str]:
    listed = table("tables", column("table_schema"), column("table_name"), schema="information_schema")
    schema, name = func.lower(listed.c.table_schema), func.lower(listed.c.table_name)
    rows: Iterable[tuple[str, str]] = connection.execute(select(schema, name).where(schema.in_(LAYERS))).tuples()
    return {f"{of}.{named}" for of, named in rows}
