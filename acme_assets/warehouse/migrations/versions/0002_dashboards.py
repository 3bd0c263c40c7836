"""What each client sees: one view per mart over the live release of its client nights."""

from alembic import op

revision = "0002"
down_revision = "0001"

_MARTS = {
    "member_months": "year_month, payer, member_months",
    "pmpm": "year_month, claim_type, member_months, paid_amount, allowed_amount, paid_pmpm",
    "utilization": "year_month, service_category, member_months, claims, claims_per_1000_member_months",
    "pharmacy_spend": (
        "year_month, drug_code_type, drug_code, claims, members, quantity, days_supply, paid_amount, allowed_amount"
    ),
    "lab_volume": "year_month, component_type, component_code, results, members",
    "provider_panel": "practitioner_id, npi, specialty, practice_affiliation, attributed_members, claims",
}


def upgrade() -> None:
    secure = "SECURE " if op.get_context().dialect.name == "snowflake" else ""
    for mart, columns in _MARTS.items():
        op.execute(
            f"CREATE {secure}VIEW dashboards.{mart} AS "
            f"SELECT p.client_id, p.business_date, {', '.join('p.' + name.strip() for name in columns.split(','))} "
            f"FROM published.{mart} p JOIN ops.client_nights n "
            "ON n.client_id = p.client_id AND n.business_date = p.business_date AND n.live_release = p.release_id"
        )
    if secure:
        op.execute("CREATE STAGE IF NOT EXISTS raw.load_stage ENCRYPTION = (TYPE = 'SNOWFLAKE_SSE')")
