"""Who may do what, read from the account scripts; and that a night needs no more than it was given."""

import re
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

import pytest
import sqlglot
from sqlglot import exp

from acme_assets.nights.marts import MARTS
from acme_assets.warehouse.tables import LEDGER_TABLES
from tests.snowflake.grammar import statements

SCRIPTS = sorted((Path(__file__).parents[2] / "snowflake").glob("*.sql"))
CODE = [statement for script in SCRIPTS for statement in statements(script.read_text())]

_PRIVILEGES = re.compile(
    r"GRANT (?P<privileges>[A-Z, ]+) ON (?P<kind>[A-Z ]+?) (IN SCHEMA )?(?P<target>[a-z_.]+)"
    r" TO ROLE (?P<role>\w+)( COPY CURRENT GRANTS)?"
)
_ROLE = re.compile(r"GRANT ROLE (?P<child>\w+) TO (ROLE|USER) (?P<parent>\S+)")

OWNER, RELEASER, RETENTION, CLIENT = "acme_owner", "acme_releaser", "acme_retention", "acme_client"
PEOPLE = ("acme_qa", "acme_client_success", "acme_on_call")
PAGE = "acme_link_page"

ONLY_INSERTED = (
    *("ops.statements", "ops.audit_entries", "ops.audit_links", "ops.audit_checkpoints"),
    *("ops.suite_results", "ops.candidates", "ops.releases", "ops.deadline_outcomes", "ops.forecasts"),
    *(f"published.{mart}" for mart in MARTS),
)
"""What is said, sealed, judged or released."""


@dataclass(frozen=True)
class Grant:
    """One privilege of a role. A target of kind `ALL TABLES` is a schema."""

    privilege: str
    kind: str
    target: str
    role: str

    def reaches(self, table: str) -> bool:
        """Whether it is on this schema.table, by name or with all of its schema."""
        return self.target.removeprefix("acme.") in (table, table.split(".")[0] if "TABLES" in self.kind else table)


def grants() -> list[Grant]:
    found = []
    for statement in CODE:
        if statement.startswith("GRANT ") and not statement.startswith("GRANT ROLE "):
            match = _PRIVILEGES.fullmatch(statement)
            assert match, statement
            found += [
                Grant(privilege, match["kind"], match["target"], match["role"])
                for privilege in match["privileges"].split(", ")
            ]
    return found


GRANTS = grants()


def may(privilege: str, table: str) -> set[str]:
    """The roles that have a privilege on schema.table."""
    return {grant.role for grant in GRANTS if grant.privilege == privilege and grant.reaches(table)}


def tables_of(role: str, privilege: str) -> set[str]:
    """The tables on which a role has a privilege, by name."""
    wanted = (role, privilege, "TABLE")
    return {g.target.removeprefix("acme.") for g in GRANTS if (g.role, g.privilege, g.kind) == wanted}


def test_only_the_releaser_inserts_into_published_and_releases() -> None:
    for table in ("ops.releases", *(f"published.{mart}" for mart in MARTS)):
        assert may("INSERT", table) == {RELEASER}


@pytest.mark.parametrize("table", ONLY_INSERTED)
def test_nobody_edits_what_is_only_inserted(table: str) -> None:
    assert may("INSERT", table)
    for privilege in ("UPDATE", "TRUNCATE", "ALL", "ALL PRIVILEGES", "OWNERSHIP"):
        assert not may(privilege, table), privilege
    assert may("DELETE", table) == ({RETENTION} if table.startswith("published.") else set())


def test_only_the_service_seals() -> None:
    assert may("INSERT", "ops.audit_links") == may("INSERT", "ops.audit_checkpoints") == {"acme_service"}


def test_people_only_insert_what_they_sign_and_links_and_change_what_opens_no_gate() -> None:
    for role in PEOPLE:
        backfills = {"ops.backfills", "ops.backfill_nights"} if role == "acme_on_call" else set()
        signs = {"ops.statements", "ops.audit_entries"}
        links = set() if role == "acme_qa" else {"ops.acknowledgement_links"}
        assert tables_of(role, "INSERT") == signs | links | backfills
        privileges = {grant.privilege for grant in GRANTS if grant.role == role}
        assert privileges == {"USAGE", "SELECT", "INSERT", "UPDATE"}
        assert tables_of(role, "UPDATE") == {"ops.incidents", "ops.messages"} | (backfills & {"ops.backfills"})


def test_the_page_of_the_links_reaches_no_more_of_the_ledger_than_links_and_statements() -> None:
    assert tables_of(PAGE, "SELECT") == {"ops.acknowledgement_links", "ops.statements"}
    assert may("UPDATE", "ops.acknowledgement_links") == {PAGE}
    assert {g.kind for g in GRANTS if g.role == PAGE} == {"DATABASE", "WAREHOUSE", "SCHEMA", "TABLE"}


def test_who_logs_in_has_the_roles_of_its_work_alone() -> None:
    roles = defaultdict(set)
    for statement in CODE:
        if (match := _ROLE.fullmatch(statement)) and "USER" in match[2]:
            roles[match["parent"]].add(match["child"])
    assert roles == {
        "IDENTIFIER($me)": {OWNER},
        "acme_deploy": {OWNER},
        "acme_dagster": {"acme_loader", "acme_transformer", RELEASER, RETENTION},
        "acme_gatekeeper": {RELEASER, "acme_service"},
    }


