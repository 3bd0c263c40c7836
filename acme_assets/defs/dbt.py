"""The dbt project as Dagster sees it: its manifest, the specs of its models, and dbt itself, run in this process.

Considered: dagster-dbt. For the specs, its `build_dbt_asset_specs` imports dbt, 3 s of CPU, for a list that the
manifest has ready. For the runs, its DbtCliResource starts a process that imports dbt and parses the project for
each client night: 4.3 CPU-seconds for 54 nodes, where this takes 0.5 (ADR 10).
"""

import tempfile
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from dagster import AssetKey, AssetSpec, PartitionsDefinition, TableColumn, TableSchema

from acme_assets.defs.dbt_kept import compile_templates, keeping
from acme_assets.defs.dbt_trouble import noting_trouble, trouble_of
from acme_assets.defs.dbt_unread import leaving_out_the_unread
from acme_assets.defs.names import ENGINEERING_TEAM, model_key, raw_key
from acme_assets.nights.models import layer_of
from acme_assets.warehouse.protocol import WarehouseUnavailable

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest

PROJECT = Path(__file__).resolve().parents[2] / "dbt_project"
MANIFEST = PROJECT / "target" / "manifest.json"
PARSED = PROJECT / "target" / "partial_parse.msgpack"
"""What dbt made of the project the last time that it parsed it."""


def model_specs(manifest: Mapping[str, Any], partitions: PartitionsDefinition) -> list[AssetSpec]:
    """One spec per model of the manifest, partitioned by client night."""
    return [
        AssetSpec(
            _key(node),
            deps=[_key(_node(manifest, parent)) for parent in node["depends_on"]["nodes"]],
            description=node["description"],
            metadata={"dagster/column_schema": _columns(node)},
            group_name=layer_of(node["name"]),
            owners=[ENGINEERING_TEAM],
            kinds={"dbt", "table"},
            partitions_def=partitions,
            skippable=True,
        )
        for node in manifest["nodes"].values()
        if node["resource_type"] == "model"
    ]


def _node(manifest: Mapping[str, Any], unique_id: str) -> Mapping[str, Any]:
    found: Mapping[str, Any] = manifest["nodes"].get(unique_id) or manifest["sources"][unique_id]
    return found


def _key(node: Mapping[str, Any]) -> AssetKey:
    if node["resource_type"] == "source":
        return raw_key(node["name"])
    return model_key(layer_of(node["name"]), node["name"])


def _columns(node: Mapping[str, Any]) -> TableSchema:
    return TableSchema(
        [
            TableColumn(column["name"], column.get("data_type") or "", description=column["description"])
            for column in node["columns"].values()
        ]
    )


class DbtFailed(Exception):
    """dbt ended before it ran a model. What it says of values is left out."""


@cache
def _parsed() -> "Manifest":
    """The project as `acme prepare` parsed it. Read once a process: parsing anew, with each night's vars, costs 1 s."""
    from dbt.contracts.graph.manifest import Manifest

    return Manifest.from_msgpack(PARSED.read_bytes())


_WITHOUT_WAREHOUSE = (
    ("build", "--select", "no_such_model"),
    ("compile", "--no-introspect", "--no-populate-cache"),
)
"""What dbt can do while it neither asks the warehouse nor opens a session."""


def warm_dbt() -> None:
    """Have dbt do before a fork what each process would do at its first build: 6 CPU-seconds.

    It imports itself, reads the parsed project, compiles templates, and makes of its own classes what reads and checks
    the project's files.
    """
    import dbt.adapters.factory
    import dbt.cli.main  # noqa: F401

    if not PARSED.is_file():
        return
    compile_templates(_parsed())
    for arguments in _WITHOUT_WAREHOUSE:
        outcome, _ = _invoke(arguments)
        if not outcome.success:
            kind = type(outcome.exception).__name__ if outcome.exception else "see what it says by itself"
            print(f"dbt {arguments[0]} failed before any build ({kind}): builds start slower, or fail", flush=True)


def _invoke(arguments: Sequence[str]) -> "tuple[dbtRunnerResult, set[str]]":
    """What dbt ended with, and the trouble that it met meanwhile."""
    from dbt.cli.main import dbtRunner

    folder = tempfile.TemporaryDirectory(prefix="acme-dbt-")
    with leaving_out_the_unread(), keeping(), noting_trouble() as troubles, folder as target:
        places = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", target]
        silence = ["--log-level", "none", "--log-level-file", "none", "--log-path", target, "--no-write-json"]
        outcome = dbtRunner(manifest=_parsed()).invoke([*arguments, *places, *silence])
    return outcome, troubles


def run_dbt(arguments: Sequence[str]) -> list[dict[str, Any]]:
    """Run dbt in this process; per node its `unique_id`, `status` and number of `failures`, as in run_results.json.

    dbt's own output is off: the message of a database's error may hold a row.

    Raises:
        DbtFailed: it ran no node.
        WarehouseUnavailable: nodes failed, and the warehouse or this host had trouble of its own meanwhile. Nothing is
            known of the models then: try again.
    """
    outcome, troubles = _invoke(arguments)
    if name := trouble_of(outcome.exception):
        troubles.add(name)
    if troubles and not outcome.success:
        raise WarehouseUnavailable(
            f"dbt was cut off ({', '.join(sorted(troubles))}): the warehouse or this host had trouble, such as a full "
            "disk or a lost session; the night is built again"
        )
    results = getattr(outcome.result, "results", None)
    if results is None:
        kind = type(outcome.exception).__name__ if outcome.exception else "no result"
        raise DbtFailed(f"dbt ended before it ran a model ({kind}); see what `dbt compile` says of the project")
    return [{"unique_id": r.node.unique_id, "status": str(r.status), "failures": r.failures} for r in results]
