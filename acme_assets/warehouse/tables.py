"""All tables of the ledger (schema OPS), wherever they are declared."""

import acme_assets.warehouse.alert_tables
import acme_assets.warehouse.audit_tables
import acme_assets.warehouse.backfill_tables
import acme_assets.warehouse.profile_tables
import acme_assets.warehouse.retention_tables
import acme_assets.warehouse.sla_tables
import acme_assets.warehouse.suite_tables  # noqa: F401 - each declares its tables in the one metadata
from acme_assets.warehouse.ledger import OPS, metadata

LEDGER_TABLES = tuple(table for table in metadata.sorted_tables if table.schema == OPS)