def test_nothing_is_granted_that_holds_more_than_its_name() -> None:
    assert {grant.privilege for grant in GRANTS} <= {
        *("USAGE", "SELECT", "INSERT", "UPDATE", "DELETE", "READ", "WRITE", "CREATE TABLE", "CREATE VIEW", "OWNERSHIP")
    }
    assert [grant for grant in GRANTS if grant.privilege == "OWNERSHIP"] == [
        Grant("OWNERSHIP", "DATABASE", "acme", OWNER)
    ]


def test_deletes_are_for_rebuilding_a_model_and_for_what_is_past_its_years() -> None:
    deletes = [grant for grant in GRANTS if grant.privilege == "DELETE"]
    assert [grant for grant in deletes if grant.role != RETENTION] == [
        Grant("DELETE", "TABLE", "acme.ops.model_builds", "acme_transformer")
    ]
    aged = ("raw", "quarantine", "published", "staging", "intermediate", "marts")
    assert {grant.target for grant in deletes if grant.role == RETENTION} == {f"acme.{schema}" for schema in aged}


def test_who_removes_writes_no_data() -> None:
    kept = {"ops.client_nights", "ops.retention_removals"}
    assert tables_of(RETENTION, "INSERT") == kept | {"ops.audit_entries"}
    assert tables_of(RETENTION, "UPDATE") == kept


def test_rows_of_members_are_for_who_works_on_them() -> None:
    reach = defaultdict(set)
    for grant in GRANTS:
        reach[grant.target.removeprefix("acme.").split(".")[0]].add(grant.role)
    assert reach["quarantine"] == {"acme_loader", RETENTION}
    assert reach["raw"] == {"acme_loader", "acme_transformer", RETENTION}
    assert reach["marts"] == {"acme_transformer", RELEASER, "acme_qa", RETENTION}
    assert reach["published"] == {RELEASER, RETENTION}


def test_clients_reach_the_dashboards_and_nothing_else() -> None:
    schemas = {grant.target for grant in GRANTS if grant.role == CLIENT and grant.kind not in ("DATABASE", "WAREHOUSE")}
    assert schemas == {"acme.dashboards"}


def test_no_role_inherits_another_but_a_client_its_own() -> None:
    inherited = {
        (match["child"], match["parent"])
        for statement in CODE
        if (match := _ROLE.fullmatch(statement)) and "ROLE" in match[2]
    }
    assert inherited == {(CLIENT, "IDENTIFIER($client_role)")}


def test_every_mart_is_behind_the_row_access_policy() -> None:
    behind = {
        match[1]
        for statement in CODE
        if (
            match := re.match(
                r"ALTER TABLE acme\.published\.(\w+) ADD ROW ACCESS POLICY acme\.access\.own_client", statement
            )
        )
    }
    assert behind == set(MARTS)


def test_warehouses_suspend_after_a_minute_and_have_a_monitor() -> None:
    warehouses = [statement for statement in CODE if statement.startswith("CREATE WAREHOUSE")]
    names = {statement.split()[5] for statement in warehouses}
    assert all("AUTO_SUSPEND = 60 " in statement for statement in warehouses)
    watched = {
        match[1] for s in CODE if (match := re.fullmatch(r"ALTER WAREHOUSE (\w+) SET RESOURCE_MONITOR = \w+", s))
    }
    assert names == watched


def test_the_monitors_keep_within_the_budget() -> None:
    credits = [int(quota) for statement in CODE for quota in re.findall(r"CREDIT_QUOTA = (\d+)", statement)]
    assert sum(credits) * 1.05 * 4.00 <= 15_000 * 0.75


def writes(statement: str) -> tuple[str, str] | None:
    """(privilege, schema.table) that a statement needs beside SELECT."""
    parsed = sqlglot.parse_one(statement, read="snowflake")
    for kind, privilege in ((exp.Insert, "INSERT"), (exp.Update, "UPDATE"), (exp.Delete, "DELETE")):
        if isinstance(parsed, kind):
            table = parsed.this.find(exp.Table) if parsed.this else parsed.find(exp.Table)
            return privilege, f"{table.db}.{table.name}"
    if parsed.args.get("locks"):
        table = parsed.find(exp.Table)
        return "UPDATE", f"{table.db}.{table.name}"
    return None


def test_a_night_needs_exactly_what_its_roles_were_granted(night: dict[str, list[str]]) -> None:
    needed: dict[str, set[tuple[str, str]]] = {}
    for role, of_role in night.items():
        needed[role] = {write for statement in of_role if (write := writes(statement))}
        for privilege, table in needed[role]:
            assert role in may(privilege, table), f"{role} needs {privilege} on {table}"
    ledger = {table.fullname for table in LEDGER_TABLES}
    for grant in GRANTS:
        table = grant.target.removeprefix("acme.")
        if grant.kind == "TABLE" and grant.privilege != "SELECT":
            assert table in ledger
            assert (grant.privilege, table) in needed[grant.role], f"nothing that {grant.role} does needs {grant}"


def test_a_night_reads_only_what_its_roles_may_read(night: dict[str, list[str]]) -> None:
    for role, of_role in night.items():
        for statement in of_role:
            for table in sqlglot.parse_one(statement, read="snowflake").find_all(exp.Table):
                name = f"{table.db}.{table.name}"
                if table.db == "information_schema":  # shows what a role may reach, and is open to every one
                    continue
                makers = {g.role for g in GRANTS if g.privilege == "CREATE TABLE" and g.target == f"acme.{table.db}"}
                assert role in may("SELECT", name) | may("INSERT", name) | makers, f"{role} reads {name}"
