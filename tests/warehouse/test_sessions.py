"""Sessions with PostgreSQL."""

import pytest
from sqlalchemy import create_engine, text

from acme_assets.warehouse.postgres import PostgresWarehouse


@pytest.mark.parametrize("pooled", [False, True])
def test_sessions_are_in_utc_whatever_the_database_says(database: str, pooled: bool) -> None:
    engine = create_engine(database, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        name = connection.execute(text("SELECT current_database()")).scalar_one()
        connection.execute(text(f"ALTER DATABASE {name} SET TimeZone = 'Asia/Kolkata'"))
    engine.dispose()
    with PostgresWarehouse(database, pooled=pooled).begin() as connection:
        assert connection.execute(text("SHOW TimeZone")).scalar_one() == "UTC"
